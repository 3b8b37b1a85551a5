use serde_json::json;

use super::discovery::{BulkLimits, Capabilities, CursorPaging};
use super::*;

#[test]
fn attributes_are_found_in_any_case_and_under_any_urn() {
    let table = [
        ("USERNAME", "userName"),
        ("externalid", "externalId"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName", "userName"),
        ("URN:IETF:params:scim:schemas:core:2.0:user:username", "userName"),
        ("urn:scim:schemas:core:2.0:userName", "userName"),
        ("urn:scim:schemas:core:1.0:userName", "userName"),
        ("emails.VALUE", "emails.value"),
        (
            "urn:scim:schemas:extension:enterprise:2.0:department",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        ),
        (
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:USER:manager.DISPLAYNAME",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName",
        ),
    ];
    for (text, canonical) in table {
        let located = user().locate(&AttrPath::parse(text).unwrap());
        assert_eq!(located.map(|located| located.path.to_string()).as_deref(), Some(canonical), "{text}");
    }
    for text in ["department", "urn:x:2.0:userName", "emails.kind", "userName.value"] {
        assert_eq!(user().locate(&AttrPath::parse(text).unwrap()), None, "{text}");
    }
}

#[test]
fn an_extension_must_follow_the_rules_of_the_rfc() {
    let with = |schema: serde_json::Value| {
        let schema = serde_json::from_value(schema).unwrap();
        user().clone().with_extension(schema, false).map(|kind| kind.extensions.len())
    };
    let string = |name: &str| json!({ "name": name, "type": "string" });
    let good = json!({ "id": "urn:a:b", "attributes": [string("x"), {
        "name": "y", "type": "complex", "subAttributes": [string("value")]
    }] });
    assert_eq!(with(good).ok(), Some(2));
    let bad = [
        json!({ "id": "a:b:c", "attributes": [] }),
        json!({ "id": "urn:", "attributes": [] }),
        json!({ "id": "urn:a::b", "attributes": [] }),
        json!({ "id": "é", "attributes": [] }),
        json!({ "id": USER, "attributes": [] }),
        json!({ "id": ENTERPRISE_USER.to_uppercase(), "attributes": [] }),
        // The paths of attributes: the one below would be department, the other an attribute of it.
        json!({ "id": format!("{ENTERPRISE_USER}:department"), "attributes": [string("x")] }),
        json!({ "id": "urn:ietf:params:scim:schemas:extension:enterprise:2.0", "attributes": [string("User")] }),
        json!({ "id": "urn:a:b", "attributes": [string("x.y")] }),
        json!({ "id": "urn:a:b", "attributes": [string("")] }),
        json!({ "id": "urn:a:b", "attributes": [string("x"), string("X")] }),
        json!({ "id": "urn:a:b", "attributes": [{ "name": "x", "type": "complex" }] }),
        json!({ "id": "urn:a:b", "attributes": [{ "name": "x", "type": "string", "subAttributes": [string("y")] }] }),
        json!({ "id": "urn:a:b", "attributes": [{ "name": "x", "type": "complex", "subAttributes": [{
            "name": "y", "type": "complex", "subAttributes": [string("z")]
        }] }] }),
    ];
    for schema in bad {
        assert_eq!(with(schema.clone()).map_err(|error| error.status), Err(400), "{schema}");
    }
}

#[test]
fn an_attribute_reads_what_it_writes() {
    for kind in [
        user(),
        group(),
        role(Vocabulary::Ietf),
        role(Vocabulary::Okta),
        entitlement(Vocabulary::Ietf),
        entitlement(Vocabulary::Okta),
        role_in_both(),
        entitlement_in_both(),
        group_member(),
    ] {
        let json = serde_json::to_value(&kind.schema).unwrap();
        let read: Schema = serde_json::from_value(json).unwrap();
        assert_eq!(read.attributes, kind.schema.attributes);
        assert!(read.validate().is_ok());
    }
}

fn capabilities() -> Capabilities {
    Capabilities {
        documentation_uri: None,
        bulk: Some(BulkLimits { max_operations: 1000, max_payload_size: 1_048_576 }),
        max_results: 200,
        default_page_size: 100,
        cursor: Some(CursorPaging { timeout_seconds: Some(3600) }),
        sort: true,
        etag: true,
        interop_profile: false,
        roles: true,
    }
}

#[test]
fn service_provider_config() {
    let config = discovery::service_provider_config(&capabilities(), "https://x.test/scim/v2/");
    assert_eq!(
        config["bulk"],
        json!({ "supported": true, "maxOperations": 1000, "maxPayloadSize": 1_048_576 })
    );
    assert_eq!(config["filter"], json!({ "supported": true, "maxResults": 200 }));
    assert_eq!(
        config["pagination"],
        json!({
            "cursor": true, "index": true, "defaultPaginationMethod": "index",
            "defaultPageSize": 100, "maxPageSize": 200, "cursorTimeout": 3600
        })
    );
    assert_eq!(config["meta"]["location"], "https://x.test/scim/v2/ServiceProviderConfig");
    assert_eq!(config.get("interopProfileConformant"), None);
    assert_eq!(config["RolesAndEntitlements"]["roles"]["supported"], true);
    assert_eq!(config["RolesAndEntitlements"]["entitlements"]["multipleEntitlementsSupported"], true);

    let without =
        Capabilities { bulk: None, cursor: None, interop_profile: true, roles: false, ..capabilities() };
    let config = discovery::service_provider_config(&without, "https://x.test");
    assert_eq!(config["bulk"], json!({ "supported": false, "maxOperations": 0, "maxPayloadSize": 0 }));
    assert_eq!(config["pagination"]["cursor"], false);
    assert_eq!(config["interopProfileConformant"], true);
    assert_eq!(config.get("RolesAndEntitlements"), None);
}

#[test]
fn resource_types() {
    let list = discovery::resource_types(&[user(), group()], "https://x.test/scim/v2");
    assert_eq!(list["totalResults"], 2);
    let user = &list["Resources"][0];
    assert_eq!((&user["id"], &user["name"]), (&json!("User"), &json!("User")));
    assert_eq!(user["endpoint"], "/Users");
    assert_eq!(user["schemaExtensions"], json!([{ "schema": ENTERPRISE_USER, "required": false }]));
    assert_eq!(user["meta"]["location"], "https://x.test/scim/v2/ResourceTypes/User");
}

#[test]
fn schemas_say_what_is_stored() {
    let list = discovery::schemas(&[user(), group()], "https://x.test");
    let ids: Vec<&str> =
        list["Resources"].as_array().unwrap().iter().filter_map(|schema| schema["id"].as_str()).collect();
    assert_eq!(
        ids,
        [
            USER,
            ENTERPRISE_USER,
            GROUP,
            service::SERVICE_PROVIDER_CONFIG,
            service::RESOURCE_TYPE,
            service::SCHEMA
        ]
    );
    let user_schema = discovery::schema(&[user()], &USER.to_lowercase(), "https://x.test").unwrap();
    let names: Vec<&str> =
        user_schema["attributes"].as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.contains(&"userName") && !names.contains(&"password"), "{names:?}");
    assert_eq!(
        user_schema["attributes"][0],
        json!({
            "name": "userName", "type": "string", "multiValued": false,
            "description": user_schema["attributes"][0]["description"],
            "required": true, "caseExact": false, "mutability": "readWrite",
            "returned": "default", "uniqueness": "server"
        })
    );
    assert_eq!(discovery::schema(&[user()], "urn:nothing", "https://x.test"), None);
}

#[test]
fn both_vocabularies_of_roles() {
    let (ietf, okta) = (role(Vocabulary::Ietf), role(Vocabulary::Okta));
    assert_eq!(ietf.schema.id, "urn:ietf:params:scim:schemas:core:2.0:Role");
    assert_eq!(okta.schema.id, "urn:okta:scim:schemas:core:1.0:Role");
    assert_eq!((&ietf.id, &ietf.endpoint), (&okta.id, &okta.endpoint));
    assert_eq!(entitlement(Vocabulary::Okta).endpoint, "/Entitlements");
    let both = role_in_both();
    for name in ["value", "displayName"] {
        for urn in [&ietf.schema.id, &okta.schema.id] {
            let path = AttrPath { schema: Some(urn.clone()), attribute: name.to_owned(), sub: None };
            assert_eq!(both.locate(&path).map(|it| it.path.schema), Some(None), "{path}");
        }
    }
    assert!(both.schema.attributes.iter().all(|attribute| attribute.mutability == Mutability::ReadOnly));
}
