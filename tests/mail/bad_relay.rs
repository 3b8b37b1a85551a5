//! Relays that hang, hang up, talk nonsense, or are not there for two days.

use std::time::Duration;

use rollcall::{
    mail::{Answer, Trouble, send_test_mail},
    model::MailStatus,
    store::outbox::Mail,
};
use serde_json::json;

use crate::{
    post_office::{LONG, PostOffice, transport, worker},
    support::{each_engine, rollcall},
};

#[tokio::test]
async fn whatever_goes_wrong_on_the_line_is_tried_again() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        for (number, (rule, words)) in [
            (json!({"at": "rcpt", "delay": 3, "times": 1}), "no answer within 1 seconds"),
            (json!({"at": "data", "drop": true, "times": 1}), ""),
            (json!({"at": "rcpt", "reply": "what do you want", "times": 1}), ""),
            (json!({"at": "data", "reply": "250 fine", "times": 1}), "does not belong here"),
            (json!({"at": "mail", "reply": "250-unfinished", "drop": true, "times": 1}), ""),
            (json!({"at": "rcpt", "drop": true, "times": 1}), ""),
        ]
        .into_iter()
        .enumerate()
        {
            let email = format!("person{number}@acme.test");
            office.server.obey(&json!([rule]));
            office.acme.directory_adds(&email).await;
            office.worker.run_due().await;
            let mail = office.outbox().await.remove(0);
            assert_eq!((&mail.recipient, mail.status), (&email, MailStatus::Deferred), "{rule}");
            let answer = mail.answer.unwrap();
            assert!(answer.contains(words) && !answer.is_empty() && answer.len() < 400, "{rule}: {answer}");

            office.clock.advance(Duration::from_secs(90));
            office.worker.run_due().await;
            let mail = office.outbox().await.remove(0);
            assert_eq!(mail.status, MailStatus::Accepted, "{rule}");
        }
        let received = office.server.wait_for(6).await;
        let mut recipients: Vec<_> = received.iter().map(|mail| mail.to()).collect();
        recipients.sort_unstable();
        recipients.dedup();
        assert_eq!((received.len(), recipients.len()), (6, 6), "none twice");
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_never_confirmed_gets_the_same_mail_again() {
    each_engine(async |store| {
        for rule in [
            json!({"at": "content", "drop": true, "times": 1}),
            json!({"at": "content", "reply": "well well", "times": 1}),
            json!({"at": "content", "delay": 4, "times": 1}),
        ] {
            let mut office = PostOffice::new(&store).await;
            let email = format!("grace{}@acme.test", office.outbox().await.len());
            office.server.obey(&json!([rule]));
            office.acme.directory_adds(&email).await;
            office.worker.run_due().await;
            let mail = office.only_mail().await;
            assert_eq!(mail.status, MailStatus::Deferred, "{rule}");
            assert!(mail.answer.as_deref().unwrap().contains("the relay may have taken it"), "{mail:?}");
            office.clock.advance(Duration::from_secs(60));
            office.worker.run_due().await;
            assert_eq!(office.only_mail().await.status, MailStatus::Accepted, "{rule}");
            let received = office.server.wait_for(2).await;
            assert_eq!(received[0].header("Message-ID"), received[1].header("Message-ID"));
            assert_ne!(received[0].token(), received[1].token(), "each attempt has a link of its own");
        }
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_will_not_talk_is_left_alone_for_a_while() {
    each_engine(async |store| {
        for rule in [
            json!({"at": "connect", "reply": "554 no service here"}),
            json!({"at": "connect", "reply": "421 too busy"}),
            json!({"at": "connect", "reply": "SSH-2.0-OpenSSH"}),
            json!({"at": "connect", "drop": true}),
            json!({"at": "connect", "delay": 10}),
            json!({"at": "mail", "reply": "530 5.7.0 Authentication required"}),
            json!({"at": "mail", "reply": "550 5.1.8 Sender address rejected"}),
            json!({"at": "rcpt", "reply": "530 5.7.0 Authentication required"}),
            json!({"at": "rcpt", "reply": "421 4.3.2 Shutting down"}),
        ] {
            let mut office = PostOffice::new(&store).await;
            for number in 0..10 {
                office.acme.directory_adds(&format!("person{number}@acme.test")).await;
            }
            office.server.obey(&json!([rule]));
            let tried = office.worker.run_due().await;
            assert!((1..=4).contains(&tried), "{rule}: {tried} mails met a relay that takes none");
            assert_eq!(office.worker.run_due().await, 0, "{rule}");
            let mails = office.outbox().await;
            assert!(mails.iter().all(|mail| mail.attempts == 0), "{rule}: it never looked at them");
            office.clock.advance(Duration::from_secs(31));
            assert_eq!(office.worker.run_due().await, 1, "{rule}: one mail finds out");

            office.server.obey(&json!([]));
            office.clock.advance(Duration::from_secs(61));
            assert_eq!(office.worker.run_due().await, 10, "{rule}");
            assert_eq!(office.server.wait_for(10).await.len(), 10, "{rule}");
        }
    })
    .await;
}

/// Postfix's answer to a host that may not relay, one by one for each recipient.
#[tokio::test]
async fn a_relay_that_turns_everyone_away_is_known_for_it_before_it_has_cost_every_mail() {
    each_engine(async |store| {
        for reply in ["554 5.7.1 <x@acme.test>: Relay access denied", "550 relay not permitted"] {
            let mut office = PostOffice::new(&store).await;
            for number in 0..20 {
                office.acme.directory_adds(&format!("person{number}@acme.test")).await;
            }
            office.server.obey(&json!([{"at": "rcpt", "reply": reply}]));
            let tried = office.worker.run_due().await;
            assert!((5..=8).contains(&tried), "{tried}");
            let known = trouble(&office).await.expect("the admins are told");
            assert_eq!(known.words, reply);
            let refused =
                |mails: &[Mail]| mails.iter().filter(|mail| mail.status == MailStatus::Refused).count();
            assert_eq!(refused(&office.outbox().await), 4, "one by one they looked like refusals of people");
            office.clock.advance(Duration::from_secs(31));
            assert_eq!(office.worker.run_due().await, 1, "one mail finds out");
            assert_eq!(refused(&office.outbox().await), 4);

            office.server.obey(&json!([]));
            for _ in 0..4 {
                office.clock.advance(Duration::from_secs(200));
                office.worker.run_due().await;
            }
            assert_eq!(office.server.wait_for(16).await.len(), 16);
            assert_eq!(trouble(&office).await, None);
        }
    })
    .await;
}

#[tokio::test]
async fn a_relay_that_puts_everyone_off_is_known_for_it_and_still_asked() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        for number in 0..6 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        office.server.obey(&json!([{"at": "rcpt", "reply": "451 4.7.1 Try again later"}]));
        assert_eq!(office.worker.run_due().await, 6);
        assert_eq!(trouble(&office).await.unwrap().words, "451 4.7.1 Try again later");
        office.clock.advance(Duration::from_secs(60));
        office.server.obey(&json!([]));
        assert_eq!(office.worker.run_due().await, 6);
        assert_eq!(trouble(&office).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_test_mail_that_the_relay_takes_ends_the_trouble() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let transport = transport(office.rollcall(), &office.rollcall().config.mail);
        office.server.obey(&json!([{"at": "connect", "drop": true}]));
        office.acme.directory_adds("bo@acme.test").await;
        office.worker.run_due().await;
        let send = async || send_test_mail(office.rollcall(), &transport, &office.acme.owner).await.unwrap();
        assert!(matches!(send().await, Answer::Unavailable(_)));
        assert!(trouble(&office).await.is_some());
        office.server.obey(&json!([]));
        let send = async || send_test_mail(office.rollcall(), &transport, &office.acme.owner).await.unwrap();
        assert!(matches!(send().await, Answer::Accepted(_)));
        assert_eq!(trouble(&office).await, None);
        assert_eq!(office.server.wait_for(1).await[0].to(), "ada@acme.test");
    })
    .await;
}

/// lettre 0.11 panics on a blank line in the answer to EHLO.
#[tokio::test]
async fn an_answer_that_no_library_foresaw_ends_no_worker() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(
            &json!([{"at": "connect", "reply": "220 hi\r\n250-relay\r\n250-   \r\n250 ok", "times": 1}]),
        );
        office.acme.directory_adds("grace@acme.test").await;
        office.worker.run_due().await;
        let mail = office.only_mail().await;
        assert_eq!(mail.status, MailStatus::Deferred);
        assert_eq!(mail.answer.as_deref(), Some("A fault in Rollcall; see its log."));
        office.clock.advance(Duration::from_secs(60));
        office.worker.run_due().await;
        assert_eq!(office.only_mail().await.status, MailStatus::Accepted);
    })
    .await;
}

