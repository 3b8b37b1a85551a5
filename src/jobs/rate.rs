//! Most mails a minute, and no burst that requests at the same time would feel.

use std::time::Duration;

use crate::{clock::Timestamp, store::mail_rate::Begun};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);
/// So many may always leave within a second, so that a few invitations leave at once.
const BURST: i64 = 5;

/// Lets at most so many mails through in any sixty seconds, spread over them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate {
    a_minute: i64,
    a_second: i64,
}

impl Rate {
    pub(super) fn new(a_minute: u32) -> Self {
        let a_minute = a_minute.max(1);
        Self { a_minute: a_minute.into(), a_second: i64::from(a_minute.div_ceil(60)).max(BURST) }
    }

    /// How many may be begun now, at most `wanted`, after what was begun in the last minute, oldest first; or how long
    /// to wait when none may.
    pub(super) fn allowed(self, begun: &[Begun], wanted: i64, now: Timestamp) -> Result<i64, Duration> {
        let in_minute = free(begun, self.a_minute, MINUTE, now)?;
        let in_second = free(begun, self.a_second, SECOND, now)?;
        Ok(wanted.min(in_minute).min(in_second))
    }
}

/// How many of `most` within `window` are left, or how long until one is.
fn free(begun: &[Begun], most: i64, window: Duration, now: Timestamp) -> Result<i64, Duration> {
    // What is in the future was begun before the clock was set back.
    let counts = |begun: &&Begun| begun.at <= now && now.since(begun.at) < window;
    let mut left = most;
    for Begun { at, mails } in begun.iter().filter(counts).rev() {
        left -= mails;
        if left <= 0 {
            return Err(at.plus(window).since(now));
        }
    }
    Ok(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends as many as it may, `wanted` at a time, from zero until `end`; looks again after `step`, or when it is told
    /// to wait and there is none. Gives when each left.
    fn sent(a_minute: u32, wanted: i64, step: Option<Duration>, end: Duration) -> Vec<Timestamp> {
        let (rate, mut now, mut begun, mut sent) =
            (Rate::new(a_minute), Timestamp(0), Vec::new(), Vec::new());
        while now < Timestamp::ZERO.plus(end) {
            let answer = rate.allowed(&begun, wanted, now);
            if let Ok(mails) = answer {
                begun.push(Begun { at: now, mails });
                sent.extend((0..mails).map(|_| now));
            }
            now = now.plus(step.unwrap_or_else(|| answer.err().unwrap_or_default()));
        }
        sent
    }

    #[test]
    fn no_sixty_seconds_hold_more() {
        let sent = sent(3, 2, Some(Duration::from_millis(700)), Duration::from_secs(420));
        for window in sent.windows(4) {
            assert!(window[3].since(window[0]) >= MINUTE, "{window:?}");
        }
        assert!(sent.len() >= 18, "{}", sent.len());
    }

    #[test]
    fn many_are_spread_over_the_minute() {
        let sent = sent(600, 4, None, MINUTE);
        assert_eq!(sent.len(), 600);
        for (index, at) in sent.iter().enumerate() {
            assert!(index < 10 * (usize::try_from(at.0 / 1_000_000).unwrap() + 1), "{index} at {at:?}");
        }
    }

    #[test]
    fn says_how_long_to_wait() {
        let (rate, now) = (Rate::new(3), Timestamp(1_000_000_000));
        let begun = [(0, 1), (10, 2)]
            .map(|(seconds, mails)| Begun { at: now.plus(Duration::from_secs(seconds)), mails });
        let after = |seconds| rate.allowed(&begun, 4, now.plus(Duration::from_secs(seconds)));
        assert_eq!(after(20), Err(Duration::from_secs(40)), "the oldest one must be a minute old");
        assert_eq!(after(60), Ok(1));
        assert_eq!(after(70), Ok(3));
        assert_eq!(
            rate.allowed(&begun, 4, now.minus(Duration::from_secs(3600))),
            Ok(3),
            "the clock was set back"
        );
    }
}
