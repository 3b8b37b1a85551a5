//! A filter against a document.

use std::cmp::Ordering;

use serde_json::{Number, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{CompareOp, Filter, Literal};
use crate::Document;
use crate::path::AttrPath;
use crate::resource::get;
use crate::schema::{Attribute, ResourceType, Type};

/// Whether a resource fulfils a filter that [`check`](super::check) has resolved.
///
/// The document is the whole resource: `id` and `meta` are compared only if they are in it. A path that the schema
/// does not have matches nothing.
pub fn matches(filter: &Filter, kind: &ResourceType, doc: &Document) -> bool {
    evaluate(filter, &Subject::Resource(kind, doc))
}

/// Whether one element of a multi-valued attribute fulfils the filter of a value path.
///
/// Without an attribute (an extension that no schema describes) text is compared without case.
pub fn matches_element(filter: &Filter, attribute: Option<&Attribute>, element: &Value) -> bool {
    evaluate(filter, &Subject::Element(attribute, element))
}

/// What [`matches()`] may cost: the bytes that the comparisons of the filter look at, and a few for each value.
pub fn effort(filter: &Filter, kind: &ResourceType, doc: &Document) -> usize {
    effort_in(filter, &Subject::Resource(kind, doc))
}

/// Text as it is compared when case does not matter. Keys that a store computes must use it too.
///
/// Letter by letter, and not as a whole: `str::to_lowercase` makes another letter of a sigma at the end of a word, so
/// that a text would not start with its own beginning.
pub fn fold(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { folded(text).collect() }
}

/// Whether two texts are the same when case does not matter.
pub(crate) fn same_folded(left: &str, right: &str) -> bool {
    if left.is_ascii() && right.is_ascii() {
        return left.eq_ignore_ascii_case(right);
    }
    folded(left).eq(folded(right))
}

fn folded(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

/// Whether a value counts as present: not null, not empty, and for an object some part present (RFC 7643 §2.5).
pub(crate) fn is_present(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => elements.iter().any(is_present),
        Value::Object(parts) => parts.values().any(is_present),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// An RFC 3339 date and time; without an offset it is UTC.
pub fn parse_date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339))
        .ok()
}

/// What is looked at.
enum Subject<'a> {
    Resource(&'a ResourceType, &'a Document),
    Element(Option<&'a Attribute>, &'a Value),
}

/// The values that a path names, and the attribute that they are of.
struct Found<'a> {
    values: Vec<&'a Value>,
    attribute: Option<&'a Attribute>,
}

fn evaluate(filter: &Filter, subject: &Subject<'_>) -> bool {
    match filter {
        Filter::And(terms) => terms.iter().all(|term| evaluate(term, subject)),
        Filter::Or(terms) => terms.iter().any(|term| evaluate(term, subject)),
        Filter::Not(inner) => !evaluate(inner, subject),
        Filter::Present(path) => {
            subject.find(path).is_some_and(|found| found.values.iter().any(|value| is_present(value)))
        }
        Filter::Compare { path, op, value } => {
            subject.find(path).is_some_and(|found| found.compares(*op, value))
        }
        Filter::ValuePath { path, filter } => subject.find(path).is_some_and(|found| {
            found.values.iter().any(|element| matches_element(filter, found.attribute, element))
        }),
    }
}

fn effort_in(filter: &Filter, subject: &Subject<'_>) -> usize {
    const OF_ONE: usize = 16;
    let of_value = |value: &&Value| OF_ONE + value.as_str().map_or(0, str::len);
    match filter {
        Filter::And(terms) | Filter::Or(terms) => terms.iter().map(|term| effort_in(term, subject)).sum(),
        Filter::Not(inner) => effort_in(inner, subject),
        Filter::Present(path) | Filter::Compare { path, .. } => {
            subject.find(path).map_or(0, |found| found.values.iter().map(of_value).sum())
        }
        Filter::ValuePath { path, filter } => subject.find(path).map_or(0, |found| {
            let of_element =
                |element: &&Value| effort_in(filter, &Subject::Element(found.attribute, element));
            found.values.iter().map(of_element).sum()
        }),
    }
}

