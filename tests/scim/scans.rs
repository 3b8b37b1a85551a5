//! Lists that no index answers: they take turns, end in time, and leave the server to others.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use rollcall::{directory::scans::Scans, model::Provider};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, person},
    company::Company,
    support::{TestStore, each_engine},
};

const SCANS: [&str; 5] = [
    "/Users?filter=title+co+%22x%22",
    "/Users?sortBy=title",
    "/Groups?filter=displayName+co+%22x%22",
    "/?filter=id+co+%22x%22",
    // Answered by index, but each of the terms may find everybody.
    "/Users?filter=active+eq+true+or+active+eq+false",
];
const LOOK_UPS: [&str; 7] = [
    "/Users",
    "/Users?sortBy=userName&sortOrder=descending",
    "/Users?filter=userName+eq+%22ana@acme.test%22",
    "/Users?filter=userName+eq+%22ana@acme.test%22+and+title+co+%22x%22",
    "/Users?filter=userName+eq+%22ana@acme.test%22+or+id+eq+%22x%22",
    "/Groups?filter=displayName+eq+%22x%22+and+members+pr",
    "/",
];

/// A company in which scans may take so long.
async fn company_within(store: &TestStore, longest: Duration) -> Company {
    let mut company = Company::new(store).await;
    company.rollcall.scans = Arc::new(Scans::within(longest));
    company
}

/// A quarter of a megabyte of letters beyond ASCII, which take the longest to compare.
fn person_with_much_text(user_name: &str) -> Value {
    let mut person = person(user_name);
    person["addresses"] = json!(vec![json!({ "formatted": "ж".repeat(30_000) }); 4]);
    person
}

/// A search that looks at all of that text so many times.
fn search_with_terms(number: usize) -> Value {
    let filter = vec!["addresses.formatted co \"ю\""; number].join(" or ");
    json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter })
}

#[tokio::test]
async fn a_list_that_takes_too_long_is_refused() {
    each_engine(async |store| {
        let company = company_within(&store, Duration::ZERO).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        for name in ["ana@acme.test", "bo@acme.test"] {
            caller.post("/Users", &person_with_much_text(name)).await.shows(201);
        }
        // Each of the two takes far longer to look at than a timer is inexact.
        for list in ["/Users/.search", "/.search"] {
            let detail = caller.post(list, &search_with_terms(20)).await.refuses(400, "tooMany");
            assert!(detail.starts_with("Looking for this took longer than 0 s."), "{list}: {detail}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_scan_that_never_gets_its_turn_is_told_to_come_again() {
    each_engine(async |store| {
        let company = company_within(&store, Duration::from_millis(1)).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let _scanning = company.rollcall.scans.permit(&caller.directory).await;
        for list in SCANS {
            let answer = caller.get(list).await;
            answer.refuses(429, "");
            assert_eq!(answer.header("retry-after"), "5");
        }
    })
    .await;
}

async fn ordinary_requests(caller: &Caller) {
    caller.creates("ana@acme.test").await;
    for list in LOOK_UPS {
        caller.get(list).await.shows(200);
    }
}

#[tokio::test]
async fn others_are_served_while_scans_wait() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let mut callers = Vec::new();
        for provider in [Provider::Okta, Provider::Entra, Provider::Google, Provider::Generic] {
            callers.push(callers::directory(&company, provider).await);
        }
        // Its own turn is taken, and once more all turns are.
        for (busy, waiting) in [(&callers[..1], &callers[0]), (&callers[..3], &callers[3])] {
            let mut scanning = Vec::new();
            for caller in busy {
                scanning.push(company.rollcall.scans.permit(&caller.directory).await);
            }
            let mut scans = std::pin::pin!(join_all((0..60).map(|number| waiting.get(SCANS[number % 5]))));
            tokio::select! {
                biased;
                _ = &mut scans => panic!("nobody waited"),
                () = ordinary_requests(waiting) => {}
            }
            drop(scanning);
            for answer in scans.await {
                answer.shows(200);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_filter_that_compares_too_much_text_is_refused() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let caller = callers::directory(&company, Provider::Okta).await;
        let ana = person_with_much_text("ana@acme.test");
        let ana = callers::id_of(&caller.post("/Users", &ana).await.shows(201));
        let detail = caller.post("/Users/.search", &search_with_terms(200)).await.refuses(400, "tooMany");
        assert!(detail.contains(&ana), "{detail}");
        let few = caller.post("/Users/.search", &search_with_terms(2)).await.shows(200);
        assert_eq!(few["totalResults"], 0);
    })
    .await;
}
