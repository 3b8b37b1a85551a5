//! Bulk requests (RFC 7644 §3.7).
//!
//! A server [parses](parse) the request, makes a [plan](plan()) of the order in which the operations can run, runs
//! each after [`References::resolve`] has put real ids in the place of `bulkId:…`, and renders the
//! [response].

mod references;

pub use self::references::{Plan, References, plan};

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::dialect::{Accepted, Deviation, Mode, Notes};
use crate::error::{Error, shown};
use crate::resource::get;
use crate::schema::discovery::BulkLimits;

/// The URN of a bulk request.
pub const REQUEST_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
/// The URN of a bulk response.
pub const RESPONSE_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// A bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkRequest {
    /// What to do.
    pub operations: Vec<BulkOperation>,
    /// After how many errors to stop; never if `None`.
    pub fail_on_errors: Option<u64>,
}

impl BulkRequest {
    /// Whether, after so many errors, the rest is not to be done.
    pub fn stops_after(&self, errors: u64) -> bool {
        self.fail_on_errors.is_some_and(|limit| limit > 0 && errors >= limit)
    }
}

/// One operation of a bulk request.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkOperation {
    /// What to do.
    pub method: Method,
    /// Where.
    pub path: BulkPath,
    /// The client's name for the resource that a POST makes; never empty for a POST.
    pub bulk_id: Option<String>,
    /// The body of the operation.
    pub data: Option<Value>,
    /// The version that the resource must have, as in `If-Match`.
    pub version: Option<String>,
}

/// The method of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Make a resource.
    Post,
    /// Replace one.
    Put,
    /// Change one.
    Patch,
    /// Remove one.
    Delete,
}

impl Method {
    const ALL: [Method; 4] = [Self::Post, Self::Put, Self::Patch, Self::Delete];

    /// The word used on the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// The path of an operation: `/Users` or `/Users/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulkPath {
    /// The endpoint of the resource type, `/Users`.
    pub endpoint: String,
    /// The id, which may be `bulkId:…`.
    pub id: Option<String>,
}

impl std::fmt::Display for BulkPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.id {
            Some(id) => write!(f, "{}/{id}", self.endpoint),
            None => f.write_str(&self.endpoint),
        }
    }
}

/// Reads a bulk request.
///
/// # Errors
/// 413 for more operations than the server takes (the size in bytes is for the server to check, which has the bytes);
/// `invalidSyntax` for a body that is not a bulk request, with the place of the operation that is wrong;
/// `invalidValue` if two operations have the same `bulkId`.
pub fn parse(body: &Value, limits: BulkLimits, mode: Mode) -> Result<Accepted<BulkRequest>, Error> {
    let Value::Object(body) = body else {
        return Err(Error::invalid_syntax("The body must be a JSON object with \"Operations\"."));
    };
    let mut notes = Notes::new(mode);
    check_schema(body, &mut notes)?;
    let Some(Value::Array(listed)) = get(body, "Operations") else {
        return Err(Error::invalid_syntax("\"Operations\" must be an array."));
    };
    if u64::try_from(listed.len()).unwrap_or(u64::MAX) > limits.max_operations {
        return Err(Error::payload_too_large(format!(
            "A bulk request can have {} operations at most, and this one has {}.",
            limits.max_operations,
            listed.len()
        )));
    }
    let mut operations = Vec::with_capacity(listed.len());
    for (index, operation) in listed.iter().enumerate() {
        operations.push(read_operation(index, operation)?);
    }
    refuse_repeated_ids(&operations)?;
    let fail_on_errors = read_fail_on_errors(body)?;
    Ok(notes.accept(BulkRequest { operations, fail_on_errors }))
}

/// What became of one operation.
#[derive(Clone, Debug, PartialEq)]
pub struct BulkResult {
    /// As in the operation.
    pub method: Method,
    /// As in the operation.
    pub bulk_id: Option<String>,
    /// The version of the resource after it.
    pub version: Option<String>,
    /// The URI of the resource; absent only if a POST failed.
    pub location: Option<String>,
    /// The HTTP status.
    pub status: u16,
    /// The error, or the resource if the server shows it.
    pub response: Option<Value>,
}

