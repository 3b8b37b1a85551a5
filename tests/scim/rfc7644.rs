//! RFC 7644's own examples over HTTP, section by section. PATCH and Bulk are in a file of their own, filters
//! and every example without HTTP in the `scim` package.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, id_of},
    company::Company,
    support::{BASE_URL, TestStore, each_engine},
};

const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// Section 3.3, the body of `POST /Users`.
fn bjensen() -> Value {
    json!({
        "schemas": [USER],
        "userName": "bjensen",
        "externalId": "bjensen",
        "name": { "formatted": "Ms. Barbara J Jensen III", "familyName": "Jensen", "givenName": "Barbara" },
    })
}

async fn with_bjensen(store: &TestStore) -> (Company, Caller, String) {
    let company = Company::new(store).await;
    let idp = callers::directory(&company, Provider::Generic).await;
    let id = id_of(&idp.post("/Users", &bjensen()).await.shows(201));
    (company, idp, id)
}

#[tokio::test]
async fn section_3_3_creating_and_3_4_1_retrieving_a_known_resource() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let answer = idp.post("/Users", &bjensen()).await;
        let created = answer.shows(201);
        let location = format!("{BASE_URL}/scim/v2/{}/Users/{}", idp.directory, id_of(&created));
        assert_eq!(answer.header("location"), location);
        assert_eq!(answer.header("etag"), created["meta"]["version"].as_str().unwrap());
        assert_eq!(created["meta"]["resourceType"], "User");
        assert_eq!(created["meta"]["location"], location);
        for (name, value) in bjensen().as_object().unwrap() {
            assert_eq!(created[name], *value, "{name}");
        }
        let read = idp.get(&format!("/Users/{}", id_of(&created))).await;
        assert_eq!(read.shows(200), created);
        assert_eq!(read.header("etag"), answer.header("etag"));
        // Section 3.3: a resource that is there already.
        idp.post("/Users", &bjensen()).await.refuses(409, "uniqueness");
    })
    .await;
}

#[tokio::test]
async fn section_3_4_2_querying() {
    each_engine(async |store| {
        let (_company, idp, id) = with_bjensen(&store).await;
        idp.creates("jsmith").await;
        // Section 3.4.2: `GET /Users?attributes=userName`.
        let list = idp.get("/Users?attributes=userName").await.shows(200);
        assert_eq!(list["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
        assert_eq!(list["totalResults"], 2);
        assert_eq!(list["Resources"][0], json!({ "schemas": [USER], "id": id, "userName": "bjensen" }));
        // Section 3.4.2.1: nothing matches, and that is no error.
        let none = idp.get("/Users?filter=userName%20eq%20%22nobody%22").await.shows(200);
        assert_eq!((&none["totalResults"], &none["Resources"]), (&json!(0), &json!([])));
        // Section 3.4.2.4: `GET /Users?startIndex=1&count=10`.
        let page = idp.get("/Users?startIndex=1&count=10").await.shows(200);
        assert_eq!(
            (&page["totalResults"], &page["itemsPerPage"], &page["startIndex"]),
            (&json!(2), &json!(2), &json!(1))
        );
    })
    .await;
}

#[tokio::test]
async fn section_3_4_3_querying_with_post() {
    each_engine(async |store| {
        let (_company, idp, id) = with_bjensen(&store).await;
        idp.creates("asmith").await;
        idp.creates_group("Smith family", &[&id]).await;
        let mut search = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "attributes": ["displayName", "userName"],
            "filter": "displayName sw \"smith\"",
            "startIndex": 1,
            "count": 10,
        });
        let found = idp.post("/.search", &search).await.shows(200);
        assert_eq!((&found["totalResults"], &found["itemsPerPage"]), (&json!(1), &json!(1)));
        assert_eq!(found["Resources"][0]["displayName"], "Smith family");
        search["filter"] = json!("userName co \"SMITH\"");
        let found = idp.post("/Users/.search", &search).await.shows(200);
        assert_eq!(found["totalResults"], 1);
        assert_eq!(found["Resources"][0]["userName"], "asmith");
        assert_eq!(found["Resources"][0].get("name"), None);
    })
    .await;
}

#[tokio::test]
async fn section_3_5_1_replacing_and_3_6_deleting() {
    each_engine(async |store| {
        let (_company, idp, id) = with_bjensen(&store).await;
        let path = format!("/Users/{id}");
        let replacement = json!({
            "schemas": [USER],
            "id": id,
            "userName": "bjensen",
            "externalId": "bjensen",
            "name": {
                "formatted": "Ms. Barbara J Jensen III",
                "familyName": "Jensen",
                "givenName": "Barbara",
                "middleName": "Jane",
            },
            "roles": [],
            "emails": [{ "value": "bjensen@example.com" }, { "value": "babs@jensen.org" }],
        });
        let replaced = idp.put(&path, &replacement).await.shows(200);
        assert_eq!(replaced["name"], replacement["name"]);
        assert_eq!(replaced["emails"], replacement["emails"]);
        assert_eq!(replaced.get("roles"), None, "an empty array is no value");

        idp.delete(&path).await.is_empty();
        idp.get(&path).await.refuses(404, "");
        idp.delete(&path).await.refuses(404, "");
        assert_eq!(idp.total("/Users?filter=userName%20eq%20%22bjensen%22").await, 0);
        // Section 3.6: what is deleted stands in the way of nothing.
        assert_ne!(id_of(&idp.post("/Users", &bjensen()).await.shows(201)), id);
    })
    .await;
}

#[tokio::test]
async fn section_3_9_parameters_3_11_me_and_3_12_errors() {
    each_engine(async |store| {
        let (_company, idp, id) = with_bjensen(&store).await;
        let few = idp.get(&format!("/Users/{id}?attributes=userName")).await.shows(200);
        assert_eq!(few, json!({ "schemas": [USER], "id": id, "userName": "bjensen" }));
        let less = idp.get(&format!("/Users/{id}?excludedAttributes=name")).await.shows(200);
        assert_eq!((less.get("name"), &less["userName"]), (None, &json!("bjensen")));
        // What is always returned cannot be excluded.
        assert_eq!(idp.get(&format!("/Users/{id}?excludedAttributes=id")).await.shows(200)["id"], json!(id));
        idp.get("/Me").await.refuses(501, "");
        idp.get("/Users/2819c223-7f76-453a-919d-413861904646").await.refuses(404, "");
        let read_only = json!([{ "op": "replace", "path": "id", "value": "other" }]);
        idp.change(&format!("/Users/{id}"), &read_only).await.refuses(400, "mutability");
    })
    .await;
}

#[tokio::test]
async fn section_3_14_versions() {
    each_engine(async |store| {
        let (_company, idp, id) = with_bjensen(&store).await;
        let path = format!("/Users/{id}");
        let read = idp.get(&path).await;
        let tag = read.header("etag");
        assert!(tag.starts_with("W/\""), "{tag}");
        let unchanged = idp.send(idp.ask("GET", &path).header("If-None-Match", &tag)).await;
        assert!(unchanged.has_status(304).body.is_empty());
        let mut body = bjensen();
        body["title"] = json!("Tour Guide");
        let put = |tag: &str| idp.ask("PUT", &path).scim(&body).header("If-Match", tag);
        let changed = idp.send(put(&tag)).await;
        changed.shows(200);
        assert_ne!(changed.header("etag"), tag);
        idp.send(put(&tag)).await.refuses(412, "");
        idp.send(idp.ask("GET", &path).header("If-None-Match", &tag)).await.shows(200);
    })
    .await;
}