#[tokio::test]
async fn down_for_two_days_then_up() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(&json!([{"at": "connect", "drop": true}]));
        let began = office.clock.now();
        let mut users = Vec::new();
        for number in 0..6 {
            users.push(office.acme.directory_adds(&format!("person{number}@acme.test")).await);
        }
        for _ in 0..48 {
            office.worker.run_due().await;
            office.clock.advance(Duration::from_secs(3600));
        }
        assert!(office.outbox().await.iter().all(|mail| mail.attempts == 0), "no attempt counts");
        let known = trouble(&office).await.unwrap();
        assert_eq!(known.since, began, "since the first mail that did not leave");
        assert!(!known.words.is_empty());
        office.acme.directory_deactivates(&users[0]).await;
        office.acme.directory_deactivates(&users[5]).await;
        office.server.obey(&json!([]));
        office.worker.run_due().await;
        let mut recipients: Vec<_> =
            office.server.wait_for(4).await.iter().map(|mail| mail.to().to_owned()).collect();
        recipients.sort();
        assert_eq!(
            recipients,
            ["person1@acme.test", "person2@acme.test", "person3@acme.test", "person4@acme.test"]
        );
        assert_eq!(trouble(&office).await, None);
        office.clock.advance(Duration::from_secs(24 * 3600));
        assert_eq!(office.worker.run_due().await, 0);
    })
    .await;
}

