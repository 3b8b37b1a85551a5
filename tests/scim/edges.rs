//! What happens at the edges of a person's way in and out, each as it once went wrong somewhere.

use std::{convert::Infallible, time::Duration};

use axum::body::Body;
use futures::{FutureExt, stream};
use http::Request;
use rollcall::{
    directory::{administration, role_mapping},
    model::{DirectoryUserId, MailId, OnRemoval, Provider, Role, SuspendedBy},
    people::{
        self, held,
        invitation::{self, Acceptance, Doorway, InviteOutcome},
        mail, membership,
    },
    scim_api, store,
};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    callers::{self, person},
    company::{Company, PASSWORD},
    support::each_engine,
};

const ANA: &str = "ana@acme.test";

fn active(truth: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": truth }])
}

#[tokio::test]
async fn a_directory_removed_in_the_middle_of_a_cycle_answers_401_and_changes_nobody() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        company.remove_directory(&idp.directory, OnRemoval::Keep).await;
        let before = company.standing(ANA).await;
        for answer in [
            idp.change(&ana, &active(false)).await,
            idp.delete(&ana).await,
            idp.post("/Users", &person("bo@acme.test")).await,
            idp.get("/Users").await,
        ] {
            answer.refuses(401, "");
        }
        assert_eq!(company.standing(ANA).await, before);
        assert_eq!(company.standing("bo@acme.test").await, "nobody");
    })
    .await;
}

#[tokio::test]
async fn a_request_that_was_let_in_before_the_directory_was_removed_changes_nobody() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let bo = person("bo@acme.test");
        let alone = late(&company, "/Users", &bo).await;
        assert_eq!(alone["status"], "401");
        let bulk = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": [
            { "method": "POST", "path": "/Users", "bulkId": "1", "data": bo }
        ] });
        let together = late(&company, "/Bulk", &bulk).await;
        assert_eq!(together["Operations"][0]["status"], "401");
        assert_eq!(company.standing("bo@acme.test").await, "nobody");
    })
    .await;
}

/// The answer to a request whose directory is removed after its token was looked at and before its body is read.
async fn late(company: &Company, endpoint: &str, body: &Value) -> Value {
    let (directory, token) = company.directory(Provider::Generic).await;
    let request = Request::post(format!("/scim/v2/{}{endpoint}", directory.id))
        .header("authorization", format!("Bearer {}", token.reveal()));
    let (rollcall, workspace, body) = (company.rollcall.clone(), company.workspace.clone(), body.to_string());
    let body = Body::from_stream(stream::once(async move {
        let admin = people::Caller::CommandLine(&workspace);
        administration::remove(&rollcall, &admin, &directory.id, OnRemoval::Suspend).await.unwrap();
        Ok::<_, Infallible>(body)
    }));
    let router = scim_api::router(&company.rollcall);
    let response = router.oneshot(request.body(body).unwrap()).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn inviting_whom_the_directory_suspended_is_explained_and_never_raises_the_role() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        // Once as someone who never accepted, once as a member.
        for accepted in [false, true] {
            if accepted {
                company.accepts(ANA).await;
            }
            idp.change(&ana, &active(false)).await.shows(200);
            let before = company.standing(ANA).await;
            let results = company.invites(ANA, Role::Admin).await;
            assert_eq!(results[0].outcome, InviteOutcome::Suspended(SuspendedBy::Directory));
            assert_eq!(company.standing(ANA).await, before, "no success is feigned");
            idp.change(&ana, &active(true)).await.shows(200);
            assert_eq!(company.membership(ANA).await.role, Role::Member);
        }
    })
    .await;
}

