//! The SQLite writer: one connection that commits waiting requests together (group commit).
//!
//! A [`Lease`] is a loan of the connection by value. However a request ends (commit, `?`, panic, dropped future),
//! the connection comes home to the committer task with `keep` true or false; nobody can run away with it.
//! Each request has a savepoint of its own, so one that fails leaves nothing behind in the batch.

use std::{
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions,
};
use tokio::sync::{mpsc, oneshot};

use super::error::{Error, Result};

/// Most requests that one commit carries.
const BATCH: usize = 256;
/// A batch takes no more requests once it is this old, so that the first one is not kept waiting.
const BATCH_AGE: Duration = Duration::from_millis(50);
/// Requests that may wait for the connection; more are refused at once.
const QUEUE: usize = 4096;
/// How long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(20);
/// A lease held longer than this is worth a line in the log: it is the lock on all writing.
const LONG_LEASE: Duration = Duration::from_millis(250);

type Asker = oneshot::Sender<Result<Lease>>;
type Outcome = std::result::Result<(), String>;

/// The right to write, until it is committed, rolled back or dropped.
pub(super) struct Lease {
    conn: Option<SqliteConnection>,
    back: Option<oneshot::Sender<Back>>,
    since: Instant,
}

struct Back {
    conn: SqliteConnection,
    keep: bool,
    done: Option<oneshot::Sender<Outcome>>,
}

impl Lease {
    /// Keeps what was written; returns when it is durable.
    pub(super) async fn commit(self) -> Result<()> {
        self.end(true).await
    }

    /// Drops what was written; returns when the batch that it saw is durable, so that a refusal based on another
    /// request's row is true.
    pub(super) async fn rollback(self) -> Result<()> {
        self.end(false).await
    }

    async fn end(mut self, keep: bool) -> Result<()> {
        let (done, outcome) = oneshot::channel();
        self.give_back(keep, Some(done));
        match outcome.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => Err(Error::Unavailable(why)),
            Err(_) if keep => Err(Error::InDoubt("the writer has stopped".to_owned())),
            Err(_) => Err(Error::Unavailable("the writer has stopped".to_owned())),
        }
    }

    fn give_back(&mut self, keep: bool, done: Option<oneshot::Sender<Outcome>>) {
        if let (Some(conn), Some(back)) = (self.conn.take(), self.back.take()) {
            let held = self.since.elapsed();
            if held > LONG_LEASE {
                tracing::warn!(held_ms = held.as_millis(), "a write held the database for long");
            }
            // The committer is gone only when the process is ending.
            let _ = back.send(Back { conn, keep, done });
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.give_back(false, None);
    }
}

impl Deref for Lease {
    type Target = SqliteConnection;

    #[expect(
        clippy::expect_used,
        reason = "only `end` and `drop` take the connection, and both consume the lease"
    )]
    fn deref(&self) -> &SqliteConnection {
        self.conn.as_ref().expect("a lease holds its connection until it ends")
    }
}

impl DerefMut for Lease {
    #[expect(
        clippy::expect_used,
        reason = "only `end` and `drop` take the connection, and both consume the lease"
    )]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.conn.as_mut().expect("a lease holds its connection until it ends")
    }
}

/// Hands out leases, one at a time, in the order of asking.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Asker>,
}

impl Writer {
    /// Starts the committer task with one connection of its own.
    pub(super) async fn start(options: SqliteConnectOptions) -> Result<Self> {
        let conn = options.connect().await?;
        let (queue, askers) = mpsc::channel(QUEUE);
        tokio::spawn(serve(options, conn, askers));
        Ok(Self { queue })
    }

    /// Waits for the turn to write.
    pub(super) async fn lease(&self) -> Result<Lease> {
        let (asker, answer) = oneshot::channel();
        self.queue
            .try_send(asker)
            .map_err(|_| Error::Unavailable("too many writes are waiting".to_owned()))?;
        match tokio::time::timeout(PATIENCE, answer).await {
            Ok(Ok(lease)) => lease,
            Ok(Err(_)) => Err(Error::Unavailable("the writer has stopped".to_owned())),
            Err(_) => Err(Error::Unavailable("the database was busy for too long".to_owned())),
        }
    }
}

async fn serve(options: SqliteConnectOptions, first: SqliteConnection, mut askers: mpsc::Receiver<Asker>) {
    let mut idle = Some(first);
    while let Some(asker) = askers.recv().await {
        if asker.is_closed() {
            continue;
        }
        let conn = match idle.take() {
            Some(conn) => Ok(conn),
            None => options.connect().await,
        };
        match conn {
            Ok(conn) => idle = batch(conn, asker, &mut askers).await,
            Err(cause) => {
                let _ = asker.send(Err(cause.into()));
            }
        }
    }
    if let Some(conn) = idle {
        let _ = conn.close().await;
    }
}

/// Serves one asker after the other in one transaction, then commits and tells all of them.
/// Returns the connection, or nothing when it can no longer be trusted.
async fn batch(
    conn: SqliteConnection,
    first: Asker,
    askers: &mut mpsc::Receiver<Asker>,
) -> Option<SqliteConnection> {
    let mut waiting = Vec::new();
    let result = lend_in_turn(conn, first, askers, &mut waiting).await;
    let (outcome, conn) = match result {
        Ok(conn) => (Ok(()), Some(conn)),
        Err(cause) => {
            tracing::error!(%cause, "a batch of writes could not be committed");
            (Err(cause.to_string()), None)
        }
    };
    for done in waiting {
        let _ = done.send(outcome.clone());
    }
    conn
}

async fn lend_in_turn(
    mut conn: SqliteConnection,
    first: Asker,
    askers: &mut mpsc::Receiver<Asker>,
    waiting: &mut Vec<oneshot::Sender<Outcome>>,
) -> Result<SqliteConnection> {
    let began = Instant::now();
    if let Err(cause) = run(&mut conn, "BEGIN IMMEDIATE; SAVEPOINT request").await {
        let _ = first.send(Err(Error::Unavailable(cause.to_string())));
        return Err(cause);
    }
    let mut asker = first;
    let mut served = 0;
    loop {
        let (back, returned) = oneshot::channel();
        // An asker that has gone away drops the lease, which brings the connection home.
        drop(asker.send(Ok(Lease { conn: Some(conn), back: Some(back), since: Instant::now() })));
        let Ok(home) = returned.await else {
            return Err(Error::Unavailable("the write connection was lost".to_owned()));
        };
        conn = home.conn;
        waiting.extend(home.done);
        served += 1;
        let next = if served < BATCH && began.elapsed() < BATCH_AGE { next_asker(askers) } else { None };
        let step = match (home.keep, next.is_some()) {
            (true, true) => "RELEASE request; SAVEPOINT request",
            (true, false) => "COMMIT",
            (false, true) => "ROLLBACK TO request",
            (false, false) => "ROLLBACK TO request; COMMIT",
        };
        if let Err(cause) = run(&mut conn, step).await {
            if let Some(next) = next {
                let _ = next.send(Err(Error::Unavailable(cause.to_string())));
            }
            return Err(cause);
        }
        match next {
            Some(next) => asker = next,
            None => return Ok(conn),
        }
    }
}

fn next_asker(askers: &mut mpsc::Receiver<Asker>) -> Option<Asker> {
    loop {
        match askers.try_recv() {
            Ok(asker) if asker.is_closed() => {}
            Ok(asker) => return Some(asker),
            Err(_) => return None,
        }
    }
}

async fn run(conn: &mut SqliteConnection, sql: &'static str) -> Result<()> {
    conn.execute(AssertSqlSafe(sql)).await?;
    Ok(())
}
