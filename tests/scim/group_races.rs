//! Changes of groups at the same moment, of what no single row holds: which group is in which, who has which name.

use futures::future::join_all;
use rollcall::{
    directory::role_mapping,
    model::{Provider, Role},
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, person},
    company::Company,
    requests::Answer,
    support::each_engine,
};

const ROUNDS: usize = 8;

fn add(id: &str) -> Value {
    json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }])
}

/// Sends both at the same moment.
async fn both(idp: &Caller, changes: [(String, Value); 2]) -> Vec<Answer> {
    let tasks = changes.map(|(path, operations)| {
        let idp = idp.clone();
        tokio::spawn(async move { idp.change(&path, &operations).await })
    });
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_changes_that_together_would_make_a_cycle_make_none() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        for round in 0..ROUNDS {
            // P holds Q, R holds S. Q += R and S += P lock no row in common.
            let q = idp.creates_group(&format!("Q{round}"), &[]).await;
            let p = idp.creates_group(&format!("P{round}"), &[&q]).await;
            let s = idp.creates_group(&format!("S{round}"), &[]).await;
            let r = idp.creates_group(&format!("R{round}"), &[&s]).await;
            let answers =
                both(&idp, [(format!("/Groups/{q}"), add(&r)), (format!("/Groups/{s}"), add(&p))]).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 400], "round {round}");
        }
    })
    .await;
}

/// Who comes into a group while it is put into one that gives a role has the role.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_and_a_group_that_move_at_the_same_moment_meet() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        role_mapping::map(&company.rollcall, &company.admin(), &idp.directory, "Admins", Role::Admin)
            .await
            .unwrap();
        let admins = idp.creates_group("Admins", &[]).await;
        for round in 0..ROUNDS {
            let email = format!("person{round}@acme.test");
            let person = idp.creates(&email).await;
            let inner = idp.creates_group(&format!("Inner{round}"), &[]).await;
            let middle = idp.creates_group(&format!("Middle{round}"), &[&inner]).await;
            let answers = both(
                &idp,
                [(format!("/Groups/{inner}"), add(&person)), (format!("/Groups/{admins}"), add(&middle))],
            )
            .await;
            assert!(answers.iter().all(|answer| answer.status == 200), "round {round}");
            assert_eq!(company.membership(&email).await.role, Role::Admin, "round {round}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_and_a_create_at_the_same_moment_do_not_miss_each_other() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Generic).await;
        let group = idp.creates_group("Sales", &[]).await;
        let mut people = Vec::new();
        for round in 0..ROUNDS {
            let mut body = person(&format!("person{round}@acme.test"));
            body["externalId"] = json!(format!("x{round}"));
            let (pusher, path) = (idp.clone(), format!("/Groups/{group}"));
            let push = tokio::spawn(async move { pusher.change(&path, &add(&format!("x{round}"))).await });
            let creator = idp.clone();
            let create = tokio::spawn(async move { creator.post("/Users", &body).await });
            push.await.unwrap().shows(200);
            people.push(callers::id_of(&create.await.unwrap().shows(201)));
            people.sort();
            assert_eq!(idp.members_of(&group).await, people, "round {round}");
        }
    })
    .await;
}