#[tokio::test]
async fn an_invitation_by_hand_of_a_deleted_person_is_not_mixed_with_the_directorys() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        idp.delete(&ana).await.is_empty();
        company.invites(ANA, Role::Viewer).await;
        let by_hand = company.standing(ANA).await;
        assert!(by_hand.starts_with("invited manual viewer"), "{by_hand}");
        // The directory names her again: the invitation by hand stands, with its role, and she is held as a conflict.
        let ana = idp.creates(ANA).await;
        assert_eq!(company.standing(ANA).await, by_hand);
        company.accepts(ANA).await;
        let id = DirectoryUserId(ana);
        held::link(&company.rollcall, &company.admin(), &idp.directory, &id).await.unwrap();
        assert!(company.standing(ANA).await.starts_with("active directory_and_manual viewer"));
    })
    .await;
}

#[tokio::test]
async fn after_a_withdrawn_or_expired_invitation_only_a_new_beginning_invites_again() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        for expired in [false, true] {
            let ana = format!("/Users/{}", idp.creates(ANA).await);
            let first = company.invitation(ANA).await.id;
            if expired {
                company.clock.advance(Duration::from_secs(15 * 24 * 3600));
                invitation::expire_overdue(&company.rollcall).await.unwrap();
            } else {
                let id = company.id_of(ANA).await;
                invitation::revoke(&company.rollcall, &company.admin(), &id).await.unwrap();
            }
            for truth in [false, true] {
                idp.change(&ana, &active(truth)).await.shows(200);
                assert!(company.standing(ANA).await.starts_with("provisioned directory member"), "{truth}");
            }
            idp.delete(&ana).await.is_empty();
            let ana = format!("/Users/{}", idp.creates(ANA).await);
            assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
            assert_ne!(company.invitation(ANA).await.id, first);
            idp.delete(&ana).await.is_empty();
        }
    })
    .await;
}

#[tokio::test]
async fn an_owner_adopted_by_the_directory_stays_an_owner_whatever_a_group_says() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.adds_by_hand(ANA, Role::Owner).await;
        let ana = idp.creates(ANA).await;
        role_mapping::map(&company.rollcall, &company.admin(), &idp.directory, "Guests", Role::Viewer)
            .await
            .unwrap();
        let id = DirectoryUserId(ana.clone());
        held::link(&company.rollcall, &company.admin(), &idp.directory, &id).await.unwrap();
        idp.creates_group("Guests", &[&ana]).await;
        assert_eq!(company.membership(ANA).await.role, Role::Owner);
        company.promotes(ANA, Role::Admin).await;
        assert_eq!(company.membership(ANA).await.role, Role::Viewer, "no owner any more: the group decides");
    })
    .await;
}

#[tokio::test]
async fn whoever_the_directory_calls_inactive_is_not_invited_again_however_their_invitation_ended() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let (rollcall, admin) = (&company.rollcall, company.admin());
        let idp = callers::directory(&company, Provider::Okta).await;
        for (email, end) in [(ANA, "expired"), ("bo@acme.test", "revoked"), ("cy@acme.test", "declined")] {
            let user = format!("/Users/{}", idp.creates(email).await);
            let id = company.id_of(email).await;
            match end {
                "expired" => {
                    company.clock.advance(Duration::from_secs(15 * 24 * 3600));
                    assert_eq!(invitation::expire_overdue(rollcall).await.unwrap(), 1);
                }
                "revoked" => invitation::revoke(rollcall, &admin, &id).await.unwrap(),
                _ => {
                    let link = company.invitation_link(email).await;
                    invitation::decline(rollcall, &link).await.unwrap();
                }
            }
            idp.change(&user, &active(false)).await.shows(200);
            let before = company.standing(email).await;
            assert!(
                before.starts_with(&format!("provisioned directory member, invitation {end}")),
                "{before}"
            );
            let mail = company.look("SELECT id FROM outbox WHERE recipient = $1", email).await.remove(0);
            for refusal in [
                invitation::resend(rollcall, &admin, &id).await.unwrap_err(),
                mail::send_again(rollcall, &admin, &MailId(mail)).await.unwrap_err(),
            ] {
                let words =
                    format!("The directory says that {email} is inactive. Activate the person there first.");
                assert_eq!(refusal.to_string(), words);
            }
            assert_eq!(company.standing(email).await, before, "nothing was sent");

            idp.change(&user, &active(true)).await.shows(200);
            invitation::resend(rollcall, &admin, &id).await.unwrap();
            assert!(
                company.standing(email).await.starts_with("invited directory member, invitation pending")
            );
        }
    })
    .await;
}

