//! A bucket of tokens: so many at once, and then one at a time.

use assent_base::Timestamp;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How much is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Calls at once.
    pub burst: u32,
    /// Milliseconds until one more is allowed.
    pub refill_ms: u32,
}

impl Rate {
    /// Attempts to sign in, to use a link or to exchange a key, from one address.
    pub const CREDENTIALS: Rate = Rate { burst: 10, refill_ms: 6_000 };
    /// Calls of one caller who is known.
    pub const CALLS: Rate = Rate { burst: 200, refill_ms: 20 };
}

/// What is left, kept as the instant at which the bucket is full again. A full one by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    full_at: Option<Timestamp>,
}

/// The bucket is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts; the next is allowed in {retry_after_s} s")]
pub struct Empty {
    /// Whole seconds until one more is allowed, rounded up.
    pub retry_after_s: u64,
}

impl Bucket {
    /// Takes one out, or says when to come back. A clock that runs back gives nothing away.
    pub fn take(self, now: Timestamp, rate: &Rate) -> Result<Self, Empty> {
        let refill = SignedDuration::from_millis(i64::from(rate.refill_ms));
        let from = self.full_at.map_or(now, |full_at| full_at.max(now));
        let full_at = from.checked_add(refill).unwrap_or(Timestamp::MAX);
        let missing = full_at.duration_since(now);
        let allowed = SignedDuration::from_millis(i64::from(rate.refill_ms).saturating_mul(i64::from(rate.burst)));
        match missing.checked_sub(allowed) {
            Some(excess) if excess.is_positive() => {
                let millis = u64::try_from(excess.as_millis()).unwrap_or(u64::MAX);
                Err(Empty { retry_after_s: millis.div_ceil(1_000).max(1) })
            }
            Some(_) | None => Ok(Self { full_at: Some(full_at) }),
        }
    }

    /// Whether it is full, and need not be remembered.
    #[must_use]
    pub fn is_full(&self, now: Timestamp) -> bool {
        self.full_at.is_none_or(|full_at| full_at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::later;

    const RATE: Rate = Rate { burst: 3, refill_ms: 2_000 };
    const START: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn a_burst_then_one_at_a_time() {
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            bucket = bucket.take(START, &RATE).unwrap();
        }
        assert_eq!(bucket.take(START, &RATE), Err(Empty { retry_after_s: 2 }));
        assert_eq!(bucket.take(later(START, 1), &RATE), Err(Empty { retry_after_s: 1 }));
        bucket = bucket.take(later(START, 2), &RATE).unwrap();
        assert!(bucket.take(later(START, 2), &RATE).is_err());
        assert!(!bucket.is_full(later(START, 7)) && bucket.is_full(later(START, 8)));
    }

    #[test]
    fn any_hour_allows_a_burst_and_the_refill_at_most() {
        let mut bucket = Bucket::default();
        let mut taken = 0;
        for second in 0..3_600 {
            for _ in 0..5 {
                if let Ok(next) = bucket.take(later(START, second), &RATE) {
                    bucket = next;
                    taken += 1;
                }
            }
        }
        assert_eq!(taken, 3 + 3_599 / 2);
    }

    #[test]
    fn a_clock_that_runs_back_gives_nothing_away() {
        let bucket = (0..3).fold(Bucket::default(), |bucket, _| bucket.take(later(START, 100), &RATE).unwrap());
        assert!(bucket.take(START, &RATE).is_err());
    }
}
