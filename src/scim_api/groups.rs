//! `/Groups`.

use std::collections::HashMap;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode, header};
use scim::{
    Document,
    filter::{CompareOp, Filter, Literal},
    projection::{self, Projection},
    resource, schema,
};

use super::{
    auth::{DirectoryAuth, ResourceId},
    body::ScimBody,
    failure::{Failure, Result},
    list::{self, Resources},
    render,
    users::text,
};
use crate::{
    directory,
    error::Error,
    model::{DirectoryGroupId, Provider},
    state::Rollcall,
    store::{
        self, Conn,
        directory_groups::{DirectoryGroup, GroupCondition, GroupMember},
        order::{Order, Slice},
    },
};

/// A PATCH of a group with more members than this is answered with 204: reading it back would cost more than it says.
const WORTH_READING_BACK: i64 = 1000;

pub(super) async fn list(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = query.as_deref().unwrap_or_default();
    let query = auth.accept(scim::list::from_query(schema::group(), query, auth.mode)?);
    list::respond::<Groups>(&rollcall, &auth, &query).await
}

pub(super) async fn search(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let query = auth.accept(scim::list::from_search(schema::group(), &body, auth.mode)?);
    list::respond::<Groups>(&rollcall, &auth, &query).await
}

pub(super) async fn create(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = wanted(&auth, query.as_deref())?;
    let document = auth.accept(resource::read(schema::group(), &body, auth.mode)?);
    let group = directory::group::create(&rollcall, &auth.context, &auth.speaker, document).await?;
    show(&rollcall, &auth, StatusCode::CREATED, &group, &projection).await
}

pub(super) async fn get(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    let projection = wanted(&auth, query.as_deref())?;
    let mut conn = rollcall.db.read().await?;
    let group = store::directory_groups::get(&mut conn, auth.directory(), &DirectoryGroupId(id)).await?;
    drop(conn);
    let group = group.ok_or(Failure(Error::NotFound { what: "Group in this directory" }))?;
    if scim::etag::is_not_modified(text(&headers, &header::IF_NONE_MATCH), &scim::etag::weak(group.version)) {
        return Ok(render::not_modified(group.version));
    }
    show(&rollcall, &auth, StatusCode::OK, &group, &projection).await
}

pub(super) async fn replace(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = wanted(&auth, query.as_deref())?;
    let document = auth.accept(resource::read(schema::group(), &body, auth.mode)?);
    let if_match = text(&headers, &header::IF_MATCH);
    let id = DirectoryGroupId(id);
    let group =
        directory::group::replace(&rollcall, &auth.context, &auth.speaker, &id, if_match, document).await?;
    show(&rollcall, &auth, StatusCode::OK, &group, &projection).await
}

pub(super) async fn patch(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = wanted(&auth, query.as_deref())?;
    let patch = auth.accept(scim::patch::parse(schema::group(), &body, auth.mode)?);
    let if_match = text(&headers, &header::IF_MATCH);
    let id = DirectoryGroupId(id);
    let group =
        directory::group::patch(&rollcall, &auth.context, &auth.speaker, &id, if_match, patch).await?;
    // Entra discourages a body with all members in the answer to a group PATCH.
    if auth.provider == Provider::Entra || is_large(&rollcall, &group).await? {
        return Ok(render::no_content());
    }
    show(&rollcall, &auth, StatusCode::OK, &group, &projection).await
}

pub(super) async fn delete(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Result<Response> {
    let if_match = text(&headers, &header::IF_MATCH);
    directory::group::delete(&rollcall, &auth.context, &auth.speaker, &DirectoryGroupId(id), if_match)
        .await?;
    Ok(render::no_content())
}

fn wanted(auth: &DirectoryAuth, query: Option<&str>) -> Result<Projection> {
    Ok(auth.accept(projection::from_query(schema::group(), query.unwrap_or_default(), auth.mode)?))
}

async fn is_large(rollcall: &Rollcall, group: &DirectoryGroup) -> Result<bool> {
    let mut conn = rollcall.db.read().await?;
    Ok(store::directory_groups::has_more_members_than(&mut conn, &group.id, WORTH_READING_BACK).await?)
}

async fn show(
    rollcall: &Rollcall,
    auth: &DirectoryAuth,
    status: StatusCode,
    group: &DirectoryGroup,
    projection: &Projection,
) -> Result<Response> {
    let mut conn = rollcall.db.read().await?;
    let mut shown =
        Groups::render(&mut conn, auth, std::slice::from_ref(group), list::is_shown::<Groups>(projection))
            .await?;
    let resource = shown.pop().unwrap_or_default();
    Ok(render::resource(status, schema::group(), resource, projection))
}

/// Groups as a list shows them.
pub(super) struct Groups;

impl Resources for Groups {
    type Row = DirectoryGroup;
    type Condition = GroupCondition;

    const APART: &'static str = "members";

    fn kind() -> &'static schema::ResourceType {
        schema::group()
    }

    fn id(row: &DirectoryGroup) -> &str {
        row.id.as_str()
    }

    /// `displayName`, `externalId`, `id` and `members` compared by `eq`, and any `and` of them.
    fn conditions(filter: &Filter) -> Option<Vec<GroupCondition>> {
        match filter {
            Filter::And(parts) => {
                let conditions: Option<Vec<_>> = parts.iter().map(Self::conditions).collect();
                Some(conditions?.concat())
            }
            Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) }
                if path.schema.is_none() =>
            {
                let text = text.clone();
                Some(vec![match (path.attribute.as_str(), path.sub.as_deref()) {
                    ("displayName", None) => GroupCondition::DisplayName(text),
                    ("externalId", None) => GroupCondition::ExternalId(text),
                    ("id", None) => GroupCondition::Id(text),
                    ("members", None | Some("value")) => GroupCondition::Member(text),
                    _ => return None,
                }])
            }
            _ => None,
        }
    }

    fn one_of(ids: Vec<String>) -> GroupCondition {
        GroupCondition::Ids(ids)
    }

    async fn page(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[GroupCondition],
        order: Order,
        slice: Slice<'_>,
    ) -> store::Result<Vec<DirectoryGroup>> {
        store::directory_groups::list(conn, auth.directory(), conditions, order, slice).await
    }

    async fn count(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[GroupCondition],
    ) -> store::Result<i64> {
        store::directory_groups::count(conn, auth.directory(), conditions).await
    }

    async fn render(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        rows: &[DirectoryGroup],
        with_apart: bool,
    ) -> crate::error::Result<Vec<Document>> {
        let ids: Vec<DirectoryGroupId> = rows.iter().map(|row| row.id.clone()).collect();
        let members =
            if with_apart { store::directory_groups::members_of(conn, &ids).await? } else { Vec::new() };
        let mut members_of: HashMap<&DirectoryGroupId, Vec<&GroupMember>> = HashMap::new();
        for member in &members {
            members_of.entry(&member.group_id).or_default().push(member);
        }
        rows.iter().map(|row| render::group(&auth.base_url, row, members_of.remove(&row.id))).collect()
    }
}
