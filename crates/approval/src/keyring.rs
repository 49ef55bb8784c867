//! Whose signatures count: people who may vote, and their keys.
//!
//! An executor has one of its own, pinned in its cluster; the platform has one from the passkeys that people added. Neither asks the other.
//! A key is one person's: shared by two, one of them could vote for both, so such a keyring is none.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::id::AccountId;
use assent_base::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ballot::NAMESPACE;
use crate::key::PublicKey;
use crate::sshsig::{AllowedSigners, SshKey};
use crate::webauthn::{BadParty, Credential, CredentialId, RelyingParty};

/// People in a keyring at most.
pub const APPROVERS_MAX: usize = 1_000;
/// Keys of one person at most.
pub const KEYS_MAX: usize = 50;

/// What somebody signs with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum VoteKey {
    /// A passkey.
    Passkey(Credential),
    /// An SSH key.
    Ssh(SshKey),
}

impl VoteKey {
    /// What checks its signatures.
    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        match self {
            VoteKey::Passkey(credential) => &credential.key,
            VoteKey::Ssh(key) => key.key(),
        }
    }
}

/// A key, and when it counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldKey {
    /// The key.
    pub key: VoteKey,
    /// From when; from ever if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<Timestamp>,
    /// Until when, as of which its signatures count no more, whenever they were made: that is how a key is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

impl HeldKey {
    /// Whether it counts now.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| now >= from) && self.revoked_at.is_none_or(|revoked| now < revoked)
    }
}

/// Somebody who may vote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approver {
    /// Who.
    pub account: AccountId,
    /// With what.
    pub keys: Vec<HeldKey>,
}

/// A keyring as it is written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyringFile {
    /// The domain that passkeys are bound to.
    pub domain: String,
    /// The origins whose pages may ask for votes.
    pub origins: BTreeSet<String>,
    /// Who may vote.
    pub approvers: Vec<Approver>,
}

impl KeyringFile {
    /// Adds the keys that a list of signers has for ballots. `names` says who is called what; a line whose names are one person's several is
    /// one key of theirs.
    ///
    /// # Errors
    /// When the list names somebody unknown: a list that is taken in part would let in others than it says.
    pub fn add_signers(&mut self, signers: &AllowedSigners, names: &BTreeMap<String, AccountId>) -> Result<(), BadKeyring> {
        for signer in signers.for_namespace(NAMESPACE) {
            let known = |name: &String| names.get(name).copied().ok_or_else(|| BadKeyring::UnknownName(name.clone()));
            let accounts = signer.principals.iter().map(known).collect::<Result<BTreeSet<_>, _>>()?;
            for account in accounts {
                let (key, valid_from) = (VoteKey::Ssh(signer.key.clone()), signer.valid_after);
                let held = HeldKey { key, valid_from, revoked_at: signer.valid_before };
                match self.approvers.iter_mut().find(|approver| approver.account == account) {
                    Some(approver) => approver.keys.push(held),
                    None => self.approvers.push(Approver { account, keys: vec![held] }),
                }
            }
        }
        Ok(())
    }
}

/// Whose signatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keyring {
    party: RelyingParty,
    approvers: BTreeMap<AccountId, Vec<HeldKey>>,
    digest: Digest,
}

/// Why something is no keyring.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKeyring {
    /// No domain, or origins that are not of it.
    #[error(transparent)]
    BadParty(#[from] BadParty),
    /// More people or keys than anybody reviews.
    #[error("a keyring has at most {APPROVERS_MAX} people with {KEYS_MAX} keys each")]
    TooMany,
    /// Somebody is in it twice.
    #[error("{0} is listed twice")]
    Twice(AccountId),
    /// A key that is listed twice, for one person or for two.
    #[error("a key of {0} is listed twice")]
    SharedKey(AccountId),
    /// A list of signers names somebody who is nobody here.
    #[error("`{0}` is not known here")]
    UnknownName(String),
    /// It cannot be written down.
    #[error("the keyring cannot be written as JSON")]
    Unwritable,
}

impl Keyring {
    /// A keyring of what is written down.
    ///
    /// # Errors
    /// When anything in it could make one person count for two.
    pub fn new(file: &KeyringFile) -> Result<Self, BadKeyring> {
        let party = RelyingParty::new(&file.domain, file.origins.iter().cloned())?;
        let digest = Digest::of(&serde_json::to_vec(file).map_err(|_| BadKeyring::Unwritable)?);
        if file.approvers.len() > APPROVERS_MAX || file.approvers.iter().any(|approver| approver.keys.len() > KEYS_MAX) {
            return Err(BadKeyring::TooMany);
        }
        let (mut approvers, mut seen) = (BTreeMap::new(), BTreeSet::new());
        for approver in &file.approvers {
            if approver.keys.iter().any(|held| !seen.insert(held.key.public().clone())) {
                return Err(BadKeyring::SharedKey(approver.account));
            }
            if approvers.insert(approver.account, approver.keys.clone()).is_some() {
                return Err(BadKeyring::Twice(approver.account));
            }
        }
        Ok(Self { party, approvers, digest })
    }

    /// For whom passkeys sign.
    #[must_use]
    pub const fn party(&self) -> &RelyingParty {
        &self.party
    }

    /// The digest of what is written down, for records.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Whether somebody may vote at all.
    #[must_use]
    pub fn lists(&self, account: AccountId) -> bool {
        self.approvers.contains_key(&account)
    }

    /// A passkey of somebody's, that counts now.
    #[must_use]
    pub fn passkey(&self, account: AccountId, id: &CredentialId, now: Timestamp) -> Option<&Credential> {
        self.held(account, now).find_map(|key| match key {
            VoteKey::Passkey(credential) if credential.id == *id => Some(credential),
            VoteKey::Passkey(_) | VoteKey::Ssh(_) => None,
        })
    }

    /// Whether an SSH key is somebody's, and counts now.
    #[must_use]
    pub fn has_ssh(&self, account: AccountId, key: &SshKey, now: Timestamp) -> bool {
        self.held(account, now).any(|held| matches!(held, VoteKey::Ssh(known) if known == key))
    }

    /// Whether a key is somebody's, and counts now.
    #[must_use]
    pub fn has(&self, account: AccountId, key: &PublicKey, now: Timestamp) -> bool {
        self.held(account, now).any(|held| held.public() == key)
    }

    fn held(&self, account: AccountId, now: Timestamp) -> impl Iterator<Item = &VoteKey> {
        self.approvers.get(&account).into_iter().flatten().filter(move |held| held.holds(now)).map(|held| &held.key)
    }
}
