//! A workspace keeps an active owner: the last one stays, whatever the directory says, until there is another.

use crate::{
    error::Result,
    model::{MembershipId, MembershipStatus, Role, SuspendedBy},
    people::grants,
    state::Context,
    store::{self, Tx, memberships::Membership},
};

/// Whether taking this membership away would leave the workspace without an active owner.
///
/// # Errors
/// When the database fails.
pub async fn is_last(tx: &mut Tx, membership: &Membership) -> store::Result<bool> {
    if membership.role != Role::Owner || membership.status != MembershipStatus::Active {
        return Ok(false);
    }
    let owners = store::memberships::lock_active_owners(tx, &membership.workspace_id).await?;
    Ok(owners.iter().all(|owner| *owner == membership.id))
}

/// Applies what was put off: when the workspace has another active owner, an owner whom a directory called inactive or
/// deleted, and whom none calls active, is suspended at last. That is done once: whoever is brought back by hand
/// afterwards stays.
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &mut Tx, context: &Context, became_owner: &Membership) -> Result<()> {
    if became_owner.role != Role::Owner || became_owner.status != MembershipStatus::Active {
        return Ok(());
    }
    let owners: Vec<MembershipId> =
        store::memberships::lock_active_owners(tx, &became_owner.workspace_id).await?;
    for id in owners.iter().filter(|id| **id != became_owner.id) {
        let is_put_off = store::held::is_kept_as_last_owner(tx, id).await?;
        store::held::end_as_last_owner(tx, id).await?;
        if is_put_off
            && let Some(mut owner) = store::memberships::get(tx, &became_owner.workspace_id, id).await?
        {
            grants::suspend(tx, context, &mut owner, SuspendedBy::Directory).await?;
        }
    }
    Ok(())
}