impl BulkResult {
    /// The result of an operation that failed.
    pub fn failed(operation: &BulkOperation, location: Option<String>, error: &Error) -> Self {
        Self {
            method: operation.method,
            bulk_id: operation.bulk_id.clone(),
            version: None,
            location,
            status: error.status,
            response: Some(error.to_json()),
        }
    }

    fn to_json(&self) -> Value {
        let mut body = json!({ "method": self.method.as_str(), "status": self.status.to_string() });
        let texts = [("bulkId", &self.bulk_id), ("version", &self.version), ("location", &self.location)];
        for (name, text) in texts {
            if let Some(text) = text {
                body[name] = json!(text);
            }
        }
        if let Some(response) = &self.response {
            body["response"] = response.clone();
        }
        body
    }
}

/// A bulk response.
pub fn response(results: &[BulkResult]) -> Value {
    let operations: Vec<Value> = results.iter().map(BulkResult::to_json).collect();
    json!({ "schemas": [RESPONSE_SCHEMA], "Operations": operations })
}

fn check_schema(body: &Map<String, Value>, notes: &mut Notes) -> Result<(), Error> {
    let is_bulk = get(body, "schemas").and_then(Value::as_array).is_some_and(|urns| {
        urns.iter().filter_map(Value::as_str).any(|urn| urn.eq_ignore_ascii_case(REQUEST_SCHEMA))
    });
    if is_bulk {
        return Ok(());
    }
    notes.tolerate(Deviation::MissingSchema, || {
        Error::invalid_syntax(format!("schemas must list {REQUEST_SCHEMA}."))
    })
}

fn read_operation(index: usize, operation: &Value) -> Result<BulkOperation, Error> {
    let wrong =
        |what: &str| Error::invalid_syntax(format!("Operation {} of the bulk request: {what}", index + 1));
    let Value::Object(operation) = operation else {
        return Err(wrong("it must be a JSON object."));
    };
    let text = |name: &str| get(operation, name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let method = text("method")
        .and_then(|word| Method::ALL.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(word)))
        .ok_or_else(|| wrong("\"method\" must be POST, PUT, PATCH or DELETE."))?;
    let path = text("path")
        .and_then(read_path)
        .ok_or_else(|| wrong("\"path\" must be /endpoint or /endpoint/id, such as /Users."))?;
    let bulk_id = text("bulkId").map(str::to_owned);
    let data = get(operation, "data").filter(|data| !data.is_null()).cloned();
    if (method == Method::Post) == path.id.is_some() {
        return Err(wrong("\"path\" must have an id, unless the method is POST."));
    }
    if method == Method::Post && bulk_id.is_none() {
        return Err(wrong("a POST needs a \"bulkId\"."));
    }
    if method != Method::Delete && data.is_none() {
        return Err(wrong("it needs \"data\"."));
    }
    let version = text("version").map(str::to_owned);
    Ok(BulkOperation { method, path, bulk_id, data, version })
}

/// `/Users/2819`, also without the leading `/`.
fn read_path(path: &str) -> Option<BulkPath> {
    let mut segments = path.trim_matches('/').split('/');
    let endpoint = segments.next().filter(|segment| !segment.is_empty())?;
    let id = segments.next().map(str::to_owned);
    match segments.next() {
        Some(_) => None,
        None => Some(BulkPath { endpoint: format!("/{endpoint}"), id }),
    }
}

fn refuse_repeated_ids(operations: &[BulkOperation]) -> Result<(), Error> {
    let mut seen = HashSet::new();
    let ids = operations.iter().filter(|operation| operation.method == Method::Post);
    for id in ids.filter_map(|operation| operation.bulk_id.as_deref()) {
        if !seen.insert(id) {
            return Err(Error::invalid_value(format!("The bulkId {} is there twice.", shown(id))));
        }
    }
    Ok(())
}

fn read_fail_on_errors(body: &Map<String, Value>) -> Result<Option<u64>, Error> {
    match get(body, "failOnErrors") {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_u64() {
            Some(number) => Ok(Some(number)),
            None => Err(Error::invalid_value("failOnErrors must be a whole number that is not negative.")),
        },
    }
}

#[cfg(test)]
mod tests;
