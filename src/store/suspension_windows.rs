//! How many people each directory took access from in a short time.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{execute, optional, optional_scalar},
};
use crate::{clock::Timestamp, model::DirectoryId};

/// A directory's current window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Window {
    /// When it began.
    pub started_at: Timestamp,
    /// How many lost access in it.
    pub suspended: i64,
    /// How many members there were when it began, once that was counted.
    pub members: Option<i64>,
}

/// Counts one more in the window that began at `open_since` or later; `None` when there is none.
///
/// Called last in its transaction: the row is locked from here to the commit.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx, directory: &DirectoryId, open_since: Timestamp) -> Result<Option<Window>> {
    optional!(
        tx,
        Window,
        "UPDATE suspension_windows SET suspended = suspended + 1 WHERE directory_id = $1 AND started_at >= $2 \
         RETURNING started_at, suspended, members",
        directory,
        open_since
    )
}

/// Begins a window with its first suspension.
///
/// # Errors
/// When the database fails.
pub async fn open(tx: &mut Tx, directory: &DirectoryId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO suspension_windows (directory_id, started_at, suspended) VALUES ($1, $2, 1) \
         ON CONFLICT (directory_id) DO UPDATE SET started_at = $2, suspended = 1, members = NULL",
        directory,
        now
    )?;
    Ok(())
}

/// Notes how many members there were when the window began.
///
/// # Errors
/// When the database fails.
pub async fn set_members(tx: &mut Tx, directory: &DirectoryId, members: i64) -> Result<()> {
    execute!(tx, "UPDATE suspension_windows SET members = $2 WHERE directory_id = $1", directory, members)?;
    Ok(())
}

/// Whether anyone who lost access by the directory's word since then is still without it.
///
/// # Errors
/// When the database fails.
pub async fn has_lasting(conn: &mut Conn, directory: &DirectoryId, since: Timestamp) -> Result<bool> {
    let lasting = optional_scalar!(
        conn,
        String,
        "SELECT id FROM memberships WHERE directory_id = $1 AND status IN ('suspended', 'removed') \
         AND status_changed_at >= $2 LIMIT 1",
        directory,
        since
    )?;
    Ok(lasting.is_some())
}
