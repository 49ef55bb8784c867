//! Whose votes count on a plan: people whom policy lets vote there, with keys that they have here and that are pinned in the cluster.
//!
//! Neither is enough alone. A key that is only pinned may have been removed by its owner; one that is only here would make a warrant that
//! the executor refuses whole.

use std::collections::BTreeMap;

use assent_api::plans::{PlanState, Voter};
use assent_api::{Action, Code, Problem, Role};
use assent_approval::change::{BadRecord, Change, Record};
use assent_approval::keyring::{Approver, HeldKey, Keyring, KeyringFile, VoteKey};
use assent_approval::warrant::Warrant;
use assent_base::id::AccountId;
use assent_policy::{Ask, Caller, Engine, Principal, Resource};
use assent_store::{Kept, Query, Tenant};

use super::asking::{Installed, MaybeInstalled};
use crate::documents::{AccountDoc, IncidentDoc, PlanDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::ReadAll;
use crate::ssh_keys::keys_of;

/// People who are named as those who could vote, at most: policy is asked about each.
const VOTERS_MAX: usize = 200;

impl ControlPlane {
    /// Whether policy lets an account vote on something.
    pub(crate) async fn lets_vote(
        &self,
        tenant: &Tenant,
        engine: &Engine,
        account: &AccountDoc,
        resource: &Resource,
    ) -> Result<bool, Problem> {
        if account.disabled {
            return Ok(false);
        }
        let grants = self.grants_of(tenant, account, &account.groups).await?;
        // Most members cannot vote on anything, and asking takes its time.
        if !grants.iter().any(|grant| !matches!(grant.role, Role::Viewer | Role::Auditor)) {
            return Ok(false);
        }
        let caller = Caller { tenant: tenant.id(), principal: Principal::Account(account.id), grants };
        Ok(engine.decide(&Ask { caller, action: Action::PlanVote, resource: resource.clone() }).is_permit())
    }

    /// Whose votes count on a plan now.
    pub(crate) async fn keyring(&self, tenant: &Tenant, resource: &Resource, installed: &Installed) -> Result<Keyring, Problem> {
        let engine = self.engine(tenant).await?;
        let mut approvers = Vec::new();
        for pinned in &installed.file.approvers {
            let Some(kept) = tenant.get::<AccountDoc>(&pinned.account.to_string()).await.map_err(Problem::from_store)? else { continue };
            if !self.lets_vote(tenant, &engine, &kept.doc, resource).await? {
                continue;
            }
            let own = self.keys_here(tenant, &kept.doc, &installed.file.domain).await?;
            let held = |key: &VoteKey| {
                let pinned = pinned.keys.iter().find(|held| is_same(&held.key, key))?;
                Some(HeldKey { key: key.clone(), valid_from: pinned.valid_from, revoked_at: pinned.revoked_at })
            };
            let keys: Vec<HeldKey> = own.iter().filter_map(held).collect();
            if !keys.is_empty() {
                approvers.push(Approver { account: pinned.account, keys });
            }
        }
        let file = KeyringFile { domain: installed.file.domain.clone(), origins: installed.file.origins.clone(), approvers };
        Keyring::new(&file)
            .map_err(|bad| Problem::new(Code::Conflict, format!("the keys of those who may vote do not hold together: {bad}")))
    }

    /// What somebody could sign with, for a domain.
    pub(crate) async fn keys_here(&self, tenant: &Tenant, account: &AccountDoc, domain: &str) -> Result<Vec<VoteKey>, Problem> {
        let passkeys = account.passkeys.iter().filter(|passkey| passkey.party == domain);
        let mut keys: Vec<VoteKey> = passkeys.map(|passkey| VoteKey::Passkey(passkey.credential.clone())).collect();
        keys.extend(keys_of(tenant, account.id).await?.into_iter().map(|kept| VoteKey::Ssh(kept.doc.key)));
        Ok(keys)
    }

    /// Everybody whom policy lets vote on a plan and who had no hand in it, by name.
    pub(crate) async fn voters(
        &self,
        tenant: &Tenant,
        doc: &PlanDoc,
        resource: &Resource,
        keyring: &Keyring,
    ) -> Result<Vec<Voter>, Problem> {
        let engine = self.engine(tenant).await?;
        let mut voters: BTreeMap<(String, AccountId), Voter> = BTreeMap::new();
        for kept in tenant.all::<AccountDoc>(&Query::default()).await.map_err(Problem::from_store)? {
            let account = kept.doc;
            if voters.len() >= VOTERS_MAX {
                break;
            }
            if doc.authors.contains(&account.id) || !self.lets_vote(tenant, &engine, &account, resource).await? {
                continue;
            }
            let voter = Voter { account: account.id, name: account.name.clone(), pinned: keyring.lists(account.id) };
            voters.insert((account.name, account.id), voter);
        }
        Ok(voters.into_values().collect())
    }

    /// What policy is asked about a plan; none if its incident or cluster is gone.
    pub(crate) async fn plan_resource(&self, tenant: &Tenant, doc: &PlanDoc) -> Result<Option<Resource>, Problem> {
        let incident = tenant.get::<IncidentDoc>(&doc.incident.to_string()).await.map_err(Problem::from_store)?;
        let places = self.places(tenant).await?;
        let found = incident.as_ref().zip(places.get(&doc.cluster));
        Ok(found.map(|(incident, place)| doc.resource(tenant.id(), place, &incident.doc.0)))
    }

    /// The warrant of a plan that enough people have said yes to, by the keys that count now; none if it is not approved, or no more. A plan
    /// whose votes went with their keys awaits others again.
    pub(crate) async fn warrant_of(&self, tenant: &Tenant, kept: &Kept<PlanDoc>) -> Result<Option<Warrant>, Problem> {
        let (doc, now) = (&kept.doc, self.now());
        let Some(statement) = doc.statement.clone().filter(|statement| !statement.is_over(now)) else { return Ok(None) };
        let installed: MaybeInstalled = self.installed(tenant, doc.cluster).await?;
        let (Some(resource), Ok(installed)) = (self.plan_resource(tenant, doc).await?, installed) else { return Ok(None) };
        if *installed.pinned.policy_digest() != statement.fields().policy {
            return Ok(None);
        }
        if doc.by_rule {
            return Ok(Some(Warrant { statement, votes: Vec::new() }));
        }
        let keyring = self.keyring(tenant, &resource, &installed).await?;
        match doc.recalled(&keyring, now) {
            Some(Ok(Change::Approved(approved))) => Ok(approved.warrant(&keyring, now).ok()),
            Some(Ok(Change::Awaiting(awaiting))) if doc.state == PlanState::Approved => {
                let approvals = u8::try_from(awaiting.approvers().count()).unwrap_or(u8::MAX);
                self.await_again(tenant, kept, approvals).await?;
                Ok(None)
            }
            Some(Ok(Change::Awaiting(_) | Change::Rejected(_) | Change::Expired(_)) | Err(_)) | None => Ok(None),
        }
    }
}

impl PlanDoc {
    /// Where the vote stands by the keys that count now; none if nobody was asked.
    pub(crate) fn recalled(&self, keyring: &Keyring, now: assent_base::Timestamp) -> Option<Result<Change, BadRecord>> {
        let statement = self.statement.clone()?;
        let record = Record { statement, votes: self.votes.iter().map(|kept| kept.vote.clone()).collect() };
        Some(Change::recall(&record, keyring, now))
    }
}

/// Whether two keys are one. What a passkey has counted is no part of it.
fn is_same(pinned: &VoteKey, own: &VoteKey) -> bool {
    match (pinned, own) {
        (VoteKey::Passkey(pinned), VoteKey::Passkey(own)) => {
            pinned.id == own.id && pinned.key == own.key && pinned.backup_eligible == own.backup_eligible
        }
        (VoteKey::Ssh(pinned), VoteKey::Ssh(own)) => pinned == own,
        (VoteKey::Passkey(_), VoteKey::Ssh(_)) | (VoteKey::Ssh(_), VoteKey::Passkey(_)) => false,
    }
}
