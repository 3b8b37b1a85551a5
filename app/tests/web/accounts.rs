//! Forgotten passwords, and what people change of their own account.

use std::time::Duration;

use rollcall::{
    mail::Transport,
    model::{Provider, Role},
    scim_api,
};

use crate::{
    browser::Browser,
    company::{Company, PASSWORD},
    requests::Ask,
    support::each_engine,
};

const NEW: &str = "a whole new password";

impl Company {
    /// Sends what is in the outbox to the built-in mailbox; gives the latest link of this kind to an address.
    async fn mailed_link(&self, to: &str, path: &str) -> Option<String> {
        let worker =
            rollcall::jobs::Worker::new(self.rollcall.clone(), Transport::Mailbox(self.rollcall.db.clone()));
        worker.run_due().await;
        let texts = self
            .look("SELECT text_part FROM mailbox WHERE recipient = $1 ORDER BY id DESC LIMIT 1", to)
            .await;
        let text = texts.into_iter().next()?;
        let at = text.find(path)?;
        Some(text[at..].split_whitespace().next().unwrap().to_owned())
    }
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_link_that_works_once_for_an_hour() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let elsewhere = Browser::of(&company, "ada@acme.test").await;
        let browser = Browser::new(&company.rollcall);
        browser.get("/login").await.shows(200, "Forgot your password?");
        browser.get("/password").await.shows(200, "We mail you a link that sets a new one.");
        let known = browser.post("/password", &[("email", "ada@acme.test")]).await;
        let unknown = browser.post("/password", &[("email", "eve@acme.test")]).await;
        known.shows(200, "If ada@acme.test has an account, a link is on its way.");
        assert_eq!(
            known.words().replace("ada@", "eve@"),
            unknown.words(),
            "nobody learns who has an account"
        );
        browser.post("/password", &[("email", "ada")]).await.shows(422, "is not an e-mail address");

        let link = company.mailed_link("ada@acme.test", "/password/").await.unwrap();
        assert_eq!(company.mailed_link("eve@acme.test", "/password/").await, None);
        browser.visits(&link).await.shows(200, "For ada@acme.test. Other devices are signed out.");
        let fields = [("name", "Ada"), ("password", NEW)];
        browser.post(&link, &[("name", "Ada"), ("password", "short")]).await.has_status(422);
        browser.post(&link, &fields).await.leads_to("/");
        elsewhere.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        browser.get("/w/acme").await.has_status(200);
        Browser::new(&company.rollcall)
            .post(&link, &fields)
            .await
            .shows(404, "This link does not work any more");
        let again = Browser::new(&company.rollcall);
        again.signs_in("ada@acme.test", PASSWORD).await.has_status(422);
        again.signs_in("ada@acme.test", NEW).await.leads_to("/");

        company.clock.advance(Duration::from_secs(61));
        again.post("/password", &[("email", "ADA@acme.test")]).await.has_status(200);
        let late = company.mailed_link("ada@acme.test", "/password/").await.unwrap();
        company.clock.advance(Duration::from_secs(3600));
        again.get(&late).await.shows(404, "This link does not work any more");
    })
    .await;
}

#[tokio::test]
async fn links_are_mailed_once_a_minute_and_five_times_a_day() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let browser = Browser::new(&company.rollcall);
        let asks = async || {
            browser.post("/password", &[("email", "ada@acme.test")]).await.has_status(200);
            let sql = "SELECT id FROM outbox WHERE template = $1";
            company.look(sql, "password_reset").await.len()
        };
        assert_eq!((asks().await, asks().await), (1, 1));
        for number in 2..9 {
            company.clock.advance(Duration::from_secs(61));
            assert_eq!(asks().await, number.min(5));
        }
        company.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(asks().await, 6);
    })
    .await;
}