/// It greets, and then says nothing, or hangs up: before it has the mail, or after.
#[tokio::test]
async fn a_relay_that_hangs_for_two_days_is_known_for_it_and_loses_nothing() {
    each_engine(async |store| {
        for (at, tries) in [("rcpt", 0), ("content", 1)] {
            let mut office = PostOffice::new(&store).await;
            let began = office.clock.now();
            for number in 0..6 {
                office.acme.directory_adds(&format!("{at}{number}@acme.test")).await;
            }
            office.server.obey(&json!([{"at": at, "delay": 5}]));
            let tried = office.worker.run_due().await;
            assert!((3..=6).contains(&tried), "{at}: {tried} mails met a relay that hangs");
            assert_eq!(office.worker.run_due().await, 0, "{at}: it is left alone");
            let known = trouble(&office).await.unwrap();
            assert_eq!(known.since, began);
            assert!(known.words.contains("no answer within"), "{}", known.words);
            // To hang up is quicker.
            office.server.obey(&json!([{"at": at, "drop": true}]));
            for _ in 0..48 {
                office.clock.advance(Duration::from_secs(3600));
                assert!(office.worker.run_due().await <= 1, "{at}: one finds out");
            }
            assert_eq!(trouble(&office).await.unwrap().since, began, "{at}");
            let mails = office.outbox().await;
            assert!(mails.iter().all(|mail| mail.status == MailStatus::Deferred), "{at}: {mails:?}");
            assert!(
                mails.iter().all(|mail| mail.attempts >= tries),
                "{at}: each that may have arrived counts"
            );

            let before = office.server.received().len();
            office.server.obey(&json!([]));
            office.clock.advance(Duration::from_secs(30 * 3600));
            assert_eq!(office.worker.run_due().await, 6, "{at}");
            assert_eq!(office.server.wait_for(before + 6).await.len(), before + 6, "{at}");
            assert!(office.outbox().await.iter().all(|mail| mail.status == MailStatus::Accepted), "{at}");
            assert_eq!(trouble(&office).await, None, "{at}");
        }
    })
    .await;
}

/// A mail on which the conversation always breaks off, while others leave, is given up: nobody refused it.
#[tokio::test]
async fn one_mail_that_never_goes_through_is_given_up_while_others_leave() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        office.server.obey(&json!([{"at": "content", "to": "grace@", "drop": true}]));
        office.acme.directory_adds("grace@acme.test").await;
        for number in 0..9 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
            office.worker.run_due().await;
            office.clock.advance(LONG);
        }
        let mails = office.outbox().await;
        let grace = mails.iter().find(|mail| mail.recipient == "grace@acme.test").unwrap();
        assert_eq!((grace.status, grace.attempts), (MailStatus::GaveUp, 8));
        assert!(grace.answer.as_deref().unwrap().contains("the relay may have taken it"), "{grace:?}");
        assert_eq!(trouble(&office).await, None, "the others left");
    })
    .await;
}

/// Who saw the trouble is not the one who sees its end.
#[tokio::test]
async fn the_trouble_ends_with_the_first_mail_that_any_host_gets_through() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let other_store = store.open_again().await;
        let settings = office.server.transport();
        let other = worker(&rollcall(&other_store, &office.clock, |config| config.mail = settings));
        office.acme.directory_adds("ana@acme.test").await;
        assert_eq!(other.run_due().await, 1, "it has sent before");
        office.server.obey(&json!([{"at": "connect", "drop": true}, {"at": "mail", "drop": true}]));
        office.acme.directory_adds("bo@acme.test").await;
        for _ in 0..3 {
            office.worker.run_due().await;
            office.clock.advance(Duration::from_secs(3600));
        }
        assert!(trouble(&office).await.is_some());
        office.server.obey(&json!([]));
        assert_eq!(other.run_due().await, 1);
        assert_eq!(trouble(&office).await, None);
    })
    .await;
}

/// What everyone may know of a relay that takes nothing.
async fn trouble(office: &PostOffice) -> Option<Trouble> {
    let mut conn = office.rollcall().db.read().await.unwrap();
    Trouble::find(&mut conn).await.unwrap()
}

#[tokio::test]
async fn a_late_answer_is_not_taken_for_the_answer_to_another_mail() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        // A conversation that was cut off after our patience ended: its late answers must meet nobody else.
        office.server.obey(&json!([{"at": "rcpt", "to": "slow", "delay": 1.5}]));
        office.acme.directory_adds("slow@acme.test").await;
        office.worker.run_due().await;
        for number in 0..8 {
            office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        }
        assert_eq!(office.worker.run_due().await, 8);
        let accepted =
            office.outbox().await.iter().filter(|mail| mail.status == MailStatus::Accepted).count();
        assert_eq!(accepted, 8);
        assert_eq!(office.server.wait_for(8).await.len(), 8);
    })
    .await;
}
