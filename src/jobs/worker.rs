//! The outbox worker: claims mails that are due, sends a few at a time, holds on to them while they are sent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{
    attempt::MailSender,
    backoff::RelayPause,
    rate::{MINUTE, Rate},
};
use crate::{
    clock::Timestamp,
    mail::Transport,
    model::MailId,
    state::Rollcall,
    store::{self, Conn, Tx, database_clock, mail_claims, mail_claims::Holder, mail_rate, outbox::Mail},
};

/// Most mails that are sent at one time; one while identity providers wait for answers.
const AT_ONCE: usize = 4;
/// While identity providers wait for answers, mails begin at least so far apart, so that most requests meet none.
const APART: Duration = Duration::from_millis(50);
/// How long a claim holds. It is renewed while the mail is sent, however long the relay takes.
const LEASE: Duration = Duration::from_secs(60);
const RENEW_EVERY: Duration = Duration::from_secs(15);
/// What cannot be held any more is dropped this long before another worker may have it.
const MARGIN: Duration = Duration::from_secs(10);
/// The outbox is looked at this often even when nothing was heard: other processes write into it as well.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The pause before looking again when another worker was faster.
const RIVAL_PAUSE: Duration = Duration::from_millis(250);
/// How long mails that are being sent may take at a stop.
const STOP_PATIENCE: Duration = Duration::from_secs(20);

/// The outbox worker.
pub struct Worker {
    sender: Arc<MailSender>,
    /// `None` for no limit.
    rate: Option<Rate>,
}

/// The mails that are being sent.
struct Sending {
    tasks: JoinSet<()>,
    mails: HashMap<Id, Mail>,
    /// When all of them were last known to be held.
    held: Instant,
    /// When the last one began.
    began: Option<Instant>,
}

impl Worker {
    /// A worker that sends over `transport`.
    pub fn new(rollcall: Rollcall, transport: Transport) -> Self {
        let rate = rollcall.config.mail_rate.map(Rate::new);
        let holder = Holder { name: rollcall.clock.new_id(), lease: LEASE };
        let sender = MailSender { rollcall, transport, holder, pause: Mutex::new(RelayPause::default()) };
        Self { sender: Arc::new(sender), rate }
    }

    /// Sends what is due, as it becomes due, until `shutdown`. Then finishes what is being sent, within reason.
    pub async fn run(&self, shutdown: &CancellationToken) {
        let mut sending = Sending::new();
        let mut renewal = tokio::time::interval(RENEW_EVERY);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !shutdown.is_cancelled() {
            let rest = match self.rest_for_the_directory(&sending) {
                Some(rest) => rest,
                None => self.start_more(&mut sending).await,
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.sender.rollcall.mail_due.notified() => {}
                Some(ended) = sending.next() => self.end(&mut sending, ended).await,
                _ = renewal.tick() => self.renew(&mut sending).await,
                () = tokio::time::sleep(rest) => {}
            }
        }
        self.wind_down(sending).await;
    }

    /// Sends all that can be sent now, and returns the number of mails tried.
    pub async fn run_due(&self) -> usize {
        let mut sending = Sending::new();
        let mut tried = 0;
        loop {
            self.start_more(&mut sending).await;
            let Some(ended) = sending.next().await else { return tried };
            self.end(&mut sending, ended).await;
            tried += 1;
        }
    }

    /// How long the next mail has to wait for identity providers that are at work.
    fn rest_for_the_directory(&self, sending: &Sending) -> Option<Duration> {
        let rest = APART.checked_sub(sending.began?.elapsed())?;
        self.sender.rollcall.traffic.is_busy(self.sender.rollcall.clock.now()).then_some(rest)
    }

    /// Claims as many due mails as there are hands free and starts sending them. Returns how long to wait, at most,
    /// before asking again.
    async fn start_more(&self, sending: &mut Sending) -> Duration {
        let now = self.sender.rollcall.clock.now();
        let free = {
            let pause = self.sender.pause();
            if let Some(remaining) = pause.remaining(now) {
                return remaining.min(LOOK_EVERY);
            }
            let gives_way = pause.is_probing() || self.sender.rollcall.traffic.is_busy(now);
            let hands = if gives_way { 1 } else { AT_ONCE };
            hands.saturating_sub(sending.tasks.len())
        };
        if free == 0 {
            return LOOK_EVERY;
        }
        match self.claim(free, &sending.ids()).await {
            Ok(Claimed::Mails(mails)) => {
                sending.began = Some(Instant::now());
                for mail in mails {
                    sending.start(&self.sender, mail);
                }
                Duration::ZERO
            }
            Ok(Claimed::NothingBefore(wait)) => wait.min(LOOK_EVERY),
            Err(cause) => {
                tracing::warn!(%cause, "the outbox could not be read; trying again");
                LOOK_EVERY
            }
        }
    }

