//! Pages by cursor while the directory changes: who is left alone comes once, in order, whatever becomes of others.

use std::{collections::HashSet, time::Duration};

use http::{Method, StatusCode};
use proptest::{
    collection::vec,
    prelude::*,
    sample::{Index, select},
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};
use tokio::{runtime::Handle, task::block_in_place};

use crate::{
    client::{Client, column, id},
    support::each_engine,
};

/// Few, so that many are equal.
const TEXTS: &[&str] = &["a", "A", "b", "é", "日", "~", "="];

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Change {
    Create(&'static str),
    Delete(Index),
    Set(Index, &'static str, Option<&'static str>),
}

/// A list, the size of its pages, and what happens behind each.
#[derive(Clone, Debug)]
struct Script {
    endpoint: &'static str,
    sort_by: Option<&'static str>,
    descending: bool,
    filter: Option<&'static str>,
    count: usize,
    between: Vec<Vec<Change>>,
}

fn change(attributes: &'static [&'static str]) -> impl Strategy<Value = Change> {
    let text = || select(TEXTS);
    prop_oneof![
        2 => text().prop_map(Change::Create),
        2 => any::<Index>().prop_map(Change::Delete),
        5 => (any::<Index>(), select(attributes), proptest::option::of(text()))
            .prop_map(|(who, attribute, value)| Change::Set(who, attribute, value)),
    ]
}

fn script(
    endpoint: &'static str,
    sortable: &'static [&'static str],
    filters: &'static [&'static str],
    attributes: &'static [&'static str],
) -> impl Strategy<Value = Script> {
    let sort_by = proptest::option::weighted(0.9, select(sortable));
    let filter = proptest::option::weighted(0.6, select(filters));
    let between = vec(vec(change(attributes), 0..3), 8);
    (sort_by, any::<bool>(), filter, 1..7_usize, between).prop_map(
        move |(sort_by, descending, filter, count, between)| Script {
            endpoint,
            sort_by,
            descending: descending && sort_by.is_some(),
            filter,
            count,
            between,
        },
    )
}

impl Script {
    fn path(&self, count: usize, cursor: Option<&str>) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(filter) = self.filter {
            query.append_pair("filter", filter);
        }
        if let Some(sort_by) = self.sort_by {
            query.append_pair("sortBy", sort_by);
            query.append_pair("sortOrder", if self.descending { "descending" } else { "ascending" });
        }
        query.append_pair("count", &count.to_string());
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        format!("{}?{}", self.endpoint, query.finish())
    }

    /// Reads all pages; gives those who were found before and left alone, and all that the pages showed of them.
    async fn run(&self, idp: &Client) -> (Vec<String>, Vec<String>) {
        let before = column(&idp.get(&self.path(1000, None)).await, "id");
        let (mut touched, mut seen) = (HashSet::new(), Vec::new());
        let mut cursor = String::new();
        let mut between = self.between.iter();
        loop {
            let page = idp.get(&self.path(self.count, Some(&cursor))).await;
            let ids = column(&page, "id");
            assert!(ids.len() <= self.count, "{page}");
            seen.extend(ids);
            let Some(next) = page["nextCursor"].as_str() else { break };
            next.clone_into(&mut cursor);
            for change in between.next().into_iter().flatten() {
                touched.extend(self.make(change, idp).await);
            }
        }
        let left_alone = |ids: Vec<String>| ids.into_iter().filter(|id| !touched.contains(id)).collect();
        (left_alone(before), left_alone(seen))
    }

    /// Makes a change; gives the id of whom it was about.
    async fn make(&self, change: &Change, idp: &Client) -> Option<String> {
        // Several changes fall into one millisecond, which is all that `meta` shows.
        idp.acme.rollcall.clock.advance(Duration::from_micros(300));
        let everyone = column(&idp.get(&format!("{}?count=1000", self.endpoint)).await, "id");
        match change {
            Change::Create(text) => {
                let name = format!("p{}", idp.acme.rollcall.clock.new_id::<String>());
                let body =
                    json!({ "userName": name, "displayName": name, "title": text, "externalId": text });
                Some(id(&idp.post(self.endpoint, body).await))
            }
            Change::Delete(who) if everyone.len() > 15 => {
                let id = who.get(&everyone);
                let (status, _) = idp.send(Method::DELETE, &format!("{}/{id}", self.endpoint), None).await;
                assert_eq!(status, StatusCode::NO_CONTENT);
                Some(id.clone())
            }
            Change::Delete(_) => None,
            Change::Set(who, attribute, value) => {
                let id = who.get(&everyone);
                let operation = match (*attribute, value) {
                    ("active", value) => {
                        json!({ "op": "replace", "path": "active", "value": value.is_some() })
                    }
                    // A name that one alone may have.
                    ("userName", value) => {
                        json!({ "op": "replace", "path": "userName", "value": format!("p{}{id}", value.unwrap_or_default()) })
                    }
                    (attribute, Some(value)) => json!({ "op": "replace", "path": attribute, "value": value }),
                    (attribute, None) => json!({ "op": "remove", "path": attribute }),
                };
                idp.patch(&format!("{}/{id}", self.endpoint), json!([operation])).await;
                Some(id.clone())
            }
        }
    }
}

