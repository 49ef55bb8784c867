//! What is usual for a metric, and what is not.
//!
//! A series keeps, for each hour of the week, the median and the median absolute deviation of what was seen then, updated step by step
//! so that memory stays bounded; while an hour has too little, a moving average of everything stands in. A slow drift that no single value
//! shows is found by cumulative sums. Values that are no numbers change nothing.
//!
//! Units: instants are seconds of Unix time; values are whatever the metric counts.

pub mod series;

use serde::{Deserialize, Serialize};

/// Hours of a week: seasons that are told apart.
pub const SEASONS: usize = 168;
/// Values that a season needs before it is asked.
pub const SEASON_VALUES_MIN: u32 = 12;
/// Values that a series needs before anything is unusual.
pub const VALUES_MIN: u32 = 20;
/// How many spreads from the middle a value is unusual.
pub const UNUSUAL_SCORE: f64 = 6.0;
/// How far the cumulative sum may go, in spreads, before a drift is found.
pub const DRIFT_LIMIT: f64 = 12.0;
/// What of each step the cumulative sum forgives, in spreads.
pub const DRIFT_SLACK: f64 = 1.0;
/// Weight of a new value in the moving average.
const AVERAGE_WEIGHT: f64 = 0.05;
/// The least weight of a new value in a season: older weeks fade.
const SEASON_WEIGHT_MIN: f64 = 0.02;
/// From absolute deviation to standard deviation, for a normal distribution.
const SPREAD_PER_DEVIATION: f64 = 1.4826;
/// The spread that is assumed at least, as a share of the middle: what hardly moves may move a little.
const SPREAD_SHARE_MIN: f64 = 0.01;
/// The spread that is assumed at least.
const SPREAD_MIN: f64 = 1e-9;

/// Values further from zero than this count as this.
const VALUE_MAX: f64 = 1e100;
/// No deviation scores higher.
const SCORE_MAX: f64 = 1e6;

/// Where a value lies beside what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Higher than usual.
    Above,
    /// Lower than usual.
    Below,
}

/// How far a value is from what is usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Deviation {
    /// Spreads from the middle.
    pub score: f64,
    /// Above or below.
    pub direction: Direction,
    /// From where to where values are usual.
    pub expected: (f64, f64),
    /// Whether it is a drift of many values and not one value.
    pub drift: bool,
}

/// Middle and spread of some values, without the values.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Robust {
    count: u32,
    middle: f64,
    deviation: f64,
}

impl Robust {
    const EMPTY: Self = Self { count: 0, middle: 0.0, deviation: 0.0 };

    /// Takes a value in. A single outlier moves the middle by a step of one spread at most.
    fn see(&mut self, value: f64, weight_min: f64) {
        if self.count == 0 {
            *self = Self { count: 1, middle: value, deviation: 0.0 };
            return;
        }
        self.count = self.count.saturating_add(1);
        let weight = (1.0 / f64::from(self.count)).max(weight_min);
        let off = value - self.middle;
        let deviation = self.deviation;
        self.deviation += weight * (off.abs() - deviation).clamp(-deviation, (3.0 * deviation).max(least(self.middle)));
        let step = (3.0 * self.spread()).max(least(self.middle));
        self.middle += weight * off.clamp(-step, step);
    }

    fn spread(&self) -> f64 {
        (self.deviation * SPREAD_PER_DEVIATION).max(least(self.middle))
    }
}

fn least(middle: f64) -> f64 {
    (middle.abs() * SPREAD_SHARE_MIN).max(SPREAD_MIN)
}

/// What is usual for one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// By hour of the week; only hours that were seen.
    seasons: std::collections::BTreeMap<u8, Robust>,
    all: Robust,
    /// Cumulative sums above and below what is usual, in spreads.
    drift: (f64, f64),
}

impl Default for Baseline {
    fn default() -> Self {
        Self { seasons: std::collections::BTreeMap::new(), all: Robust::EMPTY, drift: (0.0, 0.0) }
    }
}

/// The hour of the week of an instant. The epoch was a Thursday; which day comes first does not matter.
fn season(at_s: i64) -> u8 {
    u8::try_from((at_s / 3600).rem_euclid(168)).unwrap_or(0)
}

impl Baseline {
    /// Takes a value in.
    pub fn see(&mut self, at_s: i64, value: f64) {
        if !value.is_finite() {
            return;
        }
        let value = value.clamp(-VALUE_MAX, VALUE_MAX);
        if let Some((usual, spread)) = self.usual(at_s) {
            let off = (value - usual) / spread;
            let forget = |sum: f64| if sum.is_finite() { sum.clamp(0.0, 2.0 * DRIFT_LIMIT) } else { 0.0 };
            // One wild value is told as such; it is no drift.
            let off = off.clamp(-UNUSUAL_SCORE, UNUSUAL_SCORE);
            self.drift = (forget(self.drift.0 + off - DRIFT_SLACK), forget(self.drift.1 - off - DRIFT_SLACK));
        }
        self.seasons.entry(season(at_s)).or_insert(Robust::EMPTY).see(value, SEASON_WEIGHT_MIN);
        self.all.see(value, AVERAGE_WEIGHT);
    }

