//! Writing: requests that share a commit do not share a fate, and an answer is a promise.

use std::{collections::BTreeSet, future::ready, pin::Pin, sync::Arc, time::Duration};

use futures::{FutureExt, future::join_all};
use rand::Rng;
use rollcall::store::{self, DatabaseUrl, Db, Error, UniqueKey, workspaces::Workspace};
use tokio::{sync::Notify, task::JoinHandle};

use crate::{
    company::look,
    support::{TestStore, each_engine, fixed_clock},
};

fn workspace(slug: &str) -> Workspace {
    let clock = fixed_clock();
    Workspace {
        id: rollcall::clock::Clock::System.new_id(),
        slug: slug.to_owned(),
        name: slug.to_owned(),
        seat_limit: None,
        language: "en".to_owned(),
        created_at: clock.now(),
    }
}

/// One request that writes one row.
async fn writes(db: Db, slug: String) -> store::Result<()> {
    let mut tx = db.write().await?;
    match store::workspaces::insert(&mut tx, &workspace(&slug)).await {
        Ok(()) => tx.commit().await,
        Err(refusal) => {
            tx.rollback().await?;
            Err(refusal)
        }
    }
}

/// One request that writes a row and panics.
async fn panics(db: Db, slug: String) {
    let mut tx = db.write().await.unwrap();
    store::workspaces::insert(&mut tx, &workspace(&slug)).await.unwrap();
    panic!("a handler failed");
}

/// One request that writes a row, tells so, and is never finished.
async fn hangs(db: Db, slug: String, written: Arc<Notify>) {
    let mut tx = db.write().await.unwrap();
    store::workspaces::insert(&mut tx, &workspace(&slug)).await.unwrap();
    written.notify_one();
    std::future::pending::<()>().await;
}

/// What another connection finds.
async fn slugs(store: &TestStore) -> Vec<String> {
    look(&store.url, "SELECT slug FROM workspaces WHERE slug <> $1 ORDER BY slug", "").await
}

/// Begins a request, which on SQLite queues behind whoever writes now.
fn queued<T: Send + 'static>(
    store: &TestStore,
    request: impl Future<Output = T> + Send + 'static,
) -> Pin<Box<dyn Future<Output = T> + Send>> {
    let mut request = Box::pin(request);
    match request.as_mut().now_or_never() {
        None => request,
        Some(outcome) => {
            assert!(matches!(store.url, DatabaseUrl::Postgres(_)), "it has to wait");
            Box::pin(ready(outcome))
        }
    }
}

/// Begins a good request, a bad one and another good one while somebody writes, so that on SQLite they share a commit;
/// gives the outcomes of the good ones. When `leaves` is told, the client of the bad one goes away.
async fn around<T: Send + 'static>(
    store: &TestStore,
    bad: impl Future<Output = T> + Send + 'static,
    leaves: Option<Arc<Notify>>,
) -> (JoinHandle<T>, [store::Result<()>; 2]) {
    let mut first = store.db.write().await.unwrap();
    store::workspaces::insert(&mut first, &workspace("first")).await.unwrap();
    let before = tokio::spawn(queued(store, writes(store.db.clone(), "before".to_owned())));
    let bad = tokio::spawn(queued(store, bad));
    let after = tokio::spawn(queued(store, writes(store.db.clone(), "later".to_owned())));
    let committed = tokio::spawn(first.commit());
    if let Some(leaves) = leaves {
        // Whoever hangs holds the lock until its client goes away.
        leaves.notified().await;
        bad.abort();
    }
    committed.await.unwrap().unwrap();
    let outcomes = [before.await.unwrap(), after.await.unwrap()];
    (bad, outcomes)
}

#[tokio::test]
async fn a_unique_violation_between_two_good_requests_leaves_the_good_ones() {
    each_engine(async |store| {
        let (bad, good) = around(&store, writes(store.db.clone(), "first".to_owned()), None).await;
        let bad = bad.await.expect("it ends by itself");
        assert!(matches!(bad, Err(Error::Unique(UniqueKey::WorkspaceSlug))), "{bad:?}");
        assert!(good.iter().all(Result::is_ok), "{good:?}");
        assert_eq!(slugs(&store).await, ["before", "first", "later"]);
    })
    .await;
}

