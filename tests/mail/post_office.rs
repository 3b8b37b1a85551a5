//! A workspace whose mail goes to an SMTP server that the test commands.

use std::time::Duration;

use rollcall::{
    Rollcall,
    clock::Clock,
    config::{Config, MailTransport},
    jobs::Worker,
    mail::{Timeouts, Transport},
    model::MailStatus,
    store::outbox::Mail,
};

use crate::{
    smtp_server::SmtpServer,
    support::{Acme, TestStore, fixed_clock, mails_of, rollcall},
};

/// Short, so that a server that hangs is noticed within the test.
pub const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(2),
    command: Duration::from_secs(1),
    content: Duration::from_secs(2),
};

/// Longer than every wait between two attempts.
pub const LONG: Duration = Duration::from_secs(30 * 3600);

pub struct PostOffice {
    pub server: SmtpServer,
    pub clock: Clock,
    pub acme: Acme,
    pub worker: Worker,
}

impl PostOffice {
    pub async fn new(store: &TestStore) -> Self {
        Self::with(store, SmtpServer::start(), |_| {}).await
    }

    pub async fn with(store: &TestStore, server: SmtpServer, change: impl FnOnce(&mut Config)) -> Self {
        let clock = fixed_clock();
        let rollcall = rollcall(store, &clock, |config| {
            config.mail = server.transport();
            change(config);
        });
        let worker = worker(&rollcall);
        Self { server, clock, acme: Acme::new(rollcall).await, worker }
    }

    pub fn rollcall(&self) -> &Rollcall {
        &self.acme.rollcall
    }

    /// All mails of the outbox, newest first.
    pub async fn outbox(&self) -> Vec<Mail> {
        mails_of(self.rollcall(), &self.acme.workspace.id).await
    }

    /// The one mail of the outbox.
    pub async fn only_mail(&self) -> Mail {
        let [mail] = <[Mail; 1]>::try_from(self.outbox().await).unwrap();
        mail
    }

    /// Fails unless the outbox holds these mails, by recipient.
    pub async fn assert_outbox(&self, expected: &[(&str, MailStatus)]) {
        let mut found: Vec<_> =
            self.outbox().await.into_iter().map(|mail| (mail.recipient, mail.status)).collect();
        found.sort();
        let mut expected: Vec<_> = expected.iter().map(|(to, status)| ((*to).to_owned(), *status)).collect();
        expected.sort();
        assert_eq!(found, expected);
    }
}

/// A worker of its own, as another process would run.
pub fn worker(rollcall: &Rollcall) -> Worker {
    Worker::new(rollcall.clone(), transport(rollcall, &rollcall.config.mail))
}

pub fn transport(rollcall: &Rollcall, settings: &MailTransport) -> Transport {
    Transport::with_timeouts(settings, &rollcall.db, TIMEOUTS).unwrap()
}
