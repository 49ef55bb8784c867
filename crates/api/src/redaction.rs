//! What is replaced before anything is kept.

use assent_base::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rules of an environment, besides the built-in ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedactionRules {
    /// What else is a secret; nothing by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<RedactionRule>,
    /// What is no secret although a built-in rule takes it for one; nothing by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow: Vec<RedactionRule>,
    /// Whether IP addresses are replaced too.
    pub addresses: bool,
    /// Counts changes; the `ETag`.
    pub version: u64,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedactionRule {
    /// Its name.
    pub name: String,
    /// A regular expression, without look-around; 1,000 characters at most.
    pub pattern: String,
}

/// Text to try rules on. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TryRedaction {
    /// The text; 64 KiB at most.
    pub text: String,
    /// Rules in place of the kept ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<RedactionRules>,
}

/// What would be kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// The text as it would be kept.
    pub text: String,
    /// What was replaced, in order.
    pub replaced: Vec<Replaced>,
}

/// A replacement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replaced {
    /// The rule.
    pub rule: String,
    /// Where it began in the text that was sent.
    pub start_bytes: u64,
    /// How long it was.
    pub length_bytes: u64,
}

/// One environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedactionPath {
    /// Its id.
    pub environment: EnvironmentId,
}
