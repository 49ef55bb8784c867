//! How long calls took: counts in buckets that grow by a fourth of a doubling, so that two of them add up and memory is fixed.
//!
//! The ends are those of an exponential histogram of OpenTelemetry with scale 2, in seconds. Whoever counts in seconds by a finer scale
//! loses nothing but the difference of the scales here: each of their buckets lies within one of ours.
//!
//! Units: durations are seconds, but for what people read, which is milliseconds.
//! Source: the OpenTelemetry metrics data model, exponential histograms ("perfect subsetting").

/// Buckets, the first of which begins at nothing, and the last of which has no end: they end at 0.12 ms to some seven hours.
const BUCKETS: usize = 112;
/// Our scale: buckets to a doubling are two to its power.
const SCALE: i32 = 2;
/// Buckets to a doubling.
const PER_DOUBLING: f64 = 4.0;
/// The bucket that ends at one second.
const ONE_SECOND: i64 = 52;
/// Scales that exponential histograms have.
pub(super) const SCALES: std::ops::RangeInclusive<i32> = -10..=20;
/// Which share of calls a percentile is of.
const P99: f64 = 0.99;

/// Counts of durations as a histogram has them, which may have counted for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counts([u64; BUCKETS]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

/// The buckets of an exponential histogram: the first has this index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Exponential {
    pub(super) scale: i32,
    pub(super) offset: i32,
    pub(super) counts: Vec<u64>,
    /// How many took no time at all.
    pub(super) zeros: u64,
}

impl Counts {
    /// Counts calls that took so long. What is no duration is not counted.
    pub(super) fn add(&mut self, seconds: f64, calls: u64) {
        if seconds.is_finite() && seconds >= 0.0 {
            self.put(place(seconds), calls);
        }
    }

    /// Counts what others counted in buckets with these upper ends in seconds; each call as long as its bucket allows, and one beyond
    /// all ends as long as the last.
    pub(super) fn add_buckets(&mut self, ends: impl Iterator<Item = f64>, counts: &[u64]) {
        let mut last = 0.0;
        let mut ends = ends;
        for count in counts {
            last = ends.next().filter(|end| end.is_finite()).unwrap_or(last);
            self.add(last, *count);
        }
    }

    /// Counts an exponential histogram, whose unit is so many seconds. One with a scale that there is not counts nothing.
    pub(super) fn add_exponential(&mut self, of: &Exponential, unit_s: f64) {
        if !SCALES.contains(&of.scale) {
            return;
        }
        self.put(0, of.zeros);
        #[expect(clippy::float_cmp, reason = "one second is the number 1, and not the outcome of a sum")]
        let in_seconds = unit_s == 1.0;
        for (index, count) in (i64::from(of.offset)..).zip(&of.counts) {
            let at = if in_seconds { end_of(index, of.scale).saturating_add(ONE_SECOND) } else { at_end(index, of.scale, unit_s) };
            self.put(at, *count);
        }
    }

    fn put(&mut self, at: i64, calls: u64) {
        let last = BUCKETS - 1;
        let at = usize::try_from(at.max(0)).unwrap_or(last).min(last);
        if let Some(count) = self.0.get_mut(at) {
            *count = count.saturating_add(calls);
        }
    }

    /// What has been counted since.
    pub(super) fn since(&self, before: &Self) -> Self {
        let mut new = self.clone();
        for (count, before) in new.0.iter_mut().zip(&before.0) {
            *count = count.saturating_sub(*before);
        }
        new
    }

    /// As it would be if it had been counted by this scale, if that is coarser than ours.
    pub(super) fn by(&self, scale: i32) -> Self {
        if scale >= SCALE || !SCALES.contains(&scale) {
            return self.clone();
        }
        let mut coarse = Self::default();
        let step = 1_i64 << (SCALE - scale);
        for (at, count) in (0_i64..).zip(&self.0).filter(|(_, count)| **count > 0) {
            let end = at - ONE_SECOND;
            coarse.put((end + step - 1).div_euclid(step) * step + ONE_SECOND, *count);
        }
        coarse
    }
}

/// Counts of durations of a minute.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Durations([u32; BUCKETS]);

impl Default for Durations {
    fn default() -> Self {
        Self([0; BUCKETS])
    }
}

