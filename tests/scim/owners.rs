//! The last owner cannot be lost (rule R4).

use rollcall::{
    model::{DirectoryUserId, OnRemoval, Provider, Role},
    people::{held, membership},
    store,
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, person},
    company::Company,
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";
const BO: &str = "bo@acme.test";

fn active(truth: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": truth }])
}

/// Ana and Bo come from the directory and are the only owners; gives their paths.
async fn two_owners(store: &TestStore) -> (Company, Caller, [String; 2]) {
    let company = Company::new(store).await;
    let idp = callers::directory(&company, Provider::Generic).await;
    let mut paths = Vec::new();
    for email in [ANA, BO] {
        let mut body = person(email);
        body["externalId"] = json!(format!("ext-{email}"));
        paths.push(format!("/Users/{}", callers::id_of(&idp.post("/Users", &body).await.shows(201))));
        company.accepts(email).await;
        company.promotes(email, Role::Owner).await;
    }
    company.promotes("ada@acme.test", Role::Member).await;
    (company, idp, paths.try_into().unwrap())
}

#[tokio::test]
async fn the_last_owner_keeps_access_but_not_the_session() {
    each_engine(async |store| {
        let (company, idp, [ana, bo]) = two_owners(&store).await;
        idp.change(&bo, &active(false)).await.shows(200);
        assert!(company.standing(BO).await.starts_with("suspended directory owner"));

        let answer = idp.change(&ana, &active(false)).await.shows(200);
        assert_eq!(answer["active"], false, "the mirror says what the directory said");
        assert_eq!(
            company.standing(ANA).await,
            "active directory owner, invitation accepted, mail cancelled, 0 sessions"
        );
        let events = company.events(company.id_of(ANA).await.as_str()).await;
        assert_eq!(events.last().map(String::as_str), Some("membership.last_owner_kept"));
    })
    .await;
}

#[tokio::test]
async fn owners_are_told_of_it_once_for_each_time() {
    each_engine(async |store| {
        let (company, idp, [ana, bo]) = two_owners(&store).await;
        let told = async || {
            company.look("SELECT recipient FROM outbox WHERE template = $1 ORDER BY id", "last_owner").await
        };
        idp.change(&bo, &active(false)).await.shows(200);
        assert!(told().await.is_empty(), "another owner is there");
        idp.change(&ana, &active(false)).await.shows(200);
        let rename = json!([{ "op": "replace", "path": "title", "value": "Founder" }]);
        idp.change(&ana, &rename).await.shows(200);
        idp.change(&ana, &active(false)).await.shows(200);
        assert_eq!(told().await, [ANA]);
        idp.change(&ana, &active(true)).await.shows(200);
        company.clock.advance(std::time::Duration::from_secs(60));
        idp.change(&ana, &active(false)).await.shows(200);
        assert_eq!(told().await, [ANA, ANA]);
    })
    .await;
}

#[tokio::test]
async fn what_was_put_off_happens_when_another_owner_is_there() {
    each_engine(async |store| {
        let (company, idp, [ana, bo]) = two_owners(&store).await;
        idp.change(&bo, &active(false)).await.shows(200);
        idp.change(&ana, &active(false)).await.shows(200);

        company.promotes("ada@acme.test", Role::Owner).await;
        assert!(company.standing(ANA).await.starts_with("suspended directory owner"), "applied by itself");
        assert!(company.standing("ada@acme.test").await.starts_with("active manual owner"));
    })
    .await;
}

/// Ana was added by hand, is the only owner and linked to a person of the directory; gives the path of that person.
async fn linked_owner(store: &TestStore) -> (Company, Caller, String) {
    let company = Company::new(store).await;
    let idp = callers::directory(&company, Provider::Generic).await;
    company.adds_by_hand(ANA, Role::Owner).await;
    company.promotes("ada@acme.test", Role::Member).await;
    let id = idp.creates(ANA).await;
    held::link(&company.rollcall, &company.admin(), &idp.directory, &DirectoryUserId(id.clone()))
        .await
        .unwrap();
    (company, idp, format!("/Users/{id}"))
}

/// Whether Ana is shown as kept because there is no other owner.
async fn is_kept(company: &Company) -> bool {
    let id = company.id_of(ANA).await;
    let mut conn = company.rollcall.db.read().await.unwrap();
    store::held::is_kept_as_last_owner(&mut conn, &id).await.unwrap()
}

#[tokio::test]
async fn what_was_put_off_happens_to_a_linked_owner_too() {
    each_engine(async |store| {
        let (company, idp, ana) = linked_owner(&store).await;
        idp.change(&ana, &active(false)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("active directory_and_manual owner"));
        assert!(is_kept(&company).await);
        company.promotes("ada@acme.test", Role::Owner).await;
        assert!(company.standing(ANA).await.starts_with("suspended directory_and_manual owner"));
        assert!(!is_kept(&company).await);
        idp.change(&ana, &active(true)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("active directory_and_manual owner"));
    })
    .await;
}

