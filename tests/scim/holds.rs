//! How people come in: by invitation, directly, or after an admin's approval; and what holds them back meanwhile.

use rollcall::{
    directory::settings::{self, Settings, Wanted},
    jobs,
    model::{DirectoryUserId, HeldReason, InvitationMode, Provider, Role, WhenFull},
    people::{held, invitation::InviteOutcome, membership, workspace},
    store,
};
use serde_json::{Value, json};

use crate::{
    callers::{self, Caller, person},
    company::Company,
    support::each_engine,
};

const ANA: &str = "ana@acme.test";
const BO: &str = "bo@acme.test";
const CY: &str = "cy@acme.test";

fn active(truth: bool) -> Value {
    json!([{ "op": "replace", "path": "active", "value": truth }])
}

impl Company {
    /// Changes the settings of a directory.
    pub async fn sets(&self, idp: &Caller, change: impl FnOnce(&mut Settings)) {
        let mut conn = self.rollcall.db.read().await.unwrap();
        let before =
            store::directories::get(&mut conn, &self.workspace.id, &idp.directory).await.unwrap().unwrap();
        drop(conn);
        let mut settings = before.settings;
        change(&mut settings);
        let wanted = Wanted { provider: before.provider, name: before.name, settings };
        settings::update(&self.rollcall, &self.admin(), &idp.directory, &wanted).await.unwrap();
    }

    pub async fn limits_seats(&self, limit: Option<i64>) {
        workspace::update(&self.rollcall, &self.admin(), "Acme", Ok(limit), "en").await.unwrap();
    }

    /// Who is held, and why, in the order in which they came to be.
    pub async fn held(&self, idp: &Caller) -> Vec<(String, HeldReason)> {
        let mut conn = self.rollcall.db.read().await.unwrap();
        let users = store::held::list(&mut conn, &idp.directory, 0, 100).await.unwrap();
        users.into_iter().map(|user| (user.user_name, user.held_reason.unwrap())).collect()
    }

    async fn approves(&self, idp: &Caller, id: &str) -> rollcall::Result<bool> {
        let id = DirectoryUserId(id.to_owned());
        held::approve(&self.rollcall, &self.admin(), &idp.directory, &id).await
    }
}

fn held_for(reason: HeldReason, people: &[&str]) -> Vec<(String, HeldReason)> {
    people.iter().map(|name| ((*name).to_owned(), reason)).collect()
}

#[tokio::test]
async fn added_directly_people_are_members_at_once_and_get_a_link_that_sets_a_password() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::AddDirectly).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        assert_eq!(
            company.standing(ANA).await,
            "active directory member, invitation none, mail none, 0 sessions"
        );
        let account = company.membership(ANA).await.account_id.unwrap();
        let mails = "SELECT template || ' ' || status FROM outbox WHERE subject_id = $1";
        assert_eq!(company.look(mails, account.as_str()).await, ["added queued"]);

        idp.change(&ana, &active(false)).await.shows(200);
        assert_eq!(
            company.look(mails, account.as_str()).await,
            ["added cancelled"],
            "removed within the same cycle: no mail"
        );
        assert!(company.standing(ANA).await.starts_with("suspended directory member"));
        idp.change(&ana, &active(true)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("active directory member"));
    })
    .await;
}

#[tokio::test]
async fn who_is_a_member_under_another_address_is_not_added_twice() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let account = company.adds_by_hand(ANA, Role::Member).await;
        let membership = company.membership(ANA).await;
        let mut tx = company.rollcall.db.write().await.unwrap();
        let moved = store::memberships::Membership {
            email: "ana.d@acme.test".into(),
            email_key: "ana.d@acme.test".into(),
            ..membership
        };
        store::memberships::update(&mut tx, &moved).await.unwrap();
        tx.commit().await.unwrap();
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::AddDirectly).await;
        idp.creates(&account.email).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::Conflict, &[ANA]));
    })
    .await;
}

#[tokio::test]
async fn held_for_approval_until_an_admin_approves_or_the_mode_changes() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::Hold).await;
        let ana = idp.creates(ANA).await;
        idp.creates(BO).await;
        let cy = idp.creates(CY).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::NeedsApproval, &[ANA, BO, CY]));
        assert_eq!(company.standing(ANA).await, "nobody");

        assert!(company.approves(&idp, &ana).await.unwrap(), "there is a seat");
        assert!(company.standing(ANA).await.starts_with("invited directory member, invitation pending"));
        assert!(company.approves(&idp, &ana).await.is_err(), "not held any more");
        assert_eq!(company.events(&ana).await[2..], ["directory_user.approved"]);

        // An update of someone who is held holds them still, and says nothing new.
        let cy = format!("/Users/{cy}");
        idp.change(&cy, &json!([{ "op": "replace", "path": "title", "value": "x" }])).await.shows(200);
        assert_eq!(company.held(&idp).await, held_for(HeldReason::NeedsApproval, &[BO, CY]));
        idp.change(&cy, &active(false)).await.shows(200);
        idp.change(&cy, &active(true)).await.shows(200);
        assert_eq!(company.standing(CY).await.split(',').next().unwrap(), "provisioned directory member");
        assert_eq!(company.held(&idp).await, held_for(HeldReason::NeedsApproval, &[BO, CY]));

        company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::Send).await;
        assert_eq!(company.held(&idp).await.len(), 2, "nothing that grows with the directory in a request");
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, []);
        for email in [BO, CY] {
            assert!(company.standing(email).await.starts_with("invited directory member"), "{email}");
        }
    })
    .await;
}

