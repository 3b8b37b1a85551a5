//! PingFederate: users by PUT alone, all groups listed and matched by the client itself, full URNs in paths.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, id_of, sorted},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";
const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn ping(store: &TestStore) -> (Company, Caller) {
    let company = Company::new(store).await;
    let caller = callers::directory(&company, Provider::Generic).await;
    (company, caller)
}

fn user(active: bool, family_name: &str) -> Value {
    json!({
        "schemas": [CORE, ENTERPRISE],
        "externalId": "uid=ana,ou=people",
        "userName": ANA,
        "active": active,
        "name": { "givenName": "Ana", "familyName": family_name },
        "emails": [{ "value": ANA, "type": "work", "primary": true }],
        ENTERPRISE: { "department": "Sales" },
    })
}

#[tokio::test]
async fn a_person_is_led_through_their_life_by_put() {
    each_engine(async |store| {
        let (company, ping) = ping(&store).await;
        assert_eq!(ping.total(&format!("/Users?{}", filter(&format!("userName eq \"{ANA}\"")))).await, 0);
        let path = format!("/Users/{}", id_of(&ping.post("/Users", &user(true, "Diaz")).await.shows(201)));
        company.accepts(ANA).await;

        let shown = ping.put(&path, &user(true, "Sol")).await.shows(200);
        assert_eq!(shown["name"]["familyName"], "Sol");
        assert_eq!(company.membership(ANA).await.name, "Ana Sol");
        for (active, expected) in [(false, "suspended"), (true, "active"), (false, "suspended")] {
            ping.put(&path, &user(active, "Sol")).await.shows(200);
            assert!(company.standing(ANA).await.starts_with(expected), "active: {active}");
        }
        ping.delete(&path).await.is_empty();
        assert!(company.standing(ANA).await.starts_with("removed"));
    })
    .await;
}

#[tokio::test]
async fn all_groups_are_listed_and_changed_by_put_or_patch() {
    each_engine(async |store| {
        let (_company, ping) = ping(&store).await;
        let (ana, bo) = (ping.creates(ANA).await, ping.creates("bo@acme.test").await);
        for number in 0..5 {
            ping.creates_group(&format!("Group {number}"), &[&ana]).await;
        }
        let mut names = Vec::new();
        for start in [1, 3, 5] {
            let page = ping.get(&format!("/Groups?startIndex={start}&count=2")).await.shows(200);
            assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(5), &json!(start)));
            let groups = page["Resources"].as_array().unwrap();
            names.extend(groups.iter().map(|group| group["displayName"].as_str().unwrap().to_owned()));
        }
        assert_eq!(names, ["Group 0", "Group 1", "Group 2", "Group 3", "Group 4"]);

        let group = ping.creates_group("Sales", &[]).await;
        let path = format!("/Groups/{group}");
        let whole = json!({ "displayName": "Sales", "members": [{ "value": ana }] });
        ping.put(&path, &whole).await.shows(200);
        let urn = "urn:ietf:params:scim:schemas:core:2.0:Group";
        let change = json!([
            { "op": "add", "path": format!("{urn}:members"), "value": [{ "value": bo }] },
            { "op": "replace", "path": format!("{urn}:displayName"), "value": "Sales EMEA" },
        ]);
        assert_eq!(ping.change(&path, &change).await.shows(200)["displayName"], "Sales EMEA");
        assert_eq!(ping.members_of(&group).await, sorted(&[&ana, &bo]));
    })
    .await;
}
