//! People who come back under another record, and addresses that go from one to another: each as it once went wrong.

use rollcall::{
    directory::role_mapping,
    model::{MembershipStatus, Provider, Role},
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, person},
    company::Company,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";
const BO: &str = "bo@acme.test";

fn known_as(external_id: &str, user_name: &str, email: &str) -> Value {
    let mut person = person(user_name);
    person["externalId"] = json!(external_id);
    person["emails"] = json!([{ "value": email, "type": "work", "primary": true }]);
    person
}

fn set(path: &str, value: impl Into<Value>) -> Value {
    json!([{ "op": "replace", "path": path, "value": value.into() }])
}

/// Creates a person; gives their path.
async fn create(idp: &Caller, person: &Value) -> String {
    format!("/Users/{}", callers::id_of(&idp.post("/Users", person).await.shows(201)))
}

/// The templates of the mails about someone's membership, and to whom.
async fn mails(company: &Company, email: &str) -> Vec<String> {
    let id = company.id_of(email).await;
    let sql = "SELECT template || ' to ' || recipient FROM outbox WHERE subject_id = $1 ORDER BY id";
    company.look(sql, id.as_str()).await
}

#[tokio::test]
async fn what_is_left_of_the_old_record_says_nothing_of_a_member_who_came_back() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let old = create(&idp, &known_as("7", "ana.old", ANA)).await;
        let account = company.accepts(ANA).await;
        idp.change(&old, &set("active", false)).await.shows(200);
        let new = create(&idp, &known_as("7", "ana.new", ANA)).await;
        company.signs_in(&account).await;
        let (standing, name) = (company.standing(ANA).await, company.membership(ANA).await.name);
        assert!(
            standing.starts_with("active directory member") && standing.ends_with("1 session"),
            "{standing}"
        );
        let archived = json!([
            { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "archive@acme.test" },
            { "op": "replace", "path": "displayName", "value": "zz archived" },
        ]);
        idp.change(&old, &archived).await.shows(200);
        idp.change(&new, &set("title", "Engineer")).await.shows(200);
        idp.delete(&old).await.has_status(204);
        assert_eq!(company.standing(ANA).await, standing);
        assert_eq!(company.membership(ANA).await.name, name);
        assert_eq!(company.find("archive@acme.test").await, None);
    })
    .await;
}

#[tokio::test]
async fn an_address_that_went_to_another_person_lets_its_first_owner_in_only_by_invitation() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        let first = create(&idp, &known_as("1", "ana.first", ANA)).await;
        company.accepts(ANA).await;
        idp.change(&first, &set("active", false)).await.shows(200);
        create(&idp, &known_as("2", "ana.second", ANA)).await;
        let standing = company.standing(ANA).await;
        assert!(standing.starts_with("invited directory member, invitation pending"), "{standing}");
        company.accepts(ANA).await;
        assert_eq!(company.membership(ANA).await.status, MembershipStatus::Active);
    })
    .await;
}

#[tokio::test]
async fn whoever_was_moved_and_deleted_joins_again_under_the_first_address() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        let ana = create(&idp, &known_as("1", ANA, ANA)).await;
        company.accepts(ANA).await;
        idp.change(&ana, &set("emails[type eq \"work\"].value", "ana2@acme.test")).await.shows(200);
        idp.delete(&ana).await.has_status(204);
        create(&idp, &known_as("2", ANA, ANA)).await;
        company.accepts(ANA).await;
        let standing = company.standing(ANA).await;
        assert!(standing.starts_with("active directory member, invitation accepted"), "{standing}");
        assert_eq!(
            company.membership("ana2@acme.test").await.account_id,
            None,
            "the account joined the other"
        );
    })
    .await;
}

#[tokio::test]
async fn the_address_of_a_removed_person_can_be_given_to_another() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        for accepted in [true, false] {
            let gone = create(&idp, &known_as("1", BO, BO)).await;
            idp.delete(&gone).await.has_status(204);
            let ana = create(&idp, &known_as("2", ANA, ANA)).await;
            if accepted {
                company.accepts(ANA).await;
            }
            idp.change(&ana, &set("emails[type eq \"work\"].value", BO)).await.shows(200);
            let standing = company.standing(BO).await;
            let expected = match accepted {
                true => "active directory member, invitation accepted, mail cancelled, 0 sessions",
                false => "invited directory member, invitation pending",
            };
            assert!(standing.starts_with(expected), "{standing}");
            assert_eq!(company.find(ANA).await, None);
            idp.delete(&ana).await.has_status(204);
        }
    })
    .await;
}

#[tokio::test]
async fn a_role_comes_from_the_groups_of_the_record_that_is_active() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        role_mapping::map(&company.rollcall, &company.admin(), &idp.directory, "Admins", Role::Admin)
            .await
            .unwrap();
        let old = create(&idp, &known_as("1", "ana.old", ANA)).await;
        company.accepts(ANA).await;
        idp.creates_group("Admins", &[old.trim_start_matches("/Users/")]).await;
        assert!(company.standing(ANA).await.starts_with("active directory admin"));
        idp.change(&old, &set("active", false)).await.shows(200);
        let new = create(&idp, &known_as("1", "ana.new", ANA)).await;
        assert!(company.standing(ANA).await.starts_with("active directory member"));
        idp.change(&new, &set("active", false)).await.shows(200);
        idp.change(&old, &set("active", true)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("active directory admin"));
    })
    .await;
}

#[tokio::test]
async fn an_address_is_not_changed_unseen_while_its_member_is_suspended() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = create(&idp, &known_as("1", ANA, ANA)).await;
        company.accepts(ANA).await;
        idp.change(&ana, &set("active", false)).await.shows(200);
        idp.change(&ana, &set("emails[type eq \"work\"].value", BO)).await.shows(200);
        idp.change(&ana, &set("active", true)).await.shows(200);
        let id = company.id_of(BO).await;
        let events = company.events(id.as_str()).await;
        assert!(events.contains(&"membership.address_changed".to_owned()), "{events:?}");
        let mails = mails(&company, BO).await;
        for told in [ANA, BO] {
            assert!(mails.contains(&format!("directory_email_changed to {told}")), "{mails:?}");
        }
    })
    .await;
}
