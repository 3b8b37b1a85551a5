//! Settings → People: the list and what is done to people by hand.

use axum::{
    Router,
    extract::{Path, Query, State},
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, Uri, header};
use rollcall::{
    Error, mail,
    model::{MembershipId, MembershipStatus, Role, Source, SuspendedBy},
    people::{Access, Caller, Permission, first_password, invitation, membership},
    store::{self, Conn, people::Search},
};
use serde::Deserialize;

use super::{App, failure::Result, fields::Fields, frame::count, general, guard::Member, people_rows};
use crate::{
    pages::{
        Paging,
        people::{
            Counts, Ending, Filter, InviteForm, InviteOutcome, InviteResult, MemberDetail, People,
            PeopleDialog, PeopleTab,
        },
    },
    site::Flash,
    ui::{Choice, Field, url},
};

pub(super) fn router() -> Router<App> {
    const AT: &str = "/w/{slug}/people";
    Router::new()
        .route(AT, get(show))
        .route(&format!("{AT}/invite"), post(invite))
        .route(&format!("{AT}/{{id}}/role"), post(change_role))
        .route(&format!("{AT}/{{id}}/suspend"), post(suspend))
        .route(&format!("{AT}/{{id}}/reinstate"), post(reinstate))
        .route(&format!("{AT}/{{id}}/remove"), post(remove))
        .route(&format!("{AT}/{{id}}/resend"), post(resend))
        .route(&format!("{AT}/{{id}}/password-link"), post(send_password_link))
        .route(&format!("{AT}/{{id}}/revoke"), post(revoke))
}

/// People on one page.
const PER_PAGE: u64 = 50;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    tab: String,
    q: String,
    role: String,
    source: String,
    page: String,
    dialog: String,
    member: String,
}

