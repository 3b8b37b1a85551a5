//! How large and how strange a resource may be.
//!
//! The limits keep every later step cheap and every value storable: a NUL does not fit into a database's text, and an
//! index entry has a largest size.

use serde_json::{Map, Value};

use crate::Document;
use crate::error::{Error, shown};
use crate::schema::{Attribute, ResourceType};

/// The longest text value, in bytes.
pub const MAX_STRING: usize = 64 * 1024;
/// The longest value of an attribute that servers index (`userName`, `displayName`, `externalId`, `emails.value`,
/// `members.value`), and of `members.display`, of which one answer may hold thousands; in bytes.
pub const MAX_INDEXED: usize = 1024;
/// The deepest nesting of a body.
pub const MAX_DEPTH: usize = 32;
/// The largest number of elements of a multi-valued attribute, members apart.
pub const MAX_VALUES: usize = 1000;
/// The largest size of a resource without its members, in bytes of names and values.
pub const MAX_RESOURCE: usize = 256 * 1024;
/// The largest number of attributes of a resource or of one of its values.
pub const MAX_NAMES: usize = 1000;

/// The longest name of an attribute, in bytes.
const MAX_NAME: usize = 1024;

/// Checks a body before anything else looks at it.
pub(crate) fn check(body: &Map<String, Value>) -> Result<(), Error> {
    check_object(body, 1)
}

/// Checks a document before it is kept. Its members are kept apart.
pub(crate) fn check_size(kind: &ResourceType, doc: &Document) -> Result<(), Error> {
    let holds_references = |name: &str| kind.attribute(name).is_some_and(Attribute::holds_references);
    let kept = doc.iter().filter(|(name, _)| !holds_references(name));
    if kept.map(|(name, value)| name.len() + size(value)).sum::<usize>() > MAX_RESOURCE {
        return Err(too_large());
    }
    check_number_of_names(doc)
}

pub(crate) fn too_large() -> Error {
    Error::payload_too_large(format!("The resource would be larger than {MAX_RESOURCE} bytes."))
}

fn check_number_of_names(object: &Map<String, Value>) -> Result<(), Error> {
    if object.len() > MAX_NAMES {
        return Err(Error::invalid_value(format!(
            "There are {} attributes in one place; at most {MAX_NAMES} are kept.",
            object.len()
        )));
    }
    Ok(())
}

/// Roughly the bytes of a document.
pub(crate) fn size_of(doc: &Document) -> usize {
    doc.iter().map(|(name, value)| name.len() + size(value)).sum()
}

/// The longest text that the attribute at this place may hold.
pub(crate) fn longest(place: &str) -> usize {
    match place {
        "userName" | "displayName" | "externalId" | "emails.value" | "members.value" | "members.display" => {
            MAX_INDEXED
        }
        _ => MAX_STRING,
    }
}

fn check_object(object: &Map<String, Value>, depth: usize) -> Result<(), Error> {
    check_number_of_names(object)?;
    for (name, value) in object {
        if name.len() > MAX_NAME || name.contains('\0') {
            return Err(Error::invalid_syntax(format!(
                "{} cannot be the name of an attribute.",
                shown(name)
            )));
        }
        check_value(name, value, depth)?;
    }
    Ok(())
}

fn check_value(name: &str, value: &Value, depth: usize) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::invalid_syntax(format!("The body is nested more than {MAX_DEPTH} levels deep.")));
    }
    match value {
        Value::String(text) if text.contains('\0') => {
            Err(Error::invalid_value(format!("{} holds a NUL character.", shown(name))))
        }
        Value::String(text) if text.len() > MAX_STRING => {
            Err(Error::invalid_value(format!("{} is longer than {MAX_STRING} bytes.", shown(name))))
        }
        Value::Array(elements) => {
            elements.iter().try_for_each(|element| check_value(name, element, depth + 1))
        }
        Value::Object(parts) => check_object(parts, depth + 1),
        _ => Ok(()),
    }
}

/// Roughly the bytes of a value; documents are at most [`MAX_DEPTH`] deep.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(elements) => elements.iter().map(|element| size(element) + 1).sum(),
        Value::Object(parts) => parts.iter().map(|(name, value)| name.len() + 4 + size(value)).sum(),
        _ => 8,
    }
}
