//! Directories: the synced sources of a workspace.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx, key,
    sql::{Statement, all, all_of, execute, optional, scalars},
};
use crate::{
    clock::Timestamp,
    model::{
        AccountId, AllowedDomains, DirectoryId, EmailSources, InvitationMode, Progress, ProgressStep,
        Provider, Role, WhenFull, WorkspaceId,
    },
};

/// One synced source of people and groups.
#[derive(Clone, Debug, FromRow)]
pub struct Directory {
    /// Its id; part of its SCIM base URL.
    pub id: DirectoryId,
    /// The workspace it feeds.
    pub workspace_id: WorkspaceId,
    /// The kind of identity provider.
    pub provider: Provider,
    /// The name the admin gave it.
    pub name: String,
    /// What an admin decided for it.
    #[sqlx(flatten)]
    pub settings: Settings,
    /// Who made it; `None` for the command line.
    pub created_by: Option<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What an admin decides for a directory.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Settings {
    /// The role of people it adds.
    pub default_role: Role,
    /// What happens when it names a new person.
    pub invitation_mode: InvitationMode,
    /// The domains of which addresses are let in.
    #[sqlx(try_from = "String")]
    pub allowed_domains: AllowedDomains,
    /// Where the address of a person is looked for.
    #[sqlx(try_from = "String")]
    pub email_sources: EmailSources,
    /// What happens to people beyond the workspace's seat limit.
    pub when_full: WhenFull,
    /// Requests that deviate from the RFC are refused instead of understood.
    pub strict: bool,
}

impl Settings {
    /// The settings of a directory that nobody has looked at yet.
    pub fn new(default_role: Role) -> Self {
        Self {
            default_role,
            invitation_mode: InvitationMode::Send,
            allowed_domains: AllowedDomains::default(),
            email_sources: EmailSources::default(),
            when_full: WhenFull::Hold,
            strict: false,
        }
    }
}

const COLUMNS: &str = "id, workspace_id, provider, name, default_role, invitation_mode, allowed_domains, email_sources, \
                       when_full, strict, created_by, created_at";

/// Adds a directory. `creation_key` names the form that asked for it.
///
/// # Errors
/// `Unique(DirectoryName)` when the name is taken, `Unique(DirectoryCreation)` when the form was submitted before.
pub async fn insert(tx: &mut Tx, directory: &Directory, creation_key: Option<&str>) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO directories \
         (id, workspace_id, provider, name, name_key, default_role, invitation_mode, allowed_domains, email_sources, \
         when_full, strict, creation_key, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        &directory.id,
        &directory.workspace_id,
        directory.provider,
        &directory.name,
        key(&directory.name),
        directory.settings.default_role,
        directory.settings.invitation_mode,
        directory.settings.allowed_domains.to_string(),
        directory.settings.email_sources.to_string(),
        directory.settings.when_full,
        directory.settings.strict,
        creation_key,
        &directory.created_by,
        directory.created_at
    )?;
    Ok(())
}

const SELECT_ONE: &str = const_format::concatcp!(
    "SELECT ",
    COLUMNS,
    " FROM directories WHERE id = $1 AND workspace_id = $2 AND removed_at IS NULL"
);

/// The directory with this id in this workspace, unless it was removed.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, workspace: &WorkspaceId, id: &DirectoryId) -> Result<Option<Directory>> {
    optional!(conn, Directory, SELECT_ONE, id, workspace)
}

/// The same, locked until the transaction ends, so that changes to one directory happen one after the other.
///
/// # Errors
/// When the database fails.
pub async fn get_for_update(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &DirectoryId,
) -> Result<Option<Directory>> {
    if !tx.is_postgres() {
        return get(tx, workspace, id).await;
    }
    optional!(tx, Directory, const_format::concatcp!(SELECT_ONE, " FOR UPDATE"), id, workspace)
}

/// The same, locked against change alone: any number may hold it at one time.
///
/// # Errors
/// When the database fails.
pub async fn get_for_share(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &DirectoryId,
) -> Result<Option<Directory>> {
    if !tx.is_postgres() {
        return get(tx, workspace, id).await;
    }
    optional!(tx, Directory, const_format::concatcp!(SELECT_ONE, " FOR SHARE"), id, workspace)
}

/// Whether there is such a directory, and it was not removed.
///
/// # Errors
/// When the database fails.
pub async fn is_there(conn: &mut Conn, id: &DirectoryId) -> Result<bool> {
    let found: Option<(DirectoryId,)> = optional!(
        conn,
        (DirectoryId,),
        "SELECT id FROM directories WHERE id = $1 AND removed_at IS NULL",
        id
    )?;
    Ok(found.is_some())
}

