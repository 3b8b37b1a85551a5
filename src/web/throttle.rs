//! How often something may be asked for, by whoever asks.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};

/// Asks between two looks for keys that can be forgotten: who tries keys at random must not fill the memory.
const ASKS: u32 = 1024;

/// A rate for each key.
pub struct Throttle {
    rates: DefaultKeyedRateLimiter<String>,
    asked: AtomicU32,
}

impl Throttle {
    /// One that grants each key so much.
    pub fn new(quota: Quota) -> Self {
        Self { rates: RateLimiter::keyed(quota), asked: AtomicU32::new(0) }
    }

    /// Takes one turn of this key.
    ///
    /// # Errors
    /// How long to wait for the next turn.
    pub fn check(&self, key: &String) -> Result<(), Duration> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % ASKS == ASKS - 1 {
            self.rates.retain_recent();
            self.rates.shrink_to_fit();
        }
        self.rates.check_key(key).map_err(|wait| wait.wait_time_from(DefaultClock::default().now()))
    }

    /// How many keys are remembered.
    #[cfg(test)]
    fn remembered(&self) -> usize {
        self.rates.len()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn each_key_has_its_own_rate() {
        let throttle = Throttle::new(Quota::per_hour(NonZeroU32::MIN));
        let (ana, bo) = ("ana".to_owned(), "bo".to_owned());
        assert_eq!(throttle.check(&ana), Ok(()));
        assert!(throttle.check(&ana).unwrap_err() > Duration::from_secs(3000));
        assert_eq!(throttle.check(&bo), Ok(()));
    }

    #[test]
    fn keys_that_are_free_again_are_forgotten() {
        let throttle = Throttle::new(Quota::with_period(Duration::from_nanos(1)).unwrap());
        for number in 0..10 * ASKS {
            throttle.check(&number.to_string()).unwrap();
        }
        assert!(throttle.remembered() <= 2 * ASKS as usize, "{}", throttle.remembered());
    }
}
