//! The gate while things move: an invited person whose address changes, settings that change during a request.

use rollcall::{
    audit::Actor,
    directory::{self, settings::Settings},
    jobs,
    model::{AllowedDomains, DirectoryUserId, HeldReason, InvitationMode, Provider},
    people::{invitation, projection::Speaker},
    store::{self, DatabaseUrl},
};
use serde_json::{Value, json};
use sqlx::Connection;

use crate::{
    callers::{self, person},
    company::Company,
    deadlock::{connect, someone_waits},
    support::{TestStore, each_engine},
};

const ANA: &str = "ana@acme.test";
const FOREIGN: &str = "ana@contractor.test";

fn domains(text: &str) -> AllowedDomains {
    text.parse().unwrap()
}

fn moved(email: &str) -> Value {
    json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": email }])
}

#[tokio::test]
async fn an_invited_person_who_moves_to_another_domain_is_held_until_it_is_let_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.allowed_domains = domains("acme.test")).await;
        let ana = idp.creates(ANA).await;
        let link = company.invitation_link(ANA).await;
        let path = format!("/Users/{ana}");
        idp.change(&path, &moved(FOREIGN)).await.shows(200);

        let withdrawn = "provisioned directory member, invitation revoked, mail cancelled, 0 sessions";
        assert_eq!(company.standing(FOREIGN).await, withdrawn);
        assert_eq!(company.held(&idp).await, [(ANA.to_owned(), HeldReason::DomainNotAllowed)]);
        let doorway = invitation::open(&company.rollcall, &link).await.unwrap();
        assert!(matches!(doorway, invitation::Doorway::Withdrawn), "{doorway:?}");
        let held = "SELECT detail FROM events WHERE subject_id = $1 AND action = 'directory_user.held'";
        assert!(company.look(held, &ana).await[0].contains("domain_not_allowed"));

        // Updates and looks at held people change nothing.
        idp.change(&path, &json!([{ "op": "replace", "path": "title", "value": "x" }])).await.shows(200);
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.standing(FOREIGN).await, withdrawn);
        assert_eq!(company.look(held, &ana).await.len(), 1, "said once");

        company.sets(&idp, |settings| settings.allowed_domains = domains("acme.test contractor.test")).await;
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(
            company.standing(FOREIGN).await,
            "invited directory member, invitation pending, mail queued, 0 sessions"
        );
        assert_eq!(company.held(&idp).await, []);
        assert_eq!(company.invitation(FOREIGN).await.email, FOREIGN);
    })
    .await;
}

#[tokio::test]
async fn who_moves_back_is_invited_again_and_who_was_withdrawn_by_hand_is_not() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.allowed_domains = domains("acme.test")).await;
        let path = format!("/Users/{}", idp.creates(ANA).await);
        idp.change(&path, &moved(FOREIGN)).await.shows(200);
        idp.change(&path, &moved("ana.b@acme.test")).await.shows(200);
        assert!(company.standing("ana.b@acme.test").await.starts_with("invited directory"));
        assert_eq!(company.held(&idp).await, []);

        // Held again, then invited by hand, and that invitation is withdrawn by hand: the gate has no say any more.
        idp.change(&path, &moved(FOREIGN)).await.shows(200);
        let id = company.id_of(FOREIGN).await;
        company.clock.advance(std::time::Duration::from_secs(61));
        invitation::resend(&company.rollcall, &company.admin(), &id).await.unwrap();
        assert_eq!(company.held(&idp).await, []);
        invitation::revoke(&company.rollcall, &company.admin(), &id).await.unwrap();
        company.sets(&idp, |settings| settings.allowed_domains = AllowedDomains::default()).await;
        jobs::run_chores(&company.rollcall).await;
        idp.change(&path, &json!([{ "op": "replace", "path": "title", "value": "x" }])).await.shows(200);
        assert!(
            company.standing(FOREIGN).await.starts_with("provisioned directory member, invitation revoked")
        );
    })
    .await;
}

