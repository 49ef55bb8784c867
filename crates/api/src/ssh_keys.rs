//! SSH keys of people, which sign ballots and nothing else: nobody signs in with one.

use assent_base::id::SshKeyId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An SSH key of the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshKey {
    /// Its id.
    pub id: SshKeyId,
    /// What its owner calls it.
    pub name: String,
    /// The public key, as a line of `authorized_keys` without a comment.
    pub public_key: String,
    /// `SHA256:…`, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
    /// When it was added.
    pub created_at: assent_base::Timestamp,
}

/// One SSH key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SshKeyPath {
    /// Its id.
    pub ssh_key: SshKeyId,
}

/// Adds an SSH key. `signature` proves that the caller has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSshKey {
    /// What to call it.
    pub name: String,
    /// The public key, as a line of `authorized_keys`.
    pub public_key: String,
    /// What `ssh-keygen -Y sign -n assent.key` wrote over the line `assent key ACCOUNT`, with the account's id and a line break.
    pub signature: String,
}
