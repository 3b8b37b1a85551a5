#![expect(clippy::needless_pass_by_value, reason = "a table of json! values reads best without borrows")]

use serde_json::json;

use super::*;
use crate::dialect::Deviation as D;
use crate::error::ScimType;
use crate::schema::{ENTERPRISE_USER, GROUP, USER, group, user};

fn tolerant(body: Value) -> Accepted<Document> {
    read(user(), &body, Mode::Tolerant).unwrap()
}

/// Reads a user with these attributes besides `userName`.
fn with(attributes: Value) -> (Value, Vec<D>) {
    let mut body = json!({ "schemas": [USER], "userName": "ana" });
    body.as_object_mut().unwrap().extend(attributes.as_object().cloned().unwrap());
    let Accepted { mut value, deviations } = tolerant(body);
    value.shift_remove("userName");
    (Value::Object(value), deviations)
}

fn refused(kind: &ResourceType, body: Value, mode: Mode) -> Option<ScimType> {
    read(kind, &body, mode).err().and_then(|error| error.scim_type)
}

#[test]
fn names_become_canonical_and_values_stay_as_they_were() {
    let (doc, deviations) = with(json!({
        "EXTERNALID": "00uA",
        "Name": { "GivenName": "  Ana ", "familyname": "B" },
        "emails": [{ "VALUE": "Ana@X.test", "Type": "work", "PRIMARY": true }],
        "phoneNumbers": [{ "value": "+1 (201) 555-0123" }],
        "URN:ietf:params:scim:schemas:extension:enterprise:2.0:user": {
            "schemas": [ENTERPRISE_USER], "Department": "IT"
        }
    }));
    assert_eq!(
        doc,
        json!({
            "externalId": "00uA",
            "name": { "givenName": "  Ana ", "familyName": "B" },
            "emails": [{ "value": "Ana@X.test", "type": "work", "primary": true }],
            "phoneNumbers": [{ "value": "+1 (201) 555-0123" }],
            ENTERPRISE_USER: { "department": "IT" }
        })
    );
    assert_eq!(deviations, []);
}

#[test]
fn what_a_client_may_not_write_and_what_is_never_kept() {
    let (doc, deviations) = with(json!({
        "id": "mine", "meta": { "created": "now" }, "groups": [{ "value": "g" }], "password": "1mz050nqQ!",
        ENTERPRISE_USER: { "manager": { "value": "u2", "displayName": "Bo" } }
    }));
    assert_eq!(doc, json!({ ENTERPRISE_USER: { "manager": { "value": "u2", "displayName": "Bo" } } }));
    assert_eq!(deviations, []);
}

#[test]
fn nothing_is_kept_of_null_and_empty() {
    let (doc, deviations) = with(json!({
        "title": null, "nickName": "", "emails": [], "roles": [null], "name": {}, "addresses": [{}],
        "phoneNumbers": [{ "value": "", "type": "work" }],
        ENTERPRISE_USER: { "manager": { "value": "", "displayName": "" }, "department": null }
    }));
    assert_eq!(doc, json!({}));
    assert_eq!(deviations, [D::EmptyString]);
}

