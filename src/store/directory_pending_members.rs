//! Pending members: whom a group push named before the directory sent them.

use sqlx::FromRow;

use super::{
    CHUNK, Result, Tx,
    directory_groups::DirectoryGroup,
    key,
    sql::{Arg, Statement, all, all_of, execute, execute_of},
};
use crate::model::{DirectoryGroupId, DirectoryId};

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
pub async fn insert(tx: &mut Tx, group: &DirectoryGroup, members: &[PendingMember]) -> Result<()> {
    for chunk in members.chunks(CHUNK) {
        let mut statement = Statement::new(
            "INSERT INTO directory_group_pending_members (group_id, directory_id, value, value_key, display) VALUES ",
        );
        for (index, member) in chunk.iter().enumerate() {
            statement.push(if index == 0 { "(" } else { ", (" });
            statement
                .bind(Arg::Text(group.id.0.clone()))
                .push(", ")
                .bind(Arg::Text(group.directory_id.0.clone()));
            statement.push(", ").bind(Arg::Text(member.value.clone()));
            statement.push(", ").bind(Arg::Text(key(&member.value))).push(", ");
            statement.bind_optional(member.display.as_deref()).push(")");
        }
        statement.push(" ON CONFLICT DO NOTHING");
        execute_of!(tx, statement)?;
    }
    Ok(())
}

/// Forgets pending members; gives the number of those there were.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut Tx, group: &DirectoryGroupId, values: &[String]) -> Result<u64> {
    let mut forgotten = 0;
    for chunk in values.chunks(CHUNK) {
        let mut statement = Statement::new("DELETE FROM directory_group_pending_members WHERE group_id = ");
        statement.bind(Arg::Text(group.0.clone())).push(" AND value IN ").bind_list(chunk);
        forgotten += execute_of!(tx, statement)?;
    }
    Ok(forgotten)
}

/// Forgets all pending members of a group.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(tx: &mut Tx, group: &DirectoryGroupId) -> Result<()> {
    execute!(tx, "DELETE FROM directory_group_pending_members WHERE group_id = $1", group)?;
    Ok(())
}

/// Someone whom a group waits for.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Waiting {
    /// The group.
    pub group_id: DirectoryGroupId,
    /// The id by which the group push named them.
    pub value: String,
    /// The name that came with it.
    pub display: Option<String>,
}

/// Whom groups wait for by one of these names, whatever its case.
///
/// # Errors
/// When the database fails.
pub async fn named(tx: &mut Tx, directory: &DirectoryId, names: &[&str]) -> Result<Vec<Waiting>> {
    let mut statement = Statement::new(
        "SELECT group_id, value, display FROM directory_group_pending_members WHERE directory_id = ",
    );
    statement.bind(Arg::Text(directory.0.clone())).push(" AND value_key IN ");
    statement.bind_list(names.iter().map(|name| key(name))).push(" ORDER BY group_id, value");
    all_of!(tx, Waiting, statement)
}

/// Whom a group waits for.
///
/// # Errors
/// When the database fails.
pub async fn of_group(tx: &mut Tx, group: &DirectoryGroupId) -> Result<Vec<Waiting>> {
    all!(
        tx,
        Waiting,
        "SELECT group_id, value, display FROM directory_group_pending_members WHERE group_id = $1",
        group
    )
}
