//! What the people or groups of a directory have besides the attributes of the RFCs.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx, key,
    sql::{all, execute},
};
use crate::{clock::Timestamp, model::DirectoryId};

/// An extension of one of the directory's resource types.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DirectoryExtension {
    /// `User` or `Group`.
    pub resource_type: String,
    /// Whether every such resource must have it.
    pub required: bool,
    /// Its schema in the JSON form of RFC 7643 section 7.
    pub schema_json: String,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Adds the extension whose schema has this URN.
///
/// # Errors
/// When the database fails, or the directory has one with this URN.
pub async fn insert(
    tx: &mut Tx,
    directory: &DirectoryId,
    urn: &str,
    extension: &DirectoryExtension,
) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO directory_extensions \
         (directory_id, urn_key, resource_type, required, schema_json, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
        directory,
        key(urn),
        &extension.resource_type,
        extension.required,
        &extension.schema_json,
        extension.created_at
    )?;
    count_change(tx, directory).await
}

/// Takes the extension with this URN away; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, directory: &DirectoryId, urn: &str) -> Result<bool> {
    let rows = execute!(
        tx,
        "DELETE FROM directory_extensions WHERE directory_id = $1 AND urn_key = $2",
        directory,
        key(urn)
    )?;
    count_change(tx, directory).await?;
    Ok(rows > 0)
}

/// Takes all extensions of a directory away.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx, directory: &DirectoryId) -> Result<()> {
    execute!(tx, "DELETE FROM directory_extensions WHERE directory_id = $1", directory)?;
    count_change(tx, directory).await
}

/// The extensions of a directory in the order in which they were added.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, directory: &DirectoryId) -> Result<Vec<DirectoryExtension>> {
    all!(
        conn,
        DirectoryExtension,
        "SELECT resource_type, required, schema_json, created_at FROM directory_extensions \
         WHERE directory_id = $1 ORDER BY created_at, urn_key",
        directory
    )
}

/// By this number every process sees that what it read before is no longer so.
async fn count_change(tx: &mut Tx, directory: &DirectoryId) -> Result<()> {
    execute!(
        tx,
        "UPDATE directories SET extensions_version = extensions_version + 1 WHERE id = $1",
        directory
    )?;
    Ok(())
}
