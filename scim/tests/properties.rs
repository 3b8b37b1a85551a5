//! What holds for every input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::collection::vec;
use proptest::prelude::*;
use scim::filter::{self, CompareOp, Filter, Literal};
use scim::patch::MemberChange;
use scim::path::{AttrPath, PatchPath};
use scim::schema::{ENTERPRISE_USER, ResourceType, discovery::BulkLimits, group, user};
use scim::{Document, Mode, bulk, list, patch, projection, resource};
use serde_json::{Map, Value, json};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("userName".to_owned()),
        Just("emails".to_owned()),
        Just("not".to_owned()),
        "[a-zA-Z$][a-zA-Z0-9_-]{0,6}",
    ]
}

fn attr_path() -> impl Strategy<Value = AttrPath> {
    let schema = prop_oneof![
        3 => Just(None),
        1 => Just(Some(ENTERPRISE_USER.to_owned())),
        1 => "urn:[a-z]{1,4}:[a-z0-9.]{1,4}".prop_map(Some),
    ];
    (schema, name(), proptest::option::of(name())).prop_map(|(schema, attribute, sub)| AttrPath {
        schema,
        attribute,
        sub,
    })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        "[^\\x00]{0,12}".prop_map(Literal::String),
        any::<i64>().prop_map(|number| Literal::Number(number.into())),
        any::<bool>().prop_map(Literal::Boolean),
        Just(Literal::Null),
    ]
}

fn comparison() -> impl Strategy<Value = Filter> {
    let op = proptest::sample::select(CompareOp::ALL.to_vec());
    prop_oneof![
        attr_path().prop_map(Filter::Present),
        (attr_path(), op, literal()).prop_map(|(path, op, value)| Filter::Compare { path, op, value }),
    ]
}

fn logic(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Filter::And),
            vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let value_path = (attr_path(), logic(comparison()))
        .prop_map(|(path, filter)| Filter::ValuePath { path, filter: Box::new(filter) });
    logic(prop_oneof![3 => comparison(), 1 => value_path])
}

