//! Odd addresses, and clocks that jump.

use std::time::Duration;

use rollcall::{
    clock::{Clock, Timestamp},
    mail::{self, Order},
    model::{MailStatus, MailTemplate},
};
use serde_json::json;

use crate::{
    post_office::{PostOffice, worker},
    support::{each_engine, rollcall},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn odd_addresses_arrive_as_they_are_and_one_that_cannot_be_written_to_says_so() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let odd = [
            "o'neil+rollcall=x@acme.test",
            "#!$%&*/?^_`{|}~@acme.test",
            "UPPER.Case@Acme.TEST",
            "grace@bücher.test",
            "grace@例え.test",
        ];
        for email in odd {
            office.acme.directory_adds(email).await;
            office.worker.run_due().await;
        }
        let received = office.server.wait_for(odd.len()).await;
        let mut recipients: Vec<&str> = received.iter().map(|mail| mail.to()).collect();
        recipients.sort_unstable();
        let mut expected = [odd[0], odd[1], odd[2], "grace@xn--bcher-kva.test", "grace@xn--r8jz45g.test"];
        expected.sort_unstable();
        assert_eq!(recipients, expected);
        for mail in &received {
            mail.assert_well_formed();
        }

        // The relay has no SMTPUTF8: no such address can be written to, and the others are.
        office.acme.directory_adds("grâce@acme.test").await;
        office.acme.directory_adds("next@acme.test").await;
        office.worker.run_due().await;
        let mails = office.outbox().await;
        let of = |email: &str| mails.iter().find(|mail| mail.recipient == email).unwrap();
        assert_eq!(of("next@acme.test").status, MailStatus::Accepted);
        assert_eq!(of("grâce@acme.test").status, MailStatus::GaveUp, "nobody refused it");
        assert!(of("grâce@acme.test").answer.as_deref().unwrap_or_default().contains("SMTPUTF8"));
    })
    .await;
}

/// No address with a line break comes past the pages and the SCIM API. Were one in the outbox all the same, it makes
/// neither a command nor a header of its own.
#[tokio::test]
async fn an_address_that_is_two_lines_reaches_nobody() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let context = office.rollcall().context(rollcall::audit::Actor::Rollcall);
        let hostile = [
            "bo@acme.test\r\nRCPT TO:<eve@evil.test>",
            "bo@acme.test\r\nBcc: eve@evil.test",
            "bo@acme.test\n\nHello",
            "bo@acme.test> SIZE=1 <eve@evil.test",
            "<eve@evil.test>",
            "bo@acme.test,eve@evil.test",
            "@",
            "",
        ];
        for (generation, recipient) in (0..).zip(hostile) {
            let mut tx = office.rollcall().db.write().await.unwrap();
            let order = Order {
                template: MailTemplate::EmailChanged,
                workspace: Some(&office.acme.workspace.id),
                subject_id: "x",
                generation,
                recipient,
                delay: Duration::ZERO,
                detail: json!({ "old": "a@acme.test\r\nBcc: eve@evil.test", "new": "<b>b</b>" }),
            };
            mail::order(&mut tx, &context, &order).await.unwrap();
            tx.commit().await.unwrap();
        }
        office.acme.directory_adds("last@acme.test").await;
        office.worker.run_due().await;
        let received = office.server.wait_for(1).await;
        assert_eq!((received.len(), received[0].to()), (1, "last@acme.test"));
        for mail in office.outbox().await.iter().filter(|mail| mail.subject_id == "x") {
            assert_eq!(mail.status, MailStatus::GaveUp, "{}", mail.recipient);
            let answer = mail.answer.as_deref().unwrap();
            assert!(answer.contains("is not an e-mail address") && !answer.contains('\n'), "{answer}");
        }
    })
    .await;
}

/// Hosts whose clocks are a day and a year apart, and one that jumps, one after the other: what was sent is not sent
/// again. (What another host is sending at that moment: see `workers`.)
#[tokio::test]
async fn clocks_that_jump_send_nothing_twice_and_lose_nothing() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let other_store = store.open_again().await;
        let settings = office.server.transport();
        let host = |now: Timestamp| {
            worker(&rollcall(&other_store, &Clock::fixed(now), |config| config.mail = settings.clone()))
        };
        let (yesterday, next_year) = (office.clock.now().minus(DAY), office.clock.now().plus(365 * DAY));

        office.acme.directory_adds("sent@acme.test").await;
        assert_eq!(office.worker.run_due().await, 1);
        office.server.obey(&json!([{"at": "rcpt", "to": "later@", "reply": "451 later", "times": 1}]));
        office.acme.directory_adds("later@acme.test").await;
        assert_eq!(office.worker.run_due().await, 1);
        office.acme.directory_adds("waits@acme.test").await;

        // A clock that is behind has nothing to do yet: all that waits is due in its future.
        assert_eq!(host(yesterday).run_due().await, 0);
        // Back on time, what is due leaves; what was put off still waits.
        assert_eq!(office.worker.run_due().await, 1);
        // The clock jumps by minutes, then by weeks: it leaves once.
        office.clock.advance(Duration::from_secs(600));
        assert_eq!(office.worker.run_due().await, 1);
        office.clock.advance(7 * DAY);
        assert_eq!(office.worker.run_due().await, 0);
        for now in [next_year, yesterday] {
            assert_eq!(host(now).run_due().await, 0, "sent is sent, whatever the time");
        }
        let mut recipients: Vec<_> =
            office.server.wait_for(3).await.iter().map(|mail| mail.to().to_owned()).collect();
        recipients.sort();
        assert_eq!(recipients, ["later@acme.test", "sent@acme.test", "waits@acme.test"]);

        // An invitation that a clock of next year would mail has run out by then: it is cancelled, not mailed.
        office.acme.directory_adds("late@acme.test").await;
        host(next_year).run_due().await;
        let mails = office.outbox().await;
        let late = mails.iter().find(|mail| mail.recipient == "late@acme.test").unwrap();
        assert_eq!(late.status, MailStatus::Cancelled);
        assert_eq!(office.server.received().len(), 3);
    })
    .await;
}
