//! `/instance/email`: the mails of no workspace, for those who look after the installation.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    Error,
    mail::Trouble,
    model::MailId,
    people::instance,
    store::{self, accounts::Account, mail_log::Entry},
};
use serde::Deserialize;

use super::{
    App,
    email::{html_of, known, letter, page, place},
    failure::Result,
    frame::reader,
    guard::SignedIn,
    instance::waiting,
};
use crate::{
    pages::{
        email_log,
        instance_email::{AccountMail, AccountMails, LIST},
    },
    site::Site,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route(LIST, get(list))
        .route(&format!("{LIST}/{{id}}"), get(show))
        .route(&format!("{LIST}/{{id}}/html"), get(html))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    newer: String,
    older: String,
    tab: String,
}

async fn list(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
    Query(asked): Query<Asked>,
) -> Response {
    match load(&app, &account, &asked).await {
        Ok(page) => app.site.respond(&headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&headers, Some("/".to_owned()), failure).await,
    }
}

async fn load(app: &App, account: &Account, asked: &Asked) -> Result<AccountMails> {
    let mut conn = app.rollcall.db.read().await?;
    instance::require_admin(&mut conn, account).await?;
    let waiting = waiting(&mut conn).await?;
    let trouble = Trouble::find(&mut conn).await?;
    let trouble =
        trouble.map(|trouble| email_log::Trouble { since: trouble.since.0, words: trouble.words, waiting });
    let place = place(&asked.newer, &asked.older);
    let (list, newer, older) = page(app, &mut conn, None, &store::mail_log::Search::default(), &place).await;
    Ok(AccountMails {
        reader: reader(account, true),
        now: app.rollcall.clock.now().0,
        trouble,
        list,
        newer,
        older,
    })
}

async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let page: Result<AccountMail> = async {
        let mut conn = app.rollcall.db.read().await?;
        let entry = find(&mut conn, &account, id).await?;
        let letter = letter(&app, &mut conn, &entry.id, &asked.tab).await?;
        Ok(AccountMail {
            reader: reader(&account, true),
            now: app.rollcall.clock.now().0,
            known: known(&entry),
            letter,
        })
    }
    .await;
    match page {
        Ok(page) => app.site.respond(&headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&headers, Some(LIST.to_owned()), failure).await,
    }
}

async fn html(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
    Path(id): Path<String>,
) -> Response {
    let found: Result<String> = async {
        let mut conn = app.rollcall.db.read().await?;
        let entry = find(&mut conn, &account, id).await?;
        html_of(&app, &mut conn, &entry.id).await
    }
    .await;
    match found {
        Ok(html) => Site::mail_frame(&html),
        Err(failure) => app.failed(&headers, Some(LIST.to_owned()), failure).await,
    }
}

async fn find(conn: &mut store::Conn, account: &Account, id: String) -> Result<Entry> {
    instance::require_admin(conn, account).await?;
    let entry = store::mail_log::get(conn, None, &MailId(id)).await?;
    Ok(entry.ok_or(Error::NotFound { what: "mail of no workspace" })?)
}