impl<'a> Subject<'a> {
    /// `None` if the schema has no such attribute.
    fn find(&self, path: &AttrPath) -> Option<Found<'a>> {
        match *self {
            Self::Resource(kind, doc) => {
                let located = kind.locate(path)?;
                let container = match &located.path.schema {
                    None => Some(doc),
                    Some(urn) => get(doc, urn).and_then(Value::as_object),
                };
                let value = container.and_then(|container| container.get(&located.path.attribute));
                let elements = value.into_iter().flat_map(elements);
                let values = match &located.path.sub {
                    None => elements.collect(),
                    Some(sub) => elements.filter_map(|element| element.get(sub)).collect(),
                };
                Some(Found { values, attribute: Some(located.sub.unwrap_or(located.attribute)) })
            }
            Self::Element(attribute, element) => {
                let is_itself = !element.is_object() && path.attribute.eq_ignore_ascii_case("value");
                let value = if is_itself { Some(element) } else { part(element, &path.attribute) };
                let attribute = match attribute {
                    Some(whole) if whole.is_complex() => Some(whole.sub_attribute(&path.attribute)?),
                    other => other,
                };
                Some(Found { values: value.into_iter().collect(), attribute })
            }
        }
    }
}

/// The sub-attribute of this name, in any case: an extension without schema has no canonical names.
fn part<'a>(element: &'a Value, name: &str) -> Option<&'a Value> {
    let parts = element.as_object()?;
    parts
        .get(name)
        .or_else(|| parts.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

fn elements(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(elements) => elements.iter(),
        single => std::slice::from_ref(single).iter(),
    }
}

impl Found<'_> {
    fn compares(&self, op: CompareOp, literal: &Literal) -> bool {
        match (op, literal) {
            (CompareOp::Eq, Literal::Null) => !self.is_present(),
            (CompareOp::Ne, Literal::Null) => self.is_present(),
            (CompareOp::Ne, literal) => !self.any(CompareOp::Eq, literal),
            (op, literal) => self.any(op, literal),
        }
    }

    fn is_present(&self) -> bool {
        self.values.iter().any(|value| is_present(value))
    }

    fn any(&self, op: CompareOp, literal: &Literal) -> bool {
        self.values.iter().any(|value| compare(op, value, literal, self.attribute))
    }
}

fn compare(op: CompareOp, value: &Value, literal: &Literal, attribute: Option<&Attribute>) -> bool {
    let is_date = attribute.is_some_and(|attribute| attribute.kind == Type::DateTime);
    match (value, literal) {
        (Value::String(value), Literal::String(literal)) if is_date && !op.is_substring() => {
            match (parse_date(value), parse_date(literal)) {
                (Some(value), Some(literal)) => holds(op, value.cmp(&literal)),
                _ => false,
            }
        }
        (Value::String(value), Literal::String(literal)) => {
            if attribute.is_some_and(|attribute| attribute.case_exact) {
                compare_text(op, value, literal)
            } else {
                compare_folded(op, value, literal)
            }
        }
        (Value::Number(value), Literal::Number(literal)) => {
            compare_numbers(value, literal).is_some_and(|ordering| holds(op, ordering))
        }
        (Value::Bool(value), Literal::Boolean(literal)) => op == CompareOp::Eq && value == literal,
        _ => false,
    }
}

fn compare_text(op: CompareOp, value: &str, literal: &str) -> bool {
    match op {
        CompareOp::Co => value.contains(literal),
        CompareOp::Sw => value.starts_with(literal),
        CompareOp::Ew => value.ends_with(literal),
        op => holds(op, value.cmp(literal)),
    }
}

fn compare_folded(op: CompareOp, value: &str, literal: &str) -> bool {
    match op {
        CompareOp::Eq => same_folded(value, literal),
        // Folding makes a text at most half as long again, or three times shorter (Kelvin's sign). What cannot be in
        // the value is not folded, so that a comparison costs no more than the value is long.
        op if op.is_substring() => {
            literal.len() <= 5 * value.len() && compare_text(op, &fold(value), &fold(literal))
        }
        op => holds(op, folded(value).cmp(folded(literal))),
    }
}

fn compare_numbers(value: &Number, literal: &Number) -> Option<Ordering> {
    if let (Some(value), Some(literal)) = (value.as_i64(), literal.as_i64()) {
        return Some(value.cmp(&literal));
    }
    value.as_f64()?.partial_cmp(&literal.as_f64()?)
}

/// Whether `value op literal`, given how they compare.
fn holds(op: CompareOp, ordering: Ordering) -> bool {
    match op {
        CompareOp::Eq => ordering.is_eq(),
        CompareOp::Ne => ordering.is_ne(),
        CompareOp::Gt => ordering.is_gt(),
        CompareOp::Ge => ordering.is_ge(),
        CompareOp::Lt => ordering.is_lt(),
        CompareOp::Le => ordering.is_le(),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => false,
    }
}
