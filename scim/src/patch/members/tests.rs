#![expect(clippy::needless_pass_by_value, reason = "a table of json! values reads best without borrows")]

use serde_json::json;

use super::*;
use crate::dialect::{Accepted, Mode};
use crate::error::ScimType;
use crate::patch::{SCHEMA, parse};
use crate::schema::{GROUP, group};

fn body(operations: Value) -> Value {
    json!({ "schemas": [SCHEMA], "Operations": operations })
}

fn member(value: &str) -> Member {
    Member { value: value.into(), display: None, kind: None }
}

fn split(operations: Value) -> Result<(Vec<Operation>, Vec<MemberChange>), Error> {
    let patch = parse(group(), &body(operations), Mode::Tolerant)?.value;
    patch.split_members().map(|(rest, changes)| (rest.operations, changes))
}

#[test]
fn member_changes() {
    let full = Member { value: "u1".into(), display: Some("Ana".into()), kind: Some("User".into()) };
    let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    let ids = |ids: &[&str]| MemberChange::Remove(texts(ids));
    let selected = |ids: &[&str]| MemberChange::RemoveSelected(texts(ids));
    let table = [
        (
            json!([{ "op": "add", "path": "members", "value": [{ "value": "u1" }, { "value": "u1" }] }]),
            vec![MemberChange::Add(vec![member("u1")])],
        ),
        (
            json!([{ "op": "Add", "path": "members", "value": [
                { "value": "u1", "display": "Ana", "type": "user", "id": "x", "name": "y", "$ref": null }
            ] }]),
            vec![MemberChange::Add(vec![full])],
        ),
        (
            json!([{ "op": "add", "value": { "members": [{ "value": "u1" }] } }]),
            vec![MemberChange::Add(vec![member("u1")])],
        ),
        (
            json!([{ "op": "add", "path": "members", "value": { "value": "u1" } }]),
            vec![MemberChange::Add(vec![member("u1")])],
        ),
        (json!([{ "op": "add", "path": "members", "value": [] }]), vec![]),
        (
            json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": "u1" }] }]),
            vec![ids(&["u1"])],
        ),
        (json!([{ "op": "remove", "path": "members", "value": ["u1", "u2"] }]), vec![ids(&["u1", "u2"])]),
        (json!([{ "op": "remove", "path": "members", "value": { "value": "u1" } }]), vec![ids(&["u1"])]),
        (json!([{ "op": "remove", "path": "members[value eq \"u1\"]" }]), vec![selected(&["u1"])]),
        (json!([{ "op": "remove", "path": "members[value eq u1]" }]), vec![selected(&["u1"])]),
        (
            json!([{ "op": "remove", "path": "members[value eq \"u1\" or value eq \"u2\"]" }]),
            vec![selected(&["u1", "u2"])],
        ),
        (
            json!([{ "op": "remove", "path": "urn:ietf:params:scim:schemas:core:2.0:Group:members[value eq \"u1\"]" }]),
            vec![selected(&["u1"])],
        ),
        (
            json!([{ "op": "remove", "path": "members[type eq \"Group\"]" }]),
            vec![MemberChange::RemoveWhere(crate::filter::parse("type eq \"Group\"").unwrap())],
        ),
        (json!([{ "op": "remove", "path": "members" }]), vec![MemberChange::Clear]),
        (
            json!([{ "op": "replace", "path": "members", "value": [{ "value": "u1" }] }]),
            vec![MemberChange::Replace(vec![member("u1")])],
        ),
        (json!([{ "op": "replace", "path": "members", "value": [] }]), vec![MemberChange::Replace(vec![])]),
        (
            json!([
                { "op": "remove", "path": "members[value eq \"u1\"]" },
                { "op": "replace", "value": { "id": "g", "displayName": "New", "members": [{ "value": "u2" }] } }
            ]),
            vec![selected(&["u1"]), MemberChange::Replace(vec![member("u2")])],
        ),
    ];
    for (operations, changes) in table {
        let result = split(operations.clone()).map(|(_, changes)| changes);
        assert_eq!(result, Ok(changes), "{operations}");
    }
}

#[test]
fn a_removal_that_does_not_say_who_never_means_everyone() {
    for op in ["remove", "Remove"] {
        for value in [
            json!([]),
            json!(null),
            json!(""),
            json!({}),
            json!([{}]),
            json!([null]),
            json!([""]),
            json!(true),
        ] {
            let result = split(json!([{ "op": op, "path": "members", "value": value }]));
            assert_eq!(result.unwrap_err().scim_type, Some(ScimType::InvalidValue), "{value}");
        }
    }
    for value in [json!(null), json!(""), json!({}), json!([{}]), json!([{ "value": "" }]), json!(false)] {
        for operation in [
            json!({ "op": "replace", "path": "members", "value": value }),
            json!({ "op": "replace", "value": { "members": value } }),
            json!({ "op": "replace", "value": { "urn:ietf:params:scim:schemas:core:2.0:Group:members": value } }),
            json!({ "op": "replace", "value": { GROUP: { "members": value } } }),
            json!({ "op": "replace", "path": GROUP, "value": { "members": value } }),
            json!({ "op": "add", "path": "members", "value": value }),
        ] {
            let result = split(json!([operation]));
            assert_eq!(result.unwrap_err().scim_type, Some(ScimType::InvalidValue), "{operation}");
        }
    }
}

#[test]
fn members_come_and_go_whole() {
    for operation in [
        json!({ "op": "replace", "path": "members[value eq \"u1\"].display", "value": "x" }),
        json!({ "op": "add", "path": "members[value eq \"u1\"]", "value": { "display": "x" } }),
        json!({ "op": "remove", "path": "members[value eq \"u1\"].display" }),
        json!({ "op": "replace", "path": "members.display", "value": "x" }),
    ] {
        let result = split(json!([operation]));
        assert_eq!(result.unwrap_err().scim_type, Some(ScimType::Mutability), "{operation}");
    }
}

#[test]
fn splitting_leaves_the_rest() {
    let operations = json!([
        { "op": "replace", "value": { "id": "g1", "displayName": "New" } },
        { "op": "add", "path": "members", "value": [{ "value": "u1" }] },
        { "op": "replace", "path": "externalId", "value": "e" }
    ]);
    let (rest, changes) = split(operations).unwrap();
    let paths: Vec<String> = rest.iter().map(|operation| operation.path.to_string()).collect();
    assert_eq!(paths, ["displayName", "externalId"]);
    assert_eq!(changes.len(), 1);
}

#[test]
fn members_of_a_body() {
    let body =
        json!({ "displayName": "Team", "members": [{ "value": "u1", "display": "Ana" }, { "value": "u1" }] });
    let Accepted { value: mut team, .. } = crate::resource::read(group(), &body, Mode::Tolerant).unwrap();
    let members = vec![Member { value: "u1".into(), display: Some("Ana".into()), kind: None }];
    assert_eq!(members_of(&team), Ok(members.clone()));
    assert_eq!(take_members(&mut team), Ok(members));
    assert_eq!(Value::Object(team.clone()), json!({ "displayName": "Team" }));
    assert_eq!(take_members(&mut team), Ok(vec![]));
    assert!(members_of(json!({ "members": "u1" }).as_object().unwrap()).is_err());
    assert!(members_of(json!({ "members": [{ "display": "Ana" }] }).as_object().unwrap()).is_err());
}
