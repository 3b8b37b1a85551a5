//! People whom a directory adds directly, and whose address it changes: who gets a link, who gets in, and by which address.

use std::time::Duration;

use axum::Router;
use rollcall::{
    directory::settings::{self, Wanted},
    jobs::Worker,
    mail::Transport,
    model::{InvitationMode, Provider, Role},
    people::{account, membership},
    scim_api, store,
};
use serde_json::{Value, json};

use crate::{
    browser::Browser,
    company::{Company, PASSWORD},
    requests::Ask,
    support::each_engine,
};

const TYPO: &str = "typo@acme.test";
const RIGHT: &str = "right@acme.test";
const LOG: &str = "/w/acme/settings/email";
/// Longer than an invitation waits.
const SOON: Duration = Duration::from_secs(3600);

/// The identity provider of a directory that adds people directly.
struct Idp {
    scim: Router,
    users: String,
    token: String,
}

impl Idp {
    async fn of(company: &Company) -> Self {
        let (directory, token) = company.directory(Provider::Okta).await;
        let settings = store::directories::Settings {
            invitation_mode: InvitationMode::AddDirectly,
            ..directory.settings.clone()
        };
        let wanted = Wanted { provider: directory.provider, name: directory.name.clone(), settings };
        settings::update(&company.rollcall, &company.admin(), &directory.id, &wanted).await.unwrap();
        Self {
            scim: scim_api::router(&company.rollcall),
            users: format!("/scim/v2/{}/Users", directory.id),
            token: format!("Bearer {}", token.reveal()),
        }
    }

    async fn adds(&self, email: &str, language: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": email,
            "emails": [{ "value": email, "type": "work" }], "preferredLanguage": language,
        });
        let ask = Ask::new("POST", &self.users).header("authorization", &self.token).scim(&body);
        let user = ask.to(&self.scim).await.has_status(201).json();
        format!("{}/{}", self.users, user["id"].as_str().unwrap())
    }

    async fn changes(&self, user: &str, operation: Value) {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation],
        });
        let ask = Ask::new("PATCH", user).header("authorization", &self.token).scim(&body);
        ask.to(&self.scim).await.has_status(200);
    }

    async fn moves(&self, user: &str, email: &str) {
        let path = "emails[type eq \"work\"].value";
        self.changes(user, json!({ "op": "replace", "path": path, "value": email })).await;
    }

    async fn says_active(&self, user: &str, active: bool) {
        self.changes(user, json!({ "op": "replace", "path": "active", "value": active })).await;
    }
}

impl Company {
    async fn sends_what_is_due(&self) {
        self.clock.advance(SOON);
        self.sends().await;
    }

    async fn sends(&self) {
        let transport = Transport::Mailbox(self.rollcall.db.clone());
        Worker::new(self.rollcall.clone(), transport).run_due().await;
    }

    /// The latest mail to an address in the built-in mailbox.
    async fn latest_mail(&self, to: &str) -> Option<String> {
        let sql = "SELECT text_part FROM mailbox WHERE recipient = $1 ORDER BY id DESC LIMIT 1";
        self.look(sql, to).await.pop()
    }

    /// The link of this kind in the latest mail to an address.
    async fn latest_link(&self, to: &str, path: &str) -> String {
        let text = self.latest_mail(to).await.unwrap_or_else(|| panic!("no mail to {to}"));
        let at = text.find(path).unwrap_or_else(|| panic!("no {path} in {text}"));
        text[at..].split_whitespace().next().unwrap().to_owned()
    }
}

async fn sets_password(company: &Company, link: &str) -> Browser {
    let browser = Browser::new(&company.rollcall);
    browser.get(link).await.leads_to("/password/new");
    browser.get("/password/new").await.shows(200, "Set a password");
    browser.post("/password/new", &[("name", "Someone"), ("password", PASSWORD)]).await.leads_to("/");
    browser
}

