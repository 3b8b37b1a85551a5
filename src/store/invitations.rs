//! Invitations and the links that were mailed for them.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{all, execute, optional, optional_scalar, scalar},
};
use crate::{
    clock::Timestamp,
    model::{AccountId, DirectoryId, InvitationId, InvitationStatus, MembershipId, WorkspaceId},
};

/// An invitation to join a workspace.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The membership that accepting makes active.
    pub membership_id: MembershipId,
    /// The address it was sent to.
    pub email: String,
    /// The language that whoever invited chose for it (BCP 47).
    pub language: Option<String>,
    /// Where it stands.
    pub status: InvitationStatus,
    /// Counts the mails asked for; links of an earlier one are dead.
    pub generation: i64,
    /// Who invited; `None` for a directory or the command line.
    pub invited_by: Option<AccountId>,
    /// The directory that invited.
    pub directory_id: Option<DirectoryId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the latest mail was asked for.
    pub sent_at: Timestamp,
    /// The first moment at which it can no longer be accepted.
    pub expires_at: Timestamp,
    /// When its page was first opened.
    pub opened_at: Option<Timestamp>,
    /// When it stopped being pending.
    pub ended_at: Option<Timestamp>,
}

const SELECT: &str = "SELECT id, workspace_id, membership_id, email, language, status, generation, invited_by, directory_id, \
                      created_at, sent_at, expires_at, opened_at, ended_at FROM invitations ";

/// Adds an invitation.
///
/// # Errors
/// `Unique(PendingInvitation)` when the membership has an open one.
pub async fn insert(tx: &mut Tx, invitation: &Invitation) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO invitations (id, workspace_id, membership_id, email, language, status, generation, invited_by, \
         directory_id, created_at, sent_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &invitation.id,
        &invitation.workspace_id,
        &invitation.membership_id,
        &invitation.email,
        &invitation.language,
        invitation.status,
        invitation.generation,
        &invitation.invited_by,
        &invitation.directory_id,
        invitation.created_at,
        invitation.sent_at,
        invitation.expires_at
    )?;
    Ok(())
}

/// The invitation with this id.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, id: &InvitationId) -> Result<Option<Invitation>> {
    optional!(conn, Invitation, const_format::concatcp!(SELECT, "WHERE id = $1"), id)
}

/// The same, locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn get_for_update(tx: &mut Tx, id: &InvitationId) -> Result<Option<Invitation>> {
    if !tx.is_postgres() {
        return get(tx, id).await;
    }
    optional!(tx, Invitation, const_format::concatcp!(SELECT, "WHERE id = $1 FOR UPDATE"), id)
}

/// The open invitation of a membership.
///
/// # Errors
/// When the database fails.
pub async fn find_pending(conn: &mut Conn, membership: &MembershipId) -> Result<Option<Invitation>> {
    optional!(
        conn,
        Invitation,
        const_format::concatcp!(SELECT, "WHERE membership_id = $1 AND status = 'pending'"),
        membership
    )
}

/// The latest invitation of a membership, in whatever state.
///
/// # Errors
/// When the database fails.
pub async fn find_latest(conn: &mut Conn, membership: &MembershipId) -> Result<Option<Invitation>> {
    optional!(
        conn,
        Invitation,
        const_format::concatcp!(SELECT, "WHERE membership_id = $1 ORDER BY id DESC LIMIT 1"),
        membership
    )
}

/// Ends a pending invitation. False when it was not pending any more: of two callers one gets true.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut Tx, id: &InvitationId, status: InvitationStatus, now: Timestamp) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE invitations SET status = $2, ended_at = $3 WHERE id = $1 AND status = 'pending'",
        id,
        status,
        now
    )?;
    Ok(rows > 0)
}

/// Ends a pending invitation whose time is over. False when it is not pending any more, or was sent again meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn expire(tx: &mut Tx, id: &InvitationId, now: Timestamp) -> Result<bool> {
    let rows = execute!(
        tx,
        "UPDATE invitations SET status = $2, ended_at = $3 WHERE id = $1 AND status = 'pending' AND expires_at <= $3",
        id,
        InvitationStatus::Expired,
        now
    )?;
    Ok(rows > 0)
}

/// Starts a new generation: earlier links are dead, the clock starts again. Without a `language` it stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn renew(
    tx: &mut Tx,
    id: &InvitationId,
    email: &str,
    language: Option<&str>,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE invitations SET generation = generation + 1, email = $2, language = COALESCE($3, language), \
         sent_at = $4, expires_at = $5 WHERE id = $1",
        id,
        email,
        language,
        now,
        expires_at
    )?;
    Ok(())
}

