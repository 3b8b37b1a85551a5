//! Ways in and out: set-up, sign-in, passwords, sign-out, and access that ends.

use std::time::Duration;

use rollcall::{
    model::{Provider, Role},
    people::{account, membership, workspace},
    scim_api,
};

use crate::{
    browser::{Browser, form},
    company::{Company, PASSWORD},
    requests::Ask,
    support::{BASE_URL, each_engine, fixed_clock, rollcall},
};

const SETUP: [(&str, &str); 4] =
    [("name", "Ada"), ("email", "ada@acme.test"), ("password", PASSWORD), ("workspace", "Acme")];

#[tokio::test]
async fn the_set_up_link_makes_one_owner_and_is_gone() {
    each_engine(async |store| {
        let rollcall = rollcall(&store, &fixed_clock(), |_| {});
        let token = workspace::new_claim_link(&rollcall).await.unwrap().unwrap();
        let link = format!("/setup?token={}", token.reveal());
        let ada = Browser::new(&rollcall);
        ada.get("/").await.leads_to("/setup");
        ada.get(&link).await.shows(200, "Set up Rollcall");

        let mut fields = SETUP.to_vec();
        fields.push(("token", token.reveal()));
        ada.post("/setup", &fields).await.leads_to("/w/acme");
        ada.get("/w/acme").await.shows(200, "Acme");

        let eve = Browser::new(&rollcall);
        eve.get(&link).await.shows(404, "This page does not exist");
        eve.get("/setup").await.shows(404, "This page does not exist");
        eve.post("/setup", &fields).await.has_status(404);
        assert!(
            workspace::new_claim_link(&rollcall).await.unwrap().is_none(),
            "no new link once there is an owner"
        );
    })
    .await;
}

#[tokio::test]
async fn without_the_link_nobody_claims_the_instance() {
    each_engine(async |store| {
        let rollcall = rollcall(&store, &fixed_clock(), |_| {});
        workspace::new_claim_link(&rollcall).await.unwrap().unwrap();
        let eve = Browser::new(&rollcall);
        for token in ["", "x"] {
            let mut fields = SETUP.to_vec();
            fields.push(("token", token));
            eve.post("/setup", &fields).await.shows(403, "This set-up link does not work");
        }
        eve.get("/setup").await.shows(403, "This set-up link does not work");
        assert!(workspace::is_unclaimed(&rollcall).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_refused_set_up_keeps_what_was_typed_and_the_link() {
    each_engine(async |store| {
        let rollcall = rollcall(&store, &fixed_clock(), |_| {});
        let token = workspace::new_claim_link(&rollcall).await.unwrap().unwrap();
        let ada = Browser::new(&rollcall);
        let with = |name: &str, value: &str| {
            let mut fields: Vec<(String, String)> =
                SETUP.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            fields.push(("token".to_owned(), token.reveal().to_owned()));
            for field in &mut fields {
                if field.0 == name {
                    value.clone_into(&mut field.1);
                }
            }
            fields
        };
        for (name, value, complaint) in [
            ("name", " ", "Enter a name."),
            ("email", "ada", "is not an e-mail address"),
            ("password", "short", "Use at least 12 characters."),
            ("workspace", "", "Enter a name."),
        ] {
            let fields = with(name, value);
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let page = ada.post("/setup", &fields).await;
            page.shows(422, complaint);
            assert_eq!(page.hidden("token"), token.reveal());
            assert!(!page.text().contains(PASSWORD), "a password is never sent back");
        }
        assert!(workspace::is_unclaimed(&rollcall).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn right_and_wrong_passwords() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let browser = Browser::new(&company.rollcall);
        for (email, password) in [
            ("ada@acme.test", "wrong horse battery"),
            ("nobody@acme.test", PASSWORD),
            ("", ""),
            ("ada@acme.test", ""),
            ("ada", PASSWORD),
        ] {
            browser.signs_in(email, password).await.shows(422, "That e-mail and password do not match.");
        }
        browser.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        browser.signs_in(" ADA@Acme.test ", PASSWORD).await.leads_to("/");
        browser.get("/").await.leads_to("/w/acme");
        browser.get("/login").await.leads_to("/");
    })
    .await;
}

#[tokio::test]
async fn after_ten_tries_one_has_to_wait_even_with_the_right_password() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let browser = Browser::new(&company.rollcall);
        for _ in 0..10 {
            browser.signs_in("ada@acme.test", "wrong horse battery").await.has_status(422);
        }
        for email in ["ada@acme.test", "ADA@acme.test "] {
            browser.signs_in(email, PASSWORD).await.shows(429, "Too many tries.");
        }
        browser.signs_in("bo@acme.test", PASSWORD).await.has_status(422);
    })
    .await;
}

#[tokio::test]
async fn signing_in_changes_the_session_and_signing_out_ends_it() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let browser = Browser::new(&company.rollcall);
        browser.signs_in("ada@acme.test", PASSWORD).await.leads_to("/");
        let first = browser.cookie("rollcall_session").unwrap();
        browser.signs_in("ada@acme.test", PASSWORD).await.leads_to("/");
        let second = browser.cookie("rollcall_session").unwrap();
        assert_ne!(first, second, "a session from before signing in is not carried over");

        browser.post("/logout", &[]).await.leads_to("/login");
        browser.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        let thief = Browser::new(&company.rollcall);
        for stolen in [first, second] {
            thief.has_cookie("rollcall_session", &stolen);
            thief.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");
        }
    })
    .await;
}

