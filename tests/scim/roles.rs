//! `/Roles` and `/Entitlements`.

use rollcall::model::{Provider, Role};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter},
    company::Company,
    support::{BASE_URL, each_engine},
};

/// Ada owns Acme, Bob is an admin, Cyd a member.
async fn staffed(store: &crate::support::TestStore) -> (Company, Caller) {
    let company = Company::new(store).await;
    company.adds_by_hand("bob@acme.test", Role::Admin).await;
    company.adds_by_hand("cyd@acme.test", Role::Member).await;
    // An invitation is not yet a holder.
    company.invites("dan@acme.test", Role::Member).await;
    let idp = callers::directory(&company, Provider::Okta).await;
    (company, idp)
}

fn ids(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_role_is_told_in_both_vocabularies_with_the_people_who_hold_it() {
    each_engine(async |store| {
        let (_company, idp) = staffed(&store).await;
        let list = idp.get("/Roles").await.shows(200);
        assert_eq!(ids(&list), ["viewer", "member", "admin", "owner"]);
        assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(4), &json!(4)));
        let used: Vec<&Value> =
            list["Resources"].as_array().unwrap().iter().map(|it| &it["totalAssignmentsUsed"]).collect();
        assert_eq!(used, [0, 1, 1, 1]);
        let location = format!("{BASE_URL}/scim/v2/{}/Roles/admin", idp.directory);
        assert_eq!(
            idp.get("/Roles/admin").await.shows(200),
            json!({
                "schemas": [
                    "urn:ietf:params:scim:schemas:core:2.0:Role",
                    "urn:okta:scim:schemas:core:1.0:Role",
                ],
                "id": "admin",
                "value": "admin",
                "display": "Admin",
                "displayName": "Admin",
                "description": "Manages people and settings.",
                "type": "workspace",
                "supported": true,
                "limitedAssignmentsPermitted": false,
                "totalAssignmentsUsed": 1,
                "containedBy": ["owner"],
                "contains": ["viewer", "member"],
                "meta": { "resourceType": "Role", "location": location },
            })
        );
        assert_eq!(idp.get("/Roles/owner").await.shows(200)["supported"], false);
    })
    .await;
}

#[tokio::test]
async fn entitlements_are_what_the_roles_permit() {
    each_engine(async |store| {
        let (_company, idp) = staffed(&store).await;
        let list = idp.get("/Entitlements").await.shows(200);
        let held: Vec<(&str, i64)> = list["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["value"].as_str().unwrap(), it["totalAssignmentsUsed"].as_i64().unwrap()))
            .collect();
        assert_eq!(
            held,
            [
                ("read_people", 3),
                ("manage_people", 2),
                ("read_mail", 2),
                ("manage_directories", 2),
                ("manage_workspace", 2),
                ("manage_owners", 1)
            ]
        );
        let one = idp.get("/Entitlements/manage_people").await.shows(200);
        assert_eq!(one["schemas"][0], "urn:ietf:params:scim:schemas:core:2.0:Entitlement");
        assert_eq!(one["schemas"][1], "urn:okta:scim:schemas:core:1.0:Entitlement");
        assert_eq!(one["displayName"], "Manage people");
    })
    .await;
}

#[tokio::test]
async fn they_are_filtered_sorted_paged_and_projected_like_all_resources() {
    each_engine(async |store| {
        let (_company, idp) = staffed(&store).await;
        for (query, expected) in [
            (filter("value eq \"ADMIN\""), &["admin"][..]),
            (filter("displayName eq \"Admin\""), &["admin"]),
            (filter("urn:okta:scim:schemas:core:1.0:Role:displayName sw \"M\""), &["member"]),
            (filter("supported eq true and totalAssignmentsUsed gt 0"), &["member", "admin"]),
            (filter("contains eq \"admin\""), &["owner"]),
            (filter("value eq \"nobody\""), &[]),
            ("sortBy=value".to_owned(), &["admin", "member", "owner", "viewer"]),
            ("sortBy=value&sortOrder=descending&count=2".to_owned(), &["viewer", "owner"]),
            ("startIndex=2&count=2".to_owned(), &["member", "admin"]),
            ("count=0".to_owned(), &[]),
        ] {
            let list = idp.get(&format!("/Roles?{query}")).await.shows(200);
            assert_eq!(ids(&list), expected, "{query}");
        }
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = idp.get(&format!("/Roles?count=3&cursor={cursor}")).await.shows(200);
            seen.extend(ids(&page).into_iter().map(str::to_owned));
            let Some(next) = page["nextCursor"].as_str() else { break };
            next.clone_into(&mut cursor);
        }
        assert_eq!(seen, ["viewer", "member", "admin", "owner"]);
        idp.get("/Roles?cursor=bm9uc2Vuc2U").await.refuses(400, "invalidCursor");
        idp.get("/Roles?filter=userName+pr").await.refuses(400, "invalidFilter");

        let few = idp.get("/Roles/viewer?attributes=display").await.shows(200);
        assert_eq!((&few["id"], &few["display"]), (&json!("viewer"), &json!("Viewer")));
        assert_eq!(few.get("value"), None);
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "value eq \"read_people\"",
        });
        let found = idp.post("/Entitlements/.search", &body).await.shows(200);
        assert_eq!(ids(&found), ["read_people"]);
    })
    .await;
}

