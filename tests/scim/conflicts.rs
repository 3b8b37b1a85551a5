//! Whoever is held because another record or member has their address comes in when that address is free.

use std::time::Duration;

use rollcall::{
    jobs,
    model::{HeldReason, OnRemoval, Provider, Role},
    people::{invitation, membership, profile},
    secret::Secret,
    store::account_links::{LinkPurpose, NewLink},
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, person},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";
const MOVED: &str = "ana.b@acme.test";

/// Creates a person with this login and address; gives the path.
async fn creates(idp: &Caller, login: &str, email: &str) -> String {
    let mut body = person(email);
    body["userName"] = json!(login);
    body["externalId"] = json!(format!("of {login}"));
    format!("/Users/{}", callers::id_of(&idp.post("/Users", &body).await.shows(201)))
}

fn active(truth: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": truth }])
}

fn moved_to(email: &str) -> Value {
    json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": email }])
}

/// The logins of those who are held, all because of another who has their address.
async fn waiting(company: &Company, idp: &Caller) -> Vec<String> {
    let held = company.held(idp).await;
    assert!(held.iter().all(|(_, reason)| *reason == HeldReason::Conflict), "{held:?}");
    held.into_iter().map(|(login, _)| login).collect()
}

/// Ana came by the record `old`, has accepted, and `new` is held because of her; gives the path of `old`.
async fn two_records(store: &TestStore) -> (Company, Caller, String) {
    let company = Company::new(store).await;
    let idp = callers::directory(&company, Provider::Okta).await;
    let old = creates(&idp, "old", ANA).await;
    company.accepts(ANA).await;
    creates(&idp, "new", ANA).await;
    assert_eq!(waiting(&company, &idp).await, ["new"]);
    (company, idp, old)
}

#[tokio::test]
async fn a_deleted_record_makes_room_for_the_other() {
    each_engine(async |store| {
        let (company, idp, old) = two_records(&store).await;
        idp.delete(&old).await.is_empty();
        jobs::run_chores(&company.rollcall).await;
        assert!(waiting(&company, &idp).await.is_empty());
        assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
    })
    .await;
}

/// By the identity provider's own id the other record is of the same person, who is a member again, or may be of another
/// one, who is invited.
#[tokio::test]
async fn a_deactivated_record_hands_its_member_over() {
    for (external_id, standing) in
        [("of old", "active directory member"), ("other", "invited directory member")]
    {
        each_engine(async |store| {
            let company = Company::new(&store).await;
            let idp = callers::directory(&company, Provider::Okta).await;
            let old = creates(&idp, "old", ANA).await;
            company.accepts(ANA).await;
            let member = company.id_of(ANA).await;
            let mut body = person(ANA);
            body["userName"] = json!("new");
            body["externalId"] = json!(external_id);
            idp.post("/Users", &body).await.shows(201);
            assert_eq!(waiting(&company, &idp).await, ["new"]);
            idp.change(&old, &active(false)).await.shows(200);
            assert!(company.standing(ANA).await.starts_with("suspended directory member"));
            jobs::run_chores(&company.rollcall).await;
            assert!(waiting(&company, &idp).await.is_empty());
            let now = company.standing(ANA).await;
            assert!(now.starts_with(standing), "{external_id}: {now}");
            assert_eq!(company.id_of(ANA).await, member);
        })
        .await;
    }
}

#[tokio::test]
async fn a_last_owner_whose_record_is_gone_is_vouched_for_by_the_other() {
    for gone in [true, false] {
        each_engine(async |store| {
            let (company, idp, old) = two_records(&store).await;
            company.promotes(ANA, Role::Owner).await;
            company.promotes("ada@acme.test", Role::Member).await;
            if gone {
                idp.delete(&old).await.is_empty();
            } else {
                idp.change(&old, &active(false)).await.shows(200);
            }
            jobs::run_chores(&company.rollcall).await;
            assert!(waiting(&company, &idp).await.is_empty());
            company.promotes("ada@acme.test", Role::Owner).await;
            assert!(company.standing(ANA).await.starts_with("active directory owner"));
        })
        .await;
    }
}

#[tokio::test]
async fn a_record_with_a_new_address_leaves_the_old_one_to_the_other() {
    each_engine(async |store| {
        let (company, idp, old) = two_records(&store).await;
        idp.change(&old, &moved_to(MOVED)).await.shows(200);
        jobs::run_chores(&company.rollcall).await;
        assert!(waiting(&company, &idp).await.is_empty());
        assert!(company.standing(MOVED).await.starts_with("active directory member"));
        assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
    })
    .await;
}

