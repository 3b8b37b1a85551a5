//! The headers that guard a request (RFC 7644 section 3.14).

use axum::response::Response;
use http::{HeaderMap, HeaderName, header};

use super::render;

/// A header as text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The versions that the client wants to change.
pub(super) fn if_match(headers: &HeaderMap) -> Option<&str> {
    text(headers, &header::IF_MATCH)
}

/// The answer to a client that has this version already; `None` when it has not.
pub(super) fn not_modified(headers: &HeaderMap, tag: &str) -> Option<Response> {
    let known = text(headers, &header::IF_NONE_MATCH);
    scim::etag::is_not_modified(known, tag).then(|| render::not_modified(tag))
}
