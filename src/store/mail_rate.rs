//! How many mails all workers together began to send lately, so that a limit holds for all of them and across restarts.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{all, execute},
};
use crate::clock::Timestamp;

/// Mails that were begun within one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Begun {
    /// When the last of them was, by the database's clock.
    pub at: Timestamp,
    /// How many.
    pub mails: i64,
}

/// What was begun after `since`, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, since: Timestamp) -> Result<Vec<Begun>> {
    all!(conn, Begun, "SELECT at, mails FROM mail_rate WHERE at > $1 ORDER BY at", since)
}

/// Keeps other workers from counting until the transaction ends; it is short.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx) -> Result<()> {
    if tx.is_postgres() {
        // Readers read on.
        execute!(tx, "LOCK TABLE mail_rate IN EXCLUSIVE MODE")?;
    }
    Ok(())
}

/// Counts mails that are begun at `at`, and forgets what was begun at `forgotten` or before, or is in the future: the
/// clock was set back.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, at: Timestamp, mails: i64, forgotten: Timestamp) -> Result<()> {
    execute!(tx, "DELETE FROM mail_rate WHERE at <= $1 OR at > $2", forgotten, at)?;
    execute!(
        tx,
        "INSERT INTO mail_rate (second, at, mails) VALUES ($1, $2, $3) \
         ON CONFLICT (second) DO UPDATE SET at = $2, mails = mail_rate.mails + $3",
        at.0.div_euclid(1_000_000),
        at,
        mails
    )?;
    Ok(())
}
