//! Settings → People by hand: inviting, roles, suspending, removing, and their guards.

use rollcall::{
    model::{Provider, Role},
    scim_api,
};
use serde_json::json;

use crate::{browser::Browser, company::Company, requests::Ask, support::each_engine};

const ANA: &str = "ana@acme.test";

fn at(id: &rollcall::model::MembershipId, action: &str) -> String {
    format!("/w/acme/people/{id}/{action}")
}

#[tokio::test]
async fn a_person_is_invited_resent_withdrawn_and_invited_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get("/w/acme/people?dialog=invite").await.shows(200, "Invite");
        let invite = [("emails", ANA), ("role", "admin")];
        ada.post("/w/acme/people/invite", &invite).await.leads_to("/w/acme/people?tab=invitations");
        ada.get("/w/acme/people?tab=invitations").await.shows(200, "Invited ana@acme.test");
        assert_eq!(
            company.standing(ANA).await,
            "invited manual admin, invitation pending, mail queued, 0 sessions"
        );

        let id = company.id_of(ANA).await;
        ada.post(&at(&id, "resend"), &[]).await.leads_to("/w/acme/people?tab=invitations");
        assert_eq!(
            company.standing(ANA).await,
            "invited manual admin, invitation pending, mail cancelled+queued, 0 sessions"
        );
        ada.post(&at(&id, "revoke"), &[]).await.leads_to("/w/acme/people?tab=invitations");
        ada.get("/w/acme/people").await.shows(200, "The invitation of ana is revoked");
        assert_eq!(
            company.standing(ANA).await,
            "removed manual admin, invitation revoked, mail cancelled+cancelled, 0 sessions"
        );
        ada.post("/w/acme/people/invite", &[("emails", ANA), ("role", "viewer")]).await.has_status(303);
        assert_eq!(
            company.standing(ANA).await,
            "invited manual viewer, invitation pending, mail queued, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn several_addresses_are_told_apart() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let emails = "ana@acme.test, ADA@acme.test;nonsense\nana@acme.test";
        let page = ada.post("/w/acme/people/invite", &[("emails", emails), ("role", "member")]).await;
        page.shows(422, "nonsense");
        assert!(company.standing(ANA).await.starts_with("invited manual member"));
        assert!(company.standing("ada@acme.test").await.starts_with("active manual owner"));

        for (emails, role) in
            [("", "member"), (" ,; ", "member"), ("bo@acme.test", "emperor"), ("bo@acme.test", "")]
        {
            ada.post("/w/acme/people/invite", &[("emails", emails), ("role", role)]).await.has_status(422);
        }
        assert_eq!(company.standing("bo@acme.test").await, "nobody");
    })
    .await;
}

/// The last letter of ΝΙΚΟΣ is another one in small letters at the end of a word, and the same address has one key.
#[tokio::test]
async fn an_address_is_the_same_in_any_case() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let invite = async |email: &str| {
            ada.post("/w/acme/people/invite", &[("emails", email), ("role", "member")]).await
        };
        invite("ΝΙΚΟΣ@acme.test").await.leads_to("/w/acme/people?tab=invitations");
        for email in ["ΝΙΚΟΣ@acme.test", "νικοσ@acme.test"] {
            invite(email).await.shows(422, "Already invited");
        }
        let mailed = "SELECT recipient FROM outbox WHERE recipient_key = $1";
        let key = company.membership("ΝΙΚΟΣ@acme.test").await.email_key;
        assert_eq!(company.look(mailed, &key).await, ["ΝΙΚΟΣ@acme.test"]);
        ada.get("/w/acme/people?tab=invitations&q=%CE%9D%CE%99%CE%9A%CE%9F%CE%A3")
            .await
            .shows(200, "ΝΙΚΟΣ@acme.test");
    })
    .await;
}

#[tokio::test]
async fn a_double_click_on_invite_makes_one_invitation() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let fields = [("emails", ANA), ("role", "member")];
        let (one, two) = futures::join!(
            ada.post("/w/acme/people/invite", &fields),
            ada.post("/w/acme/people/invite", &fields)
        );
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 422], "{} {}", one.words(), two.words());
        assert_eq!(
            company.standing(ANA).await,
            "invited manual member, invitation pending, mail queued, 0 sessions"
        );
    })
    .await;
}

