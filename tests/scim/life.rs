//! What follows for people, whichever provider speaks: the rules that hold in every sequence.

use rollcall::{
    model::{OnRemoval, Provider, Role},
    people::{invitation, membership},
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, filter, person},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";

async fn generic(store: &TestStore) -> (Company, Caller) {
    let company = Company::new(store).await;
    let caller = callers::directory(&company, Provider::Generic).await;
    (company, caller)
}

fn active(truth: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": truth }])
}

#[tokio::test]
async fn the_same_patch_twice_changes_nothing_and_mails_nobody() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        for change in [
            json!([{ "op": "replace", "path": "displayName", "value": "Ana" }]),
            active(false),
            active(true),
            json!([{ "op": "add", "path": "emails", "value": [{ "value": "a@home.test", "type": "home" }] }]),
        ] {
            let first = idp.change(&user, &change).await.shows(200);
            let (standing, events) =
                (company.standing(ANA).await, company.events(company.id_of(ANA).await.as_str()).await);
            company.clock.advance(std::time::Duration::from_secs(60));
            let second = idp.change(&user, &change).await.shows(200);
            assert_eq!(first["meta"], second["meta"], "{change}");
            assert_eq!(company.standing(ANA).await, standing, "{change}");
            assert_eq!(company.events(company.id_of(ANA).await.as_str()).await, events, "{change}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_put_twice_changes_nothing() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        let mut body = person(ANA);
        body["title"] = json!("Engineer");
        let first = idp.put(&user, &body).await.shows(200);
        let second = idp.put(&user, &body).await.shows(200);
        assert_eq!(first, second);
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn a_manual_member_is_never_touched() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        company.adds_by_hand(ANA, Role::Admin).await;
        let before = (company.standing(ANA).await, company.membership(ANA).await);

        let user = format!("/Users/{}", idp.creates(ANA).await);
        for change in [
            json!([{ "op": "replace", "path": "displayName", "value": "Someone else" }]),
            active(false),
            active(true),
        ] {
            idp.change(&user, &change).await.shows(200);
            assert_eq!((company.standing(ANA).await, company.membership(ANA).await), before, "{change}");
        }
        let moved = json!([{ "op": "replace", "path": "emails", "value": [{ "value": "x@acme.test", "type": "work" }] }]);
        idp.change(&user, &moved).await.shows(200);
        idp.change(&user, &json!([{ "op": "replace", "path": "emails", "value": [{ "value": ANA, "type": "work" }] }]))
            .await
            .shows(200);
        idp.delete(&user).await.is_empty();
        assert_eq!((company.standing(ANA).await, company.membership(ANA).await), before);
    })
    .await;
}

#[tokio::test]
async fn a_pending_manual_invitation_is_not_taken_over() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        company.invites(ANA, Role::Admin).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        idp.change(&user, &active(false)).await.shows(200);
        assert_eq!(
            company.standing(ANA).await,
            "invited manual admin, invitation pending, mail queued, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn an_inactive_person_is_known_and_not_mailed() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let mut body = person(ANA);
        body["active"] = json!(false);
        let user = format!("/Users/{}", callers::id_of(&idp.post("/Users", &body).await.shows(201)));
        assert_eq!(
            company.standing(ANA).await,
            "provisioned directory member, invitation none, mail none, 0 sessions"
        );
        idp.change(&user, &active(true)).await.shows(200);
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn the_directory_does_not_bring_back_whom_an_admin_suspended() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        membership::suspend(&company.rollcall, &company.admin(), &company.id_of(ANA).await).await.unwrap();
        for truth in [false, true] {
            idp.change(&user, &active(truth)).await.shows(200);
            assert!(company.standing(ANA).await.starts_with("suspended"), "active: {truth}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_invitation_is_not_sent_again_by_an_update() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        invitation::revoke(&company.rollcall, &company.admin(), &company.id_of(ANA).await).await.unwrap();
        let rename = json!([{ "op": "replace", "path": "displayName", "value": "Ana" }]);
        idp.change(&user, &rename).await.shows(200);
        assert_eq!(
            company.standing(ANA).await,
            "provisioned directory member, invitation revoked, mail cancelled, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn two_directory_users_of_one_address_are_one_member() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let first = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        let mut body = person("ana.private");
        body["emails"] = json!([{ "value": "ANA@acme.test", "type": "work" }]);
        let second = format!("/Users/{}", callers::id_of(&idp.post("/Users", &body).await.shows(201)));
        idp.change(&second, &active(false)).await.shows(200);
        idp.delete(&second).await.is_empty();
        assert!(company.standing(ANA).await.starts_with("active"), "who came second has no say");
        idp.change(&first, &active(false)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("suspended"));
    })
    .await;
}

#[tokio::test]
async fn an_address_that_differs_by_case_is_the_same_and_by_a_tag_another() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        let before = company.standing(ANA).await;
        let shout = json!([{ "op": "replace", "path": "emails", "value": [{ "value": "ANA@ACME.TEST", "type": "work" }] }]);
        idp.change(&user, &shout).await.shows(200);
        assert_eq!(company.standing(ANA).await, before);
        idp.creates("ana+test@acme.test").await;
        assert!(company.standing("ana+test@acme.test").await.starts_with("invited"));
    })
    .await;
}

