//! The document that an executor believes: who may approve, whom they are in the cluster, and under which rules.
//!
//! It stands in a ConfigMap of the executor's namespace, holds public keys alone, and is read strictly. YAML and JSON are taken; the platform
//! is told the canonical JSON, and computes the same digests from it.

use std::collections::BTreeSet;

use assent_api::executor::PINNED_BYTES_MAX;
use assent_approval::keyring::{Approver, BadKeyring, HeldKey, Keyring, KeyringFile};
use assent_base::Digest;
use assent_base::id::{AccountId, ClusterId, TenantId};
use serde::{Deserialize, Serialize};

use crate::impersonated::{BadName, Impersonated};
use crate::rules::{BadRules, Rules};

/// The version of the form.
pub const PINNED_VERSION: u32 = 1;
/// Bytes of the name that people know an approver by, at most.
pub const NAME_BYTES_MAX: usize = 256;
/// Keeps digests of rules apart from digests of anything else.
const RULES_DOMAIN: &[u8] = b"assent rules v1";
/// Keeps digests of the whole document apart from digests of anything else.
const PINNED_DOMAIN: &[u8] = b"assent pinned v1";

/// The document as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedFile {
    /// The version of this form: 1.
    pub version: u32,
    /// Whose cluster it is.
    pub tenant: TenantId,
    /// Which.
    pub cluster: ClusterId,
    /// The domain that passkeys are bound to.
    pub domain: String,
    /// The origins whose pages may ask for votes.
    pub origins: BTreeSet<String>,
    /// Who may approve.
    pub approvers: Vec<PinnedApprover>,
    /// What may be done.
    pub rules: Rules,
}

/// Somebody who may approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedApprover {
    /// Who.
    pub account: AccountId,
    /// For whoever reads the document.
    pub name: String,
    /// Whom the API server takes them for.
    pub user: String,
    /// Their groups there; none by default.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    /// What they sign with.
    pub keys: Vec<HeldKey>,
}

impl PinnedApprover {
    /// Whom the API server takes them for.
    #[must_use]
    pub fn impersonated(&self) -> Impersonated {
        Impersonated { user: self.user.clone(), groups: self.groups.clone() }
    }
}

/// What an executor believes. Only [`Pinned::parse`] and [`Pinned::new`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// Whose cluster it is.
    pub tenant: TenantId,
    /// Which.
    pub cluster: ClusterId,
    /// Who may approve.
    pub approvers: Vec<PinnedApprover>,
    /// What may be done.
    pub rules: Rules,
    keyring: Keyring,
    canonical: String,
    policy: Digest,
    digest: Digest,
}

/// Why a document is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPinned {
    /// Longer than any.
    #[error("it has more than {PINNED_BYTES_MAX} bytes")]
    TooLong,
    /// It does not have the form.
    #[error("{0}")]
    Form(String),
    /// Another version of the form.
    #[error("version {0} is not known")]
    Version(u32),
    /// The keys could make one person count for two.
    #[error("the approvers: {0}")]
    Keyring(#[from] BadKeyring),
    /// An approver who is nobody in the cluster, or somebody of the system.
    #[error("the approver {account}: {cause}")]
    Approver {
        /// Who.
        account: AccountId,
        /// What is wrong.
        #[source]
        cause: BadName,
    },
    /// Two would be one in the cluster, and its audit log could not tell them apart.
    #[error("`{0}` is a user of two")]
    SharedUser(String),
    /// The rules do not hold together.
    #[error("the rules: {0}")]
    Rules(#[from] BadRules),
}

impl Pinned {
    /// Reads a document, in YAML or JSON.
    ///
    /// # Errors
    /// When anything in it is unknown, missing, listed twice or out of bounds.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadPinned> {
        if bytes.len() > PINNED_BYTES_MAX {
            return Err(BadPinned::TooLong);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| BadPinned::Form("it is no text".to_owned()))?;
        let file = if text.trim_start().starts_with('{') {
            serde_json::from_str(text).map_err(|error| BadPinned::Form(error.to_string()))
        } else {
            serde_saphyr::from_str(text).map_err(|error| BadPinned::Form(error.to_string()))
        };
        Self::new(file?)
    }

    /// Believes a document.
    ///
    /// # Errors
    /// When it does not hold together.
    pub fn new(file: PinnedFile) -> Result<Self, BadPinned> {
        if file.version != PINNED_VERSION {
            return Err(BadPinned::Version(file.version));
        }
        let approvers = file.approvers.iter().map(|own| Approver { account: own.account, keys: own.keys.clone() }).collect();
        let keyring = Keyring::new(&KeyringFile { domain: file.domain.clone(), origins: file.origins.clone(), approvers })?;
        let mut users = BTreeSet::new();
        for approver in &file.approvers {
            let account = approver.account;
            approver.impersonated().check().map_err(|cause| BadPinned::Approver { account, cause })?;
            let plain = !approver.name.is_empty() && approver.name.len() <= NAME_BYTES_MAX && !approver.name.chars().any(char::is_control);
            if !plain {
                return Err(BadPinned::Approver { account, cause: BadName::NoName });
            }
            if !users.insert(approver.user.as_str()) {
                return Err(BadPinned::SharedUser(approver.user.clone()));
            }
        }
        file.rules.check()?;
        // What nobody approved is tried as a user who is nobody else: what it sees is what that user may see.
        let rules = &file.rules;
        let others = rules.rehearse_as.iter().chain(rules.auto_approve.iter().map(|rule| &rule.run_as));
        if let Some(shared) = others.map(|other| &other.user).find(|user| users.contains(user.as_str())) {
            return Err(BadPinned::SharedUser(shared.clone()));
        }
        let unwritable = |error: serde_json::Error| BadPinned::Form(error.to_string());
        let canonical = serde_json_canonicalizer::to_string(&file).map_err(unwritable)?;
        if canonical.len() > PINNED_BYTES_MAX {
            return Err(BadPinned::TooLong);
        }
        let policy = Digest::of_parts(&[RULES_DOMAIN, &serde_json_canonicalizer::to_vec(&file.rules).map_err(unwritable)?]);
        let digest = Digest::of_parts(&[PINNED_DOMAIN, canonical.as_bytes()]);
        let PinnedFile { tenant, cluster, approvers, rules, .. } = file;
        Ok(Self { tenant, cluster, approvers, rules, keyring, canonical, policy, digest })
    }

    /// Whose signatures count.
    #[must_use]
    pub const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The document in canonical JSON: what the platform is told.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// The digest of the rules: what statements name as their policy.
    #[must_use]
    pub const fn policy_digest(&self) -> &Digest {
        &self.policy
    }

    /// The digest of the whole document: what those pinned before sign when it changes.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// Whom the API server takes an approver for.
    #[must_use]
    pub fn approver(&self, account: AccountId) -> Option<&PinnedApprover> {
        self.approvers.iter().find(|approver| approver.account == account)
    }

    /// Everybody whom the executor may act as, and nobody else: what its own rights must come to.
    #[must_use]
    pub fn impersonated(&self) -> BTreeSet<Impersonated> {
        let rules = &self.rules;
        let approvers = self.approvers.iter().map(PinnedApprover::impersonated);
        approvers.chain(rules.rehearse_as.clone()).chain(rules.auto_approve.iter().map(|rule| rule.run_as.clone())).collect()
    }
}
