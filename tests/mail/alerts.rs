//! What owners are told of their directories, and people of their own access: once for each occurrence.

use std::time::Duration;

use rollcall::{
    audit::Actor,
    directory::administration,
    jobs::run_chores,
    mail::templates::Failure,
    model::{MailStatus, MembershipId, MembershipStatus, OnRemoval, Role},
    people::{
        alerts::{self, FailingDirectory},
        membership, workspace,
    },
    store::{self, directory_tokens::DirectoryToken, directory_users::DirectoryUser},
};

use crate::{post_office::PostOffice, support::each_engine};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The directory adds so many people, and they have joined; the invitations have left.
async fn members(office: &PostOffice, names: std::ops::Range<usize>) -> Vec<DirectoryUser> {
    let mut users = Vec::new();
    for number in names {
        let user = office.acme.directory_adds(&format!("person{number}@acme.test")).await;
        let id = user.membership_id.clone().unwrap();
        let mut tx = office.rollcall().db.write().await.unwrap();
        let mut membership =
            store::memberships::get(&mut tx, &office.acme.workspace.id, &id).await.unwrap().unwrap();
        membership.status = MembershipStatus::Active;
        store::memberships::update(&mut tx, &membership).await.unwrap();
        tx.commit().await.unwrap();
        users.push(user);
    }
    office.worker.run_due().await;
    users
}

async fn told(office: &PostOffice, template: &str) -> Vec<String> {
    let mails = office.outbox().await;
    mails.into_iter().filter(|mail| mail.template == template).map(|mail| mail.recipient).collect()
}

#[tokio::test]
async fn owners_are_told_once_when_a_directory_suspends_many() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let users = members(&office, 0..24).await;
        for user in &users[..10] {
            office.acme.directory_deactivates(user).await;
        }
        assert!(told(&office, "mass_change").await.is_empty(), "ten are no mass");
        office.acme.directory_deactivates(&users[10]).await;
        assert_eq!(told(&office, "mass_change").await, ["ada@acme.test"], "at once");
        for user in &users[11..20] {
            office.acme.directory_deactivates(user).await;
        }
        assert_eq!(told(&office, "mass_change").await.len(), 1, "once for a window");

        office.worker.run_due().await;
        let received = office.server.wait_for(25).await;
        let mail = received.last().unwrap();
        assert_eq!(mail.header("Subject"), "11 people lost access to Acme");
        assert!(mail.text().contains("Okta has suspended 11 of 25 members of Acme"), "{}", mail.text());
        assert!(mail.text().contains("/w/acme/people?tab=suspended"));

        office.clock.advance(Duration::from_secs(601));
        for user in &users[20..] {
            office.acme.directory_deactivates(user).await;
        }
        assert_eq!(told(&office, "mass_change").await.len(), 1, "the next window counts from the start");
    })
    .await;
}

async fn limits_seats(office: &PostOffice, limit: i64) {
    workspace::update(office.rollcall(), &office.acme.admin(), "Acme", Ok(Some(limit)), "en").await.unwrap();
}

/// Owners and admins hear that someone waits for a seat; not with everyone who waits, but again after a seat was free.
#[tokio::test]
async fn admins_are_told_once_that_no_seat_is_free() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let users = members(&office, 0..2).await;
        let id = users[0].membership_id.clone().unwrap();
        membership::change_role(office.rollcall(), &office.acme.admin(), &id, Role::Admin).await.unwrap();
        limits_seats(&office, 3).await;
        assert!(told(&office, "seat_limit_reached").await.is_empty(), "nobody waits");
        for email in ["bo@acme.test", "cy@acme.test"] {
            office.acme.directory_adds(email).await;
        }
        let mut admins = told(&office, "seat_limit_reached").await;
        admins.sort();
        assert_eq!(admins, ["ada@acme.test", "person0@acme.test"], "once, to those who can do something");
        // Saved again, the limit is the same.
        limits_seats(&office, 3).await;
        office.acme.directory_adds("di@acme.test").await;
        assert_eq!(told(&office, "seat_limit_reached").await.len(), 2);

        office.worker.run_due().await;
        let received = office.server.wait_for(4).await;
        let mails: Vec<_> = received.iter().filter(|mail| mail.header("Subject").contains("seat")).collect();
        assert_eq!(mails.len(), 2);
        let text = mails[0].text();
        assert_eq!(mails[0].header("Subject"), "Acme has no free seat");
        assert!(text.contains("its limit of 3 seats is reached"), "{text}");
        assert!(text.contains("/w/acme/settings/general"), "{text}");

        // A seat is free, goes to the one who waits longest, and then there is none for the next.
        office.clock.advance(DAY);
        office.acme.directory_deactivates(&users[1]).await;
        run_chores(office.rollcall()).await;
        assert_eq!(told(&office, "seat_limit_reached").await.len(), 2, "nobody new waits");
        office.acme.directory_adds("ed@acme.test").await;
        assert_eq!(told(&office, "seat_limit_reached").await.len(), 4);

        // Before these leave, the limit is raised.
        limits_seats(&office, 50).await;
        office.worker.run_due().await;
        let mails = office.outbox().await;
        let cancelled = mails
            .iter()
            .filter(|mail| mail.template == "seat_limit_reached" && mail.status == MailStatus::Cancelled);
        assert_eq!(cancelled.count(), 2);
    })
    .await;
}