#[tokio::test]
async fn a_panic_between_two_good_requests_leaves_the_good_ones() {
    each_engine(async |store| {
        let (bad, good) = around(&store, panics(store.db.clone(), "bad".to_owned()), None).await;
        assert!(bad.await.unwrap_err().is_panic());
        assert!(good.iter().all(Result::is_ok), "{good:?}");
        assert_eq!(slugs(&store).await, ["before", "first", "later"]);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_goes_away_between_two_good_requests_leaves_the_good_ones() {
    each_engine(async |store| {
        let written = Arc::new(Notify::new());
        let hanging = hangs(store.db.clone(), "bad".to_owned(), Arc::clone(&written));
        let (bad, good) = around(&store, hanging, Some(written)).await;
        assert!(bad.await.unwrap_err().is_cancelled());
        assert!(good.iter().all(Result::is_ok), "{good:?}");
        assert_eq!(slugs(&store).await, ["before", "first", "later"]);
    })
    .await;
}

#[tokio::test]
async fn one_who_stops_waiting_for_the_turn_is_passed_over() {
    each_engine(async |store| {
        let first = store.db.write().await.unwrap();
        // Without a queue it may have written already.
        let gone = queued(&store, hangs(store.db.clone(), "gone".to_owned(), Arc::default()));
        let waiting = tokio::spawn(queued(&store, writes(store.db.clone(), "waiting".to_owned())));
        drop(gone);
        first.commit().await.unwrap();
        waiting.await.unwrap().unwrap();
        assert_eq!(slugs(&store).await, ["waiting"]);
    })
    .await;
}

#[tokio::test]
async fn what_is_committed_is_seen_at_once_and_nothing_before() {
    each_engine(async |store| {
        for round in 0..20 {
            let slug = format!("w{round}");
            let mut tx = store.db.write().await.unwrap();
            store::workspaces::insert(&mut tx, &workspace(&slug)).await.unwrap();
            assert!(
                store::workspaces::find_by_slug(&mut tx, &slug).await.unwrap().is_some(),
                "its writer sees it"
            );
            let mut reader = store.db.read().await.unwrap();
            assert!(
                store::workspaces::find_by_slug(&mut reader, &slug).await.unwrap().is_none(),
                "too early"
            );
            drop(reader);
            tx.commit().await.unwrap();
            let mut reader = store.db.read().await.unwrap();
            assert!(store::workspaces::find_by_slug(&mut reader, &slug).await.unwrap().is_some(), "too late");
            assert!(slugs(&store).await.contains(&slug), "another process sees it");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_rolled_back_or_dropped_is_never_seen() {
    each_engine(async |store| {
        for (slug, rolls_back) in [("rolled-back", true), ("dropped", false)] {
            let mut tx = store.db.write().await.unwrap();
            store::workspaces::insert(&mut tx, &workspace(slug)).await.unwrap();
            if rolls_back {
                tx.rollback().await.unwrap();
            } else {
                drop(tx);
            }
            writes(store.db.clone(), format!("after-{slug}")).await.unwrap();
        }
        assert_eq!(slugs(&store).await, ["after-dropped", "after-rolled-back"]);
        writes(store.db.clone(), "dropped".to_owned()).await.expect("its key is free");
    })
    .await;
}

#[tokio::test]
async fn after_a_refused_statement_the_transaction_keeps_nothing() {
    each_engine(async |store| {
        writes(store.db.clone(), "taken".to_owned()).await.unwrap();
        let mut tx = store.db.write().await.unwrap();
        store::workspaces::insert(&mut tx, &workspace("mine")).await.unwrap();
        store::workspaces::insert(&mut tx, &workspace("taken")).await.unwrap_err();
        tx.rollback().await.unwrap();
        assert_eq!(slugs(&store).await, ["taken"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_writers_of_whom_many_go_away_lose_nothing_that_was_answered() {
    each_engine(async |store| {
        let writers = (0..64).map(|writer| {
            let db = store.db.clone();
            tokio::spawn(async move {
                let mut answered = Vec::new();
                for round in 0..12 {
                    let slug = format!("w{writer}-{round}");
                    let patience = Duration::from_millis(rand::rng().random_range(0..80));
                    if let Ok(Ok(())) =
                        tokio::time::timeout(patience, both(db.clone(), slug.clone(), round % 5 == 4)).await
                    {
                        answered.push(slug);
                    }
                }
                answered
            })
        });
        let answered: Vec<String> = join_all(writers).await.into_iter().flat_map(Result::unwrap).collect();
        writes(store.db.clone(), "end".to_owned()).await.expect("the writer goes on");

        let stored: BTreeSet<String> = slugs(&store).await.into_iter().collect();
        for slug in &answered {
            assert!(stored.contains(&format!("{slug}-a")), "{slug} was answered and is lost");
        }
        for slug in stored.iter().filter(|slug| *slug != "end") {
            let (stem, half) = slug.rsplit_once('-').unwrap();
            let other = format!("{stem}-{}", if half == "a" { "b" } else { "a" });
            assert!(stored.contains(&other), "{slug} is there without {other}");
            let round: u32 = stem.rsplit_once('-').unwrap().1.parse().unwrap();
            assert!(round % 5 != 4, "{slug} was rolled back and is there");
        }
        assert!(!answered.is_empty());
    })
    .await;
}

/// Writes two rows that belong together, or takes them back.
async fn both(db: Db, slug: String, fails: bool) -> store::Result<()> {
    let mut tx = db.write().await?;
    store::workspaces::insert(&mut tx, &workspace(&format!("{slug}-a"))).await?;
    tokio::task::yield_now().await;
    store::workspaces::insert(&mut tx, &workspace(&format!("{slug}-b"))).await?;
    if fails {
        tx.rollback().await?;
        return Err(Error::Unavailable("on purpose".to_owned()));
    }
    tx.commit().await
}
