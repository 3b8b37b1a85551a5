//! Lists: a page by index or by cursor, filtered by index where the store can and by evaluation where it cannot.

mod fixed;
mod sorted;

pub(super) use fixed::respond_with;

use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use scim::{
    Document,
    filter::{self, Filter},
    list::{ListQuery, Page},
    path::AttrPath,
    projection::Projection,
    schema::ResourceType,
};
use serde_json::Value;

use super::{auth::DirectoryAuth, failure::Result, render};
use crate::{
    secret,
    state::Rollcall,
    store::{
        self, Conn,
        order::{Column, Order, Slice},
    },
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

    /// The attribute that is kept in another table, and read only when it is asked for.
    const APART: &'static str;

    fn kind() -> &'static ResourceType;
    fn id(row: &Self::Row) -> &str;
    /// The conditions that mean the same as the filter; `None` when no index answers it.
    fn conditions(filter: &Filter) -> Option<Vec<Self::Condition>>;
    /// The condition that the id is one of these.
    fn one_of(ids: Vec<String>) -> Self::Condition;
    fn page(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[Self::Condition],
        order: Order,
        slice: Slice<'_>,
    ) -> impl Future<Output = store::Result<Vec<Self::Row>>> + Send;
    fn count(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[Self::Condition],
    ) -> impl Future<Output = store::Result<i64>> + Send;
    /// The resources of these rows, with what is kept apart or without.
    fn render(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        rows: &[Self::Row],
        with_apart: bool,
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
    match (conditions, order(query)) {
        (Some(conditions), Some(order)) => by_index::<R>(conn, auth, query, &conditions, order).await,
        (_, Some(order)) if order == Order::default() => by_evaluation::<R>(conn, auth, query).await,
        (conditions, _) => sorted::collect::<R>(conn, auth, query, conditions.as_deref()).await,
    }
}

/// Whether the answer shows what is kept apart.
pub(super) fn is_shown<R: Resources>(projection: &Projection) -> bool {
    projection.wants(R::kind(), R::APART)
}

/// Whether what is kept apart is shown, or decides what is.
fn is_evaluated<R: Resources>(query: &ListQuery) -> bool {
    is_shown::<R>(&query.projection)
        || query.filter.as_ref().is_some_and(|filter| filter.mentions(R::APART))
        || query.sort_by.as_ref().is_some_and(|path| path.attribute == R::APART)
}

/// The order that an index holds; `None` when none does.
fn order(query: &ListQuery) -> Option<Order> {
    let Some(path) = &query.sort_by else { return Some(Order::default()) };
    let AttrPath { schema: None, attribute, sub } = path else { return None };
    let by = match (attribute.as_str(), sub.as_deref()) {
        ("id", None) => Column::Id,
        ("userName", None) => Column::UserName,
        ("displayName", None) => Column::DisplayName,
        ("externalId", None) => Column::ExternalId,
        ("active", None) => Column::Active,
        ("meta", Some("created")) => Column::Created,
        ("meta", Some("lastModified")) => Column::LastModified,
        _ => return None,
    };
    Some(Order { by, descending: query.descending })
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
    order: Order,
) -> Result<(u64, Page, Vec<Document>)> {
    let total = R::count(conn, auth, conditions).await?;
    let total = u64::try_from(total).unwrap_or_default();
    let wanted = size(query);
    let (after, offset) = match position(auth, query)? {
        Position::Behind(id) => (Some(id), 0),
        Position::At(offset) => (None, offset),
    };
    if wanted == 0 || offset >= total {
        return Ok((total, first_or_empty(query), Vec::new()));
    }
    let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
    let slice = Slice {
        after: after.as_deref(),
        offset: i64::try_from(offset).unwrap_or(i64::MAX),
        limit: limit + 1,
    };
    let mut rows = R::page(conn, auth, conditions, order, slice).await?;
    let more = rows.len() as u64 > wanted;
    rows.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    let next = next_position(query, offset, rows.len(), rows.last().map(R::id));
    let page = page_of(auth, query, next.filter(|_| more));
    let resources = R::render(conn, auth, &rows, is_shown::<R>(&query.projection)).await?;
    Ok((total, page, resources))
}

/// No index answers the filter: every resource is looked at, a stride at a time, and only the page is kept.
async fn by_evaluation<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
) -> Result<(u64, Page, Vec<Document>)> {
    let wanted = size(query);
    let (behind, skip) = match position(auth, query)? {
        Position::Behind(id) => (Some(id), 0),
        Position::At(offset) => (None, offset),
    };
    let (mut total, mut kept, mut more) = (0_u64, Vec::new(), false);
    let mut last_kept: Option<String> = None;
    let mut after: Option<String> = None;
    loop {
        let slice = Slice { after: after.as_deref(), offset: 0, limit: STRIDE };
        let rows = R::page(conn, auth, &[], Order::default(), slice).await?;
        let Some(last) = rows.last() else { break };
        after = Some(R::id(last).to_owned());
        let resources = R::render(conn, auth, &rows, is_evaluated::<R>(query)).await?;
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
    let next = next_position(query, skip, kept.len(), last_kept.as_deref());
    let page = page_of(auth, query, next.filter(|_| more));
    Ok((total, page, kept))
}

fn first_or_empty(query: &ListQuery) -> Page {
    match query.cursor {
        Some(_) => Page::Cursor { next: None, previous: None },
        None => Page::Index { start_index: query.start_index },
    }
}

fn page_of(auth: &DirectoryAuth, query: &ListQuery, next: Option<Position>) -> Page {
    match query.cursor {
        Some(_) => Page::Cursor { next: next.map(|next| cursor(auth, query, &next)), previous: None },
        None => Page::Index { start_index: query.start_index },
    }
}

/// Where a page begins.
#[derive(Debug, PartialEq, Eq)]
enum Position {
    /// Behind the resource with this id: stable whatever is inserted or deleted in between.
    Behind(String),
    /// After so many resources of a sorted list, whose order changes with its resources.
    At(u64),
}

/// Where the page behind this one begins.
fn next_position(query: &ListQuery, offset: u64, shown: usize, last: Option<&str>) -> Option<Position> {
    match (&query.sort_by, last) {
        (None, Some(last)) => Some(Position::Behind(last.to_owned())),
        (Some(_), Some(_)) => Some(Position::At(offset + shown as u64)),
        (_, None) => None,
    }
}

/// A cursor says where the next page begins, bound to the directory and the query (RFC 9865 section 2).
fn cursor(auth: &DirectoryAuth, query: &ListQuery, next: &Position) -> String {
    let place = match next {
        Position::Behind(id) => id.clone(),
        Position::At(offset) => offset.to_string(),
    };
    URL_SAFE_NO_PAD.encode(format!("{}{place}", binding(auth, query)))
}

/// Sixteen letters that stand for the directory and the query.
fn binding(auth: &DirectoryAuth, query: &ListQuery) -> String {
    let filter = query.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    let sort_by = query.sort_by.as_ref().map(ToString::to_string).unwrap_or_default();
    let bound = format!("{}\n{filter}\n{sort_by}\n{}", auth.directory(), query.descending);
    secret::hash(&bound).chars().take(16).collect()
}

/// Whether this can be the id of a resource: a UUID.
fn is_id(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

fn position(auth: &DirectoryAuth, query: &ListQuery) -> Result<Position> {
    match (place(auth, query)?, &query.sort_by) {
        (None, _) => Ok(Position::At(query.start_index - 1)),
        (Some(place), _) if place.is_empty() => Ok(Position::At(0)),
        (Some(place), None) if is_id(&place) => Ok(Position::Behind(place)),
        (Some(_), None) => Err(foreign_cursor().into()),
        (Some(place), Some(_)) => Ok(Position::At(place.parse().map_err(|_| foreign_cursor())?)),
    }
}

/// What the cursor of the query says, when it has one and it was made for this query; empty for the first page.
fn place(auth: &DirectoryAuth, query: &ListQuery) -> Result<Option<String>> {
    let Some(cursor) = query.cursor.as_deref().filter(|cursor| !cursor.is_empty()) else {
        return Ok(query.cursor.clone());
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| foreign_cursor())?;
    let text = String::from_utf8(bytes).map_err(|_| foreign_cursor())?;
    let place = text.strip_prefix(binding(auth, query).as_str()).filter(|place| !place.is_empty());
    Ok(Some(place.ok_or_else(foreign_cursor)?.to_owned()))
}

fn foreign_cursor() -> scim::Error {
    scim::Error::invalid_cursor("This cursor belongs to another query. Begin again with an empty cursor.")
}
