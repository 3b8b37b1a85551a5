//! The order of `sortBy` (RFC 7644 §3.4.2.3).

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::Document;
use crate::filter::{fold, parse_date};
use crate::path::AttrPath;
use crate::resource::get;
use crate::schema::{ResourceType, Type};

/// Longer texts are sorted by this many bytes of them, so that a cursor can carry what a list is sorted by. No
/// attribute that servers index is longer.
pub const MAX_KEY: usize = 1024;

/// What a resource is sorted by. Keys of one attribute compare as its type does; no value comes last, and of keys that
/// differ in type, which only a broken document has, the one named first here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortKey {
    /// `false` before `true`.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A point in time, in nanoseconds since 1970.
    Time(i128),
    /// Text, folded unless case matters.
    Text(String),
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
        Some(urn) => get(doc, urn).and_then(Value::as_object),
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
        Some(Value::String(text)) if leaf.case_exact => SortKey::Text(beginning(text.clone())),
        Some(Value::String(text)) => SortKey::Text(beginning(fold(text))),
        Some(Value::Number(number)) => SortKey::Number(number.clone()),
        Some(Value::Bool(flag)) => SortKey::Boolean(*flag),
        _ => SortKey::Absent,
    }
}

impl SortKey {
    /// The place of the type among the others.
    const fn rank(&self) -> u8 {
        match self {
            Self::Boolean(_) => 0,
            Self::Number(_) => 1,
            Self::Time(_) => 2,
            Self::Text(_) => 3,
            Self::Absent => 4,
        }
    }
}

impl Ord for SortKey {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::Number(left), Self::Number(right)) => compare_numbers(left, right),
            (Self::Time(left), Self::Time(right)) => left.cmp(right),
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (left, right) => left.rank().cmp(&right.rank()),
        }
    }
}

impl PartialOrd for SortKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By size; of a whole number and a fraction that are as good as equal, the fraction first.
fn compare_numbers(left: &Number, right: &Number) -> Ordering {
    let size = |number: &Number| number.as_f64().unwrap_or_default();
    let whole = |number: &Number| number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    size(left).total_cmp(&size(right)).then_with(|| whole(left).cmp(&whole(right)))
}

fn beginning(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_KEY));
    text
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
