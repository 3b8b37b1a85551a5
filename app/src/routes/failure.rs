//! What a page request answers when it cannot be done.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use rollcall::{Error, store};

use super::App;
use crate::pages::error::ErrorPage;

/// A failed page request. The page itself is drawn where the request's headers are at hand.
#[derive(Debug)]
pub(super) enum Failure {
    /// The refusal or fault.
    Error(Error),
    /// Another answer is ready, such as a redirect to sign-in.
    Response(Box<Response>),
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Self::Error(Error::Store(error))
    }
}

impl From<Response> for Failure {
    fn from(response: Response) -> Self {
        Self::Response(Box::new(response))
    }
}

impl App {
    /// The error page for a failure; `home` is a page that the caller may see.
    pub(super) async fn failed(
        &self,
        headers: &HeaderMap,
        home: Option<String>,
        failure: Failure,
    ) -> Response {
        let error = match failure {
            Failure::Response(response) => return *response,
            Failure::Error(error) => error,
        };
        let (status, page) = match &error {
            Error::NotFound { .. } => (StatusCode::NOT_FOUND, ErrorPage::NotFound { home }),
            Error::Forbidden { message } => {
                (StatusCode::FORBIDDEN, ErrorPage::Forbidden { reason: message.clone(), home })
            }
            Error::Invalid(_) | Error::Conflict { .. } | Error::Scim(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, ErrorPage::BadRequest { reason: error.to_string() })
            }
            Error::Store(_) | Error::Internal(_) => {
                let reference: String = self.rollcall.clock.new_id();
                tracing::error!(%reference, cause = ?error, "a page could not be shown");
                let status = match error {
                    Error::Store(store::Error::Unavailable(_) | store::Error::Lost(_)) => {
                        StatusCode::SERVICE_UNAVAILABLE
                    }
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                (status, ErrorPage::Failed { reference })
            }
        };
        self.site.respond(headers, status, page).await
    }
}

pub(super) async fn unknown_page(State(app): State<App>, headers: HeaderMap) -> impl IntoResponse {
    app.site
        .respond(&headers, StatusCode::NOT_FOUND, ErrorPage::NotFound { home: Some("/".to_owned()) })
        .await
}
