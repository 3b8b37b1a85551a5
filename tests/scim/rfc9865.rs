//! RFC 9865's own examples over HTTP, section by section.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, id_of},
    company::Company,
    support::{TestStore, each_engine},
};

const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// Twelve people whose names begin with J, and one whose name does not.
async fn with_people(store: &TestStore) -> (Company, Caller, Vec<String>) {
    let company = Company::new(store).await;
    let idp = callers::directory(&company, Provider::Generic).await;
    let mut ids = Vec::new();
    for number in 0..12 {
        let body = json!({ "userName": format!("J{number}"), "displayName": format!("Smith {number}") });
        ids.push(id_of(&idp.post("/Users", &body).await.shows(201)));
    }
    idp.creates("babs").await;
    (company, idp, ids)
}

fn ids_in(list: &Value) -> Vec<String> {
    list["Resources"].as_array().unwrap().iter().map(id_of).collect()
}

/// A page by cursor has no index, and a cursor that stands in a URL as it is.
fn cursor_of(page: &Value) -> Option<String> {
    assert_eq!(page["schemas"], json!([LIST]));
    assert_eq!(page.get("startIndex"), None, "{page}");
    let cursor = page["nextCursor"].as_str()?.to_owned();
    let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    assert!(cursor.bytes().all(is_unreserved), "{cursor}");
    Some(cursor)
}

#[tokio::test]
async fn section_2_pages_of_a_query() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store).await;
        // Quoted, as the grammar has it, and as the example prints it; the second request writes `username`.
        for filter in ["userName%20sw%20%22J%22", "userName%20sw%20J"] {
            let first = idp.get(&format!("/Users?filter={filter}&cursor&count=10")).await.shows(200);
            assert_eq!((&first["totalResults"], &first["itemsPerPage"]), (&json!(12), &json!(10)));
            let cursor = cursor_of(&first).unwrap();
            let filter = filter.replace("userName", "username");
            let second =
                idp.get(&format!("/Users?filter={filter}&cursor={cursor}&count=10")).await.shows(200);
            assert_eq!((&second["totalResults"], &second["itemsPerPage"]), (&json!(12), &json!(2)));
            assert_eq!(cursor_of(&second), None, "nextCursor is left out on the last page");
            assert_eq!([ids_in(&first), ids_in(&second)].concat(), ids);
        }
    })
    .await;
}

#[tokio::test]
async fn section_2_1_errors() {
    each_engine(async |store| {
        let (_company, idp, _) = with_people(&store).await;
        idp.get("/Users?cursor=VZUTiyhEQJ94IR&count=10").await.refuses(400, "invalidCursor");
        idp.get("/Users?cursor&count=-1").await.refuses(400, "invalidCount");
        // More than the largest page is as much as fits (section 2: "it MAY return fewer results").
        let all = idp.get("/Users?cursor&count=1000000000000").await.shows(200);
        assert_eq!((&all["itemsPerPage"], cursor_of(&all)), (&json!(13), None));
    })
    .await;
}

#[tokio::test]
async fn section_2_2_sorted_pages_and_the_default_method() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store).await;
        let page =
            |rest: &str| format!("/Users?filter=userName%20sw%20%22J%22&sortBy=displayName&count=7&{rest}");
        let first = idp.get(&page("cursor")).await.shows(200);
        let second = idp.get(&page(&format!("cursor={}", cursor_of(&first).unwrap()))).await.shows(200);
        let mut by_name: Vec<(String, String)> =
            ids.iter().enumerate().map(|(number, id)| (format!("Smith {number}"), id.clone())).collect();
        by_name.sort();
        let expected: Vec<String> = by_name.into_iter().map(|(_, id)| id).collect();
        assert_eq!([ids_in(&first), ids_in(&second)].concat(), expected);

        // Who names no method gets pages by index, as ever.
        let plain = idp.get("/Users?count=10").await.shows(200);
        assert_eq!((&plain["startIndex"], plain.get("nextCursor")), (&json!(1), None));
    })
    .await;
}

#[tokio::test]
async fn section_3_querying_with_post() {
    each_engine(async |store| {
        let (_company, idp, ids) = with_people(&store).await;
        let mut search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": ["displayName", "userName"],
            "filter": "displayName sw \"smith\"",
            "cursor": "",
            "count": 10,
        });
        for path in ["/Users/.search", "/.search"] {
            search["cursor"] = json!("");
            let first = idp.post(path, &search).await.shows(200);
            assert_eq!((&first["totalResults"], &first["itemsPerPage"]), (&json!(12), &json!(10)), "{path}");
            search["cursor"] = json!(cursor_of(&first).unwrap());
            let second = idp.post(path, &search).await.shows(200);
            assert_eq!([ids_in(&first), ids_in(&second)].concat(), ids, "{path}");
            assert_eq!(cursor_of(&second), None, "{path}");
            assert_eq!(second["Resources"][0].get("meta"), None, "only what was asked for");
        }
    })
    .await;
}

#[tokio::test]
async fn section_4_the_configuration() {
    each_engine(async |store| {
        let (_company, idp, _) = with_people(&store).await;
        let config = idp.get("/ServiceProviderConfig").await.shows(200);
        let pagination = &config["pagination"];
        assert_eq!((&pagination["cursor"], &pagination["index"]), (&json!(true), &json!(true)));
        assert_eq!(pagination["defaultPaginationMethod"], "index");
        let (default, most) = (&pagination["defaultPageSize"], &pagination["maxPageSize"]);
        assert_eq!((default, most), (&json!(100), &json!(1000)));
        // Cursors hold no state: there is nothing that could run out.
        assert_eq!(pagination.get("cursorTimeout"), None);
    })
    .await;
}
