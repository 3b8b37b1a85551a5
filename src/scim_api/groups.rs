//! `/Groups`.

use std::collections::HashMap;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use scim::{
    Document,
    filter::{CompareOp, Filter, Literal},
    list::SortKey,
    resource,
    schema::ResourceType,
};

use super::{
    auth::{DirectoryAuth, ResourceId},
    body::ScimBody,
    failure::Result,
    headers, render,
    resources::{Resources, changed_since, element_with_value, show},
};
use crate::{
    directory,
    model::{DirectoryGroupId, Provider},
    state::Rollcall,
    store::{
        self, Conn,
        directory_group_members::GroupMember,
        directory_groups::{DirectoryGroup, GroupCondition},
        order::{Column, Order, Slice},
    },
};

/// A PATCH of a group with more members than this is answered with 204: reading it back would cost more than it says.
const WORTH_READING_BACK: i64 = 1000;
/// Most members in one list of groups: a page ends before the group with which there would be more (RFC 7644 section
/// 3.4.2.4 lets a page hold fewer than `count`). A single larger group makes a page of its own: a part of its members
/// would be taken for all of them.
const MOST_MEMBERS: i64 = 20_000;
/// Groups whose members are counted at a time.
const COUNTED_AT_ONCE: usize = 100;

pub(super) async fn create(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = auth.projection(auth.kinds.group(), query.as_deref())?;
    let document = auth.accept(resource::read(auth.kinds.group(), &body, auth.mode)?);
    let group = directory::group::create(&rollcall, &auth.context, &auth.speaker, document).await?;
    let group = auth.accept(group);
    show::<Groups>(&rollcall, &auth, StatusCode::CREATED, &group, &projection).await
}

pub(super) async fn replace(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = auth.projection(auth.kinds.group(), query.as_deref())?;
    let document = auth.accept(resource::read(auth.kinds.group(), &body, auth.mode)?);
    let expected = headers::preconditions(&headers);
    let id = DirectoryGroupId(id);
    let group = directory::group::replace(
        &rollcall,
        &auth.context,
        &auth.speaker,
        &id,
        &expected,
        auth.kinds.group(),
        document,
    )
    .await?;
    let group = auth.accept(group);
    show::<Groups>(&rollcall, &auth, StatusCode::OK, &group, &projection).await
}

pub(super) async fn patch(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = auth.projection(auth.kinds.group(), query.as_deref())?;
    let patch = auth.accept(scim::patch::parse(auth.kinds.group(), &body, auth.mode)?);
    patch.check_target(&id)?;
    let expected = headers::preconditions(&headers);
    let id = DirectoryGroupId(id);
    let group = directory::group::patch(
        &rollcall,
        &auth.context,
        &auth.speaker,
        &id,
        &expected,
        auth.kinds.group(),
        patch,
    )
    .await?;
    let group = auth.accept(group);
    // Entra discourages a body with all members in the answer to a group PATCH. Whoever names attributes is shown them
    // (RFC 7644 section 3.5.2).
    if !projection.names_attributes()
        && (auth.provider == Provider::Entra || is_large(&rollcall, &group).await?)
    {
        return Ok(render::no_content_of(&scim::etag::weak(group.version)));
    }
    show::<Groups>(&rollcall, &auth, StatusCode::OK, &group, &projection).await
}

