//! The reminder: one mail when half of an invitation's time is over and nobody has answered.

use std::time::Duration;

use serde_json::json;

use crate::{
    audit::Actor,
    mail::{self, Order},
    model::MailTemplate,
    people::grants::INVITATION_LIFE,
    state::{Context, Rollcall},
    store::{self, Tx, invitations::Invitation},
};

/// Most reminders that are queued in one transaction.
const AT_ONCE: i64 = 200;

/// Queues the reminders whose time has come, some at a time; gives their number.
///
/// # Errors
/// When the database fails.
pub(super) async fn queue(rollcall: &Rollcall) -> store::Result<usize> {
    let context = rollcall.context(Actor::Rollcall);
    let ending_before = context.now.plus(INVITATION_LIFE / 2);
    let waiting = {
        let mut conn = rollcall.db.read().await?;
        store::invitations::list_unreminded(&mut conn, context.now, ending_before, AT_ONCE).await?
    };
    if waiting.is_empty() {
        return Ok(0);
    }
    let mut tx = rollcall.db.write().await?;
    for invitation in &waiting {
        queue_one(&mut tx, &context, invitation).await?;
    }
    tx.commit().await?;
    rollcall.mail_due.notify_one();
    Ok(waiting.len())
}

async fn queue_one(tx: &mut Tx, context: &Context, invitation: &Invitation) -> store::Result<()> {
    let mail = Order {
        template: MailTemplate::Reminder,
        workspace: Some(&invitation.workspace_id),
        subject_id: invitation.id.as_str(),
        generation: invitation.generation,
        recipient: &invitation.email,
        delay: Duration::ZERO,
        detail: json!({}),
    };
    mail::order(tx, context, &mail).await
}
