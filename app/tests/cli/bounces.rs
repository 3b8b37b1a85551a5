//! `rollcall mail bounce`: what a mail server pipes into it.

use rollcall::{
    Rollcall,
    clock::Clock,
    config::Config,
    model::{MailStatus, Role},
    people::{Caller, invitation},
    store::{self, DatabaseUrl, mail_claims::Holder, outbox::Mail},
};
use serde_json::{Value, json};

use crate::{
    program::{Place, Said, free_address},
    support::{TestStore, each_engine, mails_of},
};

const PATTERN: &str = "bounces+{id}@acme.test";

/// A workspace with mails that a relay has taken.
struct Sent {
    place: Place,
    database: String,
    rollcall: Rollcall,
}

impl Sent {
    async fn to(store: &TestStore, addresses: &str) -> Self {
        let place = Place::new();
        let database = match &store.url {
            DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            DatabaseUrl::Postgres(url) => url.to_string(),
        };
        let create = ["workspace", "create", "--name", "Acme", "--owner", "ada@acme.test", "--json"];
        place.run_on(&database, &create).json();
        let config = Config::local(free_address(), store.url.clone());
        let rollcall = Rollcall::new(store.db.clone(), Clock::System, config);
        let acme = store::workspaces::find_first(&mut rollcall.db.read().await.unwrap()).await.unwrap();
        let caller = Caller::CommandLine(acme.as_ref().unwrap());
        invitation::invite(&rollcall, &caller, addresses, Role::Member, None).await.unwrap();
        let sent = Self { place, database, rollcall };
        for mail in sent.mails().await {
            let mut tx = sent.rollcall.db.write().await.unwrap();
            let (status, now) = (MailStatus::Accepted, Clock::System.now());
            store::mail_claims::finish_sent(&mut tx, &mail.id, status, Some("250 ok"), now).await.unwrap();
            tx.commit().await.unwrap();
        }
        sent
    }

    /// Newest first.
    async fn mails(&self) -> Vec<Mail> {
        let mut conn = self.rollcall.db.read().await.unwrap();
        let acme = store::workspaces::find_first(&mut conn).await.unwrap().unwrap();
        drop(conn);
        mails_of(&self.rollcall, &acme.id).await
    }

    async fn states(&self) -> Vec<(MailStatus, Option<String>)> {
        self.mails().await.into_iter().map(|mail| (mail.status, mail.answer)).collect()
    }

    fn reads(&self, message: &str) -> Said {
        self.runs(&["mail", "bounce", "--return-path", PATTERN, "--json"], message)
    }

    fn runs(&self, arguments: &[&str], message: &str) -> Said {
        self.place.run_on_with(&self.database, arguments, message)
    }
}

fn return_path(mail: &Mail) -> String {
    format!("bounces+{}{}@acme.test", mail.id.as_str().replace('-', ""), mail.return_key)
}

/// As Postfix sends it.
fn notification(to: &str, action: &str) -> String {
    format!(
        "Return-Path: <>\nDelivered-To: {to}\nDate: Tue, 1 Dec 2026 10:00:00 +0000 (UTC)\n\
         From: MAILER-DAEMON@relay.test (Mail Delivery System)\nSubject: Undelivered Mail Returned to Sender\nTo: {to}\n\
         Auto-Submitted: auto-replied\nMIME-Version: 1.0\n\
         Content-Type: multipart/report; report-type=delivery-status;\n\tboundary=\"4F1.17/relay.test\"\n\
         Message-Id: <20261201100000.{action}.{to}>\n\nThis is a MIME-encapsulated message.\n\n\
         --4F1.17/relay.test\nContent-Description: Notification\nContent-Type: text/plain; charset=us-ascii\n\n\
         I'm sorry to have to inform you that your message could not be delivered.\n\n--4F1.17/relay.test\n\
         Content-Description: Delivery report\nContent-Type: message/delivery-status\n\n\
         Reporting-MTA: dns; relay.test\nX-Postfix-Queue-ID: 4F1\n\n\
         Final-Recipient: rfc822; bo@acme.test\nOriginal-Recipient: rfc822;bo@acme.test\nAction: {action}\n\
         Status: 5.1.1\nRemote-MTA: dns; mx.acme.test\n\
         Diagnostic-Code: smtp; 550 5.1.1 <bo@acme.test>: Recipient address\n    rejected: User unknown\n\n\
         --4F1.17/relay.test\nContent-Description: Undelivered Message Headers\nContent-Type: text/rfc822-headers\n\n\
         Subject: Join Acme on Rollcall\n\n--4F1.17/relay.test--\n"
    )
}

