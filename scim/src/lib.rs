//! The SCIM 2.0 protocol (RFC 7643, 7644, 9865) as data and pure functions: no I/O, no async, no clock.
//!
//! # Map
//!
//! | module | subject | RFC |
//! |---|---|---|
//! | [`schema`] | resource types, schemas and attributes as data; [`schema::discovery`] publishes them | 7643 §2, §4–8 |
//! | [`path`] | attribute paths and PATCH paths: parse, print, resolve against a schema | 7644 §3.5.2, §3.10 |
//! | [`filter`] | the filter language: parse, print, check against a schema, evaluate | 7644 §3.4.2.2 |
//! | [`resource`] | the body of POST and PUT → a canonical [`Document`] | 7644 §3.3, §3.5.1 |
//! | [`patch`] | the body of PATCH → operations → the changed [`Document`]; group members as set changes | 7644 §3.5.2 |
//! | [`list`] | list queries by URL or `/.search`, list responses by index and by cursor | 7644 §3.4, 9865 |
//! | [`projection`] | `attributes`, `excludedAttributes` and the `returned` characteristic | 7644 §3.9 |
//! | [`bulk`] | bulk requests, `bulkId` references, bulk responses | 7644 §3.7 |
//! | [`etag`] | versions, `If-Match`, `If-None-Match` | 7644 §3.14 |
//! | [`error`] | the error catalogue | 7644 §3.12 |
//! | [`dialect`] | what real identity providers send that the RFC does not say | – |
//!
//! # One request, start to end
//!
//! ```
//! use scim::{Mode, patch, resource, schema};
//! use serde_json::json;
//!
//! let kind = schema::user();
//! let user = resource::read(kind, &json!({"userName": "ana@example.test", "active": true}), Mode::Tolerant)?;
//!
//! // Entra's default dialect: a capitalised operation and a boolean sent as a string.
//! let body = json!({"Operations": [{"op": "Replace", "path": "active", "value": "False"}]});
//! let patch = patch::parse(kind, &body, Mode::Tolerant)?;
//! let changed = patch::apply(kind, &user.value, &patch.value)?.value.unwrap_or_default();
//!
//! assert_eq!(changed["active"], json!(false));
//! assert!(patch.deviations.contains(&scim::Deviation::StringBoolean));
//! # Ok::<(), scim::error::Error>(())
//! ```
//!
//! # How to add …
//!
//! * **an attribute or a custom extension**: describe it in [`schema`]; reading, filters, PATCH, projection and
//!   discovery all follow the schema.
//! * **a provider's quirk**: add a [`Deviation`] that cites the request, tolerate it where the value is read, and add
//!   the request to `tests/corpus/<provider>/`.
//! * **an error**: a constructor in [`error`], named after the RFC's `scimType`.
//!
//! # Limits
//!
//! Depth, length and number are bounded inside the grammars (see the `MAX_…` constants), so that hostile input is a
//! `400` and neither a stack overflow nor minutes of work. No function of this crate panics on any input.

pub mod bulk;
pub mod dialect;
pub mod error;
pub mod etag;
pub mod filter;
pub mod list;
pub mod patch;
pub mod path;
pub mod projection;
pub mod resource;
pub mod schema;

pub use dialect::{Accepted, Deviation, Explanation, Mode};
pub use error::Error;

/// A resource's attributes under their canonical names; an extension is an object under its schema URN.
///
/// `schemas` is never in a stored document: [`resource::schemas_of`] computes it from the extensions present.
pub type Document = serde_json::Map<String, serde_json::Value>;

/// The media type of every SCIM body (RFC 7644 §3.1).
pub const MEDIA_TYPE: &str = "application/scim+json";
