//! The body of a request: JSON of either media type, bounded, refused in SCIM's own form.

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use http::header;
use serde_json::Value;

use super::{LARGEST_BODY, failure::Failure, recording::Recording};
use crate::state::Rollcall;

/// How long a body may take to come.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A JSON body.
pub(super) struct ScimBody(pub(super) Value);

impl FromRequest<Rollcall> for ScimBody {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &Rollcall) -> Result<Self, Failure> {
        check_media_type(&request)?;
        let recording = Recording::of(request.extensions())?;
        let declared = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if declared.is_some_and(|length| length > LARGEST_BODY) {
            return Err(too_large());
        }
        let reading = axum::body::to_bytes(request.into_body(), LARGEST_BODY);
        let Ok(read) = tokio::time::timeout(LONGEST_WAIT, reading).await else {
            return Err(scim::Error::request_timeout(format!(
                "The body did not come within {} s. Send it again.",
                LONGEST_WAIT.as_secs()
            ))
            .into());
        };
        let bytes = read.map_err(|cause| {
            if is_length_limit(&cause) {
                too_large()
            } else {
                scim::Error::invalid_syntax("The body ended before it was complete. Send it again.").into()
            }
        })?;
        recording.received(&bytes);
        if bytes.is_empty() {
            return Err(scim::Error::invalid_syntax("The body is empty. Send a JSON object.").into());
        }
        let value: Value = serde_json::from_slice(&bytes).map_err(|cause| {
            scim::Error::invalid_syntax(format!("The body is not JSON that can be read: {cause}."))
        })?;
        Ok(Self(value))
    }
}

fn is_length_limit(cause: &axum::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(cause);
    while let Some(error) = cause {
        if error.to_string().contains("length limit exceeded") {
            return true;
        }
        cause = error.source();
    }
    false
}

fn too_large() -> Failure {
    scim::Error::payload_too_large(format!(
        "The body is larger than {} KiB. Send the change in several requests.",
        LARGEST_BODY / 1024
    ))
    .into()
}

/// `application/scim+json`, `application/json`, `text/json` (not registered, but in use) or none at all; parameters such
/// as `charset` are passed over.
fn check_media_type(request: &Request) -> Result<(), Failure> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let value = value.to_str().unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    let accepted = [scim::MEDIA_TYPE, "application/json", "text/json"];
    if essence.is_empty() || accepted.iter().any(|known| essence.eq_ignore_ascii_case(known)) {
        return Ok(());
    }
    Err(scim::Error::unsupported_media_type(format!(
        "The body is labelled {}. Send application/scim+json.",
        scim::error::shown(essence)
    ))
    .into())
}
