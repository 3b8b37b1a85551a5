//! What happens at the edges of a person's way in and out, each as it once went wrong somewhere.

use std::time::Duration;

use rollcall::{
    directory::{administration::Farewell, role_mapping},
    model::{DirectoryUserId, Provider, Role, SuspendedBy},
    people::{
        held,
        invitation::{self, InviteOutcome},
    },
};
use serde_json::{Value, json};

use crate::{
    callers::{self, person},
    company::Company,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

fn active(truth: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": truth }])
}

#[tokio::test]
async fn a_directory_removed_in_the_middle_of_a_cycle_answers_401_and_changes_nobody() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        company.remove_directory(&idp.directory, Farewell::Keep).await;
        let before = company.standing(ANA).await;
        for answer in [
            idp.change(&ana, &active(false)).await,
            idp.delete(&ana).await,
            idp.post("/Users", &person("bo@acme.test")).await,
            idp.get("/Users").await,
        ] {
            answer.refuses(401, "");
        }
        assert_eq!(company.standing(ANA).await, before);
        assert_eq!(company.standing("bo@acme.test").await, "nobody");
    })
    .await;
}

#[tokio::test]
async fn inviting_whom_the_directory_suspended_is_explained_and_never_raises_the_role() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        // Once as someone who never accepted, once as a member.
        for accepted in [false, true] {
            if accepted {
                company.accepts(ANA).await;
            }
            idp.change(&ana, &active(false)).await.shows(200);
            let before = company.standing(ANA).await;
            let results = company.invites(ANA, Role::Admin).await;
            assert_eq!(results[0].outcome, InviteOutcome::Suspended(SuspendedBy::Directory));
            assert_eq!(company.standing(ANA).await, before, "no success is feigned");
            idp.change(&ana, &active(true)).await.shows(200);
            assert_eq!(company.membership(ANA).await.role, Role::Member);
        }
    })
    .await;
}

#[tokio::test]
async fn an_invitation_by_hand_of_a_deleted_person_is_not_mixed_with_the_directorys() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        idp.delete(&ana).await.is_empty();
        company.invites(ANA, Role::Viewer).await;
        let by_hand = company.standing(ANA).await;
        assert!(by_hand.starts_with("invited manual viewer"), "{by_hand}");
        // The directory names her again: the invitation by hand stands, with its role, and she is held as a conflict.
        let ana = idp.creates(ANA).await;
        assert_eq!(company.standing(ANA).await, by_hand);
        company.accepts(ANA).await;
        let id = DirectoryUserId(ana);
        held::link(&company.rollcall, &company.admin(), &idp.directory, &id).await.unwrap();
        assert!(company.standing(ANA).await.starts_with("active directory_and_manual viewer"));
    })
    .await;
}

#[tokio::test]
async fn after_a_withdrawn_or_expired_invitation_only_a_new_beginning_invites_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        for expired in [false, true] {
            let ana = format!("/Users/{}", idp.creates(ANA).await);
            let first = company.invitation(ANA).await.id;
            if expired {
                company.clock.advance(Duration::from_secs(15 * 24 * 3600));
                invitation::expire_overdue(&company.rollcall).await.unwrap();
            } else {
                let id = company.id_of(ANA).await;
                invitation::revoke(&company.rollcall, &company.admin(), &id).await.unwrap();
            }
            for truth in [false, true] {
                idp.change(&ana, &active(truth)).await.shows(200);
                assert!(company.standing(ANA).await.starts_with("provisioned directory member"), "{truth}");
            }
            idp.delete(&ana).await.is_empty();
            let ana = format!("/Users/{}", idp.creates(ANA).await);
            assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
            assert_ne!(company.invitation(ANA).await.id, first);
            idp.delete(&ana).await.is_empty();
        }
    })
    .await;
}

#[tokio::test]
async fn an_owner_adopted_by_the_directory_stays_an_owner_whatever_a_group_says() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.adds_by_hand(ANA, Role::Owner).await;
        let ana = idp.creates(ANA).await;
        role_mapping::map(&company.rollcall, &company.admin(), &idp.directory, "Guests", Role::Viewer)
            .await
            .unwrap();
        let id = DirectoryUserId(ana.clone());
        held::link(&company.rollcall, &company.admin(), &idp.directory, &id).await.unwrap();
        idp.creates_group("Guests", &[&ana]).await;
        assert_eq!(company.membership(ANA).await.role, Role::Owner);
        company.promotes(ANA, Role::Admin).await;
        assert_eq!(company.membership(ANA).await.role, Role::Viewer, "no owner any more: the group decides");
    })
    .await;
}