/// The directory that an earlier submit of the same form made.
///
/// # Errors
/// When the database fails.
pub async fn find_by_creation_key(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    key: &str,
) -> Result<Option<Directory>> {
    optional!(
        conn,
        Directory,
        const_format::concatcp!(
            "SELECT ",
            COLUMNS,
            " FROM directories WHERE workspace_id = $1 AND creation_key = $2 AND removed_at IS NULL"
        ),
        workspace,
        key
    )
}

/// The workspace's directories, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<Directory>> {
    all!(
        conn,
        Directory,
        const_format::concatcp!(
            "SELECT ",
            COLUMNS,
            " FROM directories WHERE workspace_id = $1 AND removed_at IS NULL ORDER BY id"
        ),
        workspace
    )
}

/// Every directory of every workspace.
///
/// # Errors
/// When the database fails.
pub async fn list_all_ids(conn: &mut Conn) -> Result<Vec<DirectoryId>> {
    scalars!(conn, DirectoryId, "SELECT id FROM directories ORDER BY id")
}

/// Changes name, provider and settings.
///
/// # Errors
/// `Unique(DirectoryName)` when the name is taken.
pub async fn update(
    tx: &mut Tx,
    id: &DirectoryId,
    name: &str,
    provider: Provider,
    settings: &Settings,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE directories SET name = $2, name_key = $3, provider = $4, default_role = $5, invitation_mode = $6, \
         allowed_domains = $7, email_sources = $8, when_full = $9, strict = $10 WHERE id = $1",
        id,
        name,
        key(name),
        provider,
        settings.default_role,
        settings.invitation_mode,
        settings.allowed_domains.to_string(),
        settings.email_sources.to_string(),
        settings.when_full,
        settings.strict
    )?;
    Ok(())
}

/// Marks a directory as removed: from now on it does not exist for anyone.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, id: &DirectoryId, now: Timestamp) -> Result<()> {
    execute!(tx, "UPDATE directories SET removed_at = $2, creation_key = NULL WHERE id = $1", id, now)?;
    Ok(())
}

/// Which of these directories there are.
///
/// # Errors
/// When the database fails.
pub async fn list_known(conn: &mut Conn, ids: &[DirectoryId]) -> Result<Vec<DirectoryId>> {
    let mut known = Vec::new();
    for chunk in ids.chunks(super::CHUNK) {
        let mut statement = Statement::new("SELECT id FROM directories WHERE removed_at IS NULL AND id IN ");
        statement.bind_list(chunk.iter().map(DirectoryId::as_str));
        let rows = all_of!(conn, (DirectoryId,), statement)?;
        known.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(known)
}

/// How far the directory has come since it was made.
///
/// # Errors
/// When the database fails.
pub async fn progress(conn: &mut Conn, id: &DirectoryId) -> Result<Progress> {
    #[derive(FromRow)]
    struct Step {
        at: Option<i64>,
        detail: Option<String>,
    }
    impl From<Option<Step>> for ProgressStep {
        fn from(step: Option<Step>) -> Self {
            step.map_or_else(Self::default, |step| Self { at: step.at, detail: step.detail })
        }
    }
    let tested = optional!(
        conn,
        Step,
        "SELECT MIN(first_used_at) AS at, CAST(NULL AS TEXT) AS detail FROM directory_tokens WHERE directory_id = $1",
        id
    )?;
    let person = optional!(
        conn,
        Step,
        "SELECT created_at AS at, COALESCE(email, user_name) AS detail FROM directory_users \
         WHERE directory_id = $1 AND NOT deleted ORDER BY id LIMIT 1",
        id
    )?;
    let group = optional!(
        conn,
        Step,
        "SELECT created_at AS at, display_name AS detail FROM directory_groups WHERE directory_id = $1 ORDER BY id LIMIT 1",
        id
    )?;
    let rejected = optional!(
        conn,
        Step,
        "SELECT at, summary || ' from ' || address AS detail FROM scim_requests \
         WHERE directory_id = $1 AND kind = 'rejected' \
         AND at > COALESCE((SELECT MAX(last_used_at) FROM directory_tokens WHERE directory_id = $1), 0) \
         ORDER BY id DESC LIMIT 1",
        id
    )?;
    Ok(Progress {
        connection_tested: tested.into(),
        first_person: person.into(),
        first_group: group.into(),
        rejected: rejected.into(),
    })
}
