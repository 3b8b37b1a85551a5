//! `POST /Bulk` (RFC 7644 section 3.7).

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::{client::Client, support::each_engine};

async fn bulk(idp: &Client, operations: Value, fail_on_errors: Option<u64>) -> Vec<Value> {
    let mut body = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
        "Operations": operations,
    });
    if let Some(number) = fail_on_errors {
        body["failOnErrors"] = json!(number);
    }
    let answer = idp.post("/Bulk", body).await;
    answer["Operations"].as_array().unwrap().clone()
}

fn statuses(results: &[Value]) -> Vec<&str> {
    results.iter().map(|result| result["status"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_group_may_name_people_who_are_made_after_it() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let operations = json!([
            { "method": "POST", "path": "/Groups", "bulkId": "g",
              "data": { "displayName": "G", "members": [{ "value": "bulkId:a" }] } },
            { "method": "POST", "path": "/Users", "bulkId": "a", "data": { "userName": "ada@acme.test" } },
            { "method": "PATCH", "path": "/Users/bulkId:a", "data": {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "add", "path": "title", "value": "Dr" }] } },
        ]);
        let results = bulk(&idp, operations, None).await;
        assert_eq!(statuses(&results), ["201", "201", "200"], "{results:?}");
        assert_eq!(results[0]["bulkId"], "g");
        assert_eq!(results[2]["location"], results[1]["location"]);
        assert_eq!(results[2]["version"], "W/\"2\"");
        let group = idp.get("/Groups").await;
        let member = group["Resources"][0]["members"][0]["$ref"].clone();
        assert_eq!(member, results[1]["location"]);
    })
    .await;
}

#[tokio::test]
async fn one_error_does_not_stop_the_rest_unless_asked_to() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let post = |id: &str, name: &str| json!({ "method": "POST", "path": "/Users", "bulkId": id, "data": { "userName": name } });
        let operations = json!([post("1", "a"), post("2", "a"), post("3", "b"), post("4", "b"), post("5", "c")]);
        let results = bulk(&idp, operations, Some(2)).await;
        assert_eq!(statuses(&results), ["201", "409", "201", "409"]);
        assert_eq!(results[1]["response"]["scimType"], "uniqueness");
        assert_eq!(results[1].get("location"), None);

        let gone = json!({ "method": "DELETE", "path": "/Users/nobody" });
        let elsewhere = json!({ "method": "POST", "path": "/Robots", "bulkId": "r", "data": {} });
        let unknown = json!({ "method": "DELETE", "path": "/Users/bulkId:none" });
        let results = bulk(&idp, json!([gone, elsewhere, unknown, post("6", "c")]), None).await;
        assert_eq!(statuses(&results), ["404", "404", "400", "201"]);
    })
    .await;
}

#[tokio::test]
async fn references_in_a_circle_are_a_conflict() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let group = |id: &str, member: &str| {
            json!({ "method": "POST", "path": "/Groups", "bulkId": id,
                    "data": { "displayName": id, "members": [{ "value": format!("bulkId:{member}") }] } })
        };
        let results = bulk(&idp, json!([group("a", "b"), group("b", "a")]), None).await;
        assert_eq!(statuses(&results), ["409", "409"]);
        assert_eq!(idp.get("/Groups?count=0").await["totalResults"], 0);
    })
    .await;
}

#[tokio::test]
async fn an_operation_may_name_the_version_that_it_changes() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let ada = idp.user("ada").await;
        let put = |version: &str| json!({ "method": "PUT", "path": format!("/Users/{ada}"), "version": version, "data": { "userName": "ada", "title": version } });
        let results = bulk(&idp, json!([put("W/\"1\""), put("W/\"1\"")]), None).await;
        assert_eq!(statuses(&results), ["200", "412"]);
    })
    .await;
}

#[tokio::test]
async fn the_limits_are_advertised_and_kept() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let config = idp.get("/ServiceProviderConfig").await;
        assert_eq!(config["bulk"]["supported"], true);
        let most = config["bulk"]["maxOperations"].as_u64().unwrap();
        let operations: Vec<Value> = (0..=most).map(|_| json!({ "method": "DELETE", "path": "/Users/x" })).collect();
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
        let (status, _) = idp.send(Method::POST, "/Bulk", Some(body)).await;
        assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    })
    .await;
}
