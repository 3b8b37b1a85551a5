//! The two engines behind one type: reading from a pool, writing in a transaction.

use std::{
    ops::{Deref, DerefMut},
    path::Path,
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{
    error::{Error, Result},
    url::DatabaseUrl,
    writer::{Lease, Writer},
};

static MIGRATOR: Migrator = sqlx::migrate!();

/// The store: an SQLite file or a PostgreSQL database.
#[derive(Clone)]
pub struct Db {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Sqlite { readers: SqlitePool, writer: Writer },
    Postgres(PgPool),
}

/// A connection to read with; also what a [`Tx`] is while it reads.
pub struct Conn(Inner);

enum Inner {
    SqliteReader(PoolConnection<Sqlite>),
    SqliteLease(Lease),
    PostgresReader(PoolConnection<Postgres>),
    Postgres(Transaction<'static, Postgres>),
}

/// The bare connection of either engine, for the macros of the store.
pub(super) enum Bare<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Conn {
    pub(super) fn bare(&mut self) -> Bare<'_> {
        match &mut self.0 {
            Inner::SqliteReader(conn) => Bare::Sqlite(conn),
            Inner::SqliteLease(lease) => Bare::Sqlite(lease),
            Inner::PostgresReader(conn) => Bare::Postgres(conn),
            Inner::Postgres(tx) => Bare::Postgres(tx),
        }
    }

    /// Whether this is PostgreSQL, where transactions run at the same time and rows must be locked to be read for
    /// a decision. On SQLite the one writer is the lock.
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.0, Inner::PostgresReader(_) | Inner::Postgres(_))
    }
}

/// A transaction. Dropping it rolls back; after a database error it may only be rolled back.
pub struct Tx(Conn);

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

impl Tx {
    /// Keeps what was written; returns when it is durable.
    ///
    /// # Errors
    /// When nothing of it was stored; `InDoubt` when that is not known.
    pub async fn commit(self) -> Result<()> {
        match self.0.0 {
            Inner::SqliteLease(lease) => lease.commit().await,
            Inner::Postgres(tx) => tx.commit().await.map_err(|cause| Error::from(cause).of_commit()),
            Inner::SqliteReader(_) | Inner::PostgresReader(_) => Ok(()),
        }
    }

    /// Keeps what was written when the outcome is good, drops it otherwise. The outcome is true when this returns.
    ///
    /// # Errors
    /// The outcome's own; else as [`Tx::commit`] and [`Tx::rollback`].
    pub async fn end<T, E: From<Error>>(
        self,
        outcome: std::result::Result<T, E>,
    ) -> std::result::Result<T, E> {
        match outcome {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(refusal) => {
                self.rollback().await?;
                Err(refusal)
            }
        }
    }

    /// Drops what was written. Returns when what this transaction saw is durable, so a refusal based on it is true.
    ///
    /// # Errors
    /// When what it saw was not stored either: the refusal would be false, the caller should try again.
    pub async fn rollback(self) -> Result<()> {
        match self.0.0 {
            Inner::SqliteLease(lease) => lease.rollback().await,
            Inner::Postgres(tx) => Ok(tx.rollback().await?),
            Inner::SqliteReader(_) | Inner::PostgresReader(_) => Ok(()),
        }
    }
}

/// Whether opening may make a new SQLite file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Create {
    /// Make the file, and its folder, when it is not there.
    IfMissing,
    /// A file that is not there is an error.
    Never,
}