#[test]
fn values_get_the_type_of_the_schema() {
    let table = [
        (json!({ "active": "False" }), json!({ "active": false }), vec![D::StringBoolean]),
        (json!({ "active": "true" }), json!({ "active": true }), vec![D::StringBoolean]),
        (json!({ "title": ["CTO"] }), json!({ "title": "CTO" }), vec![D::ArrayForSingle]),
        (json!({ "title": [] }), json!({}), vec![]),
        (json!({ "title": 5 }), json!({ "title": "5" }), vec![D::ScalarForString]),
        (
            json!({ "emails": { "value": "a@x" } }),
            json!({ "emails": [{ "value": "a@x" }] }),
            vec![D::SingleForArray],
        ),
        (
            json!({ "emails": "a@x" }),
            json!({ "emails": [{ "value": "a@x" }] }),
            vec![D::SingleForArray, D::StringForComplex],
        ),
        (json!({ "emails": ["a@x"] }), json!({ "emails": [{ "value": "a@x" }] }), vec![D::StringForComplex]),
        (
            json!({ ENTERPRISE_USER: { "manager": "u2" } }),
            json!({ ENTERPRISE_USER: { "manager": { "value": "u2" } } }),
            vec![D::StringForComplex],
        ),
        (
            json!({ ENTERPRISE_USER: { "manager": [{ "value": "u2" }] } }),
            json!({ ENTERPRISE_USER: { "manager": { "value": "u2" } } }),
            vec![D::ArrayForSingle],
        ),
        (
            json!({ "roles": [{ "value": "{\"id\":\"i\",\"value\":\"25\",\"displayName\":\"Admin\"}" }] }),
            json!({ "roles": [{ "id": "i", "value": "25", "display": "Admin" }] }),
            vec![D::JsonInString, D::UnknownAttribute],
        ),
        (
            json!({ "roles": ["{\"value\":\"25\"}"] }),
            json!({ "roles": [{ "value": "25" }] }),
            vec![D::JsonInString],
        ),
        (
            json!({ "roles": [{ "value": "{not json" }] }),
            json!({ "roles": [{ "value": "{not json" }] }),
            vec![],
        ),
    ];
    for (sent, kept, deviations) in table {
        assert_eq!(with(sent.clone()), (kept, deviations), "{sent}");
    }
}

#[test]
fn keys_can_be_dotted_or_prefixed() {
    let (doc, deviations) = with(json!({
        "name.givenName": "Ana",
        "urn:ietf:params:scim:schemas:core:2.0:User:title": "CTO",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber": "E-9",
        "emails.value": "a@x"
    }));
    assert_eq!(
        doc,
        json!({
            "name": { "givenName": "Ana" }, "title": "CTO", ENTERPRISE_USER: { "employeeNumber": "E-9" },
            "emails": [{ "value": "a@x" }]
        })
    );
    assert_eq!(deviations, [D::DottedKey, D::UrnKey]);
}

#[test]
fn the_unknown_is_kept_in_tolerant_mode_and_refused_in_strict_mode() {
    let urn = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User";
    let (doc, deviations) = with(json!({
        "favourite": { "Colour": ["blue", null], "none": null },
        "emails": [{ "value": "a@x", "verified": "yes" }],
        urn: { "tag": 5, "empty": [] },
        format!("{urn}:level"): "7",
    }));
    assert_eq!(
        doc,
        json!({
            "favourite": { "Colour": ["blue"] },
            "emails": [{ "value": "a@x", "verified": "yes" }],
            urn: { "tag": 5, "level": "7" }
        })
    );
    assert_eq!(deviations, [D::UnknownAttribute, D::UnknownSchema]);

    let strict = |attributes: Value| {
        let mut body = json!({ "schemas": [USER], "userName": "ana" });
        body.as_object_mut().unwrap().extend(attributes.as_object().cloned().unwrap());
        refused(user(), body, Mode::Strict)
    };
    assert_eq!(strict(json!({})), None);
    assert_eq!(strict(json!({ "favourite": 1 })), Some(ScimType::InvalidSyntax));
    assert_eq!(strict(json!({ urn: { "tag": 5 } })), Some(ScimType::InvalidSyntax));
    assert_eq!(
        strict(json!({ "emails": [{ "value": "a@x", "verified": 1 }] })),
        Some(ScimType::InvalidSyntax)
    );
    assert_eq!(strict(json!({ "schemas": [USER, urn] })), Some(ScimType::InvalidSyntax));
    assert_eq!(strict(json!({ "schemas": ["urn:scim:schemas:core:2.0"] })), Some(ScimType::InvalidSyntax));
    assert_eq!(strict(json!({ "schemas": null })), Some(ScimType::InvalidSyntax));
    assert_eq!(strict(json!({ "active": "True" })), Some(ScimType::InvalidValue));
    assert_eq!(strict(json!({ "name.givenName": "Ana" })), Some(ScimType::InvalidSyntax));
    assert_eq!(strict(json!({ "TITLE": "a", "title": "b" })), Some(ScimType::InvalidSyntax));
}

#[test]
fn schemas_of_one_x_style() {
    let body = json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"],
        "userName": "ana",
        "urn:scim:schemas:extension:enterprise:2.0": { "department": "IT" }
    });
    let Accepted { value, deviations } = tolerant(body);
    assert_eq!(value[ENTERPRISE_USER], json!({ "department": "IT" }));
    assert_eq!(deviations, [D::LegacyUrn]);
}

