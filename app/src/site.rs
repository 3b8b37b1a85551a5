//! A page as an HTTP response: the document around it, its headers, and the message an action leaves for the next page.
//!
//! ```text
//! async fn show(State(app): State<App>, headers: HeaderMap) -> Response {
//!     let page = people::People { frame, /* … */ };
//!     app.site.respond(&headers, StatusCode::OK, page).await
//! }
//!
//! async fn invite(State(app): State<App>, headers: HeaderMap, Form(form): Form<InviteForm>) -> Response {
//!     match rollcall::people::invitation::invite(/* … */).await {
//!         Ok(_) => app.site.redirect(&people_url, Flash::done("Invitation sent to grace@acme.com")),
//!         // The same page once more, with what was typed and what is wrong with it.
//!         Err(refused) => app.site.respond(&headers, StatusCode::UNPROCESSABLE_ENTITY, page_with(refused)).await,
//!     }
//! }
//! ```

use std::{future::ready, pin::Pin, sync::Arc};

use any_spawner::Executor;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::{Stream, stream};
use leptos::{config::LeptosOptions, hydration::HydrationScripts, nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tower_sessions::cookie::{Cookie, SameSite, time::Duration};

use crate::{assets, islands::Toasts, pages::Page};

const FLASH: &str = "flash";
const THEME: &str = "theme";

/// A message for the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// One sentence without a full stop: what happened.
    pub text: String,
    /// Whether it did not work.
    pub bad: bool,
}

impl Flash {
    /// Something was done.
    pub fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), bad: false }
    }

    /// Something could not be done.
    pub fn refused(text: impl Into<String>) -> Self {
        Self { text: text.into(), bad: true }
    }
}

/// The colours a person chose; kept in the cookie `theme`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The word in the cookie.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Light => "theme-light",
            Self::Dark => "theme-dark",
        }
    }
}

/// What every document has in common.
#[derive(Clone, Debug)]
pub struct Site {
    options: LeptosOptions,
    product: Arc<str>,
    secure: bool,
}

impl Site {
    /// `product` stands in every title; `secure` marks cookies for HTTPS only, so it follows the base URL.
    pub fn new(product: &str, secure: bool) -> Self {
        // leptos keeps one executor for the whole process; a second call finds it there.
        let _ = Executor::init_tokio();
        let options = LeptosOptions::builder().output_name("rollcall").site_pkg_dir(assets::dir()).build();
        Self { options, product: product.into(), secure }
    }

    /// The page as a whole document. Takes the flash message and the theme from the request's cookies.
    pub async fn respond<P: Page>(&self, headers: &HeaderMap, status: StatusCode, page: P) -> Response {
        let flash = cookie(headers, FLASH).and_then(|value| read_flash(&value));
        let theme = match cookie(headers, THEME).as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        let spent = flash.is_some();
        let site = self.clone();
        let document = move || {
            if let (Some(out), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce())
                && let Ok(policy) = HeaderValue::from_str(&policy(&nonce))
            {
                out.insert_header(header::CONTENT_SECURITY_POLICY, policy);
            }
            site.shell(page, theme, flash, status == StatusCode::UNPROCESSABLE_ENTITY)
        };
        let context = move || provide_context(theme);
        let request = Request::new(Body::empty());
        let mut response = leptos_axum::handle_response_inner(context, document, request, whole).await;

        *response.status_mut() = status;
        let out = response.headers_mut();
        out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        out.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        out.insert(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
        if spent {
            self.set_flash(out, "", 0);
        }
        response
    }

    /// 303 to `to`, with a message shown there once.
    pub fn redirect(&self, to: &str, flash: impl Into<Option<Flash>>) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        let out = response.headers_mut();
        match HeaderValue::from_str(to) {
            Ok(to) => out.insert(header::LOCATION, to),
            Err(_) => out.insert(header::LOCATION, HeaderValue::from_static("/")),
        };
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(flash) = flash.into() {
            let kind = if flash.bad { "!" } else { "." };
            self.set_flash(out, &format!("{kind}{}", utf8_percent_encode(&flash.text, NON_ALPHANUMERIC)), 60);
        }
        response
    }

