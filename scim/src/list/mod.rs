//! Lists: queries by URL and by `/.search`, pages by index and by cursor (RFC 7644 §3.4.2–3, RFC 9865).

mod sort;

pub use self::sort::{MAX_KEY, SortKey, sort_key};

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::dialect::{Accepted, Deviation, Mode, Notes};
use crate::error::{Error, shown};
use crate::filter::{self, Filter, Rest};
use crate::path::AttrPath;
use crate::projection::{Projection, names_in, split_names};
use crate::resource::get;
use crate::schema::ResourceType;

/// The URN of a list response.
pub const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The URN of a search request.
pub const SEARCH_SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Larger numbers in `startIndex` and `count` are read as this one.
pub const MAX_NUMBER: u64 = 2_147_483_647;

/// What a list request asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct ListQuery {
    /// The position of the first resource, from 1.
    pub start_index: u64,
    /// How many resources; `Some(0)` asks for the total only.
    pub count: Option<u64>,
    /// Paging by cursor; `Some("")` asks for the first page.
    pub cursor: Option<String>,
    /// Which resources, checked against the schema.
    pub filter: Option<Filter>,
    /// No resource of this kind can be found: the filter is about what only the other kinds of the list have.
    pub finds_nothing: bool,
    /// In which order. Canonical; a complex attribute stands for its `value`.
    pub sort_by: Option<AttrPath>,
    /// Whether the order is turned round.
    pub descending: bool,
    /// Which attributes.
    pub projection: Projection,
}

/// Reads the query of a list request, as it stands in the URL after the `?`.
///
/// # Errors
/// `invalidFilter`; `invalidValue` for a number that is none, an unknown `sortBy` or `sortOrder`; `invalidCount`
/// instead if the page is asked for by cursor.
pub fn from_query(kind: &ResourceType, raw_query: &str, mode: Mode) -> Result<Accepted<ListQuery>, Error> {
    from_query_beside(&[], kind, raw_query, mode)
}

/// The same for a list in which resources of other kinds are, too: it may be sorted by what only they have, and to a
/// filter that is an attribute without a value (RFC 7644 §3.4.2.1).
///
/// # Errors
/// As [`from_query`].
pub fn from_query_beside(
    others: &[&ResourceType],
    kind: &ResourceType,
    raw_query: &str,
    mode: Mode,
) -> Result<Accepted<ListQuery>, Error> {
    let mut notes = Notes::new(mode);
    let pairs = query_pairs(raw_query, &mut notes)?;
    let text = |key: &str| pairs.get(key).cloned();
    let asked = Asked {
        start_index: text("startindex").map(Value::String),
        count: text("count").map(Value::String),
        cursor: text("cursor"),
        filter: text("filter"),
        sort_by: text("sortby"),
        sort_order: text("sortorder"),
        attributes: text("attributes").map(|list| split_names(&list)),
        excluded: text("excludedattributes").map(|list| split_names(&list)),
    };
    asked.resolve(kind, others, notes)
}

/// Whether a query, as it stands in the URL after the `?`, has a filter.
///
/// # Errors
/// `invalidSyntax` if it cannot be read.
pub fn has_filter(raw_query: &str) -> Result<bool, Error> {
    Ok(query_pairs(raw_query, &mut Notes::new(Mode::Tolerant))?.contains_key("filter"))
}

/// Reads the body of `POST …/.search` (RFC 7644 §3.4.3).
///
/// # Errors
/// As [`from_query`]; `invalidSyntax` if the body is not a search request.
pub fn from_search(kind: &ResourceType, body: &Value, mode: Mode) -> Result<Accepted<ListQuery>, Error> {
    from_search_beside(&[], kind, body, mode)
}

