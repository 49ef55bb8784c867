//! Arithmetic on instants that saturates: at the end of time nothing is permitted for longer.

use assent_base::Timestamp;
use jiff::SignedDuration;

/// So many seconds later.
pub(crate) fn later(at: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
