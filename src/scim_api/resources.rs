//! What the kinds of resources in the store have in common: how one is shown, and how they are listed.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use scim::{
    Document,
    filter::Filter,
    list::{ListQuery, SortKey},
    projection::Projection,
    schema::ResourceType,
};

use super::{
    auth::{DirectoryAuth, ResourceId},
    body::ScimBody,
    failure::Result,
    headers, list, render,
};
use crate::{
    state::Rollcall,
    store::{
        self, Conn,
        order::{Column, Order, Slice},
    },
};

/// A kind of resource that can be listed.
pub(super) trait Resources {
    type Row: Send + Sync;
    type Condition: Send + Sync;

    /// The attribute that is kept in another table, and read only when it is asked for.
    const APART: &'static str;

    /// As the directory has it.
    fn kind(auth: &DirectoryAuth) -> &ResourceType;
    fn id(row: &Self::Row) -> &str;
    /// About as many bytes as the row has.
    fn size(row: &Self::Row) -> usize;
    /// What stands for the row in the order of this column.
    fn sort_key(row: &Self::Row, by: Column) -> SortKey;
    /// The condition that means the same as the filter, which is no `and`; `None` when no index answers it.
    fn condition(filter: &Filter) -> Option<Self::Condition>;
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

    /// The resource with this id, if the directory has it.
    fn find(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        id: String,
    ) -> impl Future<Output = store::Result<Option<Self::Row>>> + Send;
    /// The entity tag of the resource with what is kept apart or without, where resources of this kind have one.
    fn tag(
        conn: &mut Conn,
        row: &Self::Row,
        with_apart: bool,
    ) -> impl Future<Output = store::Result<Option<String>>> + Send;

    /// Refuses lists that are not made.
    fn check(_: &ListQuery) -> std::result::Result<(), scim::Error> {
        Ok(())
    }

    /// The resource as a filter sees it, by index or not.
    fn as_filtered(_: &Self::Row, resource: Document) -> Document {
        resource
    }

    /// How many of these rows, from the first on, fit into one answer with what is kept apart: one at least.
    fn fitting(_: &mut Conn, rows: &[Self::Row]) -> impl Future<Output = store::Result<usize>> + Send {
        std::future::ready(Ok(rows.len()))
    }
}

/// What of a filter an index answers.
pub(super) struct Narrowing<Condition> {
    /// All that the filter finds meets them.
    pub(super) conditions: Vec<Condition>,
    /// Whether all that meets them is found: nothing of the filter is left to look at.
    pub(super) is_whole: bool,
}

impl<Condition> Default for Narrowing<Condition> {
    /// That of a list without a filter.
    fn default() -> Self {
        Self { conditions: Vec::new(), is_whole: true }
    }
}

impl<Condition> Narrowing<Condition> {
    pub(super) fn by<R: Resources<Condition = Condition>>(filter: &Filter) -> Self {
        match filter {
            Filter::And(parts) => parts.iter().map(Self::by::<R>).fold(Self::default(), |mut all, part| {
                all.conditions.extend(part.conditions);
                all.is_whole &= part.is_whole;
                all
            }),
            single => match R::condition(single) {
                Some(condition) => Self { conditions: vec![condition], is_whole: true },
                None => Self { conditions: Vec::new(), is_whole: false },
            },
        }
    }
}

/// Whether the answer shows what is kept apart.
pub(super) fn is_shown<R: Resources>(auth: &DirectoryAuth, projection: &Projection) -> bool {
    projection.wants(R::kind(auth), R::APART)
}

/// GET of one.
pub(super) async fn get<R: Resources>(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let projection = auth.projection(R::kind(&auth), query.as_deref())?;
    let mut conn = rollcall.db.read().await?;
    let row = R::find(&mut conn, &auth, id).await?.ok_or_else(|| {
        scim::Error::not_found(format!("There is no such {} in this directory.", R::kind(&auth).id))
    })?;
    if headers.contains_key(header::IF_NONE_MATCH)
        && let Some(tag) = R::tag(&mut conn, &row, is_shown::<R>(&auth, &projection)).await?
        && let Some(unchanged) = headers::not_modified(&headers, &tag)
    {
        return Ok(unchanged);
    }
    drop(conn);
    show::<R>(&rollcall, &auth, StatusCode::OK, &row, &projection).await
}

/// GET of a list.
pub(super) async fn query<R: Resources>(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = scim::list::from_query(R::kind(&auth), query.as_deref().unwrap_or_default(), auth.mode)?;
    respond::<R>(&rollcall, &auth, &auth.accept(query)).await
}

/// POST of a search.
pub(super) async fn search<R: Resources>(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let query = scim::list::from_search(R::kind(&auth), &body, auth.mode)?;
    respond::<R>(&rollcall, &auth, &auth.accept(query)).await
}

async fn respond<R: Resources>(
    rollcall: &Rollcall,
    auth: &DirectoryAuth,
    query: &ListQuery,
) -> Result<Response> {
    R::check(query)?;
    let position = list::position(auth, &R::kind(auth).endpoint, query)?;
    let mut conn = rollcall.db.read().await?;
    let found =
        list::in_time(list::collect::<R>(&mut conn, auth, query, &position, list::size(query))).await?;
    list::answer(auth, R::kind(auth), query, found)
}

/// One resource as the answer.
pub(super) async fn show<R: Resources>(
    rollcall: &Rollcall,
    auth: &DirectoryAuth,
    status: StatusCode,
    row: &R::Row,
    projection: &Projection,
) -> Result<Response> {
    let mut conn = rollcall.db.read().await?;
    let rows = std::slice::from_ref(row);
    let mut shown = R::render(&mut conn, auth, rows, is_shown::<R>(auth, projection)).await?;
    let resource = shown.pop().unwrap_or_default();
    Ok(render::resource(status, R::kind(auth), resource, projection))
}
