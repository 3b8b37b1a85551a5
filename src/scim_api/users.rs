//! `/Users`.

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
};
use crate::{
    directory,
    error::Error,
    model::DirectoryUserId,
    state::Rollcall,
    store::{
        self, Conn,
        directory_users::{DirectoryUser, UserCondition},
        order::{Order, Slice},
    },
};

pub(super) async fn list(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
) -> Result<Response> {
    let query = query.as_deref().unwrap_or_default();
    let query = auth.accept(scim::list::from_query(schema::user(), query, auth.mode)?);
    list::respond::<Users>(&rollcall, &auth, &query).await
}

pub(super) async fn search(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let query = auth.accept(scim::list::from_search(schema::user(), &body, auth.mode)?);
    list::respond::<Users>(&rollcall, &auth, &query).await
}

pub(super) async fn create(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let projection = wanted(&auth, query.as_deref())?;
    let document = auth.accept(resource::read(schema::user(), &body, auth.mode)?);
    let changed = directory::user::create(&rollcall, &auth.context, &auth.speaker, document).await?;
    show(&rollcall, &auth, StatusCode::CREATED, &changed.user, &projection).await
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
    let user = store::directory_users::get(&mut conn, auth.directory(), &DirectoryUserId(id)).await?;
    drop(conn);
    let user = user.ok_or(Failure(Error::NotFound { what: "User in this directory" }))?;
    if scim::etag::is_not_modified(text(&headers, &header::IF_NONE_MATCH), &scim::etag::weak(user.version)) {
        return Ok(render::not_modified(user.version));
    }
    show(&rollcall, &auth, StatusCode::OK, &user, &projection).await
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
    let document = auth.accept(resource::read(schema::user(), &body, auth.mode)?);
    let if_match = text(&headers, &header::IF_MATCH);
    let id = DirectoryUserId(id);
    let changed =
        directory::user::replace(&rollcall, &auth.context, &auth.speaker, &id, if_match, document).await?;
    show(&rollcall, &auth, StatusCode::OK, &changed.user, &projection).await
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
    let patch = auth.accept(scim::patch::parse(schema::user(), &body, auth.mode)?);
    let if_match = text(&headers, &header::IF_MATCH);
    let id = DirectoryUserId(id);
    let changed =
        directory::user::patch(&rollcall, &auth.context, &auth.speaker, &id, if_match, &patch).await?;
    show(&rollcall, &auth, StatusCode::OK, &changed.user, &projection).await
}

pub(super) async fn delete(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Result<Response> {
    let if_match = text(&headers, &header::IF_MATCH);
    directory::user::delete(&rollcall, &auth.context, &auth.speaker, &DirectoryUserId(id), if_match).await?;
    Ok(render::no_content())
}

fn wanted(auth: &DirectoryAuth, query: Option<&str>) -> Result<Projection> {
    Ok(auth.accept(projection::from_query(schema::user(), query.unwrap_or_default(), auth.mode)?))
}

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

async fn show(
    rollcall: &Rollcall,
    auth: &DirectoryAuth,
    status: StatusCode,
    user: &DirectoryUser,
    projection: &Projection,
) -> Result<Response> {
    let mut conn = rollcall.db.read().await?;
    let mut shown =
        Users::render(&mut conn, auth, std::slice::from_ref(user), list::is_shown::<Users>(projection))
            .await?;
    let resource = shown.pop().unwrap_or_default();
    Ok(render::resource(status, schema::user(), resource, projection))
}

/// Users as a list shows them.
pub(super) struct Users;

impl Resources for Users {
    type Row = DirectoryUser;
    type Condition = UserCondition;

    const APART: &'static str = "groups";

    fn kind() -> &'static schema::ResourceType {
        schema::user()
    }

    fn id(row: &DirectoryUser) -> &str {
        row.id.as_str()
    }

    /// `userName`, `externalId`, `id`, `active` and addresses compared by `eq`, and any `and` of them.
    fn conditions(filter: &Filter) -> Option<Vec<UserCondition>> {
        match filter {
            Filter::And(parts) => {
                let conditions: Option<Vec<_>> = parts.iter().map(Self::conditions).collect();
                Some(conditions?.concat())
            }
            Filter::Compare { path, op: CompareOp::Eq, value } if path.schema.is_none() => {
                let condition = match (path.attribute.as_str(), path.sub.as_deref(), value) {
                    ("userName", None, Literal::String(name)) => UserCondition::UserName(name.clone()),
                    ("externalId", None, Literal::String(id)) => UserCondition::ExternalId(id.clone()),
                    ("id", None, Literal::String(id)) => UserCondition::Id(id.clone()),
                    ("active", None, Literal::Boolean(active)) => UserCondition::Active(*active),
                    ("emails", None | Some("value"), Literal::String(value)) => {
                        UserCondition::Email { value: value.clone(), kind: None }
                    }
                    _ => return None,
                };
                Some(vec![condition])
            }
            Filter::ValuePath { path, filter } if path.schema.is_none() && path.attribute == "emails" => {
                email_condition(filter).map(|condition| vec![condition])
            }
            _ => None,
        }
    }

    fn one_of(ids: Vec<String>) -> UserCondition {
        UserCondition::Ids(ids)
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
        let mut groups_of: HashMap<&DirectoryUserId, Vec<&store::directory_users::GroupOfUser>> =
            HashMap::new();
        let ids: Vec<DirectoryUserId> = rows.iter().map(|row| row.id.clone()).collect();
        let groups =
            if with_apart { store::directory_users::groups_of(conn, &ids).await? } else { Vec::new() };
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