#[tokio::test]
async fn after_signing_in_one_is_where_one_wanted_to_be_and_nowhere_else() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let browser = Browser::new(&company.rollcall);
        let page = browser.get("/login?next=%2Fw%2Facme%2Fpeople%3Ftab%3Dsuspended").await;
        assert_eq!(page.hidden("next"), "/w/acme/people?tab=suspended");
        for (next, expected) in [
            ("/w/acme/people?tab=suspended", "/w/acme/people?tab=suspended"),
            ("https://evil.test/", "/"),
            ("//evil.test", "/"),
            ("/\\evil.test", "/"),
            ("/\t/evil.test", "/"),
            ("\\\\evil.test", "/"),
            ("javascript:alert(1)", "/"),
            ("/%0d%0aLocation: https://evil.test", "/%0d%0aLocation: https://evil.test"),
            ("/a\r\nSet-Cookie: x=y", "/"),
        ] {
            let fields = [("email", "ada@acme.test"), ("password", PASSWORD), ("next", next)];
            Browser::new(&company.rollcall).post("/login", &fields).await.leads_to(expected);
        }
        browser.signs_in("ada@acme.test", PASSWORD).await.leads_to("/");
        for next in ["https://evil.test", "//evil.test", "/\\evil.test"] {
            let encoded: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            browser.get(&format!("/login?next={encoded}")).await.leads_to("/");
            browser.post("/logout", &[("next", next)]).await.leads_to("/login");
            browser.signs_in("ada@acme.test", PASSWORD).await.leads_to("/");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_sent_after_the_session_ended_is_told_of_and_found_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let sends = async |referer: &str| {
            let browser = Browser::new(&company.rollcall);
            let ask = form("/w/acme/people/invite", &[("emails", "ana@acme.test"), ("role", "member")]);
            let ask = ask.header("sec-fetch-site", "same-origin").header("referer", referer);
            let answer = browser.send(ask).await;
            browser.get("/login").await.shows(200, "You were signed out. Nothing was saved");
            answer
        };
        let page = "/w/acme/people?dialog=invite";
        sends(&format!("{BASE_URL}{page}"))
            .await
            .leads_to("/login?next=%2Fw%2Facme%2Fpeople%3Fdialog%3Dinvite");
        for referer in ["https://evil.test/w/acme", "nonsense", &format!("{BASE_URL}.evil.test/w/acme")] {
            sends(referer).await.leads_to("/login");
        }
        assert_eq!(company.standing("ana@acme.test").await, "nobody");
    })
    .await;
}

