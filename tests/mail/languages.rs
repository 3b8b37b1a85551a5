//! The language of a mail: the person's own, else the workspace's.

use std::time::Duration;

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
        workspace::update(rollcall, &admin, "Acme", Ok(None), "FR").await.unwrap();
        for (address, document) in [
            ("unsaid@acme.test", "{}"),
            ("preferred@acme.test", r#"{"preferredLanguage": "de-AT", "locale": "en_US"}"#),
            ("locale@acme.test", r#"{"locale": "en_US"}"#),
            ("unknown@acme.test", r#"{"preferredLanguage": "tlh"}"#),
            ("several@acme.test", r#"{"preferredLanguage": "en;q=0.8, tlh, de;q=0.9", "locale": "en"}"#),
            (
                "many@acme.test",
                r#"{"preferredLanguage": "tlh, pt-BR, es-ES;q=0.9, it-IT;q=0.8, nl;q=0.7, de-CH;q=0.6"}"#,
            ),
            ("wordless@acme.test", r#"{"preferredLanguage": "pt-BR", "locale": "de_DE"}"#),
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
        for mail in office.server.wait_for(10).await {
            subjects.push((mail.to().to_owned(), mail.header("Subject").to_owned()));
        }
        subjects.sort();
        let french = "Rejoignez Acme sur Rollcall";
        let expected = [
            ("ada@acme.test", "Choisissez un nouveau mot de passe pour Rollcall"),
            ("chosen@acme.test", "Einladung zu Acme auf Rollcall"),
            ("locale@acme.test", "Join Acme on Rollcall"),
            ("many@acme.test", "Einladung zu Acme auf Rollcall"),
            ("preferred@acme.test", "Einladung zu Acme auf Rollcall"),
            ("several@acme.test", "Einladung zu Acme auf Rollcall"),
            ("unchosen@acme.test", french),
            ("unknown@acme.test", french),
            ("unsaid@acme.test", french),
            ("wordless@acme.test", "Einladung zu Acme auf Rollcall"),
        ];
        let expected = expected.map(|(to, subject)| (to.to_owned(), subject.to_owned()));
        assert_eq!(subjects, expected);
    })
    .await;
}

#[tokio::test]
async fn the_language_chosen_for_an_invitation_stays_whatever_the_directory_says_later() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let (rollcall, admin) = (office.rollcall(), office.acme.admin());
        let ana = office.acme.directory_adds_as("ana@acme.test", r#"{"preferredLanguage": "fr"}"#).await;
        let id = ana.membership_id.clone().unwrap();
        invitation::revoke(rollcall, &admin, &id).await.unwrap();
        invitation::invite(rollcall, &admin, "ana@acme.test", Role::Member, Some("de")).await.unwrap();
        office.acme.directory_says(&ana, true).await;
        office.worker.run_due().await;
        // Sent again while it is open, and anew after it ran out.
        for wait in [Duration::from_secs(61), Duration::from_secs(15 * 24 * 3600)] {
            office.clock.advance(wait);
            invitation::expire_overdue(rollcall).await.unwrap();
            invitation::resend(rollcall, &admin, &id).await.unwrap();
            office.acme.directory_says(&ana, true).await;
            office.worker.run_due().await;
        }
        let mails = office.server.wait_for(3).await;
        let subjects: Vec<&str> = mails.iter().map(|mail| mail.header("Subject")).collect();
        assert_eq!(subjects, ["Einladung zu Acme auf Rollcall"; 3]);
    })
    .await;
}

#[tokio::test]
async fn a_language_without_mails_is_refused() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let (rollcall, admin) = (office.rollcall(), office.acme.admin());
        let refusal = workspace::update(rollcall, &admin, "Acme", Ok(None), "tlh").await.unwrap_err();
        assert_eq!(refusal.field(), Some("language"));
        let sentence = "There are no mails in the language “tlh”. Use one of: en, fr, de.";
        assert_eq!(refusal.to_string(), sentence);
        let refusal = invitation::invite(rollcall, &admin, "bo@acme.test", Role::Member, Some("tlh")).await;
        assert_eq!(refusal.unwrap_err().to_string(), sentence);
        assert!(office.outbox().await.is_empty());
    })
    .await;
}
