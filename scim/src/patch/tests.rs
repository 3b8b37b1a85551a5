#![expect(clippy::needless_pass_by_value, reason = "a table of json! values reads best without borrows")]

use serde_json::json;

use super::*;
use crate::Document;
use crate::dialect::Deviation as D;
use crate::error::{Error, ScimType};
use crate::schema::{ENTERPRISE_USER, GROUP, ResourceType, USER, group, user};

fn doc(value: Value) -> Document {
    value.as_object().cloned().unwrap_or_default()
}

fn body(operations: Value) -> Value {
    json!({ "schemas": [SCHEMA], "Operations": operations })
}

fn patched(
    kind: &ResourceType,
    before: Value,
    operations: Value,
    mode: Mode,
) -> Result<Option<Value>, Error> {
    let patch = parse(kind, &body(operations), mode)?.value;
    Ok(apply(kind, &doc(before), &patch)?.map(Value::Object))
}

/// A user before, operations, and the user after; `null` if nothing changes.
fn check(table: &[(Value, Value, Value)]) {
    for (before, operations, after) in table {
        let mut before = before.clone();
        before["userName"] = json!("ana");
        let result = patched(user(), before, operations.clone(), Mode::Tolerant);
        let result = result.map(|changed| {
            let mut changed = changed.unwrap_or(Value::Null);
            changed.as_object_mut().map(|user| user.shift_remove("userName"));
            changed
        });
        assert_eq!(result.as_ref(), Ok(after), "{operations}");
    }
}

fn refused(operations: Value) -> Option<ScimType> {
    let before = json!({ "userName": "ana", "emails": [{ "value": "a@x", "type": "home" }] });
    patched(user(), before, operations, Mode::Tolerant).err().and_then(|error| error.scim_type)
}

#[test]
fn single_attributes() {
    check(&[
        (json!({}), json!([{ "op": "add", "path": "title", "value": "CTO" }]), json!({ "title": "CTO" })),
        (json!({}), json!([{ "op": "replace", "path": "title", "value": "CTO" }]), json!({ "title": "CTO" })),
        (
            json!({ "title": "A" }),
            json!([{ "op": "replace", "path": "TITLE", "value": "B" }]),
            json!({ "title": "B" }),
        ),
        (json!({ "title": "A" }), json!([{ "op": "remove", "path": "title" }]), json!({})),
        (json!({ "title": "A" }), json!([{ "op": "replace", "path": "title", "value": null }]), json!({})),
        (json!({ "title": "A" }), json!([{ "op": "replace", "path": "title", "value": "" }]), json!({})),
        (json!({ "title": "A" }), json!([{ "op": "add", "path": "title", "value": null }]), json!(null)),
        (json!({ "title": "A" }), json!([{ "op": "replace", "path": "title", "value": "A" }]), json!(null)),
        (json!({}), json!([{ "op": "remove", "path": "title" }]), json!(null)),
        (json!({ "title": "A" }), json!([{ "op": "remove", "path": "title", "value": "A" }]), json!({})),
        (
            json!({}),
            json!([{ "op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:active", "value": false }]),
            json!({ "active": false }),
        ),
    ]);
}

#[test]
fn complex_attributes() {
    let name = json!({ "name": { "givenName": "Ana", "familyName": "B" } });
    check(&[
        (
            name.clone(),
            json!([{ "op": "replace", "path": "name", "value": { "GivenName": "Eva", "middleName": "M" } }]),
            json!({ "name": { "givenName": "Eva", "familyName": "B", "middleName": "M" } }),
        ),
        (
            name.clone(),
            json!([{ "op": "replace", "path": "name", "value": { "givenName": null } }]),
            json!({ "name": { "familyName": "B" } }),
        ),
        (
            name.clone(),
            json!([{ "op": "remove", "path": "name.givenName" }]),
            json!({ "name": { "familyName": "B" } }),
        ),
        (
            name.clone(),
            json!([{ "op": "remove", "path": "name.givenName" }, { "op": "remove", "path": "name.familyName" }]),
            json!({}),
        ),
        (
            name.clone(),
            json!([{ "op": "replace", "value": { USER: { "name": { "givenName": "Eva" } } } }]),
            json!({ "name": { "givenName": "Eva", "familyName": "B" } }),
        ),
        (name.clone(), json!([{ "op": "remove", "path": "name" }]), json!({})),
        (name, json!([{ "op": "remove", "path": "name.middleName" }]), json!(null)),
        (
            json!({}),
            json!([{ "op": "add", "path": "name.givenName", "value": "Eva" }]),
            json!({ "name": { "givenName": "Eva" } }),
        ),
    ]);
}

