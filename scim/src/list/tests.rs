use super::*;
use crate::dialect::Deviation as D;
use crate::error::ScimType;
use crate::schema::{group, user};

fn query(raw: &str) -> ListQuery {
    from_query(user(), raw, Mode::Tolerant).unwrap().value
}

fn refused(raw: &str) -> Option<ScimType> {
    from_query(user(), raw, Mode::Tolerant).err().and_then(|error| error.scim_type)
}

#[test]
fn an_empty_query_asks_for_everything_from_the_start() {
    let expected = ListQuery {
        start_index: 1,
        count: None,
        cursor: None,
        filter: None,
        finds_nothing: false,
        sort_by: None,
        descending: false,
        projection: Projection::default(),
    };
    for raw in ["", "&", "?", "filter=&sortBy=&count=", "unknown=1", "aadOptscim062020"] {
        assert_eq!(query(raw), expected, "{raw}");
    }
}

#[test]
fn numbers() {
    let table = [
        ("startIndex=1&count=100", (1, Some(100))),
        ("startIndex=0&count=0", (1, Some(0))),
        ("startIndex=-5&count=-1", (1, Some(0))),
        ("startIndex=1000000000000&count=1000000000000", (MAX_NUMBER, Some(MAX_NUMBER))),
        (
            "startIndex=99999999999999999999999999999999999999999999&count=-99999999999999999999999999999999999999999999",
            (MAX_NUMBER, Some(0)),
        ),
        ("STARTINDEX=%2B7&Count=+3+", (7, Some(3))),
        ("count=1&count=2", (1, Some(2))),
    ];
    for (raw, expected) in table {
        let read = query(raw);
        assert_eq!((read.start_index, read.count), expected, "{raw}");
    }
    for raw in ["count=ten", "count=1.5", "startIndex=1e3", "startIndex=--1", "count=-", "count=0x10"] {
        assert_eq!(refused(raw), Some(ScimType::InvalidValue), "{raw}");
    }
}

#[test]
fn cursors() {
    assert_eq!(query("cursor").cursor.as_deref(), Some(""));
    assert_eq!(query("cursor=&count=5").cursor.as_deref(), Some(""));
    assert_eq!(query("cursor=YWJj%3D").cursor.as_deref(), Some("YWJj="));
    assert_eq!(refused("cursor&count=ten"), Some(ScimType::InvalidCount));
    assert_eq!(refused("cursor&count=-1"), Some(ScimType::InvalidCount));
    assert_eq!(query("cursor&count=0").count, Some(0));
}

#[test]
fn filters_as_providers_encode_them() {
    let expected = Some("userName eq \"a b+c@x\"".to_owned());
    for raw in [
        // OneLogin: plus-encoded spaces and a trailing &.
        "filter=userName+eq+%22a+b%2Bc%40x%22&",
        "filter=userName%20eq%20%22a%20b%2bc@x%22",
        // Entra: the flag first, or in front of a stray question mark.
        "aadOptscim062020&filter=userName%20eq%20%22a%20b%2Bc@x%22",
        "aadOptscim062020?filter=userName%20eq%20%22a%20b%2Bc@x%22",
        "?filter=userName%20eq%20%22a%20b%2Bc@x%22&?",
        "FILTER=userName%20eq%20\"a%20b%2Bc@x\"",
    ] {
        assert_eq!(query(raw).filter.map(|filter| filter.to_string()), expected, "{raw}");
    }
    // A question mark in the value stays.
    assert_eq!(query("filter=title eq \"a?b\"").filter.unwrap().to_string(), "title eq \"a?b\"");
    assert_eq!(query("filter=title eq \"100%\"").filter.unwrap().to_string(), "title eq \"100%\"");
    for raw in ["filter=nothing+eq+1", "filter=userName", "filter=userName eq \"%00\"", "filter=((("] {
        assert_eq!(refused(raw), Some(ScimType::InvalidFilter), "{raw}");
    }
    assert_eq!(refused("filter=userName eq \"%FF\""), Some(ScimType::InvalidValue));
}

#[test]
fn deviations_of_the_query() {
    let of = |raw: &str| from_query(user(), raw, Mode::Tolerant).unwrap().deviations;
    assert_eq!(of("filter=userName eq \"a\"&startIndex=1&count=100"), []);
    assert_eq!(of("filter=userName eq \"a\"&"), [D::StrayQuery]);
    assert_eq!(of("aadOptscim062020&count=1"), [D::CompatibilityFlag]);
    assert_eq!(of("aadOptscim062020?count=1"), [D::CompatibilityFlag, D::StrayQuery]);
    assert_eq!(of("filter=userName eq a"), [D::UnquotedFilterValue]);
}

#[test]
fn sorting() {
    let sorted = |raw: &str| (query(raw).sort_by.map(|path| path.to_string()), query(raw).descending);
    assert_eq!(sorted("sortBy=USERNAME"), (Some("userName".into()), false));
    assert_eq!(sorted("sortBy=name.familyName&sortOrder=Descending"), (Some("name.familyName".into()), true));
    assert_eq!(sorted("sortBy=emails&sortOrder=ascending"), (Some("emails.value".into()), false));
    assert_eq!(sorted("sortBy=meta.lastModified"), (Some("meta.lastModified".into()), false));
    for raw in ["sortBy=favourite", "sortBy=name", "sortBy=password", "sortBy=a b", "sortOrder=up"] {
        assert_eq!(refused(raw), Some(ScimType::InvalidValue), "{raw}");
    }
}

