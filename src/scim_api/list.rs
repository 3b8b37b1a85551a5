//! Lists: a page by index or by cursor, filtered by index where the store can and by evaluation where it cannot.

use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use scim::{
    Document,
    filter::{self, Filter},
    list::{ListQuery, Page},
    projection::Projection,
    schema::ResourceType,
};
use serde_json::Value;

use super::{auth::DirectoryAuth, failure::Result, render};
use crate::{
    secret,
    state::Rollcall,
    store::{self, Conn},
};

/// Resources in one answer when the request does not say.
pub(super) const DEFAULT_PAGE: u64 = 100;
/// Most resources in one answer.
pub(super) const LARGEST_PAGE: u64 = 1000;
/// Rows that are evaluated at a time when no index answers the filter.
const STRIDE: i64 = 500;

/// A kind of resource that can be listed.
pub(super) trait Resources {
    type Row: Send + Sync;
    type Condition: Send + Sync;

    fn kind() -> &'static ResourceType;
    fn id(row: &Self::Row) -> &str;
    /// The conditions that mean the same as the filter; `None` when no index answers it.
    fn conditions(filter: &Filter) -> Option<Vec<Self::Condition>>;
    fn page(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[Self::Condition],
        after: Option<&str>,
        offset: i64,
        limit: i64,
    ) -> impl Future<Output = store::Result<Vec<Self::Row>>> + Send;
    fn count(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[Self::Condition],
    ) -> impl Future<Output = store::Result<i64>> + Send;
    fn render(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        rows: &[Self::Row],
        projection: &Projection,
    ) -> impl Future<Output = crate::error::Result<Vec<Document>>> + Send;
}

/// The answer to a list request.
pub(super) async fn respond<R: Resources>(
    rollcall: &Rollcall,
    auth: &DirectoryAuth,
    query: &ListQuery,
) -> Result<Response> {
    let mut conn = rollcall.db.read().await?;
    let (total, page, resources) = collect::<R>(&mut conn, auth, query).await?;
    let shown: Vec<Value> = resources
        .into_iter()
        .map(|resource| Value::Object(query.projection.apply(R::kind(), resource)))
        .collect();
    Ok(render::message(StatusCode::OK, &scim::list::response(total, &page, shown)))
}

pub(super) async fn collect<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
) -> Result<(u64, Page, Vec<Document>)> {
    let conditions = match &query.filter {
        None => Some(Vec::new()),
        Some(filter) => R::conditions(filter),
    };
    match conditions {
        Some(conditions) => by_index::<R>(conn, auth, query, &conditions).await,
        None => by_evaluation::<R>(conn, auth, query).await,
    }
}

pub(super) fn size(query: &ListQuery) -> u64 {
    query.count.unwrap_or(DEFAULT_PAGE).min(LARGEST_PAGE)
}

/// The store answers the filter: one page is read, the rest is only counted.
async fn by_index<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
    conditions: &[R::Condition],
) -> Result<(u64, Page, Vec<Document>)> {
    let total = R::count(conn, auth, conditions).await?;
    let total = u64::try_from(total).unwrap_or_default();
    let wanted = size(query);
    let after = after_cursor(auth, query)?;
    let offset = if query.cursor.is_some() { 0 } else { query.start_index - 1 };
    if wanted == 0 || offset >= total {
        return Ok((total, first_or_empty(query), Vec::new()));
    }
    let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let mut rows = R::page(conn, auth, conditions, after.as_deref(), offset, limit + 1).await?;
    let more = rows.len() as u64 > wanted;
    rows.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    let page = page_of(auth, query, more, rows.last().map(R::id));
    let resources = R::render(conn, auth, &rows, &query.projection).await?;
    Ok((total, page, resources))
}

/// No index answers the filter: every resource is looked at, a stride at a time, and only the page is kept.
async fn by_evaluation<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
) -> Result<(u64, Page, Vec<Document>)> {
    let wanted = size(query);
    let skip = if query.cursor.is_some() { 0 } else { query.start_index - 1 };
    let behind = after_cursor(auth, query)?;
    let (mut total, mut kept, mut more) = (0_u64, Vec::new(), false);
    let mut last_kept: Option<String> = None;
    let mut after: Option<String> = None;
    loop {
        let rows = R::page(conn, auth, &[], after.as_deref(), 0, STRIDE).await?;
        let Some(last) = rows.last() else { break };
        after = Some(R::id(last).to_owned());
        let resources = R::render(conn, auth, &rows, &Projection::default()).await?;
        for (row, resource) in rows.iter().zip(resources) {
            let matches = query.filter.as_ref().is_none_or(|f| filter::matches(f, R::kind(), &resource));
            if !matches {
                continue;
            }
            total += 1;
            if total <= skip || behind.as_deref().is_some_and(|behind| R::id(row) <= behind) {
                continue;
            }
            if (kept.len() as u64) < wanted {
                last_kept = Some(R::id(row).to_owned());
                kept.push(resource);
            } else {
                more = true;
            }
        }
    }
    let page = page_of(auth, query, more, last_kept.as_deref());
    Ok((total, page, kept))
}

fn first_or_empty(query: &ListQuery) -> Page {
    match query.cursor {
        Some(_) => Page::Cursor { next: None, previous: None },
        None => Page::Index { start_index: query.start_index },
    }
}

fn page_of(auth: &DirectoryAuth, query: &ListQuery, more: bool, last: Option<&str>) -> Page {
    match query.cursor {
        Some(_) => {
            let next = last.filter(|_| more).map(|last| cursor(auth, query, last));
            Page::Cursor { next, previous: None }
        }
        None => Page::Index { start_index: query.start_index },
    }
}

/// A cursor names the last resource of its page, bound to the directory and the query (RFC 9865 section 2).
fn cursor(auth: &DirectoryAuth, query: &ListQuery, last: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}{last}", binding(auth, query)))
}

/// Sixteen letters that stand for the directory and the query.
fn binding(auth: &DirectoryAuth, query: &ListQuery) -> String {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    secret::hash(&format!("{}\n{filter}", auth.directory())).chars().take(16).collect()
}

/// Whether this can be the id of a resource: a UUID.
fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn after_cursor(auth: &DirectoryAuth, query: &ListQuery) -> Result<Option<String>> {
    let Some(cursor) = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else { return Ok(None) };
    let refused = || {
        scim::Error::invalid_cursor("This cursor belongs to another query. Begin again with an empty cursor.")
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    let text = String::from_utf8(bytes).map_err(|_| refused())?;
    match text.strip_prefix(binding(auth, query).as_str()) {
        Some(last) if is_id(last) => Ok(Some(last.to_owned())),
        _ => Err(refused().into()),
    }
}
