//! Invitations: `sending` by hand, again, or taking back; the `doorway` that a link leads to; `answering` it; `renewing` one that ran out; and what
//! ends them.

mod answering;
mod doorway;
mod renewing;
mod sending;

use serde_json::json;

pub use self::{
    answering::{Acceptance, accept, decline},
    doorway::{Doorway, OpenInvitation, open},
    renewing::renew,
    sending::{InviteOutcome, Invited, invite, resend, revoke},
};
use super::grants;
use crate::{
    audit::Actor,
    error::Result,
    model::{InvitationStatus, MembershipId, MembershipStatus},
    state::{Context, Rollcall},
    store::{self, Conn, Tx, invitations::Invitation},
};

/// Ends invitations whose time is over; gives their number. Called by the worker.
///
/// # Errors
/// When the store fails.
pub async fn expire_overdue(rollcall: &Rollcall) -> Result<usize> {
    const AT_ONCE: i64 = 200;
    let overdue = {
        let mut conn = rollcall.db.read().await?;
        store::invitations::list_overdue(&mut conn, rollcall.clock.now(), AT_ONCE).await?
    };
    let mut expired = 0;
    for invitation in &overdue {
        expired += usize::from(expire(rollcall, invitation).await?);
    }
    if expired > 0 {
        rollcall.held_due.notify_one();
    }
    Ok(expired)
}

/// Ends an invitation whose time is over; false when it was answered, or sent again, since it was read.
///
/// # Errors
/// When the store fails.
pub async fn expire(rollcall: &Rollcall, overdue: &Invitation) -> Result<bool> {
    let context = rollcall.context(Actor::Rollcall);
    let mut tx = rollcall.db.write().await?;
    let ended = end(&mut tx, &context, overdue, InvitationStatus::Expired).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Ends a pending invitation that nobody withdrew; false when it was not pending. The person stays known, so that the
/// invitation can be sent again.
async fn end(
    tx: &mut Tx,
    context: &Context,
    invitation: &Invitation,
    status: InvitationStatus,
) -> Result<bool> {
    let membership =
        store::memberships::get_for_update(tx, &invitation.workspace_id, &invitation.membership_id).await?;
    let Some(mut membership) = membership else { return Ok(false) };
    let ended = match status {
        InvitationStatus::Expired => store::invitations::expire(tx, &invitation.id, context.now).await?,
        _ => store::invitations::end(tx, &invitation.id, status, context.now).await?,
    };
    if !ended {
        return Ok(false);
    }
    store::outbox::cancel(tx, invitation.id.as_str(), "The invitation is over.", context.now).await?;
    grants::set_status(&mut membership, MembershipStatus::Provisioned, context);
    store::memberships::update(tx, &membership).await?;
    let action = format!("invitation.{status}");
    grants::record(tx, context, &membership, &action, &json!({})).await?;
    Ok(true)
}

/// Whether directories speak of the person and none calls them active. Then nobody invites them, nor lets them in by an
/// invitation: the directory has to activate them first.
async fn is_called_inactive(conn: &mut Conn, membership: &MembershipId) -> store::Result<bool> {
    let users = store::directory_users::list_of_membership(conn, membership).await?;
    Ok(!users.is_empty() && !users.iter().any(|user| user.active))
}
