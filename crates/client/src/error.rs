//! What can go wrong with a call.

use assent_api::Problem;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The platform said no, and why.
    #[error(transparent)]
    Problem(Box<Problem>),
    /// No answer came. What the request should change may or may not have been changed: read before you repeat it.
    #[error("no answer from the platform")]
    Transport(#[source] reqwest::Error),
    /// No answer came in time. As with [`CallError::Transport`], it may or may not be done.
    #[error("no answer from the platform within {after_ms} ms")]
    Late {
        /// How long was waited.
        after_ms: u64,
    },
    /// The request cannot be written as this operation has it; nothing was sent.
    #[error("the request cannot be written: {why}")]
    Unwritable {
        /// What is wrong with it.
        why: String,
    },
    /// Something answered that is not this platform, or is of another version.
    #[error("the answer (status {status}) is not one of this platform: {why}")]
    BadAnswer {
        /// Its status.
        status: u16,
        /// What is wrong with it.
        why: String,
    },
}

/// Why nobody can be called this way.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The address is none, or has more than scheme, host and port.
    #[error("`{url}` is not an address such as `https://assent.example:8473`")]
    BadUrl {
        /// What was given.
        url: String,
    },
    /// Without TLS everybody in between could read the credentials.
    #[error("`{url}` is neither `https` nor loopback")]
    PlainOutside {
        /// What was given.
        url: String,
    },
    /// The certificates, the proxy or the credentials are not what they should be.
    #[error("cannot use the {what}")]
    Unusable {
        /// `proxy`, `certificates`, `credentials` or `client`.
        what: &'static str,
    },
}
