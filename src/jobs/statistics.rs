//! Keeping up the planner's knowledge while the tables grow.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{state::Rollcall, store};

/// How long a growing table may be planned for as if it were still small.
const EVERY: Duration = Duration::from_secs(2);

/// Looks at the sizes of the tables until `shutdown`.
pub(super) async fn run(rollcall: &Rollcall, shutdown: &CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        match store::statistics::refresh(&rollcall.db).await {
            Ok(grown) if grown.is_empty() => {}
            Ok(grown) => tracing::debug!(?grown, "tables that grew have new statistics"),
            Err(cause) => {
                tracing::warn!(%cause, "the sizes of the tables could not be looked at; trying again");
            }
        }
    }
}
