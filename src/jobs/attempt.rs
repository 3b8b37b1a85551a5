//! One attempt to send one mail: draft it, hand it over, record what came of it.

use std::{sync::Mutex, time::Duration};

use super::{
    backoff::{RelayPause, wait_after, wait_at_the_end, wait_for_mailbox},
    drafting::{Draft, draft},
};
use crate::{
    clock::Timestamp,
    mail::{Answer, Transport, Trouble},
    model::MailStatus,
    state::Rollcall,
    store::{self, mail_claims, mail_claims::Holder, outbox::Mail},
};

/// How often the outcome is written down again when the database does not answer. A mail whose acceptance is not
/// recorded would be sent once more.
const RECORD_TRIES: u32 = 30;
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// What the attempts of one worker share.
pub(super) struct MailSender {
    pub(super) rollcall: Rollcall,
    pub(super) transport: Transport,
    pub(super) holder: Holder,
    pub(super) pause: Mutex<RelayPause>,
}

/// What is written down about a mail.
struct Outcome {
    fate: Fate,
    relay: Relay,
}

/// What becomes of the mail.
enum Fate {
    /// It went out.
    Sent { status: MailStatus, answer: Option<String> },
    /// It did not, as far as is known. When it is tried again, at `due_at`.
    Unsent { status: MailStatus, answer: String, due_at: Timestamp },
    /// The relay never looked at it: the attempt does not count.
    PutOff { answer: String, due_at: Timestamp },
}

/// What an attempt tells of the relay.
enum Relay {
    /// It answers.
    Answers,
    /// It takes nothing.
    TakesNothing,
    /// Nothing.
    Unknown,
}

impl MailSender {
    /// Sends a mail that was claimed. Whatever goes wrong is recorded or logged; nothing is left but a lease that
    /// runs out.
    pub(super) async fn attempt(&self, mail: Mail) {
        let answer = match draft(&self.rollcall, &self.holder, &mail).await {
            Ok(Draft::Ready { message, mailbox_may_follow }) => {
                let answer = self.transport.send(&message).await;
                tracing::debug!(mail = %mail.id, ?answer, "a mail was handed to the relay");
                match answer {
                    Answer::NoSuchMailbox(words) if !mailbox_may_follow => Answer::Refused(words),
                    answer => answer,
                }
            }
            Ok(Draft::Unwanted(reason)) => return self.record(&mail, &self.cancelled(reason)).await,
            Ok(Draft::Impossible(why)) => Answer::impossible(&why),
            Ok(Draft::Gone) => return,
            Err(cause) => {
                tracing::warn!(mail = %mail.id, %cause, "a mail could not be drafted; it stays in the outbox");
                return;
            }
        };
        let outcome = self.judge(&mail, answer);
        self.record(&mail, &outcome).await;
    }

    /// Records that the attempt broke off in a fault of ours: the mail gets another turn.
    pub(super) async fn record_fault(&self, mail: &Mail) {
        let wait = wait_after(mail.attempts + 1, &self.rollcall.clock);
        let fate = self.again(mail, "A fault in Rollcall; see its log.".to_owned(), wait, MailStatus::GaveUp);
        self.record(mail, &Outcome { fate, relay: Relay::Unknown }).await;
    }

