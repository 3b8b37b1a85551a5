//! Look-ups are answered by an index at any size: the planner says so, of the very statements that a request makes.

use rollcall::store::{self, DatabaseUrl};
use sqlx::{AssertSqlSafe, Connection, Row};

use crate::{
    large::{Large, run},
    recorder::{alone, statements_of},
    support::{TestStore, each_engine},
};

/// How the database would run a statement, whatever its parameters are.
async fn plan(url: &DatabaseUrl, sql: &str) -> String {
    let lines = match url {
        DatabaseUrl::Sqlite(_) => run(url, &format!("EXPLAIN QUERY PLAN {sql}")).await,
        DatabaseUrl::Postgres(_) => {
            let number = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
            let nulls = vec!["NULL"; number].join(", ");
            let explain = format!(
                "SET plan_cache_mode = force_generic_plan; PREPARE looked AS {sql}; EXPLAIN EXECUTE looked ({nulls})"
            );
            run(url, &explain).await
        }
    };
    lines.join("\n")
}

/// The tables that grow.
const LARGE: [&str; 6] = [
    "directory_users",
    "directory_user_emails",
    "directory_groups",
    "directory_group_members",
    "memberships",
    "scim_requests",
];

/// Whether a plan reads a large table from one end to the other.
fn scans(plan: &str) -> bool {
    plan.lines().any(|line| {
        let line = line.trim_start_matches([' ', '-', '>']);
        let scanned = line.strip_prefix("SCAN ").or(line.strip_prefix("Seq Scan on ")).unwrap_or_default();
        let table = scanned.split(' ').next().unwrap_or_default();
        LARGE.contains(&table)
    })
}

/// A statement that looks somebody or something up, and the indexes that may answer it.
struct LookUp {
    path: &'static str,
    sql: String,
    /// Their names, or how a plan shows that they are used to the end.
    indexes: &'static [&'static str],
}

/// What providers look up, as the statements of a page and, where the page is not the last, of the count.
async fn look_ups(store: &TestStore, idp: &Large) -> Vec<LookUp> {
    let mut found = Vec::new();
    for (path, table, indexes) in [
        (
            "/Users?filter=userName+eq+%22person77@acme.test%22",
            "directory_users",
            &["directory_users_user_name", "directory_users_by_user_name"][..],
        ),
        ("/Users?filter=externalId+eq+%22x77%22", "directory_users", &["directory_users_external_id"]),
        (
            "/Users?filter=emails.value+eq+%22person77@acme.test%22",
            "directory_users",
            &["directory_user_emails_value"],
        ),
        (
            "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22person77@acme.test%22",
            "directory_users",
            &["directory_user_emails_value"],
        ),
        (
            "/Users?filter=emails%5Bvalue+eq+%22person77@acme.test%22+and+primary+eq+true%5D",
            "directory_users",
            &["directory_user_emails_value"],
        ),
        (
            "/Users?filter=userName+eq+%22person77@acme.test%22+or+externalId+eq+%22x78%22+or+id+eq+%22somebody%22",
            "directory_users",
            &["directory_users_external_id"],
        ),
        ("/Groups?filter=displayName+eq+%22group+77%22", "directory_groups", &["directory_groups_name"]),
        (
            "/Groups?excludedAttributes=members&filter=members%5Bvalue+eq+%22somebody%22%5D",
            "directory_groups",
            &["directory_group_members_member"],
        ),
        (
            "/Groups?excludedAttributes=members&filter=displayName+eq+%22group+77%22+or+displayName+eq+%22group+78%22",
            "directory_groups",
            &["directory_groups_name"],
        ),
        (
            "/Groups?filter=externalId+eq+%22of+Group+77%22",
            "directory_groups",
            &["directory_groups_external_id"],
        ),
        (
            "/Groups?excludedAttributes=members&filter=members.value+eq+%22somebody%22",
            "directory_groups",
            &["directory_group_members_member"],
        ),
    ] {
        let (answer, statements) = statements_of(&store.db, idp.get(path)).await;
        answer.has_status(200);
        let of_table = statements.into_iter().filter(|sql| sql.contains(&format!("FROM {table} ")));
        let of_table: Vec<LookUp> = of_table.map(|sql| LookUp { path, sql, indexes }).collect();
        assert!(!of_table.is_empty(), "{path}");
        found.extend(of_table);
    }
    found
}

async fn each_is_found_by_its_own_index(store: &TestStore, look_ups: &[LookUp], when: &str) {
    for LookUp { path, sql, indexes } in look_ups {
        let plan = plan(&store.url, sql).await;
        let is_by_index = indexes.iter().any(|index| plan.contains(index));
        assert!(is_by_index && !scans(&plan), "{when}: {path}\n{sql}\n{plan}");
    }
}

