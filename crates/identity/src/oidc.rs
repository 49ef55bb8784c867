//! Signing in with an identity provider: OpenID Connect, authorization code with PKCE.
//!
//! [`Provider::begin`] sends the browser away with a state, a nonce and the digest of a verifier; what it must come back with is a
//! [`Flow`], which the platform keeps and removes before it calls [`Provider::finish`], so that each is used once. Machines may present
//! tokens of the same provider, for an audience of our own: [`Provider::bearer`].
//!
//! People are known by issuer and subject. An address is a hint: whoever can choose one at some provider is not thereby anybody here.
//! Nobody is contacted but the issuer's host and the hosts that the configuration adds.
//!
//! Errors: what was presented and is not right is [`OidcError::Refused`]; what the provider says no to is `Denied`; a provider that does
//! not answer or answers nonsense is `Unreachable` or `BadAnswer`, and signs nobody in.
//! Source: OpenID Connect Core 1.0 and Discovery 1.0, RFC 7636, RFC 9207, RFC 9700.

mod claims;
mod config;
mod discovery;
mod fetch;
mod flow;
mod keys;
mod provider;

pub use claims::{Person, Refused};
pub use config::{BadConfig, ClientAuth, Config, Limits, Proxy};
pub use flow::{BadReturnTo, Begun, Callback, Flow, ReturnTo};
pub use provider::Provider;

/// Why nobody is signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// What was presented is not right.
    #[error("refused: {0}")]
    Refused(#[from] Refused),
    /// The provider says no. The code is one of RFC 6749, or ours for what is none.
    #[error("the identity provider says no: {0}")]
    Denied(String),
    /// The provider does not answer.
    #[error("the identity provider does not answer for its {0}")]
    Unreachable(&'static str),
    /// The provider answers what it should not.
    #[error("the identity provider's {0} is not as it should be: {1}")]
    BadAnswer(&'static str, String),
    /// No randomness for a state.
    #[error(transparent)]
    NoRandomness(#[from] crate::random::NoRandomness),
}
