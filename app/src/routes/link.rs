//! The secret of a mailed link. The link's own address is left for one without the secret, which travels on in a cookie
//! for those pages alone: so it stands in no history, on no screen and in no `Referer`.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, header};
use tower_sessions::cookie::SameSite;

use super::App;
use crate::site::cookie;

/// How long the cookie lives, in seconds.
const LIFE: u32 = 3600;

/// A cookie with the secret of one kind of link.
pub(super) struct LinkCookie {
    /// Its name.
    pub(super) name: &'static str,
    /// The path of the pages that need it.
    pub(super) path: &'static str,
}

impl LinkCookie {
    /// The secret that the browser brings; empty when it brings none.
    pub(super) fn secret(&self, headers: &HeaderMap) -> String {
        cookie(headers, self.name).unwrap_or_default()
    }

    /// Leads to `to` with the secret in the cookie.
    pub(super) fn carry(&self, app: &App, secret: &str, to: &str) -> Response {
        let mut response = app.site.redirect(to, None);
        without_referrer(&mut response);
        self.keep(app, &mut response, secret);
        response
    }

    /// Lets the browser keep the secret for another while.
    pub(super) fn keep(&self, app: &App, response: &mut Response, secret: &str) {
        self.set(app, response, secret, LIFE);
    }

    /// Lets the browser forget the secret.
    pub(super) fn forget(&self, app: &App, response: &mut Response) {
        self.set(app, response, "", 0);
    }

    fn set(&self, app: &App, response: &mut Response, secret: &str, seconds: u32) {
        let Self { name, path } = self;
        app.site.set_cookie(response.headers_mut(), (name, secret), path, seconds, SameSite::Lax);
    }
}

/// The address of this page holds the secret: it is told to no other, not even of this site. Pages with forms keep the
/// policy of the site, for with this one browsers do not say where a form comes from.
pub(super) fn without_referrer(response: &mut Response) {
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}