async fn states(office: &PostOffice, template: &str) -> Vec<(String, MailStatus, String)> {
    let mails = office.outbox().await.into_iter().filter(|mail| mail.template == template);
    let mut states: Vec<_> =
        mails.map(|mail| (mail.recipient, mail.status, mail.answer.unwrap_or_default())).collect();
    states.sort();
    states
}

/// The chores found the directory failing: what they write down then.
async fn fails(office: &PostOffice) {
    let context = office.rollcall().context(Actor::Rollcall);
    let directory = office.acme.directory.id.clone();
    let mut tx = office.rollcall().db.write().await.unwrap();
    assert!(store::directory_troubles::begin(&mut tx, &directory, context.now).await.unwrap());
    let failing =
        FailingDirectory { directory, failure: Failure::BadToken, since: context.now, answer: None };
    alerts::directory_failing(&mut tx, &context, &office.acme.workspace.id, &failing).await.unwrap();
    tx.commit().await.unwrap();
}

async fn recovers(office: &PostOffice) {
    let mut tx = office.rollcall().db.write().await.unwrap();
    store::directory_troubles::end(&mut tx, &office.acme.directory.id).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn owners_are_not_told_of_a_failure_that_is_over() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        fails(&office).await;
        recovers(&office).await;
        office.worker.run_due().await;
        let found = states(&office, "directory_failing").await;
        assert!(
            matches!(&found[..], [(_, MailStatus::Cancelled, why)] if why.contains("worked again")),
            "{found:?}"
        );
        // It fails once more before a mail about the first time could leave: that one stays cancelled.
        office.clock.advance(DAY);
        fails(&office).await;
        office.worker.run_due().await;
        assert_eq!(office.server.wait_for(1).await.len(), 1);
        let mail = &office.server.received()[0];
        assert_eq!((mail.to(), mail.header("Subject")), ("ada@acme.test", "Okta cannot update Acme"));

        recovers(&office).await;
        office.clock.advance(DAY);
        fails(&office).await;
        administration::remove(
            office.rollcall(),
            &office.acme.admin(),
            &office.acme.directory.id,
            OnRemoval::Keep,
        )
        .await
        .unwrap();
        office.worker.run_due().await;
        assert_eq!(office.server.received().len(), 1, "the directory is removed");
    })
    .await;
}

#[tokio::test]
async fn alerts_do_not_reach_who_looks_after_the_workspace_no_more() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let users = members(&office, 0..3).await;
        let ids: Vec<_> = users.iter().map(|user| user.membership_id.clone().unwrap()).collect();
        for id in &ids {
            membership::change_role(office.rollcall(), &office.acme.admin(), id, Role::Owner).await.unwrap();
        }
        fails(&office).await;
        let admin = office.acme.admin();
        membership::change_role(office.rollcall(), &admin, &ids[0], Role::Member).await.unwrap();
        membership::change_role(office.rollcall(), &admin, &ids[1], Role::Admin).await.unwrap();
        office.acme.directory_deactivates(&users[2]).await;
        office.worker.run_due().await;
        let found = states(&office, "directory_failing").await;
        let found: Vec<_> = found.iter().map(|(to, status, _)| (to.as_str(), *status)).collect();
        assert_eq!(
            found,
            [
                ("ada@acme.test", MailStatus::Accepted),
                ("person0@acme.test", MailStatus::Cancelled),
                ("person1@acme.test", MailStatus::Accepted),
                ("person2@acme.test", MailStatus::Cancelled),
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn owners_are_not_told_of_many_who_all_have_access_again() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let users = members(&office, 0..24).await;
        for user in &users[..11] {
            office.acme.directory_deactivates(user).await;
        }
        for user in &users[..11] {
            office.acme.directory_says(user, true).await;
        }
        office.worker.run_due().await;
        let found = states(&office, "mass_change").await;
        assert!(
            matches!(&found[..], [(_, MailStatus::Cancelled, why)] if why.contains("access again")),
            "{found:?}"
        );
    })
    .await;
}