/// The same for a list in which resources of other kinds are, too, as [`from_query_beside`] reads it.
///
/// # Errors
/// As [`from_search`].
pub fn from_search_beside(
    others: &[&ResourceType],
    kind: &ResourceType,
    body: &Value,
    mode: Mode,
) -> Result<Accepted<ListQuery>, Error> {
    let Value::Object(body) = body else {
        return Err(Error::invalid_syntax("The body must be a JSON object with a search request."));
    };
    let mut notes = Notes::new(mode);
    let is_search = get(body, "schemas").and_then(Value::as_array).is_some_and(|urns| {
        urns.iter().filter_map(Value::as_str).any(|urn| urn.eq_ignore_ascii_case(SEARCH_SCHEMA))
    });
    if !is_search {
        notes.tolerate(Deviation::MissingSchema, || {
            Error::invalid_syntax(format!("schemas must list {SEARCH_SCHEMA}."))
        })?;
    }
    let asked = Asked {
        start_index: number_in(body, "startIndex"),
        count: number_in(body, "count"),
        cursor: text_in(body, "cursor")?,
        filter: text_in(body, "filter")?.filter(|text| !text.is_empty()),
        sort_by: text_in(body, "sortBy")?.filter(|text| !text.is_empty()),
        sort_order: text_in(body, "sortOrder")?.filter(|text| !text.is_empty()),
        attributes: names_in(body, "attributes"),
        excluded: names_in(body, "excludedAttributes"),
    };
    asked.resolve(kind, others, notes)
}

/// Where a page is in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// By index.
    Index {
        /// The position of the first resource, from 1.
        start_index: u64,
    },
    /// By cursor (RFC 9865).
    Cursor {
        /// The cursor of the next page; none on the last.
        next: Option<String>,
        /// The cursor of the page before.
        previous: Option<String>,
    },
}

/// A list response. `itemsPerPage` is what is really there.
pub fn response(total: u64, page: &Page, resources: Vec<Value>) -> Value {
    let mut body = json!({
        "schemas": [SCHEMA],
        "totalResults": total,
        "itemsPerPage": resources.len(),
    });
    match page {
        Page::Index { start_index } => body["startIndex"] = json!(start_index),
        Page::Cursor { next, previous } => {
            for (name, cursor) in [("nextCursor", next), ("previousCursor", previous)] {
                if let Some(cursor) = cursor {
                    body[name] = json!(cursor);
                }
            }
        }
    }
    body["Resources"] = Value::Array(resources);
    body
}

/// A list request in words.
struct Asked {
    start_index: Option<Value>,
    count: Option<Value>,
    cursor: Option<String>,
    filter: Option<String>,
    sort_by: Option<String>,
    sort_order: Option<String>,
    attributes: Option<Vec<String>>,
    excluded: Option<Vec<String>>,
}

impl Asked {
    fn resolve(
        self,
        kind: &ResourceType,
        others: &[&ResourceType],
        mut notes: Notes,
    ) -> Result<Accepted<ListQuery>, Error> {
        let count = self.count()?;
        let start_index = match &self.start_index {
            None => 1,
            Some(value) => integer("startIndex", value)?.clamp(1, i128::from(MAX_NUMBER)),
        };
        let rest = match &self.filter {
            None => Rest::Always(true),
            Some(text) => {
                let parsed = filter::read(text, notes.mode)?;
                parsed.deviations.into_iter().for_each(|deviation| notes.note(deviation));
                let checked = filter::check_noting(&parsed.value, kind, others, &mut notes)?;
                filter::without_absent(checked, kind)
            }
        };
        let finds_nothing = rest == Rest::Always(false);
        let filter = match rest {
            Rest::Always(_) => None,
            Rest::Filter(filter) => Some(filter),
        };
        let sort_by = match &self.sort_by {
            None => None,
            Some(name) => match sort_path(kind, name) {
                Err(_) if others.iter().any(|other| sort_path(other, name).is_ok()) => None,
                found => Some(found?),
            },
        };
        let descending = descending(self.sort_order.as_deref())?;
        let projection =
            Projection::new(kind, self.attributes.as_deref(), self.excluded.as_deref(), &mut notes)?;
        Ok(notes.accept(ListQuery {
            start_index: clamped(start_index),
            count,
            cursor: self.cursor,
            filter,
            finds_nothing,
            sort_by,
            descending,
            projection,
        }))
    }

    /// RFC 7644 §3.4.2.4: a negative count is 0. RFC 9865 §2.3: with a cursor it is an error of its own kind.
    fn count(&self) -> Result<Option<u64>, Error> {
        let Some(value) = &self.count else {
            return Ok(None);
        };
        match (integer("count", value), &self.cursor) {
            (Ok(count), Some(_)) if count < 0 => Err(Error::invalid_count("count must not be negative.")),
            (Err(error), Some(_)) => Err(Error::invalid_count(error.detail)),
            (read, _) => read.map(|count| Some(clamped(count))),
        }
    }
}

