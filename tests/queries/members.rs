//! Lists of groups with their members: how much one answer carries.

use serde_json::Value;

use crate::{
    large::Large,
    recorder::{alone, rows_of},
    support::each_engine,
};

/// The limit that ARCHITECTURE.md tells.
const MOST_MEMBERS: usize = 20_000;
const LARGEST_GROUP: usize = 30_000;

/// The names of the groups on each page, with the number of their members.
type Pages = Vec<Vec<(String, usize)>>;

fn groups(page: &Value) -> Vec<(String, usize)> {
    let found = page["Resources"].as_array().unwrap();
    assert_eq!(page["itemsPerPage"], found.len());
    let members = |group: &Value| group["members"].as_array().map_or(0, Vec::len);
    found.iter().map(|it| (it["displayName"].as_str().unwrap().to_owned(), members(it))).collect()
}

async fn page(idp: &Large, path: &str) -> Value {
    let (answer, statements) = rows_of(&idp.company.rollcall.db, idp.get(path)).await;
    // Nothing reads more members than an answer may carry, unless one group has more. Who asks for a group by its
    // members has each group looked at.
    let most = statements.iter().map(|(_, rows)| *rows).max().unwrap();
    let page = answer.has_status(200).json();
    let shown: usize = groups(&page).iter().map(|(_, members)| members).sum();
    let largest = if path.contains("/Groups?filter=members") { LARGEST_GROUP } else { shown };
    assert!(most <= u64::try_from(largest.max(MOST_MEMBERS)).unwrap(), "{path}: {most} rows");
    page
}

/// All pages by index, each beginning where the page before ended.
async fn by_index(idp: &Large, list: &str) -> Pages {
    let (mut pages, mut start) = (Pages::new(), 1);
    loop {
        let page = page(idp, &format!("{list}&startIndex={start}")).await;
        let found = groups(&page);
        if found.is_empty() {
            return pages;
        }
        start += found.len();
        pages.push(found);
    }
}

async fn by_cursor(idp: &Large, list: &str) -> Pages {
    let (mut pages, mut cursor) = (Pages::new(), String::new());
    loop {
        let page = page(idp, &format!("{list}&cursor={cursor}")).await;
        pages.push(groups(&page));
        let Some(next) = page["nextCursor"].as_str() else { return pages };
        next.clone_into(&mut cursor);
    }
}

#[tokio::test]
async fn a_page_of_groups_ends_before_it_carries_too_many_members() {
    let _turn = alone().await;
    each_engine(async |store| {
        let idp = Large::new(&store, 0).await;
        let everyone: Vec<String> = (0..LARGEST_GROUP).map(|_| idp.company.clock.new_id()).collect();
        let mut expected = Vec::new();
        for (name, number) in [
            ("a", 10_000),
            ("b", 10_000),
            ("c", 1),
            // More than fits: a page of its own, and whole.
            ("d", LARGEST_GROUP),
            ("e", 0),
            ("f", 19_999),
            ("g", 1),
            ("h", 0),
        ] {
            idp.group(name, &everyone[..number]).await;
            expected.push((name.to_owned(), number));
        }
        let cut = |names: &[&str]| -> Pages {
            let known = |name: char| expected.iter().find(|(it, _)| *it == name.to_string()).unwrap().clone();
            names.iter().map(|page| page.chars().map(known).collect()).collect()
        };
        for (list, pages) in [
            ("/Groups?count=100", &["ab", "c", "d", "efgh"][..]),
            // Nobody is in this directory: a query of the root finds the groups alone.
            ("?count=100", &["ab", "c", "d", "efgh"]),
            ("/Groups?count=2", &["ab", "c", "d", "ef", "gh"]),
            ("/Groups?sortBy=displayName&sortOrder=descending", &["hgfe", "d", "cb", "a"]),
            // Every group is looked at: by its members, and by an order that no index holds.
            ("/Groups?filter=members.type+eq+%22User%22+or+displayName+eq+%22h%22", &["ab", "c", "d", "fgh"]),
            ("/Groups?sortBy=meta.location", &["ab", "c", "d", "efgh"]),
        ] {
            assert_eq!(by_index(&idp, list).await, cut(pages), "{list}");
            assert_eq!(by_cursor(&idp, list).await, cut(pages), "{list}");
        }
        let without = page(&idp, "/Groups?excludedAttributes=members").await;
        assert_eq!(groups(&without).len(), 8);
    })
    .await;
}