#[tokio::test]
async fn roles_are_changed_with_effect_on_the_next_request() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let ana = Browser::signed_in(&company, Role::Viewer).await;
        let id = company.id_of("viewer@acme.test").await;
        ana.get("/w/acme/people").await.shows(403, "Viewers do not see the list of people.");
        ada.post(&at(&id, "role"), &[("role", "admin")]).await.leads_to("/w/acme/people");
        ada.get("/w/acme/people").await.shows(200, "is now Admin");
        ana.get("/w/acme/people?dialog=invite").await.shows(200, "Invite");
        ada.post(&at(&id, "role"), &[("role", "viewer")]).await.has_status(303);
        ana.get("/w/acme/people").await.has_status(403);
    })
    .await;
}

#[tokio::test]
async fn the_last_owner_and_oneself_are_guarded() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let id = company.id_of("ada@acme.test").await;
        for (action, fields, words) in [
            ("role", vec![("role", "admin")], "This is the last active owner."),
            ("suspend", vec![], "You cannot suspend yourself."),
            ("remove", vec![], "You cannot remove yourself."),
        ] {
            ada.post(&at(&id, action), &fields).await.has_status(303);
            ada.get("/w/acme/people").await.shows(200, words);
        }
        assert!(company.standing("ada@acme.test").await.starts_with("active manual owner"));
    })
    .await;
}

#[tokio::test]
async fn a_suspended_person_is_out_at_once_and_back_by_hand() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let ana = Browser::signed_in(&company, Role::Member).await;
        let id = company.id_of("member@acme.test").await;
        ana.get("/w/acme").await.has_status(200);
        ada.post(&at(&id, "suspend"), &[]).await.has_status(303);
        ana.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        ana.signs_in("member@acme.test", crate::company::PASSWORD)
            .await
            .shows(422, "was removed by an admin on");
        ada.get("/w/acme/people?tab=suspended").await.shows(200, "member@acme.test");

        ada.post(&at(&id, "reinstate"), &[]).await.leads_to("/w/acme/people?tab=suspended");
        ana.signs_in("member@acme.test", crate::company::PASSWORD).await.leads_to("/");
        ana.get("/w/acme").await.has_status(200);

        ada.post(&at(&id, "remove"), &[]).await.has_status(303);
        ana.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        assert!(company.standing("member@acme.test").await.starts_with("removed"));
        for action in ["suspend", "remove", "reinstate", "resend", "revoke", "role"] {
            let answer = ada.post(&at(&id, action), &[("role", "member")]).await;
            assert!(matches!(answer.status.as_u16(), 303 | 404), "{action}: {}", answer.status);
        }
        assert!(company.standing("member@acme.test").await.starts_with("removed"));
    })
    .await;
}

/// A suspension that was put off is carried out by someone who makes another owner: it is still the directory's word.
#[tokio::test]
async fn the_directory_says_inactive_whoever_carried_it_out() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, token) = company.directory(Provider::Okta).await;
        let scim = scim_api::router(&company.rollcall);
        let users = format!("/scim/v2/{}/Users", directory.id);
        let ask = |method: &str, path: &str| {
            Ask::new(method, path).header("authorization", &format!("Bearer {}", token.reveal()))
        };
        let body = json!({ "userName": ANA, "emails": [{ "value": ANA, "type": "work" }] });
        let user = ask("POST", &users).scim(&body).to(&scim).await.has_status(201).json();
        company.accepts(ANA).await;
        company.promotes(ANA, Role::Owner).await;
        company.promotes("ada@acme.test", Role::Admin).await;
        let id = user["id"].as_str().unwrap();
        let off = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
            "Operations": [{ "op": "replace", "path": "active", "value": false }],
        });
        ask("PATCH", &format!("{users}/{id}")).scim(&off).to(&scim).await.has_status(200);

        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get("/w/acme/people").await.shows(200, "inactive");
        // Ana makes Ada an owner, and loses access by it.
        let ana = Browser::of(&company, ANA).await;
        let ada_id = company.id_of("ada@acme.test").await;
        ana.post(&at(&ada_id, "role"), &[("role", "owner")]).await.has_status(303);
        let page = ada.get("/w/acme/people?tab=suspended").await;
        page.shows(200, "Okta says inactive. Activate the person there.");

        let invite = [("emails", ANA), ("role", "member")];
        let page = ada.post("/w/acme/people/invite", &invite).await;
        page.shows(422, "The directory took the access away.");
    })
    .await;
}

