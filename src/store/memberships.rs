//! Memberships: who is in a workspace, as what, and since when.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    accounts::Account,
    freed_addresses, seats,
    sql::{all, execute, optional, scalars},
};
use crate::{
    clock::Timestamp,
    model::{AccountId, DirectoryId, MembershipId, MembershipStatus, Role, Source, SuspendedBy, WorkspaceId},
};

/// An account, or an invited address, in a workspace.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Membership {
    /// Its id.
    pub id: MembershipId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The account; `None` until the person has accepted.
    pub account_id: Option<AccountId>,
    /// The address as it was written.
    pub email: String,
    /// The address as it is compared.
    pub email_key: String,
    /// The person's name as the workspace knows it.
    pub name: String,
    /// The person's own language (BCP 47): as the directory names it, or chosen by who invited them by hand.
    pub language: Option<String>,
    /// What the person may do.
    pub role: Role,
    /// Where the membership stands.
    pub status: MembershipStatus,
    /// Who vouches for it.
    pub source: Source,
    /// The directory that vouches for it.
    pub directory_id: Option<DirectoryId>,
    /// Who suspended it.
    pub suspended_by: Option<SuspendedBy>,
    /// When `status` last changed.
    pub status_changed_at: Timestamp,
    /// When the person accepted.
    pub joined_at: Option<Timestamp>,
    /// When the person last opened a page.
    pub last_active_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Membership {
    /// Whether its address is its own. It is not when nothing is left of the membership: it was removed, or an invitation
    /// by hand ran out or was declined.
    pub fn has_address(&self) -> bool {
        has_address(self.status, self.source)
    }
}

const COLUMNS: &str = "id, workspace_id, account_id, email, email_key, name, language, role, status, source, directory_id, \
                       suspended_by, status_changed_at, joined_at, last_active_at, created_at, updated_at";
const SELECT: &str = const_format::concatcp!("SELECT ", COLUMNS, " FROM memberships ");

/// What a search looks in: name and address, case-folded, and what lists are sorted by.
fn search_key(membership: &Membership) -> String {
    format!("{}\u{1f}{}", membership.name.to_lowercase(), membership.email_key)
}

/// Adds a membership. False when the address has one in the workspace: two who ask at the same moment both find none,
/// and the second is told so here.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, membership: &Membership) -> Result<bool> {
    let rows = execute!(
        tx,
        "INSERT INTO memberships \
         (id, workspace_id, account_id, email, email_key, name, search_key, language, role, status, source, directory_id, \
         suspended_by, status_changed_at, joined_at, last_active_at, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
         ON CONFLICT (workspace_id, email_key) DO NOTHING",
        &membership.id,
        &membership.workspace_id,
        &membership.account_id,
        &membership.email,
        &membership.email_key,
        &membership.name,
        search_key(membership),
        &membership.language,
        membership.role,
        membership.status,
        membership.source,
        &membership.directory_id,
        membership.suspended_by,
        membership.status_changed_at,
        membership.joined_at,
        membership.last_active_at,
        membership.created_at,
        membership.updated_at
    )?;
    if rows > 0 {
        seats::count_change(tx, &membership.workspace_id, None, membership.status).await?;
    }
    Ok(rows > 0)
}

/// Stores every changeable column of a membership.
///
/// # Errors
/// `Unique(MembershipEmail)` or `Unique(MembershipAccount)` when another membership of the workspace has it.
pub async fn update(tx: &mut Tx, membership: &Membership) -> Result<()> {
    let Some(before) = lock_place(tx, &membership.id).await? else { return Ok(()) };
    execute!(
        tx,
        "UPDATE memberships SET account_id = $2, email = $3, email_key = $4, name = $5, search_key = $6, language = $7, \
         role = $8, status = $9, source = $10, directory_id = $11, suspended_by = $12, status_changed_at = $13, \
         joined_at = $14, updated_at = $15 WHERE id = $1",
        &membership.id,
        &membership.account_id,
        &membership.email,
        &membership.email_key,
        &membership.name,
        search_key(membership),
        &membership.language,
        membership.role,
        membership.status,
        membership.source,
        &membership.directory_id,
        membership.suspended_by,
        membership.status_changed_at,
        membership.joined_at,
        membership.updated_at
    )?;
    let keeps_address = membership.has_address() && membership.email_key == before.email_key;
    if has_address(before.status, before.source) && !keeps_address {
        freed_addresses::note(tx, &membership.workspace_id, &before.email_key).await?;
    }
    seats::count_change(tx, &membership.workspace_id, Some(before.status), membership.status).await
}

