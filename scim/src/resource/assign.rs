//! Keys of a body or of a path-less PATCH value: whose attribute each one is.

use serde_json::{Map, Value};

use super::{unknown_schema, value};
use crate::dialect::{Deviation, Notes};
use crate::error::{Error, shown};
use crate::path::{AttrPath, is_urn};
use crate::schema::{Attribute, Located, Mutability, Owner, ResourceType, Schema};

/// "This attribute gets this value."
#[derive(Debug)]
pub(crate) struct Assignment<'a> {
    /// The canonical path; for what no schema has, the path as it was sent.
    pub(crate) path: AttrPath,
    /// The attribute (not the sub-attribute), if a schema has it.
    pub(crate) attribute: Option<&'a Attribute>,
    /// The canonical value; `None` takes the value away.
    pub(crate) value: Option<Value>,
}

/// What the keys are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// A whole resource: attributes that a client may not write are passed over (RFC 7644 §3.3).
    Resource,
    /// The value of a path-less PATCH operation: they are Okta's quirk.
    Patch,
}

/// Reads one key with its value. One key can mean many attributes: an extension is an object of them.
pub(crate) fn read<'a>(
    kind: &'a ResourceType,
    key: &str,
    value: &Value,
    message: Message,
    notes: &mut Notes,
) -> Result<Vec<Assignment<'a>>, Error> {
    if let Some(attribute) = kind.attribute(key) {
        let path = AttrPath::of(&attribute.name);
        return known(Located { path, attribute, sub: None }, value, message, notes);
    }
    if let Some(owner) = kind.owner(key) {
        return read_under_urn(kind, owner, key, value, message, notes);
    }
    if let Some(located) = AttrPath::parse(key).ok().and_then(|path| kind.locate(&path)) {
        // Entra with `aadOptscim062020`: "name.givenName" and "urn:…:2.0:User:employeeNumber" as keys.
        let deviation = if is_urn(key) { Deviation::UrnKey } else { Deviation::DottedKey };
        notes.tolerate(deviation, || unknown_attribute(key))?;
        return known(located, value, message, notes);
    }
    unknown(key, value, notes)
}

/// Reads what is under a schema URN that this resource type has.
pub(crate) fn read_under_urn<'a>(
    kind: &'a ResourceType,
    owner: Owner<'a>,
    urn: &str,
    value: &Value,
    message: Message,
    notes: &mut Notes,
) -> Result<Vec<Assignment<'a>>, Error> {
    let schema = match owner {
        Owner::Core => &kind.schema,
        Owner::Extension(schema) => schema,
    };
    if !schema.id.eq_ignore_ascii_case(urn) {
        notes.tolerate(Deviation::LegacyUrn, || unknown_schema(urn))?;
    }
    match (owner, value) {
        (_, Value::Object(members)) => {
            let mut all = Vec::new();
            for (name, value) in members {
                all.extend(read_member(schema, owner, name, value, message, notes)?);
            }
            Ok(all)
        }
        (Owner::Extension(_), Value::Null) => {
            Ok(vec![Assignment { path: AttrPath::of(&schema.id), attribute: None, value: None }])
        }
        _ => Err(Error::invalid_value(format!("{} must be an object.", shown(urn)))),
    }
}

fn read_member<'a>(
    schema: &'a Schema,
    owner: Owner<'a>,
    name: &str,
    value: &Value,
    message: Message,
    notes: &mut Notes,
) -> Result<Vec<Assignment<'a>>, Error> {
    if name.eq_ignore_ascii_case("schemas") {
        // scim2-client puts a `schemas` into the object of an extension too.
        return Ok(Vec::new());
    }
    let urn = match owner {
        Owner::Core => None,
        Owner::Extension(schema) => Some(schema.id.clone()),
    };
    let (name, sub) = match name.split_once('.') {
        Some((name, sub)) if schema.attribute(name).is_some() => (name, Some(sub)),
        _ => (name, None),
    };
    let Some(attribute) = schema.attribute(name) else {
        notes.tolerate(Deviation::UnknownAttribute, || unknown_attribute(name))?;
        let path = AttrPath { schema: urn, attribute: name.to_owned(), sub: None };
        return Ok(vec![Assignment { path, attribute: None, value: value::verbatim(value) }]);
    };
    let sub = match sub {
        None => None,
        Some(sub) => {
            notes.tolerate(Deviation::DottedKey, || unknown_attribute(name))?;
            let found = attribute.sub_attribute(sub);
            Some(found.ok_or_else(|| Error::invalid_value(format!("{name} has no part {}.", shown(sub))))?)
        }
    };
    let path = AttrPath {
        schema: urn,
        attribute: attribute.name.clone(),
        sub: sub.map(|attribute| attribute.name.clone()),
    };
    known(Located { path, attribute, sub }, value, message, notes)
}

