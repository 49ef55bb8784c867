//! Claims and volumes: not bound, in the wrong place, not attached, not mounted, not writable.
//!
//! The claim is named as the faulty object where one is involved, and the pods and workloads that wait for it follow. A claim
//! that waits for its first consumer is on its way and never the cause.

use crate::candidate::Candidate;
use crate::case::Case;

mod binding;
mod catalogue;
mod mounting;
mod placing;

pub use catalogue::CAUSES;

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    binding::find(case, out);
    placing::find(case, out);
    placing::unsaid(case, out);
    placing::refused(case, out);
    mounting::find(case, out);
}
