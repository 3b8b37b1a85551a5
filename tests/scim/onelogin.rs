//! OneLogin: hand-edited JSON templates, schema URNs of SCIM 1.x, stray `?` and `&`.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, id_of},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";

async fn onelogin(store: &TestStore) -> (Company, Caller) {
    let company = Company::new(store).await;
    let caller = callers::directory(&company, Provider::OneLogin).await;
    (company, caller)
}

/// A user by OneLogin's default template, with macros that came out empty.
fn template(user_name: &str, active: bool) -> Value {
    json!({
        "schemas": ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"],
        "userName": user_name,
        "externalId": "",
        "active": active,
        "name": { "familyName": "Diaz", "givenName": "Ana", "formatted": "Ana Diaz" },
        "title": "",
        "emails": [{ "value": user_name, "type": "work", "primary": true }],
        "urn:scim:schemas:extension:enterprise:2.0": { "department": "Sales", "employeeNumber": 701_984 },
    })
}

#[tokio::test]
async fn a_lookup_with_plus_for_space_and_a_trailing_ampersand() {
    each_engine(async |store| {
        let (_company, onelogin) = onelogin(&store).await;
        onelogin.post("/Users", &template(ANA, true)).await.shows(201);
        assert_eq!(onelogin.total("/Users?filter=userName+eq+%22ana%40acme.test%22&").await, 1);
        assert_eq!(onelogin.total("/Users?filter=userName+eq+%22bo%40acme.test%22&").await, 0);
        onelogin.get("/Users?").await.shows(200);
        onelogin.get("/Groups?").await.shows(200);
    })
    .await;
}

#[tokio::test]
async fn a_person_is_led_through_their_life_by_templates() {
    each_engine(async |store| {
        let (company, onelogin) = onelogin(&store).await;
        let send = |method: &str, path: &str, body: &Value| {
            let ask =
                onelogin.ask(method, path).with("content-type", "application/json").bytes(body.to_string());
            let onelogin = onelogin.clone();
            async move { onelogin.send(ask).await }
        };
        let created = send("POST", "/Users?", &template(ANA, true)).await.shows(201);
        let user = format!("/Users/{}?", id_of(&created));
        assert_eq!(
            created["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]["employeeNumber"], "701984",
            "{created}"
        );
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );
        company.accepts(ANA).await;

        let moved = "ana.diaz@acme.test";
        send("PUT", &user, &template(moved, true)).await.shows(200);
        assert_eq!(
            company.standing(moved).await,
            "active directory member, invitation accepted, mail cancelled, 0 sessions",
            "an active person moves without a mail, and signs in anew"
        );

        send("PUT", &user, &template(moved, false)).await.shows(200);
        assert!(company.standing(moved).await.starts_with("suspended"));
        send("PUT", &user, &template(moved, true)).await.shows(200);
        assert!(company.standing(moved).await.starts_with("active"));

        onelogin.delete(&user).await.is_empty();
        assert!(company.standing(moved).await.starts_with("removed"));

        send("POST", "/Users", &template(moved, true)).await.shows(201);
        assert_eq!(
            company.standing(moved).await,
            "invited directory member, invitation pending, mail queued, 0 sessions",
            "without an externalId the address tells who it is"
        );
    })
    .await;
}

#[tokio::test]
async fn a_group_is_read_and_patched() {
    each_engine(async |store| {
        let (_company, onelogin) = onelogin(&store).await;
        let ana = onelogin.creates(ANA).await;
        let group = onelogin.creates_group("Sales", &[]).await;
        let list = onelogin.get("/Groups").await.shows(200);
        assert_eq!(list["Resources"][0]["displayName"], "Sales");

        let add = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "add", "path": "members", "value": [{ "value": ana }] }],
        });
        onelogin.patch(&format!("/Groups/{group}?"), &add).await.shows(200);
        assert_eq!(onelogin.members_of(&group).await, [ana]);
    })
    .await;
}
