//! `/account`: what people change of their own account.

use axum::{
    Router,
    extract::{Path, State},
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    Error,
    people::{
        address_change::{self, LinkState},
        instance, profile,
    },
    store, web,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    App,
    failure::Result,
    fields::Fields,
    frame::reader,
    guard::{SignedIn, Visitor},
    link::{LinkCookie, without_referrer},
};
use crate::{
    pages::account::{Account as Page, ConfirmEmail, Managed, NewAddress, NewAddressLink, SessionRow},
    site::Flash,
    ui::Field,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/account", get(show))
        .route("/account/name", post(rename))
        .route("/account/email", post(request_email))
        .route("/account/email/again", post(send_again))
        .route("/account/email/cancel", post(cancel_email))
        .route("/account/email/confirm", get(show_email_link).post(confirm_email))
        .route("/account/email/{token}", get(arrive_by_email_link).post(confirm_email_by_link))
        .route("/account/password", post(change_password))
        .route("/account/sessions/end-others", post(end_others))
        .route("/account/sessions/{id}/end", post(end_session))
}

const TOKEN: LinkCookie = LinkCookie { name: "new_address", path: "/account/email" };

/// Most sessions that are listed.
const SESSIONS_SHOWN: i64 = 50;

pub(super) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    account: SignedIn,
) -> Response {
    match load(&app, &session, &account).await {
        Ok(page) => app.site.respond(&headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&headers, None, failure).await,
    }
}

async fn load(app: &App, session: &Session, SignedIn(account): &SignedIn) -> Result<Page> {
    let now = app.rollcall.clock.now();
    let managed = profile::managed(&app.rollcall, account).await?;
    let waiting = address_change::find(&app.rollcall, account).await?;
    let mut conn = app.rollcall.db.read().await?;
    let listed = store::sessions::list_of_account(&mut conn, &account.id, now, SESSIONS_SHOWN).await?;
    let this = web::stored_id(session).unwrap_or_default();
    let mut sessions: Vec<SessionRow> = listed
        .into_iter()
        .map(|one| SessionRow {
            browser: browser(&web::agent_of(&one.data)),
            since: one.created_at.0,
            this: one.id == this,
            id: one.id,
        })
        .collect();
    sessions.sort_by_key(|one| !one.this);
    Ok(Page {
        reader: reader(account, instance::is_admin(&mut conn, account).await?),
        waiting: waiting.map(|change| NewAddress { email: change.email, link: link_of(change.link) }),
        name: Field { value: account.name.clone(), error: None },
        email: account.email.clone(),
        managed: managed.map(|managed| Managed { by: managed.by, addresses: managed.addresses }),
        new_email: Field::default(),
        email_password: Field::default(),
        current: Field::default(),
        password: Field::default(),
        sessions,
        now: now.0,
    })
}

fn link_of(state: LinkState) -> NewAddressLink {
    match state {
        LinkState::Waits(words) => NewAddressLink::Waits(words),
        LinkState::Sent { at, until } => NewAddressLink::Sent { at: at.0, until: until.0 },
        LinkState::Failed(words) => NewAddressLink::Failed(words),
        LinkState::Expired(at) => NewAddressLink::Expired(at.0),
    }
}

/// `Firefox on Linux`, as far as the browser's own name for itself tells.
fn browser(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name)
    };
    // Each names itself after those it wants to be taken for: the most particular mark comes first.
    let name = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (name, system) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.to_owned(),
        (None, Some(system)) => format!("A browser on {system}"),
        (None, None) => "A browser".to_owned(),
    }
}

