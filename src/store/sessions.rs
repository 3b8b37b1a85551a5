//! Browser sessions. Looked up on every request, so ending one ends access with the next request.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{execute, optional, scalar},
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
    expires_at: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO sessions (id, account_id, data, expires_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (id) DO UPDATE SET account_id = $2, data = $3, expires_at = $4",
        id,
        account,
        data,
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
