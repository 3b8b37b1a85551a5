//! `/password`: asking for a one-time link; `/password/{token}`: setting a password by it.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use rollcall::{Error, people::account, web};
use serde::Deserialize;
use tower_sessions::Session;

use super::{App, fields::Fields};
use crate::{
    pages::password::{Password, PasswordForm},
    site::Flash,
    ui::Field,
};

pub(super) async fn forgot(State(app): State<App>, headers: HeaderMap) -> Response {
    app.site.respond(&headers, StatusCode::OK, Password::Forgot(Field::default())).await
}

#[derive(Deserialize)]
pub(super) struct ForgotFields {
    #[serde(default)]
    email: String,
}

/// The answer is the same whether or not the address has an account.
pub(super) async fn request(
    State(app): State<App>,
    headers: HeaderMap,
    Fields(fields): Fields<ForgotFields>,
) -> Response {
    match account::request_password_reset(&app.rollcall, &fields.email).await {
        Ok(()) => {
            let page = Password::Sent { email: fields.email.trim().to_owned() };
            app.site.respond(&headers, StatusCode::OK, page).await
        }
        Err(refusal) if !refusal.is_ours() => {
            let field = Field { value: fields.email, error: Some(refusal.to_string()) };
            app.site.respond(&headers, StatusCode::UNPROCESSABLE_ENTITY, Password::Forgot(field)).await
        }
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

pub(super) async fn show(State(app): State<App>, headers: HeaderMap, Path(token): Path<String>) -> Response {
    match account::of_password_link(&app.rollcall, &token).await {
        Ok(Some(account)) => {
            let form = PasswordForm {
                token,
                email: account.email,
                name: Field { value: account.name, error: None },
                ..PasswordForm::default()
            };
            app.site.respond(&headers, StatusCode::OK, Password::Form(form)).await
        }
        Ok(None) => app.site.respond(&headers, StatusCode::NOT_FOUND, Password::DeadLink).await,
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

#[derive(Deserialize)]
pub(super) struct PasswordFields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn set(
    State(app): State<App>,
    headers: HeaderMap,
    Path(token): Path<String>,
    session: Session,
    Fields(fields): Fields<PasswordFields>,
) -> Response {
    match account::set_password(&app.rollcall, &token, &fields.name, &fields.password).await {
        Ok(account) => match web::sign_in(&session, &account.id, &headers).await {
            Ok(()) => app.site.redirect("/", Flash::done("Your password is set")),
            Err(cause) => app.failed(&headers, None, cause.into()).await,
        },
        Err(Error::NotFound { .. }) => {
            app.site.respond(&headers, StatusCode::NOT_FOUND, Password::DeadLink).await
        }
        Err(refusal) if !refusal.is_ours() => {
            let error_of = |name: &str| (refusal.field() == Some(name)).then(|| refusal.to_string());
            let email = match account::of_password_link(&app.rollcall, &token).await {
                Ok(account) => account.map(|account| account.email).unwrap_or_default(),
                Err(cause) => return app.failed(&headers, None, cause.into()).await,
            };
            let form = PasswordForm {
                token,
                email,
                name: Field { value: fields.name, error: error_of("name") },
                password: Field { value: String::new(), error: error_of("password") },
                error: refusal.field().is_none().then(|| refusal.to_string()),
            };
            app.site.respond(&headers, StatusCode::UNPROCESSABLE_ENTITY, Password::Form(form)).await
        }
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}
