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

use super::{
    App,
    failure::Result,
    fields::Fields,
    frame::{MEMBERS, count},
    general,
    guard::Member,
    people_rows,
};
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
    Ok(People {
        counts: counts(&mut conn, access, by_status).await?,
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
        PeopleTab::Members => MEMBERS.to_vec(),
        PeopleTab::Invitations => vec![MembershipStatus::Invited, MembershipStatus::Provisioned],
        PeopleTab::Suspended => vec![MembershipStatus::Suspended],
        PeopleTab::Removed => vec![MembershipStatus::Removed],
    };
    Search {
        statuses,
        text: Some(filter.q.clone()).filter(|text| !text.is_empty()),
        role: filter.role,
        from_directory: filter.source.map(|source| source != Source::Manual),
        was_invited: tab == PeopleTab::Invitations,
    }
}

async fn counts(
    conn: &mut Conn,
    access: &Access,
    by_status: store::membership_counts::Counts,
) -> Result<Counts> {
    let workspace = &access.workspace.id;
    let invitations = search_of(PeopleTab::Invitations, &Filter::default());
    Ok(Counts {
        members: count(by_status.active + by_status.invited + by_status.provisioned),
        invitations: count(store::people::count(conn, workspace, &invitations).await?),
        suspended: count(by_status.suspended),
        removed: count(by_status.removed),
    })
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
            let text = match results.as_slice() {
                [one] => format!("Invitation sent to {}", one.email),
                many => format!("{} invitations sent", many.len()),
            };
            app.site.redirect(&to, Flash::done(text))
        }
        Ok(results) => {
            let form = InviteForm {
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
            };
            show_again(&app, &member, form).await
        }
        Err(refusal) => app.failed(&member.headers, member.home(), refusal.into()).await,
    }
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
            page.dialog = Some(PeopleDialog::Invite(form));
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

/// Back to the list, with what was done or why it was not.
async fn back(app: &App, member: &Member, tab: &str, done: rollcall::Result<()>, text: &str) -> Response {
    let list = people_url(member);
    let to = referring_list(&member.headers, &list).unwrap_or_else(|| url::with(&list, &[("tab", tab)]));
    match done {
        Ok(()) => app.site.redirect(&to, Flash::done(text)),
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
    let done = async {
        let role = fields.role.parse().map_err(|cause| Error::invalid("role", format!("{cause}")))?;
        membership::change_role(&app.rollcall, &Caller::Member(&member.access), &place.id(), role).await
    };
    back(&app, &member, "", done.await, "Role changed").await
}

pub(super) async fn suspend(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = membership::suspend(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, "", done.map(|_| ()), "Access suspended").await
}

pub(super) async fn reinstate(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = membership::reinstate(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, "suspended", done, "Access restored").await
}

pub(super) async fn remove(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = membership::remove(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, "", done.map(|_| ()), "Person removed").await
}

pub(super) async fn resend(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = invitation::resend(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, "invitations", done, "Invitation sent again").await
}

pub(super) async fn send_password_link(
    State(app): State<App>,
    member: Member,
    Path(place): Path<Place>,
) -> Response {
    let done = first_password::send_link(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, "", done, "A link to set a password is on its way").await
}

pub(super) async fn revoke(State(app): State<App>, member: Member, Path(place): Path<Place>) -> Response {
    let done = invitation::revoke(&app.rollcall, &Caller::Member(&member.access), &place.id()).await;
    back(&app, &member, "invitations", done, "Invitation revoked").await
}
