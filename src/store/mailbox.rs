//! The built-in mailbox: where mail goes when no SMTP server is set.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{all, execute, optional},
};
use crate::{clock::Timestamp, model::MailId};

/// A mail in the built-in mailbox.
#[derive(Clone, Debug, FromRow)]
pub struct Message {
    /// Its id.
    pub id: MailId,
    /// The address.
    pub recipient: String,
    /// The subject line.
    pub subject: String,
    /// The plain text part.
    pub text_part: String,
    /// The HTML part.
    pub html_part: String,
    /// The whole message as it would have gone over the wire.
    pub source: String,
    /// When it arrived.
    pub received_at: Timestamp,
}

/// Most mails that are kept and listed.
const KEPT: i64 = 1000;

/// Adds a mail and drops the oldest beyond those that are kept. A mail that is there already stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, message: &Message) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO mailbox (id, recipient, subject, text_part, html_part, source, received_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        &message.id,
        &message.recipient,
        &message.subject,
        &message.text_part,
        &message.html_part,
        &message.source,
        message.received_at
    )?;
    execute!(
        tx,
        "DELETE FROM mailbox WHERE id IN (SELECT id FROM mailbox ORDER BY received_at DESC, id DESC LIMIT 100 OFFSET $1)",
        KEPT
    )?;
    Ok(())
}

/// All mails, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(conn: &mut Conn) -> Result<Vec<Message>> {
    all!(conn, Message, "SELECT * FROM mailbox ORDER BY received_at DESC, id DESC LIMIT $1", KEPT)
}

/// The mail with this id.
///
/// # Errors
/// When the database fails.
pub async fn get(conn: &mut Conn, id: &MailId) -> Result<Option<Message>> {
    optional!(conn, Message, "SELECT * FROM mailbox WHERE id = $1", id)
}

/// Deletes every mail.
///
/// # Errors
/// When the database fails.
pub async fn clear(tx: &mut Tx) -> Result<()> {
    execute!(tx, "DELETE FROM mailbox")?;
    Ok(())
}
