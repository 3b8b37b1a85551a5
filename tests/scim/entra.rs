//! Entra ID: the default dialect and `aadOptscim062020`, mixed on one tenant.

use rollcall::model::{Provider, Role};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, id_of, sorted},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

async fn entra(store: &TestStore) -> (Company, Caller) {
    let company = Company::new(store).await;
    let caller = callers::directory(&company, Provider::Entra).await;
    (company, caller)
}

/// A user as Entra sends it: with empty lists, `meta` and the enterprise extension.
fn entra_user(user_name: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
        "externalId": "ana.diaz",
        "userName": user_name,
        "active": true,
        "displayName": "Ana Diaz",
        "emails": [{ "primary": true, "type": "work", "value": user_name }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Ana Diaz", "familyName": "Diaz", "givenName": "Ana" },
        "roles": [],
        "addresses": [],
        ENTERPRISE: { "department": "Sales" },
    })
}

#[tokio::test]
async fn the_connection_test_asks_for_a_random_guid_without_a_user_agent() {
    each_engine(async |store| {
        let (_company, entra) = entra(&store).await;
        for attribute in ["userName", "externalId", "emails[type eq \"work\"].value"] {
            let probe = filter(&format!("{attribute} eq \"5b1b1f6e-4a2e-4d3b-9a55-0d2a3c2b7a10\""));
            let list = entra.get(&format!("/Users?{probe}")).await.shows(200);
            assert_eq!((&list["totalResults"], &list["Resources"]), (&json!(0), &json!([])), "{attribute}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_flag_in_the_tenant_url_may_stand_anywhere() {
    each_engine(async |store| {
        let (_company, entra) = entra(&store).await;
        entra.creates(ANA).await;
        let wanted = filter(&format!("userName eq \"{ANA}\""));
        for query in [
            format!("/Users?aadOptscim062020&{wanted}"),
            format!("/Users?{wanted}&aadOptscim062020"),
            format!("/Users?aadOptscim062020?{wanted}"),
        ] {
            assert_eq!(entra.total(&query).await, 1, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_is_led_through_their_life_in_the_default_dialect() {
    each_engine(async |store| {
        let (company, entra) = entra(&store).await;
        let created = entra.post("/Users", &entra_user(ANA)).await.shows(201);
        let id = id_of(&created);
        let user = format!("/Users/{id}");
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );
        let membership = company.id_of(ANA).await;

        let rename = json!([
            { "op": "Replace", "path": "displayName", "value": "Ana Sol" },
            { "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": "usr_412" },
        ]);
        let shown = entra.change(&user, &rename).await.shows(200);
        assert_eq!(shown[ENTERPRISE]["manager"]["value"], "usr_412", "what was a string reads back nested");
        assert_eq!(shown[ENTERPRISE]["department"], "Sales");
        assert_eq!(company.membership(ANA).await.name, "Ana Sol");

        let moved = "ana.sol@acme.test";
        let move_away = json!([
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": moved },
            { "op": "Replace", "path": "userName", "value": moved },
        ]);
        entra.change(&user, &move_away).await.shows(200);
        assert_eq!(
            company.standing(moved).await,
            "invited directory member, invitation pending, mail cancelled+queued, 0 sessions"
        );
        company.accepts(moved).await;

        let disable = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        assert_eq!(entra.change(&user, &disable).await.shows(200)["active"], false);
        assert_eq!(
            company.standing(moved).await,
            "suspended directory member, invitation accepted, mail cancelled+cancelled, 0 sessions"
        );
        assert_eq!(entra.total(&format!("/Users?{}", filter("externalId eq \"ana.diaz\""))).await, 1);

        let restore = json!([{ "op": "Replace", "path": "active", "value": "True" }]);
        entra.change(&user, &restore).await.shows(200);
        assert!(company.standing(moved).await.starts_with("active directory member"));
        company.promotes(moved, Role::Admin).await;

        entra.change(&user, &disable).await.shows(200);
        entra.delete(&user).await.is_empty();
        assert_eq!(
            company.standing(moved).await,
            "removed directory admin, invitation accepted, mail cancelled+cancelled, 0 sessions"
        );
        entra.get(&user).await.refuses(404, "");
        entra.delete(&user).await.refuses(404, "");
        assert_eq!(entra.total("/Users").await, 0);

        let again = id_of(&entra.post("/Users", &entra_user(moved)).await.shows(201));
        assert_ne!(again, id, "a deleted id never comes back");
        assert_eq!(
            company.standing(moved).await,
            "invited directory member, invitation pending, mail queued, 0 sessions",
            "a rehire is invited anew, without the old role"
        );
        assert_eq!(company.id_of(moved).await, membership, "with their history");
        company.accepts(moved).await;
        assert!(company.standing(moved).await.starts_with("active directory member, invitation accepted"));
    })
    .await;
}

#[tokio::test]
async fn both_dialects_change_one_user() {
    each_engine(async |store| {
        let (company, entra) = entra(&store).await;
        let user = format!("/Users/{}", id_of(&entra.post("/Users", &entra_user(ANA)).await.shows(201)));
        company.accepts(ANA).await;

        let flagged = json!([{ "op": "replace", "value": {
            "displayName": "Ana B",
            "name.givenName": "Anita",
            "emails[type eq \"work\"].value": ANA,
            format!("{ENTERPRISE}:employeeNumber"): "E-9",
        }}]);
        let shown = entra.change(&format!("{user}?aadOptscim062020"), &flagged).await.shows(200);
        assert_eq!(shown["displayName"], "Ana B");
        assert_eq!(
            shown["name"],
            json!({ "formatted": "Ana Diaz", "familyName": "Diaz", "givenName": "Anita" })
        );
        assert_eq!(shown[ENTERPRISE], json!({ "department": "Sales", "employeeNumber": "E-9" }));

        let unflagged = json!([
            { "op": "Replace", "path": "active", "value": "False" },
            { "op": "Add", "path": "name.givenName", "value": "Ana" },
        ]);
        let shown = entra.change(&user, &unflagged).await.shows(200);
        assert_eq!((&shown["active"], &shown["name"]["givenName"]), (&json!(false), &json!("Ana")));
        assert!(company.standing(ANA).await.starts_with("suspended"));

        let flagged = json!([{ "op": "replace", "path": "active", "value": true }]);
        entra.change(&user, &flagged).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("active"));
    })
    .await;
}

#[tokio::test]
async fn a_missing_work_address_is_made_by_add_and_by_replace() {
    each_engine(async |store| {
        let (company, entra) = entra(&store).await;
        for (op, name, address) in [("Add", "ana", "ana@acme.test"), ("Replace", "bo", "bo@acme.test")] {
            let body = json!({ "userName": name, "active": true });
            let user = format!("/Users/{}", id_of(&entra.post("/Users", &body).await.shows(201)));
            assert_eq!(
                company.standing(address).await,
                "nobody",
                "without an address there is nobody to invite"
            );

            let change = json!([{ "op": op, "path": "emails[type eq \"work\"].value", "value": address }]);
            let shown = entra.change(&user, &change).await.shows(200);
            assert_eq!(shown["emails"], json!([{ "type": "work", "value": address }]));
            assert_eq!(
                company.standing(address).await,
                "invited directory member, invitation pending, mail queued, 0 sessions"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn name_and_active_may_change_in_one_patch() {
    each_engine(async |store| {
        let (company, entra) = entra(&store).await;
        let user = format!("/Users/{}", id_of(&entra.post("/Users", &entra_user(ANA)).await.shows(201)));
        company.accepts(ANA).await;
        let change = json!([
            { "op": "Replace", "path": "userName", "value": "deleted_ana@acme.test" },
            { "op": "Replace", "path": "active", "value": "False" },
        ]);
        let shown = entra.change(&user, &change).await.shows(200);
        assert_eq!((&shown["userName"], &shown["active"]), (&json!("deleted_ana@acme.test"), &json!(false)));
        assert!(
            company.standing(ANA).await.starts_with("suspended"),
            "the work address is still the person's"
        );
    })
    .await;
}

#[tokio::test]
async fn a_create_repeated_after_a_lost_answer_finds_the_user() {
    each_engine(async |store| {
        let (company, entra) = entra(&store).await;
        let id = id_of(&entra.post("/Users", &entra_user(ANA)).await.shows(201));
        entra.post("/Users", &entra_user(ANA)).await.refuses(409, "uniqueness");
        let found = entra.get(&format!("/Users?{}", filter("externalId eq \"ana.diaz\""))).await.shows(200);
        assert_eq!(found["Resources"][0]["id"], json!(id));
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions",
            "and nobody is mailed twice"
        );
    })
    .await;
}

#[tokio::test]
async fn a_group_is_created_empty_and_filled_by_patches_without_an_answer() {
    each_engine(async |store| {
        let (_company, entra) = entra(&store).await;
        let (ana, bo) = (entra.creates(ANA).await, entra.creates("bo@acme.test").await);
        let body = json!({
            "schemas": [
                "urn:ietf:params:scim:schemas:core:2.0:Group",
                "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group",
            ],
            "externalId": "8aa1a0c0",
            "displayName": "Sales",
            "members": [],
            "meta": { "resourceType": "Group" },
        });
        let group = id_of(&entra.post("/Groups", &body).await.shows(201));
        let path = format!("/Groups/{group}");

        let add = json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": ana }, { "$ref": null, "value": bo }] }]);
        entra.change(&path, &add).await.is_empty();
        assert_eq!(entra.members_of(&group).await, sorted(&[&ana, &bo]));

        let remove = json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": ana }] }]);
        entra.change(&path, &remove).await.is_empty();
        assert_eq!(entra.members_of(&group).await, std::slice::from_ref(&bo), "only the listed member goes");

        let flagged = json!([{ "op": "remove", "path": format!("members[value eq \"{bo}\"]") }]);
        entra.change(&path, &flagged).await.is_empty();
        assert!(entra.members_of(&group).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_group_patch_shows_what_it_is_asked_for_and_else_only_the_new_version() {
    each_engine(async |store| {
        let (_company, entra) = entra(&store).await;
        let ana = entra.creates(ANA).await;
        let group = format!("/Groups/{}", entra.creates_group("Sales", &[&ana]).await);
        let rename = |name: &str| json!([{ "op": "Replace", "path": "displayName", "value": name }]);
        let silent = entra.change(&group, &rename("Selling")).await;
        silent.has_status(204);
        let version = entra.get(&group).await.shows(200)["meta"]["version"].clone();
        assert_eq!(silent.header("etag"), version.as_str().unwrap());
        let shown = entra.change(&format!("{group}?attributes=displayName"), &rename("Sold")).await;
        let shown = shown.has_status(200).json();
        assert_eq!((&shown["displayName"], &shown["members"]), (&json!("Sold"), &json!(null)));
    })
    .await;
}

#[tokio::test]
async fn an_empty_removal_never_empties_a_group() {
    each_engine(async |store| {
        let (_company, entra) = entra(&store).await;
        let ana = entra.creates(ANA).await;
        let group = entra.creates_group("Sales", &[&ana]).await;
        for value in [json!([]), json!([{ "value": "" }]), json!([{}]), json!("nobody"), json!([null])] {
            let remove = json!([{ "op": "Remove", "path": "members", "value": value }]);
            let answer = entra.change(&format!("/Groups/{group}"), &remove).await;
            assert!(matches!(answer.status.as_u16(), 204 | 400), "{value}: {}", answer.text());
            assert_eq!(entra.members_of(&group).await, std::slice::from_ref(&ana), "{value}");
        }
    })
    .await;
}

#[tokio::test]
async fn groups_are_looked_up_without_their_members() {
    each_engine(async |store| {
        let (_company, entra) = entra(&store).await;
        let ana = entra.creates(ANA).await;
        let group = entra.creates_group("Sales", &[&ana]).await;
        let one = entra.get(&format!("/Groups/{group}?excludedAttributes=members")).await.shows(200);
        assert!(one["members"].is_null() && one["displayName"] == "Sales", "{one}");

        let wanted = filter("displayName eq \"sales\"");
        let list = entra.get(&format!("/Groups?excludedAttributes=members&{wanted}")).await.shows(200);
        assert_eq!(list["totalResults"], 1);
        assert!(list["Resources"][0]["members"].is_null(), "{list}");

        let reference = filter(&format!("id eq \"{group}\" and members eq \"{ana}\""));
        assert_eq!(entra.total(&format!("/Groups?{reference}")).await, 1);
        let stranger = filter(&format!("id eq \"{group}\" and members eq \"nobody\""));
        assert_eq!(entra.total(&format!("/Groups?{stranger}")).await, 0);
    })
    .await;
}
