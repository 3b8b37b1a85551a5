//! The journal of the SCIM API: what identity providers asked for and what they were answered.

use sqlx::FromRow;

use super::{
    Conn, Result, Tx,
    sql::{Arg, Statement, all_of, execute, execute_of, optional, optional_scalar},
};
use crate::{
    clock::Timestamp,
    model::{DirectoryId, RequestKind, ScimRequestId},
};

/// A request and its answer.
#[derive(Clone, Debug, FromRow)]
pub struct ScimRequest {
    /// Its id; the events that it made carry it. Sorts by time.
    pub id: ScimRequestId,
    /// The directory that it opened or was aimed at.
    pub directory_id: DirectoryId,
    /// What stands for it in the answer, such as `act_7Q2MK3XD`.
    pub reference: String,
    /// When it arrived.
    pub at: Timestamp,
    /// How it is listed.
    pub kind: RequestKind,
    /// The HTTP method.
    pub method: String,
    /// Path and query behind the directory's base URL.
    pub target: String,
    /// The HTTP status of the answer.
    pub status: i64,
    /// The kind of error, where the RFC has one.
    pub scim_type: Option<String>,
    /// What the identity provider was told went wrong.
    pub detail: Option<String>,
    /// How long the answer took, in microseconds.
    pub duration: i64,
    /// Where it came from.
    pub address: String,
    /// The client's name for itself.
    pub user_agent: Option<String>,
    /// The token it came with.
    pub token_hint: Option<String>,
    /// What was sent, without secrets.
    pub request_body: Option<String>,
    /// What was answered, without secrets.
    pub response_body: Option<String>,
    /// Names of the deviations that were tolerated, with a space between them.
    pub deviations: String,
    /// One sentence.
    pub summary: String,
    /// What the search looks through, in lower case.
    pub search_key: String,
}

impl ScimRequest {
    /// The deviations that were tolerated, in words.
    pub fn explanations(&self) -> Vec<scim::Explanation> {
        let names = self.deviations.split(' ');
        names.filter_map(scim::Deviation::from_id).map(scim::Deviation::explanation).collect()
    }
}

const COLUMNS: &str = "id, directory_id, reference, at, kind, method, target, status, scim_type, detail, duration, \
    address, user_agent, token_hint, request_body, response_body, deviations, summary, search_key";

/// Rows of one statement: each has nineteen placeholders.
const ROWS_AT_ONCE: usize = super::CHUNK / 19;

/// Adds requests. One that is there already stays as it is, so that a batch may be written again.
///
/// # Errors
/// When the database fails, or a directory is not there.
pub async fn insert_all(tx: &mut Tx, requests: &[ScimRequest]) -> Result<()> {
    for chunk in requests.chunks(ROWS_AT_ONCE) {
        let mut statement = Statement::new("INSERT INTO scim_requests (");
        statement.push(COLUMNS).push(") VALUES ");
        for (index, request) in chunk.iter().enumerate() {
            statement.push(if index == 0 { "(" } else { ", (" });
            bind_row(&mut statement, request);
            statement.push(")");
        }
        statement.push(" ON CONFLICT (id) DO NOTHING");
        execute_of!(tx, statement)?;
    }
    Ok(())
}

fn bind_row(statement: &mut Statement, request: &ScimRequest) {
    let text = |text: &str| Arg::Text(text.to_owned());
    statement.bind(text(request.id.as_str())).push(", ");
    statement.bind(text(request.directory_id.as_str())).push(", ");
    statement.bind(text(&request.reference)).push(", ");
    statement.bind(Arg::Integer(request.at.0)).push(", ");
    statement.bind(text(request.kind.as_str())).push(", ");
    statement.bind(text(&request.method)).push(", ");
    statement.bind(text(&request.target)).push(", ");
    statement.bind(Arg::Integer(request.status)).push(", ");
    statement.bind_optional(request.scim_type.as_deref()).push(", ");
    statement.bind_optional(request.detail.as_deref()).push(", ");
    statement.bind(Arg::Integer(request.duration)).push(", ");
    statement.bind(text(&request.address)).push(", ");
    statement.bind_optional(request.user_agent.as_deref()).push(", ");
    statement.bind_optional(request.token_hint.as_deref()).push(", ");
    statement.bind_optional(request.request_body.as_deref()).push(", ");
    statement.bind_optional(request.response_body.as_deref()).push(", ");
    statement.bind(text(&request.deviations)).push(", ");
    statement.bind(text(&request.summary)).push(", ");
    statement.bind(text(&request.search_key));
}

