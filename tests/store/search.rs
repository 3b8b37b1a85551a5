//! Searching people: what is typed is taken by its letters.

use rollcall::{
    model::{MembershipStatus, Role},
    store::{self, people::Search},
};

use crate::{company::Company, support::each_engine};

/// The addresses that a search finds, in the order of the list.
async fn found(company: &Company, search: &Search) -> Vec<String> {
    let mut conn = company.rollcall.db.read().await.unwrap();
    let people = store::people::search(&mut conn, &company.workspace.id, search, 0, 100).await.unwrap();
    let count = store::people::count(&mut conn, &company.workspace.id, search).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), people.len());
    people.into_iter().map(|person| person.membership.email).collect()
}

fn text(text: &str) -> Search {
    Search { text: Some(text.to_owned()), ..Search::default() }
}

#[tokio::test]
async fn signs_that_mean_something_to_the_database_are_letters() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        for email in
            ["100%sure@acme.test", "under_score@acme.test", "underxscore@acme.test", "o'neil@acme.test"]
        {
            company.invites(email, Role::Member).await;
        }
        for (typed, expected) in [
            ("%", vec!["100%sure@acme.test"]),
            ("0%s", vec!["100%sure@acme.test"]),
            ("r_s", vec!["under_score@acme.test"]),
            ("_", vec!["under_score@acme.test"]),
            ("'", vec!["o'neil@acme.test"]),
            ("\\", vec![]),
            ("\\%", vec![]),
            ("'; DROP TABLE memberships; --", vec![]),
            ("UNDER", vec!["under_score@acme.test", "underxscore@acme.test"]),
            ("nobody", vec![]),
        ] {
            assert_eq!(found(&company, &text(typed)).await, expected, "{typed}");
        }
        assert_eq!(found(&company, &Search::default()).await.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn a_search_is_narrowed_by_everything_at_once() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites("ana@acme.test", Role::Admin).await;
        company.invites("bo@acme.test", Role::Member).await;
        company.adds_by_hand("cy@acme.test", Role::Admin).await;
        let other = company.other_workspace("Beta", "ana@beta.test").await;

        let admins = Search { role: Some(Role::Admin), ..Search::default() };
        assert_eq!(found(&company, &admins).await, ["ana@acme.test", "cy@acme.test"]);
        let invited = Search { statuses: vec![MembershipStatus::Invited], ..admins.clone() };
        assert_eq!(found(&company, &invited).await, ["ana@acme.test"]);
        let from_directory = Search { from_directory: Some(true), ..admins.clone() };
        assert!(found(&company, &from_directory).await.is_empty());
        assert!(!found(&company, &text("ana")).await.contains(&"ana@beta.test".to_owned()), "{}", other.slug);
    })
    .await;
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_and_overlap() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let addresses: Vec<String> = (0..25).map(|n| format!("p{n:02}@acme.test")).collect();
        company.invites(&addresses.join(" "), Role::Member).await;
        let mut conn = company.rollcall.db.read().await.unwrap();
        let mut seen = Vec::new();
        for offset in [0, 10, 20, 30] {
            let page = store::people::search(&mut conn, &company.workspace.id, &text("p"), offset, 10)
                .await
                .unwrap();
            seen.extend(page.into_iter().map(|person| person.membership.email));
        }
        assert_eq!(seen, addresses);
    })
    .await;
}
