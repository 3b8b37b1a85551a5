//! The email log and the instance.

use app::pages::{
    email::{Email, Known, Letter},
    email_log::{Can, EmailLog, Filter, List, MailRow, State, Trouble},
    instance::{Instance, MailFacts, Tested},
    instance_email::{AccountMail, AccountMails},
    instance_sender::Sender,
};
use rollcall::model::{MailId, MailStatus, Role};
use rollcall::{
    clock::Timestamp,
    mail::sender_domain::{Finding, Mark, Record, Standing},
};

use super::{
    Sample,
    samples::{DAY, HOUR, MINUTE, NOW, frame, reader},
};

fn row(number: u8, to: &str, label: &str, state: State, attempts: i64, answer: Option<&str>) -> MailRow {
    MailRow {
        id: MailId(format!("0192f0a4-c7b1-7c3e-9f11-2f6b1e0a9d{number:02}")),
        to: to.to_owned(),
        person: (!number.is_multiple_of(3)).then(|| (format!("m{number}").into(), "Grace Hopper".to_owned())),
        label: label.to_owned(),
        subject: (attempts > 0).then(|| "Join Acme on Rollcall".to_owned()),
        state,
        attempts,
        answer: answer.map(str::to_owned),
        at: NOW - i64::from(number) * 7 * MINUTE,
        can: Can { cancel: attempts == 0, again: (attempts > 1).then_some("Try now") },
    }
}

fn rows() -> Vec<MailRow> {
    let settled = State::Settled;
    let timeout = "relay.acme.com:587: no answer within 30 seconds";
    let lost = "no answer within 300 seconds (the whole mail had been sent: the relay may have taken it)";
    let unknown = "550 5.1.1 <grace@acme.com>: Recipient address rejected: User unknown in virtual mailbox table; see https://relay.acme.com/help for what to do about it";
    vec![
        row(1, "grace@acme.com", "Invitation", State::Queued { due: NOW + MINUTE }, 0, None),
        row(2, "alan@acme.com", "Invitation", State::Sending, 1, None),
        row(3, "edsger@acme.com", "Reminder", State::Deferred { due: NOW + 10 * MINUTE }, 3, Some(timeout)),
        row(
            4,
            "barbara@acme.com",
            "Invitation",
            settled(MailStatus::Accepted),
            1,
            Some("250 2.0.0 queued as 4711"),
        ),
        row(5, "grace@acme.com", "Invitation", settled(MailStatus::Refused), 1, Some(unknown)),
        row(8, "donald@acme.com", "Invitation", settled(MailStatus::GaveUp), 8, Some(lost)),
        row(6, "linus@acme.com", "New link", settled(MailStatus::Bounced), 2, Some("550 5.1.1 No such user")),
        row(
            7,
            "ada@acme.com",
            "Mass change",
            settled(MailStatus::Cancelled),
            0,
            Some("The invitation was withdrawn."),
        ),
    ]
}

fn trouble() -> Trouble {
    Trouble {
        since: NOW - 5 * HOUR,
        words: "535 5.7.8 Error: authentication failed".to_owned(),
        waiting: "14".to_owned(),
    }
}

fn log(list: List, trouble: Option<Trouble>, filter: Filter) -> EmailLog {
    let more = matches!(&list, List::Mails(rows) if !rows.is_empty());
    EmailLog {
        frame: frame(Role::Owner),
        trouble,
        filter,
        list,
        newer: None,
        older: more.then(|| MailId("x".to_owned())),
        tells_suspended: more,
    }
}

fn known(label: &str) -> Known {
    Known {
        id: MailId("x".to_owned()),
        label: label.to_owned(),
        to: "ada@acme.com".to_owned(),
        state: State::Deferred { due: NOW + 10 * MINUTE },
        attempts: 3,
        answer: Some("451 4.7.1 Try again later".to_owned()),
        asked: NOW - DAY,
        changed: NOW - HOUR,
    }
}

fn account_mails(list: List) -> AccountMails {
    AccountMails { reader: reader(), now: NOW, trouble: None, list, newer: None, older: None }
}

