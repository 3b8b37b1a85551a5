//! What is refused, what is tolerated, and what is never kept.

use super::*;

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
    let rename = |id: &str| body(json!([{ "op": "replace", "value": { "id": id, "displayName": "B" } }]));
    let target = |id: &str| parse(group(), &rename(id), Mode::Tolerant).unwrap().value.check_target("g1");
    assert_eq!(target("g1"), Ok(()), "Okta's group rename");
    assert_eq!(target("g2").unwrap_err().scim_type, Some(Mutability));
    let many = vec![json!({ "op": "remove", "path": "title" }); MAX_OPERATIONS + 1];
    assert_eq!(refused(json!(many)), Some(InvalidSyntax));
    assert_eq!(refused(json!(many[1..])), None);
    let names = |from: usize| -> Value {
        (from..from + 900)
            .map(|n| (format!("urn:x:y:a{n}"), json!(1)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let many: Vec<Value> = (0..6).map(|n| json!({ "op": "add", "value": names(900 * n) })).collect();
    assert_eq!(refused(json!(many)), Some(InvalidSyntax), "each attribute counts");
    assert_eq!(refused(json!(many[..1])), None);
}

#[test]
fn all_or_nothing() {
    let before = doc(json!({ "userName": "ana", "title": "A" }));
    let operations = json!([
        { "op": "replace", "path": "title", "value": "B" },
        { "op": "replace", "path": "emails[type eq \"work\"]", "value": { "value": "a@x" } }
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
            Ok(changed) => user_doc = changed.value.unwrap(),
            Err(error) => {
                assert_eq!(error.status, 413);
                refusals += 1;
            }
        }
    }
    assert_eq!(refusals, 17);
    let roles = |from: usize| -> Vec<Value> {
        (from..from + 600).map(|n| json!({ "value": n.to_string() })).collect()
    };
    let operations = json!([
        { "op": "add", "path": "roles", "value": roles(0) }, { "op": "add", "path": "roles", "value": roles(600) }
    ]);
    assert_eq!(refused(operations), Some(ScimType::InvalidValue));
}

#[test]
fn one_value_is_not_put_into_a_thousand_elements_again_and_again() {
    let values: Vec<Value> = (0..1000).map(|n| json!({ "value": format!("{n}@x") })).collect();
    let before = doc(json!({ "userName": "ana", "emails": values }));
    let applied = |operations: Value| {
        let patch = parse(user(), &body(operations), Mode::Tolerant).unwrap().value;
        apply(user(), &before, &patch)
    };
    let set = |length: usize, path: &str| {
        let display = json!({ "op": "replace", "path": path, "value": "é".repeat(length) });
        applied(json!([display, { "op": "remove", "path": "emails" }]))
    };
    for path in ["emails.display", "emails[value co \"@\"].display"] {
        assert_eq!(set(30_000, path).unwrap_err().status, 413);
        assert!(set(100, path).is_ok(), "what is taken away again was never kept");
    }
    let filter = vec!["display co \"q\""; 100].join(" and ");
    let path = format!("emails[not ({filter})].type");
    let long = |times: usize| {
        let mut operations =
            vec![json!({ "op": "replace", "path": "emails.display", "value": "é".repeat(100) })];
        operations.extend(vec![json!({ "op": "replace", "path": path, "value": "x" }); times]);
        applied(json!(operations))
    };
    assert_eq!(long(10).unwrap_err().scim_type, Some(ScimType::TooMany));
    assert!(long(1).is_ok());
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

const BADGE: &str = "urn:x:badge";

fn with_badge(required: bool) -> ResourceType {
    let badge = json!({ "id": BADGE, "attributes": [
        { "name": "number", "required": true },
        { "name": "colour" },
        { "name": "pin", "mutability": "writeOnly" },
        { "name": "issuer", "type": "complex", "subAttributes": [
            { "name": "id", "mutability": "immutable" }, { "name": "name" }, { "name": "key", "returned": "never" }
        ] },
    ] });
    user().clone().with_extension(serde_json::from_value(badge).unwrap(), required).unwrap()
}

#[test]
fn what_was_missing_before_the_schema_came_is_no_fault_of_a_patch() {
    let (alone, numbered) =
        (json!({ "userName": "a" }), json!({ "userName": "a", BADGE: { "number": "1" } }));
    let coloured = json!({ "userName": "a", BADGE: { "colour": "red" } });
    let replace = |path: &str| json!([{ "op": "replace", "path": path, "value": "x" }]);
    let remove = |path: &str| json!([{ "op": "remove", "path": path }]);
    let (title, colour, number) = ("title", "urn:x:badge:colour", "urn:x:badge:number");
    let (fine, value, fixed) = (None, Some(ScimType::InvalidValue), Some(ScimType::Mutability));
    let table = [
        (true, &alone, replace(title), fine),
        (true, &alone, replace(colour), value),
        (false, &alone, replace(colour), value),
        (false, &alone, replace(number), fine),
        (false, &coloured, replace(colour), fine),
        (false, &coloured, replace(title), fine),
        (false, &numbered, remove(number), fine),
        (true, &numbered, remove(number), fixed),
        (true, &numbered, remove(BADGE), fixed),
        (false, &numbered, remove(BADGE), fine),
    ];
    for (required, before, operations, refusal) in table {
        let outcome = patched(&with_badge(required), before.clone(), operations.clone(), Mode::Tolerant);
        let found = outcome.err().map(|error| error.scim_type);
        assert_eq!(found, refusal.map(Some), "{required} {before} {operations}");
    }
    let both = json!({ "userName": "a", BADGE: { "number": "1", "colour": "red" } });
    let error = patched(&with_badge(false), both, remove(number), Mode::Tolerant).unwrap_err();
    assert_eq!(error.scim_type, fixed);
}

#[test]
fn what_is_never_returned_is_taken_and_forgotten() {
    let before = json!({ "userName": "a", BADGE: { "number": "1", "issuer": { "id": "i" } } });
    let set = |path: &str, value: Value| json!([{ "op": "replace", "path": path, "value": value }]);
    for operations in [
        set("urn:x:badge:pin", json!("1234")),
        set("urn:x:badge:issuer.key", json!("k")),
        set("urn:x:badge:issuer", json!({ "key": "k" })),
        set(BADGE, json!({ "pin": "1234", "issuer": { "key": "k" } })),
        json!([{ "op": "add", "value": { "urn:x:badge:pin": "1234", "urn:x:badge:issuer.key": "k" } }]),
        json!([{ "op": "add", "value": { BADGE: { "pin": "1234", "issuer.key": "k" } } }]),
    ] {
        let outcome = patched(&with_badge(false), before.clone(), operations.clone(), Mode::Tolerant);
        assert_eq!(outcome, Ok(None), "{operations}");
    }
    let other = set("urn:x:badge:issuer", json!({ "id": "j" }));
    let error = patched(&with_badge(false), before, other, Mode::Tolerant).unwrap_err();
    assert_eq!(error.scim_type, Some(ScimType::Mutability));
    assert_eq!(error.detail, "urn:x:badge:issuer.id cannot be changed once it is set.");
}
