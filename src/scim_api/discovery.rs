//! `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`: what this server really does, and `/Me`.

use axum::response::Response;
use http::StatusCode;
use scim::schema::{
    self, ResourceType,
    discovery::{self, Capabilities, CursorPaging},
};

use super::{
    auth::{DirectoryAuth, ResourceId},
    failure::Result,
    list, render,
};

fn kinds() -> [&'static ResourceType; 2] {
    [schema::user(), schema::group()]
}

pub(super) async fn service_provider_config(auth: DirectoryAuth) -> Response {
    let can = Capabilities {
        documentation_uri: None,
        bulk: None,
        max_results: list::LARGEST_PAGE,
        default_page_size: list::DEFAULT_PAGE,
        cursor: Some(CursorPaging { timeout_seconds: None }),
        sort: false,
        etag: true,
        interop_profile: false,
    };
    render::message(StatusCode::OK, &discovery::service_provider_config(&can, &auth.base_url))
}

pub(super) async fn resource_types(auth: DirectoryAuth) -> Response {
    render::message(StatusCode::OK, &discovery::resource_types(&kinds(), &auth.base_url))
}

pub(super) async fn resource_type(auth: DirectoryAuth, ResourceId(id): ResourceId) -> Result<Response> {
    let kind = kinds().into_iter().find(|kind| kind.id.eq_ignore_ascii_case(&id)).ok_or_else(|| {
        scim::Error::not_found(format!(
            "There is no resource type {}. Known: User, Group.",
            scim::error::shown(&id)
        ))
    })?;
    Ok(render::message(StatusCode::OK, &discovery::resource_type(kind, &auth.base_url)))
}

pub(super) async fn schemas(auth: DirectoryAuth) -> Response {
    render::message(StatusCode::OK, &discovery::schemas(&kinds(), &auth.base_url))
}

pub(super) async fn schema(auth: DirectoryAuth, ResourceId(id): ResourceId) -> Result<Response> {
    let found = discovery::schema(&kinds(), &id, &auth.base_url).ok_or_else(|| {
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
