//! The examples of RFC 7644.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::needless_pass_by_value, reason = "json! values read best without borrows")]

use scim::schema::{ENTERPRISE_USER, USER, group, user};
use scim::{Document, Error, Mode, filter, patch, resource};
use serde_json::{Value, json};

fn document(value: Value) -> Document {
    value.as_object().cloned().unwrap()
}

/// Bjensen of RFC 7643 §8.3, as far as the examples look at him, and a document of another kind.
fn bjensen() -> Document {
    document(json!({
        "schemas": [USER, ENTERPRISE_USER],
        "id": "2819c223-7f76-453a-919d-413861904646",
        "externalId": "701984",
        "userName": "bjensen",
        "name": { "formatted": "Ms. Barbara J O'Malley, III", "familyName": "O'Malley", "givenName": "Barbara" },
        "displayName": "Babs O'Malley",
        "title": "Tour Guide",
        "userType": "Employee",
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@example.org", "type": "home" }
        ],
        "ims": [{ "value": "someaimhandle@foo.com", "type": "xmpp" }],
        "meta": { "resourceType": "User", "lastModified": "2011-05-13T04:42:34Z" }
    }))
}

#[test]
fn filters_of_section_3_4_2_2() {
    let table = [
        ("userName eq \"bjensen\"", true),
        ("name.familyName co \"O'Malley\"", true),
        ("userName sw \"J\"", false),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", false),
        ("title pr", true),
        ("meta.lastModified gt \"2011-05-13T04:42:34Z\"", false),
        ("meta.lastModified ge \"2011-05-13T04:42:34Z\"", true),
        ("meta.lastModified lt \"2011-05-13T04:42:34Z\"", false),
        ("meta.lastModified le \"2011-05-13T04:42:34Z\"", true),
        ("title pr and userType eq \"Employee\"", true),
        ("title pr or userType eq \"Intern\"", true),
        ("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", true),
        ("userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")", true),
        (
            "userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")",
            false,
        ),
        ("userType eq \"Employee\" and (emails.type eq \"work\")", true),
        ("userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]", true),
        (
            "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]",
            true,
        ),
        ("emails[type eq \"home\" and value co \"@example.com\"]", false),
    ];
    for (text, expected) in table {
        let parsed = filter::parse(text).unwrap();
        assert_eq!(parsed.to_string().replace("(emails.type eq \"work\")", "emails.type eq \"work\""), {
            text.replace("(emails.type eq \"work\")", "emails.type eq \"work\"")
        });
        let checked = filter::check(&parsed, user()).unwrap();
        assert_eq!(filter::matches(&checked, user(), &bjensen()), expected, "{text}");
    }
}

#[test]
fn filters_of_other_sections() {
    for text in [
        // §3.4.2.1 and §3.4.3
        "(meta.resourceType eq \"User\") or (meta.resourceType eq \"Group\")",
        "displayName sw \"smith\"",
        // §3.9
        "userName eq \"bjensen\"",
        // RFC 9865 §2
        "id pr and meta.created ge \"2024-01-01T00:00:00Z\"",
    ] {
        let parsed = filter::parse(text).unwrap();
        assert!(filter::check(&parsed, user()).is_ok(), "{text}");
    }
}

fn patched(kind: &scim::schema::ResourceType, before: Value, operations: Value) -> Result<Value, Error> {
    let body =
        json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    let patch = patch::parse(kind, &body, Mode::Tolerant)?.value;
    let before = document(before);
    Ok(Value::Object(patch::apply(kind, &before, &patch)?.value.unwrap_or(before)))
}

#[test]
fn section_3_5_2_1_add() {
    // "The following example shows how to add a member to a group."
    let add_member = json!([{ "op": "add", "path": "members", "value": [{
        "display": "Babs Jensen", "$ref": "https://example.com/v2/Users/2819c223", "value": "2819c223"
    }] }]);
    let after = patched(group(), json!({ "displayName": "T" }), add_member.clone()).unwrap();
    assert_eq!(after["members"], add_member[0]["value"]);
    // "If the value already exists, no changes SHOULD be made to the resource."
    assert_eq!(patched(group(), after.clone(), add_member).unwrap(), after);

    // "The following example shows how to add one or more attributes to a User resource without using a path."
    let after = patched(
        user(),
        json!({ "userName": "babs" }),
        json!([{ "op": "add", "value": {
            "emails": [{ "value": "babs@jensen.org", "type": "home" }], "nickName": "Babs"
        } }]),
    );
    assert_eq!(
        after.unwrap(),
        json!({
            "userName": "babs", "emails": [{ "value": "babs@jensen.org", "type": "home" }], "nickName": "Babs"
        })
    );
}

