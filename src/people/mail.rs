//! What admins do with the mails of their workspace: cancel one, send one again.

use std::time::Duration;

use serde_json::json;

use super::{Caller, Permission, first_password, invitation};
use crate::{
    audit,
    error::{Error, Result},
    jobs,
    model::{
        AccountId, InvitationId, MailId, MailStatus, MailTemplate, MembershipId, MembershipStatus, Role,
    },
    state::Rollcall,
    store::{self, Conn, mail_log::Entry, outbox::Mail},
};

/// Most mails of one kind to one person that may be asked for in a minute, and in a day.
pub(super) const LIMITS: [(Duration, i64); 2] =
    [(Duration::from_secs(60), 1), (Duration::from_secs(24 * 3600), 5)];

/// Why a mail did not leave that an admin cancelled.
const CANCELLED: &str = "Cancelled by an admin.";

/// Whether sending a mail again would do something, as far as its entry in the log shows. An alert goes to whoever
/// still looks after the workspace, and what Rollcall cancelled by itself is over.
pub fn may_be_sent_again(entry: &Entry) -> bool {
    use MembershipStatus::{Active, Invited, Provisioned, Suspended};
    let Ok(template) = entry.template.parse::<MailTemplate>() else { return false };
    let status = entry.person_status;
    if template.is_renewed() && !matches!(entry.status, MailStatus::Deferred | MailStatus::Queued) {
        return match template {
            MailTemplate::Added => status == Some(Active) && entry.wants_password,
            _ => matches!(status, Some(Invited | Provisioned)) && !entry.person_called_inactive,
        };
    }
    let unsent = match entry.status {
        MailStatus::Deferred | MailStatus::Refused | MailStatus::GaveUp | MailStatus::Bounced => true,
        MailStatus::Cancelled => entry.answer.as_deref() == Some(CANCELLED),
        MailStatus::Queued | MailStatus::Accepted | MailStatus::Kept => false,
    };
    unsent
        && match template {
            MailTemplate::AccessSuspended => status == Some(Suspended),
            MailTemplate::Added => status == Some(Active),
            MailTemplate::TokenExpiring
            | MailTemplate::DirectoryFailing
            | MailTemplate::MassChange
            | MailTemplate::SeatLimitReached => {
                status == Some(Active) && entry.person_role.is_some_and(|role| role >= Role::Admin)
            }
            _ => true,
        }
}

/// Cancels a mail that waits.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` on `mail` when it does not wait any more.
pub async fn cancel(rollcall: &Rollcall, caller: &Caller<'_>, id: &MailId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    find(&mut rollcall.db.read().await?, caller, id).await?;
    let mut tx = rollcall.db.write().await?;
    let cancelled = store::outbox::cancel_one(&mut tx, id, CANCELLED, rollcall.clock.now()).await?;
    let message = "This mail does not wait any more, or is being sent right now.";
    tx.end(if cancelled { Ok(()) } else { Err(Error::conflict("mail", message)) }).await
}

/// Sends a mail again: an invitation, or the way to a first password, with a new link; anything else as it is.
///
/// # Errors
/// `Forbidden`; `NotFound`; `Conflict` when there is nothing to send again.
pub async fn send_again(rollcall: &Rollcall, caller: &Caller<'_>, id: &MailId) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let mut conn = rollcall.db.read().await?;
    let mail = find(&mut conn, caller, id).await?;
    let invited = invited(&mut conn, &mail).await?;
    let added = added(&mut conn, caller, &mail).await?;
    drop(conn);
    if mail.status != MailStatus::Deferred {
        if let Some(membership) = invited {
            return invitation::resend(rollcall, caller, &membership).await;
        }
        if let Some(membership) = added {
            return first_password::send_link(rollcall, caller, &membership).await;
        }
    }
    if let Some(why) = jobs::why_unwanted(rollcall, &mail).await? {
        return Err(Error::conflict("mail", format!("Nothing was sent. {why}")));
    }
    let mut tx = rollcall.db.write().await?;
    let queued = store::outbox::requeue(&mut tx, id, rollcall.clock.now()).await?;
    let message = "There is nothing to send again: this mail was accepted or waits.";
    tx.end(if queued { Ok(()) } else { Err(Error::conflict("mail", message)) }).await?;
    rollcall.mail_due.notify_one();
    Ok(())
}

async fn find(conn: &mut Conn, caller: &Caller<'_>, id: &MailId) -> Result<Mail> {
    let mail = store::outbox::get(conn, id).await?;
    mail.filter(|mail| mail.workspace_id.as_ref() == Some(&caller.workspace().id))
        .ok_or(Error::NotFound { what: "mail in this workspace" })
}

/// The person whom an invitation is for.
async fn invited(conn: &mut Conn, mail: &Mail) -> store::Result<Option<MembershipId>> {
    if !mail.template.parse().is_ok_and(MailTemplate::carries_invitation) {
        return Ok(None);
    }
    let invitation = store::invitations::get(conn, &InvitationId(mail.subject_id.clone())).await?;
    Ok(invitation.map(|invitation| invitation.membership_id))
}

/// The member whom the mail about having been added is for.
async fn added(conn: &mut Conn, caller: &Caller<'_>, mail: &Mail) -> Result<Option<MembershipId>> {
    if mail.template.parse() != Ok(MailTemplate::Added) {
        return Ok(None);
    }
    let account = AccountId(mail.subject_id.clone());
    let found = store::memberships::find_by_account(conn, &caller.workspace().id, &account).await?;
    let membership = found.ok_or_else(|| {
        Error::conflict("mail", "The person has another address here now. See their entry under People.")
    })?;
    Ok(Some(membership.id))
}

/// Sets whether people are mailed when their access is suspended.
///
/// # Errors
/// `Forbidden`.
pub async fn tell_suspended(rollcall: &Rollcall, caller: &Caller<'_>, tell: bool) -> Result<()> {
    caller.require(Permission::ManagePeople)?;
    let mut tx = rollcall.db.write().await?;
    let context = rollcall.context(caller.actor());
    let workspace = &caller.workspace().id;
    store::workspaces::set_tells_suspended(&mut tx, workspace, tell).await?;
    let action = if tell { "suspended_notice.turned_on" } else { "suspended_notice.turned_off" };
    audit::record(&mut tx, &context, workspace, action, workspace.as_str(), &json!({})).await?;
    Ok(tx.commit().await?)
}
