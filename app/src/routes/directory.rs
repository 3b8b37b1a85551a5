//! A directory's page: how it is, its tokens, its settings, its removal, and the live steps of its set-up.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use futures::{Stream, stream};
use http::StatusCode;
use rollcall::{
    Error,
    directory::{
        administration,
        kinds::{Extended, stored_schema},
        token::{self, Others},
    },
    journal,
    model::{AccountId, DirectoryId, DirectoryTokenId, OnRemoval, Progress, TokenLife, UnknownWord},
    people::{Access, Caller, Permission},
    store::{self, Conn, directories::Directory},
};
use serde::Deserialize;

use super::{
    App, directory_settings,
    failure::Result,
    fields::Fields,
    frame::count,
    guard::Member,
    held,
    security::{endpoint, forget_token, health, new_token, remember_token},
};
use crate::{
    pages::{
        directory::{
            Directory as Page, DirectoryCounts, DirectoryDialog, DirectorySettings, RemoveForm, TokenRow,
        },
        directory_deviations::DeviationRow,
        directory_extensions::ExtensionRow,
    },
    site::Flash,
    ui::Field,
};

pub(super) fn router() -> Router<App> {
    const AT: &str = "/w/{slug}/settings/security/directories/{id}";
    Router::new()
        .route(AT, get(show).post(directory_settings::update))
        .route(&format!("{AT}/progress"), get(progress))
        .route(&format!("{AT}/rotate-token"), post(rotate_token))
        .route(&format!("{AT}/tokens/{{token}}/revoke"), post(revoke_token))
        .route(&format!("{AT}/held/approve"), post(held::approve_selected))
        .route(&format!("{AT}/held/approve-all"), post(held::approve_all))
        .route(&format!("{AT}/held/{{user}}/approve"), post(held::approve))
        .route(&format!("{AT}/held/{{user}}/link"), post(held::link))
        .route(&format!("{AT}/remove"), post(remove))
}

#[derive(Deserialize)]
pub(super) struct Place {
    pub(super) id: String,
    token: Option<String>,
    pub(super) user: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    dialog: String,
    /// The page of held people.
    held: String,
}