#[tokio::test]
async fn who_was_added_under_a_wrong_address_is_reached_under_the_right_one_and_nobody_else_gets_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = Idp::of(&company).await;
        let user = idp.adds(TYPO, "de").await;
        company.sends_what_is_due().await;
        let stranger = company.latest_link(TYPO, "/password/").await;
        idp.moves(&user, RIGHT).await;
        company.sends_what_is_due().await;

        let browser = Browser::new(&company.rollcall);
        browser.get(&stranger).await.shows(404, "This link does not work any more");
        browser.post(&stranger, &[("name", "Eve"), ("password", PASSWORD)]).await.has_status(404);
        browser.post("/password", &[("email", TYPO)]).await.has_status(200);
        company.sends_what_is_due().await;
        let told = company.latest_mail(TYPO).await.unwrap();
        assert!(told.contains("öffnet Acme nicht mehr") && told.contains(RIGHT), "in her language: {told}");
        assert!(!told.contains("/password/"), "{told}");

        let right = sets_password(&company, &company.latest_link(RIGHT, "/password/").await).await;
        right.get("/w/acme").await.has_status(200);
        assert!(account::sign_in(&company.rollcall, RIGHT, PASSWORD).await.unwrap().is_some());
        assert!(account::sign_in(&company.rollcall, TYPO, PASSWORD).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_corrected_before_the_mail_left_gets_the_only_mail_with_a_link() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = Idp::of(&company).await;
        let user = idp.adds(TYPO, "en").await;
        idp.moves(&user, RIGHT).await;
        company.sends_what_is_due().await;
        let sql = "SELECT recipient || ' ' || status FROM outbox WHERE template = $1 ORDER BY id";
        assert_eq!(company.look(sql, "added").await, ["typo@acme.test cancelled", "right@acme.test kept"]);
        sets_password(&company, &company.latest_link(RIGHT, "/password/").await).await;
    })
    .await;
}

/// Two workspaces know the same address; one of their directories corrects it.
#[tokio::test]
async fn another_workspace_keeps_the_account_of_the_old_address() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = Idp::of(&company).await;
        let user = idp.adds(TYPO, "en").await;
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let account = company.membership(TYPO).await.account_id.unwrap();
        let mut elsewhere = company.membership(TYPO).await;
        elsewhere.id = company.clock.new_id();
        elsewhere.workspace_id = beta.id.clone();
        elsewhere.directory_id = None;
        let mut tx = company.rollcall.db.write().await.unwrap();
        assert!(store::memberships::insert(&mut tx, &elsewhere).await.unwrap());
        tx.commit().await.unwrap();

        idp.moves(&user, RIGHT).await;
        assert_ne!(company.membership(RIGHT).await.account_id, Some(account.clone()));
        let mut conn = company.rollcall.db.read().await.unwrap();
        let kept = store::memberships::get(&mut conn, &beta.id, &elsewhere.id).await.unwrap().unwrap();
        assert_eq!((kept.account_id, kept.email.as_str()), (Some(account), TYPO));
    })
    .await;
}