/// What of a membership others rest on: a seat, and an address.
#[derive(FromRow)]
struct Place {
    status: MembershipStatus,
    source: Source,
    email_key: String,
}

/// The place that is stored, locked: what the caller holds may be older.
async fn lock_place(tx: &mut Tx, id: &MembershipId) -> Result<Option<Place>> {
    const SELECT: &str = "SELECT status, source, email_key FROM memberships WHERE id = $1";
    if tx.is_postgres() {
        optional!(tx, Place, const_format::concatcp!(SELECT, " FOR UPDATE"), id)
    } else {
        optional!(tx, Place, SELECT, id)
    }
}

fn has_address(status: MembershipStatus, source: Source) -> bool {
    match status {
        MembershipStatus::Removed => false,
        MembershipStatus::Provisioned => source != Source::Manual,
        MembershipStatus::Active | MembershipStatus::Invited | MembershipStatus::Suspended => true,
    }
}

/// Notes that the person opened a page.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut Tx, id: &MembershipId, now: Timestamp) -> Result<()> {
    execute!(tx, "UPDATE memberships SET last_active_at = $2 WHERE id = $1", id, now)?;
    Ok(())
}

/// The membership with this id in this workspace.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, workspace: &WorkspaceId, id: &MembershipId) -> Result<Option<Membership>> {
    optional!(
        conn,
        Membership,
        const_format::concatcp!(SELECT, "WHERE id = $1 AND workspace_id = $2"),
        id,
        workspace
    )
}

/// The same, locked until the transaction ends, to decide on what it says. An owner is locked together with all active
/// owners, in one order: who decides about an owner asks for the others too, and two who do must not wait for each other.
///
/// # Errors
/// When the database fails.
pub async fn get_for_update(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    id: &MembershipId,
) -> Result<Option<Membership>> {
    if !tx.is_postgres() {
        return get(tx, workspace, id).await;
    }
    let locked = all!(
        tx,
        Membership,
        const_format::concatcp!(
            SELECT,
            "WHERE workspace_id = $2 AND id IN (SELECT CAST($1 AS TEXT) UNION SELECT id FROM memberships \
             WHERE workspace_id = $2 AND role = 'owner' AND status = 'active' \
             AND EXISTS (SELECT 1 FROM memberships WHERE id = $1 AND role = 'owner')) ORDER BY id FOR UPDATE"
        ),
        id,
        workspace
    )?;
    Ok(locked.into_iter().find(|membership| membership.id == *id))
}

/// The membership of this address in the workspace.
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    email_key: &str,
) -> Result<Option<Membership>> {
    optional!(
        conn,
        Membership,
        const_format::concatcp!(SELECT, "WHERE workspace_id = $1 AND email_key = $2"),
        workspace,
        email_key
    )
}

/// Takes its address from a removed membership, for someone who has it now. Its own email stays to be read.
///
/// # Errors
/// When the database fails.
pub async fn vacate_address(tx: &mut Tx, workspace: &WorkspaceId, email_key: &str) -> Result<()> {
    execute!(
        tx,
        "UPDATE memberships SET email_key = id WHERE workspace_id = $1 AND email_key = $2 AND status = 'removed'",
        workspace,
        email_key
    )?;
    Ok(())
}

/// Takes its account from a removed membership, for another one that it joins now.
///
/// # Errors
/// When the database fails.
pub async fn vacate_account(tx: &mut Tx, workspace: &WorkspaceId, account: &AccountId) -> Result<()> {
    execute!(
        tx,
        "UPDATE memberships SET account_id = NULL WHERE workspace_id = $1 AND account_id = $2 AND status = 'removed'",
        workspace,
        account
    )?;
    Ok(())
}

/// The membership of this account in the workspace.
///
/// # Errors
/// When the database fails.
pub async fn find_by_account(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    account: &AccountId,
) -> Result<Option<Membership>> {
    optional!(
        conn,
        Membership,
        const_format::concatcp!(SELECT, "WHERE workspace_id = $1 AND account_id = $2"),
        workspace,
        account
    )
}

/// Every membership of an account, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_of_account(conn: &mut Conn, account: &AccountId) -> Result<Vec<Membership>> {
    all!(conn, Membership, const_format::concatcp!(SELECT, "WHERE account_id = $1 ORDER BY id"), account)
}