#[test]
fn section_3_5_2_2_remove() {
    let members = json!([
        { "value": "2819c223-7f76-453a-919d-413861904646", "display": "Babs Jensen" },
        { "value": "902c246b-6245-4190-8e05-00816be7344a", "display": "Mandy Pepperidge" }
    ]);
    let team = json!({ "displayName": "T", "members": members });
    // "… how to remove a single member from a group."
    let one =
        json!([{ "op": "remove", "path": "members[value eq \"2819c223-7f76-453a-919d-413861904646\"]" }]);
    assert_eq!(patched(group(), team.clone(), one).unwrap()["members"], json!([members[1]]));
    // "… how to remove all members of a group."
    let all = json!([{ "op": "remove", "path": "members" }]);
    assert_eq!(patched(group(), team.clone(), all).unwrap(), json!({ "displayName": "T" }));
    // "Removal of a value from a complex multi-valued attribute."
    let before = json!({ "userName": "b", "emails": [
        { "value": "b@example.com", "type": "work" }, { "value": "b@home.org", "type": "home" }
    ] });
    let remove = json!([{ "op": "remove", "path": "emails[type eq \"work\" and value ew \"example.com\"]" }]);
    assert_eq!(
        patched(user(), before, remove).unwrap()["emails"],
        json!([{ "value": "b@home.org", "type": "home" }])
    );
    // "Example request to remove and add a member."
    let swap = json!([
        { "op": "remove", "path": "members[value eq \"2819c223-7f76-453a-919d-413861904646\"]" },
        { "op": "add", "path": "members", "value": [{
            "display": "James Smith", "$ref": "https://example.com/v2/Users/08e1d05d", "value": "08e1d05d"
        }] }
    ]);
    let after = patched(group(), team.clone(), swap).unwrap();
    let ids: Vec<&Value> =
        after["members"].as_array().unwrap().iter().map(|member| &member["value"]).collect();
    assert_eq!(ids, ["902c246b-6245-4190-8e05-00816be7344a", "08e1d05d"]);
    // "… how to replace all the members of a group with a different members list" by remove and add.
    let renew = json!([
        { "op": "remove", "path": "members" },
        { "op": "add", "path": "members", "value": [{ "value": "08e1d05d" }] }
    ]);
    assert_eq!(patched(group(), team, renew).unwrap()["members"], json!([{ "value": "08e1d05d" }]));
    // "If "path" is unspecified, the operation fails with … noTarget."
    let without = patched(user(), json!({ "userName": "b" }), json!([{ "op": "remove" }]));
    assert_eq!(without.unwrap_err().to_json()["scimType"], "noTarget");
}

