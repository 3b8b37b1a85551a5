//! The invitation page in every state it can be in.

use std::time::Duration;

use rollcall::{
    model::Role,
    people::invitation::{self, InviteOutcome},
};

use crate::{
    browser::{Browser, form},
    company::{Company, PASSWORD},
    support::each_engine,
};

const ANA: &str = "ana@acme.test";
const JOIN: [(&str, &str); 2] = [("name", "Ana Diaz"), ("password", PASSWORD)];

async fn invited(company: &Company) -> String {
    assert_eq!(company.invites(ANA, Role::Member).await[0].outcome, InviteOutcome::Sent);
    company.invitation_link(ANA).await
}

#[tokio::test]
async fn a_scanner_opens_the_link_twenty_times_and_then_the_person_accepts() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        for _ in 0..20 {
            Browser::new(&company.rollcall).visits(&link).await.shows(200, "Join Acme");
        }
        assert!(company.standing(ANA).await.starts_with("invited manual member, invitation pending"));

        let ana = Browser::new(&company.rollcall);
        ana.get(&link).await.leads_to("/invite");
        ana.get("/invite").await.shows(200, "Choose a password");
        ana.post("/invite", &JOIN).await.leads_to("/w/acme");
        ana.get("/w/acme").await.shows(200, "You are now a member of Acme");
        assert!(company.standing(ANA).await.starts_with("active manual member, invitation accepted"));
        assert_eq!(company.membership(ANA).await.name, "Ana Diaz");
    })
    .await;
}

#[tokio::test]
async fn without_cookies_the_link_itself_takes_the_form() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        Browser::new(&company.rollcall).post(&link, &JOIN).await.leads_to("/w/acme");
        assert!(company.standing(ANA).await.starts_with("active"));
    })
    .await;
}

#[tokio::test]
async fn a_refused_form_keeps_the_invitation_open() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link).await;
        for (name, password, complaint) in [
            ("", PASSWORD, "Enter a name."),
            ("Ana", "short", "Use at least 12 characters."),
            ("Ana", "aaaaaaaaaaaaaaaa", "Use more than one character"),
            ("Ana", ANA, "Use something other than your name or address."),
        ] {
            let page = ana.post("/invite", &[("name", name), ("password", password)]).await;
            page.shows(422, complaint);
        }
        ana.post("/invite", &JOIN).await.leads_to("/w/acme");
    })
    .await;
}

#[tokio::test]
async fn two_accepts_make_one_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        let [first, second] = [Browser::new(&company.rollcall), Browser::new(&company.rollcall)];
        first.visits(&link).await;
        second.visits(&link).await;
        let (one, two) = futures::join!(first.post("/invite", &JOIN), second.post("/invite", &JOIN));
        let mut statuses = [one.status.as_u16(), two.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 409], "{} {}", one.words(), two.words());
        let (winner, loser) = if one.status.as_u16() == 409 { (second, one) } else { (first, two) };
        loser.shows(409, "This invitation was already used");
        assert!(company.standing(ANA).await.starts_with("active"));

        winner.get(&link).await.leads_to("/w/acme");
        Browser::new(&company.rollcall).get(&link).await.shows(200, "This invitation was already used");
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_one_says_so_in_these_words() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link).await.shows(200, "Join Acme");
        invitation::revoke(&company.rollcall, &company.admin(), &company.id_of(ANA).await).await.unwrap();
        ana.get(&link).await.shows(410, "This invitation was withdrawn.");
        ana.get("/invite").await.shows(410, "This invitation was withdrawn.");
        ana.post("/invite", &JOIN).await.has_status(410).shows(410, "This invitation was withdrawn.");
        for unknown in ["/invite/nonsense", "/invite", "/invite/%00", "/invite/%ff"] {
            let page = Browser::new(&company.rollcall).get(unknown).await;
            assert!(matches!(page.status.as_u16(), 410 | 404 | 400), "{unknown}: {}", page.status);
        }
        assert!(company.standing(ANA).await.starts_with("removed"));
    })
    .await;
}

#[tokio::test]
async fn an_expired_one_says_so_and_cannot_be_accepted() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        let ana = Browser::new(&company.rollcall);
        company.clock.advance(Duration::from_secs(14 * 24 * 3600) - Duration::from_secs(1));
        ana.visits(&link).await.shows(200, "Join Acme");
        company.clock.advance(Duration::from_secs(1));
        ana.get(&link).await.shows(410, "This invitation has expired");
        ana.post("/invite", &JOIN).await.shows(410, "This invitation has expired");
        assert_eq!(invitation::expire_overdue(&company.rollcall).await.unwrap(), 1);
        ana.get(&link).await.shows(410, "This invitation has expired");
    })
    .await;
}

