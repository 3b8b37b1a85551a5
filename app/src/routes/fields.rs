//! The fields of a form. A form that cannot be read is answered with a page, not with plain text.

use axum::{
    Form,
    extract::{FromRequest, Request},
    response::Response,
};
use http::StatusCode;
use serde::de::DeserializeOwned;

use super::App;
use crate::pages::error::ErrorPage;

/// The fields of a submitted form.
pub(super) struct Fields<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Fields<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let headers = request.headers().clone();
        match Form::<T>::from_request(request, app).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            Err(_) => {
                let reason = "The form could not be read. Open its page again and send it once more.";
                let page = ErrorPage::BadRequest { reason: reason.to_owned() };
                Err(app.site.respond(&headers, StatusCode::UNPROCESSABLE_ENTITY, page))
            }
        }
    }
}
