//! The bearer tokens of a directory. Only a hash and a hint are kept.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    directories::Settings,
    sql::{all, execute, optional, scalar},
};
use crate::{
    clock::Timestamp,
    model::{AccountId, DirectoryId, DirectoryTokenId, Provider, WorkspaceId},
};

/// A token as the admin sees it.
#[derive(Clone, Debug, FromRow)]
pub struct DirectoryToken {
    /// Its id.
    pub id: DirectoryTokenId,
    /// The directory it opens.
    pub directory_id: DirectoryId,
    /// What it begins with and its last four letters, to tell it from others.
    pub hint: String,
    /// Who made it; `None` for the command line.
    pub created_by: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The first moment at which it no longer works.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When a request last came with it, to the minute.
    pub last_used_at: Option<Timestamp>,
}

impl DirectoryToken {
    /// Whether requests with it are accepted at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

/// Adds a token.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, token: &DirectoryToken, token_hash: &str) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO directory_tokens (id, directory_id, token_hash, hint, created_by, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &token.id,
        &token.directory_id,
        token_hash,
        &token.hint,
        &token.created_by,
        token.created_at,
        token.expires_at
    )?;
    Ok(())
}

/// The directory's tokens, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, directory: &DirectoryId) -> Result<Vec<DirectoryToken>> {
    all!(
        conn,
        DirectoryToken,
        "SELECT id, directory_id, hint, created_by, created_at, expires_at, revoked_at, last_used_at \
         FROM directory_tokens WHERE directory_id = $1 ORDER BY id DESC",
        directory
    )
}

/// What a request with a token may act on.
#[derive(Clone, Debug, FromRow)]
pub struct TokenHolder {
    /// The token.
    pub token_id: DirectoryTokenId,
    /// Its hint.
    pub hint: String,
    /// The first moment at which it no longer works.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When a request last came with it.
    pub last_used_at: Option<Timestamp>,
    /// The directory it opens.
    pub directory_id: DirectoryId,
    /// The workspace that the directory feeds.
    pub workspace_id: WorkspaceId,
    /// The directory's provider.
    pub provider: Provider,
    /// Counts the changes of the directory's extensions.
    pub extensions_version: i64,
    /// The directory's settings.
    #[sqlx(flatten)]
    pub settings: Settings,
}

/// The holder of the token with this hash, for a directory that exists.
///
/// # Errors
/// When the database fails.
pub async fn find_by_hash(conn: &mut Conn, token_hash: &str) -> Result<Option<TokenHolder>> {
    optional!(
        conn,
        TokenHolder,
        "SELECT t.id AS token_id, t.hint, t.expires_at, t.revoked_at, t.last_used_at, d.id AS directory_id, \
         d.workspace_id, d.provider, d.default_role, d.invitation_mode, d.allowed_domains, d.email_sources, \
         d.when_full, d.strict, d.extensions_version \
         FROM directory_tokens t JOIN directories d ON d.id = t.directory_id \
         WHERE t.token_hash = $1 AND d.removed_at IS NULL",
        token_hash
    )
}

/// Notes that a request came with the token.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut Tx, id: &DirectoryTokenId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_tokens SET last_used_at = $2, first_used_at = COALESCE(first_used_at, $2) WHERE id = $1",
        id,
        now
    )?;
    Ok(())
}

/// Revokes one token of a directory. False when there is no such live token.
///
/// # Errors
/// When the database fails.
pub async fn revoke(
    tx: &mut Tx,
    directory: &DirectoryId,
    id: &DirectoryTokenId,
    now: Timestamp,
) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE directory_tokens SET revoked_at = $3 WHERE id = $2 AND directory_id = $1 AND revoked_at IS NULL",
        directory,
        id,
        now
    )?;
    Ok(rows > 0)
}

/// Revokes every token of a directory.
///
/// # Errors
/// When the database fails.
pub async fn revoke_all(tx: &mut Tx, directory: &DirectoryId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_tokens SET revoked_at = $2 WHERE directory_id = $1 AND revoked_at IS NULL",
        directory,
        now
    )?;
    Ok(())
}

/// The number of tokens that requests are accepted with.
///
/// # Errors
/// When the database fails.
pub async fn count_live(conn: &mut Conn, directory: &DirectoryId, now: Timestamp) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM directory_tokens WHERE directory_id = $1 AND revoked_at IS NULL \
         AND (expires_at IS NULL OR expires_at > $2)",
        directory,
        now
    )
}

/// A token that ends soon.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ExpiringToken {
    /// The token.
    pub id: DirectoryTokenId,
    /// The directory that it opens.
    pub directory_id: DirectoryId,
    /// Its workspace.
    pub workspace_id: WorkspaceId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// The tokens that end between `now` and `horizon`, soonest first.
///
/// # Errors
/// When the database fails.
pub async fn list_expiring(
    conn: &mut Conn,
    now: Timestamp,
    horizon: Timestamp,
) -> Result<Vec<ExpiringToken>> {
    all!(
        conn,
        ExpiringToken,
        "SELECT t.id, t.directory_id, d.workspace_id, t.created_at, t.expires_at FROM directory_tokens t \
         JOIN directories d ON d.id = t.directory_id WHERE t.revoked_at IS NULL AND d.removed_at IS NULL \
         AND t.expires_at > $1 AND t.expires_at <= $2 ORDER BY t.expires_at",
        now,
        horizon
    )
}
