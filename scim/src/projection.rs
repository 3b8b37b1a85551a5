//! Which attributes are in an answer: `attributes`, `excludedAttributes` and the `returned` characteristic
//! (RFC 7644 §3.9, RFC 7643 §2.4).

use serde_json::{Map, Value};

use crate::Document;
use crate::dialect::{Accepted, Deviation, Mode, Notes};
use crate::error::Error;
use crate::list::query_pairs;
use crate::path::{AttrPath, is_urn};
use crate::resource::get;
use crate::schema::{Attribute, ResourceType, Returned, Schema};

/// The most names in `attributes` and `excludedAttributes` together: each is compared with each attribute of each
/// resource of an answer.
pub const MAX_NAMES: usize = 200;

/// What a request wants to see. The default wants what is returned by default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Projection {
    /// If there: only these, and what is always returned.
    attributes: Option<Vec<AttrPath>>,
    /// Not these, unless they are always returned.
    excluded: Vec<AttrPath>,
}

impl Projection {
    /// A projection from the names that a request sent. Names that no schema has are passed over (RFC 7644 §3.9).
    ///
    /// # Errors
    /// `invalidValue` for more than [`MAX_NAMES`] names; in strict mode also if the request has both lists, which exclude
    /// each other.
    pub(crate) fn new(
        kind: &ResourceType,
        attributes: Option<&[String]>,
        excluded: Option<&[String]>,
        notes: &mut Notes,
    ) -> Result<Self, Error> {
        if attributes.is_some() && excluded.is_some() {
            notes.tolerate(Deviation::BothAttributeLists, || {
                Error::invalid_value("attributes and excludedAttributes exclude each other.")
            })?;
        }
        let number = attributes.map_or(0, <[String]>::len) + excluded.map_or(0, <[String]>::len);
        if number > MAX_NAMES {
            return Err(Error::invalid_value(format!(
                "attributes and excludedAttributes name {number} attributes; at most {MAX_NAMES} are looked for."
            )));
        }
        let paths = |names: &[String]| names.iter().filter_map(|name| path(kind, name.trim())).collect();
        Ok(Self { attributes: attributes.map(paths), excluded: excluded.map(paths).unwrap_or_default() })
    }

    /// Whether the request says which attributes it wants to see.
    pub fn names_attributes(&self) -> bool {
        self.attributes.is_some()
    }

    /// Whether an attribute of the resource itself (`members`, `groups`) can be in the answer, so that a server need
    /// not load what is not wanted.
    pub fn wants(&self, kind: &ResourceType, name: &str) -> bool {
        self.keeps(Place::of(name), returned(kind.attribute(name)))
    }

    /// The part of a resource that the answer holds. The document is the whole resource, `schemas`, `id` and `meta`
    /// included.
    pub fn apply(&self, kind: &ResourceType, doc: Document) -> Document {
        let mut kept = Document::new();
        for (name, value) in doc {
            let value = match value {
                Value::Object(members) if is_urn(&name) => {
                    self.extension(&name, kind.extension(&name), members).map(Value::Object)
                }
                value => self.attribute(Place::of(&name), kind.attribute(&name), value),
            };
            if let Some(value) = value {
                kept.insert(name, value);
            }
        }
        kept
    }

    fn extension(
        &self,
        urn: &str,
        schema: Option<&Schema>,
        members: Map<String, Value>,
    ) -> Option<Map<String, Value>> {
        let mut kept = Map::new();
        for (name, value) in members {
            let place = Place { schema: Some(urn), ..Place::of(&name) };
            let attribute = schema.and_then(|schema| schema.attribute(&name));
            if let Some(value) = self.attribute(place, attribute, value) {
                kept.insert(name, value);
            }
        }
        (!kept.is_empty()).then_some(kept)
    }

    fn attribute(&self, place: Place<'_>, attribute: Option<&Attribute>, value: Value) -> Option<Value> {
        if !self.keeps(place, returned(attribute)) {
            return None;
        }
        match value {
            Value::Object(parts) => self.parts(place, attribute, parts),
            Value::Array(elements) => {
                let kept: Vec<Value> = elements
                    .into_iter()
                    .filter_map(|element| match element {
                        Value::Object(parts) => self.parts(place, attribute, parts),
                        scalar => Some(scalar),
                    })
                    .collect();
                (!kept.is_empty()).then_some(Value::Array(kept))
            }
            scalar => Some(scalar),
        }
    }

    /// The parts of a complex value that the answer holds; a value without any is left out.
    fn parts(
        &self,
        place: Place<'_>,
        attribute: Option<&Attribute>,
        parts: Map<String, Value>,
    ) -> Option<Value> {
        let keeps = |name: &str| {
            let sub = attribute.and_then(|attribute| attribute.sub_attribute(name));
            self.keeps(Place { sub: Some(name), ..place }, returned(sub))
        };
        let kept: Map<String, Value> = parts.into_iter().filter(|(name, _)| keeps(name)).collect();
        (!kept.is_empty()).then_some(Value::Object(kept))
    }

