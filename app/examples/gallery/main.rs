//! Every page in every state, from made-up people.
//!
//! `cargo run -p rollcall-app --example gallery` writes them to `target/gallery/*.html`, to be looked at without a
//! server. With `-- --serve` they are served at <http://127.0.0.1:4400>, with the islands when these were built: search,
//! dialogs, steps that fill and messages can then be tried without a store behind them.

mod samples;
mod samples_activity;
mod samples_mail;
mod samples_people;
mod samples_signed_out;

use std::{error::Error, fs, path::Path, time::Duration};

use app::{
    assets,
    pages::Page,
    site::{Flash, Site},
};
use axum::{
    Router,
    extract::{Path as UrlPath, Query},
    http::{HeaderMap, StatusCode, header},
    response::{
        Html, IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::{any, get},
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};
use serde::Deserialize;

type Render = Box<dyn Fn(HeaderMap) -> BoxFuture<'static, Response> + Send + Sync>;

/// A page in one state: its name, and how it is rendered.
pub(crate) struct Sample {
    name: &'static str,
    render: Render,
}

impl Sample {
    pub(crate) fn new<P: Page>(name: &'static str, make: impl Fn() -> P + Send + Sync + 'static) -> Self {
        let render: Render = Box::new(move |headers| {
            let page = make();
            async move { site().respond(&headers, StatusCode::OK, page).await }.boxed()
        });
        Self { name, render }
    }

    /// The document after an action left this message.
    async fn document(&self, flash: Option<Flash>) -> Result<String, Box<dyn Error>> {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = site().redirect("/", flash).headers().get(header::SET_COOKIE) {
            headers.insert(header::COOKIE, cookie.clone());
        }
        let body = (self.render)(headers).await.into_body();
        Ok(String::from_utf8(axum::body::to_bytes(body, usize::MAX).await?.to_vec())?)
    }
}

fn all() -> Vec<Sample> {
    let mut samples = samples_signed_out::all();
    samples.extend(samples::all());
    samples.extend(samples_activity::all());
    samples.extend(samples_people::all());
    samples.extend(samples_mail::all());
    samples
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--serve") { serve().await } else { write().await }
}

async fn write() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/gallery");
    let files = root.join("assets");
    fs::create_dir_all(files.join("fonts"))?;
    fs::write(files.join("app.css"), assets::STYLESHEET)?;
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    fs::copy(public.join("favicon.svg"), files.join("favicon.svg"))?;
    for font in fs::read_dir(public.join("fonts"))? {
        let font = font?;
        fs::copy(font.path(), files.join("fonts").join(font.file_name()))?;
    }
    let from = format!("/{}/", assets::dir());
    let mut index = String::new();
    for sample in all() {
        let flash =
            (sample.name == "people-members").then(|| Flash::done("Invitation sent to grace@acme.com"));
        let html = without_scripts(&sample.document(flash).await?).replace(&from, "assets/");
        fs::write(root.join(format!("{}.html", sample.name)), html)?;
        index.push_str(&format!("<li><a href=\"{0}.html\">{0}</a>\n", sample.name));
    }
    fs::write(root.join("index.html"), format!("<!DOCTYPE html><title>Gallery</title><ul>\n{index}</ul>\n"))?;
    println!("{} pages in {}", all().len(), root.canonicalize()?.display());
    Ok(())
}

/// A file cannot load modules, and shows how a page is before it wakes.
fn without_scripts(html: &str) -> String {
    let begin = html.find("<link rel=\"modulepreload\"");
    let end = html.find("</script>").map(|at| at + "</script>".len());
    match (begin, end) {
        (Some(begin), Some(end)) if begin < end => [&html[..begin], &html[end..]].concat(),
        _ => html.to_owned(),
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    let router = Router::new()
        .route("/", get(index))
        .route("/gallery/{name}", get(sample))
        .route("/w/acme/people", get(people))
        .route("/w/acme/settings/security", get(security))
        .route("/w/acme/settings/security/directories/{id}/progress", get(progress))
        .fallback(any(anything))
        .merge(assets::router());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:4400").await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

fn site() -> Site {
    Site::new("Rollcall", false)
}

async fn index() -> Html<String> {
    let lines: String =
        all().iter().map(|sample| format!("<li><a href=\"/gallery/{0}\">{0}</a>\n", sample.name)).collect();
    Html(format!("<!DOCTYPE html><title>Gallery</title><ul>\n{lines}</ul>\n"))
}

async fn sample(UrlPath(name): UrlPath<String>) -> Response {
    match all().into_iter().find(|sample| sample.name == name) {
        Some(sample) => (sample.render)(HeaderMap::new()).await,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct PeopleQuery {
    q: Option<String>,
    dialog: Option<String>,
}

async fn people(headers: HeaderMap, Query(query): Query<PeopleQuery>) -> Response {
    let page = samples_people::searched(query.q.unwrap_or_default(), query.dialog.as_deref());
    site().respond(&headers, StatusCode::OK, page).await
}

#[derive(Deserialize)]
struct SecurityQuery {
    dialog: Option<String>,
    directory: Option<String>,
}

async fn security(headers: HeaderMap, Query(query): Query<SecurityQuery>) -> Response {
    let page = samples::security_at(query.dialog.is_some(), query.directory.as_deref());
    site().respond(&headers, StatusCode::OK, page).await
}

/// A provider that makes its three calls within three seconds.
async fn progress() -> impl IntoResponse {
    let states = stream::iter(samples::progress_states()).then(|state| async move {
        tokio::time::sleep(Duration::from_millis(900)).await;
        Event::default().event("progress").json_data(state)
    });
    Sse::new(states.chain(stream::pending()))
}

async fn anything(headers: HeaderMap) -> Response {
    let back = headers.get("referer").and_then(|value| value.to_str().ok()).unwrap_or("/").to_owned();
    tokio::time::sleep(Duration::from_millis(300)).await;
    site().redirect(&back, Flash::done("Done, as far as a gallery can"))
}