#[test]
fn a_search_is_a_query_in_a_body() {
    let body = json!({
        "schemas": [SEARCH_SCHEMA],
        "attributes": ["displayName", "userName"],
        "filter": "displayName sw \"smith\"",
        "startIndex": 1,
        "count": 10,
        "sortBy": "userName",
        "sortOrder": "descending"
    });
    let Accepted { value, deviations } = from_search(user(), &body, Mode::Strict).unwrap();
    let by_url = "attributes=displayName,userName&filter=displayName sw \"smith\"&startIndex=1&count=10&sortBy=userName&sortOrder=descending";
    assert_eq!(value, query(by_url));
    assert_eq!(deviations, []);

    let cursor = from_search(group(), &json!({ "cursor": "", "COUNT": "5" }), Mode::Tolerant).unwrap().value;
    assert_eq!((cursor.cursor.as_deref(), cursor.count), (Some(""), Some(5)));
    for (body, scim_type) in [
        (json!([]), ScimType::InvalidSyntax),
        (json!({ "filter": 5 }), ScimType::InvalidSyntax),
        (json!({ "count": "x" }), ScimType::InvalidValue),
        (json!({ "count": [] }), ScimType::InvalidValue),
        (json!({ "count": 1.5 }), ScimType::InvalidValue),
        (json!({ "count": -1, "cursor": "" }), ScimType::InvalidCount),
        (json!({ "filter": "userName eq" }), ScimType::InvalidFilter),
    ] {
        let error = from_search(user(), &body, Mode::Tolerant).unwrap_err();
        assert_eq!(error.scim_type, Some(scim_type), "{body}");
    }
    assert!(from_search(user(), &json!({}), Mode::Strict).is_err());
}

#[test]
fn responses() {
    let by_index = response(7, &Page::Index { start_index: 3 }, vec![json!({ "id": "a" })]);
    assert_eq!(
        by_index,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 7, "itemsPerPage": 1, "startIndex": 3, "Resources": [{ "id": "a" }]
        })
    );
    let first = response(7, &Page::Cursor { next: Some("n".into()), previous: None }, vec![]);
    assert_eq!(
        first,
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 7, "itemsPerPage": 0, "nextCursor": "n", "Resources": []
        })
    );
}

#[test]
fn the_order_of_resources() {
    let docs = [
        json!({ "id": "1", "userName": "bo", "emails": [{ "value": "z@x" }, { "value": "A@x", "primary": true }] }),
        json!({ "id": "2", "userName": "Ana", "active": true, "meta": { "created": "2026-01-02T00:00:00+02:00" } }),
        json!({ "id": "3", "userName": "CY", "active": false, "emails": [{ "value": "b@x" }],
                "meta": { "created": "2026-01-01T23:00:00Z" } }),
    ];
    let sorted = |by: &str| {
        let path = query(&format!("sortBy={by}")).sort_by.unwrap();
        let mut keyed: Vec<(SortKey, &str)> = docs
            .iter()
            .map(|doc| (sort_key(user(), &path, doc.as_object().unwrap()), doc["id"].as_str().unwrap()))
            .collect();
        keyed.sort_by(|left, right| left.0.cmp(&right.0));
        keyed.into_iter().map(|(_, id)| id).collect::<String>()
    };
    assert_eq!(sorted("userName"), "213");
    assert_eq!(sorted("emails"), "132");
    assert_eq!(sorted("active"), "321");
    assert_eq!(sorted("meta.created"), "231");
    assert_eq!(sorted("title"), "123");
}

#[test]
fn any_two_keys_have_an_order() {
    let number = |value: Value| SortKey::Number(value.as_number().unwrap().clone());
    let keys = [
        SortKey::Boolean(false),
        SortKey::Boolean(true),
        number(json!(-1.5)),
        number(json!(1.0)),
        number(json!(1)),
        number(json!(u64::MAX)),
        SortKey::Time(-1),
        SortKey::Time(i128::MAX),
        SortKey::Text(String::new()),
        SortKey::Text("a".to_owned()),
        SortKey::Absent,
    ];
    for (left, one) in keys.iter().enumerate() {
        for (right, other) in keys.iter().enumerate() {
            assert_eq!(one.cmp(other), left.cmp(&right), "{one:?} {other:?}");
        }
        let text = serde_json::to_string(one).unwrap();
        assert_eq!(serde_json::from_str::<SortKey>(&text).unwrap(), *one, "{text}");
    }
}

#[test]
fn a_long_text_is_sorted_by_its_beginning() {
    let path = query("sortBy=title").sort_by.unwrap();
    let doc = json!({ "title": "é".repeat(MAX_KEY) });
    let SortKey::Text(key) = sort_key(user(), &path, doc.as_object().unwrap()) else { panic!("a text") };
    assert_eq!(key, "é".repeat(MAX_KEY / 2));
}
