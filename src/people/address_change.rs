//! Another address that a person asked for and has not confirmed: where it stands, sending its link again, and giving it up.

use super::profile::{EMAIL_LINK_LIFE, mail_email_link, refuse_other_address};
use crate::{
    clock::Timestamp,
    error::{Error, Result},
    model::{MailStatus, MailTemplate},
    state::Rollcall,
    store::{
        self, Tx,
        account_links::{LinkPurpose, WantedAddress},
        accounts::Account,
    },
};

/// An address that waits to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressChange {
    /// The address.
    pub email: String,
    /// What is known of its link.
    pub link: LinkState,
}

/// What is known of a link that was to be mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkState {
    /// The mail has not left. When it was tried: what came of it.
    Waits(Option<String>),
    /// The mail left.
    Sent {
        /// When.
        at: Timestamp,
        /// The first moment at which the link no longer works.
        until: Timestamp,
    },
    /// The mail did not arrive, or will not leave: why.
    Failed(String),
    /// The link is too old since then.
    Expired(Timestamp),
}

/// The address that the account waits to confirm, if it asked for one.
///
/// # Errors
/// When the store fails.
pub async fn find(rollcall: &Rollcall, account: &Account) -> Result<Option<AddressChange>> {
    let mut conn = rollcall.db.read().await?;
    let wanted = store::account_links::wanted_address(&mut conn, &account.id).await?;
    let now = rollcall.clock.now();
    Ok(wanted.map(|wanted| AddressChange { link: state(&wanted, now), email: wanted.email }))
}

fn state(wanted: &WantedAddress, now: Timestamp) -> LinkState {
    let until = wanted.asked_at.plus(EMAIL_LINK_LIFE);
    let words = wanted.mail_answer.clone();
    match wanted.mail_status {
        Some(MailStatus::Refused | MailStatus::GaveUp | MailStatus::Bounced | MailStatus::Cancelled) => {
            LinkState::Failed(words.unwrap_or_else(|| "Nobody said why.".to_owned()))
        }
        _ if until <= now => LinkState::Expired(until),
        Some(MailStatus::Queued | MailStatus::Deferred) => LinkState::Waits(words),
        Some(MailStatus::Accepted | MailStatus::Kept) | None => {
            LinkState::Sent { at: wanted.mail_updated_at.unwrap_or(wanted.asked_at), until }
        }
    }
}

/// Mails a new link to the address that waits; gives the address.
///
/// # Errors
/// `Conflict` on `email` when no address waits, a directory decides it, somebody has it, or there were too many mails.
pub async fn send_again(rollcall: &Rollcall, account: &Account) -> Result<String> {
    let waiting = find(rollcall, account).await?.ok_or_else(nothing_waits)?;
    let email = waiting.email.parse()?;
    refuse_other_address(rollcall, account, &email).await?;
    mail_email_link(rollcall, account, &email).await?;
    Ok(waiting.email)
}

/// Gives the change up: its link is dead, wherever it is. Gives the address.
///
/// # Errors
/// `Conflict` on `email` when no address waits any more.
pub async fn cancel(rollcall: &Rollcall, account: &Account) -> Result<String> {
    let now = rollcall.clock.now();
    let mut tx = rollcall.db.write().await?;
    let cancelled = cancel_in(&mut tx, account, now).await;
    tx.end(cancelled).await
}

async fn cancel_in(tx: &mut Tx, account: &Account, now: Timestamp) -> Result<String> {
    let wanted = store::account_links::wanted_address(tx, &account.id).await?;
    let email = wanted.ok_or_else(nothing_waits)?.email;
    // Followed at this moment, the link has changed the address already.
    if !store::account_links::forget_wanted_address(tx, &account.id, &email).await? {
        return Err(nothing_waits());
    }
    store::account_links::delete_unused(tx, &account.id, LinkPurpose::ChangeEmail).await?;
    let (template, reason) = (MailTemplate::EmailChange, "The person cancelled the change of address.");
    store::accounts::cancel_mails(tx, &account.id, template, None, reason, now).await?;
    Ok(email)
}

fn nothing_waits() -> Error {
    Error::conflict("email", "No new address waits to be confirmed any more.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_the_link_is_what_is_known_of_its_mail() {
        let asked = Timestamp(1_000_000);
        let sent = asked.plus(std::time::Duration::from_secs(2));
        let until = asked.plus(EMAIL_LINK_LIFE);
        let soon = asked.plus(std::time::Duration::from_secs(60));
        let words = || Some("550 No such user".to_owned());
        let failed = || LinkState::Failed("550 No such user".to_owned());
        for (status, answer, now, state_is) in [
            (Some(MailStatus::Queued), None, soon, LinkState::Waits(None)),
            (Some(MailStatus::Deferred), words(), soon, LinkState::Waits(words())),
            (Some(MailStatus::Accepted), words(), soon, LinkState::Sent { at: sent, until }),
            (Some(MailStatus::Kept), None, soon, LinkState::Sent { at: sent, until }),
            (Some(MailStatus::Refused), words(), soon, failed()),
            (Some(MailStatus::Bounced), words(), until, failed()),
            (Some(MailStatus::Cancelled), words(), soon, failed()),
            (Some(MailStatus::Accepted), None, until, LinkState::Expired(until)),
            (Some(MailStatus::Deferred), words(), until, LinkState::Expired(until)),
            (None, None, until, LinkState::Expired(until)),
        ] {
            let wanted = WantedAddress {
                email: "ada@new.test".to_owned(),
                asked_at: asked,
                mail_status: status,
                mail_answer: answer,
                mail_updated_at: Some(sent),
            };
            assert_eq!(state(&wanted, now), state_is, "{status:?}");
        }
    }
}
