//! A directory that fails: from the requests that are refused to the mail that its owners get, once for each time.

use std::time::Duration;

use rollcall::{
    jobs::{self, Worker},
    journal,
    mail::Transport,
    model::Provider,
};
use serde_json::json;

use crate::{
    callers::{self, Caller, person},
    company::Company,
    support::each_engine,
};

/// So much time passes, and the worker does what it does meanwhile.
async fn passes(company: &Company, minutes: u64) {
    let rollcall = &company.rollcall;
    journal::write_out(rollcall).await;
    company.clock.advance(Duration::from_secs(60 * minutes));
    jobs::run_chores(rollcall).await;
    let transport = Transport::new(&rollcall.config.mail, &rollcall.db).unwrap();
    Worker::new(rollcall.clone(), transport).run_due().await;
}

/// What Ada was mailed, oldest first: subject and text.
async fn mailed(company: &Company) -> Vec<String> {
    let mails =
        "SELECT subject || ': ' || text_part FROM mailbox WHERE recipient = $1 ORDER BY received_at, id";
    company.look(mails, "ada@acme.test").await
}

/// A change that no server can obey.
async fn is_refused(idp: &Caller) {
    let mut nameless = person("x@acme.test");
    nameless.as_object_mut().unwrap().remove("userName");
    idp.post("/Users", &nameless).await.refuses(400, "invalidValue");
}

#[tokio::test]
async fn changes_that_are_refused_end_in_one_mail_until_one_is_obeyed() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        idp.creates("ana@acme.test").await;
        for _ in 0..4 {
            is_refused(&idp).await;
            passes(&company, 1).await;
        }
        assert_eq!(mailed(&company).await, [""; 0], "four may be typing errors");
        is_refused(&idp).await;
        passes(&company, 1).await;
        let mails = mailed(&company).await;
        assert_eq!(mails.len(), 1, "{mails:?}");
        assert!(mails[0].starts_with("Okta cannot update Acme: "), "{}", mails[0]);
        assert!(
            mails[0].contains("5 of the last 6 changes that Okta sent to Acme were refused"),
            "{}",
            mails[0]
        );
        assert!(mails[0].contains("userName"), "what it was told last: {}", mails[0]);
        assert!(mails[0].contains(&format!("/directories/{}", idp.directory)), "{}", mails[0]);

        // It goes on for hours, also by reads that are answered: nothing new is told.
        for _ in 0..6 {
            is_refused(&idp).await;
            idp.get("/Users").await.shows(200);
            passes(&company, 60).await;
        }
        assert_eq!(mailed(&company).await.len(), 1);

        // Recovered, and well for a while; then it fails anew.
        for number in 0..10 {
            idp.creates(&format!("p{number}@acme.test")).await;
        }
        passes(&company, 60).await;
        for _ in 0..4 {
            is_refused(&idp).await;
        }
        passes(&company, 1).await;
        assert_eq!(mailed(&company).await.len(), 1, "what was before the recovery does not count");
        is_refused(&idp).await;
        passes(&company, 1).await;
        passes(&company, 60).await;
        assert_eq!(mailed(&company).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn nothing_but_a_bad_token_for_an_hour_ends_in_one_mail_until_a_good_one_comes() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        let body = json!({});
        idp.get("/Users").await.shows(200);
        for mails in [1, 2] {
            // On a server of its own: each writes at most twenty strangers down at once.
            let mistyped = Caller::new(&company.rollcall, idp.directory.clone(), Some("scim_mistyped"));
            passes(&company, 10).await;
            for _ in 0..6 {
                assert_eq!(mailed(&company).await.len(), mails - 1);
                mistyped.post("/Users", &body).await.refuses(401, "");
                passes(&company, 10).await;
            }
            for _ in 0..12 {
                mistyped.post("/Users", &body).await.refuses(401, "");
                passes(&company, 10).await;
            }
            let told = mailed(&company).await;
            assert_eq!(told.len(), mails, "{told:?}");
            assert!(told[mails - 1].contains("has come with a token that does not work"), "{told:?}");

            idp.get("/Users").await.shows(200);
            passes(&company, 1).await;
        }
    })
    .await;
}
