//! A mail came back after the relay had taken it.

use super::backoff::wait_for_mailbox;
use crate::{
    clock::Clock,
    error::Result,
    mail::bounce::{Bounce, Proof},
    model::{InvitationId, MailStatus, MailTemplate},
    state::Rollcall,
    store::{self, Conn, Tx, outbox::Mail},
};

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The mail is bounced now.
    Bounced,
    /// The mailbox may still be made: the mail is sent again tomorrow.
    TriedAgain,
    /// Nothing: the report was read before, or the mail is not one that the relay has.
    Unchanged,
    /// Nothing yet: the mail is being sent at this moment, as far as is known. The report must be brought again.
    TooEarly,
    /// There is no such mail, or the report did not come to its return path.
    Unknown,
}

/// Records that a mail came back. Reading a report a second time changes nothing.
///
/// # Errors
/// When the store fails; the report may be brought again.
pub async fn take_bounce(rollcall: &Rollcall, bounce: &Bounce) -> Result<Taken> {
    let mut tx = rollcall.db.write().await?;
    let taken = take_in(&mut tx, &rollcall.clock, bounce).await;
    // The report is not remembered then: it counts when it comes again.
    if matches!(taken, Ok(Taken::TooEarly)) {
        tx.rollback().await?;
        return taken;
    }
    tx.end(taken).await
}

async fn take_in(tx: &mut Tx, clock: &Clock, bounce: &Bounce) -> Result<Taken> {
    let now = clock.now();
    let Some(mail) = store::outbox::get_for_update(tx, &bounce.mail).await? else {
        return Ok(Taken::Unknown);
    };
    if matches!(&bounce.proof, Proof::ReturnPath(key) if *key != mail.return_key) {
        return Ok(Taken::Unknown);
    }
    if !store::outbox::note_bounce_report(tx, &bounce.report, now).await? {
        return Ok(Taken::Unchanged);
    }
    let again = if bounce.no_such_mailbox && is_for_directory_person(tx, &mail).await? {
        wait_for_mailbox(now.since(mail.created_at), clock)
    } else {
        None
    };
    let again_at = again.map(|wait| now.plus(wait));
    let changed = store::outbox::bounce(tx, &mail.id, &bounce.words, again_at, now).await?;
    if !changed && is_being_sent(&mail) {
        return Ok(Taken::TooEarly);
    }
    Ok(match (changed, again_at) {
        (false, _) => Taken::Unchanged,
        (true, Some(_)) => Taken::TriedAgain,
        (true, None) => Taken::Bounced,
    })
}

/// Whether an attempt is under way, or broke off so lately that nobody knows yet.
fn is_being_sent(mail: &Mail) -> bool {
    mail.attempts > 0 && matches!(mail.status, MailStatus::Queued | MailStatus::Deferred)
}

/// Whether a directory named this person: it may do so before the mailbox is there.
async fn is_for_directory_person(conn: &mut Conn, mail: &Mail) -> store::Result<bool> {
    match mail.template.parse() {
        // Only directories add people without an invitation.
        Ok(MailTemplate::Added) => return Ok(true),
        Ok(template) if MailTemplate::carries_invitation(template) => {}
        _ => return Ok(false),
    }
    let invitation = store::invitations::get(conn, &InvitationId(mail.subject_id.clone())).await?;
    Ok(invitation.is_some_and(|invitation| invitation.directory_id.is_some()))
}