    /// Claims up to `free` mails, as many as the rate allows, but none that is `in_hand`: a lease may look as if it were
    /// over when a clock jumps.
    async fn claim(&self, free: usize, in_hand: &[MailId]) -> store::Result<Claimed> {
        let rollcall = &self.sender.rollcall;
        let now = rollcall.clock.now();
        let free = i64::try_from(free).unwrap_or(i64::MAX);
        // Reading first: a worker that is idle, or at its limit, takes no turn at writing.
        let mut conn = rollcall.db.read().await?;
        match mail_claims::next_due(&mut conn).await? {
            None => return Ok(Claimed::NothingBefore(LOOK_EVERY)),
            Some(due) if due > now => return Ok(Claimed::NothingBefore(due.since(now))),
            Some(_) => {}
        }
        if let Err(wait) = self.allowed(&mut conn, free).await? {
            return Ok(Claimed::NothingBefore(wait));
        }
        drop(conn);
        let mut tx = rollcall.db.write().await?;
        let claimed = self.claim_in(&mut tx, free, in_hand, now).await;
        tx.end(claimed).await
    }

    async fn claim_in(
        &self,
        tx: &mut Tx,
        free: i64,
        in_hand: &[MailId],
        now: Timestamp,
    ) -> store::Result<Claimed> {
        let wanted = match self.allowed_for_us_alone(tx, free).await? {
            Ok(wanted) => wanted,
            Err(wait) => return Ok(Claimed::NothingBefore(wait)),
        };
        let mails = mail_claims::claim(tx, &self.sender.holder, in_hand, wanted, now).await?;
        if mails.is_empty() {
            return Ok(Claimed::NothingBefore(RIVAL_PAUSE));
        }
        self.count(tx, mails.len()).await?;
        Ok(Claimed::Mails(mails))
    }

    /// How many mails may be begun now, or how long to wait, after what all workers have begun in the last minute.
    async fn allowed(&self, conn: &mut Conn, wanted: i64) -> store::Result<Result<i64, Duration>> {
        let Some(rate) = self.rate else { return Ok(Ok(wanted)) };
        let now = database_clock::now(conn).await?;
        let begun = mail_rate::list(conn, now.minus(MINUTE)).await?;
        Ok(rate.allowed(&begun, wanted, now))
    }

    /// The same, and until the transaction ends no other worker begins any.
    async fn allowed_for_us_alone(&self, tx: &mut Tx, wanted: i64) -> store::Result<Result<i64, Duration>> {
        if self.rate.is_some() {
            mail_rate::lock(tx).await?;
        }
        self.allowed(tx, wanted).await
    }

    async fn count(&self, tx: &mut Tx, mails: usize) -> store::Result<()> {
        if self.rate.is_none() {
            return Ok(());
        }
        let now = database_clock::now(tx).await?;
        let mails = i64::try_from(mails).unwrap_or(i64::MAX);
        mail_rate::count(tx, now, mails, now.minus(MINUTE)).await
    }

    async fn end(&self, sending: &mut Sending, ended: Result<Id, JoinError>) {
        let (id, fault) = match ended {
            Ok(id) => (id, None),
            Err(fault) => (fault.id(), Some(fault)),
        };
        if let (Some(mail), Some(fault)) = (sending.mails.remove(&id), fault)
            && fault.is_panic()
        {
            tracing::error!(mail = %mail.id, %fault, "sending a mail panicked");
            self.sender.record_fault(&mail).await;
        }
    }

    /// Holds on to the mails that are being sent. When the database has not let us for too long, another worker may
    /// soon have them: then they are dropped.
    async fn renew(&self, sending: &mut Sending) {
        let ids = sending.ids();
        match self.renew_leases(&ids).await {
            Ok(()) => sending.held = Instant::now(),
            Err(cause) if sending.held.elapsed() + RENEW_EVERY + MARGIN >= LEASE => {
                tracing::error!(%cause, mails = ids.len(), "mails that are being sent can no longer be held and are dropped");
                sending.tasks.abort_all();
            }
            Err(cause) => tracing::warn!(%cause, "mails that are being sent could not be held; trying again"),
        }
    }

    async fn renew_leases(&self, ids: &[MailId]) -> store::Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let rollcall = &self.sender.rollcall;
        let mut tx = rollcall.db.write().await?;
        mail_claims::renew_leases(&mut tx, &self.sender.holder, ids).await?;
        tx.commit().await
    }

    async fn wind_down(&self, mut sending: Sending) {
        let finish = async {
            while let Some(ended) = sending.next().await {
                self.end(&mut sending, ended).await;
            }
        };
        if tokio::time::timeout(STOP_PATIENCE, finish).await.is_err() {
            tracing::warn!(
                "stopped before the relay had answered; the mails in flight are sent again at the next start"
            );
        }
        self.sender.transport.close().await;
    }
}

/// What a look into the outbox gave.
enum Claimed {
    /// These mails are ours for a while.
    Mails(Vec<Mail>),
    /// Nothing is due for so long.
    NothingBefore(Duration),
}

impl Sending {
    fn new() -> Self {
        Self { tasks: JoinSet::new(), mails: HashMap::new(), held: Instant::now(), began: None }
    }

    fn start(&mut self, sender: &Arc<MailSender>, mail: Mail) {
        let sender = Arc::clone(sender);
        let sent = mail.clone();
        let task = self.tasks.spawn(async move { sender.attempt(sent).await });
        self.mails.insert(task.id(), mail);
    }

    /// The next one that ends; `None` when nothing is being sent.
    async fn next(&mut self) -> Option<Result<Id, JoinError>> {
        self.tasks.join_next_with_id().await.map(|ended| ended.map(|(id, ())| id))
    }

    fn ids(&self) -> Vec<MailId> {
        self.mails.values().map(|mail| mail.id.clone()).collect()
    }
}
