//! `/password`: asking for a one-time link; `/password/{token}`, which moves to `/password/new`: setting a password by it.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use rollcall::{Error, people::account, store::accounts::Account, web};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    App,
    failure::Result,
    fields::Fields,
    link::{LinkCookie, without_referrer},
    login,
};
use crate::{
    pages::{
        login::{Login, LoginForm},
        password::{Password, PasswordForm},
    },
    site::Flash,
    ui::Field,
};

const TOKEN: LinkCookie = LinkCookie { name: "password", path: "/password" };

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

/// The link in the mail. Opening changes nothing: mail scanners open links.
pub(super) async fn arrive(
    State(app): State<App>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    match account::of_password_link(&app.rollcall, &token).await {
        Ok(Some(_)) => TOKEN.carry(&app, &token, "/password/new"),
        Ok(None) => {
            let mut response = app.site.respond(&headers, StatusCode::NOT_FOUND, Password::DeadLink).await;
            without_referrer(&mut response);
            response
        }
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

/// The form of the link whose secret is in the cookie.
pub(super) async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
    match account::of_password_link(&app.rollcall, &TOKEN.secret(&headers)).await {
        Ok(Some(account)) => {
            let form = PasswordForm {
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
    session: Session,
    Fields(fields): Fields<PasswordFields>,
) -> Response {
    let token = TOKEN.secret(&headers);
    set_by_token(&app, &headers, &session, &token, fields).await
}

/// The same, for a browser that keeps no cookies.
pub(super) async fn set_by_link(
    State(app): State<App>,
    headers: HeaderMap,
    Path(token): Path<String>,
    session: Session,
    Fields(fields): Fields<PasswordFields>,
) -> Response {
    set_by_token(&app, &headers, &session, &token, fields).await
}

async fn set_by_token(
    app: &App,
    headers: &HeaderMap,
    session: &Session,
    token: &str,
    fields: PasswordFields,
) -> Response {
    match account::set_password(&app.rollcall, token, &fields.name, &fields.password).await {
        Ok(account) => match signed_in(app, headers, session, account).await {
            Ok(mut response) => {
                TOKEN.forget(app, &mut response);
                response
            }
            Err(failure) => app.failed(headers, None, failure).await,
        },
        Err(Error::NotFound { .. }) => {
            app.site.respond(headers, StatusCode::NOT_FOUND, Password::DeadLink).await
        }
        Err(refusal) if !refusal.is_ours() => {
            let email = match account::of_password_link(&app.rollcall, token).await {
                Ok(account) => account.map(|account| account.email).unwrap_or_default(),
                Err(cause) => return app.failed(headers, None, cause.into()).await,
            };
            let form = PasswordForm {
                email,
                name: Field { value: fields.name, error: refusal.at("name") },
                password: Field { value: String::new(), error: refusal.at("password") },
                error: refusal.beside(&["name", "password"]),
            };
            app.site.respond(headers, StatusCode::UNPROCESSABLE_ENTITY, Password::Form(form)).await
        }
        Err(cause) => app.failed(headers, None, cause.into()).await,
    }
}

/// Whoever has set their password is signed in, on the terms of the sign-in page.
async fn signed_in(app: &App, headers: &HeaderMap, session: &Session, account: Account) -> Result<Response> {
    if let Some(problem) = login::suspended_everywhere(app, &account).await? {
        let form = LoginForm { email: account.email, problem: Some(problem), ..LoginForm::default() };
        return Ok(app.site.respond(headers, StatusCode::FORBIDDEN, Login::Form(form)).await);
    }
    web::sign_in(session, &account.id, headers).await?;
    Ok(app.site.redirect("/", Flash::done("Your password is set")))
}
