//! What an executor says when it starts: which cluster it is in, and what is pinned there.
//!
//! What it says decides who is asked and under which rules a plan is put to the vote, and nothing else: an executor that lies about what it
//! has pinned gets warrants that it refuses by itself.

use assent_api::executor::{ExecutorHello as Hello, ExecutorWelcome, PINNED_BYTES_MAX};
use assent_api::operations::ExecutorHello;
use assent_api::plans::PlanState;
use assent_api::{Code, Problem};
use assent_approval::statement::ClusterUid;
use assent_base::id::ClusterId;
use assent_base::{Digest, Timestamp};
use assent_execution::Pinned;
use assent_http::{Handle, Input, Reply};
use assent_ledger::Outcome;
use assent_store::{Expect, StoreError, Tenant};
use serde_json::json;

use crate::caller::Caller;
use crate::documents::{ExecutorDoc, PlanDoc};
use crate::names;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};
use crate::redaction;

/// Times that a write is tried again when somebody else changed the document meanwhile.
pub(super) const TRIES_MAX: u32 = 5;
/// Characters of why a document cannot be used, at most.
const UNUSABLE_CHARS_MAX: usize = 500;

/// What is pinned, as far as the platform can use it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    pinned: Option<String>,
    policy: Option<Digest>,
    unusable: Option<String>,
}

impl Handle<ExecutorHello> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ExecutorHello>) -> Result<Reply<ExecutorHello>, Problem> {
        let (tenant, cluster) = self.executing(&caller).await?;
        self.greet_executor(&tenant, cluster, input.body).await?;
        Ok(Reply::new(ExecutorWelcome { tenant: tenant.id(), cluster }))
    }
}

impl ControlPlane {
    async fn greet_executor(&self, tenant: &Tenant, cluster: ClusterId, hello: Hello) -> Result<(), Problem> {
        let version = names::title("/version", &hello.version)?;
        if hello.pinned.len() > PINNED_BYTES_MAX {
            return Err(Problem::invalid("/pinned", format!("{PINNED_BYTES_MAX} bytes at most")));
        }
        self.is_in(tenant, cluster, &hello.cluster_uid).await?;
        let said = self.read_pinned(tenant, cluster, &hello.pinned).await?;
        let now = self.now();
        let mut recorded = false;
        for _ in 0..TRIES_MAX {
            let kept = self.executor_of(tenant, cluster).await?.ok_or_else(Problem::not_found)?;
            let before = Said { pinned: kept.doc.pinned.clone(), policy: kept.doc.policy, unusable: kept.doc.unusable.clone() };
            let is_news = before != said || kept.doc.version.as_ref() != Some(&version);
            if is_news && !recorded {
                let details = json!({
                    "cluster_uid": hello.cluster_uid, "version": version, "policy": said.policy, "unusable": said.unusable,
                    "pinned": said.pinned.as_ref().map(|text| Digest::of(text.as_bytes())),
                });
                let (actor, subject) = (format!("executor:{cluster}"), cluster.to_string());
                self.record(tenant, &actor, "executor.hello", &subject, Outcome::Intended, details).await?;
                recorded = true;
            }
            let doc = kept.doc.hearing(version.clone(), said.clone(), now);
            match tenant.put(&kept.id, &doc, Expect::Version(kept.version), now).await {
                Err(StoreError::Stale { .. }) => {}
                Err(StoreError::Absent { .. }) => return Err(crate::authenticate::unknown()),
                other => {
                    other.map_err(Problem::from_store)?;
                    return if is_news { self.under_other_rules(tenant, cluster, &said).await } else { Ok(()) };
                }
            }
        }
        Err(Problem::new(Code::Unavailable, "the executor is being changed by others").retry_after(1))
    }

    /// A key is for one cluster, and which that is its observer has said before.
    async fn is_in(&self, tenant: &Tenant, cluster: ClusterId, claimed: &str) -> Result<(), Problem> {
        claimed.parse::<ClusterUid>().map_err(|bad| Problem::invalid("/cluster_uid", bad.to_string()))?;
        let known = self.cluster_doc(tenant, cluster).await?.doc.cluster_uid;
        if known.as_deref() == Some(claimed) {
            return Ok(());
        }
        let details = json!({ "known": known, "claimed": claimed });
        let actor = format!("executor:{cluster}");
        self.record(tenant, &actor, "executor.hello", &cluster.to_string(), Outcome::Refused, details).await?;
        Err(Problem::new(
            Code::Conflict,
            match known {
                Some(_) => "the key belongs to another cluster: its `kube-system` namespace has another UID",
                None => "no observer has said yet which cluster this is: start it first",
            },
        ))
    }