#[tokio::test]
async fn an_address_of_another_member_is_not_taken_over() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        let take = json!([{ "op": "replace", "path": "emails", "value": [{ "value": "ada@acme.test", "type": "work" }] }]);
        idp.change(&user, &take).await.shows(200);
        assert!(company.standing("ada@acme.test").await.starts_with("active manual owner"));
        assert!(company.standing(ANA).await.starts_with("active directory member"));
        assert_eq!(company.membership("ada@acme.test").await.account_id, Some(company.owner.id.clone()));
    })
    .await;
}

#[tokio::test]
async fn removing_a_directory_keeps_suspends_or_removes_its_people() {
    for (choice, expected) in [
        (OnRemoval::Keep, ["active manual", "invited manual", "suspended manual"]),
        (OnRemoval::Suspend, ["suspended manual", "suspended manual", "suspended manual"]),
        (OnRemoval::Remove, ["removed manual", "removed manual", "removed manual"]),
    ] {
        each_engine(async |store| {
            let (company, idp) = generic(&store).await;
            idp.creates(ANA).await;
            company.accepts(ANA).await;
            idp.creates("bo@acme.test").await;
            let cy = format!("/Users/{}", idp.creates("cy@acme.test").await);
            company.accepts("cy@acme.test").await;
            idp.change(&cy, &active(false)).await.shows(200);

            company.remove_directory(&idp.directory, choice).await;

            idp.get("/Users").await.refuses(401, "");
            for (email, expected) in [ANA, "bo@acme.test", "cy@acme.test"].into_iter().zip(expected) {
                let standing = company.standing(email).await;
                assert!(standing.starts_with(expected), "{choice:?} {email}: {standing}");
                let sessions = if expected.starts_with("active") { "1 session" } else { "0 sessions" };
                assert!(standing.ends_with(sessions), "{choice:?} {email}: {standing}");
            }
            assert!(company.standing("ada@acme.test").await.starts_with("active manual owner"));
        })
        .await;
    }
}

#[tokio::test]
async fn an_admin_may_bring_back_people_of_a_removed_directory() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        idp.change(&user, &active(false)).await.shows(200);
        let id = company.id_of(ANA).await;
        let refused = membership::reinstate(&company.rollcall, &company.admin(), &id).await;
        assert!(refused.is_err(), "as long as the directory says inactive, nobody can");
        company.remove_directory(&idp.directory, OnRemoval::Keep).await;
        membership::reinstate(&company.rollcall, &company.admin(), &id).await.unwrap();
        assert!(company.standing(ANA).await.starts_with("active manual"));
    })
    .await;
}

#[tokio::test]
async fn an_account_of_two_workspaces_keeps_the_other() {
    each_engine(async |store| {
        let (company, idp) = generic(&store).await;
        let user = format!("/Users/{}", idp.creates(ANA).await);
        let account = company.accepts(ANA).await;
        let beta = company.other_workspace("Beta", ANA).await;
        idp.change(&user, &active(false)).await.shows(200);
        assert_eq!(
            company.standing(ANA).await,
            "suspended directory member, invitation accepted, mail cancelled, 1 session",
            "the session goes on: it opens the other workspace"
        );
        let here = rollcall::people::Access::enter(&company.rollcall, &account, &company.workspace.slug)
            .await
            .unwrap();
        let there = rollcall::people::Access::enter(&company.rollcall, &account, &beta.slug).await.unwrap();
        assert!(here.is_none() && there.is_some());
    })
    .await;
}

/// RFC 7644 section 3.5.1: what a PUT leaves out may get the server's default. Of `active` that is what it was.
#[tokio::test]
async fn a_put_that_says_nothing_of_active_brings_nobody_back() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        for &provider in Provider::ALL {
            let idp = callers::directory(&company, provider).await;
            let name = format!("ana@{provider}.test");
            let ana = format!("/Users/{}", idp.creates(&name).await);
            let mut silent = person(&name);
            silent.as_object_mut().unwrap().remove("active");

            assert_eq!(idp.put(&ana, &silent).await.shows(200)["active"], true, "{provider}");
            idp.change(&ana, &json!([{ "op": "replace", "path": "active", "value": false }])).await;
            let standing = company.standing(&name).await;
            silent["title"] = json!("Retired");
            let shown = idp.put(&ana, &silent).await.shows(200);
            assert_eq!((&shown["active"], &shown["title"]), (&json!(false), &json!("Retired")), "{provider}");
            assert_eq!(company.standing(&name).await, standing, "{provider}");
            assert_eq!(idp.total(&format!("/Users?{}", filter("active eq false"))).await, 1, "{provider}");

            // Also when a PATCH has taken the attribute away: the person did not come back by it.
            idp.change(&ana, &json!([{ "op": "remove", "path": "active" }])).await;
            assert_eq!(idp.put(&ana, &silent).await.shows(200)["active"], false, "{provider}");
            silent["active"] = json!(true);
            assert_eq!(idp.put(&ana, &silent).await.shows(200)["active"], true, "{provider}");
            silent.as_object_mut().unwrap().remove("active");
        }
    })
    .await;
}
