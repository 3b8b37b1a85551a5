//! What the browser fetches besides pages: the stylesheet, fonts, and the islands' wasm.
//!
//! Everything lies under `/assets/{version}/`, where the version is a hash of it all: a release can be cached for good,
//! and a new release has new addresses. A debug build reads `public/` and the wasm from disk and is never cached.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::LazyLock,
};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// The whole stylesheet. The first file names the cascade layers in their order.
pub const STYLESHEET: &str = concat!(
    include_str!("../../style/tokens.css"),
    include_str!("../../style/base.css"),
    include_str!("../../style/frame.css"),
    include_str!("../../style/heads.css"),
    include_str!("../../style/controls.css"),
    include_str!("../../style/marks.css"),
    include_str!("../../style/fields.css"),
    include_str!("../../style/values.css"),
    include_str!("../../style/card.css"),
    include_str!("../../style/table.css"),
    include_str!("../../style/requests.css"),
    include_str!("../../style/dialog.css"),
    include_str!("../../style/menu.css"),
    include_str!("../../style/pages.css"),
    include_str!("../../style/modes.css"),
);

/// Files that a person wrote: fonts, the icon.
#[derive(RustEmbed)]
#[folder = "../public"]
struct Public;

/// What the build made for the browser: `rollcall.js` and `rollcall.wasm`, with `.br` and `.gz` beside them.
#[derive(RustEmbed)]
#[folder = "../target/site/pkg"]
#[allow_missing = true]
struct Pkg;

/// A short hash of everything served here.
pub static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = DefaultHasher::new();
    STYLESHEET.hash(&mut hasher);
    for name in Public::iter() {
        Public::get(&name).map(|file| file.metadata.sha256_hash()).hash(&mut hasher);
    }
    for name in Pkg::iter() {
        Pkg::get(&name).map(|file| file.metadata.sha256_hash()).hash(&mut hasher);
    }
    format!("{:012x}", hasher.finish() & 0xffff_ffff_ffff)
});

/// True when the browser's code was there at the first look; without it every page still works.
pub static HAS_WASM: LazyLock<bool> = LazyLock::new(|| Pkg::get("rollcall.js").is_some());

/// The folder of this build's files, without a leading slash.
pub fn dir() -> String {
    format!("assets/{}", *VERSION)
}

/// Serves `/assets/{version}/…` and `/favicon.ico`.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/assets/{version}/{*path}", get(asset))
        .route("/favicon.ico", get(|headers: HeaderMap| async move { serve(&headers, "favicon.svg", false) }))
}

async fn asset(Path((version, path)): Path<(String, String)>, headers: HeaderMap) -> Response {
    serve(&headers, &path, version == *VERSION)
}

fn serve(headers: &HeaderMap, path: &str, current: bool) -> Response {
    let Some(found) = find(path, headers) else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let cache =
        if current && !cfg!(debug_assertions) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let fresh = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|sent| sent.split(',').any(|tag| tag.trim().trim_start_matches("W/") == found.etag));

    let mut response = if fresh {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(found.bytes).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(&found.etag) {
        out.insert(header::ETAG, etag);
    }
    if let Some(encoding) = found.encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

struct Found {
    bytes: std::borrow::Cow<'static, [u8]>,
    etag: String,
    encoding: Option<&'static str>,
}

impl Found {
    fn file(file: EmbeddedFile, encoding: Option<&'static str>) -> Self {
        let hash = file.metadata.sha256_hash();
        let short: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { bytes: file.data, etag: format!("\"{short}{}\"", encoding.unwrap_or_default()), encoding }
    }
}

fn find(path: &str, headers: &HeaderMap) -> Option<Found> {
    if path == "app.css" {
        let mut hasher = DefaultHasher::new();
        STYLESHEET.hash(&mut hasher);
        let etag = format!("\"{:016x}\"", hasher.finish());
        return Some(Found { bytes: STYLESHEET.as_bytes().into(), etag, encoding: None });
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if accepts(accepted, encoding)
            && let Some(file) = Pkg::get(&format!("{path}.{suffix}"))
        {
            return Some(Found::file(file, Some(encoding)));
        }
    }
    Pkg::get(path).or_else(|| Public::get(path)).map(|file| Found::file(file, None))
}

fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        parts.next() == Some(encoding)
            && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "woff2" => "font/woff2",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_read_with_their_weights() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("br;q=0.5", "br"));
        assert!(!accepts("br;q=0", "br"));
        assert!(!accepts("brotli", "br"));
    }

    #[test]
    fn the_stylesheet_and_a_font_are_there() {
        let headers = HeaderMap::new();
        assert!(find("app.css", &headers).is_some());
        assert!(find("fonts/inter-latin.woff2", &headers).is_some());
        assert!(find("../Cargo.toml", &headers).is_none());
    }
}
