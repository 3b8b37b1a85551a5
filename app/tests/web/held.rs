//! People who wait to be let in, the settings that hold them, and what they see themselves.

use std::time::Duration;

use axum::Router;
use rollcall::{
    model::{Provider, Role},
    people::invitation,
    scim_api,
};
use serde_json::json;

use crate::{
    browser::Browser,
    company::{Company, PASSWORD},
    requests::Ask,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";
const BO: &str = "bo@acme.test";
const GENERAL: &str = "/w/acme/settings/general";

/// A directory with its page and what its identity provider speaks to.
struct Directory {
    page: String,
    scim: Router,
    users: String,
    token: String,
}

impl Directory {
    async fn of(company: &Company) -> Self {
        let (directory, token) = company.directory(Provider::Okta).await;
        Self {
            page: format!("/w/acme/settings/security/directories/{}", directory.id),
            scim: scim_api::router(&company.rollcall),
            users: format!("/scim/v2/{}/Users", directory.id),
            token: format!("Bearer {}", token.reveal()),
        }
    }

    async fn names(&self, email: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": email, "emails": [{ "value": email, "type": "work" }],
        });
        let ask = Ask::new("POST", &self.users).header("authorization", &self.token).scim(&body);
        let user = ask.to(&self.scim).await.has_status(201).json();
        user["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn held_people_are_listed_with_the_reason_and_approved_one_by_one_or_all() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let directory = Directory::of(&company).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        assert!(!ada.get(&directory.page).await.words().contains("Held people"));
        let fields = [("invitation_mode", "hold"), ("allowed_domains", "acme.test")];
        ada.post(&directory.page, &fields).await.leads_to(&directory.page);
        let ana = directory.names(ANA).await;
        let eve = directory.names("eve@other.test").await;
        let mut waiting = Vec::new();
        for number in 0..3 {
            waiting.push(directory.names(&format!("p{number}@acme.test")).await);
        }
        let page = ada.get(&directory.page).await;
        page.shows(200, "Okta named 5 people who have not been let in.");
        page.shows(200, "Waits for approval").shows(200, "Approve all 4");
        page.shows(200, "other.test is not an allowed domain");
        ada.get("/w/acme/settings/security").await.shows(200, "5 held");

        let act = |id: &str, verb: &str| format!("{}/held/{id}/{verb}", directory.page);
        ada.post(&act(&ana, "approve"), &[]).await.leads_to(&directory.page);
        assert!(company.standing(ANA).await.starts_with("invited"));
        ada.get(&directory.page).await.shows(200, " is approved");
        ada.post(&act(&eve, "approve"), &[]).await.leads_to(&directory.page);
        assert!(company.standing("eve@other.test").await.starts_with("invited"));
        ada.post(&act("nobody", "approve"), &[]).await.shows(404, "This page does not exist");
        let selected = format!("{}/held/approve", directory.page);
        ada.post(&selected, &[]).await.leads_to(&directory.page);
        ada.get(&directory.page).await.shows(200, "Nobody is selected.");
        ada.post(&selected, &[("person", &waiting[0]), ("person", &waiting[1]), ("person", &ana)])
            .await
            .leads_to(&directory.page);
        ada.get(&directory.page).await.shows(200, "2 people approved").shows(200, "named 1 person");
        ada.post(&selected, &[("person", &ana)]).await.leads_to(&directory.page);
        ada.get(&directory.page).await.shows(200, "waits for approval any more");
        ada.post(&selected, &[("person", ana.as_str()); 201]).await.leads_to(&directory.page);
        ada.get(&directory.page).await.shows(200, "Approve at most 200 people");
        ada.post(&format!("{}/held/approve-all", directory.page), &[]).await.leads_to(&directory.page);
        rollcall::jobs::run_chores(&company.rollcall).await;
        assert!(!ada.get(&directory.page).await.words().contains("Held people"));

        let member = Browser::signed_in(&company, Role::Member).await;
        member.post(&act(&ana, "approve"), &[]).await.has_status(403);
        member.post(&selected, &[]).await.has_status(403);
        member.post(&format!("{}/held/approve-all", directory.page), &[]).await.has_status(403);
        member.post(&act(&ana, "link"), &[]).await.has_status(403);
    })
    .await;
}

