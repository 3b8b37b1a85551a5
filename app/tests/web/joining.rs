//! Who accepts with an account that they have, and who brings no link along.

use std::time::Duration;

use rollcall::{
    model::{InvitationId, Provider, Role},
    people::{Caller, invitation, membership, workspace},
    scim_api,
    store::workspaces::Workspace,
};
use serde_json::json;

use crate::{
    browser::Browser,
    company::{Company, PASSWORD},
    requests::{Answer, Ask},
    support::each_engine,
};

const ANA: &str = "ana@acme.test";
const WRONG: [(&str, &str); 1] = [("password", "another horse battery")];
const RIGHT: [(&str, &str); 1] = [("password", PASSWORD)];

/// Ana is invited to a workspace; gives the link.
async fn invited_to(company: &Company, workspace: &Workspace) -> String {
    let caller = Caller::CommandLine(workspace);
    invitation::invite(&company.rollcall, &caller, ANA, Role::Member, None).await.unwrap();
    let id = company.look("SELECT id FROM invitations WHERE status = $1", "pending").await.remove(0);
    format!("/invite/{}", company.link_of(&InvitationId(id)).await)
}

/// A directory adds Ana, and once she has joined it gives her another address; her account keeps its own.
async fn joins_and_is_moved(company: &Company, address: &str) {
    let (directory, token) = company.directory(Provider::Okta).await;
    let (scim, users) = (scim_api::router(&company.rollcall), format!("/scim/v2/{}/Users", directory.id));
    let send = async |method: &str, path: &str, email: &str| {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ana", "emails": [{ "value": email, "type": "work" }], "active": true,
        });
        let bearer = format!("Bearer {}", token.reveal());
        Ask::new(method, path).header("authorization", &bearer).scim(&body).to(&scim).await
    };
    let user = send("POST", &users, ANA).await.has_status(201).json();
    company.accepts(ANA).await;
    let path = format!("{users}/{}", user["id"].as_str().unwrap());
    send("PUT", &path, address).await.has_status(200);
    assert!(company.standing(address).await.starts_with("active directory member"));
}

/// The form that joins asks for a password and for nothing else.
#[track_caller]
fn asks_for_the_password(page: &Answer) {
    page.shows(200, "Your password").shows(200, "Forgot your password?");
    let text = page.text();
    assert!(text.contains("action=\"/invite\"") && text.contains("name=\"password\""), "{text}");
    assert!(!text.contains("name=\"name\"") && !text.contains("href=\"/login"), "{text}");
}

#[tokio::test]
async fn who_is_suspended_in_one_workspace_joins_another_with_their_password() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand(ANA, Role::Member).await;
        let id = company.id_of(ANA).await;
        membership::suspend(&company.rollcall, &company.admin(), &id).await.unwrap();
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let link = invited_to(&company, &beta).await;

        let ana = Browser::new(&company.rollcall);
        let refused = ana.signs_in(ANA, PASSWORD).await;
        refused.shows(422, "Your access to Acme was removed by an admin on");
        refused.shows(422, "You are invited to Beta: to join, open the link in the mail of that invitation.");
        asks_for_the_password(&ana.visits(&link).await);
        ana.post("/invite", &WRONG).await.shows(422, "This is not the password of your account.");
        ana.post("/invite", &RIGHT).await.leads_to("/w/beta");
        ana.get("/w/beta").await.shows(200, "You are now a member of Beta");
        assert!(company.standing(ANA).await.starts_with("suspended manual member"));
    })
    .await;
}

#[tokio::test]
async fn passwords_are_tried_on_an_invitation_no_more_often_than_on_the_sign_in_page() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand(ANA, Role::Member).await;
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let link = invited_to(&company, &beta).await;
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link).await;
        let mut last = ana.post("/invite", &WRONG).await;
        for _ in 0..20 {
            if last.status.as_u16() == 429 {
                break;
            }
            last = ana.post("/invite", &WRONG).await;
        }
        last.shows(429, "Too many tries. Wait").shows(429, "Your password");
    })
    .await;
}

#[tokio::test]
async fn who_is_a_member_already_under_another_address_goes_to_the_workspace() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        joins_and_is_moved(&company, "a.diaz@acme.test").await;
        let link = invited_to(&company, &company.workspace).await;

        let stranger = Browser::new(&company.rollcall);
        asks_for_the_password(&stranger.visits(&link).await);
        let words = "ana@acme.test is a member of Acme already, as a.diaz@acme.test. Sign in to go there.";
        stranger.post("/invite", &RIGHT).await.shows(422, words);

        let ana = Browser::of(&company, ANA).await;
        assert!(ana.visits(&link).await.text().contains("/w/acme/people"), "she is in");
        ana.get("/invite").await.leads_to("/w/acme");
        ana.post("/invite", &[]).await.leads_to("/w/acme");
    })
    .await;
}

#[tokio::test]
async fn who_is_signed_in_hears_why_they_cannot_join() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        joins_and_is_moved(&company, "a.diaz@acme.test").await;
        let id = company.id_of("a.diaz@acme.test").await;
        membership::suspend(&company.rollcall, &company.admin(), &id).await.unwrap();
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let ana = Browser::new(&company.rollcall);
        ana.visits(&invited_to(&company, &beta).await).await;
        ana.post("/invite", &RIGHT).await.leads_to("/w/beta");

        ana.visits(&invited_to(&company, &company.workspace).await).await.shows(200, "Join Acme");
        let words = "ana@acme.test is known in Acme as a.diaz@acme.test, without access. Ask an admin there.";
        ana.post("/invite", &[]).await.shows(422, words);
    })
    .await;
}

#[tokio::test]
async fn without_the_link_the_page_asks_for_it() {
    const WORDS: &str = "Open the link in your mail again";
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites(ANA, Role::Member).await;
        let link = format!("/invite/{}", company.invitation_link(ANA).await);
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link).await.shows(200, "Join Acme");
        for _ in 0..3 {
            company.clock.advance(Duration::from_secs(59 * 60));
            ana.get("/invite").await.shows(200, "Join Acme");
        }
        company.clock.advance(Duration::from_secs(61 * 60));
        ana.get("/invite").await.shows(400, WORDS);
        for form in ["/invite", "/invite/decline", "/invite/renew"] {
            ana.post(form, &[("name", "Ana"), RIGHT[0]]).await.shows(400, WORDS);
        }
        ana.visits(&link).await.shows(200, "Join Acme");
    })
    .await;
}

#[tokio::test]
async fn when_a_seat_is_free_the_next_day_the_link_in_the_mail_lets_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites(ANA, Role::Member).await;
        let link = format!("/invite/{}", company.invitation_link(ANA).await);
        let limit = async |seats| {
            let admin = company.admin();
            workspace::update(&company.rollcall, &admin, "Acme", Ok(Some(seats)), "en").await.unwrap();
        };
        limit(1).await;
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link).await.shows(409, "When there is one, open the link in your mail again");
        company.clock.advance(Duration::from_secs(24 * 3600));
        limit(2).await;
        ana.get("/invite").await.shows(400, "Open the link in your mail again");
        ana.visits(&link).await.shows(200, "Join Acme");
    })
    .await;
}
