//! A directory sees only itself: ids of another directory, of the same workspace or not, do not exist.

use rollcall::model::{Provider, Role};
use serde_json::json;

use crate::{
    callers::{self, Caller, filter, person},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";

/// Two directories of Acme and one of another workspace.
async fn three_directories(store: &TestStore) -> (Company, [Caller; 3]) {
    let company = Company::new(store).await;
    let okta = callers::directory(&company, Provider::Okta).await;
    let entra = callers::directory(&company, Provider::Entra).await;
    let beta = company.other_workspace("Beta", "bea@beta.test").await;
    let (directory, token) = company.directory_in(&beta, Provider::Okta, Role::Member).await;
    let foreign = Caller::new(&company.rollcall, directory.id, Some(token.reveal()));
    (company, [okta, entra, foreign])
}

#[tokio::test]
async fn an_id_of_another_directory_is_404_in_a_path() {
    each_engine(async |store| {
        let (company, [okta, entra, foreign]) = three_directories(&store).await;
        let ana = okta.creates(ANA).await;
        let group = okta.creates_group("Sales", &[&ana]).await;
        let before = company.standing(ANA).await;
        for other in [&entra, &foreign] {
            for path in [format!("/Users/{ana}"), format!("/Groups/{group}")] {
                other.get(&path).await.refuses(404, "");
                other.delete(&path).await.refuses(404, "");
                other.put(&path, &json!({ "userName": "x", "displayName": "x" })).await.refuses(404, "");
                let change = json!([{ "op": "replace", "path": "displayName", "value": "x" }]);
                other.change(&path, &change).await.refuses(404, "");
            }
            assert_eq!(other.total("/Users").await, 0);
            assert_eq!(other.total("/Groups").await, 0);
            for expression in
                [format!("id eq \"{ana}\""), format!("userName eq \"{ANA}\""), "userName pr".to_owned()]
            {
                assert_eq!(other.total(&format!("/Users?{}", filter(&expression))).await, 0, "{expression}");
            }
            assert_eq!(
                other.total(&format!("/Groups?{}", filter(&format!("members eq \"{ana}\"")))).await,
                0
            );
        }
        assert_eq!(company.standing(ANA).await, before);
        assert_eq!(okta.members_of(&group).await, [ana]);
    })
    .await;
}

#[tokio::test]
async fn an_id_of_another_directory_is_never_kept_as_a_member() {
    each_engine(async |store| {
        let (company, [okta, entra, foreign]) = three_directories(&store).await;
        let ana = okta.creates(ANA).await;
        let sales = okta.creates_group("Sales", &[]).await;
        for other in [&entra, &foreign] {
            let group = other.creates_group("Sales", &[&ana, &sales]).await;
            let path = format!("/Groups/{group}");
            let members = json!([{ "value": ana }, { "value": sales }]);
            for op in ["add", "replace"] {
                let change = json!([{ "op": op, "path": "members", "value": members }]);
                other.change(&path, &change).await;
                other.put(&path, &json!({ "displayName": "Sales", "members": members })).await.shows(200);
                assert!(other.members_of(&group).await.is_empty(), "{op}");
            }
            // A person of that directory does not become a member by a foreign person's name either.
            other.creates("someone@beta.test").await;
            assert!(other.members_of(&group).await.is_empty());
        }
        let shown = okta.get(&format!("/Users/{ana}")).await.shows(200);
        assert!(shown["groups"].is_null(), "{shown}");
        drop(company);
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_directory_is_refused() {
    each_engine(async |store| {
        let (_company, [okta, entra, foreign]) = three_directories(&store).await;
        okta.creates(ANA).await;
        okta.creates("bo@acme.test").await;
        let next =
            okta.get("/Users?cursor&count=1").await.shows(200)["nextCursor"].as_str().unwrap().to_owned();
        for other in [&entra, &foreign] {
            other.get(&format!("/Users?cursor={next}")).await.refuses(400, "invalidCursor");
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_names_live_side_by_side() {
    each_engine(async |store| {
        let (company, [okta, entra, foreign]) = three_directories(&store).await;
        for caller in [&okta, &entra, &foreign] {
            let mut body = person(ANA);
            body["externalId"] = json!("ext-1");
            caller.post("/Users", &body).await.shows(201);
            caller.creates_group("Sales", &[]).await;
            assert_eq!(caller.total(&format!("/Users?{}", filter("externalId eq \"ext-1\""))).await, 1);
        }
        assert!(
            company.standing(ANA).await.starts_with("invited directory member"),
            "one membership in Acme"
        );
        let memberships = company.look("SELECT id FROM memberships WHERE email_key = $1", ANA).await;
        assert_eq!(memberships.len(), 2, "one in each workspace");
    })
    .await;
}

#[tokio::test]
async fn a_second_directory_of_the_workspace_cannot_take_a_person_out() {
    each_engine(async |store| {
        let (company, [okta, entra, _]) = three_directories(&store).await;
        okta.creates(ANA).await;
        company.accepts(ANA).await;
        let before = company.standing(ANA).await;
        let theirs = format!("/Users/{}", entra.creates(ANA).await);
        let off = json!([{ "op": "Replace", "path": "active", "value": "False" }]);
        entra.change(&theirs, &off).await.shows(200);
        assert_eq!(company.standing(ANA).await, before);
        entra.delete(&theirs).await.is_empty();
        assert_eq!(company.standing(ANA).await, before);
    })
    .await;
}
