//! Groups that give their members a role.

use sqlx::FromRow;

use super::{
    CHUNK, Conn, Result, Tx,
    directory_users::key,
    sql::{Arg, Statement, all, all_of, execute, optional_scalar, scalars},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryGroupId, DirectoryId, MembershipId, Role},
};

/// A group's name and the role that its members have.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct RoleMapping {
    /// The group's `displayName`; no such group need be there yet.
    pub group_name: String,
    /// The role.
    pub role: Role,
}

/// Maps a group to a role, behind the mappings that are there; a mapped group keeps its place.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut Tx, directory: &DirectoryId, group_name: &str, role: Role) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO role_mappings (directory_id, group_name, group_name_key, role, priority) \
         VALUES ($1, $2, $3, $4, \
         (SELECT COALESCE(MAX(priority), 0) + 1 FROM role_mappings WHERE directory_id = $1)) \
         ON CONFLICT (directory_id, group_name_key) DO UPDATE SET group_name = excluded.group_name, role = excluded.role",
        directory,
        group_name,
        key(group_name),
        role
    )?;
    Ok(())
}

/// Takes a mapping away; false when there was none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, directory: &DirectoryId, group_name: &str) -> Result<bool> {
    let number = execute!(
        tx,
        "DELETE FROM role_mappings WHERE directory_id = $1 AND group_name_key = $2",
        directory,
        key(group_name)
    )?;
    Ok(number > 0)
}

/// Takes all mappings of a directory away.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx, directory: &DirectoryId) -> Result<()> {
    execute!(tx, "DELETE FROM role_mappings WHERE directory_id = $1", directory)?;
    Ok(())
}

/// The mappings of a directory; of two that concern a person, the earlier in the list counts.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn, directory: &DirectoryId) -> Result<Vec<RoleMapping>> {
    all!(
        conn,
        RoleMapping,
        "SELECT group_name, role FROM role_mappings WHERE directory_id = $1 ORDER BY priority",
        directory
    )
}

/// Whether a group of this name gives a role.
///
/// # Errors
/// When the database fails.
pub async fn is_mapped(conn: &mut Conn, directory: &DirectoryId, group_name: &str) -> Result<bool> {
    let role = optional_scalar!(
        conn,
        Role,
        "SELECT role FROM role_mappings WHERE directory_id = $1 AND group_name_key = $2",
        directory,
        key(group_name)
    )?;
    Ok(role.is_some())
}

/// Which of this group and of those that hold it, directly or through others, give a role; costs as much as there are.
///
/// # Errors
/// When the database fails.
pub async fn giving(conn: &mut Conn, group: &DirectoryGroupId) -> Result<Vec<DirectoryGroupId>> {
    scalars!(
        conn,
        DirectoryGroupId,
        "WITH RECURSIVE above (id) AS (\
         SELECT id FROM directory_groups WHERE id = $1 \
         UNION SELECT m.group_id FROM above JOIN directory_group_members m ON m.member_id = above.id) \
         SELECT g.id FROM above JOIN directory_groups g ON g.id = above.id \
         JOIN role_mappings r ON r.directory_id = g.directory_id AND r.group_name_key = g.display_name_key",
        group
    )
}

/// Whether any group of the directory gives a role.
///
/// # Errors
/// When the database fails.
pub async fn any(conn: &mut Conn, directory: &DirectoryId) -> Result<bool> {
    let role = optional_scalar!(
        conn,
        Role,
        "SELECT role FROM role_mappings WHERE directory_id = $1 LIMIT 1",
        directory
    )?;
    Ok(role.is_some())
}

/// The name of the group that gives the membership its role.
///
/// # Errors
/// When the database fails.
pub async fn group_of(conn: &mut Conn, membership: &MembershipId) -> Result<Option<String>> {
    optional_scalar!(
        conn,
        String,
        "SELECT g.display_name FROM memberships m JOIN directory_groups g ON g.id = m.role_group_id WHERE m.id = $1",
        membership
    )
}