#[test]
fn required_attributes() {
    for name in [json!(null), json!(""), json!([])] {
        let error =
            read(user(), &json!({ "schemas": [USER], "userName": name }), Mode::Tolerant).unwrap_err();
        assert_eq!(error.scim_type, Some(ScimType::InvalidValue));
        assert!(error.detail.contains("userName"), "{}", error.detail);
    }
    let error = read(group(), &json!({ "schemas": [GROUP] }), Mode::Tolerant).unwrap_err();
    assert!(error.detail.contains("displayName"), "{}", error.detail);
}

#[test]
fn one_primary_value_at_most() {
    let emails = json!({ "emails": [
        { "value": "a@x" }, { "value": "b@x", "primary": true }, { "value": "c@x", "primary": "True" }
    ] });
    let (doc, deviations) = with(emails);
    let primaries: Vec<&Value> = doc["emails"].as_array().unwrap().iter().map(|it| &it["primary"]).collect();
    assert_eq!(primaries, [&json!(null), &json!(true), &json!(false)]);
    assert_eq!(deviations, [D::StringBoolean, D::ManyPrimaries]);
    let body = json!({ "schemas": [USER], "userName": "a", "emails": [
        { "value": "b", "primary": true }, { "value": "c", "primary": true }
    ] });
    assert_eq!(refused(user(), body, Mode::Strict), Some(ScimType::InvalidValue));
}

#[test]
fn what_no_attribute_can_hold() {
    let table = [
        json!({ "active": "maybe" }),
        json!({ "active": 1 }),
        json!({ "active": [true, false] }),
        json!({ "title": { "a": 1 } }),
        json!({ "title": ["a", "b"] }),
        json!({ "title": [["a"]] }),
        json!({ "name": "Ana" }),
        json!({ "name": true }),
        json!({ "emails": [[{ "value": "a" }]] }),
        json!({ "emails": [true] }),
        json!({ "addresses": "Main Street" }),
        json!({ ENTERPRISE_USER: "IT" }),
        json!({ "title": "a\0b" }),
        json!({ "favourite": ["a", { "b": "c\0" }] }),
        json!({ "title": "x".repeat(MAX_STRING + 1) }),
        json!({ "externalId": "x".repeat(MAX_INDEXED + 1) }),
        json!({ "emails": [{ "value": "x".repeat(MAX_INDEXED + 1) }] }),
        json!({ "roles": vec![json!({ "value": "r" }); MAX_VALUES + 1] }),
    ];
    for attributes in table {
        let mut body = json!({ "schemas": [USER], "userName": "ana" });
        body.as_object_mut().unwrap().extend(attributes.as_object().cloned().unwrap());
        let error = refused(user(), body, Mode::Tolerant);
        assert_eq!(error, Some(ScimType::InvalidValue), "{}", attributes.to_string().get(..60).unwrap_or(""));
    }
}

#[test]
fn what_is_no_resource() {
    for body in [json!(null), json!([]), json!("userName"), json!(5), json!({ "a\0": 1, "userName": "a" })] {
        assert_eq!(refused(user(), body, Mode::Tolerant), Some(ScimType::InvalidSyntax));
    }
    let mut deep = json!("bottom");
    for _ in 0..MAX_DEPTH {
        deep = json!([deep]);
    }
    let body = json!({ "userName": "a", "favourite": deep });
    assert_eq!(refused(user(), body, Mode::Tolerant), Some(ScimType::InvalidSyntax));
}

#[test]
fn a_group_with_members() {
    let body = json!({ "schemas": [GROUP], "displayName": "Team", "members": [
        { "value": "u1", "display": "Ana" }, { "value": "u2", "$ref": null, "type": "User" }, "u3"
    ] });
    let doc = read(group(), &body, Mode::Tolerant).unwrap().value;
    assert_eq!(
        doc["members"],
        json!([{ "value": "u1", "display": "Ana" }, { "value": "u2", "type": "User" }, { "value": "u3" }])
    );
    let long = "x".repeat(MAX_INDEXED + 1);
    for element in [
        json!(null),
        json!({}),
        json!({ "value": "" }),
        json!({ "display": "Ana" }),
        json!(""),
        json!({ "value": long }),
        json!({ "value": "u1", "display": long }),
    ] {
        let body = json!({ "schemas": [GROUP], "displayName": "Team", "members": [element] });
        assert_eq!(refused(group(), body, Mode::Tolerant), Some(ScimType::InvalidValue));
    }
    let many = json!({ "schemas": [GROUP], "displayName": "Team", "members": vec!["u"; MAX_VALUES + 1] });
    assert!(read(group(), &many, Mode::Tolerant).is_ok(), "groups may be large");
}

