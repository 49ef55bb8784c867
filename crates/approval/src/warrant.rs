//! What an executor acts on: a statement, and the signatures of enough people over it.
//!
//! A warrant is a record, which anybody may write. Only [`Warrant::verify`] turns it into authority, from what the executor knows by itself:
//! its cluster, the plan it was handed, the policies, terms and keys that are pinned beside it, and which warrants it has used. Nothing of
//! that comes from the control plane, so the control plane alone can make nothing happen.
//!
//! What this cannot know: that somebody took their word back and was kept quiet about. A signature holds until its statement is over or its key
//! is revoked where the executor looks.

use std::collections::BTreeSet;

use assent_base::id::{AccountId, ClusterId, TenantId};
use assent_base::{Digest, Timestamp, time};
use serde::{Deserialize, Serialize};

use crate::ballot::Word;
use crate::keyring::Keyring;
use crate::statement::{ClusterUid, Nonce, QUORUM_MAX, Statement, Terms};
use crate::vote::{BadVote, Vote};

/// Votes of one warrant at most: more than any quorum asks for.
pub const VOTES_MAX: usize = 64;
/// Bytes of a warrant at most.
pub const WARRANT_BYTES_MAX: usize = 1024 * 1024;
/// Seconds that a statement may be from the future: clocks differ.
pub const SKEW_S_MAX: i64 = 60;

/// A statement and votes on it, as they travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warrant {
    /// What was assented to.
    pub statement: Statement,
    /// By whom.
    pub votes: Vec<Vote>,
}

/// What an executor knows by itself.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The tenant that it serves.
    pub tenant: TenantId,
    /// The cluster that it is in, as its tenant calls it.
    pub cluster: ClusterId,
    /// The UID that it has read there.
    pub cluster_uid: &'a ClusterUid,
    /// The digest of the plan that it was handed, computed by itself.
    pub plan: Digest,
    /// The policies that count here.
    pub policies: &'a BTreeSet<Digest>,
    /// The least that is asked of votes on such a plan here.
    pub floor: Terms,
    /// Warrants that it has used and that are not over.
    pub used: &'a BTreeSet<Nonce>,
}

/// Leave to do one thing once. It is neither `Clone` nor `Deserialize`: one read back from a disk is a record, and no leave.
///
/// Only [`Warrant::verify`] makes one.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "whoever has leave and does nothing should say why"]
pub struct Leave {
    statement: Statement,
    approvers: BTreeSet<AccountId>,
}

/// Why a warrant opens nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WarrantRefused {
    /// It cannot be read, or is longer than any.
    #[error("the warrant cannot be read")]
    Unreadable,
    /// For another tenant.
    #[error("made for another tenant")]
    WrongTenant,
    /// For another cluster, by its id or its UID.
    #[error("made for another cluster")]
    WrongCluster,
    /// For another plan.
    #[error("made for another plan")]
    WrongPlan,
    /// Under policies that do not count here.
    #[error("made under policies that do not count here")]
    WrongPolicy,
    /// It asks for less than is asked for here.
    #[error("it asks for fewer or weaker signatures than are asked for here")]
    TooLittleAsked,
    /// Its time is over.
    #[error("its time is over")]
    Expired,
    /// Its time has not come.
    #[error("it is from the future")]
    NotYet,
    /// It was used.
    #[error("it was used before")]
    Used,
    /// A vote in it is no yes.
    #[error("a vote in it is no yes")]
    NotAYes,
    /// A vote in it does not hold.
    #[error("the vote of {voter} does not hold: {cause}")]
    BadVote {
        /// Whose it claims to be.
        voter: AccountId,
        /// Why.
        #[source]
        cause: BadVote,
    },
    /// Somebody is in it twice.
    #[error("{0} votes twice")]
    Twice(AccountId),
    /// Too few people.
    #[error("{have} of {need} people have said yes")]
    NoQuorum {
        /// How many did.
        have: usize,
        /// How many must.
        need: u8,
    },
}

impl Warrant {
    /// Reads a warrant of JSON.
    ///
    /// # Errors
    /// When it is too long, or anything in it is unknown or missing.
    pub fn parse(bytes: &[u8]) -> Result<Self, WarrantRefused> {
        if bytes.len() > WARRANT_BYTES_MAX {
            return Err(WarrantRefused::Unreadable);
        }
        serde_json::from_slice(bytes).map_err(|_| WarrantRefused::Unreadable)
    }

    /// Checks everything about it. A single vote in it that does not hold refuses it whole: nobody honest writes such a warrant.
    ///
    /// # Errors
    /// With the first reason found.
    pub fn verify(self, expected: &Expected<'_>, keyring: &Keyring, now: Timestamp) -> Result<Leave, WarrantRefused> {
        self.stands(expected, now)?;
        let fields = self.statement.fields();
        let mut approvers = BTreeSet::new();
        for vote in &self.votes {
            if vote.word != Word::Approve {
                return Err(WarrantRefused::NotAYes);
            }
            let voter = vote.voter;
            vote.check(&self.statement, keyring, now).map_err(|cause| WarrantRefused::BadVote { voter, cause })?;
            if !approvers.insert(voter) {
                return Err(WarrantRefused::Twice(voter));
            }
        }
        let need = fields.terms.quorum.clamp(1, QUORUM_MAX);
        if approvers.len() < usize::from(need) {
            return Err(WarrantRefused::NoQuorum { have: approvers.len(), need });
        }
        Ok(Leave { statement: self.statement, approvers })
    }

    /// Checks all that does not hang on votes: whom and what it is for, what it asks for, and when. That alone gives leave to nothing; an executor
    /// whose own rules ask for no votes on a plan needs no more.
    ///
    /// # Errors
    /// With the first reason found.
    pub fn stands(&self, expected: &Expected<'_>, now: Timestamp) -> Result<(), WarrantRefused> {
        self.is_for(expected)?;
        let fields = self.statement.fields();
        if self.statement.is_over(now) {
            return Err(WarrantRefused::Expired);
        }
        if time::seconds_between(now, fields.issued_at) > SKEW_S_MAX {
            return Err(WarrantRefused::NotYet);
        }
        if expected.used.contains(&fields.nonce) {
            return Err(WarrantRefused::Used);
        }
        if self.votes.len() > VOTES_MAX { Err(WarrantRefused::Unreadable) } else { Ok(()) }
    }

    fn is_for(&self, expected: &Expected<'_>) -> Result<(), WarrantRefused> {
        let fields = self.statement.fields();
        if fields.tenant != expected.tenant {
            return Err(WarrantRefused::WrongTenant);
        }
        if fields.cluster != expected.cluster || fields.cluster_uid != *expected.cluster_uid {
            return Err(WarrantRefused::WrongCluster);
        }
        if fields.plan != expected.plan {
            return Err(WarrantRefused::WrongPlan);
        }
        if !expected.policies.contains(&fields.policy) {
            return Err(WarrantRefused::WrongPolicy);
        }
        if !fields.terms.at_least(&expected.floor) {
            return Err(WarrantRefused::TooLittleAsked);
        }
        Ok(())
    }
}

impl Leave {
    /// What may be done.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Who said so. Each could have stopped it.
    #[must_use]
    pub const fn approvers(&self) -> &BTreeSet<AccountId> {
        &self.approvers
    }
}
