//! The invitation page. A link in a mail is `/invite/{token}`; an invitation that can be accepted moves to `/invite`
//! with the token in a cookie, so that it leaves the address bar. Opening never accepts: mail scanners open links.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    Error,
    people::{
        Access,
        invitation::{self, Acceptance, Doorway, OpenInvitation},
    },
    store::{accounts::Account, workspaces::Workspace},
    web,
};
use serde::Deserialize;

use super::{
    App,
    failure::Result,
    fields::Fields,
    guard::Visitor,
    link::{LinkCookie, without_referrer},
};
use crate::{
    pages::invite::{Invite, Invitee, Inviter, Join},
    site::Flash,
    ui::Field,
};

const TOKEN: LinkCookie = LinkCookie { name: "invitation", path: "/invite" };

/// What is refused when a password was tried too often.
const TRIES: &str = "tries";

/// The link in the mail.
pub(super) async fn arrive(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Response {
    let mut response = match invitation::open(&app.rollcall, &token).await {
        Ok(doorway) if is_worth_keeping(&doorway) => TOKEN.carry(&app, &token, "/invite"),
        Ok(doorway) => page(&app, &headers, &visitor, doorway, StatusCode::OK).await,
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    };
    without_referrer(&mut response);
    response
}

/// Whether there is something that the person can do with the link.
fn is_worth_keeping(doorway: &Doorway) -> bool {
    matches!(doorway, Doorway::Open(_) | Doorway::Full { .. } | Doorway::Expired { renewable: Some(_), .. })
}

/// The invitation whose token is in the cookie, which lives on with each visit.
pub(super) async fn show(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    let token = match token_of(&app, &headers).await {
        Ok(token) => token,
        Err(response) => return response,
    };
    match invitation::open(&app.rollcall, &token).await {
        Ok(doorway) => {
            let keep = is_worth_keeping(&doorway);
            let mut response = page(&app, &headers, &visitor, doorway, StatusCode::OK).await;
            if keep {
                TOKEN.keep(&app, &mut response, &token);
            }
            response
        }
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

/// The token in the cookie, or the page that asks for it.
async fn token_of(app: &App, headers: &HeaderMap) -> std::result::Result<String, Response> {
    let token = TOKEN.secret(headers);
    if token.is_empty() {
        return Err(app.site.respond(headers, StatusCode::BAD_REQUEST, Invite::WithoutLink).await);
    }
    Ok(token)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct AcceptFields {
    name: String,
    password: String,
}

pub(super) async fn accept(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Fields(fields): Fields<AcceptFields>,
) -> Response {
    match token_of(&app, &headers).await {
        Ok(token) => accept_token(&app, &headers, &visitor, &token, &fields).await,
        Err(response) => response,
    }
}

/// The same, for a browser that keeps no cookies.
pub(super) async fn accept_by_link(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Path(token): Path<String>,
    Fields(fields): Fields<AcceptFields>,
) -> Response {
    accept_token(&app, &headers, &visitor, &token, &fields).await
}

async fn accept_token(
    app: &App,
    headers: &HeaderMap,
    visitor: &Visitor,
    token: &str,
    fields: &AcceptFields,
) -> Response {
    match try_accepting(app, visitor, token, fields).await {
        Ok((account, workspace)) => match web::sign_in(&visitor.session, &account.id, headers).await {
            Ok(()) => {
                let to = format!("/w/{}", workspace.slug);
                let mut response = app
                    .site
                    .redirect(&to, Flash::done(format!("You are now a member of {}", workspace.name)));
                TOKEN.forget(app, &mut response);
                response
            }
            Err(cause) => app.failed(headers, None, cause.into()).await,
        },
        Err(refusal) if !refusal.is_ours() => refused(app, headers, visitor, token, fields, &refusal).await,
        Err(cause) => app.failed(headers, None, cause.into()).await,
    }
}

async fn try_accepting(
    app: &App,
    visitor: &Visitor,
    token: &str,
    fields: &AcceptFields,
) -> rollcall::Result<(Account, Workspace)> {
    let acceptance = match &visitor.account {
        Some(account) => Acceptance::SignedIn(account),
        None => {
            count_try(app, token).await?;
            Acceptance::Password { name: &fields.name, password: &fields.password }
        }
    };
    invitation::accept(&app.rollcall, token, acceptance).await
}

/// Tries of a password are counted together with those of the sign-in page.
async fn count_try(app: &App, token: &str) -> rollcall::Result<()> {
    let Doorway::Open(open) = invitation::open(&app.rollcall, token).await? else { return Ok(()) };
    if !has_password(&open) {
        return Ok(());
    }
    app.sign_ins
        .check(&open.membership.email_key)
        .map_err(|_| Error::conflict(TRIES, "Too many tries. Wait a few seconds before the next one."))
}

/// Whether the invited address has an account that can be signed in to.
fn has_password(open: &OpenInvitation) -> bool {
    open.account.as_ref().is_some_and(|account| account.password_hash.is_some())
}

/// The page once more, with what is wrong; or what became of the invitation meanwhile.
async fn refused(
    app: &App,
    headers: &HeaderMap,
    visitor: &Visitor,
    token: &str,
    fields: &AcceptFields,
    refusal: &Error,
) -> Response {
    let doorway = match invitation::open(&app.rollcall, token).await {
        Ok(doorway) => doorway,
        Err(cause) => return app.failed(headers, None, cause.into()).await,
    };
    let Doorway::Open(open) = doorway else {
        return page(app, headers, visitor, doorway, StatusCode::CONFLICT).await;
    };
    match is_here_already(app, visitor, &open).await {
        Ok(true) => return app.site.redirect(&format!("/w/{}", open.workspace.slug), None),
        Ok(false) => {}
        Err(cause) => return app.failed(headers, None, cause.into()).await,
    }
    let mut shown = joining(app, &open, visitor.account.as_ref());
    if let Invite::Join(join) = &mut shown {
        complain(&mut join.as_whom, &fields.name, refusal);
    }
    let status = match refusal.field() {
        Some(TRIES) => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    app.site.respond(headers, status, shown).await
}

/// Puts a refusal where it belongs: at its field, else above the form.
fn complain(as_whom: &mut Invitee, typed_name: &str, refusal: &Error) {
    match as_whom {
        Invitee::New { name, password, error } => {
            *name = Field { value: typed_name.to_owned(), error: refusal.at("name") };
            password.error = refusal.at("password");
            *error = refusal.beside(&["name", "password"]);
        }
        Invitee::HasAccount { password, error } => {
            password.error = refusal.at("password");
            *error = refusal.beside(&["password"]);
        }
        Invitee::SignedIn { error } => *error = refusal.beside(&[]),
    }
}

pub(super) async fn decline(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    match token_of(&app, &headers).await {
        Ok(token) => decline_token(&app, &headers, &visitor, &token).await,
        Err(response) => response,
    }
}

/// The same by the link in the mail, for mail programs' own “unsubscribe” (RFC 8058).
pub(super) async fn decline_by_link(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Response {
    decline_token(&app, &headers, &visitor, &token).await
}

/// A new invitation, to the address that the old one went to.
pub(super) async fn renew(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    let token = match token_of(&app, &headers).await {
        Ok(token) => token,
        Err(response) => return response,
    };
    let refusal = match invitation::renew(&app.rollcall, &token).await {
        Ok(email) => return app.site.respond(&headers, StatusCode::OK, Invite::Renewed { email }).await,
        Err(refusal) if refusal.is_ours() => return app.failed(&headers, None, refusal.into()).await,
        Err(refusal) => refusal,
    };
    match invitation::open(&app.rollcall, &token).await {
        Ok(Doorway::Expired { workspace, at, renewable }) if refusal.field().is_some() => {
            let page = Invite::Expired {
                workspace: workspace.name,
                at: at.0,
                now: app.rollcall.clock.now().0,
                renewable,
                error: Some(refusal.to_string()),
            };
            app.site.respond(&headers, StatusCode::UNPROCESSABLE_ENTITY, page).await
        }
        Ok(doorway) => page(&app, &headers, &visitor, doorway, StatusCode::CONFLICT).await,
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

async fn decline_token(app: &App, headers: &HeaderMap, visitor: &Visitor, token: &str) -> Response {
    let answer: Result<Response> = async {
        Ok(match invitation::decline(&app.rollcall, token).await {
            Ok(workspace) => {
                let page = Invite::Declined { workspace: workspace.name };
                app.site.respond(headers, StatusCode::OK, page).await
            }
            Err(Error::NotFound { .. }) => {
                let doorway = invitation::open(&app.rollcall, token).await?;
                page(app, headers, visitor, doorway, StatusCode::CONFLICT).await
            }
            Err(cause) => return Err(cause.into()),
        })
    }
    .await;
    match answer {
        Ok(response) => response,
        Err(failure) => app.failed(headers, None, failure).await,
    }
}

async fn page(
    app: &App,
    headers: &HeaderMap,
    visitor: &Visitor,
    doorway: Doorway,
    status: StatusCode,
) -> Response {
    let now = app.rollcall.clock.now().0;
    let (status, shown) = match doorway {
        Doorway::Open(open) => {
            match is_here_already(app, visitor, &open).await {
                Ok(true) => return app.site.redirect(&format!("/w/{}", open.workspace.slug), None),
                Ok(false) => {}
                Err(cause) => return app.failed(headers, None, cause.into()).await,
            }
            (status, joining(app, &open, visitor.account.as_ref()))
        }
        Doorway::Accepted(workspace) => {
            match is_member(app, visitor, &workspace.slug).await {
                Ok(true) => return app.site.redirect(&format!("/w/{}", workspace.slug), None),
                Ok(false) => {}
                Err(cause) => return app.failed(headers, None, cause.into()).await,
            }
            (status, Invite::Used { workspace: workspace.name })
        }
        Doorway::Expired { workspace, at, renewable } => {
            let page = Invite::Expired { workspace: workspace.name, at: at.0, now, renewable, error: None };
            (StatusCode::GONE, page)
        }
        Doorway::Full { workspace, invitation, told } => {
            let page =
                Invite::Full { workspace: workspace.name, expires: invitation.expires_at.0, now, told };
            (StatusCode::CONFLICT, page)
        }
        Doorway::Declined(workspace) => (StatusCode::GONE, Invite::Declined { workspace: workspace.name }),
        Doorway::Replaced(workspace) => (StatusCode::GONE, Invite::Replaced { workspace: workspace.name }),
        Doorway::Withdrawn => (StatusCode::GONE, Invite::Withdrawn),
    };
    app.site.respond(headers, status, shown).await
}

async fn is_member(app: &App, visitor: &Visitor, slug: &str) -> rollcall::Result<bool> {
    Ok(match &visitor.account {
        Some(account) => Access::enter(&app.rollcall, account, slug).await?.is_some(),
        None => false,
    })
}

/// Whether the invited person is signed in and a member already, under another address: the directory moved theirs.
async fn is_here_already(app: &App, visitor: &Visitor, open: &OpenInvitation) -> rollcall::Result<bool> {
    let invited = visitor.account.as_ref().is_some_and(|own| own.email_key == open.membership.email_key);
    Ok(invited && is_member(app, visitor, &open.workspace.slug).await?)
}

fn joining(app: &App, open: &OpenInvitation, account: Option<&Account>) -> Invite {
    let as_whom = match account {
        Some(account) if account.email_key == open.membership.email_key => Invitee::SignedIn { error: None },
        Some(account) => {
            return Invite::OtherAccount {
                workspace: open.workspace.name.clone(),
                invited: open.membership.email.clone(),
                signed_in: account.email.clone(),
            };
        }
        None if has_password(open) => Invitee::HasAccount { password: Field::default(), error: None },
        None => Invitee::New {
            name: Field { value: suggested_name(open), error: None },
            password: Field::default(),
            error: None,
        },
    };
    let by = match (&open.invited_by, &open.directory) {
        (Some(person), _) => Inviter::Person(person.clone()),
        (None, Some(directory)) => Inviter::Directory(directory.clone()),
        (None, None) => Inviter::Nobody,
    };
    Invite::Join(Join {
        workspace: open.workspace.name.clone(),
        role: open.membership.role,
        by,
        email: open.membership.email.clone(),
        expires: open.invitation.expires_at.0,
        now: app.rollcall.clock.now().0,
        as_whom,
    })
}

/// The name that the directory gave; for people invited by hand only their address is known.
fn suggested_name(open: &OpenInvitation) -> String {
    let local_part = open.membership.email.split('@').next().unwrap_or_default();
    if open.membership.name == local_part { String::new() } else { open.membership.name.clone() }
}