#[tokio::test]
async fn a_directory_takes_no_account_over_and_what_its_mail_says_works() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = Idp::of(&company).await;
        let user = idp.adds(TYPO, "fr").await;
        company.sends_what_is_due().await;
        let before = sets_password(&company, &company.latest_link(TYPO, "/password/").await).await;
        idp.moves(&user, RIGHT).await;
        company.sends_what_is_due().await;
        before.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        for address in [TYPO, RIGHT] {
            let told = company.latest_mail(address).await.unwrap();
            let words = "L’adresse avec laquelle vous vous connectez reste la même.";
            assert!(told.contains(words) && told.contains("/account"), "{told}");
            assert!(
                !told.contains("/password/") && !told.contains("/account/email/"),
                "opens nothing: {told}"
            );
        }
        // The new mailbox alone opens nothing.
        let stranger = Browser::new(&company.rollcall);
        stranger.post("/password", &[("email", RIGHT)]).await.has_status(200);
        stranger.signs_in(RIGHT, PASSWORD).await.has_status(422);
        company.sends_what_is_due().await;
        assert!(!company.latest_mail(RIGHT).await.unwrap().contains("/password/"));

        let person = Browser::of(&company, TYPO).await;
        let page = person.get("/account").await;
        page.shows(200, "Okta decides your name. You sign in with typo@acme.test.");
        page.shows(200, "Sign-in address").shows(200, RIGHT);
        let asks = |email: &'static str| [("email", email), ("current", PASSWORD)];
        person.post("/account/email", &asks("mine@home.test")).await.shows(422, "Okta manages this.");
        person.post("/account/email", &asks(RIGHT)).await.leads_to("/account");
        company.sends_what_is_due().await;
        let link = company.latest_link(RIGHT, "/account/email/").await;
        person.get(&link).await.leads_to("/account/email/confirm");
        person.get("/account/email/confirm").await.shows(200, "From now on you sign in as right@acme.test");
        let done = person.post("/account/email/confirm", &[]).await;
        done.shows(200, "You sign in as right@acme.test from now on.");
        assert_eq!(person.cookie("new_address"), None);
        Browser::of(&company, RIGHT)
            .await
            .get("/account")
            .await
            .shows(200, "Okta decides your name and your address.");
    })
    .await;
}

#[tokio::test]
async fn a_link_to_confirm_an_address_is_mailed_once_a_minute_and_the_latest_alone_works() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let asks =
            async |email: &str| ada.post("/account/email", &[("email", email), ("current", PASSWORD)]).await;
        asks("one@new.test").await.leads_to("/account");
        asks("two@new.test").await.shows(422, "A link was mailed a moment ago");
        company.clock.advance(Duration::from_secs(61));
        asks("two@new.test").await.leads_to("/account");
        let sql = "SELECT recipient || ' ' || status FROM outbox WHERE template = $1 ORDER BY id";
        assert_eq!(
            company.look(sql, "email_change").await,
            ["one@new.test cancelled", "two@new.test queued"]
        );
        company.sends_what_is_due().await;
        // As if the first had been under way all the time.
        let revive = "UPDATE outbox SET status = 'deferred' WHERE recipient = $1 RETURNING id";
        assert_eq!(company.look(revive, "one@new.test").await.len(), 1);
        company.sends_what_is_due().await;
        assert_eq!(company.latest_mail("one@new.test").await, None);
        let link = company.latest_link("two@new.test", "/account/email/").await;
        ada.visits(&link).await.shows(200, "From now on you sign in as two@new.test");
    })
    .await;
}

#[tokio::test]
async fn who_is_reinstated_without_a_password_is_mailed_a_link() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = Idp::of(&company).await;
        let user = idp.adds(RIGHT, "en").await;
        idp.says_active(&user, false).await;
        company.sends_what_is_due().await;
        assert_eq!(company.latest_mail(RIGHT).await, None, "who left again is not mailed");
        idp.says_active(&user, true).await;
        company.sends_what_is_due().await;
        let first = company.latest_link(RIGHT, "/password/").await;

        let id = company.id_of(RIGHT).await;
        membership::suspend(&company.rollcall, &company.admin(), &id).await.unwrap();
        membership::reinstate(&company.rollcall, &company.admin(), &id).await.unwrap();
        company.sends_what_is_due().await;
        let second = company.latest_link(RIGHT, "/password/").await;
        assert_ne!(first, second);
        sets_password(&company, &second).await;

        // With a password nobody is mailed: access is back, and that is all.
        let mails = async || company.look("SELECT id FROM outbox WHERE template = $1", "added").await.len();
        let before = mails().await;
        idp.says_active(&user, false).await;
        idp.says_active(&user, true).await;
        assert_eq!(mails().await, before);
    })
    .await;
}