/// JSON that looks like SCIM often enough to get past the first check.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        proptest::sample::select(vec![
            "True",
            "work",
            "add",
            "Replace",
            "remove",
            "members",
            "emails",
            "emails[type eq \"work\"].value",
            "name",
            "name.givenName",
            "userName",
            "active",
            "roles",
            "{\"value\":\"1\"}",
            "bulkId:a",
            "POST",
            "/Users",
            "displayName",
            "members[value eq \"a\"]",
            "",
            "urn:x:y:z",
            ENTERPRISE_USER,
            "urn:ietf:params:scim:schemas:core:2.0:User:title",
            "urn:scim:schemas:core:2.0",
            "password",
            "id",
        ])
        .prop_map(str::to_owned),
        ".{0,6}",
    ];
    let key = prop_oneof![
        3 => proptest::sample::select(vec![
            "Operations", "op", "path", "value", "type", "primary", "userName", "active", "emails", "members",
            "displayName", "name", "name.givenName", "roles", "schemas", "addresses", "manager", "department", "$ref",
            "display", "method", "bulkId", "data", "filter", "count", "startIndex", "cursor", "id", "groups",
            ENTERPRISE_USER, "urn:x:y", "urn:x:y:z", "emails[type eq \"work\"].value", "password", "externalId",
        ])
        .prop_map(str::to_owned),
        1 => ".{0,5}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        word.prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::Array),
            vec((key.clone(), inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Operations that parse more often than not.
fn operation() -> impl Strategy<Value = Value> {
    let op = proptest::sample::select(vec!["add", "Replace", "remove"]);
    let path = proptest::sample::select(vec![
        "title",
        "name",
        "name.givenName",
        "emails",
        "emails.value",
        "emails[type eq \"work\"]",
        "active",
        "roles",
        "emails[type eq \"work\"].value",
        "emails[primary eq \"True\"].type",
        "addresses[type eq \"home\"].formatted",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager",
        ENTERPRISE_USER,
        "urn:x:y:z",
        "userName",
    ]);
    let value = prop_oneof![
        Just(json!("a")),
        Just(json!("True")),
        Just(json!({ "givenName": "A", "familyName": null })),
        Just(json!([{ "value": "a@x", "type": "work", "primary": true }])),
        Just(json!([{ "value": "b@x", "primary": "true" }, { "value": "c@x", "primary": true }])),
        Just(json!({ "value": "d@x", "primary": true })),
        Just(json!(null)),
        any_json(),
    ];
    (op, path, value).prop_map(|(op, path, value)| json!({ "op": op, "path": path, "value": value }))
}

/// Operations on the members of a group.
fn member_operation() -> impl Strategy<Value = Value> {
    let op = proptest::sample::select(vec!["add", "Replace", "remove"]);
    let path = proptest::sample::select(vec![
        "members",
        "members",
        "members[value eq \"a\"]",
        "members[value eq \"b\" or value eq \"c\"]",
        "members[value ne \"a\"]",
        "members.value",
    ]);
    let value = prop_oneof![
        Just(json!([{ "value": "a" }, { "value": "c", "display": "C" }])),
        Just(json!(["b", "d"])),
        Just(json!([])),
        Just(json!({ "value": "e", "$ref": null })),
        Just(json!(null)),
        Just(json!("")),
    ];
    (op, path, proptest::option::of(value)).prop_map(|(op, path, value)| {
        let mut operation = json!({ "op": op, "path": path });
        if let Some(value) = value {
            operation["value"] = value;
        }
        operation
    })
}

fn kinds() -> [&'static ResourceType; 2] {
    [user(), group()]
}

fn ana() -> Document {
    let body = json!({
        "userName": "ana", "active": true, "name": { "givenName": "A" },
        "emails": [{ "value": "a@x", "type": "work", "primary": true }, { "value": "b@x", "type": "home" }]
    });
    body.as_object().cloned().unwrap()
}

fn primaries(doc: &Document) -> usize {
    let most = doc
        .values()
        .filter_map(Value::as_array)
        .map(|elements| elements.iter().filter(|element| element["primary"] == json!(true)).count());
    most.max().unwrap_or(0)
}

fn has_nothing_empty(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(elements) => !elements.is_empty() && elements.iter().all(has_nothing_empty),
        Value::Object(parts) => !parts.is_empty() && parts.values().all(has_nothing_empty),
        _ => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_filter_parses_to_itself(filter in any_filter()) {
        let text = filter.to_string();
        prop_assert_eq!(filter::parse(&text), Ok(filter), "{}", text);
    }

    #[test]
    fn a_printed_patch_path_parses_to_itself(
        path in attr_path(), filter in proptest::option::of(logic(comparison())), sub in proptest::option::of(name())
    ) {
        let path = PatchPath { attr: AttrPath { sub: None, ..path }, value_filter: filter, sub };
        let text = path.to_string();
        prop_assert_eq!(PatchPath::parse(&text), Ok(path), "{}", text);
    }

    #[test]
    fn checking_twice_is_checking_once(filter in any_filter()) {
        for kind in kinds() {
            if let Ok(checked) = filter::check(&filter, kind) {
                prop_assert_eq!(filter::check(&checked, kind), Ok(checked));
            }
        }
    }

    #[test]
    fn a_filter_and_its_opposite_part_all_resources(filter in any_filter(), body in any_json()) {
        let doc = body.as_object().cloned().unwrap_or_default();
        for kind in kinds() {
            let opposite = Filter::Not(Box::new(filter.clone()));
            prop_assert_ne!(filter::matches(&filter, kind, &doc), filter::matches(&opposite, kind, &doc));
        }
    }

    #[test]
    fn any_text_is_a_filter_or_an_error(text in ".{0,60}", ascii in "[a-z\\[\\]().\" eqandornt]{0,60}") {
        for text in [text, ascii] {
            if let Ok(filter) = filter::parse(&text) {
                prop_assert_eq!(filter::parse(&filter.to_string()), Ok(filter));
            }
            if let Ok(path) = PatchPath::parse(&text) {
                prop_assert_eq!(PatchPath::parse(&path.to_string()), Ok(path));
            }
        }
    }

    #[test]
    fn any_query_is_answered(query in ".{0,60}", parameters in "(filter|count|startIndex|cursor|sortBy|attributes)=[%a-zA-Z0-9+ .\"]{0,20}") {
        for kind in kinds() {
            for query in [&query, &parameters, &format!("{parameters}&{query}")] {
                for mode in [Mode::Tolerant, Mode::Strict] {
                    let _ = list::from_query(kind, query, mode);
                    let _ = projection::from_query(kind, query, mode);
                }
            }
        }
    }

    #[test]
    fn any_json_is_answered(body in any_json()) {
        let limits = BulkLimits { max_operations: 100, max_payload_size: 1_000_000 };
        for mode in [Mode::Tolerant, Mode::Strict] {
            if let Ok(request) = bulk::parse(&body, limits, mode) {
                let plan = bulk::plan(&request.value.operations);
                prop_assert_eq!(plan.order.len() + plan.circular.len(), request.value.operations.len());
            }
            for kind in kinds() {
                let _ = list::from_search(kind, &body, mode);
                if let Ok(patch) = patch::parse(kind, &body, mode) {
                    let _ = patch.value.split_members();
                }
            }
        }
    }

    #[test]
    fn reading_twice_is_reading_once(body in any_json()) {
        for kind in kinds() {
            let mut body = body.clone();
            if let Value::Object(members) = &mut body {
                members.insert("userName".into(), json!("ana"));
                members.insert("displayName".into(), json!("Ana"));
            }
            if let Ok(read) = resource::read(kind, &body, Mode::Tolerant) {
                prop_assert!(read.value.values().all(has_nothing_empty), "{:?}", read.value);
                prop_assert!(primaries(&read.value) <= 1);
                let again = resource::read(kind, &Value::Object(read.value.clone()), Mode::Tolerant);
                prop_assert_eq!(again.map(|again| again.value), Ok(read.value));
            }
        }
    }

    #[test]
    fn a_patch_is_applied_whole_or_not_at_all(operations in vec(operation(), 1..6)) {
        let before = ana();
        let body = json!({ "Operations": operations });
        let Ok(patch) = patch::parse(user(), &body, Mode::Tolerant) else { return Ok(()) };
        match patch::apply(user(), &before, &patch.value).map(|applied| applied.value) {
            Err(error) => prop_assert!((400..500).contains(&error.status)),
            Ok(None) => {}
            Ok(Some(after)) => {
                prop_assert_ne!(&after, &before);
                prop_assert!(after.values().all(has_nothing_empty), "{:?}", after);
                prop_assert!(after.contains_key("userName"));
                prop_assert!(primaries(&after) <= 1, "{:?}", after);
                // What a patch makes, a PUT would have made the same way.
                let read = resource::read(user(), &Value::Object(after.clone()), Mode::Tolerant);
                prop_assert_eq!(read.map(|read| read.value), Ok(after));
            }
        }
    }

    #[test]
    fn members_change_as_a_set_as_they_do_in_the_document(operations in vec(member_operation(), 1..6)) {
        let body = json!({ "Operations": operations });
        let Ok(patch) = patch::parse(group(), &body, Mode::Tolerant) else { return Ok(()) };
        let before = json!({ "displayName": "T", "members": [{ "value": "a", "type": "User" }, { "value": "b" }] });
        let before = before.as_object().cloned().unwrap();
        let (rest, changes) = match patch.value.clone().split_members() {
            Ok(split) => split,
            Err(error) => {
                prop_assert!(matches!(error.status, 400));
                return Ok(());
            }
        };
        prop_assert_eq!(rest.operations, []);
        // A filter that finds nobody is an error for a document, and nothing to do for a set.
        let Ok(after) = patch::apply(group(), &before, &patch.value) else { return Ok(()) };
        let after = after.value.unwrap_or_else(|| before.clone());
        let mut ids = vec!["a".to_owned(), "b".to_owned()];
        for change in changes {
            match change {
                MemberChange::Add(members) => {
                    for member in members {
                        if !ids.contains(&member.value) {
                            ids.push(member.value);
                        }
                    }
                }
                MemberChange::Remove(gone) | MemberChange::RemoveSelected(gone) => {
                    ids.retain(|id| !gone.contains(id));
                }
                MemberChange::RemoveWhere(filter) => {
                    ids.retain(|id| !filter::matches_element(&filter, None, &json!({ "value": id })));
                }
                MemberChange::Replace(members) => ids = members.into_iter().map(|member| member.value).collect(),
                MemberChange::Clear => ids.clear(),
            }
        }
        let in_document = patch::members_of(&after).unwrap().into_iter().map(|member| member.value);
        prop_assert_eq!(in_document.collect::<Vec<_>>(), ids);
    }

    #[test]
    fn operations_one_by_one_are_operations_together(operations in vec(operation(), 1..4)) {
        // A label for an element that has nothing else yet counts only together with what follows.
        let is_label = |operation: &Value| operation["path"].as_str().unwrap().ends_with(".type");
        let operations: Vec<Value> = operations.into_iter().filter(|operation| !is_label(operation)).collect();
        let parse = |operations: &[Value]| patch::parse(user(), &json!({ "Operations": operations }), Mode::Tolerant);
        let Ok(together) = parse(&operations) else { return Ok(()) };
        let Ok(together) = patch::apply(user(), &ana(), &together.value) else { return Ok(()) };
        let mut step_by_step = ana();
        for operation in &operations {
            let patch = parse(std::slice::from_ref(operation)).unwrap().value;
            match patch::apply(user(), &step_by_step, &patch).map(|applied| applied.value) {
                Ok(Some(after)) => step_by_step = after,
                Ok(None) => {}
                // In between, a required attribute may be away.
                Err(_) => return Ok(()),
            }
        }
        prop_assert_eq!(together.value.unwrap_or_else(ana), step_by_step);
    }

    #[test]
    fn a_projection_only_takes_away(body in any_json(), wanted in vec(name(), 0..3), unwanted in vec(name(), 0..3)) {
        let doc = body.as_object().cloned().unwrap_or_default();
        let query = format!("attributes={}&excludedAttributes={}", wanted.join(","), unwanted.join(","));
        for kind in kinds() {
            let projection = projection::from_query(kind, &query, Mode::Tolerant).unwrap().value;
            let kept = projection.apply(kind, doc.clone());
            prop_assert!(kept.keys().all(|name| doc.contains_key(name)));
            let again = projection.apply(kind, kept.clone());
            prop_assert_eq!(again, kept);
        }
    }
}

#[test]
fn bombs_are_400() {
    let mut deep = json!("bottom");
    for _ in 0..120 {
        deep = json!({ "members": [deep] });
    }
    let nested_filter = format!("emails[{}", "not (".repeat(1000));
    let bodies = [
        json!({ "userName": "a", "x": deep }),
        json!({ "Operations": [{ "op": "add", "value": deep }] }),
        json!({ "Operations": [{ "op": "add", "path": nested_filter, "value": 1 }] }),
        json!({ "Operations": [{ "op": "add", "path": "a".repeat(100_000), "value": 1 }] }),
        json!({ "Operations": [{ "op": "add", "path": "title", "value": vec![vec![vec![0]]] }] }),
    ];
    for body in bodies {
        for kind in kinds() {
            assert_eq!(resource::read(kind, &body, Mode::Tolerant).map_err(|error| error.status), Err(400));
            assert_eq!(patch::parse(kind, &body, Mode::Tolerant).map_err(|error| error.status), Err(400));
        }
    }
    let wide = |number: usize| {
        let names: Map<String, Value> =
            (1..number).map(|index| (format!("a{index}"), json!(index))).collect();
        let mut wide = Value::Object(names);
        wide["userName"] = json!("a");
        resource::read(user(), &wide, Mode::Tolerant).map_err(|error| error.status)
    };
    assert!(wide(resource::MAX_NAMES).is_ok());
    assert_eq!(wide(resource::MAX_NAMES + 1).map(drop), Err(400));
}

/// A patch of a megabyte on a resource of a megabyte ends soon, whatever it asks for.
#[test]
fn hostile_patches_end_soon() {
    // Letters beyond ASCII take longest to compare.
    let few_long: Vec<Value> =
        (0..15).map(|index| json!({ "value": "é".repeat(30_000), "type": index.to_string() })).collect();
    let many_short: Vec<Value> = (0..1000).map(|index| json!({ "value": index.to_string() })).collect();
    let filter = vec!["value co \"y\""; 200].join(" or ");
    let by_filter = json!({ "op": "replace", "path": format!("roles[{filter}].display"), "value": null });
    let by_list: Vec<Value> = (0..1000).map(|index| json!({ "value": format!("y{index}") })).collect();
    let operations = [
        vec![by_filter; 250],
        vec![json!({ "op": "remove", "path": "roles", "value": by_list }); 50],
        vec![json!({ "op": "replace", "path": "roles[value eq \"y\"].display", "value": null }); 5000],
        vec![json!({ "op": "add", "path": "roles", "value": many_short }); 50],
    ];
    for roles in [few_long, many_short] {
        let before = json!({ "userName": "a", "roles": roles });
        for operations in &operations {
            let patch =
                patch::parse(user(), &json!({ "Operations": operations }), Mode::Tolerant).unwrap().value;
            // Without the limit on work this takes minutes: the run's own limit ends it.
            let _ = patch::apply(user(), before.as_object().unwrap(), &patch);
        }
    }
}
