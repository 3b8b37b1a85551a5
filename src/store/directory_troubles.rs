//! Which directories fail, as their owners were told, and what the journal shows of it.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{all, execute, optional, optional_scalar},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryId, RequestKind, WorkspaceId},
};

/// A directory to look after.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Watched {
    /// The directory.
    pub id: DirectoryId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// Since when its owners know that it fails.
    pub told_at: Option<Timestamp>,
}

/// Every directory that is not removed.
///
/// # Errors
/// When the database fails.
pub async fn list_watched(conn: &mut Conn) -> Result<Vec<Watched>> {
    all!(
        conn,
        Watched,
        "SELECT d.id, d.workspace_id, t.told_at FROM directories d \
         LEFT JOIN directory_troubles t ON t.directory_id = d.id WHERE d.removed_at IS NULL ORDER BY d.id"
    )
}

/// A directory fails from now on; false when that was known.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut Tx, directory: &DirectoryId, now: Timestamp) -> Result<bool> {
    let rows = execute!(
        tx,
        "INSERT INTO directory_troubles (directory_id, told_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        directory,
        now
    )?;
    Ok(rows > 0)
}

/// Since when the owners of a directory know that it fails, if it does and is not removed.
///
/// # Errors
/// When the database fails.
pub async fn told_at(conn: &mut Conn, directory: &DirectoryId) -> Result<Option<Timestamp>> {
    optional_scalar!(
        conn,
        Timestamp,
        "SELECT t.told_at FROM directory_troubles t JOIN directories d ON d.id = t.directory_id \
         WHERE t.directory_id = $1 AND d.removed_at IS NULL",
        directory
    )
}

/// A directory fails no more.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, directory: &DirectoryId) -> Result<()> {
    execute!(tx, "DELETE FROM directory_troubles WHERE directory_id = $1", directory)?;
    Ok(())
}

/// How a write of a directory went.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Write {
    /// When.
    pub at: Timestamp,
    /// `change` or `error`.
    pub kind: RequestKind,
    /// What the directory was told.
    pub detail: Option<String>,
}

/// The latest writes of a directory, newest first.
///
/// # Errors
/// When the database fails.
pub async fn latest_writes(conn: &mut Conn, directory: &DirectoryId, limit: i64) -> Result<Vec<Write>> {
    all!(
        conn,
        Write,
        "SELECT at, kind, detail FROM scim_requests WHERE directory_id = $1 AND kind IN ('change', 'error') \
         AND method <> 'GET' ORDER BY id DESC LIMIT $2",
        directory,
        limit
    )
}

/// The requests of a directory that no token opened it for, since one last did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Rejections {
    /// When the first of them came.
    pub first: Option<Timestamp>,
    /// When the last of them came.
    pub last: Option<Timestamp>,
}

/// The rejected requests since the latest that was not.
///
/// # Errors
/// When the database fails.
pub async fn rejections(conn: &mut Conn, directory: &DirectoryId) -> Result<Option<Rejections>> {
    optional!(
        conn,
        Rejections,
        "SELECT MIN(at) AS first, MAX(at) AS last FROM scim_requests WHERE directory_id = $1 AND kind = 'rejected' \
         AND id > COALESCE((SELECT id FROM scim_requests WHERE directory_id = $1 AND kind <> 'rejected' \
         ORDER BY id DESC LIMIT 1), '')",
        directory
    )
}
