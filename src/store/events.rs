//! Events: facts in the past tense, appended in the transaction that made them true.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{Arg, Statement, all_of, execute, execute_of, optional, optional_scalar},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryId, WorkspaceId},
};

/// A stored event.
#[derive(Clone, Debug, FromRow)]
pub struct Event {
    /// Its id; sorts by time.
    pub id: String,
    /// The workspace it happened in.
    pub workspace_id: WorkspaceId,
    /// When.
    pub at: Timestamp,
    /// The kind of actor: `person`, `directory`, `command_line` or `rollcall`.
    pub actor: String,
    /// Which person or directory.
    pub actor_id: Option<String>,
    /// What happened, such as `membership.suspended`.
    pub action: String,
    /// To what.
    pub subject_id: String,
    /// A JSON object with the rest.
    pub detail: String,
    /// The request that made it happen.
    pub request_id: Option<String>,
}

/// Appends an event.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut Tx, event: &Event) -> Result<()> {
    execute!(
        tx,
        "INSERT INTO events (id, workspace_id, at, actor, actor_id, action, subject_id, detail, request_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &event.id,
        &event.workspace_id,
        event.at,
        &event.actor,
        &event.actor_id,
        &event.action,
        &event.subject_id,
        &event.detail,
        &event.request_id
    )?;
    Ok(())
}

/// Appends many events, fifty in one statement.
///
/// # Errors
/// When the database fails.
pub async fn insert_all(tx: &mut Tx, events: &[Event]) -> Result<()> {
    for chunk in events.chunks(50) {
        let mut statement = Statement::new(
            "INSERT INTO events (id, workspace_id, at, actor, actor_id, action, subject_id, detail, request_id) VALUES ",
        );
        for (index, event) in chunk.iter().enumerate() {
            statement.push(if index == 0 { "(" } else { ", (" });
            statement.bind(Arg::Text(event.id.clone())).push(", ");
            statement.bind(Arg::Text(event.workspace_id.0.clone())).push(", ");
            statement.bind(Arg::Integer(event.at.0)).push(", ");
            statement.bind(Arg::Text(event.actor.clone())).push(", ");
            statement.bind_optional(event.actor_id.as_deref()).push(", ");
            statement.bind(Arg::Text(event.action.clone())).push(", ");
            statement.bind(Arg::Text(event.subject_id.clone())).push(", ");
            statement.bind(Arg::Text(event.detail.clone())).push(", ");
            statement.bind_optional(event.request_id.as_deref()).push(")");
        }
        execute_of!(tx, statement)?;
    }
    Ok(())
}

/// What requests made happen, in the order in which it did; no more than `limit` events of each 4,000
/// requests.
///
/// # Errors
/// When the database fails.
pub async fn list_of_requests(conn: &mut Conn, ids: &[&str], limit: i64) -> Result<Vec<Event>> {
    let mut events = Vec::new();
    for chunk in ids.chunks(super::CHUNK) {
        let mut statement = Statement::new("SELECT * FROM events WHERE request_id IN ");
        statement.bind_list(chunk);
        statement.push(" ORDER BY id LIMIT ").bind(Arg::Integer(limit));
        events.extend(all_of!(conn, Event, statement)?);
    }
    Ok(events)
}

/// The latest event of this kind about a subject.
///
/// # Errors
/// When the database fails.
pub async fn find_latest(conn: &mut Conn, subject_id: &str, action: &str) -> Result<Option<Event>> {
    optional!(
        conn,
        Event,
        "SELECT * FROM events WHERE subject_id = $1 AND action = $2 ORDER BY id DESC LIMIT 1",
        subject_id,
        action
    )
}

/// When a directory last changed anything.
///
/// # Errors
/// When the database fails.
pub async fn last_change_by(conn: &mut Conn, directory: &DirectoryId) -> Result<Option<Timestamp>> {
    optional_scalar!(
        conn,
        Timestamp,
        "SELECT at FROM events WHERE actor_id = $1 ORDER BY id DESC LIMIT 1",
        directory.as_str()
    )
}
