//! Settings → Email log: the mails of a workspace.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use rollcall::{
    Error,
    jobs::{self, Composed},
    mail::{Identity, Message, Trouble},
    model::{MailId, MailStatus, MailTemplate, WorkspaceId},
    people::{Caller, Permission, mail},
    secret::Secret,
    store::{
        self, Conn,
        mail_log::{Entry, Place, Search},
    },
};
use serde::Deserialize;

use super::{
    App,
    failure::Result,
    fields::Fields,
    guard::Member,
    instance::{MOST_COUNTED, counted_mails},
};
use crate::{
    pages::{
        email::{Email, Known, Letter, Part},
        email_log::{self, Can, EmailLog, Filter, List, MailRow, State as MailState},
    },
    site::{Flash, Site},
};

pub(super) fn router() -> Router<App> {
    const AT: &str = "/w/{slug}/settings/email";
    Router::new()
        .route(AT, get(list))
        .route(&format!("{AT}/suspended-notice"), post(tell_suspended))
        .route(&format!("{AT}/{{id}}"), get(show))
        .route(&format!("{AT}/{{id}}/html"), get(html))
        .route(&format!("{AT}/{{id}}/again"), post(again))
        .route(&format!("{AT}/{{id}}/cancel"), post(cancel))
}

/// Mails on one page.
const PER_PAGE: usize = 50;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    state: String,
    mail: String,
    newer: String,
    older: String,
    tab: String,
}

