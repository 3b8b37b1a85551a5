//! The body of POST and PUT as a canonical [`Document`] (RFC 7644 §3.3, §3.5.1).
//!
//! ```text
//! body ─▶ limits ─▶ assign: whose attribute is this key? ─▶ value: as the schema has it ─▶ Document
//! ```
//!
//! The same two readers serve PATCH operations, so that an attribute means the same wherever it is sent.

pub(crate) mod assign;
pub(crate) mod fixed;
pub(crate) mod limits;
pub(crate) mod value;

use serde_json::{Map, Value};

use crate::dialect::{Accepted, Deviation, Mode, Notes};
use crate::error::{Error, shown};
use crate::filter::is_present;
use crate::schema::{Attribute, Mutability, Owner, ResourceType};
use crate::{Document, path};
use assign::{Assignment, Message};

pub use fixed::replace;
pub use limits::{MAX_DEPTH, MAX_INDEXED, MAX_NAMES, MAX_RESOURCE, MAX_STRING, MAX_VALUES};

/// Reads the body of a POST or PUT.
///
/// Names become canonical and values get the types of the schema; text stays as it was sent. `null`, `[]` and `""`
/// mean "no value". What a client may not write (`id`, `meta`, `groups`) and what is never kept (`password`) is left
/// out. Attributes and schemas that this server does not know are kept as they are.
///
/// # Errors
/// `invalidSyntax` if the body is not a resource (strict: also for unknown attributes and schemas); `invalidValue`
/// for a value that the attribute cannot have, for a required attribute without one, and beyond the limits.
pub fn read(kind: &ResourceType, body: &Value, mode: Mode) -> Result<Accepted<Document>, Error> {
    let Value::Object(body) = body else {
        return Err(Error::invalid_syntax(
            "The body must be a JSON object with the attributes of the resource.",
        ));
    };
    limits::check(body)?;
    let mut notes = Notes::new(mode);
    read_schemas(kind, body, &mut notes)?;
    let mut doc = Document::new();
    for (key, value) in body {
        for assignment in assign::read(kind, key, value, Message::Resource, &mut notes)? {
            put(&mut doc, assignment, &mut notes)?;
        }
    }
    limits::check_size(kind, &doc)?;
    match missing_required(kind, &doc).first() {
        Some(name) => Err(Error::invalid_value(format!("{name} is required and has no value."))),
        None => Ok(notes.accept(doc)),
    }
}

/// The `schemas` of a resource: its own and those of the extensions present in the document.
pub fn schemas_of(kind: &ResourceType, doc: &Document) -> Vec<String> {
    let extensions = doc.iter().filter(|(name, value)| path::is_urn(name) && value.is_object());
    std::iter::once(&kind.schema.id).chain(extensions.map(|(name, _)| name)).cloned().collect()
}

/// The required attributes that have no value, extensions included.
pub(crate) fn missing_required(kind: &ResourceType, doc: &Document) -> Vec<String> {
    let mut missing = missing_in(&kind.schema.attributes, doc, "");
    for extension in &kind.extensions {
        let id = &extension.schema.id;
        match get(doc, id).and_then(Value::as_object) {
            Some(holder) => {
                missing.extend(missing_in(&extension.schema.attributes, holder, &format!("{id}:")));
            }
            None if extension.required => missing.push(id.clone()),
            None => {}
        }
    }
    missing
}

fn missing_in(attributes: &[Attribute], holder: &Document, prefix: &str) -> Vec<String> {
    let needed = attributes.iter().filter(|it| it.required && it.mutability != Mutability::ReadOnly);
    let missing = needed.filter(|attribute| !holder.get(&attribute.name).is_some_and(is_present));
    missing.map(|attribute| format!("{prefix}{}", attribute.name)).collect()
}

/// The value of a key in any case. Members of SCIM messages are attributes too (RFC 7643 §2.1).
pub(crate) fn get<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object
        .get(name)
        .or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// Checks the `schemas` that a resource says it has.
