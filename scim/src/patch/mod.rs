//! PATCH (RFC 7644 §3.5.2): every dialect becomes one list of operations before anything is applied.
//!
//! ```text
//! body ─▶ parse: dialects end here ─▶ Patch ─┬─▶ apply(document): all or nothing
//!                                            └─▶ split_members: a group's members as set changes
//! ```
//!
//! After [`parse`] each operation has a canonical path and a value of the attribute's type, whatever was sent: Okta's
//! path-less objects, Entra's dotted keys, capitalised operations and strings for booleans are gone.

mod apply;
mod edit;
mod elements;
mod members;
mod parse;

pub use self::apply::apply;
pub use self::members::{Member, MemberChange, members_of, take_members};
pub use self::parse::{MAX_OPERATIONS, parse};

use serde_json::Value;

use crate::dialect::Mode;
use crate::error::{Error, shown};
use crate::path::PatchPath;

/// The URN of a PATCH request.
pub const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// A PATCH request: operations that happen in order and together.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// What to do.
    pub operations: Vec<Operation>,
    /// How the request was read; a strict patch refuses to make elements that a filter does not find.
    pub mode: Mode,
    /// The `id` that a path-less value names.
    pub named_id: Option<String>,
}

impl Patch {
    /// Okta's group rename names the resource that it was sent to. One that names another is a mistake of the client's, and
    /// nothing of it is obeyed.
    ///
    /// # Errors
    /// `mutability` if it names another `id` than this.
    pub fn check_target(&self, id: &str) -> Result<(), Error> {
        match &self.named_id {
            Some(named) if named != id => Err(Error::mutability(format!(
                "The value names the id {}, and was sent to {}: an id cannot be changed.",
                shown(named),
                shown(id)
            ))),
            _ => Ok(()),
        }
    }
}

/// One change at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// What to do.
    pub op: Op,
    /// Where. Canonical; an attribute that no schema has is as it was sent.
    pub path: PatchPath,
    /// The canonical value. `None` takes the value away; for [`Op::Remove`], `Some` lists the elements to remove.
    pub value: Option<Value>,
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Adds elements, or sets what holds one value.
    Add,
    /// Puts a value in the place of another.
    Replace,
    /// Takes away.
    Remove,
}

impl Op {
    /// The word used on the wire.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace => "replace",
            Self::Remove => "remove",
        }
    }
}

#[cfg(test)]
mod tests;
