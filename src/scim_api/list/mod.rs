//! Lists: a page by index or by cursor, filtered by index where the store can and by evaluation where it cannot.

mod cursor;
mod evaluated;
mod fixed;

pub(super) use cursor::{Place, Position, position, seal, unseal};
pub(super) use fixed::respond_with;

use axum::response::Response;
use http::StatusCode;
use scim::{
    Document,
    list::{ListQuery, Page},
    path::AttrPath,
    schema::ResourceType,
};
use serde_json::Value;

use super::{
    auth::DirectoryAuth,
    failure::Result,
    render,
    resources::{Resources, conditions, is_shown},
};
use crate::store::{
    Conn,
    order::{Column, Order, Slice},
};

/// Resources in one answer when the request does not say.
pub(super) const DEFAULT_PAGE: u64 = 100;
/// Most resources in one answer.
pub(super) const LARGEST_PAGE: u64 = 1000;
/// Rows that are evaluated at a time when no index answers the filter.
const STRIDE: i64 = 500;

/// What a list request finds.
pub(super) struct Found {
    /// The number of all resources that are found.
    pub(super) total: u64,
    /// Those of the page.
    pub(super) resources: Vec<Document>,
    /// Where the page ends, if there is another behind it.
    pub(super) next: Option<Place>,
}

/// The rows of a page.
struct Chosen<Row> {
    total: u64,
    rows: Vec<Row>,
    /// Where the page ends, if there is another behind it.
    end: Option<Place>,
    /// Where the rows stand, when that was found out by looking at each.
    places: Vec<Place>,
}

/// What was found, as a message: by cursor when the query has one.
pub(super) fn answer(auth: &DirectoryAuth, kind: &ResourceType, query: &ListQuery, found: Found) -> Response {
    let next = found.next.map(|place| seal(auth, &kind.endpoint, query, &place));
    let shown = project(kind, query, found.resources).collect();
    message(query, found.total, next, shown)
}

pub(super) fn message(query: &ListQuery, total: u64, next: Option<String>, shown: Vec<Value>) -> Response {
    let page = match query.cursor {
        Some(_) => Page::Cursor { next, previous: None },
        None => Page::Index { start_index: query.start_index },
    };
    render::message(StatusCode::OK, &scim::list::response(total, &page, shown))
}

/// The resources with the attributes that the query wants.
pub(super) fn project(
    kind: &ResourceType,
    query: &ListQuery,
    resources: Vec<Document>,
) -> impl Iterator<Item = Value> {
    resources.into_iter().map(|resource| Value::Object(query.projection.apply(kind, resource)))
}

/// The page that begins at this position, of `wanted` resources or as many as fit.
pub(super) async fn collect<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
    position: &Position,
    wanted: u64,
) -> Result<Found> {
    let conditions = query.filter.as_ref().map_or(Some(Vec::new()), conditions::<R>);
    let order = order(query);
    let mut chosen = match (conditions, order) {
        (Some(conditions), Some(order)) => {
            by_index::<R>(conn, auth, &conditions, order, position, wanted).await?
        }
        (conditions, _) => {
            evaluated::choose::<R>(conn, auth, query, conditions.as_deref(), position, wanted).await?
        }
    };
    let with_apart = is_shown::<R>(&query.projection);
    if with_apart {
        let fitting = R::fitting(conn, &chosen.rows).await?;
        chosen.cut::<R>(fitting, order.unwrap_or_default());
    }
    let resources = R::render(conn, auth, &chosen.rows, with_apart).await?;
    Ok(Found { total: chosen.total, resources, next: chosen.end })
}

impl<Row> Chosen<Row> {
    /// Ends the page early.
    fn cut<R: Resources<Row = Row>>(&mut self, number: usize, order: Order) {
        if number >= self.rows.len() {
            return;
        }
        self.rows.truncate(number);
        let Some(last) = self.rows.last() else { return };
        let known = self.places.iter().find(|place| place.id == R::id(last)).cloned();
        self.end = Some(known.unwrap_or_else(|| place::<R>(last, order)));
    }
}

/// Where a row stands in an order that an index holds.
fn place<R: Resources>(row: &R::Row, order: Order) -> Place {
    Place { key: R::sort_key(row, order.by), id: R::id(row).to_owned() }
}

/// Whether what is kept apart decides what is shown.
fn is_evaluated<R: Resources>(query: &ListQuery) -> bool {
    query.filter.as_ref().is_some_and(|filter| filter.mentions(R::APART))
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

/// The store answers the filter and holds the order: one page is read, the rest is only counted.
async fn by_index<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    conditions: &[R::Condition],
    order: Order,
    position: &Position,
    wanted: u64,
) -> Result<Chosen<R::Row>> {
    let (behind, offset) = match position {
        Position::Behind(place) => (Some(order.place(&place.key, &place.id).ok_or_else(cursor::foreign)?), 0),
        Position::At(offset) => (None, *offset),
    };
    let slice = Slice {
        behind: behind.as_ref(),
        offset: i64::try_from(offset).unwrap_or(i64::MAX),
        limit: i64::try_from(wanted).unwrap_or(i64::MAX).saturating_add(1),
    };
    let mut rows =
        if wanted == 0 { Vec::new() } else { R::page(conn, auth, conditions, order, slice).await? };
    let more = rows.len() as u64 > wanted;
    rows.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    let end = rows.last().filter(|_| more).map(|last| place::<R>(last, order));
    let begins_within = offset == 0 || !rows.is_empty();
    let is_last_page = behind.is_none() && wanted > 0 && begins_within && !more;
    let total = if is_last_page {
        offset.saturating_add(rows.len() as u64)
    } else {
        u64::try_from(R::count(conn, auth, conditions).await?).unwrap_or_default()
    };
    Ok(Chosen { total, rows, end, places: Vec::new() })
}
