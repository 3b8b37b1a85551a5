//! Directory groups and their members. Members change as sets: no statement here loads a group to change it.

use sqlx::FromRow;

use super::{
    CHUNK, Conn, Result, Tx,
    directory_users::key,
    order::{Order, Slice, select_slice},
    sql::{Arg, Statement, all, all_of, execute, execute_of, optional, scalar_of},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryGroupId, DirectoryId},
};

/// A group as the identity provider described it, without its members.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct DirectoryGroup {
    /// The SCIM `id`.
    pub id: DirectoryGroupId,
    /// The directory that the group belongs to.
    pub directory_id: DirectoryId,
    /// SCIM `displayName`, as written.
    pub display_name: String,
    /// SCIM `externalId`.
    pub external_id: Option<String>,
    /// The resource as received, without members: a JSON object.
    pub document: String,
    /// Counts the changes, members included; the ETag.
    pub version: i64,
    /// When the identity provider first sent the group.
    pub created_at: Timestamp,
    /// When the group last changed.
    pub updated_at: Timestamp,
}

const COLUMNS: &str =
    "id, directory_id, display_name, external_id, document, version, created_at, updated_at";
const SELECT: &str = const_format::concatcp!("SELECT ", COLUMNS, " FROM directory_groups ");

/// Adds a group.
///
/// # Errors
/// `Unique(DirectoryGroupName)` when the name is taken in the directory.
pub async fn insert(tx: &mut Tx, group: &DirectoryGroup) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO directory_groups \
         (id, directory_id, display_name, display_name_key, external_id, document, version, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &group.id,
        &group.directory_id,
        &group.display_name,
        key(&group.display_name),
        &group.external_id,
        &group.document,
        group.version,
        group.created_at,
        group.updated_at
    )?;
    Ok(())
}

/// Replaces what the identity provider said of a group.
///
/// # Errors
/// `Unique(DirectoryGroupName)` when the new name is taken in the directory.
pub async fn update(tx: &mut Tx, group: &DirectoryGroup) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_groups SET display_name = $2, display_name_key = $3, external_id = $4, document = $5, \
         version = $6, updated_at = $7 WHERE id = $1",
        &group.id,
        &group.display_name,
        key(&group.display_name),
        &group.external_id,
        &group.document,
        group.version,
        group.updated_at
    )?;
    Ok(())
}

/// Deletes a group with its memberships, and its own membership in other groups.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, id: &DirectoryGroupId) -> Result<()> {
    execute!(tx, "DELETE FROM directory_group_members WHERE member_id = $1", &id.0)?;
    execute!(tx, "DELETE FROM directory_groups WHERE id = $1", id)?;
    Ok(())
}

/// The group with this id in this directory.
///
/// # Errors
/// When the database fails.
pub async fn get(
    conn: &mut Conn,
    directory: &DirectoryId,
    id: &DirectoryGroupId,
) -> Result<Option<DirectoryGroup>> {
    optional!(
        conn,
        DirectoryGroup,
        const_format::concatcp!(SELECT, "WHERE id = $1 AND directory_id = $2"),
        id,
        directory
    )
}

/// The id of the directory's group of this name.
///
/// # Errors
/// When the database fails.
pub async fn find_by_name(
    conn: &mut Conn,
    directory: &DirectoryId,
    name: &str,
) -> Result<Option<DirectoryGroupId>> {
    super::sql::optional_scalar!(
        conn,
        DirectoryGroupId,
        "SELECT id FROM directory_groups WHERE directory_id = $1 AND display_name_key = $2",
        directory,
        key(name)
    )
}

/// The group with this id, locked until the transaction ends, so that changes to it happen one after the other.
///
/// # Errors
/// When the database fails.
pub async fn get_for_update(
    tx: &mut Tx,
    directory: &DirectoryId,
    id: &DirectoryGroupId,
) -> Result<Option<DirectoryGroup>> {
    if !tx.is_postgres() {
        return get(tx, directory, id).await;
    }
    optional!(
        tx,
        DirectoryGroup,
        const_format::concatcp!(SELECT, "WHERE id = $1 AND directory_id = $2 FOR UPDATE"),
        id,
        directory
    )
}

/// A condition that an index answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupCondition {
    /// `id`, case-exact.
    Id(String),
    /// One of these ids.
    Ids(Vec<String>),
    /// `displayName`, case-insensitive.
    DisplayName(String),
    /// `externalId`, case-exact.
    ExternalId(String),
    /// Has this member.
    Member(String),
}

