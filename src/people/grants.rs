//! The effects that admins and the projection share: inviting, suspending, removing, giving access back.
//! Each happens in the caller's transaction, with everything that follows from it.

use std::time::Duration;

use serde_json::json;

use super::{alerts, first_password};
use crate::{
    audit,
    mail::{self, Order},
    model::{AccountId, DirectoryId, InvitationStatus, MailTemplate, MembershipStatus, SuspendedBy},
    state::Context,
    store::{self, Result, Tx, invitations::Invitation, memberships::Membership},
};

/// How long an invitation can be accepted.
pub const INVITATION_LIFE: Duration = Duration::from_secs(14 * 24 * 3600);

/// Who invites, and how soon the mail may leave.
#[derive(Clone, Debug)]
pub struct Inviter {
    /// The person, when one did.
    pub person: Option<AccountId>,
    /// The directory, when one did.
    pub directory: Option<DirectoryId>,
    /// The language (BCP 47) of this invitation's mails, when it was chosen; without one an open invitation keeps its own.
    pub language: Option<String>,
    /// The mail that carries the link: an invitation, or a new link that the person asked for.
    pub template: MailTemplate,
    /// How long the mail waits.
    pub delay: Duration,
}

/// What ended with a membership.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Browser sessions.
    pub sessions: u64,
    /// Open invitations.
    pub invitations: u64,
    /// Mails that had not left.
    pub mails: u64,
}

/// Opens an invitation for the membership, or a new generation of the open one, and queues its mail.
/// The membership becomes `invited`.
///
/// # Errors
/// When the database fails.
pub async fn invite(
    tx: &mut Tx,
    context: &Context,
    membership: &mut Membership,
    inviter: &Inviter,
) -> Result<()> {
    let expires_at = context.now.plus(INVITATION_LIFE);
    let invitation = match store::invitations::find_pending(tx, &membership.id).await? {
        Some(open) => {
            store::outbox::cancel(tx, open.id.as_str(), "A newer invitation replaced it.", context.now)
                .await?;
            let (email, language) = (&membership.email, inviter.language.as_deref());
            store::invitations::renew(tx, &open.id, email, language, context.now, expires_at).await?;
            Invitation { generation: open.generation + 1, ..open }
        }
        None => {
            let invitation = Invitation {
                id: context.clock.new_id(),
                workspace_id: membership.workspace_id.clone(),
                membership_id: membership.id.clone(),
                email: membership.email.clone(),
                language: inviter.language.clone(),
                status: InvitationStatus::Pending,
                generation: 1,
                invited_by: inviter.person.clone(),
                directory_id: inviter.directory.clone(),
                created_at: context.now,
                sent_at: context.now,
                expires_at,
                opened_at: None,
                ended_at: None,
            };
            store::invitations::insert(tx, &invitation).await?;
            invitation
        }
    };
    set_status(membership, MembershipStatus::Invited, context);
    store::memberships::update(tx, membership).await?;
    let mail = Order {
        template: inviter.template,
        workspace: Some(&membership.workspace_id),
        subject_id: invitation.id.as_str(),
        generation: invitation.generation,
        recipient: &membership.email,
        delay: inviter.delay,
        detail: json!({}),
    };
    mail::order(tx, context, &mail).await?;
    let detail =
        json!({ "email": membership.email, "role": membership.role, "generation": invitation.generation });
    record(tx, context, membership, "invitation.sent", &detail).await
}

/// Makes the person a member at once. Without a password they are mailed a link that sets one.
///
/// # Errors
/// `Unique(AccountEmail)` when the address got an account at this moment; else when the database fails.
pub async fn add(tx: &mut Tx, context: &Context, membership: &mut Membership) -> Result<()> {
    let account = first_password::account_of_address(tx, context, membership).await?;
    store::memberships::vacate_account(tx, &membership.workspace_id, &account.id).await?;
    membership.account_id = Some(account.id);
    membership.joined_at = Some(context.now);
    set_status(membership, MembershipStatus::Active, context);
    store::memberships::update(tx, membership).await?;
    first_password::order_link(tx, context, membership, context.invitation_delay).await?;
    let detail = json!({ "email": membership.email, "role": membership.role });
    record(tx, context, membership, "membership.added", &detail).await
}

