//! The outbox: each mail is one worker's at a time.

use std::{collections::HashSet, time::Duration};

use rollcall::{
    clock::{Clock, Timestamp},
    model::{MailId, MailStatus},
    store::{
        self, Db,
        mail_claims::{self, Holder},
        outbox::Mail,
    },
};

use crate::support::{TestStore, each_engine, fixed_clock};

fn holder(name: &str) -> Holder {
    Holder { name: name.to_owned(), lease: Duration::from_secs(60) }
}

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
        bulk: false,
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
    let claimed = mail_claims::claim(&mut tx, &holder("worker"), &[], limit, now).await.unwrap();
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
        clock.advance(Duration::from_secs(24 * 3600));
        assert!(claims(&store.db, clock.now(), 10).await.is_empty(), "a host's clock ends no lease");
        store.database_clock_advances(60).await;
        let mut tx = store.db.write().await.unwrap();
        let in_hand = [first[0].id.clone()];
        let none = mail_claims::claim(&mut tx, &holder("worker"), &in_hand, 10, clock.now()).await.unwrap();
        assert_eq!(none, [], "who is sending it does not begin again");
        tx.rollback().await.unwrap();
        assert_eq!(claims(&store.db, clock.now(), 10).await.len(), 1, "its lease is over");
    })
    .await;
}

/// What a worker says of a mail counts only while it holds it; but what is out is out.
#[tokio::test]
async fn who_lost_a_mail_says_nothing_of_it_but_that_it_went_out() {
    each_engine(async |store| {
        let now = fixed_clock().now();
        let ids = queues(&store, 1, now).await;
        let id = &ids[0];
        claims(&store.db, now, 1).await;
        let stranger = holder("stranger");
        let mut tx = store.db.write().await.unwrap();
        let refused = MailStatus::Refused;
        mail_claims::finish_unsent(&mut tx, &stranger, id, refused, "550 no", now, now).await.unwrap();
        mail_claims::put_off(&mut tx, &stranger, id, "421 down", now, now).await.unwrap();
        mail_claims::renew_leases(&mut tx, &Holder { lease: Duration::from_secs(9999), ..stranger }, &ids)
            .await
            .unwrap();
        let mail = store::outbox::get(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((mail.status, mail.attempts, mail.answer), (MailStatus::Queued, 0, None));
        let clock = store::database_clock::now(&mut tx).await.unwrap();
        assert!(mail.lease_until.since(clock) <= Duration::from_secs(60));
        mail_claims::finish_sent(&mut tx, id, MailStatus::Accepted, Some("250"), now).await.unwrap();
        let mail = store::outbox::get(&mut tx, id).await.unwrap().unwrap();
        assert_eq!(mail.status, MailStatus::Accepted);
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
        mail_claims::finish_sent(&mut tx, &ids[1], MailStatus::Accepted, Some("250"), now).await.unwrap();
        tx.commit().await.unwrap();
        let claimed = claims(&store.db, now, 10).await;
        assert_eq!(claimed.iter().map(|mail| &mail.id).collect::<Vec<_>>(), [&ids[2]]);
    })
    .await;
}
