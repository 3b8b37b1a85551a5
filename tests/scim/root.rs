//! Queries of the root, where one filter is asked of users and groups (RFC 7644 section 3.4.2.1).

use rollcall::model::Provider;
use serde_json::json;

use crate::{
    callers::{self, Caller, filter},
    company::Company,
    support::each_engine,
};

/// What is found by GET and by a search, by name and in order.
async fn found(idp: &Caller, wanted: &str) -> Vec<String> {
    let by_get = idp.get(&format!("/?{}", filter(wanted))).await.shows(200);
    let search =
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": wanted});
    let by_search = idp.post("/.search", &search).await.shows(200);
    assert_eq!(by_get["Resources"], by_search["Resources"], "{wanted}");
    let resources = by_get["Resources"].as_array().unwrap();
    assert_eq!(by_get["totalResults"], resources.len(), "{wanted}");
    let name = |resource: &serde_json::Value| {
        let name = resource.get("userName").or(resource.get("displayName")).unwrap();
        name.as_str().unwrap().to_owned()
    };
    resources.iter().map(name).collect()
}

#[tokio::test]
async fn an_attribute_of_the_other_kind_is_one_without_a_value() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let ana = idp.creates("ana@acme.test").await;
        idp.creates("bo@acme.test").await;
        idp.creates_group("Anglers", &[&ana]).await;
        idp.creates_group("Bakers", &[]).await;
        let core = "urn:ietf:params:scim:schemas:core:2.0";
        for (wanted, expected) in [
            ("userName eq \"ana@acme.test\" or displayName eq \"Anglers\"", vec!["ana@acme.test", "Anglers"]),
            ("userName eq \"ana@acme.test\"", vec!["ana@acme.test"]),
            ("not (userName pr)", vec!["Anglers", "Bakers"]),
            ("userName eq null", vec!["Anglers", "Bakers"]),
            ("userName ne \"ana@acme.test\"", vec!["bo@acme.test", "Anglers", "Bakers"]),
            ("members pr or userName sw \"bo\"", vec!["bo@acme.test", "Anglers"]),
            ("members pr and userName pr", vec![]),
            (
                &format!("{core}:User:userName sw \"a\" or {core}:Group:displayName sw \"B\""),
                vec!["ana@acme.test", "Bakers"],
            ),
        ] {
            assert_eq!(found(&idp, wanted).await, expected, "{wanted}");
        }
        for wanted in ["favourite pr", "password pr", "userName eq \"a\" and favourite pr", "active gt true"]
        {
            idp.get(&format!("/?{}", filter(wanted))).await.refuses(400, "invalidFilter");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_is_for_one_question_to_both_kinds() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        idp.creates("ana@acme.test").await;
        idp.creates_group("Anglers", &[]).await;
        idp.creates_group("Bakers", &[]).await;
        let page = |wanted: &str, cursor: &str| format!("/?{}&count=1&cursor={cursor}", filter(wanted));
        let wanted = "userName eq \"ana@acme.test\" or displayName ew \"ers\"";
        let (mut cursor, mut seen) = (String::new(), 0);
        loop {
            let answer = idp.get(&page(wanted, &cursor)).await.shows(200);
            seen += answer["Resources"].as_array().unwrap().len();
            match answer["nextCursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
            // The same of the users, but not of the groups.
            let other = "userName eq \"ana@acme.test\" or displayName ew \"ers\" and members pr";
            idp.get(&page(other, &cursor)).await.refuses(400, "invalidCursor");
        }
        assert_eq!(seen, 3);
    })
    .await;
}
