//! Addresses that somebody left while others were held because of them.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{all, execute},
};
use crate::model::WorkspaceId;

/// An address that may be free.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct FreedAddress {
    /// Where.
    pub workspace_id: WorkspaceId,
    /// The address as it is compared.
    pub email_key: String,
    /// How often it was left since those who wait for it were last looked at.
    pub times: i64,
}

/// Notes that an address may be free, if anybody waits for it. The caller has the lock on who had it: whoever is held
/// because of them at the same moment is either seen here, or finds the address free.
///
/// # Errors
/// When the database fails.
pub async fn note(tx: &mut Tx, workspace: &WorkspaceId, email_key: &str) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO freed_addresses (workspace_id, email_key, times) SELECT $1, $2, 1 \
         WHERE EXISTS (SELECT 1 FROM directory_users WHERE email_key = $2 AND held_reason = 'conflict' AND NOT deleted) \
         ON CONFLICT (workspace_id, email_key) DO UPDATE SET times = freed_addresses.times + 1",
        workspace,
        email_key
    )?;
    Ok(())
}

/// Some addresses for which those who wait have to be looked at, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<FreedAddress>> {
    all!(
        conn,
        FreedAddress,
        "SELECT workspace_id, email_key, times FROM freed_addresses ORDER BY workspace_id, email_key LIMIT $1",
        limit
    )
}

/// Those who waited for it were looked at; nothing happens when it was left once more meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, freed: &FreedAddress) -> Result<()> {
    execute!(
        tx,
        "DELETE FROM freed_addresses WHERE workspace_id = $1 AND email_key = $2 AND times = $3",
        &freed.workspace_id,
        &freed.email_key,
        freed.times
    )?;
    Ok(())
}
