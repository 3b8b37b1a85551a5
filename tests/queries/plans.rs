//! Look-ups are answered by an index at any size: the planner says so, of the very statements that a request makes.

use rollcall::store::DatabaseUrl;

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

/// Whether a plan reads a table of the mirror from one end to the other.
fn scans(plan: &str) -> bool {
    const MIRROR: [&str; 4] =
        ["directory_users", "directory_user_emails", "directory_groups", "directory_group_members"];
    plan.lines().any(|line| {
        let line = line.trim_start_matches([' ', '-', '>']);
        let scanned = line.strip_prefix("SCAN ").or(line.strip_prefix("Seq Scan on ")).unwrap_or_default();
        MIRROR.contains(&scanned.split(' ').next().unwrap_or_default())
    })
}

#[tokio::test]
async fn what_providers_look_up_is_found_by_its_own_index() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10_000).await;
        let member = idp.people[4].clone();
        let lookups = [
            (
                "/Users?filter=userName+eq+%22person77@acme.test%22".to_owned(),
                "directory_users",
                &["directory_users_user_name"][..],
            ),
            (
                "/Users?filter=externalId+eq+%22x77%22".to_owned(),
                "directory_users",
                &["directory_users_external_id", "directory_users_by_external_id"],
            ),
            (
                "/Users?filter=emails.value+eq+%22person77@acme.test%22".to_owned(),
                "directory_users",
                &["directory_user_emails_value"],
            ),
            (
                "/Users?filter=emails%5Btype+eq+%22work%22%5D.value+eq+%22person77@acme.test%22".to_owned(),
                "directory_users",
                &["directory_user_emails_value"],
            ),
            (
                "/Groups?filter=displayName+eq+%22group+77%22".to_owned(),
                "directory_groups",
                &["directory_groups_name"],
            ),
            (
                "/Groups?filter=externalId+eq+%22of+Group+77%22".to_owned(),
                "directory_groups",
                &["directory_groups_external_id", "directory_groups_by_external_id"],
            ),
            (
                format!("/Groups?excludedAttributes=members&filter=members.value+eq+%22{member}%22"),
                "directory_groups",
                &["directory_group_members_member"],
            ),
        ];
        // A young SQLite has no statistics; PostgreSQL makes its own soon, and both have them in the end.
        if store.db.engine_name() == "SQLite" {
            check(&store, &idp, &lookups).await;
        }
        run(&store.url, "ANALYZE").await;
        check(&store, &idp, &lookups).await;
    })
    .await;
}

/// Asks for each, and asks the planner about the statements that were made.
async fn check(store: &TestStore, idp: &Large, lookups: &[(String, &str, &[&str])]) {
    for (path, table, indexes) in lookups {
        let (answer, statements) = statements_of(&store.db, idp.get(path)).await;
        assert!(answer.has_status(200).json()["totalResults"].as_u64().unwrap() > 0, "{path}");
        let of_table: Vec<&String> =
            statements.iter().filter(|sql| sql.contains(&format!("FROM {table} "))).collect();
        assert_eq!(of_table.len(), 2, "{path}: the page and the count: {statements:#?}");
        for sql in of_table {
            let plan = plan(&store.url, sql).await;
            let is_by_index = indexes.iter().any(|index| plan.contains(index));
            assert!(is_by_index && !scans(&plan), "{path}\n{sql}\n{plan}");
        }
    }
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
            ("/Users", "userName", "directory_users_user_name", "user_name_key"),
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