pub(super) async fn delete(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Result<Response> {
    let expected = headers::preconditions(&headers);
    directory::group::delete(&rollcall, &auth.context, &auth.speaker, &DirectoryGroupId(id), &expected)
        .await?;
    Ok(render::no_content())
}

async fn is_large(rollcall: &Rollcall, group: &DirectoryGroup) -> Result<bool> {
    let mut conn = rollcall.db.read().await?;
    Ok(store::directory_group_members::has_more_than(&mut conn, &group.id, WORTH_READING_BACK).await?)
}

/// Groups as a list shows them.
pub(super) struct Groups;

impl Resources for Groups {
    type Row = DirectoryGroup;
    type Condition = GroupCondition;

    const APART: &'static str = "members";

    fn kind(auth: &DirectoryAuth) -> &ResourceType {
        auth.kinds.group()
    }

    fn id(row: &DirectoryGroup) -> &str {
        row.id.as_str()
    }

    fn size(row: &DirectoryGroup) -> usize {
        row.document.len()
    }

    fn sort_key(row: &DirectoryGroup, by: Column) -> SortKey {
        row.sort_key(by)
    }

    /// `displayName`, `externalId`, `id` and `members` compared by `eq`, and a time after which there was a change.
    fn condition(filter: &Filter) -> Option<GroupCondition> {
        if let Some(since) = changed_since(filter) {
            return Some(GroupCondition::ChangedSince(since));
        }
        match filter {
            Filter::ValuePath { path, filter } if path.schema.is_none() && path.attribute == "members" => {
                element_with_value(filter).map(GroupCondition::Member)
            }
            Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) }
                if path.schema.is_none() =>
            {
                let text = text.clone();
                match (path.attribute.as_str(), path.sub.as_deref()) {
                    ("displayName", None) => Some(GroupCondition::DisplayName(text)),
                    ("externalId", None) => Some(GroupCondition::ExternalId(text)),
                    ("id", None) => Some(GroupCondition::Id(text)),
                    ("members", None | Some("value")) => Some(GroupCondition::Member(text)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn any(conditions: Vec<GroupCondition>) -> Option<GroupCondition> {
        let flat = conditions.into_iter().flat_map(|condition| match condition {
            GroupCondition::Any(inner) => inner,
            single => vec![single],
        });
        Some(GroupCondition::Any(flat.collect()))
    }

    fn is_heavy(condition: &GroupCondition) -> bool {
        matches!(condition, GroupCondition::Any(_)) && !Self::finds_few(condition)
    }

    fn finds_few(condition: &GroupCondition) -> bool {
        match condition {
            GroupCondition::Id(_) | GroupCondition::DisplayName(_) => true,
            GroupCondition::Any(conditions) => conditions.iter().all(Self::finds_few),
            _ => false,
        }
    }

    fn one_of(ids: Vec<String>) -> GroupCondition {
        GroupCondition::Ids(ids)
    }

    async fn find(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        id: String,
    ) -> store::Result<Option<DirectoryGroup>> {
        store::directory_groups::get(conn, auth.directory(), &DirectoryGroupId(id)).await
    }

    async fn tag(_: &mut Conn, row: &DirectoryGroup, _: bool) -> store::Result<Option<String>> {
        Ok(Some(scim::etag::weak(row.version)))
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

    async fn fitting(conn: &mut Conn, rows: &[DirectoryGroup]) -> store::Result<usize> {
        if rows.len() < 2 {
            return Ok(rows.len());
        }
        let mut left = MOST_MEMBERS;
        for (turn, some) in rows.chunks(COUNTED_AT_ONCE).enumerate() {
            let ids: Vec<DirectoryGroupId> = some.iter().map(|row| row.id.clone()).collect();
            let numbers = store::directory_group_members::numbers_up_to(conn, &ids, left).await?;
            for (index, id) in ids.iter().enumerate() {
                left -= numbers.get(id).copied().unwrap_or_default();
                if left < 0 {
                    return Ok((turn * COUNTED_AT_ONCE + index).max(1));
                }
            }
        }
        Ok(rows.len())
    }

    async fn render(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        rows: &[DirectoryGroup],
        with_apart: bool,
    ) -> crate::error::Result<Vec<Document>> {
        let ids: Vec<DirectoryGroupId> = rows.iter().map(|row| row.id.clone()).collect();
        let members = if with_apart {
            store::directory_group_members::of_groups(conn, &ids).await?
        } else {
            Vec::new()
        };
        let mut members_of: HashMap<&DirectoryGroupId, Vec<&GroupMember>> = HashMap::new();
        for member in &members {
            members_of.entry(&member.group_id).or_default().push(member);
        }
        rows.iter().map(|row| render::group(&auth.base_url, row, members_of.remove(&row.id))).collect()
    }
}