/// What a request about one resource reads.
async fn of_one_by_id(store: &TestStore, idp: &Large) -> Vec<LookUp> {
    let user = format!("/Users/{}", idp.people[0]);
    let (answer, mut statements) = statements_of(&store.db, idp.get(&user)).await;
    answer.has_status(200);
    let group = idp.group("Some", &[]).await;
    let adding = idp.change_members(&group, "add", &idp.people[..3]);
    statements.extend(statements_of(&store.db, adding).await.1);
    let of_tables = |sql: &String| {
        sql.starts_with("SELECT")
            && (sql.contains("FROM directory_users ") || sql.contains("FROM directory_groups "))
    };
    let found: Vec<LookUp> = statements
        .into_iter()
        .filter(of_tables)
        .map(|sql| LookUp {
            path: "by id",
            sql,
            indexes: &["_pkey", "sqlite_autoindex", "(directory_id=? AND id=?)", "AND (id = "],
        })
        .collect();
    assert!(found.len() >= 3, "the user, the group and its newcomers");
    found
}

#[tokio::test]
async fn what_providers_look_up_is_found_by_its_own_index() {
    let _turn = alone().await;
    each_engine(async |store| {
        no_statistics_by_themselves(&store).await;
        let idp = Large::new(&store, 10_000).await;
        let mut look_ups = look_ups(&store, &idp).await;
        look_ups.extend(of_one_by_id(&store, &idp).await);
        each_is_found_by_its_own_index(&store, &look_ups, "without statistics").await;
        run(&store.url, "ANALYZE").await;
        each_is_found_by_its_own_index(&store, &look_ups, "with statistics").await;
    })
    .await;
}

/// What a change or the worker asks of the rest of the store, and the indexes that may answer it.
async fn of_changes_and_chores(store: &TestStore, idp: &Large) -> Vec<LookUp> {
    let (db, workspace, directory) = (&store.db, &idp.company.workspace.id, &idp.directory.id);
    let owners: &[&str] = &["memberships_owners"];
    // All of this database is one directory, so PostgreSQL may walk by id alone.
    let journal: &[&str] = &["scim_requests_page", "scim_requests_pkey"];
    let conflicts: &[&str] = &["directory_users_conflicts"];
    let mut found = Vec::new();
    let mut add = |path, indexes, statements: Vec<String>| {
        assert!(!statements.is_empty(), "{path}");
        found.extend(statements.into_iter().map(|sql| LookUp { path, sql, indexes }));
    };
    let asked = async { store::memberships::list_active_owners(&mut db.read().await?, workspace).await };
    add("owners", owners, statements_of(db, asked).await.1);
    let asked = async { store::memberships::list_owner_addresses(&mut db.read().await?, workspace).await };
    add("addresses of owners", owners, statements_of(db, asked).await.1);
    let asked = async { store::directory_troubles::rejections(&mut db.read().await?, directory).await };
    add("rejected requests", journal, statements_of(db, asked).await.1);
    let asked = async {
        let mut conn = db.read().await?;
        store::held::list_waiting_for_address(&mut conn, workspace, "ana@acme.test", 10).await
    };
    add("who waits for an address", conflicts, statements_of(db, asked).await.1);
    let asked = async {
        let mut tx = db.write().await?;
        store::memberships::lock_active_owners(&mut tx, workspace).await?;
        tx.commit().await
    };
    add("owners, locked", owners, statements_of(db, asked).await.1);
    let asked = async {
        let mut tx = db.write().await?;
        store::freed_addresses::note(&mut tx, workspace, "ana@acme.test").await?;
        tx.commit().await
    };
    add("a freed address", conflicts, statements_of(db, asked).await.1);
    found
}

/// So many members, and requests in the journal; whoever is in the mirror is held.
async fn fill_the_rest(store: &TestStore) {
    const NUMBERS: &str =
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT";
    let members = format!(
        "INSERT INTO memberships (id, workspace_id, email, email_key, name, search_key, role, status, source, \
         status_changed_at, created_at, updated_at) {NUMBERS} 'm' || i, (SELECT id FROM workspaces), 'm' || i, 'm' || i, \
         'Someone', 'm' || i, 'member', 'active', 'manual', i, i, i FROM n"
    );
    let requests = format!(
        "INSERT INTO scim_requests (id, directory_id, reference, at, kind, method, target, status, duration, address, \
         deviations, summary, search_key) {NUMBERS} 'r' || i, (SELECT id FROM directories), 'r' || i, i, 'read', 'GET', \
         '/Users', 200, 1, '127.0.0.1', '', 'Looked', '' FROM n"
    );
    let held = "UPDATE directory_users SET held_reason = 'conflict', held_since = 1".to_owned();
    for sql in [members, requests, held] {
        run(&store.url, &sql).await;
    }
}

#[tokio::test]
async fn what_a_change_or_the_worker_looks_up_is_found_by_its_own_index() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10_000).await;
        fill_the_rest(&store).await;
        let look_ups = of_changes_and_chores(&store, &idp).await;
        each_is_found_by_its_own_index(&store, &look_ups, "without statistics").await;
        run(&store.url, "ANALYZE").await;
        each_is_found_by_its_own_index(&store, &look_ups, "with statistics").await;
    })
    .await;
}

