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
    let users = auth.accept(read(auth.kinds.user())?);
    let groups = auth.accept(read(auth.kinds.group())?);
    let signed_for = signed_for(&users, &groups);
    let mut page = Both {
        ended: list::unseal(auth, &signed_for, &users)?,
        offset: if users.cursor.is_some() { 0 } else { users.start_index - 1 },
        wanted: list::size(&users),
        total: 0,
        shown: Vec::new(),
        next: None,
    };
    let is_scan = !users.finds_nothing && list::is_scan::<Users>(&users)
        || !groups.finds_nothing && list::is_scan::<Groups>(&groups);
    list::in_time(&rollcall.scans, is_scan.then_some(auth.directory()), async {
        let mut conn = rollcall.db.read().await?;
        if !users.finds_nothing {
            page.add_users(&mut conn, auth, &users).await?;
        }
        if !groups.finds_nothing {
            page.add_groups(&mut conn, auth, &groups).await?;
        }
        Ok(())
    })
    .await?;
    let next = page.next.map(|next| list::seal(auth, &signed_for, &users, &next)).transpose()?;
    Ok(list::message(&users, page.total, next, page.shown))
}

/// The root, and what is asked of the groups: a cursor is for one question to both kinds.
fn signed_for(users: &ListQuery, groups: &ListQuery) -> String {
    let filter = groups.filter.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("/ {} {} {filter}", users.finds_nothing, groups.finds_nothing)
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
