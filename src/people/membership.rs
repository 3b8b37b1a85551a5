//! What an admin does to a membership by hand, with its guards.

use serde_json::json;

use super::{
    Caller, Permission,
    grants::{self, Ended, Inviter},
    projection::{last_owner, roles},
    seats,
};
use crate::{
    error::{Error, Result},
    model::{MailTemplate, MembershipId, MembershipStatus, Role, Source, SuspendedBy},
    state::{Context, Rollcall},
    store::{self, Tx, memberships::Membership, role_mappings::Scope},
};

const LAST_OWNER: &str = "This is the last active owner. Make another person an owner first.";

/// The membership, locked, when the caller may change it.
async fn find(tx: &mut Tx, caller: &Caller<'_>, id: &MembershipId) -> Result<Membership> {
    let found = store::memberships::get_for_update(tx, &caller.workspace().id, id).await?;
    let membership = found
        .filter(|membership| membership.status != MembershipStatus::Removed)
        .ok_or(Error::NotFound { what: "person in this workspace" })?;
    if membership.role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    Ok(membership)
}

/// Changes a person's role.
///
/// # Errors
/// `Forbidden` when the caller may not; `Conflict` on `role` for the last owner, and when a group gives the role.
pub async fn change_role(
    rollcall: &Rollcall,
    caller: &Caller<'_>,
    id: &MembershipId,
    role: Role,
) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let changed = change_role_in(&mut tx, &context, caller, id, role).await;
    tx.end(changed).await
}

async fn change_role_in(
    tx: &mut Tx,
    context: &Context,
    caller: &Caller<'_>,
    id: &MembershipId,
    role: Role,
) -> Result<()> {
    let mut membership = find(tx, caller, id).await?;
    if membership.role == role {
        return Ok(());
    }
    if role == Role::Owner {
        caller.require(Permission::ManageOwners)?;
    }
    if let Some(group) = store::role_mappings::group_of(tx, id).await? {
        let message =
            format!("The role comes by group {group}. Change the person's groups there, or the mapping.");
        return Err(Error::conflict("role", message));
    }
    if last_owner::is_last(tx, &membership).await? {
        return Err(Error::conflict("role", LAST_OWNER));
    }
    let before = membership.role;
    membership.role = role;
    membership.updated_at = context.now;
    store::memberships::update(tx, &membership).await?;
    let detail = json!({ "before": before, "after": role });
    grants::record(tx, context, &membership, "membership.role_changed", &detail).await?;
    last_owner::settle(tx, context, &membership).await?;
    // Owners stand above the mappings: who is one no longer comes under them.
    roles::apply(tx, context, &membership.workspace_id, &Scope::Membership(id)).await?;
    Ok(())
}

/// Takes a person's access away, reversibly.
///
/// # Errors
/// `Conflict` for the last owner, for the caller, and for someone who has no access.
pub async fn suspend(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<Ended> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let ended = suspend_in(&mut tx, &context, caller, id).await;
    let ended = tx.end(ended).await?;
    rollcall.held_due.notify_one();
    Ok(ended)
}

async fn suspend_in(tx: &mut Tx, context: &Context, caller: &Caller<'_>, id: &MembershipId) -> Result<Ended> {
    let mut membership = find(tx, caller, id).await?;
    if caller.membership().is_some_and(|own| own.id == *id) {
        return Err(Error::conflict("member", "You cannot suspend yourself. Ask another admin."));
    }
    if membership.status != MembershipStatus::Active {
        let message = format!("{} has no access that could be suspended.", membership.email);
        return Err(Error::conflict("member", message));
    }
    if last_owner::is_last(tx, &membership).await? {
        return Err(Error::conflict("member", LAST_OWNER));
    }
    Ok(grants::suspend(tx, context, &mut membership, SuspendedBy::Admin).await?)
}

/// Gives a suspended person access back; who never accepted is invited again.
///
/// # Errors
/// `Conflict` when the directory says inactive, or the person is not suspended.
pub async fn reinstate(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let reinstated = reinstate_in(&mut tx, &context, caller, id).await;
    tx.end(reinstated).await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

async fn reinstate_in(tx: &mut Tx, context: &Context, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    let mut membership = find(tx, caller, id).await?;
    if membership.status != MembershipStatus::Suspended {
        return Err(Error::conflict("member", format!("{} is not suspended.", membership.email)));
    }
    let users = store::directory_users::list_of_membership(tx, id).await?;
    let called_active = users.iter().any(|user| user.active);
    let called_inactive = !users.is_empty() && !called_active;
    // Who was a member by hand as well comes back by hand; who never accepted would be invited.
    let never_joined = membership.joined_at.is_none();
    if membership.source == Source::Directory && !called_active || never_joined && called_inactive {
        let message = format!(
            "The directory says that {} is inactive. Activate the person there; access comes back by itself.",
            membership.email
        );
        return Err(Error::conflict("member", message));
    }
    if !seats::is_free(tx, &membership.workspace_id).await? {
        return Err(Error::conflict("member", seats::FULL));
    }
    membership.suspended_by = None;
    if membership.joined_at.is_some() {
        grants::reinstate(tx, context, &mut membership).await?;
        last_owner::settle(tx, context, &membership).await?;
    } else {
        let latest = store::invitations::find_latest(tx, &membership.id).await?;
        let inviter = Inviter {
            person: caller.actor().account().cloned(),
            directory: None,
            language: latest.and_then(|latest| latest.language),
            template: MailTemplate::Invitation,
            delay: std::time::Duration::ZERO,
        };
        grants::invite(tx, context, &mut membership, &inviter).await?;
    }
    Ok(())
}

/// Removes a person from the workspace. A person from a directory stays in the directory and is not invited again
/// by an update; deleting and creating the person there begins anew.
///
/// # Errors
/// `Conflict` for the last owner and for the caller.
pub async fn remove(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<Ended> {
    caller.require(Permission::ManagePeople)?;
    let context = rollcall.context(caller.actor());
    let mut tx = rollcall.db.write().await?;
    let ended = remove_in(&mut tx, &context, caller, id).await;
    let ended = tx.end(ended).await?;
    rollcall.held_due.notify_one();
    Ok(ended)
}

async fn remove_in(tx: &mut Tx, context: &Context, caller: &Caller<'_>, id: &MembershipId) -> Result<Ended> {
    let mut membership = find(tx, caller, id).await?;
    if caller.membership().is_some_and(|own| own.id == *id) {
        return Err(Error::conflict("member", "You cannot remove yourself. Ask another admin."));
    }
    if last_owner::is_last(tx, &membership).await? {
        return Err(Error::conflict("member", LAST_OWNER));
    }
    Ok(grants::remove(tx, context, &mut membership).await?)
}
