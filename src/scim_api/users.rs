//! `/Users`.

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
use serde_json::Value;

use super::{
    auth::{DirectoryAuth, ResourceId},
    body::ScimBody,
    failure::Result,
    headers, render,
    resources::{Resources, show},
};
use crate::{
    directory,
    model::DirectoryUserId,
    state::Rollcall,
    store::{
        self, Conn,
        directory_users::{DirectoryUser, UserCondition},
        order::{Column, Order, Slice},
    },
};

pub(super) async fn create(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = auth.projection(auth.kinds.user(), query.as_deref())?;
    let document = auth.accept(resource::read(auth.kinds.user(), &body, auth.mode)?);
    let changed = directory::user::create(&rollcall, &auth.context, &auth.speaker, document).await?;
    show::<Users>(&rollcall, &auth, StatusCode::CREATED, &changed.user, &projection).await
}

pub(super) async fn replace(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = auth.projection(auth.kinds.user(), query.as_deref())?;
    let document = auth.accept(resource::read(auth.kinds.user(), &body, auth.mode)?);
    let if_match = headers::if_match(&headers);
    let id = DirectoryUserId(id);
    let changed = directory::user::replace(
        &rollcall,
        &auth.context,
        &auth.speaker,
        &id,
        if_match.as_deref(),
        auth.kinds.user(),
        document,
    )
    .await?;
    show::<Users>(&rollcall, &auth, StatusCode::OK, &changed.user, &projection).await
}

pub(super) async fn patch(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = auth.projection(auth.kinds.user(), query.as_deref())?;
    let patch = auth.accept(scim::patch::parse(auth.kinds.user(), &body, auth.mode)?);
    let if_match = headers::if_match(&headers);
    let id = DirectoryUserId(id);
    let changed = directory::user::patch(
        &rollcall,
        &auth.context,
        &auth.speaker,
        &id,
        if_match.as_deref(),
        auth.kinds.user(),
        &patch,
    )
    .await?;
    show::<Users>(&rollcall, &auth, StatusCode::OK, &changed.user, &projection).await
}

pub(super) async fn delete(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Result<Response> {
    let if_match = headers::if_match(&headers);
    directory::user::delete(
        &rollcall,
        &auth.context,
        &auth.speaker,
        &DirectoryUserId(id),
        if_match.as_deref(),
    )
    .await?;
    Ok(render::no_content())
}

/// Users as a list shows them.
pub(super) struct Users;

impl Resources for Users {
    type Row = DirectoryUser;
    type Condition = UserCondition;

    const APART: &'static str = "groups";

    fn kind(auth: &DirectoryAuth) -> &ResourceType {
        auth.kinds.user()
    }

    fn id(row: &DirectoryUser) -> &str {
        row.id.as_str()
    }

    fn size(row: &DirectoryUser) -> usize {
        row.document.len()
    }

    fn sort_key(row: &DirectoryUser, by: Column) -> SortKey {
        row.sort_key(by)
    }

    /// `userName`, `externalId`, `id`, `active` and addresses compared by `eq`.
    fn condition(filter: &Filter) -> Option<UserCondition> {
        match filter {
            Filter::Compare { path, op: CompareOp::Eq, value } if path.schema.is_none() => {
                match (path.attribute.as_str(), path.sub.as_deref(), value) {
                    ("userName", None, Literal::String(name)) => Some(UserCondition::UserName(name.clone())),
                    ("externalId", None, Literal::String(id)) => Some(UserCondition::ExternalId(id.clone())),
                    ("id", None, Literal::String(id)) => Some(UserCondition::Id(id.clone())),
                    ("active", None, Literal::Boolean(active)) => Some(UserCondition::Active(*active)),
                    ("emails", None | Some("value"), Literal::String(value)) => {
                        Some(UserCondition::Email { value: value.clone(), kind: None })
                    }
                    _ => None,
                }
            }
            Filter::ValuePath { path, filter } if path.schema.is_none() && path.attribute == "emails" => {
                email_condition(filter)
            }
            _ => None,
        }
    }

    /// Who lost the attribute `active` by a PATCH is found as what they are all the same.
    fn as_filtered(row: &DirectoryUser, mut resource: Document) -> Document {
        resource.entry("active").or_insert(Value::Bool(row.active));
        resource
    }

    fn one_of(ids: Vec<String>) -> UserCondition {
        UserCondition::Ids(ids)
    }

    async fn find(conn: &mut Conn, auth: &DirectoryAuth, id: String) -> store::Result<Option<DirectoryUser>> {
        store::directory_users::get(conn, auth.directory(), &DirectoryUserId(id)).await
    }

    async fn tag(conn: &mut Conn, row: &DirectoryUser, with_apart: bool) -> store::Result<Option<String>> {
        let ids = std::slice::from_ref(&row.id);
        let groups =
            if with_apart { store::directory_nesting::groups_of(conn, ids).await? } else { Vec::new() };
        Ok(Some(directory::tag::of_user(row.version, &groups.iter().collect::<Vec<_>>())))
    }

    async fn page(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[UserCondition],
        order: Order,
        slice: Slice<'_>,
    ) -> store::Result<Vec<DirectoryUser>> {
        store::directory_users::list(conn, auth.directory(), conditions, order, slice).await
    }

    async fn count(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        conditions: &[UserCondition],
    ) -> store::Result<i64> {
        store::directory_users::count(conn, auth.directory(), conditions).await
    }

    async fn render(
        conn: &mut Conn,
        auth: &DirectoryAuth,
        rows: &[DirectoryUser],
        with_apart: bool,
    ) -> crate::error::Result<Vec<Document>> {
        let mut groups_of: HashMap<&DirectoryUserId, Vec<&store::directory_nesting::GroupOfUser>> =
            HashMap::new();
        let ids: Vec<DirectoryUserId> = rows.iter().map(|row| row.id.clone()).collect();
        let groups =
            if with_apart { store::directory_nesting::groups_of(conn, &ids).await? } else { Vec::new() };
        for group in &groups {
            groups_of.entry(&group.user_id).or_default().push(group);
        }
        rows.iter().map(|row| render::user(&auth.base_url, row, groups_of.remove(&row.id))).collect()
    }
}

/// `emails[type eq "work" and value eq "x"]`, in either order.
fn email_condition(filter: &Filter) -> Option<UserCondition> {
    let parts = match filter {
        Filter::And(parts) => parts.as_slice(),
        single => std::slice::from_ref(single),
    };
    let (mut value, mut kind) = (None, None);
    for part in parts {
        let Filter::Compare { path, op: CompareOp::Eq, value: Literal::String(text) } = part else {
            return None;
        };
        let slot = match path.attribute.as_str() {
            "value" => &mut value,
            "type" => &mut kind,
            _ => return None,
        };
        if slot.replace(text.clone()).is_some() {
            return None;
        }
    }
    Some(UserCondition::Email { value: value?, kind })
}
