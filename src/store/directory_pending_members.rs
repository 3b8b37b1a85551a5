//! Pending members: whom a group push named before the directory sent them.

use super::{
    CHUNK, Result, Tx,
    directory_groups::DirectoryGroup,
    sql::{Arg, Statement, all_of, execute, execute_of},
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
pub async fn delete(tx: &mut Tx, group: &DirectoryGroupId, values: &[String]) -> Result<()> {
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
pub async fn delete_all(tx: &mut Tx, group: &DirectoryGroupId) -> Result<()> {
    execute!(tx, "DELETE FROM directory_group_pending_members WHERE group_id = $1", group)?;
    Ok(())
}

/// The groups that wait for someone by one of these names, which they then no longer do, and the name they gave.
///
/// # Errors
/// When the database fails.
pub async fn take(
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
