//! The elements of attributes with many values.

use super::*;

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
            add("replace", "emails[type eq \"\"].value", json!("a@x")),
            json!({ "emails": [{ "value": "a@x" }] }),
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

/// The second of two equal requests, of which the first was not heard to succeed, has nothing left to remove.
#[test]
fn what_is_not_there_is_removed_already() {
    let before = json!({ "userName": "a", "emails": [{ "value": "a@x", "type": "home" }] });
    for path in ["emails[type eq \"work\"]", "emails[type eq \"work\"].value", "roles[value eq \"x\"]"] {
        let operations = json!([{ "op": "remove", "path": path }]);
        let tolerant = patched(user(), before.clone(), operations.clone(), Mode::Tolerant);
        assert_eq!(tolerant.unwrap(), None, "{path}");
        let strict = patched(user(), before.clone(), operations, Mode::Strict);
        assert_eq!(strict.unwrap_err().scim_type, Some(ScimType::NoTarget), "{path}");
    }
}

#[test]
fn a_list_removes_what_it_names_where_no_schema_is_too() {
    let urn = "urn:x:Custom:2.0:User";
    let remove = |value: Value| json!([{ "op": "Remove", "path": format!("{urn}:tags"), "value": value }]);
    let stored = |tags: Value| json!({ urn: { "tags": tags } });
    let objects = json!([{ "value": "a", "type": "x" }, { "value": "b" }]);
    check(&[
        (stored(json!(["a", "b", "c"])), remove(json!([{ "value": "a" }])), stored(json!(["b", "c"]))),
        (stored(json!(["a", "b", "c"])), remove(json!(["c", "a"])), stored(json!(["b"]))),
        (stored(json!(["a", "b"])), remove(json!("b")), stored(json!(["a"]))),
        (stored(json!(["a"])), remove(json!(["a"])), json!({})),
        (stored(json!(["a"])), remove(json!(["A", "z"])), Value::Null),
        (stored(objects), remove(json!([{ "value": "a" }])), stored(json!([{ "value": "b" }]))),
        // Whose value is no array has nothing to choose from.
        (stored(json!("a")), remove(json!(null)), json!({})),
        (stored(json!("a")), remove(json!("a")), json!({})),
        (json!({}), remove(json!(["a"])), Value::Null),
    ]);
    for unclear in [json!(null), json!([]), json!([null])] {
        let before = json!({ "userName": "ana", urn: { "tags": ["a"] } });
        let result = patched(user(), before, remove(unclear.clone()), Mode::Tolerant);
        assert_eq!(result.map_err(|error| error.scim_type), Err(Some(ScimType::InvalidValue)), "{unclear}");
    }
}
