//! What `/Schemas` advertises is stored: each attribute is added, replaced and removed, and read back each time, as
//! Microsoft's validator does with what it finds there.

use rollcall::model::Provider;
use serde_json::{Map, Value, json};

use crate::{
    callers::{self, Caller, id_of},
    company::Company,
    support::each_engine,
};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A value that the attribute may have; another for each `turn`.
fn value(attribute: &Value, place: &str, turn: usize) -> Value {
    let single = match attribute["type"].as_str().unwrap() {
        "boolean" => json!(turn == 0),
        "dateTime" => json!(format!("2026-01-0{}T00:00:00Z", turn + 1)),
        "reference" => json!(format!("https://acme.test/{turn}")),
        "binary" => json!(["AAAA", "BBBB"][turn]),
        "complex" => {
            let parts = attribute["subAttributes"].as_array().unwrap();
            let writable = parts.iter().filter(|part| is_writable(part));
            let pairs = writable.map(|part| {
                let name = part["name"].as_str().unwrap();
                (name.to_owned(), value(part, &format!("{place}.{name}"), turn))
            });
            Value::Object(pairs.collect::<Map<String, Value>>())
        }
        "string" => match attribute["canonicalValues"].as_array() {
            Some(values) => values[turn.min(values.len() - 1)].clone(),
            None if place == "emails.value" => json!(format!("a{turn}@acme.test")),
            // As it was written: with spaces, in any case, a number with its signs.
            None => json!(["+49 (0)30 / 123-45 ÄÖ", "Other  VALUE"][turn]),
        },
        other => panic!("{place} is of the type {other}"),
    };
    if attribute["multiValued"] == true { json!([single]) } else { single }
}

fn is_writable(attribute: &Value) -> bool {
    attribute["mutability"] == "readWrite" && attribute["returned"] != "never"
}

/// Changes one attribute; gives it as it is read afterwards, `null` when it is not there.
async fn after(idp: &Caller, user: &str, holder: Option<&str>, name: &str, operation: Value) -> Value {
    idp.change(user, &json!([operation])).await.shows(200);
    let shown = idp.get(user).await.shows(200);
    assert_has_no_null(&shown);
    match holder {
        Some(urn) => shown[urn][name].clone(),
        None => shown[name].clone(),
    }
}

/// Entra takes a null for a value.
fn assert_has_no_null(value: &Value) {
    match value {
        Value::Null => panic!("a null"),
        Value::Array(elements) => elements.iter().for_each(assert_has_no_null),
        Value::Object(parts) => parts.values().for_each(assert_has_no_null),
        _ => {}
    }
}

#[tokio::test]
async fn each_advertised_attribute_of_users_is_stored_as_it_was_sent() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        let user = format!("/Users/{}", idp.creates("ana@acme.test").await);
        let mut seen = Vec::new();
        for (urn, holder) in [(CORE, None), (ENTERPRISE, Some(ENTERPRISE))] {
            let schema = idp.get(&format!("/Schemas/{urn}")).await.shows(200);
            for attribute in schema["attributes"].as_array().unwrap().iter().filter(|it| is_writable(it)) {
                let name = attribute["name"].as_str().unwrap();
                let path = holder.map_or(name.to_owned(), |urn| format!("{urn}:{name}"));
                seen.push(name.to_owned());
                if name == "userName" {
                    continue;
                }
                let (first, second) = (value(attribute, name, 0), value(attribute, name, 1));
                let remove = json!({ "op": "remove", "path": path });
                after(&idp, &user, holder, name, remove.clone()).await;
                let add = json!({ "op": "add", "path": path, "value": first });
                assert_eq!(after(&idp, &user, holder, name, add).await, first, "{path}");
                let replace = json!({ "op": "replace", "path": path, "value": second });
                assert_eq!(after(&idp, &user, holder, name, replace).await, second, "{path}");
                if name != "active" {
                    assert_eq!(after(&idp, &user, holder, name, remove).await, Value::Null, "{path}");
                }
            }
        }
        for name in ["userName", "name", "emails", "addresses", "x509Certificates", "manager", "department"] {
            assert!(seen.iter().any(|it| it == name), "{name} is not advertised: {seen:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn what_the_validator_asks_of_users_and_groups() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        let ana = idp.creates("ana@acme.test").await;
        // Filters find a user in any case, and nobody without an error.
        for (filter, total) in [("ANA@ACME.TEST", 1), ("nobody@acme.test", 0)] {
            let list = idp
                .get(&format!("/Users?{}", callers::filter(&format!("userName eq \"{filter}\""))))
                .await
                .shows(200);
            assert_eq!(list["totalResults"], json!(total), "{filter}");
            assert_has_no_null(&list);
            for name in ["totalResults", "itemsPerPage", "startIndex"] {
                assert!(list[name].is_u64(), "{name} is a number: {list}");
            }
        }
        let group = idp.creates_group("Sales", &[&ana]).await;
        let taken = json!({ "displayName": "Sales" });
        idp.post("/Groups", &taken).await.refuses(409, "uniqueness");
        let shown = idp.get(&format!("/Groups/{group}")).await.shows(200);
        assert_has_no_null(&shown);
        // A member who is there already, and one who is not, are no errors.
        for operation in [
            json!({ "op": "Add", "path": "members", "value": [{ "value": ana }] }),
            json!({ "op": "Remove", "path": format!("members[value eq \"{ana}\"]") }),
            json!({ "op": "Remove", "path": format!("members[value eq \"{ana}\"]") }),
        ] {
            idp.change(&format!("/Groups/{group}"), &json!([operation])).await.is_empty();
        }
        assert!(idp.members_of(&group).await.is_empty());
        for path in [format!("/Users/{ana}"), format!("/Groups/{group}")] {
            idp.delete(&path).await.is_empty();
            idp.delete(&path).await.refuses(404, "");
            idp.get(&path).await.refuses(404, "");
        }
        let again = id_of(&idp.post("/Groups", &taken).await.shows(201));
        assert_ne!(again, group, "a name is free once its group is gone");
    })
    .await;
}
