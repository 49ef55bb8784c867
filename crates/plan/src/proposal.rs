//! A proposal: the one form in which anybody, a model too, may say what should be done.
//!
//! It names an object and an action with its parameters, and nothing else: no payload, no path, no verb. What becomes of it is
//! [`crate::draw`]'s to say.

use assent_diagnosis::report::EntityName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::Action;

/// Bytes of a proposal's JSON.
pub const PROPOSAL_BYTES_MAX: usize = 16 * 1024;

/// Who proposes. It is said by the code that takes the proposal in, never by the proposal itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The remedies of this crate.
    Engine,
    /// A model. It can state no value of its own.
    Model,
    /// A person, who may adapt what was proposed.
    Person,
}

/// What should be done, and to what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    /// To which object.
    pub target: EntityName,
    /// What.
    pub action: Action,
}

/// Text that is no proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProposal {
    /// Longer than [`PROPOSAL_BYTES_MAX`].
    #[error("it has more than {PROPOSAL_BYTES_MAX} bytes")]
    TooLong,
    /// It does not have the form.
    #[error("{0}")]
    Form(String),
}

impl Proposal {
    /// Reads a proposal that came from outside.
    ///
    /// # Errors
    /// When it is too long, or says anything that the form does not know.
    pub fn read(text: &str) -> Result<Self, BadProposal> {
        if text.len() > PROPOSAL_BYTES_MAX {
            return Err(BadProposal::TooLong);
        }
        serde_json::from_str(text).map_err(|cause| BadProposal::Form(cause.to_string()))
    }
}

/// The JSON Schema of a proposal: what a model's answer is bound to.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Proposal);
    schema.insert("title".to_owned(), "Assent proposal, version 1".into());
    schema.to_value()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposal_says_nothing_but_target_and_action() {
        let good = r#"{"target":{"kind":"Deployment","namespace":"shop","name":"web"},"action":{"restart":{}}}"#;
        assert!(Proposal::read(good).is_ok());
        for bad in [
            r#"{"target":{"kind":"Deployment","name":"web"},"action":{"restart":{}},"author":"person"}"#,
            r#"{"target":{"kind":"Deployment","name":"web","cluster":"other"},"action":{"restart":{}}}"#,
            r#"{"target":{"kind":"Deployment","name":"web"}}"#,
            "[]",
        ] {
            assert!(Proposal::read(bad).is_err(), "{bad}");
        }
        assert_eq!(Proposal::read(&" ".repeat(PROPOSAL_BYTES_MAX + 1)), Err(BadProposal::TooLong));
    }
}