pub(super) async fn show(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Query(asked): Query<Asked>,
) -> Response {
    match load(&app, &member, &place, &asked).await {
        Ok(page) => {
            let response = app.site.respond(&member.headers, StatusCode::OK, page).await;
            forget_token(&app, &member, response)
        }
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

pub(super) async fn load(app: &App, member: &Member, place: &Place, asked: &Asked) -> Result<Page> {
    member.access.require_to_look(Permission::ManageDirectories)?;
    let frame = app.frame(member).await?;
    journal::write_out(&app.rollcall).await;
    let mut conn = app.rollcall.db.read().await?;
    let directory = find(&mut conn, member, &DirectoryId(place.id.clone())).await?;
    let id = &directory.id;
    let now = app.rollcall.clock.now();
    let tokens = store::directory_tokens::list(&mut conn, id).await?;
    let last_request = tokens.iter().filter_map(|token| token.last_used_at).max();
    let health = health(&mut conn, &directory, &tokens, now).await?;
    let mut rows = Vec::new();
    for token in tokens {
        rows.push(TokenRow {
            created_by: name_of(&mut conn, token.created_by.as_ref()).await?,
            id: token.id,
            hint: token.hint,
            created: token.created_at.0,
            last_used: token.last_used_at.map(|at| at.0),
            expires: token.expires_at.map(|at| at.0),
            revoked: token.revoked_at.map(|at| at.0),
        });
    }
    let people = count(store::directory_users::count(&mut conn, id, &[]).await?);
    let active = count(store::directory_users::count_active(&mut conn, id).await?);
    let dialog = match asked.dialog.as_str() {
        "remove" => Some(DirectoryDialog::Remove(RemoveForm {
            members: count(store::membership_counts::count_of_directory(&mut conn, id).await?),
            choice: OnRemoval::Keep,
            confirm: Field::default(),
        })),
        _ => None,
    };
    Ok(Page {
        frame,
        health,
        counts: DirectoryCounts {
            active,
            inactive: people.saturating_sub(active),
            groups: count(store::directory_groups::count(&mut conn, id, &[]).await?),
            invitations: count(store::membership_counts::count_invited_of_directory(&mut conn, id).await?),
        },
        endpoint: endpoint(app, id),
        tokens: rows,
        new_token: new_token(&member.headers, id),
        created_by: name_of(&mut conn, directory.created_by.as_ref()).await?,
        created: directory.created_at.0,
        last_request: last_request.map(|at| at.0),
        last_change: store::events::last_change_by(&mut conn, id).await?.map(|at| at.0),
        progress: store::directories::progress(&mut conn, id).await?,
        held: held::people(&mut conn, &directory, asked.held.parse().unwrap_or(1)).await?,
        deviations: deviations(&mut conn, id).await?,
        extensions: extensions(&mut conn, id).await?,
        is_strict: directory.settings.strict,
        settings: DirectorySettings {
            name: Field { value: directory.name.clone(), error: None },
            provider: directory.provider,
            default_role: directory.settings.default_role,
            invitation_mode: directory.settings.invitation_mode,
            allowed_domains: Field {
                value: directory.settings.allowed_domains.as_slice().join(", "),
                error: None,
            },
            email_sources: Field {
                value: directory.settings.email_sources.to_string().replace(',', ", "),
                error: None,
            },
            when_full: directory.settings.when_full,
            strict: directory.settings.strict,
            error: None,
        },
        dialog,
        id: directory.id,
        name: directory.name,
        provider: directory.provider,
    })
}

/// The directory of the member's workspace with this id.
pub(super) async fn find(conn: &mut Conn, member: &Member, id: &DirectoryId) -> Result<Directory> {
    let found = store::directories::get(conn, &member.access.workspace.id, id).await?;
    Ok(found.ok_or(Error::NotFound { what: "directory in this workspace" })?)
}

async fn deviations(conn: &mut Conn, id: &DirectoryId) -> Result<Vec<DeviationRow>> {
    let report = store::directory_deviations::list(conn, id).await?;
    let rows = report.into_iter().filter_map(|line| {
        let words = line.explanation()?;
        Some(DeviationRow {
            sent: words.sent,
            standard: words.standard,
            seen: count(line.seen.seen),
            first: line.seen.first_at.0,
            last: line.seen.last_at.0,
            example: line.reference,
        })
    });
    Ok(rows.collect())
}

async fn extensions(conn: &mut Conn, id: &DirectoryId) -> Result<Vec<ExtensionRow>> {
    let mut rows = Vec::new();
    for extension in store::directory_extensions::list(conn, id).await? {
        let schema = stored_schema(&extension)?;
        rows.push(ExtensionRow {
            is_of_groups: Extended::of(&extension)? == Extended::Group,
            required: extension.required,
            attributes: schema.attributes.len() as u64,
            name: schema.name,
            urn: schema.id,
        });
    }
    Ok(rows)
}

async fn name_of(conn: &mut Conn, account: Option<&AccountId>) -> Result<String> {
    let account = match account {
        Some(id) => store::accounts::get(conn, id).await?,
        None => None,
    };
    Ok(account.map_or_else(|| "the command line".to_owned(), |account| account.name))
}

pub(super) fn address(member: &Member, id: &str) -> String {
    format!("/w/{}/settings/security/directories/{id}", member.access.workspace.slug)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RotateFields {
    life: String,
}

pub(super) async fn rotate_token(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Fields(fields): Fields<RotateFields>,
) -> Response {
    let id = DirectoryId(place.id.clone());
    let to = address(&member, &place.id);
    let rotated = async {
        let life = match fields.life.as_str() {
            "" => TokenLife::Forever,
            word => word.parse().map_err(|cause: UnknownWord| Error::invalid("life", cause.to_string()))?,
        };
        token::rotate(&app.rollcall, &Caller::Member(&member.access), &id, life, Others::Keep).await
    };
    match rotated.await {
        Ok(secret) => {
            let mut response = app.site.redirect(&to, None);
            remember_token(&app, &member, &id, secret.reveal(), &mut response);
            response
        }
        Err(refusal) if refusal.field().is_some() => {
            app.site.redirect(&to, Flash::refused(refusal.to_string()))
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

pub(super) async fn revoke_token(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
) -> Response {
    let id = DirectoryId(place.id.clone());
    let token_id = DirectoryTokenId(place.token.clone().unwrap_or_default());
    match token::revoke(&app.rollcall, &Caller::Member(&member.access), &id, &token_id).await {
        Ok(()) => app.site.redirect(&address(&member, &place.id), Flash::done("Token revoked")),
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

#[derive(Deserialize)]
pub(super) struct RemoveFields {
    #[serde(default)]
    members: String,
    #[serde(default)]
    confirm: String,
}

pub(super) async fn remove(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Fields(fields): Fields<RemoveFields>,
) -> Response {
    if let Err(refusal) = member.access.require(Permission::ManageDirectories) {
        return app.failed(&member.headers, member.home(), refusal.into()).await;
    }
    let asked = Asked { dialog: "remove".to_owned(), ..Asked::default() };
    let mut page = match load(&app, &member, &place, &asked).await {
        Ok(page) => page,
        Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
    };
    let choice = fields.members.parse().unwrap_or(OnRemoval::Keep);
    if fields.confirm.trim() != page.name {
        let error = format!("Type {} to confirm.", page.name);
        if let Some(DirectoryDialog::Remove(form)) = &mut page.dialog {
            form.choice = choice;
            form.confirm = Field { value: fields.confirm, error: Some(error) };
        }
        return app.site.respond(&member.headers, StatusCode::UNPROCESSABLE_ENTITY, page).await;
    }
    let id = DirectoryId(place.id.clone());
    match administration::remove(&app.rollcall, &Caller::Member(&member.access), &id, choice).await {
        Ok(people) => {
            let to = format!("/w/{}/settings/security", member.access.workspace.slug);
            let people = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
            app.site
                .redirect(&to, Flash::done(format!("{} was removed, {people} {}", page.name, choice.label())))
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

/// How often the steps are looked at while a page follows them.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A browser connects anew after this long, and is then asked again who it is.
const LONGEST_STREAM: u32 = 600;

/// The live steps: the whole state each time it changes.
pub(super) async fn progress(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let allowed = member.access.require_to_look(Permission::ManageDirectories);
    let found = async {
        allowed?;
        let mut conn = app.rollcall.db.read().await?;
        find(&mut conn, &member, &DirectoryId(place.id.clone())).await
    };
    match found.await {
        Ok(directory) => {
            let events = follow(app, member.access, directory.id);
            Sse::new(events).keep_alive(KeepAlive::default()).into_response()
        }
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

fn follow(
    app: App,
    access: Access,
    directory: DirectoryId,
) -> impl Stream<Item = std::result::Result<Event, Infallible>> {
    stream::unfold((None::<Progress>, 0), move |(mut told, mut looks)| {
        let (app, access, directory) = (app.clone(), access.clone(), directory.clone());
        async move {
            loop {
                if looks > 0 {
                    tokio::select! {
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                        () = app.rollcall.stopping.cancelled() => return None,
                    }
                }
                looks += 1;
                let now = look(&app, &access, &directory).await?;
                if looks > LONGEST_STREAM {
                    return None;
                }
                if told.as_ref() != Some(&now) {
                    let event = Event::default().event("progress").json_data(&now).ok()?;
                    told = Some(now);
                    return Some((Ok(event), (told, looks)));
                }
            }
        }
    })
}

/// The state for someone who still has access; `None` ends the stream.
async fn look(app: &App, access: &Access, directory: &DirectoryId) -> Option<Progress> {
    let still = Access::enter(&app.rollcall, &access.account, &access.workspace.slug).await.ok()??;
    still.require_to_look(Permission::ManageDirectories).ok()?;
    let mut conn = app.rollcall.db.read().await.ok()?;
    store::directories::get(&mut conn, &still.workspace.id, directory).await.ok()??;
    store::directories::progress(&mut conn, directory).await.ok()
}