    /// Whether what is at a place is in the answer, at least in part.
    fn keeps(&self, place: Place<'_>, returned: Returned) -> bool {
        let is_wanted = |wanted: &AttrPath| {
            let wanted = Place::from(wanted);
            wanted.covers(place) || place.covers(wanted)
        };
        match (returned, &self.attributes) {
            (Returned::Always, _) => true,
            (Returned::Never, _) | (Returned::Request, None) => false,
            (_, Some(wanted)) if !wanted.iter().any(is_wanted) => false,
            _ => !self.excluded.iter().any(|excluded| Place::from(excluded).covers(place)),
        }
    }
}

/// When an attribute is in an answer. What no schema has is there by default; what should not have been kept is not.
fn returned(attribute: Option<&Attribute>) -> Returned {
    match attribute {
        None => Returned::Default,
        Some(attribute) if attribute.is_kept() => attribute.returned,
        Some(_) => Returned::Never,
    }
}

/// Where something is in a resource: an [`AttrPath`] that borrows.
#[derive(Clone, Copy)]
struct Place<'a> {
    schema: Option<&'a str>,
    attribute: &'a str,
    sub: Option<&'a str>,
}

impl<'a> Place<'a> {
    fn of(attribute: &'a str) -> Self {
        Self { schema: None, attribute, sub: None }
    }

    /// Whether `other` is this place or inside it. `urn:…:User` covers `urn:…:User:manager`.
    fn covers(self, other: Place<'_>) -> bool {
        let is_extension_of = |urn: &str| self.sub.is_none() && self.is_called(urn);
        if other.schema.is_some_and(is_extension_of) {
            return true;
        }
        let is_part = match (self.sub, other.sub) {
            (None, _) => true,
            (Some(own), Some(other)) => own.eq_ignore_ascii_case(other),
            (Some(_), None) => false,
        };
        is_part && self.is_same_attribute(other)
    }

    fn is_same_attribute(self, other: Place<'_>) -> bool {
        match (self.schema, other.schema) {
            (Some(own), Some(other_urn)) => {
                own.eq_ignore_ascii_case(other_urn) && self.attribute.eq_ignore_ascii_case(other.attribute)
            }
            (None, Some(_)) => other.is_called(self.attribute),
            (_, None) => self.is_called(other.attribute),
        }
    }

    /// Whether its full name, `URN:attribute`, is this text. A URN that no schema has may have been cut at its last
    /// colon, as if it were an attribute.
    fn is_called(self, text: &str) -> bool {
        let Some(urn) = self.schema else {
            return self.attribute.eq_ignore_ascii_case(text);
        };
        let (head, tail) = (text.get(..urn.len()), text.get(urn.len()..));
        head.is_some_and(|head| head.eq_ignore_ascii_case(urn))
            && tail
                .and_then(|tail| tail.strip_prefix(':'))
                .is_some_and(|name| name.eq_ignore_ascii_case(self.attribute))
    }
}

impl<'a> From<&'a AttrPath> for Place<'a> {
    fn from(path: &'a AttrPath) -> Self {
        Self { schema: path.schema.as_deref(), attribute: &path.attribute, sub: path.sub.as_deref() }
    }
}

/// The projection in the query of a request that is not for a list.
///
/// # Errors
/// `invalidValue` for more than [`MAX_NAMES`] names; in strict mode also for both lists, which exclude each other.
pub fn from_query(kind: &ResourceType, raw_query: &str, mode: Mode) -> Result<Accepted<Projection>, Error> {
    let mut notes = Notes::new(mode);
    let pairs = query_pairs(raw_query, &mut notes)?;
    let names = |key: &str| pairs.get(key).map(|value| split_names(value));
    let (attributes, excluded) = (names("attributes"), names("excludedattributes"));
    let projection = Projection::new(kind, attributes.as_deref(), excluded.as_deref(), &mut notes)?;
    Ok(notes.accept(projection))
}