fn read_schemas(kind: &ResourceType, body: &Map<String, Value>, notes: &mut Notes) -> Result<(), Error> {
    let listed: Vec<&str> = match get(body, "schemas") {
        Some(Value::Array(urns)) => urns.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(urn)) => vec![urn],
        _ => Vec::new(),
    };
    for urn in &listed {
        match kind.owner(urn) {
            None => notes.tolerate(Deviation::UnknownSchema, || unknown_schema(urn))?,
            Some(owner) if !is_own_urn(kind, owner, urn) => {
                notes.tolerate(Deviation::LegacyUrn, || unknown_schema(urn))?;
            }
            Some(_) => {}
        }
    }
    if listed.iter().any(|urn| kind.schema.is_called(urn)) {
        return Ok(());
    }
    notes.tolerate(Deviation::MissingSchema, || {
        Error::invalid_syntax(format!("schemas must list {}.", kind.schema.id))
    })
}

fn is_own_urn(kind: &ResourceType, owner: Owner<'_>, urn: &str) -> bool {
    let schema = match owner {
        Owner::Core => &kind.schema,
        Owner::Extension(schema) => schema,
    };
    schema.id.eq_ignore_ascii_case(urn)
}

pub(crate) fn unknown_schema(urn: &str) -> Error {
    Error::invalid_syntax(format!("The schema {} is not known here.", shown(urn)))
}

/// Sets one attribute of a document that is being read.
fn put(doc: &mut Document, assignment: Assignment<'_>, notes: &mut Notes) -> Result<(), Error> {
    let Assignment { path, attribute, value: Some(value) } = assignment else {
        return Ok(());
    };
    let Some(holder) = holder_of(doc, &path) else {
        return Err(Error::invalid_value(format!("{path} cannot be inside another value.")));
    };
    let Some(sub) = &path.sub else {
        return put_whole(holder, &path.attribute, value, notes);
    };
    let many = attribute.is_some_and(|attribute| attribute.multi_valued);
    let whole = holder
        .entry(path.attribute.clone())
        .or_insert_with(|| if many { Value::Array(vec![empty_object()]) } else { empty_object() });
    let parts = match whole {
        Value::Array(elements) => elements.iter_mut().filter_map(Value::as_object_mut).collect(),
        single => Vec::from_iter(single.as_object_mut()),
    };
    for parts in parts {
        parts.insert(sub.clone(), value.clone());
    }
    Ok(())
}

fn put_whole(holder: &mut Document, name: &str, value: Value, notes: &mut Notes) -> Result<(), Error> {
    let Some(existing) = holder.get_mut(name) else {
        holder.insert(name.to_owned(), value);
        return Ok(());
    };
    let twice = || Error::invalid_syntax(format!("{} is there twice.", shown(name)));
    notes.tolerate(Deviation::RepeatedAttribute, twice)?;
    match (existing, value) {
        (Value::Object(existing), Value::Object(parts)) => existing.extend(parts),
        (existing, value) => *existing = value,
    }
    Ok(())
}

/// The object that holds the attribute of a path: the document or one of its extensions, made if it is not there.
pub(crate) fn holder_of<'a>(doc: &'a mut Document, path: &path::AttrPath) -> Option<&'a mut Document> {
    match &path.schema {
        None => Some(doc),
        Some(urn) => {
            let key = key_in(doc, urn);
            doc.entry(key).or_insert_with(empty_object).as_object_mut()
        }
    }
}

/// The key under which an object has this name in any case, or the name itself.
pub(crate) fn key_in(object: &Map<String, Value>, name: &str) -> String {
    if object.contains_key(name) {
        return name.to_owned();
    }
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.to_owned())
}

pub(crate) fn empty_object() -> Value {
    Value::Object(Map::new())
}

#[cfg(test)]
mod tests;