    /// A mail's HTML part for the sandboxed frame of the mailbox: no script, no network, its own styles.
    ///
    /// Its links leave the frame: the pages they lead to refuse to be framed.
    pub fn mail_frame(html: &str) -> Response {
        const LEAVE: &str = "<base target=\"_top\">";
        let html = match html.find("<head>") {
            Some(at) => [&html[..at + 6], LEAVE, &html[at + 6..]].concat(),
            None => [LEAVE, html].concat(),
        };
        let mut response = Body::from(html).into_response();
        let out = response.headers_mut();
        out.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        out.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        out.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; \
                 sandbox allow-popups allow-top-navigation-by-user-activation",
            ),
        );
        response
    }

    /// `refused` marks the answer to a form that was not accepted.
    fn shell<P: Page>(
        &self,
        page: P,
        theme: Theme,
        flash: Option<Flash>,
        refused: bool,
    ) -> impl IntoView + use<P> {
        let title = format!("{} · {}", page.title(), self.product);
        let asset = |name: &str| format!("/{}/{name}", self.options.site_pkg_dir);
        let options = self.options.clone();
        let (first, bad) = flash.map_or((None, false), |flash| (Some(flash.text), flash.bad));
        view! {
            <!DOCTYPE html>
            <html lang="en" class=theme.class() data-refused=refused>
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <meta name="robots" content="noindex" />
                    <title>{title}</title>
                    <link rel="icon" type="image/svg+xml" href=asset("favicon.svg") />
                    <link
                        rel="preload"
                        r#as="font"
                        r#type="font/woff2"
                        crossorigin="anonymous"
                        href=asset("fonts/inter-latin.woff2")
                    />
                    <link rel="stylesheet" href=asset("app.css") />
                    // The first picture is the whole page: half a row would move when its other half is read.
                    <link rel="expect" href="#messages" blocking="render" />
                    {assets::HAS_WASM.then(|| view! { <HydrationScripts options islands=true /> })}
                </head>
                <body>{page.view()} <Toasts first bad /></body>
            </html>
        }
    }

    fn set_flash(&self, out: &mut HeaderMap, value: &str, seconds: u32) {
        self.set_cookie(out, (FLASH, value), "/", seconds, SameSite::Lax);
    }

    /// Sets a cookie for the pages under a path, which no script can read and which travels over TLS where the site does.
    pub fn set_cookie(
        &self,
        out: &mut HeaderMap,
        cookie: (&str, &str),
        path: &str,
        seconds: u32,
        same_site: SameSite,
    ) {
        let cookie = Cookie::build(cookie)
            .path(path)
            .max_age(Duration::seconds(seconds.into()))
            .http_only(true)
            .same_site(same_site)
            .secure(self.secure);
        if let Ok(line) = HeaderValue::from_str(&cookie.to_string()) {
            out.append(header::SET_COOKIE, line);
        }
    }
}

type Chunks = Pin<Box<dyn Stream<Item = String> + Send>>;

/// Renders the whole document before the first byte leaves: a page has all its data, so nothing streams in later.
fn whole<V: IntoView + 'static>(
    document: V,
    _later: Box<dyn FnOnce() -> Chunks + Send>,
    _out_of_order: bool,
) -> Pin<Box<dyn Future<Output = Chunks> + Send>> {
    let html = document.to_html();
    Box::pin(ready(Box::pin(stream::once(ready(html))) as Chunks))
}

fn policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
}

/// The value of a cookie of the request.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines
        .flat_map(Cookie::split_parse)
        .flatten()
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
}

fn read_flash(value: &str) -> Option<Flash> {
    let (kind, text) = value.split_at_checked(1)?;
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.is_empty()).then(|| Flash { text: text.into_owned(), bad: kind == "!" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::error::ErrorPage;

    fn site() -> Site {
        Site::new("Rollcall", true)
    }

    #[tokio::test]
    async fn a_flash_message_goes_to_the_next_page_and_no_further() {
        let sent = site().redirect("/w/acme/people", Flash::done("Invitation sent to änne@acme.com; ok"));
        assert_eq!(sent.status(), StatusCode::SEE_OTHER);
        let set = sent.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(set.contains("HttpOnly") && set.contains("Secure"));

        let (page, html) = open(set.split(';').next().unwrap()).await;
        let cleared = page[header::SET_COOKIE].to_str().unwrap();
        assert!(cleared.starts_with("flash=; ") && cleared.contains("Max-Age=0"));
        assert!(html.contains("änne@acme.com"));
    }

    #[tokio::test]
    async fn the_document_carries_message_theme_and_nonce() {
        let refused = site().redirect("/", Flash::refused("No <b>change</b>"));
        let flash =
            refused.headers()[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        let (headers, html) = open(&format!("theme=dark; {flash}")).await;
        assert!(html.starts_with("<!DOCTYPE html>"));
        assert!(html.contains("theme-dark") && html.contains("No &lt;b&gt;change"), "{html}");
        assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("'nonce-"));
        assert!(!html.contains(" style="), "the policy forbids inline styles");
    }

    async fn open(cookies: &str) -> (HeaderMap, String) {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_str(cookies).unwrap());
        let page = site().respond(&headers, StatusCode::OK, ErrorPage::NotFound { home: None }).await;
        let (parts, body) = page.into_parts();
        let html = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.headers, String::from_utf8(html.to_vec()).unwrap())
    }

    #[test]
    fn a_forged_flash_cookie_is_no_message() {
        assert_eq!(read_flash(""), None);
        assert_eq!(read_flash(".%ff"), None);
        assert_eq!(read_flash("é"), None);
        assert_eq!(read_flash(".ok"), Some(Flash::done("ok")));
    }
}