#[test]
fn extensions() {
    let urn = ENTERPRISE_USER;
    check(&[
        (
            json!({}),
            json!([{ "op": "add", "path": format!("{urn}:department"), "value": "IT" }]),
            json!({ urn: { "department": "IT" } }),
        ),
        (
            json!({ urn: { "department": "IT" } }),
            json!([{ "op": "remove", "path": format!("{urn}:department") }]),
            json!({}),
        ),
        (
            json!({ urn: { "department": "IT" } }),
            json!([{ "op": "replace", "path": urn, "value": { "division": "A", "department": null } }]),
            json!({ urn: { "division": "A" } }),
        ),
        (json!({ urn: { "department": "IT" } }), json!([{ "op": "remove", "path": urn }]), json!({})),
        (
            json!({ urn: { "department": "IT" } }),
            json!([{ "op": "replace", "value": { urn: null } }]),
            json!({}),
        ),
        (
            json!({ urn: { "manager": { "value": "old", "$ref": "https://x/old" } } }),
            json!([{ "op": "replace", "path": format!("{urn}:manager"), "value": { "value": "new" } }]),
            json!({ urn: { "manager": { "value": "new" } } }),
        ),
        (
            json!({ urn: { "manager": { "value": "old", "$ref": "https://x/old" } } }),
            json!([{ "op": "replace", "path": format!("{urn}:manager.value"), "value": "new" }]),
            json!({ urn: { "manager": { "value": "new" } } }),
        ),
        (
            json!({ urn: { "manager": { "value": "old", "$ref": "https://x/old" } } }),
            json!([{ "op": "remove", "path": format!("{urn}:manager.value") }]),
            json!({}),
        ),
        // `schemas` follows from what is there.
        (json!({}), json!([{ "op": "add", "path": "schemas", "value": [urn] }]), json!(null)),
        (
            json!({}),
            json!([{ "op": "add", "path": "urn:scim:schemas:extension:enterprise:2.0:manager", "value": "m" }]),
            json!({ urn: { "manager": { "value": "m" } } }),
        ),
        (
            json!({}),
            json!([{ "op": "add", "path": "urn:scim:schemas:core:2.0", "value": { "title": "A" } }]),
            json!({ "title": "A" }),
        ),
        // An extension that this server does not know is kept.
        (
            json!({}),
            json!([{ "op": "add", "path": "urn:ietf:params:scim:schemas:extension:X:2.0:User:tag", "value": 5 }]),
            json!({ "urn:ietf:params:scim:schemas:extension:X:2.0:User": { "tag": 5 } }),
        ),
        (
            json!({ "urn:x:X:2.0:User": { "Tag": 5, "b": { "c": 1 } } }),
            json!([
                { "op": "remove", "path": "urn:x:x:2.0:USER:tag" },
                { "op": "replace", "value": { "urn:x:X:2.0:User": { "d": 2 } } },
                { "op": "replace", "path": "urn:x:X:2.0:User:b.c", "value": 3 }
            ]),
            json!({ "urn:x:X:2.0:User": { "b": { "c": 3 }, "d": 2 } }),
        ),
    ]);
}