async fn no_statistics_by_themselves(store: &TestStore) {
    if store.db.engine_name() == "PostgreSQL" {
        for table in LARGE {
            run(&store.url, &format!("ALTER TABLE {table} SET (autovacuum_enabled = off)")).await;
        }
    }
}

/// PostgreSQL plans a statement once for all when it has seen it a few times. In an import that may be while the table
/// is empty, when any index looks as good as the right one.
#[tokio::test]
async fn the_plan_for_an_empty_directory_does_not_outlive_its_growth() {
    let _turn = alone().await;
    each_engine(async |store| {
        let DatabaseUrl::Postgres(url) = &store.url else { return };
        no_statistics_by_themselves(&store).await;
        let mut idp = Large::new(&store, 0).await;
        let mut session = sqlx::postgres::PgConnection::connect(url).await.unwrap();
        let path = "/Users?count=0&filter=userName+eq+%22person77@acme.test%22";
        let statements = statements_of(&store.db, idp.get(path)).await.1;
        let sql = statements.iter().find(|sql| sql.contains("FROM directory_users ")).unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!(
            "SET plan_cache_mode = force_generic_plan; PREPARE looked AS {sql}; EXECUTE looked (NULL, NULL)"
        )))
        .execute(&mut session)
        .await
        .unwrap();
        let mut kept = async || {
            let rows =
                sqlx::raw_sql("EXPLAIN EXECUTE looked (NULL, NULL)").fetch_all(&mut session).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
        };
        idp.grow(10_000).await;
        let plan_for_nobody = kept().await;
        let grown = store::statistics::refresh(&store.db).await.unwrap();
        assert!(grown.iter().any(|table| table == "directory_users"), "{grown:?}");
        assert_eq!(
            store::statistics::refresh(&store.db).await.unwrap(),
            Vec::<String>::new(),
            "once is enough"
        );
        let plan = kept().await;
        assert_ne!(plan, plan_for_nobody, "the test would not see it");
        assert!(plan.contains("_user_name ") && plan.contains("(user_name_key = $2)"), "{plan}");
    })
    .await;
}

/// The statement with the limit of a page of ten, as a planner sees it that knows the parameters.
fn of_eleven(sql: &str) -> String {
    let (before, rest) = sql.split_once(" LIMIT ").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    format!("{before} LIMIT 11 OFFSET 0){after}")
}

#[tokio::test]
async fn a_page_by_cursor_begins_where_the_index_says_in_any_order() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10_000).await;
        run(&store.url, "ANALYZE").await;
        for (endpoint, sort_by, index, column) in [
            ("/Users", "id", "directory_users_page", "id"),
            // By the unique index or the one with the id behind it.
            ("/Users", "userName", "_user_name", "user_name_key"),
            ("/Users", "displayName", "directory_users_by_display_name", "display_name_order"),
            ("/Users", "externalId", "directory_users_by_external_id", "external_id_order"),
            ("/Users", "active", "directory_users_by_active", "active"),
            ("/Users", "meta.created", "directory_users_by_created", "created_at"),
            ("/Users", "meta.lastModified", "directory_users_by_updated", "updated_at"),
            ("/Groups", "id", "directory_groups_page", "id"),
            ("/Groups", "displayName", "directory_groups_by_display_name", "display_name_order"),
            ("/Groups", "externalId", "directory_groups_by_external_id", "external_id_order"),
            ("/Groups", "meta.created", "directory_groups_by_created", "created_at"),
            ("/Groups", "meta.lastModified", "directory_groups_by_updated", "updated_at"),
        ] {
            for order in ["ascending", "descending"] {
                let path = format!(
                    "{endpoint}?excludedAttributes=groups,members&sortBy={sort_by}&sortOrder={order}&count=10&cursor="
                );
                let first = idp.get(&path).await.has_status(200).json();
                let path = format!("{path}{}", first["nextCursor"].as_str().unwrap());
                let (answer, statements) = statements_of(&store.db, idp.get(&path)).await;
                assert_eq!(answer.has_status(200).json()["itemsPerPage"], 10, "{path}");
                let page = statements.iter().find(|sql| sql.contains(" AS wanted ")).unwrap();
                let plan = plan(&store.url, &of_eleven(page)).await;
                // All of this database is one directory, so PostgreSQL may walk by id alone.
                let by_id_alone = sort_by == "id" && plan.contains("_pkey");
                let begins = plan.lines().any(|line| {
                    let is_condition = line.contains("SEARCH") && line.contains(index) || line.contains("Index Cond");
                    is_condition && line.contains(column)
                });
                let is_by_index = plan.contains(index) || by_id_alone;
                assert!(begins && is_by_index && !scans(&plan), "{path}\n{page}\n{plan}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_test_knows_a_scan_when_it_sees_one() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10_000).await;
        run(&store.url, "ANALYZE").await;
        let plan = plan(&idp.company.url, "SELECT id FROM directory_users WHERE email = $1").await;
        assert!(scans(&plan), "{plan}");
    })
    .await;
}