/// The same, locked until the transaction ends against whoever changes one of them.
///
/// # Errors
/// When the database fails.
pub async fn list_of_account_for_share(tx: &mut Tx, account: &AccountId) -> Result<Vec<Membership>> {
    if !tx.is_postgres() {
        return list_of_account(tx, account).await;
    }
    let sql = const_format::concatcp!(SELECT, "WHERE account_id = $1 ORDER BY id FOR SHARE");
    all!(tx, Membership, sql, account)
}

/// Every membership of a workspace, removed ones too, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<Membership>> {
    all!(conn, Membership, const_format::concatcp!(SELECT, "WHERE workspace_id = $1 ORDER BY id"), workspace)
}

/// Every membership that a directory vouches for and that was not removed, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list_of_directory(conn: &mut Conn, directory: &DirectoryId) -> Result<Vec<Membership>> {
    all!(
        conn,
        Membership,
        const_format::concatcp!(SELECT, "WHERE directory_id = $1 AND status <> 'removed' ORDER BY id"),
        directory
    )
}

const ACTIVE_OWNERS: &str =
    "SELECT id FROM memberships WHERE workspace_id = $1 AND role = 'owner' AND status = 'active' ORDER BY id";

/// The ids of the workspace's active owners.
///
/// # Errors
/// When the database fails.
pub async fn list_active_owners(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<MembershipId>> {
    scalars!(conn, MembershipId, ACTIVE_OWNERS, workspace)
}

/// The same, locked until the transaction ends, so that two transactions cannot each take away the other's last owner.
///
/// # Errors
/// When the database fails.
pub async fn lock_active_owners(tx: &mut Tx, workspace: &WorkspaceId) -> Result<Vec<MembershipId>> {
    if !tx.is_postgres() {
        return list_active_owners(tx, workspace).await;
    }
    scalars!(tx, MembershipId, const_format::concatcp!(ACTIVE_OWNERS, " FOR UPDATE"), workspace)
}

/// The addresses of a workspace's active owners.
///
/// # Errors
/// When the database fails.
pub async fn list_owner_addresses(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<String>> {
    scalars!(
        conn,
        String,
        "SELECT email FROM memberships WHERE workspace_id = $1 AND status = 'active' AND role = 'owner' ORDER BY id",
        workspace
    )
}

/// The addresses of those who may change a workspace's seats: its active owners and admins.
///
/// # Errors
/// When the database fails.
pub async fn list_admin_addresses(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<String>> {
    scalars!(
        conn,
        String,
        "SELECT email FROM memberships WHERE workspace_id = $1 AND status = 'active' AND role IN ('owner', 'admin') \
         ORDER BY id",
        workspace
    )
}

/// Gives the person's new name to their memberships that no directory names.
///
/// # Errors
/// When the database fails.
pub async fn rename_of_account(tx: &mut Tx, account: &AccountId, name: &str, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "UPDATE memberships SET name = $2, search_key = $3 || email_key, updated_at = $4 \
         WHERE account_id = $1 AND source = 'manual'",
        account,
        name,
        format!("{}\u{1f}", name.to_lowercase()),
        now
    )?;
    Ok(())
}

/// Gives the account's new address to its memberships that no directory vouches for, where nobody else has it. The old
/// ones are free.
///
/// # Errors
/// When the database fails.
pub async fn readdress_of_account(
    tx: &mut Tx,
    account: &Account,
    email: &str,
    email_key: &str,
    now: Timestamp,
) -> Result<()> {
    let before = list_of_account(tx, &account.id).await?;
    execute!(
        tx,
        "UPDATE memberships SET email = $2, email_key = $3, search_key = $4, updated_at = $5 \
         WHERE account_id = $1 AND source = 'manual' AND NOT EXISTS (SELECT 1 FROM memberships other \
         WHERE other.workspace_id = memberships.workspace_id AND other.email_key = $3 AND other.id <> memberships.id)",
        &account.id,
        email,
        email_key,
        format!("{}\u{1f}{email_key}", account.name.to_lowercase()),
        now
    )?;
    for membership in &before {
        let workspace = &membership.workspace_id;
        freed_addresses::note(tx, workspace, &account.email_key).await?;
        if membership.email_key != account.email_key {
            freed_addresses::note(tx, workspace, &membership.email_key).await?;
        }
    }
    Ok(())
}
