//! TLS: required off this machine, taken on it where it is offered.

use rollcall::{config::MailTransport, mail::parse_smtp_url, model::MailStatus};

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
async fn elsewhere_an_authority_of_ones_own_vouches_for_a_certificate() {
    each_engine(async |store| {
        for (scheme, from_the_start) in [("smtp", false), ("smtps", true)] {
            let server = SmtpServer::with_tls(from_the_start);
            let other = SmtpServer::with_tls(from_the_start);
            let trusting = |file: &std::path::Path| {
                let url = parse_smtp_url(&format!("{scheme}://{ELSEWHERE}:{}", server.port())).unwrap();
                MailTransport::Smtp(url.trusting(file).unwrap())
            };
            let office = PostOffice::new(&store).await;
            let known = trusting(server.certificate().path());
            assert_eq!(transport(office.rollcall(), &known).check().await, Ok(()));
            let unknown = trusting(other.certificate().path());
            let warning = transport(office.rollcall(), &unknown).check().await.unwrap_err();
            assert!(warning.contains("certificate"), "{warning}");
        }
    })
    .await;
}

#[test]
fn authorities_that_cannot_be_read_are_told_in_a_sentence() {
    let url = || parse_smtp_url("smtp://mail.acme.test:587").unwrap();
    let empty = tempfile::NamedTempFile::new().unwrap();
    for (file, hint) in
        [(empty.path(), "no certificate in it"), (std::path::Path::new("/nowhere/ca.pem"), "No such file")]
    {
        let refusal = url().trusting(file).unwrap_err();
        assert!(refusal.contains(hint) && refusal.contains("ROLLCALL_SMTP_CA"), "{refusal}");
    }
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
