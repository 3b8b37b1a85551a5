//! Lists that no index answers: every resource is looked at, a stride at a time, and only the page is kept.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, HashMap},
};

use scim::{
    Document, filter,
    list::{ListQuery, SortKey, sort_key},
};

use super::{Chosen, Place, Position, Room, STRIDE, is_evaluated, order};
use crate::{
    scim_api::{
        auth::DirectoryAuth,
        failure::Result,
        resources::{Narrowing, Resources},
    },
    store::{
        Conn,
        order::{Order, Slice},
    },
};

/// How far into a list that is sorted without an index a page by index may lie. A page by cursor may lie anywhere.
const DEEPEST: u64 = 10_000;

/// Most bytes that the filter may compare in one resource: about half a second for letters beyond ASCII, in which nobody
/// else is served by the same thread.
const MOST_EFFORT: usize = 32 * 1024 * 1024;
/// Bytes that are looked at before others have their turn.
const AT_A_STRETCH: usize = 1024 * 1024;

/// The page that begins at this position: of the resources that the narrowing leaves, those that meet the filter.
pub(super) async fn choose<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
    narrowing: &Narrowing<R::Condition>,
    position: &Position,
    wanted: u64,
) -> Result<Chosen<R::Row>> {
    let mut pick = Pick::new(query, position, wanted);
    walk::<R>(conn, auth, query, narrowing, |place| pick.offer(place)).await?;
    let (total, mut places, more) = pick.page()?;
    let rows = read::<R>(conn, auth, &places).await?;
    let last = rows.last().and_then(|row| places.iter().position(|place| place.id == R::id(row)));
    let is_cut = last.is_some_and(|last| last + 1 < places.len());
    if let Some(last) = last {
        places.truncate(last + 1);
    }
    let end = places.last().filter(|_| more || is_cut).cloned();
    Ok(Chosen { total, rows, end, places })
}

/// Shows the place of each resource that is found, in the order of the ids.
async fn walk<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
    narrowing: &Narrowing<R::Condition>,
    mut found: impl FnMut(Place),
) -> Result<()> {
    let filter = query.filter.as_ref().filter(|_| !narrowing.is_whole);
    let with_apart = is_evaluated::<R>(query);
    let (mut stride, mut pace) = (STRIDE, Pace::default());
    let mut last: Option<String> = None;
    loop {
        let behind = last.as_deref().and_then(|id| Order::default().place(&SortKey::Absent, id));
        let limit = i64::try_from(stride).unwrap_or(i64::MAX);
        let slice = Slice { behind: behind.as_ref(), offset: 0, limit };
        let mut rows = R::page(conn, auth, &narrowing.conditions, Order::default(), slice).await?;
        if with_apart {
            rows.truncate(R::fitting(conn, &rows).await?);
            stride = STRIDE.min(2 * rows.len().max(1));
        }
        let Some(end) = rows.last() else { return Ok(()) };
        last = Some(R::id(end).to_owned());
        let resources = R::render(conn, auth, &rows, with_apart).await?;
        for (row, resource) in rows.iter().zip(resources) {
            let resource = R::as_filtered(row, resource);
            let effort = filter.map_or(0, |filter| filter::effort(filter, R::kind(auth), &resource));
            if effort > MOST_EFFORT {
                return Err(too_much(R::id(row)).into());
            }
            pace.step(R::size(row) + effort).await;
            if filter.is_none_or(|filter| filter::matches(filter, R::kind(auth), &resource)) {
                found(Place { key: key::<R>(auth, query, &resource), id: R::id(row).to_owned() });
            }
        }
    }
}

fn too_much(id: &str) -> scim::Error {
    scim::Error::too_many(format!(
        "The filter has too many comparisons for a resource as large as {id}. Ask with several shorter filters."
    ))
}

/// Lets others have their turn, and a time limit see that it is over, however long a stride takes to look at.
#[derive(Default)]
struct Pace {
    since_pause: usize,
}

impl Pace {
    async fn step(&mut self, bytes: usize) {
        self.since_pause += bytes;
        if self.since_pause >= AT_A_STRETCH {
            self.since_pause = 0;
            tokio::task::yield_now().await;
        }
    }
}

fn key<R: Resources>(auth: &DirectoryAuth, query: &ListQuery, resource: &Document) -> SortKey {
    query.sort_by.as_ref().map_or(SortKey::Absent, |path| sort_key(R::kind(auth), path, resource))
}

