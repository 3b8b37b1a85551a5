//! `/healthz`: the process runs. `/readyz`: it can serve, so the store answers.

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use http::{StatusCode, header};
use serde_json::json;

use crate::state::Rollcall;

/// The two routes; neither needs a session.
pub fn router(rollcall: &Rollcall) -> Router {
    Router::new()
        .route(
            "/healthz",
            get(|| async { ([(header::CACHE_CONTROL, "no-store")], Json(json!({ "status": "ok" }))) }),
        )
        .route("/readyz", get(ready))
        .with_state(rollcall.clone())
}

async fn ready(State(rollcall): State<Rollcall>) -> impl IntoResponse {
    let (status, body) = match rollcall.db.ping().await {
        Ok(()) => (StatusCode::OK, json!({ "status": "ok", "database": rollcall.db.engine_name() })),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, json!({ "status": "the database does not answer" }))
        }
    };
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body))
}
