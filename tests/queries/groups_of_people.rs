//! Lists of people with their groups: how much one answer carries.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    large::{Large, run},
    recorder::{alone, rows_of},
    support::each_engine,
};

/// The limit that ARCHITECTURE.md tells.
const MOST_GROUPS: usize = 20_000;
const PEOPLE: usize = 110;
const DEPTH: usize = 200;

/// Everyone in the innermost of groups that are nested this deep: 22,000 groups in all.
async fn deeply_nested(idp: &Large, url: &rollcall::store::DatabaseUrl) {
    let mut inner = idp.group("Depth 0", &idp.people).await;
    let mut nested = Vec::new();
    for depth in 1..DEPTH {
        let outer = idp.group(&format!("Depth {depth}"), &[]).await;
        nested.push(format!("('{}', '{}', 'Group')", outer.0, inner.0));
        inner = outer;
    }
    let nested = nested.join(", ");
    let sql = "INSERT INTO directory_group_members (group_id, member_id, member_kind) VALUES ";
    run(url, &format!("{sql}{nested}")).await;
}

/// The ids of a page's people. Nothing reads more groups than one answer may carry.
async fn page(idp: &Large, path: &str) -> (Vec<String>, Value) {
    let (answer, statements) = rows_of(&idp.company.rollcall.db, idp.get(path)).await;
    let page = answer.has_status(200).json();
    let most = statements.iter().map(|(_, rows)| *rows).max().unwrap();
    assert!(most <= u64::try_from(MOST_GROUPS).unwrap(), "{path}: {most} rows");
    let people = page["Resources"].as_array().unwrap();
    assert_eq!(page["itemsPerPage"], people.len());
    assert_eq!(page["totalResults"], PEOPLE, "{path}");
    let shown: usize = people.iter().map(|it| it["groups"].as_array().unwrap().len()).sum();
    assert!(shown > 0 && shown <= MOST_GROUPS, "{path}: {shown} groups");
    (people.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect(), page)
}

#[tokio::test]
async fn a_page_of_people_ends_before_it_carries_too_many_groups() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, PEOPLE).await;
        deeply_nested(&idp, &store.url).await;
        // Some of the people are in other groups as well, so that 99 fit.
        for list in [
            "/Users?count=1000",
            "/Users?count=1000&sortBy=displayName&sortOrder=descending",
            "?count=1000&filter=userName+pr",
            "/Users?count=1000&filter=groups.display+eq+%22depth+199%22",
        ] {
            let (mut seen, mut pages, mut cursor) = (BTreeSet::new(), 0, String::new());
            loop {
                let (ids, page) = page(&idp, &format!("{list}&cursor={cursor}")).await;
                let number = seen.len() + ids.len();
                seen.extend(ids);
                assert_eq!(seen.len(), number, "{list}: someone comes twice");
                pages += 1;
                let Some(next) = page["nextCursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!((seen.len(), pages), (PEOPLE, 2), "{list}");
            let (second, _) = page(&idp, &format!("{list}&startIndex=100")).await;
            assert_eq!(second.len(), 11, "{list}");
        }
        let without = idp.get("/Users?count=1000&excludedAttributes=groups").await.has_status(200).json();
        assert_eq!(without["itemsPerPage"], PEOPLE);
        let alone = idp.get(&format!("/Users/{}", idp.people[109])).await.has_status(200).json();
        assert_eq!(alone["groups"].as_array().unwrap().len(), DEPTH, "one person is told whole");
    })
    .await;
}
