//! The discovery documents: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas` (RFC 7644 §4, RFC 7643 §5–7).
//!
//! They say what is really there: a write-only attribute that is never kept, such as `password`, is not published,
//! for clients that read the schema would take it as an invitation.

use serde_json::{Value, json};

use super::{Attribute, ResourceType, Schema, service};
use crate::list;

/// What a server can do, for [`service_provider_config`].
#[derive(Clone, Debug, PartialEq)]
pub struct Capabilities {
    /// Where people find help.
    pub documentation_uri: Option<String>,
    /// Bulk requests, if supported.
    pub bulk: Option<BulkLimits>,
    /// The largest number of resources in one answer; also the largest page.
    pub max_results: u64,
    /// The size of a page if the request does not say.
    pub default_page_size: u64,
    /// Cursor paging (RFC 9865), if supported.
    pub cursor: Option<CursorPaging>,
    /// Whether `sortBy` works.
    pub sort: bool,
    /// Whether `If-Match` and `If-None-Match` work.
    pub etag: bool,
    /// Whether the server is in strict mode: the `interopProfileConformant` of draft-zollner-scim-interop-profile.
    pub interop_profile: bool,
    /// Whether `/Roles` and `/Entitlements` are there (draft-ietf-scim-roles-entitlements section 3.1).
    pub roles: bool,
}

/// The limits of bulk requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BulkLimits {
    /// The largest number of operations in one request.
    pub max_operations: u64,
    /// The largest size of one request in bytes.
    pub max_payload_size: u64,
}

/// What is said about cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CursorPaging {
    /// For how many seconds a cursor is good at least, if that is limited.
    pub timeout_seconds: Option<u64>,
}

/// The body of `/ServiceProviderConfig`.
pub fn service_provider_config(can: &Capabilities, base_url: &str) -> Value {
    let bulk = can.bulk.unwrap_or(BulkLimits { max_operations: 0, max_payload_size: 0 });
    let mut pagination = json!({
        "cursor": can.cursor.is_some(),
        "index": true,
        "defaultPaginationMethod": "index",
        "defaultPageSize": can.default_page_size,
        "maxPageSize": can.max_results,
    });
    if let Some(seconds) = can.cursor.and_then(|cursor| cursor.timeout_seconds) {
        pagination["cursorTimeout"] = json!(seconds);
    }
    let mut config = json!({
        "schemas": [service::SERVICE_PROVIDER_CONFIG],
        "patch": { "supported": true },
        "bulk": {
            "supported": can.bulk.is_some(),
            "maxOperations": bulk.max_operations,
            "maxPayloadSize": bulk.max_payload_size,
        },
        "filter": { "supported": true, "maxResults": can.max_results },
        "changePassword": { "supported": false },
        "sort": { "supported": can.sort },
        "etag": { "supported": can.etag },
        "pagination": pagination,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "OAuth Bearer Token",
            "description": "The directory's token in the Authorization header.",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
            "primary": true,
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": format!("{}/ServiceProviderConfig", trimmed(base_url)),
        },
    });
    if let Some(uri) = &can.documentation_uri {
        config["documentationUri"] = json!(uri);
    }
    if can.interop_profile {
        config["interopProfileConformant"] = json!(true);
    }
    if can.roles {
        // A user's roles and entitlements are kept as they come: several, with type and primary. The schema of this
        // document cannot say so: the draft nests complex attributes, which RFC 7643 section 2.3.8 forbids.
        let kept = |several: &str| json!({ "supported": true, several: true, "primarySupported": true, "typeSupported": true });
        config["RolesAndEntitlements"] = json!({
            "roles": kept("multipleRolesSupported"),
            "entitlements": kept("multipleEntitlementsSupported"),
        });
    }
    config
}

/// The body of `/ResourceTypes`.
pub fn resource_types(kinds: &[&ResourceType], base_url: &str) -> Value {
    whole_list(kinds.iter().map(|kind| resource_type(kind, base_url)).collect())
}

/// The body of `/ResourceTypes/{id}`.
pub fn resource_type(kind: &ResourceType, base_url: &str) -> Value {
    let extensions: Vec<Value> = kind
        .extensions
        .iter()
        .map(|extension| json!({ "schema": extension.schema.id, "required": extension.required }))
        .collect();
    json!({
        "schemas": [service::RESOURCE_TYPE],
        "id": kind.id,
        "name": kind.name,
        "endpoint": kind.endpoint,
        "description": kind.description,
        "schema": kind.schema.id,
        "schemaExtensions": extensions,
        "meta": {
            "resourceType": "ResourceType",
            "location": format!("{}/ResourceTypes/{}", trimmed(base_url), kind.id),
        },
    })
}

/// The body of `/Schemas`: the schemas of these resource types and those of the discovery documents.
pub fn schemas(kinds: &[&ResourceType], base_url: &str) -> Value {
    whole_list(published(kinds).into_iter().map(|schema| render(schema, base_url)).collect())
}

/// The body of `/Schemas/{id}`; `None` if there is no such schema. The id is taken in any case.
pub fn schema(kinds: &[&ResourceType], id: &str, base_url: &str) -> Option<Value> {
    let found = published(kinds).into_iter().find(|schema| schema.id.eq_ignore_ascii_case(id));
    found.map(|schema| render(schema, base_url))
}

/// Each schema once, though resource types may share some.
fn published<'a>(kinds: &[&'a ResourceType]) -> Vec<&'a Schema> {
    let mut all: Vec<&Schema> = Vec::new();
    let of_kinds = kinds.iter().flat_map(|kind| {
        std::iter::once(&kind.schema).chain(kind.extensions.iter().map(|extension| &extension.schema))
    });
    for schema in of_kinds.chain(service::schemas()) {
        if !all.iter().any(|known| known.id == schema.id) {
            all.push(schema);
        }
    }
    all
}

fn render(schema: &Schema, base_url: &str) -> Value {
    let attributes: Vec<Value> = schema.attributes.iter().filter_map(published_attribute).collect();
    json!({
        "schemas": [service::SCHEMA],
        "id": schema.id,
        "name": schema.name,
        "description": schema.description,
        "attributes": attributes,
        "meta": {
            "resourceType": "Schema",
            "location": format!("{}/Schemas/{}", trimmed(base_url), schema.id),
        },
    })
}

fn published_attribute(attribute: &Attribute) -> Option<Value> {
    let mut published = attribute.clone();
    published.sub_attributes.retain(Attribute::is_kept);
    attribute.is_kept().then(|| json!(published))
}

fn whole_list(resources: Vec<Value>) -> Value {
    let total = u64::try_from(resources.len()).unwrap_or(u64::MAX);
    list::response(total, &list::Page::Index { start_index: 1 }, resources)
}

fn trimmed(base_url: &str) -> &str {
    base_url.trim_end_matches('/')
}
