//! Declining, asking for another invitation, and what admins see of either.

use std::time::Duration;

use rollcall::{
    jobs::Worker,
    mail::Transport,
    model::{Provider, Role},
    people::{invitation, workspace},
    scim_api,
};
use serde_json::json;

use crate::{
    browser::{Browser, form},
    company::{Company, PASSWORD},
    requests::Ask,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";
const BO: &str = "bo@acme.test";
const INVITATIONS: &str = "/w/acme/people?tab=invitations";
const LIFE: Duration = Duration::from_secs(14 * 24 * 3600);
const MINUTE: Duration = Duration::from_secs(61);

/// Ada, signed in, invites this person on the page.
async fn ada_invites(company: &Company, email: &str) -> Browser {
    let ada = Browser::of(company, "ada@acme.test").await;
    let fields = [("emails", email), ("role", "member"), ("language", "")];
    ada.post("/w/acme/people/invite", &fields).await.leads_to(INVITATIONS);
    ada
}

async fn link(company: &Company, email: &str) -> String {
    format!("/invite/{}", company.invitation_link(email).await)
}

async fn fills_up(company: &Company) {
    workspace::update(&company.rollcall, &company.admin(), "Acme", Ok(Some(1)), "en").await.unwrap();
}

async fn expires(company: &Company) {
    company.clock.advance(LIFE);
    invitation::expire_overdue(&company.rollcall).await.unwrap();
}

#[tokio::test]
async fn an_invitation_can_be_declined_though_no_seat_is_free_or_another_account_is_signed_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        for email in [ANA, BO, "cy@acme.test"] {
            company.invites(email, Role::Member).await;
        }
        fills_up(&company).await;
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link(&company, ANA).await)
            .await
            .shows(409, "Acme has no free seat")
            .shows(409, "Decline");
        ana.post("/invite/decline", &[]).await.shows(200, "You declined this invitation");
        assert!(company.standing(ANA).await.contains("invitation declined"));

        let told = "SELECT id FROM outbox WHERE template = $1";
        let before = company.look(told, "seat_limit_reached").await.len();
        let one_click =
            form(&format!("{}/decline", link(&company, BO).await), &[("List-Unsubscribe", "One-Click")]);
        Browser::new(&company.rollcall).send(one_click).await.has_status(200);
        assert!(company.standing(BO).await.contains("invitation declined"));
        assert_eq!(
            company.look(told, "seat_limit_reached").await.len(),
            before,
            "who declines wants no seat"
        );

        workspace::update(&company.rollcall, &company.admin(), "Acme", Ok(None), "en").await.unwrap();
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.visits(&link(&company, "cy@acme.test").await)
            .await
            .shows(200, "You are signed in as")
            .shows(200, "Decline");
        ada.post("/invite/decline", &[]).await.shows(200, "You declined this invitation");
    })
    .await;
}

#[tokio::test]
async fn who_invited_is_told_of_a_decline_and_can_invite_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = ada_invites(&company, ANA).await;
        let page = link(&company, ANA).await;
        let ana = Browser::new(&company.rollcall);
        ana.visits(&page).await;
        ana.post("/invite/decline", &[]).await.has_status(200);
        let transport = Transport::Mailbox(company.rollcall.db.clone());
        Worker::new(company.rollcall.clone(), transport).run_due().await;
        let sql = "SELECT subject || ': ' || text_part FROM mailbox WHERE recipient = $1";
        let mails = company.look(sql, "ada@acme.test").await;
        assert_eq!(mails.len(), 1);
        assert!(mails[0].starts_with("ana@acme.test declined to join Acme"), "{}", mails[0]);
        assert!(mails[0].contains("/w/acme/people?tab=invitations"), "{}", mails[0]);

        let list = ada.get(INVITATIONS).await;
        list.shows(200, "declined");
        assert!(!list.words().contains("Revoke"), "there is nothing to revoke");
        let resend = format!("/w/acme/people/{}/resend", company.id_of(ANA).await);
        ada.post(&resend, &[]).await.leads_to(INVITATIONS);
        assert!(company.standing(ANA).await.starts_with("invited manual member, invitation pending"));
        ana.get(&page).await.shows(410, "You declined this invitation");
        ana.visits(&link(&company, ANA).await).await.shows(200, "Join Acme");
    })
    .await;
}