impl Durations {
    /// Counts what a histogram counted.
    pub(super) fn join(&mut self, counts: &Counts) {
        for (own, more) in self.0.iter_mut().zip(&counts.0) {
            *own = own.saturating_add(u32::try_from(*more).unwrap_or(u32::MAX));
        }
    }

    /// The upper end of the bucket that holds the 99th percentile, in milliseconds: at most a fifth more than it is, if it is above
    /// 0.12 ms. 0 without calls.
    pub(super) fn p99_ms(&self) -> f64 {
        let all: u64 = self.0.iter().map(|count| u64::from(*count)).sum();
        #[expect(clippy::cast_precision_loss, reason = "a share of a count, good to some digits")]
        let rank = all as f64 * P99;
        let mut seen = 0_u64;
        for (at, count) in (0_i64..).zip(&self.0) {
            seen += u64::from(*count);
            #[expect(clippy::cast_precision_loss, reason = "a share of a count, good to some digits")]
            if *count > 0 && seen as f64 >= rank {
                return end(at) * 1_000.0;
            }
        }
        0.0
    }
}

/// The bucket of a duration; may be beyond the last.
fn place(seconds: f64) -> i64 {
    if seconds <= end(0) {
        return 0;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a finite number is small")]
    let near = (seconds.log2() * PER_DOUBLING).ceil() as i64 + ONE_SECOND;
    // A logarithm may be a little off where a bucket ends.
    match (seconds <= end(near - 1), seconds <= end(near)) {
        (true, _) => near - 1,
        (false, true) => near,
        (false, false) => near + 1,
    }
}

/// Where a bucket ends, in seconds.
fn end(at: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "the number of a bucket is small")]
    let doublings = (at - ONE_SECOND) as f64 / PER_DOUBLING;
    doublings.exp2()
}

/// The end of somebody's bucket in fourths of a doubling, rounded up.
fn end_of(index: i64, scale: i32) -> i64 {
    if scale >= SCALE { (index >> (scale - SCALE)) + 1 } else { (index + 1) << (SCALE - scale) }
}

/// Our bucket for the end of one in another unit than seconds.
fn at_end(index: i64, scale: i32, unit_s: f64) -> i64 {
    #[expect(clippy::cast_precision_loss, reason = "an index has 33 bits")]
    let end = ((index + 1) as f64 * f64::from(-scale).exp2()).exp2() * unit_s;
    place(end.min(end_max()))
}

