//! Passkeys: keys of one's own that sign in, and sign what one assents to.
//!
//! Making one and using one takes two calls: the first asks for a challenge and gets a ticket, the second brings both back, with what the
//! authenticator answered. A ticket holds for five minutes and once. All bytes are base64url without padding.

use assent_base::Secret;
use assent_base::id::PasskeyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A passkey of the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: assent_base::Timestamp,
    /// When it last signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<assent_base::Timestamp>,
    /// Whether its authenticator keeps a copy elsewhere, by its own account.
    pub backed_up: bool,
}

/// One passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyPath {
    /// Its id.
    pub passkey: PasskeyId,
}

/// What to ask an authenticator for that shall make a passkey: a discoverable one, with the user verified, without attestation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeyChallenge {
    /// The challenge.
    pub challenge: String,
    /// The domain that the passkey will be bound to.
    pub rp_id: String,
    /// What the authenticator shows of us.
    pub rp_name: String,
    /// By what the account is known to the authenticator. It says nothing about the person.
    pub user_id: String,
    /// The address of the account.
    pub user_name: String,
    /// The name of the account.
    pub user_display_name: String,
    /// Passkeys that the account has already.
    pub exclude: Vec<String>,
    /// How long the authenticator may take.
    pub timeout_ms: u32,
    /// Comes back with the answer, unchanged.
    pub ticket: String,
}

/// Adds a passkey that an authenticator has just made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPasskey {
    /// The ticket of the challenge.
    pub ticket: String,
    /// What to call it.
    pub name: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `attestationObject`.
    pub attestation: String,
}

/// What to ask an authenticator for that shall sign in with any passkey it has for this domain, with the user verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInChallenge {
    /// The challenge.
    pub challenge: String,
    /// The domain that passkeys are bound to.
    pub rp_id: String,
    /// How long the authenticator may take.
    pub timeout_ms: u32,
    /// Comes back with the answer, unchanged.
    pub ticket: String,
}

/// Signs in with a passkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySignIn {
    /// The ticket of the challenge.
    pub ticket: String,
    /// `rawId`.
    pub credential_id: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `authenticatorData`.
    pub authenticator_data: String,
    /// `signature`.
    pub signature: String,
    /// `userHandle`.
    pub user_handle: String,
}

/// Asks for a challenge to use a one-time link with a passkey in place of a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginPasskeySetUp {
    /// The secret of the link.
    pub token: Secret,
    /// The address to be known by.
    pub email: String,
    /// What others see.
    pub name: String,
}

/// Uses a one-time link with a passkey in place of a password.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySetUp {
    /// The secret of the link.
    pub token: Secret,
    /// The address to be known by.
    pub email: String,
    /// What others see.
    pub name: String,
    /// The ticket of the challenge.
    pub ticket: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `attestationObject`.
    pub attestation: String,
    /// What to call the passkey.
    pub passkey_name: String,
}
