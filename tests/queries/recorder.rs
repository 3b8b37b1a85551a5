//! The statements that a request makes, as the driver logs them.

use std::{
    fmt::Debug,
    sync::{Mutex, Once, PoisonError},
};

use rollcall::store::{self, Db};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
    subscriber::Interest,
};

/// A statement that ended.
struct Ended {
    engine: &'static str,
    sql: String,
    rows: u64,
}

/// Statements in the order in which they ended.
static ENDED: Mutex<Vec<Ended>> = Mutex::new(Vec::new());
static START: Once = Once::new();
/// One test at a time: the log is one for the whole process.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Waits until no other test records, and begins.
pub async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    START.call_once(|| tracing::subscriber::set_global_default(Recorder).unwrap());
    TURN.lock().await
}

fn ended() -> std::sync::MutexGuard<'static, Vec<Ended>> {
    ENDED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The statements that this work makes; `BEGIN`, `COMMIT` and savepoints are left out.
pub async fn statements_of<T>(db: &Db, work: impl Future<Output = T>) -> (T, Vec<String>) {
    let (outcome, statements) = rows_of(db, work).await;
    (outcome, statements.into_iter().map(|(sql, _)| sql).collect())
}

/// The same, each with the number of rows that it gave.
pub async fn rows_of<T>(db: &Db, work: impl Future<Output = T>) -> (T, Vec<(String, u64)>) {
    settle(db).await;
    let before = ended().len();
    let outcome = work.await;
    settle(db).await;
    let statements = ended()[before..]
        .iter()
        .filter(|ended| ended.engine == db.engine_name() && !is_frame(&ended.sql))
        .map(|ended| (ended.sql.clone(), ended.rows))
        .collect();
    (outcome, statements)
}

fn is_frame(sql: &str) -> bool {
    ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", SETTLING]
        .iter()
        .any(|word| sql.trim_start().starts_with(word))
}

/// What [`settle`] asks.
const SETTLING: &str = "SELECT value FROM instance";

/// A driver logs a statement a moment after its last row was read, on the thread of the connection: a later statement on
/// every connection comes behind it.
async fn settle(db: &Db) {
    let mut conns = Vec::new();
    for _ in 0..8 {
        conns.push(db.read().await.unwrap());
    }
    for conn in &mut conns {
        store::instance::get(conn, "settled").await.unwrap();
    }
}

struct Recorder;

impl Subscriber for Recorder {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.enabled(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        // SQLite's driver works on threads of its own.
        let on_sqlite =
            std::thread::current().name().is_some_and(|name| name.starts_with("sqlx-sqlite-worker"));
        let mut statement = Statement::default();
        event.record(&mut statement);
        let engine = if on_sqlite { "SQLite" } else { "PostgreSQL" };
        let rows = statement.rows;
        ended().push(Ended { engine, sql: statement.text(), rows });
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// A short statement is its own summary; of a longer one the summary is the beginning.
#[derive(Default)]
struct Statement {
    summary: String,
    whole: String,
    rows: u64,
}

impl Statement {
    fn text(self) -> String {
        let text = if self.whole.trim().is_empty() { self.summary } else { self.whole };
        text.trim().to_owned()
    }
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