#[tokio::test]
async fn access_ends_with_the_next_request_after_the_directory_says_so() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, token) = company.directory(Provider::Okta).await;
        let router = scim_api::router(&company.rollcall);
        let at = |path: &str| format!("/scim/v2/{}{path}", directory.id);
        let bearer = format!("Bearer {}", token.reveal());
        let body = serde_json::json!({ "userName": "ana@acme.test", "active": true });
        let created =
            Ask::new("POST", &at("/Users")).header("authorization", &bearer).scim(&body).to(&router).await;
        let id = created.json()["id"].as_str().unwrap().to_owned();
        company.accepts("ana@acme.test").await;
        let ana = Browser::of(&company, "ana@acme.test").await;
        ana.get("/w/acme/people").await.shows(200, "ana@acme.test");

        let off = serde_json::json!({ "Operations": [{ "op": "replace", "value": { "active": false } }] });
        let off = Ask::new("PATCH", &at(&format!("/Users/{id}"))).header("authorization", &bearer).scim(&off);
        off.to(&router).await.has_status(200);

        ana.get("/w/acme/people").await.leads_to("/login?next=%2Fw%2Facme%2Fpeople");
        let refusal = "Your access to Acme was removed by your organization's directory on";
        ana.signs_in("ana@acme.test", PASSWORD).await.shows(422, refusal);
        assert!(ana.cookie("rollcall_session").is_none());
    })
    .await;
}

#[tokio::test]
async fn a_suspended_person_with_another_workspace_is_told_why() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.adds_by_hand("ana@acme.test", Role::Member).await;
        let beta = company.other_workspace("Beta", "ana@acme.test").await;
        let ana = Browser::of(&company, "ana@acme.test").await;
        ana.get("/w/acme").await.has_status(200);
        let id = company.id_of("ana@acme.test").await;
        membership::suspend(&company.rollcall, &company.admin(), &id).await.unwrap();
        ana.get("/w/acme").await.shows(403, "Your access to Acme was removed by an admin on");
        ana.get(&format!("/w/{}", beta.slug)).await.has_status(200);
        ana.get("/").await.leads_to(&format!("/w/{}", beta.slug));
    })
    .await;
}

#[tokio::test]
async fn a_password_link_works_once_and_signs_other_devices_out() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let old_device = Browser::of(&company, "ada@acme.test").await;
        let context = company.rollcall.context(rollcall::audit::Actor::CommandLine);
        let mut tx = company.rollcall.db.write().await.unwrap();
        let link = account::new_password_link(&mut tx, &context, &company.owner.id).await.unwrap();
        tx.commit().await.unwrap();
        let path = format!("/password/{}", link.reveal());

        let ada = Browser::new(&company.rollcall);
        ada.get(&path).await.leads_to("/password/new");
        ada.visits(&path).await.shows(200, "For ada@acme.test.");
        ada.post(&path, &[("name", "Ada"), ("password", "short")])
            .await
            .shows(422, "Use at least 12 characters.");
        ada.post(&path, &[("name", "Ada"), ("password", "another horse battery")]).await.leads_to("/");
        ada.get("/w/acme").await.has_status(200);
        old_device.get("/w/acme").await.leads_to("/login?next=%2Fw%2Facme");

        ada.get(&path).await.shows(404, "This link does not work any more");
        ada.post(&path, &[("name", "Ada"), ("password", PASSWORD)]).await.has_status(404);
        ada.signs_in("ada@acme.test", PASSWORD).await.has_status(422);
        ada.signs_in("ada@acme.test", "another horse battery").await.leads_to("/");
    })
    .await;
}

#[tokio::test]
async fn a_password_link_that_is_too_old_does_nothing() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let context = company.rollcall.context(rollcall::audit::Actor::CommandLine);
        let mut tx = company.rollcall.db.write().await.unwrap();
        let link = account::new_password_link(&mut tx, &context, &company.owner.id).await.unwrap();
        tx.commit().await.unwrap();
        company.clock.advance(Duration::from_secs(4 * 24 * 3600));
        let path = format!("/password/{}", link.reveal());
        let ada = Browser::new(&company.rollcall);
        ada.get(&path).await.has_status(404);
        ada.post(&path, &[("name", "Ada"), ("password", "another horse battery")]).await.has_status(404);
    })
    .await;
}