#[tokio::test]
async fn everyone_who_waits_is_approved_in_one_go() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::Hold).await;
        for number in 0..120 {
            idp.creates(&format!("p{number}@acme.test")).await;
        }
        assert_eq!(
            held::approve_all(&company.rollcall, &company.admin(), &idp.directory).await.unwrap(),
            120
        );
        idp.creates("late@acme.test").await;
        // One batch is bounded; the rest has its turn after it.
        held::release(&company.rollcall).await.unwrap();
        assert_eq!(company.held(&idp).await.len(), 21);
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::NeedsApproval, &["late@acme.test"]));
    })
    .await;
}

#[tokio::test]
async fn seats_are_counted_and_the_one_who_waits_longest_gets_the_next() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        // Ada has the first.
        company.limits_seats(Some(2)).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        company.clock.advance(std::time::Duration::from_secs(1));
        idp.creates(BO).await;
        company.clock.advance(std::time::Duration::from_secs(1));
        idp.creates(CY).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::SeatLimit, &[BO, CY]));
        let by_hand = company.invites("guest@acme.test", Role::Member).await;
        assert_eq!(by_hand[0].outcome, InviteOutcome::NoSeat);
        assert_eq!(company.standing("guest@acme.test").await, "nobody");
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await.len(), 2, "no seat, nobody in");

        idp.change(&ana, &active(false)).await.shows(200);
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::SeatLimit, &[CY]));
        assert!(company.standing(BO).await.starts_with("invited directory member"));

        // Ana was never a member. She comes back, and waits behind Cy.
        company.clock.advance(std::time::Duration::from_secs(1));
        idp.change(&ana, &active(true)).await.shows(200);
        assert_eq!(company.held(&idp).await, held_for(HeldReason::SeatLimit, &[CY, ANA]));
        assert!(company.standing(ANA).await.starts_with("suspended directory member"));
        company.limits_seats(Some(3)).await;
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::SeatLimit, &[ANA]));
        company.limits_seats(None).await;
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, []);
        assert!(company.standing(ANA).await.starts_with("invited directory member"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_do_not_share_the_last_seat() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.limits_seats(Some(4)).await;
        let tasks: Vec<_> = (0..12)
            .map(|number| {
                let idp = idp.clone();
                tokio::spawn(async move {
                    let body = person(&format!("p{number}@acme.test"));
                    while idp.post("/Users", &body).await.status.as_u16() == 503 {}
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let mut conn = company.rollcall.db.read().await.unwrap();
        let seats = store::seats::get(&mut conn, &company.workspace.id).await.unwrap().unwrap();
        let counts =
            store::membership_counts::count_by_status(&mut conn, &company.workspace.id).await.unwrap();
        drop(conn);
        assert_eq!((counts.active, counts.invited), (1, 3));
        assert_eq!((seats.active, seats.invited), (1, 3));
        assert_eq!(company.held(&idp).await.len(), 9);
    })
    .await;
}

#[tokio::test]
async fn a_full_workspace_can_refuse_instead_and_tells_whom_to_ask() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.when_full = WhenFull::Refuse).await;
        company.limits_seats(Some(2)).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        let detail = idp.post("/Users", &person(BO)).await.refuses(403, "");
        assert!(detail.contains("Acme has no free seat: its limit is 2. Ask an admin of Acme"), "{detail}");
        assert_eq!(idp.total("/Users").await, 1, "nothing is recorded of a refused person");

        company.accepts(ANA).await;
        idp.change(&ana, &active(false)).await.shows(200);
        idp.creates(BO).await;
        idp.change(&ana, &active(true)).await.refuses(403, "");
        assert_eq!(idp.get(&ana).await.shows(200)["active"], json!(false), "the mirror says what was taken");
    })
    .await;
}

#[tokio::test]
async fn an_address_of_another_domain_waits_until_the_domain_is_let_in() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.allowed_domains = "acme.test".parse().unwrap()).await;
        idp.creates(ANA).await;
        idp.creates("bo@Contractor.test").await;
        let cy = idp.creates("cy@eu.acme.test").await;
        assert!(company.standing(ANA).await.starts_with("invited"));
        let foreign = ["bo@Contractor.test", "cy@eu.acme.test"];
        assert_eq!(company.held(&idp).await, held_for(HeldReason::DomainNotAllowed, &foreign));

        company.approves(&idp, &cy).await.unwrap();
        assert!(company.standing("cy@eu.acme.test").await.starts_with("invited"), "an exception by hand");
        company
            .sets(&idp, |settings| settings.allowed_domains = "acme.test contractor.test".parse().unwrap())
            .await;
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, []);
        assert!(company.standing(foreign[0]).await.starts_with("invited"));
    })
    .await;
}

