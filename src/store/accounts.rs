//! Accounts, and the one-time links that claim the instance or set a password.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{execute, optional, scalar},
};
use crate::{
    clock::Timestamp,
    model::{AccountId, MailId, MailTemplate, WorkspaceId},
};

/// Someone who can sign in.
#[derive(Clone, Debug, FromRow)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The address as it was written.
    pub email: String,
    /// The address as it is compared.
    pub email_key: String,
    /// The person's name.
    pub name: String,
    /// PHC string; `None` until a password is set.
    pub password_hash: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Adds an account.
///
/// # Errors
/// `Unique(AccountEmail)` when the address has an account.
pub async fn insert(tx: &mut Tx, account: &Account) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO accounts (id, email, email_key, name, password_hash, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &account.id,
        &account.email,
        &account.email_key,
        &account.name,
        &account.password_hash,
        account.created_at,
        account.updated_at
    )?;
    Ok(())
}

/// The account with this id.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, id: &AccountId) -> Result<Option<Account>> {
    optional!(conn, Account, "SELECT * FROM accounts WHERE id = $1", id)
}

/// The account with this address.
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(conn: &mut Conn, email_key: &str) -> Result<Option<Account>> {
    optional!(conn, Account, "SELECT * FROM accounts WHERE email_key = $1", email_key)
}

/// Whether there is any account yet.
///
/// # Errors
/// When the database fails.
pub async fn any(conn: &mut Conn) -> Result<bool> {
    Ok(scalar!(conn, i64, "SELECT COUNT(*) FROM (SELECT id FROM accounts LIMIT 1) AS first_account")? > 0)
}

/// Sets name and password.
///
/// # Errors
/// When the database fails.
pub async fn set_credentials(
    tx: &mut Tx,
    id: &AccountId,
    name: &str,
    password_hash: &str,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE accounts SET name = $2, password_hash = $3, updated_at = $4 WHERE id = $1",
        id,
        name,
        password_hash,
        now
    )?;
    Ok(())
}

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

/// Adds a one-time link.
///
/// # Errors
/// When the database fails.
pub async fn insert_link(tx: &mut Tx, link: &NewLink<'_>) -> Result<()> {
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
pub async fn find_link(
    conn: &mut Conn,
    token_hash: &str,
    purpose: LinkPurpose,
) -> Result<Option<AccountLink>> {
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
pub async fn use_link(tx: &mut Tx, token_hash: &str, now: Timestamp) -> Result<bool> {
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
pub async fn delete_claim_links(tx: &mut Tx) -> Result<()> {
    execute!(tx, "DELETE FROM account_links WHERE purpose = $1", LinkPurpose::ClaimInstance.as_str())?;
    Ok(())
}

/// Deletes the unused links of this account and purpose.
///
/// # Errors
/// When the database fails.
pub async fn delete_links(tx: &mut Tx, account: &AccountId, purpose: LinkPurpose) -> Result<()> {
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
pub async fn delete_links_but_of(
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

/// Gives the account another name.
///
/// # Errors
/// When the database fails.
pub async fn set_name(tx: &mut Tx, id: &AccountId, name: &str, now: Timestamp) -> Result<()> {
    execute!(tx, "UPDATE accounts SET name = $2, updated_at = $3 WHERE id = $1", id, name, now)?;
    Ok(())
}

/// Gives the account another address.
///
/// # Errors
/// `Unique(AccountEmail)` when another account has it.
pub async fn set_email(
    tx: &mut Tx,
    id: &AccountId,
    email: &str,
    email_key: &str,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE accounts SET email = $2, email_key = $3, updated_at = $4 WHERE id = $1",
        id,
        email,
        email_key,
        now
    )?;
    Ok(())
}

/// Deletes an account that nobody has set a password for. One that got a password at this moment stays.
///
/// # Errors
/// When the database fails.
pub async fn delete_without_password(tx: &mut Tx, id: &AccountId) -> Result<()> {
    execute!(tx, "DELETE FROM accounts WHERE id = $1 AND password_hash IS NULL", id)?;
    Ok(())
}

/// How many mails of this template were asked for since then.
///
/// # Errors
/// When the database fails.
pub async fn count_mails_since(
    conn: &mut Conn,
    account: &AccountId,
    template: MailTemplate,
    since: Timestamp,
) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM outbox WHERE subject_id = $1 AND template = $2 AND created_at > $3",
        account,
        template.as_str(),
        since
    )
}

/// Cancels the mails of this template that have not gone out, of one workspace or of none.
///
/// # Errors
/// When the database fails.
pub async fn cancel_mails(
    tx: &mut Tx,
    account: &AccountId,
    template: MailTemplate,
    workspace: Option<&WorkspaceId>,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE outbox SET status = 'cancelled', answer = $4, updated_at = $5 \
         WHERE subject_id = $1 AND template = $2 AND COALESCE(workspace_id, '') = $3 \
         AND status IN ('queued', 'deferred')",
        account,
        template.as_str(),
        workspace.map(WorkspaceId::as_str).unwrap_or_default(),
        reason,
        now
    )?;
    Ok(())
}

/// Cancels every mail with a link that opens the account and has not gone out; gives the number.
///
/// # Errors
/// When the database fails.
pub async fn cancel_mailed_links(
    tx: &mut Tx,
    account: &AccountId,
    reason: &str,
    now: Timestamp,
) -> Result<u64> {
    execute!(
        tx,
        "UPDATE outbox SET status = 'cancelled', answer = $2, updated_at = $3 \
         WHERE subject_id = $1 AND template IN ($4, $5, $6) AND status IN ('queued', 'deferred')",
        account,
        reason,
        now,
        MailTemplate::Added.as_str(),
        MailTemplate::PasswordReset.as_str(),
        MailTemplate::EmailChange.as_str()
    )
}

/// Whether a mail with a link of this purpose has left, or may have, that was asked for after `generation`.
///
/// # Errors
/// When the database fails.
pub async fn newer_link_was_mailed(
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
