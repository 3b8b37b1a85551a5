//! Memberships: who is in a workspace, as what, and since when.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    accounts::Account,
    sql::{Arg, Statement, all, all_of, execute, optional, scalar, scalar_of, scalars},
};
use crate::{
    clock::Timestamp,
    model::{
        AccountId, DirectoryId, InvitationStatus, MailStatus, MembershipId, MembershipStatus, Role, Source,
        SuspendedBy, WorkspaceId,
    },
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
    Ok(rows > 0)
}

/// Stores every changeable column of a membership.
///
/// # Errors
/// `Unique(MembershipEmail)` or `Unique(MembershipAccount)` when another membership of the workspace has it.
pub async fn update(tx: &mut Tx, membership: &Membership) -> Result<()> {
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
    Ok(())
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

/// Every membership of a workspace, oldest first, except removed ones when `removed` is false.
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

/// Memberships by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// With access.
    pub active: i64,
    /// With an open invitation.
    pub invited: i64,
    /// Known, without an open invitation.
    pub provisioned: i64,
    /// Without access, reversibly.
    pub suspended: i64,
    /// Gone.
    pub removed: i64,
}

/// How many memberships of the workspace stand where.
///
/// # Errors
/// When the database fails.
pub async fn count_by_status(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Counts> {
    let rows = all!(
        conn,
        (MembershipStatus, i64),
        "SELECT status, COUNT(*) FROM memberships WHERE workspace_id = $1 GROUP BY status",
        workspace
    )?;
    let mut counts = Counts::default();
    for (status, number) in rows {
        match status {
            MembershipStatus::Active => counts.active = number,
            MembershipStatus::Invited => counts.invited = number,
            MembershipStatus::Provisioned => counts.provisioned = number,
            MembershipStatus::Suspended => counts.suspended = number,
            MembershipStatus::Removed => counts.removed = number,
        }
    }
    Ok(counts)
}

/// How many seats are taken, by active and invited people; counted to `enough` and no further.
///
/// # Errors
/// When the database fails.
pub async fn count_seats(conn: &mut Conn, workspace: &WorkspaceId, enough: i64) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM (SELECT id FROM memberships WHERE workspace_id = $1 \
         AND status IN ('active', 'invited') LIMIT $2) AS seats",
        workspace,
        enough
    )
}

/// The same for active people alone.
///
/// # Errors
/// When the database fails.
pub async fn count_active(conn: &mut Conn, workspace: &WorkspaceId, enough: i64) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM (SELECT id FROM memberships WHERE workspace_id = $1 AND status = 'active' LIMIT $2) \
         AS seats",
        workspace,
        enough
    )
}

/// How many active members of the workspace have each role; a role that nobody has is left out.
///
/// # Errors
/// When the database fails.
pub async fn count_active_by_role(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Vec<(Role, i64)>> {
    all!(
        conn,
        (Role, i64),
        "SELECT role, COUNT(*) FROM memberships WHERE workspace_id = $1 AND status = 'active' GROUP BY role",
        workspace
    )
}

/// How many memberships of the directory are open invitations.
///
/// # Errors
/// When the database fails.
pub async fn count_invited_of_directory(conn: &mut Conn, directory: &DirectoryId) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM memberships WHERE directory_id = $1 AND status = 'invited'",
        directory
    )
}

/// How many active members the directory vouches for, and how many not-removed memberships in all.
///
/// # Errors
/// When the database fails.
pub async fn count_of_directory(conn: &mut Conn, directory: &DirectoryId) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM memberships WHERE directory_id = $1 AND status <> 'removed'",
        directory
    )
}

/// What a page of people is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// The states wanted; none means all.
    pub statuses: Vec<MembershipStatus>,
    /// Part of a name or an address.
    pub text: Option<String>,
    /// One role.
    pub role: Option<Role>,
    /// By hand (`false`) or vouched for by a directory (`true`).
    pub from_directory: Option<bool>,
    /// Only those for whom there is or was an invitation.
    pub was_invited: bool,
}

