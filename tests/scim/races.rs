//! Many clients at once: each promise kept, none broken by another.

use std::{future::Future, time::Duration};

use futures::future::join_all;
use rollcall::{
    directory::token::{self, Others},
    model::{Provider, Role, TokenLife},
    people::invitation::{self, Acceptance},
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, person},
    company::{Company, PASSWORD},
    requests::Answer,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

/// Runs all at once, each in a task of its own; gives the results in order.
async fn at_once<T: Send + 'static>(
    work: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let tasks: Vec<_> = work.into_iter().map(tokio::spawn).collect();
    join_all(tasks).await.into_iter().map(Result::unwrap).collect()
}

/// A change that is sent once: what has to give way to another is made again by the server.
async fn change(caller: Caller, path: String, operations: Value) -> Answer {
    caller.change(&path, &operations).await
}

fn statuses(answers: &[Answer]) -> Vec<u16> {
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_equal_creates_give_exactly_one() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let answers = at_once((0..50).map(|_| {
            let okta = okta.clone();
            async move { okta.post("/Users", &person(ANA)).await }
        }))
        .await;
        let mut expected = vec![409; 50];
        expected[0] = 201;
        assert_eq!(statuses(&answers), expected);
        assert_eq!(okta.total("/Users").await, 1);
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );

        let groups = at_once((0..20).map(|_| {
            let okta = okta.clone();
            async move { okta.post("/Groups", &json!({ "displayName": "Sales" })).await }
        }))
        .await;
        assert_eq!(statuses(&groups)[..2], [201, 409]);
        assert_eq!(okta.total("/Groups").await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_people_of_one_address_are_one_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let answers = at_once((0..20).map(|n| {
            let okta = okta.clone();
            async move {
                let mut body = person(ANA);
                body["userName"] = json!(format!("login-{n}"));
                okta.post("/Users", &body).await
            }
        }))
        .await;
        assert_eq!(
            statuses(&answers),
            vec![201; 20],
            "{}",
            answers.iter().map(Answer::text).collect::<String>()
        );
        assert_eq!(
            company.standing(ANA).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );
        let held = company.look("SELECT id FROM directory_users WHERE held_reason = $1", "conflict").await;
        assert_eq!(held.len(), 19, "the others are held, and say so");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_clients_adding_members_to_one_group_lose_none() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let mut people = Vec::new();
        for n in 0..60 {
            people.push(okta.creates(&format!("p{n}@acme.test")).await);
        }
        let leaving = people[..20].to_vec();
        let group = okta.creates_group("Sales", &leaving.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let path = format!("/Groups/{group}");
        let answers = at_once((0..20).map(|n| {
            let operations = json!([
                { "op": "add", "path": "members", "value": [{ "value": people[20 + 2 * n] }, { "value": people[21 + 2 * n] }] },
                { "op": "remove", "path": format!("members[value eq \"{}\"]", leaving[n]) },
            ]);
            change(okta.clone(), path.clone(), operations)
        }))
        .await;
        assert_eq!(statuses(&answers), [200; 20]);
        let mut expected = people[20..].to_vec();
        expected.sort();
        assert_eq!(okta.members_of(&group).await, expected);
        let version = okta.get(&path).await.shows(200)["meta"]["version"].clone();
        assert_eq!(version, json!("W/\"21\""), "each change counted");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_clients_changing_ten_attributes_of_one_user_lose_none() {
    const ATTRIBUTES: [&str; 10] = [
        "title",
        "nickName",
        "displayName",
        "preferredLanguage",
        "locale",
        "userType",
        "name.givenName",
        "name.familyName",
        "name.middleName",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
    ];
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        let path = format!("/Users/{}", okta.creates(ANA).await);
        for round in 0..5 {
            let answers = at_once(ATTRIBUTES.map(|attribute| {
                let value = format!("{attribute} {round}").replace([':', '.'], "-");
                let operations = json!([{ "op": "replace", "path": attribute, "value": value }]);
                change(okta.clone(), path.clone(), operations)
            }))
            .await;
            assert_eq!(statuses(&answers), [200; 10]);
            let user = okta.get(&path).await.shows(200).to_string();
            for attribute in ATTRIBUTES {
                let value = format!("{attribute} {round}").replace([':', '.'], "-");
                assert!(user.contains(&value), "{value} is lost in {user}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_deactivated_in_one_go_one_is_kept() {
    for round in 0..4 {
        each_engine(async |store| {
            let company = Company::new(&store).await;
            let okta = callers::directory(&company, Provider::Okta).await;
            let mut paths = Vec::new();
            for email in [ANA, "bo@acme.test"] {
                paths.push(format!("/Users/{}", okta.creates(email).await));
                company.accepts(email).await;
                company.promotes(email, Role::Owner).await;
            }
            company.promotes("ada@acme.test", Role::Member).await;
            let off = json!([{ "op": "replace", "value": { "active": false } }]);
            let answers = at_once(paths.into_iter().map(|path| {
                let (okta, off) = (okta.clone(), off.clone());
                async move { okta.change(&path, &off).await }
            }))
            .await;
            assert_eq!(
                statuses(&answers),
                [200, 200],
                "round {round}: {}",
                answers[0].text() + &answers[1].text()
            );
            let standings = [company.standing(ANA).await, company.standing("bo@acme.test").await];
            let active = standings.iter().filter(|standing| standing.starts_with("active")).count();
            assert_eq!(active, 1, "round {round}: {standings:?}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deactivate_wins_over_an_accept_in_flight() {
    for delay in [0, 5, 20, 60, 120] {
        each_engine(async |store| {
            let company = Company::new(&store).await;
            let okta = callers::directory(&company, Provider::Okta).await;
            let path = format!("/Users/{}", okta.creates(ANA).await);
            let link = company.invitation_link(ANA).await;
            let rollcall = company.rollcall.clone();
            let accepting = tokio::spawn(async move {
                let acceptance = Acceptance::Password { name: "Ana", password: PASSWORD };
                invitation::accept(&rollcall, &link, acceptance).await.map(|_| ())
            });
            tokio::time::sleep(Duration::from_millis(delay)).await;
            let off = json!([{ "op": "replace", "value": { "active": false } }]);
            okta.change(&path, &off).await.shows(200);
            let accepted = accepting.await.unwrap();

            let standing = company.standing(ANA).await;
            assert!(standing.starts_with("suspended directory member"), "after {delay} ms: {standing}");
            let expected = if accepted.is_ok() { "invitation accepted" } else { "invitation revoked" };
            assert!(standing.contains(expected), "after {delay} ms: {standing}");
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_deleted_while_groups_are_pushed_is_nobodys_member() {
    for _ in 0..6 {
        each_engine(async |store| {
            let company = Company::new(&store).await;
            let okta = callers::directory(&company, Provider::Okta).await;
            let ana = okta.creates(ANA).await;
            let mut groups = Vec::new();
            for n in 0..6 {
                groups.push(okta.creates_group(&format!("Group {n}"), &[]).await);
            }
            let add = json!([{ "op": "add", "path": "members", "value": [{ "value": ana }] }]);
            let mut work: Vec<futures::future::BoxFuture<'static, Answer>> = Vec::new();
            for group in &groups {
                work.push(Box::pin(change(okta.clone(), format!("/Groups/{group}"), add.clone())));
            }
            let (caller, path) = (okta.clone(), format!("/Users/{ana}"));
            work.insert(3, Box::pin(async move { caller.delete(&path).await }));
            let answers = at_once(work).await;
            assert!(answers.iter().all(|answer| answer.status.is_success()), "{:?}", statuses(&answers));
            for group in &groups {
                assert!(okta.members_of(group).await.is_empty(), "a tombstone is a member");
            }
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accepts_of_one_invitation_make_one_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let okta = callers::directory(&company, Provider::Okta).await;
        okta.creates(ANA).await;
        let link = company.invitation_link(ANA).await;
        let outcomes = at_once((0..4).map(|_| {
            let (rollcall, link) = (company.rollcall.clone(), link.clone());
            async move {
                let acceptance = Acceptance::Password { name: "Ana", password: PASSWORD };
                match invitation::accept(&rollcall, &link, acceptance).await {
                    Ok(_) => "accepted".to_owned(),
                    Err(refusal) if refusal.is_ours() => format!("failed: {refusal:?}"),
                    Err(_) => "refused".to_owned(),
                }
            }
        }))
        .await;
        let mut outcomes = outcomes;
        outcomes.sort();
        assert_eq!(outcomes, ["accepted", "refused", "refused", "refused"]);
        assert_eq!(company.look("SELECT id FROM accounts WHERE email_key = $1", ANA).await.len(), 1);
        assert!(company.standing(ANA).await.starts_with("active"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_accepting_in_two_workspaces_at_once_gets_one_account() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let beta = company.other_workspace("Beta", "bea@beta.test").await;
        let (directory, token) = company.directory_in(&beta, Provider::Okta, Role::Member).await;
        let there = Caller::new(&company.rollcall, directory.id, Some(token.reveal()));
        let here = callers::directory(&company, Provider::Okta).await;
        here.creates(ANA).await;
        there.creates(ANA).await;
        let mut links = Vec::new();
        let invitations = company.look("SELECT id FROM invitations WHERE email = $1", ANA).await;
        for id in &invitations {
            links.push(company.link_of(&rollcall::model::InvitationId(id.clone())).await);
        }
        let outcomes = at_once(links.clone().into_iter().map(|link| {
            let rollcall = company.rollcall.clone();
            async move {
                let acceptance = Acceptance::Password { name: "Ana", password: PASSWORD };
                invitation::accept(&rollcall, &link, acceptance).await.map(|_| ())
            }
        }))
        .await;
        for outcome in &outcomes {
            assert!(!outcome.as_ref().is_err_and(rollcall::Error::is_ours), "{outcome:?}");
        }
        assert_eq!(company.look("SELECT id FROM accounts WHERE email_key = $1", ANA).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_rotations_at_once_leave_two_live_tokens() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (directory, _) = company.directory(Provider::Okta).await;
        at_once((0..5).map(|_| {
            let (rollcall, workspace, id) =
                (company.rollcall.clone(), company.workspace.clone(), directory.id.clone());
            async move {
                let caller = rollcall::people::Caller::CommandLine(&workspace);
                token::rotate(&rollcall, &caller, &id, TokenLife::Forever, Others::Keep).await.is_ok()
            }
        }))
        .await;
        let sql = "SELECT id FROM directory_tokens WHERE directory_id = $1 AND revoked_at IS NULL";
        assert_eq!(company.look(sql, directory.id.as_str()).await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_on_invite_makes_one_invitation() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let outcomes = at_once((0..6).map(|_| {
            let (rollcall, workspace) = (company.rollcall.clone(), company.workspace.clone());
            async move {
                let caller = rollcall::people::Caller::CommandLine(&workspace);
                let invited = invitation::invite(&rollcall, &caller, ANA, Role::Member, None).await;
                invited.map(|invited| invited[0].outcome.clone()).map_err(|refusal| format!("{refusal:?}"))
            }
        }))
        .await;
        let sent = outcomes.iter().filter(|outcome| **outcome == Ok(invitation::InviteOutcome::Sent)).count();
        assert_eq!(sent, 1, "{outcomes:?}");
        assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        assert_eq!(
            company.standing(ANA).await,
            "invited manual member, invitation pending, mail queued, 0 sessions"
        );
    })
    .await;
}