fn push_conditions(statement: &mut Statement, directory: &DirectoryId, conditions: &[GroupCondition]) {
    statement.push("WHERE directory_id = ").bind(Arg::Text(directory.0.clone()));
    for condition in conditions {
        match condition {
            GroupCondition::Id(id) => statement.push(" AND id = ").bind(Arg::Text(id.clone())),
            GroupCondition::Ids(ids) => statement.push(" AND id IN ").bind_list(ids),
            GroupCondition::DisplayName(name) => {
                statement.push(" AND display_name_key = ").bind(Arg::Text(key(name)))
            }
            GroupCondition::ExternalId(id) => {
                statement.push(" AND external_id = ").bind(Arg::Text(id.clone()))
            }
            GroupCondition::Member(id) => statement
                .push(" AND id IN (SELECT group_id FROM directory_group_members WHERE member_id = ")
                .bind(Arg::Text(id.clone()))
                .push(")"),
        };
    }
}

/// A slice of the directory's groups.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    directory: &DirectoryId,
    conditions: &[GroupCondition],
    order: Order,
    slice: Slice<'_>,
) -> Result<Vec<DirectoryGroup>> {
    let statement = select_slice(COLUMNS, "directory_groups", order, slice, |statement| {
        push_conditions(statement, directory, conditions);
    });
    all_of!(conn, DirectoryGroup, statement)
}

/// How many of the directory's groups meet the conditions.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, directory: &DirectoryId, conditions: &[GroupCondition]) -> Result<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) FROM directory_groups ");
    push_conditions(&mut statement, directory, conditions);
    scalar_of!(conn, i64, statement)
}

/// A member of a group: a user or a group of the same directory.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct GroupMember {
    /// The group.
    pub group_id: DirectoryGroupId,
    /// The member's SCIM `id`.
    pub member_id: String,
    /// `User` or `Group`.
    pub member_kind: String,
    /// The name that the identity provider sent with it.
    pub display: Option<String>,
}

/// The members of each of these groups, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn members_of(conn: &mut Conn, groups: &[DirectoryGroupId]) -> Result<Vec<GroupMember>> {
    let mut members = Vec::new();
    for chunk in groups.chunks(CHUNK) {
        let mut statement = Statement::new(
            "SELECT group_id, member_id, member_kind, display FROM directory_group_members WHERE group_id IN ",
        );
        statement.bind_list(chunk.iter().map(DirectoryGroupId::as_str)).push(" ORDER BY group_id, member_id");
        members.extend(all_of!(conn, GroupMember, statement)?);
    }
    Ok(members)
}

/// A member of a group, with the group's name.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MemberOfGroup {
    /// The group.
    pub group_id: DirectoryGroupId,
    /// The group's name.
    pub group_name: String,
    /// The member's SCIM `id`.
    pub member_id: String,
    /// `User` or `Group`.
    pub member_kind: String,
    /// The name that the identity provider sent with it.
    pub display: Option<String>,
}

/// A condition on members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberCondition {
    /// Of this group.
    Group(String),
    /// This one.
    Member(String),
    /// One of these.
    Members(Vec<String>),
    /// `User` or `Group`, in any case.
    Kind(String),
}

fn push_member_conditions(
    statement: &mut Statement,
    directory: &DirectoryId,
    conditions: &[MemberCondition],
) {
    statement
        .push("FROM directory_group_members m JOIN directory_groups g ON g.id = m.group_id WHERE g.directory_id = ")
        .bind(Arg::Text(directory.0.clone()));
    for condition in conditions {
        match condition {
            MemberCondition::Group(id) => statement.push(" AND m.group_id = ").bind(Arg::Text(id.clone())),
            MemberCondition::Member(id) => statement.push(" AND m.member_id = ").bind(Arg::Text(id.clone())),
            MemberCondition::Members(ids) => statement.push(" AND m.member_id IN ").bind_list(ids),
            MemberCondition::Kind(kind) => {
                statement.push(" AND LOWER(m.member_kind) = ").bind(Arg::Text(key(kind)))
            }
        };
    }
}

/// A slice of the members that meet the conditions, in the order of their ids.
///
/// # Errors
/// When the database fails.
pub async fn list_members(
    conn: &mut Conn,
    directory: &DirectoryId,
    conditions: &[MemberCondition],
    slice: Slice<'_>,
) -> Result<Vec<MemberOfGroup>> {
    let mut statement = Statement::new(
        "SELECT m.group_id, g.display_name AS group_name, m.member_id, m.member_kind, m.display ",
    );
    push_member_conditions(&mut statement, directory, conditions);
    if let Some(after) = slice.after {
        statement.push(" AND m.member_id > ").bind(Arg::Text(after.to_owned()));
    }
    statement.push(" ORDER BY m.group_id, m.member_id LIMIT ").bind(Arg::Integer(slice.limit));
    statement.push(" OFFSET ").bind(Arg::Integer(slice.offset));
    all_of!(conn, MemberOfGroup, statement)
}

