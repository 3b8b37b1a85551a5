//! Lists of the few resources that are in no table.

use axum::response::Response;
use http::StatusCode;
use scim::{
    Document, filter,
    list::{ListQuery, compare_keys, sort_key},
    schema::ResourceType,
};
use serde_json::Value;

use super::{Position, foreign_cursor, page_of, place, size};
use crate::scim_api::{auth::DirectoryAuth, failure::Result, render};

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
            let order = compare_keys(&sort_key(kind, path, left), &sort_key(kind, path, right));
            if query.descending { order.reverse() } else { order }
        });
    }
    let offset = match place(auth, query)? {
        None => query.start_index - 1,
        Some(first) if first.is_empty() => 0,
        Some(place) => place.parse().map_err(|_| foreign_cursor())?,
    };
    let total = resources.len() as u64;
    let shown: Vec<Value> = resources
        .into_iter()
        .skip(usize::try_from(offset).unwrap_or(usize::MAX))
        .take(usize::try_from(size(query)).unwrap_or(usize::MAX))
        .map(|resource| Value::Object(query.projection.apply(kind, resource)))
        .collect();
    let end = offset.saturating_add(shown.len() as u64);
    let next = (!shown.is_empty() && end < total).then_some(Position::At(end));
    Ok(render::message(StatusCode::OK, &scim::list::response(total, &page_of(auth, query, next), shown)))
}