#[tokio::test]
async fn another_address_is_confirmed_there_and_told_to_the_old_one() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let elsewhere = Browser::of(&company, "ada@acme.test").await;
        let bo = Browser::signed_in(&company, Role::Member).await;
        for (email, current, complaint) in [
            ("ada", PASSWORD, "is not an e-mail address"),
            ("ada@acme.test", PASSWORD, "This is your address already."),
            ("ada@new.test", "wrong", "This is not your password."),
            ("member@acme.test", PASSWORD, "Another account has this address."),
        ] {
            ada.post("/account/email", &[("email", email), ("current", current)]).await.shows(422, complaint);
        }
        let fields = [("email", "ada@new.test"), ("current", PASSWORD)];
        ada.post("/account/email", &fields).await.leads_to("/account");
        let link = company.mailed_link("ada@new.test", "/account/email/").await.unwrap();
        // A scanner opens the link; that changes nothing.
        for _ in 0..5 {
            Browser::new(&company.rollcall)
                .visits(&link)
                .await
                .shows(200, "From now on you sign in as ada@new.test");
        }
        ada.post(&link, &[]).await.shows(200, "You sign in as ada@new.test from now on.");
        ada.get("/w/acme").await.has_status(200);
        elsewhere.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        assert_eq!(company.membership("ada@new.test").await.email, "ada@new.test");
        ada.post(&link, &[]).await.shows(404, "This link does not work any more");
        company.mailed_link("ada@acme.test", "nothing").await;
        let told = "SELECT text_part FROM mailbox WHERE recipient = $1";
        assert!(company.look(told, "ada@acme.test").await[0].contains("ada@new.test"));
        let again = Browser::new(&company.rollcall);
        again.signs_in("ada@acme.test", PASSWORD).await.has_status(422);
        again.signs_in("ada@new.test", PASSWORD).await.leads_to("/");
        bo.get("/account").await.shows(200, "Your address is member@acme.test.");
    })
    .await;
}

#[tokio::test]
async fn an_address_that_waits_is_seen_and_its_link_sent_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let bo = Browser::signed_in(&company, Role::Member).await;
        let fields = [("email", "ada@new.test"), ("current", PASSWORD)];
        ada.post("/account/email", &fields).await.leads_to("/account");
        ada.get("/account").await.shows(200, "ada@new.test waits for confirmation. The link is on its way.");
        let first = company.mailed_link("ada@new.test", "/account/email/").await.unwrap();
        ada.get("/account").await.shows(200, "ada@new.test waits for confirmation. The link was sent");
        assert!(!bo.get("/account").await.words().contains("waits for confirmation"));

        ada.post("/account/email/again", &[]).await.leads_to("/account");
        ada.get("/account").await.shows(200, "A link was mailed a moment ago");
        company.clock.advance(Duration::from_secs(61));
        ada.post("/account/email/again", &[]).await.leads_to("/account");
        ada.get("/account").await.shows(200, "A new link is on its way to ada@new.test");
        let second = company.mailed_link("ada@new.test", "/account/email/").await.unwrap();
        ada.get(&first).await.shows(404, "This link does not work any more");

        let refused = "UPDATE outbox SET status = 'refused', answer = '550 No such user' \
                       WHERE recipient = $1 AND status = 'kept' RETURNING id";
        assert_eq!(company.look(refused, "ada@new.test").await.len(), 2);
        ada.get("/account").await.shows(200, "The link did not get there: 550 No such user");
        let kept = "UPDATE outbox SET status = 'kept', answer = NULL WHERE recipient = $1 RETURNING id";
        assert_eq!(company.look(kept, "ada@new.test").await.len(), 2);
        company.clock.advance(Duration::from_secs(24 * 3600));
        ada.get("/account").await.shows(200, "The link ended").shows(200, "Nothing was changed.");
        ada.get(&second).await.shows(404, "This link does not work any more");

        ada.post("/account/email/again", &[]).await.leads_to("/account");
        let third = company.mailed_link("ada@new.test", "/account/email/").await.unwrap();
        ada.post(&third, &[]).await.shows(200, "You sign in as ada@new.test from now on.");
        assert!(!ada.get("/account").await.words().contains("waits for confirmation"));
        ada.post("/account/email/again", &[]).await.leads_to("/account");
        ada.get("/account").await.shows(200, "No new address waits to be confirmed any more.");
    })
    .await;
}

