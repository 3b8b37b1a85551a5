//! From the body of a PATCH to operations. Every dialect of the providers ends in this file.

use serde_json::{Map, Value};

use super::{Op, Operation, Patch, SCHEMA};
use crate::dialect::{Accepted, Deviation, Mode, Notes};
use crate::error::{Error, shown};
use crate::filter::{Filter, check_element};
use crate::path::{AttrPath, PatchPath, is_urn};
use crate::resource::assign::{self, Assignment, Message, read_only_error, refuse_unclear_members};
use crate::resource::{self, get, limits, value};
use crate::schema::{Attribute, Located, Mutability, Owner, ResourceType};

/// The largest number of operations in one request. Of an operation without path, each attribute of its value counts.
pub const MAX_OPERATIONS: usize = 5000;

/// Reads the body of a PATCH.
///
/// # Errors
/// `invalidSyntax` if it is not a PATCH request; `invalidPath` and `invalidFilter` for a path that is malformed or
/// names no attribute; `noTarget` for a remove without path; `mutability` for a read-only attribute; `invalidValue`
/// for a value that the attribute cannot have, or a removal of members that does not say which.
pub fn parse(kind: &ResourceType, body: &Value, mode: Mode) -> Result<Accepted<Patch>, Error> {
    let Value::Object(body) = body else {
        return Err(Error::invalid_syntax("The body must be a JSON object with \"Operations\"."));
    };
    limits::check(body)?;
    let mut reader = Reader { kind, notes: Notes::new(mode), operations: Vec::new(), named_id: None };
    reader.schemas(body)?;
    for operation in operations(body)? {
        reader.operation(operation)?;
    }
    let Reader { notes, operations, named_id, .. } = reader;
    Ok(notes.accept(Patch { operations, mode, named_id }))
}

fn operations(body: &Map<String, Value>) -> Result<&[Value], Error> {
    let operations = match get(body, "Operations") {
        Some(Value::Array(operations)) if !operations.is_empty() => operations.as_slice(),
        Some(single @ Value::Object(_)) => std::slice::from_ref(single),
        _ => {
            return Err(Error::invalid_syntax(
                "\"Operations\" must be an array with at least one operation.",
            ));
        }
    };
    Ok(operations)
}

/// How the URNs of core schemas begin, in lower case.
const CORE_SCHEMAS: &str = "urn:ietf:params:scim:schemas:core:";

struct Reader<'a> {
    kind: &'a ResourceType,
    notes: Notes,
    operations: Vec<Operation>,
    named_id: Option<String>,
}

/// What an operation does and with what, before its place is known.
#[derive(Clone, Copy)]
struct Action<'a> {
    op: Op,
    /// As it was sent; `None` if there is no `value`, which is not the same as `null`.
    value: Option<&'a Value>,
}

impl<'a> Reader<'a> {
    fn schemas(&mut self, body: &Map<String, Value>) -> Result<(), Error> {
        let listed = get(body, "schemas").and_then(Value::as_array).is_some_and(|urns| {
            urns.iter().filter_map(Value::as_str).any(|urn| urn.eq_ignore_ascii_case(SCHEMA))
        });
        if listed {
            return Ok(());
        }
        self.notes.tolerate(Deviation::MissingSchema, || {
            Error::invalid_syntax(format!("schemas must list {SCHEMA}."))
        })
    }

    fn operation(&mut self, operation: &Value) -> Result<(), Error> {
        let Value::Object(operation) = operation else {
            return Err(Error::invalid_syntax("Each operation must be a JSON object."));
        };
        let action = Action { op: self.op(operation)?, value: get(operation, "value") };
        match get(operation, "path") {
            None | Some(Value::Null) => self.without_path(action),
            Some(Value::String(path)) if path.is_empty() => self.without_path(action),
            Some(Value::String(path)) => self.with_path(action, path),
            Some(_) => Err(Error::invalid_path("\"path\" must be a string.")),
        }
    }

