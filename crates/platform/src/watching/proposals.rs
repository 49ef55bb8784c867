//! Plans for what is explained, drawn where it is explained: beside the graph that the report was made of.
//!
//! Drawing looks at nothing that has not changed: the digest of all that a slice was explained by says so. What was drawn is kept after the
//! incident that it is for; what cannot be kept now is tried again.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use assent_api::{Code, Problem};
use assent_base::id::{ClusterId, IncidentId, TenantId};
use assent_base::{Digest, Timestamp};
use assent_diagnosis::report::EntityName;
use assent_evidence::Graph;
use assent_incidents::book::fingerprint;
use assent_incidents::{Book, Examined, Slice};
use assent_plan::draw::{Rules, Site, draw};
use assent_plan::grounds;
use assent_plan::plan::{Plan, Scope};
use assent_plan::proposal::{Author, Proposal};
use assent_plan::propose;
use assent_store::Tenant;

use crate::documents::ClusterDoc;
use crate::plane::ControlPlane;
use crate::plans::drawn::PLATFORM;

/// Seconds between looks at whether plans have had their time, at most.
const SWEEP_S: i64 = 60;

/// Which cluster plans are drawn for, and under which rules.
#[derive(Debug, Clone)]
pub(super) struct Where {
    scope: Scope,
    rules: Rules,
}

/// Plans for each incident that an examination explains, by the incident's fingerprint; empty where nothing safe is known.
pub(super) type Drawn = BTreeMap<String, Vec<Plan>>;

/// What plans were drawn of, and what is still to be kept.
#[derive(Default)]
pub(super) struct Proposals {
    scope: Option<Scope>,
    /// What each slice's plans were last drawn of.
    seen: BTreeMap<Slice, Digest>,
    unsettled: Drawn,
    /// Slices in which something is being carried out.
    held: BTreeSet<Slice>,
    ended: BTreeSet<IncidentId>,
    swept_at: Option<Timestamp>,
    next_expiry: Option<Timestamp>,
}

impl Proposals {
    /// Where plans are drawn; none before the cluster's observer has said which cluster it is.
    pub(super) async fn place(&mut self, tenant: &Tenant, cluster: ClusterId) -> Option<Where> {
        if self.scope.is_none() {
            let kept = tenant.get::<ClusterDoc>(&cluster.to_string()).await.ok().flatten();
            self.scope = kept.and_then(|kept| scope(tenant.id(), cluster, kept.doc.cluster_uid));
        }
        self.scope.clone().map(|scope| Where { scope, rules: Rules::default() })
    }

    /// What a slice's plans were last drawn of.
    pub(super) fn seen(&self, slice: &Slice) -> Option<Digest> {
        self.seen.get(slice).copied()
    }

    /// Takes what was drawn for a slice.
    pub(super) fn take(&mut self, slice: &Slice, digest: Digest, drawn: Drawn) {
        self.seen.insert(slice.clone(), digest);
        self.unsettled.extend(drawn);
    }

    /// Lets plans be drawn for a slice, though nothing in it has changed.
    pub(super) fn forget(&mut self, slice: &Slice) {
        self.seen.remove(slice);
    }

    /// An incident is over.
    pub(super) fn end(&mut self, id: IncidentId) {
        self.ended.insert(id);
    }

    /// Whether something is still to be kept.
    pub(super) fn is_settled(&self) -> bool {
        self.unsettled.is_empty() && self.ended.is_empty()
    }

    /// Keeps what was drawn. Gives what timelines are to tell, by incident.
    pub(super) async fn settle(
        &mut self,
        plane: &ControlPlane,
        tenant: &Tenant,
        book: &Book,
        unwritten: impl Fn(IncidentId) -> bool,
    ) -> Vec<(IncidentId, String)> {
        let mut told = Vec::new();
        for id in std::mem::take(&mut self.ended) {
            let is_over = book.get(id).is_none_or(|incident| !incident.is_live());
            if is_over && let Err(problem) = plane.end_plans(tenant, id).await {
                tracing::warn!(incident = %id, %problem, "the plans of an incident that is over are not ended yet");
                self.ended.insert(id);
            }
        }
        // What cannot be kept of one incident keeps no other waiting.
        for (print, plans) in std::mem::take(&mut self.unsettled) {
            let Some(incident) = book.incidents().find(|incident| incident.is_live() && incident.fingerprint == print) else { continue };
            if unwritten(incident.id) {
                self.unsettled.insert(print, plans);
                continue;
            }
            match plane.settle_plans(tenant, incident, &plans).await {
                Ok(settled) => {
                    told.extend(settled.told.into_iter().map(|text| (incident.id, text)));
                    self.held.extend(incident.sightings.keys().filter(|_| settled.waits).cloned());
                    self.next_expiry = None;
                }
                Err(problem) => {
                    tracing::warn!(incident = %incident.id, %problem, "plans are not kept");
                    // What is too large now is so the next time too.
                    if problem.code != Code::TooLarge {
                        self.unsettled.insert(print, plans);
                    }
                }
            }
        }
        told
    }

