//! `/` and `/w/{slug}`.

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use rollcall::{mail::Trouble, model::MembershipStatus, people::workspace, store};

use super::{
    App,
    failure::Result,
    frame::count,
    guard::{Member, Visitor},
    security::summaries,
};
use crate::pages::{home::Home, login::Login};

/// Sends everyone to where they begin.
pub(super) async fn start(State(app): State<App>, headers: HeaderMap, visitor: Visitor) -> Response {
    let answer = async {
        let Some(account) = visitor.account else {
            let unclaimed = workspace::is_unclaimed(&app.rollcall).await?;
            return Ok(app.site.redirect(if unclaimed { "/setup" } else { "/login" }, None));
        };
        let mut conn = app.rollcall.db.read().await?;
        let memberships = store::memberships::list_of_account(&mut conn, &account.id).await?;
        let active = memberships.iter().find(|membership| membership.status == MembershipStatus::Active);
        let workspace = match active {
            Some(membership) => store::workspaces::get(&mut conn, &membership.workspace_id).await?,
            None => None,
        };
        Ok(match workspace {
            Some(workspace) => app.site.redirect(&format!("/w/{}", workspace.slug), None),
            None => {
                app.site.respond(&headers, StatusCode::OK, Login::NoWorkspace { email: account.email }).await
            }
        })
    };
    let answer: Result<Response> = answer.await;
    match answer {
        Ok(response) => response,
        Err(failure) => app.failed(&headers, None, failure).await,
    }
}

pub(super) async fn show(State(app): State<App>, member: Member) -> Response {
    match load(&app, &member).await {
        Ok(page) => app.site.respond(&member.headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&member.headers, None, failure).await,
    }
}

async fn load(app: &App, member: &Member) -> Result<Home> {
    let (frame, counts) = app.frame_and_counts(member).await?;
    let mut conn = app.rollcall.db.read().await?;
    let workspace = &member.access.workspace.id;
    Ok(Home {
        frame,
        active: count(counts.active),
        invited: count(counts.invited),
        suspended: count(counts.suspended),
        mail_waits_since: Trouble::find(&mut conn).await?.map(|trouble| trouble.since.0),
        directories: summaries(app, &mut conn, workspace).await?,
    })
}
