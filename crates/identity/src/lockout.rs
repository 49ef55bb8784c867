//! How long somebody waits after failing to sign in: nothing at first, then twice as long each time.
//!
//! There is one state per account and one per address. The account's keeps one password from being guessed; the address's keeps many from
//! being tried. Whoever knows an address can make its owner wait, which is why the wait is bounded.

use assent_base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::time::later;

/// How patient to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Failures that cost nothing.
    pub free_failures: u32,
    /// The wait after the first failure beyond.
    pub first_wait_s: u64,
    /// The longest wait.
    pub longest_wait_s: u64,
    /// Failures are forgotten after so long without another.
    pub forgotten_after_s: u64,
}

impl Rules {
    /// For one account: five failures, then 30 seconds, doubling up to 15 minutes.
    pub const ACCOUNT: Rules = Rules { free_failures: 5, first_wait_s: 30, longest_wait_s: 900, forgotten_after_s: 86_400 };
    /// For one address, behind which many may sit: twenty failures, then 30 seconds, doubling up to an hour.
    pub const ADDRESS: Rules = Rules { free_failures: 20, first_wait_s: 30, longest_wait_s: 3_600, forgotten_after_s: 86_400 };
}

/// What is remembered of failures. Nothing, by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failures {
    count: u32,
    last_at: Option<Timestamp>,
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Standing {
    /// It may.
    Open,
    /// Not before this instant. Nothing is to be checked until then, so that nothing can be learned.
    LockedUntil(Timestamp),
}

impl Failures {
    /// Whether an attempt may be made now.
    pub fn standing(&self, now: Timestamp, rules: &Rules) -> Standing {
        let Some(last_at) = self.last_at else { return Standing::Open };
        match self.wait_s(rules) {
            Some(wait_s) if now < later(last_at, wait_s) => Standing::LockedUntil(later(last_at, wait_s)),
            Some(_) | None => Standing::Open,
        }
    }

    /// What is remembered after one more failure. The second value says whether it began a wait, which is for the ledger.
    #[must_use]
    pub fn after_failure(self, now: Timestamp, rules: &Rules) -> (Self, bool) {
        let forgotten = self.last_at.is_none_or(|last_at| now >= later(last_at, rules.forgotten_after_s));
        let count = if forgotten { 1 } else { self.count.saturating_add(1) };
        let next = Self { count, last_at: Some(now) };
        (next, next.wait_s(rules).is_some())
    }

    /// What is remembered after a success.
    #[must_use]
    pub fn after_success(self) -> Self {
        Self::default()
    }

    fn wait_s(&self, rules: &Rules) -> Option<u64> {
        let beyond = self.count.checked_sub(rules.free_failures)?.checked_sub(1)?;
        let wait_s = 1_u64.checked_shl(beyond).and_then(|factor| rules.first_wait_s.checked_mul(factor));
        Some(wait_s.unwrap_or(rules.longest_wait_s).min(rules.longest_wait_s))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn waits_double_and_are_bounded() {
        let mut failures = Failures::default();
        let mut waits = Vec::new();
        for _ in 0..80 {
            failures = failures.after_failure(START, &Rules::ACCOUNT).0;
            waits.push(match failures.standing(START, &Rules::ACCOUNT) {
                Standing::Open => 0,
                Standing::LockedUntil(until) => until.as_second(),
            });
        }
        assert_eq!(waits[..12], [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]);
        assert_eq!(waits[79], 900);
    }

    #[test]
    fn a_wait_ends_by_itself_and_failures_are_forgotten() {
        let failures = (0..6).fold(Failures::default(), |failures, _| failures.after_failure(START, &Rules::ACCOUNT).0);
        assert_eq!(failures.standing(later(START, 29), &Rules::ACCOUNT), Standing::LockedUntil(later(START, 30)));
        assert_eq!(failures.standing(later(START, 30), &Rules::ACCOUNT), Standing::Open);
        let (next_day, locked) = failures.after_failure(later(START, 86_400), &Rules::ACCOUNT);
        assert!(!locked);
        assert_eq!(next_day.standing(later(START, 86_400), &Rules::ACCOUNT), Standing::Open);
        assert_eq!(failures.after_success(), Failures::default());
    }

    #[test]
    fn a_clock_that_runs_back_opens_nothing() {
        let failures = (0..6).fold(Failures::default(), |failures, _| failures.after_failure(later(START, 100), &Rules::ACCOUNT).0);
        assert_eq!(failures.standing(START, &Rules::ACCOUNT), Standing::LockedUntil(later(START, 130)));
    }
}