/// Whatever let the invitation live on: the word of the directory counts when it is answered.
#[tokio::test]
async fn an_open_invitation_lets_nobody_in_whom_the_directory_calls_inactive() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        idp.creates(ANA).await;
        let link = company.invitation_link(ANA).await;
        let turn_off = "UPDATE directory_users SET active = FALSE WHERE email = $1 RETURNING id";
        assert_eq!(company.look(turn_off, ANA).await.len(), 1);
        assert!(matches!(invitation::open(&company.rollcall, &link).await.unwrap(), Doorway::Withdrawn));
        let acceptance = Acceptance::Password { name: "Ana", password: PASSWORD };
        let refusal = invitation::accept(&company.rollcall, &link, acceptance).await.unwrap_err();
        assert!(matches!(refusal, rollcall::Error::NotFound { .. }), "{refusal:?}");
        assert!(company.standing(ANA).await.starts_with("invited"));

        // A directory that was removed has no word any more.
        company.remove_directory(&idp.directory, OnRemoval::Keep).await;
        company.accepts(ANA).await;
        assert!(company.standing(ANA).await.starts_with("active manual member"));
    })
    .await;
}

#[tokio::test]
async fn a_removed_directory_leaves_seats_and_mails_that_nobody_waits_for() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        idp.creates(ANA).await;
        company.accepts(ANA).await;
        let due = || {
            let rollcall = &company.rollcall;
            [&rollcall.held_due, &rollcall.mail_due].map(|due| due.notified().now_or_never().is_some())
        };
        due();
        assert_eq!(due(), [false, false]);
        company.remove_directory(&idp.directory, OnRemoval::Suspend).await;
        assert_eq!(due(), [true, true]);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_that_was_sent_again_a_moment_ago_does_not_expire() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        company.invites(ANA, Role::Member).await;
        company.clock.advance(Duration::from_secs(15 * 24 * 3600));
        let now = company.clock.now();
        let overdue = {
            let mut conn = company.rollcall.db.read().await.unwrap();
            store::invitations::list_overdue(&mut conn, now, 10).await.unwrap().remove(0)
        };
        let id = company.id_of(ANA).await;
        invitation::resend(&company.rollcall, &company.admin(), &id).await.unwrap();
        assert!(!invitation::expire(&company.rollcall, &overdue).await.unwrap());
        assert_eq!(
            company.standing(ANA).await,
            "invited manual member, invitation pending, mail cancelled+queued, 0 sessions"
        );
        company.clock.advance(Duration::from_secs(14 * 24 * 3600));
        assert!(invitation::expire(&company.rollcall, &overdue).await.unwrap(), "its time is over now");
    })
    .await;
}

#[tokio::test]
async fn who_never_accepted_is_not_reinstated_into_an_invitation_while_the_directory_calls_them_inactive() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.invites(ANA, Role::Member).await;
        let ana = idp.creates(ANA).await;
        let id = DirectoryUserId(ana.clone());
        held::link(&company.rollcall, &company.admin(), &idp.directory, &id).await.unwrap();
        idp.change(&format!("/Users/{ana}"), &active(false)).await.shows(200);
        let before = company.standing(ANA).await;
        assert!(before.starts_with("suspended directory_and_manual member, invitation revoked"), "{before}");
        let id = company.id_of(ANA).await;
        let refusal = membership::reinstate(&company.rollcall, &company.admin(), &id).await.unwrap_err();
        assert!(refusal.to_string().contains("is inactive"), "{refusal}");
        assert_eq!(company.standing(ANA).await, before);
    })
    .await;
}