fn clamped(number: i128) -> u64 {
    u64::try_from(number.clamp(0, i128::from(MAX_NUMBER))).unwrap_or(MAX_NUMBER)
}

/// A whole number of any length; what does not fit is as good as the largest.
fn integer(name: &str, value: &Value) -> Result<i128, Error> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let digits = text.strip_prefix(['+', '-']).unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid_value(format!("{name} must be a whole number, not {}.", shown(&text))));
    }
    let overflow = if text.starts_with('-') { i128::MIN } else { i128::MAX };
    Ok(text.parse().unwrap_or(overflow))
}

fn sort_path(kind: &ResourceType, name: &str) -> Result<AttrPath, Error> {
    let unknown = || Error::invalid_value(format!("The resources cannot be sorted by {}.", shown(name)));
    let path = AttrPath::parse(name).map_err(|_| unknown())?;
    let located = kind.locate(&path).ok_or_else(unknown)?;
    if !located.is_kept() {
        return Err(unknown());
    }
    if !located.leaf().is_complex() {
        return Ok(located.path);
    }
    // RFC 7644 §3.4.2.3: a multi-valued attribute is sorted by its primary or first value.
    let value = located.attribute.sub_attribute("value").ok_or_else(unknown)?;
    Ok(AttrPath { sub: Some(value.name.clone()), ..located.path })
}

fn descending(order: Option<&str>) -> Result<bool, Error> {
    match order {
        None => Ok(false),
        Some(word) if word.eq_ignore_ascii_case("ascending") => Ok(false),
        Some(word) if word.eq_ignore_ascii_case("descending") => Ok(true),
        Some(word) => Err(Error::invalid_value(format!(
            "sortOrder must be ascending or descending, not {}.",
            shown(word)
        ))),
    }
}

fn number_in(body: &Map<String, Value>, key: &str) -> Option<Value> {
    get(body, key).filter(|value| !value.is_null()).cloned()
}

fn text_in(body: &Map<String, Value>, key: &str) -> Result<Option<String>, Error> {
    match get(body, key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Error::invalid_syntax(format!("{key} must be a string."))),
    }
}

/// The parameters of a query by their names in lower case. Empty ones count as absent, but for `cursor`, where empty
/// asks for the first page. The last of several counts.
///
/// Tolerated: OneLogin's trailing `&` and `?`, Entra's flag and the `?` that its concatenated tenant URL leaves in
/// front of the next name (`aadOptscim062020?filter=…`).
pub(crate) fn query_pairs(raw_query: &str, notes: &mut Notes) -> Result<HashMap<String, String>, Error> {
    const FLAGS: [&str; 2] = ["aadOptscim062020", "AzureAdScimPatch2017"];
    let mut pairs = HashMap::new();
    let mut is_stray = false;
    for piece in raw_query.split('&') {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        is_stray |= name.contains('?') || (piece.is_empty() && !raw_query.is_empty());
        if FLAGS.iter().any(|flag| name.split('?').any(|word| word.eq_ignore_ascii_case(flag))) {
            notes.note(Deviation::CompatibilityFlag);
        }
        let name = decoded(name.rsplit('?').next().unwrap_or_default())?.to_ascii_lowercase();
        let value = decoded(value)?;
        if !value.is_empty() || name == "cursor" {
            is_stray |= pairs.insert(name, value).is_some();
        }
    }
    if is_stray {
        notes.note(Deviation::StrayQuery);
    }
    Ok(pairs)
}

/// Undoes percent- and plus-encoding. A `%` that begins no escape stands for itself.
fn decoded(text: &str) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let (byte, tail) = match (first, after) {
            (b'+', after) => (b' ', after),
            (b'%', [high, low, tail @ ..]) => match hex_byte(*high, *low) {
                Some(byte) => (byte, tail),
                None => (b'%', after),
            },
            (first, after) => (*first, after),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid_value("The query is not UTF-8."))
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

#[cfg(test)]
mod tests;
