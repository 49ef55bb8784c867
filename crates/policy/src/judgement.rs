//! The answer of policy.

use assent_api::Action;
use assent_base::Digest;
use assent_base::id::TenantId;

use crate::ask::{Ask, Principal};

/// What policy answers.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a judgement that nobody looks at protects nothing"]
pub enum Judgement {
    /// They may.
    Permit(Permit),
    /// They may not.
    Refuse(Refusal),
}

/// Policy allowed exactly this caller exactly this action with exactly this resource.
///
/// Only [`crate::Engine::decide`] makes one. It is neither `Clone` nor `Deserialize`: a permit is spent once, and one read back from a
/// database is a record of a judgement, not a permit.
#[derive(Debug, PartialEq, Eq)]
pub struct Permit {
    tenant: TenantId,
    principal: Principal,
    action: Action,
    resource: String,
    policies: Vec<String>,
    digest: Digest,
}

/// Policy did not allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why not.
    pub why: Why,
    /// The digest of the policies that were asked.
    pub digest: Digest,
}

/// Why policy did not allow something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The caller, the resource and the engine are not all of one tenant.
    OtherTenant,
    /// These policies forbid it.
    Forbidden(Vec<String>),
    /// No policy permits it.
    NotPermitted,
    /// These policies could not be evaluated; what they would have said is unknown. Each with Cedar's words.
    Failed(Vec<String>),
}

impl Permit {
    pub(crate) fn new(ask: &Ask, policies: Vec<String>, digest: Digest) -> Self {
        Self {
            tenant: ask.resource.tenant,
            principal: ask.caller.principal,
            action: ask.action,
            resource: ask.resource.id.clone(),
            policies,
            digest,
        }
    }

    /// The tenant inside which it holds.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// Who may.
    #[must_use]
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// What they may do.
    #[must_use]
    pub fn action(&self) -> Action {
        self.action
    }

    /// With which thing.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The policies that permit it, in order of name.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// The digest of the policies that were asked.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl Judgement {
    /// Whether they may.
    #[must_use]
    pub fn is_permit(&self) -> bool {
        matches!(self, Judgement::Permit(_))
    }

    /// The permit, if there is one.
    pub fn permit(self) -> Result<Permit, Refusal> {
        match self {
            Judgement::Permit(permit) => Ok(permit),
            Judgement::Refuse(refusal) => Err(refusal),
        }
    }

    /// The same as a record, for the API and the ledger. It carries no authority.
    #[must_use]
    pub fn answer(&self) -> assent_api::policies::Answer {
        let (permitted, reasons, errors) = match self {
            Judgement::Permit(permit) => (true, permit.policies.clone(), Vec::new()),
            Judgement::Refuse(refusal) => match &refusal.why {
                Why::OtherTenant => (false, vec!["guard.other_tenant".to_owned()], Vec::new()),
                Why::Forbidden(policies) => (false, policies.clone(), Vec::new()),
                Why::NotPermitted => (false, Vec::new(), Vec::new()),
                Why::Failed(errors) => (false, Vec::new(), errors.clone()),
            },
        };
        assent_api::policies::Answer { permitted, reasons, errors }
    }
}