#[tokio::test]
async fn a_conflict_is_linked_from_the_list() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand(ANA, Role::Member).await;
        let directory = Directory::of(&company).await;
        let ana = directory.names(ANA).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get(&directory.page).await.shows(200, "Another member has this address");
        let link = format!("{}/held/{ana}/link", directory.page);
        ada.post(&link, &[]).await.leads_to(&directory.page);
        ada.get(&directory.page).await.shows(200, "is linked to the member");
        ada.get("/w/acme/people").await.shows(200, "Directory + manual");
        ada.post(&link, &[]).await.has_status(404);
    })
    .await;
}

#[tokio::test]
async fn refused_settings_keep_what_was_typed() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let directory = Directory::of(&company).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        for (name, value, complaint) in [
            ("allowed_domains", "acme", "“acme” is not a domain."),
            ("email_sources", "fax", "“fax” is no source of addresses."),
            ("email_sources", "", "Name at least one source"),
            ("invitation_mode", "mail", "“mail” is no invitation mode."),
            ("when_full", "burst", "“burst” is no way"),
        ] {
            let fields = [("name", "Staff"), (name, value)];
            let page = ada.post(&directory.page, &fields).await;
            page.shows(422, complaint);
            assert!(page.text().contains("value=\"Staff\""), "{name}");
        }
        let fields = [("strict", "on"), ("when_full", "refuse"), ("email_sources", "userName work")];
        ada.post(&directory.page, &fields).await.leads_to(&directory.page);
        let page = ada.get(&directory.page).await;
        page.shows(200, "Okta");
        assert!(page.text().contains("userName, work"), "{}", page.text());
    })
    .await;
}

#[tokio::test]
async fn general_settings_are_changed_by_admins_and_seen_by_members() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get(GENERAL).await.shows(200, "1 seat is taken");
        for (name, limit, complaint) in [
            (" ", "", "Enter a name."),
            ("Acme", "many", "Use a whole number such as 50"),
            ("Acme", "0", "Use a whole number from 1"),
            ("Acme", "-3", "Use a whole number from 1"),
        ] {
            ada.post(GENERAL, &[("name", name), ("seat_limit", limit)]).await.shows(422, complaint);
        }
        let klingon = [("name", "Acme"), ("seat_limit", ""), ("language", "tlh")];
        ada.post(GENERAL, &klingon).await.shows(422, "There are no mails in the language “tlh”.");
        let ltd = [("name", "Acme Ltd"), ("seat_limit", " 1 "), ("language", "fr")];
        ada.post(GENERAL, &ltd).await.leads_to(GENERAL);
        let chosen = r#"<option value="fr" selected>Français"#;
        assert!(ada.get(GENERAL).await.text().contains(chosen));
        ada.get("/w/acme/people?dialog=invite").await.shows(200, "The workspace's: Français");
        ada.get(GENERAL).await.shows(200, "Acme Ltd");
        ada.post("/w/acme/people/invite", &[("emails", BO), ("role", "member")])
            .await
            .shows(422, "No free seat");
        ada.post(GENERAL, &[("name", "Acme"), ("seat_limit", "")]).await.leads_to(GENERAL);

        let member = Browser::signed_in(&company, Role::Member).await;
        member.get(GENERAL).await.shows(200, "Only owners and admins can change these.");
        member.post(GENERAL, &[("name", "Mine"), ("seat_limit", "")]).await.has_status(403);
        Browser::signed_in(&company, Role::Viewer).await.get(GENERAL).await.has_status(403);
    })
    .await;
}

#[tokio::test]
async fn who_is_invited_waits_when_the_limit_was_lowered() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        company.invites(ANA, Role::Member).await;
        let link = format!("/invite/{}", company.invitation_link(ANA).await);
        ada.post(GENERAL, &[("name", "Acme"), ("seat_limit", "1")]).await.leads_to(GENERAL);
        let ana = Browser::new(&company.rollcall);
        let told = "SELECT recipient || ' ' || status FROM outbox WHERE template = $1";
        for _ in 0..3 {
            ana.visits(&link).await.shows(409, "Acme has no free seat").shows(409, "We told the admins.");
        }
        assert_eq!(company.look(told, "seat_limit_reached").await, ["ada@acme.test queued"], "once");
        let join = [("name", "Ana"), ("password", PASSWORD)];
        ana.post("/invite", &join).await.shows(409, "Acme has no free seat");
        assert!(company.standing(ANA).await.starts_with("invited"));

        // When the mail was refused, nobody was told, and the page does not say so.
        let refuse = "UPDATE outbox SET status = 'refused' WHERE template = $1 RETURNING id";
        assert_eq!(company.look(refuse, "seat_limit_reached").await.len(), 1);
        let page = ana.get("/invite").await;
        page.shows(409, "Ask an admin there");
        assert!(!page.words().contains("We told"));

        ada.post(GENERAL, &[("name", "Acme"), ("seat_limit", "2")]).await.leads_to(GENERAL);
        ana.get("/invite").await.shows(200, "Join Acme");
        ana.post("/invite", &join).await.leads_to("/w/acme");
    })
    .await;
}