#[tokio::test]
async fn who_was_invited_by_hand_asks_anew_as_long_as_who_invited_them_may_invite() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        ada_invites(&company, ANA).await;
        // By nobody who is known: the command line.
        company.invites(BO, Role::Member).await;
        let (ana, bo) = (link(&company, ANA).await, link(&company, BO).await);
        expires(&company).await;
        let browser = Browser::new(&company.rollcall);
        let page = browser.visits(&bo).await;
        page.shows(410, "Ask the person who invited you");
        browser.visits(&ana).await.shows(410, "It goes to ana@acme.test.");
        browser.post("/invite/renew", &[]).await.shows(200, "A new invitation is on its way");
        browser.visits(&link(&company, ANA).await).await.shows(200, "ada invites you");

        let second = link(&company, ANA).await;
        expires(&company).await;
        let revoke = "UPDATE memberships SET role = 'member' WHERE email = $1 RETURNING id";
        assert_eq!(company.look(revoke, "ada@acme.test").await.len(), 1);
        browser.visits(&second).await.shows(410, "Ask the person who invited you");
    })
    .await;
}

/// The link of a former address neither shows the new one nor sends mail there.
#[tokio::test]
async fn a_link_of_a_former_address_tells_nothing_of_the_new_one() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, token) = company.directory(Provider::Okta).await;
        let (scim, users) = (scim_api::router(&company.rollcall), format!("/scim/v2/{}/Users", directory.id));
        let bearer = format!("Bearer {}", token.reveal());
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "one", "emails": [{ "value": "one@acme.test", "type": "work" }],
        });
        let ask = Ask::new("POST", &users).header("authorization", &bearer).scim(&body);
        let user = ask.to(&scim).await.has_status(201).json()["id"].as_str().unwrap().to_owned();
        let moves = async |email: &str| {
            let operation =
                json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": email });
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation],
            });
            let ask = Ask::new("PATCH", &format!("{users}/{user}")).header("authorization", &bearer);
            ask.scim(&body).to(&scim).await.has_status(200);
        };
        let first = link(&company, "one@acme.test").await;
        moves("two@acme.test").await;
        let second = link(&company, "two@acme.test").await;
        expires(&company).await;
        let browser = Browser::new(&company.rollcall);
        let page = browser.visits(&first).await;
        page.shows(410, "There is a newer invitation");
        assert!(!page.text().contains("two@acme.test"));

        // And the address changes once more after the time was over.
        moves("three@acme.test").await;
        let page = browser.visits(&second).await;
        page.shows(410, "This invitation has expired");
        assert!(!page.text().contains("three@acme.test") && !page.words().contains("Send me a new one"));
        browser.has_cookie("invitation", second.trim_start_matches("/invite/"));
        assert_ne!(browser.post("/invite/renew", &[]).await.status.as_u16(), 200);
        assert_eq!(
            company.look("SELECT id FROM outbox WHERE recipient = $1", "three@acme.test").await.len(),
            0
        );
    })
    .await;
}

#[tokio::test]
async fn when_no_seat_is_free_for_a_new_invitation_the_admins_are_told_and_only_then_it_says_so() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        ada_invites(&company, ANA).await;
        let page = link(&company, ANA).await;
        expires(&company).await;
        let ana = Browser::new(&company.rollcall);
        ana.visits(&page).await.shows(410, "Send me a new one");
        fills_up(&company).await;
        ana.post("/invite/renew", &[]).await.shows(422, "We told the admins");
        let told = "SELECT recipient FROM outbox WHERE template = $1";
        assert_eq!(company.look(told, "seat_limit_reached").await, ["ada@acme.test"]);
        let refuse = "UPDATE outbox SET status = 'refused' WHERE template = $1 RETURNING id";
        assert_eq!(company.look(refuse, "seat_limit_reached").await.len(), 1);
        ana.post("/invite/renew", &[]).await.shows(422, "Ask an admin to free one.");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_sent_again_once_a_minute_and_five_times_a_day_for_as_long_as_it_takes() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = ada_invites(&company, ANA).await;
        let resend = format!("/w/acme/people/{}/resend", company.id_of(ANA).await);
        let resends = async || {
            ada.post(&resend, &[]).await.has_status(303);
            ada.get(INVITATIONS).await.words()
        };
        for _ in 0..5 {
            assert!(resends().await.contains("ana is invited again"));
            assert!(resends().await.contains("sent less than a minute ago"));
            company.clock.advance(MINUTE);
        }
        assert!(resends().await.contains("five times within a day"));
        company.clock.advance(Duration::from_secs(24 * 3600));
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.post(&resend, &[]).await.has_status(303);
        ada.get(INVITATIONS).await.shows(200, "ana is invited again");
        assert_eq!(company.invitation(ANA).await.generation, 7);
    })
    .await;
}

