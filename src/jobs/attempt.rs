//! One attempt to send one mail: draft it, hand it over, record what came of it.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{
    backoff::{RelayPause, wait_after, wait_for_mailbox},
    drafting::{Draft, draft},
};
use crate::{
    clock::Timestamp,
    mail::{Answer, Transport, Trouble},
    model::MailStatus,
    state::Rollcall,
    store::{self, outbox::Mail},
};

/// How often the outcome is written down again when the database does not answer. A mail whose acceptance is not
/// recorded would be sent once more.
const RECORD_TRIES: u32 = 30;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// What the attempts of one worker share.
pub(super) struct Desk {
    pub(super) rollcall: Rollcall,
    pub(super) transport: Transport,
    pub(super) pause: Mutex<RelayPause>,
    /// Whether the store may say that the relay takes nothing; after a start it may.
    pub(super) in_trouble: AtomicBool,
}

/// What is written down about a mail.
enum Outcome {
    Status { status: MailStatus, answer: Option<String>, due_at: Timestamp, by_relay: bool },
    PutOff { answer: String, due_at: Timestamp },
}

impl Desk {
    /// Sends a mail that was claimed. Whatever goes wrong is recorded or logged; nothing is left but a lease that
    /// runs out. `started` is set when the attempt is counted: from then on the lease may be renewed.
    pub(super) async fn attempt(&self, mail: Mail, started: &AtomicBool) {
        let answer = match draft(&self.rollcall, &mail).await {
            Ok(Draft::Ready { message, mailbox_may_follow }) => {
                started.store(true, Ordering::SeqCst);
                let answer = self.transport.send(&message).await;
                tracing::debug!(mail = %mail.id, ?answer, "a mail was handed to the relay");
                match answer {
                    Answer::NoSuchMailbox(words) if !mailbox_may_follow => Answer::Refused(words),
                    answer => answer,
                }
            }
            Ok(Draft::Unwanted(reason)) => return self.record(&mail, &self.cancelled(reason)).await,
            Ok(Draft::Impossible(why)) => Answer::refused(&why),
            Ok(Draft::Gone) => return,
            Err(cause) => {
                tracing::warn!(mail = %mail.id, %cause, "a mail could not be drafted; it stays in the outbox");
                return;
            }
        };
        let outcome = self.judge(&mail, answer, started.load(Ordering::SeqCst));
        self.record(&mail, &outcome).await;
    }

    /// Records that the attempt broke off in a fault of ours: the mail gets another turn.
    pub(super) async fn record_fault(&self, mail: &Mail) {
        let answer = Answer::Later("A fault in Rollcall; see its log.".to_owned());
        let outcome = self.judge(mail, answer, false);
        self.record(mail, &outcome).await;
    }

    fn judge(&self, mail: &Mail, answer: Answer, by_relay: bool) -> Outcome {
        let now = self.rollcall.clock.now();
        let status = |status, answer, due_at| Outcome::Status { status, answer, due_at, by_relay };
        if let Answer::Unavailable(answer) = answer {
            let due_at = self.pause().failed(now);
            tracing::warn!(relay = %answer, "the mail relay takes nothing; mail waits in the outbox");
            return Outcome::PutOff { answer, due_at };
        }
        self.pause().recovered();
        let again = |words, wait: Option<Duration>| match wait {
            Some(wait) => status(MailStatus::Deferred, Some(words), now.plus(wait)),
            None => status(MailStatus::Refused, Some(words), mail.due_at),
        };
        match answer {
            Answer::Accepted(words) => status(MailStatus::Accepted, Some(words), mail.due_at),
            Answer::Kept => status(MailStatus::Kept, None, mail.due_at),
            Answer::Later(words) => again(words, wait_after(mail.attempts + 1, &self.rollcall.clock)),
            Answer::NoSuchMailbox(words) => {
                again(words, wait_for_mailbox(now.since(mail.created_at), &self.rollcall.clock))
            }
            Answer::Refused(words) | Answer::Unavailable(words) => again(words, None),
        }
    }

    fn cancelled(&self, reason: &str) -> Outcome {
        let due_at = self.rollcall.clock.now();
        let answer = Some(reason.to_owned());
        Outcome::Status { status: MailStatus::Cancelled, answer, due_at, by_relay: false }
    }

    /// What is known of the relay. Never held across an await.
    pub(super) fn pause(&self) -> std::sync::MutexGuard<'_, RelayPause> {
        self.pause.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    async fn record(&self, mail: &Mail, outcome: &Outcome) {
        for _ in 0..RECORD_TRIES {
            match self.try_record(mail, outcome).await {
                Ok(()) => return,
                Err(cause) => {
                    tracing::warn!(mail = %mail.id, %cause, "the outcome of a mail could not be recorded; trying again");
                }
            }
            tokio::time::sleep(RECORD_PAUSE).await;
        }
        tracing::error!(mail = %mail.id, "the outcome of a mail was never recorded; it may be sent again with the same Message-ID");
    }

    async fn try_record(&self, mail: &Mail, outcome: &Outcome) -> store::Result<()> {
        let now = self.rollcall.clock.now();
        let mut tx = self.rollcall.db.write().await?;
        let mut over = false;
        match outcome {
            Outcome::Status { status, answer, due_at, by_relay } => {
                if *by_relay && self.in_trouble.load(Ordering::SeqCst) {
                    Trouble::end(&mut tx).await?;
                    over = true;
                }
                store::outbox::finish(&mut tx, &mail.id, *status, answer.as_deref(), *due_at, now).await?;
            }
            Outcome::PutOff { answer, due_at } => {
                self.in_trouble.store(true, Ordering::SeqCst);
                Trouble::begin(&mut tx, answer, now).await?;
                store::outbox::put_off(&mut tx, &mail.id, answer, *due_at, now).await?;
            }
        }
        tx.commit().await?;
        if over {
            self.in_trouble.store(false, Ordering::SeqCst);
        }
        Ok(())
    }
}