#[test]
fn a_required_extension_must_be_there() {
    let badge = json!({ "id": "urn:example:badge:2.0:User", "attributes": [
        { "name": "number", "type": "string", "required": true },
        { "name": "colour", "type": "string" }
    ] });
    let with =
        |required| user().clone().with_extension(serde_json::from_value(badge.clone()).unwrap(), required);
    let (needed, optional) = (with(true).unwrap(), with(false).unwrap());
    let body =
        |badge: Value| json!({ "schemas": [USER], "userName": "a", "urn:example:badge:2.0:User": badge });
    assert_eq!(refused(&needed, body(json!(null)), Mode::Tolerant), Some(ScimType::InvalidValue));
    assert_eq!(refused(&optional, body(json!(null)), Mode::Tolerant), None);
    assert_eq!(
        refused(&optional, body(json!({ "colour": "x" })), Mode::Tolerant),
        Some(ScimType::InvalidValue)
    );
    assert_eq!(refused(&needed, body(json!({ "number": "x" })), Mode::Strict), None);
}

#[test]
fn schemas_are_computed_from_what_is_there() {
    let doc =
        json!({ "userName": "a", "urn:x:y": { "a": 1 }, ENTERPRISE_USER: { "department": "IT" }, "urn": 1 });
    let doc = doc.as_object().cloned().unwrap();
    assert_eq!(schemas_of(user(), &doc), [USER, "urn:x:y", ENTERPRISE_USER]);
    assert_eq!(schemas_of(group(), &Document::new()), [GROUP]);
}

/// A User with a badge: fixed, secret and free attributes.
fn with_badge() -> ResourceType {
    let part = |name: &str, mutability: &str| json!({ "name": name, "mutability": mutability });
    let badge = json!({ "id": BADGE, "attributes": [
        part("number", "immutable"), part("door", "readOnly"), part("colour", "readWrite"), part("pin", "writeOnly"),
        { "name": "code", "returned": "never" },
        { "name": "issuer", "type": "complex", "subAttributes": [
            part("id", "immutable"), part("name", "readWrite"), part("key", "writeOnly")
        ] },
    ] });
    user().clone().with_extension(serde_json::from_value(badge).unwrap(), false).unwrap()
}

const BADGE: &str = "urn:example:badge:2.0:User";

#[test]
fn what_is_never_returned_is_not_kept() {
    let body = json!({ "schemas": [USER, BADGE], "userName": "a", BADGE: {
        "colour": "red", "pin": "1234", "code": "5678", "door": "7", "issuer": { "id": "i", "key": "k" }
    } });
    let kept = json!({ "colour": "red", "issuer": { "id": "i" } });
    for mode in [Mode::Tolerant, Mode::Strict] {
        assert_eq!(read(&with_badge(), &body, mode).unwrap().value[BADGE], kept);
    }
    let dotted = json!({ "userName": "a", format!("{BADGE}:issuer.key"): "k", format!("{BADGE}:pin"): 1234 });
    assert_eq!(read(&with_badge(), &dotted, Mode::Tolerant).unwrap().value.get(BADGE), None);
}

