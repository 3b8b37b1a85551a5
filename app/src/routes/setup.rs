//! `/setup`: the first owner and the first workspace, by the one-time link that the server prints.

use axum::{
    extract::{Query, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    Error,
    people::workspace::{self, Claim},
    web,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{App, fields::Fields};
use crate::{
    pages::{
        error::ErrorPage,
        setup::{Setup, SetupForm},
    },
    site::Flash,
    ui::Field,
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Link {
    token: String,
}

pub(super) async fn show(State(app): State<App>, headers: HeaderMap, Query(link): Query<Link>) -> Response {
    let open = workspace::is_unclaimed(&app.rollcall).await;
    match open {
        Err(cause) => app.failed(&headers, None, cause.into()).await,
        // Claimed: from now on there is no such page.
        Ok(false) => not_found(&app, &headers).await,
        Ok(true) => match workspace::claim_link_works(&app.rollcall, &link.token).await {
            Err(cause) => app.failed(&headers, None, cause.into()).await,
            Ok(false) => app.site.respond(&headers, StatusCode::FORBIDDEN, Setup::DeadLink).await,
            Ok(true) => {
                let form = SetupForm { token: link.token, ..SetupForm::default() };
                app.site.respond(&headers, StatusCode::OK, Setup::Form(form)).await
            }
        },
    }
}

async fn not_found(app: &App, headers: &HeaderMap) -> Response {
    app.site.respond(headers, StatusCode::NOT_FOUND, ErrorPage::NotFound { home: Some("/".to_owned()) }).await
}

#[derive(Deserialize)]
pub(super) struct ClaimFields {
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    workspace: String,
}

pub(super) async fn claim(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    Fields(fields): Fields<ClaimFields>,
) -> Response {
    let claim = Claim {
        name: fields.name,
        email: fields.email,
        password: fields.password,
        workspace: fields.workspace,
    };
    match workspace::claim(&app.rollcall, &fields.token, &claim).await {
        Ok((workspace, account)) => match web::sign_in(&session, &account.id, &headers).await {
            Ok(()) => {
                let to = format!("/w/{}", workspace.slug);
                app.site.redirect(&to, Flash::done(format!("Welcome to {}", workspace.name)))
            }
            Err(cause) => app.failed(&headers, None, cause.into()).await,
        },
        Err(Error::Forbidden { .. }) => match workspace::is_unclaimed(&app.rollcall).await {
            Ok(true) => app.site.respond(&headers, StatusCode::FORBIDDEN, Setup::DeadLink).await,
            Ok(false) => not_found(&app, &headers).await,
            Err(cause) => app.failed(&headers, None, cause.into()).await,
        },
        Err(refusal) if !refusal.is_ours() => {
            let form = refused(fields.token, &claim, &refusal);
            app.site.respond(&headers, StatusCode::UNPROCESSABLE_ENTITY, Setup::Form(form)).await
        }
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

fn refused(token: String, claim: &Claim, refusal: &Error) -> SetupForm {
    let field = |name: &str, value: &str| Field { value: value.to_owned(), error: refusal.at(name) };
    SetupForm {
        token,
        name: field("name", &claim.name),
        email: field("email", &claim.email),
        password: field("password", ""),
        workspace: field("workspace", &claim.workspace),
        error: refusal.beside(&["name", "email", "password", "workspace"]),
    }
}
