//! Sessions that begin while the access of their account ends.

use std::{future::Future, time::Duration};

use axum::{Router, routing::post};
use http::HeaderMap;
use rollcall::{
    Rollcall,
    audit::Actor,
    model::{AccountId, Provider, Role, SuspendedBy},
    people::{
        grants,
        invitation::{self, Acceptance},
    },
    web,
};
use serde_json::json;
use tower_sessions::Session;

use crate::{
    callers,
    company::{Company, PASSWORD},
    requests::Ask,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

/// A page on which this account signs in; `meanwhile` happens once that is granted, before the session is stored.
fn sign_in_page<F: Future<Output = ()> + Send>(
    rollcall: &Rollcall,
    account: &AccountId,
    meanwhile: impl Fn() -> F + Clone + Send + Sync + 'static,
) -> Router {
    let account = account.clone();
    let handler = move |session: Session, headers: HeaderMap| async move {
        web::sign_in(&session, &account, &headers).await.unwrap();
        meanwhile().await;
    };
    Router::new().route("/", post(handler)).layer(web::session_layer(rollcall))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_begins_when_the_access_ends_while_someone_signs_in() {
    for (stays_active, end) in [
        (true, "active directory member, invitation accepted, mail cancelled, 1 session"),
        (false, "suspended directory member, invitation accepted, mail cancelled, 0 sessions"),
    ] {
        each_engine(async |store| {
            let company = Company::new(&store).await;
            let okta = callers::directory(&company, Provider::Okta).await;
            let path = format!("/Users/{}", okta.creates(ANA).await);
            let link = company.invitation_link(ANA).await;
            let acceptance = Acceptance::Password { name: "Ana", password: PASSWORD };
            let (account, _) = invitation::accept(&company.rollcall, &link, acceptance).await.unwrap();
            let page = sign_in_page(&company.rollcall, &account.id, move || {
                let (okta, path) = (okta.clone(), path.clone());
                async move {
                    let says = json!([{ "op": "replace", "value": { "active": stays_active } }]);
                    okta.change(&path, &says).await.shows(200);
                }
            });
            Ask::new("POST", "/").to(&page).await.has_status(200);
            assert_eq!(company.standing(ANA).await, end);
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_waits_for_whoever_is_taking_the_access_away() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let account = company.adds_by_hand(ANA, Role::Member).await;
        let mut membership = company.membership(ANA).await;
        let context = company.rollcall.context(Actor::CommandLine);
        let mut tx = company.rollcall.db.write().await.unwrap();
        grants::suspend(&mut tx, &context, &mut membership, SuspendedBy::Admin).await.unwrap();

        let page = sign_in_page(&company.rollcall, &account.id, || async {});
        let mut signing_in = tokio::spawn(async move { Ask::new("POST", "/").to(&page).await });
        // A session that does not wait is stored now, and outlives the suspension.
        let _ = tokio::time::timeout(Duration::from_millis(300), &mut signing_in).await;
        tx.commit().await.unwrap();
        if !signing_in.is_finished() {
            signing_in.await.unwrap().has_status(200);
        }
        assert!(company.standing(ANA).await.ends_with("0 sessions"), "{}", company.standing(ANA).await);
    })
    .await;
}
