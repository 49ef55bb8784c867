//! One person's word on one statement: the very bytes that are signed.
//!
//! ```text
//! assent ballot 1
//! word approve
//! voter acc_0192f0c1d2e37a4b8c5d6e7f80912a3b
//! round 1
//! tenant tnt_…
//! …
//! ```
//!
//! An SSH key signs this text in the namespace [`NAMESPACE`]; a passkey signs its digest, as the challenge. The round counts a person's words
//! on a statement, so that an approval that was taken back is not given again by whoever kept it.

use std::fmt;

use assent_base::Digest;
use assent_base::id::AccountId;
use serde::{Deserialize, Serialize};

use crate::statement::Statement;

/// What SSH keys sign ballots for.
pub const NAMESPACE: &str = "assent.ballot";
/// Words of one person on one statement at most.
pub const ROUNDS_MAX: u32 = 20;
/// Bytes of a reason at most.
pub const REASON_BYTES_MAX: usize = 4_000;
/// The form of the text, its first line.
const FORM: &str = "assent ballot 1";

/// What somebody says about a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Word {
    /// It may run.
    Approve,
    /// It may not, and this is why.
    Reject {
        /// For whoever draws the next plan.
        reason: String,
    },
    /// What I said before does not count.
    Withdraw,
}

/// One person's word on one statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ballot<'a> {
    /// On what.
    pub statement: &'a Statement,
    /// Whose.
    pub voter: AccountId,
    /// Counts their words on this statement, from 1.
    pub round: u32,
    /// What they say.
    pub word: &'a Word,
}

impl Ballot<'_> {
    /// What a passkey signs: the digest of the text.
    #[must_use]
    pub fn challenge(&self) -> Digest {
        Digest::of(self.to_string().as_bytes())
    }
}

impl fmt::Display for Ballot<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{FORM}")?;
        match self.word {
            Word::Approve => writeln!(out, "word approve")?,
            // A reason may have lines of its own, so its digest stands for it.
            Word::Reject { reason } => writeln!(out, "word reject {}", Digest::of(reason.as_bytes()))?,
            Word::Withdraw => writeln!(out, "word withdraw")?,
        }
        writeln!(out, "voter {}", self.voter)?;
        writeln!(out, "round {}", self.round)?;
        fmt::Display::fmt(self.statement, out)
    }
}
