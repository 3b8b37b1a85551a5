//! From a row of the outbox to the mail that it asks for.
//!
//! Each kind of mail is an arm in [`compose`], which gathers what the mail says, and one in `release`, which is the
//! last look before it leaves: is it still wanted, and if there is a link in it, from now on the link works. To add a
//! kind, add its two arms; see `account` for one with a secret link.

mod account;
mod alerts;
mod invitation;

use crate::{
    clock::Timestamp,
    error::Result,
    mail::{self, Addressee, Identity, Letter, Message},
    model::{AccountId, MailTemplate, WorkspaceId},
    secret::Secret,
    state::Rollcall,
    store::{self, Conn, Tx, mail_claims::Holder, outbox::Mail},
};

/// What is to be done with a mail that was claimed.
pub(super) enum Draft {
    /// It is to be sent; the attempt is counted and the link in it works.
    Ready {
        /// The mail.
        message: Box<Message>,
        /// Whether the mailbox may come into being later: a directory names people before they have one.
        mailbox_may_follow: bool,
    },
    /// It is no longer wanted, because of this.
    Unwanted(&'static str),
    /// It can never be sent, because of this.
    Impossible(String),
    /// Another worker has it, or someone cancelled it a moment ago.
    Gone,
}

/// What a mail of the outbox says, from what the store holds now.
#[derive(Clone, Debug)]
pub enum Composed {
    /// This.
    Letter {
        /// What it says.
        letter: Box<Letter>,
        /// To whom.
        addressee: Addressee,
        /// Whether the mailbox may come into being later.
        mailbox_may_follow: bool,
    },
    /// Nothing any more: what it was about is gone.
    Unwanted(&'static str),
    /// Nothing that this version of Rollcall knows of.
    Impossible(String),
}

/// Why a mail was not sent, or can no longer be shown.
const GONE: &str = "What this mail was about is gone.";

/// The language of a mail to someone: their own when there are words in it, else the workspace's.
fn language(own: Option<String>, workspace: String) -> String {
    own.filter(|own| mail::known_language(own).is_some()).unwrap_or(workspace)
}

/// The language of a mail of a workspace to this address.
async fn language_of_address(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    email: &str,
) -> store::Result<Option<String>> {
    let key = store::key(email);
    let languages = store::languages::of_address(conn, workspace, &key).await?;
    Ok(languages.map(|languages| language(languages.own, languages.workspace)))
}

/// The language of a mail to the person behind an account.
async fn language_of(conn: &mut Conn, account: &AccountId) -> store::Result<Option<String>> {
    let languages = store::languages::of_account(conn, account).await?;
    Ok(languages.map(|languages| language(languages.own, languages.workspace)))
}

/// Gathers what a mail says; `secret` stands in its link. Changes nothing.
///
/// # Errors
/// When the store fails.
pub async fn compose(conn: &mut Conn, mail: &Mail, secret: Secret) -> Result<Composed> {
    let Ok(template) = mail.template.parse::<MailTemplate>() else { return Ok(unknown(mail)) };
    match template {
        MailTemplate::Invitation | MailTemplate::Reminder | MailTemplate::NewLink => {
            invitation::compose(conn, mail, template, secret).await
        }
        MailTemplate::Added => account::compose_added(conn, mail, secret).await,
        MailTemplate::PasswordReset => account::compose_password_reset(conn, mail, secret).await,
        MailTemplate::EmailChange => account::compose_email_change(conn, mail, secret).await,
        MailTemplate::EmailChanged => account::compose_email_changed(conn, mail).await,
        MailTemplate::DirectoryEmailChanged => account::compose_directory_email_changed(conn, mail).await,
        MailTemplate::Declined => invitation::compose_declined(conn, mail).await,
        MailTemplate::TokenExpiring => alerts::compose_token_expiring(conn, mail).await,
        MailTemplate::DirectoryFailing => alerts::compose_directory_failing(conn, mail).await,
        MailTemplate::LastOwner => alerts::compose_last_owner(conn, mail).await,
        MailTemplate::MassChange => alerts::compose_mass_change(conn, mail).await,
        MailTemplate::SeatLimitReached => alerts::compose_seat_limit_reached(conn, mail).await,
        MailTemplate::AccessSuspended => alerts::compose_access_suspended(conn, mail).await,
        _ => Ok(unknown(mail)),
    }
}

/// Locks what the mail is about and says whether it is still wanted; the link in it works from the commit on.
async fn release(tx: &mut Tx, mail: &Mail, secret: &Secret, now: Timestamp) -> Result<Release> {
    match mail.template.parse::<MailTemplate>() {
        Ok(MailTemplate::Invitation | MailTemplate::Reminder | MailTemplate::NewLink) => {
            invitation::release(tx, mail, secret, now).await
        }
        Ok(MailTemplate::Added) => account::release_added(tx, mail, secret, now).await,
        Ok(MailTemplate::PasswordReset) => account::release_password_reset(tx, mail, secret, now).await,
        Ok(MailTemplate::EmailChange) => account::release_email_change(tx, mail, secret, now).await,
        Ok(
            template @ (MailTemplate::TokenExpiring
            | MailTemplate::DirectoryFailing
            | MailTemplate::LastOwner
            | MailTemplate::MassChange
            | MailTemplate::SeatLimitReached),
        ) => alerts::release(tx, mail, template, now).await,
        Ok(MailTemplate::AccessSuspended) => alerts::release_access_suspended(tx, mail).await,
        Ok(_) | Err(_) => Ok(Release::Wanted),
    }
}

/// Whether a mail may leave.
enum Release {
    Wanted,
    Unwanted(&'static str),
}

fn unknown(mail: &Mail) -> Composed {
    Composed::Impossible(format!("This version of Rollcall has no template “{}”.", mail.template))
}

/// Why a mail would not leave if it were sent now; `None` when it would. Changes nothing.
///
/// # Errors
/// When the store or the machine fails.
pub async fn why_unwanted(rollcall: &Rollcall, mail: &Mail) -> Result<Option<String>> {
    let secret = Secret::generate(&rollcall.clock, "")?;
    match compose(&mut rollcall.db.read().await?, mail, secret.clone()).await? {
        Composed::Letter { .. } => {}
        Composed::Unwanted(why) => return Ok(Some(why.to_owned())),
        Composed::Impossible(why) => return Ok(Some(why)),
    }
    let mut tx = rollcall.db.write().await?;
    let released = release(&mut tx, mail, &secret, rollcall.clock.now()).await?;
    tx.rollback().await?;
    Ok(match released {
        Release::Wanted => None,
        Release::Unwanted(why) => Some(why.to_owned()),
    })
}

/// Writes the mail, and as the last step before sending looks whether it is still wanted: in the same transaction
/// the attempt is counted and the link begins to work.
///
/// # Errors
/// When the store or the machine fails; nothing was counted then.
pub(super) async fn draft(rollcall: &Rollcall, holder: &Holder, mail: &Mail) -> Result<Draft> {
    let now = rollcall.clock.now();
    let secret = Secret::generate(&rollcall.clock, "")?;
    let mut conn = rollcall.db.read().await?;
    let composed = compose(&mut conn, mail, secret.clone()).await?;
    drop(conn);
    let (letter, addressee, mailbox_may_follow) = match composed {
        Composed::Letter { letter, addressee, mailbox_may_follow } => (letter, addressee, mailbox_may_follow),
        Composed::Unwanted(why) => return Ok(Draft::Unwanted(why)),
        Composed::Impossible(why) => return Ok(Draft::Impossible(why)),
    };
    let identity = Identity::of(mail, &rollcall.config, now);
    let message = match letter.render(&addressee, &identity, &rollcall.config.base_url) {
        Ok(message) => message,
        Err(why) => return Ok(Draft::Impossible(why)),
    };

    let mut tx = rollcall.db.write().await?;
    // What the mail is about is locked before the outbox, as by those who withdraw it.
    if let Release::Unwanted(why) = release(&mut tx, mail, &secret, now).await? {
        tx.rollback().await?;
        return Ok(Draft::Unwanted(why));
    }
    if !store::mail_claims::start_attempt(&mut tx, holder, &mail.id, &message.subject, now).await? {
        tx.rollback().await?;
        return Ok(Draft::Gone);
    }
    tx.commit().await?;
    Ok(Draft::Ready { message: Box::new(message), mailbox_may_follow })
}