#[tokio::test]
async fn without_an_address_a_person_waits_for_one_or_for_another_source() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Entra).await;
        company.sets(&idp, |settings| settings.email_sources = "work".parse().unwrap()).await;
        let mut ana = person("ana@acme.test");
        ana["emails"] = json!([]);
        let ana = format!("/Users/{}", callers::id_of(&idp.post("/Users", &ana).await.shows(201)));
        let mut bo = person("bo@acme.test");
        bo["emails"] = json!([{ "value": "bo@home.test", "type": "home" }]);
        idp.post("/Users", &bo).await.shows(201);
        assert_eq!(company.held(&idp).await, held_for(HeldReason::EmailMissing, &[ANA, BO]));

        let mapped = json!([{ "op": "add", "path": "emails[type eq \"work\"].value", "value": ANA }]);
        idp.change(&ana, &mapped).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("invited"), "the directory sent the address");
        company.sets(&idp, |settings| settings.email_sources = "work,userName".parse().unwrap()).await;
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, []);
        assert!(company.standing(BO).await.starts_with("invited"));
    })
    .await;
}

#[tokio::test]
async fn a_conflict_is_linked_by_hand_or_ends_with_the_other_member() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.adds_by_hand(ANA, Role::Admin).await;
        company.adds_by_hand(BO, Role::Member).await;
        let ana = idp.creates(ANA).await;
        idp.creates(BO).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::Conflict, &[ANA, BO]));

        let link = async |id: &str| {
            let id = DirectoryUserId(id.to_owned());
            held::link(&company.rollcall, &company.admin(), &idp.directory, &id).await
        };
        let path = format!("/Users/{ana}");
        idp.change(&path, &active(false)).await.shows(200);
        let refusal = link(&ana).await.unwrap_err();
        assert!(
            refusal.to_string().contains("is inactive: linking would take their access away"),
            "{refusal}"
        );
        idp.change(&path, &active(true)).await.shows(200);
        link(&ana).await.unwrap();
        assert!(
            company.standing(ANA).await.starts_with("active directory_and_manual admin"),
            "the role stays: {}",
            company.standing(ANA).await
        );
        assert!(link(&ana).await.is_err());
        idp.change(&path, &active(false)).await.shows(200);
        assert!(company.standing(ANA).await.starts_with("suspended directory_and_manual admin"));

        let bo = company.id_of(BO).await;
        membership::remove(&company.rollcall, &company.admin(), &bo).await.unwrap();
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, []);
        assert!(company.standing(BO).await.starts_with("invited directory member"));
    })
    .await;
}

#[tokio::test]
async fn a_new_address_by_the_directory_ends_sessions_and_tells_both() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        let ana = format!("/Users/{}", idp.creates(ANA).await);
        company.accepts(ANA).await;
        let id = company.id_of(ANA).await;
        let moved = json!([{ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "ana.b@acme.test" }]);
        idp.change(&ana, &moved).await.shows(200);
        assert_eq!(company.id_of("ana.b@acme.test").await, id);
        assert!(company.standing("ana.b@acme.test").await.ends_with("0 sessions"));
        let told = "SELECT recipient FROM outbox WHERE subject_id = $1 AND template = 'directory_email_changed' ORDER BY recipient";
        assert_eq!(company.look(told, id.as_str()).await, ["ana.b@acme.test", ANA]);
    })
    .await;
}

#[tokio::test]
async fn what_is_held_stays_held_when_someone_else_may_not_approve() {
    each_engine(async |store| {
        let company = Company::new(&store).await;
        let idp = callers::directory(&company, Provider::Okta).await;
        company.sets(&idp, |settings| settings.invitation_mode = InvitationMode::Hold).await;
        let ana = DirectoryUserId(idp.creates(ANA).await);
        let other = company.other_workspace("Other", "eve@other.test").await;
        let eve = rollcall::people::Caller::CommandLine(&other);
        assert!(held::approve(&company.rollcall, &eve, &idp.directory, &ana).await.is_err());
        let people = [ana];
        assert!(held::approve_selected(&company.rollcall, &eve, &idp.directory, &people).await.is_err());
        assert!(held::approve_all(&company.rollcall, &eve, &idp.directory).await.is_err());
        assert!(held::link(&company.rollcall, &eve, &idp.directory, &people[0]).await.is_err());
        jobs::run_chores(&company.rollcall).await;
        assert_eq!(company.held(&idp).await, held_for(HeldReason::NeedsApproval, &[ANA]));
    })
    .await;
}
