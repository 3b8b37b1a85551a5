//! `/dev/mailbox`: the built-in mailbox, as a page and as JSON. Only when it is in use, and only on loopback.

use std::collections::BTreeSet;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    Error,
    model::MailId,
    store::{self, mailbox::Message},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{App, failure::Result};
use crate::{
    pages::mailbox::{MailRow, Mailbox, Message as MessagePage, Part},
    site::{Flash, Site},
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/dev/mailbox", get(list))
        .route("/dev/mailbox.json", get(list_json))
        .route("/dev/mailbox/clear", post(clear))
        .route("/dev/mailbox/{id}", get(show))
        .route("/dev/mailbox/{id}/html", get(html))
}

async fn all(app: &App) -> Result<Vec<Message>> {
    let mut conn = app.rollcall.db.read().await?;
    Ok(store::mailbox::list(&mut conn).await?)
}

async fn find(app: &App, id: String) -> Result<Message> {
    let mut conn = app.rollcall.db.read().await?;
    let found = store::mailbox::get(&mut conn, &MailId(id)).await?;
    Ok(found.ok_or(Error::NotFound { what: "mail" })?)
}

async fn list(State(app): State<App>, headers: HeaderMap) -> Response {
    match all(&app).await {
        Ok(mails) => {
            let mails = mails
                .into_iter()
                .map(|mail| MailRow {
                    id: mail.id,
                    to: mail.recipient,
                    subject: mail.subject,
                    at: mail.received_at.0,
                })
                .collect();
            let page = Mailbox { mails, now: app.rollcall.clock.now().0 };
            app.site.respond(&headers, StatusCode::OK, page).await
        }
        Err(failure) => app.failed(&headers, None, failure).await,
    }
}

async fn list_json(State(app): State<App>, headers: HeaderMap) -> Response {
    match all(&app).await {
        Ok(mails) => {
            let mails: Vec<Value> = mails
                .iter()
                .map(|mail| {
                    json!({
                        "to": mail.recipient,
                        "subject": mail.subject,
                        "text": mail.text_part,
                        "html": mail.html_part,
                        "links": links_in(&mail.text_part),
                    })
                })
                .collect();
            Json(mails).into_response()
        }
        Err(failure) => app.failed(&headers, None, failure).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    tab: String,
}

async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    match find(&app, id).await {
        Ok(mail) => {
            let page = MessagePage {
                links: links_in(&mail.text_part),
                part: match asked.tab.as_str() {
                    "text" => Part::Text(mail.text_part),
                    "source" => Part::Source(mail.source),
                    _ => Part::Html,
                },
                id: mail.id,
                from: app.rollcall.config.mail_from.to_string(),
                to: mail.recipient,
                subject: mail.subject,
                at: mail.received_at.0,
                now: app.rollcall.clock.now().0,
            };
            app.site.respond(&headers, StatusCode::OK, page).await
        }
        Err(failure) => app.failed(&headers, Some("/dev/mailbox".to_owned()), failure).await,
    }
}

async fn html(State(app): State<App>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    match find(&app, id).await {
        Ok(mail) => Site::mail_frame(&mail.html_part),
        Err(failure) => app.failed(&headers, Some("/dev/mailbox".to_owned()), failure).await,
    }
}

async fn clear(State(app): State<App>, headers: HeaderMap) -> Response {
    let cleared: Result<()> = async {
        let mut tx = app.rollcall.db.write().await?;
        store::mailbox::clear(&mut tx).await?;
        Ok(tx.commit().await?)
    }
    .await;
    match cleared {
        Ok(()) => app.site.redirect("/dev/mailbox", Flash::done("Mailbox emptied")),
        Err(failure) => app.failed(&headers, None, failure).await,
    }
}

/// The addresses in a text part, each once, in the order in which they stand.
fn links_in(text: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
        .filter(|word| word.starts_with("http://") || word.starts_with("https://"))
        .map(|word| word.trim_end_matches(['.', ',', ')', ';']).to_owned())
        .filter(|link| seen.insert(link.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::links_in;

    #[test]
    fn links_of_a_text_part() {
        let text = "Join: https://a.test/invite/x\n\n(https://a.test/invite/x) or <http://b.test/y>.";
        assert_eq!(links_in(text), ["https://a.test/invite/x", "http://b.test/y"]);
    }
}