#[tokio::test]
async fn what_was_put_off_happens_to_a_linked_owner_who_was_deleted() {
    each_engine(async |store| {
        let (company, idp, ana) = linked_owner(&store).await;
        idp.delete(&ana).await.is_empty();
        assert!(company.standing(ANA).await.starts_with("active directory_and_manual owner"));
        assert!(is_kept(&company).await);
        company.promotes("ada@acme.test", Role::Owner).await;
        assert!(company.standing(ANA).await.starts_with("suspended directory_and_manual owner"));
    })
    .await;
}

#[tokio::test]
async fn a_linked_owner_who_was_brought_back_by_hand_stays() {
    each_engine(async |store| {
        let (company, idp, ana) = linked_owner(&store).await;
        idp.change(&ana, &active(false)).await.shows(200);
        company.promotes("ada@acme.test", Role::Owner).await;
        let id = company.id_of(ANA).await;
        membership::reinstate(&company.rollcall, &company.admin(), &id).await.unwrap();
        company.adds_by_hand(BO, Role::Owner).await;
        assert!(company.standing(ANA).await.starts_with("active directory_and_manual owner"));
        assert!(!is_kept(&company).await);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_put_off_for_a_directory_that_was_removed() {
    each_engine(async |store| {
        let (company, idp, ana) = linked_owner(&store).await;
        idp.change(&ana, &active(false)).await.shows(200);
        company.remove_directory(&idp.directory, OnRemoval::Keep).await;
        assert!(!is_kept(&company).await);
        company.promotes("ada@acme.test", Role::Owner).await;
        assert!(company.standing(ANA).await.starts_with("active manual owner"));
    })
    .await;
}

#[tokio::test]
async fn an_owner_brought_back_by_the_directory_relieves_the_kept_one() {
    each_engine(async |store| {
        let (company, idp, [ana, bo]) = two_owners(&store).await;
        idp.change(&bo, &active(false)).await.shows(200);
        idp.change(&ana, &active(false)).await.shows(200);
        idp.change(&bo, &active(true)).await.shows(200);
        assert!(company.standing(BO).await.starts_with("active directory owner"));
        assert!(company.standing(ANA).await.starts_with("suspended directory owner"));
    })
    .await;
}

#[tokio::test]
async fn a_kept_owner_whom_the_directory_calls_active_again_stays() {
    each_engine(async |store| {
        let (company, idp, [ana, bo]) = two_owners(&store).await;
        idp.change(&bo, &active(false)).await.shows(200);
        idp.change(&ana, &active(false)).await.shows(200);
        idp.change(&ana, &active(true)).await.shows(200);
        company.promotes("ada@acme.test", Role::Owner).await;
        assert!(company.standing(ANA).await.starts_with("active directory owner"));
    })
    .await;
}

#[tokio::test]
async fn the_last_owner_outlives_a_delete_and_is_known_again() {
    each_engine(async |store| {
        let (company, idp, [ana, bo]) = two_owners(&store).await;
        idp.delete(&bo).await.is_empty();
        assert!(company.standing(BO).await.starts_with("removed"));
        idp.delete(&ana).await.is_empty();
        assert!(company.standing(ANA).await.starts_with("active directory owner"));

        let mut body = person(ANA);
        body["externalId"] = json!("ext-ana@acme.test");
        let again = format!("/Users/{}", callers::id_of(&idp.post("/Users", &body).await.shows(201)));
        company.promotes("ada@acme.test", Role::Owner).await;
        assert!(
            company.standing(ANA).await.starts_with("active directory owner"),
            "the directory vouches for the owner again"
        );
        idp.change(&again, &active(false)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("suspended"), "and is heard again");
    })
    .await;
}

#[tokio::test]
async fn a_deleted_last_owner_goes_when_another_is_there() {
    each_engine(async |store| {
        let (company, idp, [ana, bo]) = two_owners(&store).await;
        idp.delete(&bo).await.is_empty();
        idp.delete(&ana).await.is_empty();
        company.promotes("ada@acme.test", Role::Owner).await;
        let standing = company.standing(ANA).await;
        assert!(!standing.starts_with("active"), "{standing}");
    })
    .await;
}

#[tokio::test]
async fn an_admin_cannot_take_the_last_owner_away_either() {
    each_engine(async |store| {
        let (company, idp, [_, bo]) = two_owners(&store).await;
        idp.change(&bo, &active(false)).await.shows(200);
        let id = company.id_of(ANA).await;
        assert!(membership::suspend(&company.rollcall, &company.admin(), &id).await.is_err());
        assert!(membership::remove(&company.rollcall, &company.admin(), &id).await.is_err());
        assert!(
            membership::change_role(&company.rollcall, &company.admin(), &id, Role::Admin).await.is_err()
        );
        assert!(company.standing(ANA).await.starts_with("active directory owner"));
    })
    .await;
}

#[tokio::test]
async fn removing_the_directory_keeps_the_last_owner() {
    for choice in [OnRemoval::Suspend, OnRemoval::Remove] {
        each_engine(async |store| {
            let (company, idp, _) = two_owners(&store).await;
            company.remove_directory(&idp.directory, choice).await;
            let standings = [company.standing(ANA).await, company.standing(BO).await];
            let kept =
                standings.iter().filter(|standing| standing.starts_with("active manual owner")).count();
            assert_eq!(kept, 1, "{choice:?}: {standings:?}");
        })
        .await;
    }
}