/// The rows at these places that are still there, in this order, as many as fit into one answer.
async fn read<R: Resources>(conn: &mut Conn, auth: &DirectoryAuth, places: &[Place]) -> Result<Vec<R::Row>> {
    let (mut rows, mut room) = (Vec::new(), Room::new());
    for some in places.chunks(STRIDE) {
        let ids = some.iter().map(|place| place.id.clone()).collect();
        let limit = i64::try_from(some.len()).unwrap_or(i64::MAX);
        let slice = Slice { behind: None, offset: 0, limit };
        let found = R::page(conn, auth, &[R::one_of(ids)], Order::default(), slice).await?;
        let mut by_id: HashMap<String, R::Row> =
            found.into_iter().map(|row| (R::id(&row).to_owned(), row)).collect();
        if !room.fill::<R>(&mut rows, some.iter().filter_map(|place| by_id.remove(&place.id))) {
            break;
        }
    }
    Ok(rows)
}

/// Picks one page from places that come in any order, and keeps no more of them than it needs.
struct Pick<'a> {
    behind: Option<&'a Place>,
    descending: bool,
    /// The places come in the order of the list: what is passed over need not be kept.
    in_order: bool,
    skip: u64,
    wanted: u64,
    total: u64,
    /// The first places of the page and one more, the last on top.
    kept: BinaryHeap<Ranked>,
}

impl<'a> Pick<'a> {
    fn new(query: &ListQuery, position: &'a Position, wanted: u64) -> Self {
        let (behind, skip) = match position {
            Position::Behind(place) => (Some(place), 0),
            Position::At(offset) => (None, *offset),
        };
        let in_order = order(query) == Some(Order::default());
        let descending = query.descending;
        Self { behind, descending, in_order, skip, wanted, total: 0, kept: BinaryHeap::new() }
    }

    /// How many places may be needed before the page is known.
    fn capacity(&self) -> u64 {
        let skipped = if self.in_order { 0 } else { self.skip.min(DEEPEST) };
        skipped + self.wanted + 1
    }

    fn offer(&mut self, place: Place) {
        self.total += 1;
        let ranked = Ranked { place, descending: self.descending };
        let is_shown_before = match self.behind {
            Some(behind) => ranked.compare(behind) != Ordering::Greater,
            None => self.in_order && self.total <= self.skip,
        };
        if is_shown_before {
            return;
        }
        self.kept.push(ranked);
        if self.kept.len() as u64 > self.capacity() {
            self.kept.pop();
        }
    }

    /// The number of all that was found, the places of the page, and whether there are more behind it.
    fn page(self) -> Result<(u64, Vec<Place>, bool)> {
        if !self.in_order && self.skip > DEEPEST && self.total > self.skip {
            return Err(too_deep().into());
        }
        let skip = if self.in_order { 0 } else { usize::try_from(self.skip).unwrap_or(usize::MAX) };
        let sorted = self.kept.into_sorted_vec();
        let mut places: Vec<Place> = sorted.into_iter().skip(skip).map(|ranked| ranked.place).collect();
        let more = places.len() as u64 > self.wanted;
        places.truncate(usize::try_from(self.wanted).unwrap_or(usize::MAX));
        Ok((self.total, places, more))
    }
}

fn too_deep() -> scim::Error {
    scim::Error::too_many(format!(
        "A list sorted by this attribute can be paged by startIndex up to {DEEPEST}. Page by cursor, narrow the filter, or sort by userName, displayName, externalId, id, active, meta.created or meta.lastModified."
    ))
}

/// A place, compared in the direction of its list.
#[derive(PartialEq, Eq)]
struct Ranked {
    place: Place,
    descending: bool,
}

impl Ranked {
    fn compare(&self, other: &Place) -> Ordering {
        let order = self.place.cmp(other);
        if self.descending { order.reverse() } else { order }
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(&other.place)
    }
}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    /// A time limit is looked at when there is a pause, and only then.
    #[test]
    fn there_is_a_pause_before_much_is_looked_at() {
        let mut pace = Pace::default();
        for _ in 0..3 {
            assert!(pace.step(AT_A_STRETCH / 2).now_or_never().is_some());
            assert!(pace.step(AT_A_STRETCH / 2).now_or_never().is_none());
        }
        assert!(pace.step(MOST_EFFORT).now_or_never().is_none());
    }
}
