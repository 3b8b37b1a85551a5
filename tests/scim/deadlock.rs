//! Where transactions run side by side, one that has to give way is made again; its identity provider hears nothing of it.

use rollcall::{model::Provider, store::DatabaseUrl};
use serde_json::json;
use sqlx::{ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use crate::{callers, company::Company, support::each_engine};

pub(crate) async fn connect(url: &str) -> PgConnection {
    let options: PgConnectOptions = url.parse().unwrap();
    options.connect().await.unwrap()
}

async fn lock(conn: &mut PgConnection, sql: &'static str, id: &str) {
    sqlx::query(sql).bind(id).fetch_one(conn).await.unwrap();
}

/// Waits until someone waits for a lock.
pub(crate) async fn someone_waits(watcher: &mut PgConnection) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut *watcher).await.unwrap() == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loser_of_a_deadlock_goes_through_in_the_end() {
    each_engine(async |store| {
        let DatabaseUrl::Postgres(url) = &store.url else { return };
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let person = idp.creates("ana@acme.test").await;
        let group = idp.creates_group("Ops", &[]).await;
        let lost =
            "SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database() AND $1 = ''";

        // Someone else has the person and is about to want the group; they wait for longer than the request does, so
        // that the request is the one that has to give way.
        let mut other = connect(url).await;
        sqlx::query("SET deadlock_timeout = '1h'").execute(&mut other).await.unwrap();
        let mut other = other.begin().await.unwrap();
        lock(&mut other, "SELECT id FROM directory_users WHERE id = $1 FOR UPDATE", &person).await;
        let request = {
            let (idp, path, person) = (idp.clone(), format!("/Groups/{group}"), person.clone());
            let add = json!([{ "op": "add", "path": "members", "value": [{ "value": person }] }]);
            tokio::spawn(async move { idp.change(&path, &add).await })
        };
        someone_waits(&mut connect(url).await).await;
        lock(&mut other, "SELECT id FROM directory_groups WHERE id = $1 FOR UPDATE", &group).await;
        other.commit().await.unwrap();

        request.await.unwrap().has_status(200);
        assert_eq!(idp.members_of(&group).await, [person]);
        // The database counts a moment later.
        while company.look(lost, "").await != ["1"] {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
