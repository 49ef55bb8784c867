//! What holds of plans, over all scenarios of the repository. They are investigated once, for all promises below.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot read its input has failed")]

mod digest_covers_all;
mod inverse_undoes;
mod nothing_leaves_the_catalogue;
mod right_fix;
mod support;
mod text;
mod vectors;
mod workload_alone;
