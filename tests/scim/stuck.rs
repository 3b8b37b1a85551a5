//! A database that can be read but not written for a while.

use rollcall::{
    journal,
    model::{Provider, RequestKind},
    store::{self, DatabaseUrl, scim_requests::Search},
};
use sqlx::{
    ConnectOptions, Connection, Executor, PgConnection, SqliteConnection, postgres::PgConnectOptions,
};
use std::time::Duration;

use crate::{callers, company::Company, support::each_engine};

/// Holds what the journal is written with, until it is dropped.
enum Lock {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Lock {
    async fn take(url: &DatabaseUrl) -> Self {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut conn = options.connect().await.unwrap();
                conn.execute("BEGIN IMMEDIATE").await.unwrap();
                Self::Sqlite(conn)
            }
            DatabaseUrl::Postgres(url) => {
                let options: PgConnectOptions = url.parse().unwrap();
                let mut conn = options.connect().await.unwrap();
                conn.execute("BEGIN; LOCK TABLE scim_requests, directory_tokens IN EXCLUSIVE MODE")
                    .await
                    .unwrap();
                Self::Postgres(conn)
            }
        }
    }

    async fn release(self) {
        match self {
            Self::Sqlite(conn) => conn.close().await.unwrap(),
            Self::Postgres(conn) => conn.close().await.unwrap(),
        }
    }
}

#[tokio::test]
async fn reads_are_answered_and_no_request_waits_until_the_journal_can_be_written() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        idp.creates("ana@acme.test").await;
        journal::write_out(&company.rollcall).await;
        let used = async || {
            let mut conn = company.rollcall.db.read().await.unwrap();
            let tokens = store::directory_tokens::list(&mut conn, &idp.directory).await.unwrap();
            tokens[0].last_used_at.unwrap()
        };
        let used_before = used().await;
        // So that the token's last use is written anew.
        company.clock.advance(Duration::from_secs(120));

        let lock = Lock::take(&store.url).await;
        assert_eq!(idp.total("/Users").await, 1);
        let large = " ".repeat(1_000_000);
        for _ in 0..20 {
            idp.send(
                idp.ask("POST", "/Users")
                    .bytes(large.clone())
                    .header("content-type", "application/scim+json"),
            )
            .await
            .refuses(400, "invalidSyntax");
        }
        assert_eq!(idp.total("/Users").await, 1);
        lock.release().await;

        journal::write_out(&company.rollcall).await;
        let mut conn = company.rollcall.db.read().await.unwrap();
        let errors = Search { kind: Some(RequestKind::Error), ..Search::default() };
        let kept = store::scim_requests::list(&mut conn, &idp.directory, &errors, 100).await.unwrap();
        drop(conn);
        assert_eq!(kept.len(), 20);
        assert!(used().await > used_before);
    })
    .await;
}