#[test]
fn multi_valued_attributes() {
    let emails =
        json!({ "emails": [{ "value": "a@x", "type": "work", "primary": true }, { "value": "b@x" }] });
    check(&[
        (
            emails.clone(),
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "c@x" }, { "value": "b@x" }] }]),
            json!({ "emails": [
                { "value": "a@x", "type": "work", "primary": true }, { "value": "b@x" }, { "value": "c@x" }
            ] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "add", "path": "emails", "value": { "value": "b@x" } }]),
            json!(null),
        ),
        (
            emails.clone(),
            json!([{ "op": "replace", "path": "emails", "value": [{ "value": "c@x" }] }]),
            json!({ "emails": [{ "value": "c@x" }] }),
        ),
        (emails.clone(), json!([{ "op": "replace", "path": "emails", "value": [] }]), json!({})),
        (emails.clone(), json!([{ "op": "remove", "path": "emails" }]), json!({})),
        (
            emails.clone(),
            json!([{ "op": "remove", "path": "emails", "value": [{ "value": "A@X" }] }]),
            json!({ "emails": [{ "value": "b@x" }] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "remove", "path": "emails", "value": [{ "value": "a@x", "type": "home" }] }]),
            json!(null),
        ),
        (
            emails.clone(),
            json!([{ "op": "replace", "path": "emails.type", "value": "home" }]),
            json!({ "emails": [
                { "value": "a@x", "type": "home", "primary": true }, { "value": "b@x", "type": "home" }
            ] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "remove", "path": "emails.type" }]),
            json!({ "emails": [{ "value": "a@x", "primary": true }, { "value": "b@x" }] }),
        ),
        (emails, json!([{ "op": "remove", "path": "emails.value" }]), json!({})),
        (
            json!({}),
            json!([{ "op": "add", "path": "emails.value", "value": "a@x" }]),
            json!({ "emails": [{ "value": "a@x" }] }),
        ),
    ]);
}

#[test]
fn one_primary_value_remains() {
    let emails =
        json!({ "emails": [{ "value": "a@x", "primary": true }, { "value": "b@x", "type": "work" }] });
    let after = |a: bool, b: bool| {
        json!({ "emails": [
            { "value": "a@x", "primary": a }, { "value": "b@x", "type": "work", "primary": b }
        ] })
    };
    check(&[
        (
            emails.clone(),
            json!([{ "op": "replace", "path": "emails[type eq \"work\"].primary", "value": "True" }]),
            after(false, true),
        ),
        (
            emails.clone(),
            json!([{ "op": "add", "path": "emails[value eq \"b@x\"]", "value": { "primary": true } }]),
            after(false, true),
        ),
        (
            emails.clone(),
            json!([{ "op": "add", "path": "emails", "value": [
                { "value": "b@x", "type": "work", "primary": true }
            ] }]),
            after(false, true),
        ),
        (
            emails.clone(),
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "c@x", "primary": true }] }]),
            json!({ "emails": [
                { "value": "a@x", "primary": false }, { "value": "b@x", "type": "work" },
                { "value": "c@x", "primary": true }
            ] }),
        ),
        (
            emails,
            json!([{ "op": "add", "path": "emails[type eq \"home\" and primary eq true].value", "value": "h@x" }]),
            json!({ "emails": [
                { "value": "a@x", "primary": false }, { "value": "b@x", "type": "work" },
                { "type": "home", "primary": true, "value": "h@x" }
            ] }),
        ),
    ]);
}

#[test]
fn selected_elements() {
    let emails =
        json!({ "emails": [{ "value": "a@x", "type": "work" }, { "value": "b@x", "type": "home" }] });
    let path = |filter: &str| format!("emails[{filter}]");
    check(&[
        (
            emails.clone(),
            json!([{ "op": "replace", "path": path("type eq \"WORK\"") + ".value", "value": "c@x" }]),
            json!({ "emails": [{ "value": "c@x", "type": "work" }, { "value": "b@x", "type": "home" }] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "replace", "path": path("type eq \"work\""), "value": { "value": "c@x" } }]),
            json!({ "emails": [{ "value": "c@x", "type": "work" }, { "value": "b@x", "type": "home" }] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "replace", "path": path("type eq \"work\""), "value": [{ "value": "c@x", "type": "z" }] }]),
            json!({ "emails": [{ "value": "c@x", "type": "z" }, { "value": "b@x", "type": "home" }] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "remove", "path": path("type eq \"work\"") }]),
            json!({ "emails": [{ "value": "b@x", "type": "home" }] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "remove", "path": path("type eq \"work\"") + ".value" }]),
            json!({ "emails": [{ "value": "b@x", "type": "home" }] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "remove", "path": path("type eq \"work\"") + ".type" }]),
            json!({ "emails": [{ "value": "a@x" }, { "value": "b@x", "type": "home" }] }),
        ),
        (emails.clone(), json!([{ "op": "remove", "path": path("value co \"@\"") }]), json!({})),
        (
            emails.clone(),
            json!([{ "op": "replace", "path": path("type eq \"work\"") + ".value", "value": "" }]),
            json!({ "emails": [{ "value": "b@x", "type": "home" }] }),
        ),
        (
            emails.clone(),
            json!([{ "op": "add", "path": path("value co \"@\"") + ".display", "value": "E" }]),
            json!({ "emails": [
                { "value": "a@x", "type": "work", "display": "E" }, { "value": "b@x", "type": "home", "display": "E" }
            ] }),
        ),
        (
            emails,
            json!([{ "op": "replace", "path": path("type eq \"other\"") + ".value", "value": null }]),
            json!(null),
        ),
    ]);
}

