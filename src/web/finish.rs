//! What is begun is finished, whether or not its client waits for the answer.

use std::panic;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::StatusCode;

use crate::state::Rollcall;

/// Answers a request that may change something in a task of its own. When a client goes away, its connection drops the
/// answer under way: a bulk request would end in the middle, and a change would not be told in the journal.
pub async fn finish(State(rollcall): State<Rollcall>, request: Request, next: Next) -> Response {
    if request.method().is_safe() {
        return next.run(request).await;
    }
    match rollcall.changing.spawn(next.run(request)).await {
        Ok(response) => response,
        Err(fault) => match fault.try_into_panic() {
            Ok(cause) => panic::resume_unwind(cause),
            // The runtime is ending.
            Err(_) => {
                let mut response = Response::default();
                *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                response
            }
        },
    }
}
