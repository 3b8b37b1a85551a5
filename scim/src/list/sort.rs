//! The order of `sortBy` (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use serde_json::{Number, Value};

use crate::Document;
use crate::filter::{fold, parse_date};
use crate::path::AttrPath;
use crate::schema::{ResourceType, Type};

/// What a resource is sorted by. Keys of the same attribute compare as its type does; no value comes last.
#[derive(Clone, Debug, PartialEq)]
pub enum SortKey {
    /// Text, folded unless case matters.
    Text(String),
    /// A number.
    Number(Number),
    /// `false` before `true`.
    Boolean(bool),
    /// A point in time, in nanoseconds since 1970.
    Time(i128),
    /// No value.
    Absent,
}

/// The key of a resource for the canonical path of [`ListQuery::sort_by`](super::ListQuery::sort_by). A multi-valued
/// attribute is sorted by its primary value, or else by its first.
pub fn sort_key(kind: &ResourceType, path: &AttrPath, doc: &Document) -> SortKey {
    let Some(located) = kind.locate(path) else {
        return SortKey::Absent;
    };
    let holder = match &located.path.schema {
        None => Some(doc),
        Some(urn) => doc.get(urn).and_then(Value::as_object),
    };
    let value = holder.and_then(|holder| holder.get(&located.path.attribute)).and_then(preferred);
    let value = match &located.path.sub {
        None => value,
        Some(sub) => value.and_then(|value| value.get(sub)),
    };
    let leaf = located.leaf();
    match value {
        Some(Value::String(text)) if leaf.kind == Type::DateTime => {
            parse_date(text).map_or(SortKey::Absent, |time| SortKey::Time(time.unix_timestamp_nanos()))
        }
        Some(Value::String(text)) if leaf.case_exact => SortKey::Text(text.clone()),
        Some(Value::String(text)) => SortKey::Text(fold(text)),
        Some(Value::Number(number)) => SortKey::Number(number.clone()),
        Some(Value::Bool(flag)) => SortKey::Boolean(*flag),
        _ => SortKey::Absent,
    }
}

/// How two keys compare. Keys of different types, which only a broken document has, count as equal.
pub fn compare_keys(left: &SortKey, right: &SortKey) -> Ordering {
    match (left, right) {
        (SortKey::Text(left), SortKey::Text(right)) => left.cmp(right),
        (SortKey::Boolean(left), SortKey::Boolean(right)) => left.cmp(right),
        (SortKey::Time(left), SortKey::Time(right)) => left.cmp(right),
        (SortKey::Number(left), SortKey::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => left.cmp(&right),
            _ => left.as_f64().partial_cmp(&right.as_f64()).unwrap_or(Ordering::Equal),
        },
        (SortKey::Absent, SortKey::Absent) => Ordering::Equal,
        (SortKey::Absent, _) => Ordering::Greater,
        (_, SortKey::Absent) => Ordering::Less,
        _ => Ordering::Equal,
    }
}

fn preferred(value: &Value) -> Option<&Value> {
    match value {
        Value::Array(elements) => elements
            .iter()
            .find(|element| element.get("primary") == Some(&Value::Bool(true)))
            .or_else(|| elements.first()),
        single => Some(single),
    }
}
