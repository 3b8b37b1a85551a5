//! Resources and messages as responses.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use scim::{Document, etag, projection::Projection, schema::ResourceType};
use serde_json::{Value, json};

use crate::{
    clock::Timestamp,
    directory::{tag, user::parsed},
    error::Result,
    store::{
        directory_group_members::GroupMember, directory_groups::DirectoryGroup,
        directory_nesting::GroupOfUser, directory_users::DirectoryUser,
    },
};

/// How every body is labelled.
pub(super) const MEDIA_TYPE: &str = const_format::concatcp!(scim::MEDIA_TYPE, "; charset=utf-8");

/// What the server says of a resource.
struct Meta<'a> {
    id: &'a str,
    created: Timestamp,
    updated: Timestamp,
    version: String,
}

/// A person as SCIM shows them. `groups` is `None` when the request does not want them.
pub(super) fn user(
    base_url: &str,
    user: &DirectoryUser,
    groups: Option<Vec<&GroupOfUser>>,
) -> Result<Document> {
    let meta = Meta {
        id: user.id.as_str(),
        created: user.created_at,
        updated: user.updated_at,
        version: tag::of_user(user.version, groups.as_deref().unwrap_or_default()),
    };
    let mut resource = whole(scim::schema::user(), base_url, &user.document, &meta)?;
    if let Some(groups) = groups.filter(|groups| !groups.is_empty()) {
        let groups: Vec<Value> = groups
            .into_iter()
            .map(|group| {
                json!({
                    "value": group.group_id,
                    "$ref": format!("{base_url}/Groups/{}", group.group_id),
                    "display": group.display_name,
                    "type": if group.distance == 0 { "direct" } else { "indirect" },
                })
            })
            .collect();
        resource.insert("groups".to_owned(), Value::Array(groups));
    }
    Ok(resource)
}

/// A group as SCIM shows it. `members` is `None` when the request does not want them.
pub(super) fn group(
    base_url: &str,
    group: &DirectoryGroup,
    members: Option<Vec<&GroupMember>>,
) -> Result<Document> {
    let meta = Meta {
        id: group.id.as_str(),
        created: group.created_at,
        updated: group.updated_at,
        version: etag::weak(group.version),
    };
    let mut resource = whole(scim::schema::group(), base_url, &group.document, &meta)?;
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        let members: Vec<Value> = members.into_iter().map(|member| member_json(base_url, member)).collect();
        resource.insert("members".to_owned(), Value::Array(members));
    }
    Ok(resource)
}

fn member_json(base_url: &str, member: &GroupMember) -> Value {
    let mut json = json!({
        "value": member.member_id,
        "$ref": format!("{base_url}/{}s/{}", member.member_kind, member.member_id),
        "type": member.member_kind,
    });
    // Nulls are not sent: Entra takes them for values.
    if let Some(display) = &member.display {
        json["display"] = json!(display);
    }
    json
}

fn whole(kind: &ResourceType, base_url: &str, document: &str, meta: &Meta<'_>) -> Result<Document> {
    let stored = parsed(document)?;
    let mut resource = Document::new();
    resource.insert("schemas".to_owned(), json!(scim::resource::schemas_of(kind, &stored)));
    resource.insert("id".to_owned(), json!(meta.id));
    resource.extend(stored);
    resource.insert(
        "meta".to_owned(),
        json!({
            "resourceType": kind.id,
            "created": meta.created.to_rfc3339(),
            "lastModified": meta.updated.to_rfc3339(),
            "location": format!("{base_url}{}/{}", kind.endpoint, meta.id),
            "version": meta.version,
        }),
    );
    Ok(resource)
}

/// A response with one resource, its `ETag` and, when it was created, its `Location`.
pub(super) fn resource(
    status: StatusCode,
    kind: &ResourceType,
    resource: Document,
    projection: &Projection,
) -> Response {
    let text = |name: &str| resource.get("meta")?.get(name)?.as_str().map(str::to_owned);
    let (version, location) = (text("version"), text("location"));
    let shown = projection.apply(kind, resource);
    let mut response = message(status, &Value::Object(shown));
    if let Some(version) = version.and_then(|version| HeaderValue::from_str(&version).ok()) {
        response.headers_mut().insert(header::ETAG, version);
    }
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        let name = if status == StatusCode::CREATED { header::LOCATION } else { header::CONTENT_LOCATION };
        response.headers_mut().insert(name, location);
    }
    response
}

/// A response with any SCIM message.
pub(super) fn message(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

/// A response without a body.
pub(super) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// The same about a resource that has this version now.
pub(super) fn no_content_of(tag: &str) -> Response {
    tagged(StatusCode::NO_CONTENT, tag)
}

/// The answer to a client that has this version already.
pub(super) fn not_modified(tag: &str) -> Response {
    tagged(StatusCode::NOT_MODIFIED, tag)
}

fn tagged(status: StatusCode, tag: &str) -> Response {
    let mut response = status.into_response();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
