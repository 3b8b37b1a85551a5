//! What is done once a minute.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::{expiry, failing, reminder};
use crate::{
    journal,
    model::{DirectoryId, RequestKind},
    people,
    state::Rollcall,
    store,
};

const EVERY: Duration = Duration::from_secs(60);

/// Most batches of one chore in one go; the rest has its turn a minute later.
const MOST_BATCHES: usize = 50;
/// Requests that one batch takes out of the journal.
const REQUESTS_AT_ONCE: i64 = 500;

/// Does the chores once a minute until `shutdown`.
pub(super) async fn run(rollcall: &Rollcall, shutdown: &CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
            () = rollcall.held_due.notified() => {
                release_held(rollcall).await;
                continue;
            }
        }
        // What is under way at a stop is rolled back and done after the next start.
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = run_chores(rollcall) => {}
        }
    }
}

/// Does each chore once; one that fails is logged and keeps none of the others from its turn.
pub async fn run_chores(rollcall: &Rollcall) {
    if let Err(cause) = expire_invitations(rollcall).await {
        tracing::warn!(%cause, "overdue invitations could not be ended; trying again in a minute");
    }
    if let Err(cause) = remind(rollcall).await {
        tracing::warn!(%cause, "reminders could not be queued; trying again in a minute");
    }
    release_held(rollcall).await;
    if let Err(cause) = expiry::tell(rollcall).await {
        tracing::warn!(%cause, "owners could not be told of tokens that end soon; trying again in a minute");
    }
    if let Err(cause) = failing::look(rollcall).await {
        tracing::warn!(%cause, "the health of directories could not be looked at; trying again in a minute");
    }
    if let Err(cause) = forget_bounce_reports(rollcall).await {
        tracing::warn!(%cause, "old reports of bounces could not be deleted; trying again in a minute");
    }
    if let Err(cause) = forget_sessions(rollcall).await {
        tracing::warn!(%cause, "expired sessions could not be deleted; trying again in a minute");
    }
    if let Err(cause) = forget_old_requests(rollcall).await {
        tracing::warn!(%cause, "old requests could not be deleted; trying again in a minute");
    }
    if let Err(cause) = thin_out_journal(rollcall).await {
        tracing::warn!(%cause, "the journal could not be thinned out; trying again in a minute");
    }
}

/// Lets in whom nothing holds back any more.
async fn release_held(rollcall: &Rollcall) {
    for _ in 0..MOST_BATCHES {
        match people::held::release(rollcall).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(cause) => {
                tracing::warn!(%cause, "held people could not be looked at again; trying again in a minute");
                return;
            }
        }
    }
}

async fn expire_invitations(rollcall: &Rollcall) -> crate::Result<()> {
    for _ in 0..MOST_BATCHES {
        if people::invitation::expire_overdue(rollcall).await? == 0 {
            break;
        }
    }
    Ok(())
}

async fn remind(rollcall: &Rollcall) -> store::Result<()> {
    for _ in 0..MOST_BATCHES {
        if reminder::queue(rollcall).await? == 0 {
            break;
        }
    }
    Ok(())
}

async fn forget_sessions(rollcall: &Rollcall) -> store::Result<()> {
    let mut tx = rollcall.db.write().await?;
    store::sessions::delete_expired(&mut tx, rollcall.clock.now()).await?;
    tx.commit().await
}

/// How long it is known which reports of bounces were read. Relays give up repeating theirs much sooner.
const REPORTS_KNOWN: Duration = Duration::from_secs(30 * 24 * 3600);

async fn forget_bounce_reports(rollcall: &Rollcall) -> store::Result<()> {
    let end = rollcall.clock.now().minus(REPORTS_KNOWN);
    let mut tx = rollcall.db.write().await?;
    store::outbox::forget_bounce_reports(&mut tx, end).await?;
    tx.commit().await
}

async fn forget_old_requests(rollcall: &Rollcall) -> store::Result<()> {
    let end = rollcall.clock.now().minus(journal::RETENTION);
    for _ in 0..MOST_BATCHES {
        let mut tx = rollcall.db.write().await?;
        let deleted = store::scim_requests::delete_older_than(&mut tx, end, REQUESTS_AT_ONCE).await?;
        tx.commit().await?;
        if deleted == 0 {
            break;
        }
    }
    Ok(())
}

/// Of reads and rejected sign-ins only the latest stay, so that neither a busy nor a misguided client fills the disk.
async fn thin_out_journal(rollcall: &Rollcall) -> store::Result<()> {
    let directories = {
        let mut conn = rollcall.db.read().await?;
        store::directories::list_all_ids(&mut conn).await?
    };
    for directory in &directories {
        keep_latest(rollcall, directory, RequestKind::Read, journal::READS_KEPT).await?;
        keep_latest(rollcall, directory, RequestKind::Rejected, journal::REJECTIONS_KEPT).await?;
    }
    Ok(())
}

async fn keep_latest(
    rollcall: &Rollcall,
    directory: &DirectoryId,
    kind: RequestKind,
    keep: i64,
) -> store::Result<()> {
    for _ in 0..MOST_BATCHES {
        let surplus = {
            let mut conn = rollcall.db.read().await?;
            store::scim_requests::is_more_than(&mut conn, directory, kind, keep).await?
        };
        if !surplus {
            break;
        }
        let mut tx = rollcall.db.write().await?;
        let deleted =
            store::scim_requests::delete_all_but_latest(&mut tx, directory, kind, keep, REQUESTS_AT_ONCE)
                .await?;
        tx.commit().await?;
        if deleted == 0 {
            break;
        }
    }
    Ok(())
}
