//! Containers that cannot be created or started: what the runtime, or the container's own last words, say.
//!
//! One table reads the runtime's messages, whose wording differs between runc, crun, containerd, CRI-O and Docker and hardly between
//! their versions. What a workload prints counts for less than what the runtime says, unless its exit code or its template agrees.

use crate::candidate::Candidate;
use crate::case::Case;
use crate::cause::Cause;

mod catalogue;
mod program;
mod runtime;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    runtime::find(case, out);
    program::find(case, out);
}
