//! What is written down of a run, before it is acted upon. A run is what its entries come to, so that a crash loses nothing.

use assent_api::plans::Outcome;
use assent_approval::statement::Nonce;
use assent_base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::order::Accepted;
use crate::verdict::Baseline;

/// One thing that happened to a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Entry {
    /// The warrant holds. Step: intended.
    Accepted(Box<Accepted>),
    /// The control plane has answered a step, whether it took it or not.
    Told {
        /// The step's number.
        number: u32,
    },
    /// The API server would accept it, asked as each approver. Step: rehearsed.
    Checked {
        /// How things stood.
        before: Baseline,
    },
    /// The change is sent, as of now.
    Applying {},
    /// The change was made. Step: applied.
    Applied {
        /// The object's resource version after it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resource_version: Option<String>,
    },
    /// How far it has come. Step: progress.
    Progress {
        /// A sentence.
        text: String,
    },
    /// It is to be taken back. Step: undoing.
    Undoing {
        /// Why.
        why: String,
    },
    /// What takes it back is sent, as of now.
    Reverting {},
    /// It is over. Step: ended.
    Ended {
        /// How.
        outcome: Outcome,
        /// Why.
        detail: String,
    },
}

/// An entry, of which run, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The nonce of the statement, which tells the run from every other.
    pub nonce: Nonce,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Noted,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Noted {
    /// Something happened to a run.
    Run(Entry),
    /// What is pinned was changed, with the assent of those pinned before, by a statement that stands until then.
    Repinned {
        /// When the statement is over.
        expires_at: Timestamp,
    },
}
