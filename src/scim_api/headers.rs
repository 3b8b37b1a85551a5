//! The headers that guard a request (RFC 7644 section 3.14).

use axum::response::Response;
use http::{HeaderMap, HeaderName, header};

use super::render;

/// A header as text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The entity tags of all lines of a header. What is no text names no version.
fn tags(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<_> =
        headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}

/// The versions that the client wants to change.
pub(super) fn if_match(headers: &HeaderMap) -> Option<String> {
    tags(headers, &header::IF_MATCH)
}

/// The answer to a client that has this version already; `None` when it has not.
pub(super) fn not_modified(headers: &HeaderMap, version: i64) -> Option<Response> {
    let known = tags(headers, &header::IF_NONE_MATCH);
    scim::etag::is_not_modified(known.as_deref(), &scim::etag::weak(version))
        .then(|| render::not_modified(version))
}
