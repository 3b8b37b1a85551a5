//! `rollcall serve`: dashboard, SCIM API and mail worker in one process.

use axum::{
    Router,
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use http::{HeaderValue, header};
use rollcall::{
    Rollcall,
    cli::{self, Cli, Opening},
    jobs, journal,
    mail::Transport,
    people::workspace,
    scim_api, store, web,
};
use tokio_util::sync::CancellationToken;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{CompressionLayer, CompressionLevel},
    timeout::RequestBodyTimeoutLayer,
    trace::TraceLayer,
};
use tracing::Span;

use crate::{
    assets,
    connections::{self, LONGEST_HEAD, LONGEST_SILENCE},
    routes,
};

/// Opens the store, starts to listen and serves until it is told to stop.
///
/// # Errors
/// One sentence for the person who started it.
pub async fn run(cli: &Cli) -> Result<(), String> {
    // Twice: before a database is made, and by the address that the database remembers.
    cli.settings.config(None)?.check_mail()?;
    let rollcall = cli::open(&cli.settings, Opening::MayCreate).await?;
    rollcall.config.check_mail()?;
    let listener = connections::listen(rollcall.config.listen).await?;
    let transport = Transport::new(&rollcall.config.mail, &rollcall.db)?;
    remember_base_url(&rollcall).await?;
    greet(&rollcall).await?;
    warn_when_mail_waits(transport.clone());

    let stopping = rollcall.stopping.clone();
    let worker = tokio::spawn(jobs::run(rollcall.clone(), transport, stopping.clone()));
    tokio::spawn(until_told_to_stop(stopping.clone()));
    let served = connections::answer(listener, router(&rollcall), LONGEST_HEAD, stopping.clone()).await;
    stopping.cancel();
    finish_changes(&rollcall).await;
    if let Err(cause) = worker.await {
        tracing::error!(%cause, "the mail worker ended badly");
    }
    journal::write_out(&rollcall).await;
    served.map_err(|cause| format!("Serving ended: {cause}."))
}

/// Everything this process answers.
pub fn router(rollcall: &Rollcall) -> Router {
    let compression = CompressionLayer::new().quality(CompressionLevel::Fastest);
    routes::router(rollcall)
        .merge(scim_api::router(rollcall))
        .layer(compression)
        .merge(web::health_router(rollcall))
        .merge(web::bounces_router(rollcall))
        .layer(RequestBodyTimeoutLayer::new(LONGEST_SILENCE))
        .layer(axum::middleware::from_fn_with_state(rollcall.clone(), web::finish))
        // A fault of ours ends one request, never the connection's others.
        .layer(CatchPanicLayer::new())
        .layer(axum::middleware::from_fn(name_the_server))
        .layer(TraceLayer::new_for_http().make_span_with(span))
}

/// What the log calls a request: its route. The address itself may hold a secret, such as that of an invitation.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("(none)", MatchedPath::as_str);
    tracing::debug_span!("request", method = %request.method(), route)
}

async fn name_the_server(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("rollcall"));
    response
}

async fn remember_base_url(rollcall: &Rollcall) -> Result<(), String> {
    let remembered = async {
        let mut tx = rollcall.db.write().await?;
        let base_url = rollcall.config.base_url.as_str();
        store::instance::set(&mut tx, store::instance::BASE_URL, base_url).await?;
        tx.commit().await
    };
    remembered.await.map_err(|cause: store::Error| format!("The database cannot be written: {cause}."))
}

/// Says where it runs and where to click.
async fn greet(rollcall: &Rollcall) -> Result<(), String> {
    let config = &rollcall.config;
    println!(
        "Rollcall runs at {} ({}, mail: {:?}).",
        config.base_url.as_str(),
        rollcall.db.engine_name(),
        config.mail
    );
    if !*assets::HAS_WASM {
        println!(
            "The browser's code is not built: every page works, nothing moves. cargo xtask start builds it."
        );
    }
    let link = workspace::new_claim_link(rollcall).await.map_err(|cause| cause.to_string())?;
    match link {
        Some(link) => {
            let url = config.base_url.join(&format!("/setup?token={}", link.reveal()));
            println!("\nThere is no account yet. Open this link once to make the first owner:\n\n  {url}\n");
        }
        None => println!("Sign in at {}.", config.base_url.join("/login")),
    }
    if config.shows_mailbox() {
        println!("Mail goes to the built-in mailbox: {}", config.base_url.join("/dev/mailbox"));
    }
    Ok(())
}

/// A mail server that does not answer is no reason not to start: mail waits in the outbox.
fn warn_when_mail_waits(transport: Transport) {
    tokio::spawn(async move {
        if let Err(message) = transport.check().await {
            eprintln!("rollcall: {message}");
        }
    });
}

/// Those whose client went away: the others were waited for with their connections.
async fn finish_changes(rollcall: &Rollcall) {
    rollcall.changing.close();
    if tokio::time::timeout(connections::PATIENCE, rollcall.changing.wait()).await.is_err() {
        tracing::warn!("stopped before all requests had come to their end");
    }
}

async fn until_told_to_stop(stopping: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
    stopping.cancel();
}
