//! Looking up what the DNS says of the sender's domain.

use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{mail::sender_domain, state::Rollcall};

const EVERY: Duration = Duration::from_secs(3600);

/// Looks at the start and every hour until `shutdown`.
pub(super) async fn run(rollcall: &Rollcall, shutdown: &CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let looked_up = async {
            ticks.tick().await;
            sender_domain::look_up(rollcall).await
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            looked_up = looked_up => if let Err(cause) = looked_up {
                tracing::warn!(%cause, "what the DNS says of the sender's domain could not be kept; trying again in an hour");
            }
        }
    }
}
