//! The lines of the people page, from what the store holds.

use rollcall::{
    model::{MailStatus, MembershipId, MembershipStatus, Role, Source, SuspendedBy},
    people::{Access, Permission},
    store::{
        self, Conn,
        events::Event,
        people::{Person, Search},
    },
};

use super::{App, failure::Result};
use crate::pages::people::{InvitationRow, LeftRow, List, MemberRow, PeopleTab};

const REVOKED: &str = "invitation.revoked";
const LAST_OWNER: &str = "This is the last active owner. Make another person an owner first.";

/// One page of one tab.
pub(super) async fn list(
    app: &App,
    conn: &mut Conn,
    access: &Access,
    tab: PeopleTab,
    search: &Search,
    page: u64,
    per_page: u64,
) -> Result<List> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let offset = number((page - 1) * per_page);
    let found = store::people::search(conn, &access.workspace.id, search, offset, number(per_page)).await;
    let people = match found {
        Ok(people) => people,
        Err(cause) => {
            let reference: String = app.rollcall.clock.new_id();
            tracing::error!(%reference, %cause, "the list of people could not be read");
            return Ok(List::Failed { tab, reference });
        }
    };
    Ok(match tab {
        PeopleTab::Members => {
            let owners = active_owners(conn, access).await?;
            let mut rows = Vec::new();
            for person in people {
                rows.push(member(conn, access, person, &owners).await?);
            }
            List::Members(rows)
        }
        PeopleTab::Invitations => List::Invitations(people.into_iter().map(invitation).collect()),
        PeopleTab::Suspended => List::Suspended(left(conn, people, &["membership.suspended"]).await?),
        PeopleTab::Removed => List::Removed(left(conn, people, &["membership.removed", REVOKED]).await?),
    })
}

/// The workspace's active owners.
pub(super) async fn active_owners(conn: &mut Conn, access: &Access) -> Result<Vec<MembershipId>> {
    Ok(store::memberships::list_active_owners(conn, &access.workspace.id).await?)
}

/// A member's line.
pub(super) async fn member(
    conn: &mut Conn,
    access: &Access,
    person: Person,
    owners: &[MembershipId],
) -> Result<MemberRow> {
    let membership = person.membership;
    let last_owner = owners == std::slice::from_ref(&membership.id);
    let kept_as_last_owner = last_owner && store::held::is_kept_as_last_owner(conn, &membership.id).await?;
    let is_owner = membership.role == Role::Owner;
    let role_locked = if last_owner {
        Some("last owner".to_owned())
    } else if is_owner && !access.can(Permission::ManageOwners) {
        Some("only owners change owners".to_owned())
    } else {
        person.role_group.map(|group| format!("by group {group}"))
    };
    let invited = membership.status == MembershipStatus::Invited;
    Ok(MemberRow {
        you: membership.id == access.membership.id,
        guard: last_owner.then(|| LAST_OWNER.to_owned()),
        role_locked,
        kept_as_last_owner,
        invitation: person.invitation_status,
        without_password: person.without_password,
        directory: person.directory_name,
        last_active: membership.last_active_at.map(|at| at.0),
        expires: person.invitation_expires_at.filter(|_| invited).map(|at| at.0),
        id: membership.id,
        name: membership.name,
        email: membership.email,
        role: membership.role,
        source: membership.source,
        status: membership.status,
    })
}

/// Why nothing can be done here for a person, whoever it was that took their access away.
fn says_inactive(directory: Option<&str>) -> String {
    let directory = directory.unwrap_or("The directory");
    format!("{directory} says inactive. Activate the person there.")
}

fn invitation(person: Person) -> InvitationRow {
    let membership = person.membership;
    let resend_blocked = person.called_inactive.then(|| says_inactive(person.directory_name.as_deref()));
    InvitationRow {
        resend_blocked,
        directory: person.directory_name,
        invited_by: person.invited_by,
        sent: person.invitation_sent_at.unwrap_or(membership.created_at).0,
        status: person.invitation_status,
        mail: person.mail_status.unwrap_or(MailStatus::Cancelled),
        mail_answer: person.mail_answer,
        expires: person.invitation_expires_at.unwrap_or(membership.created_at).0,
        id: membership.id,
        name: membership.name,
        email: membership.email,
        role: membership.role,
        source: membership.source,
    }
}

/// Who ended it is told by the latest of these actions.
async fn left(conn: &mut Conn, people: Vec<Person>, actions: &[&str]) -> Result<Vec<LeftRow>> {
    let mut rows = Vec::new();
    for person in people {
        let membership = person.membership;
        let mut event: Option<Event> = None;
        for action in actions {
            let found = store::events::find_latest(conn, membership.id.as_str(), action).await?;
            if found.as_ref().map(|event| &event.id) > event.as_ref().map(|event| &event.id) {
                event = found;
            }
        }
        let was_invitation = event.as_ref().is_some_and(|event| event.action == REVOKED);
        let by_person =
            event.as_ref().filter(|event| event.actor == "person").and_then(|event| event.actor_id.clone());
        let by = match by_person {
            Some(account) => {
                let account = store::accounts::get(conn, &account.into()).await?;
                account.map_or_else(|| "an admin".to_owned(), |account| account.name)
            }
            None => match event.map(|event| event.actor) {
                Some(actor) if actor == "directory" => {
                    person.directory_name.clone().unwrap_or_else(|| "a directory".to_owned())
                }
                Some(actor) if actor == "command_line" => "the command line".to_owned(),
                _ => "Rollcall".to_owned(),
            },
        };
        let blocked = membership.status == MembershipStatus::Suspended
            && membership.suspended_by == Some(SuspendedBy::Directory)
            && membership.source == Source::Directory;
        rows.push(LeftRow {
            reinstate_blocked: blocked.then(|| says_inactive(person.directory_name.as_deref())),
            by,
            was_invitation,
            since: membership.status_changed_at.0,
            directory: person.directory_name,
            id: membership.id,
            name: membership.name,
            email: membership.email,
            role: membership.role,
            source: membership.source,
        });
    }
    Ok(rows)
}