    fn op(&mut self, operation: &Map<String, Value>) -> Result<Op, Error> {
        let Some(word) = get(operation, "op").and_then(Value::as_str) else {
            return Err(Error::invalid_syntax("Each operation needs an \"op\": add, replace or remove."));
        };
        let op =
            [Op::Add, Op::Replace, Op::Remove].into_iter().find(|op| op.as_str().eq_ignore_ascii_case(word));
        let op = op.ok_or_else(|| {
            Error::invalid_syntax(format!("{} is not an operation; use add, replace or remove.", shown(word)))
        })?;
        if op.as_str() != word {
            // Entra's default dialect, "op": "Replace". Names are case-insensitive, so no mode refuses it.
            self.notes.note(Deviation::CapitalisedOp);
        }
        Ok(op)
    }

    /// Okta, `{"op":"replace","value":{"active":false}}`; Entra with `aadOptscim062020`, the same with dotted keys.
    fn without_path(&mut self, action: Action<'_>) -> Result<(), Error> {
        if action.op == Op::Remove {
            return Err(Error::no_target("A remove needs a \"path\" that says what to remove."));
        }
        self.notes.tolerate(Deviation::PathlessOperation, || {
            Error::invalid_path("Each operation needs a \"path\".")
        })?;
        let Some(Value::Object(members)) = action.value else {
            return Err(Error::invalid_value("An operation without \"path\" needs an object as \"value\"."));
        };
        for (key, value) in members {
            if key.contains('[') {
                self.with_path(Action { value: Some(value), ..action }, key)?;
            } else {
                self.key(action.op, key, value)?;
            }
        }
        Ok(())
    }

    fn key(&mut self, op: Op, key: &str, value: &Value) -> Result<(), Error> {
        if key.eq_ignore_ascii_case("id") {
            self.named_id = value.as_str().map(str::to_owned);
        }
        let assignments = assign::read(self.kind, key, value, Message::Patch, &mut self.notes)?;
        self.assign(op, assignments)?;
        Ok(())
    }

    fn assign(&mut self, op: Op, assignments: Vec<Assignment<'_>>) -> Result<(), Error> {
        assignments.into_iter().try_for_each(|assignment| {
            let path = PatchPath::whole(assignment.path);
            self.push(Operation { op, path, value: assignment.value })
        })
    }

    fn push(&mut self, operation: Operation) -> Result<(), Error> {
        if self.operations.len() == MAX_OPERATIONS {
            return Err(Error::invalid_syntax(format!(
                "A PATCH can have {MAX_OPERATIONS} operations at most, the attributes of a value without path counted; send the rest in another request."
            )));
        }
        self.operations.push(operation);
        Ok(())
    }

    fn with_path(&mut self, action: Action<'_>, text: &str) -> Result<(), Error> {
        // A URN as a whole comes first: OneLogin's `urn:scim:schemas:core:2.0` looks like an attribute "2.0".
        if let Some(owner) = self.kind.owner(text) {
            return self.whole_schema(action, owner, text);
        }
        let path = PatchPath::read(text, &mut self.notes)?;
        let full = AttrPath { sub: path.sub.clone(), ..path.attr.clone() };
        let Some(located) = self.kind.locate(&full) else {
            return self.unknown(action, path);
        };
        let attribute = located.attribute;
        if attribute.name == "schemas" {
            // `schemas` follows from the extensions that are there, whatever a client says about it.
            return self.notes.tolerate(Deviation::ReadOnlyInValue, || read_only_error(&located.path));
        }
        refuse_read_only(&located)?;
        if let Some(urn) = path.attr.schema.as_deref().filter(|urn| is_alias(self.kind, urn)) {
            self.notes.tolerate(Deviation::LegacyUrn, || resource::unknown_schema(urn))?;
        }
        if !located.is_kept() {
            // A password: accepted, never kept (Okta's password sync).
            return Ok(());
        }
        let value_filter = selection(&located, path.value_filter.as_ref(), &mut self.notes)?;
        let path = PatchPath { value_filter, ..PatchPath::whole(located.path) };
        self.at(action, Place { path, attribute, sub: located.sub })
    }

