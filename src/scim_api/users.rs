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
    resources::{Resources, changed_since, element_with_value, show},
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

/// Most groups in one list of people, each person's counted: a page ends before the person with whom there would be more
/// (RFC 7644 section 3.4.2.4 lets a page hold fewer than `count`). Someone with more groups makes a page of their own.
const MOST_GROUPS: i64 = 20_000;

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
    let expected = headers::preconditions(&headers);
    let id = DirectoryUserId(id);
    let changed = directory::user::replace(
        &rollcall,
        &auth.context,
        &auth.speaker,
        &id,
        &expected,
        auth.kinds.user(),
        document,
    )
    .await?;
    auth.recording.tolerated(&changed.deviations);
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
    patch.check_target(&id)?;
    let expected = headers::preconditions(&headers);
    let id = DirectoryUserId(id);
    let changed = directory::user::patch(
        &rollcall,
        &auth.context,
        &auth.speaker,
        &id,
        &expected,
        auth.kinds.user(),
        &patch,
    )
    .await?;
    auth.recording.tolerated(&changed.deviations);
    show::<Users>(&rollcall, &auth, StatusCode::OK, &changed.user, &projection).await
}

pub(super) async fn delete(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Result<Response> {
    let expected = headers::preconditions(&headers);
    directory::user::delete(&rollcall, &auth.context, &auth.speaker, &DirectoryUserId(id), &expected).await?;
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

    /// `userName`, `externalId`, `id`, `active`, groups and addresses compared by `eq`, the beginning of a `userName`,
    /// and a time after which there was a change.
    fn condition(filter: &Filter) -> Option<UserCondition> {
        if let Some(since) = changed_since(filter) {
            return Some(UserCondition::ChangedSince(since));
        }
        match filter {
            Filter::Compare { path, op: CompareOp::Sw, value: Literal::String(start) }
                if path.schema.is_none() && path.attribute == "userName" =>
            {
                Some(UserCondition::UserNameStart(start.clone()))
            }
            Filter::Compare { path, op: CompareOp::Eq, value } if path.schema.is_none() => {
                match (path.attribute.as_str(), path.sub.as_deref(), value) {
                    ("userName", None, Literal::String(name)) => Some(UserCondition::UserName(name.clone())),
                    ("externalId", None, Literal::String(id)) => Some(UserCondition::ExternalId(id.clone())),
                    ("id", None, Literal::String(id)) => Some(UserCondition::Id(id.clone())),
                    ("active", None, Literal::Boolean(active)) => Some(UserCondition::Active(*active)),
                    ("groups", None | Some("value"), Literal::String(id)) => {
                        Some(UserCondition::Group(id.clone()))
                    }
                    ("emails", None | Some("value"), Literal::String(value)) => {
                        Some(UserCondition::Email { value: value.clone(), kind: None })
                    }
                    _ => None,
                }
            }
            Filter::ValuePath { path, filter } if path.schema.is_none() => match path.attribute.as_str() {
                "emails" => email_condition(filter),
                "groups" => element_with_value(filter).map(UserCondition::Group),
                _ => None,
            },
            _ => None,
        }
    }

    /// Who lost the attribute `active` by a PATCH is found as what they are all the same.
    fn as_filtered(row: &DirectoryUser, mut resource: Document) -> Document {
        resource.entry("active").or_insert(Value::Bool(row.active));
        resource
    }

    /// The address of an element that has to have more than it.
    fn hint(filter: &Filter) -> Option<UserCondition> {
        match filter {
            Filter::ValuePath { path, filter } if path.schema.is_none() && path.attribute == "emails" => {
                email_hint(filter)
            }
            _ => None,
        }
    }

    fn any(conditions: Vec<UserCondition>) -> Option<UserCondition> {
        let flat = conditions.into_iter().flat_map(|condition| match condition {
            UserCondition::Any(inner) => inner,
            single => vec![single],
        });
        Some(UserCondition::Any(flat.collect()))
    }

    fn is_heavy(condition: &UserCondition) -> bool {
        matches!(condition, UserCondition::Any(_)) && !Self::finds_few(condition)
    }

    fn finds_few(condition: &UserCondition) -> bool {
        match condition {
            UserCondition::Id(_) | UserCondition::UserName(_) => true,
            UserCondition::Any(conditions) => conditions.iter().all(Self::finds_few),
            _ => false,
        }
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

    /// Portions that are too large are halved, so that what is counted stays within what one answer may carry.
    async fn fitting(conn: &mut Conn, rows: &[DirectoryUser]) -> store::Result<usize> {
        if rows.len() < 2 {
            return Ok(rows.len());
        }
        let ids: Vec<DirectoryUserId> = rows.iter().map(|row| row.id.clone()).collect();
        let (mut fitting, mut left, mut portion) = (0, MOST_GROUPS, ids.len());
        while let Some(some) = ids.get(fitting..).and_then(|rest| rest.chunks(portion).next()) {
            let number = store::directory_nesting::number_up_to(conn, some, left).await?;
            if number <= left {
                fitting += some.len();
                left -= number;
            } else if some.len() > 1 {
                portion = some.len() / 2;
            } else {
                break;
            }
        }
        Ok(fitting.max(1))
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

/// The address in `emails[value eq "x" and primary eq true]`.
fn email_hint(filter: &Filter) -> Option<UserCondition> {
    let Filter::And(parts) = filter else { return None };
    let value = parts.iter().find_map(element_with_value)?;
    Some(UserCondition::Email { value, kind: None })
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
