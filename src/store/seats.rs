//! Seats: who takes one, counted as memberships change, in workspaces that limit them.
//!
//! The counters stand in the workspace's row, which whoever asks for a seat locks anyway. A workspace without a limit
//! has none, so that no two of its people wait for each other.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{execute, optional, optional_scalar, scalar},
};
use crate::{
    clock::Timestamp,
    model::{MembershipStatus, WorkspaceId},
};

/// The seats of a workspace that limits them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub struct Seats {
    /// How many there are.
    pub limit: i64,
    /// How many active people have.
    pub active: i64,
    /// How many are kept for invited people.
    pub invited: i64,
}

impl Seats {
    /// How many are taken.
    pub const fn taken(self) -> i64 {
        self.active + self.invited
    }
}

const SELECT: &str = "SELECT seat_limit AS \"limit\", seats_active AS active, seats_invited AS invited \
                      FROM workspaces WHERE id = $1 AND seat_limit IS NOT NULL";

/// The seats of a workspace; `None` when it has no limit.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<Seats>> {
    optional!(conn, Seats, SELECT, workspace)
}

/// The same, locked until the transaction ends, so that two who each find the last seat free come one after the other.
/// The membership at hand is locked before it: changes of memberships take the two in that order.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut Tx, workspace: &WorkspaceId) -> Result<Option<Seats>> {
    let seats = get(tx, workspace).await?;
    if seats.is_none() || !tx.is_postgres() {
        return Ok(seats);
    }
    // Not FOR UPDATE: rows that refer to the workspace hold a key share of it.
    optional!(tx, Seats, const_format::concatcp!(SELECT, " FOR NO KEY UPDATE"), workspace)
}

/// How many seats are taken, whether or not they are limited.
///
/// # Errors
/// When the database fails.
pub async fn count_taken(conn: &mut Conn, workspace: &WorkspaceId) -> Result<i64> {
    match get(conn, workspace).await? {
        Some(seats) => Ok(seats.taken()),
        None => scalar!(
            conn,
            i64,
            "SELECT COUNT(*) FROM memberships WHERE workspace_id = $1 AND status IN ('active', 'invited')",
            workspace
        ),
    }
}

/// Sets, changes or takes away the limit. Called before anything else is written in its transaction.
///
/// # Errors
/// When the database fails.
pub async fn set_limit(tx: &mut Tx, workspace: &WorkspaceId, limit: Option<i64>) -> Result<()> {
    let Some(limit) = limit else {
        execute!(
            tx,
            "UPDATE workspaces SET seat_limit = NULL, seats_active = NULL, seats_invited = NULL, \
             seats_told_at = NULL WHERE id = $1",
            workspace
        )?;
        return Ok(());
    };
    let changed = execute!(
        tx,
        "UPDATE workspaces SET seats_told_at = CASE WHEN seat_limit = $2 THEN seats_told_at END, seat_limit = $2 \
         WHERE id = $1 AND seat_limit IS NOT NULL",
        workspace,
        limit
    )?;
    if changed > 0 {
        return Ok(());
    }
    // The first count: whoever has changed a membership and saw no limit is waited for, whoever comes next sees it.
    if tx.is_postgres() {
        execute!(tx, "LOCK TABLE memberships IN SHARE ROW EXCLUSIVE MODE")?;
    }
    execute!(
        tx,
        "UPDATE workspaces SET seat_limit = $2, \
         seats_active = (SELECT COUNT(*) FROM memberships WHERE workspace_id = $1 AND status = 'active'), \
         seats_invited = (SELECT COUNT(*) FROM memberships WHERE workspace_id = $1 AND status = 'invited') \
         WHERE id = $1",
        workspace,
        limit
    )?;
    Ok(())
}

/// Counts a membership that went from one status to another. Called after it was written, see [`set_limit`].
pub(super) async fn count_change(
    tx: &mut Tx,
    workspace: &WorkspaceId,
    before: Option<MembershipStatus>,
    after: MembershipStatus,
) -> Result<()> {
    let change_of = |status| i64::from(after == status) - i64::from(before == Some(status));
    let (active, invited) = (change_of(MembershipStatus::Active), change_of(MembershipStatus::Invited));
    if (active, invited) != (0, 0) {
        execute!(
            tx,
            "UPDATE workspaces SET seats_active = seats_active + $2, seats_invited = seats_invited + $3, \
             seats_told_at = CASE WHEN seats_active + seats_invited + $2 + $3 >= seat_limit THEN seats_told_at END \
             WHERE id = $1 AND seat_limit IS NOT NULL",
            workspace,
            active,
            invited
        )?;
    }
    Ok(())
}

/// Notes that the admins are told now that no seat is free; gives the limit. `None` when they were told since a seat was
/// free last, and when one is free.
///
/// # Errors
/// When the database fails.
pub async fn note_told(tx: &mut Tx, workspace: &WorkspaceId, now: Timestamp) -> Result<Option<i64>> {
    optional_scalar!(
        tx,
        i64,
        "UPDATE workspaces SET seats_told_at = $2 \
         WHERE id = $1 AND seats_told_at IS NULL AND seats_active + seats_invited >= seat_limit RETURNING seat_limit",
        workspace,
        now
    )
}

/// When the admins were told that no seat is free, if none was since.
///
/// # Errors
/// When the database fails.
pub async fn told_at(conn: &mut Conn, workspace: &WorkspaceId) -> Result<Option<Timestamp>> {
    let told_at = optional_scalar!(
        conn,
        Option<Timestamp>,
        "SELECT seats_told_at FROM workspaces WHERE id = $1",
        workspace
    )?;
    Ok(told_at.flatten())
}

/// Whether a mail that tells the admins so has left, or is on its way.
///
/// # Errors
/// When the database fails.
pub async fn is_told(conn: &mut Conn, workspace: &WorkspaceId) -> Result<bool> {
    let mails = scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM workspaces w JOIN outbox o ON o.subject_id = w.id AND o.generation = w.seats_told_at \
         WHERE w.id = $1 AND o.template = 'seat_limit_reached' \
         AND o.status IN ('queued', 'deferred', 'accepted', 'kept')",
        workspace
    )?;
    Ok(mails > 0)
}
