//! One operation of a patch: where it is, and what happens there (RFC 7644 §3.5.2.1–3).

use serde_json::{Map, Value};

use super::{Op, Operation, elements};
use crate::Document;
use crate::dialect::{Deviation, Mode};
use crate::error::Error;
use crate::filter::{Filter, matches_element};
use crate::path::PatchPath;
use crate::resource::value::demote_primaries;
use crate::resource::{empty_object, holder_of, key_in, limits};
use crate::schema::{Attribute, ResourceType};

/// One operation on its way into a document.
pub(super) struct Edit<'a> {
    pub(super) kind: &'a ResourceType,
    pub(super) operation: &'a Operation,
    pub(super) mode: Mode,
}

impl<'a> Edit<'a> {
    /// Makes the change, and says what it tolerated. After an error the document may be half changed.
    pub(super) fn apply(&self, doc: &mut Document) -> Result<Option<Deviation>, Error> {
        let attr = &self.path().attr;
        if let Some(urn) = self.whole_extension(doc) {
            return self.on_attribute(doc, urn).map(|()| None);
        }
        let unusable = || Error::invalid_path(format!("{attr} is inside something that is not an object."));
        let holder = holder_of(doc, attr).ok_or_else(unusable)?;
        let result = self.apply_in(holder);
        // An extension without attributes is not there.
        if let Some(urn) = &attr.schema {
            let key = key_in(doc, urn);
            if doc.get(&key).and_then(Value::as_object).is_some_and(Map::is_empty) {
                doc.shift_remove(&key);
            }
        }
        result
    }

    /// The extension that is there, that no schema describes, and whose whole URN is the path: it reads like an attribute
    /// of another extension.
    fn whole_extension(&self, doc: &Document) -> Option<String> {
        let path = self.path();
        let urn = path.attr.schema.as_deref().filter(|urn| self.kind.owner(urn).is_none())?;
        let key = key_in(doc, &format!("{urn}:{}", path.attr.attribute));
        let is_whole = path.value_filter.is_none() && path.sub.is_none();
        (is_whole && doc.get(&key).is_some_and(Value::is_object)).then_some(key)
    }

    fn apply_in(&self, holder: &mut Document) -> Result<Option<Deviation>, Error> {
        if self.operation.op == Op::Add && self.operation.value.is_none() {
            return Ok(None);
        }
        let key = key_in(holder, &self.path().attr.attribute);
        match (&self.path().value_filter, &self.path().sub) {
            (None, None) => self.on_attribute(holder, key).map(|()| None),
            (None, Some(sub)) => self.on_part(holder, key, sub).map(|()| None),
            (Some(filter), sub) => self.on_selection(holder, key, filter, sub.as_deref()),
        }
    }

    /// `members`, `title`.
    fn on_attribute(&self, holder: &mut Document, key: String) -> Result<(), Error> {
        match (self.operation.op, &self.operation.value) {
            (_, None) => drop(holder.shift_remove(&key)),
            (Op::Remove, Some(listed)) => self.remove_listed(holder, &key, listed)?,
            (Op::Add, Some(value)) => match holder.get_mut(&key) {
                Some(existing) => self.add(existing, value)?,
                None => drop(holder.insert(key, value.clone())),
            },
            (Op::Replace, Some(value)) => match (holder.get_mut(&key), value) {
                (Some(Value::Object(existing)), Value::Object(parts)) if self.merges() => {
                    existing.extend(parts.clone());
                }
                _ => drop(holder.insert(key, value.clone())),
            },
        }
        Ok(())
    }

    fn add(&self, existing: &mut Value, value: &Value) -> Result<(), Error> {
        match (existing, value) {
            (Value::Array(elements), Value::Array(added)) => self.add_elements(elements, added),
            (Value::Object(existing), Value::Object(parts)) if self.merges() => {
                existing.extend(parts.clone());
                Ok(())
            }
            (existing, value) => {
                *existing = value.clone();
                Ok(())
            }
        }
    }

