//! How much one request may hold, and one answer.

use rand::{Rng, SeedableRng, rngs::StdRng};
use rollcall::model::Provider;
use serde_json::{Map, Value, json};

use crate::{
    callers::{self, person},
    company::Company,
    support::each_engine,
};

/// Text that no database can make shorter.
fn noise(length: usize) -> String {
    let mut dice = StdRng::seed_from_u64(7);
    (0..length).map(|_| char::from(dice.random_range(b'a'..=b'z'))).collect()
}

/// Names are indexed for the membership view, and an index entry has a largest size.
#[tokio::test]
async fn a_name_of_any_length_is_kept_whole_and_shown_short() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let long = noise(60_000);
        let mut ana = person("ana@acme.test");
        ana["name"] = json!({ "formatted": long });
        ana.as_object_mut().unwrap().remove("displayName");
        let shown = caller.post("/Users", &ana).await.shows(201);
        assert_eq!(shown["name"]["formatted"], long);
        assert_eq!(company.membership("ana@acme.test").await.name, long[..256]);
        let mut bo = person("bo@acme.test");
        bo["name"] = json!({ "givenName": long, "familyName": noise(40_000) });
        bo.as_object_mut().unwrap().remove("displayName");
        caller.post("/Users", &bo).await.shows(201);
    })
    .await;
}

#[tokio::test]
async fn a_bulk_operation_on_an_id_with_a_nul_finds_nothing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        for path in ["/Users/a\u{0}", "/Groups/\u{0}"] {
            for (method, data) in [
                ("DELETE", Value::Null),
                ("PUT", person("ana@acme.test")),
                ("PATCH", json!({ "Operations": [{ "op": "replace", "path": "title", "value": "Dr" }] })),
            ] {
                let mut operation = json!({ "method": method, "path": path });
                if !data.is_null() {
                    operation["data"] = data;
                }
                let body = json!({
                    "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                    "Operations": [operation],
                });
                let answer = caller.post("/Bulk", &body).await.shows(200);
                let status = answer["Operations"][0]["status"].as_str().unwrap();
                assert!(["400", "404"].contains(&status), "{method} {path:?}: {answer}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn an_object_with_too_many_names_is_refused_and_changes_nothing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let ana = caller.creates("ana@acme.test").await;
        let before = caller.get(&format!("/Users/{ana}")).await.shows(200);
        let many: Map<String, Value> = (0..60_000).map(|number| (format!("a{number}"), json!(1))).collect();
        let many = Value::Object(many);
        let mut bo = person("bo@acme.test");
        bo.as_object_mut().unwrap().extend(many.as_object().unwrap().clone());
        caller.post("/Users", &bo).await.refuses(400, "invalidValue");
        for value in [many.clone(), json!({ "urn:x:y:2.0:User": many.clone() })] {
            let operations = json!([{ "op": "add", "value": value }]);
            caller.change(&format!("/Users/{ana}"), &operations).await.refuses(400, "invalidValue");
        }
        assert_eq!(caller.get(&format!("/Users/{ana}")).await.shows(200), before);
    })
    .await;
}

/// Removing by a filter looks at each element once.
#[tokio::test]
async fn a_filter_that_selects_many_elements_takes_them_all() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let mut ana = person("ana@acme.test");
        ana["urn:x:y:2.0:User"] = json!({ "tags": vec![1; 25_000] });
        let ana = callers::id_of(&caller.post("/Users", &ana).await.shows(201));
        let operations = json!([{ "op": "remove", "path": "urn:x:y:2.0:User:tags[value eq 1]" }]);
        let shown = caller.change(&format!("/Users/{ana}"), &operations).await.shows(200);
        assert_eq!(shown.get("urn:x:y:2.0:User"), None);
    })
    .await;
}

#[tokio::test]
async fn a_resource_that_is_too_large_is_refused_in_every_way_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let ana = caller.creates("ana@acme.test").await;
        let texts: Vec<Value> = (0..5).map(|n| json!({ "value": format!("{n}{}", noise(60_000)) })).collect();
        let mut large = person("ana@acme.test");
        large["x509Certificates"] = json!(texts);
        let patch = json!([{ "op": "add", "path": "x509Certificates", "value": texts }]);
        let path = format!("/Users/{ana}");
        assert_eq!(caller.post("/Users", &large).await.status, 413);
        assert_eq!(caller.put(&path, &large).await.status, 413);
        assert_eq!(caller.change(&path, &patch).await.status, 413);
        // Members are kept apart, and may be more than that.
        let unknown: Vec<String> = (0..900).map(|n| format!("{n}{}", noise(900))).collect();
        let unknown: Vec<&str> = unknown.iter().map(String::as_str).collect();
        caller.creates_group("Everyone", &unknown).await;
    })
    .await;
}

