//! Who is calling: extractors that a handler must ask for before it has an account or a workspace to act on.

use axum::{
    extract::{FromRequestParts, RawPathParams},
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use rollcall::{
    model::{MembershipStatus, SuspendedBy},
    people::Access,
    store::{self, accounts::Account},
    web,
};
use tower_sessions::Session;

use super::{App, failure::Failure};
use crate::{pages::error::ErrorPage, site::Flash, ui::url};

/// Whoever is signed in, if anyone.
pub(super) struct Visitor {
    pub(super) session: Session,
    pub(super) account: Option<Account>,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let headers = parts.headers.clone();
        let session = match Session::from_request_parts(parts, app).await {
            Ok(session) => session,
            Err((_, reason)) => {
                let failure = Failure::Error(rollcall::Error::Internal(reason.to_owned()));
                return Err(app.failed(&headers, None, failure).await);
            }
        };
        match web::current_account(&app.rollcall, &session).await {
            Ok(account) => Ok(Self { session, account }),
            Err(cause) => Err(app.failed(&headers, None, cause.into()).await),
        }
    }
}

/// Someone who is signed in; others are sent to the sign-in page.
pub(super) struct SignedIn(pub(super) Account);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        visitor.account.map(Self).ok_or_else(|| to_sign_in(app, parts))
    }
}

/// Signing in leads back to the page, or to the page of the form, which has to be sent again.
fn to_sign_in(app: &App, parts: &Parts) -> Response {
    let sign_in = |next: &str| url::with("/login", &[("next", next)]);
    if parts.method == Method::GET {
        let next = parts.uri.path_and_query().map_or("", |path| path.as_str());
        return app.site.redirect(&sign_in(next), None);
    }
    let next = page_of_form(app, &parts.headers).unwrap_or_default();
    let told = "You were signed out. Nothing was saved: sign in and send it again.";
    app.site.redirect(&sign_in(&next), Flash::refused(told))
}

/// Path and query of the page that a form was sent from, if it is one of ours.
fn page_of_form(app: &App, headers: &HeaderMap) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let path = referer.strip_prefix(app.rollcall.config.base_url.as_str())?;
    path.starts_with('/').then(|| path.to_owned())
}

/// An active member in the workspace of the path, with the request's headers for the answer.
pub(super) struct Member {
    pub(super) access: Access,
    pub(super) headers: HeaderMap,
}

impl FromRequestParts<App> for Member {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let SignedIn(account) = SignedIn::from_request_parts(parts, app).await?;
        let headers = parts.headers.clone();
        let slug = slug_in_path(parts, app).await.unwrap_or_default();
        match Access::enter(&app.rollcall, &account, &slug).await {
            Ok(Some(access)) => {
                note_activity(app, &access).await;
                Ok(Self { access, headers })
            }
            Ok(None) => Err(no_access(app, &headers, &account, &slug).await),
            Err(cause) => Err(app.failed(&headers, None, cause.into()).await),
        }
    }
}

async fn slug_in_path(parts: &mut Parts, app: &App) -> Option<String> {
    let parameters = RawPathParams::from_request_parts(parts, app).await.ok()?;
    parameters.iter().find(|(name, _)| *name == "slug").map(|(_, value)| value.to_owned())
}

/// A suspended member is told why; to anyone else the workspace does not exist.
async fn no_access(app: &App, headers: &HeaderMap, account: &Account, slug: &str) -> Response {
    let suspended = async {
        let mut conn = app.rollcall.db.read().await?;
        let Some(workspace) = store::workspaces::find_by_slug(&mut conn, slug).await? else {
            return Ok(None);
        };
        let membership = store::memberships::find_by_account(&mut conn, &workspace.id, &account.id).await?;
        let suspended = membership.filter(|membership| membership.status == MembershipStatus::Suspended);
        Ok::<_, store::Error>(suspended.map(|membership| (workspace, membership)))
    };
    match suspended.await {
        Err(cause) => app.failed(headers, None, cause.into()).await,
        Ok(None) => {
            app.site
                .respond(headers, StatusCode::NOT_FOUND, ErrorPage::NotFound { home: Some("/".to_owned()) })
                .await
        }
        Ok(Some((workspace, membership))) => {
            let page = ErrorPage::AccessEnded {
                workspace: workspace.name,
                by_directory: membership.suspended_by == Some(SuspendedBy::Directory),
                at: membership.status_changed_at.0,
                now: app.rollcall.clock.now().0,
            };
            app.site.respond(headers, StatusCode::FORBIDDEN, page).await
        }
    }
}

/// How often the time of last activity is written.
const TOUCH_EVERY: std::time::Duration = std::time::Duration::from_secs(300);

/// Notes that the member opened a page. Losing a note never fails a request.
async fn note_activity(app: &App, access: &Access) {
    let now = app.rollcall.clock.now();
    if access.membership.last_active_at.is_some_and(|last| now.since(last) < TOUCH_EVERY) {
        return;
    }
    let noted = async {
        let mut tx = app.rollcall.db.write().await?;
        store::memberships::touch(&mut tx, &access.membership.id, now).await?;
        tx.commit().await
    };
    if let Err(cause) = noted.await {
        tracing::warn!(%cause, "activity could not be noted");
    }
}

impl Member {
    /// Where this member begins: a page that they may see.
    pub(super) fn home(&self) -> Option<String> {
        Some(format!("/w/{}", self.access.workspace.slug))
    }
}