#[tokio::test]
async fn the_lists_say_what_became_of_an_invitation_and_by_whom() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = ada_invites(&company, ANA).await;
        let revoke = format!("/w/acme/people/{}/revoke", company.id_of(ANA).await);
        ada.post(&revoke, &[]).await.leads_to(INVITATIONS);
        let page = ada.get("/w/acme/people?tab=removed").await;
        let name = company.membership("ada@acme.test").await.name;
        page.shows(200, &format!("invitation withdrawn by {name}"));

        let (directory, token) = company.directory(Provider::Okta).await;
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": BO, "emails": [{ "value": BO, "type": "work" }],
        });
        Ask::new("POST", &format!("/scim/v2/{}/Users", directory.id))
            .header("authorization", &format!("Bearer {}", token.reveal()))
            .scim(&body)
            .to(&scim_api::router(&company.rollcall))
            .await
            .has_status(201);
        ada.get(INVITATIONS).await.shows(200, "Revoke");
        ada.post(&format!("/w/acme/people/{}/revoke", company.id_of(BO).await), &[]).await.has_status(303);
        ada.get("/w/acme/people").await.has_status(200);
        let page = ada.get(INVITATIONS).await;
        page.shows(200, BO).shows(200, "withdrawn").shows(200, "Remove…");
        assert!(!page.words().contains("Revoke"), "{}", page.words());
    })
    .await;
}

/// Someone whose invitation by hand ran out is free for a directory to name.
#[tokio::test]
async fn a_directory_names_someone_whose_invitation_by_hand_is_over() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites(ANA, Role::Admin).await;
        expires(&company).await;
        assert!(company.standing(ANA).await.starts_with("provisioned manual admin, invitation expired"));
        let (directory, token) = company.directory(Provider::Okta).await;
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": ANA, "emails": [{ "value": ANA, "type": "work" }],
        });
        Ask::new("POST", &format!("/scim/v2/{}/Users", directory.id))
            .header("authorization", &format!("Bearer {}", token.reveal()))
            .scim(&body)
            .to(&scim_api::router(&company.rollcall))
            .await
            .has_status(201);
        assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
    })
    .await;
}

#[tokio::test]
async fn a_used_link_leads_members_alone_into_the_workspace_and_nobody_is_made_up_as_inviter() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites(ANA, Role::Member).await;
        let page = link(&company, ANA).await;
        let ana = Browser::new(&company.rollcall);
        let open = ana.visits(&page).await;
        open.shows(200, "You are invited to work together in Acme.");
        assert!(!open.words().contains("An admin"));
        ana.post("/invite", &[("name", "Ana"), ("password", PASSWORD)]).await.leads_to("/w/acme");
        ana.get(&page).await.leads_to("/w/acme");

        company.other_workspace("Beta", "bea@beta.test").await;
        let reset = "UPDATE accounts SET password_hash = (SELECT password_hash FROM accounts WHERE email = 'ada@acme.test') \
                     WHERE email = $1 RETURNING id";
        assert_eq!(company.look(reset, "bea@beta.test").await.len(), 1);
        let bea = Browser::of(&company, "bea@beta.test").await;
        bea.get(&page).await.shows(200, "This invitation was already used");
    })
    .await;
}

#[tokio::test]
async fn whom_the_directory_calls_inactive_cannot_be_sent_an_invitation_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, token) = company.directory(Provider::Okta).await;
        let (scim, users) = (scim_api::router(&company.rollcall), format!("/scim/v2/{}/Users", directory.id));
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": ANA, "emails": [{ "value": ANA, "type": "work" }],
        });
        let bearer = format!("Bearer {}", token.reveal());
        let ask = Ask::new("POST", &users).header("authorization", &bearer).scim(&body);
        let user = ask.to(&scim).await.has_status(201).json()["id"].as_str().unwrap().to_owned();
        let says = async |active: bool| {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "replace", "path": "active", "value": active }],
            });
            let ask = Ask::new("PATCH", &format!("{users}/{user}")).header("authorization", &bearer);
            ask.scim(&body).to(&scim).await.has_status(200);
        };
        expires(&company).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let resend = format!("/w/acme/people/{}/resend", company.id_of(ANA).await);
        let mail = company.look("SELECT id FROM outbox WHERE recipient = $1", ANA).await.remove(0);
        let mail = format!("/w/acme/settings/email/{mail}");

        says(false).await;
        let list = ada.get(INVITATIONS).await;
        list.shows(200, "Okta says inactive. Activate the person there.");
        assert!(!list.text().contains(&resend), "no form sends it again");
        assert!(!ada.get(&mail).await.text().contains(&format!("{mail}/again")));
        for form in [resend.clone(), format!("{mail}/again")] {
            let answer = ada.post(&form, &[]).await;
            let told = ada.visits(&answer.header("location")).await;
            told.shows(200, "The directory says that ana@acme.test is inactive.");
        }
        assert!(company.standing(ANA).await.starts_with("provisioned directory member, invitation expired"));

        says(true).await;
        assert!(ada.get(INVITATIONS).await.text().contains(&resend));
        assert!(ada.get(&mail).await.text().contains(&format!("{mail}/again")));
        ada.post(&resend, &[]).await.leads_to(INVITATIONS);
        assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
    })
    .await;
}
