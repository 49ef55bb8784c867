//! Containers that the runtime cannot create or start.

use crate::candidate::Candidate;
use crate::case::Case;
use crate::cause::Cause;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[];

/// Offers candidates.
pub fn find(_case: &Case<'_>, _out: &mut Vec<Candidate>) {}
