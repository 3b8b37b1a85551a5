//! The outbox worker: claims mails that are due, sends a few at a time, holds on to them while they are sent.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    task::{Id, JoinError, JoinSet},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use super::{attempt::Desk, backoff::RelayPause, rate::Rate};
use crate::{
    mail::Transport,
    model::MailId,
    state::Rollcall,
    store::{self, outbox::Mail},
};

/// Most mails that are sent at one time; one while identity providers wait for answers.
const AT_ONCE: usize = 4;
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
    desk: Arc<Desk>,
    rate: Mutex<Rate>,
}

/// The mails that are being sent.
struct Sending {
    tasks: JoinSet<()>,
    mails: HashMap<Id, InFlight>,
    /// When all of them were last known to be held.
    held: Instant,
}

/// A mail in the hands of a task.
struct InFlight {
    mail: Mail,
    /// Whether its attempt was counted. Until then its lease is the proof that it is ours, and must stay as it is.
    started: Arc<AtomicBool>,
}

impl Worker {
    /// A worker that sends over `transport`.
    pub fn new(rollcall: Rollcall, transport: Transport) -> Self {
        let rate = Mutex::new(Rate::new(rollcall.config.mail_rate));
        let desk = Desk {
            rollcall,
            transport,
            pause: Mutex::new(RelayPause::default()),
            in_trouble: AtomicBool::new(true),
        };
        Self { desk: Arc::new(desk), rate }
    }

    /// Sends what is due, as it becomes due, until `shutdown`. Then finishes what is being sent, within reason.
    pub async fn run(&self, shutdown: &CancellationToken) {
        let mut sending = Sending::new();
        let mut renewal = tokio::time::interval(RENEW_EVERY);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !shutdown.is_cancelled() {
            let rest = self.start_more(&mut sending).await;
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.desk.rollcall.mail_due.notified() => {}
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

    /// Claims as many due mails as there are hands free and starts sending them. Returns how long to wait, at most,
    /// before asking again.
    async fn start_more(&self, sending: &mut Sending) -> Duration {
        let now = self.desk.rollcall.clock.now();
        let free = {
            let pause = self.desk.pause();
            if let Some(remaining) = pause.remaining(now) {
                return remaining.min(LOOK_EVERY);
            }
            let gives_way = pause.is_probing() || self.desk.rollcall.traffic.is_busy(now);
            let hands = if gives_way { 1 } else { AT_ONCE };
            hands.saturating_sub(sending.tasks.len())
        };
        if free == 0 {
            return LOOK_EVERY;
        }
        let wanted = match self.rate().allowed(free, now) {
            Ok(wanted) => wanted,
            Err(wait) => return wait.min(LOOK_EVERY),
        };
        match self.claim(wanted).await {
            Ok(Claimed::Mails(mails)) => {
                self.rate().take(mails.len(), now);
                for mail in mails {
                    sending.start(&self.desk, mail);
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

    async fn claim(&self, wanted: usize) -> store::Result<Claimed> {
        let rollcall = &self.desk.rollcall;
        let now = rollcall.clock.now();
        // Reading first: an idle worker takes no turn at writing.
        let due = store::outbox::next_due(&mut rollcall.db.read().await?, now).await?;
        match due {
            None => return Ok(Claimed::NothingBefore(LOOK_EVERY)),
            Some(due) if due > now => return Ok(Claimed::NothingBefore(due.since(now))),
            Some(_) => {}
        }
        let mut tx = rollcall.db.write().await?;
        let limit = i64::try_from(wanted).unwrap_or(i64::MAX);
        let mails = store::outbox::claim(&mut tx, now, now.plus(LEASE), limit).await?;
        tx.commit().await?;
        if mails.is_empty() { Ok(Claimed::NothingBefore(RIVAL_PAUSE)) } else { Ok(Claimed::Mails(mails)) }
    }

    async fn end(&self, sending: &mut Sending, ended: Result<Id, JoinError>) {
        let (id, fault) = match ended {
            Ok(id) => (id, None),
            Err(fault) => (fault.id(), Some(fault)),
        };
        let in_flight = sending.mails.remove(&id);
        if let (Some(InFlight { mail, .. }), Some(fault)) = (in_flight, fault)
            && fault.is_panic()
        {
            tracing::error!(mail = %mail.id, %fault, "sending a mail panicked");
            self.desk.record_fault(&mail).await;
        }
    }

    /// Holds on to the mails that are being sent. When the database has not let us for too long, another worker may
    /// soon have them: then they are dropped.
    async fn renew(&self, sending: &mut Sending) {
        let ids = sending.started();
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
        let rollcall = &self.desk.rollcall;
        let mut tx = rollcall.db.write().await?;
        store::outbox::renew_leases(&mut tx, ids, rollcall.clock.now().plus(LEASE)).await?;
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
        self.desk.transport.close().await;
    }

    fn rate(&self) -> std::sync::MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
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
        Self { tasks: JoinSet::new(), mails: HashMap::new(), held: Instant::now() }
    }

    fn start(&mut self, desk: &Arc<Desk>, mail: Mail) {
        let desk = Arc::clone(desk);
        let sent = mail.clone();
        let started = Arc::new(AtomicBool::new(false));
        let in_flight = InFlight { mail, started: Arc::clone(&started) };
        let task = self.tasks.spawn(async move { desk.attempt(sent, &started).await });
        self.mails.insert(task.id(), in_flight);
    }

    /// The next one that ends; `None` when nothing is being sent.
    async fn next(&mut self) -> Option<Result<Id, JoinError>> {
        self.tasks.join_next_with_id().await.map(|ended| ended.map(|(id, ())| id))
    }

    /// The mails whose attempts were counted.
    fn started(&self) -> Vec<MailId> {
        let started = self.mails.values().filter(|in_flight| in_flight.started.load(Ordering::SeqCst));
        started.map(|in_flight| in_flight.mail.id.clone()).collect()
    }
}