    /// Middle and spread of what is usual at an instant; none while too little was seen.
    fn usual(&self, at_s: i64) -> Option<(f64, f64)> {
        if self.all.count < VALUES_MIN {
            return None;
        }
        let own = self.seasons.get(&season(at_s)).filter(|own| own.count >= SEASON_VALUES_MIN && self.seasons.len() > 1);
        let usual = own.unwrap_or(&self.all);
        Some((usual.middle, usual.spread()))
    }

    /// How far a value is from what is usual; none if it is not, or if too little was seen to say.
    #[must_use]
    pub fn deviation(&self, at_s: i64, value: f64) -> Option<Deviation> {
        let (middle, spread) = self.usual(at_s).filter(|_| value.is_finite())?;
        let expected = (middle - UNUSUAL_SCORE * spread, middle + UNUSUAL_SCORE * spread);
        let off = ((value.clamp(-VALUE_MAX, VALUE_MAX) - middle) / spread).clamp(-SCORE_MAX, SCORE_MAX);
        let direction = if off >= 0.0 { Direction::Above } else { Direction::Below };
        if off.abs() >= UNUSUAL_SCORE {
            return Some(Deviation { score: off.abs(), direction, expected, drift: false });
        }
        let (up, down) = self.drift;
        let (sum, direction) = if up >= down { (up, Direction::Above) } else { (down, Direction::Below) };
        (sum >= DRIFT_LIMIT).then_some(Deviation { score: sum, direction, expected, drift: true })
    }

    /// How many values were seen.
    #[must_use]
    pub fn values(&self) -> u32 {
        self.all.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_constant_series_never_deviates(value in -1e12_f64..1e12, steps in 1_i64..2000, step_s in 1_i64..7200) {
            let mut usual = Baseline::default();
            for n in 0..steps {
                prop_assert_eq!(usual.deviation(n * step_s, value), None);
                usual.see(n * step_s, value);
            }
        }

        #[test]
        fn a_shift_is_found_within_twenty_values(base in 10.0_f64..1e6, times in 1.5_f64..20.0, noise in proptest::collection::vec(-1.0_f64..1.0, 220)) {
            let mut usual = Baseline::default();
            let mut noise = noise.into_iter();
            for (n, off) in noise.by_ref().take(200).enumerate() {
                usual.see(n as i64 * 30, base * (1.0 + 0.05 * off));
            }
            let found = noise.enumerate().any(|(n, off)| {
                let (at, value) = ((200 + n as i64) * 30, base * times * (1.0 + 0.05 * off));
                let found = usual.deviation(at, value).is_some_and(|found| found.direction == Direction::Above);
                usual.see(at, value);
                found
            });
            prop_assert!(found);
        }

        #[test]
        fn what_is_no_number_and_what_is_missing_do_no_harm(values in proptest::collection::vec(proptest::num::f64::ANY, 0..300), gaps in proptest::collection::vec(0_i64..1_000_000, 300)) {
            let mut usual = Baseline::default();
            let mut at = 0;
            for (value, gap) in values.iter().zip(gaps) {
                at += gap;
                if let Some(found) = usual.deviation(at, *value) {
                    prop_assert!(!found.score.is_nan() && !found.expected.0.is_nan() && !found.expected.1.is_nan());
                }
                let before = usual.clone();
                usual.see(at, *value);
                prop_assert!(value.is_finite() || usual == before);
            }
            prop_assert!(usual.seasons.len() <= SEASONS);
        }
    }

    #[test]
    fn what_is_usual_at_noon_is_not_usual_at_night() {
        let mut usual = Baseline::default();
        let busy = |at: i64| (9..17).contains(&((at / 3600) % 24));
        let value = |at: i64| if busy(at) { 1000.0 + (at % 7) as f64 } else { 100.0 + (at % 7) as f64 };
        for at in (0..6 * 7 * 24 * 3600).step_by(300) {
            usual.see(at, value(at));
        }
        let week = 6 * 7 * 24 * 3600;
        assert_eq!(usual.deviation(week + 12 * 3600, 1003.0), None);
        assert!(usual.deviation(week + 3 * 3600, 1003.0).is_some_and(|found| found.direction == Direction::Above));
        assert!(usual.deviation(week + 12 * 3600, 103.0).is_some_and(|found| found.direction == Direction::Below));
    }

    #[test]
    fn a_slow_drift_is_found_though_no_value_is_wild() {
        let mut usual = Baseline::default();
        let noise = |n: i64| ((n * 7919) % 13) as f64 - 6.0;
        for n in 0..400 {
            usual.see(n * 60, 100.0 + noise(n));
        }
        let found = (400..440).find_map(|n| {
            let value = 114.0 + noise(n);
            let found = usual.deviation(n * 60, value);
            usual.see(n * 60, value);
            found
        });
        assert!(found.is_some_and(|found| found.drift && found.direction == Direction::Above), "{found:?}");
    }
}