/// R4: the owner alone would be the one who is said to be gone. Who looks after the installation hears of it as well,
/// and the workspace's admins.
#[tokio::test]
async fn the_last_owner_is_not_the_only_one_who_hears_of_it() {
    each_engine(async |store| {
        let mut office = PostOffice::new(&store).await;
        let (beta, bo, _) = workspace::create(office.rollcall(), "Beta", "bo@beta.test", None).await.unwrap();
        office.acme.directory.id = office.clock.new_id();
        office.acme.directory.workspace_id = beta.id.clone();
        office.acme.workspace = beta;
        let mut tx = office.rollcall().db.write().await.unwrap();
        store::directories::insert(&mut tx, &office.acme.directory, None).await.unwrap();
        tx.commit().await.unwrap();
        let users = members(&office, 0..2).await;
        let [owner, admin] = [0, 1].map(|index: usize| users[index].membership_id.clone().unwrap());
        let gives = async |id: &MembershipId, role| {
            membership::change_role(office.rollcall(), &office.acme.admin(), id, role).await.unwrap();
        };
        gives(&owner, Role::Owner).await;
        gives(&admin, Role::Admin).await;
        let mut conn = office.rollcall().db.read().await.unwrap();
        let first = store::memberships::find_by_account(&mut conn, &office.acme.workspace.id, &bo.id);
        let first = first.await.unwrap().unwrap();
        drop(conn);
        gives(&first.id, Role::Member).await;

        office.acme.directory_deactivates(&users[0]).await;
        let mut recipients = told(&office, "last_owner").await;
        recipients.sort();
        assert_eq!(recipients, ["ada@acme.test", "person0@acme.test", "person1@acme.test"]);
        office.worker.run_due().await;
        let found = states(&office, "last_owner").await;
        assert!(found.iter().all(|(_, status, _)| *status == MailStatus::Accepted), "{found:?}");

        // Once more; before the mails leave, another owner is there, and the matter is over.
        office.clock.advance(DAY);
        office.acme.directory_says(&users[0], true).await;
        office.acme.directory_deactivates(&users[0]).await;
        gives(&admin, Role::Owner).await;
        office.worker.run_due().await;
        let found = states(&office, "last_owner").await;
        let cancelled = found.iter().filter(|(_, status, _)| *status == MailStatus::Cancelled);
        assert_eq!((found.len(), cancelled.count()), (6, 3), "{found:?}");
    })
    .await;
}

#[tokio::test]
async fn suspended_people_are_told_where_the_workspace_wants_it() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let users = members(&office, 0..3).await;
        office.acme.directory_deactivates(&users[0]).await;
        assert!(told(&office, "access_suspended").await.is_empty(), "off by default");

        rollcall::people::mail::tell_suspended(office.rollcall(), &office.acme.admin(), true).await.unwrap();
        office.acme.directory_deactivates(&users[1]).await;
        let id = users[2].membership_id.clone().unwrap();
        membership::suspend(office.rollcall(), &office.acme.admin(), &id).await.unwrap();
        membership::reinstate(office.rollcall(), &office.acme.admin(), &id).await.unwrap();
        office.worker.run_due().await;
        let received = office.server.wait_for(4).await;
        let told: Vec<_> =
            received.iter().filter(|mail| mail.header("Subject").contains("was suspended")).collect();
        let [mail] = told[..] else { panic!("{told:?}") };
        assert_eq!(mail.to(), "person1@acme.test");
        assert!(mail.text().contains("Your company’s directory has ended your access to Acme."));
        let outbox = office.outbox().await;
        let back = |mail: &&store::outbox::Mail| {
            mail.recipient == "person2@acme.test" && mail.template == "access_suspended"
        };
        assert_eq!(outbox.iter().find(back).unwrap().status, MailStatus::Cancelled, "has access again");
    })
    .await;
}

#[tokio::test]
async fn owners_are_told_three_times_of_a_token_that_ends() {
    each_engine(async |store| {
        let office = PostOffice::new(&store).await;
        let now = office.clock.now();
        let token = DirectoryToken {
            id: office.clock.new_id(),
            directory_id: office.acme.directory.id.clone(),
            hint: "scim_…7f3a".to_owned(),
            created_by: None,
            created_at: now,
            expires_at: Some(now.plus(40 * DAY)),
            revoked_at: None,
            last_used_at: None,
        };
        let mut tx = office.rollcall().db.write().await.unwrap();
        store::directory_tokens::insert(&mut tx, &token, "hash").await.unwrap();
        tx.commit().await.unwrap();

        run_chores(office.rollcall()).await;
        assert!(office.outbox().await.is_empty(), "forty days are far away");
        for (wait, mails) in [(11, 1), (1, 1), (15, 2), (10, 3), (1, 3)] {
            office.clock.advance(wait * DAY);
            run_chores(office.rollcall()).await;
            run_chores(office.rollcall()).await;
            assert_eq!(told(&office, "token_expiring").await.len(), mails, "after {wait} days more");
            if mails < 3 {
                office.worker.run_due().await;
            }
        }
        let mail = &office.server.wait_for(2).await[0];
        assert_eq!(mail.to(), "ada@acme.test");
        assert_eq!(mail.header("Subject"), "The token of Okta expires on 24 February 2026");
        assert!(mail.text().contains("scim_…7f3a"), "{}", mail.text());
        let page = format!("/w/acme/settings/security/directories/{}", office.acme.directory.id);
        assert!(mail.text().contains(&page), "{}", mail.text());

        let mut tx = office.rollcall().db.write().await.unwrap();
        store::directory_tokens::revoke_all(&mut tx, &office.acme.directory.id, office.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        office.worker.run_due().await;
        assert_eq!(office.outbox().await[0].status, MailStatus::Cancelled, "revoked meanwhile");
    })
    .await;
}
