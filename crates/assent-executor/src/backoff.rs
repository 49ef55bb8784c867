//! Waiting before something is tried again: twice as long each time, up to a bound, and not in step with others.

use std::time::Duration;

use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};

/// The first wait.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Backoff {
    /// It went well.
    pub(crate) fn reset(&mut self) {
        self.next = FIRST;
    }

    /// How long to wait now: between half and all of the present span.
    pub(crate) fn wait(&mut self) -> Duration {
        let mut random = [0_u8; 1];
        // Without randomness it waits all of the span.
        let part = if SystemRandom::new().fill(&mut random).is_ok() { u32::from(random[0]) } else { 255 };
        let wait = self.next / 2 + self.next / 2 * part / 255;
        self.next = (self.next * 2).min(LONGEST);
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_up_to_a_bound_and_begin_anew() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..12).map(|_| backoff.wait()).collect();
        assert!(waits[0] <= FIRST && waits[0] >= FIRST / 2);
        assert!(waits.iter().all(|wait| *wait <= LONGEST) && waits[11] >= LONGEST / 2);
        backoff.reset();
        assert!(backoff.wait() <= FIRST);
    }
}
