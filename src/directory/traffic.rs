//! Whether identity providers are at work just now.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use crate::clock::Timestamp;

/// After a change, more are expected for this long.
const LULL: Duration = Duration::from_millis(250);

/// When a change of a directory last began. What can wait gives way to those who cannot: an identity provider waits for
/// its answer, a mail does not.
#[derive(Debug)]
pub struct Traffic(AtomicI64);

impl Default for Traffic {
    fn default() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }
}

impl Traffic {
    /// Notes that a change begins.
    pub fn note(&self, now: Timestamp) {
        self.0.store(now.0, Ordering::Relaxed);
    }

    /// Whether a change began a moment ago.
    pub fn is_busy(&self, now: Timestamp) -> bool {
        let last = Timestamp(self.0.load(Ordering::Relaxed));
        // A clock that was set back does not make it busy for long.
        last <= now && now < last.plus(LULL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_busy_for_a_moment_after_a_change() {
        let traffic = Traffic::default();
        let now = Timestamp(1_000_000_000);
        assert!(!traffic.is_busy(now));
        traffic.note(now);
        assert!(traffic.is_busy(now));
        assert!(traffic.is_busy(now.plus(LULL / 2)));
        assert!(!traffic.is_busy(now.plus(LULL)));
        assert!(!traffic.is_busy(now.minus(LULL)));
    }
}
