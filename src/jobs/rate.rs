//! Most mails a minute, and no burst that requests at the same time would feel.

use std::{collections::VecDeque, time::Duration};

use crate::clock::Timestamp;

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// So many may always leave within a second, so that a few invitations leave at once.
const BURST: usize = 5;

/// Lets at most so many mails through in any sixty seconds, spread over them.
#[derive(Debug)]
pub(super) struct Rate {
    most: Option<Most>,
    sent: VecDeque<Timestamp>,
}

#[derive(Clone, Copy, Debug)]
struct Most {
    a_minute: usize,
    a_second: usize,
}

impl Rate {
    /// `None` for no limit.
    pub(super) fn new(a_minute: Option<u32>) -> Self {
        let most = a_minute.map(|a_minute| {
            let a_minute = usize::try_from(a_minute).unwrap_or(usize::MAX).max(1);
            Most { a_minute, a_second: a_minute.div_ceil(60).max(BURST) }
        });
        Self { most, sent: VecDeque::new() }
    }

    /// How many may leave now, at most `wanted`; or how long to wait when none may.
    pub(super) fn allowed(&mut self, wanted: usize, now: Timestamp) -> Result<usize, Duration> {
        let Some(most) = self.most else { return Ok(wanted) };
        // What the clock says was sent in the future was sent before it was set back.
        self.sent.retain(|at| *at <= now && now.since(*at) < MINUTE);
        let in_minute = self.free(most.a_minute, MINUTE, now)?;
        let in_second = self.free(most.a_second, SECOND, now)?;
        Ok(wanted.min(in_minute).min(in_second))
    }

    /// How many of `most` within `window` are left, or how long until one is.
    fn free(&self, most: usize, window: Duration, now: Timestamp) -> Result<usize, Duration> {
        let sent = self.sent.iter().rev().take_while(|at| now.since(**at) < window).count();
        match self.sent.get(self.sent.len().wrapping_sub(most)) {
            Some(oldest) if sent >= most => Err(oldest.plus(window).since(now)),
            _ => Ok(most.saturating_sub(sent)),
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
    fn many_are_spread_over_the_minute() {
        let mut rate = Rate::new(Some(600));
        let mut now = Timestamp(0);
        let mut sent = 0;
        while now < Timestamp::ZERO.plus(MINUTE) {
            match rate.allowed(4, now) {
                Ok(count) => {
                    rate.take(count, now);
                    sent += count;
                }
                Err(wait) => now = now.plus(wait),
            }
            assert!(sent <= 10 * (usize::try_from(now.0 / 1_000_000).unwrap() + 1), "{sent} at {now:?}");
        }
        assert_eq!(sent, 600);
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
