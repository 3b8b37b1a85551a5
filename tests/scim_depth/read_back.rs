//! What a client sent is what it reads.

use http::Method;
use serde_json::{Value, json};

use crate::{client::Client, support::each_engine};

fn display<'a>(group: &'a Value, member: &str) -> Option<&'a str> {
    let members = group["members"].as_array().unwrap();
    members.iter().find(|element| element["value"] == member).unwrap().get("display")?.as_str()
}

#[tokio::test]
async fn a_member_has_the_name_that_was_sent_with_it_and_no_other() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let group = idp
            .post(
                "/Groups",
                json!({ "displayName": "G", "members": [{ "value": ada, "display": "Ada L." }, { "value": bob }] }),
            )
            .await;
        let path = format!("/Groups/{}", group["id"].as_str().unwrap());
        let shown = idp.get(&path).await;
        assert_eq!(display(&shown, &ada), Some("Ada L."));
        assert_eq!(display(&shown, &bob), None);

        // The same again changes nothing; another name does.
        let again = json!([{ "op": "add", "path": "members", "value": [{ "value": ada, "display": "Ada L." }] }]);
        assert_eq!(idp.patch(&path, again).await["meta"]["version"], shown["meta"]["version"]);
        let renamed = json!([{ "op": "add", "path": "members", "value": [{ "value": ada, "display": "Ada King" }] }]);
        assert_eq!(display(&idp.patch(&path, renamed).await, &ada), Some("Ada King"));
    })
    .await;
}

#[tokio::test]
async fn the_names_of_members_may_be_asked_for_alone_or_left_out() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let ada = idp.user("ada").await;
        let member = json!([{ "value": ada, "display": "Ada L." }]);
        let group = idp.post("/Groups", json!({ "displayName": "G", "members": member })).await;
        let path = format!("/Groups/{}", group["id"].as_str().unwrap());
        let keys = |group: &Value| -> Vec<String> {
            let mut keys: Vec<String> = group["members"][0].as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        for (query, expected) in [
            ("", &["$ref", "display", "type", "value"][..]),
            ("?attributes=members", &["$ref", "display", "type", "value"]),
            ("?attributes=members.display", &["display"]),
            ("?attributes=members.value,MEMBERS.DISPLAY", &["display", "value"]),
            ("?attributes=urn:ietf:params:scim:schemas:core:2.0:Group:members.display", &["display"]),
            ("?excludedAttributes=members.display", &["$ref", "type", "value"]),
        ] {
            assert_eq!(keys(&idp.get(&format!("{path}{query}")).await), expected, "{query}");
            let list = idp.get(&format!("/Groups{query}")).await;
            assert_eq!(keys(&list["Resources"][0]), expected, "{query}");
        }
        // A PUT without the name keeps the one that is known; a name of their own is no attribute of the group.
        let bare = json!({ "displayName": "G", "members": [{ "value": ada }] });
        let (_, shown) = idp.send(Method::PUT, &path, Some(bare)).await;
        assert_eq!(display(&shown, &ada), Some("Ada L."));
        assert_eq!(idp.get("/Groups?filter=members.display+eq+%22ada+l.%22").await["totalResults"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_put_replaces_the_members() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let (ada, bob) = (idp.user("ada").await, idp.user("bob").await);
        let group = idp.group("G", &[&ada]).await;
        let body = json!({ "displayName": "G", "members": [{ "value": bob, "type": "User" }] });
        let (_, shown) = idp.send(Method::PUT, &format!("/Groups/{group}"), Some(body)).await;
        assert_eq!(shown["members"].as_array().unwrap().len(), 1);
        assert_eq!(shown["members"][0]["value"], json!(bob));
        assert_eq!(shown["members"][0]["type"], "User");
    })
    .await;
}

#[tokio::test]
async fn a_pending_member_arrives_under_the_name_that_was_sent() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let member = json!([{ "value": "carol@acme.test", "display": "Carol" }]);
        let group = idp.post("/Groups", json!({ "displayName": "G", "members": member })).await;
        let carol = idp.user("carol").await;
        let shown = idp.get(&format!("/Groups/{}", group["id"].as_str().unwrap())).await;
        assert_eq!(shown["members"][0]["value"], json!(carol));
        assert_eq!(shown["members"][0]["display"], "Carol");
    })
    .await;
}

#[tokio::test]
async fn a_leaver_does_not_come_back_when_active_is_taken_away() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let ada = idp.person(json!({ "userName": "ada@acme.test", "active": false })).await;
        let path = format!("/Users/{ada}");
        let shown = idp.patch(&path, json!([{ "op": "remove", "path": "active" }])).await;
        assert_eq!(shown.get("active"), None);
        idp.patch(&path, json!([{ "op": "replace", "path": "title", "value": "x" }])).await;
        let inactive = idp.get("/Users?filter=active%20eq%20false").await;
        assert_eq!(inactive["totalResults"], 1);
    })
    .await;
}
