//! A plan: one action on one object, decided to the last byte.
//!
//! Nothing is left to choose when it runs (I3): the request is here as it will be sent, with what must still be so, what takes it
//! back, what it reaches, and what it rests on. Its canonical form is RFC 8785, and [`PlanDigest`] is over that.
//! Errors: bytes that are not the canonical form of a plan are no plan; the same plan has one spelling.

use assent_base::id::{ClusterId, TenantId};
use assent_base::{Kind, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use assent_diagnosis::report::EntityName;

use crate::action::Action;
use crate::blast::BlastRadius;
use crate::catalogue::Risk;
use crate::checks::Check;
use crate::digest::PlanDigest;
use crate::grounds::Grounds;
use crate::patch::Op;
use crate::precondition::Preconditions;
use crate::proposal::Author;
use crate::resource::Verb;

/// The version of the form. Its digest's domain changes with it.
pub const PLAN_VERSION: u32 = 1;
/// Bytes of a plan's canonical form. A pod template and its predecessor fit several times.
pub const PLAN_BYTES_MAX: usize = 512 * 1024;
/// How long a plan may be approved and run unless the rules say otherwise: an hour. The cluster moves on.
pub const LIFETIME_S_DEFAULT: i64 = 3600;

/// Which cluster. A plan that was drawn from files says nothing of tenants, and cannot be approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// A cluster that a tenant has registered.
    Cluster {
        /// The tenant.
        tenant: TenantId,
        /// The cluster, as the tenant registered it.
        cluster: ClusterId,
        /// The UID of its namespace `kube-system`: the cluster itself, whatever it is called.
        cluster_uid: String,
    },
    /// Whatever cluster the input was captured from.
    Input {},
}

/// The object that is changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// `apps/v1`.
    pub api_version: String,
    /// `deployments`.
    pub resource: String,
    /// Its kind, namespace and name.
    pub object: EntityName,
}

/// What is sent to the API server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// A JSON patch; its tests are part of it.
    Patch(Vec<Op>),
    /// A deletion, held to the object's UID.
    Delete {
        /// The UID, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<String>,
    },
}

impl Request {
    /// The verb.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Request::Patch(_) => Verb::Patch,
            Request::Delete { .. } => Verb::Delete,
        }
    }

    /// The media type of the body.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match self {
            Request::Patch(_) => "application/json-patch+json",
            Request::Delete { .. } => "application/json",
        }
    }

    /// The body, byte for byte.
    ///
    /// # Errors
    /// When it has no canonical form; bodies of plans that were drawn or read do.
    pub fn body(&self) -> Result<Vec<u8>, BadPlan> {
        let wrong = |cause: serde_json::Error| BadPlan::Form(cause.to_string());
        match self {
            Request::Patch(ops) => serde_json_canonicalizer::to_vec(ops).map_err(wrong),
            Request::Delete { uid } => {
                let mut options = serde_json::json!({ "apiVersion": "v1", "kind": "DeleteOptions" });
                if let (Some(uid), Some(map)) = (uid, options.as_object_mut()) {
                    map.insert("preconditions".to_owned(), serde_json::json!({ "uid": uid }));
                }
                serde_json_canonicalizer::to_vec(&options).map_err(wrong)
            }
        }
    }
}

/// What takes a change back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Inverse {
    /// A patch of the same object, while what the change wrote still stands there.
    Patch {
        /// The patch, with its tests.
        patch: Vec<Op>,
        /// What must be so.
        preconditions: Preconditions,
    },
    /// Nothing has to: this controller makes the object anew.
    MadeAnew {
        /// The controller.
        by: EntityName,
    },
}