/// How many members meet the conditions.
///
/// # Errors
/// When the database fails.
pub async fn count_members(
    conn: &mut Conn,
    directory: &DirectoryId,
    conditions: &[MemberCondition],
) -> Result<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) ");
    push_member_conditions(&mut statement, directory, conditions);
    scalar_of!(conn, i64, statement)
}

/// The ids of a group's members.
///
/// # Errors
/// When the database fails.
pub async fn member_ids(conn: &mut Conn, group: &DirectoryGroupId) -> Result<Vec<String>> {
    super::sql::scalars!(
        conn,
        String,
        "SELECT member_id FROM directory_group_members WHERE group_id = $1",
        group
    )
}

/// An id that may become a member.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Candidate {
    /// The SCIM `id`.
    pub id: String,
    /// `User` or `Group`.
    pub kind: String,
}

/// Those of the ids that are users or groups of the directory. On PostgreSQL they are held until the transaction ends,
/// so that nobody becomes a member who is deleted at the same moment.
///
/// # Errors
/// When the database fails.
pub async fn candidates(tx: &mut Tx, directory: &DirectoryId, ids: &[&str]) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        if tx.is_postgres() {
            for table in [
                "SELECT id, 'User' AS kind FROM directory_users WHERE deleted_at IS NULL AND directory_id = ",
                "SELECT id, 'Group' AS kind FROM directory_groups WHERE directory_id = ",
            ] {
                let mut statement = Statement::new(table);
                statement.bind(Arg::Text(directory.0.clone())).push(" AND id IN ").bind_list(chunk);
                statement.push(" ORDER BY id FOR SHARE");
                found.extend(all_of!(tx, Candidate, statement)?);
            }
            continue;
        }
        let mut statement =
            Statement::new("SELECT id, 'User' AS kind FROM directory_users WHERE directory_id = ");
        statement
            .bind(Arg::Text(directory.0.clone()))
            .push(" AND deleted_at IS NULL AND id IN ")
            .bind_list(chunk);
        statement.push(" UNION ALL SELECT id, 'Group' AS kind FROM directory_groups WHERE directory_id = ");
        statement.bind(Arg::Text(directory.0.clone())).push(" AND id IN ").bind_list(chunk);
        found.extend(all_of!(tx, Candidate, statement)?);
    }
    Ok(found)
}

/// A member about to come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// The SCIM `id`.
    pub id: String,
    /// `User` or `Group`.
    pub kind: String,
    /// The name that the identity provider sent with it.
    pub display: Option<String>,
}

/// Adds members. Those who are members already stay, under the name that now came with them. Gives the number of rows
/// that changed.
///
/// # Errors
/// When the database fails.
pub async fn insert_members(tx: &mut Tx, group: &DirectoryGroupId, members: &[Newcomer]) -> Result<u64> {
    let mut added = 0;
    for chunk in members.chunks(CHUNK) {
        let mut statement = Statement::new(
            "INSERT INTO directory_group_members (group_id, member_id, member_kind, display) VALUES ",
        );
        for (index, member) in chunk.iter().enumerate() {
            statement.push(if index == 0 { "(" } else { ", (" });
            statement.bind(Arg::Text(group.0.clone())).push(", ").bind(Arg::Text(member.id.clone()));
            statement.push(", ").bind(Arg::Text(member.kind.clone())).push(", ");
            statement.bind_optional(member.display.as_deref()).push(")");
        }
        statement.push(
            " ON CONFLICT (group_id, member_id) DO UPDATE SET display = excluded.display \
             WHERE excluded.display IS NOT NULL \
             AND excluded.display IS DISTINCT FROM directory_group_members.display",
        );
        added += execute_of!(tx, statement)?;
    }
    Ok(added)
}

/// Takes members out; ids that are no members are passed over. Gives the number taken out.
///
/// # Errors
/// When the database fails.
pub async fn delete_members(tx: &mut Tx, group: &DirectoryGroupId, ids: &[String]) -> Result<u64> {
    let mut removed = 0;
    for chunk in ids.chunks(CHUNK) {
        let mut statement = Statement::new("DELETE FROM directory_group_members WHERE group_id = ");
        statement.bind(Arg::Text(group.0.clone())).push(" AND member_id IN ").bind_list(chunk);
        removed += execute_of!(tx, statement)?;
    }
    Ok(removed)
}

