//! What every part of a running Rollcall shares.

use std::sync::Arc;

use tokio::sync::{Notify, OnceCell};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    audit::Actor,
    clock::{Clock, Timestamp},
    config::Config,
    directory::{kinds::KnownKinds, scans::Scans, traffic::Traffic},
    error::{Error, Result},
    journal::Journal,
    secret::{Seal, Secret},
    store::{Db, instance},
};

/// A running Rollcall.
#[derive(Clone)]
pub struct Rollcall {
    /// The store.
    pub db: Db,
    /// Time and randomness.
    pub clock: Clock,
    /// The settings.
    pub config: Arc<Config>,
    /// Wakes the worker: told after a commit that put a mail into the outbox.
    pub mail_due: Arc<Notify>,
    /// Wakes the job that lets held people in: told after a commit that freed a seat or changed what holds them.
    pub held_due: Arc<Notify>,
    /// The kinds of resources of directories with extensions, read before.
    pub kinds: Arc<KnownKinds>,
    /// Whether identity providers are at work just now.
    pub traffic: Arc<Traffic>,
    /// The turns of lists that no index answers.
    pub scans: Arc<Scans>,
    /// Read from the store when it is first wanted.
    cursor_seal: Arc<OnceCell<Seal>>,
    /// What waits to be written into the journal of the SCIM API.
    pub journal: Arc<Journal>,
    /// Requests under way that may change something.
    pub changing: TaskTracker,
    /// Cancelled when the process is told to stop: what would go on for long ends then.
    pub stopping: CancellationToken,
}

impl Rollcall {
    /// Puts the parts together.
    pub fn new(db: Db, clock: Clock, config: Config) -> Self {
        Self {
            db,
            clock,
            config: Arc::new(config),
            mail_due: Arc::new(Notify::new()),
            held_due: Arc::new(Notify::new()),
            kinds: Arc::default(),
            traffic: Arc::default(),
            scans: Arc::default(),
            cursor_seal: Arc::default(),
            journal: Arc::default(),
            changing: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }
    }

    /// What cursors are signed with, the same in every process on this store.
    ///
    /// # Errors
    /// When the store or the machine fails.
    pub async fn cursor_seal(&self) -> Result<Seal> {
        let seal = self.cursor_seal.get_or_try_init(|| async {
            let known = instance::get(&mut self.db.read().await?, instance::CURSOR_KEY).await?;
            let key = match known {
                Some(key) => key,
                None => self.make_cursor_key().await?,
            };
            Ok::<_, Error>(Seal::new(Secret::kept(key)))
        });
        Ok(seal.await?.clone())
    }

    /// Of two processes that make one at once, both take the first.
    async fn make_cursor_key(&self) -> Result<String> {
        let fresh = Secret::generate(&self.clock, "")?;
        let mut tx = self.db.write().await?;
        instance::set_once(&mut tx, instance::CURSOR_KEY, fresh.reveal()).await?;
        let key = instance::get(&mut tx, instance::CURSOR_KEY).await?;
        tx.commit().await?;
        Ok(key.unwrap_or_else(|| fresh.reveal().to_owned()))
    }

    /// The surroundings of a change that `actor` makes now.
    pub fn context(&self, actor: Actor) -> Context {
        Context {
            clock: self.clock.clone(),
            now: self.clock.now(),
            actor,
            request_id: None,
            invitation_delay: self.config.invitation_delay,
        }
    }
}

/// What a change knows of its surroundings: when, by whom, because of which request.
#[derive(Clone, Debug)]
pub struct Context {
    /// Time and randomness.
    pub clock: Clock,
    /// The time of the change: one for all that follows from it.
    pub now: Timestamp,
    /// Who makes it.
    pub actor: Actor,
    /// The request that asked for it.
    pub request_id: Option<String>,
    /// How long a directory's invitation waits before it is mailed.
    pub invitation_delay: std::time::Duration,
}
