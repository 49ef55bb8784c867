//! How long calls took: counts in buckets that grow by half, so that two of them add up and memory is fixed.

/// Buckets, the last of which has no end: 0.1 ms times 1.5 to the power of 47 is some five hours.
const BUCKETS: usize = 48;
/// The upper end of the first bucket, in milliseconds.
const FIRST_MS: f64 = 0.1;
/// How much wider each bucket ends.
const GROWTH: f64 = 1.5;
/// Which share of calls a percentile is of.
const P99: f64 = 0.99;

/// Counts of durations.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Durations([u64; BUCKETS]);

impl Default for Durations {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl Durations {
    /// Counts calls that took so long. What is no duration is not counted.
    pub(super) fn add(&mut self, ms: f64, calls: u64) {
        if !ms.is_finite() || ms < 0.0 {
            return;
        }
        let at = bounds().position(|bound| ms <= bound).unwrap_or(BUCKETS - 1);
        if let Some(count) = self.0.get_mut(at) {
            *count = count.saturating_add(calls);
        }
    }

    /// Counts what others counted in buckets of their own, with these upper ends in milliseconds; each call as long as its bucket allows,
    /// and one beyond all ends as long as the last.
    pub(super) fn add_buckets(&mut self, ends_ms: impl Iterator<Item = f64>, counts: &[u64]) {
        let mut last = 0.0;
        let mut ends = ends_ms;
        for count in counts {
            last = ends.next().filter(|end| end.is_finite()).unwrap_or(last);
            self.add(last, *count);
        }
    }

    /// Counts what another counted.
    pub(super) fn join(&mut self, other: &Self) {
        for (own, more) in self.0.iter_mut().zip(&other.0) {
            *own = own.saturating_add(*more);
        }
    }

    /// The upper end of the bucket that holds the 99th percentile: at most half as much again as it is. 0 without calls.
    pub(super) fn p99_ms(&self) -> f64 {
        let all: u64 = self.0.iter().fold(0, |sum, count| sum.saturating_add(*count));
        #[expect(clippy::cast_precision_loss, reason = "a share of a count, good to some digits")]
        let rank = all as f64 * P99;
        let mut seen = 0_u64;
        for (count, bound) in self.0.iter().zip(bounds()) {
            seen = seen.saturating_add(*count);
            #[expect(clippy::cast_precision_loss, reason = "a share of a count, good to some digits")]
            if *count > 0 && seen as f64 >= rank {
                return bound;
            }
        }
        0.0
    }
}

fn bounds() -> impl Iterator<Item = f64> {
    std::iter::successors(Some(FIRST_MS), |bound| Some(bound * GROWTH)).take(BUCKETS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_percentile_is_right_within_a_bucket() {
        let mut durations = Durations::default();
        assert_eq!(durations.p99_ms(), 0.0);
        durations.add(10.0, 980);
        durations.add(900.0, 20);
        let p99 = durations.p99_ms();
        assert!((900.0..=900.0 * GROWTH).contains(&p99), "{p99}");
        durations.add(10.0, 10_000);
        assert!((10.0..=10.0 * GROWTH).contains(&durations.p99_ms()), "a few slow ones of many are not one in a hundred");
    }

    #[test]
    fn buckets_of_others_and_what_is_no_duration() {
        let mut durations = Durations::default();
        durations.add_buckets([5.0, 50.0].into_iter(), &[0, 0, 7]);
        assert!((50.0..=75.0).contains(&durations.p99_ms()), "beyond the last end it is as long as the last");
        let mut none = Durations::default();
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            none.add(bad, 1);
        }
        assert_eq!(none, Durations::default());
        none.add(1e300, u64::MAX);
        none.add(1e300, u64::MAX);
        assert!(none.p99_ms().is_finite());
    }
}
