//! `sortBy` and `sortOrder`.

use serde_json::{Value, json};

use crate::{
    client::{Client, column},
    support::each_engine,
};

async fn people(idp: &Client) {
    for (name, display, external, family) in [
        ("carol", Some("anna"), None, "Moss"),
        ("Ada", None, Some("x2"), "Zuse"),
        ("bob", Some("Zed"), Some("x1"), "adler"),
    ] {
        let mut person = json!({ "userName": name, "name": { "familyName": family } });
        for (attribute, value) in [("displayName", display), ("externalId", external)] {
            if let Some(value) = value {
                person[attribute] = json!(value);
            }
        }
        idp.person(person).await;
    }
}

#[tokio::test]
async fn users_come_in_the_order_asked_for() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        people(&idp).await;
        for (query, expected) in [
            ("sortBy=userName", ["Ada", "bob", "carol"]),
            ("sortBy=userName&sortOrder=descending", ["carol", "bob", "Ada"]),
            // No value comes last, and first when turned round.
            ("sortBy=displayName", ["carol", "bob", "Ada"]),
            ("sortBy=externalId", ["bob", "Ada", "carol"]),
            ("sortBy=externalId&sortOrder=descending", ["carol", "Ada", "bob"]),
            // No index holds these.
            ("sortBy=name.familyName", ["bob", "carol", "Ada"]),
            ("sortBy=name.familyName&sortOrder=descending", ["Ada", "carol", "bob"]),
            ("sortBy=userName&filter=name.familyName+pr", ["Ada", "bob", "carol"]),
            ("sortBy=name.familyName&filter=active+eq+true", ["bob", "carol", "Ada"]),
        ] {
            let list = idp.get(&format!("/Users?{query}")).await;
            assert_eq!(column(&list, "userName"), expected, "{query}");
            assert_eq!(list["totalResults"], 3, "{query}");
        }
    })
    .await;
}

#[tokio::test]
async fn equals_come_in_the_order_of_their_ids() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        people(&idp).await;
        let mut ids = column(&idp.get("/Users").await, "id");
        assert!(ids.is_sorted());
        // The clock stands still: all were made at the same moment.
        for sort_by in ["id", "active", "meta.created", "meta.lastModified"] {
            assert_eq!(column(&idp.get(&format!("/Users?sortBy={sort_by}")).await, "id"), ids, "{sort_by}");
        }
        ids.reverse();
        for sort_by in ["id", "active", "meta.created", "meta.lastModified"] {
            let list = idp.get(&format!("/Users?sortBy={sort_by}&sortOrder=descending")).await;
            assert_eq!(column(&list, "id"), ids, "{sort_by}");
        }
    })
    .await;
}

#[tokio::test]
async fn pages_of_a_sorted_list_hold_everyone_once() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        people(&idp).await;
        for sort_by in ["userName", "displayName", "name.familyName", "meta.lastModified", "active"] {
            let whole = column(&idp.get(&format!("/Users?sortBy={sort_by}")).await, "userName");
            let mut by_index = Vec::new();
            for start in 1..=3 {
                let page = idp.get(&format!("/Users?sortBy={sort_by}&startIndex={start}&count=1")).await;
                by_index.extend(column(&page, "userName"));
            }
            assert_eq!(by_index, whole, "{sort_by}");
            assert_eq!(by_cursor(&idp, sort_by).await, whole, "{sort_by}");
        }
    })
    .await;
}

async fn by_cursor(idp: &Client, sort_by: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = idp.get(&format!("/Users?sortBy={sort_by}&count=2&cursor={cursor}")).await;
        found.extend(column(&page, "userName"));
        match &page["nextCursor"] {
            Value::String(next) => cursor.clone_from(next),
            _ => return found,
        }
    }
}

#[tokio::test]
async fn groups_are_sorted_too_and_the_server_says_so() {
    each_engine(async |store| {
        let idp = Client::new(&store).await;
        for name in ["Ops", "admins", "Zoo"] {
            idp.group(name, &[]).await;
        }
        let list = idp.get("/Groups?sortBy=displayName").await;
        assert_eq!(column(&list, "displayName"), ["admins", "Ops", "Zoo"]);
        assert_eq!(idp.get("/ServiceProviderConfig").await["sort"]["supported"], true);
    })
    .await;
}
