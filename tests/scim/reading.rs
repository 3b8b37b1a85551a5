//! Lists, pages, projections and versions.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rollcall::{model::Provider, secret::Seal};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, person},
    company::Company,
    support::{TestStore, each_engine, rollcall},
};

/// An identity provider whose directory holds `number` people.
async fn with_people(store: &TestStore, number: usize) -> (Company, Caller, Vec<String>) {
    let company = Company::new(store).await;
    let idp = callers::directory(&company, Provider::Generic).await;
    let mut ids = Vec::new();
    for n in 0..number {
        ids.push(idp.creates(&format!("p{n}@acme.test")).await);
    }
    (company, idp, ids)
}

fn ids_in(list: &Value) -> Vec<String> {
    list["Resources"].as_array().unwrap().iter().map(callers::id_of).collect()
}

#[tokio::test]
async fn pages_by_index_show_everyone_once_in_a_stable_order() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store, 7).await;
        let mut seen = Vec::new();
        for start in [1, 4, 7] {
            let page = idp.get(&format!("/Users?startIndex={start}&count=3")).await.shows(200);
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(7), &json!(start)));
            assert_eq!(page["itemsPerPage"], json!(page["Resources"].as_array().unwrap().len()));
            seen.extend(ids_in(&page));
        }
        let (mut sorted, mut expected) = (seen.clone(), ids.clone());
        sorted.sort();
        expected.sort();
        assert_eq!(sorted, expected);
        assert_eq!(ids_in(&idp.get("/Users").await.shows(200)), seen, "the same order in one page");
    })
    .await;
}

