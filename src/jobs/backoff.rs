//! How long to wait after a failure.

use std::time::Duration;

use crate::{
    clock::{Clock, Timestamp},
    model::MailId,
};

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// The waits between the attempts to send one mail. After the last one it is given up.
const WAITS: [Duration; 7] = [
    Duration::from_secs(30),
    minutes(2),
    minutes(10),
    minutes(30),
    minutes(2 * 60),
    minutes(6 * 60),
    minutes(24 * 60),
];

/// For how long, and how often, a mailbox is looked for that a directory has named before it exists.
const MAILBOX_PATIENCE: Duration = minutes(5 * 24 * 60);
const MAILBOX_WAIT: Duration = minutes(24 * 60);

/// The waits after which a relay that takes nothing is tried again; the last one repeats.
const PAUSES: [Duration; 5] = [Duration::from_secs(30), minutes(1), minutes(2), minutes(5), minutes(10)];

/// The wait after this many attempts; `None` when there were enough.
pub(super) fn wait_after(attempts: i64, clock: &Clock) -> Option<Duration> {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(0);
    WAITS.get(index).map(|wait| jittered(*wait, clock))
}

/// The wait when there were enough attempts and the mail is not given up: nobody else's mail went through either.
pub(super) fn wait_at_the_end(clock: &Clock) -> Duration {
    jittered(WAITS[WAITS.len() - 1], clock)
}

/// The wait until a missing mailbox is looked for again; `None` when the mail has waited long enough.
pub(super) fn wait_for_mailbox(waited: Duration, clock: &Clock) -> Option<Duration> {
    (waited < MAILBOX_PATIENCE).then(|| jittered(MAILBOX_WAIT, clock))
}

/// Up to a fifth longer, so that what failed together does not come back together.
fn jittered(wait: Duration, clock: &Clock) -> Duration {
    // Without randomness the wait is merely even.
    let [random] = clock.random_bytes().unwrap_or([0]);
    wait + wait.mul_f64(0.2 * f64::from(random) / 255.0)
}

/// One conversation that breaks off may be about its mail; so many in a row are about the relay.
const BROKEN_OFF: usize = 3;

/// One mail that the relay does not take may be about its recipient; so many in a row are about the relay, whatever code it
/// answers with.
const TURNED_AWAY: usize = 5;

/// A relay that takes nothing is left alone for a while, then asked with one mail: ten thousand waiting mails are
/// not ten thousand connections to a dead server.
#[derive(Debug, Default)]
pub(super) struct RelayPause {
    failures: usize,
    until: Timestamp,
    /// Conversations that broke off since the relay last answered.
    broken_off: usize,
    /// Mails that the relay turned away since it last took one.
    turned_away: Vec<MailId>,
}

impl RelayPause {
    /// The relay took nothing: when to ask again.
    pub(super) fn failed(&mut self, now: Timestamp) -> Timestamp {
        // Mails that were under way together fail together: that is one failure.
        if self.until <= now {
            let pause = PAUSES[self.failures.min(PAUSES.len() - 1)];
            self.failures += 1;
            self.until = now.plus(pause);
        }
        self.until
    }

    /// A conversation broke off: when to ask again, if that was one too many.
    pub(super) fn broke_off(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.broken_off += 1;
        (self.broken_off >= BROKEN_OFF || self.is_probing()).then(|| self.failed(now))
    }

    /// The relay answered, and did not take this mail: whether that was one mail too many.
    pub(super) fn turned_away(&mut self, mail: &MailId) -> bool {
        if self.turned_away.len() < TURNED_AWAY && !self.turned_away.contains(mail) {
            self.turned_away.push(mail.clone());
        }
        self.turned_away.len() >= TURNED_AWAY
    }

    /// The relay answered.
    pub(super) fn recovered(&mut self) {
        *self = Self { turned_away: std::mem::take(&mut self.turned_away), ..Self::default() };
    }

    /// The relay took a mail.
    pub(super) fn took_one(&mut self) {
        *self = Self::default();
    }

    /// How long the relay is left alone from now on, if it is.
    pub(super) fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let remaining = self.until.since(now);
        // A clock that was set back must not stretch the pause.
        (!remaining.is_zero() && remaining <= PAUSES[PAUSES.len() - 1]).then_some(remaining)
    }

    /// Whether the next mail is the one that finds out.
    pub(super) fn is_probing(&self) -> bool {
        self.failures > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let clock = Clock::System;
        for (attempts, seconds) in
            [(1, 30), (2, 120), (3, 600), (4, 1800), (5, 7200), (6, 21_600), (7, 86_400)]
        {
            let wait = wait_after(attempts, &clock).unwrap().as_secs_f64();
            let least = f64::from(seconds);
            assert!((least..=least * 1.2 + 0.001).contains(&wait), "{attempts}: {wait}");
        }
        assert_eq!(wait_after(8, &clock), None);
    }

    #[test]
    fn a_relay_that_is_down_is_asked_ever_more_rarely() {
        let mut pause = RelayPause::default();
        let mut now = Timestamp(1_000_000_000);
        assert_eq!(pause.remaining(now), None);
        for seconds in [30, 60, 120, 300, 600, 600] {
            pause.failed(now);
            pause.failed(now);
            assert_eq!(pause.remaining(now), Some(Duration::from_secs(seconds)));
            now = now.plus(Duration::from_secs(seconds));
            assert_eq!(pause.remaining(now), None);
            assert!(pause.is_probing());
        }
        pause.recovered();
        assert!(!pause.is_probing());
    }

    #[test]
    fn conversations_that_break_off_in_a_row_are_the_relays_trouble() {
        let mut pause = RelayPause::default();
        let now = Timestamp(1_000_000_000);
        assert_eq!((pause.broke_off(now), pause.broke_off(now)), (None, None));
        pause.recovered();
        assert_eq!((pause.broke_off(now), pause.broke_off(now)), (None, None), "another mail went through");
        let later = now.plus(Duration::from_secs(30));
        assert_eq!(pause.broke_off(now), Some(later));
        assert_eq!(
            pause.broke_off(later),
            Some(later.plus(Duration::from_secs(60))),
            "the one that found out"
        );
    }

    #[test]
    fn mails_turned_away_in_a_row_are_the_relays_trouble() {
        let mut pause = RelayPause::default();
        let turned_away = |pause: &mut RelayPause, mail: &str| pause.turned_away(&MailId(mail.to_owned()));
        for mail in ["a", "b", "c", "d", "a", "d"] {
            assert!(!turned_away(&mut pause, mail), "each mail counts once");
            pause.recovered();
        }
        assert!(turned_away(&mut pause, "e"));
        assert!(turned_away(&mut pause, "f"));
        pause.took_one();
        assert!(!turned_away(&mut pause, "g"));
    }

    #[test]
    fn a_clock_set_back_does_not_stretch_the_pause() {
        let mut pause = RelayPause::default();
        let now = Timestamp(1_000_000_000_000);
        pause.failed(now);
        assert_eq!(pause.remaining(now.minus(minutes(24 * 60))), None);
    }
}