/// A list may carry thousands of members, each under a name.
#[tokio::test]
async fn the_name_of_a_member_is_refused_when_it_is_long_in_every_way_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let ana = caller.creates("ana@acme.test").await;
        let named = |length| json!([{ "value": ana, "display": noise(length) }]);
        let group = |length| json!({ "displayName": "Everyone", "members": named(length) });
        caller.post("/Groups", &group(1025)).await.refuses(400, "invalidValue");
        let id = callers::id_of(&caller.post("/Groups", &group(1024)).await.shows(201));
        let path = format!("/Groups/{id}");
        caller.put(&path, &group(1025)).await.refuses(400, "invalidValue");
        for operation in [
            json!({ "op": "add", "path": "members", "value": named(1025) }),
            json!({ "op": "add", "value": { "members": named(1025) } }),
            json!({ "op": "replace", "path": "members", "value": named(1025) }),
        ] {
            caller.change(&path, &json!([operation])).await.refuses(400, "invalidValue");
        }
        assert_eq!(caller.get(&path).await.shows(200)["members"][0]["display"], noise(1024));
    })
    .await;
}

/// A page ends before it is too large to be made in memory, by index and by cursor; nobody is passed over.
#[tokio::test]
async fn a_page_of_large_resources_ends_early() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let text = noise(60_000);
        let mut everyone = Vec::new();
        for number in 0..45 {
            let mut body = person(&format!("p{number:02}@acme.test"));
            body["x509Certificates"] = json!(vec![json!({ "value": text }); 4]);
            for (n, certificate) in body["x509Certificates"].as_array_mut().unwrap().iter_mut().enumerate() {
                certificate["value"] = json!(format!("{n}{}", text));
            }
            everyone.push(callers::id_of(&caller.post("/Users", &body).await.shows(201)));
        }
        let ids = |page: &Value| -> Vec<String> {
            page["Resources"].as_array().unwrap().iter().map(callers::id_of).collect()
        };
        // Answered by index, and by looking at each.
        for list in [
            "/Users?count=1000",
            "/Users?count=1000&sortBy=title",
            "/Users?count=1000&filter=userName+sw+%22p%22",
        ] {
            let (mut by_index, mut pages) = (Vec::new(), 0);
            loop {
                let page = caller.get(&format!("{list}&startIndex={}", by_index.len() + 1)).await.shows(200);
                assert_eq!(page["totalResults"], 45, "{list}");
                let found = ids(&page);
                assert_eq!(page["itemsPerPage"], found.len());
                if found.is_empty() {
                    break;
                }
                by_index.extend(found);
                pages += 1;
            }
            assert_eq!(by_index, everyone, "{list}");
            assert_eq!(pages, 2, "{list}");
            let (mut by_cursor, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = caller.get(&format!("{list}&cursor={cursor}")).await.shows(200);
                by_cursor.extend(ids(&page));
                let Some(next) = page["nextCursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!(by_cursor, everyone, "{list}");
        }
    })
    .await;
}

#[tokio::test]
async fn too_many_names_of_attributes_are_refused() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        caller.creates("ana@acme.test").await;
        let search = |number: usize| {
            json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
                "attributes": vec!["title"; number],
            })
        };
        for endpoint in ["/Users/.search", "/.search"] {
            caller.post(endpoint, &search(200)).await.shows(200);
            caller.post(endpoint, &search(201)).await.refuses(400, "invalidValue");
        }
    })
    .await;
}

#[tokio::test]
async fn a_version_that_is_no_text_matches_nothing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let ana = caller.creates("ana@acme.test").await;
        let path = format!("/Users/{ana}");
        let odd = caller.clone().sending("if-match", "\"é\"");
        let operations = json!([{ "op": "replace", "path": "title", "value": "Dr" }]);
        assert_eq!(odd.change(&path, &operations).await.status, 412);
        assert_eq!(odd.delete(&path).await.status, 412);
        let shown = caller.get(&path).await.shows(200);
        let version = shown["meta"]["version"].as_str().unwrap().to_owned();
        // The second line of the header counts as well as the first.
        let ask =
            caller.ask("GET", &path).header("if-none-match", "W/\"77\"").header("if-none-match", &version);
        assert_eq!(caller.send(ask).await.status, 304);
    })
    .await;
}

