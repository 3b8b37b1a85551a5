//! The sender's domain on the instance page.

use rollcall::{
    config::{Config, MailTransport},
    mail::{parse_sender, parse_smtp_url},
    model::Role,
};

use crate::{
    browser::Browser,
    company::Company,
    dns::{Says, dns_server, txt},
    support::each_engine,
};

const CHECK: &str = "/instance/sender-domain";

fn relay(config: &mut Config, sender: &str) {
    config.mail = MailTransport::Smtp(parse_smtp_url("smtp://127.0.0.1:2525").unwrap());
    config.mail_from = parse_sender(sender).unwrap();
}

#[tokio::test]
async fn the_page_tells_what_was_looked_up_and_looks_again_when_asked() {
    each_engine(async |store| {
        let server = dns_server([
            ("xn--bcher-kva.de", Says::NoData),
            ("_dmarc.xn--bcher-kva.de", txt(&["v=DMARC1; p=reject; rua=mailto:<b>x</b>@a.com"])),
        ])
        .await;
        let company = Company::with(&store, |config| {
            relay(config, "rollcall@bücher.de");
            config.dns_server = Some(server);
        })
        .await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get("/instance").await.shows(200, "mail from bücher.de as yours").shows(200, "Not looked up yet");

        ada.post(CHECK, &[]).await.leads_to("/instance#sender-domain");
        let page = ada.get("/instance").await;
        for words in [
            "The DNS was asked again",
            "SPFMissingbücher.de has no SPF record",
            "Publish as TXT at xn--bcher-kva.dev=spf1 include:RELAY ~all",
            "DMARCOKBy the record, mail that neither SPF nor DKIM proves to be yours is refused (p=reject).",
            "Found at _dmarc.xn--bcher-kva.dev=DMARC1; p=reject;",
            "dkim=pass",
            "Looked upjust now",
            "Check again",
        ] {
            page.shows(200, words);
        }
        assert!(!page.text().contains("<b>x</b>"));
    })
    .await;
}

#[tokio::test]
async fn the_page_tells_no_record_from_no_answer() {
    each_engine(async |store| {
        let server = dns_server([
            ("acme.com", Says::Code(2)),
            ("_dmarc.acme.com", txt(&["v=DMARC1; p=none", "v=DMARC1; p=reject"])),
        ])
        .await;
        let company = Company::with(&store, |config| {
            relay(config, "rollcall@acme.com");
            config.dns_server = Some(server);
        })
        .await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.post(CHECK, &[]).await.leads_to("/instance#sender-domain");
        ada.get("/instance")
            .await
            .shows(
                200,
                "SPFUnknownacme.com could not be looked up: the DNS server answered “Server Failure”.",
            )
            .shows(200, "DMARCBrokenacme.com has more than one DMARC record");
    })
    .await;
}

#[tokio::test]
async fn where_nothing_can_be_looked_up_the_page_says_so_or_nothing() {
    each_engine(async |store| {
        let company = Company::with(&store, |config| relay(config, "rollcall@acme.test")).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        let page = ada.get("/instance").await;
        page.shows(200, "acme.test is no public domain: there is nothing to look up.");
        assert!(!page.words().contains("Check"), "{}", page.words());
    })
    .await;
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        assert!(!ada.get("/instance").await.words().contains("Sender's domain"));
        ada.post(CHECK, &[]).await.leads_to("/instance#sender-domain");
    })
    .await;
}

#[tokio::test]
async fn only_instance_admins_have_it_looked_up() {
    each_engine(async |store| {
        let company = Company::with(&store, |config| relay(config, "rollcall@acme.test")).await;
        let admin = Browser::signed_in(&company, Role::Admin).await;
        admin.post(CHECK, &[]).await.has_status(403);
    })
    .await;
}
