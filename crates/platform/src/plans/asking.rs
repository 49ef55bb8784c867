//! Whether people are asked about a plan, and what exactly: what is pinned in its cluster says so.
//!
//! The rules are the executor's own, read by the same code. So nothing is put to the vote that the executor would refuse, and where there is
//! no executor a plan is advice.

use assent_api::Problem;
use assent_api::plans::PlanState;
use assent_approval::statement::{Draft, Nonce, Statement};
use assent_base::Timestamp;
use assent_base::id::{ClusterId, TenantId};
use assent_execution::{Pinned, PinnedFile};
use assent_plan::plan::{Plan, Scope};
use assent_store::Tenant;

use crate::documents::{ExecutorDoc, PlanDoc};
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// What is pinned in a cluster, as its executor has said.
#[derive(Debug)]
pub(crate) struct Installed {
    pub(crate) pinned: Pinned,
    pub(crate) file: PinnedFile,
}

/// The same, or why there is nothing that binds anybody.
pub(crate) type MaybeInstalled = Result<Installed, String>;

impl ControlPlane {
    /// What is pinned in a cluster, if an executor is installed and it can be used.
    pub(crate) async fn installed(&self, tenant: &Tenant, cluster: ClusterId) -> Result<MaybeInstalled, Problem> {
        let kept = tenant.get::<ExecutorDoc>(&cluster.to_string()).await.map_err(Problem::from_store)?;
        Ok(kept.map_or_else(|| Err("no executor is installed in this cluster".to_owned()), |kept| kept.doc.installed(tenant.id())))
    }
}

impl ExecutorDoc {
    fn installed(&self, tenant: TenantId) -> MaybeInstalled {
        if self.key.revoked_at.is_some() {
            return Err("the executor's key is revoked".to_owned());
        }
        if let Some(why) = &self.unusable {
            return Err(format!("what is pinned in this cluster cannot be used: {why}"));
        }
        let Some(text) = &self.pinned else { return Err("the executor of this cluster has not been heard yet".to_owned()) };
        let unusable = |why: String| format!("what is pinned in this cluster cannot be used: {why}");
        let file: PinnedFile = serde_json::from_str(text).map_err(|error| unusable(error.to_string()))?;
        let pinned = Pinned::new(file.clone()).map_err(|bad| unusable(bad.to_string()))?;
        if pinned.tenant != tenant || pinned.cluster != self.cluster {
            return Err("what is pinned in this cluster names another one".to_owned());
        }
        Ok(Installed { pinned, file })
    }
}

impl PlanDoc {
    /// Puts a plan to the vote, if what is pinned has it so; else it is advice, and says why. What was said before counts no more.
    pub(crate) fn ask(&mut self, plan: &Plan, installed: &MaybeInstalled, nonce: [u8; 16], now: Timestamp) {
        (self.statement, self.not_asked, self.detail, self.by_rule) = (None, None, None, false);
        (self.votes, self.approvals) = (Vec::new(), 0);
        self.state = PlanState::Advice;
        match self.statement_of(plan, installed, nonce, now) {
            Ok((statement, rule)) => {
                self.state = if rule.is_some() { PlanState::Approved } else { PlanState::Awaiting };
                (self.by_rule, self.detail) = (rule.is_some(), rule);
                self.statement = Some(statement);
            }
            Err(why) => self.not_asked = Some(why),
        }
    }

    /// What people would be asked, and in which words a rule answers for them, if one does.
    fn statement_of(
        &self,
        plan: &Plan,
        installed: &MaybeInstalled,
        nonce: [u8; 16],
        now: Timestamp,
    ) -> Result<(Statement, Option<String>), String> {
        let Installed { pinned, .. } = installed.as_ref().map_err(Clone::clone)?;
        let terms = pinned.rules.terms(plan).map_err(|no| no.to_string())?;
        let digest = plan.approvable().map_err(|bad| bad.to_string())?;
        let Scope::Cluster { tenant, cluster, cluster_uid } = &plan.scope else {
            return Err("the plan is of no registered cluster".to_owned());
        };
        let draft = Draft {
            tenant: *tenant,
            cluster: *cluster,
            cluster_uid: cluster_uid.parse().map_err(|bad: assent_approval::statement::BadStatement| bad.to_string())?,
            plan: *digest.digest(),
            policy: *pinned.policy_digest(),
            evidence: plan.grounds.digest,
            authors: self.authors.clone(),
            terms,
            issued_at: now,
            expires_at: plan.expires_at,
            nonce: Nonce::new(nonce),
        };
        let statement = Statement::new(draft).map_err(|bad| bad.to_string())?;
        let rule = pinned.rules.auto_approves(plan).map(|(_, rule)| {
            let namespace = plan.target.object.namespace.as_deref().unwrap_or_default();
            format!("approved by rule: `{}` in `{namespace}` needs no votes here", rule.action.as_str())
        });
        Ok((statement, rule))
    }

    /// Whether it is asked as it would be now: what is pinned may have changed since.
    pub(crate) fn is_asked_as(&self, plan: &Plan, installed: &MaybeInstalled) -> bool {
        let zero = [0; 16];
        match (self.statement_of(plan, installed, zero, plan.drawn_at), &self.statement) {
            (Ok((would_be, rule)), Some(is)) => {
                let (would_be, is) = (would_be.fields(), is.fields());
                would_be.policy == is.policy && would_be.terms == is.terms && rule.is_some() == self.by_rule
            }
            (Err(why), None) => self.not_asked.as_ref() == Some(&why),
            (Ok(_), None) | (Err(_), Some(_)) => false,
        }
    }
}
