//! The language of a mail: the person's own, else the workspace's.

use rollcall::{
    model::Role,
    people::{account, invitation, workspace},
};

use crate::{post_office::PostOffice, support::each_engine};

#[tokio::test]
async fn a_mail_is_in_the_persons_language_else_in_the_workspaces() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let (rollcall, admin) = (office.rollcall(), office.acme.admin());
        workspace::update(rollcall, &admin, "Acme", None, "FR").await.unwrap();
        for (address, document) in [
            ("unsaid@acme.test", "{}"),
            ("preferred@acme.test", r#"{"preferredLanguage": "de-AT", "locale": "en_US"}"#),
            ("locale@acme.test", r#"{"locale": "en_US"}"#),
            ("unknown@acme.test", r#"{"preferredLanguage": "tlh"}"#),
        ] {
            office.acme.directory_adds_as(address, document).await;
        }
        let invite = async |address: &str, language| {
            invitation::invite(rollcall, &admin, address, Role::Member, language).await.unwrap();
        };
        invite("chosen@acme.test", Some("de")).await;
        invite("unchosen@acme.test", None).await;
        account::request_password_reset(rollcall, "ada@acme.test").await.unwrap();
        office.worker.run_due().await;

        let mut subjects: Vec<(String, String)> = Vec::new();
        for mail in office.server.wait_for(7).await {
            subjects.push((mail.to().to_owned(), mail.header("Subject").to_owned()));
        }
        subjects.sort();
        let french = "Rejoignez Acme sur Rollcall";
        let expected = [
            ("ada@acme.test", "Choisissez un nouveau mot de passe pour Rollcall"),
            ("chosen@acme.test", "Einladung zu Acme auf Rollcall"),
            ("locale@acme.test", "Join Acme on Rollcall"),
            ("preferred@acme.test", "Einladung zu Acme auf Rollcall"),
            ("unchosen@acme.test", french),
            ("unknown@acme.test", french),
            ("unsaid@acme.test", french),
        ];
        let expected = expected.map(|(to, subject)| (to.to_owned(), subject.to_owned()));
        assert_eq!(subjects, expected);
    })
    .await;
}

#[tokio::test]
async fn a_language_without_mails_is_refused() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let (rollcall, admin) = (office.rollcall(), office.acme.admin());
        let refusal = workspace::update(rollcall, &admin, "Acme", None, "tlh").await.unwrap_err();
        assert_eq!(refusal.field(), Some("language"));
        let sentence = "There are no mails in the language “tlh”. Use one of: en, fr, de.";
        assert_eq!(refusal.to_string(), sentence);
        let refusal = invitation::invite(rollcall, &admin, "bo@acme.test", Role::Member, Some("tlh")).await;
        assert_eq!(refusal.unwrap_err().to_string(), sentence);
        assert!(office.outbox().await.is_empty());
    })
    .await;
}
