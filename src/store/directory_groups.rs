//! Directory groups, without their members.

use scim::list::SortKey;
use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    directory_users::key,
    order::{Column, Order, Slice, select_slice, text_key, time_key},
    sql::{Arg, Statement, all_of, execute, optional, scalar_of},
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

impl DirectoryGroup {
    /// What stands for the group in this order.
    pub fn sort_key(&self, by: Column) -> SortKey {
        match by {
            Column::Id => SortKey::Text(self.id.0.clone()),
            Column::DisplayName => SortKey::Text(key(&self.display_name)),
            Column::ExternalId => text_key(self.external_id.clone()),
            Column::Created => time_key(self.created_at),
            Column::LastModified => time_key(self.updated_at),
            Column::UserName | Column::Active => SortKey::Absent,
        }
    }
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
pub async fn delete(tx: &mut Tx, id: &DirectoryGroupId, now: Timestamp) -> Result<()> {
    leave_all(tx, id.as_str(), now).await?;
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
    /// Changed at this time or later.
    ChangedSince(Timestamp),
    /// One of these.
    Any(Vec<GroupCondition>),
}

fn push_conditions(statement: &mut Statement, directory: &DirectoryId, conditions: &[GroupCondition]) {
    statement.push("WHERE directory_id = ").bind(Arg::Text(directory.0.clone()));
    for condition in conditions {
        push_condition(statement, directory, condition);
    }
}

fn push_condition(statement: &mut Statement, directory: &DirectoryId, condition: &GroupCondition) {
    match condition {
        GroupCondition::Id(id) => statement.push(" AND id = ").bind(Arg::Text(id.clone())),
        GroupCondition::Ids(ids) => statement.push(" AND id IN ").bind_list(ids),
        GroupCondition::DisplayName(name) => {
            statement.push(" AND display_name_key = ").bind(Arg::Text(key(name)))
        }
        GroupCondition::ExternalId(id) => statement.push(" AND external_id = ").bind(Arg::Text(id.clone())),
        GroupCondition::Member(id) => statement
            .push(" AND id IN (SELECT group_id FROM directory_group_members WHERE member_id = ")
            .bind(Arg::Text(id.clone()))
            .push(")"),
        GroupCondition::ChangedSince(time) => {
            statement.push(" AND updated_at >= ").bind(Arg::Integer(time.0))
        }
        GroupCondition::Any(conditions) => {
            // As in directory_users.
            for (index, condition) in conditions.iter().enumerate() {
                statement.push(if index == 0 { " AND id IN (" } else { " UNION ALL " });
                statement.push("SELECT id FROM directory_groups ");
                push_conditions(statement, directory, std::slice::from_ref(condition));
            }
            statement.push(")")
        }
    };
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

/// Takes a person or a group out of every group. The versions of these groups count it.
///
/// # Errors
/// When the database fails.
pub(in crate::store) async fn leave_all(tx: &mut Tx, member: &str, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_groups SET version = version + 1, \
         updated_at = CASE WHEN updated_at > $2 THEN updated_at ELSE $2 END \
         WHERE id IN (SELECT group_id FROM directory_group_members WHERE member_id = $1)",
        member,
        now
    )?;
    execute!(tx, "DELETE FROM directory_group_members WHERE member_id = $1", member)?;
    Ok(())
}

/// Bumps a group's version.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut Tx, group: &DirectoryGroupId, now: Timestamp) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_groups SET version = version + 1, \
         updated_at = CASE WHEN updated_at > $2 THEN updated_at ELSE $2 END WHERE id = $1",
        group,
        now
    )?;
    Ok(())
}