#[test]
fn an_element_that_is_not_there_is_made_if_the_filter_describes_it() {
    let add = |op: &str, path: &str, value: Value| json!([{ "op": op, "path": path, "value": value }]);
    check(&[
        (
            json!({}),
            add("Replace", "emails[type eq \"work\"].value", json!("a@x")),
            json!({ "emails": [{ "type": "work", "value": "a@x" }] }),
        ),
        (
            json!({}),
            add("Add", "addresses[type eq \"work\"].formatted", json!("Main Street")),
            json!({ "addresses": [{ "type": "work", "formatted": "Main Street" }] }),
        ),
        (
            json!({}),
            add("Add", "roles[primary eq \"True\"].value", json!("admin")),
            json!({ "roles": [{ "primary": true, "value": "admin" }] }),
        ),
        (
            json!({}),
            add("add", "emails[type eq \"work\"]", json!({ "value": "a@x" })),
            json!({ "emails": [{ "type": "work", "value": "a@x" }] }),
        ),
    ]);
    for operations in [
        add("replace", "emails[type eq \"work\"]", json!({ "value": "a@x" })),
        add("add", "emails[type ne \"home\"].value", json!("a@x")),
        add("add", "emails[type eq \"work\" or type eq \"other\"].value", json!("a@x")),
        json!([{ "op": "remove", "path": "emails[type eq \"work\"]" }]),
        json!([{ "op": "remove", "path": "emails[type eq \"work\"].value" }]),
    ] {
        assert_eq!(refused(operations.clone()), Some(ScimType::NoTarget), "{operations}");
    }
    let strict = patched(
        user(),
        json!({ "userName": "a" }),
        add("replace", "emails[type eq \"work\"].value", json!("a@x")),
        Mode::Strict,
    );
    assert_eq!(strict.unwrap_err().scim_type, Some(ScimType::NoTarget));
}