impl Search {
    fn push_conditions(&self, statement: &mut Statement, workspace: &WorkspaceId) {
        statement.push("WHERE m.workspace_id = ").bind(Arg::Text(workspace.0.clone()));
        if !self.statuses.is_empty() {
            statement.push(" AND m.status IN ").bind_list(self.statuses.iter().map(|status| status.as_str()));
        }
        if let Some(text) = &self.text {
            let pattern = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            statement
                .push(" AND m.search_key LIKE ")
                .bind(Arg::Text(format!("%{pattern}%")))
                .push(" ESCAPE '\\'");
        }
        if let Some(role) = self.role {
            statement.push(" AND m.role = ").bind(Arg::Text(role.as_str().to_owned()));
        }
        match self.from_directory {
            Some(true) => statement.push(" AND m.source <> 'manual'"),
            Some(false) => statement.push(" AND m.source = 'manual'"),
            None => statement,
        };
        if self.was_invited {
            statement.push(" AND EXISTS (SELECT 1 FROM invitations WHERE membership_id = m.id)");
        }
    }
}

/// A line of the people page: a membership with what explains it.
#[derive(Clone, Debug, FromRow)]
pub struct Person {
    /// The membership.
    #[sqlx(flatten)]
    pub membership: Membership,
    /// The name of the directory that vouches for it.
    pub directory_name: Option<String>,
    /// The name of the group that gives the role.
    pub role_group: Option<String>,
    /// Where its latest invitation stands.
    pub invitation_status: Option<InvitationStatus>,
    /// When the latest invitation was last sent.
    pub invitation_sent_at: Option<Timestamp>,
    /// When the latest invitation ends.
    pub invitation_expires_at: Option<Timestamp>,
    /// When the invitation page was first opened.
    pub invitation_opened_at: Option<Timestamp>,
    /// Who invited.
    pub invited_by: Option<String>,
    /// What is known of the invitation's latest mail.
    pub mail_status: Option<MailStatus>,
    /// What the relay said of it.
    pub mail_answer: Option<String>,
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

const SELECT_PERSON: &str = "SELECT m.*, d.name AS directory_name, g.display_name AS role_group, i.status AS invitation_status, \
    i.sent_at AS invitation_sent_at, i.expires_at AS invitation_expires_at, i.opened_at AS invitation_opened_at, \
    a.name AS invited_by, o.status AS mail_status, o.answer AS mail_answer \
    FROM memberships m \
    LEFT JOIN directories d ON d.id = m.directory_id \
    LEFT JOIN directory_groups g ON g.id = m.role_group_id \
    LEFT JOIN invitations i ON i.id = (SELECT id FROM invitations WHERE membership_id = m.id ORDER BY id DESC LIMIT 1) \
    LEFT JOIN accounts a ON a.id = i.invited_by \
    LEFT JOIN outbox o ON o.template IN ('invitation', 'new_link') AND o.subject_id = i.id AND o.generation = i.generation ";

/// A page of people by name.
///
/// # Errors
/// When the database fails.
pub async fn search(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    search: &Search,
    offset: i64,
    limit: i64,
) -> Result<Vec<Person>> {
    let mut statement = Statement::new(SELECT_PERSON);
    search.push_conditions(&mut statement, workspace);
    statement.push(" ORDER BY m.search_key, m.id LIMIT ").bind(Arg::Integer(limit));
    statement.push(" OFFSET ").bind(Arg::Integer(offset));
    all_of!(conn, Person, statement)
}

/// One person of the people page.
///
/// # Errors
/// When the database fails.
pub async fn find_person(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    id: &MembershipId,
) -> Result<Option<Person>> {
    optional!(
        conn,
        Person,
        const_format::concatcp!(SELECT_PERSON, "WHERE m.id = $1 AND m.workspace_id = $2"),
        id,
        workspace
    )
}

/// How many people the search finds.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, workspace: &WorkspaceId, search: &Search) -> Result<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM memberships m ");
    search.push_conditions(&mut statement, workspace);
    scalar_of!(conn, i64, statement)
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

/// Gives the account's new address to its memberships that no directory vouches for, where nobody else has it.
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
    Ok(())
}
