//! The relay is down for two days, then up (edge case 15 of the design).

use std::time::Duration;

use rollcall::{
    config::MailTransport,
    mail::{Trouble, parse_smtp_url},
    model::MailStatus,
    people::invitation,
};

use crate::{
    post_office::{PostOffice, worker},
    smtp_server::SmtpServer,
    support::{each_engine, rollcall},
};

const TEN_MINUTES: Duration = Duration::from_secs(600);

#[tokio::test]
async fn after_two_days_each_mail_that_is_still_wanted_leaves_once() {
    each_engine(async |store| {
        let server = SmtpServer::start();
        let up = server.transport();
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let down = MailTransport::Smtp(parse_smtp_url(&format!("smtp://127.0.0.1:{port}")).unwrap());
        let office = PostOffice::with(&store, server, |config| config.mail = down).await;
        let began = office.clock.now();
        office.acme.directory_adds("ana@acme.test").await;
        let gone = office.acme.directory_adds("gone@acme.test").await;
        let again = office.acme.directory_adds("again@acme.test").await;
        for step in 0..2 * 144 {
            office.worker.run_due().await;
            office.clock.advance(TEN_MINUTES);
            if step == 100 {
                office.acme.directory_deactivates(&gone).await;
                let id = again.membership_id.clone().unwrap();
                invitation::resend(office.rollcall(), &office.acme.admin(), &id).await.unwrap();
            }
        }
        let mut conn = office.rollcall().db.read().await.unwrap();
        let trouble = Trouble::find(&mut conn).await.unwrap().unwrap();
        drop(conn);
        assert_eq!(trouble.since, began, "since the first mail that did not leave");
        assert!(trouble.words.contains("refused"), "{}", trouble.words);
        assert!(office.outbox().await.iter().all(|mail| mail.attempts == 0), "no attempt counts");

        let repaired = rollcall(&store, &office.clock, |config| config.mail = up);
        worker(&repaired).run_due().await;
        let mut received: Vec<String> =
            office.server.wait_for(2).await.iter().map(|mail| mail.to().to_owned()).collect();
        received.sort();
        assert_eq!(received, ["again@acme.test", "ana@acme.test"]);
        office
            .assert_outbox(&[
                ("again@acme.test", MailStatus::Accepted),
                ("again@acme.test", MailStatus::Cancelled),
                ("ana@acme.test", MailStatus::Accepted),
                ("gone@acme.test", MailStatus::Cancelled),
            ])
            .await;
        let mut conn = office.rollcall().db.read().await.unwrap();
        assert_eq!(Trouble::find(&mut conn).await.unwrap(), None);
    })
    .await;
}
