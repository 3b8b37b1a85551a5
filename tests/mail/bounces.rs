//! Mails that come back after the relay had taken them.

use std::time::Duration;

use rollcall::{
    jobs::{Taken, take_bounce},
    mail::{
        ReturnPath,
        bounce::{Bounce, Proof, dsn},
    },
    model::{InvitationMode, MailStatus, Role},
    people::invitation,
};
use serde_json::json;

use crate::{
    post_office::{PostOffice, worker},
    support::each_engine,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a relay sends to the return path of a mail.
fn notification(sender: &str, status: &str) -> String {
    format!(
        "To: {sender}\r\nMessage-ID: <{status}.{sender}>\r\nContent-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.test\r\n\r\nAction: failed\r\n\
         Status: {status}\r\nDiagnostic-Code: smtp; 550 {status} no\r\n--b--\r\n"
    )
}

async fn office(store: &crate::support::TestStore) -> PostOffice {
    let path = ReturnPath::parse("bounces+{id}@acme.test").unwrap();
    PostOffice::with(store, crate::smtp_server::SmtpServer::start(), |config| config.return_path = Some(path))
        .await
}

fn read(office: &PostOffice, status: &str, sender: &str) -> Bounce {
    let message = notification(sender, status);
    let return_path = office.rollcall().config.return_path.as_ref().unwrap();
    dsn::read(message.as_bytes(), return_path).unwrap().unwrap()
}

#[tokio::test]
async fn a_mail_that_comes_back_is_bounced_once() {
    each_engine(async |store| {
        let office = office(&store).await;
        invitation::invite(office.rollcall(), &office.acme.admin(), "bo@acme.test", Role::Member, None)
            .await
            .unwrap();
        office.worker.run_due().await;
        let sender = office.server.wait_for(1).await[0].sender().to_owned();
        let bounce = read(&office, "5.1.1", &sender);
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::Bounced);
        let mail = office.only_mail().await;
        assert_eq!((mail.status, mail.answer.as_deref()), (MailStatus::Bounced, Some("550 5.1.1 no")));
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::Unchanged);
        office.clock.advance(2 * DAY);
        assert_eq!(office.worker.run_due().await, 0, "nobody's directory vouches for this mailbox");
        let strange = Bounce { report: "x".to_owned(), mail: "none".to_owned().into(), ..bounce };
        assert_eq!(take_bounce(office.rollcall(), &strange).await.unwrap(), Taken::Unknown);
    })
    .await;
}

/// Everything that the reader of a mail sees of it is no proof that it came back.
#[tokio::test]
async fn who_does_not_know_the_return_path_cannot_report_a_bounce() {
    each_engine(async |store| {
        let office = office(&store).await;
        for email in ["bo@acme.test", "cy@acme.test"] {
            invitation::invite(office.rollcall(), &office.acme.admin(), email, Role::Member, None)
                .await
                .unwrap();
        }
        office.worker.run_due().await;
        let received = office.server.wait_for(2).await;
        let key_of = |sender: &str| sender.split('@').next().unwrap()[8 + 32..].to_owned();
        let keys = [key_of(received[0].sender()), key_of(received[1].sender())];
        assert_ne!(keys[0], keys[1]);
        for mail in &received {
            let shown = format!("{:?} {} {}", mail.header_names(), mail.text(), mail.html());
            let headers: Vec<_> = mail.header_names().into_iter().map(|name| mail.header(name)).collect();
            for key in &keys {
                assert!(!shown.contains(key) && !headers.concat().contains(key), "{key} in {mail:?}");
            }
        }
        for key in [&keys[1], &"0".repeat(16)] {
            let sender = received[0].sender().replace(&keys[0], key);
            let forged = read(&office, "5.1.1", &sender);
            assert_eq!(take_bounce(office.rollcall(), &forged).await.unwrap(), Taken::Unknown, "{sender}");
        }
        office
            .assert_outbox(&[("bo@acme.test", MailStatus::Accepted), ("cy@acme.test", MailStatus::Accepted)])
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_that_a_directory_named_may_follow_within_five_days() {
    each_engine(async |store| {
        let office = office(&store).await;
        office.acme.directory_adds("grace@acme.test").await;
        for day in 0..4 {
            assert_eq!(office.worker.run_due().await, 1, "day {day}");
            let received = office.server.wait_for(day + 1).await;
            let mut bounce = read(&office, "5.1.1", received[day].sender());
            bounce.report = format!("day {day}");
            assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::TriedAgain);
            assert_eq!(
                take_bounce(office.rollcall(), &bounce).await.unwrap(),
                Taken::Unchanged,
                "read again"
            );
            assert_eq!(office.worker.run_due().await, 0, "not today");
            office.clock.advance(DAY + DAY / 4);
        }
        office.worker.run_due().await;
        let mut bounce = read(&office, "5.1.1", office.server.wait_for(5).await[4].sender());
        bounce.report = "last".to_owned();
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::Bounced);
        assert_eq!(office.only_mail().await.status, MailStatus::Bounced);
    })
    .await;
}

/// A relay may report the failure before it has answered us: the report is not lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_that_is_quicker_than_the_relays_yes_counts_when_it_comes_again() {
    each_engine(async |store| {
        let mut office = office(&store).await;
        office.server.obey(&json!([{"at": "content", "delay": 1.5, "times": 1}]));
        invitation::invite(office.rollcall(), &office.acme.admin(), "bo@acme.test", Role::Member, None)
            .await
            .unwrap();
        let early = async {
            let sender = office.server.wait_for(1).await[0].sender().to_owned();
            let bounce = read(&office, "5.1.1", &sender);
            for _ in 0..2 {
                assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::TooEarly);
            }
            bounce
        };
        let (_, bounce) = tokio::join!(office.worker.run_due(), early);
        assert_eq!(office.only_mail().await.status, MailStatus::Accepted);
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::Bounced);
        assert_eq!(office.only_mail().await.status, MailStatus::Bounced);
    })
    .await;
}