/// Takes all members out; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn delete_all_members(tx: &mut Tx, group: &DirectoryGroupId) -> Result<u64> {
    execute!(tx, "DELETE FROM directory_group_members WHERE group_id = $1", group)
}

/// The ids of the groups that hold this group directly.
///
/// # Errors
/// When the database fails.
pub async fn parents_of(conn: &mut Conn, groups: &[String]) -> Result<Vec<String>> {
    let mut parents = Vec::new();
    for chunk in groups.chunks(CHUNK) {
        let mut statement =
            Statement::new("SELECT DISTINCT group_id FROM directory_group_members WHERE member_id IN ");
        statement.bind_list(chunk);
        parents.extend(all_of!(conn, (String,), statement)?.into_iter().map(|(id,)| id));
    }
    Ok(parents)
}

/// The names of every group of a directory, oldest first; for pages.
///
/// # Errors
/// When the database fails.
pub async fn names(conn: &mut Conn, directory: &DirectoryId) -> Result<Vec<(DirectoryGroupId, String)>> {
    all!(
        conn,
        (DirectoryGroupId, String),
        "SELECT id, display_name FROM directory_groups WHERE directory_id = $1 ORDER BY id",
        directory
    )
}

/// Bumps a group's version.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut Tx, group: &DirectoryGroupId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_groups SET version = version + 1, updated_at = $2 WHERE id = $1",
        group,
        now
    )?;
    Ok(())
}

/// A member whom the directory has not sent yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingMember {
    /// The id by which the group push named it.
    pub value: String,
    /// The name that came with it.
    pub display: Option<String>,
}

/// Remembers members whom the directory has not sent yet.
///
/// # Errors
/// When the database fails.
pub async fn insert_pending(tx: &mut Tx, group: &DirectoryGroup, members: &[PendingMember]) -> Result<()> {
    for chunk in members.chunks(CHUNK) {
        let mut statement = Statement::new(
            "INSERT INTO directory_group_pending_members (group_id, directory_id, value, display) VALUES ",
        );
        for (index, member) in chunk.iter().enumerate() {
            statement.push(if index == 0 { "(" } else { ", (" });
            statement
                .bind(Arg::Text(group.id.0.clone()))
                .push(", ")
                .bind(Arg::Text(group.directory_id.0.clone()));
            statement.push(", ").bind(Arg::Text(member.value.clone())).push(", ");
            statement.bind_optional(member.display.as_deref()).push(")");
        }
        statement.push(" ON CONFLICT DO NOTHING");
        execute_of!(tx, statement)?;
    }
    Ok(())
}

/// Forgets pending members.
///
/// # Errors
/// When the database fails.
pub async fn delete_pending(tx: &mut Tx, group: &DirectoryGroupId, values: &[String]) -> Result<()> {
    for chunk in values.chunks(CHUNK) {
        let mut statement = Statement::new("DELETE FROM directory_group_pending_members WHERE group_id = ");
        statement.bind(Arg::Text(group.0.clone())).push(" AND value IN ").bind_list(chunk);
        execute_of!(tx, statement)?;
    }
    Ok(())
}

/// Forgets all pending members of a group.
///
/// # Errors
/// When the database fails.
pub async fn delete_all_pending(tx: &mut Tx, group: &DirectoryGroupId) -> Result<()> {
    execute!(tx, "DELETE FROM directory_group_pending_members WHERE group_id = $1", group)?;
    Ok(())
}

/// The groups that wait for someone by one of these names, which they then no longer do, and the name they gave.
///
/// # Errors
/// When the database fails.
pub async fn take_pending(
    tx: &mut Tx,
    directory: &DirectoryId,
    values: &[String],
) -> Result<Vec<(DirectoryGroupId, Option<String>)>> {
    let mut statement = Statement::new("DELETE FROM directory_group_pending_members WHERE directory_id = ");
    statement.bind(Arg::Text(directory.0.clone())).push(" AND value IN ").bind_list(values);
    statement.push(" RETURNING group_id, display");
    let mut groups = all_of!(tx, (DirectoryGroupId, Option<String>), statement)?;
    groups.sort();
    groups.dedup_by(|later, earlier| later.0 == earlier.0);
    Ok(groups)
}

/// Whether a group has more members than `number`; costs the same at any size.
///
/// # Errors
/// When the database fails.
pub async fn has_more_members_than(conn: &mut Conn, group: &DirectoryGroupId, number: i64) -> Result<bool> {
    let beyond = super::sql::optional_scalar!(
        conn,
        String,
        "SELECT member_id FROM directory_group_members WHERE group_id = $1 LIMIT 1 OFFSET $2",
        group,
        number
    )?;
    Ok(beyond.is_some())
}
