//! How long to wait before trying again: twice as long each time, up to a bound, and never in step with others.

use std::time::Duration;

/// Grows from a first wait to a last.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    last: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, last: Duration) -> Self {
        Self { first, last, next: first }
    }

    /// The next wait.
    pub(crate) fn wait(&mut self) -> Duration {
        let wait = self.next;
        self.next = (wait * 2).min(self.last);
        jittered(wait)
    }

    pub(crate) fn reset(&mut self) {
        self.next = self.first;
    }
}

/// Between half and all of it. Without randomness all of it.
pub(crate) fn jittered(wait: Duration) -> Duration {
    let mut byte = [255];
    // A failure leaves 255 there, which is the longest wait.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    let [share] = byte;
    wait / 2 + wait / 2 * u32::from(share) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_last_and_begin_anew() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(8));
        for (low, high) in [(500, 1_000), (1_000, 2_000), (2_000, 4_000), (4_000, 8_000), (4_000, 8_000)] {
            let wait = backoff.wait().as_millis();
            assert!((low..=high).contains(&wait), "{wait}");
        }
        backoff.reset();
        assert!(backoff.wait() <= Duration::from_secs(1));
    }
}
