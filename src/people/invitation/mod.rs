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
    model::{InvitationStatus, MembershipStatus},
    state::{Context, Rollcall},
    store::{self, Tx, invitations::Invitation},
};

/// Ends invitations whose time is over; gives their number. Called by the worker.
///
/// # Errors
/// When the store fails.
pub async fn expire_overdue(rollcall: &Rollcall) -> Result<usize> {
    const AT_ONCE: i64 = 200;
    let context = rollcall.context(Actor::Rollcall);
    let overdue = {
        let mut conn = rollcall.db.read().await?;
        store::invitations::list_overdue(&mut conn, context.now, AT_ONCE).await?
    };
    for invitation in &overdue {
        let mut tx = rollcall.db.write().await?;
        end(&mut tx, &context, invitation, InvitationStatus::Expired).await?;
        tx.commit().await?;
    }
    if !overdue.is_empty() {
        rollcall.held_due.notify_one();
    }
    Ok(overdue.len())
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
    if !store::invitations::end(tx, &invitation.id, status, context.now).await? {
        return Ok(false);
    }
    store::outbox::cancel(tx, invitation.id.as_str(), "The invitation is over.", context.now).await?;
    grants::set_status(&mut membership, MembershipStatus::Provisioned, context);
    store::memberships::update(tx, &membership).await?;
    let action = format!("invitation.{status}");
    grants::record(tx, context, &membership, &action, &json!({})).await?;
    Ok(true)
}