/// The request that a reference stands for.
///
/// # Errors
/// When the database fails.
pub async fn find_by_reference(
    conn: &mut Conn,
    directory: &DirectoryId,
    reference: &str,
) -> Result<Option<ScimRequest>> {
    optional!(
        conn,
        ScimRequest,
        const_format::concatcp!(
            "SELECT ",
            COLUMNS,
            " FROM scim_requests WHERE directory_id = $1 AND reference = $2 ORDER BY id DESC LIMIT 1"
        ),
        directory,
        reference
    )
}

/// Which requests are wanted.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Only these.
    pub kind: Option<RequestKind>,
    /// Part of a person's or group's name, of the sentence, the target or the reference.
    pub text: Option<String>,
    /// Only those older than this one.
    pub before: Option<ScimRequestId>,
}

/// Requests of a directory, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    conn: &mut Conn,
    directory: &DirectoryId,
    search: &Search,
    limit: i64,
) -> Result<Vec<ScimRequest>> {
    let mut statement = Statement::new("SELECT ");
    statement.push(COLUMNS).push(" FROM scim_requests WHERE directory_id = ");
    statement.bind(Arg::Text(directory.0.clone()));
    if let Some(kind) = search.kind {
        statement.push(" AND kind = ").bind(Arg::Text(kind.as_str().to_owned()));
    }
    if let Some(text) = &search.text {
        statement.push(" AND search_key").containing(&text.to_lowercase());
    }
    if let Some(before) = &search.before {
        statement.push(" AND id < ").bind(Arg::Text(before.0.clone()));
    }
    statement.push(" ORDER BY id DESC LIMIT ").bind(Arg::Integer(limit));
    all_of!(conn, ScimRequest, statement)
}

/// Whether the directory has any request in the journal.
///
/// # Errors
/// When the database fails.
pub async fn is_any(conn: &mut Conn, directory: &DirectoryId) -> Result<bool> {
    let first = optional_scalar!(
        conn,
        String,
        "SELECT id FROM scim_requests WHERE directory_id = $1 LIMIT 1",
        directory
    )?;
    Ok(first.is_some())
}

/// Whether the directory has more than `most` requests of a kind.
///
/// # Errors
/// When the database fails.
pub async fn is_more_than(
    conn: &mut Conn,
    directory: &DirectoryId,
    kind: RequestKind,
    most: i64,
) -> Result<bool> {
    let beyond = optional_scalar!(
        conn,
        String,
        "SELECT id FROM scim_requests WHERE directory_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1 OFFSET $3",
        directory,
        kind,
        most
    )?;
    Ok(beyond.is_some())
}

/// Deletes at most `limit` requests that are older than `end`; gives the number.
///
/// # Errors
/// When the database fails.
pub async fn delete_older_than(tx: &mut Tx, end: Timestamp, limit: i64) -> Result<u64> {
    execute!(
        tx,
        "DELETE FROM scim_requests WHERE id IN (SELECT id FROM scim_requests WHERE at < $1 ORDER BY at LIMIT $2)",
        end,
        limit
    )
}

/// Keeps only the latest requests of a kind in a directory, and those that are the example of a deviation; gives the
/// number of those deleted, at most `limit`.
///
/// # Errors
/// When the database fails.
pub async fn delete_all_but_latest(
    tx: &mut Tx,
    directory: &DirectoryId,
    kind: RequestKind,
    keep: i64,
    limit: i64,
) -> Result<u64> {
    execute!(
        tx,
        "DELETE FROM scim_requests WHERE id IN ( \
           SELECT id FROM scim_requests WHERE directory_id = $1 AND kind = $2 AND id < ( \
             SELECT id FROM scim_requests WHERE directory_id = $1 AND kind = $2 ORDER BY id DESC LIMIT 1 OFFSET $3) \
           AND id NOT IN (SELECT request_id FROM directory_deviations WHERE directory_id = $1 AND request_id IS NOT NULL) \
           ORDER BY id LIMIT $4)",
        directory,
        kind,
        keep - 1,
        limit
    )
}
