//! One message on its way: when it is tried, when again, and when it is given up.
//!
//! That an attempt begins is kept before it is made. A platform that stops in between cannot know whether the message arrived: it is tried
//! once more, and if that ends unknown as well, it is given up. So a message comes twice at most.

use assent_base::{Timestamp, time};
use serde::{Deserialize, Serialize};

use crate::courier::SendError;
use crate::notice::Batch;
use crate::quiet::later;

/// Seconds before a message is first tried again; twice as many each time after.
pub const AGAIN_AFTER_S_MIN: i64 = 10;
/// Seconds before it is tried again at most, whatever the receiver asks for.
pub const AGAIN_AFTER_S_MAX: i64 = 900;
/// Seconds after which it is given up: four hours.
pub const GIVE_UP_AFTER_S: i64 = 4 * 3_600;

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// The same at every attempt, so that a receiver can tell that it has it already.
    pub id: String,
    /// What it holds.
    pub batch: Batch,
    begun_at: Timestamp,
    next_at: Timestamp,
    attempts: u32,
    /// Whether an attempt has begun whose end is not known.
    open: bool,
    /// Attempts whose end nobody knows.
    unknown: u32,
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It is tried again, not before then.
    Again(Timestamp),
    /// It is given up.
    GivenUp,
}

impl Delivery {
    /// A message that is tried at once.
    #[must_use]
    pub fn new(id: String, batch: Batch, now: Timestamp) -> Self {
        Self { id, batch, begun_at: now, next_at: now, attempts: 0, open: false, unknown: 0 }
    }

    /// When it is to be tried next.
    #[must_use]
    pub fn next_at(&self) -> Timestamp {
        self.next_at
    }

    /// Begins an attempt. To be kept before the message is sent.
    pub fn begin(&mut self) {
        self.open = true;
        self.attempts = self.attempts.saturating_add(1);
    }

    /// What follows on an attempt that was begun before the platform stopped, if there is one. Nobody knows how it ended.
    pub fn resume(&mut self, now: Timestamp) -> Option<Then> {
        if !std::mem::take(&mut self.open) {
            return None;
        }
        self.unknown = self.unknown.saturating_add(1);
        if self.unknown > 1 {
            return Some(Then::GivenUp);
        }
        self.next_at = now;
        Some(Then::Again(now))
    }

    /// What follows on an attempt that failed.
    pub fn failed(&mut self, error: &SendError, now: Timestamp) -> Then {
        self.open = false;
        let wait_s = match error {
            SendError::Refused(_) | SendError::Rejected { .. } => return Then::GivenUp,
            SendError::Later { wait_s, .. } => wait_s.unwrap_or(0),
        };
        let doubled = AGAIN_AFTER_S_MIN.saturating_mul(1_i64.checked_shl(self.attempts.saturating_sub(1).min(30)).unwrap_or(i64::MAX));
        let wait_s = i64::try_from(wait_s).unwrap_or(i64::MAX).max(doubled).clamp(AGAIN_AFTER_S_MIN, AGAIN_AFTER_S_MAX);
        self.next_at = later(now, wait_s);
        // A clock that stepped back does not make it immortal: attempts are bounded, too.
        let old = time::seconds_between(self.begun_at, self.next_at).abs() > GIVE_UP_AFTER_S;
        if old || self.attempts >= ATTEMPTS_MAX { Then::GivenUp } else { Then::Again(self.next_at) }
    }
}

/// Attempts at most, whatever the clock says.
const ATTEMPTS_MAX: u32 = 60;

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        Delivery::new("1".to_owned(), Batch { items: Vec::new(), more: 0 }, Timestamp::UNIX_EPOCH)
    }

    fn down() -> SendError {
        SendError::Later { why: "no answer".to_owned(), wait_s: None }
    }

    #[test]
    fn waits_double_up_to_a_bound_and_end_after_four_hours() {
        let (mut delivery, mut now, mut waits) = (delivery(), Timestamp::UNIX_EPOCH, Vec::new());
        loop {
            delivery.begin();
            match delivery.failed(&down(), now) {
                Then::Again(at) => {
                    waits.push(time::seconds_between(now, at));
                    now = at;
                }
                Then::GivenUp => break,
            }
        }
        assert_eq!(waits.get(..8).unwrap(), [10, 20, 40, 80, 160, 320, 640, 900]);
        assert!(now.as_second() <= GIVE_UP_AFTER_S && now.as_second() > GIVE_UP_AFTER_S - 2 * AGAIN_AFTER_S_MAX);
    }

    #[test]
    fn a_receiver_may_ask_for_time_within_bounds() {
        let wait = |wait_s| {
            let mut delivery = delivery();
            delivery.begin();
            delivery.failed(&SendError::Later { why: String::new(), wait_s: Some(wait_s) }, Timestamp::UNIX_EPOCH)
        };
        let at = |second| Then::Again(Timestamp::from_second(second).unwrap());
        assert_eq!((wait(0), wait(60), wait(u64::MAX)), (at(10), at(60), at(900)));
    }

    #[test]
    fn what_a_receiver_rejects_is_not_tried_again() {
        let mut delivery = delivery();
        delivery.begin();
        assert_eq!(delivery.failed(&SendError::Rejected { why: "404".to_owned() }, Timestamp::UNIX_EPOCH), Then::GivenUp);
    }

    #[test]
    fn an_attempt_whose_end_nobody_knows_is_made_once_more() {
        let mut delivery = delivery();
        assert_eq!(delivery.resume(Timestamp::UNIX_EPOCH), None, "none was begun");
        delivery.begin();
        assert_eq!(delivery.resume(Timestamp::UNIX_EPOCH), Some(Then::Again(Timestamp::UNIX_EPOCH)));
        delivery.begin();
        assert_eq!(delivery.resume(Timestamp::UNIX_EPOCH), Some(Then::GivenUp));
    }
}
