//! Lists: a page by index or by cursor, filtered by index where the store can and by evaluation where it cannot.

mod cursor;
mod evaluated;
mod fixed;

pub(super) use cursor::{Place, Position, position, seal, unseal};
pub(super) use fixed::respond_with;

use std::time::Duration;

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
    resources::{Narrowing, Resources, is_shown},
};
use crate::store::{
    Conn,
    order::{Column, Order, Slice},
};

/// Resources in one answer when the request does not say.
pub(super) const DEFAULT_PAGE: u64 = 100;
/// Most resources in one answer.
pub(super) const LARGEST_PAGE: u64 = 1000;
/// Rows that are read at a time.
const STRIDE: usize = 200;
/// Most bytes of documents in one answer: a page ends before the resource with which there would be more (RFC 7644
/// section 3.4.2.4 lets a page hold fewer than `count`). One resource always fits.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How long one list may be looked for.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

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
pub(super) fn answer(
    auth: &DirectoryAuth,
    kind: &ResourceType,
    query: &ListQuery,
    found: Found,
) -> Result<Response> {
    let next = found.next.map(|place| seal(auth, &kind.endpoint, query, &place)).transpose()?;
    let shown = project(kind, query, found.resources).collect();
    Ok(message(query, found.total, next, shown))
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

/// What is found, unless looking takes too long: a list that no index answers reads the whole directory, and whoever reads
/// keeps a connection from others.
pub(super) async fn in_time<T>(looking: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(LONGEST_LOOK, looking).await.unwrap_or_else(|_| {
        Err(scim::Error::too_many(format!(
            "Looking for this took longer than {} s. Narrow the filter: userName, externalId, id, emails and displayName compared by eq are looked up.",
            LONGEST_LOOK.as_secs()
        ))
        .into())
    })
}

/// The page that begins at this position, of `wanted` resources or as many as fit.
pub(super) async fn collect<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
    position: &Position,
    wanted: u64,
) -> Result<Found> {
    let narrowing = query.filter.as_ref().map(Narrowing::by::<R>).unwrap_or_default();
    let order = order(query);
    let mut chosen = match order {
        Some(order) if narrowing.is_whole => {
            by_index::<R>(conn, auth, &narrowing.conditions, order, position, wanted).await?
        }
        _ => evaluated::choose::<R>(conn, auth, query, &narrowing, position, wanted).await?,
    };
    let with_apart = is_shown::<R>(auth, &query.projection);
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
    let (rows, more) = read_page::<R>(conn, auth, conditions, order, position, wanted).await?;
    let end = rows.last().filter(|_| more).map(|last| place::<R>(last, order));
    let total = match position {
        Position::At(offset) if wanted > 0 && !more && (*offset == 0 || !rows.is_empty()) => {
            offset.saturating_add(rows.len() as u64)
        }
        _ => u64::try_from(R::count(conn, auth, conditions).await?).unwrap_or_default(),
    };
    Ok(Chosen { total, rows, end, places: Vec::new() })
}

/// The rows of a page, and whether there are more behind it.
async fn read_page<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    conditions: &[R::Condition],
    order: Order,
    position: &Position,
    wanted: u64,
) -> Result<(Vec<R::Row>, bool)> {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let (mut behind, mut offset) = match position {
        Position::Behind(place) => (Some(order.place(&place.key, &place.id).ok_or_else(cursor::foreign)?), 0),
        Position::At(offset) => (None, i64::try_from(*offset).unwrap_or(i64::MAX)),
    };
    let (mut rows, mut room) = (Vec::new(), Room::new());
    while rows.len() < wanted {
        let stride = STRIDE.min(wanted - rows.len());
        let limit = i64::try_from(stride + 1).unwrap_or(i64::MAX);
        let slice = Slice { behind: behind.as_ref(), offset, limit };
        let some = R::page(conn, auth, conditions, order, slice).await?;
        let more = some.len() > stride;
        let is_full = !room.fill::<R>(&mut rows, some.into_iter().take(stride));
        if is_full || !more || rows.len() == wanted {
            return Ok((rows, is_full || more));
        }
        offset = 0;
        behind = rows.last().and_then(|last| order.place(&R::sort_key(last, order.by), R::id(last)));
    }
    Ok((rows, false))
}

/// What still fits into an answer.
struct Room {
    bytes: usize,
}

impl Room {
    fn new() -> Self {
        Self { bytes: MOST_BYTES }
    }

    /// Takes rows as long as they fit; false when one did not.
    fn fill<R: Resources>(&mut self, rows: &mut Vec<R::Row>, more: impl Iterator<Item = R::Row>) -> bool {
        for row in more {
            let size = R::size(&row);
            if size > self.bytes && !rows.is_empty() {
                return false;
            }
            self.bytes = self.bytes.saturating_sub(size);
            rows.push(row);
        }
        true
    }
}