#[test]
fn what_is_refused() {
    use ScimType::{InvalidFilter, InvalidPath, InvalidSyntax, InvalidValue, Mutability, NoTarget};
    let table = [
        (json!([{ "op": "move", "path": "title", "value": "a" }]), InvalidSyntax),
        (json!([{ "path": "title", "value": "a" }]), InvalidSyntax),
        (json!([{ "op": 5, "path": "title", "value": "a" }]), InvalidSyntax),
        (json!(["add"]), InvalidSyntax),
        (json!([]), InvalidSyntax),
        (json!([{ "op": "remove" }]), NoTarget),
        (json!([{ "op": "remove", "value": { "title": "a" } }]), NoTarget),
        (json!([{ "op": "add", "path": "title" }]), InvalidValue),
        (json!([{ "op": "replace" }]), InvalidValue),
        (json!([{ "op": "replace", "value": "a" }]), InvalidValue),
        (json!([{ "op": "replace", "value": ["title"] }]), InvalidValue),
        (json!([{ "op": "add", "path": 5, "value": "a" }]), InvalidPath),
        (json!([{ "op": "add", "path": "favourite", "value": "a" }]), InvalidPath),
        (json!([{ "op": "add", "path": "name.nick", "value": "a" }]), InvalidPath),
        (json!([{ "op": "add", "path": "emails[type eq \"a\"].kind", "value": "a" }]), InvalidPath),
        (json!([{ "op": "add", "path": format!("{USER}:favourite"), "value": "a" }]), InvalidPath),
        (json!([{ "op": "add", "path": format!("{GROUP}:displayName.x"), "value": "a" }]), InvalidPath),
        (
            json!([{ "op": "add", "path": format!("{ENTERPRISE_USER}:manager.kind"), "value": "a" }]),
            InvalidPath,
        ),
        (json!([{ "op": "remove", "path": USER }]), InvalidPath),
        (json!([{ "op": "add", "path": "name[givenName eq \"a\"]", "value": {} }]), InvalidPath),
        (json!([{ "op": "add", "path": "title[value eq \"a\"]", "value": "b" }]), InvalidPath),
        (json!([{ "op": "add", "path": "emails[type eq]", "value": "a" }]), InvalidFilter),
        (json!([{ "op": "add", "path": "emails[kind eq \"a\"]", "value": "a" }]), InvalidFilter),
        (json!([{ "op": "replace", "path": "id", "value": "a" }]), Mutability),
        (json!([{ "op": "replace", "path": "meta.created", "value": "a" }]), Mutability),
        (json!([{ "op": "add", "path": "groups", "value": [{ "value": "g" }] }]), Mutability),
        (
            json!([{ "op": "add", "path": format!("{ENTERPRISE_USER}:manager.displayName"), "value": "a" }]),
            Mutability,
        ),
        (json!([{ "op": "remove", "path": "userName" }]), Mutability),
        (json!([{ "op": "replace", "path": "userName", "value": "" }]), Mutability),
        (json!([{ "op": "replace", "path": "active", "value": "maybe" }]), InvalidValue),
        (json!([{ "op": "replace", "path": "title", "value": { "a": 1 } }]), InvalidValue),
        (json!([{ "op": "replace", "path": "title", "value": "a\0" }]), InvalidValue),
        (json!([{ "op": "remove", "path": "emails", "value": [] }]), InvalidValue),
        (json!([{ "op": "remove", "path": "emails", "value": null }]), InvalidValue),
    ];
    for (operations, scim_type) in table {
        let result = refused(operations.clone());
        assert_eq!(result, Some(scim_type), "{operations}");
    }
    for not_a_patch in
        [json!(null), json!([]), json!({}), json!({ "Operations": {"op": 1} }), json!({ "Operations": 5 })]
    {
        let error = parse(user(), &not_a_patch, Mode::Tolerant).unwrap_err();
        assert_eq!(error.scim_type, Some(InvalidSyntax), "{not_a_patch}");
    }
    let many = vec![json!({ "op": "remove", "path": "title" }); MAX_OPERATIONS + 1];
    assert_eq!(refused(json!(many)), Some(InvalidSyntax));
    assert_eq!(refused(json!(many[1..])), None);
}

#[test]
fn all_or_nothing() {
    let before = doc(json!({ "userName": "ana", "title": "A" }));
    let operations = json!([
        { "op": "replace", "path": "title", "value": "B" },
        { "op": "remove", "path": "emails[type eq \"work\"]" }
    ]);
    let patch = parse(user(), &body(operations), Mode::Tolerant).unwrap().value;
    assert!(apply(user(), &before, &patch).is_err());
    assert_eq!(before["title"], "A");
}

#[test]
fn a_resource_cannot_grow_without_end() {
    let big = "x".repeat(crate::resource::MAX_STRING);
    let mut user_doc = doc(json!({ "userName": "ana" }));
    let mut refusals = 0;
    for index in 0..20 {
        let operations = json!([{ "op": "add", "path": format!("urn:x:y:a{index}"), "value": big }]);
        let patch = parse(user(), &body(operations), Mode::Tolerant).unwrap().value;
        match apply(user(), &user_doc, &patch) {
            Ok(changed) => user_doc = changed.unwrap(),
            Err(error) => {
                assert_eq!(error.status, 413);
                refusals += 1;
            }
        }
    }
    assert_eq!(refusals, 5);
    let roles = |from: usize| -> Vec<Value> {
        (from..from + 600).map(|n| json!({ "value": n.to_string() })).collect()
    };
    let operations = json!([
        { "op": "add", "path": "roles", "value": roles(0) }, { "op": "add", "path": "roles", "value": roles(600) }
    ]);
    assert_eq!(refused(operations), Some(ScimType::InvalidValue));
}

