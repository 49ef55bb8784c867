//! Certificates and TLS modes that do not fit.

use crate::candidate::Candidate;
use crate::case::Case;
use crate::cause::Cause;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[];

/// Offers candidates.
pub fn find(_case: &Case<'_>, _out: &mut Vec<Candidate>) {}
