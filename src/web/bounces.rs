//! `POST /hooks/bounces`: relays tell of mails that came back. Only where `ROLLCALL_BOUNCE_SECRET` is set.

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, State},
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use serde_json::json;

use crate::{
    jobs::{self, Taken},
    mail::bounce::webhook::{self, BounceSecret, Signed},
    state::Rollcall,
};

/// Longest body.
const LONGEST: usize = 64 * 1024;

/// The route, if there is a secret to check signatures with.
pub fn router(rollcall: &Rollcall) -> Router {
    let Some(secret) = rollcall.config.bounce_secret.clone() else { return Router::new() };
    Router::new()
        .route("/hooks/bounces", post(take))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state((rollcall.clone(), secret))
}

async fn take(
    State((rollcall, secret)): State<(Rollcall, BounceSecret)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = Signed {
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signatures: header("webhook-signature"),
    };
    if let Err(refusal) = signed.verify(&secret, &body, rollcall.clock.now()) {
        return told(StatusCode::UNAUTHORIZED, refusal);
    }
    let bounce = match webhook::read(signed.id, &body) {
        Ok(bounce) => bounce,
        Err(refusal) => return told(StatusCode::UNPROCESSABLE_ENTITY, &refusal),
    };
    match jobs::take_bounce(&rollcall, &bounce).await {
        Ok(Taken::Bounced) => told(StatusCode::OK, "The mail is marked as bounced."),
        Ok(Taken::TriedAgain) => {
            told(StatusCode::OK, "The mailbox may follow: the mail is sent again tomorrow.")
        }
        Ok(Taken::Unchanged) => told(StatusCode::OK, "This was known already."),
        Ok(Taken::TooEarly) => {
            let message = "The mail is being sent at this moment. Send the report again in a minute.";
            ([(RETRY_AFTER, "60")], told(StatusCode::SERVICE_UNAVAILABLE, message)).into_response()
        }
        Ok(Taken::Unknown) => told(StatusCode::NOT_FOUND, "There is no mail with this Message-ID."),
        Err(cause) => {
            tracing::error!(%cause, "a bounce could not be recorded");
            told(StatusCode::SERVICE_UNAVAILABLE, "The bounce could not be recorded. Send it again.")
        }
    }
}

fn told(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}
