//! A value as its attribute has it: the right type, canonical names inside, nothing empty.
//!
//! Text stays as it was sent, for a provider that reads back something else sends it again in every cycle.

use std::borrow::Cow;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::{Map, Number, Value};

use super::limits;
use crate::dialect::{Deviation, Notes};
use crate::error::{Error, shown};
use crate::filter::parse_date;
use crate::schema::{Attribute, Mutability, Type};

/// RFC 7643 §2.3.6: base64 as in RFC 4648 §4, of which the padding may be left out.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads the whole value of an attribute: an array if it is multi-valued. `None` means that there is no value.
pub(crate) fn read(attribute: &Attribute, value: &Value, notes: &mut Notes) -> Result<Option<Value>, Error> {
    Reader { attribute, place: &attribute.name, notes }.whole(value)
}

/// Reads what one element of a multi-valued attribute is to become. An object may hold some parts only.
pub(crate) fn read_element(
    attribute: &Attribute,
    value: &Value,
    notes: &mut Notes,
) -> Result<Option<Value>, Error> {
    let mut reader = Reader { attribute, place: &attribute.name, notes };
    match value {
        Value::Object(parts) if attribute.is_complex() => {
            let parts = reader.unpacked(parts)?;
            let read = reader.parts(&parts)?;
            Ok((!read.is_empty()).then_some(Value::Object(read)))
        }
        other => reader.single(other),
    }
}

/// Reads the value of a sub-attribute.
pub(crate) fn read_part(
    attribute: &Attribute,
    sub: &Attribute,
    value: &Value,
    notes: &mut Notes,
) -> Result<Option<Value>, Error> {
    let place = format!("{}.{}", attribute.name, sub.name);
    Reader { attribute: sub, place: &place, notes }.whole(value)
}

/// A value that no schema describes, as it was sent but without nulls and empty arrays.
pub(crate) fn verbatim(value: &Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Array(elements) => {
            let kept: Vec<Value> = elements.iter().filter_map(verbatim).collect();
            (!kept.is_empty()).then_some(Value::Array(kept))
        }
        Value::Object(parts) => {
            let kept: Map<String, Value> = parts
                .iter()
                .filter_map(|(name, part)| verbatim(part).map(|part| (name.clone(), part)))
                .collect();
            (!kept.is_empty()).then_some(Value::Object(kept))
        }
        scalar => Some(scalar.clone()),
    }
}

/// Keeps `primary: true` on one element only, the one that `keep` chooses among those that have it.
pub(crate) fn demote_primaries(elements: &mut [Value], keep: usize) {
    for (index, element) in elements.iter_mut().enumerate() {
        if index != keep
            && let Some(primary) = element.get_mut("primary")
            && *primary == Value::Bool(true)
        {
            *primary = Value::Bool(false);
        }
    }
}

/// Where the primary elements are.
pub(crate) fn primaries(elements: &[Value]) -> Vec<usize> {
    let is_primary = |element: &Value| element.get("primary") == Some(&Value::Bool(true));
    elements.iter().enumerate().filter(|(_, element)| is_primary(element)).map(|(index, _)| index).collect()
}

/// Whether an element has labels only, such as `{"type": "work"}`: it says nothing.
pub(crate) fn is_hollow(attribute: &Attribute, element: &Map<String, Value>) -> bool {
    let is_label = |name: &str| matches!(name, "type" | "primary");
    element.keys().all(|name| is_label(name))
        && !attribute.sub_attributes.iter().all(|sub| is_label(&sub.name))
}

struct Reader<'a> {
    attribute: &'a Attribute,
    /// What errors call it: `emails.value`.
    place: &'a str,
    notes: &'a mut Notes,
}

