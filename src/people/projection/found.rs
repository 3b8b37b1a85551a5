//! Whom the directory speaks of: the membership at hand, and what the decision needs to know of it.

use super::{
    Speaker,
    decision::{Person, Standing},
    last_owner,
};
use crate::{
    error::Result,
    model::{HeldReason, InvitationMode, MembershipStatus, Source, WorkspaceId},
    people::{EmailAddress, first_password},
    store::{self, Tx, directory_users::DirectoryUser, memberships::Membership},
};

/// The membership at hand, with what is known of it.
pub(super) enum Found {
    Nobody,
    Linked {
        membership: Membership,
        last_owner: bool,
        vouched_elsewhere: bool,
        was_invited: bool,
        new_address_taken: bool,
    },
    Former(Membership),
    Taken,
}

impl Found {
    /// Whether another record of the directory, an active one, speaks for the membership, and this one has no say: it is
    /// what is left of someone who came back under the other.
    pub(super) fn is_outlived(&self, person: &Person) -> bool {
        let is_gone = !person.active || person.deleted;
        is_gone && matches!(self, Self::Linked { vouched_elsewhere: true, .. })
    }

    pub(super) fn standing(&self) -> Standing<'_> {
        match self {
            Self::Nobody => Standing::Nobody,
            Self::Former(membership) => Standing::Former(membership),
            Self::Taken => Standing::Taken,
            Self::Linked { membership, last_owner, vouched_elsewhere, was_invited, new_address_taken } => {
                Standing::Linked {
                    membership,
                    last_owner: *last_owner,
                    vouched_elsewhere: *vouched_elsewhere,
                    was_invited: *was_invited,
                    new_address_taken: *new_address_taken,
                }
            }
        }
    }
}

/// The membership that the directory user is about.
pub(super) async fn find(
    tx: &mut Tx,
    speaker: &Speaker,
    user: &DirectoryUser,
    person: &Person,
) -> Result<Found> {
    if let Some(id) = &user.membership_id
        && let Some(membership) = store::memberships::get_for_update(tx, &speaker.workspace_id, id).await?
    {
        return linked(tx, user, person, membership).await;
    }
    if let Some(known) = known_before(tx, speaker, user).await? {
        if known.status == MembershipStatus::Removed {
            return Ok(Found::Former(known));
        }
        return linked(tx, user, person, known).await;
    }
    let Some(email) = &person.email else { return Ok(Found::Nobody) };
    match holder(tx, &speaker.workspace_id, &email.key()).await? {
        None if adds_member_of_other_address(tx, speaker, email).await? => Ok(Found::Taken),
        None => Ok(Found::Nobody),
        Some(membership) if !membership.has_address() => Ok(Found::Former(membership)),
        Some(membership) if is_left_behind(tx, speaker, &membership).await? => {
            if may_be_someone_else(tx, user, &membership).await? {
                return Ok(Found::Former(membership));
            }
            linked(tx, user, person, membership).await
        }
        Some(_) => Ok(Found::Taken),
    }
}

/// The membership of this address, locked: before a seat is asked for, and so that whoever leaves the address either has
/// left it already or sees who waits for it.
async fn holder(tx: &mut Tx, workspace: &WorkspaceId, email_key: &str) -> store::Result<Option<Membership>> {
    let Some(found) = store::memberships::find_by_email(tx, workspace, email_key).await? else {
        return Ok(None);
    };
    let locked = store::memberships::get_for_update(tx, workspace, &found.id).await?;
    Ok(locked.filter(|membership| membership.email_key == email_key))
}

/// Whether adding this address directly would add an account that is a member already, under another address.
async fn adds_member_of_other_address(tx: &mut Tx, speaker: &Speaker, email: &EmailAddress) -> Result<bool> {
    if speaker.settings.invitation_mode != InvitationMode::AddDirectly {
        return Ok(false);
    }
    let Some(account) = store::accounts::find_by_email(tx, &email.key()).await? else { return Ok(false) };
    let known = store::memberships::find_by_account(tx, &speaker.workspace_id, &account.id).await?;
    Ok(known.is_some_and(|known| known.status != MembershipStatus::Removed))
}

