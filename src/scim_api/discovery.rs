//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`: what this server really does, and `/Me`.

use axum::{extract::RawQuery, response::Response};
use http::{HeaderMap, StatusCode, header};
use scim::schema::{
    self, ResourceType, Vocabulary,
    discovery::{self, Capabilities, CursorPaging},
};

use super::{
    auth::{DirectoryAuth, ResourceId},
    bulk,
    failure::Result,
    list, render,
};

/// The resource types that clients provision, as the directory has them.
fn provisioned(auth: &DirectoryAuth) -> [&ResourceType; 2] {
    [auth.kinds.user(), auth.kinds.group()]
}

/// Okta's client, which reads roles and entitlements by way of `/ResourceTypes` (its guide "Build a SCIM 2.0 server with
/// entitlements"), and says in every request who it is: `User-Agent: Okta SCIM Client 1.0.0`.
fn is_okta(headers: &HeaderMap) -> bool {
    const NAME: &str = "Okta SCIM Client";
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    agent.get(..NAME.len()).is_some_and(|start| start.eq_ignore_ascii_case(NAME))
}

/// The resource types that nobody provisions, in the words of the client.
fn read_only(headers: &HeaderMap) -> [&'static ResourceType; 2] {
    let vocabulary = if is_okta(headers) { Vocabulary::Okta } else { Vocabulary::Ietf };
    [schema::role(vocabulary), schema::entitlement(vocabulary)]
}

/// What the list names: what can be provisioned, and the rest only to the client that reads it there. Others take the
/// list for what they may create; they find the rest in `/Schemas`, and under its own name.
fn listed<'a>(auth: &'a DirectoryAuth, headers: &HeaderMap) -> Vec<&'a ResourceType> {
    let mut kinds = provisioned(auth).to_vec();
    if is_okta(headers) {
        kinds.extend(read_only(headers));
    }
    kinds
}

/// Every kind whose schema is published.
fn described(auth: &DirectoryAuth) -> Vec<&ResourceType> {
    let mut kinds = provisioned(auth).to_vec();
    kinds.push(schema::group_member());
    for vocabulary in [Vocabulary::Ietf, Vocabulary::Okta] {
        kinds.extend([schema::role(vocabulary), schema::entitlement(vocabulary)]);
    }
    kinds
}

pub(super) async fn service_provider_config(auth: DirectoryAuth, headers: HeaderMap) -> Response {
    let can = Capabilities {
        documentation_uri: None,
        bulk: Some(bulk::LIMITS),
        max_results: list::LARGEST_PAGE,
        default_page_size: list::DEFAULT_PAGE,
        cursor: Some(CursorPaging { timeout_seconds: None }),
        sort: true,
        etag: true,
        interop_profile: false,
        // Not in RFC 7643, and clients that take this document for exactly the RFC's refuse it whole (scim2-models:
        // “Extra inputs are not permitted”).
        roles: is_okta(&headers),
    };
    render::message(StatusCode::OK, &discovery::service_provider_config(&can, &auth.base_url))
}

pub(super) async fn resource_types(
    auth: DirectoryAuth,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response> {
    refuse_filter(query.as_deref())?;
    Ok(render::message(StatusCode::OK, &discovery::resource_types(&listed(&auth, &headers), &auth.base_url)))
}

/// RFC 7644 section 4: these lists are not filtered, and who tries is told so.
fn refuse_filter(query: Option<&str>) -> Result<()> {
    if scim::list::has_filter(query.unwrap_or_default())? {
        return Err(scim::Error::forbidden("This list cannot be filtered. Read it whole.").into());
    }
    Ok(())
}

pub(super) async fn resource_type(
    auth: DirectoryAuth,
    ResourceId(id): ResourceId,
    headers: HeaderMap,
) -> Result<Response> {
    let mut kinds = provisioned(&auth).into_iter().chain(read_only(&headers)).chain([schema::group_member()]);
    let kind = kinds.find(|kind| kind.id.eq_ignore_ascii_case(&id)).ok_or_else(|| {
        scim::Error::not_found(format!(
            "There is no resource type {}. Known: User, Group, GroupMember, Role, Entitlement.",
            scim::error::shown(&id)
        ))
    })?;
    Ok(render::message(StatusCode::OK, &discovery::resource_type(kind, &auth.base_url)))
}

pub(super) async fn schemas(auth: DirectoryAuth, RawQuery(query): RawQuery) -> Result<Response> {
    refuse_filter(query.as_deref())?;
    Ok(render::message(StatusCode::OK, &discovery::schemas(&described(&auth), &auth.base_url)))
}

pub(super) async fn schema(auth: DirectoryAuth, ResourceId(id): ResourceId) -> Result<Response> {
    let found = discovery::schema(&described(&auth), &id, &auth.base_url).ok_or_else(|| {
        scim::Error::not_found(format!(
            "There is no schema {}. /Schemas lists them.",
            scim::error::shown(&id)
        ))
    })?;
    Ok(render::message(StatusCode::OK, &found))
}

/// A directory token stands for an identity provider, not for a person: `/Me` has no meaning (RFC 7644 section 3.11).
pub(super) async fn me(_: DirectoryAuth) -> super::failure::Failure {
    scim::Error::not_implemented("/Me is not supported: the token stands for a directory, not for a person.")
        .into()
}
