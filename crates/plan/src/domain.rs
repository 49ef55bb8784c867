//! The closed domains of what a proposal may say: names, values, images, amounts, counts and ports.
//!
//! Text is parsed into these types once and refused once; nothing else reaches a payload. They hold no opinion on whether a value
//! is wise. Whether it comes from a source that may be believed is decided in [`crate::draw`].
//! Source: RFC 1123 names and label syntax as Kubernetes 1.33 validates them, OCI distribution 1.1 for image references.

pub mod amount;
pub mod count;
pub mod image;
pub mod text;

pub use amount::{Amount, Compute};
pub use count::{PortNumber, Replicas, Revision};
pub use image::Image;
pub use text::{ConfigKey, ContainerName, EnvName, LabelKey, LabelValue, PortName, SettingValue};

/// Why text is not in a domain.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} expected")]
pub struct OutOfDomain {
    /// What was expected, a noun.
    pub what: &'static str,
}

/// What stands in for text that an observer took out. A value with such a mark is not the one in the cluster.
const REDACTED: &str = "[redacted";

/// Whether an observer took something out of this text.
#[must_use]
pub fn is_redacted(text: &str) -> bool {
    text.contains(REDACTED)
}
