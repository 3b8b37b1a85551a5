//! The list of a workspace's mails stays quick however many wait.

use rollcall::{
    clock::{Clock, Timestamp},
    model::{MailId, MailStatus, MailTemplate},
    store::{
        self, DatabaseUrl,
        mail_log::{Place, Search},
        outbox::Mail,
    },
};
use sqlx::{ConnectOptions, Row};

use crate::{
    company::Company,
    support::{TestStore, each_engine},
};

const MAILS: usize = 10_000;

/// Fills the outbox of a company; every hundredth mail is refused.
async fn filled(store: &TestStore) -> (Company, Vec<MailId>) {
    let company = Company::new(store).await;
    let mut ids = Vec::new();
    let mut tx = store.db.write().await.unwrap();
    for number in 0..MAILS {
        let id: MailId = Clock::System.new_id();
        let mail = Mail {
            id: id.clone(),
            workspace_id: Some(company.workspace.id.clone()),
            template: MailTemplate::Invitation.to_string(),
            subject_id: number.to_string(),
            generation: 1,
            recipient: format!("Person{number}@acme.test"),
            detail: "{}".to_owned(),
            return_key: String::new(),
            bulk: false,
            status: if number % 100 == 0 { MailStatus::Refused } else { MailStatus::Queued },
            attempts: 0,
            due_at: Timestamp::ZERO,
            lease_until: Timestamp::ZERO,
            answer: None,
            created_at: Timestamp::ZERO,
            updated_at: Timestamp::ZERO,
        };
        store::outbox::insert(&mut tx, &mail).await.unwrap();
        ids.push(id);
    }
    tx.commit().await.unwrap();
    ids.reverse();
    (company, ids)
}

#[tokio::test]
async fn pages_by_cursor_filters_and_counts_that_end() {
    each_engine(async |store| {
        let (company, ids) = filled(&store).await;
        let workspace = &company.workspace.id;
        let mut conn = store.db.read().await.unwrap();
        let mut page = async |search: &Search, place: &Place| {
            let entries = store::mail_log::page(&mut conn, Some(workspace), search, place, 3).await.unwrap();
            entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>()
        };
        let all = Search::default();
        assert_eq!(page(&all, &Place::Newest).await, ids[..3]);
        assert_eq!(page(&all, &Place::OlderThan(ids[2].clone())).await, ids[3..6]);
        assert_eq!(page(&all, &Place::NewerThan(ids[6].clone())).await, ids[3..6]);
        let refused = Search { status: Some(MailStatus::Refused), ..Search::default() };
        assert_eq!(page(&refused, &Place::Newest).await, [99, 199, 299].map(|at| ids[at].clone()));
        let reminders = Search { template: Some(MailTemplate::Reminder), ..Search::default() };
        assert!(page(&reminders, &Place::Newest).await.is_empty());
        let named = Search { text: "pERSON42@".to_owned(), ..Search::default() };
        assert_eq!(page(&named, &Place::Newest).await, [ids[MAILS - 43].clone()]);
        let wild = Search { text: "%".to_owned(), ..Search::default() };
        assert!(page(&wild, &Place::Newest).await.is_empty());
        assert_eq!(store::mail_log::count_waiting(&mut conn, workspace, 1001).await.unwrap(), 1001);
    })
    .await;
}

/// The statements that the page is made of, with the indexes by which each may be read: where one workspace has all
/// mails, the order of all is its order.
const PLANS: [(&str, &[&str]); 3] = [
    (
        "SELECT o.id FROM outbox o WHERE o.workspace_id = 'W' AND o.id < 'X' ORDER BY o.id DESC LIMIT 51",
        &["outbox_workspace", "outbox_pkey"],
    ),
    (
        "SELECT o.id FROM outbox o WHERE o.workspace_id = 'W' AND o.status = 'refused' ORDER BY o.id DESC LIMIT 51",
        &["outbox_status"],
    ),
    (
        "SELECT MIN(due_at) FROM (SELECT due_at FROM outbox WHERE status IN ('queued', 'deferred') AND bulk = TRUE \
         AND lease_until <= 5 ORDER BY due_at LIMIT 1) many",
        &["outbox_due"],
    ),
];

#[tokio::test]
async fn no_page_sorts_or_reads_all_mails() {
    each_engine(async |store| {
        let (company, _) = filled(&store).await;
        for (statement, indexes) in PLANS {
            let statement = statement.replace("'W'", &format!("'{}'", company.workspace.id));
            let plan = plan(&store.url, &statement).await;
            assert!(indexes.iter().any(|index| plan.contains(index)), "{statement}\n{plan}");
            for word in ["SCAN o", "Seq Scan", "TEMP B-TREE", "Sort"] {
                assert!(!plan.contains(word), "{statement}\n{plan}");
            }
        }
    })
    .await;
}

async fn plan(url: &DatabaseUrl, statement: &str) -> String {
    let lines = match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = sqlx::sqlite::SqliteConnectOptions::new().filename(path).connect().await.unwrap();
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
            let rows = sqlx::query(explain).fetch_all(&mut conn).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>()
        }
        DatabaseUrl::Postgres(url) => {
            let options: sqlx::postgres::PgConnectOptions = url.parse().unwrap();
            let mut conn = options.connect().await.unwrap();
            sqlx::query("ANALYZE outbox").execute(&mut conn).await.unwrap();
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN {statement}"));
            let rows = sqlx::query(explain).fetch_all(&mut conn).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>()
        }
    };
    lines.join("\n")
}
