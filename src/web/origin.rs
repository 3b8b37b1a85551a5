//! Forms are taken from this site's own pages only.
//!
//! No token is needed: browsers say where a request comes from. `Sec-Fetch-Site` is sent by every current browser to
//! secure origins and loopback; elsewhere `Origin` is compared with the host. A request with neither does not come from
//! a browser, so it carries nobody's cookies.

use axum::extract::Request;
use http::{HeaderMap, Method, Uri, header};

/// Whether a request may change something: it only reads, or it comes from this site's own pages.
pub fn comes_from_this_site(request: &Request) -> bool {
    is_safe(request.method()) || is_same_site(request.headers())
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn is_same_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("invalid"));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return true };
    let host = text(header::HOST.as_str()).unwrap_or_default();
    origin
        .parse::<Uri>()
        .is_ok_and(|origin| origin.authority().is_some_and(|authority| authority.as_str() == host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn who_may_post() {
        for (pairs, allowed) in [
            (&[][..], true),
            (&[("sec-fetch-site", "same-origin")], true),
            (&[("sec-fetch-site", "none")], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site"), ("origin", "https://a.test"), ("host", "a.test")], false),
            (&[("origin", "https://a.test"), ("host", "a.test")], true),
            (&[("origin", "http://a.test:3000"), ("host", "a.test:3000")], true),
            (&[("origin", "https://evil.test"), ("host", "a.test")], false),
            (&[("origin", "null"), ("host", "a.test")], false),
        ] {
            assert_eq!(is_same_site(&headers(pairs)), allowed, "{pairs:?}");
        }
    }
}
