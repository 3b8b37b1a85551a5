//! The way of a mail from the outbox to where it goes.

use std::time::Duration;

use rollcall::{
    clock::Clock,
    config::MailTransport,
    model::{MailStatus, Role},
    people::{
        account,
        invitation::{self, Doorway},
    },
    store,
};
use serde_json::json;

use crate::{
    post_office::{LONG, PostOffice, worker},
    smtp_server::{SmtpServer, token_in},
    support::{Acme, BASE_URL, each_engine, fixed_clock, mails_of, rollcall},
};

#[tokio::test]
async fn the_relay_takes_an_invitation_and_its_link_works() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        office.acme.directory_adds("grace@acme.test").await;
        assert_eq!(office.worker.run_due().await, 1);

        let mail = office.only_mail().await;
        assert_eq!(mail.status, MailStatus::Accepted);
        assert_eq!(mail.attempts, 1);
        assert_eq!(mail.answer.as_deref(), Some("250 2.0.0 queued as 4711"));

        let [received] = <[_; 1]>::try_from(office.server.wait_for(1).await).unwrap();
        received.assert_well_formed();
        assert_eq!(received.to(), "grace@acme.test");
        assert_eq!(received.header("Subject"), "Join Acme on Rollcall");
        assert!(received.text().contains("Your IT team, through Okta, invited you"));
        assert!(received.html().contains(&format!("{BASE_URL}/invite/{}", received.token())));
        let door = invitation::open(office.rollcall(), &received.token()).await.unwrap();
        assert!(matches!(door, Doorway::Open(open) if open.invitation.email == "grace@acme.test"));

        assert_eq!(office.worker.run_due().await, 0, "nothing is sent twice");
    })
    .await;
}

