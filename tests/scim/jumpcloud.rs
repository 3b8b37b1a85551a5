//! JumpCloud: tries itself with a test user and a test group, adopts groups by name.

use std::time::Duration;

use rollcall::model::Provider;
use serde_json::json;

use crate::{
    callers::{self, filter, id_of, person},
    company::Company,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

#[tokio::test]
async fn the_test_user_and_group_come_and_go_without_a_mail() {
    each_engine(async |store| {
        let company = Company::with(&store, |config| config.invitation_delay = Duration::from_secs(60)).await;
        let jumpcloud = callers::directory(&company, Provider::JumpCloud).await;
        let probe = "test-user@jumpcloud.test";
        let user = jumpcloud.creates(probe).await;
        let group = jumpcloud.creates_group("JumpCloud test group", &[&user]).await;
        let due =
            company.look("SELECT id FROM outbox WHERE recipient = $1 AND due_at > created_at", probe).await;
        assert_eq!(due.len(), 1, "a directory's mail waits, so that add and remove cancel out");

        jumpcloud.delete(&format!("/Groups/{group}")).await.is_empty();
        jumpcloud.delete(&format!("/Users/{user}")).await.is_empty();
        assert_eq!(
            company.standing(probe).await,
            "removed directory member, invitation revoked, mail cancelled, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn a_person_is_led_through_their_life() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let jumpcloud = callers::directory(&company, Provider::JumpCloud).await;
        let mut body = person(ANA);
        body["externalId"] = json!("65f1c0");
        let user = format!("/Users/{}", id_of(&jumpcloud.post("/Users", &body).await.shows(201)));
        company.accepts(ANA).await;

        let moved = "ana.diaz@acme.test";
        let mut changed = body.clone();
        changed["userName"] = json!(moved);
        changed["emails"] = json!([{ "value": moved, "type": "work", "primary": true }]);
        jumpcloud.put(&user, &changed).await.shows(200);
        assert!(company.standing(moved).await.starts_with("active"));

        changed["active"] = json!(false);
        jumpcloud.put(&user, &changed).await.shows(200);
        assert!(company.standing(moved).await.starts_with("suspended"));
        jumpcloud
            .change(&user, &json!([{ "op": "replace", "path": "active", "value": true }]))
            .await
            .shows(200);
        assert!(company.standing(moved).await.starts_with("active"));

        jumpcloud.delete(&user).await.is_empty();
        assert!(company.standing(moved).await.starts_with("removed"));
        changed["active"] = json!(true);
        jumpcloud.post("/Users", &changed).await.shows(201);
        assert!(
            company
                .standing(moved)
                .await
                .starts_with("invited directory member, invitation pending, mail queued")
        );
    })
    .await;
}

#[tokio::test]
async fn a_group_of_the_same_name_is_found_and_taken_over() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let jumpcloud = callers::directory(&company, Provider::JumpCloud).await;
        let (ana, bo) = (jumpcloud.creates(ANA).await, jumpcloud.creates("bo@acme.test").await);
        let group = jumpcloud.creates_group("Sales", &[&ana]).await;
        jumpcloud.post("/Groups", &json!({ "displayName": "Sales" })).await.refuses(409, "uniqueness");
        let found =
            jumpcloud.get(&format!("/Groups?{}", filter("displayName eq \"Sales\""))).await.shows(200);
        assert_eq!(found["Resources"][0]["id"], json!(group));

        let swap = json!([
            { "op": "add", "path": "members", "value": [{ "value": bo }] },
            { "op": "remove", "path": "members", "value": [{ "value": ana }] },
        ]);
        jumpcloud.change(&format!("/Groups/{group}"), &swap).await.shows(200);
        assert_eq!(jumpcloud.members_of(&group).await, [bo]);
    })
    .await;
}
