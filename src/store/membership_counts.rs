//! How many memberships stand where.

use super::{
    Conn, Result,
    sql::{all, scalar},
};
use crate::model::{DirectoryId, MembershipStatus, Role, WorkspaceId};

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

/// How many memberships that were not removed the directory vouches for.
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
