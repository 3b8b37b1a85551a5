//! Members of directory groups. They change as sets: no statement here loads a group to change it.

use std::collections::HashMap;

use sqlx::FromRow;

use super::{
    CHUNK, Conn, Result, Tx, key,
    order::Slice,
    sql::{Arg, Statement, all_of, execute, execute_of, scalar_of},
};
use crate::model::{DirectoryGroupId, DirectoryId};

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
pub async fn of_groups(conn: &mut Conn, groups: &[DirectoryGroupId]) -> Result<Vec<GroupMember>> {
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

/// Those of a group's members who have one of these ids.
///
/// # Errors
/// When the database fails.
pub async fn some(conn: &mut Conn, group: &DirectoryGroupId, ids: &[String]) -> Result<Vec<GroupMember>> {
    let mut members = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let mut statement = Statement::new(
            "SELECT group_id, member_id, member_kind, display FROM directory_group_members WHERE group_id = ",
        );
        statement.bind(Arg::Text(group.0.clone())).push(" AND member_id IN ").bind_list(chunk);
        members.extend(all_of!(conn, GroupMember, statement)?);
    }
    Ok(members)
}

/// A member of a group, with the group's name.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct MemberOfGroup {
    /// The ids of both, with a point between them.
    pub id: String,
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
    /// One of these ids of [`MemberOfGroup`].
    Ids(Vec<String>),
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
            MemberCondition::Ids(ids) => {
                statement.push(" AND m.group_id || '.' || m.member_id IN ").bind_list(ids)
            }
            MemberCondition::Kind(kind) => {
                statement.push(" AND LOWER(m.member_kind) = ").bind(Arg::Text(key(kind)))
            }
        };
    }
}

/// A slice of the members that meet the conditions, of which one names the group or the member, in the order of the
/// ids of the others.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    directory: &DirectoryId,
    conditions: &[MemberCondition],
    slice: Slice<'_>,
) -> Result<Vec<MemberOfGroup>> {
    let mut statement = Statement::new(
        "SELECT m.group_id || '.' || m.member_id AS id, m.group_id, g.display_name AS group_name, m.member_id, \
         m.member_kind, m.display ",
    );
    push_member_conditions(&mut statement, directory, conditions);
    let of_one_group = conditions.iter().any(|condition| matches!(condition, MemberCondition::Group(_)));
    let column = if of_one_group { "m.member_id" } else { "m.group_id" };
    if let Some((group, member)) = slice.behind.and_then(|place| place.id.split_once('.')) {
        let last = if of_one_group { member } else { group };
        statement.push(" AND ").push(column).push(" > ").bind(Arg::Text(last.to_owned()));
    }
    statement.push(" ORDER BY ").push(column).push(" LIMIT ").bind(Arg::Integer(slice.limit));
    statement.push(" OFFSET ").bind(Arg::Integer(slice.offset));
    all_of!(conn, MemberOfGroup, statement)
}

/// How many members meet the conditions.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, directory: &DirectoryId, conditions: &[MemberCondition]) -> Result<i64> {
    let mut statement = Statement::new("SELECT COUNT(*) ");
    push_member_conditions(&mut statement, directory, conditions);
    scalar_of!(conn, i64, statement)
}

/// An id that is or may become a member.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Candidate {
    /// The SCIM `id`.
    pub id: String,
    /// `User` or `Group`.
    pub kind: String,
}

/// A group's members, each with its kind.
///
/// # Errors
/// When the database fails.
pub async fn present(conn: &mut Conn, group: &DirectoryGroupId) -> Result<Vec<Candidate>> {
    super::sql::all!(
        conn,
        Candidate,
        "SELECT member_id AS id, member_kind AS kind FROM directory_group_members WHERE group_id = $1",
        group
    )
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
                "SELECT id, 'User' AS kind FROM directory_users WHERE NOT deleted AND directory_id = ",
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
        statement.bind(Arg::Text(directory.0.clone())).push(" AND NOT deleted AND id IN ").bind_list(chunk);
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
pub async fn insert(tx: &mut Tx, group: &DirectoryGroupId, members: &[Newcomer]) -> Result<u64> {
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
pub async fn delete(tx: &mut Tx, group: &DirectoryGroupId, ids: &[String]) -> Result<u64> {
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
pub async fn delete_all(tx: &mut Tx, group: &DirectoryGroupId) -> Result<u64> {
    execute!(tx, "DELETE FROM directory_group_members WHERE group_id = $1", group)
}

/// Whether a group has more members than `number`; costs the same at any size.
///
/// # Errors
/// When the database fails.
pub async fn has_more_than(conn: &mut Conn, group: &DirectoryGroupId, number: i64) -> Result<bool> {
    let beyond = super::sql::optional_scalar!(
        conn,
        String,
        "SELECT member_id FROM directory_group_members WHERE group_id = $1 LIMIT 1 OFFSET $2",
        group,
        number
    )?;
    Ok(beyond.is_some())
}

/// The number of members of each of these groups; of a group with more than `most`, `most + 1`, so that a count costs
/// the same at any size.
///
/// # Errors
/// When the database fails.
pub async fn numbers_up_to(
    conn: &mut Conn,
    groups: &[DirectoryGroupId],
    most: i64,
) -> Result<HashMap<DirectoryGroupId, i64>> {
    let mut numbers = HashMap::new();
    for chunk in groups.chunks(CHUNK) {
        let mut statement = Statement::new(
            "SELECT g.id, (SELECT COUNT(*) FROM (SELECT 1 FROM directory_group_members m WHERE m.group_id = g.id LIMIT ",
        );
        statement
            .bind(Arg::Integer(most.saturating_add(1)))
            .push(") AS counted) FROM directory_groups g WHERE g.id IN ");
        statement.bind_list(chunk.iter().map(DirectoryGroupId::as_str));
        numbers.extend(all_of!(conn, (DirectoryGroupId, i64), statement)?);
    }
    Ok(numbers)
}