    /// The path is a schema URN and nothing else: `urn:…:enterprise:2.0:User`.
    fn whole_schema(&mut self, action: Action<'_>, owner: Owner<'a>, urn: &str) -> Result<(), Error> {
        match (action.op, owner) {
            (Op::Remove, Owner::Core) => {
                Err(Error::invalid_path(format!("{} names the whole resource; use DELETE.", shown(urn))))
            }
            (Op::Remove, Owner::Extension(schema)) => {
                let path = PatchPath::whole(AttrPath::of(&schema.id));
                self.push(Operation { op: Op::Remove, path, value: None })
            }
            (op, owner) => {
                let value = action.value.ok_or_else(|| needs_value(op))?;
                if let (Owner::Core, Value::Object(members)) = (owner, value) {
                    return members.iter().try_for_each(|(key, value)| self.key(op, key, value));
                }
                self.key(op, urn, value)
            }
        }
    }

    fn at(&mut self, action: Action<'_>, place: Place<'_>) -> Result<(), Error> {
        let value = match (action.op, action.value) {
            (Op::Remove, None) => None,
            (Op::Remove, Some(listed)) => self.listed(&place, listed)?,
            (op, None) => return Err(needs_value(op)),
            (op, Some(value)) => {
                refuse_unclear_members(place.attribute, value)?;
                if let Value::Object(parts) = value
                    && place.sub.is_none()
                    && place.attribute.merges()
                {
                    let parts =
                        assign::read_parts(&place.path.attr, place.attribute, parts, &mut self.notes)?;
                    self.assign(op, parts)?;
                    return Ok(());
                }
                self.value(&place, value)?
            }
        };
        self.push(Operation { op: action.op, path: place.path, value })
    }

    fn value(&mut self, place: &Place<'_>, value: &Value) -> Result<Option<Value>, Error> {
        match (place.sub, &place.path.value_filter) {
            (Some(sub), _) => value::read_part(place.attribute, sub, value, &mut self.notes),
            (None, Some(_)) => {
                // One element is meant, even if it comes in an array.
                let element = match value {
                    Value::Array(elements) if elements.len() == 1 => elements.first().unwrap_or(value),
                    other => other,
                };
                value::read_element(place.attribute, element, &mut self.notes)
            }
            (None, None) => value::read(place.attribute, value, &mut self.notes),
        }
    }

    /// The elements that a remove lists. Entra's default dialect and JumpCloud:
    /// `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"usr_77"}]}`.
    ///
    /// A list that names nothing is an error and never "all": reading it as the RFC would empties the group.
    fn listed(&mut self, place: &Place<'_>, listed: &Value) -> Result<Option<Value>, Error> {
        let selects_all = place.sub.is_none() && place.path.value_filter.is_none();
        if !selects_all || !place.attribute.multi_valued {
            return Ok(None);
        }
        let name = &place.attribute.name;
        let unclear = || {
            Error::invalid_value(format!(
                "The remove on {name} has a \"value\" that does not say which elements."
            ))
        };
        self.notes.tolerate(Deviation::RemoveWithValue, || {
            Error::invalid_value(format!(
                "A remove has no \"value\"; use a path such as {name}[value eq \"…\"]."
            ))
        })?;
        match value::read(place.attribute, listed, &mut self.notes)? {
            Some(listed) => Ok(Some(listed)),
            None => Err(unclear()),
        }
    }

    /// The same where no schema says whether the attribute has elements: an array, which an attribute without elements
    /// does not look at.
    fn listed_verbatim(&mut self, path: &PatchPath, listed: &Value) -> Result<Option<Value>, Error> {
        if path.sub.is_some() || path.attr.sub.is_some() || path.value_filter.is_some() {
            return Ok(None);
        }
        self.notes.tolerate(Deviation::RemoveWithValue, || {
            Error::invalid_value(format!("A remove has no \"value\"; {} has one.", path.attr))
        })?;
        Ok(Some(match value::verbatim(listed) {
            None => Value::Array(Vec::new()),
            Some(Value::Array(elements)) => Value::Array(elements),
            Some(single) => Value::Array(vec![single]),
        }))
    }

