//! The headers that guard a request (RFC 7644 section 3.14).

use axum::response::Response;
use http::{HeaderMap, HeaderName, header};
use scim::etag::Preconditions;

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

/// The versions on which a change rests.
pub(super) fn preconditions(headers: &HeaderMap) -> Preconditions {
    Preconditions {
        if_match: tags(headers, &header::IF_MATCH),
        if_none_match: tags(headers, &header::IF_NONE_MATCH),
    }
}

/// The answer to a client that has this version already; `None` when it has not.
pub(super) fn not_modified(headers: &HeaderMap, tag: &str) -> Option<Response> {
    let known = tags(headers, &header::IF_NONE_MATCH);
    scim::etag::is_not_modified(known.as_deref(), tag).then(|| render::not_modified(tag))
}
