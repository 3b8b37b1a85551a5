//! A directory's page: how it is, its tokens, its settings, its removal, and the live steps of its set-up.

use std::{convert::Infallible, fmt::Display, str::FromStr, time::Duration};

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
        administration::{self, Farewell},
        settings::{self, Settings, Wanted},
        token,
    },
    model::{AccountId, DirectoryId, DirectoryTokenId, DirectoryUserId, HeldReason, Progress},
    people::{Access, Caller, Permission, held},
    store::{self, Conn, directories::Directory},
};
use serde::Deserialize;

use super::{
    App,
    failure::{Failure, Result},
    fields::Fields,
    frame::count,
    guard::Member,
    security::{endpoint, forget_token, health, new_token, remember_token},
};
use crate::{
    pages::directory::{
        Directory as Page, DirectoryCounts, DirectoryDialog, DirectorySettings, Held, HeldPerson,
        MembersChoice, RemoveForm, TokenRow,
    },
    site::Flash,
    ui::Field,
};

pub(super) fn router() -> Router<App> {
    const AT: &str = "/w/{slug}/settings/security/directories/{id}";
    Router::new()
        .route(AT, get(show).post(update))
        .route(&format!("{AT}/progress"), get(progress))
        .route(&format!("{AT}/rotate-token"), post(rotate_token))
        .route(&format!("{AT}/tokens/{{token}}/revoke"), post(revoke_token))
        .route(&format!("{AT}/held/approve"), post(approve_all))
        .route(&format!("{AT}/held/{{user}}/approve"), post(approve))
        .route(&format!("{AT}/held/{{user}}/link"), post(link))
        .route(&format!("{AT}/remove"), post(remove))
}