#[tokio::test]
async fn nobody_writes_them() {
    each_engine(async |store| {
        let (company, idp) = staffed(&store).await;
        let body = json!({ "value": "admin", "displayName": "Admin" });
        for path in ["/Roles", "/Roles/admin", "/Entitlements", "/Entitlements/read_people", "/Roles/nobody"]
        {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                let detail = idp.send(idp.ask(method, path).scim(&body)).await.refuses(405, "");
                assert!(detail.contains("read-only") && detail.contains(method), "{detail}");
            }
        }
        idp.get("/Roles/nobody").await.refuses(404, "");
        idp.get("/Entitlements/admin").await.refuses(404, "");
        let stranger = callers::anonymous(&company, &idp.directory);
        stranger.get("/Roles").await.refuses(401, "");
        stranger.send(stranger.ask("POST", "/Roles").scim(&body)).await.refuses(401, "");
    })
    .await;
}

#[tokio::test]
async fn a_users_roles_are_kept_and_grant_nothing() {
    each_engine(async |store| {
        let (company, idp) = staffed(&store).await;
        let roles = json!([{ "value": "admin", "display": "Admin", "type": "workspace", "primary": true }]);
        let mut eve = callers::person("eve@acme.test");
        eve["roles"] = roles.clone();
        let made = idp.post("/Users", &eve).await.shows(201);
        assert_eq!(made["roles"], roles);
        assert_eq!(company.membership("eve@acme.test").await.role, Role::Member);
    })
    .await;
}

#[tokio::test]
async fn discovery_names_them_to_those_who_look_for_them() {
    each_engine(async |store| {
        let (_company, idp) = staffed(&store).await;
        let schemas = idp.get("/Schemas").await.shows(200);
        for urn in [
            "urn:ietf:params:scim:schemas:core:2.0:Role",
            "urn:ietf:params:scim:schemas:core:2.0:Entitlement",
            "urn:okta:scim:schemas:core:1.0:Role",
            "urn:okta:scim:schemas:core:1.0:Entitlement",
        ] {
            assert!(ids(&schemas).contains(&urn), "{urn}");
            idp.get(&format!("/Schemas/{urn}")).await.shows(200);
        }

        // A client that may take the list for what it can create is told of what it can create.
        assert_eq!(ids(&idp.get("/ResourceTypes").await.shows(200)), ["User", "Group"]);
        let config = idp.get("/ServiceProviderConfig").await.shows(200);
        assert_eq!(config.get("RolesAndEntitlements"), None);
        let role = idp.get("/ResourceTypes/Role").await.shows(200);
        assert_eq!(role["schema"], "urn:ietf:params:scim:schemas:core:2.0:Role");

        // Okta, Build a SCIM 2.0 server with entitlements: /ResourceTypes, then every endpoint of its two schemas.
        let okta = idp.clone().sending("user-agent", "Okta SCIM Client 1.0.0");
        let config = okta.get("/ServiceProviderConfig").await.shows(200);
        assert_eq!(config["RolesAndEntitlements"]["roles"]["supported"], true);
        assert_eq!(config["RolesAndEntitlements"]["entitlements"]["supported"], true);
        let list = okta.get("/ResourceTypes").await.shows(200);
        assert_eq!(ids(&list), ["User", "Group", "Role", "Entitlement"]);
        assert_eq!(list["Resources"][2]["schema"], "urn:okta:scim:schemas:core:1.0:Role");
        assert_eq!(list["Resources"][3]["schema"], "urn:okta:scim:schemas:core:1.0:Entitlement");
        for kind in &list["Resources"].as_array().unwrap()[2..] {
            let found = okta.get(kind["endpoint"].as_str().unwrap()).await.shows(200);
            for resource in found["Resources"].as_array().unwrap() {
                assert!(resource["schemas"].as_array().unwrap().contains(&kind["schema"]), "{resource}");
                assert!(resource["displayName"].is_string() && resource["id"].is_string(), "{resource}");
            }
        }
        let role = okta.get("/ResourceTypes/Role").await.shows(200);
        assert_eq!(role["schema"], "urn:okta:scim:schemas:core:1.0:Role");
    })
    .await;
}