async fn list(State(app): State<App>, member: Member, Query(asked): Query<Asked>) -> Response {
    match load(&app, &member, &asked).await {
        Ok(page) => app.site.respond(&member.headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

async fn load(app: &App, member: &Member, asked: &Asked) -> Result<EmailLog> {
    member.access.require(Permission::ReadMail)?;
    let frame = app.frame(member).await?;
    let workspace = &member.access.workspace.id;
    let filter = Filter {
        q: asked.q.trim().chars().take(200).collect(),
        status: asked.state.parse().ok(),
        template: asked.mail.parse().ok(),
    };
    let mut conn = app.rollcall.db.read().await?;
    let trouble = trouble(&mut conn, member).await?;
    let tells_suspended = store::workspaces::tells_suspended(&mut conn, workspace).await?;
    let search = Search { status: filter.status, template: filter.template, text: filter.q.clone() };
    let place = place(&asked.newer, &asked.older);
    let (list, newer, older) = page(app, &mut conn, Some(workspace), &search, &place).await;
    Ok(EmailLog { frame, trouble, filter, list, newer, older, tells_suspended })
}

/// The place in the list that the cursors in an address name.
pub(super) fn place(newer: &str, older: &str) -> Place {
    match (newer, older) {
        ("", "") => Place::Newest,
        ("", older) => Place::OlderThan(MailId(older.to_owned())),
        (newer, _) => Place::NewerThan(MailId(newer.to_owned())),
    }
}

/// A page of the mails of a workspace, or of none, with the cursors of the pages on either side.
pub(super) async fn page(
    app: &App,
    conn: &mut Conn,
    workspace: Option<&WorkspaceId>,
    search: &Search,
    place: &Place,
) -> (List, Option<MailId>, Option<MailId>) {
    // One more than is shown tells whether there is more.
    let limit = i64::try_from(PER_PAGE + 1).unwrap_or(i64::MAX);
    match store::mail_log::page(conn, workspace, search, place, limit).await {
        Ok(entries) => {
            let (entries, newer, older) = cut(entries, place);
            (List::Mails(entries.into_iter().map(row).collect()), newer, older)
        }
        Err(cause) => {
            let reference: String = app.rollcall.clock.new_id();
            tracing::error!(%reference, %cause, "the list of mails could not be read");
            (List::Failed { reference }, None, None)
        }
    }
}

/// Leaves out the one that only tells of more; gives the cursors of the pages on either side.
fn cut(mut entries: Vec<Entry>, place: &Place) -> (Vec<Entry>, Option<MailId>, Option<MailId>) {
    let more = entries.len() > PER_PAGE;
    if more && matches!(place, Place::NewerThan(_)) {
        entries.remove(0);
    }
    entries.truncate(PER_PAGE);
    let (newer, older) = match place {
        Place::Newest => (false, more),
        Place::OlderThan(_) => (true, more),
        Place::NewerThan(_) => (more, true),
    };
    let first = entries.first().filter(|_| newer).map(|entry| entry.id.clone());
    let last = entries.last().filter(|_| older).map(|entry| entry.id.clone());
    (entries, first, last)
}

/// Why no mail leaves, and how many of this workspace wait.
async fn trouble(conn: &mut Conn, member: &Member) -> Result<Option<email_log::Trouble>> {
    let Some(trouble) = Trouble::find(conn).await? else { return Ok(None) };
    let workspace = &member.access.workspace.id;
    let waiting = store::mail_log::count_waiting(conn, workspace, MOST_COUNTED + 1).await?;
    Ok(Some(email_log::Trouble {
        since: trouble.since.0,
        words: trouble.words,
        waiting: counted_mails(waiting),
    }))
}

fn row(entry: Entry) -> MailRow {
    let state = state(&entry);
    MailRow {
        can: can(&entry, state),
        label: label(&entry.template),
        person: entry.membership_id.map(|id| (id, entry.person.unwrap_or_default())),
        id: entry.id,
        to: entry.recipient,
        subject: entry.mail_subject,
        state,
        attempts: entry.attempts,
        answer: entry.answer,
        at: entry.created_at.0,
    }
}

fn label(template: &str) -> String {
    template.parse::<MailTemplate>().map_or_else(|_| template.to_owned(), |known| known.label().to_owned())
}

fn state(entry: &Entry) -> MailState {
    match entry.status {
        MailStatus::Queued | MailStatus::Deferred if entry.being_sent => MailState::Sending,
        MailStatus::Queued => MailState::Queued { due: entry.due_at.0 },
        MailStatus::Deferred => MailState::Deferred { due: entry.due_at.0 },
        settled => MailState::Settled(settled),
    }
}

fn can(entry: &Entry, state: MailState) -> Can {
    let again = match state {
        MailState::Deferred { .. } => Some("Try now"),
        MailState::Settled(_) => Some("Resend"),
        MailState::Queued { .. } | MailState::Sending => None,
    };
    let again = again.filter(|_| mail::may_be_sent_again(entry));
    Can { cancel: matches!(state, MailState::Queued { .. } | MailState::Deferred { .. }), again }
}

async fn show(
    State(app): State<App>,
    member: Member,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Response {
    match load_one(&app, &member, MailId(id), &asked.tab).await {
        Ok(page) => app.site.respond(&member.headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

async fn load_one(app: &App, member: &Member, id: MailId, tab: &str) -> Result<Email> {
    member.access.require(Permission::ReadMail)?;
    let frame = app.frame(member).await?;
    let mut conn = app.rollcall.db.read().await?;
    let entry = store::mail_log::get(&mut conn, Some(&member.access.workspace.id), &id)
        .await?
        .ok_or(Error::NotFound { what: "mail in this workspace" })?;
    let letter = letter(app, &mut conn, &entry.id, tab).await?;
    Ok(Email {
        can: can(&entry, state(&entry)),
        frame,
        known: known(&entry),
        person: entry.membership_id.map(|id| (id, entry.person.unwrap_or_default())),
        letter,
    })
}

/// What is known of a mail.
pub(super) fn known(entry: &Entry) -> Known {
    Known {
        id: entry.id.clone(),
        label: label(&entry.template),
        to: entry.recipient.clone(),
        state: state(entry),
        attempts: entry.attempts,
        answer: entry.answer.clone(),
        asked: entry.created_at.0,
        changed: entry.updated_at.0,
    }
}

/// What a mail says, its secret masked; `tab` names the part.
pub(super) async fn letter(app: &App, conn: &mut Conn, id: &MailId, tab: &str) -> Result<Letter> {
    Ok(match rendered(app, conn, id).await? {
        Err(why) => Letter::Gone(why),
        Ok(message) => Letter::Shown {
            subject: message.subject,
            part: match tab {
                "text" => Part::Text(message.text),
                "headers" => Part::Headers(message.headers),
                _ => Part::Html,
            },
        },
    })
}

/// A mail as it would be written now, its secret masked.
struct Rendered {
    subject: String,
    text: String,
    html: String,
    headers: String,
}

/// The mail, or why it cannot be shown.
async fn rendered(app: &App, conn: &mut Conn, id: &MailId) -> Result<std::result::Result<Rendered, String>> {
    let mail = store::outbox::get(conn, id).await?.ok_or(Error::NotFound { what: "mail" })?;
    let (letter, addressee) = match jobs::compose(conn, &mail, Secret::masked()).await? {
        Composed::Letter { letter, addressee, .. } => (letter, addressee),
        Composed::Unwanted(why) => return Ok(Err(why.to_owned())),
        Composed::Impossible(why) => return Ok(Err(why)),
    };
    let config = &app.rollcall.config;
    let identity = Identity::of(&mail, config, mail.updated_at);
    let rendered = letter.render(&addressee, &identity, &config.base_url).map(|message: Message| Rendered {
        headers: message.headers(),
        subject: message.subject,
        text: message.text,
        html: message.html,
    });
    Ok(rendered)
}

/// The HTML of a mail, its secret masked.
pub(super) async fn html_of(app: &App, conn: &mut Conn, id: &MailId) -> Result<String> {
    match rendered(app, conn, id).await? {
        Ok(message) => Ok(message.html),
        Err(_) => Err(Error::NotFound { what: "mail that can be shown" }.into()),
    }
}

async fn html(State(app): State<App>, member: Member, Path((_, id)): Path<(String, String)>) -> Response {
    let found: Result<String> = async {
        member.access.require(Permission::ReadMail)?;
        let mut conn = app.rollcall.db.read().await?;
        let entry = store::mail_log::get(&mut conn, Some(&member.access.workspace.id), &MailId(id)).await?;
        let entry = entry.ok_or(Error::NotFound { what: "mail in this workspace" })?;
        html_of(&app, &mut conn, &entry.id).await
    }
    .await;
    match found {
        Ok(html) => Site::mail_frame(&html),
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

async fn again(State(app): State<App>, member: Member, Path((_, id)): Path<(String, String)>) -> Response {
    let id = MailId(id);
    let done = mail::send_again(&app.rollcall, &Caller::Member(&member.access), &id).await;
    back(&app, &member, &id, done, "The mail is queued to be sent").await
}

async fn cancel(State(app): State<App>, member: Member, Path((_, id)): Path<(String, String)>) -> Response {
    let id = MailId(id);
    let done = mail::cancel(&app.rollcall, &Caller::Member(&member.access), &id).await;
    back(&app, &member, &id, done, "The mail was cancelled").await
}

async fn back(app: &App, member: &Member, id: &MailId, done: rollcall::Result<()>, text: &str) -> Response {
    let to = format!("/w/{}/settings/email/{id}", member.access.workspace.slug);
    match done {
        Ok(()) => app.site.redirect(&to, Flash::done(text)),
        Err(refusal) if refusal.field().is_some() => {
            app.site.redirect(&to, Flash::refused(refusal.to_string()))
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

#[derive(Deserialize)]
pub(super) struct TellFields {
    #[serde(default)]
    tell: String,
}

async fn tell_suspended(
    State(app): State<App>,
    member: Member,
    Fields(fields): Fields<TellFields>,
) -> Response {
    let tell = fields.tell == "on";
    let caller = Caller::Member(&member.access);
    match mail::tell_suspended(&app.rollcall, &caller, tell).await {
        Ok(()) => {
            let to = format!("/w/{}/settings/email", member.access.workspace.slug);
            let text = if tell { "Suspended people are told" } else { "Suspended people are not told" };
            app.site.redirect(&to, Flash::done(text))
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}