#[tokio::test]
async fn only_the_hash_of_the_link_is_stored() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        let token = office.server.wait_for(1).await[0].token();
        let mut conn = office.rollcall().db.read().await.unwrap();
        assert!(store::invitations::find_link(&mut conn, &token).await.unwrap().is_none());
        let hash = rollcall::secret::hash(&token);
        assert!(store::invitations::find_link(&mut conn, &hash).await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn the_built_in_mailbox_keeps_the_same_bytes() {
    each_engine(async |store| {
        let acme = Acme::new(rollcall(&store, &fixed_clock(), |_| {})).await;
        acme.directory_adds("grace@acme.test").await;
        assert_eq!(worker(&acme.rollcall).run_due().await, 1);

        let mut conn = acme.rollcall.db.read().await.unwrap();
        let [kept] = <[_; 1]>::try_from(store::mailbox::list(&mut conn).await.unwrap()).unwrap();
        assert_eq!(kept.recipient, "grace@acme.test");
        assert_eq!(kept.subject, "Join Acme on Rollcall");
        assert_eq!(kept.received_at, acme.rollcall.clock.now());
        assert!(kept.source.contains("\r\nMessage-ID: <") && kept.source.ends_with("\r\n"));
        assert_eq!(token_in(&kept.text_part), token_in(&kept.html_part));
        let sent = &mails_of(&acme.rollcall, &acme.workspace.id).await[0];
        assert_eq!((sent.status, &sent.id), (MailStatus::Kept, &kept.id));
    })
    .await;
}

#[tokio::test]
async fn a_later_answer_is_tried_again_after_a_while() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let greylisted = json!([{"at": "rcpt", "reply": "451 4.7.1 Greylisted,\x20come back", "times": 2}]);
        office.server.obey(&greylisted);
        office.acme.directory_adds("grace@acme.test").await;

        assert_eq!(office.worker.run_due().await, 1);
        let mail = office.only_mail().await;
        assert_eq!((mail.status, mail.attempts), (MailStatus::Deferred, 1));
        assert_eq!(mail.answer.as_deref(), Some("451 4.7.1 Greylisted, come back"));
        let wait = mail.due_at.since(office.clock.now());
        assert!((Duration::from_secs(30)..=Duration::from_secs(37)).contains(&wait), "{wait:?}");

        office.clock.advance(Duration::from_secs(29));
        assert_eq!(office.worker.run_due().await, 0, "not before its time");
        office.clock.advance(Duration::from_secs(10));
        assert_eq!(office.worker.run_due().await, 1);
        office.clock.advance(Duration::from_secs(145));
        assert_eq!(office.worker.run_due().await, 1);
        let mail = office.only_mail().await;
        assert_eq!((mail.status, mail.attempts), (MailStatus::Accepted, 3));
        assert_eq!(office.server.wait_for(1).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_is_always_put_off_is_given_up() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(&json!([{"at": "rcpt", "reply": "450 4.2.0 mailbox busy"}]));
        office.acme.directory_adds("grace@acme.test").await;
        let mut tried = 0;
        // Eight attempts take 33 hours; the invitation lives for 14 days.
        for _ in 0..10 {
            tried += office.worker.run_due().await;
            office.clock.advance(LONG);
        }
        assert_eq!(tried, 8);
        let mail = office.only_mail().await;
        assert_eq!((mail.status, mail.attempts), (MailStatus::GaveUp, 8), "nobody refused it");
        assert_eq!(mail.answer.as_deref(), Some("450 4.2.0 mailbox busy"));
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_final_and_hurts_nobody_else() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(&json!([
            {"at": "rcpt", "to": "nobody@", "reply": "550 5.7.1 Not for you"},
            {"at": "content", "to": "spam@", "reply": "554 5.7.1 Looks like spam"},
        ]));
        for email in ["nobody@acme.test", "grace@acme.test", "spam@acme.test", "alan@acme.test"] {
            office.acme.directory_adds(email).await;
        }
        assert_eq!(office.worker.run_due().await, 4);
        office
            .assert_outbox(&[
                ("nobody@acme.test", MailStatus::Refused),
                ("spam@acme.test", MailStatus::Refused),
                ("grace@acme.test", MailStatus::Accepted),
                ("alan@acme.test", MailStatus::Accepted),
            ])
            .await;
        let answers: Vec<_> = office.outbox().await.into_iter().filter_map(|mail| mail.answer).collect();
        assert!(answers.contains(&"550 5.7.1 Not for you".to_owned()), "{answers:?}");
        assert!(answers.contains(&"554 5.7.1 Looks like spam".to_owned()), "{answers:?}");
        office.clock.advance(LONG);
        assert_eq!(office.worker.run_due().await, 0);
        assert_eq!(office.server.wait_for(2).await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_that_a_directory_named_too_early_is_looked_for_daily_for_five_days() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(&json!([
            {"at": "rcpt", "to": "soon@", "reply": "550 5.1.1 No such user", "times": 2},
            {"at": "rcpt", "to": "never@", "reply": "550 mailbox unavailable"},
            {"at": "rcpt", "to": "typo@", "reply": "550 5.1.1 No such user"},
        ]));
        office.acme.directory_adds("soon@acme.test").await;
        office.acme.directory_adds("never@acme.test").await;
        let role = Role::Member;
        invitation::invite(office.rollcall(), &office.acme.admin(), "typo@acme.test", role, None)
            .await
            .unwrap();
        let day = Duration::from_secs(24 * 3600);
        assert_eq!(office.worker.run_due().await, 3);
        office
            .assert_outbox(&[
                ("soon@acme.test", MailStatus::Deferred),
                ("never@acme.test", MailStatus::Deferred),
                ("typo@acme.test", MailStatus::Refused),
            ])
            .await;
        office.clock.advance(day - Duration::from_secs(1));
        assert_eq!(office.worker.run_due().await, 0);
        let mut tried = 0;
        for _ in 0..9 {
            // A wait is up to a fifth longer than a day.
            office.clock.advance(day.mul_f64(1.2));
            tried += office.worker.run_due().await;
        }
        assert_eq!(tried, 2 + 4, "two more for soon@, four more within five days for never@");
        office
            .assert_outbox(&[
                ("soon@acme.test", MailStatus::Accepted),
                ("never@acme.test", MailStatus::Refused),
                ("typo@acme.test", MailStatus::Refused),
            ])
            .await;
    })
    .await;
}

#[tokio::test]
async fn the_rate_limit_holds_in_every_minute() {
    each_engine(async |store| {
        let office = PostOffice::with(&store, SmtpServer::start(), |config| config.mail_rate = Some(3)).await;
        for number in 0..8 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        assert_eq!(office.worker.run_due().await, 3);
        store.database_clock_advances(30).await;
        assert_eq!(office.worker.run_due().await, 0);
        store.database_clock_advances(30).await;
        assert_eq!(office.worker.run_due().await, 3);
        store.database_clock_advances(60).await;
        assert_eq!(office.worker.run_due().await, 2);
        assert_eq!(office.server.wait_for(8).await.len(), 8);
    })
    .await;
}

