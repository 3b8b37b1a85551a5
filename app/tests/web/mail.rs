//! The email log, the instance page, and what relays report.

use rollcall::{
    config::MailTransport,
    jobs::Worker,
    mail::{Transport, bounce::webhook::BounceSecret},
    model::{MailId, Role},
};
use serde_json::json;

use crate::{
    browser::Browser,
    company::Company,
    requests::{Answer, Ask},
    support::{TestStore, each_engine},
};

const LOG: &str = "/w/acme/settings/email";

async fn only_mail(company: &Company) -> MailId {
    let [id] =
        <[String; 1]>::try_from(company.look("SELECT id FROM outbox WHERE id <> $1", "").await).unwrap();
    MailId(id)
}

async fn sends(company: &Company) {
    let transport = Transport::new(&MailTransport::Mailbox, &company.rollcall.db).unwrap();
    Worker::new(company.rollcall.clone(), transport).run_due().await;
}

async fn status(company: &Company, id: &MailId) -> String {
    company.look("SELECT status FROM outbox WHERE id = $1", id.as_str()).await.remove(0)
}

#[tokio::test]
async fn the_log_says_where_a_mail_stands_and_can_cancel_it_and_send_it_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get(LOG).await.shows(200, "No mail yet");
        company.invites("bo@acme.test", Role::Member).await;
        let id = only_mail(&company).await;
        ada.get(LOG).await.shows(200, "bo@acme.test").shows(200, "Queued");

        ada.post(&format!("{LOG}/{id}/cancel"), &[]).await.leads_to(&format!("{LOG}/{id}"));
        ada.get(&format!("{LOG}/{id}"))
            .await
            .shows(200, "The mail was cancelled")
            .shows(200, "Cancelled by an admin");
        ada.post(&format!("{LOG}/{id}/cancel"), &[]).await.has_status(303);
        ada.get(&format!("{LOG}/{id}")).await.shows(200, "does not wait any more");
        sends(&company).await;
        assert_eq!(status(&company, &id).await, "cancelled");

        ada.post(&format!("{LOG}/{id}/again"), &[]).await.leads_to(&format!("{LOG}/{id}"));
        sends(&company).await;
        let kept = company.look("SELECT id FROM outbox WHERE status = $1", "kept").await;
        let [id] = &kept[..] else { panic!("{kept:?}") };
        let page = ada.get(&format!("{LOG}?state=kept")).await;
        page.shows(200, "In the mailbox").shows(200, "Join Acme on Rollcall");
        let page = ada.get(&format!("{LOG}/{id}")).await;
        page.shows(200, "In the mailbox");
        assert!(!page.words().contains("relay"), "no relay had a part in it: {}", page.words());
        ada.get(&format!("{LOG}?q=nobody")).await.shows(200, "No mail to “nobody”");
        ada.get(&format!("{LOG}?mail=reminder")).await.shows(200, "No mail matches");
    })
    .await;
}

async fn sets(company: &Company, id: &str, sql: &'static str) {
    assert_eq!(company.look(sql, id).await.len(), 1);
}

/// Resend is offered where it does something: not for invitations of people who came or left, nor for what is over.
#[tokio::test]
async fn the_log_offers_only_what_will_be_done() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        company.invites("bo@acme.test", Role::Member).await;
        sends(&company).await;
        let id = only_mail(&company).await;
        let page = format!("{LOG}/{id}");
        ada.get(&page).await.shows(200, "Resend");
        company.accepts("bo@acme.test").await;
        for path in [LOG, &page] {
            let answer = ada.get(path).await;
            assert!(!answer.words().contains("Resend"), "she is in: {}", answer.words());
        }

        // An alert that came too late: what it tells of is over.
        let alert = "UPDATE outbox SET template = 'directory_failing', recipient = 'ada@acme.test',                      recipient_key = 'ada@acme.test', status = 'cancelled', answer = 'It worked again.'                      WHERE id = $1 RETURNING id";
        sets(&company, id.as_str(), alert).await;
        assert!(!ada.get(&page).await.words().contains("Resend"));
        // Refused, it could be sent again; when it is over by then, no success is told.
        let refused = "UPDATE outbox SET status = 'refused', answer = '550 no' WHERE id = $1 RETURNING id";
        sets(&company, id.as_str(), refused).await;
        ada.get(&page).await.shows(200, "Resend");
        ada.post(&format!("{page}/again"), &[]).await.leads_to(&page);
        ada.get(&page).await.shows(200, "Nothing was sent.");
        assert_eq!(status(&company, &id).await, "refused");
        // The one to whom it would go looks after nothing.
        let to_bo = "UPDATE outbox SET recipient_key = 'bo@acme.test' WHERE id = $1 RETURNING id";
        sets(&company, id.as_str(), to_bo).await;
        assert!(!ada.get(&page).await.words().contains("Resend"));
    })
    .await;
}

