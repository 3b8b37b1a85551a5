//! `/login` and `/logout`.

use axum::{
    Form,
    extract::{Query, State, rejection::FormRejection},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    model::SuspendedBy,
    people::account,
    store::{self, accounts::Account},
    web,
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{
    App,
    failure::{Failure, Result},
    fields::Fields,
    guard::Visitor,
};
use crate::pages::login::{Login, LoginForm, LoginProblem};

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    next: String,
}

pub(super) async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let next = own_path(&asked.next);
    if visitor.account.is_some() {
        return app.site.redirect(next.unwrap_or("/"), None);
    }
    let form = LoginForm { next: next.unwrap_or_default().to_owned(), ..LoginForm::default() };
    app.site.respond(&headers, StatusCode::OK, Login::Form(form)).await
}

#[derive(Deserialize)]
pub(super) struct SignInFields {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    next: String,
}

pub(super) async fn sign_in(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    Fields(fields): Fields<SignInFields>,
) -> Response {
    let next = own_path(&fields.next).unwrap_or("/").to_owned();
    match try_sign_in(&app, &headers, &session, &fields).await {
        Ok(None) => app.site.redirect(&next, None),
        Ok(Some(problem)) => {
            let status = match problem {
                LoginProblem::TooManyTries { .. } => StatusCode::TOO_MANY_REQUESTS,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            };
            let form = LoginForm { email: fields.email, next: fields.next, problem: Some(problem) };
            app.site.respond(&headers, status, Login::Form(form)).await
        }
        Err(failure) => app.failed(&headers, None, failure).await,
    }
}

async fn try_sign_in(
    app: &App,
    headers: &HeaderMap,
    session: &Session,
    fields: &SignInFields,
) -> Result<Option<LoginProblem>> {
    let now = app.rollcall.clock.now();
    let key = store::key(fields.email.trim());
    if let Err(wait) = app.sign_ins.check(&key) {
        let until = now.plus(wait);
        return Ok(Some(LoginProblem::TooManyTries { until: until.0, now: now.0 }));
    }
    let Some(account) = account::sign_in(&app.rollcall, &fields.email, &fields.password).await? else {
        return Ok(Some(LoginProblem::Wrong));
    };
    if let Some(problem) = suspended_everywhere(app, &account).await? {
        return Ok(Some(problem));
    }
    web::sign_in(session, &account.id, headers).await?;
    Ok(None)
}

/// Someone whose every access was taken away is told so instead of being let in.
pub(super) async fn suspended_everywhere(app: &App, account: &Account) -> Result<Option<LoginProblem>> {
    let mut conn = app.rollcall.db.read().await?;
    let memberships = store::memberships::list_of_account(&mut conn, &account.id).await?;
    let Some(last) = account::lock_out(&memberships) else { return Ok(None) };
    let now = app.rollcall.clock.now();
    let workspace = store::workspaces::get(&mut conn, &last.workspace_id).await?;
    Ok(Some(LoginProblem::Suspended {
        workspace: workspace.map(|workspace| workspace.name).unwrap_or_default(),
        by_directory: last.suspended_by == Some(SuspendedBy::Directory),
        at: last.status_changed_at.0,
        now: now.0,
        invited_to: store::invitations::find_inviting_workspace(&mut conn, &account.email_key, now).await?,
    }))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SignOutFields {
    next: String,
}

pub(super) async fn sign_out(
    State(app): State<App>,
    headers: HeaderMap,
    session: Session,
    fields: std::result::Result<Form<SignOutFields>, FormRejection>,
) -> Response {
    let next = fields.map(|Form(fields)| fields.next).unwrap_or_default();
    match web::sign_out(&session).await {
        Ok(()) => app.site.redirect(own_path(&next).unwrap_or("/login"), None),
        Err(cause) => app.failed(&headers, None, Failure::Error(cause)).await,
    }
}

/// A path of this site, never another site's address.
fn own_path(next: &str) -> Option<&str> {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && !next.starts_with("/login");
    own.then_some(next)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn only_own_paths() {
        assert_eq!(own_path("/w/acme?x=1"), Some("/w/acme?x=1"));
        for other in
            ["", "https://evil.test", "//evil.test", "/\\evil.test", "/login?next=/login", "w/acme", "/a\n"]
        {
            assert_eq!(own_path(other), None, "{other}");
        }
    }
}