#[tokio::test]
async fn after_a_resend_only_the_newer_link_works() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let old = format!("/invite/{}", invited(&company).await);
        let id = company.id_of(ANA).await;
        invitation::resend(&company.rollcall, &company.admin(), &id).await.unwrap();
        let new = format!("/invite/{}", company.invitation_link(ANA).await);
        let ana = Browser::new(&company.rollcall);
        ana.get(&old).await.shows(410, "There is a newer invitation");
        ana.post(&old, &JOIN).await.has_status(410);
        ana.visits(&new).await.shows(200, "Join Acme");
        assert!(
            invitation::resend(&company.rollcall, &company.admin(), &id).await.is_err(),
            "not twice in a minute"
        );
        company.clock.advance(Duration::from_secs(61));
        invitation::resend(&company.rollcall, &company.admin(), &id).await.unwrap();
        ana.get(&new).await.shows(410, "There is a newer invitation");
    })
    .await;
}

#[tokio::test]
async fn a_declined_one_stays_declined() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        let ana = Browser::new(&company.rollcall);
        ana.visits(&link).await;
        ana.post("/invite/decline", &[]).await.shows(200, "You declined this invitation");
        ana.get(&link).await.shows(410, "You declined this invitation");
        ana.post("/invite", &JOIN).await.has_status(410);
        assert!(company.standing(ANA).await.starts_with("provisioned manual member, invitation declined"));
    })
    .await;
}

#[tokio::test]
async fn the_unsubscribe_of_a_mail_program_declines() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}/decline", invited(&company).await);
        Browser::new(&company.rollcall).visits(&link).await.shows(200, "Join Acme");
        assert!(company.standing(ANA).await.starts_with("invited"), "opening it declines nothing");
        let one_click = form(&link, &[("List-Unsubscribe", "One-Click")]);
        Browser::new(&company.rollcall).send(one_click).await.has_status(200);
        assert!(company.standing(ANA).await.contains("invitation declined"));
    })
    .await;
}

#[tokio::test]
async fn another_account_is_not_let_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let link = format!("/invite/{}", invited(&company).await);
        let ada = Browser::of(&company, "ada@acme.test").await;
        let words = "This invitation is for ana@acme.test. You are signed in as ada@acme.test.";
        ada.visits(&link).await.shows(200, words);
        ada.post("/invite", &JOIN).await.shows(422, words);
        assert!(company.standing(ANA).await.starts_with("invited"));
    })
    .await;
}

#[tokio::test]
async fn an_account_that_exists_joins_with_its_own_password_or_its_session() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand(ANA, Role::Member).await;
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let caller = rollcall::people::Caller::CommandLine(&beta);
        for signed_in in [false, true] {
            invitation::invite(&company.rollcall, &caller, ANA, Role::Member, None).await.unwrap();
            let id = company.look("SELECT id FROM invitations WHERE status = $1", "pending").await.remove(0);
            let link = format!("/invite/{}", company.link_of(&rollcall::model::InvitationId(id)).await);
            if signed_in {
                let ana = Browser::of(&company, ANA).await;
                ana.visits(&link).await.shows(200, "Join Beta");
                ana.post("/invite", &[]).await.leads_to("/w/beta");
            } else {
                let ana = Browser::new(&company.rollcall);
                ana.visits(&link).await.shows(200, "You have an account with this address already.");
                let wrong = [("name", "Eve"), ("password", "another horse battery")];
                assert!(
                    !ana.post("/invite", &wrong).await.status.is_redirection(),
                    "a stranger sets no new password"
                );
                ana.signs_in(ANA, "another horse battery").await.has_status(422);
                ana.post("/invite", &JOIN).await.leads_to("/w/beta");
                let people = invitation_holder(&company, &beta).await;
                rollcall::people::membership::remove(&company.rollcall, &caller, &people).await.unwrap();
            }
        }
    })
    .await;
}

/// Ana's membership of the other workspace.
async fn invitation_holder(
    company: &Company,
    workspace: &rollcall::store::workspaces::Workspace,
) -> rollcall::model::MembershipId {
    let mut conn = company.rollcall.db.read().await.unwrap();
    rollcall::store::memberships::find_by_email(&mut conn, &workspace.id, ANA).await.unwrap().unwrap().id
}
