//! Lists in an order that no index holds: the keys of all resources that are found are sorted, the page is read.

use std::collections::HashMap;

use scim::{
    Document, filter,
    list::{ListQuery, Page, SortKey, compare_keys, sort_key},
    projection::Projection,
    schema::ResourceType,
};

use super::{Position, Resources, STRIDE, is_evaluated, is_shown, next_position, page_of, position, size};
use crate::{
    scim_api::{auth::DirectoryAuth, failure::Result},
    store::{
        Conn,
        order::{Order, Slice},
    },
};

/// Most resources that are sorted without an index: their keys are held in memory.
const MOST_SORTED: usize = 10_000;

/// A resource that was found, by what it is sorted by.
type Found = (SortKey, String);

/// A page of the resources that meet the conditions, or else the filter.
pub(super) async fn collect<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
    conditions: Option<&[R::Condition]>,
) -> Result<(u64, Page, Vec<Document>)> {
    let mut found = keys::<R>(conn, auth, query, conditions).await?;
    found.sort_by(|left, right| {
        let order = compare_keys(&left.0, &right.0).then_with(|| left.1.cmp(&right.1));
        if query.descending { order.reverse() } else { order }
    });
    let offset = match position(auth, query)? {
        Position::At(offset) => offset,
        Position::Behind(_) => 0,
    };
    let total = found.len();
    let ids: Vec<String> = found
        .into_iter()
        .skip(usize::try_from(offset).unwrap_or(usize::MAX))
        .take(usize::try_from(size(query)).unwrap_or(usize::MAX))
        .map(|(_, id)| id)
        .collect();
    let end = offset + ids.len() as u64;
    let next = next_position(query, offset, ids.len(), ids.last().map(String::as_str));
    let page = page_of(auth, query, next.filter(|_| end < total as u64));
    Ok((total as u64, page, read::<R>(conn, auth, ids, &query.projection).await?))
}

/// The keys of all resources that are found, read a stride at a time.
async fn keys<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    query: &ListQuery,
    conditions: Option<&[R::Condition]>,
) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let slice = Slice { after: after.as_deref(), offset: 0, limit: STRIDE };
        let rows = R::page(conn, auth, conditions.unwrap_or_default(), Order::default(), slice).await?;
        let Some(last) = rows.last() else { return Ok(found) };
        after = Some(R::id(last).to_owned());
        let resources = R::render(conn, auth, &rows, is_evaluated::<R>(query)).await?;
        for (row, resource) in rows.iter().zip(resources) {
            let filter = query.filter.as_ref().filter(|_| conditions.is_none());
            if filter.is_none_or(|filter| filter::matches(filter, R::kind(), &resource)) {
                found.push((key(R::kind(), query, &resource), R::id(row).to_owned()));
            }
        }
        if found.len() > MOST_SORTED {
            return Err(too_many().into());
        }
    }
}

fn key(kind: &ResourceType, query: &ListQuery, resource: &Document) -> SortKey {
    query.sort_by.as_ref().map_or(SortKey::Absent, |path| sort_key(kind, path, resource))
}

fn too_many() -> scim::Error {
    scim::Error::too_many(format!(
        "More than {MOST_SORTED} resources are found, too many to sort by this attribute. Narrow the filter, or sort by userName, displayName, externalId, id, active, meta.created or meta.lastModified."
    ))
}

/// The resources with these ids, in this order.
async fn read<R: Resources>(
    conn: &mut Conn,
    auth: &DirectoryAuth,
    ids: Vec<String>,
    projection: &Projection,
) -> Result<Vec<Document>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let limit = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let slice = Slice { after: None, offset: 0, limit };
    let rows = R::page(conn, auth, &[R::one_of(ids.clone())], Order::default(), slice).await?;
    let resources = R::render(conn, auth, &rows, is_shown::<R>(projection)).await?;
    let mut by_id: HashMap<&str, Document> = rows.iter().map(R::id).zip(resources).collect();
    Ok(ids.iter().filter_map(|id| by_id.remove(id.as_str())).collect())
}