/// One action on one object, decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The version of this form: 1.
    pub version: u32,
    /// In which cluster.
    pub scope: Scope,
    /// On which object.
    pub target: Target,
    /// What is done, in words of the catalogue.
    pub action: Action,
    /// What is sent.
    pub request: Request,
    /// What must still be so.
    pub preconditions: Preconditions,
    /// What takes it back.
    pub inverse: Inverse,
    /// What it reaches.
    pub blast_radius: BlastRadius,
    /// How risky it is.
    pub risk: Risk,
    /// How sure it is that this is the right fix, in hundredths.
    pub confidence_percent: u8,
    /// What it rests on.
    pub grounds: Grounds,
    /// What the captured state says of it: quota, fit, disruption budgets, ownership.
    pub checks: Vec<Check>,
    /// Who proposed it.
    pub proposed_by: Author,
    /// When it was drawn.
    pub drawn_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Whether a plan can be approved and run, or only advised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is bound to one object in one state of one cluster.
    Exact,
    /// Something that binds it is missing; a person may follow it by hand.
    Advice {
        /// What is missing.
        missing: &'static str,
    },
}

/// Why bytes are no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPlan {
    /// Longer than [`PLAN_BYTES_MAX`].
    #[error("it has more than {PLAN_BYTES_MAX} bytes")]
    TooLong,
    /// They do not have the form.
    #[error("{0}")]
    Form(String),
    /// The same plan, spelled otherwise.
    #[error("it is not in canonical form")]
    NotCanonical,
    /// Another version of the form.
    #[error("version {0} is not known")]
    Version(u32),
    /// The parts do not fit each other.
    #[error("{0}")]
    Incoherent(String),
}

impl Plan {
    /// The bytes that are signed: RFC 8785.
    ///
    /// # Errors
    /// When there would be more than [`PLAN_BYTES_MAX`].
    pub fn canonical(&self) -> Result<Vec<u8>, BadPlan> {
        let bytes = serde_json_canonicalizer::to_vec(self).map_err(|cause| BadPlan::Form(cause.to_string()))?;
        if bytes.len() > PLAN_BYTES_MAX { Err(BadPlan::TooLong) } else { Ok(bytes) }
    }

    /// The digest of this plan.
    ///
    /// # Errors
    /// As [`Plan::canonical`].
    pub fn digest(&self) -> Result<PlanDigest, BadPlan> {
        Ok(PlanDigest::of(&self.canonical()?))
    }

    /// Reads a plan back, and checks that its parts fit each other: see [`crate::draw::coherent`].
    ///
    /// # Errors
    /// When the bytes are not the canonical form of a plan whose parts fit.
    pub fn parse(bytes: &[u8]) -> Result<Self, BadPlan> {
        if bytes.len() > PLAN_BYTES_MAX {
            return Err(BadPlan::TooLong);
        }
        let plan: Self = serde_json::from_slice(bytes).map_err(|cause| BadPlan::Form(cause.to_string()))?;
        if plan.canonical()? != bytes {
            return Err(BadPlan::NotCanonical);
        }
        if plan.version != PLAN_VERSION {
            return Err(BadPlan::Version(plan.version));
        }
        crate::draw::coherent(&plan)?;
        Ok(plan)
    }

    /// Whether it can be approved and run.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match (&self.scope, self.preconditions.unbound()) {
            (Scope::Input {}, _) => Standing::Advice { missing: "cluster that is registered" },
            (Scope::Cluster { .. }, Some(missing)) => Standing::Advice { missing },
            (Scope::Cluster { .. }, None) => Standing::Exact,
        }
    }

    /// The digest, for those who ask for approval: only of a plan that is bound to one object in one state of one cluster.
    ///
    /// # Errors
    /// When something that binds it is missing, or it has no canonical form.
    pub fn approvable(&self) -> Result<PlanDigest, BadPlan> {
        match self.standing() {
            Standing::Exact => self.digest(),
            Standing::Advice { missing } => Err(BadPlan::Incoherent(format!("the plan was drawn without the {missing}"))),
        }
    }

    /// The kind of its object.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::named(&self.target.object.kind)
    }
}

/// The JSON Schema of a plan, as published.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Plan);
    schema.insert("title".to_owned(), "Assent plan, version 1".into());
    schema.to_value()
}
