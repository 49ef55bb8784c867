//! Command lines that ask to act as somebody who is signed in with a browser.
//!
//! As OAuth has it for programs on one's own machine (RFC 8252, with PKCE, RFC 7636): the command line keeps a verifier and gives out its
//! digest, the challenge. A page of ours asks whoever is signed in, who allows it or not. Allowing makes a code that holds once, for
//! minutes, for that challenge; the command line shows code and verifier, and gets a session of its own.
//!
//! The code goes to a listener on the machine of the browser, and nowhere else: of its address, a caller chooses family and port alone. Or
//! the page shows it, to be pasted.

use assent_base::{Digest, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The path that a command line listens at.
pub const BACK_PATH: &str = "/assent/signed-in";
/// Characters of what a command line calls its machine, at most.
pub const HOST_CHARS_MAX: usize = 64;
/// Characters of the check that are compared by eye, without the dash.
const CHECK_CHARS: usize = 8;

/// What a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandLine {
    /// SHA-256 of the verifier in base64url, without padding: `S256` of RFC 7636.
    pub challenge: String,
    /// What the command line calls its machine; a hint and no proof. 1 to 64 characters.
    pub host: String,
    /// Where it listens; absent if the code shall be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Back>,
}

/// Where a command line listens on its own machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Back {
    /// On which loopback address.
    pub loopback: Loopback,
    /// At which port.
    pub port: u16,
    /// Comes back unchanged, so that the command line knows its own question. 43 characters of base64url.
    pub state: String,
}

/// The machine itself, as an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Loopback {
    /// `127.0.0.1`.
    V4,
    /// `[::1]`.
    V6,
}

impl Loopback {
    /// As it stands in an address.
    #[must_use]
    pub fn host(self) -> &'static str {
        match self {
            Loopback::V4 => "127.0.0.1",
            Loopback::V6 => "[::1]",
        }
    }
}

/// What a person is asked, who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandLineAsked {
    /// Comes back with the answer, unchanged; holds once.
    pub ticket: String,
    /// The terminal shows the same.
    pub check: String,
    /// When it was asked.
    pub asked_at: assent_base::Timestamp,
    /// Until when it can be answered.
    pub until: assent_base::Timestamp,
    /// Whether the person has to sign in anew first: their session is too old for this.
    pub sign_in_again: bool,
    /// Seconds that the command line's session would last unused.
    pub idle_s: u64,
    /// Seconds that it would last at all.
    pub absolute_s: u64,
}

/// A person's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerCommandLine {
    /// What was asked, unchanged.
    pub asked: CommandLine,
    /// The ticket that came with it.
    pub ticket: String,
}

/// The person has allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandLineAllowed {
    /// The code, to be pasted; absent if the command line listens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Where the browser has to go with the code: an address of the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_to: Option<String>,
    /// Until when the code holds.
    pub until: assent_base::Timestamp,
}

/// The person has refused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandLineRefused {
    /// Where the browser has to go to say so: an address of the machine itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub go_to: Option<String>,
}

/// Signs a command line in, with a code that a person has allowed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandLineSignIn {
    /// The code.
    pub code: Secret,
    /// What the challenge is the digest of: 43 to 128 characters.
    pub verifier: Secret,
}

/// What people compare between the page and the terminal: `3F2A-91BC`. It follows from the challenge, and gives nothing away.
#[must_use]
pub fn check(challenge: &str) -> String {
    let digest = Digest::of_parts(&[b"assent command line", challenge.as_bytes()]);
    let hex: String = digest.as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
    let (head, tail) = hex.get(..CHECK_CHARS).unwrap_or_default().split_at(CHECK_CHARS / 2);
    format!("{head}-{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_is_short_and_of_its_challenge() {
        let one = check("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!((one.len(), one.as_bytes().get(4)), (9, Some(&b'-')));
        assert_ne!(one, check("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cN"));
    }
}
