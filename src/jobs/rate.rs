//! Most mails a minute.

use std::{collections::VecDeque, time::Duration};

use crate::clock::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);

/// Lets at most so many mails through in any sixty seconds.
#[derive(Debug)]
pub(super) struct Rate {
    most: Option<usize>,
    sent: VecDeque<Timestamp>,
}

impl Rate {
    /// `None` for no limit.
    pub(super) fn new(most: Option<u32>) -> Self {
        let most = most.map(|most| usize::try_from(most).unwrap_or(usize::MAX).max(1));
        Self { most, sent: VecDeque::new() }
    }

    /// How many may leave now, at most `wanted`; or how long to wait when none may.
    pub(super) fn allowed(&mut self, wanted: usize, now: Timestamp) -> Result<usize, Duration> {
        let Some(most) = self.most else { return Ok(wanted) };
        // What the clock says was sent in the future was sent before it was set back.
        self.sent.retain(|at| *at <= now && now.since(*at) < MINUTE);
        let free = most.saturating_sub(self.sent.len());
        match self.sent.front() {
            Some(oldest) if free == 0 => Err(oldest.plus(MINUTE).since(now)),
            _ => Ok(free.min(wanted)),
        }
    }

    /// So many leave now.
    pub(super) fn take(&mut self, count: usize, now: Timestamp) {
        if self.most.is_some() {
            self.sent.extend(std::iter::repeat_n(now, count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sixty_seconds_hold_more() {
        let mut rate = Rate::new(Some(3));
        let mut now = Timestamp(0);
        let mut sent = Vec::new();
        for _ in 0..600 {
            if let Ok(count) = rate.allowed(2, now) {
                rate.take(count, now);
                sent.extend(std::iter::repeat_n(now, count));
            }
            now = now.plus(Duration::from_millis(700));
        }
        for window in sent.windows(4) {
            assert!(window[3].since(window[0]) >= MINUTE, "{window:?}");
        }
        assert!(sent.len() >= 18, "{}", sent.len());
    }

    #[test]
    fn says_how_long_to_wait() {
        let mut rate = Rate::new(Some(1));
        let now = Timestamp(1_000_000_000);
        rate.take(1, now);
        assert_eq!(rate.allowed(4, now.plus(Duration::from_secs(20))), Err(Duration::from_secs(40)));
        assert_eq!(rate.allowed(4, now.minus(Duration::from_secs(3600))), Ok(1), "the clock was set back");
    }

    #[test]
    fn without_a_limit_nothing_is_kept() {
        let mut rate = Rate::new(None);
        rate.take(10_000, Timestamp(0));
        assert_eq!(rate.allowed(4, Timestamp(0)), Ok(4));
        assert!(rate.sent.is_empty());
    }
}
