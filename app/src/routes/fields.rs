//! The fields of a form. A form that cannot be read is answered with a page, not with plain text.

use axum::{
    Form,
    body::Body,
    extract::{FromRequest, RawForm, Request},
    response::Response,
};
use http::{StatusCode, header};
use serde::de::DeserializeOwned;

use super::App;
use crate::pages::error::ErrorPage;

/// The fields of a submitted form.
pub(super) struct Fields<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequest<App> for Fields<T> {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let headers = request.headers().clone();
        match read(request, app).await {
            Some(fields) => Ok(Self(fields)),
            None => {
                let reason = "The form could not be read. Open its page again and send it once more.";
                let page = ErrorPage::BadRequest { reason: reason.to_owned() };
                Err(app.site.respond(&headers, StatusCode::UNPROCESSABLE_ENTITY, page).await)
            }
        }
    }
}

/// The fields, if they can be read. A NUL stands in nothing that people type and can be asked of no database.
async fn read<T: DeserializeOwned + Send>(request: Request, app: &App) -> Option<T> {
    let RawForm(body) = RawForm::from_request(request, app).await.ok()?;
    if body.contains(&0) || body.windows(3).any(|letters| letters == b"%00") {
        return None;
    }
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .ok()?;
    Form::from_request(request, app).await.ok().map(|Form(fields)| fields)
}
