//! Work in the background: the mail in the outbox, the journal, and what is done every so often.
//!
//! Any number of processes may run it on one database; leases, by the database's clock, keep them from sending a
//! mail twice.

mod attempt;
mod backoff;
mod bounce;
mod chores;
mod drafting;
mod expiry;
mod failing;
mod rate;
mod reminder;
mod sender_domain;
mod statistics;
mod worker;

use tokio_util::sync::CancellationToken;

use crate::{journal, mail::Transport, state::Rollcall};

pub use bounce::{Taken, take_bounce};
pub use chores::run_chores;
pub use drafting::{Composed, compose, why_unwanted};
pub use worker::Worker;

/// Works until `shutdown`, then finishes what is being sent and leaves the rest in the outbox.
pub async fn run(rollcall: Rollcall, transport: Transport, shutdown: CancellationToken) {
    let worker = Worker::new(rollcall.clone(), transport);
    tokio::join!(
        worker.run(&shutdown),
        chores::run(&rollcall, &shutdown),
        statistics::run(&rollcall, &shutdown),
        sender_domain::run(&rollcall, &shutdown),
        journal::run(&rollcall, &shutdown)
    );
}