#[tokio::test]
async fn the_list_shows_what_the_relay_said_while_a_mail_waits_for_its_next_try() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        company.invites("bo@acme.test", Role::Member).await;
        let later = "UPDATE outbox SET status = 'deferred', attempts = 1, answer = '451 come back',                      due_at = due_at + 600000000 WHERE id = $1 RETURNING id";
        sets(&company, only_mail(&company).await.as_str(), later).await;
        ada.get(LOG).await.shows(200, "next try").shows(200, "451 come back").shows(200, "Try now");
        let gave_up = "UPDATE outbox SET status = 'gave_up' WHERE id = $1 RETURNING id";
        sets(&company, only_mail(&company).await.as_str(), gave_up).await;
        ada.get(&format!("{LOG}?state=gave_up")).await.shows(200, "Gave up").shows(200, "451 come back");
    })
    .await;
}

#[tokio::test]
async fn a_mail_is_shown_without_its_secret() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        company.invites("bo@acme.test", Role::Member).await;
        sends(&company).await;
        let id = only_mail(&company).await;
        let secret = company.look("SELECT text_part FROM mailbox WHERE id = $1", id.as_str()).await.remove(0);
        let secret = secret.split("/invite/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        for (path, words) in [
            (format!("{LOG}/{id}"), "Join Acme on Rollcall"),
            (format!("{LOG}/{id}?tab=text"), "/invite/********"),
            (format!("{LOG}/{id}?tab=headers"), "List-Unsubscribe-Post: List-Unsubscribe=One-Click"),
            (format!("{LOG}/{id}/html"), "/invite/********"),
        ] {
            let answer = ada.get(&path).await;
            assert!(answer.text().contains(words), "{path}: {}", answer.text());
            assert!(!answer.text().contains(&secret), "{path}");
        }
        let policy = ada.get(&format!("{LOG}/{id}/html")).await.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    })
    .await;
}

#[tokio::test]
async fn mails_are_for_admins_of_their_workspace_and_the_instance_for_its_admins() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites("bo@acme.test", Role::Member).await;
        let id = only_mail(&company).await;
        company.adds_by_hand("member@acme.test", Role::Member).await;
        company.adds_by_hand("admin@acme.test", Role::Admin).await;
        let member = Browser::of(&company, "member@acme.test").await;
        for path in
            [LOG.to_owned(), format!("{LOG}/{id}"), format!("{LOG}/{id}/html"), "/instance".to_owned()]
        {
            member.get(&path).await.has_status(403);
        }
        for path in
            [format!("{LOG}/{id}/cancel"), format!("{LOG}/{id}/again"), format!("{LOG}/suspended-notice")]
        {
            member.post(&path, &[]).await.has_status(403);
        }
        assert_eq!(status(&company, &id).await, "queued");
        let admin = Browser::of(&company, "admin@acme.test").await;
        admin.get(LOG).await.shows(200, "bo@acme.test");
        for path in ["/instance", "/instance/mails/invitation", "/instance/mails/invitation/html"] {
            admin.get(path).await.has_status(403);
        }
        admin.post("/instance/test-mail", &[]).await.has_status(403);

        company.other_workspace("Other", "eve@acme.test").await;
        company.adds_by_hand("eve2@acme.test", Role::Owner).await;
        let elsewhere = Browser::of(&company, "ada@acme.test").await;
        elsewhere.get(&format!("/w/other/settings/email/{id}")).await.has_status(404);
    })
    .await;
}

/// What no workspace's log shows: a password reset and the confirmation of an address.
#[tokio::test]
async fn mails_about_accounts_are_for_the_instance_admins_and_show_no_secret() {
    each_engine(async |store| {
        const MAILS: &str = "/instance/email";
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get(MAILS).await.shows(200, "No mail yet");
        company.adds_by_hand("admin@acme.test", Role::Admin).await;
        let admin = Browser::of(&company, "admin@acme.test").await;
        company.invites("bo@acme.test", Role::Member).await;
        admin.post("/password", &[("email", "admin@acme.test")]).await.has_status(200);
        sends(&company).await;
        let ids = company.look("SELECT id FROM outbox WHERE template = $1", "password_reset").await;
        let [id] = &ids[..] else { panic!("{ids:?}") };
        let secret = company.look("SELECT text_part FROM mailbox WHERE id = $1", id).await.remove(0);
        let secret = secret.split("/password/").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();

        ada.get("/instance").await.shows(200, "Mails about accounts");
        let page = ada.get(MAILS).await;
        page.shows(200, "admin@acme.test").shows(200, "Password reset").shows(200, "In the mailbox");
        assert!(!page.words().contains("bo@acme.test"), "that stands in the workspace's log");
        assert!(page.text().contains(&format!("{MAILS}/{id}")));
        let log = ada.get(LOG).await;
        assert!(!log.words().contains("Set a new password"), "{}", log.words());
        for (path, words) in [
            (format!("{MAILS}/{id}"), "Set a new password"),
            (format!("{MAILS}/{id}?tab=text"), "/password/********"),
            (format!("{MAILS}/{id}?tab=headers"), "Message-ID: "),
            (format!("{MAILS}/{id}/html"), "/password/********"),
        ] {
            let answer = ada.get(&path).await.has_status(200).text();
            assert!(answer.contains(words) && !answer.contains(&secret), "{path}: {answer}");
            admin.get(&path).await.has_status(403);
        }
        admin.get(MAILS).await.has_status(403);
        let invitation =
            company.look("SELECT id FROM outbox WHERE recipient = $1", "bo@acme.test").await.remove(0);
        ada.get(&format!("{MAILS}/{invitation}")).await.has_status(404);
        ada.get(&format!("{MAILS}/none/html")).await.has_status(404);
    })
    .await;
}

