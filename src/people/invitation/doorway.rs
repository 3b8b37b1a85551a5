//! What a link in a mail leads to.

use super::is_called_inactive;
use crate::{
    audit::Actor,
    clock::Timestamp,
    error::Result,
    model::{InvitationStatus, MembershipStatus, WorkspaceId},
    people::{Permission, alerts, seats},
    state::Rollcall,
    store::{
        self, Conn,
        accounts::Account,
        invitations::{Invitation, InvitationLink},
        memberships::Membership,
        workspaces::Workspace,
    },
};

/// What a link in a mail leads to.
#[derive(Clone, Debug)]
pub enum Doorway {
    /// It can be accepted.
    Open(Box<OpenInvitation>),
    /// It was accepted; the workspace is the place to go.
    Accepted(Workspace),
    /// Its time is over.
    Expired {
        /// The workspace.
        workspace: Workspace,
        /// Since when.
        at: Timestamp,
        /// The address, when the person can have a new one sent there.
        renewable: Option<String>,
    },
    /// It can be accepted when a seat is free.
    Full {
        /// The workspace.
        workspace: Workspace,
        /// The invitation, which can be declined meanwhile.
        invitation: Box<Invitation>,
        /// Whether the admins are told.
        told: bool,
    },
    /// The invited person said no.
    Declined(Workspace),
    /// A newer mail holds the link that works.
    Replaced(Workspace),
    /// It was withdrawn, or there never was such a link: a caller cannot tell which.
    Withdrawn,
}

/// An invitation that can be accepted.
#[derive(Clone, Debug)]
pub struct OpenInvitation {
    /// The workspace.
    pub workspace: Workspace,
    /// The invitation.
    pub invitation: Invitation,
    /// The membership that accepting makes active.
    pub membership: Membership,
    /// The name of the person who invited.
    pub invited_by: Option<String>,
    /// The name of the directory that invited.
    pub directory: Option<String>,
    /// The account that the address has, if it has one.
    pub account: Option<Account>,
}

/// Looks at what a link leads to. Changes nothing but the note that it was opened: mail scanners open links. When no seat
/// is free, the admins are told so.
///
/// # Errors
/// When the store fails.
pub async fn open(rollcall: &Rollcall, token: &str) -> Result<Doorway> {
    let mut conn = rollcall.db.read().await?;
    let mut doorway = look_up(&mut conn, token, rollcall.clock.now()).await?;
    drop(conn);
    match &mut doorway {
        Doorway::Open(open) if open.invitation.opened_at.is_none() => {
            let mut tx = rollcall.db.write().await?;
            store::invitations::mark_opened(&mut tx, &open.invitation.id, rollcall.clock.now()).await?;
            tx.commit().await?;
        }
        Doorway::Full { workspace, told, .. } => *told = tell_admins(rollcall, &workspace.id).await?,
        _ => {}
    }
    Ok(doorway)
}

/// Tells the admins that no seat is free, unless they were told; false when none of the mails can reach them.
pub(super) async fn tell_admins(rollcall: &Rollcall, workspace: &WorkspaceId) -> Result<bool> {
    let mut conn = rollcall.db.read().await?;
    let told = store::seats::told_at(&mut conn, workspace).await?.is_some();
    drop(conn);
    if !told {
        let mut tx = rollcall.db.write().await?;
        alerts::seat_limit_reached(&mut tx, &rollcall.context(Actor::Invitee), workspace).await?;
        tx.commit().await?;
        rollcall.mail_due.notify_one();
    }
    Ok(store::seats::is_told(&mut rollcall.db.read().await?, workspace).await?)
}

