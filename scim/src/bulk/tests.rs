#![expect(clippy::needless_pass_by_value, reason = "a table of json! values reads best without borrows")]

use super::*;
use crate::error::ScimType;

const LIMITS: BulkLimits = BulkLimits { max_operations: 5, max_payload_size: 1000 };

fn read(operations: Value) -> Result<BulkRequest, Error> {
    let body = json!({ "schemas": [REQUEST_SCHEMA], "Operations": operations });
    parse(&body, LIMITS, Mode::Strict).map(|accepted| accepted.value)
}

fn post(bulk_id: &str, data: Value) -> Value {
    json!({ "method": "POST", "path": "/Users", "bulkId": bulk_id, "data": data })
}

#[test]
fn operations_of_every_method() {
    let request = read(json!([
        { "method": "POST", "path": "/Users", "bulkId": "q", "data": { "userName": "a" } },
        { "method": "put", "path": "Users/1", "version": "W/\"3\"", "data": { "userName": "a" } },
        { "method": "PATCH", "path": "/Users/1", "data": { "Operations": [] } },
        { "method": "DELETE", "path": "/Users/1/" }
    ]))
    .unwrap();
    let shown: Vec<String> = request
        .operations
        .iter()
        .map(|operation| format!("{} {}", operation.method.as_str(), operation.path))
        .collect();
    assert_eq!(shown, ["POST /Users", "PUT /Users/1", "PATCH /Users/1", "DELETE /Users/1"]);
    assert_eq!(request.operations[1].version.as_deref(), Some("W/\"3\""));
}

#[test]
fn what_is_not_a_bulk_request() {
    let table = [
        (json!("POST"), 400),
        (json!([5]), 400),
        (json!([{ "method": "GET", "path": "/Users/1" }]), 400),
        (json!([{ "path": "/Users/1" }]), 400),
        (json!([{ "method": "DELETE" }]), 400),
        (json!([{ "method": "DELETE", "path": "/Users" }]), 400),
        (json!([{ "method": "DELETE", "path": "/Users/1/2" }]), 400),
        (json!([{ "method": "DELETE", "path": "/" }]), 400),
        (json!([{ "method": "PUT", "path": "/Users/1" }]), 400),
        (json!([{ "method": "POST", "path": "/Users", "data": {} }]), 400),
        (json!([{ "method": "POST", "path": "/Users/1", "bulkId": "q", "data": {} }]), 400),
        (json!([post("q", json!({})), post("q", json!({}))]), 400),
        (json!(vec![json!({ "method": "DELETE", "path": "/Users/1" }); 6]), 413),
    ];
    for (operations, status) in table {
        assert_eq!(read(operations.clone()).map_err(|error| error.status), Err(status), "{operations}");
    }
    assert!(parse(&json!([]), LIMITS, Mode::Tolerant).is_err());
    assert!(parse(&json!({ "Operations": [], "failOnErrors": -1 }), LIMITS, Mode::Tolerant).is_err());
    assert!(parse(&json!({ "Operations": [] }), LIMITS, Mode::Strict).is_err());
}

#[test]
fn stopping_after_errors() {
    let with = |limit: Value| {
        let body = json!({ "Operations": [], "failOnErrors": limit });
        parse(&body, LIMITS, Mode::Tolerant).unwrap().value
    };
    assert!(!with(json!(2)).stops_after(1));
    assert!(with(json!(2)).stops_after(2));
    assert!(!with(json!(null)).stops_after(1000));
    assert!(!with(json!(0)).stops_after(1000));
}

#[test]
fn a_resource_is_made_before_it_is_referred_to() {
    let request = read(json!([
        { "method": "POST", "path": "/Groups", "bulkId": "g", "data": { "members": [{ "value": "bulkId:u" }] } },
        { "method": "PATCH", "path": "/Groups/bulkId:g", "data": { "a": "bulkId:v" } },
        post("u", json!({ "manager": "bulkId:v" })),
        post("v", json!({})),
        { "method": "DELETE", "path": "/Users/bulkId:nobody" }
    ]))
    .unwrap();
    assert_eq!(plan(&request.operations), Plan { order: vec![3, 2, 0, 1, 4], circular: vec![] });
}