#[derive(Deserialize)]
pub(super) struct Place {
    id: String,
    token: Option<String>,
    user: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    dialog: String,
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

async fn load(app: &App, member: &Member, place: &Place, asked: &Asked) -> Result<Page> {
    member.access.require(Permission::ManageDirectories)?;
    let frame = app.frame(member).await?;
    let mut conn = app.rollcall.db.read().await?;
    let directory = find(&mut conn, member, place).await?;
    let id = &directory.id;
    let now = app.rollcall.clock.now();
    let tokens = store::directory_tokens::list(&mut conn, id).await?;
    let last_request = tokens.iter().filter_map(|token| token.last_used_at).max();
    let mut rows = Vec::new();
    for token in tokens {
        rows.push(TokenRow {
            created_by: name_of(&mut conn, token.created_by.as_ref()).await?,
            id: token.id,
            hint: token.hint,
            created: token.created_at.0,
            last_used: token.last_used_at.map(|at| at.0),
            revoked: token.revoked_at.map(|at| at.0),
        });
    }
    let people = count(store::directory_users::count(&mut conn, id, &[]).await?);
    let active = count(store::directory_users::count_active(&mut conn, id).await?);
    let dialog = match asked.dialog.as_str() {
        "remove" => Some(DirectoryDialog::Remove(RemoveForm {
            members: count(store::memberships::count_of_directory(&mut conn, id).await?),
            choice: MembersChoice::default(),
            confirm: Field::default(),
        })),
        _ => None,
    };
    Ok(Page {
        frame,
        health: health(directory.provider, last_request, now),
        counts: DirectoryCounts {
            active,
            inactive: people.saturating_sub(active),
            groups: count(store::directory_groups::count(&mut conn, id, &[]).await?),
            invitations: count(store::memberships::count_invited_of_directory(&mut conn, id).await?),
        },
        endpoint: endpoint(app, id),
        tokens: rows,
        new_token: new_token(&member.headers, id),
        created_by: name_of(&mut conn, directory.created_by.as_ref()).await?,
        created: directory.created_at.0,
        last_request: last_request.map(|at| at.0),
        last_change: store::events::last_change_by(&mut conn, id).await?.map(|at| at.0),
        progress: store::directories::progress(&mut conn, id).await?,
        held: held_people(&mut conn, &directory).await?,
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

async fn find(conn: &mut Conn, member: &Member, place: &Place) -> Result<Directory> {
    let found =
        store::directories::get(conn, &member.access.workspace.id, &DirectoryId(place.id.clone())).await?;
    Ok(found.ok_or(Error::NotFound { what: "directory in this workspace" })?)
}

async fn name_of(conn: &mut Conn, account: Option<&AccountId>) -> Result<String> {
    let account = match account {
        Some(id) => store::accounts::get(conn, id).await?,
        None => None,
    };
    Ok(account.map_or_else(|| "the command line".to_owned(), |account| account.name))
}

fn address(member: &Member, id: &str) -> String {
    format!("/w/{}/settings/security/directories/{id}", member.access.workspace.slug)
}

/// Held people shown at once.
const HELD_SHOWN: i64 = 50;

async fn held_people(conn: &mut Conn, directory: &Directory) -> Result<Held> {
    let counts = store::directory_users::count_held(conn, &directory.id).await?;
    let of = |wanted: &dyn Fn(HeldReason) -> bool| {
        counts.iter().filter(|(reason, _)| wanted(*reason)).map(|(_, number)| count(*number)).sum()
    };
    let people = store::directory_users::list_held(conn, &directory.id, 0, HELD_SHOWN).await?;
    Ok(Held {
        total: of(&|_| true),
        for_approval: of(&|reason| reason == HeldReason::NeedsApproval),
        sources: directory
            .settings
            .email_sources
            .as_slice()
            .iter()
            .map(|source| source.attribute())
            .collect(),
        people: people
            .into_iter()
            .filter_map(|user| {
                Some(HeldPerson {
                    reason: user.held_reason?,
                    since: user.held_since.unwrap_or(user.updated_at).0,
                    name: user.display_name.unwrap_or_default(),
                    address: user.email.unwrap_or(user.user_name),
                    id: user.id,
                })
            })
            .collect(),
    })
}

/// What is left out stays as it is.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct SettingsFields {
    name: Option<String>,
    provider: Option<String>,
    default_role: Option<String>,
    invitation_mode: Option<String>,
    allowed_domains: Option<String>,
    email_sources: Option<String>,
    when_full: Option<String>,
    strict: Option<String>,
}

/// A field as its type, or as it was when the form has none.
fn read<T: FromStr<Err: Display>>(
    field: &'static str,
    text: Option<&String>,
    before: T,
) -> rollcall::Result<T> {
    text.map_or(Ok(before), |text| text.parse().map_err(|cause| Error::invalid(field, format!("{cause}"))))
}

fn wanted(fields: &SettingsFields, before: Directory) -> rollcall::Result<Wanted> {
    let old = before.settings;
    let settings = Settings {
        default_role: read("default_role", fields.default_role.as_ref(), old.default_role)?,
        invitation_mode: read("invitation_mode", fields.invitation_mode.as_ref(), old.invitation_mode)?,
        allowed_domains: read("allowed_domains", fields.allowed_domains.as_ref(), old.allowed_domains)?,
        email_sources: read("email_sources", fields.email_sources.as_ref(), old.email_sources)?,
        when_full: read("when_full", fields.when_full.as_ref(), old.when_full)?,
        strict: fields.strict.as_ref().map_or(old.strict, |strict| strict == "on"),
    };
    Ok(Wanted {
        provider: read("provider", fields.provider.as_ref(), before.provider)?,
        name: fields.name.clone().unwrap_or(before.name),
        settings,
    })
}

pub(super) async fn update(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Fields(fields): Fields<SettingsFields>,
) -> Response {
    let done = async {
        let before = {
            let mut conn = app.rollcall.db.read().await?;
            find(&mut conn, &member, &place).await?
        };
        let (id, caller) = (before.id.clone(), Caller::Member(&member.access));
        settings::update(&app.rollcall, &caller, &id, &wanted(&fields, before)?).await?;
        Ok(())
    };
    match done.await {
        Ok(()) => app.site.redirect(&address(&member, &place.id), Flash::done("Changes saved")),
        Err(Failure::Error(refusal)) if refusal.field().is_some() => {
            let mut page = match load(&app, &member, &place, &Asked::default()).await {
                Ok(page) => page,
                Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
            };
            refill(&mut page.settings, &fields, &refusal);
            app.site.respond(&member.headers, StatusCode::UNPROCESSABLE_ENTITY, page).await
        }
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

/// Puts back what was typed, and says what is wrong with it.
fn refill(form: &mut DirectorySettings, fields: &SettingsFields, refusal: &Error) {
    let texts = [
        ("name", &mut form.name, &fields.name),
        ("allowed_domains", &mut form.allowed_domains, &fields.allowed_domains),
        ("email_sources", &mut form.email_sources, &fields.email_sources),
    ];
    let mut told = false;
    for (name, field, typed) in texts {
        if let Some(typed) = typed {
            field.value.clone_from(typed);
        }
        if refusal.field() == Some(name) {
            field.error = Some(refusal.to_string());
            told = true;
        }
    }
    let parsed = |text: &Option<String>| text.clone().unwrap_or_default();
    form.provider = parsed(&fields.provider).parse().unwrap_or(form.provider);
    form.default_role = parsed(&fields.default_role).parse().unwrap_or(form.default_role);
    form.invitation_mode = parsed(&fields.invitation_mode).parse().unwrap_or(form.invitation_mode);
    form.when_full = parsed(&fields.when_full).parse().unwrap_or(form.when_full);
    form.strict = fields.strict.as_ref().map_or(form.strict, |strict| strict == "on");
    form.error = (!told).then(|| refusal.to_string());
}

pub(super) async fn approve(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let person = DirectoryUserId(place.user.clone().unwrap_or_default());
    let directory = DirectoryId(place.id.clone());
    let caller = Caller::Member(&member.access);
    let done = held::approve(&app.rollcall, &caller, &directory, std::slice::from_ref(&person)).await;
    let flash = done.map(|without_seat| match without_seat {
        0 => Flash::done("Approved"),
        _ => Flash::done("Approved. They come in when a seat is free"),
    });
    back(&app, &member, &place, flash).await
}

pub(super) async fn approve_all(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
) -> Response {
    let directory = DirectoryId(place.id.clone());
    let done = held::approve_all(&app.rollcall, &Caller::Member(&member.access), &directory).await;
    let flash = done.map(|people| match people {
        1 => Flash::done("1 person approved; they come in within a moment"),
        people => Flash::done(format!("{people} people approved; they come in within a moment")),
    });
    back(&app, &member, &place, flash).await
}

pub(super) async fn link(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let person = DirectoryUserId(place.user.clone().unwrap_or_default());
    let directory = DirectoryId(place.id.clone());
    let done = held::link(&app.rollcall, &Caller::Member(&member.access), &directory, &person).await;
    back(&app, &member, &place, done.map(|()| Flash::done("Linked to the member"))).await
}

/// Back to the directory's page, with what was done or why it was not.
async fn back(app: &App, member: &Member, place: &Place, done: rollcall::Result<Flash>) -> Response {
    let to = address(member, &place.id);
    match done {
        Ok(flash) => app.site.redirect(&to, flash),
        Err(refusal) if refusal.field().is_some() => {
            app.site.redirect(&to, Flash::refused(refusal.to_string()))
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

pub(super) async fn rotate_token(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
) -> Response {
    let id = DirectoryId(place.id.clone());
    let to = address(&member, &place.id);
    match token::rotate(&app.rollcall, &Caller::Member(&member.access), &id).await {
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
    let asked = Asked { dialog: "remove".to_owned() };
    let mut page = match load(&app, &member, &place, &asked).await {
        Ok(page) => page,
        Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
    };
    let (choice, farewell, done) = match fields.members.as_str() {
        "suspend" => (MembersChoice::Suspend, Farewell::Suspend, "suspended"),
        "remove" => (MembersChoice::Remove, Farewell::Remove, "removed"),
        _ => (MembersChoice::Keep, Farewell::Keep, "kept"),
    };
    if fields.confirm.trim() != page.name {
        let error = format!("Type {} to confirm.", page.name);
        page.dialog = Some(DirectoryDialog::Remove(RemoveForm {
            members: page.counts.active + page.counts.inactive,
            choice,
            confirm: Field { value: fields.confirm, error: Some(error) },
        }));
        return app.site.respond(&member.headers, StatusCode::UNPROCESSABLE_ENTITY, page).await;
    }
    let id = DirectoryId(place.id.clone());
    match administration::remove(&app.rollcall, &Caller::Member(&member.access), &id, farewell).await {
        Ok(people) => {
            let to = format!("/w/{}/settings/security", member.access.workspace.slug);
            let people = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
            app.site.redirect(&to, Flash::done(format!("{} was removed, {people} {done}", page.name)))
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
    let allowed = member.access.require(Permission::ManageDirectories);
    let found = async {
        allowed?;
        let mut conn = app.rollcall.db.read().await?;
        find(&mut conn, &member, &place).await
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
    still.require(Permission::ManageDirectories).ok()?;
    let mut conn = app.rollcall.db.read().await.ok()?;
    store::directories::get(&mut conn, &still.workspace.id, directory).await.ok()??;
    store::directories::progress(&mut conn, directory).await.ok()
}
