//! The schema of a custom extension as someone writes it: the JSON of RFC 7643 §7, read with care.
//!
//! What this server would not do is refused, so that what it advertises is true.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Attribute, Mutability, Schema, Uniqueness, Vocabulary, service};
use super::{entitlement, group, group_member, role, user};
use crate::error::{Error, shown};

/// The largest schema, in bytes of its JSON.
pub const MAX_SCHEMA: usize = 64 * 1024;
/// The most attributes of a schema, sub-attributes counted.
pub const MAX_ATTRIBUTES: usize = 200;

/// The longest URN and the longest names, in bytes.
const MAX_NAME: usize = 200;
/// URNs of the protocol itself begin like this (RFC 7643 §10.3, RFC 7644 §8.2, SCIM 1.x).
const RESERVED: [&str; 3] =
    ["urn:ietf:params:scim:schemas:core:", "urn:ietf:params:scim:api:", "urn:scim:schemas:core:"];

/// A schema as it is written. A copy of what a server shows at `/Schemas` has `schemas` and `meta`, which say nothing.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    attributes: Vec<Attribute>,
    #[serde(rename = "schemas")]
    _schemas: Option<IgnoredAny>,
    #[serde(rename = "meta")]
    _meta: Option<IgnoredAny>,
}

/// Reads the schema of an extension from its JSON form (RFC 7643 §7).
///
/// Members that the RFC does not have are refused: `"requierd": true` passed over would advertise something else than
/// was meant.
///
/// # Errors
/// `invalidSyntax` if it is not such JSON; `invalidValue` if it breaks the rules of RFC 7643 §2, has the URN of a
/// schema of this server, is too large, or asks for what this server does not do: unique values, required ones that
/// nobody can give or that are not kept.
pub fn read_extension(json: &str) -> Result<Schema, Error> {
    if json.len() > MAX_SCHEMA {
        return Err(Error::invalid_value(format!("A schema has at most {MAX_SCHEMA} bytes of JSON.")));
    }
    let written: Written = serde_json::from_str(json).map_err(|cause| {
        Error::invalid_syntax(format!("This is not a schema of RFC 7643 section 7: {cause}."))
    })?;
    let schema = Schema {
        id: written.id,
        name: written.name,
        description: written.description,
        attributes: written.attributes,
        aliases: Vec::new(),
    };
    check_urn(&schema.id)?;
    check_name(&schema.name)?;
    schema.validate()?;
    check_number(&schema.attributes)?;
    schema.attributes.iter().try_for_each(check_attribute)?;
    Ok(schema)
}

/// RFC 7643 §10.2.1, RFC 8141 §2, without what would have to be encoded in `/Schemas/{id}`.
fn check_urn(urn: &str) -> Result<(), Error> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.~:".contains(c);
    if !urn.starts_with("urn:") || urn.len() > MAX_NAME || !urn.chars().all(is_plain) {
        return Err(Error::invalid_value(format!(
            "The id {} is not a schema URN. Use one such as urn:ietf:params:scim:schemas:extension:Acme:2.0:User: letters, digits, and - _ . ~ between colons, at most {MAX_NAME} bytes.",
            shown(urn)
        )));
    }
    let is_reserved = RESERVED
        .iter()
        .any(|start| urn.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)));
    if is_reserved || own_schemas().any(|schema| schema.is_called(urn)) {
        return Err(Error::invalid_value(format!(
            "{} is a schema of the protocol or of this server. Choose a URN of your own.",
            shown(urn)
        )));
    }
    Ok(())
}

/// The schemas that this server has for every client.
fn own_schemas() -> impl Iterator<Item = &'static Schema> {
    let vocabularies = [Vocabulary::Ietf, Vocabulary::Okta].into_iter();
    let kinds = [user(), group(), group_member()]
        .into_iter()
        .chain(vocabularies.flat_map(|vocabulary| [role(vocabulary), entitlement(vocabulary)]));
    let of_kinds = kinds.flat_map(|kind| {
        std::iter::once(&kind.schema).chain(kind.extensions.iter().map(|extension| &extension.schema))
    });
    of_kinds.chain(service::schemas())
}

fn check_name(name: &str) -> Result<(), Error> {
    if name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(Error::invalid_value(format!(
            "The name of a schema is one line of at most {MAX_NAME} bytes."
        )));
    }
    Ok(())
}

fn check_number(attributes: &[Attribute]) -> Result<(), Error> {
    let number: usize = attributes.iter().map(|attribute| 1 + attribute.sub_attributes.len()).sum();
    match number {
        0 => Err(Error::invalid_value("A schema needs attributes.")),
        1..=MAX_ATTRIBUTES => Ok(()),
        _ => Err(Error::invalid_value(format!(
            "The schema has {number} attributes, sub-attributes counted; at most {MAX_ATTRIBUTES} are taken."
        ))),
    }
}

fn check_attribute(attribute: &Attribute) -> Result<(), Error> {
    // Clients put a `schemas` into the object of an extension too, where it means nothing.
    if attribute.name.eq_ignore_ascii_case("schemas") {
        return Err(Error::invalid_value("schemas cannot be the name of an attribute."));
    }
    check_characteristics(attribute)?;
    attribute.sub_attributes.iter().try_for_each(check_characteristics)
}