    fn judge(&self, mail: &Mail, answer: Answer) -> Outcome {
        let now = self.rollcall.clock.now();
        let next = wait_after(mail.attempts + 1, &self.rollcall.clock);
        let answered = |fate| {
            self.pause().recovered();
            Outcome { fate, relay: Relay::Answers }
        };
        let sent = |status, answer| {
            self.pause().took_one();
            Outcome { fate: Fate::Sent { status, answer }, relay: Relay::Answers }
        };
        match answer {
            Answer::Accepted(words) => sent(MailStatus::Accepted, Some(words)),
            Answer::Kept => sent(MailStatus::Kept, None),
            // No pause: who asks everyone to come back later may mean each for itself.
            Answer::Later(words) => {
                let of_relay = self.pause().turned_away(&mail.id);
                let outcome = answered(self.again(mail, words, next, MailStatus::GaveUp));
                if of_relay { takes_nothing(outcome.fate) } else { outcome }
            }
            Answer::Refused(words) => {
                let of_relay = self.pause().turned_away(&mail.id);
                if !of_relay {
                    return answered(self.again(mail, words, None, MailStatus::Refused));
                }
                let until = self.pause().failed(now);
                let wait = next.map(|wait| wait.max(until.since(now)));
                takes_nothing(self.again(mail, words, wait, MailStatus::Refused))
            }
            Answer::NoSuchMailbox(words) => {
                let wait = wait_for_mailbox(now.since(mail.created_at), &self.rollcall.clock);
                answered(self.again(mail, words, wait, MailStatus::Refused))
            }
            Answer::Impossible(words) => {
                let fate = self.again(mail, words, None, MailStatus::GaveUp);
                Outcome { fate, relay: Relay::Unknown }
            }
            Answer::Unavailable(words) => {
                let until = self.pause().failed(now);
                takes_nothing(Fate::PutOff { answer: words, due_at: until })
            }
            Answer::BrokenOff(words) => {
                let suspended = self.pause().broke_off(now);
                match suspended {
                    Some(until) => takes_nothing(Fate::PutOff { answer: words, due_at: until }),
                    None => {
                        let fate = self.again(mail, words, next, MailStatus::GaveUp);
                        Outcome { fate, relay: Relay::Unknown }
                    }
                }
            }
            // It may have arrived: each further attempt counts, however long the relay is in trouble.
            Answer::Unconfirmed(words) => {
                let suspended = self.pause().broke_off(now);
                match suspended {
                    Some(until) => {
                        let wait = next.unwrap_or_else(|| wait_at_the_end(&self.rollcall.clock));
                        let wait = wait.max(until.since(now));
                        takes_nothing(self.again(mail, words, Some(wait), MailStatus::GaveUp))
                    }
                    None => {
                        let fate = self.again(mail, words, next, MailStatus::GaveUp);
                        Outcome { fate, relay: Relay::Unknown }
                    }
                }
            }
        }
    }

    /// Another try after `wait`; without one it stays as `at_last`.
    fn again(&self, mail: &Mail, answer: String, wait: Option<Duration>, at_last: MailStatus) -> Fate {
        match wait {
            Some(wait) => {
                let due_at = self.rollcall.clock.now().plus(wait);
                Fate::Unsent { status: MailStatus::Deferred, answer, due_at }
            }
            None => Fate::Unsent { status: at_last, answer, due_at: mail.due_at },
        }
    }

    fn cancelled(&self, reason: &str) -> Outcome {
        let due_at = self.rollcall.clock.now();
        let fate = Fate::Unsent { status: MailStatus::Cancelled, answer: reason.to_owned(), due_at };
        Outcome { fate, relay: Relay::Unknown }
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
        let (holder, id) = (&self.holder, &mail.id);
        let words = match &outcome.fate {
            Fate::Sent { status, answer } => {
                mail_claims::finish_sent(&mut tx, id, *status, answer.as_deref(), now).await?;
                answer.as_deref().unwrap_or_default()
            }
            Fate::Unsent { status, answer, due_at } => {
                mail_claims::finish_unsent(&mut tx, holder, id, *status, answer, *due_at, now).await?;
                answer
            }
            Fate::PutOff { answer, due_at } => {
                mail_claims::put_off(&mut tx, holder, id, answer, *due_at, now).await?;
                answer
            }
        };
        match outcome.relay {
            // Whoever saw the trouble begin may be another process.
            Relay::Answers => Trouble::end(&mut tx).await?,
            Relay::TakesNothing => Trouble::begin(&mut tx, words, now).await?,
            Relay::Unknown => {}
        }
        tx.commit().await
    }
}

fn takes_nothing(fate: Fate) -> Outcome {
    if let Fate::PutOff { answer, .. } | Fate::Unsent { answer, .. } = &fate {
        tracing::warn!(relay = %answer, "the mail relay takes nothing; mail waits in the outbox");
    }
    Outcome { fate, relay: Relay::TakesNothing }
}