#[tokio::test]
async fn the_first_link_works_for_three_days_from_when_it_leaves_and_an_admin_can_send_a_fresh_one() {
    each_engine(async |store| {
        const DAY: Duration = Duration::from_secs(24 * 3600);
        let company = Company::new(&store).await;
        let idp = Idp::of(&company).await;
        idp.adds(RIGHT, "en").await;
        // The mail waits for a relay longer than its link works.
        company.clock.advance(4 * DAY);
        company.sends_what_is_due().await;
        let link = company.latest_link(RIGHT, "/password/").await;
        let browser = Browser::new(&company.rollcall);
        company.clock.advance(3 * DAY - SOON);
        browser.visits(&link).await.shows(200, "Set a password");
        company.clock.advance(SOON);
        browser.get(&link).await.shows(404, "This link does not work any more");

        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get("/w/acme/people").await.shows(200, "no password yet").shows(200, "Send a password link");
        let again = format!("/w/acme/people/{}/password-link", company.id_of(RIGHT).await);
        ada.post(&again, &[]).await.has_status(303);
        ada.get("/w/acme/people").await.shows(200, "A link to set a password is on its way");
        ada.post(&again, &[]).await.has_status(303);
        ada.get("/w/acme/people").await.shows(200, "was mailed a link a moment ago");
        company.sends_what_is_due().await;
        let second = company.latest_link(RIGHT, "/password/").await;

        // The same from the log, of a mail that the relay took.
        let taken = "SELECT id FROM outbox WHERE template = $1 ORDER BY id DESC LIMIT 1";
        let mail = company.look(taken, "added").await.remove(0);
        ada.get(&format!("{LOG}/{mail}")).await.shows(200, "Resend");
        ada.post(&format!("{LOG}/{mail}/again"), &[]).await.leads_to(&format!("{LOG}/{mail}"));
        company.sends_what_is_due().await;
        let third = company.latest_link(RIGHT, "/password/").await;
        assert_ne!(second, third);
        browser.get(&second).await.has_status(404);
        sets_password(&company, &third).await;
        ada.post(&format!("{LOG}/{mail}/again"), &[]).await.has_status(303);
        ada.get(&format!("{LOG}/{mail}")).await.shows(200, "right@acme.test has a password.");
        assert!(!ada.get("/w/acme/people").await.words().contains("Send a password link"));
    })
    .await;
}

/// An older mail that is tried again must not end the link of a newer one.
#[tokio::test]
async fn an_older_mail_does_not_end_a_newer_link() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = Idp::of(&company).await;
        idp.adds(RIGHT, "en").await;
        let later = "UPDATE outbox SET status = 'deferred', due_at = due_at + 1800000000 WHERE template = $1 RETURNING id";
        assert_eq!(company.look(later, "added").await.len(), 1);
        company.clock.advance(Duration::from_secs(1));
        account::request_password_reset(&company.rollcall, RIGHT).await.unwrap();
        company.sends().await;
        let reset = company.latest_link(RIGHT, "/password/").await;
        company.clock.advance(Duration::from_secs(1900));
        company.sends().await;
        let sql = "SELECT status FROM outbox WHERE template = $1";
        assert_eq!(company.look(sql, "added").await, ["cancelled"]);
        Browser::new(&company.rollcall).visits(&reset).await.shows(200, "Set a password");
    })
    .await;
}

#[tokio::test]
async fn a_reset_link_lets_nobody_in_whose_access_was_taken_away() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand(RIGHT, Role::Member).await;
        let id = company.id_of(RIGHT).await;
        membership::suspend(&company.rollcall, &company.admin(), &id).await.unwrap();
        account::request_password_reset(&company.rollcall, RIGHT).await.unwrap();
        company.sends().await;
        let browser = Browser::new(&company.rollcall);
        browser.visits(&company.latest_link(RIGHT, "/password/").await).await.has_status(200);
        let fields = [("name", "Someone"), ("password", "a whole new password")];
        browser.post("/password/new", &fields).await.shows(403, "Acme");
        browser.get("/account").await.leads_to("/login?next=%2Faccount");
        assert!(account::sign_in(&company.rollcall, RIGHT, "a whole new password").await.unwrap().is_some());
    })
    .await;
}