/// Runs many scripts on one directory.
fn play(idp: &Client, scripts: impl Strategy<Value = Script>) {
    let mut runner = TestRunner::new(Config { cases: 60, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&scripts, |script| {
        let (expected, seen) = block_in_place(|| Handle::current().block_on(script.run(idp)));
        if seen == expected {
            Ok(())
        } else {
            Err(TestCaseError::fail(format!("{seen:?}, not {expected:?}")))
        }
    });
    outcome.unwrap_or_else(|wrong| panic!("{}: {wrong}", idp.acme.rollcall.db.engine_name()));
}

#[tokio::test(flavor = "multi_thread")]
async fn users_who_are_left_alone_come_once_and_in_order() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        for number in 0..25 {
            let mut person = json!({ "userName": format!("p{number}"), "active": number % 3 > 0 });
            for (attribute, step) in [("displayName", 2), ("externalId", 3), ("title", 4)] {
                if number % step > 0 {
                    person[attribute] = json!(TEXTS[number % TEXTS.len()]);
                }
            }
            person["name"] = json!({ "familyName": TEXTS[number % 4] });
            idp.person(person).await;
            idp.acme.rollcall.clock.advance(Duration::from_micros(300));
        }
        const SORTABLE: &[&str] = &[
            "id",
            "userName",
            "displayName",
            "externalId",
            "active",
            "meta.created",
            "meta.lastModified",
            "title",
            "name.familyName",
        ];
        // Answered by index, and by looking at each.
        const FILTERS: &[&str] = &["active eq true", "userName sw \"p\"", "title pr or active eq false"];
        const ATTRIBUTES: &[&str] =
            &["userName", "displayName", "externalId", "active", "title", "name.familyName"];
        play(&idp, script("/Users", SORTABLE, FILTERS, ATTRIBUTES));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_that_are_left_alone_come_once_and_in_order() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        for number in 0..25 {
            let mut group = json!({ "displayName": format!("p{number}") });
            if number % 3 > 0 {
                group["externalId"] = json!(TEXTS[number % TEXTS.len()]);
            }
            idp.post("/Groups", group).await;
            idp.acme.rollcall.clock.advance(Duration::from_micros(300));
        }
        const SORTABLE: &[&str] =
            &["id", "displayName", "externalId", "meta.created", "meta.lastModified", "meta.location"];
        play(&idp, script("/Groups", SORTABLE, &["displayName sw \"p\""], &["externalId"]));
    })
    .await;
}

#[tokio::test]
async fn the_root_search_pages_through_both_kinds_by_cursor() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        let mut expected = Vec::new();
        for name in ["ada", "bob", "cy"] {
            expected.push(idp.user(name).await);
        }
        for name in ["Ops", "Sales", "Zoo"] {
            expected.push(idp.group(name, &[]).await);
        }
        for count in 1..=7 {
            let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
            loop {
                let page = idp.post("/.search", json!({ "count": count, "cursor": cursor })).await;
                assert_eq!((&page["totalResults"], &page["startIndex"]), (&json!(6), &Value::Null));
                seen.extend(column(&page, "id"));
                pages += 1;
                let Some(next) = page["nextCursor"].as_str() else { break };
                next.clone_into(&mut cursor);
            }
            assert_eq!(seen, expected, "{count}");
            assert_eq!(pages, 6_usize.div_ceil(count), "{count}");
        }
        let none = idp.post("/.search", json!({ "count": 0, "cursor": "" })).await;
        assert_eq!((&none["totalResults"], &none["nextCursor"]), (&json!(6), &Value::Null));
    })
    .await;
}

#[tokio::test]
async fn a_cursor_of_another_order_endpoint_or_directory_is_refused() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        for name in ["ada", "bob"] {
            idp.user(name).await;
        }
        let other = idp.beside("Other").await;
        for query in ["sortBy=userName", "sortBy=title", "filter=active+eq+true", ""] {
            let page = idp.get(&format!("/Users?{query}&count=1&cursor=")).await;
            let cursor = page["nextCursor"].as_str().unwrap();
            idp.get(&format!("/Users?{query}&count=1&cursor={cursor}")).await;
            for (caller, path) in [
                (&idp, format!("/Users?{query}&sortOrder=descending&cursor={cursor}")),
                (&idp, format!("/Users?sortBy=displayName&cursor={cursor}")),
                (&idp, format!("/Users?{query}&filter=active+eq+false&cursor={cursor}")),
                (&idp, format!("/Groups?cursor={cursor}")),
                (&other, format!("/Users?{query}&cursor={cursor}")),
            ] {
                let (status, answer) = caller.send(Method::GET, &path, None).await;
                assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {answer}");
                assert_eq!(answer["scimType"], "invalidCursor", "{path}");
            }
        }
    })
    .await;
}

/// By index there is an end to how far into a sorted list a page may lie; by cursor there is none.
#[tokio::test]
async fn a_sorted_page_beyond_the_end_is_empty() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        idp.user("ada").await;
        for query in ["sortBy=title", "sortBy=title&sortOrder=descending", "sortBy=userName"] {
            let page = idp.get(&format!("/Users?{query}&startIndex=1000000")).await;
            assert_eq!((&page["totalResults"], &page["itemsPerPage"]), (&json!(1), &json!(0)), "{query}");
        }
    })
    .await;
}