#[test]
fn immutable_attributes_are_set_once() {
    let badge = json!({ "id": "urn:x:badge", "attributes": [
        { "name": "number", "type": "string", "mutability": "immutable" }
    ] });
    let kind = user().clone().with_extension(serde_json::from_value(badge).unwrap(), false).unwrap();
    let set = |before: Value, value: Value| {
        let operations = json!([{ "op": "replace", "path": "urn:x:badge:number", "value": value }]);
        patched(&kind, before, operations, Mode::Tolerant)
    };
    let with = json!({ "userName": "a", "urn:x:badge": { "number": "1" } });
    assert_eq!(set(json!({ "userName": "a" }), json!("1")), Ok(Some(with.clone())));
    assert_eq!(set(with.clone(), json!("1")), Ok(None));
    assert_eq!(set(with.clone(), json!("2")).unwrap_err().scim_type, Some(ScimType::Mutability));
    assert_eq!(set(with, json!(null)).unwrap_err().scim_type, Some(ScimType::Mutability));
}

fn deviations(kind: &ResourceType, operations: Value) -> Vec<D> {
    parse(kind, &body(operations), Mode::Tolerant).unwrap().deviations
}

#[test]
fn deviations_are_reported_and_refused_in_strict_mode() {
    let table = [
        (json!([{ "op": "replace", "value": { "active": false } }]), vec![D::PathlessOperation]),
        (
            json!([{ "op": "replace", "value": { "name.givenName": "A" } }]),
            vec![D::PathlessOperation, D::DottedKey],
        ),
        (
            json!([{ "op": "replace", "value": { format!("{ENTERPRISE_USER}:employeeNumber"): "9" } }]),
            vec![D::PathlessOperation, D::UrnKey],
        ),
        (json!([{ "op": "replace", "path": "active", "value": "False" }]), vec![D::StringBoolean]),
        (
            json!([{ "op": "add", "path": format!("{ENTERPRISE_USER}:manager"), "value": "m" }]),
            vec![D::StringForComplex],
        ),
        (
            json!([{ "op": "add", "path": "urn:scim:schemas:core:2.0:title", "value": "m" }]),
            vec![D::LegacyUrn],
        ),
        (json!([{ "op": "add", "path": "urn:x:y:z", "value": "m" }]), vec![D::UnknownSchema]),
        (
            json!([{ "op": "add", "path": format!("{ENTERPRISE_USER}:favourite"), "value": "m" }]),
            vec![D::UnknownAttribute],
        ),
        (
            json!([{ "op": "remove", "path": "emails", "value": ["a@x"] }]),
            vec![D::RemoveWithValue, D::StringForComplex],
        ),
        (json!([{ "op": "remove", "path": "emails[type eq work]" }]), vec![D::UnquotedFilterValue]),
        (json!([{ "op": "replace", "path": "title", "value": ["a"] }]), vec![D::ArrayForSingle]),
    ];
    for (operations, expected) in table {
        assert_eq!(deviations(user(), operations.clone()), expected, "{operations}");
        assert!(parse(user(), &body(operations.clone()), Mode::Strict).is_err(), "{operations}");
    }
    let capitalised = body(json!([{ "op": "Replace", "path": "active", "value": true }]));
    assert_eq!(parse(user(), &capitalised, Mode::Strict).unwrap().deviations, [D::CapitalisedOp]);
    let without = json!({ "Operations": [{ "op": "remove", "path": "title" }] });
    assert_eq!(parse(user(), &without, Mode::Tolerant).unwrap().deviations, [D::MissingSchema]);
    assert!(parse(user(), &without, Mode::Strict).is_err());
}

#[test]
fn a_password_is_accepted_and_forgotten() {
    for operation in [
        json!({ "op": "replace", "value": { "password": "Another1!Secret" } }),
        json!({ "op": "replace", "path": "password", "value": "Another1!Secret" }),
    ] {
        let patch = parse(user(), &body(json!([operation])), Mode::Tolerant).unwrap().value;
        assert_eq!(patch.operations, []);
    }
}

#[test]
fn a_document_engine_can_apply_members_too() {
    let operations = json!([
        { "op": "remove", "path": "members", "value": [{ "value": "u1" }] },
        { "op": "add", "path": "members", "value": [{ "value": "u3", "display": "C" }, { "value": "u2" }] }
    ]);
    let before =
        json!({ "displayName": "T", "members": [{ "value": "u1" }, { "value": "u2", "type": "User" }] });
    let after = patched(group(), before, operations, Mode::Tolerant).unwrap().unwrap();
    assert_eq!(
        after["members"],
        json!([{ "value": "u2", "type": "User" }, { "value": "u3", "display": "C" }])
    );
}