#[tokio::test]
async fn people_are_searched_and_paged() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let addresses: Vec<String> = (0..60).map(|n| format!("person{n:02}@acme.test")).collect();
        company.invites(&addresses.join(" "), Role::Member).await;
        company.invites("100%real_name@acme.test", Role::Viewer).await;
        let shown = async |query: &str| {
            let page = ada.get(&format!("/w/acme/people{query}")).await;
            page.has_status(200);
            let words = page.words();
            addresses.iter().filter(|address| words.contains(address.as_str())).count()
        };
        let (first, second) = (shown("").await, shown("?page=2").await);
        assert_eq!((first + second, first > second), (60, true), "{first} and {second}");
        assert_eq!(shown("?page=99999").await, second, "the last page stands for those behind it");
        assert_eq!(shown("?q=person1").await, 10);
        assert_eq!(shown("?q=PERSON07").await, 1);
        assert_eq!(shown("?q=%25").await, 0, "a percent sign is a letter");
        ada.get("/w/acme/people?q=%25real_").await.shows(200, "100%real_name@acme.test");
        ada.get("/w/acme/people?q=nobody").await.shows(200, "nobody");
        assert_eq!(shown("?role=viewer").await, 0);
        assert_eq!(shown("?tab=suspended").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_search_that_finds_nobody_names_the_tab_that_has_them() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        Browser::signed_in(&company, Role::Member).await;
        let id = company.id_of("member@acme.test").await;
        ada.post(&at(&id, "suspend"), &[]).await.has_status(303);
        ada.get("/w/acme/people?q=member@acme").await.shows(200, "Nobody in Members matches");
        ada.get("/w/acme/people?q=member@acme").await.shows(200, "1 in Suspended");
        ada.get("/w/acme/people?q=member@acme&tab=suspended").await.shows(200, "member@acme.test");
        ada.get("/w/acme/people?q=nobody").await.shows(200, "Nobody matches “nobody”");
    })
    .await;
}

#[tokio::test]
async fn who_has_not_joined_is_not_called_a_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.post("/w/acme/people/invite", &[("emails", ANA), ("role", "member")]).await.has_status(303);
        let detail = |id| format!("/w/acme/people?dialog=member&member={id}");
        let page = ada.get(&detail(company.id_of(ANA).await)).await;
        page.shows(200, "Invited, has not joined");
        assert!(!page.words().contains("Signed in"), "{}", page.words());
        ada.get(&detail(company.id_of("ada@acme.test").await)).await.shows(200, "Member of this workspace");
    })
    .await;
}

#[tokio::test]
async fn only_the_answer_to_a_refused_form_takes_another_address() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let refused = ada.post("/w/acme/people/invite", &[("emails", "nobody"), ("role", "member")]).await;
        assert!(refused.has_status(422).text().contains(" data-refused"));
        assert!(!ada.get("/w/acme/people").await.text().contains(" data-refused"));
    })
    .await;
}

#[tokio::test]
async fn tabs_hold_whom_they_count_and_who_declined_is_no_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        company.invites("ana@acme.test bo@acme.test", Role::Member).await;
        let link = format!("/invite/{}/decline", company.invitation_link(ANA).await);
        Browser::new(&company.rollcall).post(&link, &[]).await.shows(200, "You declined this invitation");
        // The directory knows Cy, and calls him inactive: he never was invited.
        let (directory, token) = company.directory(Provider::Okta).await;
        let cy = json!({
            "userName": "cy@acme.test", "active": false,
            "emails": [{ "value": "cy@acme.test", "type": "work" }],
        });
        Ask::new("POST", &format!("/scim/v2/{}/Users", directory.id))
            .header("authorization", &format!("Bearer {}", token.reveal()))
            .scim(&cy)
            .to(&scim_api::router(&company.rollcall))
            .await
            .has_status(201);

        let members = ada.get("/w/acme/people").await;
        members.shows(200, "People2").shows(200, "Members2").shows(200, "Invitations3");
        let waiting = ada.get("/w/acme/people?tab=invitations").await;
        waiting.shows(200, "declined").shows(200, "not invited");
        for (page, rows, whom) in [
            (&members, 2, ["ada@acme.test", "bo@acme.test", "bo@acme.test"]),
            (&waiting, 3, [ANA, "bo@acme.test", "cy@acme.test"]),
        ] {
            let text = page.text();
            assert_eq!(text.matches("id=\"row-").count(), rows);
            let list = text.split("<tbody").nth(1).unwrap();
            assert!(whom.iter().all(|person| list.contains(person)), "{list}");
        }
    })
    .await;
}