fn known<'a>(
    located: Located<'a>,
    value: &Value,
    message: Message,
    notes: &mut Notes,
) -> Result<Vec<Assignment<'a>>, Error> {
    let read_only = [Some(located.attribute), located.sub]
        .into_iter()
        .flatten()
        .any(|attribute| attribute.mutability == Mutability::ReadOnly);
    if read_only {
        if message == Message::Patch {
            // Okta's group rename: {"id": …, "displayName": …}.
            notes.tolerate(Deviation::ReadOnlyInValue, || read_only_error(&located.path))?;
        }
        return Ok(Vec::new());
    }
    if !located.is_kept() {
        return Ok(Vec::new());
    }
    if message == Message::Patch {
        refuse_unclear_members(located.attribute, value)?;
        if let Value::Object(parts) = value
            && located.sub.is_none()
            && located.attribute.merges()
        {
            return read_parts(&located.path, located.attribute, parts, notes);
        }
    }
    let value = match located.sub {
        None => value::read(located.attribute, value, notes)?,
        Some(sub) => value::read_part(located.attribute, sub, value, notes)?,
    };
    Ok(vec![Assignment { path: located.path, attribute: Some(located.attribute), value }])
}

/// In a PATCH a complex value such as `name` is set part by part: what is not sent stays (RFC 7644 §3.5.2.3), `null`
/// goes.
pub(crate) fn read_parts<'a>(
    path: &AttrPath,
    attribute: &'a Attribute,
    parts: &Map<String, Value>,
    notes: &mut Notes,
) -> Result<Vec<Assignment<'a>>, Error> {
    let mut all = Vec::with_capacity(parts.len());
    for (name, value) in parts {
        let (name, value) = match attribute.sub_attribute(name) {
            Some(sub) if sub.mutability == Mutability::ReadOnly || !sub.is_kept() => continue,
            Some(sub) => (sub.name.clone(), value::read_part(attribute, sub, value, notes)?),
            None => {
                notes.tolerate(Deviation::UnknownAttribute, || unknown_attribute(name))?;
                (name.clone(), value::verbatim(value))
            }
        };
        let path = AttrPath { sub: Some(name), ..path.clone() };
        all.push(Assignment { path, attribute: Some(attribute), value });
    }
    Ok(all)
}

/// A key that no schema has: kept as it is.
fn unknown<'a>(key: &str, value: &Value, notes: &mut Notes) -> Result<Vec<Assignment<'a>>, Error> {
    let path = match key.rsplit_once(':') {
        // Entra's custom attributes with `aadOptscim062020`: "urn:…:MyExtension:2.0:User:tag": "x".
        Some((urn, name)) if is_urn(key) && !value.is_object() && !urn.is_empty() && !name.is_empty() => {
            AttrPath { schema: Some(urn.to_owned()), attribute: name.to_owned(), sub: None }
        }
        _ => AttrPath::of(key),
    };
    if is_urn(key) {
        notes.tolerate(Deviation::UnknownSchema, || unknown_schema(key))?;
    } else {
        notes.tolerate(Deviation::UnknownAttribute, || unknown_attribute(key))?;
    }
    Ok(vec![Assignment { path, attribute: None, value: value::verbatim(value) }])
}

/// In a PATCH, `null` for members could mean "none" or be a mistake in a mapping, which would empty the group.
pub(crate) fn refuse_unclear_members(attribute: &Attribute, value: &Value) -> Result<(), Error> {
    if attribute.holds_references() && value.is_null() {
        let name = &attribute.name;
        return Err(Error::invalid_value(format!("{name} must be an array; to empty it, send [].")));
    }
    Ok(())
}

pub(crate) fn read_only_error(path: &AttrPath) -> Error {
    Error::mutability(format!("{path} is read-only."))
}

pub(crate) fn unknown_attribute(name: &str) -> Error {
    Error::invalid_syntax(format!("There is no attribute {}.", shown(name)))
}
