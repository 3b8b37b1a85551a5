//! A scratch store on each engine.

use std::{env, io::Write, panic::AssertUnwindSafe, sync::Once};

use futures::FutureExt;
use rollcall::{
    clock::Clock,
    model::MailId,
    store::{Create, DatabaseUrl, Db},
};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

/// The superuser's URL of a PostgreSQL database in which scratch databases are made and dropped.
const POSTGRES_VARIABLE: &str = "ROLLCALL_TEST_POSTGRES_URL";

/// An empty store of its own for one test.
pub struct TestStore {
    /// The store.
    pub db: Db,
    /// Where it is.
    pub url: DatabaseUrl,
}

impl TestStore {
    /// The same store as another process sees it: with connections of its own.
    pub async fn open_again(&self) -> Self {
        Self { db: Db::open(&self.url, Create::Never).await.unwrap(), url: self.url.clone() }
    }

    /// So many seconds pass on the database's own clock: what was stamped by it lies that much further back.
    pub async fn database_clock_advances(&self, seconds: u32) {
        for sql in [
            format!("UPDATE outbox SET lease_until = lease_until - {seconds}000000 WHERE lease_until > 0"),
            format!("UPDATE mail_rate SET at = at - {seconds}000000, second = second - {seconds}"),
        ] {
            match &self.url {
                DatabaseUrl::Sqlite(path) => {
                    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                    let mut conn = options.connect().await.unwrap();
                    sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
                }
                DatabaseUrl::Postgres(url) => {
                    let options: PgConnectOptions = url.parse().unwrap();
                    let mut conn = options.connect().await.unwrap();
                    sqlx::query(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
                }
            }
        }
    }
}

/// Runs a test on SQLite, and at the same time on PostgreSQL when `ROLLCALL_TEST_POSTGRES_URL` says where one is.
pub async fn each_engine(test: impl AsyncFn(TestStore)) {
    let postgres = env::var(POSTGRES_VARIABLE).ok();
    print_engines(postgres.is_some());
    // Each runs to its end whatever becomes of the other: what was made is cleared away.
    let on_sqlite = AssertUnwindSafe(on_sqlite(&test)).catch_unwind();
    let on_postgres = AssertUnwindSafe(async {
        if let Some(url) = postgres {
            on_postgres(&url, &test).await;
        }
    })
    .catch_unwind();
    let outcomes = futures::join!(on_sqlite, on_postgres);
    for (engine, outcome) in [("SQLite", outcomes.0), ("PostgreSQL", outcomes.1)] {
        if let Err(panic) = outcome {
            eprintln!("failed on {engine}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// Says once per run which engines it covers, past the test harness, which swallows what passing tests print.
fn print_engines(with_postgres: bool) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let engines = if with_postgres {
            "SQLite and PostgreSQL".to_owned()
        } else {
            format!("SQLite only (set {POSTGRES_VARIABLE} to cover PostgreSQL)")
        };
        let _ = writeln!(std::io::stderr(), "engines covered: {engines}");
    });
}

async fn on_sqlite(test: &impl AsyncFn(TestStore)) {
    let folder = tempfile::tempdir().unwrap();
    let url: DatabaseUrl = format!("sqlite:{}", folder.path().join("test.db").display()).parse().unwrap();
    let db = Db::open(&url, Create::IfMissing).await.unwrap();
    test(TestStore { db, url }).await;
}

async fn on_postgres(maintenance: &str, test: &impl AsyncFn(TestStore)) {
    let options: PgConnectOptions = maintenance.parse().unwrap();
    let name = format!("rollcall_test_{}", Clock::System.new_id::<MailId>().0.replace('-', ""));
    let mut admin = options.connect().await.expect("PostgreSQL answers");
    let locale = foreign_locale(&mut admin).await;
    run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}")).await;

    let mut url = url::Url::parse(maintenance).unwrap();
    url.set_path(&name);
    let url: DatabaseUrl = url.as_str().parse().unwrap();
    let db = Db::open(&url, Create::Never).await.unwrap();
    // The database goes away even when the test fails.
    let outcome = AssertUnwindSafe(test(TestStore { db, url })).catch_unwind().await;
    run(&mut admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    let _ = admin.close().await;
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// The order of a natural language, as many servers have it: what must not depend on it shows if it does. PostgreSQL
/// before 15 cannot give a database one of its own.
async fn foreign_locale(admin: &mut PgConnection) -> &'static str {
    let sql = "SELECT current_setting('server_version_num')::int >= 150000";
    let knows_icu: bool = sqlx::query_scalar(sql).fetch_one(admin).await.unwrap();
    if knows_icu { "LOCALE_PROVIDER icu ICU_LOCALE 'en-US'" } else { "" }
}

async fn run(admin: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(admin).await.unwrap();
}