#[tokio::test]
async fn extreme_numbers_are_read_as_the_nearest_that_makes_sense() {
    each_engine(async |store| {
        let (_company, idp, _) = with_people(&store, 3).await;
        for (query, start, shown) in [
            ("count=0", 1, 0),
            ("count=-1", 1, 0),
            ("count=1000000000000", 1, 3),
            ("count=99999999999999999999999999", 1, 3),
            ("startIndex=0", 1, 3),
            ("startIndex=-5", 1, 3),
            ("startIndex=3", 3, 1),
            ("startIndex=4", 4, 0),
            ("startIndex=1000000000000&count=2", 2_147_483_647_u64, 0),
        ] {
            let page = idp.get(&format!("/Users?{query}")).await.shows(200);
            assert_eq!(page["totalResults"], 3, "{query}");
            assert_eq!(page["startIndex"], json!(start), "{query}");
            assert_eq!(page["itemsPerPage"], json!(shown), "{query}");
            assert_eq!(page["Resources"].as_array().unwrap().len(), shown, "{query}");
        }
        for query in ["count=many", "startIndex=1.5", "count=0x10"] {
            idp.get(&format!("/Users?{query}")).await.refuses(400, "invalidValue");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_by_cursor_show_everyone_once_while_people_come() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store, 5).await;
        let mut seen = Vec::new();
        let mut page = idp.get("/Users?cursor&count=2").await.shows(200);
        for turn in 0..5 {
            assert!(page["startIndex"].is_null(), "no index beside a cursor: {page}");
            seen.extend(ids_in(&page));
            let Some(next) = page["nextCursor"].as_str() else { break };
            if turn == 0 {
                idp.creates("late@acme.test").await;
            }
            page = idp.get(&format!("/Users?cursor={next}&count=2")).await.shows(200);
        }
        assert!(page["nextCursor"].is_null(), "the last page has none");
        for id in &ids {
            assert_eq!(seen.iter().filter(|other| *other == id).count(), 1, "{id} in {seen:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_query_or_a_forged_one_is_refused() {
    each_engine(async |store| {
        let (company, idp, _) = with_people(&store, 3).await;
        let page = idp.get("/Users?cursor&count=1").await.shows(200);
        let next = page["nextCursor"].as_str().unwrap().to_owned();
        idp.get(&format!("/Users?cursor={next}&{}", filter("active eq true")))
            .await
            .refuses(400, "invalidCursor");
        // Signed for a place by the installation's own key, and changed.
        let sealed = URL_SAFE_NO_PAD.decode(&next).unwrap();
        let (signature, place) = sealed.split_at(Seal::LENGTH);
        let place = String::from_utf8(place.to_vec()).unwrap().replace("\"id\":\"0", "\"id\":\"1");
        let moved = URL_SAFE_NO_PAD.encode([signature, place.as_bytes()].concat());
        idp.get(&format!("/Users?cursor={moved}&count=1")).await.refuses(400, "invalidCursor");
        // Another process on the same store takes it.
        let other_store = store.open_again().await;
        let elsewhere = idp.at(&rollcall(&other_store, &company.clock, |_| {}));
        let page = elsewhere.get(&format!("/Users?cursor={next}&count=1")).await.shows(200);
        assert_eq!(page["Resources"].as_array().unwrap().len(), 1);
        for forged in ["x", "%00", "AAAA", "%F0%9F%92%A9", &next.repeat(40)] {
            idp.get(&format!("/Users?cursor={forged}")).await.refuses(400, "invalidCursor");
        }
        idp.get("/Users?cursor&count=-1").await.refuses(400, "invalidCount");
        idp.get("/Users?cursor&count=x").await.refuses(400, "invalidCount");
    })
    .await;
}

#[tokio::test]
async fn filters_find_the_same_by_index_and_by_evaluation() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store, 4).await;
        let off = json!([{ "op": "replace", "path": "active", "value": false }]);
        idp.change(&format!("/Users/{}", ids[1]), &off).await.shows(200);
        let named = json!([{ "op": "replace", "path": "title", "value": "Boss" }]);
        idp.change(&format!("/Users/{}", ids[2]), &named).await.shows(200);
        for (expression, total) in [
            ("userName eq \"P1@acme.test\"", 1),
            ("userName sw \"p\"", 4),
            ("userName ew \"3@ACME.test\"", 1),
            ("emails.value eq \"p2@acme.test\"", 1),
            ("emails[type eq \"work\" and value eq \"p2@acme.test\"]", 1),
            ("emails[type eq \"home\" and value eq \"p2@acme.test\"]", 0),
            ("emails[type eq \"work\" and value co \"@acme\"]", 4),
            ("active eq true", 3),
            ("active eq false", 1),
            ("title pr", 1),
            ("not (title pr)", 3),
            ("title eq \"boss\" or active eq false", 2),
            ("active eq true and userName co \"p0\"", 1),
            ("name.familyName eq \"diaz\"", 4),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"p1@acme.test\"", 1),
            ("meta.created gt \"2020-01-01T00:00:00Z\"", 4),
            ("meta.created gt \"2030-01-01T00:00:00Z\"", 0),
            ("externalId pr", 0),
        ] {
            assert_eq!(idp.total(&format!("/Users?{}", filter(expression))).await, total, "{expression}");
            let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": expression });
            for path in ["/Users/.search", "/.search"] {
                let found = idp.post(path, &body).await.shows(200);
                assert_eq!(found["totalResults"], json!(total), "{path} {expression}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_broken_filter_says_so() {
    each_engine(async |store| {
        let (_company, idp, _) = with_people(&store, 1).await;
        let deep = format!("{}userName pr{}", "(".repeat(500), ")".repeat(500));
        let long = vec!["userName pr"; 2000].join(" or ");
        for expression in [
            "userName",
            "userName eq",
            "userName xx \"a\"",
            "(userName pr",
            "nosuch eq \"a\"",
            "active gt true",
            &deep,
            &long,
        ] {
            idp.get(&format!("/Users?{}", filter(expression))).await.refuses(400, "invalidFilter");
        }
    })
    .await;
}

#[tokio::test]
async fn a_query_of_the_root_finds_people_and_groups() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store, 2).await;
        let sales = idp.creates_group("Sales", &[&ids[0]]).await;
        // RFC 7644 section 3.4.2.1, whose filter tells the kinds apart.
        let both = "(meta.resourceType eq \"User\") or (meta.resourceType eq \"Group\")";
        for path in
            ["".to_owned(), "/".to_owned(), format!("?{}", filter(both)), format!("/?{}", filter(both))]
        {
            let found = idp.get(&path).await.shows(200);
            assert_eq!((&found["totalResults"], &found["startIndex"]), (&json!(3), &json!(1)), "{path}");
            assert_eq!(ids_in(&found), [ids[0].clone(), ids[1].clone(), sales.clone()], "{path}");
        }
        let groups = idp.get(&format!("?{}", filter("meta.resourceType eq \"Group\""))).await.shows(200);
        assert_eq!(ids_in(&groups), [sales]);
        let first = idp.get("?count=2&cursor=").await.shows(200);
        let next = format!("?count=2&cursor={}", first["nextCursor"].as_str().unwrap());
        assert_eq!([ids_in(&first), ids_in(&idp.get(&next).await.shows(200))].concat().len(), 3);
        idp.get("?filter=nothing+eq+1").await.refuses(400, "invalidFilter");
    })
    .await;
}

#[tokio::test]
async fn the_root_search_finds_people_and_groups() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store, 2).await;
        idp.creates_group("Sales", &[&ids[0]]).await;
        let search = |more: Value| {
            let mut body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"] });
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let all = idp.post("/.search", &search(json!({}))).await.shows(200);
        assert_eq!((&all["totalResults"], ids_in(&all).len()), (&json!(3), 3));
        let kinds: Vec<&str> = all["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["meta"]["resourceType"].as_str().unwrap())
            .collect();
        assert_eq!(kinds, ["User", "User", "Group"]);

        for (start, count, shown) in [(1, 2, 2), (2, 2, 2), (3, 2, 1), (4, 2, 0), (1, 0, 0)] {
            let page = idp
                .post("/.search", &search(json!({ "startIndex": start, "count": count })))
                .await
                .shows(200);
            assert_eq!(
                (&page["totalResults"], ids_in(&page).len()),
                (&json!(3), shown),
                "from {start}, {count}"
            );
        }
        let groups = search(json!({ "filter": "displayName eq \"sales\"" }));
        assert_eq!(idp.post("/.search", &groups).await.shows(200)["totalResults"], 1);
    })
    .await;
}

