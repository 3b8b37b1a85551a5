//! One change of the mirror: a transaction of its own, made again when another one won.

use std::time::Duration;

use crate::{
    error::{Error, Result},
    model::DirectoryId,
    state::Rollcall,
    store::{self, Tx, UniqueKey, directory_turn::Turn},
};

/// How often a change is tried.
const ATTEMPTS: u32 = 5;
/// How long the first repetition waits; each further one twice as long.
const PAUSE: Duration = Duration::from_millis(10);
/// How long a change may hold its transaction: on SQLite it is the lock on all writing.
const LONGEST: Duration = Duration::from_secs(10);

/// Makes a change and wakes the worker. Where transactions run side by side, one of two that want the same rows may be
/// made to give way: nothing of it is stored, so the whole change is made again, up to a limit. The change takes the
/// transaction and gives it back.
///
/// # Errors
/// What the change refuses; `Store(Unavailable)` when it lost every time or took too long.
pub(super) async fn in_transaction<T, F>(rollcall: &Rollcall, change: impl Fn(Tx) -> F) -> Result<T>
where
    F: Future<Output = (Tx, Result<T>)>,
{
    rollcall.traffic.note(rollcall.clock.now());
    let mut pause = PAUSE;
    for _ in 1..ATTEMPTS {
        match once(rollcall, LONGEST, &change).await {
            Err(loss) if has_lost(&loss) => tracing::info!(%loss, "a change gave way to another one"),
            outcome => return outcome,
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    once(rollcall, LONGEST, &change).await.map_err(|refusal| {
        if has_lost(&refusal) { unavailable("other changes came first every time") } else { refusal }
    })
}

/// The same for a change of what a directory said, in its turn. A change that finds that it cannot be made beside others
/// says `NotAlone`, and is made again alone.
///
/// # Errors
/// As [`in_transaction`]; `Scim` 401 when the directory was removed since the request was let in.
pub(super) async fn in_directory<T, F>(
    rollcall: &Rollcall,
    directory: &DirectoryId,
    turn: Turn,
    change: impl Fn(Tx, Turn) -> F,
) -> Result<T>
where
    F: Future<Output = (Tx, Result<T>)>,
{
    let change = &change;
    let in_turn = |turn| {
        in_transaction(rollcall, move |mut tx| async move {
            match take_turn(&mut tx, directory, turn).await {
                Ok(turn) => change(tx, turn).await,
                Err(refusal) => (tx, Err(refusal)),
            }
        })
    };
    match in_turn(turn).await {
        Err(Error::Store(store::Error::NotAlone)) => in_turn(Turn::Alone).await,
        outcome => outcome,
    }
}

/// Whoever removes the directory has its turn alone, so it is there until this turn ends.
async fn take_turn(tx: &mut Tx, directory: &DirectoryId, turn: Turn) -> Result<Turn> {
    let turn = store::directory_turn::take(tx, directory, turn).await?;
    if store::directories::is_there(tx, directory).await? {
        return Ok(turn);
    }
    Err(Error::Scim(scim::Error::unauthorized(
        "The directory was removed. Make a new one under Settings, Security, Directory Sync.",
    )))
}

async fn once<T, F>(rollcall: &Rollcall, longest: Duration, change: &impl Fn(Tx) -> F) -> Result<T>
where
    F: Future<Output = (Tx, Result<T>)>,
{
    let tx = rollcall.db.write().await?;
    let Ok((tx, outcome)) = tokio::time::timeout(longest, change(tx)).await else {
        return Err(unavailable("the change took too long"));
    };
    let value = tx.end(outcome).await?;
    rollcall.mail_due.notify_one();
    Ok(value)
}

fn has_lost(refusal: &Error) -> bool {
    match refusal {
        // Two requests gave two people the same address at the same moment: once repeated, the second finds it taken.
        Error::Store(
            store::Error::Lost(_)
            | store::Error::Unique(UniqueKey::MembershipEmail | UniqueKey::AccountEmail),
        ) => true,
        _ => false,
    }
}

fn unavailable(why: &str) -> Error {
    Error::Store(store::Error::Unavailable(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::{
        clock::{Clock, Timestamp},
        config::Config,
        store::{Create, Db},
    };

    async fn scratch(folder: &tempfile::TempDir) -> Rollcall {
        let database = format!("sqlite:{}", folder.path().join("test.db").display()).parse().unwrap();
        let db = Db::open(&database, Create::IfMissing).await.unwrap();
        let config = Config::local("127.0.0.1:3000".parse().unwrap(), database);
        Rollcall::new(db, Clock::fixed(Timestamp(0)), config)
    }

    fn lost() -> Error {
        Error::Store(store::Error::Lost("deadlock detected".to_owned()))
    }

    /// A change that loses so often, then goes through: how it ends, and how often it was tried.
    async fn losing(times: u32) -> (Result<u32>, u32) {
        let folder = tempfile::tempdir().unwrap();
        let rollcall = scratch(&folder).await;
        let tries = &AtomicU32::new(0);
        let outcome = in_transaction(&rollcall, |mut tx| async move {
            let tried = tries.fetch_add(1, Ordering::SeqCst);
            store::instance::set(&mut tx, "tried", &tried.to_string()).await.unwrap();
            (tx, if tried < times { Err(lost()) } else { Ok(tried) })
        })
        .await;
        let mut conn = rollcall.db.read().await.unwrap();
        let kept = store::instance::get(&mut conn, "tried").await.unwrap();
        let expected = outcome.as_ref().ok().map(ToString::to_string);
        assert_eq!(kept, expected, "only the try that went through is stored");
        (outcome, tries.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_loser_tries_again_up_to_a_limit() {
        let (outcome, tries) = losing(ATTEMPTS - 1).await;
        assert_eq!((outcome.unwrap(), tries), (ATTEMPTS - 1, ATTEMPTS));
        let (outcome, tries) = losing(ATTEMPTS).await;
        assert!(matches!(outcome, Err(Error::Store(store::Error::Unavailable(_)))), "{outcome:?}");
        assert_eq!(tries, ATTEMPTS);
    }

    #[tokio::test]
    async fn a_refusal_is_told_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let rollcall = scratch(&folder).await;
        let tries = &AtomicU32::new(0);
        let outcome: Result<()> = in_transaction(&rollcall, |tx| async move {
            tries.fetch_add(1, Ordering::SeqCst);
            (tx, Err(Error::NotFound { what: "person" }))
        })
        .await;
        assert!(matches!(outcome, Err(Error::NotFound { .. })));
        assert_eq!(tries.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn who_never_ends_does_not_keep_the_others_from_writing() {
        let folder = tempfile::tempdir().unwrap();
        let rollcall = scratch(&folder).await;
        let endless = |tx| async move {
            std::future::pending::<()>().await;
            (tx, Ok(()))
        };
        let outcome = once(&rollcall, Duration::from_millis(1), &endless).await;
        assert!(matches!(outcome, Err(Error::Store(store::Error::Unavailable(_)))), "{outcome:?}");
        let next = in_transaction(&rollcall, |mut tx| async move {
            let outcome = store::instance::set(&mut tx, "next", "written").await.map_err(Error::from);
            (tx, outcome)
        });
        next.await.unwrap();
    }
}