#[test]
fn circles_are_found() {
    let request = read(json!([
        post("a", json!({ "m": "bulkId:b" })),
        post("b", json!({ "m": "bulkId:a" })),
        post("c", json!({ "m": "bulkId:a" })),
        post("d", json!({ "m": "bulkId:d" })),
        post("e", json!({}))
    ]))
    .unwrap();
    assert_eq!(plan(&request.operations), Plan { order: vec![4], circular: vec![0, 1, 2, 3] });
}

#[test]
fn references_are_replaced_or_refused() {
    let request = read(json!([{
        "method": "PATCH", "path": "/Groups/bulkId:g",
        "data": { "a": ["bulkId:u", "bulkId: no", "see bulkId:u", { "b": "BULKID:u" }] }
    }]))
    .unwrap();
    let operation = request.operations.first().unwrap();
    let mut ids = References::default();
    ids.insert("g", "group-1");
    assert_eq!(ids.resolve(operation).map_err(|error| error.status), Err(400));
    ids.insert("u", "user-1");
    ids.insert(" no", "user-2");
    let resolved = ids.resolve(operation).unwrap();
    assert_eq!(resolved.path.to_string(), "/Groups/group-1");
    assert_eq!(resolved.data, Some(json!({ "a": ["user-1", "user-2", "see bulkId:u", { "b": "user-1" }] })));
}

#[test]
fn responses() {
    let request = read(json!([post("q", json!({}))])).unwrap();
    let operation = request.operations.first().unwrap();
    let made = BulkResult {
        method: Method::Post,
        bulk_id: Some("q".into()),
        version: Some("W/\"1\"".into()),
        location: Some("https://x/Users/1".into()),
        status: 201,
        response: None,
    };
    let failed = BulkResult::failed(operation, None, &Error::uniqueness("Taken."));
    assert_eq!(
        response(&[made, failed]),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
            "Operations": [
                { "method": "POST", "status": "201", "bulkId": "q", "version": "W/\"1\"", "location": "https://x/Users/1" },
                { "method": "POST", "status": "409", "bulkId": "q", "response": {
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
                    "status": "409", "scimType": "uniqueness", "detail": "Taken."
                } }
            ]
        })
    );
}

#[test]
fn references_in_the_filter_of_a_path() {
    let patch = |path: &str| {
        json!({
            "method": "PATCH", "path": "/Groups/g", "data": { "Operations": [{ "op": "remove", "path": path }] }
        })
    };
    let mut references = References::default();
    references.insert("u", "42");
    for (path, expected) in [
        ("members[value eq \"bulkId:u\"]", Ok("members[value eq \"42\"]")),
        (
            "members[value eq \"BULKID:u\" or display eq \"x\"]",
            Ok("members[value eq \"42\" or display eq \"x\"]"),
        ),
        ("members[not (value eq \"bulkId:u\")].display", Ok("members[not (value eq \"42\")].display")),
        ("members[value eq bulkId:u]", Ok("members[value eq \"42\"]")),
        ("members[value eq \"bulkId:never\"]", Err(Some(ScimType::InvalidValue))),
        // As they came.
        ("members[ value EQ \"42\" ]", Ok("members[ value EQ \"42\" ]")),
        ("members[value eq \"bulkId:u", Ok("members[value eq \"bulkId:u")),
    ] {
        let operation = read(json!([patch(path)])).unwrap().operations.remove(0);
        let resolved = references.resolve(&operation).map_err(|error| error.scim_type);
        let path_after =
            resolved.map(|it| it.data.unwrap()["Operations"][0]["path"].as_str().unwrap().to_owned());
        assert_eq!(path_after.as_deref().map_err(|kind| *kind), expected, "{path}");
    }
    // Who is named there is made first.
    let request = read(json!([patch("members[value eq \"bulkId:q\"]"), post("q", json!({}))])).unwrap();
    assert_eq!(plan(&request.operations).order, [1, 0]);
}