    /// Looks for plans whose time is over or whose incident is, and gives the slices that are to be drawn for again.
    pub(super) async fn sweep(
        &mut self,
        plane: &ControlPlane,
        tenant: &Tenant,
        book: &Book,
        cluster: ClusterId,
        now: Timestamp,
    ) -> Result<BTreeSet<Slice>, Problem> {
        let due = self.swept_at.is_none_or(|at| assent_base::time::seconds_between(at, now) >= SWEEP_S);
        if !due && self.next_expiry.is_none_or(|at| now < at) {
            return Ok(BTreeSet::new());
        }
        let mut again = std::mem::take(&mut self.held);
        let mut next = None;
        for kept in plane.open_plans(tenant, cluster).await? {
            let doc = &kept.doc;
            let incident = book.get(doc.incident).filter(|incident| incident.is_live());
            let over = doc.state_at(now) != doc.state;
            match incident {
                None => self.end(doc.incident),
                // In its place another one is drawn, if there is still reason to.
                Some(incident) if over && doc.votes.is_empty() && doc.author.is_none() && incident.cause.is_some() => {
                    again.extend(incident.sightings.keys().cloned());
                }
                Some(_) if over => plane.expire_plan(tenant, &kept).await?,
                Some(_) => next = next.into_iter().chain([doc.expires_at]).min(),
            }
        }
        (self.swept_at, self.next_expiry) = (Some(now), next);
        again.iter().for_each(|slice| self.forget(slice));
        Ok(again)
    }
}

/// Who tells timelines of plans.
pub(super) const TELLER: &str = PLATFORM;

fn scope(tenant: TenantId, cluster: ClusterId, uid: Option<String>) -> Option<Scope> {
    uid.filter(|uid| !uid.is_empty()).map(|cluster_uid| Scope::Cluster { tenant, cluster, cluster_uid })
}

impl Where {
    /// Draws plans for all that an examination explains; none if it was made of what `seen` is the digest of.
    pub(super) fn draw_all(&self, graph: &Graph, examined: &Examined, seen: Option<Digest>) -> Option<Drawn> {
        if seen == Some(examined.digest) {
            return None;
        }
        if examined.report.root_causes.is_empty() {
            return Some(Drawn::new());
        }
        let site = Site { graph, scope: &self.scope, now: examined.at, rules: &self.rules };
        // A remedy that panics must not take the examination with it.
        let proposed = catch_unwind(AssertUnwindSafe(|| propose(&site, &examined.report)));
        let Ok(proposed) = proposed else {
            tracing::error!(slice = %examined.slice, "plans could not be drawn; this is a defect");
            return Some(Drawn::new());
        };
        let causes = examined.report.root_causes.iter();
        let mut drawn: Drawn = causes.map(|cause| (print(examined, &cause.cause, &cause.entity), Vec::new())).collect();
        for plan in proposed.plans {
            drawn.entry(print(examined, &plan.grounds.cause, &plan.grounds.entity)).or_default().push(plan);
        }
        Some(drawn)
    }

    /// Draws what a person proposes for one incident; none if the examination does not speak of it.
    pub(super) fn draw_one(&self, graph: &Graph, examined: &Examined, incident: &str, proposal: &Proposal) -> Option<Result<Plan, String>> {
        let site = Site { graph, scope: &self.scope, now: examined.at, rules: &self.rules };
        let causes = examined.report.root_causes.iter().zip(grounds::check(&examined.report, graph));
        let mut own = causes.filter(|(cause, _)| print(examined, &cause.cause, &cause.entity) == incident);
        let (_, checked) = own.next()?;
        Some(match checked {
            Ok(checked) => {
                let drawn = catch_unwind(AssertUnwindSafe(|| draw(&site, proposal, Author::Person, &checked)));
                drawn.map_or_else(|_| Err("this cannot be drawn".to_owned()), |drawn| drawn.map_err(|refused| refused.to_string()))
            }
            Err(groundless) => Err(groundless.to_string()),
        })
    }
}

/// The fingerprint of the incident that a cause opens.
fn print(examined: &Examined, cause: &str, entity: &EntityName) -> String {
    fingerprint::of(Some(cause), examined.owners.get(entity).unwrap_or(entity))
}