#[test]
fn section_3_5_2_3_replace() {
    // "… how to replace all the members of a group in a single replace operation."
    let after = patched(
        group(),
        json!({ "displayName": "T", "members": [{ "value": "old" }] }),
        json!([{ "op": "replace", "path": "members", "value": [
            { "display": "Babs Jensen", "value": "2819c223" }, { "display": "James Smith", "value": "08e1d05d" }
        ] }]),
    );
    assert_eq!(
        after.unwrap()["members"],
        json!([{ "display": "Babs Jensen", "value": "2819c223" }, { "display": "James Smith", "value": "08e1d05d" }])
    );

    // "… how to change a User's entire "work" address, using a "valuePath" filter."
    let addresses = json!([
        { "type": "work", "streetAddress": "1 Old Road", "locality": "Elsewhere" },
        { "type": "home", "streetAddress": "456 Hollywood Blvd" }
    ]);
    let before = json!({ "userName": "b", "addresses": addresses });
    let work = json!({
        "type": "work", "streetAddress": "911 Universal City Plaza", "locality": "Hollywood", "region": "CA",
        "postalCode": "91608", "country": "US",
        "formatted": "911 Universal City Plaza\nHollywood, CA 91608 US", "primary": true
    });
    let replace = json!([{ "op": "replace", "path": "addresses[type eq \"work\"]", "value": work }]);
    assert_eq!(patched(user(), before.clone(), replace).unwrap()["addresses"], json!([work, addresses[1]]));

    // "… how to change a specific sub-attribute "streetAddress" of complex attribute "emails" [sic] …"
    let street = json!([{
        "op": "replace", "path": "addresses[type eq \"work\"].streetAddress", "value": "1010 Broadway Ave"
    }]);
    let after = patched(user(), before, street).unwrap();
    assert_eq!(after["addresses"][0]["streetAddress"], "1010 Broadway Ave");
    assert_eq!(after["addresses"][0]["locality"], "Elsewhere");

    // "… how to replace all values of one or more specific attributes of a User resource."
    let several = json!([{ "op": "replace", "value": {
        "emails": [
            { "value": "bjensen@example.com", "type": "work", "primary": true },
            { "value": "babs@jensen.org", "type": "home" }
        ],
        "nickName": "Babs"
    } }]);
    let before = json!({ "userName": "b", "emails": [{ "value": "old@example.com" }] });
    let after = patched(user(), before, several.clone()).unwrap();
    assert_eq!((&after["emails"], &after["nickName"]), (&several[0]["value"]["emails"], &json!("Babs")));

    // "If the target location is a multi-valued attribute for which a value selection filter has been supplied and no
    // record match was made, … noTarget."
    let nowhere =
        json!([{ "op": "replace", "path": "addresses[type eq \"other\"]", "value": { "country": "US" } }]);
    let result = patched(user(), json!({ "userName": "b" }), nowhere);
    assert_eq!(result.unwrap_err().to_json()["scimType"], "noTarget");
}

#[test]
fn section_3_3_create_and_3_5_1_replace() {
    let created = resource::read(
        user(),
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "bjensen",
            "externalId": "bjensen",
            "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara" }
        }),
        Mode::Strict,
    )
    .unwrap();
    assert_eq!(created.value["name"]["familyName"], "Jensen");
    let replaced = resource::read(
        user(),
        &json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "id": "2819c223-7f76-453a-919d-413861904646",
            "userName": "bjensen",
            "externalId": "bjensen",
            "name": {
                "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara",
                "middleName": "Jane"
            },
            "roles": [],
            "emails": [{ "value": "bjensen@example.com" }, { "value": "babs@jensen.org" }]
        }),
        Mode::Strict,
    )
    .unwrap();
    let names: Vec<&str> = replaced.value.keys().map(String::as_str).collect();
    assert_eq!(names, ["userName", "externalId", "name", "emails"]);
    assert_eq!(replaced.deviations, []);
}

#[test]
fn section_3_7_bulk() {
    use scim::bulk;
    use scim::schema::discovery::BulkLimits;
    // §3.7.2: "… a new user named "Alice" and a new group named "Tour Guides" with Alice as a member."
    let body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "qwerty", "data": {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Alice"
            } },
            { "method": "POST", "path": "/Groups", "bulkId": "ytrewq", "data": {
                "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Tour Guides",
                "members": [{ "type": "User", "value": "bulkId:qwerty" }]
            } }
        ]
    });
    let limits = BulkLimits { max_operations: 1000, max_payload_size: 1_048_576 };
    let request = bulk::parse(&body, limits, Mode::Strict).unwrap().value;
    assert_eq!(bulk::plan(&request.operations).order, [0, 1]);
    let mut made = bulk::References::default();
    made.insert("qwerty", "92b725cd-9465-4e7d-8c16-01f8e146b87a");
    let group = made.resolve(&request.operations[1]).unwrap();
    assert_eq!(
        group.data.unwrap()["members"],
        json!([{ "type": "User", "value": "92b725cd-9465-4e7d-8c16-01f8e146b87a" }])
    );
}

#[test]
fn section_3_12_errors() {
    let error = Error::mutability("Attribute 'id' is readOnly");
    assert_eq!(
        error.to_json(),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "scimType": "mutability",
            "detail": "Attribute 'id' is readOnly",
            "status": "400"
        })
    );
    assert_eq!(
        Error::not_found("Resource 2819c223 not found").to_json(),
        json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "detail": "Resource 2819c223 not found",
            "status": "404"
        })
    );
}
