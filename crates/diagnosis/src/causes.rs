//! The families of causes: what each knows, and how it recognises it.

use crate::candidate::Candidate;
use crate::case::Case;
use crate::cause::Cause;

pub mod image;

/// Causes of one field, and the function that offers candidates among them.
pub struct Family {
    /// What the family is called: the part of its ids before the dot, or what unites them.
    pub name: &'static str,
    /// Its causes.
    pub causes: &'static [Cause],
    /// Offers candidates for the findings of a case.
    pub find: fn(&Case<'_>, &mut Vec<Candidate>),
}

/// All families.
pub static FAMILIES: &[Family] = &[
    Family { name: "image", causes: image::CAUSES, find: image::find },
];
