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
    store::accounts::Account,
    web,
};
use serde::Deserialize;

use super::{App, failure::Result, fields::Fields, guard::Visitor, link::LinkCookie};
use crate::{
    pages::invite::{Invite, Invitee, Inviter, Join},
    site::Flash,
    ui::Field,
};

const TOKEN: LinkCookie = LinkCookie { name: "invitation", path: "/invite" };

/// The link in the mail.
pub(super) async fn arrive(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Path(token): Path<String>,
) -> Response {
    match invitation::open(&app.rollcall, &token).await {
        Ok(Doorway::Open(_) | Doorway::Full { .. } | Doorway::Expired { renewable: Some(_), .. }) => {
            TOKEN.carry(&app, &token, "/invite")
        }
        Ok(doorway) => page(&app, &headers, &visitor, doorway, StatusCode::OK).await,
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
}

/// The invitation whose token is in the cookie.
pub(super) async fn show(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    let token = TOKEN.secret(&headers);
    match invitation::open(&app.rollcall, &token).await {
        Ok(doorway) => page(&app, &headers, &visitor, doorway, StatusCode::OK).await,
        Err(cause) => app.failed(&headers, None, cause.into()).await,
    }
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
    let token = TOKEN.secret(&headers);
    accept_token(&app, &headers, &visitor, &token, &fields).await
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
    let acceptance = match &visitor.account {
        Some(account) => Acceptance::SignedIn(account),
        None => Acceptance::Password { name: &fields.name, password: &fields.password },
    };
    match invitation::accept(&app.rollcall, token, acceptance).await {
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
    let mut shown = joining(app, &open, visitor.account.as_ref());
    if let Invite::Join(Join { as_whom: Invitee::New { name, password, error }, .. }) = &mut shown {
        let error_of = |field: &str| (refusal.field() == Some(field)).then(|| refusal.to_string());
        *name = Field { value: fields.name.clone(), error: error_of("name") };
        password.error = error_of("password");
        *error = (!matches!(refusal.field(), Some("name" | "password"))).then(|| refusal.to_string());
    }
    app.site.respond(headers, StatusCode::UNPROCESSABLE_ENTITY, shown).await
}

pub(super) async fn decline(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    let token = TOKEN.secret(&headers);
    decline_token(&app, &headers, &visitor, &token).await
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
    let token = TOKEN.secret(&headers);
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
        Doorway::Open(open) => (status, joining(app, &open, visitor.account.as_ref())),
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

fn joining(app: &App, open: &OpenInvitation, account: Option<&Account>) -> Invite {
    let as_whom = match account {
        Some(account) if account.email_key == open.membership.email_key => Invitee::SignedIn,
        Some(account) => {
            return Invite::OtherAccount {
                workspace: open.workspace.name.clone(),
                invited: open.membership.email.clone(),
                signed_in: account.email.clone(),
            };
        }
        None if open.account.as_ref().is_some_and(|account| account.password_hash.is_some()) => {
            Invitee::HasAccount
        }
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
