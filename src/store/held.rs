//! Held people: directory users who were not let in, and the look that is taken at them again.

use super::{
    Conn, Result, Tx,
    directory_users::{DirectoryUser, SELECT},
    sql::{all, execute, scalar, scalars},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryId, DirectoryUserId, HeldReason, MembershipId, WorkspaceId},
};

/// Notes that an admin let the person in.
///
/// # Errors
/// When the database fails.
pub async fn approve(tx: &mut Tx, id: &DirectoryUserId, now: Timestamp) -> Result<()> {
    execute!(tx, "UPDATE directory_users SET approved_at = $2 WHERE id = $1", id, now)?;
    Ok(())
}

/// Notes that an admin let in everyone who waits for it; gives their number.
///
/// # Errors
/// When the database fails.
pub async fn approve_waiting(tx: &mut Tx, directory: &DirectoryId, now: Timestamp) -> Result<u64> {
    execute!(
        tx,
        "UPDATE directory_users SET approved_at = $2 WHERE directory_id = $1 AND NOT deleted \
         AND held_reason = 'needs_approval' AND approved_at IS NULL",
        directory,
        now
    )
}

/// People of the directory who were not let in, in the order in which they came to be, from `offset` on, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    directory: &DirectoryId,
    offset: u64,
    limit: u64,
) -> Result<Vec<DirectoryUser>> {
    all!(
        conn,
        DirectoryUser,
        const_format::concatcp!(
            SELECT,
            "WHERE directory_id = $1 AND held_reason IS NOT NULL AND held_reason <> 'last_owner' \
             AND NOT deleted ORDER BY held_since, id LIMIT $2 OFFSET $3"
        ),
        directory,
        i64::try_from(limit).unwrap_or(i64::MAX),
        i64::try_from(offset).unwrap_or(i64::MAX)
    )
}

/// How many people of the directory were not let in, by reason.
///
/// # Errors
/// When the database fails.
pub async fn count(conn: &mut Conn, directory: &DirectoryId) -> Result<Vec<(HeldReason, i64)>> {
    all!(
        conn,
        (HeldReason, i64),
        "SELECT held_reason, COUNT(*) FROM directory_users \
         WHERE directory_id = $1 AND held_reason IS NOT NULL AND held_reason <> 'last_owner' \
         AND NOT deleted GROUP BY held_reason ORDER BY held_reason",
        directory
    )
}

/// Whether this is an active owner who is kept because there is no other, although a directory that there still is calls
/// them inactive or has deleted them, and none calls them active.
///
/// # Errors
/// When the database fails.
pub async fn is_kept_as_last_owner(conn: &mut Conn, membership: &MembershipId) -> Result<bool> {
    let kept = scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM memberships m WHERE m.id = $1 AND m.status = 'active' AND m.role = 'owner' \
         AND EXISTS (SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id \
         WHERE u.membership_id = m.id AND u.held_reason = 'last_owner' AND d.removed_at IS NULL) \
         AND NOT EXISTS (SELECT 1 FROM directory_users u JOIN directories d ON d.id = u.directory_id \
         WHERE u.membership_id = m.id AND u.active AND NOT u.deleted AND d.removed_at IS NULL)",
        membership
    )?;
    Ok(kept > 0)
}

/// Nothing is put off any more for the owner behind this membership, whatever a directory said of them.
///
/// # Errors
/// When the database fails.
pub async fn end_as_last_owner(tx: &mut Tx, membership: &MembershipId) -> Result<()> {
    execute!(
        tx,
        "UPDATE directory_users SET held_reason = NULL, held_since = NULL \
         WHERE membership_id = $1 AND held_reason = 'last_owner'",
        membership
    )?;
    Ok(())
}

/// The ids of held people from `from` on, at most `limit`, to look at them again. Who waits for a seat is not among
/// them: a freed seat lets them in.
///
/// # Errors
/// When the database fails.
pub async fn list_to_recheck(
    conn: &mut Conn,
    directory: &DirectoryId,
    from: &str,
    limit: i64,
) -> Result<Vec<DirectoryUserId>> {
    scalars!(
        conn,
        DirectoryUserId,
        "SELECT id FROM directory_users WHERE directory_id = $1 AND held_reason IS NOT NULL AND NOT deleted \
         AND held_reason NOT IN ('seat_limit', 'last_owner') AND id > $2 ORDER BY id LIMIT $3",
        directory,
        from,
        limit
    )
}

/// The workspaces in which somebody waits for a seat.
///
/// # Errors
/// When the database fails.
pub async fn list_waiting_workspaces(conn: &mut Conn) -> Result<Vec<WorkspaceId>> {
    scalars!(
        conn,
        WorkspaceId,
        "SELECT DISTINCT d.workspace_id FROM directory_users u JOIN directories d ON d.id = u.directory_id \
         WHERE d.removed_at IS NULL AND u.held_reason = 'seat_limit' AND NOT u.deleted"
    )
}

/// Who waits for a seat in the workspace, the longest first, at most `limit`, each with their directory.
///
/// # Errors
/// When the database fails.
pub async fn list_waiting_for_seat(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    limit: i64,
) -> Result<Vec<(DirectoryUserId, DirectoryId)>> {
    all!(
        conn,
        (DirectoryUserId, DirectoryId),
        "SELECT u.id, u.directory_id FROM directory_users u JOIN directories d ON d.id = u.directory_id \
         WHERE d.workspace_id = $1 AND d.removed_at IS NULL AND u.held_reason = 'seat_limit' \
         AND NOT u.deleted ORDER BY u.held_since, u.id LIMIT $2",
        workspace,
        limit
    )
}

/// Who waits in the workspace for an address that somebody else has, the longest first, at most `limit`, each with their
/// directory.
///
/// # Errors
/// When the database fails.
pub async fn list_waiting_for_address(
    conn: &mut Conn,
    workspace: &WorkspaceId,
    email_key: &str,
    limit: i64,
) -> Result<Vec<(DirectoryUserId, DirectoryId)>> {
    all!(
        conn,
        (DirectoryUserId, DirectoryId),
        "SELECT u.id, u.directory_id FROM directory_users u JOIN directories d ON d.id = u.directory_id \
         WHERE u.email_key = $2 AND u.held_reason = 'conflict' AND NOT u.deleted \
         AND d.workspace_id = $1 AND d.removed_at IS NULL ORDER BY u.held_since, u.id LIMIT $3",
        workspace,
        email_key,
        limit
    )
}

/// Asks for a second look at the held people of a directory, from the first on.
///
/// # Errors
/// When the database fails.
pub async fn ask_recheck(tx: &mut Tx, id: &DirectoryId) -> Result<()> {
    execute!(tx, "UPDATE directories SET recheck_from = '' WHERE id = $1", id)?;
    Ok(())
}

/// Notes how far the second look has come, unless it was asked for anew meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn set_recheck(tx: &mut Tx, id: &DirectoryId, from: &str, next: Option<&str>) -> Result<()> {
    execute!(
        tx,
        "UPDATE directories SET recheck_from = $3 WHERE id = $1 AND recheck_from = $2",
        id,
        from,
        next
    )?;
    Ok(())
}

/// Directories with held people to look at again, and from which id on.
///
/// # Errors
/// When the database fails.
pub async fn list_rechecked_directories(conn: &mut Conn) -> Result<Vec<(DirectoryId, WorkspaceId, String)>> {
    all!(
        conn,
        (DirectoryId, WorkspaceId, String),
        "SELECT id, workspace_id, recheck_from FROM directories \
         WHERE recheck_from IS NOT NULL AND removed_at IS NULL ORDER BY id"
    )
}
