//! Attributes with one value, and those of extensions.

use super::*;

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

/// The URN of an extension that nobody described reads like an attribute of another one.
#[test]
fn an_unknown_extension_as_a_whole() {
    const BADGE: &str = "urn:example:badge:2.0:User";
    let there = json!({ BADGE: { "tag": 1, "colour": "red" } });
    check(&[
        (there.clone(), json!([{ "op": "remove", "path": BADGE }]), json!({})),
        (
            there.clone(),
            json!([{ "op": "replace", "path": BADGE, "value": { "tag": 2 } }]),
            json!({ BADGE: { "tag": 2, "colour": "red" } }),
        ),
        (
            json!({}),
            json!([{ "op": "add", "path": BADGE, "value": { "tag": 2 } }]),
            json!({ BADGE: { "tag": 2 } }),
        ),
        (
            there.clone(),
            json!([{ "op": "replace", "path": format!("{BADGE}:tag"), "value": 2 }]),
            json!({ BADGE: { "tag": 2, "colour": "red" } }),
        ),
        (
            json!({}),
            json!([{ "op": "add", "path": format!("{BADGE}:maker"), "value": { "name": "x" } }]),
            json!({ BADGE: { "maker": { "name": "x" } } }),
        ),
        (there, json!([{ "op": "remove", "path": "urn:example:other:2.0:User" }]), json!(null)),
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