/// Names in a query, separated by commas.
pub(crate) fn split_names(list: &str) -> Vec<String> {
    list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Names in the body of a search: an array of strings, or one string with commas.
pub(crate) fn names_in(body: &Map<String, Value>, key: &str) -> Option<Vec<String>> {
    match get(body, key)? {
        Value::Array(names) => Some(names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        Value::String(list) => Some(split_names(list)),
        _ => None,
    }
}

/// What a name means. An extension as a whole has its URN as attribute name. An unknown name may be that of an
/// attribute that was kept without a schema.
fn path(kind: &ResourceType, name: &str) -> Option<AttrPath> {
    if let Some(schema) = kind.extension(name) {
        return Some(AttrPath::of(&schema.id));
    }
    if is_urn(name) && kind.owner(name).is_none() && AttrPath::parse(name).is_err() {
        return Some(AttrPath::of(name));
    }
    let path = AttrPath::parse(name).ok()?;
    Some(kind.locate(&path).map_or(path, |located| located.path))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::{ENTERPRISE_USER, USER, group, user};

    fn ana() -> Document {
        let value = json!({
            "schemas": [USER, ENTERPRISE_USER],
            "id": "u1",
            "userName": "ana",
            "name": { "givenName": "Ana", "familyName": "B" },
            "emails": [{ "value": "a@x", "type": "work" }, { "value": "b@x", "type": "home" }],
            "password": "secret",
            "favourite": "blue",
            "urn:x:y:2.0:User": { "tag": 1, "level": 2 },
            ENTERPRISE_USER: { "department": "IT", "manager": { "value": "u2", "displayName": "Bo" } },
            "meta": { "resourceType": "User" }
        });
        value.as_object().cloned().unwrap_or_default()
    }

    fn projected(query: &str) -> Value {
        let projection = from_query(user(), query, Mode::Tolerant).unwrap().value;
        Value::Object(projection.apply(user(), ana()))
    }

    #[test]
    fn without_a_wish_everything_but_the_password() {
        let mut all = ana();
        all.shift_remove("password");
        assert_eq!(projected(""), Value::Object(all));
        assert_eq!(projected("attributes=password").get("password"), None);
    }

    #[test]
    fn attributes_keep_what_they_name_and_what_is_always_there() {
        let always = json!({ "schemas": [USER, ENTERPRISE_USER], "id": "u1" });
        let table = [
            ("attributes=userName", json!({ "userName": "ana" })),
            ("attributes=USERNAME", json!({ "userName": "ana" })),
            ("attributes=name.givenName", json!({ "name": { "givenName": "Ana" } })),
            ("attributes=emails.value", json!({ "emails": [{ "value": "a@x" }, { "value": "b@x" }] })),
            ("attributes=emails.type,emails", json!({ "emails": ana()["emails"] })),
            (
                "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
                json!({ ENTERPRISE_USER: { "department": "IT" } }),
            ),
            (
                "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
                json!({ ENTERPRISE_USER: { "manager": { "value": "u2" } } }),
            ),
            (
                "attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
                json!({ ENTERPRISE_USER: ana()[ENTERPRISE_USER] }),
            ),
            ("attributes=urn:ietf:params:scim:schemas:core:2.0:User:userName", json!({ "userName": "ana" })),
            ("attributes=favourite", json!({ "favourite": "blue" })),
            ("attributes=nothing", json!({})),
            ("attributes=name.nick", json!({})),
            ("attributes=urn:x:Y:2.0:User", json!({ "urn:x:y:2.0:User": { "tag": 1, "level": 2 } })),
            ("attributes=urn:x:y:2.0:User:TAG", json!({ "urn:x:y:2.0:User": { "tag": 1 } })),
            (
                "attributes=userName,name&excludedAttributes=name.familyName",
                json!({
                    "userName": "ana", "name": { "givenName": "Ana" }
                }),
            ),
        ];
        for (query, expected) in table {
            let mut whole = always.as_object().cloned().unwrap();
            whole.extend(expected.as_object().cloned().unwrap());
            assert_eq!(projected(query), Value::Object(whole), "{query}");
        }
    }

    #[test]
    fn excluded_attributes_go_unless_they_are_always_there() {
        let gone = projected(
            "excludedAttributes=id,emails,name.familyName,urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        );
        assert_eq!(gone["id"], "u1");
        assert_eq!(gone.get("emails"), None);
        assert_eq!(gone["name"], json!({ "givenName": "Ana" }));
        assert_eq!(gone[ENTERPRISE_USER], json!({ "department": "IT" }));
    }

    #[test]
    fn what_is_wanted_can_be_asked_before_it_is_loaded() {
        let wants =
            |query: &str| from_query(group(), query, Mode::Tolerant).unwrap().value.wants(group(), "members");
        assert!(wants(""));
        assert!(wants("attributes=members"));
        assert!(wants("attributes=members.value"));
        assert!(wants("excludedAttributes=members.display"));
        assert!(!wants("attributes=displayName"));
        assert!(!wants("excludedAttributes=members"));
        assert!(!wants("excludedAttributes=MEMBERS"));
        assert!(!wants("excludedAttributes=urn:ietf:params:scim:schemas:core:2.0:Group:members"));
    }

    #[test]
    fn both_lists_exclude_each_other_in_strict_mode() {
        let query = "attributes=userName&excludedAttributes=name";
        assert!(from_query(user(), query, Mode::Tolerant).is_ok());
        assert_eq!(from_query(user(), query, Mode::Strict).map_err(|error| error.status), Err(400));
    }
}
