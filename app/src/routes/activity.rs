//! A directory's activity: the list of its requests, and one of them with all that is known of it.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use http::StatusCode;
use rollcall::{
    journal,
    model::{DirectoryId, RequestKind, ScimRequestId},
    people::Permission,
    store::{
        self, Conn,
        directories::Directory,
        scim_requests::{ScimRequest, Search},
    },
};
use serde::Deserialize;

use super::{
    App, directory,
    failure::Result,
    guard::Member,
    security::{endpoint, health},
};
use crate::pages::{
    activity::{Activity, ActivityFilter, ActivityRow},
    activity_entry::{ActivityEntry, Request},
};

/// Requests on one page.
const PER_PAGE: i64 = 50;
/// Most consequences of one request that are listed.
const MOST_CONSEQUENCES: i64 = 100;

pub(super) fn router() -> Router<App> {
    const AT: &str = "/w/{slug}/settings/security/directories/{id}/activity";
    Router::new().route(AT, get(list)).route(&format!("{AT}/{{reference}}"), get(show))
}

#[derive(Deserialize)]
struct Place {
    id: String,
    #[serde(default)]
    reference: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Asked {
    kind: String,
    q: String,
    before: String,
}

async fn list(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Query(asked): Query<Asked>,
) -> Response {
    match load_list(&app, &member, place, &asked).await {
        Ok(page) => app.site.respond(&member.headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

async fn show(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    match load_entry(&app, &member, place).await {
        Ok(page) => {
            let status = if page.request.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
            app.site.respond(&member.headers, status, page).await
        }
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

/// The directory, for those who may see its requests; what this process has answered so far is in the journal then.
async fn enter(app: &App, member: &Member, id: String) -> Result<(Conn, Directory)> {
    member.access.require_to_look(Permission::ManageDirectories)?;
    journal::write_out(&app.rollcall).await;
    let mut conn = app.rollcall.db.read().await?;
    let directory = directory::find(&mut conn, member, &DirectoryId(id)).await?;
    Ok((conn, directory))
}

async fn load_list(app: &App, member: &Member, place: Place, asked: &Asked) -> Result<Activity> {
    let frame = app.frame(member).await?;
    let (mut conn, directory) = enter(app, member, place.id).await?;
    let filter = ActivityFilter {
        kind: asked.kind.parse::<RequestKind>().ok(),
        q: asked.q.trim().chars().take(200).collect(),
    };
    let before = Some(asked.before.clone()).filter(|id| !id.is_empty());
    let search = Search {
        kind: filter.kind,
        text: Some(filter.q.clone()).filter(|text| !text.is_empty()),
        before: before.clone().map(ScimRequestId),
    };
    let mut found = store::scim_requests::list(&mut conn, &directory.id, &search, PER_PAGE + 1).await?;
    let has_more = found.len() > usize::try_from(PER_PAGE).unwrap_or(usize::MAX);
    if has_more {
        found.pop();
    }
    let older = found.last().filter(|_| has_more).map(|last| last.id.0.clone());
    let has_any = !found.is_empty() || store::scim_requests::is_any(&mut conn, &directory.id).await?;
    let tokens = store::directory_tokens::list(&mut conn, &directory.id).await?;
    Ok(Activity {
        frame,
        health: health(&mut conn, &directory, &tokens, app.rollcall.clock.now()).await?,
        directory: directory.id,
        name: directory.name,
        provider: directory.provider,
        filter,
        rows: found.into_iter().map(row).collect(),
        is_first: before.is_none(),
        older,
        has_any,
    })
}

fn row(request: ScimRequest) -> ActivityRow {
    ActivityRow {
        asked: format!("{} {}", request.method, request.target),
        reference: request.reference,
        at: request.at.0,
        summary: request.summary,
        status: request.status,
        kind: request.kind,
        duration: request.duration,
    }
}

async fn load_entry(app: &App, member: &Member, place: Place) -> Result<ActivityEntry> {
    let frame = app.frame(member).await?;
    let (mut conn, directory) = enter(app, member, place.id).await?;
    let found = store::scim_requests::find_by_reference(&mut conn, &directory.id, &place.reference).await?;
    let request = match found {
        Some(request) => {
            let ids = [request.id.as_str()];
            let events = store::events::list_of_requests(&mut conn, &ids, MOST_CONSEQUENCES).await?;
            let changed = events.iter().map(journal::consequence).collect();
            Some(Request { changed, ..entry(request, &endpoint(app, &directory.id)) })
        }
        None => None,
    };
    Ok(ActivityEntry {
        frame,
        directory: directory.id,
        name: directory.name,
        provider: directory.provider,
        reference: place.reference,
        request,
    })
}

fn entry(request: ScimRequest, base_url: &str) -> Request {
    let explanations = request.explanations();
    Request {
        at: request.at.0,
        kind: request.kind,
        curl: curl(&request, base_url),
        deviations: explanations.into_iter().map(|words| (words.sent, words.standard)).collect(),
        summary: request.summary,
        method: request.method,
        target: request.target,
        status: request.status,
        scim_type: request.scim_type,
        detail: request.detail,
        duration: request.duration,
        address: request.address,
        user_agent: request.user_agent,
        token_hint: request.token_hint,
        sent: request.request_body.map(indented),
        answered: request.response_body.map(indented),
        changed: Vec::new(),
    }
}

/// JSON one member a line; what was cut or is no JSON as it is.
fn indented(text: String) -> String {
    let json = serde_json::from_str::<serde_json::Value>(&text).ok();
    json.and_then(|json| serde_json::to_string_pretty(&json).ok()).unwrap_or(text)
}

/// The request as a command that a POSIX shell reads, in one line.
fn curl(request: &ScimRequest, base_url: &str) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let mut command = format!(
        "curl -X {} {} -H 'Authorization: Bearer TOKEN'",
        request.method,
        quoted(&format!("{base_url}{}", request.target))
    );
    if let Some(body) = &request.request_body {
        command.push_str(" -H 'Content-Type: application/scim+json' --data-raw ");
        command.push_str(&quoted(body));
    }
    command
}