fn end_max() -> f64 {
    end(i64::try_from(BUCKETS).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "this is a test of numbers")]

    use proptest::prelude::*;

    use super::*;

    /// What a percentile may be more than it is.
    const FIFTH: f64 = 1.2;

    #[test]
    fn the_percentile_is_right_within_a_bucket() {
        let mut durations = Durations::default();
        assert_eq!(durations.p99_ms(), 0.0);
        durations.join(&of(&[(0.01, 980), (0.9, 20)]));
        let p99 = durations.p99_ms();
        assert!((900.0..=900.0 * FIFTH).contains(&p99), "{p99}");
        durations.join(&of(&[(0.01, 10_000)]));
        assert!((10.0..=10.0 * FIFTH).contains(&durations.p99_ms()), "a few slow ones of many are not one in a hundred");
    }

    #[test]
    fn buckets_of_others_and_what_is_no_duration() {
        let mut counts = Counts::default();
        counts.add_buckets([0.005, 0.05].into_iter(), &[0, 0, 7]);
        assert!((50.0..=50.0 * FIFTH).contains(&p99_ms(&counts)), "beyond the last end it is as long as the last");
        let mut none = Counts::default();
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            none.add(bad, 1);
        }
        assert_eq!(none, Counts::default());
        none.add(1e300, u64::MAX);
        none.add(1e300, u64::MAX);
        assert!(p99_ms(&none).is_finite());
    }

    #[test]
    fn a_bucket_ends_where_it_is_said_to() {
        for at in 0..112 {
            assert_eq!(place(end(at)), at, "{at}");
            assert_eq!(place(end(at) * 1.000_001), at + 1, "{at}");
        }
        assert!((end(ONE_SECOND) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn hostile_scales_offsets_and_counts_stay_within_bounds() {
        for scale in [i32::MIN, -11, -10, -1, 0, 1, 2, 3, 20, 21, i32::MAX] {
            for offset in [i32::MIN, -1, 0, 1, i32::MAX] {
                for unit_s in [1.0, 0.001] {
                    let mut counts = Counts::default();
                    counts.add_exponential(&Exponential { scale, offset, counts: vec![u64::MAX; 3], zeros: u64::MAX }, unit_s);
                    assert!(p99_ms(&counts).is_finite(), "{scale} {offset}");
                    assert_eq!(counts == Counts::default(), !SCALES.contains(&scale), "{scale} {offset}");
                    assert!(p99_ms(&counts.by(scale)).is_finite(), "{scale} {offset}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_percentile_of_durations_is_at_most_a_fifth_too_long(seconds in durations()) {
            let exact = exact_ms(&seconds);
            let told = p99_ms(&of(&seconds.iter().map(|one| (*one, 1)).collect::<Vec<_>>()));
            prop_assert!(told >= exact * 0.999_999 && told <= exact * FIFTH, "{told} for {exact}");
        }

        #[test]
        fn of_exponential_histograms_in_seconds_no_more_is_lost_than_by_the_coarser_scale(seconds in durations(), scale in -2_i32..=20) {
            let exact = exact_ms(&seconds);
            let mut counts = Counts::default();
            for histogram in histograms(&seconds, scale, 1.0) {
                counts.add_exponential(&histogram, 1.0);
            }
            let told = p99_ms(&counts);
            let growth = (f64::from(-scale.min(SCALE))).exp2().exp2();
            prop_assert!(told >= exact * 0.999_999 && told <= exact * growth * 1.000_001, "{told} for {exact} by {scale}");
        }

        #[test]
        fn of_exponential_histograms_in_milliseconds_their_own_bucket_is_lost_besides(seconds in durations(), scale in 0_i32..=20) {
            let exact = exact_ms(&seconds);
            let mut counts = Counts::default();
            for histogram in histograms(&seconds, scale, 0.001) {
                counts.add_exponential(&histogram, 0.001);
            }
            let told = p99_ms(&counts);
            let growth = f64::from(-scale).exp2().exp2();
            prop_assert!(told >= exact * 0.999_999 && told <= exact * growth * FIFTH, "{told} for {exact} by {scale}");
        }

        #[test]
        fn a_histogram_that_became_coarser_is_comparable_with_what_it_was(seconds in durations(), fine in -3_i32..=6, by in 0_i32..6) {
            let coarse = (fine - by).max(-3);
            let at = |scale| {
                let mut counts = Counts::default();
                histograms(&seconds, scale, 1.0).iter().for_each(|one| counts.add_exponential(one, 1.0));
                counts
            };
            prop_assert_eq!(at(fine).by(coarse), at(coarse));
        }
    }

    /// Some hundred calls of a millisecond to a thousand seconds.
    fn durations() -> impl Strategy<Value = Vec<f64>> {
        proptest::collection::vec((-3.0_f64..3.0).prop_map(|power| 10_f64.powf(power)), 1..300)
    }

    fn exact_ms(seconds: &[f64]) -> f64 {
        let mut sorted = seconds.to_vec();
        sorted.sort_by(f64::total_cmp);
        let rank = (sorted.len() as f64 * P99).ceil() as usize;
        sorted[rank.max(1) - 1] * 1_000.0
    }

    /// One histogram to a duration, by the formula of the data model.
    fn histograms(seconds: &[f64], scale: i32, unit_s: f64) -> Vec<Exponential> {
        let index = |value: f64| ((value / unit_s).log2() * f64::from(scale).exp2()).ceil() as i64 - 1;
        seconds.iter().map(|one| Exponential { scale, offset: index(*one) as i32, counts: vec![1], zeros: 0 }).collect()
    }

    fn of(seconds: &[(f64, u64)]) -> Counts {
        let mut counts = Counts::default();
        seconds.iter().for_each(|(one, calls)| counts.add(*one, *calls));
        counts
    }

    fn p99_ms(counts: &Counts) -> f64 {
        let mut durations = Durations::default();
        durations.join(counts);
        durations.p99_ms()
    }
}
