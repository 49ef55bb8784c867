//! What one step of a task came to.

/// How a step ended, when it did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The step ran, and what it checks holds.
    Passed,
    /// The step could not run on this machine, for this reason.
    Skipped(String),
}

impl Outcome {
    /// A skipped step, announced where the reader looks: a skip that nobody sees reads as a pass.
    pub(crate) fn skipped(what: &str, why: &str) -> Self {
        println!("\n*** SKIPPED: {what}: {why} ***\n");
        Self::Skipped(format!("{what}: {why}"))
    }
}
