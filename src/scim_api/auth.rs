//! Who is calling: the bearer token names a directory, and without it a handler has no tenant to query.

use std::{num::NonZeroU32, sync::Arc};

use axum::{
    extract::{FromRequestParts, OriginalUri, Path, Request, State},
    middleware::Next,
    response::Response,
};
use governor::Quota;
use http::{HeaderMap, HeaderValue, header, request::Parts};
use scim::{Accepted, Deviation, Mode, projection::Projection, schema::ResourceType};

use super::{
    failure::{self, Failure},
    recording::Recording,
};
use crate::{
    audit::Actor,
    directory::{
        kinds::{self, Kinds},
        token::{self, Rejection},
    },
    error::Error,
    model::{DirectoryId, Provider},
    people::projection::Speaker,
    secret::{self, Seal},
    state::{Context, Rollcall},
    web::Throttle,
};

/// An authenticated identity provider, and all that it may act on.
#[derive(Clone, Debug)]
pub(super) struct DirectoryAuth {
    pub(super) speaker: Speaker,
    pub(super) provider: Provider,
    pub(super) mode: Mode,
    /// The kinds of resources that the directory has.
    pub(super) kinds: Kinds,
    /// The SCIM base URL of the directory.
    pub(super) base_url: String,
    pub(super) context: Context,
    /// What the cursors of its lists are signed with.
    pub(super) cursor_seal: Seal,
    /// What the journal is told of the request.
    pub(super) recording: Recording,
}

impl DirectoryAuth {
    pub(super) fn directory(&self) -> &DirectoryId {
        &self.speaker.directory_id
    }

    /// The attributes that the query of a request for one resource wants.
    pub(super) fn projection(&self, kind: &ResourceType, query: Option<&str>) -> Result<Projection, Failure> {
        let query = query.unwrap_or_default();
        Ok(self.accept(scim::projection::from_query(kind, query, self.mode)?))
    }

    /// What was read of a request, with what was tolerated on the way noted.
    pub(super) fn accept<T>(&self, accepted: Accepted<T>) -> T {
        self.recording.tolerated(&accepted.deviations);
        accepted.value
    }
}

impl FromRequestParts<Rollcall> for DirectoryAuth {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, rollcall: &Rollcall) -> Result<Self, Failure> {
        let recording = Recording::of(&parts.extensions)?;
        let directory = directory_in_path(parts).unwrap_or_default();
        let presented = Presented::of(&parts.headers);
        let token = presented.as_ref().map(|presented| presented.token.as_str());
        match token::authenticate(rollcall, &directory, token).await? {
            Ok(holder) => {
                recording.opened(&holder.hint);
                if presented.is_some_and(|presented| presented.is_bare) {
                    recording.tolerated(&[Deviation::BareToken]);
                }
                let kinds = kinds::of(rollcall, &holder.directory_id, holder.extensions_version).await?;
                recording.hides(kinds.secret_names());
                let base_url = rollcall.config.base_url.scim(&holder.directory_id);
                Ok(Self {
                    mode: if holder.settings.strict { Mode::Strict } else { Mode::Tolerant },
                    context: Context {
                        request_id: Some(recording.id().0.clone()),
                        ..rollcall.context(Actor::Directory(holder.directory_id.clone()))
                    },
                    speaker: Speaker {
                        directory_id: holder.directory_id,
                        workspace_id: holder.workspace_id,
                        settings: holder.settings,
                    },
                    provider: holder.provider,
                    cursor_seal: rollcall.cursor_seal().await?,
                    kinds,
                    base_url,
                    recording,
                })
            }
            Err(rejection) => {
                recording.rejected(rejection);
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

/// The token that a request came with.
struct Presented {
    token: String,
    /// Without `Bearer`, as Okta's header authentication sends it.
    is_bare: bool,
}

impl Presented {
    /// `Bearer TOKEN` in any case, or the bare token.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
        let (token, is_bare) = match value.split_once(char::is_whitespace) {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => (token.trim(), false),
            Some(_) => return Some(Self { token: String::new(), is_bare: false }),
            None if value.eq_ignore_ascii_case("bearer") => return None,
            None => (value, true),
        };
        (!token.is_empty()).then(|| Self { token: token.to_owned(), is_bare })
    }
}

/// Requests a second with one token.
#[derive(Clone)]
pub(super) struct RateLimit {
    by_token: Option<Arc<Throttle>>,
}

impl RateLimit {
    pub(super) fn new(rollcall: &Rollcall) -> Self {
        let by_token = rollcall
            .config
            .rate_limit
            .and_then(NonZeroU32::new)
            .map(|limit| Arc::new(Throttle::new(Quota::per_second(limit))));
        Self { by_token }
    }
}

/// Refuses requests beyond the rate with 429 and whole seconds to wait: Okta reads `Retry-After` only as an integer.
pub(super) async fn limit_rate(State(limit): State<RateLimit>, request: Request, next: Next) -> Response {
    if let (Some(by_token), Some(presented)) = (&limit.by_token, Presented::of(request.headers()))
        && let Err(wait) = by_token.check(&secret::hash(&presented.token))
    {
        let seconds = wait.as_secs() + 1;
        let mut response = failure::render(&scim::Error::too_many_requests(format!(
            "Too many requests with this token. Try again in {seconds} s."
        )));
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    next.run(request).await
}

/// The id of the resource in the path. Axum's own extractor would answer bad percent-encoding in plain text, and a NUL
/// can be asked of no database.
pub(super) struct ResourceId(pub(super) String);

impl ResourceId {
    /// The id, if a database can be asked for it.
    pub(super) fn of(id: String) -> Result<Self, Failure> {
        if id.contains('\0') { Err(no_such_resource()) } else { Ok(Self(id)) }
    }
}

fn no_such_resource() -> Failure {
    Failure(Error::NotFound { what: "resource in this directory" })
}

impl FromRequestParts<Rollcall> for ResourceId {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, rollcall: &Rollcall) -> Result<Self, Failure> {
        let Path(path) =
            Path::<std::collections::HashMap<String, String>>::from_request_parts(parts, rollcall)
                .await
                .map_err(|_| no_such_resource())?;
        Self::of(path.get("id").cloned().ok_or_else(no_such_resource)?)
    }
}
