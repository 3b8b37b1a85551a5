//! The language in which someone is written to: their own, else the workspace's.

use sqlx::FromRow;

use super::{Conn, Result, sql::optional};
use crate::model::{AccountId, WorkspaceId};

/// What is known of the languages to write to someone in; each is a tag (BCP 47).
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Languages {
    /// The person's own.
    pub own: Option<String>,
    /// The workspace's.
    pub workspace: String,
}

/// The languages of whoever has this address in a workspace, member or not.
///
/// # Errors
/// When the database fails.
pub async fn of_address(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    email_key: &str,
) -> Result<Option<Languages>> {
    optional!(
        conn,
        Languages,
        "SELECT m.language AS own, w.language AS workspace FROM workspaces w \
         LEFT JOIN memberships m ON m.workspace_id = w.id AND m.email_key = $2 WHERE w.id = $1",
        workspace,
        email_key
    )
}

/// The languages of the person behind an account: their own in whichever workspace, else the first workspace's.
///
/// # Errors
/// When the database fails.
pub async fn of_account(conn: &mut Conn, account: &AccountId) -> Result<Option<Languages>> {
    optional!(
        conn,
        Languages,
        "SELECT m.language AS own, w.language AS workspace FROM memberships m JOIN workspaces w ON w.id = m.workspace_id \
         WHERE m.account_id = $1 ORDER BY CASE WHEN m.language IS NULL THEN 1 ELSE 0 END, m.id LIMIT 1",
        account
    )
}
