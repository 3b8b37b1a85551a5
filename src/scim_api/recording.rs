//! What a request leaves for the journal, gathered while it is answered; and the reference in every refusal.

use std::{
    net::SocketAddr,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use axum::{
    body::{Body, Bytes},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::Response,
};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use http::{Extensions, HeaderValue, header};
use scim::Deviation;

use super::failure::Failure;
use crate::{
    directory::token::Rejection,
    error::Error,
    journal::{self, Entry, RefusedOperations},
    model::{DirectoryId, ScimRequestId},
    state::Rollcall,
};

/// What is noted of one request while it is answered.
#[derive(Clone, Debug)]
pub(super) struct Recording {
    id: ScimRequestId,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    /// The hint of the token that opened the directory.
    token_hint: Option<String>,
    rejection: Option<Rejection>,
    deviations: Vec<Deviation>,
    refused: Option<RefusedOperations>,
    secret_names: Arc<[String]>,
    body: Bytes,
}

impl Recording {
    fn new(id: ScimRequestId) -> Self {
        Self { id, notes: Arc::default() }
    }

    /// The recording of the request with these extensions.
    pub(super) fn of(extensions: &Extensions) -> Result<Self, Failure> {
        extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Failure(Error::Internal("a SCIM request without a recording".to_owned())))
    }

    /// The id of the request.
    pub(super) fn id(&self) -> &ScimRequestId {
        &self.id
    }

    /// The token opened the directory.
    pub(super) fn opened(&self, token_hint: &str) {
        self.notes().token_hint = Some(token_hint.to_owned());
    }

    /// What is sent under these names is secret.
    pub(super) fn hides(&self, names: Arc<[String]>) {
        self.notes().secret_names = names;
    }

    /// The token opened nothing.
    pub(super) fn rejected(&self, rejection: Rejection) {
        self.notes().rejection = Some(rejection);
    }

    /// The body arrived.
    pub(super) fn received(&self, body: &Bytes) {
        self.notes().body = body.clone();
    }

    /// The request deviates, and is accepted all the same.
    pub(super) fn tolerated(&self, deviations: &[Deviation]) {
        let mut notes = self.notes();
        for deviation in deviations {
            if !notes.deviations.contains(deviation) {
                notes.deviations.push(*deviation);
            }
        }
    }

    /// Operations of the request were refused; the request itself is answered.
    pub(super) fn refused(&self, operations: RefusedOperations) {
        self.notes().refused = Some(operations);
    }

    /// The error with the reference by which its reader finds the request in the journal.
    pub(super) fn with_reference(&self, mut error: scim::Error) -> scim::Error {
        error.detail = format!("{} Ref {}", error.detail, journal::reference(&self.id));
        error
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        // Nothing panics while it is held, and notes are whole at any time.
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the journal of requests, as many as it may hold.
#[derive(Clone)]
pub(super) struct Recorder {
    rollcall: Rollcall,
    /// Reads are sampled, each directory's for itself.
    reads: Arc<DefaultKeyedRateLimiter<DirectoryId>>,
    /// Requests that opened nothing, so that trying tokens does not become writing.
    strangers: Arc<DefaultDirectRateLimiter>,
}

impl Recorder {
    pub(super) fn new(rollcall: &Rollcall) -> Self {
        let some = |count: u32| NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let reads =
            Quota::per_second(some(journal::READS_A_SECOND)).allow_burst(some(journal::READS_AT_ONCE));
        let strangers = Quota::per_second(NonZeroU32::MIN).allow_burst(some(20));
        Self {
            rollcall: rollcall.clone(),
            reads: Arc::new(RateLimiter::keyed(reads)),
            strangers: Arc::new(RateLimiter::direct(strangers)),
        }
    }

    /// Whether the request goes into the journal with all that is known of it.
    fn keeps(&self, entry: &Entry) -> bool {
        if entry.token_hint.is_none() {
            return self.strangers.check().is_ok();
        }
        !entry.is_answered_read() || self.reads.check_key(&entry.directory_id).is_ok()
    }
}

/// Answers the request, tells the journal, and writes the reference into a refusal.
pub(super) async fn record(State(recorder): State<Recorder>, mut request: Request, next: Next) -> Response {
    let clock = &recorder.rollcall.clock;
    let (at, began) = (clock.now(), Instant::now());
    let recording = Recording::new(clock.new_id());
    let Some(asked) = Asked::of(&request) else { return next.run(request).await };
    request.extensions_mut().insert(recording.clone());
    let mut response = next.run(request).await;
    let refusal = response.extensions_mut().remove::<scim::Error>();
    if let Some(error) = &refusal {
        *response.body_mut() = Body::from(recording.with_reference(error.clone()).to_json().to_string());
    }
    let (response, response_body) = beginning(response).await;
    let notes = std::mem::take(&mut *recording.notes());
    let mut entry = Entry {
        id: recording.id,
        directory_id: asked.directory,
        at,
        method: asked.method,
        target: asked.target,
        status: response.status().as_u16(),
        refusal,
        refused: notes.refused,
        duration: began.elapsed(),
        address: asked.address,
        user_agent: asked.user_agent,
        token_hint: notes.token_hint,
        rejection: notes.rejection,
        request_body: notes.body,
        response_body,
        deviations: notes.deviations,
        secret_names: notes.secret_names,
        is_kept: true,
    };
    if !recorder.keeps(&entry) {
        entry = Entry { is_kept: false, request_body: Bytes::new(), response_body: Bytes::new(), ..entry };
    }
    let is_worth_it = entry.is_kept || !entry.deviations.is_empty();
    if is_worth_it && recorder.rollcall.journal.push(entry) {
        journal::relieve(&recorder.rollcall).await;
    }
    response
}

/// What is known of a request before it is answered.
struct Asked {
    directory: DirectoryId,
    method: String,
    target: String,
    address: String,
    user_agent: Option<String>,
}

impl Asked {
    /// `None` when the request names no directory.
    fn of(request: &Request) -> Option<Self> {
        let uri = request.uri();
        let (_, rest) = uri.path().split_once("/scim/v2/")?;
        let (directory, path) = rest.split_once('/').unwrap_or((rest, ""));
        let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
        let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let user_agent = request.headers().get(header::USER_AGENT).map(HeaderValue::as_bytes);
        Some(Self {
            directory: DirectoryId(directory.to_owned()),
            method: request.method().to_string(),
            target: format!("/{path}{query}"),
            address: address.map_or_else(|| "an unknown address".to_owned(), |info| info.0.ip().to_string()),
            user_agent: user_agent.map(|name| String::from_utf8_lossy(name).into_owned()),
        })
    }
}

/// The response, and a copy of as much of its body as the journal keeps: the size of a group must not matter to it.
async fn beginning(response: Response) -> (Response, Bytes) {
    let (parts, body) = response.into_parts();
    // Every body of this API is whole in memory already, so this neither waits nor copies.
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return (Response::from_parts(parts, Body::empty()), Bytes::new());
    };
    let kept = if bytes.len() > journal::LARGEST_BODY {
        Bytes::copy_from_slice(&bytes[..journal::LARGEST_BODY])
    } else {
        bytes.clone()
    };
    (Response::from_parts(parts, Body::from(bytes)), kept)
}