#[tokio::test]
async fn a_freed_seat_goes_to_the_next_when_the_gate_withdraws_an_invitation() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.allowed_domains = domains("acme.test")).await;
        company.limits_seats(Some(2)).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        idp.creates("bo@acme.test").await;
        idp.change(&ana, &moved(FOREIGN)).await.shows(200);
        jobs::run_chores(&company.rollcall).await;
        assert!(company.standing("bo@acme.test").await.starts_with("invited"));

        // The domain is let in, but now there is no seat.
        company.sets(&idp, |settings| settings.allowed_domains = AllowedDomains::default()).await;
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, [(ANA.to_owned(), HeldReason::SeatLimit)]);
        company.limits_seats(None).await;
        jobs::run_chores(&company.rollcall).await;
        assert!(company.standing(FOREIGN).await.starts_with("invited"));
    })
    .await;
}

/// The settings of the directory as a request reads them when it is let in.
async fn speaker(company: &Company, idp: &callers::Caller) -> Speaker {
    let mut conn = company.rollcall.db.read().await.unwrap();
    let found =
        store::directories::get(&mut conn, &company.workspace.id, &idp.directory).await.unwrap().unwrap();
    Speaker { directory_id: found.id, workspace_id: found.workspace_id, settings: found.settings }
}

async fn creates_as(company: &Company, speaker: &Speaker, body: Value) -> DirectoryUserId {
    let Value::Object(document) = body else { panic!("an object") };
    let context = company.rollcall.context(Actor::Directory(speaker.directory_id.clone()));
    directory::user::create(&company.rollcall, &context, speaker, document).await.unwrap().user.id
}

/// A request that was let in before the settings changed, and is stored after the look at held people was over.
#[tokio::test]
async fn who_would_be_held_by_settings_of_a_moment_ago_is_not() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let strict: [fn(&mut Settings); 3] = [
            |settings| settings.invitation_mode = InvitationMode::Hold,
            |settings| settings.allowed_domains = domains("other.test"),
            |settings| settings.email_sources = "work".parse().unwrap(),
        ];
        for (number, strict) in strict.into_iter().enumerate() {
            let open = speaker(&company, &idp).await.settings;
            company.sets(&idp, strict).await;
            let stale = speaker(&company, &idp).await;
            company.sets(&idp, |settings| *settings = open).await;
            jobs::run_chores(&company.rollcall).await;

            let email = format!("late{number}@acme.test");
            let mut body = person(&email);
            body["emails"] = json!([{ "value": email, "type": "home" }]);
            creates_as(&company, &stale, body).await;
            assert!(company.standing(&email).await.starts_with("invited"), "{email}");
            assert_eq!(company.held(&idp).await, []);
        }
    })
    .await;
}

/// Settings that change again and again while people come in: in the end, when nobody has to wait, nobody waits.
#[tokio::test(flavor = "multi_thread")]
async fn no_hold_outlives_the_settings_that_made_it() {
    each_engine(async |store: TestStore| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        for round in 0..12 {
            company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::Hold).await;
            let coming: Vec<_> = (0..4)
                .map(|number| {
                    let idp = idp.clone();
                    tokio::spawn(async move {
                        let body = person(&format!("p{round}-{number}@acme.test"));
                        while idp.post("/Users", &body).await.status.as_u16() == 503 {}
                    })
                })
                .collect();
            company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::Send).await;
            jobs::run_chores(&company.rollcall).await;
            for task in coming {
                task.await.unwrap();
            }
            // Whoever was held before the change was seen by the look; whoever came later saw the change.
            assert_eq!(company.held(&idp).await, [], "round {round}");
        }
    })
    .await;
}

/// The later of two changes puts back what the earlier one changed: compared with what it was before both, nothing
/// would have changed, and nobody would look at the held people again.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_of_settings_at_once_the_later_is_compared_with_the_earlier() {
    each_engine(async |store| {
        let DatabaseUrl::Postgres(url) = &store.url else { return };
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let asked = "SELECT (recheck_from IS NOT NULL)::text FROM directories WHERE id = $1";
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.look(asked, idp.directory.as_str()).await, ["false"]);

        let mut other = connect(url).await;
        let mut earlier = other.begin().await.unwrap();
        sqlx::query("UPDATE directories SET invitation_mode = 'hold' WHERE id = $1")
            .bind(idp.directory.as_str())
            .execute(&mut *earlier)
            .await
            .unwrap();
        let later = company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::Send);
        let commit = async {
            someone_waits(&mut connect(url).await).await;
            earlier.commit().await.unwrap();
        };
        tokio::join!(later, commit);
        assert_eq!(company.look(asked, idp.directory.as_str()).await, ["true"]);
    })
    .await;
}