#[tokio::test]
async fn a_directorys_person_asks_for_a_new_invitation_when_theirs_ran_out() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let directory = Directory::of(&company).await;
        directory.names(ANA).await;
        let link = format!("/invite/{}", company.invitation_link(ANA).await);
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link).await.shows(200, "Join Acme");
        ana.post("/invite/renew", &[]).await.shows(409, "Join Acme");
        company.clock.advance(Duration::from_secs(14 * 24 * 3600));
        ana.visits(&link).await.shows(410, "Send me a new one").shows(410, "It goes to ana@acme.test.");
        invitation::expire_overdue(&company.rollcall).await.unwrap();
        ana.visits(&link).await.shows(410, "Send me a new one");
        ana.post("/invite/renew", &[]).await.shows(200, "A new invitation is on its way");
        let sql = "SELECT recipient || ' ' || template FROM outbox WHERE subject_id = $1";
        let invitation = company.invitation(ANA).await;
        assert_eq!(company.look(sql, invitation.id.as_str()).await, ["ana@acme.test new_link"]);
        ana.post("/invite/renew", &[]).await.shows(422, "A mail was sent to you a short time ago.");
        company.clock.advance(Duration::from_secs(61));
        ana.post("/invite/renew", &[]).await.shows(200, "Look for it at ana@acme.test.");
        let link = format!("/invite/{}", company.invitation_link(ANA).await);
        ana.visits(&link).await.shows(200, "Join Acme");
    })
    .await;
}

#[tokio::test]
async fn a_new_invitation_is_not_for_those_whom_nobody_vouches_for() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        // Bo by hand; Ana from a directory that deletes her.
        company.invites(BO, Role::Member).await;
        let by_hand = format!("/invite/{}", company.invitation_link(BO).await);
        let directory = Directory::of(&company).await;
        let id = directory.names(ANA).await;
        let link = format!("/invite/{}", company.invitation_link(ANA).await);
        company.clock.advance(Duration::from_secs(15 * 24 * 3600));
        invitation::expire_overdue(&company.rollcall).await.unwrap();
        let someone = Browser::new(&company.rollcall);
        let page = someone.get(&by_hand).await;
        page.shows(410, "Ask the person who invited you");
        assert!(!page.words().contains("Send me a new one"));
        someone.visits(&link).await.shows(410, "Send me a new one");
        Ask::new("DELETE", &format!("{}/{id}", directory.users))
            .header("authorization", &directory.token)
            .to(&directory.scim)
            .await
            .has_status(204);
        someone.post("/invite/renew", &[]).await.has_status(410);
        let sql = "SELECT template FROM outbox WHERE template = $1";
        assert_eq!(company.look(sql, "new_link").await.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn after_an_action_one_is_back_in_the_list_one_came_from() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand(ANA, Role::Member).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let suspend = format!("/w/acme/people/{}/suspend", company.id_of(ANA).await);
        let reinstate = suspend.replace("suspend", "reinstate");
        let from = |path: &str, referer: &str| {
            crate::browser::form(path, &[]).header("sec-fetch-site", "same-origin").header("referer", referer)
        };
        let list =
            "http://rollcall.acme.test/w/acme/people?q=a%26b&role=member&dialog=suspend&member=x&page=2";
        ada.send(from(&suspend, list)).await.leads_to("/w/acme/people?q=a%26b&role=member&page=2");
        let elsewhere = "https://evil.test/w/other/people?q=x";
        ada.send(from(&reinstate, elsewhere)).await.leads_to("/w/acme/people?tab=suspended");
    })
    .await;
}