/// Takes access away, reversibly: sessions and open invitations end, queued mail is cancelled.
///
/// # Errors
/// When the database fails.
pub async fn suspend(
    tx: &mut Tx,
    context: &Context,
    membership: &mut Membership,
    by: SuspendedBy,
) -> Result<Ended> {
    let had_access = membership.status == MembershipStatus::Active;
    set_status(membership, MembershipStatus::Suspended, context);
    membership.suspended_by = Some(by);
    store::memberships::update(tx, membership).await?;
    if had_access {
        alerts::access_suspended(tx, context, membership, by).await?;
    }
    let ended = end_access(tx, context, membership).await?;
    record(tx, context, membership, "membership.suspended", &ended_detail(ended)).await?;
    Ok(ended)
}

/// Takes the membership away: sessions and open invitations end, queued mail is cancelled.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, context: &Context, membership: &mut Membership) -> Result<Ended> {
    set_status(membership, MembershipStatus::Removed, context);
    membership.suspended_by = None;
    store::memberships::update(tx, membership).await?;
    let ended = end_access(tx, context, membership).await?;
    record(tx, context, membership, "membership.removed", &ended_detail(ended)).await?;
    Ok(ended)
}

/// Gives access back to someone who had accepted before, with the same role. Only who was added directly and has set no
/// password yet is mailed: the link that they were sent, if any, may have ended with their access.
///
/// # Errors
/// When the database fails.
pub async fn reinstate(tx: &mut Tx, context: &Context, membership: &mut Membership) -> Result<()> {
    set_status(membership, MembershipStatus::Active, context);
    membership.suspended_by = None;
    store::memberships::update(tx, membership).await?;
    first_password::order_link(tx, context, membership, context.invitation_delay).await?;
    record(tx, context, membership, "membership.reinstated", &json!({ "role": membership.role })).await
}

/// Ends open invitations, their queued mail and, unless the account is a member elsewhere, its sessions.
/// (Access to this workspace ends in any case: each request looks the membership up.)
///
/// # Errors
/// When the database fails.
pub async fn end_access(tx: &mut Tx, context: &Context, membership: &Membership) -> Result<Ended> {
    let mut ended = Ended::default();
    if let Some(open) = store::invitations::find_pending(tx, &membership.id).await? {
        store::invitations::end(tx, &open.id, InvitationStatus::Revoked, context.now).await?;
        ended.invitations = 1;
        ended.mails =
            store::outbox::cancel(tx, open.id.as_str(), "The invitation was withdrawn.", context.now).await?;
    }
    if let Some(account) = own_account(tx, membership).await? {
        ended.mails +=
            store::accounts::cancel_mailed_links(tx, &account, "The access ended.", context.now).await?;
        ended.sessions = store::sessions::delete_of_account(tx, &account).await?;
    }
    Ok(ended)
}

/// Ends the sessions of the member's account, unless it is a member elsewhere.
///
/// # Errors
/// When the database fails.
pub async fn end_sessions(tx: &mut Tx, membership: &Membership) -> Result<u64> {
    match own_account(tx, membership).await? {
        Some(account) => store::sessions::delete_of_account(tx, &account).await,
        None => Ok(0),
    }
}

/// The member's account, when it has access to no other workspace.
async fn own_account(tx: &mut Tx, membership: &Membership) -> Result<Option<AccountId>> {
    let Some(account) = &membership.account_id else { return Ok(None) };
    let elsewhere = store::memberships::list_of_account(tx, account)
        .await?
        .iter()
        .any(|other| other.id != membership.id && other.status == MembershipStatus::Active);
    Ok((!elsewhere).then(|| account.clone()))
}

/// Moves the membership to `status`, now.
pub fn set_status(membership: &mut Membership, status: MembershipStatus, context: &Context) {
    if membership.status != status {
        membership.status_changed_at = context.now;
    }
    membership.status = status;
    membership.updated_at = context.now;
}

/// Appends an event about the membership.
///
/// # Errors
/// When the database fails.
pub async fn record(
    tx: &mut Tx,
    context: &Context,
    membership: &Membership,
    action: &str,
    detail: &serde_json::Value,
) -> Result<()> {
    audit::record(tx, context, &membership.workspace_id, action, membership.id.as_str(), detail).await
}

fn ended_detail(ended: Ended) -> serde_json::Value {
    json!({ "sessions": ended.sessions, "invitations": ended.invitations, "mails": ended.mails })
}
