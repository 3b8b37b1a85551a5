//! Errors as SCIM wants them (RFC 7644 section 3.12), whatever went wrong.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};

use super::{auth::DirectoryAuth, render};
use crate::{error::Error, store};

/// How long a client should wait before it repeats a request that found the server busy, in seconds.
const RETRY_AFTER: &str = "5";

/// A failed request, on its way to the client.
#[derive(Debug)]
pub(super) struct Failure(pub(super) Error);

pub(super) type Result<T> = std::result::Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self(Error::Store(error))
    }
}

impl From<scim::Error> for Failure {
    fn from(error: scim::Error) -> Self {
        Self(Error::Scim(error))
    }
}

impl Failure {
    /// The failure in SCIM's words. What is our fault is logged here, and only here.
    pub(super) fn into_scim(self) -> scim::Error {
        if self.0.is_ours() {
            tracing::error!(cause = ?self.0, "a SCIM request failed");
        }
        let detail = self.0.to_string();
        match self.0 {
            Error::Scim(error) => error,
            Error::NotFound { .. } => scim::Error::not_found(detail),
            Error::Invalid(_) => scim::Error::invalid_value(detail),
            Error::Conflict { .. } => scim::Error::uniqueness(detail),
            Error::Forbidden { .. } => scim::Error::forbidden(detail),
            Error::Store(store::Error::Unavailable(_) | store::Error::Lost(_) | store::Error::InDoubt(_)) => {
                scim::Error::new(503, None, detail)
            }
            Error::Store(_) | Error::Internal(_) => scim::Error::internal(detail),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let retry = match &self.0 {
            Error::Store(error) => {
                matches!(
                    error,
                    store::Error::Unavailable(_) | store::Error::Lost(_) | store::Error::InDoubt(_)
                )
            }
            Error::Scim(error) => error.status == StatusCode::TOO_MANY_REQUESTS.as_u16(),
            _ => false,
        };
        let mut response = render(&self.into_scim());
        if retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
        }
        response
    }
}

/// An error of the catalogue as a response. Its body is written where the reference is known: by [`super::recording`].
pub(super) fn render(error: &scim::Error) -> Response {
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = render::message(status, &error.to_json());
    response.extensions_mut().insert(error.clone());
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"SCIM\""));
    }
    response
}

/// A path that is no endpoint. Told only to those who may use the directory.
pub(super) async fn unknown_route(_: DirectoryAuth, uri: Uri) -> Failure {
    scim::Error::not_found(format!(
        "There is no endpoint at {}. Known: /Users, /Groups, /GroupMembers, /Roles, /Entitlements, /.search, /Bulk, /ServiceProviderConfig, /ResourceTypes, /Schemas.",
        uri.path()
    ))
    .into()
}

/// An endpoint that does not know the method.
pub(super) async fn method_not_allowed(_: DirectoryAuth, method: Method, uri: Uri) -> Failure {
    scim::Error::method_not_allowed(format!("{} does not take {method}.", uri.path())).into()
}