    /// Adds elements that are not there yet; the last primary one among them becomes the primary one.
    fn add_elements(&self, elements: &mut Vec<Value>, added: &[Value]) -> Result<(), Error> {
        let attribute = self.attribute();
        for element in added {
            let known = elements.iter().position(|existing| elements::is_same(attribute, existing, element));
            let index = match known.and_then(|index| elements.get_mut(index).map(|it| (index, it))) {
                Some((index, existing)) => {
                    elements::merge(existing, element);
                    index
                }
                None => {
                    elements.push(element.clone());
                    elements.len() - 1
                }
            };
            if element.get("primary") == Some(&Value::Bool(true)) {
                demote_primaries(elements, index);
            }
        }
        self.check_number(elements)
    }

    fn check_number(&self, elements: &[Value]) -> Result<(), Error> {
        let is_membership = self.attribute().is_some_and(Attribute::holds_references);
        if elements.len() > limits::MAX_VALUES && !is_membership {
            return Err(Error::invalid_value(format!(
                "{} would have more than {} values.",
                self.path().attr,
                limits::MAX_VALUES
            )));
        }
        Ok(())
    }

    fn remove_listed(&self, holder: &mut Document, key: &str, listed: &Value) -> Result<(), Error> {
        let (elements, listed) = match (holder.get_mut(key), listed) {
            (Some(Value::Array(elements)), Value::Array(listed)) => (elements, listed),
            // Without a schema only what is there says whether there are elements to choose from.
            (Some(_), _) if self.attribute().is_none() => {
                holder.shift_remove(key);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if listed.is_empty() {
            let place = &self.path().attr;
            return Err(Error::invalid_value(format!(
                "The remove on {place} has a \"value\" that does not say which elements."
            )));
        }
        elements
            .retain(|element| !listed.iter().any(|wanted| elements::fits(self.attribute(), element, wanted)));
        if elements.is_empty() {
            holder.shift_remove(key);
        }
        Ok(())
    }

    /// `name.givenName`, or `emails.type` for every element.
    fn on_part(&self, holder: &mut Document, key: String, sub: &str) -> Result<(), Error> {
        match self.new_value() {
            Some(value) => self.set_part(holder, key, sub, value),
            None => {
                self.remove_part(holder, &key, sub);
                Ok(())
            }
        }
    }

    fn set_part(&self, holder: &mut Document, key: String, sub: &str, value: &Value) -> Result<(), Error> {
        let many = self.attribute().is_some_and(|attribute| attribute.multi_valued);
        let fresh = if many { Value::Array(vec![empty_object()]) } else { empty_object() };
        let existing = holder.entry(key).or_insert_with(|| fresh.clone());
        // Kept before there was a schema, in a shape that it does not have.
        if self.attribute().is_some() && !existing.is_object() && !existing.is_array() {
            *existing = fresh;
        }
        match existing {
            Value::Array(elements) => {
                let all: Vec<usize> = (0..elements.len()).collect();
                elements::set_part(elements, &all, sub, value);
            }
            Value::Object(parts) => elements::insert_part(parts, sub, value),
            _ => return Err(Error::invalid_path(format!("{} has no parts.", self.path().attr))),
        }
        Ok(())
    }

    fn remove_part(&self, holder: &mut Document, key: &str, sub: &str) {
        let Some(existing) = holder.get_mut(key) else { return };
        match existing {
            Value::Array(elements) => {
                let all: Vec<usize> = (0..elements.len()).collect();
                elements::remove_part(self.attribute(), elements, &all, sub);
            }
            // Without its `value`, `manager` is nobody, whatever its `$ref`.
            Value::Object(parts) if sub == "value" && self.attribute().is_some() => parts.clear(),
            Value::Object(parts) => drop(parts.shift_remove(&key_in(parts, sub))),
            _ => {}
        }
        if elements::is_empty(existing) {
            holder.shift_remove(key);
        }
    }

    /// `emails[type eq "work"]`, `emails[type eq "work"].value`.
    fn on_selection(
        &self,
        holder: &mut Document,
        key: String,
        filter: &Filter,
        sub: Option<&str>,
    ) -> Result<Option<Deviation>, Error> {
        let attribute = self.attribute();
        let mut nothing = Vec::new();
        let elements = match holder.get_mut(&key) {
            Some(Value::Array(elements)) => elements,
            _ => &mut nothing,
        };
        let selected: Vec<usize> = elements
            .iter()
            .enumerate()
            .filter(|(_, element)| matches_element(filter, attribute, element))
            .map(|(index, _)| index)
            .collect();
        let is_removal = self.operation.op == Op::Remove;
        let mut tolerated = None;
        match (self.new_value(), sub) {
            (None, _) if selected.is_empty() && is_removal && self.mode == Mode::Strict => {
                return Err(self.no_target());
            }
            // A client that repeats a PATCH whose answer it did not hear has nothing left to remove.
            (None, _) if selected.is_empty() => {
                tolerated = is_removal.then_some(Deviation::NothingToRemove);
            }
            (None, Some(sub)) => elements::remove_part(attribute, elements, &selected, sub),
            (None, None) => elements::remove_selected(elements, &selected),
            (Some(value), sub) if selected.is_empty() => {
                elements.push(self.element_from(filter, sub, value)?);
                let last = elements.len() - 1;
                elements::settle_primary(elements, &[last]);
                self.check_number(elements)?;
                tolerated = Some(Deviation::CreatedByFilter);
            }
            (Some(value), Some(sub)) => elements::set_part(elements, &selected, sub, value),
            (Some(value), None) => self.set_elements(elements, &selected, filter, value),
        }
        if !nothing.is_empty() {
            holder.insert(key, Value::Array(nothing));
        } else if holder.get(&key).is_some_and(elements::is_empty) {
            holder.shift_remove(&key);
        }
        Ok(tolerated)
    }

    fn set_elements(&self, elements: &mut [Value], selected: &[usize], filter: &Filter, value: &Value) {
        for &index in selected {
            let Some(element) = elements.get_mut(index) else { continue };
            if self.operation.op == Op::Add {
                elements::merge(element, value);
                continue;
            }
            *element = value.clone();
            // A replacement without the `type` by which it was found would not be found again.
            if let (Value::Object(parts), Some(described)) = (element, elements::described(filter)) {
                for (name, literal) in described {
                    parts.entry(name).or_insert(literal);
                }
            }
        }
        elements::settle_primary(elements, selected);
    }

    /// Makes the element that a filter describes and did not find. Entra's Add and Replace on
    /// `emails[type eq "work"].value` expect it (Microsoft's SCIM validator too).
    fn element_from(&self, filter: &Filter, sub: Option<&str>, value: &Value) -> Result<Value, Error> {
        let may_create = sub.is_some() || self.operation.op == Op::Add;
        let described = elements::described(filter).filter(|_| may_create && self.mode == Mode::Tolerant);
        let mut element = Map::from_iter(described.ok_or_else(|| self.no_target())?);
        match (sub, value) {
            (Some(sub), value) => {
                let key = key_in(&element, sub);
                element.insert(key, value.clone());
            }
            (None, Value::Object(parts)) => element.extend(parts.clone()),
            (None, scalar) => return Ok(scalar.clone()),
        }
        Ok(Value::Object(element))
    }

    fn no_target(&self) -> Error {
        Error::no_target(format!("{} finds nothing in the resource.", self.path()))
    }

    /// The value to set; `None` takes the value away.
    fn new_value(&self) -> Option<&'a Value> {
        match self.operation.op {
            Op::Remove => None,
            Op::Add | Op::Replace => self.operation.value.as_ref(),
        }
    }

    /// Whether an object is put over the one that is there. What no schema describes is taken as one that does.
    fn merges(&self) -> bool {
        self.attribute().is_none_or(Attribute::merges)
    }

    fn path(&self) -> &'a PatchPath {
        &self.operation.path
    }

    fn attribute(&self) -> Option<&'a Attribute> {
        self.kind.locate(&self.path().attr).map(|located| located.attribute)
    }
}