/// Notes that the page was opened, the first time.
///
/// # Errors
/// When the database fails.
pub async fn mark_opened(tx: &mut Tx, id: &InvitationId, now: Timestamp) -> Result<()> {
    execute!(tx, "UPDATE invitations SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL", id, now)?;
    Ok(())
}

/// Pending invitations whose time is over, oldest first, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_overdue(conn: &mut Conn, now: Timestamp, limit: i64) -> Result<Vec<Invitation>> {
    all!(
        conn,
        Invitation,
        const_format::concatcp!(
            SELECT,
            "WHERE status = 'pending' AND expires_at <= $1 ORDER BY expires_at LIMIT $2"
        ),
        now,
        limit
    )
}

/// Pending invitations that end before `ending_before`, whose mail was accepted and that had no reminder yet, at most
/// `limit`.
///
/// # Errors
/// When the database fails.
pub async fn list_unreminded(
    conn: &mut Conn,
    now: Timestamp,
    ending_before: Timestamp,
    limit: i64,
) -> Result<Vec<Invitation>> {
    all!(
        conn,
        Invitation,
        const_format::concatcp!(
            SELECT,
            "WHERE status = 'pending' AND expires_at > $1 AND expires_at <= $2 \
             AND EXISTS (SELECT 1 FROM outbox WHERE template IN ('invitation', 'new_link') AND subject_id = invitations.id \
             AND generation = invitations.generation AND outbox.status IN ('accepted', 'kept')) \
             AND NOT EXISTS (SELECT 1 FROM outbox WHERE template = 'reminder' AND subject_id = invitations.id \
             AND generation = invitations.generation) ORDER BY expires_at LIMIT $3"
        ),
        now,
        ending_before,
        limit
    )
}

/// Keeps the hash of a link that is about to be mailed.
///
/// # Errors
/// When the database fails.
pub async fn insert_link(
    tx: &mut Tx,
    token_hash: &str,
    invitation: &InvitationId,
    generation: i64,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO invitation_links (token_hash, invitation_id, generation, created_at) VALUES ($1, $2, $3, $4)",
        token_hash,
        invitation,
        generation,
        now
    )?;
    Ok(())
}

/// What a link leads to.
#[derive(Clone, Debug, FromRow)]
pub struct InvitationLink {
    /// The invitation.
    pub invitation_id: InvitationId,
    /// The generation that the link was mailed for.
    pub generation: i64,
}

/// The link with this hash.
///
/// # Errors
/// When the database fails.
pub async fn find_link(conn: &mut Conn, token_hash: &str) -> Result<Option<InvitationLink>> {
    optional!(
        conn,
        InvitationLink,
        "SELECT invitation_id, generation FROM invitation_links WHERE token_hash = $1",
        token_hash
    )
}

/// The name of the workspace whose invitation waits for this address, the latest if there are several.
///
/// # Errors
/// When the database fails.
pub async fn find_inviting_workspace(
    conn: &mut Conn,
    email_key: &str,
    now: Timestamp,
) -> Result<Option<String>> {
    optional_scalar!(
        conn,
        String,
        "SELECT w.name FROM memberships m JOIN invitations i ON i.membership_id = m.id \
         JOIN workspaces w ON w.id = m.workspace_id \
         WHERE m.email_key = $1 AND m.status = 'invited' AND i.status = 'pending' AND i.expires_at > $2 \
         ORDER BY i.id DESC LIMIT 1",
        email_key,
        now
    )
}

/// How many mails with a link were asked for on behalf of a membership since then.
///
/// # Errors
/// When the database fails.
pub async fn count_mails_since(conn: &mut Conn, membership: &MembershipId, since: Timestamp) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM outbox WHERE template IN ('invitation', 'new_link') AND created_at > $2 \
         AND subject_id IN (SELECT id FROM invitations WHERE membership_id = $1)",
        membership,
        since
    )
}

/// The same without the first mail of all: how often an invitation was sent again.
///
/// # Errors
/// When the database fails.
pub async fn count_resent_since(conn: &mut Conn, membership: &MembershipId, since: Timestamp) -> Result<i64> {
    scalar!(
        conn,
        i64,
        "SELECT COUNT(*) FROM outbox WHERE template IN ('invitation', 'new_link') AND created_at > $2 \
         AND NOT (generation = 1 AND subject_id = (SELECT MIN(id) FROM invitations WHERE membership_id = $1)) \
         AND subject_id IN (SELECT id FROM invitations WHERE membership_id = $1)",
        membership,
        since
    )
}