fn check_characteristics(attribute: &Attribute) -> Result<(), Error> {
    let name = shown(&attribute.name);
    // RFC 7643 §2.1; `$ref` is the one exception.
    let is_name = attribute.name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !attribute.name.contains('$')
        && attribute.name.len() <= MAX_NAME;
    let refusal = if !is_name && attribute.name != "$ref" {
        format!("{name} is not an attribute name: a letter, then letters, digits, - and _.")
    } else if attribute.uniqueness != Uniqueness::None {
        format!(
            "The attribute {name} is to be unique, which is not enforced here. Its uniqueness must be none."
        )
    } else if attribute.required && !attribute.is_kept() {
        format!("The attribute {name} is required but never returned: such values are not kept.")
    } else if attribute.required && attribute.mutability == Mutability::ReadOnly {
        format!("The attribute {name} is required and readOnly: nobody could give it a value.")
    } else {
        return Ok(());
    };
    Err(Error::invalid_value(refusal))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::{ENTERPRISE_USER, GROUP, Returned, Type};

    const URN: &str = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";

    fn with(attributes: &Value) -> Value {
        json!({ "id": URN, "name": "Custom", "attributes": attributes })
    }

    #[test]
    fn a_schema_as_a_server_shows_it() {
        let shown = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
            "id": URN, "name": "Custom", "description": "Ours.",
            "attributes": [
                { "name": "tag" },
                { "name": "level", "type": "integer", "multiValued": true, "returned": "request" },
            ],
            "meta": { "resourceType": "Schema", "location": "https://acme.test/Schemas/x" },
        });
        let schema = read_extension(&shown.to_string()).unwrap();
        assert_eq!((schema.id.as_str(), schema.name.as_str()), (URN, "Custom"));
        assert_eq!(schema.attributes[0], Attribute::string("tag", ""));
        let level = Attribute::new("level", Type::Integer, "").many().returned(Returned::Request);
        assert_eq!(schema.attributes[1], level);
    }

    #[test]
    fn what_is_refused_is_named() {
        let string = |name: &str| json!({ "name": name, "type": "string" });
        let but = |name: &str, value: Value| {
            let mut attribute = string("tag");
            attribute[name] = value;
            with(&json!([attribute]))
        };
        let urn = |id: &str| json!({ "id": id, "attributes": [string("tag")] });
        let many: Vec<Value> = (0..=MAX_ATTRIBUTES).map(|n| string(&format!("a{n}"))).collect();
        let complex =
            |parts: Value| with(&json!([{ "name": "tag", "type": "complex", "subAttributes": parts }]));
        for (schema, words) in [
            (json!([]), "RFC 7643 section 7"),
            (json!({ "attributes": [string("tag")] }), "missing field `id`"),
            (json!({ "id": URN }), "missing field `attributes`"),
            (json!({ "id": URN, "attributes": [string("tag")], "extra": 1 }), "unknown field `extra`"),
            (but("requierd", json!(true)), "unknown field `requierd`"),
            (but("type", json!("text")), "unknown variant `text`"),
            (but("required", json!("true")), "expected a boolean"),
            (with(&json!([{ "type": "string" }])), "missing field `name`"),
            (with(&json!([])), "needs attributes"),
            (urn("https://acme.test/schemas/badge"), "is not a schema URN"),
            (urn("badge"), "is not a schema URN"),
            (urn("urn:acme"), "is not a schema URN"),
            (urn("urn:acme::badge"), "is not a schema URN"),
            (urn("urn:acme:a badge"), "is not a schema URN"),
            (urn("urn:acme:badge/1"), "is not a schema URN"),
            (urn(&format!("urn:acme:{}", "x".repeat(200))), "is not a schema URN"),
            (urn(GROUP), "Choose a URN of your own"),
            (urn(&ENTERPRISE_USER.to_uppercase().replace("URN:", "urn:")), "Choose a URN of your own"),
            (urn("urn:scim:schemas:extension:enterprise:1.0"), "Choose a URN of your own"),
            (urn("urn:ietf:params:scim:schemas:core:2.0:Badge"), "Choose a URN of your own"),
            (urn("urn:ietf:params:scim:api:messages:2.0:ListResponse"), "Choose a URN of your own"),
            (urn("urn:okta:scim:schemas:core:1.0:Role"), "Choose a URN of your own"),
            (json!({ "id": URN, "name": "a\nb", "attributes": [string("tag")] }), "one line"),
            (with(&json!([string("a tag")])), "is not an attribute name"),
            (with(&json!([string("1st")])), "is not an attribute name"),
            (with(&json!([string("$tag")])), "is not an attribute name"),
            (with(&json!([string("Schemas")])), "schemas cannot be"),
            (with(&json!([string("tag"), string("TAG")])), "is there twice"),
            (complex(json!([])), "must be complex with"),
            (
                complex(json!([{ "name": "a", "type": "complex", "subAttributes": [string("b")] }])),
                "must be complex",
            ),
            (complex(json!([string("a"), string("A")])), "is there twice"),
            (complex(json!([{ "name": "a", "uniqueness": "server" }])), "is not enforced here"),
            (but("uniqueness", json!("global")), "is not enforced here"),
            (with(&json!([{ "name": "a", "required": true, "returned": "never" }])), "are not kept"),
            (with(&json!([{ "name": "a", "required": true, "mutability": "writeOnly" }])), "are not kept"),
            (with(&json!([{ "name": "a", "required": true, "mutability": "readOnly" }])), "nobody could"),
            (with(&json!(many)), "at most 200"),
            (but("description", json!("x".repeat(MAX_SCHEMA))), "at most 65536 bytes"),
        ] {
            let error = read_extension(&schema.to_string()).unwrap_err();
            assert!(error.detail.contains(words), "{words}: {}", error.detail);
            assert!(!error.detail.contains('\n'), "{}", error.detail);
        }
        assert!(read_extension("{").unwrap_err().detail.contains("line 1 column 1"));
        let reference = complex(json!([string("value"), { "name": "$ref", "type": "reference" }]));
        assert!(read_extension(&reference.to_string()).is_ok());
    }
}