/// Killed after the relay's yes and before our note of it: that the mail comes back shows that it went out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bounce_after_a_kill_counts_and_nothing_is_sent_again() {
    each_engine(async |store| {
        let mut office = office(&store).await;
        office.server.obey(&json!([{"at": "content", "delay": 30, "times": 1}]));
        invitation::invite(office.rollcall(), &office.acme.admin(), "bo@acme.test", Role::Member, None)
            .await
            .unwrap();
        let doomed = worker(office.rollcall());
        tokio::select! {
            _ = doomed.run_due() => panic!("the relay has not answered"),
            _ = office.server.wait_for(1) => {}
        }
        drop(doomed);
        let sender = office.server.received()[0].sender().to_owned();
        let bounce = read(&office, "5.1.1", &sender);
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::TooEarly);
        store.database_clock_advances(61).await;
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::Bounced);
        assert_eq!(office.worker.run_due().await, 0);
        assert_eq!(office.only_mail().await.status, MailStatus::Bounced);
    })
    .await;
}

/// People who are added without an invitation were named by a directory as well.
#[tokio::test]
async fn the_mailbox_of_one_who_was_added_directly_may_follow_too() {
    each_engine(async |store| {
        let mut office = office(&store).await;
        office.acme.directory.settings.invitation_mode = InvitationMode::AddDirectly;
        office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        assert_eq!(office.only_mail().await.template, "added");
        let bounce = read(&office, "5.1.1", office.server.wait_for(1).await[0].sender());
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::TriedAgain);
        office.clock.advance(DAY + DAY / 4);
        assert_eq!(office.worker.run_due().await, 1);
    })
    .await;
}

#[tokio::test]
async fn other_failures_stop_and_what_was_cancelled_stays_cancelled() {
    each_engine(async |store| {
        let office = office(&store).await;
        let user = office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        let sender = office.server.wait_for(1).await[0].sender().to_owned();
        assert_eq!(
            take_bounce(office.rollcall(), &read(&office, "5.7.1", &sender)).await.unwrap(),
            Taken::Bounced
        );

        let other = office.acme.directory_adds("other@acme.test").await;
        office.acme.directory_deactivates(&other).await;
        let cancelled =
            office.outbox().await.into_iter().find(|mail| mail.recipient == "other@acme.test").unwrap();
        let bounce = Bounce {
            report: "y".to_owned(),
            mail: cancelled.id,
            proof: Proof::Signature,
            no_such_mailbox: true,
            words: "550".to_owned(),
        };
        assert_eq!(take_bounce(office.rollcall(), &bounce).await.unwrap(), Taken::Unchanged);
        office
            .assert_outbox(&[
                ("grace@acme.test", MailStatus::Bounced),
                ("other@acme.test", MailStatus::Cancelled),
            ])
            .await;
        drop(user);
    })
    .await;
}