#[tokio::test]
async fn a_cancelled_change_of_address_leaves_no_link_that_works() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let bo = Browser::signed_in(&company, Role::Member).await;
        let asks = async |email| {
            ada.post("/account/email", &[("email", email), ("current", PASSWORD)]).await.leads_to("/account");
        };
        asks("ada@new.test").await;
        let link = company.mailed_link("ada@new.test", "/account/email/").await.unwrap();
        ada.get(&link).await.leads_to("/account/email/confirm");
        bo.post("/account/email/cancel", &[]).await.leads_to("/account");
        bo.get("/account").await.shows(200, "No new address waits to be confirmed any more.");
        ada.get("/account/email/confirm").await.shows(200, "From now on you sign in as ada@new.test");
        ada.post("/account/email/cancel", &[]).await.leads_to("/account");
        let page = ada.get("/account").await;
        page.shows(200, "Cancelled. The link to ada@new.test no longer works");
        assert!(!page.words().contains("waits for confirmation"));
        ada.post("/account/email/confirm", &[]).await.shows(404, "This link does not work any more");
        ada.get(&link).await.shows(404, "This link does not work any more");
        ada.post(&link, &[]).await.shows(404, "This link does not work any more");

        // Cancelled before it left, the mail never leaves.
        company.clock.advance(Duration::from_secs(61));
        asks("ada@other.test").await;
        ada.post("/account/email/cancel", &[]).await.leads_to("/account");
        assert_eq!(company.mailed_link("ada@other.test", "/account/email/").await, None);
        assert_eq!(company.membership("ada@acme.test").await.email, "ada@acme.test");
    })
    .await;
}

#[tokio::test]
async fn pages_of_no_workspace_have_the_readers_own_menu() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        for at in ["/account", "/instance", "/instance/email", "/instance/mails/invitation"] {
            let page = ada.get(at).await;
            page.shows(200, "Sign out").shows(200, "Keyboard shortcuts").shows(200, "ada@acme.test");
            assert!(page.text().contains("data-theme-choice"), "{at}");
        }
        let bo = Browser::signed_in(&company, Role::Member).await;
        assert!(!bo.get("/account").await.text().contains("href=\"/instance\""));
    })
    .await;
}

#[tokio::test]
async fn name_password_and_sessions_are_ones_own() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let elsewhere = Browser::of(&company, "ada@acme.test").await;
        let bo = Browser::signed_in(&company, Role::Member).await;
        ada.post("/account/name", &[("name", "Ada King")]).await.leads_to("/account");
        ada.get("/w/acme/people").await.shows(200, "Ada King");
        ada.post("/account/name", &[("name", " ")]).await.shows(422, "Enter a name.");

        let page = ada.get("/account").await.text();
        let mut ids = page.split("/account/sessions/").skip(1).filter_map(|rest| rest.split_once("/end\""));
        let (id, _) = ids.next().unwrap();
        let end = format!("/account/sessions/{id}/end");
        bo.post(&end, &[]).await.shows(404, "This page does not exist");
        elsewhere.get("/w/acme").await.has_status(200);
        ada.post(&end, &[]).await.leads_to("/account");
        elsewhere.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");

        let elsewhere = Browser::of(&company, "ada@acme.test").await;
        let change = |current, new| [("current", current), ("password", new)];
        ada.post("/account/password", &change("wrong", NEW)).await.shows(422, "This is not your password.");
        ada.post("/account/password", &change(PASSWORD, "short"))
            .await
            .shows(422, "Use at least 12 characters.");
        elsewhere.get("/w/acme").await.has_status(200);
        ada.post("/account/password", &change(PASSWORD, NEW)).await.leads_to("/account");
        elsewhere.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        ada.get("/account").await.has_status(200);
        Browser::new(&company.rollcall).get("/account").await.leads_to("/login?next=%2Faccount");
    })
    .await;
}

#[tokio::test]
async fn a_directory_decides_name_and_address_of_its_people() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, token) = company.directory(Provider::Okta).await;
        let body = serde_json::json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": "ana@acme.test", "emails": [{ "value": "ana@acme.test", "type": "work" }],
        });
        Ask::new("POST", &format!("/scim/v2/{}/Users", directory.id))
            .header("authorization", &format!("Bearer {}", token.reveal()))
            .scim(&body)
            .to(&scim_api::router(&company.rollcall))
            .await
            .has_status(201);
        company.accepts("ana@acme.test").await;
        let ana = Browser::of(&company, "ana@acme.test").await;
        ana.get("/account").await.shows(200, "Okta decides your name and your address.");
        ana.post("/account/name", &[("name", "Boss")]).await.shows(422, "Okta decides your name");
        ana.post("/account/email", &[("email", "x@y.test"), ("current", PASSWORD)]).await.has_status(422);
        let sql = "SELECT id FROM outbox WHERE template = $1";
        assert_eq!(company.look(sql, "email_change").await.len(), 0);
    })
    .await;
}
