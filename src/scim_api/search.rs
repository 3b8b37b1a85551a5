//! Queries at the root: users and groups in one list, by GET (RFC 7644 section 3.4.2.1) and by `POST /.search` (section
//! 3.4.3).

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use scim::{Accepted, list::ListQuery, schema::ResourceType};
use serde::{Deserialize, Serialize};

use super::{
    auth::DirectoryAuth,
    body::ScimBody,
    failure::Result,
    groups::Groups,
    list::{self, Place, Position},
    users::Users,
};
use crate::{state::Rollcall, store::Conn};

/// Where a page of both ended.
#[derive(Serialize, Deserialize)]
enum Ended {
    /// Among the users.
    Users(Place),
    /// Among the groups, or right before the first.
    Groups(Option<Place>),
}

/// GET of the root.
pub(super) async fn query(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = query.unwrap_or_default();
    let both = [auth.kinds.user(), auth.kinds.group()];
    everything(&rollcall, &auth, |kind| scim::list::from_query_beside(&both, kind, &query, auth.mode)).await
}

/// POST of a search.
pub(super) async fn search(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let both = [auth.kinds.user(), auth.kinds.group()];
    everything(&rollcall, &auth, |kind| scim::list::from_search_beside(&both, kind, &body, auth.mode)).await
}

/// Users first, then groups; `read` reads the query for either.
async fn everything(
    rollcall: &Rollcall,
    auth: &DirectoryAuth,
    read: impl Fn(&ResourceType) -> std::result::Result<Accepted<ListQuery>, scim::Error>,
) -> Result<Response> {
    let (users, groups) = match (read(auth.kinds.user()), read(auth.kinds.group())) {
        // A filter on an attribute that only one kind has finds resources of that kind.
        (Err(refusal), Err(_)) => return Err(refusal.into()),
        (users, groups) => (users.ok().map(|q| auth.accept(q)), groups.ok().map(|q| auth.accept(q))),
    };
    let Some(query) = users.as_ref().or(groups.as_ref()) else { return Ok(super::render::no_content()) };
    let mut page = Both {
        ended: list::unseal(auth, "/", query)?,
        offset: if query.cursor.is_some() { 0 } else { query.start_index - 1 },
        wanted: list::size(query),
        total: 0,
        shown: Vec::new(),
        next: None,
    };
    let mut conn = rollcall.db.read().await?;
    list::in_time(async {
        if let Some(users) = &users {
            page.add_users(&mut conn, auth, users).await?;
        }
        if let Some(groups) = &groups {
            page.add_groups(&mut conn, auth, groups).await?;
        }
        Ok(())
    })
    .await?;
    let next = page.next.map(|next| list::seal(auth, "/", query, &next)).transpose()?;
    Ok(list::message(query, page.total, next, page.shown))
}

/// A page of users and groups as it comes together.
struct Both {
    /// Where the page before ended, by its cursor.
    ended: Option<Ended>,
    /// How many to pass over, by index.
    offset: u64,
    wanted: u64,
    total: u64,
    shown: Vec<serde_json::Value>,
    next: Option<Ended>,
}

impl Both {
    async fn add_users(&mut self, conn: &mut Conn, auth: &DirectoryAuth, query: &ListQuery) -> Result<()> {
        let (position, wanted) = match &self.ended {
            None => (Position::At(self.offset), self.wanted),
            Some(Ended::Users(place)) => (Position::Behind(place.clone()), self.wanted),
            Some(Ended::Groups(_)) => (Position::At(0), 0),
        };
        let found = list::collect::<Users>(conn, auth, query, &position, wanted).await?;
        self.total += found.total;
        self.shown.extend(list::project(auth.kinds.user(), query, found.resources));
        self.next = found.next.map(Ended::Users);
        Ok(())
    }

    async fn add_groups(&mut self, conn: &mut Conn, auth: &DirectoryAuth, query: &ListQuery) -> Result<()> {
        let position = match &self.ended {
            None => Position::At(self.offset.saturating_sub(self.total)),
            Some(Ended::Users(_) | Ended::Groups(None)) => Position::At(0),
            Some(Ended::Groups(Some(place))) => Position::Behind(place.clone()),
        };
        let wanted = match &self.next {
            None => self.wanted - self.shown.len() as u64,
            Some(_) => 0,
        };
        let found = list::collect::<Groups>(conn, auth, query, &position, wanted).await?;
        self.total += found.total;
        self.shown.extend(list::project(auth.kinds.group(), query, found.resources));
        let is_full = wanted == 0 && self.wanted > 0;
        if self.next.is_none() && (found.next.is_some() || is_full && found.total > 0) {
            self.next = Some(Ended::Groups(found.next));
        }
        Ok(())
    }
}
