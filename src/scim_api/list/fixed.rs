//! Lists of the few resources that are in no table.

use axum::response::Response;
use scim::{
    Document, filter,
    list::{ListQuery, SortKey, sort_key},
    schema::ResourceType,
};

use super::{Found, Place, Position, answer, cursor, size};
use crate::scim_api::{auth::DirectoryAuth, failure::Result};

/// The answer to a list request about these resources, whose order is theirs unless the query wants another.
pub(in crate::scim_api) fn respond_with(
    auth: &DirectoryAuth,
    kind: &ResourceType,
    query: &ListQuery,
    mut resources: Vec<Document>,
) -> Result<Response> {
    resources.retain(|resource| query.filter.as_ref().is_none_or(|it| filter::matches(it, kind, resource)));
    if let Some(path) = &query.sort_by {
        resources.sort_by(|left, right| {
            let order = sort_key(kind, path, left).cmp(&sort_key(kind, path, right));
            if query.descending { order.reverse() } else { order }
        });
    }
    // They never change: the id alone tells where a page ended.
    let offset = match cursor::position(auth, &kind.endpoint, query)? {
        Position::At(offset) => usize::try_from(offset).unwrap_or(usize::MAX),
        Position::Behind(place) => {
            let last = resources.iter().position(|resource| id(resource) == place.id);
            last.ok_or_else(cursor::foreign)? + 1
        }
    };
    let total = resources.len() as u64;
    let wanted = usize::try_from(size(query)).unwrap_or(usize::MAX);
    let shown: Vec<Document> = resources.into_iter().skip(offset).take(wanted).collect();
    let more = offset.saturating_add(shown.len()) as u64 != total;
    let last = shown.last().filter(|_| more);
    let next = last.map(|last| Place { key: SortKey::Absent, id: id(last).to_owned() });
    answer(auth, kind, query, Found { total, resources: shown, next })
}

fn id(resource: &Document) -> &str {
    resource.get("id").and_then(serde_json::Value::as_str).unwrap_or_default()
}