#[tokio::test]
async fn only_the_wanted_attributes_are_shown() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store, 1).await;
        let user = format!("/Users/{}", ids[0]);
        let names = |resource: &Value| {
            let mut names: Vec<String> = resource.as_object().unwrap().keys().cloned().collect();
            names.sort();
            names.join(" ")
        };
        let some = idp.get(&format!("{user}?attributes=userName,name.givenName")).await.shows(200);
        assert_eq!(names(&some), "id name schemas userName");
        assert_eq!(some["name"], json!({ "givenName": "Ana" }));
        let others = idp.get(&format!("{user}?excludedAttributes=emails,meta,id")).await.shows(200);
        assert_eq!(names(&others), "active id name schemas userName", "id is always shown");
        let listed = idp.get("/Users?attributes=active").await.shows(200);
        assert_eq!(names(&listed["Resources"][0]), "active id schemas");
        let created = idp.post("/Users?attributes=userName", &person("new@acme.test")).await.shows(201);
        assert_eq!(names(&created), "id schemas userName");
        let change = callers::patch_op(&json!([{ "op": "replace", "path": "title", "value": "x" }]));
        let changed = idp.patch(&format!("{user}?attributes=title"), &change).await.shows(200);
        assert_eq!(names(&changed), "id schemas title");
    })
    .await;
}

#[tokio::test]
async fn versions_guard_changes_and_save_reading() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store, 1).await;
        let group = idp.creates_group("Sales", &[]).await;
        for (path, attribute) in
            [(format!("/Users/{}", ids[0]), "title"), (format!("/Groups/{group}"), "displayName")]
        {
            let first = idp.get(&path).await;
            let version = first.header("etag");
            assert_eq!(first.shows(200)["meta"]["version"], json!(version));
            let cached = idp.send(idp.ask("GET", &path).header("if-none-match", &version)).await;
            assert_eq!((cached.has_status(304).body.len(), cached.header("etag")), (0, version.clone()));

            let change = callers::patch_op(&json!([{ "op": "replace", "path": attribute, "value": "New" }]));
            let guarded = idp.send(idp.ask("PATCH", &path).scim(&change).header("if-match", &version)).await;
            let newer = guarded.shows(200)["meta"]["version"].clone();
            assert_ne!(newer, json!(version));

            for method in ["PATCH", "PUT", "DELETE"] {
                let body = if method == "PATCH" {
                    change.clone()
                } else {
                    json!({ "userName": "x", "displayName": "x" })
                };
                let stale = idp.send(idp.ask(method, &path).scim(&body).header("if-match", &version)).await;
                stale.refuses(412, "");
            }
            let now = idp.get(&path).await.shows(200);
            assert_eq!(now["meta"]["version"], newer, "a refused change leaves no trace");
            idp.send(idp.ask("GET", &path).header("if-none-match", &version)).await.shows(200);
            let any = idp.send(idp.ask("DELETE", &path).header("if-match", "*")).await;
            any.is_empty();
        }
    })
    .await;
}

#[tokio::test]
async fn a_created_resource_says_where_it_is() {
    each_engine(async |store| {
        let (company, idp, _) = with_people(&store, 0).await;
        for (path, body) in
            [("/Users", person("ana@acme.test")), ("/Groups", json!({ "displayName": "Sales" }))]
        {
            let answer = idp.post(path, &body).await;
            let resource = answer.shows(201);
            let at = format!(
                "{}/scim/v2/{}{path}/{}",
                crate::support::BASE_URL,
                idp.directory,
                callers::id_of(&resource)
            );
            assert_eq!(answer.header("location"), at);
            assert_eq!(resource["meta"]["location"], json!(at));
            assert_eq!(resource["meta"]["created"], "2026-01-15T09:00:00Z");
            assert_eq!(resource["meta"]["resourceType"], json!(path.trim_matches('/').trim_end_matches('s')));
        }
        drop(company);
    })
    .await;
}

#[tokio::test]
async fn discovery_says_what_is_there() {
    each_engine(async |store| {
        let (_company, idp, _) = with_people(&store, 0).await;
        let config = idp.get("/ServiceProviderConfig").await.shows(200);
        for (feature, expected) in
            [("patch", true), ("filter", true), ("etag", true), ("changePassword", false)]
        {
            assert_eq!(config[feature]["supported"], json!(expected), "{feature}");
        }
        let types = idp.get("/ResourceTypes").await.shows(200);
        for kind in types["Resources"].as_array().unwrap() {
            let endpoint = kind["endpoint"].as_str().unwrap();
            idp.get(endpoint).await.shows(200);
            let one = idp.get(&format!("/ResourceTypes/{}", kind["id"].as_str().unwrap())).await.shows(200);
            assert_eq!(one["endpoint"], kind["endpoint"]);
            let schema = idp.get(&format!("/Schemas/{}", kind["schema"].as_str().unwrap())).await.shows(200);
            assert_eq!(schema["id"], kind["schema"]);
        }
        idp.get("/ResourceTypes/Printer").await.refuses(404, "");
        idp.get("/Schemas/urn:none").await.refuses(404, "");
        idp.get("/Me").await.refuses(501, "");
    })
    .await;
}