impl Reader<'_> {
    fn whole(&mut self, value: &Value) -> Result<Option<Value>, Error> {
        match (self.attribute.multi_valued, value) {
            (_, Value::Null) => Ok(None),
            (true, Value::Array(elements)) => self.elements(elements),
            (true, single) => {
                self.tolerate(Deviation::SingleForArray, "an array")?;
                self.elements(std::slice::from_ref(single))
            }
            (false, Value::Array(elements)) => match elements.as_slice() {
                [] => Ok(None),
                [only] if !only.is_array() => {
                    self.tolerate(Deviation::ArrayForSingle, "a single value")?;
                    self.single(only)
                }
                _ => Err(self.wrong(value)),
            },
            (false, single) => self.single(single),
        }
    }

    fn elements(&mut self, elements: &[Value]) -> Result<Option<Value>, Error> {
        let mut read = Vec::with_capacity(elements.len());
        for element in elements {
            match self.single(element)? {
                Some(element) => read.push(element),
                // An element that names no one must not silently shorten a list of members.
                None if self.attribute.holds_references() => return Err(self.nameless()),
                None => {}
            }
        }
        if read.len() > limits::MAX_VALUES && !self.attribute.holds_references() {
            return Err(Error::invalid_value(format!(
                "{} has more than {} values.",
                self.place,
                limits::MAX_VALUES
            )));
        }
        self.keep_one_primary(&mut read)?;
        Ok((!read.is_empty()).then_some(Value::Array(read)))
    }

    /// RFC 7643 §2.4: `primary` is true at most once.
    fn keep_one_primary(&mut self, elements: &mut [Value]) -> Result<(), Error> {
        if let [first, _, ..] = primaries(elements).as_slice() {
            let place = self.place;
            self.notes.tolerate(Deviation::ManyPrimaries, || {
                Error::invalid_value(format!("{place} has more than one primary value."))
            })?;
            demote_primaries(elements, *first);
        }
        Ok(())
    }

    fn single(&mut self, value: &Value) -> Result<Option<Value>, Error> {
        match value {
            Value::Null => Ok(None),
            Value::String(text) if text.is_empty() => {
                // OneLogin's empty macros.
                self.notes.note(Deviation::EmptyString);
                Ok(None)
            }
            value if self.attribute.is_complex() => self.complex(value),
            value => self.scalar(value).map(Some),
        }
    }

    fn complex(&mut self, value: &Value) -> Result<Option<Value>, Error> {
        match value {
            Value::Object(parts) => {
                let parts = self.unpacked(parts)?;
                self.element(&parts)
            }
            Value::String(text) => match self.packed(text) {
                Some(parts) => {
                    self.tolerate(Deviation::JsonInString, "an object")?;
                    self.element(&parts)
                }
                None => self.lone_value(value),
            },
            Value::Number(_) => self.lone_value(value),
            _ => Err(self.wrong(value)),
        }
    }

    /// A bare value for the `value` part. Entra, `"manager": "usr_412"`.
    fn lone_value(&mut self, value: &Value) -> Result<Option<Value>, Error> {
        if self.attribute.sub_attribute("value").is_none() {
            return Err(self.wrong(value));
        }
        self.tolerate(Deviation::StringForComplex, "an object")?;
        let parts = Map::from_iter([("value".to_owned(), value.clone())]);
        self.element(&parts)
    }

    /// Entra without `aadOptscim062020`: `{"value": "{\"id\":…,\"value\":\"25\",\"displayName\":…}"}`.
    fn unpacked<'p>(&mut self, parts: &'p Map<String, Value>) -> Result<Cow<'p, Map<String, Value>>, Error> {
        let text = super::get(parts, "value").and_then(Value::as_str);
        let Some(inner) = text.and_then(|text| self.packed(text)) else {
            return Ok(Cow::Borrowed(parts));
        };
        self.tolerate(Deviation::JsonInString, "plain sub-attributes")?;
        let mut all = parts.clone();
        all.retain(|name, _| !name.eq_ignore_ascii_case("value"));
        all.extend(inner);
        Ok(Cow::Owned(all))
    }

    /// A role as JSON in a string. Its `displayName` is what the schema calls `display`.
    fn packed(&self, text: &str) -> Option<Map<String, Value>> {
        if self.attribute.name != "roles" || !text.trim_start().starts_with('{') {
            return None;
        }
        let Ok(Value::Object(mut parts)) = serde_json::from_str::<Value>(text) else {
            return None;
        };
        limits::check(&parts).ok()?;
        if !parts.contains_key("display")
            && let Some(name) = parts.shift_remove("displayName")
        {
            parts.insert("display".to_owned(), name);
        }
        Some(parts)
    }

    /// A complex value as a whole.
    fn element(&mut self, parts: &Map<String, Value>) -> Result<Option<Value>, Error> {
        let read = self.parts(parts)?;
        self.check_identity(&read)?;
        let says_nothing =
            if self.attribute.multi_valued { is_hollow(self.attribute, &read) } else { read.is_empty() };
        Ok((!says_nothing).then_some(Value::Object(read)))
    }

    fn parts(&mut self, parts: &Map<String, Value>) -> Result<Map<String, Value>, Error> {
        let mut read = Map::new();
        for (name, value) in parts {
            let Some(sub) = self.attribute.sub_attribute(name) else {
                self.unknown_part(&mut read, name, value)?;
                continue;
            };
            if sub.mutability == Mutability::ReadOnly || !sub.is_kept() {
                continue;
            }
            if let Some(value) = read_part(self.attribute, sub, value, self.notes)? {
                read.insert(sub.name.clone(), value);
            }
        }
        Ok(read)
    }

    fn unknown_part(
        &mut self,
        read: &mut Map<String, Value>,
        name: &str,
        value: &Value,
    ) -> Result<(), Error> {
        let Some(value) = verbatim(value) else {
            return Ok(());
        };
        let place = self.place;
        self.notes.tolerate(Deviation::UnknownAttribute, || {
            Error::invalid_syntax(format!("{place} has no sub-attribute {}.", shown(name)))
        })?;
        read.insert(name.to_owned(), value);
        Ok(())
    }

    fn check_identity(&self, read: &Map<String, Value>) -> Result<(), Error> {
        if self.attribute.holds_references() && !read.contains_key("value") {
            return Err(self.nameless());
        }
        let missing =
            self.attribute.sub_attributes.iter().find(|sub| sub.required && !read.contains_key(&sub.name));
        match missing {
            Some(sub) if !read.is_empty() => Err(Error::invalid_value(format!(
                "{}.{} is required and has no value.",
                self.place, sub.name
            ))),
            _ => Ok(()),
        }
    }

    fn scalar(&mut self, value: &Value) -> Result<Value, Error> {
        match (self.attribute.kind, value) {
            (Type::Boolean, Value::Bool(_)) => Ok(value.clone()),
            (Type::Boolean, Value::String(text)) => self.boolean_in_string(text, value),
            (Type::Integer, Value::Number(number)) if !number.is_f64() => Ok(value.clone()),
            (Type::Decimal, Value::Number(_)) => Ok(value.clone()),
            (Type::Integer | Type::Decimal, Value::String(text)) => self.number_in_string(text, value),
            (Type::Boolean | Type::Integer | Type::Decimal | Type::Complex, _) => Err(self.wrong(value)),
            (_, Value::String(text)) => self.text(text),
            // What was sent is gone: another text would be kept for it.
            (_, Value::Number(number)) if number.is_f64() => Err(Error::invalid_value(format!(
                "{} must be a string: a number with a fraction or of more than 64 bits cannot be kept as it was sent.",
                self.place
            ))),
            (_, Value::Number(_) | Value::Bool(_)) => {
                self.tolerate(Deviation::ScalarForString, "a string")?;
                self.text(&value.to_string())
            }
            _ => Err(self.wrong(value)),
        }
    }

    fn text(&mut self, text: &str) -> Result<Value, Error> {
        let longest = limits::longest(self.place);
        if text.len() > longest {
            return Err(Error::invalid_value(format!("{} is longer than {longest} bytes.", self.place)));
        }
        if self.attribute.kind == Type::DateTime && parse_date(text).is_none() {
            return Err(Error::invalid_value(format!(
                "{} must be a date and time such as 2026-01-31T12:00:00Z, not {}.",
                self.place,
                shown(text)
            )));
        }
        if self.attribute.kind == Type::Binary && BASE64.decode(text).is_err() {
            self.tolerate(Deviation::NotBase64, "base64")?;
        }
        Ok(Value::String(text.to_owned()))
    }

    /// Entra's default dialect, `"active": "False"`.
    fn boolean_in_string(&mut self, text: &str, value: &Value) -> Result<Value, Error> {
        let flag = match text {
            text if text.eq_ignore_ascii_case("true") => true,
            text if text.eq_ignore_ascii_case("false") => false,
            _ => return Err(self.wrong(value)),
        };
        self.tolerate(Deviation::StringBoolean, "true or false without quotes")?;
        Ok(Value::Bool(flag))
    }

    fn number_in_string(&mut self, text: &str, value: &Value) -> Result<Value, Error> {
        let number: Number = serde_json::from_str(text.trim()).map_err(|_| self.wrong(value))?;
        if self.attribute.kind == Type::Integer && number.is_f64() {
            return Err(self.wrong(value));
        }
        self.tolerate(Deviation::StringNumber, "a number without quotes")?;
        Ok(Value::Number(number))
    }

    fn tolerate(&mut self, deviation: Deviation, wanted: &str) -> Result<(), Error> {
        let place = self.place;
        self.notes.tolerate(deviation, || Error::invalid_value(format!("{place} must be {wanted}.")))
    }

    fn nameless(&self) -> Error {
        Error::invalid_value(format!("{}: each element needs a value, the id of a resource.", self.place))
    }

    fn wrong(&self, value: &Value) -> Error {
        let wanted = match self.attribute.kind {
            _ if self.attribute.multi_valued && value.is_array() => "an array of single values",
            Type::String | Type::Binary => "a string",
            Type::Reference => "a URI",
            Type::Boolean => "true or false",
            Type::Integer => "a whole number",
            Type::Decimal => "a number",
            Type::DateTime => "a date and time",
            Type::Complex => "an object",
        };
        let found = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::String(text) => shown(text),
            Value::Array(_) => "an array".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        Error::invalid_value(format!("{} must be {wanted}, not {found}.", self.place))
    }
}
