//! What the kinds of resources in the store have in common: how one is shown, and how they are listed.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use scim::{
    Document,
    filter::{CompareOp, Filter, Literal},
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
    clock::Timestamp,
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
    /// The condition that means the same as the filter, which is no `and` and no `or`; `None` when no index answers it.
    fn condition(filter: &Filter) -> Option<Self::Condition>;
    /// A condition that all meet whom the filter finds, where there is none that means the same.
    fn hint(_: &Filter) -> Option<Self::Condition> {
        None
    }
    /// The condition that one of these is met.
    fn any(_: Vec<Self::Condition>) -> Option<Self::Condition> {
        None
    }
    /// Whether few resources meet the condition, however many there are.
    fn finds_few(_: &Self::Condition) -> bool {
        false
    }
    /// Whether to find who meets the condition may cost more than to look at each once.
    fn is_heavy(_: &Self::Condition) -> bool {
        false
    }
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
            Filter::Or(parts) => Self::by_any::<R>(parts),
            single => match R::condition(single) {
                Some(condition) => Self { conditions: vec![condition], is_whole: true },
                None => Self { conditions: R::hint(single).into_iter().collect(), is_whole: false },
            },
        }
    }

    /// Each part has to be narrowed, by its best condition.
    fn by_any<R: Resources<Condition = Condition>>(parts: &[Filter]) -> Self {
        let mut is_whole = true;
        let of_parts = parts.iter().map(|part| {
            let part = Self::by::<R>(part);
            is_whole &= part.is_whole && part.conditions.len() == 1;
            part.conditions.into_iter().min_by_key(|condition| !R::finds_few(condition))
        });
        let any = of_parts.collect::<Option<Vec<_>>>().and_then(R::any);
        Self { is_whole: is_whole && any.is_some(), conditions: any.into_iter().collect() }
    }
}

/// The earliest time of a change that `meta.lastModified gt "TIME"`, or `ge`, finds. What is compared are the
/// milliseconds that are shown.
pub(super) fn changed_since(filter: &Filter) -> Option<Timestamp> {
    const MILLISECOND: i128 = 1_000_000;
    let Filter::Compare { path, op, value: Literal::String(time) } = filter else { return None };
    if path.schema.is_some() || path.attribute != "meta" || path.sub.as_deref() != Some("lastModified") {
        return None;
    }
    let time = scim::filter::parse_date(time)?.unix_timestamp_nanos();
    let milliseconds = match op {
        CompareOp::Gt => time.div_euclid(MILLISECOND) + 1,
        CompareOp::Ge => (time + MILLISECOND - 1).div_euclid(MILLISECOND),
        _ => return None,
    };
    Some(Timestamp(i64::try_from(milliseconds * 1000).ok()?))
}

/// The id in the filter of a value path that asks for nothing else: `members[value eq "ID"]`.
pub(super) fn element_with_value(filter: &Filter) -> Option<String> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) }
            if path.attribute == "value" =>
        {
            Some(text.clone())
        }
        _ => None,
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
    let scanned = list::is_scan::<R>(query).then_some(auth.directory());
    let found = list::in_time(&rollcall.scans, scanned, async {
        let mut conn = rollcall.db.read().await?;
        list::collect::<R>(&mut conn, auth, query, &position, list::size(query)).await
    })
    .await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Microseconds are stored, milliseconds are shown and compared.
    #[test]
    fn a_time_of_a_change_is_compared_as_it_is_shown() {
        for (filter, since) in [
            ("meta.lastModified gt \"1970-01-01T00:00:01.005Z\"", Some(1_006_000)),
            ("meta.lastModified ge \"1970-01-01T00:00:01.005Z\"", Some(1_005_000)),
            ("meta.lastModified gt \"1970-01-01T00:00:01.0050001Z\"", Some(1_006_000)),
            ("meta.lastModified ge \"1970-01-01T00:00:01.0050001Z\"", Some(1_006_000)),
            ("meta.lastModified gt \"1969-12-31T23:59:59.9995Z\"", Some(0)),
            ("meta.lastModified ge \"1969-12-31T23:59:59.999Z\"", Some(-1000)),
            ("meta.lastModified lt \"1970-01-01T00:00:01Z\"", None),
            ("meta.created gt \"1970-01-01T00:00:01Z\"", None),
        ] {
            let filter = scim::filter::parse(filter).unwrap();
            assert_eq!(changed_since(&filter), since.map(Timestamp), "{filter}");
        }
    }
}