    /// What can be used of what is pinned. What cannot be read is not kept: it could hold anything (I7).
    async fn read_pinned(&self, tenant: &Tenant, cluster: ClusterId, text: &str) -> Result<Said, Problem> {
        let unusable = match Pinned::parse(text.as_bytes()) {
            Ok(pinned) if pinned.tenant != tenant.id() => "it is another tenant's".to_owned(),
            Ok(pinned) if pinned.cluster != cluster => "it is another cluster's".to_owned(),
            Ok(pinned) => {
                return Ok(Said { pinned: Some(pinned.canonical().to_owned()), policy: Some(*pinned.policy_digest()), unusable: None });
            }
            // What stands behind the arrow are lines of the document itself.
            Err(bad) => bad.to_string().split("-->").next().unwrap_or_default().to_owned(),
        };
        let environment = self.cluster_doc(tenant, cluster).await?.doc.environment;
        let screen = redaction::screen(tenant, environment).await?;
        let unusable = crate::runs::plain(&screen.text(&unusable).text, UNUSABLE_CHARS_MAX);
        Ok(Said { unusable: Some(unusable), ..Said::default() })
    }

    /// What was put to the vote under other rules than those that are pinned now would be refused: it is drawn anew.
    async fn under_other_rules(&self, tenant: &Tenant, cluster: ClusterId, said: &Said) -> Result<(), Problem> {
        let detail = match said.policy {
            Some(_) => "what is pinned in the cluster has changed since it was put to the vote",
            None => "what is pinned in the cluster cannot be used any more",
        };
        self.end_asked(tenant, cluster, |doc| {
            let is_asked = matches!(doc.state, PlanState::Awaiting | PlanState::Approved);
            let asked_under = doc.statement.as_ref().map(|statement| statement.fields().policy);
            (is_asked && asked_under != said.policy).then(|| (PlanState::Superseded, detail.to_owned()))
        })
        .await?;
        self.draw_anew(tenant, cluster).await;
        Ok(())
    }

    /// Ends plans of a cluster that nobody will run, each with what is on the ledger before.
    pub(super) async fn end_asked(
        &self,
        tenant: &Tenant,
        cluster: ClusterId,
        how: impl Fn(&PlanDoc) -> Option<(PlanState, String)>,
    ) -> Result<(), Problem> {
        let open = assent_store::Query::default().equal("open", &cluster.to_string());
        for kept in tenant.all::<PlanDoc>(&open).await.map_err(Problem::from_store)? {
            let id = kept.doc.id.to_string();
            let (mut kept, mut recorded) = (Some(kept), false);
            for _ in 0..TRIES_MAX {
                let Some(now) = kept.take() else { break };
                let Some((state, detail)) = how(&now.doc) else { break };
                if !recorded {
                    let details = json!({ "was": now.doc.state, "is": state, "detail": detail });
                    self.record(tenant, "platform", "plan.ended", &id, Outcome::Intended, details).await?;
                    recorded = true;
                }
                let doc = PlanDoc { state, detail: Some(detail), updated_at: self.now(), ..now.doc };
                match tenant.write(crate::plans::writes(&doc, Expect::Version(now.version))?, self.now()).await {
                    Err(StoreError::Stale { .. }) => kept = tenant.get::<PlanDoc>(&id).await.map_err(Problem::from_store)?,
                    other => {
                        other.map_err(Problem::from_store)?;
                    }
                }
            }
        }
        self.wake(tenant.id());
        Ok(())
    }
}

impl ExecutorDoc {
    fn hearing(self, version: String, said: Said, now: Timestamp) -> Self {
        let Said { pinned, policy, unusable } = said;
        Self { version: Some(version), pinned, policy, unusable, seen_at: Some(now), ..self }
    }
}