#[tokio::test]
async fn a_member_gets_the_new_address_once_nobody_else_has_it() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let first = creates(&idp, "first", ANA).await;
        let second = creates(&idp, "second", "bo@acme.test").await;
        company.accepts("bo@acme.test").await;
        let member = company.id_of("bo@acme.test").await;
        idp.change(&second, &moved_to(ANA)).await.shows(200);
        assert_eq!(waiting(&company, &idp).await, ["second"]);
        idp.change(&first, &moved_to(MOVED)).await.shows(200);
        jobs::run_chores(&company.rollcall).await;
        assert!(waiting(&company, &idp).await.is_empty());
        assert_eq!(company.id_of(ANA).await, member);
    })
    .await;
}

#[tokio::test]
async fn one_of_many_gets_the_address_and_the_others_wait_on() {
    each_engine(async |store| {
        let (company, idp, old) = two_records(&store).await;
        for login in ["third", "fourth"] {
            creates(&idp, login, ANA).await;
        }
        idp.delete(&old).await.is_empty();
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(waiting(&company, &idp).await.len(), 2);
        assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
    })
    .await;
}

#[tokio::test]
async fn what_one_directory_frees_another_of_the_workspace_may_take() {
    each_engine(async |store| {
        let (company, okta, old) = two_records(&store).await;
        let entra = callers::directory(&company, Provider::Entra).await;
        creates(&entra, "there", ANA).await;
        okta.change(&old, &active(false)).await.shows(200);
        jobs::run_chores(&company.rollcall).await;
        assert!(waiting(&company, &okta).await.is_empty());
        assert_eq!(waiting(&company, &entra).await, ["there"], "it does not vouch for this member");

        company.remove_directory(&okta.directory, OnRemoval::Remove).await;
        jobs::run_chores(&company.rollcall).await;
        assert!(waiting(&company, &entra).await.is_empty());
        assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
    })
    .await;
}

/// What frees the address of someone who is a member, or was invited, by hand.
#[tokio::test]
async fn members_by_hand_leave_their_address_in_many_ways() {
    for way in ["removed", "declined", "revoked", "expired", "moved"] {
        each_engine(async |store| {
            let company = Company::new(&store).await;
            let idp = callers::directory(&company, Provider::Okta).await;
            if matches!(way, "removed" | "moved") {
                company.adds_by_hand(ANA, Role::Member).await;
            } else {
                company.invites(ANA, Role::Member).await;
            }
            creates(&idp, "new", ANA).await;
            assert_eq!(waiting(&company, &idp).await, ["new"], "{way}");
            let id = company.id_of(ANA).await;
            match way {
                "removed" => {
                    membership::remove(&company.rollcall, &company.admin(), &id).await.unwrap();
                }
                "declined" => {
                    let link = company.invitation_link(ANA).await;
                    invitation::decline(&company.rollcall, &link).await.unwrap();
                }
                "revoked" => {
                    invitation::revoke(&company.rollcall, &company.admin(), &id).await.unwrap();
                }
                "expired" => company.clock.advance(Duration::from_secs(15 * 24 * 3600)),
                _ => moves_by_own_hand(&company, ANA, MOVED).await,
            }
            jobs::run_chores(&company.rollcall).await;
            assert!(waiting(&company, &idp).await.is_empty(), "{way}");
            let standing = company.standing(ANA).await;
            assert!(
                standing.starts_with("invited directory member, invitation pending"),
                "{way}: {standing}"
            );
        })
        .await;
    }
}

/// A person follows a link that gives their account another address.
async fn moves_by_own_hand(company: &Company, from: &str, to: &str) {
    let account = company.membership(from).await.account_id.unwrap();
    let token = Secret::generate(&company.clock, "").unwrap();
    let now = company.clock.now();
    let link = NewLink {
        token_hash: &token.hash(),
        purpose: LinkPurpose::ChangeEmail,
        account: Some(&account),
        email: Some(to),
        mail: None,
        created_at: now,
        expires_at: now.plus(Duration::from_secs(60)),
    };
    let mut tx = company.rollcall.db.write().await.unwrap();
    rollcall::store::account_links::want_address(&mut tx, &account, to, now).await.unwrap();
    rollcall::store::account_links::insert(&mut tx, &link).await.unwrap();
    tx.commit().await.unwrap();
    profile::confirm_email(&company.rollcall, token.reveal(), None).await.unwrap();
}
