//! Who is calling: the bearer token names a directory, and without it a handler has no tenant to query.

use std::{net::SocketAddr, num::NonZeroU32, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts, OriginalUri, Path, Request, State},
    middleware::Next,
    response::Response,
};
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use scim::Mode;

use super::failure::{self, Failure};
use crate::{
    audit::Actor,
    directory::token::{self, Rejection},
    error::Error,
    model::{DirectoryId, Provider},
    people::projection::Speaker,
    secret,
    state::{Context, Rollcall},
    store,
};

/// An authenticated identity provider, and all that it may act on.
#[derive(Clone, Debug)]
pub(super) struct DirectoryAuth {
    pub(super) speaker: Speaker,
    pub(super) provider: Provider,
    pub(super) mode: Mode,
    /// The SCIM base URL of the directory.
    pub(super) base_url: String,
    pub(super) context: Context,
}

impl DirectoryAuth {
    pub(super) fn directory(&self) -> &DirectoryId {
        &self.speaker.directory_id
    }
}

impl FromRequestParts<Rollcall> for DirectoryAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, rollcall: &Rollcall) -> Result<Self, Failure> {
        let directory = directory_in_path(parts).unwrap_or_default();
        let token = presented_token(&parts.headers);
        match token::authenticate(rollcall, &directory, token.as_deref()).await? {
            Ok(holder) => {
                let base_url = rollcall.config.base_url.join(&format!("/scim/v2/{directory}"));
                Ok(Self {
                    context: rollcall.context(Actor::Directory(holder.directory_id.clone())),
                    speaker: Speaker {
                        directory_id: holder.directory_id,
                        workspace_id: holder.workspace_id,
                        settings: holder.settings,
                    },
                    provider: holder.provider,
                    mode: Mode::Tolerant,
                    base_url,
                })
            }
            Err(rejection) => {
                note_rejection(rollcall, parts, &directory, rejection).await;
                Err(unauthorized(rejection).into())
            }
        }
    }
}

/// Unknown directory, unknown, revoked and expired token: one answer, so that nothing can be found out by trying.
fn unauthorized(rejection: Rejection) -> scim::Error {
    scim::Error::unauthorized(match rejection {
        Rejection::Missing => {
            "No token. Send the header Authorization: Bearer TOKEN with the token that Rollcall showed when the directory was set up."
        }
        _ => {
            "This token does not open this directory. Check the URL and the token, or make a new token under Settings, Security, Directory Sync."
        }
    })
}

/// The directory that the path names. Ids need no percent-encoding, so the path is read as it came: bytes elsewhere in
/// it that are no text make a resource that is not there, not a token that is wrong.
fn directory_in_path(parts: &Parts) -> Option<String> {
    let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
    let (_, rest) = uri.path().split_once("/scim/v2/")?;
    rest.split('/').next().map(str::to_owned)
}

/// `Bearer TOKEN` in any case, or the bare token as Okta's header authentication sends it.
fn presented_token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let token = match value.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return Some(String::new()),
        None if value.eq_ignore_ascii_case("bearer") => return None,
        None => value,
    };
    (!token.is_empty()).then(|| token.to_owned())
}

/// Remembers the latest rejected request of a directory, for its admin. Losing one never fails a request.
async fn note_rejection(rollcall: &Rollcall, parts: &Parts, directory: &str, rejection: Rejection) {
    let address = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or_else(|| "an unknown address".to_owned(), |info| info.0.ip().to_string());
    let worth_it =
        parts.extensions.get::<Arc<DefaultDirectRateLimiter>>().is_none_or(|limit| limit.check().is_ok());
    if !worth_it {
        return;
    }
    let result = async {
        let mut tx = rollcall.db.write().await?;
        let now = rollcall.clock.now();
        store::directories::record_rejection(&mut tx, directory, now, &address, rejection.sentence()).await?;
        tx.commit().await
    };
    if let Err(cause) = result.await {
        tracing::warn!(%cause, "a rejected request could not be noted");
    }
}

/// Requests a second with one token.
#[derive(Clone)]
pub(super) struct RateLimit {
    by_token: Option<Arc<DefaultKeyedRateLimiter<String>>>,
    /// Notes of rejected requests, so that trying tokens does not become writing.
    rejections: Arc<DefaultDirectRateLimiter>,
}

impl RateLimit {
    pub(super) fn new(rollcall: &Rollcall) -> Self {
        let by_token = rollcall
            .config
            .rate_limit
            .and_then(NonZeroU32::new)
            .map(|limit| Arc::new(RateLimiter::keyed(Quota::per_second(limit))));
        let rejections = Arc::new(RateLimiter::direct(Quota::per_second(NonZeroU32::MIN)));
        Self { by_token, rejections }
    }
}

/// Refuses requests beyond the rate with 429 and whole seconds to wait: Okta reads `Retry-After` only as an integer.
pub(super) async fn limit_rate(State(limit): State<RateLimit>, mut request: Request, next: Next) -> Response {
    if let (Some(by_token), Some(token)) = (&limit.by_token, presented_token(request.headers()))
        && let Err(wait) = by_token.check_key(&secret::hash(&token))
    {
        let seconds = wait.wait_time_from(governor::clock::DefaultClock::default().now()).as_secs() + 1;
        let mut response = failure::render(&scim::Error::too_many_requests(format!(
            "Too many requests with this token. Try again in {seconds} s."
        )));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    request.extensions_mut().insert(limit.rejections);
    next.run(request).await
}

/// The id of the resource in the path. Axum's own extractor would answer bad percent-encoding in plain text, and a NUL
/// can be asked of no database.
pub(super) struct ResourceId(pub(super) String);

impl FromRequestParts<Rollcall> for ResourceId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, rollcall: &Rollcall) -> Result<Self, Failure> {
        let not_found = || Failure(Error::NotFound { what: "resource in this directory" });
        let Path(path) =
            Path::<std::collections::HashMap<String, String>>::from_request_parts(parts, rollcall)
                .await
                .map_err(|_| not_found())?;
        path.get("id").filter(|id| !id.contains('\0')).cloned().map(Self).ok_or_else(not_found)
    }
}
