//! Time and randomness, as an argument: the only place that asks the machine for either.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rand::{TryRngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::{ContextV7, Uuid};

/// A point in time: microseconds since 1970 UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type,
)]
#[sqlx(transparent)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Before everything that happens.
    pub const ZERO: Self = Self(0);

    /// This much later.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
    }

    /// This much earlier.
    #[must_use]
    pub fn minus(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The time since `earlier`; zero when `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The same moment as a calendar date, UTC.
    pub fn to_datetime(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1000)
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// RFC 3339 with milliseconds, as SCIM's `meta.created` wants it.
    pub fn to_rfc3339(self) -> String {
        let millis = Self(self.0 - self.0.rem_euclid(1000));
        millis.to_datetime().format(&Rfc3339).unwrap_or_default()
    }
}

impl From<OffsetDateTime> for Timestamp {
    fn from(moment: OffsetDateTime) -> Self {
        Self(i64::try_from(moment.unix_timestamp_nanos() / 1000).unwrap_or(i64::MAX))
    }
}

/// Where time and randomness come from.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands still until it is moved; for tests.
    Fixed(Arc<Standstill>),
}

/// A time that stands still, and the order of the ids made in it.
#[derive(Debug)]
pub struct Standstill {
    now: AtomicI64,
    ids: Mutex<ContextV7>,
}

impl Clock {
    /// A clock that stands still at `now`.
    pub fn fixed(now: Timestamp) -> Self {
        Self::Fixed(Arc::new(Standstill { now: AtomicI64::new(now.0), ids: Mutex::new(ContextV7::new()) }))
    }

    /// Moves a fixed clock; the machine's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Self::Fixed(standstill) = self {
            standstill.now.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }

    /// The time.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Fixed(standstill) => Timestamp(standstill.now.load(Ordering::SeqCst)),
        }
    }

    /// A new id: a UUID v7, which sorts by the time it was made.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
    pub fn new_id<T: From<String>>(&self) -> T {
        // Two ids made within one millisecond sort in the order in which they were made: the uuid crate counts.
        let uuid = match self {
            Self::System => Uuid::now_v7(),
            Self::Fixed(standstill) => {
                let now = self.now().0;
                let seconds = u64::try_from(now / 1_000_000).unwrap_or(0);
                let nanos = u32::try_from(now.rem_euclid(1_000_000) * 1000).unwrap_or(0);
                Uuid::new_v7(uuid::Timestamp::from_unix(&standstill.ids, seconds, nanos))
            }
        };
        T::from(uuid.to_string())
    }

    /// Bytes that nobody can guess, from the operating system.
    ///
    /// # Errors
    /// When the operating system has none to give.
    pub fn random_bytes<const N: usize>(&self) -> Result<[u8; N], rand::rand_core::OsError> {
        let mut bytes = [0; N];
        OsRng.try_fill_bytes(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_in_the_order_in_which_they_were_made() {
        for clock in [Clock::System, Clock::fixed(Timestamp(1_768_467_600_000_000))] {
            let ids: Vec<String> = (0..1000).map(|_| clock.new_id()).collect();
            assert!(ids.is_sorted(), "{clock:?}");
        }
    }
}
