//! How many statements a request makes, and about what.

use rollcall::{
    directory::{extension, kinds::Extended},
    people::workspace,
};
use serde_json::json;

use crate::{
    large::Large,
    recorder::{alone, rows_of, statements_of},
    support::each_engine,
};

#[tokio::test]
async fn a_list_of_groups_without_members_never_touches_the_members() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 200).await;
        let about_members = |statements: &[String]| {
            statements.iter().filter(|sql| sql.contains("directory_group_members")).count()
        };
        for path in [
            "/Groups?excludedAttributes=members",
            "/Groups?attributes=displayName",
            "/Groups?excludedAttributes=members&filter=displayName+eq+%22Group+1%22",
            // Answered by evaluation, and by sorting.
            "/Groups?excludedAttributes=members&filter=displayName+sw+%22G%22",
            "/Groups?excludedAttributes=members&filter=displayName+sw+%22G%22&sortBy=displayName",
        ] {
            let (answer, statements) = statements_of(&store.db, idp.get(path)).await;
            answer.has_status(200);
            assert_eq!(about_members(&statements), 0, "{path}: {statements:#?}");
        }
        let (_, statements) = statements_of(&store.db, idp.get("/Groups")).await;
        assert!(about_members(&statements) > 0, "the test would not see them");
    })
    .await;
}

#[tokio::test]
async fn a_patch_of_a_thousand_members_takes_the_statements_of_a_patch_of_one() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 1_100).await;
        let group = idp.group("Everyone", &idp.people[..50]).await;
        let (one, thousand) = (&idp.people[50..51], &idp.people[51..1_051]);
        // The first request of a token also notes that it was used.
        idp.get("/ServiceProviderConfig").await.has_status(200);
        for op in ["add", "remove"] {
            let (_, few) = statements_of(&store.db, idp.change_members(&group, op, one)).await;
            let (_, many) = statements_of(&store.db, idp.change_members(&group, op, thousand)).await;
            assert!(few.iter().any(|sql| sql.contains("directory_group_members")), "{few:#?}");
            assert_eq!(few.len(), many.len(), "{op}");
        }
    })
    .await;
}

/// Who comes in costs the same however many are in: seats are counted as people come and go.
#[tokio::test]
async fn a_seat_is_found_without_counting_people() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10).await;
        let company = &idp.company;
        workspace::update(&company.rollcall, &company.admin(), "Acme", Ok(Some(3)), "en").await.unwrap();
        idp.get("/ServiceProviderConfig").await.has_status(200);
        // The last one finds no seat.
        for email in ["ana@acme.test", "bo@acme.test", "cy@acme.test"] {
            let (answer, statements) = statements_of(&store.db, idp.creates(email)).await;
            answer.has_status(201);
            let counting = |sql: &&String| sql.contains("COUNT(") && sql.contains("memberships");
            assert_eq!(statements.iter().find(counting), None, "{email}");
            assert!(statements.iter().any(|sql| sql.contains("seats_active")), "the test would not see it");
        }
        assert_eq!(
            company
                .look("SELECT held_reason FROM directory_users WHERE held_reason = $1", "seat_limit")
                .await
                .len(),
            1
        );
    })
    .await;
}

/// Who leaves costs the same however many stay: members are counted only when so many leave that owners may be told.
#[tokio::test]
async fn a_few_suspensions_count_nobody() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 0).await;
        let company = &idp.company;
        let mut people = Vec::new();
        for number in 0..11 {
            let email = format!("p{number}@acme.test");
            people.push(idp.creates(&email).await.has_status(201).json()["id"].as_str().unwrap().to_owned());
            company.accepts(&email).await;
        }
        let counts = async |id: &str| {
            let off = json!([{ "op": "replace", "path": "active", "value": false }]);
            let (answer, statements) = statements_of(&store.db, idp.change_user(id, &off)).await;
            answer.has_status(200);
            assert!(statements.iter().any(|sql| sql.contains("suspension_windows")), "{statements:#?}");
            statements.iter().any(|sql| sql.contains("COUNT(") && sql.contains("FROM memberships "))
        };
        for id in &people[..10] {
            assert!(!counts(id).await);
        }
        assert!(counts(&people[10]).await, "the test would not see it");
    })
    .await;
}

/// The members of a large group in pages: no statement ever gives more rows than a page, so memory does not grow with
/// the group.
#[tokio::test]
async fn a_group_of_fifty_thousand_is_read_in_pages() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10).await;
        let everyone: Vec<String> = (0..50_000).map(|_| idp.company.clock.new_id()).collect();
        let group = idp.group("Everyone", &everyone).await;
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!(
                "/GroupMembers?filter=group.value+eq+%22{}%22&count=1000&attributes=member.value&cursor={cursor}",
                group.0
            );
            let (answer, statements) = rows_of(&store.db, idp.get(&path)).await;
            let page = answer.has_status(200).json();
            assert_eq!(page["totalResults"], 50_000);
            let members = page["Resources"].as_array().unwrap();
            assert!(members.len() <= 1000);
            // One more row than the page tells whether there is another page.
            assert!(statements.iter().all(|(_, rows)| *rows <= 1001), "{statements:#?}");
            seen.extend(members.iter().map(|it| it["member"]["value"].as_str().unwrap().to_owned()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            next.clone_into(&mut cursor);
        }
        assert_eq!(seen, everyone);

        let newcomer = std::slice::from_ref(&idp.people[0]);
        let (_, statements) = rows_of(&store.db, idp.change_members(&group, "add", newcomer)).await;
        assert!(statements.iter().all(|(_, rows)| *rows <= 10), "{statements:#?}");
    })
    .await;
}

/// The schemas of a directory's own extensions are read once, and once more after a change.
#[tokio::test]
async fn extensions_cost_no_statement_of_their_own() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 10).await;
        let path = "/Users?count=1";
        idp.get(path).await.has_status(200);
        let (_, without) = statements_of(&store.db, idp.get(path)).await;
        let company = &idp.company;
        let add = async |urn: &str| {
            let schema = format!("{{\"id\": \"{urn}\", \"attributes\": [{{\"name\": \"tag\"}}]}}");
            let (admin, id) = (company.admin(), &idp.directory.id);
            extension::add(&company.rollcall, &admin, id, &schema, Extended::User, false).await.unwrap();
        };
        for urn in ["urn:acme:a:User", "urn:acme:b:User"] {
            add(urn).await;
            let (_, first) = statements_of(&store.db, idp.get(path)).await;
            assert_eq!(first.len(), without.len() + 1, "{first:#?}");
            let (_, next) = statements_of(&store.db, idp.get(path)).await;
            assert_eq!(next, without);
        }
    })
    .await;
}