#[tokio::test]
async fn a_password_that_someone_waits_for_does_not_wait_behind_a_directorys_invitations() {
    each_engine(async |store| {
        let office = PostOffice::with(&store, SmtpServer::start(), |config| config.mail_rate = Some(3)).await;
        for number in 0..20 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        office.clock.advance(Duration::from_secs(1));
        account::request_password_reset(office.rollcall(), "ada@acme.test").await.unwrap();
        let admin = office.acme.admin();
        invitation::invite(office.rollcall(), &admin, "bo@acme.test", Role::Member, None).await.unwrap();
        assert_eq!(office.worker.run_due().await, 3);
        let received = office.server.wait_for(3).await;
        let mut recipients: Vec<_> = received.iter().map(|mail| mail.to()).collect();
        recipients.sort_unstable();
        assert_eq!(recipients, ["ada@acme.test", "bo@acme.test", "person0@acme.test"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rate_limit_is_one_for_all_hosts_and_outlives_a_restart() {
    each_engine(async |store| {
        let office = PostOffice::with(&store, SmtpServer::start(), |config| config.mail_rate = Some(3)).await;
        for number in 0..11 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        // Another process, on a host whose clock is an hour ahead.
        let other_store = store.open_again().await;
        let settings = office.server.transport();
        let ahead = Clock::fixed(office.clock.now().plus(Duration::from_secs(3600)));
        let host = || {
            worker(&rollcall(&other_store, &ahead, |config| {
                config.mail = settings.clone();
                config.mail_rate = Some(3);
            }))
        };
        let other = host();
        for _ in 0..3 {
            let (one, two) = tokio::join!(office.worker.run_due(), other.run_due());
            assert_eq!(one + two, 3);
            assert_eq!(host().run_due().await, 0, "who starts begins no minute anew");
            store.database_clock_advances(60).await;
        }
        assert_eq!(host().run_due().await, 2);
        assert_eq!(office.server.wait_for(11).await.len(), 11);
    })
    .await;
}

#[tokio::test]
async fn the_relay_wants_a_password() {
    each_engine(async |store| {
        let server = SmtpServer::with_user("rollcall", "p@ss/wörd");
        let right = server.transport_as("rollcall:p%40ss%2Fw%C3%B6rd@");
        let wrong = server.transport_as("rollcall:guess@");
        let office = PostOffice::with(&store, server, |config| config.mail = wrong).await;
        office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        let mail = office.only_mail().await;
        assert_eq!(mail.status, MailStatus::Deferred, "a wrong password is no fault of the mail");
        assert!(mail.answer.as_deref().unwrap().starts_with("535 "), "{:?}", mail.answer);

        office.clock.advance(Duration::from_secs(60));
        let repaired = rollcall(&store, &office.clock, |config| config.mail = right);
        assert_eq!(worker(&repaired).run_due().await, 1);
        assert_eq!(office.server.wait_for(1).await[0].user(), Some("rollcall"));
        assert_eq!(office.only_mail().await.status, MailStatus::Accepted);
    })
    .await;
}

#[tokio::test]
async fn names_with_line_breaks_and_markup_arrive_as_text() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let mut tx = office.rollcall().db.write().await.unwrap();
        let name = "Eve\r\nBcc: eve@evil.test <b>x</b>";
        store::accounts::set_credentials(&mut tx, &office.acme.owner.id, name, "", office.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let account = {
            let mut conn = office.rollcall().db.read().await.unwrap();
            store::accounts::get(&mut conn, &office.acme.owner.id).await.unwrap().unwrap()
        };
        let access =
            rollcall::people::Access::enter(office.rollcall(), &account, "acme").await.unwrap().unwrap();
        let caller = rollcall::people::Caller::Member(&access);
        invitation::invite(office.rollcall(), &caller, "grace@acme.test", Role::Viewer, None).await.unwrap();
        office.worker.run_due().await;
        let received = &office.server.wait_for(1).await[0];
        received.assert_well_formed();
        assert!(!received.header_names().contains(&"Bcc"));
        assert!(
            received.text().contains("Eve Bcc: eve@evil.test <b>x</b> invited you to join Acme as a viewer.")
        );
        assert!(!received.html().contains("<b>"));
    })
    .await;
}

#[tokio::test]
async fn the_check_at_the_start_says_what_is_wrong() {
    each_engine(async |store| {
        let server = SmtpServer::start();
        let office = PostOffice::with(&store, server, |_| {}).await;
        let transport = |settings: &MailTransport| crate::post_office::transport(office.rollcall(), settings);
        assert_eq!(transport(&office.server.transport()).check().await, Ok(()));
        assert_eq!(transport(&MailTransport::Mailbox).check().await, Ok(()));
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let nobody = rollcall::mail::parse_smtp_url(&format!("smtp://127.0.0.1:{port}")).unwrap();
        let warning = transport(&MailTransport::Smtp(nobody)).check().await.unwrap_err();
        assert!(
            warning.starts_with(&format!("The SMTP server 127.0.0.1:{port} takes no mail now: ")),
            "{warning}"
        );
        assert!(warning.contains("refused") && warning.contains("Mail waits in the outbox"), "{warning}");
    })
    .await;
}
