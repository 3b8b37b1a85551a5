//! The outbox: mails to send, written in the transaction of the change they tell of.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx, database_clock,
    sql::{execute, optional, optional_scalar},
};
use crate::{
    clock::Timestamp,
    model::{MailId, MailStatus, WorkspaceId},
};

/// One mail to send.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct Mail {
    /// Its id; part of the `Message-ID`.
    pub id: MailId,
    /// The workspace it speaks for.
    pub workspace_id: Option<WorkspaceId>,
    /// Which template.
    pub template: String,
    /// What it is about, such as the invitation's id.
    pub subject_id: String,
    /// Which telling of it: a recipient gets one mail to a template, subject and generation.
    pub generation: i64,
    /// The address.
    pub recipient: String,
    /// What it tells, where that was known only when it was asked for: a JSON object.
    pub detail: String,
    /// What its return path shows besides the id, and the mail itself does not.
    pub return_key: String,
    /// Whether it is one of the many that an identity provider causes at once: others leave before it.
    pub bulk: bool,
    /// What is known of it.
    pub status: MailStatus,
    /// How often it was tried.
    pub attempts: i64,
    /// Not before this.
    pub due_at: Timestamp,
    /// A worker holds it until then, by the database's clock.
    pub lease_until: Timestamp,
    /// What the relay said last.
    pub answer: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// When the earliest of the waiting mails `{which}` is due: of the first in either half of the index, one step each.
pub(super) const EARLIEST_DUE: &str = "SELECT MIN(due_at) FROM (\
    SELECT * FROM (SELECT due_at FROM outbox WHERE status IN ('queued', 'deferred') AND bulk = FALSE AND {which} \
    ORDER BY due_at LIMIT 1) single UNION ALL \
    SELECT * FROM (SELECT due_at FROM outbox WHERE status IN ('queued', 'deferred') AND bulk = TRUE AND {which} \
    ORDER BY due_at LIMIT 1) many) firsts";

/// Adds a mail, unless the recipient has one with the same template, subject and generation.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, mail: &Mail) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO outbox (id, workspace_id, template, subject_id, generation, recipient, recipient_key, detail, \
         return_key, bulk, status, attempts, due_at, lease_until, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
         ON CONFLICT DO NOTHING",
        &mail.id,
        &mail.workspace_id,
        &mail.template,
        &mail.subject_id,
        mail.generation,
        &mail.recipient,
        super::directory_users::key(&mail.recipient),
        &mail.detail,
        &mail.return_key,
        mail.bulk,
        mail.status,
        mail.attempts,
        mail.due_at,
        mail.lease_until,
        mail.created_at,
        mail.updated_at
    )?;
    Ok(())
}

/// Cancels what has not gone out about a subject; gives the number of mails.
///
/// # Errors
/// When the database fails.
pub async fn cancel(tx: &mut Tx, subject_id: &str, reason: &str, now: Timestamp) -> Result<u64> {
    execute!(
        tx,
        "UPDATE outbox SET status = 'cancelled', answer = $2, updated_at = $3 \
         WHERE subject_id = $1 AND status IN ('queued', 'deferred')",
        subject_id,
        reason,
        now
    )
}

/// Cancels one mail that has not gone out; false when it is not waiting, or is being sent at this moment.
///
/// # Errors
/// When the database fails.
pub async fn cancel_one(tx: &mut Tx, id: &MailId, reason: &str, now: Timestamp) -> Result<bool> {
    let clock = database_clock::now(tx).await?;
    let rows = execute!(
        tx,
        "UPDATE outbox SET status = 'cancelled', answer = $2, updated_at = $3 \
         WHERE id = $1 AND status IN ('queued', 'deferred') AND lease_until <= $4",
        id,
        reason,
        now,
        clock
    )?;
    Ok(rows > 0)
}

/// Queues a mail once more that did not go through; false when there is nothing to do again.
///
/// # Errors
/// When the database fails.
pub async fn requeue(tx: &mut Tx, id: &MailId, now: Timestamp) -> Result<bool> {
    let clock = database_clock::now(tx).await?;
    let rows = execute!(
        tx,
        "UPDATE outbox SET status = 'queued', attempts = 0, due_at = $2, lease_until = 0, lease_by = NULL, \
         updated_at = $2 WHERE id = $1 AND lease_until <= $3 \
         AND status IN ('deferred', 'refused', 'gave_up', 'bounced', 'cancelled')",
        id,
        now,
        clock
    )?;
    Ok(rows > 0)
}

/// Records that a mail came back that the relay had taken: it is given up, or tried again at `again_at`. That the relay
/// took it may not be recorded: the mail itself shows it by coming back. False when it never went out, is settled
/// otherwise, or is being sent.
///
/// # Errors
/// When the database fails.
pub async fn bounce(
    tx: &mut Tx,
    id: &MailId,
    words: &str,
    again_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool> {
    let clock = database_clock::now(tx).await?;
    let status = if again_at.is_some() { MailStatus::Deferred } else { MailStatus::Bounced };
    let rows = execute!(
        tx,
        "UPDATE outbox SET status = $2, answer = $3, due_at = $4, lease_until = 0, lease_by = NULL, updated_at = $5 \
         WHERE id = $1 AND (status IN ('accepted', 'gave_up') \
         OR status IN ('queued', 'deferred') AND attempts > 0 AND lease_until <= $6)",
        id,
        status,
        words,
        again_at.unwrap_or(now),
        now,
        clock
    )?;
    Ok(rows > 0)
}

/// Notes that a report of a bounce was read; false when it was read before.
///
/// # Errors
/// When the database fails.
pub async fn note_bounce_report(tx: &mut Tx, report: &str, now: Timestamp) -> Result<bool> {
    let rows = execute!(
        tx,
        "INSERT INTO bounce_reports (id, received_at) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        report,
        now
    )?;
    Ok(rows > 0)
}

/// Forgets the reports of bounces that were read before `end`.
///
/// # Errors
/// When the database fails.
pub async fn forget_bounce_reports(tx: &mut Tx, end: Timestamp) -> Result<()> {
    execute!(tx, "DELETE FROM bounce_reports WHERE received_at < $1", end)?;
    Ok(())
}

/// The mail with this id.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, id: &MailId) -> Result<Option<Mail>> {
    optional!(conn, Mail, "SELECT * FROM outbox WHERE id = $1", id)
}

/// The same, locked until the transaction ends, so that what is known of it stays true.
///
/// # Errors
/// When the database fails.
pub async fn get_for_update(tx: &mut Tx, id: &MailId) -> Result<Option<Mail>> {
    if tx.is_postgres() {
        return optional!(tx, Mail, "SELECT * FROM outbox WHERE id = $1 FOR UPDATE", id);
    }
    get(tx, id).await
}

/// Whether anyone was told this.
///
/// # Errors
/// When the database fails.
pub async fn is_told(conn: &mut Conn, template: &str, subject_id: &str, generation: i64) -> Result<bool> {
    let told = optional_scalar!(
        conn,
        String,
        "SELECT id FROM outbox WHERE template = $1 AND subject_id = $2 AND generation = $3 LIMIT 1",
        template,
        subject_id,
        generation
    )?;
    Ok(told.is_some())
}
