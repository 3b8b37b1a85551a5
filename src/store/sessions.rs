//! Browser sessions. Looked up on every request, so ending one ends access with the next request.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{all, execute, optional, scalar},
};
use crate::{clock::Timestamp, model::AccountId};

/// A stored session.
#[derive(Clone, Debug, FromRow)]
pub struct Session {
    /// The session's values as JSON.
    pub data: String,
    /// The first moment at which it no longer counts.
    pub expires_at: Timestamp,
}

/// Stores a session, or its new values.
///
/// # Errors
/// When the database fails.
pub async fn upsert(
    tx: &mut Tx,
    id: &str,
    account: Option<&str>,
    data: &str,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO sessions (id, account_id, data, created_at, expires_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET account_id = $2, data = $3, expires_at = $5",
        id,
        account,
        data,
        now,
        expires_at
    )?;
    Ok(())
}

/// Stores new values of a session that is there. False when it is gone: an ended session must not come back.
///
/// # Errors
/// When the database fails.
pub async fn update(
    tx: &mut Tx,
    id: &str,
    account: Option<&str>,
    data: &str,
    expires_at: Timestamp,
) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE sessions SET account_id = $2, data = $3, expires_at = $4 WHERE id = $1",
        id,
        account,
        data,
        expires_at
    )?;
    Ok(rows > 0)
}

/// The session with this id, if it still counts.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, id: &str, now: Timestamp) -> Result<Option<Session>> {
    optional!(
        conn,
        Session,
        "SELECT data, expires_at FROM sessions WHERE id = $1 AND expires_at > $2",
        id,
        now
    )
}

/// Ends one session.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    execute!(tx, "DELETE FROM sessions WHERE id = $1", id)?;
    Ok(())
}

/// Ends every session of an account; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_of_account(tx: &mut Tx, account: &AccountId) -> Result<u64> {
    execute!(tx, "DELETE FROM sessions WHERE account_id = $1", account)
}

/// Ends one session of an account; false when it has no such session.
///
/// # Errors
/// When the database fails.
pub async fn delete_one_of_account(tx: &mut Tx, account: &AccountId, id: &str) -> Result<bool> {
    Ok(execute!(tx, "DELETE FROM sessions WHERE account_id = $1 AND id = $2", account, id)? > 0)
}

/// Ends every session of an account but one; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_others_of_account(tx: &mut Tx, account: &AccountId, kept: &str) -> Result<u64> {
    execute!(tx, "DELETE FROM sessions WHERE account_id = $1 AND id <> $2", account, kept)
}

/// A session as its owner sees it.
#[derive(Clone, Debug, FromRow)]
pub struct OwnSession {
    /// Names it; opens nothing.
    pub id: String,
    /// The session's values as JSON.
    pub data: String,
    /// When the person signed in.
    pub created_at: Timestamp,
    /// The first moment at which it no longer counts.
    pub expires_at: Timestamp,
}

/// The sessions of an account that still count, newest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_of_account(
    conn: &mut Conn,
    account: &AccountId,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<OwnSession>> {
    all!(
        conn,
        OwnSession,
        "SELECT id, data, created_at, expires_at FROM sessions WHERE account_id = $1 AND expires_at > $2 \
         ORDER BY created_at DESC, id LIMIT $3",
        account,
        now,
        limit
    )
}

/// Deletes sessions that no longer count.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &mut Tx, now: Timestamp) -> Result<u64> {
    execute!(tx, "DELETE FROM sessions WHERE expires_at <= $1", now)
}

/// How many sessions an account has.
///
/// # Errors
/// When the database fails.
pub async fn count_of_account(conn: &mut Conn, account: &AccountId, now: Timestamp) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM sessions WHERE account_id = $1 AND expires_at > $2",
        account,
        now
    )
}
