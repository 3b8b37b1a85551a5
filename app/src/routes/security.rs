//! Settings → Security, and the dialog that makes a directory.

use std::time::Duration;

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use rollcall::{
    Error,
    clock::Timestamp,
    directory::administration::{self, Choice},
    error::both,
    model::{DirectoryId, Provider, Role, WorkspaceId},
    people::{Caller, Permission, account::checked_name},
    store::{self, Conn, directories::Directory, directory_tokens::DirectoryToken},
};
use serde::Deserialize;
use tower_sessions::cookie::SameSite;

use super::{App, failure::Result, fields::Fields, frame::count, guard::Member};
use crate::{
    pages::security::{
        ChooseForm, DirectorySummary, DirectoryValues, Health, LiveToken, Security, SecurityDialog,
        TokenShown,
    },
    site::cookie,
    ui::Field,
    when,
};

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/w/{slug}/settings/security", get(show))
        .route("/w/{slug}/settings/security/directories", post(create))
}

/// Carries a new token from the form to the page that shows it once.
const NEW_TOKEN: &str = "new_directory_token";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    dialog: String,
    directory: String,
}

pub(super) async fn show(State(app): State<App>, member: Member, Query(asked): Query<Asked>) -> Response {
    match load(&app, &member, &asked).await {
        Ok(page) => {
            let response = app.site.respond(&member.headers, StatusCode::OK, page).await;
            forget_token(&app, &member, response)
        }
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

async fn load(app: &App, member: &Member, asked: &Asked) -> Result<Security> {
    let access = &member.access;
    let frame = app.frame(member).await?;
    let mut conn = app.rollcall.db.read().await?;
    let directories = summaries(app, &mut conn, &access.workspace.id).await?;
    let may = access.can(Permission::ManageDirectories);
    let dialog = match (asked.dialog.as_str(), asked.directory.as_str()) {
        ("directory-sync", "") if may => Some(SecurityDialog::Choose(ChooseForm {
            key: app.rollcall.clock.new_id(),
            provider: None,
            provider_error: None,
            name: Field::default(),
            default_role: Role::Member,
            error: None,
            others: directories.len() as u64,
        })),
        ("directory-sync", id) if may => {
            let id = DirectoryId(id.to_owned());
            let directory = store::directories::get(&mut conn, &access.workspace.id, &id)
                .await?
                .ok_or(Error::NotFound { what: "directory in this workspace" })?;
            let token = new_token(&member.headers, &directory.id);
            Some(SecurityDialog::Directory(Box::new(values(app, &mut conn, directory, token).await?)))
        }
        _ => None,
    };
    Ok(Security { frame, directories, dialog })
}

async fn values(
    app: &App,
    conn: &mut Conn,
    directory: Directory,
    token: Option<String>,
) -> Result<DirectoryValues> {
    let tokens = store::directory_tokens::list(conn, &directory.id).await?;
    let now = app.rollcall.clock.now();
    let live = tokens.into_iter().filter(|token| token.is_live(now));
    Ok(DirectoryValues {
        endpoint: endpoint(app, &directory.id),
        token: match token {
            Some(token) => TokenShown::Once(token),
            None => TokenShown::Hints(
                live.map(|token| LiveToken {
                    hint: token.hint,
                    last_used: token.last_used_at.map(|at| at.0),
                })
                .collect(),
            ),
        },
        progress: store::directories::progress(conn, &directory.id).await?,
        id: directory.id,
        name: directory.name,
        provider: directory.provider,
    })
}

/// The SCIM base URL, the same for every provider. Entra ID's flag `aadOptscim062020`, which would ask it for another
/// dialect, is left to the admin: the endpoint takes both, and on-demand provisioning ignores the flag
/// (learn.microsoft.com, “Known issues and resolutions with SCIM 2.0 protocol compliance”).
pub(super) fn endpoint(app: &App, id: &DirectoryId) -> String {
    app.rollcall.config.base_url.scim(id)
}

fn last_used(tokens: &[DirectoryToken]) -> Option<Timestamp> {
    tokens.iter().filter_map(|token| token.last_used_at).max()
}

/// The directories of a workspace, each in a line.
pub(super) async fn summaries(
    app: &App,
    conn: &mut Conn,
    workspace: &WorkspaceId,
) -> Result<Vec<DirectorySummary>> {
    let mut lines = Vec::new();
    for directory in store::directories::list(conn, workspace).await? {
        let tokens = store::directory_tokens::list(conn, &directory.id).await?;
        let last_request = last_used(&tokens);
        lines.push(DirectorySummary {
            health: health(conn, &directory, &tokens, app.rollcall.clock.now()).await?,
            people: count(store::directory_users::count(conn, &directory.id, &[]).await?),
            groups: count(store::directory_groups::count(conn, &directory.id, &[]).await?),
            held: store::held::count(conn, &directory.id)
                .await?
                .iter()
                .map(|(_, number)| count(*number))
                .sum(),
            created: directory.created_at.0,
            last_request: last_request.map(|at| at.0),
            id: directory.id,
            name: directory.name,
            provider: directory.provider,
        });
    }
    Ok(lines)
}

/// How a directory is: whether it fails, as its owners were told, whether a token works, and when it last called.
pub(super) async fn health(
    conn: &mut Conn,
    directory: &Directory,
    tokens: &[DirectoryToken],
    now: Timestamp,
) -> Result<Health> {
    let judged = judge(directory.provider, tokens, now);
    let fails = store::directory_troubles::told_at(conn, &directory.id).await?.is_some();
    Ok(match judged {
        Health::Connected | Health::Quiet if fails => {
            Health::Attention("Its requests are refused; see Activity".to_owned())
        }
        judged => judged,
    })
}

/// An admin hears of the end of the last token this long before.
const ENDS_SOON: Duration = Duration::from_hours(30 * 24);

fn judge(provider: Provider, tokens: &[DirectoryToken], now: Timestamp) -> Health {
    let live: Vec<_> = tokens.iter().filter(|token| token.is_live(now)).collect();
    if live.is_empty() {
        return Health::NoToken;
    }
    let last_request = last_used(tokens);
    if last_request.is_some() && live.iter().all(|token| token.last_used_at != last_request) {
        return Health::Attention(format!("The token that {} used works no more", provider.short_label()));
    }
    // A token without an end outlives all others.
    let end =
        live.iter().map(|token| token.expires_at).reduce(|one, other| one.zip(other).map(|(a, b)| a.max(b)));
    if let Some(end) = end.flatten()
        && end.since(now) < ENDS_SOON
    {
        return Health::Attention(format!("The token expires {}", when::relative(end.0, now.0)));
    }
    let hours = match provider {
        // Entra calls in a rhythm of 20 to 40 minutes even when nothing changes.
        Provider::Entra => 3,
        // The others call when something changes.
        _ => 14 * 24,
    };
    match last_request {
        None => Health::Waiting,
        Some(last) if now.since(last) > Duration::from_hours(hours) => Health::Quiet,
        Some(_) => Health::Connected,
    }
}

#[derive(Deserialize)]
pub(super) struct CreateFields {
    #[serde(default)]
    key: String,
    #[serde(default)]
    provider: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    default_role: String,
}

pub(super) async fn create(
    State(app): State<App>,
    member: Member,
    Fields(fields): Fields<CreateFields>,
) -> Response {
    match try_create(&app, &member, &fields).await {
        Ok((directory, token)) => {
            let to = format!(
                "/w/{}/settings/security?dialog=directory-sync&directory={}",
                member.access.workspace.slug, directory.id
            );
            let mut response = app.site.redirect(&to, None);
            if let Some(token) = token {
                remember_token(&app, &member, &directory.id, &token, &mut response);
            }
            response
        }
        Err(refusal) if refusal.is_ours() => app.failed(&member.headers, member.home(), refusal.into()).await,
        Err(refusal @ Error::Forbidden { .. }) => {
            app.failed(&member.headers, member.home(), refusal.into()).await
        }
        Err(refusal) => match refused(&app, &member, &fields, &refusal).await {
            Ok(page) => app.site.respond(&member.headers, StatusCode::UNPROCESSABLE_ENTITY, page).await,
            Err(failure) => app.failed(&member.headers, member.home(), failure).await,
        },
    }
}

async fn try_create(
    app: &App,
    member: &Member,
    fields: &CreateFields,
) -> rollcall::Result<(Directory, Option<String>)> {
    member.access.require(Permission::ManageDirectories)?;
    let choice = choice(fields)?;
    let key = Some(fields.key.as_str()).filter(|key| !key.is_empty() && key.len() <= 64);
    let caller = Caller::Member(&member.access);
    let (directory, secret) = administration::create(&app.rollcall, &caller, &choice, key).await?;
    Ok((directory, secret.map(|secret| secret.reveal().to_owned())))
}

fn choice(fields: &CreateFields) -> rollcall::Result<Choice> {
    let provider = fields
        .provider
        .parse()
        .map_err(|_| Error::invalid("provider", "Choose the provider that your people sign in with."));
    let name = match fields.name.trim() {
        // The provider's.
        "" => Ok(String::new()),
        name => checked_name("name", name),
    };
    let default_role = match fields.default_role.as_str() {
        "" => Ok(Role::Member),
        word => word.parse().map_err(|cause| Error::invalid("default_role", format!("{cause}"))),
    };
    let (provider, (name, default_role)) = both(provider, both(name, default_role))?;
    Ok(Choice { provider, name, default_role })
}

async fn refused(app: &App, member: &Member, fields: &CreateFields, refusal: &Error) -> Result<Security> {
    let mut page = load(app, member, &Asked::default()).await?;
    page.dialog = Some(SecurityDialog::Choose(ChooseForm {
        key: fields.key.clone(),
        provider: fields.provider.parse().ok(),
        provider_error: refusal.at("provider"),
        name: Field { value: fields.name.clone(), error: refusal.at("name") },
        default_role: fields.default_role.parse().unwrap_or(Role::Member),
        error: refusal.beside(&["provider", "name"]),
        others: page.directories.len() as u64,
    }));
    Ok(page)
}

/// The cookie lives two minutes, only on the settings pages of this workspace, and no script can read it.
pub(super) fn remember_token(
    app: &App,
    member: &Member,
    directory: &DirectoryId,
    token: &str,
    response: &mut Response,
) {
    set_token_cookie(app, member, &format!("{directory}:{token}"), 120, response);
}

/// Takes the cookie back once its token was shown.
pub(super) fn forget_token(app: &App, member: &Member, mut response: Response) -> Response {
    if cookie(&member.headers, NEW_TOKEN).is_some() {
        set_token_cookie(app, member, "", 0, &mut response);
    }
    response
}

fn set_token_cookie(app: &App, member: &Member, value: &str, seconds: u32, response: &mut Response) {
    let path = format!("/w/{}/settings/security", member.access.workspace.slug);
    app.site.set_cookie(response.headers_mut(), (NEW_TOKEN, value), &path, seconds, SameSite::Strict);
}

/// The token that was just made for this directory, if this is the page after the form.
pub(super) fn new_token(headers: &HeaderMap, directory: &DirectoryId) -> Option<String> {
    let value = cookie(headers, NEW_TOKEN)?;
    let (id, token) = value.split_once(':')?;
    (id == directory.as_str() && !token.is_empty()).then(|| token.to_owned())
}
