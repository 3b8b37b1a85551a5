//! Google Workspace's catalogue apps: users alone, `application/json`, whole lists replaced by PATCH.

use rollcall::model::Provider;
use serde_json::json;

use crate::{
    callers::{self, filter, id_of, patch_op},
    company::Company,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

#[tokio::test]
async fn a_person_is_led_through_their_life() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let google = callers::directory(&company, Provider::Google)
            .await
            .sending("user-agent", "Google-Auto-Provisioning")
            .sending("accept", "application/json")
            .sending("content-type", "application/json; charset=UTF-8");
        let send = async |method: &str, path: &str, body: &serde_json::Value| {
            google.send(google.ask(method, path).bytes(body.to_string())).await
        };
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": ANA, "externalId": "1089", "active": true,
            "name": { "givenName": "Ana", "familyName": "Diaz", "formatted": "Ana Diaz" },
            "emails": [
                { "value": "ana@home.test", "type": "home" },
                { "value": ANA, "type": "work", "primary": true },
            ],
        });
        assert_eq!(google.total(&format!("/Users?{}", filter(&format!("userName eq \"{ANA}\"")))).await, 0);
        let user = format!("/Users/{}", id_of(&send("POST", "/Users", &body).await.shows(201)));
        assert_eq!(company.standing("ana@home.test").await, "nobody", "the work address is the person's");
        assert_eq!(company.standing(ANA).await, "invited directory member, invitation pending, mail queued, 0 sessions");

        let moved = "ana.diaz@acme.test";
        let lists = json!([
            { "op": "replace", "path": "emails", "value": [{ "value": moved, "type": "work", "primary": true }] },
            { "op": "replace", "path": "userName", "value": moved },
        ]);
        let shown = send("PATCH", &user, &patch_op(&lists)).await.shows(200);
        assert_eq!(shown["emails"], json!([{ "value": moved, "type": "work", "primary": true }]));
        company.accepts(moved).await;

        for (active, expected) in [(false, "suspended"), (true, "active"), (false, "suspended")] {
            let change = json!([{ "op": "replace", "path": "active", "value": active }]);
            send("PATCH", &user, &patch_op(&change)).await.shows(200);
            assert!(company.standing(moved).await.starts_with(expected), "active: {active}");
        }
        google.delete(&user).await.is_empty();
        assert!(company.standing(moved).await.starts_with("removed"));

        send("POST", "/Users", &body).await.shows(201);
        assert!(
            company.standing(ANA).await.starts_with("invited directory member, invitation pending, mail queued"),
            "the same externalId comes back under the address that it has now"
        );
        assert_eq!(company.standing(moved).await, "nobody");
    })
    .await;
}
