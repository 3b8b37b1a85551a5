//! TLS: required off this machine, taken on it where it is offered.

use rollcall::{config::MailTransport, model::MailStatus};

use crate::{
    post_office::{PostOffice, transport, worker},
    smtp_server::SmtpServer,
    support::{TestStore, each_engine, rollcall},
};

/// An address of this machine that does not look like one, so that it is treated as any other host.
const ELSEWHERE: &str = "0.0.0.0";

async fn sent_over(store: &TestStore, server: SmtpServer, settings: MailTransport) -> PostOffice {
    let office = PostOffice::with(store, server, |config| config.mail = settings).await;
    office.acme.directory_adds("grace@acme.test").await;
    office.worker.run_due().await;
    office
}

#[tokio::test]
async fn on_this_machine_starttls_is_taken_whatever_the_certificate() {
    each_engine(async |store| {
        let server = SmtpServer::with_tls(false);
        let settings = server.transport();
        let office = sent_over(&store, server, settings).await;
        let mail = office.only_mail().await;
        assert_eq!(mail.status, MailStatus::Accepted, "{:?}", mail.answer);
        assert!(office.server.wait_for(1).await[0].encrypted());
    })
    .await;
}

#[tokio::test]
async fn tls_from_the_start() {
    each_engine(async |store| {
        let server = SmtpServer::with_tls(true);
        let settings = server.transport_by("smtps", "localhost");
        let office = sent_over(&store, server, settings).await;
        assert!(office.server.wait_for(1).await[0].encrypted());
    })
    .await;
}

#[tokio::test]
async fn elsewhere_nothing_leaves_unencrypted() {
    each_engine(async |store| {
        let server = SmtpServer::start();
        let settings = server.transport_by("smtp", ELSEWHERE);
        let office = sent_over(&store, server, settings).await;
        let mail = office.only_mail().await;
        assert_eq!(mail.status, MailStatus::Deferred);
        assert!(mail.answer.as_deref().unwrap().contains("offers no STARTTLS"), "{:?}", mail.answer);
        assert!(office.server.received().is_empty());
    })
    .await;
}

#[tokio::test]
async fn elsewhere_a_certificate_must_be_vouched_for() {
    each_engine(async |store| {
        for (scheme, from_the_start) in [("smtp", false), ("smtps", true)] {
            let server = SmtpServer::with_tls(from_the_start);
            let settings = server.transport_by(scheme, ELSEWHERE);
            let clock = crate::support::fixed_clock();
            let rollcall = rollcall(&store, &clock, |config| config.mail = settings);
            let warning = transport(&rollcall, &rollcall.config.mail).check().await.unwrap_err();
            assert!(warning.contains("certificate"), "{warning}");
            worker(&rollcall).run_due().await;
            assert!(server.received().is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_server_that_speaks_tls_where_none_is_expected_is_no_riddle() {
    each_engine(async |store| {
        let server = SmtpServer::with_tls(true);
        let settings = server.transport_by("smtp", "localhost");
        let office = sent_over(&store, server, settings).await;
        let mail = office.only_mail().await;
        assert_eq!((mail.status, mail.attempts), (MailStatus::Deferred, 0));
        assert!(mail.answer.is_some_and(|words| !words.is_empty()));
    })
    .await;
}
