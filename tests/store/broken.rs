//! Databases that break off: what is said is true.

use rollcall::store::{DatabaseUrl, Error, instance};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use crate::support::{TestStore, each_engine};

/// A connection of PostgreSQL beside the store's; `None` on SQLite.
async fn beside(store: &TestStore) -> Option<PgConnection> {
    let DatabaseUrl::Postgres(url) = &store.url else { return None };
    let options: PgConnectOptions = url.parse().unwrap();
    Some(options.connect().await.unwrap())
}

#[tokio::test]
async fn a_connection_that_breaks_at_the_commit_leaves_it_in_doubt() {
    each_engine(async |store| {
        let Some(mut other) = beside(&store).await else { return };
        let mut tx = store.db.write().await.unwrap();
        instance::set(&mut tx, "key", "value").await.unwrap();
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND state = 'idle in transaction'";
        sqlx::query(sql).execute(&mut other).await.unwrap();
        assert!(matches!(tx.commit().await, Err(Error::InDoubt(_))));
        other.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_read_only_for_now_is_unavailable() {
    each_engine(async |store| {
        let Some(mut other) = beside(&store).await else { return };
        let (name,): (String,) =
            sqlx::query_as("SELECT current_database()").fetch_one(&mut other).await.unwrap();
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
        sqlx::query(AssertSqlSafe(sql)).execute(&mut other).await.unwrap();
        let sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query(sql).execute(&mut other).await.unwrap();
        let mut tx = store.db.write().await.unwrap();
        let refused = instance::set(&mut tx, "key", "value").await;
        assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        drop(tx);
        other.close().await.unwrap();
    })
    .await;
}
