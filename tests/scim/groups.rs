//! Groups beyond what one provider sends: people who have not arrived, groups in groups, large groups.

use rollcall::model::Provider;
use serde_json::{Value, json};

use crate::{
    callers::{self, filter, person, sorted},
    company::Company,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

#[tokio::test]
async fn a_member_who_has_not_arrived_joins_on_arrival() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let bo = okta.creates("bo@acme.test").await;
        let group = okta.creates_group("Sales", &[&bo]).await;
        let path = format!("/Groups/{group}");

        let add =
            json!([{ "op": "add", "path": "members", "value": [{ "value": "00u1ana" }, { "value": ANA }] }]);
        okta.change(&path, &add).await.shows(200);
        assert_eq!(okta.members_of(&group).await, std::slice::from_ref(&bo), "an unknown id is no member");

        let mut body = person(ANA);
        body["externalId"] = json!("00u1ana");
        let ana = callers::id_of(&okta.post("/Users", &body).await.shows(201));
        assert_eq!(okta.members_of(&group).await, sorted(&[&ana, &bo]));
    })
    .await;
}

#[tokio::test]
async fn a_member_taken_out_before_arrival_does_not_join() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let group = okta.creates_group("Sales", &[ANA]).await;
        let remove = json!([{ "op": "remove", "path": format!("members[value eq \"{ANA}\"]") }]);
        okta.change(&format!("/Groups/{group}"), &remove).await.shows(200);
        okta.creates(ANA).await;
        assert!(okta.members_of(&group).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn more_than_a_thousand_unknown_members_are_refused_whole() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let ana = okta.creates(ANA).await;
        let group = okta.creates_group("Sales", &[]).await;
        let add = |number: usize| {
            let unknown = (0..number).map(|n| json!({ "value": format!("unknown-{n}") }));
            let members: Vec<Value> = unknown.chain([json!({ "value": ana })]).collect();
            json!([{ "op": "add", "path": "members", "value": members }])
        };
        okta.change(&format!("/Groups/{group}"), &add(1001)).await.refuses(400, "invalidValue");
        assert!(okta.members_of(&group).await.is_empty(), "nothing of a refused request is applied");
        okta.change(&format!("/Groups/{group}"), &add(1000)).await.shows(200);
        assert_eq!(okta.members_of(&group).await, [ana]);
    })
    .await;
}

#[tokio::test]
async fn a_group_holds_groups_but_never_itself() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let inner = okta.creates_group("Inner", &[]).await;
        let middle = okta.creates_group("Middle", &[&inner]).await;
        let outer = okta.creates_group("Outer", &[&middle]).await;
        let shown = okta.get(&format!("/Groups/{outer}")).await.shows(200);
        assert_eq!(shown["members"][0]["type"], "Group");

        for added in [&inner, &middle, &outer] {
            let add = json!([{ "op": "add", "path": "members", "value": [{ "value": added }] }]);
            okta.change(&format!("/Groups/{inner}"), &add).await.refuses(400, "invalidValue");
        }
        assert!(okta.members_of(&inner).await.is_empty());

        okta.delete(&format!("/Groups/{middle}")).await.is_empty();
        assert!(okta.members_of(&outer).await.is_empty(), "a deleted group is nobody's member");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_person_is_nobodys_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let (ana, bo) = (okta.creates(ANA).await, okta.creates("bo@acme.test").await);
        let group = okta.creates_group("Sales", &[&ana, &bo]).await;
        okta.delete(&format!("/Users/{ana}")).await.is_empty();
        assert_eq!(okta.members_of(&group).await, [bo]);

        let again = okta.creates(ANA).await;
        assert!(
            !okta.members_of(&group).await.contains(&again),
            "the group is told who belongs to it, not guessed"
        );
    })
    .await;
}

#[tokio::test]
async fn a_suspended_person_stays_in_their_groups() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let ana = okta.creates(ANA).await;
        let group = okta.creates_group("Sales", &[&ana]).await;
        okta.change(&format!("/Users/{ana}"), &json!([{ "op": "replace", "value": { "active": false } }]))
            .await
            .shows(200);
        assert_eq!(okta.members_of(&group).await, [ana]);
    })
    .await;
}

#[tokio::test]
async fn a_patch_of_a_group_is_all_or_nothing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let ana = okta.creates(ANA).await;
        okta.creates_group("Taken", &[]).await;
        let group = okta.creates_group("Sales", &[]).await;
        let path = format!("/Groups/{group}");
        let before = okta.get(&path).await.shows(200);
        let operations = json!([
            { "op": "add", "path": "members", "value": [{ "value": ana }] },
            { "op": "replace", "path": "displayName", "value": "Taken" },
        ]);
        okta.change(&path, &operations).await.refuses(409, "uniqueness");
        assert_eq!(okta.get(&path).await.shows(200), before);

        let operations = json!([
            { "op": "add", "path": "members", "value": [{ "value": ana }] },
            { "op": "replace", "path": "members[value eq \"x\"].display", "value": "?" },
        ]);
        okta.change(&path, &operations).await.refuses(400, "mutability");
        assert_eq!(okta.get(&path).await.shows(200), before);
    })
    .await;
}

#[tokio::test]
async fn a_group_is_found_by_its_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let ana = okta.creates(ANA).await;
        okta.creates_group("Sales", &[&ana]).await;
        okta.creates_group("Support", &[]).await;
        for expression in [format!("members eq \"{ana}\""), format!("members[value eq \"{ana}\"]")] {
            let list = okta.get(&format!("/Groups?{}", filter(&expression))).await.shows(200);
            assert_eq!(list["totalResults"], 1, "{expression}");
            assert_eq!(list["Resources"][0]["displayName"], "Sales");
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_change_of_members_twice_is_one_change() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let ana = okta.creates(ANA).await;
        let group = okta.creates_group("Sales", &[]).await;
        let path = format!("/Groups/{group}");
        for operation in ["add", "remove", "replace"] {
            let change = json!([{ "op": operation, "path": "members", "value": [{ "value": ana }] }]);
            let first = okta.change(&path, &change).await.shows(200);
            let second = okta.change(&path, &change).await.shows(200);
            assert_eq!(first["meta"], second["meta"], "{operation}");
        }
    })
    .await;
}
