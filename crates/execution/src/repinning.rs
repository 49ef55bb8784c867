//! Changing what is pinned: those who were pinned before must assent.
//!
//! Whoever can write the ConfigMap could otherwise pin a key of their own. The executor keeps a copy of what it believed, and believes another
//! document only with a warrant of the quorum of the former one for what is exceptional. The statement names the document's digest as its plan.
//! The first document is trusted as it is found.

use std::collections::BTreeSet;

use assent_approval::statement::{BadStatement, ClusterUid, Draft, Nonce, Statement};
use assent_approval::warrant::{Expected, Leave, Warrant, WarrantRefused};
use assent_base::Timestamp;

use crate::pinned::Pinned;

/// What those pinned before are asked to sign.
///
/// # Errors
/// When it would stand for no time, or too long.
pub fn statement(
    former: &Pinned,
    next: &Pinned,
    cluster_uid: &ClusterUid,
    issued_at: Timestamp,
    expires_at: Timestamp,
    nonce: Nonce,
) -> Result<Statement, BadStatement> {
    Statement::new(Draft {
        tenant: former.tenant,
        cluster: former.cluster,
        cluster_uid: cluster_uid.clone(),
        plan: *next.digest(),
        policy: *former.policy_digest(),
        evidence: *former.digest(),
        authors: BTreeSet::new(),
        terms: former.rules.terms.exceptional,
        issued_at,
        expires_at,
        nonce,
    })
}

/// Checks that those pinned before assent to a document.
///
/// # Errors
/// When they do not, with the first reason found.
pub fn assent(
    former: &Pinned,
    next: &Pinned,
    warrant: Warrant,
    cluster_uid: &ClusterUid,
    used: &BTreeSet<Nonce>,
    now: Timestamp,
) -> Result<Leave, WarrantRefused> {
    if (next.tenant, next.cluster) != (former.tenant, former.cluster) {
        return Err(WarrantRefused::WrongCluster);
    }
    // It says which document it takes the place of, so that a warrant for another one before does not bring it back.
    if warrant.statement.fields().evidence != *former.digest() {
        return Err(WarrantRefused::WrongPlan);
    }
    let policies = BTreeSet::from([*former.policy_digest()]);
    let expected = Expected {
        tenant: former.tenant,
        cluster: former.cluster,
        cluster_uid,
        plan: *next.digest(),
        policies: &policies,
        floor: former.rules.terms.exceptional,
        used,
    };
    warrant.verify(&expected, former.keyring(), now)
}
