//! The counters of seats: whatever happens to memberships, they say what a fresh count says.

use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use rollcall::{
    clock::Clock,
    model::{MembershipStatus, Role, Source},
    store::{self, Db, memberships::Membership, seats::Seats},
};

use crate::{
    company::Company,
    support::{TestStore, each_engine},
};

/// The counters, and what they should be.
async fn seats(db: &Db, company: &Company) -> (Option<Seats>, (i64, i64)) {
    let mut conn = db.read().await.unwrap();
    let seats = store::seats::get(&mut conn, &company.workspace.id).await.unwrap();
    let counts = store::membership_counts::count_by_status(&mut conn, &company.workspace.id).await.unwrap();
    let taken = store::seats::count_taken(&mut conn, &company.workspace.id).await.unwrap();
    assert_eq!(taken, counts.active + counts.invited);
    (seats, (counts.active, counts.invited))
}

async fn limit(db: &Db, company: &Company, limit: Option<i64>) {
    let mut tx = db.write().await.unwrap();
    store::seats::set_limit(&mut tx, &company.workspace.id, limit).await.unwrap();
    tx.commit().await.unwrap();
}

fn newcomer(company: &Company, number: u32, status: MembershipStatus) -> Membership {
    let (email, now) = (format!("p{number}@acme.test"), company.clock.now());
    Membership {
        id: Clock::System.new_id(),
        workspace_id: company.workspace.id.clone(),
        account_id: None,
        email_key: email.clone(),
        email,
        name: "Someone".to_owned(),
        language: None,
        role: Role::Member,
        status,
        source: Source::Manual,
        directory_id: None,
        suspended_by: None,
        status_changed_at: now,
        joined_at: None,
        last_active_at: None,
        created_at: now,
        updated_at: now,
    }
}

/// Does something at random, and keeps it or takes it back.
async fn something(db: &Db, company: &Company, people: &mut Vec<Membership>, random: &mut StdRng) {
    let mut tx = db.write().await.unwrap();
    let mut changed = people.clone();
    for _ in 0..random.random_range(1..4) {
        let status = *MembershipStatus::ALL.choose(random).unwrap();
        match random.random_range(0..10) {
            0 => {
                let limit = *[None, Some(1), Some(5), Some(1000)].choose(random).unwrap();
                store::seats::set_limit(&mut tx, &company.workspace.id, limit).await.unwrap();
            }
            1..4 => {
                // Some addresses are taken: then nobody is added.
                let person = newcomer(company, random.random_range(0..40), status);
                if store::memberships::insert(&mut tx, &person).await.unwrap() {
                    changed.push(person);
                }
            }
            _ => {
                let Some(index) = (0..changed.len()).collect::<Vec<_>>().choose(random).copied() else {
                    continue;
                };
                changed[index].status = status;
                store::memberships::update(&mut tx, &changed[index]).await.unwrap();
            }
        }
    }
    if random.random_bool(0.8) {
        tx.commit().await.unwrap();
        *people = changed;
    } else {
        tx.rollback().await.unwrap();
    }
}

#[tokio::test]
async fn counters_say_what_a_fresh_count_says() {
    each_engine(async |store: TestStore| {
        let company = Company::new(&store).await;
        let mut random = StdRng::seed_from_u64(7);
        let mut people = Vec::new();
        let mut counted = 0;
        for step in 0..400 {
            something(&store.db, &company, &mut people, &mut random).await;
            let (seats, counts) = seats(&store.db, &company).await;
            if let Some(seats) = seats {
                assert_eq!((seats.active, seats.invited), counts, "step {step}");
                counted += 1;
            }
        }
        assert!((100..400).contains(&counted), "with and without a limit: {counted}");
    })
    .await;
}

/// A limit that is set while people come in: those who saw no limit are in the first count.
#[tokio::test]
async fn a_limit_set_meanwhile_counts_everyone() {
    each_engine(async |store: TestStore| {
        let company = Company::new(&store).await;
        let (db, other) = (&store.db, store.open_again().await.db);
        for round in 0..10 {
            limit(db, &company, None).await;
            let comers = async {
                for number in 0..5 {
                    let mut tx = other.write().await.unwrap();
                    let mut person = newcomer(&company, round * 10 + number, MembershipStatus::Provisioned);
                    store::memberships::insert(&mut tx, &person).await.unwrap();
                    person.status = MembershipStatus::Invited;
                    store::memberships::update(&mut tx, &person).await.unwrap();
                    tokio::task::yield_now().await;
                    tx.commit().await.unwrap();
                }
            };
            futures::join!(comers, limit(db, &company, Some(1000)));
            let (seats, counts) = seats(db, &company).await;
            assert_eq!(seats.map(|seats| (seats.active, seats.invited)), Some(counts), "round {round}");
        }
    })
    .await;
}

/// Of two who change the same person at once, the second counts from what the first left.
#[tokio::test]
async fn one_person_changed_twice_at_once_is_counted_once() {
    each_engine(async |store: TestStore| {
        let company = Company::new(&store).await;
        limit(&store.db, &company, Some(10)).await;
        let other = store.open_again().await.db;
        for number in 0..20 {
            let invited = newcomer(&company, number, MembershipStatus::Invited);
            let mut tx = store.db.write().await.unwrap();
            store::memberships::insert(&mut tx, &invited).await.unwrap();
            tx.commit().await.unwrap();
            let suspend = async |db: &Db| {
                let mut tx = db.write().await.unwrap();
                let suspended = Membership { status: MembershipStatus::Suspended, ..invited.clone() };
                store::memberships::update(&mut tx, &suspended).await.unwrap();
                tx.commit().await.unwrap();
            };
            futures::join!(suspend(&store.db), suspend(&other));
        }
        let (seats, counts) = seats(&store.db, &company).await;
        assert_eq!(seats.map(|seats| (seats.active, seats.invited)), Some(counts));
        assert_eq!(counts, (1, 0));
    })
    .await;
}

/// Counters that are wrong by a hand's edit are refused before they can go below zero.
#[tokio::test]
async fn counters_are_never_negative() {
    each_engine(async |store: TestStore| {
        let company = Company::new(&store).await;
        limit(&store.db, &company, Some(10)).await;
        company
            .look(
                "UPDATE workspaces SET seats_active = 0 WHERE id = $1 RETURNING slug",
                company.workspace.id.as_str(),
            )
            .await;
        let mut owner = company.membership("ada@acme.test").await;
        owner.status = MembershipStatus::Suspended;
        let mut tx = store.db.write().await.unwrap();
        let refused = store::memberships::update(&mut tx, &owner).await;
        assert!(matches!(refused, Err(store::Error::Driver(_))), "{refused:?}");
        tx.rollback().await.unwrap();
    })
    .await;
}