/// What a link leads to, without any consequence.
pub(super) async fn look_up(conn: &mut Conn, token: &str, now: Timestamp) -> Result<Doorway> {
    let Some(link) = store::invitations::find_link(conn, &crate::secret::hash(token)).await? else {
        return Ok(Doorway::Withdrawn);
    };
    let Some(invitation) = store::invitations::get(conn, &link.invitation_id).await? else {
        return Ok(Doorway::Withdrawn);
    };
    let Some(workspace) = store::workspaces::get(conn, &invitation.workspace_id).await? else {
        return Ok(Doorway::Withdrawn);
    };
    Ok(match invitation.status {
        InvitationStatus::Revoked => Doorway::Withdrawn,
        InvitationStatus::Accepted => Doorway::Accepted(workspace),
        InvitationStatus::Declined => Doorway::Declined(workspace),
        InvitationStatus::Expired => expired(conn, workspace, invitation, &link).await?,
        InvitationStatus::Pending if is_called_inactive(conn, &invitation.membership_id).await? => {
            Doorway::Withdrawn
        }
        InvitationStatus::Pending if link.generation != invitation.generation => Doorway::Replaced(workspace),
        InvitationStatus::Pending if invitation.expires_at <= now => {
            expired(conn, workspace, invitation, &link).await?
        }
        InvitationStatus::Pending
            if !seats::is_free_for_invited(store::seats::get(conn, &workspace.id).await?) =>
        {
            Doorway::Full { workspace, invitation: Box::new(invitation), told: false }
        }
        InvitationStatus::Pending => {
            let Some(membership) =
                store::memberships::get(conn, &workspace.id, &invitation.membership_id).await?
            else {
                return Ok(Doorway::Withdrawn);
            };
            let invited_by = match &invitation.invited_by {
                Some(id) => store::accounts::get(conn, id).await?.map(|account| account.name),
                None => None,
            };
            let directory = match &invitation.directory_id {
                Some(id) => {
                    store::directories::get(conn, &workspace.id, id).await?.map(|directory| directory.name)
                }
                None => None,
            };
            let account = store::accounts::find_by_email(conn, &membership.email_key).await?;
            Doorway::Open(Box::new(OpenInvitation {
                workspace,
                invitation,
                membership,
                invited_by,
                directory,
                account,
            }))
        }
    })
}

async fn expired(
    conn: &mut Conn,
    workspace: Workspace,
    invitation: Invitation,
    link: &InvitationLink,
) -> Result<Doorway> {
    // The mail with the newer link may have gone to another address, of which this one tells nothing.
    if link.generation != invitation.generation {
        return Ok(Doorway::Replaced(workspace));
    }
    let membership = store::memberships::get(conn, &workspace.id, &invitation.membership_id).await?;
    let renewable = match membership {
        Some(membership) if is_renewable(conn, &membership, &invitation).await? => Some(invitation.email),
        _ => None,
    };
    Ok(Doorway::Expired { workspace, at: invitation.expires_at, renewable })
}

/// Whether the person may ask for a new invitation: it has run out, the person's address is still the one that it went to,
/// and a directory still says active or, where none speaks of them, whoever invited them may still invite people.
pub(super) async fn is_renewable(
    conn: &mut Conn,
    membership: &Membership,
    invitation: &Invitation,
) -> store::Result<bool> {
    let waits = matches!(membership.status, MembershipStatus::Provisioned | MembershipStatus::Invited);
    let same_address = store::key(&invitation.email) == membership.email_key;
    let latest = store::invitations::find_latest(conn, &membership.id).await?;
    let ran_out = latest
        .is_some_and(|latest| matches!(latest.status, InvitationStatus::Expired | InvitationStatus::Pending));
    if !(waits && ran_out && same_address) {
        return Ok(false);
    }
    let users = store::directory_users::list_of_membership(conn, &membership.id).await?;
    if users.is_empty() {
        return Ok(inviter(conn, invitation).await?.is_some());
    }
    Ok(users.iter().any(|user| user.active))
}

/// The membership of the person who invited by hand, as long as they may invite people.
pub(super) async fn inviter(conn: &mut Conn, invitation: &Invitation) -> store::Result<Option<Membership>> {
    let Some(account) = &invitation.invited_by else { return Ok(None) };
    let membership = store::memberships::find_by_account(conn, &invitation.workspace_id, account).await?;
    Ok(membership.filter(|membership| {
        membership.status == MembershipStatus::Active
            && membership.role >= Permission::ManagePeople.least_role()
    }))
}