#[test]
fn a_put_keeps_what_is_fixed() {
    let kind = with_badge();
    let put = |before: Value, new: Value| {
        let doc = |badge: Value| {
            let whole = json!({ "userName": "a", BADGE: badge });
            whole.as_object().cloned().unwrap()
        };
        replace(&kind, &doc(before), doc(new))
            .map(|doc| doc[BADGE].clone())
            .map_err(|error| (error.scim_type, error.detail))
    };
    let refused = |path: &str| {
        Err((Some(ScimType::Mutability), format!("{BADGE}:{path} cannot be changed once it is set.")))
    };
    let table = [
        (json!({ "number": "1" }), json!({ "number": "1" }), Ok(json!({ "number": "1" }))),
        (json!({ "number": "1", "colour": "red" }), json!({}), Ok(json!({ "number": "1" }))),
        (json!({ "colour": "red" }), json!({ "number": "1" }), Ok(json!({ "number": "1" }))),
        (json!({ "number": "1" }), json!({ "number": "2" }), refused("number")),
        (json!({ "door": "7" }), json!({ "colour": "red" }), Ok(json!({ "colour": "red", "door": "7" }))),
        (
            json!({ "issuer": { "id": "i", "name": "A" } }),
            json!({ "issuer": { "name": "B" } }),
            Ok(json!({ "issuer": { "name": "B", "id": "i" } })),
        ),
        (json!({ "issuer": { "id": "i" } }), json!({}), Ok(json!({ "issuer": { "id": "i" } }))),
        (json!({ "issuer": { "id": "i" } }), json!({ "issuer": { "id": "j" } }), refused("issuer.id")),
        // Kept from the days before the schema, in another shape.
        (
            json!({ "issuer": "i" }),
            json!({ "issuer": { "id": "j" } }),
            Ok(json!({ "issuer": { "id": "j" } })),
        ),
    ];
    for (before, new, after) in table {
        assert_eq!(put(before.clone(), new.clone()), after, "{before} {new}");
    }
    // The extension is left out altogether, and was sent in other letters before it had a schema.
    let before = json!({ "userName": "a", BADGE.to_uppercase(): { "number": "1" } });
    let new = json!({ "userName": "b" });
    let after = replace(&kind, before.as_object().unwrap(), new.as_object().cloned().unwrap()).unwrap();
    assert_eq!(Value::Object(after), json!({ "userName": "b", BADGE: { "number": "1" } }));
}

#[test]
fn a_number_that_text_cannot_keep_is_refused() {
    for mode in [Mode::Tolerant, Mode::Strict] {
        for number in
            ["123456789012345678901", "9999999999999999999123", "1.5", "1e2", "-9223372036854775809"]
        {
            for (name, place) in [("externalId", "externalId"), ("emails", "emails.value")] {
                let value =
                    if name == "emails" { format!("[{{\"value\": {number}}}]") } else { number.to_owned() };
                let body = format!("{{\"schemas\": [\"{USER}\"], \"userName\": \"a\", \"{name}\": {value}}}");
                let error = read(user(), &serde_json::from_str(&body).unwrap(), mode).unwrap_err();
                assert_eq!((error.status, error.scim_type), (400, Some(ScimType::InvalidValue)), "{body}");
                assert!(error.detail.starts_with(&format!("{place} must be")), "{}", error.detail);
            }
        }
    }
    for number in ["18446744073709551615", "-9223372036854775808", "0"] {
        let body = format!("{{\"schemas\": [\"{USER}\"], \"userName\": \"a\", \"externalId\": {number}}}");
        let read = read(user(), &serde_json::from_str(&body).unwrap(), Mode::Tolerant).unwrap();
        assert_eq!(read.value["externalId"], number);
        assert_eq!(read.deviations, [D::ScalarForString]);
    }
}

#[test]
fn binary_values_are_base64() {
    let certificate = |text: &str| {
        json!({
            "schemas": [USER], "userName": "a", "x509Certificates": [{ "value": text }]
        })
    };
    for text in ["aGVsbG8h", "aGVsbG8=", "aGVsbG8", "+/+/"] {
        assert_eq!(read(user(), &certificate(text), Mode::Strict).unwrap().deviations, [], "{text}");
    }
    for text in ["not base64!", "aGVs\nbG8h", "a", "aGVsbG8==", "_-_-"] {
        let tolerant = read(user(), &certificate(text), Mode::Tolerant).unwrap();
        assert_eq!(tolerant.deviations, [D::NotBase64], "{text:?}");
        assert_eq!(tolerant.value["x509Certificates"][0]["value"], text);
        let refusal = read(user(), &certificate(text), Mode::Strict).unwrap_err();
        assert_eq!((refusal.status, refusal.scim_type), (400, Some(ScimType::InvalidValue)), "{text:?}");
    }
}
