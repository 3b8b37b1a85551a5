//! Okta: wizard apps, which PUT everything, and catalogue apps, which PATCH without a path.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, id_of, member_ids, person, sorted},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";

async fn okta(store: &TestStore) -> (Company, Caller) {
    let company = Company::new(store).await;
    let caller =
        callers::directory(&company, Provider::Okta).await.sending("user-agent", "Okta SCIM Client 1.0.0");
    (company, caller)
}

/// A user as Okta's wizard app sends it, with everything that it adds.
fn okta_user(user_name: &str, active: bool) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": user_name,
        "name": { "givenName": "Ana", "familyName": "Diaz" },
        "emails": [{ "primary": true, "value": user_name, "type": "work" }],
        "displayName": "Ana Diaz",
        "locale": "en-US",
        "externalId": "00u1ana",
        "groups": [],
        "password": "1mz050nq",
        "active": active,
    })
}

#[tokio::test]
async fn the_connection_test_finds_a_list() {
    each_engine(async |store| {
        let (_company, okta) = okta(&store).await;
        let list = okta.get("/Users?startIndex=1&count=2").await.shows(200);
        assert_eq!(list["totalResults"], 0);
        assert_eq!(list["Resources"], json!([]));

        okta.creates(ANA).await;
        okta.creates("bo@acme.test").await;
        let list = okta.get("/Users?startIndex=1&count=1").await.shows(200);
        assert_eq!((&list["totalResults"], &list["itemsPerPage"]), (&json!(2), &json!(1)));
        let first = &list["Resources"][0];
        for pointer in
            ["/id", "/userName", "/active", "/name/givenName", "/name/familyName", "/emails/0/value"]
        {
            assert!(first.pointer(pointer).is_some(), "{pointer} in {first}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_wizard_app_leads_a_person_through_their_life_by_put() {
    each_engine(async |store| {
        let (company, okta) = okta(&store).await;

        let created = okta.post("/Users", &okta_user(ANA, true)).await.shows(201);
        let user = format!("/Users/{}", id_of(&created));
        assert_eq!(
            created["active"], true,
            "an invited person reads back as active, or Okta reactivates for ever"
        );
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );
        let membership = company.id_of(ANA).await;

        let mut renamed = okta_user(ANA, true);
        renamed["name"]["givenName"] = json!("Anna");
        renamed["displayName"] = json!("Anna Diaz");
        assert_eq!(okta.put(&user, &renamed).await.shows(200)["displayName"], "Anna Diaz");
        assert_eq!(company.membership(ANA).await.name, "Anna Diaz");
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );

        let moved = "ana.diaz@acme.test";
        okta.put(&user, &okta_user(moved, true)).await.shows(200);
        assert_eq!(company.standing(ANA).await, "nobody");
        assert_eq!(
            company.standing(moved).await,
            "invited directory member, invitation pending, mail cancelled+queued, 0 sessions"
        );
        assert_eq!(company.id_of(moved).await, membership, "a new address is no new person");

        company.accepts(moved).await;
        assert_eq!(
            company.standing(moved).await,
            "active directory member, invitation accepted, mail cancelled+cancelled, 1 session"
        );

        okta.put(&user, &okta_user(moved, false)).await.shows(200);
        assert_eq!(
            company.standing(moved).await,
            "suspended directory member, invitation accepted, mail cancelled+cancelled, 0 sessions"
        );
        assert_eq!(okta.get(&user).await.shows(200)["active"], false);

        okta.put(&user, &okta_user(moved, true)).await.shows(200);
        assert_eq!(
            company.standing(moved).await,
            "active directory member, invitation accepted, mail cancelled+cancelled, 0 sessions",
            "who had accepted is back without a mail"
        );
        assert_eq!(company.id_of(moved).await, membership);
    })
    .await;
}

#[tokio::test]
async fn a_catalogue_app_deactivates_and_reactivates_by_a_patch_without_path() {
    each_engine(async |store| {
        let (company, okta) = okta(&store).await;
        let user = format!("/Users/{}", id_of(&okta.post("/Users", &okta_user(ANA, true)).await.shows(201)));

        let off = json!([{ "op": "replace", "value": { "active": false } }]);
        assert_eq!(okta.change(&user, &off).await.shows(200)["active"], false);
        assert_eq!(
            company.standing(ANA).await,
            "suspended directory member, invitation revoked, mail cancelled, 0 sessions",
            "who has not accepted yet loses the invitation and its mail"
        );

        let on = json!([{ "op": "replace", "value": { "active": true } }]);
        assert_eq!(okta.change(&user, &on).await.shows(200)["active"], true);
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions",
            "who never accepted is invited anew"
        );

        company.accepts(ANA).await;
        okta.change(&user, &off).await.shows(200);
        okta.change(&user, &on).await.shows(200);
        assert_eq!(
            company.standing(ANA).await,
            "active directory member, invitation accepted, mail cancelled, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn a_password_is_neither_kept_nor_shown() {
    each_engine(async |store| {
        let (company, okta) = okta(&store).await;
        let created = okta.post("/Users", &okta_user(ANA, true)).await.shows(201);
        let user = format!("/Users/{}", id_of(&created));
        okta.change(&user, &json!([{ "op": "replace", "value": { "password": "1mz050nq" } }]))
            .await
            .shows(200);
        for shown in [created, okta.get(&user).await.shows(200)] {
            assert!(!shown.to_string().contains("1mz050nq"), "{shown}");
        }
        let stored = company.look("SELECT document FROM directory_users WHERE user_name = $1", ANA).await;
        assert!(!stored.concat().contains("1mz050nq"), "{stored:?}");
    })
    .await;
}

#[tokio::test]
async fn a_user_is_looked_up_in_any_case_and_created_once() {
    each_engine(async |store| {
        let (_company, okta) = okta(&store).await;
        let lookup = |name: &str| {
            format!("/Users?{}&startIndex=1&count=100", filter(&format!("userName eq \"{name}\"")))
        };
        assert_eq!(okta.total(&lookup(ANA)).await, 0, "an empty lookup is 200");

        okta.post("/Users", &okta_user(ANA, true)).await.shows(201);
        assert_eq!(okta.total(&lookup(ANA)).await, 1);
        assert_eq!(okta.total(&lookup("ANA@Acme.Test")).await, 1);

        for again in [ANA, "ANA@Acme.Test"] {
            okta.post("/Users", &okta_user(again, true)).await.refuses(409, "uniqueness");
        }
        assert_eq!(okta.total("/Users").await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_rename_pushed_as_deactivate_and_create_keeps_the_person() {
    each_engine(async |store| {
        let (company, okta) = okta(&store).await;
        let old = id_of(&okta.post("/Users", &okta_user(ANA, true)).await.shows(201));
        company.accepts(ANA).await;
        let membership = company.id_of(ANA).await;

        okta.put(&format!("/Users/{old}"), &okta_user(ANA, false)).await.shows(200);
        let mut renamed = okta_user("ana.diaz", true);
        renamed["emails"][0]["value"] = json!(ANA);
        okta.post("/Users", &renamed).await.shows(201);

        assert_eq!(
            company.standing(ANA).await,
            "active directory member, invitation accepted, mail cancelled, 0 sessions",
            "the same externalId and address are the same person"
        );
        assert_eq!(company.id_of(ANA).await, membership);

        okta.put(&format!("/Users/{old}"), &okta_user(ANA, false)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("active"), "the old record has no say any more");
    })
    .await;
}

#[tokio::test]
async fn a_wizard_app_pushes_a_group_by_put() {
    each_engine(async |store| {
        let (_company, okta) = okta(&store).await;
        let (ana, bo) = (okta.creates(ANA).await, okta.creates("bo@acme.test").await);
        let group = okta.creates_group("Engineering", &[&ana]).await;
        let path = format!("/Groups/{group}");
        assert_eq!(okta.members_of(&group).await, std::slice::from_ref(&ana));

        let whole = |members: Value| json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "id": group, "displayName": "Engineering", "members": members });
        let listed = json!([{ "value": ana, "display": ANA }, { "value": bo, "display": "bo@acme.test" }]);
        let shown = okta.put(&path, &whole(listed)).await.shows(200);
        assert_eq!(member_ids(&shown), sorted(&[&ana, &bo]));

        okta.put(&path, &whole(json!([{ "value": bo }]))).await.shows(200);
        assert_eq!(okta.members_of(&group).await, std::slice::from_ref(&bo), "who is not listed goes");

        okta.put(&path, &whole(json!([]))).await.shows(200);
        assert!(okta.members_of(&group).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_catalogue_app_pushes_a_group_by_patch() {
    each_engine(async |store| {
        let (company, okta) = okta(&store).await;
        let (ana, bo) = (okta.creates(ANA).await, okta.creates("bo@acme.test").await);
        let group = okta.creates_group("Engineering", &[]).await;
        let path = format!("/Groups/{group}");

        let add = json!([{ "op": "add", "path": "members", "value": [{ "value": ana, "display": ANA }] }]);
        okta.change(&path, &add).await.shows(200);
        assert_eq!(
            okta.members_of(&group).await,
            std::slice::from_ref(&ana),
            "a member without type is a member"
        );

        let swap = json!([
            { "op": "remove", "path": format!("members[value eq \"{ana}\"]") },
            { "op": "add", "path": "members", "value": [{ "value": bo, "display": "bo@acme.test" }] },
        ]);
        okta.change(&path, &swap).await.shows(200);
        assert_eq!(okta.members_of(&group).await, std::slice::from_ref(&bo));

        let rename = json!([{ "op": "replace", "value": { "id": group, "displayName": "Platform" } }]);
        assert_eq!(okta.change(&path, &rename).await.shows(200)["displayName"], "Platform");
        assert_eq!(okta.members_of(&group).await, std::slice::from_ref(&bo), "a rename leaves the members");

        let full =
            json!([{ "op": "replace", "path": "members", "value": [{ "value": ana }, { "value": bo }] }]);
        okta.change(&path, &full).await.shows(200);
        assert_eq!(okta.members_of(&group).await, sorted(&[&ana, &bo]));
        let of_ana = okta.get(&format!("/Users/{ana}")).await.shows(200);
        assert_eq!(of_ana["groups"][0]["value"], json!(group));
        assert_eq!(of_ana["groups"][0]["display"], "Platform");

        okta.delete(&path).await.is_empty();
        okta.get(&path).await.refuses(404, "");
        assert!(okta.get(&format!("/Users/{ana}")).await.shows(200)["groups"].is_null());
        assert!(company.standing(ANA).await.starts_with("invited"), "an unlinked group takes nobody out");
    })
    .await;
}

#[tokio::test]
async fn pushing_a_group_onto_itself_changes_nothing() {
    each_engine(async |store| {
        let (_company, okta) = okta(&store).await;
        let ana = okta.creates(ANA).await;
        let group = okta.creates_group("Engineering", &[&ana]).await;
        let path = format!("/Groups/{group}");
        let before = okta.get(&path).await.shows(200);
        let same = json!({ "displayName": "Engineering", "members": [{ "value": ana }] });
        let after = okta.put(&path, &same).await.shows(200);
        assert_eq!(after["meta"]["version"], before["meta"]["version"]);

        let other = json!({ "displayName": "engineering", "members": [] });
        okta.post("/Groups", &other).await.refuses(409, "uniqueness");
    })
    .await;
}

#[tokio::test]
async fn a_push_of_256_members_arrives_whole() {
    each_engine(async |store| {
        let (_company, okta) = okta(&store).await;
        let mut ids = Vec::new();
        for number in 0..256 {
            ids.push(okta.creates(&format!("p{number}@acme.test")).await);
        }
        let group = okta.creates_group("Everyone", &[]).await;
        let members: Vec<Value> = ids.iter().map(|id| json!({ "value": id })).collect();
        let add = json!([{ "op": "add", "path": "members", "value": members }]);
        okta.change(&format!("/Groups/{group}"), &add).await.shows(200);
        ids.sort();
        assert_eq!(okta.members_of(&group).await, ids);
    })
    .await;
}

#[tokio::test]
async fn the_token_is_taken_without_the_word_bearer() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, token) = company.directory(Provider::Okta).await;
        let okta = callers::anonymous(&company, &directory.id);
        for value in [
            token.reveal().to_owned(),
            format!("bearer {}", token.reveal()),
            format!("Bearer  {}", token.reveal()),
        ] {
            okta.clone().sending("authorization", &value).get("/Users").await.shows(200);
        }
        okta.post("/Users", &person(ANA)).await.refuses(401, "");
    })
    .await;
}
