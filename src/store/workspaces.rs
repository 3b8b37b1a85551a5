//! Workspaces.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{all, execute, optional, optional_scalar},
};
use crate::{clock::Timestamp, model::WorkspaceId};

/// A workspace: the tenant.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its word in URLs and on the command line.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Most people who are active or invited; `None` for no limit.
    pub seat_limit: Option<i64>,
    /// The language of mails (BCP 47), such as `en`, to people of whom no other is known.
    pub language: String,
    /// When it was made.
    pub created_at: Timestamp,
}

const SELECT: &str = "SELECT id, slug, name, seat_limit, language, created_at FROM workspaces ";

/// Adds a workspace.
///
/// # Errors
/// `Unique(WorkspaceSlug)` when the slug is taken.
pub async fn insert(tx: &mut Tx, workspace: &Workspace) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO workspaces (id, slug, name, seat_limit, seats_active, seats_invited, language, created_at) \
         VALUES ($1, $2, $3, $4, $5, $5, $6, $7)",
        &workspace.id,
        &workspace.slug,
        &workspace.name,
        workspace.seat_limit,
        workspace.seat_limit.map(|_| 0_i64),
        &workspace.language,
        workspace.created_at
    )?;
    Ok(())
}

/// The workspace with this id.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, id: &WorkspaceId) -> Result<Option<Workspace>> {
    optional!(conn, Workspace, const_format::concatcp!(SELECT, "WHERE id = $1"), id)
}

/// The workspace with this slug.
///
/// # Errors
/// When the database fails.
pub async fn find_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Workspace>> {
    optional!(conn, Workspace, const_format::concatcp!(SELECT, "WHERE slug = $1"), slug)
}

/// Every workspace, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn) -> Result<Vec<Workspace>> {
    all!(conn, Workspace, const_format::concatcp!(SELECT, "ORDER BY id"))
}

/// Changes name and language of mails. The seat limit is changed by [`super::seats::set_limit`].
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, id: &WorkspaceId, name: &str, language: &str) -> Result<()> {
    execute!(tx, "UPDATE workspaces SET name = $2, language = $3 WHERE id = $1", id, name, language)?;
    Ok(())
}

/// Whether people of this workspace are mailed when their access is suspended.
///
/// # Errors
/// When the database fails.
pub async fn tells_suspended(conn: &mut Conn, id: &WorkspaceId) -> Result<bool> {
    let tells = optional_scalar!(conn, bool, "SELECT tells_suspended FROM workspaces WHERE id = $1", id)?;
    Ok(tells.unwrap_or_default())
}

/// Sets whether people of this workspace are mailed when their access is suspended.
///
/// # Errors
/// When the database fails.
pub async fn set_tells_suspended(tx: &mut Tx, id: &WorkspaceId, tells: bool) -> Result<()> {
    execute!(tx, "UPDATE workspaces SET tells_suspended = $2 WHERE id = $1", id, tells)?;
    Ok(())
}

/// The workspace that was made first.
///
/// # Errors
/// When the database fails.
pub async fn find_first(conn: &mut Conn) -> Result<Option<Workspace>> {
    optional!(conn, Workspace, const_format::concatcp!(SELECT, "ORDER BY created_at, id LIMIT 1"))
}
