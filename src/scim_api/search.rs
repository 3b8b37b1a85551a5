//! `POST /.search` at the root: users and groups in one list (RFC 7644 section 3.4.3).

use axum::{extract::State, response::Response};
use http::StatusCode;
use scim::{list::Page, schema};
use serde_json::Value;

use super::{
    auth::DirectoryAuth, body::ScimBody, failure::Result, groups::Groups, list, render, users::Users,
};
use crate::state::Rollcall;

/// Users first, then groups.
pub(super) async fn everything(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let users = scim::list::from_search(schema::user(), &body, auth.mode);
    let groups = scim::list::from_search(schema::group(), &body, auth.mode);
    let (users, groups) = match (users, groups) {
        // A filter on an attribute that only one kind has finds resources of that kind.
        (Err(refusal), Err(_)) => return Err(refusal.into()),
        (users, groups) => (users.ok().map(|q| auth.accept(q)), groups.ok().map(|q| auth.accept(q))),
    };
    let start_index = users.as_ref().or(groups.as_ref()).map_or(1, |query| query.start_index);
    let wanted = users.as_ref().or(groups.as_ref()).map_or(list::DEFAULT_PAGE, list::size);
    let mut conn = rollcall.db.read().await?;
    let (mut total, mut shown) = (0, Vec::new());
    if let Some(query) = users {
        let (number, _, resources) = list::collect::<Users>(&mut conn, &auth, &query).await?;
        total += number;
        shown.extend(
            resources.into_iter().map(|user| Value::Object(query.projection.apply(schema::user(), user))),
        );
    }
    if let Some(mut query) = groups {
        let skipped = (start_index - 1).saturating_sub(total);
        query.start_index = skipped + 1;
        query.count = Some(wanted - shown.len() as u64);
        query.cursor = None;
        let (number, _, resources) = list::collect::<Groups>(&mut conn, &auth, &query).await?;
        total += number;
        shown.extend(
            resources.into_iter().map(|group| Value::Object(query.projection.apply(schema::group(), group))),
        );
    }
    let page = Page::Index { start_index };
    Ok(render::message(StatusCode::OK, &scim::list::response(total, &page, shown)))
}