fn gone() -> Email {
    Email {
        frame: frame(Role::Owner),
        known: known("Token expiring"),
        person: None,
        can: Can { cancel: true, again: Some("Try now") },
        letter: Letter::Gone("What this mail was about is gone.".to_owned()),
    }
}

fn instance(trouble: Option<Trouble>, tested: Option<Tested>) -> Instance {
    Instance {
        now: NOW,
        version: "0.1.0",
        engine: "PostgreSQL",
        migrations: 3,
        base_url: "https://rollcall.acme.com".to_owned(),
        mail: MailFacts {
            transport: "smtp://relay.acme.com:587".to_owned(),
            from: "Rollcall <rollcall@acme.com>".to_owned(),
            reply_to: Some("Acme IT <it@acme.com>".to_owned()),
            bounces: "heard of by return path",
            rate: Some(120),
            waiting: "more than 1000".to_owned(),
            due_since: Some(NOW - 40 * MINUTE),
        },
        sender: Some(sender()),
        trouble,
        tested,
        reader: reader(),
    }
}

fn sender() -> Sender {
    let record = |name: &str, text: &str| Record { name: name.to_owned(), text: text.to_owned() };
    let spf = Box::new(Finding {
        mark: Mark::Missing,
        says: "acme.com has no SPF record: receivers cannot tell whether your relay may send for it, and many take such mail for spam.".to_owned(),
        found: Vec::new(),
        advice: Some("Publish one that names your relay and whoever else sends for acme.com. In place of RELAY put what your relay's documentation names.".to_owned()),
        publish: Some(record("acme.com", "v=spf1 include:RELAY ~all")),
    });
    let dmarc = Box::new(Finding {
        mark: Mark::Fine,
        says: "By the record, mail that neither SPF nor DKIM proves to be yours goes to spam (p=quarantine)."
            .to_owned(),
        found: vec![record("_dmarc.acme.com", "v=DMARC1; p=quarantine; rua=mailto:dmarc-reports@acme.com")],
        advice: None,
        publish: None,
    });
    let standing = Standing::LookedUp { at: Timestamp(NOW - 2 * MINUTE), spf, dmarc };
    Sender { domain: "acme.com".to_owned(), standing }
}

fn instance_with(standing: Standing) -> Instance {
    Instance { sender: Some(Sender { standing, ..sender() }), ..instance(None, None) }
}

pub(crate) fn all() -> Vec<Sample> {
    let filter = || Filter { q: "nobody".to_owned(), ..Filter::default() };
    vec![
        Sample::new("email", || log(List::Mails(rows()), None, Filter::default())),
        Sample::new("email-trouble", || log(List::Mails(rows()), Some(trouble()), Filter::default())),
        Sample::new("email-empty", || log(List::Mails(Vec::new()), None, Filter::default())),
        Sample::new("email-filtered-empty", move || log(List::Mails(Vec::new()), None, filter())),
        Sample::new("email-failed", || {
            log(List::Failed { reference: "0192f0a4".to_owned() }, None, Filter::default())
        }),
        Sample::new("email-gone", gone),
        Sample::new("instance-email", || {
            let said = Some("250 2.0.0 queued as 4711");
            let taken = State::Settled(MailStatus::Accepted);
            let reset = MailRow { person: None, ..row(1, "ada@acme.com", "Password reset", taken, 1, said) };
            account_mails(List::Mails(vec![reset]))
        }),
        Sample::new("instance-email-empty", || account_mails(List::Mails(Vec::new()))),
        Sample::new("instance-email-gone", || AccountMail {
            reader: reader(),
            now: NOW,
            known: known("Password reset"),
            letter: Letter::Gone("What this mail was about is gone.".to_owned()),
        }),
        Sample::new("instance-tested-mailbox", || instance(None, Some(Tested::Kept))),
        Sample::new("instance-sender-not-looked-up", || instance_with(Standing::NotLookedUp)),
        Sample::new("instance-sender-not-public", || instance_with(Standing::NotPublic)),
        Sample::new("instance-slow", || {
            instance(None, Some(Tested::Accepted("250 2.0.0 queued as 4711".to_owned())))
        }),
        Sample::new("instance-trouble", || {
            instance(
                Some(trouble()),
                Some(Tested::Failed("535 5.7.8 Error: authentication failed".to_owned())),
            )
        }),
    ]
}
