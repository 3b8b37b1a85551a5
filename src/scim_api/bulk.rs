//! `POST /Bulk` (RFC 7644 section 3.7): many operations in one request, each as if it had come alone.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use scim::{
    bulk::{self, BulkOperation, BulkRequest, BulkResult, Method, References},
    error::shown,
    schema::discovery::BulkLimits,
};
use serde_json::Value;

use super::{
    LARGEST_BODY,
    auth::{DirectoryAuth, ResourceId},
    body::ScimBody,
    failure::{Failure, Result},
    groups,
    headers::text,
    render, users,
};
use crate::{journal::RefusedOperations, state::Rollcall};

/// What one request may hold.
pub(super) const LIMITS: BulkLimits =
    BulkLimits { max_operations: 1000, max_payload_size: LARGEST_BODY as u64 };

/// A bulk answer tells version and location; the resource itself is not read back for it.
const TOLD: &str = "attributes=id,meta";

pub(super) async fn run(
    State(rollcall): State<Rollcall>,
    auth: DirectoryAuth,
    ScimBody(body): ScimBody,
) -> Result<Response> {
    let request = auth.accept(bulk::parse(&body, LIMITS, auth.mode)?);
    let results = Run { rollcall, auth, references: References::default() }.all(&request).await;
    Ok(render::message(StatusCode::OK, &bulk::response(&results)))
}

/// A bulk request under way.
struct Run {
    rollcall: Rollcall,
    auth: DirectoryAuth,
    references: References,
}

impl Run {
    /// Runs the operations, each after those that it refers to, until there were too many errors. The results stand in
    /// the order of the request.
    async fn all(mut self, request: &BulkRequest) -> Vec<BulkResult> {
        let plan = bulk::plan(&request.operations);
        let mut results: Vec<(usize, BulkResult)> = Vec::with_capacity(request.operations.len());
        let (mut errors, mut first) = (0, None);
        let runnable = plan.order.iter().map(|index| (*index, false));
        for (index, is_circular) in runnable.chain(plan.circular.iter().map(|index| (*index, true))) {
            let Some(operation) = request.operations.get(index) else { continue };
            let outcome = if is_circular { Err(circular()) } else { self.one(operation).await };
            results.push((
                index,
                match outcome {
                    Ok(result) => result,
                    Err(error) => {
                        errors += 1;
                        first.get_or_insert_with(|| error.clone());
                        let error = self.auth.recording.with_reference(error);
                        BulkResult::failed(operation, self.location(operation), &error)
                    }
                },
            ));
            if request.stops_after(errors) {
                break;
            }
        }
        if let Some(first) = first {
            let of = request.operations.len() as u64;
            self.auth.recording.refused(RefusedOperations { refused: errors, of, first });
        }
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    async fn one(&mut self, operation: &BulkOperation) -> std::result::Result<BulkResult, scim::Error> {
        let resolved = self.references.resolve(operation)?;
        let response = self.dispatch(&resolved).await.map_err(Failure::into_scim)?;
        let told = |name: &HeaderName| text(response.headers(), name).map(str::to_owned);
        let location = told(&header::LOCATION).or_else(|| self.location(&resolved));
        if let (Method::Post, Some(bulk_id), Some(location)) =
            (operation.method, &operation.bulk_id, &location)
            && let Some((_, id)) = location.rsplit_once('/')
        {
            self.references.insert(bulk_id, id);
        }
        Ok(BulkResult {
            method: operation.method,
            bulk_id: operation.bulk_id.clone(),
            version: told(&header::ETAG),
            location,
            status: response.status().as_u16(),
            response: None,
        })
    }

    /// Gives the operation to the handler that its own request would have reached.
    async fn dispatch(&self, operation: &BulkOperation) -> Result<Response> {
        let rollcall = State(self.rollcall.clone());
        let mut auth = self.auth.clone();
        // Others may have come since the request began.
        auth.context.now = self.rollcall.clock.now();
        let id = ResourceId::of(operation.path.id.clone().unwrap_or_default())?;
        let query = RawQuery(Some(TOLD.to_owned()));
        let headers = if_match(operation)?;
        let body = ScimBody(operation.data.clone().unwrap_or(Value::Null));
        match (operation.path.endpoint.as_str(), operation.method) {
            ("/Users", Method::Post) => users::create(rollcall, auth, query, body).await,
            ("/Users", Method::Put) => users::replace(rollcall, auth, id, query, headers, body).await,
            ("/Users", Method::Patch) => users::patch(rollcall, auth, id, query, headers, body).await,
            ("/Users", Method::Delete) => users::delete(rollcall, auth, id, headers).await,
            ("/Groups", Method::Post) => groups::create(rollcall, auth, query, body).await,
            ("/Groups", Method::Put) => groups::replace(rollcall, auth, id, query, headers, body).await,
            ("/Groups", Method::Patch) => groups::patch(rollcall, auth, id, query, headers, body).await,
            ("/Groups", Method::Delete) => groups::delete(rollcall, auth, id, headers).await,
            (endpoint, _) => Err(scim::Error::not_found(format!(
                "A bulk operation cannot be about {}. Known: /Users, /Groups.",
                shown(endpoint)
            ))
            .into()),
        }
    }

    /// The URI of the resource that the operation names; a POST names none.
    fn location(&self, operation: &BulkOperation) -> Option<String> {
        let resolved = self.references.resolve(operation).ok()?;
        let id = resolved.path.id?;
        Some(format!("{}{}/{id}", self.auth.base_url, resolved.path.endpoint))
    }
}

/// The `version` of an operation is the `If-Match` of its own request.
fn if_match(operation: &BulkOperation) -> std::result::Result<HeaderMap, scim::Error> {
    let mut headers = HeaderMap::new();
    if let Some(version) = &operation.version {
        let value = HeaderValue::from_str(version)
            .map_err(|_| scim::Error::invalid_value("The version of an operation is not an entity tag."))?;
        headers.insert(header::IF_MATCH, value);
    }
    Ok(headers)
}

/// RFC 7644 section 3.7.1: references in a circle that cannot be resolved are a conflict.
fn circular() -> scim::Error {
    scim::Error::conflict(
        "This operation refers to others that refer back to it. Make the resources first, then link them with PATCH.",
    )
}
