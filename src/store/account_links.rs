//! The one-time links that claim the instance, set a password or confirm an address.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{execute, optional, scalar},
};
use crate::{
    clock::Timestamp,
    model::{AccountId, MailId, MailStatus, MailTemplate},
};

/// What a one-time link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkPurpose {
    /// Making the first owner of an instance that has no account.
    ClaimInstance,
    /// Setting the password of an account.
    SetPassword,
    /// Giving an account another address.
    ChangeEmail,
}

impl LinkPurpose {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ClaimInstance => "claim_instance",
            Self::SetPassword => "set_password",
            Self::ChangeEmail => "change_email",
        }
    }
}

/// A one-time link; the token itself is not kept.
#[derive(Clone, Debug, FromRow)]
pub struct AccountLink {
    /// The account whose password it sets; `None` when it claims the instance.
    pub account_id: Option<AccountId>,
    /// The address that the account gets, when the link changes it.
    pub email: Option<String>,
    /// The first moment at which it no longer works.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// A one-time link that is made.
#[derive(Clone, Copy, Debug)]
pub struct NewLink<'a> {
    /// The hash of its secret.
    pub token_hash: &'a str,
    /// What it is for.
    pub purpose: LinkPurpose,
    /// Whose account it opens; `None` for the one that claims the instance.
    pub account: Option<&'a AccountId>,
    /// The address that the account gets, when the link changes it.
    pub email: Option<&'a str>,
    /// The mail that it stands in, if it was mailed.
    pub mail: Option<&'a MailId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Another address that an account asked for and has not confirmed.
#[derive(Clone, Debug, FromRow)]
pub struct WantedAddress {
    /// The address.
    pub email: String,
    /// When its link was asked for last.
    pub asked_at: Timestamp,
    /// What is known of the mail with the link, while the mail is kept.
    pub mail_status: Option<MailStatus>,
    /// What the relay said of it, or why it was cancelled.
    pub mail_answer: Option<String>,
    /// When the mail last changed.
    pub mail_updated_at: Option<Timestamp>,
}

/// Adds a one-time link.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, link: &NewLink<'_>) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO account_links (token_hash, purpose, account_id, email, mail_id, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        link.token_hash,
        link.purpose.as_str(),
        link.account,
        link.email,
        link.mail,
        link.created_at,
        link.expires_at
    )?;
    Ok(())
}

/// The one-time link with this hash and purpose.
///
/// # Errors
/// When the database fails.
pub async fn find(conn: &mut Conn, token_hash: &str, purpose: LinkPurpose) -> Result<Option<AccountLink>> {
    optional!(
        conn,
        AccountLink,
        "SELECT account_id, email, expires_at, used_at FROM account_links WHERE token_hash = $1 AND purpose = $2",
        token_hash,
        purpose.as_str()
    )
}

/// Uses a link up. False when it was used before: of two callers one gets true.
///
/// # Errors
/// When the database fails.
pub async fn use_up(tx: &mut Tx, token_hash: &str, now: Timestamp) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE account_links SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2",
        token_hash,
        now
    )?;
    Ok(rows > 0)
}

/// Deletes every link that claims the instance.
///
/// # Errors
/// When the database fails.
pub async fn delete_claims(tx: &mut Tx) -> Result<()> {
    execute!(tx, "DELETE FROM account_links WHERE purpose = $1", LinkPurpose::ClaimInstance.as_str())?;
    Ok(())
}

/// Deletes the unused links of this account and purpose.
///
/// # Errors
/// When the database fails.
pub async fn delete_unused(tx: &mut Tx, account: &AccountId, purpose: LinkPurpose) -> Result<()> {
    execute!(
        tx,
        "DELETE FROM account_links WHERE purpose = $1 AND account_id = $2 AND used_at IS NULL",
        purpose.as_str(),
        account
    )?;
    Ok(())
}

/// Deletes the account's unused links of this purpose but those that this mail was sent with.
///
/// # Errors
/// When the database fails.
pub async fn delete_unused_but_of(
    tx: &mut Tx,
    account: &AccountId,
    purpose: LinkPurpose,
    mail: &MailId,
) -> Result<()> {
    execute!(
        tx,
        "DELETE FROM account_links WHERE purpose = $1 AND account_id = $2 AND used_at IS NULL \
         AND COALESCE(mail_id, '') <> $3",
        purpose.as_str(),
        account,
        mail
    )?;
    Ok(())
}

/// Whether a mail with a link of this purpose has left, or may have, that was asked for after `generation`.
///
/// # Errors
/// When the database fails.
pub async fn newer_was_mailed(
    conn: &mut Conn,
    account: &AccountId,
    purpose: LinkPurpose,
    generation: i64,
) -> Result<bool> {
    let (one, other) = match purpose {
        LinkPurpose::SetPassword => (MailTemplate::Added, MailTemplate::PasswordReset),
        LinkPurpose::ChangeEmail => (MailTemplate::EmailChange, MailTemplate::EmailChange),
        LinkPurpose::ClaimInstance => return Ok(false),
    };
    let newer = scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM outbox WHERE subject_id = $1 AND template IN ($2, $3) AND generation > $4 \
         AND attempts > 0 AND status IN ('queued', 'deferred', 'accepted', 'kept')",
        account,
        one.as_str(),
        other.as_str(),
        generation
    )?;
    Ok(newer > 0)
}

/// Notes the address that an account asks for, in place of an earlier one.
///
/// # Errors
/// When the database fails.
pub async fn want_address(tx: &mut Tx, account: &AccountId, email: &str, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO wanted_addresses (account_id, email, asked_at) VALUES ($1, $2, $3) \
         ON CONFLICT (account_id) DO UPDATE SET email = excluded.email, asked_at = excluded.asked_at",
        account,
        email,
        now
    )?;
    Ok(())
}

/// The address that an account asked for and has not confirmed.
///
/// # Errors
/// When the database fails.
pub async fn wanted_address(conn: &mut Conn, account: &AccountId) -> Result<Option<WantedAddress>> {
    optional!(
        conn,
        WantedAddress,
        "SELECT w.email, w.asked_at, o.status AS mail_status, o.answer AS mail_answer, \
         o.updated_at AS mail_updated_at FROM wanted_addresses w \
         LEFT JOIN outbox o ON o.template = $2 AND o.subject_id = w.account_id \
         AND o.generation = w.asked_at AND o.recipient = w.email WHERE w.account_id = $1",
        account,
        MailTemplate::EmailChange.as_str()
    )
}

/// Forgets that an account asked for this address. False when it does not want it any more: of two callers one gets
/// true.
///
/// # Errors
/// When the database fails.
pub async fn forget_wanted_address(tx: &mut Tx, account: &AccountId, email: &str) -> Result<bool> {
    let rows =
        execute!(tx, "DELETE FROM wanted_addresses WHERE account_id = $1 AND email = $2", account, email)?;
    Ok(rows > 0)
}
