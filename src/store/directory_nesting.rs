//! Groups in groups. Every walk ends, whatever is stored: no group is walked through twice.

use sqlx::FromRow;

use super::{
    CHUNK, Conn, Result,
    sql::{Arg, Statement, all_of, optional_scalar, scalar_of, scalars},
};
use crate::model::{DirectoryGroupId, DirectoryUserId};

/// The ids of the groups that hold this group, directly or through others; costs as much as there are.
///
/// # Errors
/// When the database fails.
pub async fn above(conn: &mut Conn, group: &DirectoryGroupId) -> Result<Vec<String>> {
    scalars!(
        conn,
        String,
        "WITH RECURSIVE above (id) AS (\
         SELECT group_id FROM directory_group_members WHERE member_id = $1 \
         UNION SELECT m.group_id FROM above JOIN directory_group_members m ON m.member_id = above.id) \
         SELECT id FROM above",
        group
    )
}

/// Whether groups are among the members; costs the same at any size.
///
/// # Errors
/// When the database fails.
pub async fn holds_groups(conn: &mut Conn, group: &DirectoryGroupId) -> Result<bool> {
    let found = optional_scalar!(
        conn,
        String,
        "SELECT member_id FROM directory_group_members WHERE group_id = $1 AND member_kind = 'Group' LIMIT 1",
        group
    )?;
    Ok(found.is_some())
}

/// A group that a person is a member of.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct GroupOfUser {
    /// The person.
    pub user_id: DirectoryUserId,
    /// The group.
    pub group_id: DirectoryGroupId,
    /// The group's name.
    pub display_name: String,
    /// 0 for a direct member, 1 for one through other groups.
    pub distance: i64,
}

/// The groups of each of these people, directly and through other groups; each group once.
///
/// # Errors
/// When the database fails.
pub async fn groups_of(conn: &mut Conn, users: &[DirectoryUserId]) -> Result<Vec<GroupOfUser>> {
    let mut groups = Vec::new();
    for chunk in users.chunks(CHUNK) {
        let mut statement = Statement::new(
            "WITH RECURSIVE held (user_id, group_id, distance) AS (\
             SELECT member_id, group_id, CAST(0 AS BIGINT) FROM directory_group_members WHERE member_id IN ",
        );
        statement.bind_list(chunk.iter().map(DirectoryUserId::as_str)).push(
            " UNION SELECT held.user_id, m.group_id, CAST(1 AS BIGINT) \
             FROM held JOIN directory_group_members m ON m.member_id = held.group_id) \
             SELECT held.user_id, g.id AS group_id, g.display_name, MIN(held.distance) AS distance \
             FROM held JOIN directory_groups g ON g.id = held.group_id \
             GROUP BY held.user_id, g.id, g.display_name ORDER BY g.id",
        );
        groups.extend(all_of!(conn, GroupOfUser, statement)?);
    }
    Ok(groups)
}

/// How many groups these people have, all together, as [`groups_of`] gives them; `most + 1` when there are more than
/// `most`, so that a count costs no more than that.
///
/// # Errors
/// When the database fails.
pub async fn number_up_to(conn: &mut Conn, users: &[DirectoryUserId], most: i64) -> Result<i64> {
    let mut number = 0;
    for chunk in users.chunks(CHUNK) {
        let mut statement = Statement::new(
            "WITH RECURSIVE held (user_id, group_id) AS (\
             SELECT member_id, group_id FROM directory_group_members WHERE member_id IN ",
        );
        statement.bind_list(chunk.iter().map(DirectoryUserId::as_str)).push(
            // Neither engine walks further than to the row that is asked for last.
            " UNION SELECT held.user_id, m.group_id \
             FROM held JOIN directory_group_members m ON m.member_id = held.group_id) \
             SELECT COUNT(*) FROM (SELECT 1 FROM held LIMIT ",
        );
        statement.bind(Arg::Integer(most.saturating_add(1))).push(") AS counted");
        number += scalar_of!(conn, i64, statement)?;
    }
    Ok(number.min(most.saturating_add(1)))
}
