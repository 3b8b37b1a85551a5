//! The outbox: each mail is one worker's at a time.

use std::{collections::HashSet, time::Duration};

use rollcall::{
    clock::{Clock, Timestamp},
    model::{MailId, MailStatus},
    store::{self, Db, outbox::Mail},
};

use crate::support::{TestStore, each_engine, fixed_clock};

const LEASE: Duration = Duration::from_secs(60);

fn mail(number: usize, due_at: Timestamp) -> Mail {
    Mail {
        id: Clock::System.new_id(),
        workspace_id: None,
        template: "test".to_owned(),
        subject_id: number.to_string(),
        generation: 1,
        recipient: "ana@acme.test".to_owned(),
        detail: "{}".to_owned(),
        return_key: String::new(),
        status: MailStatus::Queued,
        attempts: 0,
        due_at,
        lease_until: Timestamp::ZERO,
        answer: None,
        created_at: due_at,
        updated_at: due_at,
    }
}

async fn queues(store: &TestStore, number: usize, due_at: Timestamp) -> Vec<MailId> {
    let mut tx = store.db.write().await.unwrap();
    let mut ids = Vec::new();
    for number in 0..number {
        let mail = mail(number, due_at);
        store::outbox::insert(&mut tx, &mail).await.unwrap();
        ids.push(mail.id);
    }
    tx.commit().await.unwrap();
    ids
}

async fn claims(db: &Db, now: Timestamp, limit: i64) -> Vec<Mail> {
    let mut tx = db.write().await.unwrap();
    let claimed = store::outbox::claim(&mut tx, now, now.plus(LEASE), limit).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_the_mails_without_overlap() {
    each_engine(async |store| {
        let now = fixed_clock().now();
        let ids = queues(&store, 60, now).await;
        let rival = store.open_again().await;
        let work = |db: Db| {
            tokio::spawn(async move {
                let mut mine = Vec::new();
                // On PostgreSQL a claim may find nothing while the other worker holds the rows.
                let mut misses = 0;
                while misses < 3 {
                    let claimed = claims(&db, now, 4).await;
                    misses = if claimed.is_empty() { misses + 1 } else { 0 };
                    assert!(claimed.len() <= 4);
                    mine.extend(claimed.into_iter().map(|mail| mail.id));
                }
                mine
            })
        };
        let workers = [work(store.db.clone()), work(rival.db.clone()), work(store.db.clone())];
        let mut claimed = Vec::new();
        for worker in workers {
            claimed.extend(worker.await.unwrap());
        }
        assert_eq!(claimed.len(), 60, "each once");
        assert_eq!(claimed.into_iter().collect::<HashSet<_>>(), ids.into_iter().collect::<HashSet<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_mail_is_claimed_when_it_is_due_and_again_when_its_worker_is_gone() {
    each_engine(async |store| {
        let clock = fixed_clock();
        let due = clock.now().plus(Duration::from_secs(10));
        queues(&store, 1, due).await;
        assert!(claims(&store.db, clock.now(), 10).await.is_empty(), "not before it is due");
        clock.advance(Duration::from_secs(10));
        let first = claims(&store.db, clock.now(), 10).await;
        assert_eq!(first.len(), 1);
        assert!(claims(&store.db, clock.now(), 10).await.is_empty());
        clock.advance(LEASE);
        let second = claims(&store.db, clock.now(), 10).await;
        assert_eq!(second.len(), 1, "its lease is over");

        let mut tx = store.db.write().await.unwrap();
        assert!(
            !store::outbox::start_attempt(&mut tx, &first[0], "Hello", clock.now()).await.unwrap(),
            "no longer the first's"
        );
        assert!(store::outbox::start_attempt(&mut tx, &second[0], "Hello", clock.now()).await.unwrap());
        tx.commit().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn what_is_cancelled_or_done_is_not_claimed() {
    each_engine(async |store| {
        let now = fixed_clock().now();
        let ids = queues(&store, 3, now).await;
        let mut tx = store.db.write().await.unwrap();
        assert_eq!(store::outbox::cancel(&mut tx, "0", "over", now).await.unwrap(), 1);
        assert_eq!(store::outbox::cancel(&mut tx, "0", "over", now).await.unwrap(), 0, "once");
        store::outbox::finish(&mut tx, &ids[1], MailStatus::Accepted, Some("250"), now, now).await.unwrap();
        tx.commit().await.unwrap();
        let claimed = claims(&store.db, now, 10).await;
        assert_eq!(claimed.iter().map(|mail| &mail.id).collect::<Vec<_>>(), [&ids[2]]);
    })
    .await;
}
