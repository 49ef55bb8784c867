//! What a person proposes: another action for an incident, or another parameter of a plan.
//!
//! It is drawn as the engine's proposals are, from what is known of the cluster now and against the incident's checked cause, so a person can
//! state a value and nothing else: no payload, no path. Whoever had a hand in a plan does not vote on it, and the authors of what was adapted
//! had one.

use assent_api::operations::ProposePlan;
use assent_api::plans::PlanState;
use assent_api::{Action, Code, Problem};
use assent_base::id::PlanId;
use assent_http::{Handle, Input, Reply};
use assent_plan::proposal::Proposal;
use assent_plan::{Action as Change, catalogue};
use assent_policy::Resource;
use assent_store::{Expect, Tenant};

use super::drawn::KEPT_MAX;
use super::{OpenPlan, timeline, writes};
use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::PlanDoc;
use crate::plane::ControlPlane;
use crate::turns::{Topic, Turn};

impl Handle<ProposePlan> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ProposePlan>) -> Result<Reply<ProposePlan>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (incident, place, resource) = desk.incident(input.path.incident).await?;
        let proposal = Proposal::read(&input.body.proposal).map_err(|bad| Problem::invalid("/proposal", bad.to_string()));
        // Who may not propose at all hears so first, whatever they send.
        let about = proposal.as_ref().map_or_else(|_| resource.clone(), |proposal| named(&resource, proposal));
        let _may_at_all = desk.require(Action::PlanPropose, about).await?;
        let proposal = proposal?;
        let author = desk.account().ok_or_else(|| Problem::new(Code::Refused, "people propose plans here, and no machine does"))?;
        let before = match input.body.instead_of {
            Some(id) => Some(adapted(&desk, id, &incident.doc.0).await?),
            None => None,
        };
        self.holds_no_secret(&desk.tenant, &proposal, &input.body.proposal).await?;
        let watched = &self.inner.watched;
        let plan = watched.propose(self, &desk.tenant, incident.doc.0.cluster, incident.doc.0.id, proposal).await?;

        let mut doc = PlanDoc::drawn(self.new_id(PlanId::new), incident.doc.0.id, incident.doc.0.cluster, &plan, desk.now)?;
        let plan_resource = doc.resource(desk.tenant_id(), &place, &incident.doc.0);
        // What it reaches is known only now, and may be more than its author may see.
        let leave = desk.require(Action::PlanPropose, plan_resource).await?;
        doc.author = Some(author);
        doc.authors = before.iter().flat_map(|open| open.kept.doc.authors.iter().copied()).chain([author]).collect();
        doc.adapted_from = input.body.instead_of;
        let turn = Turn::take(self, &desk.tenant, Topic::Proposals).await?;
        let others = self.plans_of(&desk.tenant, doc.incident).await?;
        if others.len() >= KEPT_MAX {
            return Err(Problem::new(Code::Conflict, format!("an incident has at most {KEPT_MAX} plans")));
        }
        doc.rank = others.iter().map(|kept| kept.doc.rank).max().unwrap_or(0).saturating_add(1);
        let installed = self.installed(&desk.tenant, doc.cluster).await?;
        doc.ask(&plan, &installed, self.random(), desk.now);

        let intent = desk.intend(leave, doc.recorded()).await?;
        let mut all = writes(&doc, Expect::Absent)?;
        if let Some(open) = before.filter(|open| open.kept.doc.is_open()) {
            let ended = open.kept.doc.ended(PlanState::Superseded, "it was adapted", desk.now);
            all.extend(writes(&ended, Expect::Version(open.kept.version))?);
        }
        all.push(turn.write()?);
        desk.keep(intent, all).await?;
        self.wake(desk.tenant_id());
        let text = format!("proposed a plan: {}", timeline::named(&doc, &incident.doc.0));
        timeline::tell(self, &desk.tenant, &doc, text, &desk.actor()).await;
        let (plan, version) = desk.whole_plan(doc.id).await?;
        Ok(Reply::new(plan).version(version))
    }
}

impl ControlPlane {
    /// I7: a value that a person states goes into the cluster as it is, so it cannot be redacted: one that looks like a secret is refused.
    async fn holds_no_secret(&self, tenant: &Tenant, proposal: &Proposal, text: &str) -> Result<(), Problem> {
        let stated = matches!(proposal.action, Change::SetEnv { .. } | Change::SetConfigKey { .. } | Change::CustomPatch { .. });
        if stated && self.redact(tenant, text).await? != text {
            return Err(Problem::invalid("/proposal", "it holds what looks like a secret, and everybody who votes would read it"));
        }
        Ok(())
    }
}

/// The incident, as a plan of it that would do this.
fn named(incident: &Resource, proposal: &Proposal) -> Resource {
    let kind = proposal.action.kind();
    incident.clone().that_changes(kind.as_str(), catalogue::entry(kind).risk.as_str())
}

/// The plan whose place another one takes.
async fn adapted(desk: &Desk<'_>, id: PlanId, incident: &assent_incidents::Incident) -> Result<OpenPlan, Problem> {
    let absent = || Problem::invalid("/instead_of", "there is no such plan of this incident");
    let open = match desk.plan(id).await {
        Ok(open) if open.kept.doc.incident == incident.id => open,
        Ok(_) => return Err(absent()),
        Err(problem) if problem.code == Code::NotFound => return Err(absent()),
        Err(problem) => return Err(problem),
    };
    match open.kept.doc.state_at(desk.now) {
        PlanState::Approved => {
            Err(Problem::new(Code::Conflict, "enough people have said yes to that plan: one of them takes it back first"))
        }
        PlanState::Running => Err(Problem::new(Code::Conflict, "that plan is being carried out")),
        _ => Ok(open),
    }
}