#[tokio::test]
async fn the_instance_page_sends_a_test_mail_and_previews_every_mail() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get("/instance").await.shows(200, env!("CARGO_PKG_VERSION")).shows(200, "built-in mailbox");
        ada.post("/instance/test-mail", &[]).await.shows(200, "lies in the built-in mailbox.");
        assert_eq!(
            company.look("SELECT subject FROM mailbox WHERE recipient = $1", "ada@acme.test").await,
            ["Test mail from Rollcall"]
        );
        for template in rollcall::model::MailTemplate::ALL {
            ada.get(&format!("/instance/mails/{template}?language=fr&show=text")).await.has_status(200);
            let dark = ada.get(&format!("/instance/mails/{template}/html?language=de&show=dark")).await;
            assert!(dark.text().contains("lang=\"de\"") && dark.text().contains("@media all"), "{template}");
        }
        ada.get("/instance/mails/none").await.has_status(404);
    })
    .await;
}

fn secret() -> BounceSecret {
    BounceSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
}

async fn reports(company: &Company, report: &str, body: &str, signed: bool) -> Answer {
    let at = (company.clock.now().0 / 1_000_000).to_string();
    let signature =
        if signed { secret().sign(report, &at, body.as_bytes()).unwrap() } else { "AAAA".to_owned() };
    let ask = Ask::new("POST", "/hooks/bounces")
        .header("webhook-id", report)
        .header("webhook-timestamp", &at)
        .header("webhook-signature", &format!("v1,{signature}"))
        .header("content-type", "application/json")
        .bytes(body.to_owned());
    ask.to(&app::serve::router(&company.rollcall)).await
}

async fn with_webhook(store: &TestStore) -> Company {
    Company::with(store, |config| config.bounce_secret = Some(secret())).await
}

#[tokio::test]
async fn a_relay_that_knows_the_secret_reports_a_bounce_once() {
    each_engine(async |store| {
        let company = with_webhook(&store).await;
        company.invites("bo@acme.test", Role::Member).await;
        sends(&company).await;
        let id = only_mail(&company).await;
        // As if a relay had taken it.
        let taken = "UPDATE outbox SET status = 'accepted' WHERE id = $1 RETURNING id";
        assert_eq!(company.look(taken, id.as_str()).await.len(), 1);
        let data = json!({ "message_id": format!("<{id}.1@acme.test>"), "status": "5.1.1", "reason": "550 5.1.1 no" });
        let body = json!({ "type": "mail.bounced", "data": data }).to_string();
        // Reported while the relay's yes is still on its way: the relay is asked to report again.
        let in_flight = "UPDATE outbox SET status = 'queued', attempts = 1, lease_until = 9000000000000000 \
                         WHERE id = $1 RETURNING id";
        assert_eq!(company.look(in_flight, id.as_str()).await.len(), 1);
        let early = reports(&company, "msg_1", &body, true).await;
        assert_eq!(early.has_status(503).header("retry-after"), "60");
        assert_eq!(company.look(taken, id.as_str()).await.len(), 1);
        reports(&company, "msg_1", &body, false).await.has_status(401);
        assert_eq!(status(&company, &id).await, "accepted");
        let done = reports(&company, "msg_1", &body, true).await;
        assert_eq!(done.has_status(200).json()["message"], "The mail is marked as bounced.");
        assert_eq!(status(&company, &id).await, "bounced");
        let again = reports(&company, "msg_1", &body, true).await;
        assert_eq!(again.has_status(200).json()["message"], "This was known already.");

        let unknown = body.replace(id.as_str(), "01987654-0000-7000-8000-00000000000a");
        reports(&company, "msg_2", &unknown, true).await.has_status(404);
        reports(&company, "msg_3", "{}", true).await.has_status(422);
        let ada = Browser::of(&company, "ada@acme.test").await;
        ada.get(LOG).await.shows(200, "Bounced").shows(200, "550 5.1.1 no");
    })
    .await;
}

#[tokio::test]
async fn without_a_secret_there_is_nowhere_to_report() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        reports(&company, "msg_1", "{}", true).await.has_status(404);
    })
    .await;
}
