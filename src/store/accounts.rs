//! Accounts, and the mails about them.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{execute, optional, scalar},
};
use crate::{
    clock::Timestamp,
    model::{AccountId, MailTemplate, WorkspaceId},
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