impl Db {
    /// Opens the store and brings its tables up to date.
    ///
    /// # Errors
    /// When the database cannot be reached, written or migrated; the message says what was tried.
    pub async fn open(url: &DatabaseUrl, create: Create) -> Result<Self> {
        let engine = match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path, create).await?,
            DatabaseUrl::Postgres(url) => open_postgres(url).await?,
        };
        Ok(Self { engine })
    }

    /// The engine's name: `SQLite` or `PostgreSQL`.
    pub fn engine_name(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite { .. } => "SQLite",
            Engine::Postgres(_) => "PostgreSQL",
        }
    }

    /// How many migrations are applied: all that there are, or it would not be open.
    pub fn migrations(&self) -> usize {
        MIGRATOR.iter().count()
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// When none is free in time.
    pub async fn read(&self) -> Result<Conn> {
        Ok(Conn(match &self.engine {
            Engine::Sqlite { readers, .. } => Inner::SqliteReader(readers.acquire().await?),
            Engine::Postgres(pool) => Inner::PostgresReader(pool.acquire().await?),
        }))
    }

    /// A transaction to write in. On SQLite it is the lock on all writing: nothing slow inside it, and never two of
    /// them in one request.
    ///
    /// # Errors
    /// When the turn does not come in time.
    pub async fn write(&self) -> Result<Tx> {
        Ok(Tx(Conn(match &self.engine {
            Engine::Sqlite { writer, .. } => Inner::SqliteLease(writer.lease().await?),
            Engine::Postgres(pool) => Inner::Postgres(pool.begin().await?),
        })))
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// When it gives none.
    pub async fn ping(&self) -> Result<()> {
        let mut conn = self.read().await?;
        super::sql::scalar!(&mut conn, i64, "SELECT CAST(1 AS BIGINT)")?;
        Ok(())
    }
}

async fn open_sqlite(path: &Path, create: Create) -> Result<Engine> {
    if create == Create::IfMissing
        && let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder).map_err(|cause| {
            Error::Unavailable(format!("the folder {} cannot be made: {cause}", folder.display()))
        })?;
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create == Create::IfMissing)
        .journal_mode(SqliteJournalMode::Wal)
        // A 201 is a promise: every commit reaches the disk before it is answered.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(15))
        .pragma("temp_store", "memory")
        .statement_cache_capacity(256)
        .optimize_on_close(true, 400);
    let readers = SqlitePoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(20))
        .connect_with(options.clone())
        .await?;
    MIGRATOR.run(&readers).await.map_err(migration_failed)?;
    let writer = Writer::start(options.pragma("wal_autocheckpoint", "4000")).await?;
    Ok(Engine::Sqlite { readers, writer })
}

async fn open_postgres(url: &str) -> Result<Engine> {
    let options = PgConnectOptions::from_str(url)?;
    let connecting = PgPoolOptions::new()
        .max_connections(16)
        .acquire_timeout(Duration::from_secs(10))
        .connect_with(options.clone());
    // The pool tries again and again, so that a server may start beside this program, and then says only that it waited.
    let pool = match connecting.await {
        Err(sqlx::Error::PoolTimedOut) => return Err(why_unreachable(&options).await),
        connected => connected?,
    };
    make_collation(&pool).await?;
    MIGRATOR.run(&pool).await.map_err(migration_failed)?;
    Ok(Engine::Postgres(pool))
}

/// What one more try to connect says.
async fn why_unreachable(options: &PgConnectOptions) -> Error {
    let at = format!("{}:{}", options.get_host(), options.get_port());
    let silent = || Error::Unavailable(format!("no answer from {at}"));
    match tokio::time::timeout(Duration::from_secs(3), PgConnection::connect_with(options)).await {
        Ok(Err(sqlx::Error::Io(cause))) if cause.kind() == std::io::ErrorKind::ConnectionRefused => {
            Error::Unavailable(format!("connection refused at {at}"))
        }
        Ok(Err(sqlx::Error::Io(cause))) => Error::Unavailable(format!("{cause} at {at}")),
        Ok(Err(cause)) => cause.into(),
        Ok(Ok(_)) | Err(_) => silent(),
    }
}

/// SQLite has a collation that compares bytes, and calls it binary. Here it gets the same name.
async fn make_collation(pool: &PgPool) -> Result<()> {
    const MAKE: &str = r#"CREATE COLLATION IF NOT EXISTS "binary" FROM "C""#;
    let is_there =
        "SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'binary' AND pg_collation_is_visible(oid))";
    if sqlx::query_scalar(is_there).fetch_one(pool).await? {
        return Ok(());
    }
    match sqlx::query(MAKE).execute(pool).await {
        // Another process, starting at the same moment, was faster.
        Err(sqlx::Error::Database(cause)) if matches!(cause.code().as_deref(), Some("23505" | "42710")) => {
            Ok(())
        }
        outcome => outcome.map(drop).map_err(Error::from),
    }
}

fn migration_failed(cause: sqlx::migrate::MigrateError) -> Error {
    match cause {
        sqlx::migrate::MigrateError::VersionMissing(version) => Error::Unavailable(format!(
            "the database is newer than this program: it has migration {version}, which this version does not know. Start the newer version"
        )),
        other => Error::Driver(sqlx::Error::Migrate(Box::new(other))),
    }
}