pub(super) async fn show(State(app): State<App>, member: Member, Query(asked): Query<Asked>) -> Response {
    match load(&app, &member, &asked).await {
        Ok(page) => app.site.respond(&member.headers, StatusCode::OK, page).await,
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

async fn load(app: &App, member: &Member, asked: &Asked) -> Result<People> {
    let access = &member.access;
    access.require(Permission::ReadPeople)?;
    let (frame, by_status) = app.frame_and_counts(member).await?;
    let mut conn = app.rollcall.db.read().await?;
    let tab = PeopleTab::from_word(&asked.tab);
    let filter = Filter {
        q: asked.q.trim().chars().take(200).collect(),
        role: asked.role.parse().ok(),
        source: asked.source.parse().ok(),
    };
    let search = search_of(tab, &filter);
    let total = count(store::people::count(&mut conn, &access.workspace.id, &search).await?);
    let last_page = total.div_ceil(PER_PAGE).max(1);
    let page = asked.page.parse::<u64>().unwrap_or(1).clamp(1, last_page);
    let list = people_rows::list(app, &mut conn, access, tab, &search, page, PER_PAGE).await?;
    let dialog = dialog_of(app, &mut conn, access, asked).await?;
    let directories = store::directories::list(&mut conn, &access.workspace.id).await?;
    let elsewhere = if total == 0 { elsewhere(&mut conn, access, tab, &filter).await? } else { Vec::new() };
    Ok(People {
        elsewhere,
        counts: counts(by_status),
        managed_in: directories.into_iter().map(|directory| directory.name).collect(),
        frame,
        filter,
        list,
        paging: Paging { page, per_page: PER_PAGE, total },
        dialog,
    })
}

fn search_of(tab: PeopleTab, filter: &Filter) -> Search {
    let statuses = match tab {
        PeopleTab::Members => vec![MembershipStatus::Active, MembershipStatus::Invited],
        PeopleTab::Invitations => vec![MembershipStatus::Invited, MembershipStatus::Provisioned],
        PeopleTab::Suspended => vec![MembershipStatus::Suspended],
        PeopleTab::Removed => vec![MembershipStatus::Removed],
    };
    Search {
        statuses,
        text: Some(filter.q.clone()).filter(|text| !text.is_empty()),
        role: filter.role,
        from_directory: filter.source.map(|source| source != Source::Manual),
    }
}

/// Who matches in the other tabs.
async fn elsewhere(
    conn: &mut Conn,
    access: &Access,
    here: PeopleTab,
    filter: &Filter,
) -> Result<Vec<(PeopleTab, u64)>> {
    let mut found = Vec::new();
    if *filter != Filter::default() {
        for tab in PeopleTab::ALL.into_iter().filter(|tab| *tab != here) {
            let search = search_of(tab, filter);
            match count(store::people::count(conn, &access.workspace.id, &search).await?) {
                0 => {}
                people => found.push((tab, people)),
            }
        }
    }
    Ok(found)
}

/// What each tab holds: an invited person is a member to be, and waits among the invitations too.
fn counts(by_status: store::membership_counts::Counts) -> Counts {
    Counts {
        members: count(by_status.active + by_status.invited),
        invitations: count(by_status.invited + by_status.provisioned),
        suspended: count(by_status.suspended),
        removed: count(by_status.removed),
    }
}

async fn dialog_of(
    app: &App,
    conn: &mut Conn,
    access: &Access,
    asked: &Asked,
) -> Result<Option<PeopleDialog>> {
    let may = access.can(Permission::ManagePeople);
    let id = MembershipId(asked.member.clone());
    Ok(match asked.dialog.as_str() {
        "invite" if may => Some(PeopleDialog::Invite(InviteForm {
            languages: languages(access, ""),
            waits_since: waits_since(conn).await?,
            ..InviteForm::default()
        })),
        "member" => {
            detail(app, conn, access, &id).await?.map(|detail| PeopleDialog::Member(Box::new(detail)))
        }
        "suspend" if may => ending(app, conn, access, &id).await?.map(PeopleDialog::Suspend),
        "remove" if may => ending(app, conn, access, &id).await?.map(PeopleDialog::Remove),
        _ => None,
    })
}

async fn detail(
    app: &App,
    conn: &mut Conn,
    access: &Access,
    id: &MembershipId,
) -> Result<Option<MemberDetail>> {
    let Some(person) = store::people::get(conn, &access.workspace.id, id).await? else {
        return Ok(None);
    };
    let users = store::directory_users::list_of_membership(conn, id).await?;
    let ids: Vec<_> = users.into_iter().map(|user| user.id).collect();
    let groups = store::directory_nesting::groups_of(conn, &ids).await?;
    let sessions = match &person.membership.account_id {
        Some(account) => store::sessions::count_of_account(conn, account, app.rollcall.clock.now()).await?,
        None => 0,
    };
    let joined = person.membership.joined_at.map(|at| at.0);
    let owners = people_rows::active_owners(conn, access).await?;
    Ok(Some(MemberDetail {
        row: people_rows::member(conn, access, person, &owners).await?,
        joined,
        sessions: count(sessions),
        groups: groups.into_iter().map(|group| group.display_name).collect(),
    }))
}

async fn ending(app: &App, conn: &mut Conn, access: &Access, id: &MembershipId) -> Result<Option<Ending>> {
    let Some(detail) = detail(app, conn, access, id).await? else { return Ok(None) };
    let pending = store::invitations::find_pending(conn, id).await?;
    Ok(Some(Ending {
        id: id.clone(),
        you: detail.row.you,
        sessions: detail.sessions,
        invitations: u64::from(pending.is_some()),
        refused: if detail.row.you {
            Some("You cannot do this to yourself. Ask another admin.".to_owned())
        } else {
            detail.row.guard
        },
        directory: detail.row.directory,
        name: detail.row.name,
        email: detail.row.email,
    }))
}

#[derive(Deserialize)]
pub(super) struct InviteFields {
    #[serde(default)]
    emails: String,
    #[serde(default)]
    role: String,
    /// Empty for the workspace's.
    #[serde(default)]
    language: String,
}

/// The languages of the mail; `chosen` is a tag (BCP 47), or empty for the workspace's.
fn languages(access: &Access, chosen: &str) -> Vec<Choice> {
    let own = mail::languages().find(|(tag, _)| *tag == access.workspace.language);
    let label = format!("The workspace's: {}", own.map_or("", |(_, name)| name));
    let own = Choice { value: String::new(), label, chosen: chosen.is_empty() };
    std::iter::once(own).chain(general::languages(chosen)).collect()
}

pub(super) async fn invite(
    State(app): State<App>,
    member: Member,
    Fields(fields): Fields<InviteFields>,
) -> Response {
    let invited = async {
        let role = fields.role.parse().map_err(|cause| Error::invalid("role", format!("{cause}")))?;
        let language = Some(fields.language.trim()).filter(|tag| !tag.is_empty());
        let caller = Caller::Member(&member.access);
        invitation::invite(&app.rollcall, &caller, &fields.emails, role, language).await
    };
    match invited.await {
        Ok(results) if results.iter().all(|one| one.outcome == invitation::InviteOutcome::Sent) => {
            let to = url::with(&people_url(&member), &[("tab", "invitations")]);
            let invited = match results.as_slice() {
                [one] => one.email.clone(),
                many => format!("{} people", many.len()),
            };
            match waits_for_relay(&app).await {
                Ok(waits) => app.site.redirect(&to, Flash::done(format!("Invited {invited}{waits}"))),
                Err(failure) => app.failed(&member.headers, member.home(), failure).await,
            }
        }
        Ok(results) => {
            let form = InviteForm {
                waits_since: None,
                emails: Field { value: unsent(&results), error: None },
                role: fields.role.parse().unwrap_or(Role::Member),
                languages: languages(&member.access, &fields.language),
                outcomes: outcomes(results),
            };
            show_again(&app, &member, form).await
        }
        Err(refusal) if refusal.field() == Some("emails") => {
            let form = InviteForm {
                emails: Field { value: fields.emails, error: Some(refusal.to_string()) },
                role: fields.role.parse().unwrap_or(Role::Member),
                languages: languages(&member.access, &fields.language),
                outcomes: Vec::new(),
                waits_since: None,
            };
            show_again(&app, &member, form).await
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

/// What to add to the word of a mail that was asked for while no mail leaves.
async fn waits_for_relay(app: &App) -> Result<&'static str> {
    let mut conn = app.rollcall.db.read().await?;
    let since = waits_since(&mut conn).await?;
    Ok(since.map_or("", |_| ". The mail waits until the relay takes mail again"))
}

/// Since when no mail leaves, if none does.
async fn waits_since(conn: &mut Conn) -> Result<Option<i64>> {
    Ok(mail::Trouble::find(conn).await?.map(|trouble| trouble.since.0))
}

/// The addresses that still need a hand.
fn unsent(results: &[invitation::Invited]) -> String {
    let left: Vec<&str> = results
        .iter()
        .filter(|one| {
            matches!(one.outcome, invitation::InviteOutcome::NotAnAddress | invitation::InviteOutcome::NoSeat)
        })
        .map(|one| one.email.as_str())
        .collect();
    left.join("\n")
}

fn outcomes(results: Vec<invitation::Invited>) -> Vec<InviteOutcome> {
    let mut outcomes = Vec::new();
    for invited in results {
        let result = match invited.outcome {
            invitation::InviteOutcome::Sent => InviteResult::Sent,
            invitation::InviteOutcome::AlreadyMember => InviteResult::AlreadyMember,
            invitation::InviteOutcome::AlreadyInvited(member) => InviteResult::AlreadyInvited { member },
            invitation::InviteOutcome::Suspended(by) => InviteResult::Suspended {
                by: match by {
                    SuspendedBy::Directory => "The directory".to_owned(),
                    SuspendedBy::Admin => "An admin".to_owned(),
                },
                by_directory: by == SuspendedBy::Directory,
            },
            invitation::InviteOutcome::NoSeat => InviteResult::NoSeat,
            invitation::InviteOutcome::NotAnAddress => InviteResult::NotAnAddress,
        };
        outcomes.push(InviteOutcome { address: invited.email, result });
    }
    outcomes
}

async fn show_again(app: &App, member: &Member, form: InviteForm) -> Response {
    match load(app, member, &Asked::default()).await {
        Ok(mut page) => {
            let waits_since = async { waits_since(&mut app.rollcall.db.read().await?).await };
            let waits_since = match waits_since.await {
                Ok(since) => since,
                Err(failure) => return app.failed(&member.headers, member.home(), failure).await,
            };
            page.dialog = Some(PeopleDialog::Invite(InviteForm { waits_since, ..form }));
            app.site.respond(&member.headers, StatusCode::UNPROCESSABLE_ENTITY, page).await
        }
        Err(failure) => app.failed(&member.headers, member.home(), failure).await,
    }
}

fn people_url(member: &Member) -> String {
    format!("/w/{}/people", member.access.workspace.slug)
}

#[derive(Deserialize)]
pub(super) struct Place {
    id: String,
}

impl Place {
    fn id(&self) -> MembershipId {
        MembershipId(self.id.clone())
    }
}

/// The list that the form stood in, with its tab, filter and page, but without a dialog.
fn referring_list(headers: &HeaderMap, list: &str) -> Option<String> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    let referer: Uri = referer.parse().ok()?;
    if referer.path() != list {
        return None;
    }
    let kept: Vec<&str> = referer
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| {
            let name = pair.split('=').next().unwrap_or_default();
            matches!(name, "tab" | "q" | "role" | "source" | "page")
        })
        .collect();
    Some(if kept.is_empty() { list.to_owned() } else { format!("{list}?{}", kept.join("&")) })
}

/// Whom an action was about: the name, or the address of someone without one.
async fn name_of(app: &App, member: &Member, id: &MembershipId) -> Result<String> {
    let mut conn = app.rollcall.db.read().await?;
    let person = store::people::get(&mut conn, &member.access.workspace.id, id).await?;
    let membership = person.map(|person| person.membership);
    Ok(membership.map_or_else(String::new, |person| {
        if person.name.trim().is_empty() { person.email } else { person.name }
    }))
}

/// Back to the list, with what was done or why it was not. `text` tells it of a person by name.
async fn back(
    app: &App,
    member: &Member,
    (tab, id): (&str, &MembershipId),
    done: rollcall::Result<()>,
    text: impl FnOnce(&str) -> String,
) -> Response {
    let list = people_url(member);
    let to = referring_list(&member.headers, &list).unwrap_or_else(|| url::with(&list, &[("tab", tab)]));
    match done {
        Ok(()) => match name_of(app, member, id).await {
            Ok(name) => app.site.redirect(&to, Flash::done(text(&name))),
            Err(failure) => app.failed(&member.headers, member.home(), failure).await,
        },
        Err(refusal) if refusal.field().is_some() => {
            app.site.redirect(&to, Flash::refused(refusal.to_string()))
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
}

#[derive(Deserialize)]
pub(super) struct RoleFields {
    #[serde(default)]
    role: String,
}

pub(super) async fn change_role(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
    Fields(fields): Fields<RoleFields>,
) -> Response {
    let id = place.id();
    let parsed = fields.role.parse::<Role>();
    let done = async {
        let role = parsed.as_ref().map_err(|cause| Error::invalid("role", cause.to_string()))?;
        membership::change_role(&app.rollcall, &Caller::Member(&member.access), &id, *role).await
    };
    let label = parsed.as_ref().map_or("", |role| role.label());
    back(&app, &member, ("", &id), done.await, |name| format!("{name} is now {label}")).await
}

pub(super) async fn suspend(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = membership::suspend(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, ("", &place.id()), done.map(|_| ()), |name| format!("{name} is suspended")).await
}

pub(super) async fn reinstate(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = membership::reinstate(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, ("suspended", &place.id()), done, |name| format!("{name} has access again")).await
}

pub(super) async fn remove(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = membership::remove(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, ("", &place.id()), done.map(|_| ()), |name| format!("{name} is removed")).await
}

pub(super) async fn resend(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = invitation::resend(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, ("invitations", &place.id()), done, |name| format!("{name} is invited again")).await
}

pub(super) async fn send_password_link(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
) -> Response {
    let done = first_password::send_link(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, ("", &place.id()), done, |name| {
        format!("A link to set a password is on its way to {name}")
    })
    .await
}

pub(super) async fn revoke(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = invitation::revoke(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, ("invitations", &place.id()), done, |name| {
        format!("The invitation of {name} is revoked")
    })
    .await
}