#[tokio::test]
async fn a_mail_that_came_back_is_marked_once() {
    each_engine(async |store| {
        let sent = Sent::to(&store, "bo@acme.test cy@acme.test").await;
        let [cy, bo] = <[Mail; 2]>::try_from(sent.mails().await).unwrap();
        assert_eq!(bo.recipient, "bo@acme.test");
        assert_eq!(
            sent.reads(&notification(&return_path(&bo), "delayed")).json(),
            json!({ "taken": "no_failure" })
        );
        let failed = notification(&return_path(&bo), "failed");
        assert_eq!(sent.reads(&failed).json(), json!({ "taken": "bounced", "mail": bo.id.as_str() }));
        assert_eq!(sent.reads(&failed).json(), json!({ "taken": "unchanged", "mail": bo.id.as_str() }));
        let words = "550 5.1.1 <bo@acme.test>: Recipient address rejected: User unknown".to_owned();
        assert_eq!(
            sent.states().await,
            [(MailStatus::Accepted, Some("250 ok".to_owned())), (MailStatus::Bounced, Some(words))]
        );

        // Without --json it is a sentence for the mail server's log.
        let said = sent
            .runs(&["mail", "bounce", "--return-path", PATTERN], &notification(&return_path(&cy), "failed"));
        assert_eq!((said.code, said.out.trim()), (Some(0), "The mail is marked as bounced."), "{}", said.err);
    })
    .await;
}

/// The mail server that hands us the report is told EX_TEMPFAIL and keeps it.
#[tokio::test]
async fn a_report_on_a_mail_that_is_being_sent_is_to_be_brought_again() {
    each_engine(async |store| {
        let sent = Sent::to(&store, "bo@acme.test").await;
        let mail = sent.mails().await.remove(0);
        let mut tx = sent.rollcall.db.write().await.unwrap();
        let now = Clock::System.now();
        store::outbox::bounce(&mut tx, &mail.id, "550", Some(now), now).await.unwrap();
        let holder = Holder { name: "worker".to_owned(), lease: std::time::Duration::from_secs(60) };
        assert_eq!(store::mail_claims::claim(&mut tx, &holder, &[], 1, now).await.unwrap().len(), 1);
        assert!(store::mail_claims::start_attempt(&mut tx, &holder, &mail.id, "Join", now).await.unwrap());
        tx.commit().await.unwrap();
        let failed = notification(&return_path(&mail), "failed");
        let said = sent.reads(&failed);
        assert_eq!((said.code, said.out.as_str()), (Some(75), ""), "{}", said.err);
        let mut tx = sent.rollcall.db.write().await.unwrap();
        let (status, now) = (MailStatus::Accepted, Clock::System.now());
        store::mail_claims::finish_sent(&mut tx, &mail.id, status, Some("250 ok"), now).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(sent.reads(&failed).json()["taken"], "bounced");
    })
    .await;
}

#[tokio::test]
async fn what_is_no_report_of_our_mail_changes_nothing_and_says_why() {
    each_engine(async |store| {
        let sent = Sent::to(&store, "bo@acme.test").await;
        let mail = sent.mails().await.remove(0);
        let other_key = Mail { return_key: "0".repeat(16), ..mail.clone() };
        let unknown = Mail { id: "01987654-0000-7000-8000-00000000000a".to_owned().into(), ..mail.clone() };
        let by_message_id = format!("<{}.1@localhost>", mail.id);
        for (message, field, words) in [
            (String::new(), "message", "no delivery status notification"),
            ("\u{0}\u{7f} garbage \n\n\n--b--".repeat(5000), "message", "no delivery status notification"),
            (
                "From: eve@evil.test\nSubject: Action: failed\n\nStatus: 5.1.1\n".to_owned(),
                "message",
                "RFC 3464",
            ),
            (notification("rollcall@acme.test", "failed"), "message", "names no mail"),
            (
                notification("rollcall@acme.test", "failed")
                    .replace("Subject: Join", &format!("Message-ID: {by_message_id}\nSubject: Join")),
                "message",
                "names no mail",
            ),
            (notification(&return_path(&other_key), "failed"), "", "no such mail"),
            (notification(&return_path(&unknown), "failed"), "", "no such mail"),
        ] {
            let said = sent.reads(&message);
            assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{message:.200}");
            let error: Value = serde_json::from_str(&said.err).unwrap_or_else(|_| panic!("{}", said.err));
            assert_eq!(error["error"]["field"].as_str().unwrap_or_default(), field, "{error}");
            assert!(error.to_string().to_lowercase().contains(&words.to_lowercase()), "{words}: {error}");
        }
        let said = sent.runs(&["mail", "bounce"], &notification(&return_path(&mail), "failed"));
        said.refuses_with("Set ROLLCALL_RETURN_PATH");
        assert_eq!(sent.states().await, [(MailStatus::Accepted, Some("250 ok".to_owned()))]);
    })
    .await;
}
