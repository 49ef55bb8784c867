//! What is wrong, why, and how sure we are: symptoms, the cause catalogue, chains, ranking, the proof checker, the report.
//!
//! The way of an investigation: [`symptoms`] finds what is visibly wrong; each family under [`causes`] offers candidates that
//! would explain it; [`engine`] keeps what explains most, deepest; [`proof`] re-checks every quoted word and every step against
//! the input, trusting nothing of the rest; [`report`] is what comes out. Same input, same bytes out.

pub mod candidate;
pub mod case;
pub mod cause;
pub mod causes;
pub mod complaint;
pub mod confidence;
pub mod engine;
pub mod excerpt;
pub mod finding;
pub mod logs;
pub mod patience;
pub mod proof;
pub mod report;
pub(crate) mod routing;
pub mod said;
pub mod symptoms;
pub mod wanted;
pub(crate) mod wording;

pub use engine::{Examination, Home, Options, examine, investigate};
pub use report::Report;
