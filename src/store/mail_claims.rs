//! Who sends which mail: a worker claims mails of the outbox, holds them while it sends, and records what came of it.
//!
//! Leases are measured by the database's clock, so that hosts whose clocks differ agree on who holds what.

use std::time::Duration;

use super::{
    CHUNK, Conn, Result, Tx, database_clock,
    outbox::{EARLIEST_DUE, Mail},
    sql::{Arg, Statement, all_of, execute, execute_of, scalar},
};
use crate::{
    clock::Timestamp,
    model::{MailId, MailStatus},
};

/// Who holds mails, and for how long at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// A name that no other worker has.
    pub name: String,
    /// How long a mail is held unless its lease is renewed.
    pub lease: Duration,
}

/// Claims up to `limit` due mails, those in bulk last, but not those `in_hand`, which the worker is sending already: no other worker gets
/// them while the lease lasts.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    tx: &mut Tx,
    holder: &Holder,
    in_hand: &[MailId],
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Mail>> {
    let clock = database_clock::now(tx).await?;
    // Materialized, or the planner may run the inner query more than once and lock more rows than it returns.
    let mut claim = Statement::new(
        "WITH due AS MATERIALIZED (SELECT id FROM outbox WHERE status IN ('queued', 'deferred') AND due_at <= ",
    );
    claim.bind(Arg::Integer(now.0)).push(" AND lease_until <= ").bind(Arg::Integer(clock.0));
    if !in_hand.is_empty() {
        claim.push(" AND id NOT IN ").bind_list(in_hand.iter().map(MailId::as_str));
    }
    claim.push(" ORDER BY bulk, due_at LIMIT ").bind(Arg::Integer(limit));
    if tx.is_postgres() {
        claim.push(" FOR UPDATE SKIP LOCKED");
    }
    claim
        .push(") UPDATE outbox SET lease_until = ")
        .bind(Arg::Integer(clock.plus(holder.lease).0))
        .push(", lease_by = ")
        .bind(Arg::Text(holder.name.clone()))
        .push(", updated_at = ")
        .bind(Arg::Integer(now.0))
        .push(" WHERE id IN (SELECT id FROM due) RETURNING *");
    all_of!(tx, Mail, claim)
}

/// Counts an attempt that begins now, notes the subject line and renews the lease. False when the mail is no longer the
/// holder's to send: cancelled, or the lease ran out, and another worker may have it.
///
/// # Errors
/// When the database fails.
pub async fn start_attempt(
    tx: &mut Tx,
    holder: &Holder,
    id: &MailId,
    subject: &str,
    now: Timestamp,
) -> Result<bool> {
    let clock = database_clock::now(tx).await?;
    let rows = execute!(
        tx,
        "UPDATE outbox SET attempts = attempts + 1, lease_until = $3, updated_at = $4, mail_subject = $5 \
         WHERE id = $1 AND lease_by = $2 AND lease_until > $6 AND status IN ('queued', 'deferred')",
        id,
        &holder.name,
        clock.plus(holder.lease),
        now,
        subject,
        clock
    )?;
    Ok(rows > 0)
}

/// Holds on to mails that are being sent, as far as nobody else has them.
///
/// # Errors
/// When the database fails.
pub async fn renew_leases(tx: &mut Tx, holder: &Holder, ids: &[MailId]) -> Result<()> {
    let lease_until = database_clock::now(tx).await?.plus(holder.lease);
    for chunk in ids.chunks(CHUNK) {
        let mut statement = Statement::new("UPDATE outbox SET lease_until = ");
        statement
            .bind(Arg::Integer(lease_until.0))
            .push(" WHERE status IN ('queued', 'deferred') AND lease_by = ")
            .bind(Arg::Text(holder.name.clone()))
            .push(" AND id IN ");
        statement.bind_list(chunk.iter().map(MailId::as_str));
        execute_of!(tx, statement)?;
    }
    Ok(())
}

/// Records that a mail went out, whoever holds it by now and whether or not it was cancelled meanwhile: what is out is
/// out. One that has come back already stays so.
///
/// # Errors
/// When the database fails.
pub async fn finish_sent(
    tx: &mut Tx,
    id: &MailId,
    status: MailStatus,
    answer: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE outbox SET status = $2, answer = $3, lease_until = 0, lease_by = NULL, updated_at = $4 \
         WHERE id = $1 AND status <> 'bounced'",
        id,
        status,
        answer,
        now
    )?;
    Ok(())
}

/// Records that a mail did not go out, and when it is tried again if it is. Left alone when it was cancelled meanwhile,
/// or is another worker's.
///
/// # Errors
/// When the database fails.
pub async fn finish_unsent(
    tx: &mut Tx,
    holder: &Holder,
    id: &MailId,
    status: MailStatus,
    answer: &str,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE outbox SET status = $3, answer = $4, due_at = $5, lease_until = 0, lease_by = NULL, updated_at = $6 \
         WHERE id = $1 AND lease_by = $2 AND status IN ('queued', 'deferred')",
        id,
        &holder.name,
        status,
        answer,
        due_at,
        now
    )?;
    Ok(())
}

/// Puts a mail off that the relay has not even looked at: the attempt does not count.
///
/// # Errors
/// When the database fails.
pub async fn put_off(
    tx: &mut Tx,
    holder: &Holder,
    id: &MailId,
    answer: &str,
    due_at: Timestamp,
    now: Timestamp,
) -> Result<()> {
    execute!(
        tx,
        "UPDATE outbox SET status = 'deferred', attempts = attempts - 1, answer = $3, due_at = $4, lease_until = 0, \
         lease_by = NULL, updated_at = $5 WHERE id = $1 AND lease_by = $2 AND status IN ('queued', 'deferred')",
        id,
        &holder.name,
        answer,
        due_at,
        now
    )?;
    Ok(())
}

/// When the next mail is due that no worker holds, if any waits.
///
/// # Errors
/// When the database fails.
pub async fn next_due(conn: &mut Conn) -> Result<Option<Timestamp>> {
    let clock = database_clock::now(conn).await?;
    scalar!(
        conn,
        Option<Timestamp>,
        const_format::str_replace!(EARLIEST_DUE, "{which}", "lease_until <= $1"),
        clock
    )
}