/// RFC 9110 section 13.1.2.
#[tokio::test]
async fn what_must_not_be_there_is_not_changed() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let user = format!("/Users/{}", caller.creates("ana@acme.test").await);
        let group = format!("/Groups/{}", caller.creates_group("Sales", &[]).await);
        let group_body = json!({ "displayName": "Marketing" });
        for (path, body) in [(user, person("bo@acme.test")), (group, group_body)] {
            let before = caller.get(&path).await.shows(200);
            let operations = json!([{ "op": "replace", "path": "displayName", "value": "Someone" }]);
            for header in ["*", before["meta"]["version"].as_str().unwrap()] {
                let guarded = caller.clone().sending("if-none-match", header);
                guarded.put(&path, &body).await.refuses(412, "");
                guarded.change(&path, &operations).await.refuses(412, "");
                guarded.delete(&path).await.refuses(412, "");
                assert_eq!(caller.get(&path).await.shows(200), before);
            }
            let nowhere = format!("{path}0");
            caller.clone().sending("if-none-match", "*").put(&nowhere, &body).await.refuses(404, "");
            caller.clone().sending("if-none-match", "W/\"77\"").put(&path, &body).await.shows(200);
        }
    })
    .await;
}

/// RFC 7644 section 4.
#[tokio::test]
async fn what_is_discovered_is_not_filtered() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        for list in ["/Schemas", "/ResourceTypes"] {
            let filtered = format!("{list}?{}", callers::filter("id eq \"User\""));
            assert_eq!(caller.get(&filtered).await.status, 403);
            caller.get(&format!("{list}?startIndex=1&count=10")).await.shows(200);
        }
    })
    .await;
}

/// Who has no value of what a list is sorted by is in it all the same.
#[tokio::test]
async fn a_list_of_everything_sorted_by_what_only_users_have_holds_the_groups() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let bo = caller.creates("bo@acme.test").await;
        let ana = caller.creates("ana@acme.test").await;
        let group = caller.creates_group("Everyone", &[]).await;
        let search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "sortBy": "userName",
        });
        let by_get = caller.get("/?sortBy=userName").await.shows(200);
        let by_search = caller.post("/.search", &search).await.shows(200);
        for page in [by_get, by_search] {
            assert_eq!(page["totalResults"], 3);
            let ids: Vec<String> = page["Resources"].as_array().unwrap().iter().map(callers::id_of).collect();
            assert_eq!(ids, [ana.clone(), bo.clone(), group.clone()]);
        }
        caller.get("/?sortBy=nothing").await.refuses(400, "invalidValue");
    })
    .await;
}

/// A PATCH may take `active` away, which says nothing new.
#[tokio::test]
async fn who_lost_the_attribute_active_is_found_as_what_they_are() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let ana = caller.creates("ana@acme.test").await;
        for (op, value) in [("replace", json!(false)), ("remove", Value::Null)] {
            let operations = json!([{ "op": op, "path": "active", "value": value }]);
            caller.change(&format!("/Users/{ana}"), &operations).await.shows(200);
        }
        for (filter, total) in [
            ("active eq false", 1),
            ("active eq true", 0),
            ("active eq false and title pr", 0),
            ("active eq false and name.familyName pr", 1),
            ("not (active eq true)", 1),
        ] {
            assert_eq!(caller.total(&format!("/Users?{}", callers::filter(filter))).await, total, "{filter}");
        }
    })
    .await;
}

/// One indexed term of an `and` narrows what is looked at, and the answer is that of the whole filter.
#[tokio::test]
async fn a_filter_is_narrowed_by_what_an_index_knows() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        for name in ["ana", "bo", "cy"] {
            let mut body = person(&format!("{name}@acme.test"));
            body["title"] = json!(if name == "bo" { "Boss" } else { "Dr" });
            caller.post("/Users", &body).await.shows(201);
        }
        for (filter, total) in [
            ("userName eq \"ana@acme.test\" and title eq \"dr\"", 1),
            ("userName eq \"bo@acme.test\" and title eq \"dr\"", 0),
            ("title eq \"dr\" and active eq true", 2),
            ("(title eq \"dr\" and active eq true) and userName sw \"c\"", 1),
            ("not (userName eq \"ana@acme.test\") and active eq true", 2),
            ("userName eq \"ana@acme.test\" or title eq \"boss\"", 2),
        ] {
            assert_eq!(caller.total(&format!("/Users?{}", callers::filter(filter))).await, total, "{filter}");
        }
    })
    .await;
}