    /// A path that no schema has. In an extension that is not known here it is kept; in this one's own schemas it is
    /// a mistake, and answering 2xx would hide it.
    fn unknown(&mut self, action: Action<'_>, path: PatchPath) -> Result<(), Error> {
        let refusal = || Error::invalid_path(format!("There is no attribute {}.", shown(&path.to_string())));
        let deviation = match path.attr.schema.as_deref().map(|urn| self.kind.owner(urn)) {
            None | Some(Some(Owner::Core)) => return Err(refusal()),
            Some(Some(Owner::Extension(schema))) if schema.attribute(&path.attr.attribute).is_some() => {
                return Err(refusal());
            }
            Some(Some(Owner::Extension(_))) => Deviation::UnknownAttribute,
            // The core schema of another resource type is no extension.
            Some(None) if path.attr.to_string().to_ascii_lowercase().starts_with(CORE_SCHEMAS) => {
                return Err(refusal());
            }
            Some(None) => Deviation::UnknownSchema,
        };
        self.notes.tolerate(deviation, refusal)?;
        let path = if deviation == Deviation::UnknownSchema {
            as_extension(self.kind, path, action.value)
        } else {
            path
        };
        let value = match (action.op, action.value) {
            (Op::Remove, None) => None,
            (Op::Remove, Some(listed)) => self.listed_verbatim(&path, listed)?,
            (op, None) => return Err(needs_value(op)),
            (_, Some(value)) => value::verbatim(value),
        };
        self.push(Operation { op: action.op, path: self.canonical_schema(path), value })
    }

    fn canonical_schema(&self, mut path: PatchPath) -> PatchPath {
        if let Some(urn) = &mut path.attr.schema
            && let Some(schema) = self.kind.extension(urn)
        {
            urn.clone_from(&schema.id);
        }
        path
    }
}

/// A place that the schema has.
struct Place<'a> {
    path: PatchPath,
    attribute: &'a Attribute,
    sub: Option<&'a Attribute>,
}

/// `urn:…:2.0:User`, an extension that is not known here, looks like an attribute "User" of another one. The URNs of
/// extensions end in what they extend, and an extension as a whole has an object as its value.
fn as_extension(kind: &ResourceType, path: PatchPath, value: Option<&Value>) -> PatchPath {
    let AttrPath { schema, attribute, sub } = &path.attr;
    let is_whole = path.value_filter.is_none() && path.sub.is_none() && sub.is_none();
    match (schema, value) {
        (Some(urn), Some(Value::Object(_))) if is_whole && attribute.eq_ignore_ascii_case(&kind.id) => {
            PatchPath::whole(AttrPath::of(&format!("{urn}:{attribute}")))
        }
        _ => path,
    }
}

fn refuse_read_only(located: &Located<'_>) -> Result<(), Error> {
    let mut named = [Some(located.attribute), located.sub].into_iter().flatten();
    match named.any(|attribute| attribute.mutability == Mutability::ReadOnly) {
        true => Err(read_only_error(&located.path)),
        false => Ok(()),
    }
}

/// The filter of a path, checked against the attribute whose elements it selects.
fn selection(
    located: &Located<'_>,
    filter: Option<&Filter>,
    notes: &mut Notes,
) -> Result<Option<Filter>, Error> {
    match filter {
        None => Ok(None),
        Some(filter) if located.attribute.multi_valued => {
            check_element(filter, located.attribute, notes).map(Some)
        }
        Some(_) => Err(Error::invalid_path(format!("{} has no elements to select from.", located.path))),
    }
}

fn is_alias(kind: &ResourceType, urn: &str) -> bool {
    is_urn(urn)
        && kind.owner(urn).is_some_and(|owner| match owner {
            Owner::Core => !kind.schema.id.eq_ignore_ascii_case(urn),
            Owner::Extension(schema) => !schema.id.eq_ignore_ascii_case(urn),
        })
}

fn needs_value(op: Op) -> Error {
    Error::invalid_value(format!("The {} operation needs a \"value\".", op.as_str()))
}