/// Back to the page with what was done, or the page again with what is wrong.
async fn finish(
    app: &App,
    headers: &HeaderMap,
    session: &Session,
    account: &SignedIn,
    done: rollcall::Result<String>,
    refill: impl FnOnce(&mut Page, &Error),
) -> Response {
    match done {
        Ok(text) => app.site.redirect("/account", Flash::done(text)),
        Err(refusal) if refusal.field().is_some() => match load(app, session, account).await {
            Ok(mut page) => {
                refill(&mut page, &refusal);
                app.site.respond(headers, StatusCode::UNPROCESSABLE_ENTITY, page).await
            }
            Err(failure) => app.failed(headers, None, failure).await,
        },
        Err(refusal) => app.failed(headers, Some("/account".to_owned()), refusal.into()).await,
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AccountFields {
    name: String,
    email: String,
    current: String,
    password: String,
}

pub(super) async fn rename(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    account: SignedIn,
    Fields(fields): Fields<AccountFields>,
) -> Response {
    let done = profile::rename(&app.rollcall, &account.0, &fields.name).await;
    let done = done.map(|()| "Name saved".to_owned());
    finish(&app, &headers, &session, &account, done, |page, refusal| {
        page.name = Field { value: fields.name, error: refusal.at("name") };
    })
    .await
}

pub(super) async fn request_email(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    account: SignedIn,
    Fields(fields): Fields<AccountFields>,
) -> Response {
    let done = profile::request_email_change(&app.rollcall, &account.0, &fields.email, &fields.current).await;
    let done = done.map(|email| format!("A link is on its way to {email}"));
    finish(&app, &headers, &session, &account, done, |page, refusal| {
        page.new_email = Field { value: fields.email, error: refusal.at("email") };
        page.email_password.error = refusal.at("current");
    })
    .await
}

/// The link once more, to the address that waits.
pub(super) async fn send_again(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
) -> Response {
    let done = address_change::send_again(&app.rollcall, &account).await;
    back(&app, &headers, done.map(|email| format!("A new link is on its way to {email}"))).await
}

pub(super) async fn cancel_email(
    State(app): State<App>,
    headers: HeaderMap,
    SignedIn(account): SignedIn,
) -> Response {
    let done = address_change::cancel(&app.rollcall, &account).await;
    back(&app, &headers, done.map(|email| format!("Cancelled. The link to {email} no longer works"))).await
}

/// Back to the page with what was done, or why it was not: nothing was typed.
async fn back(app: &App, headers: &HeaderMap, done: rollcall::Result<String>) -> Response {
    match done {
        Ok(text) => app.site.redirect("/account", Flash::done(text)),
        Err(refusal) if refusal.field().is_some() => {
            app.site.redirect("/account", Flash::refused(refusal.to_string()))
        }
        Err(refusal) => app.failed(headers, Some("/account".to_owned()), refusal.into()).await,
    }
}

pub(super) async fn change_password(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    account: SignedIn,
    Fields(fields): Fields<AccountFields>,
) -> Response {
    let kept = web::stored_id(&session);
    let done = profile::change_password(
        &app.rollcall,
        &account.0,
        &fields.current,
        &fields.password,
        kept.as_deref(),
    )
    .await;
    let done = done.map(|()| "Password changed".to_owned());
    finish(&app, &headers, &session, &account, done, |page, refusal| {
        page.current.error = refusal.at("current");
        page.password.error = refusal.at("password");
    })
    .await
}

pub(super) async fn end_session(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    account: SignedIn,
    Path(id): Path<String>,
) -> Response {
    let done = profile::end_session(&app.rollcall, &account.0, &id).await;
    let done = done.map(|()| "Signed out there".to_owned());
    finish(&app, &headers, &session, &account, done, |_, _| ()).await
}

pub(super) async fn end_others(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    account: SignedIn,
) -> Response {
    let kept = web::stored_id(&session).unwrap_or_default();
    let done = profile::end_other_sessions(&app.rollcall, &account.0, &kept).await;
    let done = done.map(|_| "Signed out everywhere else".to_owned());
    finish(&app, &headers, &session, &account, done, |_, _| ()).await
}

/// The link in the mail. Opening changes nothing: mail scanners open links.
pub(super) async fn arrive_by_email_link(
    State(app): State<App>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Response {
    match profile::of_email_link(&app.rollcall, &token).await {
        Ok(Some(_)) => TOKEN.carry(&app, &token, "/account/email/confirm"),
        Ok(None) => {
            let mut response =
                app.site.respond(&headers, StatusCode::NOT_FOUND, ConfirmEmail::DeadLink).await;
            without_referrer(&mut response);
            response
        }
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

/// The question that the link asks whose secret is in the cookie.
pub(super) async fn show_email_link(State(app): State<App>, headers: HeaderMap) -> Response {
    email_link(&app, &headers, &TOKEN.secret(&headers), StatusCode::OK, None).await
}

async fn email_link(
    app: &App,
    headers: &HeaderMap,
    token: &str,
    status: StatusCode,
    error: Option<String>,
) -> Response {
    match profile::of_email_link(&app.rollcall, token).await {
        Ok(Some((account, new))) => {
            let page = ConfirmEmail::Ask { old: account.email, new, error };
            app.site.respond(headers, status, page).await
        }
        Ok(None) => app.site.respond(headers, StatusCode::NOT_FOUND, ConfirmEmail::DeadLink).await,
        Err(cause) => app.failed(headers, None, cause.into()).await,
    }
}

pub(super) async fn confirm_email(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    let token = TOKEN.secret(&headers);
    confirm_email_by_token(&app, &headers, &visitor, &token).await
}

/// The same, for a browser that keeps no cookies.
pub(super) async fn confirm_email_by_link(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Response {
    confirm_email_by_token(&app, &headers, &visitor, &token).await
}

async fn confirm_email_by_token(app: &App, headers: &HeaderMap, visitor: &Visitor, token: &str) -> Response {
    let kept = web::stored_id(&visitor.session);
    match profile::confirm_email(&app.rollcall, token, kept.as_deref()).await {
        Ok(email) => {
            let mut response = app.site.respond(headers, StatusCode::OK, ConfirmEmail::Done { email }).await;
            TOKEN.forget(app, &mut response);
            response
        }
        Err(refusal) if !refusal.is_ours() => {
            let error = Some(refusal.to_string());
            email_link(app, headers, token, StatusCode::UNPROCESSABLE_ENTITY, error).await
        }
        Err(cause) => app.failed(headers, None, cause.into()).await,
    }
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn browsers_by_their_own_names() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.0", "A browser"),
            ("", "A browser"),
        ] {
            assert_eq!(browser(agent), name);
        }
    }
}
