//! What an admin does to a membership by hand, with its guards.

use serde_json::json;

use super::{
    Caller, Permission,
    grants::{self, Ended, Inviter},
    projection, seats,
};
use crate::{
    error::{Error, Result},
    model::{MailTemplate, MembershipId, MembershipStatus, Role, Source, SuspendedBy},
    state::{Context, Rollcall},
    store::{self, Tx, memberships::Membership, role_mappings::Scope},
};

const LAST_OWNER: &str = "This is the last active owner. Make another person an owner first.";

/// A change to one membership, about to happen.
struct Change {
    tx: Tx,
    context: Context,
    membership: Membership,
}

impl Change {
    /// Finds and locks the membership, and checks that the caller may change it.
    async fn begin(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<Self> {
        caller.require(Permission::ManagePeople)?;
        let context = rollcall.context(caller.actor());
        let mut tx = rollcall.db.write().await?;
        let found = store::memberships::get_for_update(&mut tx, &caller.workspace().id, id).await?;
        let Some(membership) = found.filter(|m| m.status != MembershipStatus::Removed) else {
            tx.rollback().await?;
            return Err(Error::NotFound { what: "person in this workspace" });
        };
        let change = Self { tx, context, membership };
        if change.membership.role == Role::Owner
            && let Err(refusal) = caller.require(Permission::ManageOwners)
        {
            return change.refuse(refusal).await;
        }
        Ok(change)
    }

    async fn refuse<T>(self, refusal: Error) -> Result<T> {
        self.tx.rollback().await?;
        Err(refusal)
    }

    async fn is_last_owner(&mut self) -> Result<bool> {
        Ok(projection::is_last_owner(&mut self.tx, &self.membership).await?)
    }

    async fn commit(self) -> Result<()> {
        Ok(self.tx.commit().await?)
    }
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
    let mut change = Change::begin(rollcall, caller, id).await?;
    if change.membership.role == role {
        return change.commit().await;
    }
    if role == Role::Owner
        && let Err(refusal) = caller.require(Permission::ManageOwners)
    {
        return change.refuse(refusal).await;
    }
    if let Some(group) = store::role_mappings::group_of(&mut change.tx, id).await? {
        let message =
            format!("The role comes by group {group}. Change the person's groups there, or the mapping.");
        return change.refuse(Error::conflict("role", message)).await;
    }
    if change.is_last_owner().await? {
        return change.refuse(Error::conflict("role", LAST_OWNER)).await;
    }
    let before = change.membership.role;
    change.membership.role = role;
    change.membership.updated_at = change.context.now;
    let Change { tx, context, membership } = &mut change;
    store::memberships::update(tx, membership).await?;
    let detail = json!({ "before": before, "after": role });
    grants::record(tx, context, membership, "membership.role_changed", &detail).await?;
    projection::settle_last_owners(tx, context, membership).await?;
    // Owners stand above the mappings: who is one no longer comes under them.
    projection::roles::apply(tx, context, &membership.workspace_id, &Scope::Membership(id)).await?;
    change.commit().await
}

/// Takes a person's access away, reversibly.
///
/// # Errors
/// `Conflict` for the last owner, for the caller, and for someone who has no access.
pub async fn suspend(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<Ended> {
    let mut change = Change::begin(rollcall, caller, id).await?;
    if caller.membership().is_some_and(|own| own.id == *id) {
        return change
            .refuse(Error::conflict("member", "You cannot suspend yourself. Ask another admin."))
            .await;
    }
    if change.membership.status != MembershipStatus::Active {
        let message = format!("{} has no access that could be suspended.", change.membership.email);
        return change.refuse(Error::conflict("member", message)).await;
    }
    if change.is_last_owner().await? {
        return change.refuse(Error::conflict("member", LAST_OWNER)).await;
    }
    let Change { tx, context, membership } = &mut change;
    let ended = grants::suspend(tx, context, membership, SuspendedBy::Admin).await?;
    change.commit().await?;
    rollcall.held_due.notify_one();
    Ok(ended)
}

/// Gives a suspended person access back; who never accepted is invited again.
///
/// # Errors
/// `Conflict` when the directory says inactive, or the person is not suspended.
pub async fn reinstate(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<()> {
    let mut change = Change::begin(rollcall, caller, id).await?;
    if change.membership.status != MembershipStatus::Suspended {
        let message = format!("{} is not suspended.", change.membership.email);
        return change.refuse(Error::conflict("member", message)).await;
    }
    let users = store::directory_users::list_of_membership(&mut change.tx, id).await?;
    let called_active = users.iter().any(|user| user.active);
    let called_inactive = !users.is_empty() && !called_active;
    // Who was a member by hand as well comes back by hand; who never accepted would be invited.
    let never_joined = change.membership.joined_at.is_none();
    if change.membership.source == Source::Directory && !called_active || never_joined && called_inactive {
        let message = format!(
            "The directory says that {} is inactive. Activate the person there; access comes back by itself.",
            change.membership.email
        );
        return change.refuse(Error::conflict("member", message)).await;
    }
    if !seats::is_free(&mut change.tx, &change.membership.workspace_id).await? {
        return change.refuse(Error::conflict("member", seats::FULL)).await;
    }
    let Change { tx, context, membership } = &mut change;
    membership.suspended_by = None;
    if membership.joined_at.is_some() {
        grants::reinstate(tx, context, membership).await?;
        projection::settle_last_owners(tx, context, membership).await?;
    } else {
        let latest = store::invitations::find_latest(tx, &membership.id).await?;
        let inviter = Inviter {
            person: caller.actor().account().cloned(),
            directory: None,
            language: latest.and_then(|latest| latest.language),
            template: MailTemplate::Invitation,
            delay: std::time::Duration::ZERO,
        };
        grants::invite(tx, context, membership, &inviter).await?;
    }
    change.commit().await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

/// Removes a person from the workspace. A person from a directory stays in the directory and is not invited again
/// by an update; deleting and creating the person there begins anew.
///
/// # Errors
/// `Conflict` for the last owner and for the caller.
pub async fn remove(rollcall: &Rollcall, caller: &Caller<'_>, id: &MembershipId) -> Result<Ended> {
    let mut change = Change::begin(rollcall, caller, id).await?;
    if caller.membership().is_some_and(|own| own.id == *id) {
        return change
            .refuse(Error::conflict("member", "You cannot remove yourself. Ask another admin."))
            .await;
    }
    if change.is_last_owner().await? {
        return change.refuse(Error::conflict("member", LAST_OWNER)).await;
    }
    let Change { tx, context, membership } = &mut change;
    let ended = grants::remove(tx, context, membership).await?;
    change.commit().await?;
    rollcall.held_due.notify_one();
    Ok(ended)
}