/// Whose role is worked out anew.
#[derive(Clone, Debug)]
pub enum Scope<'a> {
    /// The memberships of these directory users.
    Users(&'a [String]),
    /// The memberships of the members of these groups, directly and through other groups.
    Below(&'a [DirectoryGroupId]),
    /// Those whose role one of these groups gave.
    GivenBy(&'a [DirectoryGroupId]),
    /// Those whose role any group of the directory gave.
    GivenByDirectory(&'a DirectoryId),
    /// One membership.
    Membership(&'a MembershipId),
}

impl Scope<'_> {
    fn push(&self, statement: &mut Statement) {
        match self {
            Self::Users(ids) => statement
                .push("SELECT membership_id FROM directory_users WHERE id IN ")
                .bind_list(*ids),
            Self::Below(groups) => statement
                .push("WITH RECURSIVE below (id) AS (SELECT id FROM directory_groups WHERE id IN ")
                .bind_list(groups.iter().map(DirectoryGroupId::as_str))
                .push(
                    " UNION SELECT gm.member_id FROM below JOIN directory_group_members gm \
                     ON gm.group_id = below.id AND gm.member_kind = 'Group') \
                     SELECT u.membership_id FROM below JOIN directory_group_members gm ON gm.group_id = below.id \
                     JOIN directory_users u ON u.id = gm.member_id",
                ),
            Self::GivenBy(groups) => statement
                .push("SELECT id FROM memberships WHERE role_group_id IN ")
                .bind_list(groups.iter().map(DirectoryGroupId::as_str)),
            Self::GivenByDirectory(directory) => statement
                .push(
                    "SELECT given.id FROM memberships given JOIN directory_groups g ON g.id = given.role_group_id \
                     WHERE g.directory_id = ",
                )
                .bind(Arg::Text(directory.0.clone())),
            Self::Membership(id) => {
                statement.push("SELECT id FROM memberships WHERE id = ").bind(Arg::Text(id.0.clone()))
            }
        };
    }
}

/// A membership whose role changed.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct NewRole {
    /// The membership.
    pub id: MembershipId,
    /// Its role now.
    pub role: Role,
    /// The group that gives it; `None` when the role set by hand came back.
    pub role_group_id: Option<DirectoryGroupId>,
}

/// For each membership in `scope`: every group it is in, directly or through others, and of their mappings the first. Who
/// came back under another record is not in the groups of the old one, which is inactive.
const GIVEN: &str = "above (membership_id, group_id) AS (\
     SELECT u.membership_id, gm.group_id FROM scope \
     JOIN directory_users u ON u.membership_id = scope.membership_id AND NOT u.deleted AND (u.active OR NOT EXISTS \
     (SELECT 1 FROM directory_users n WHERE n.membership_id = u.membership_id AND n.active AND NOT n.deleted)) \
     JOIN directory_group_members gm ON gm.member_id = u.id \
     UNION SELECT above.membership_id, gm.group_id \
     FROM above JOIN directory_group_members gm ON gm.member_id = above.group_id), \
     given (membership_id, group_id, role, place) AS (\
     SELECT above.membership_id, g.id, r.role, \
     ROW_NUMBER() OVER (PARTITION BY above.membership_id ORDER BY r.priority, r.directory_id) \
     FROM above JOIN directory_groups g ON g.id = above.group_id \
     JOIN role_mappings r ON r.directory_id = g.directory_id AND r.group_name_key = g.display_name_key) ";

/// What each membership in `scope` should have, from what it has. An owner is made by hand, and only by hand unmade.
const WANTED: &str = "SELECT m.id, given.group_id, COALESCE(given.role, m.baseline_role, m.role) AS new_role, \
     CASE WHEN given.group_id IS NULL THEN NULL ELSE COALESCE(m.baseline_role, m.role) END AS new_baseline \
     FROM memberships m LEFT JOIN given ON given.membership_id = m.id AND given.place = 1 \
     WHERE m.role <> 'owner' AND m.id IN (SELECT membership_id FROM scope)";

/// Works out roles anew, in one statement for any number of people; gives those that changed. Who comes under a mapping
/// keeps the role from before as a baseline, which comes back when no mapping concerns them any more.
///
/// # Errors
/// When the database fails.
pub async fn apply(tx: &mut Tx, scope: &Scope<'_>, now: Timestamp) -> Result<Vec<NewRole>> {
    let Scope::Users(ids) = scope else { return apply_chunk(tx, scope, now).await };
    let mut changed = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        changed.extend(apply_chunk(tx, &Scope::Users(chunk), now).await?);
    }
    Ok(changed)
}

async fn apply_chunk(tx: &mut Tx, scope: &Scope<'_>, now: Timestamp) -> Result<Vec<NewRole>> {
    if tx.is_postgres() {
        lock(tx, scope).await?;
    }
    let mut statement = Statement::new("WITH RECURSIVE scope (membership_id) AS (");
    scope.push(&mut statement);
    statement.push("), ").push(GIVEN).push(
        "UPDATE memberships SET role = wanted.new_role, baseline_role = wanted.new_baseline, \
         role_group_id = wanted.group_id, updated_at = ",
    );
    statement.bind(Arg::Integer(now.0)).push(" FROM (").push(WANTED);
    statement.push(
        ") AS wanted WHERE memberships.id = wanted.id \
         AND (memberships.role_group_id IS DISTINCT FROM wanted.group_id OR memberships.role <> wanted.new_role) \
         RETURNING memberships.id, memberships.role, memberships.role_group_id",
    );
    all_of!(tx, NewRole, statement)
}

/// Two changes of different groups that concern one person happen one after the other, so that the later sees both.
/// Owners are left out: nothing changes for them, and other transactions lock them last.
async fn lock(tx: &mut Tx, scope: &Scope<'_>) -> Result<()> {
    let mut statement = Statement::new("SELECT id FROM memberships WHERE role <> 'owner' AND id IN (");
    scope.push(&mut statement);
    statement.push(") ORDER BY id FOR UPDATE");
    all_of!(tx, (MembershipId,), statement)?;
    Ok(())
}