/// Whether an address is someone's of whom something is left.
async fn is_taken(tx: &mut Tx, workspace: &WorkspaceId, email_key: &str) -> Result<bool> {
    Ok(holder(tx, workspace, email_key).await?.is_some_and(|holder| holder.has_address()))
}

async fn linked(tx: &mut Tx, user: &DirectoryUser, person: &Person, membership: Membership) -> Result<Found> {
    let vouched_elsewhere = store::directory_users::list_of_membership(tx, &membership.id)
        .await?
        .iter()
        .any(|other| other.id != user.id && other.active);
    let new_address_taken = match &person.email {
        Some(email) if email.key() != membership.email_key => {
            is_taken(tx, &membership.workspace_id, &email.key()).await?
                || is_member_under_other_address(tx, &membership, email).await?
        }
        _ => false,
    };
    let last_owner = last_owner::is_last(tx, &membership).await?;
    let was_invited = !user.held_reason.is_some_and(HeldReason::is_of_gate)
        && store::invitations::find_latest(tx, &membership.id).await?.is_some();
    Ok(Found::Linked { membership, last_owner, vouched_elsewhere, was_invited, new_address_taken })
}

/// Whether a member without a password cannot be taken along to this address: its account is a member here already.
async fn is_member_under_other_address(
    tx: &mut Tx,
    membership: &Membership,
    email: &EmailAddress,
) -> Result<bool> {
    if first_password::account_without(tx, membership).await?.is_none() {
        return Ok(false);
    }
    let Some(account) = store::accounts::find_by_email(tx, &email.key()).await? else { return Ok(false) };
    let other = store::memberships::find_by_account(tx, &membership.workspace_id, &account.id).await?;
    Ok(other.is_some_and(|other| other.id != membership.id && other.status != MembershipStatus::Removed))
}

/// The membership of someone whom this directory knew before by the same `externalId`: one that was removed with them,
/// or one that it vouches for and that nobody active stands behind any more.
async fn known_before(tx: &mut Tx, speaker: &Speaker, user: &DirectoryUser) -> Result<Option<Membership>> {
    let Some(external_id) = &user.external_id else { return Ok(None) };
    let predecessor =
        store::directory_users::find_predecessor(tx, &speaker.directory_id, external_id, &user.id).await?;
    let Some(id) = predecessor.and_then(|predecessor| predecessor.membership_id) else { return Ok(None) };
    let Some(known) = store::memberships::get_for_update(tx, &speaker.workspace_id, &id).await? else {
        return Ok(None);
    };
    if known.status != MembershipStatus::Removed {
        return Ok(is_left_behind(tx, speaker, &known).await?.then_some(known));
    }
    // The address that the person now has may belong to someone else.
    let taken = match user.email.as_deref().map(store::key) {
        Some(key) if key != known.email_key => is_taken(tx, &speaker.workspace_id, &key).await?,
        _ => false,
    };
    Ok((!taken).then_some(known))
}

/// Whether the address may have gone to another person, by the identity provider's own ids: whoever is suspended does not
/// come in again by it. An invitation asks who has the mailbox.
async fn may_be_someone_else(tx: &mut Tx, user: &DirectoryUser, membership: &Membership) -> Result<bool> {
    if membership.status != MembershipStatus::Suspended {
        return Ok(false);
    }
    let Some(own) = &user.external_id else { return Ok(false) };
    let users = store::directory_users::list_of_membership(tx, &membership.id).await?;
    let mut known = users.iter().filter_map(|user| user.external_id.as_ref()).peekable();
    Ok(known.peek().is_some() && known.all(|id| id != own))
}

/// Whether this directory vouches for the membership, but through nobody who is active: its person was deactivated or,
/// as the last owner, outlived a delete, and comes back under another record.
async fn is_left_behind(tx: &mut Tx, speaker: &Speaker, membership: &Membership) -> Result<bool> {
    if membership.source != Source::Directory
        || membership.directory_id.as_ref() != Some(&speaker.directory_id)
    {
        return Ok(false);
    }
    let users = store::directory_users::list_of_membership(tx, &membership.id).await?;
    Ok(!users.iter().any(|user| user.active))
}
