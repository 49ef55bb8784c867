//! The name of exactly one plan: what people sign, and what an executor computes again.

use std::fmt;
use std::str::FromStr;

use assent_base::Digest;
use assent_base::digest::BadDigest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Keeps digests of plans apart from digests of anything else. It changes with [`crate::plan::PLAN_VERSION`].
const DOMAIN: &[u8] = b"assent plan v1";

/// The digest of a plan's canonical bytes.
///
/// One that was read from somewhere is a claim about a plan and no plan: whoever holds the plan computes it anew and compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct PlanDigest(Digest);

impl PlanDigest {
    /// The digest of a plan with these canonical bytes.
    #[must_use]
    pub fn of(canonical: &[u8]) -> Self {
        Self(Digest::of_parts(&[DOMAIN, canonical]))
    }

    /// The digest itself.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.0
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Its first twelve hexadecimal digits, to tell plans apart in a list. Nothing may be decided by them.
    #[must_use]
    pub fn short(&self) -> String {
        self.as_bytes().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Display for PlanDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl FromStr for PlanDigest {
    type Err = BadDigest;

    fn from_str(text: &str) -> Result<Self, BadDigest> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_digest_is_no_digest_of_the_same_bytes_and_reads_back() {
        let digest = PlanDigest::of(b"{}");
        assert_ne!(digest.digest(), &Digest::of(b"{}"));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert_eq!(digest.short().len(), 12);
    }
}
