//! Plans of an incident, kept as its watcher draws them: new ones put to the vote, those that stand left alone, the others superseded.
//!
//! A plan that would change the same as one that is there replaces nothing. One whose time is over is drawn anew in its place, as long as
//! nobody has said anything about it. What somebody rejected, or what did not hold, is not proposed again for the incident unless it differs.

use std::collections::{BTreeMap, BTreeSet};

use assent_api::plans::{Author, PlanState, Risk};
use assent_api::{Code, Problem};
use assent_base::id::{ClusterId, IncidentId, PlanId};
use assent_base::{Digest, Timestamp};
use assent_diagnosis::report::EntityName;
use assent_incidents::Incident;
use assent_ledger::Outcome;
use assent_plan::plan::Plan;
use assent_plan::precondition::{Preconditions, Unmoved};
use assent_plan::{Action, catalogue, proposal};
use assent_store::{Expect, Kept, Query, Tenant, Write};
use serde_json::{Value, json};

use super::asking::MaybeInstalled;
use super::{outcomes, timeline, words, writes};
use crate::documents::PlanDoc;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};

/// Plans that the engine proposes for one incident at one time.
pub(crate) const PLANS_PER_INCIDENT_MAX: usize = 6;
/// Plans of one incident that came to nothing and that nobody spoke about: older ones are forgotten. The ledger has them all.
const FORGOTTEN_BEYOND: usize = 10;
/// Plans of one incident that are kept at all: whoever wants to propose more waits until the incident is over.
pub(crate) const KEPT_MAX: usize = 100;
/// Who draws plans, for the ledger.
pub(crate) const PLATFORM: &str = "platform";

/// What became of the plans of an incident.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// What the timeline is to tell.
    pub(crate) told: Vec<String>,
    /// Something is being carried out: nothing new is proposed until it has ended.
    pub(crate) waits: bool,
}

/// One step of settling: what the ledger says of it, and what is written.
struct Step {
    id: PlanId,
    action: &'static str,
    details: Value,
    writes: Vec<Write>,
}

impl PlanDoc {
    /// A document of a plan that was just drawn, and about which nobody was asked yet.
    pub(crate) fn drawn(id: PlanId, incident: IncidentId, cluster: ClusterId, plan: &Plan, now: Timestamp) -> Result<Self, Problem> {
        let unspeakable = |_| Problem::new(Code::Internal, "a plan has no canonical form");
        let bytes = plan.canonical().ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(()).map_err(unspeakable)?;
        Ok(Self {
            id,
            incident,
            cluster,
            namespaces: namespaces_of(plan),
            digest: assent_plan::PlanDigest::of(bytes.as_bytes()),
            bytes,
            cause: plan.grounds.cause.clone(),
            faulty: plan.grounds.entity.clone(),
            target: plan.target.object.clone(),
            likeness: likeness(&plan.grounds.cause, &plan.target.object, &plan.action),
            action: plan.action.kind().as_str().to_owned(),
            title: words::title(plan),
            risk: risk(plan.risk),
            confidence_percent: plan.confidence_percent,
            state: PlanState::Advice,
            detail: None,
            proposed_by: author(plan.proposed_by),
            author: None,
            adapted_from: None,
            authors: BTreeSet::new(),
            assignee: None,
            not_asked: None,
            statement: None,
            by_rule: false,
            votes: Vec::new(),
            stops: Vec::new(),
            approvals: 0,
            rehearsal: None,
            run: Vec::new(),
            run_records: Vec::new(),
            undo_until: None,
            rank: 1,
            rank_reason: None,
            created_at: now,
            expires_at: plan.expires_at,
            updated_at: now,
        })
    }

    /// What the ledger says of it when it is drawn.
    pub(crate) fn recorded(&self) -> Value {
        json!({
            "plan": self.digest, "incident": self.incident, "cluster": self.cluster, "action": self.action, "target": self.target,
            "state": self.state, "statement": self.statement.as_ref().map(|statement| statement.digest()), "by_rule": self.by_rule,
            "proposed_by": self.proposed_by, "authors": self.authors, "adapted_from": self.adapted_from,
        })
    }

    /// The same, ended for a reason.
    pub(crate) fn ended(&self, state: PlanState, why: &str, now: Timestamp) -> Self {
        Self { state, detail: Some(why.to_owned()), updated_at: now, ..self.clone() }
    }

    /// Whether somebody, or its executor, had anything to do with it.
    fn is_untouched(&self) -> bool {
        self.votes.is_empty() && self.stops.is_empty() && self.run.is_empty() && self.author.is_none()
    }

    /// Whether it waits to be carried out, by people or at all.
    fn is_pending(&self) -> bool {
        matches!(self.state, PlanState::Advice | PlanState::Awaiting)
    }
}

/// All namespaces that a plan names; none where its object is in none: then it is for those who may see all.
fn namespaces_of(plan: &Plan) -> BTreeSet<String> {
    let Some(own) = &plan.target.object.namespace else { return BTreeSet::new() };
    let radius = &plan.blast_radius;
    let circles = [&radius.direct, &radius.adjacent, &radius.downstream];
    let reached = circles.into_iter().flat_map(|circle| &circle.objects).filter_map(|reached| reached.object.namespace.clone());
    reached.chain([own.clone()]).chain(plan.grounds.entity.namespace.clone()).collect()
}

fn risk(risk: catalogue::Risk) -> Risk {
    match risk {
        catalogue::Risk::Low => Risk::Low,
        catalogue::Risk::Medium => Risk::Medium,
        catalogue::Risk::High => Risk::High,
        catalogue::Risk::Exceptional => Risk::Exceptional,
    }
}

fn author(author: proposal::Author) -> Author {
    match author {
        proposal::Author::Engine => Author::Engine,
        proposal::Author::Model => Author::Model,
        proposal::Author::Person => Author::Person,
    }
}

/// The same for plans that propose the same for the same cause.
fn likeness(cause: &str, target: &EntityName, action: &Action) -> Digest {
    let action = serde_json::to_vec(action).unwrap_or_default();
    let namespace = target.namespace.as_deref().unwrap_or_default();
    Digest::of_parts(&[cause.as_bytes(), target.kind.as_bytes(), namespace.as_bytes(), target.name.as_bytes(), &action])
}

/// Whether two plans would change the same, from the same state: then one is as good as the other.
fn is_same_change(a: &Plan, b: &Plan) -> bool {
    // The instant of a restart is part of its request, and means nothing.
    let request = matches!(a.action, Action::Restart {}) || a.request == b.request;
    a.target == b.target && a.action == b.action && request && holds_to(&a.preconditions) == holds_to(&b.preconditions)
}

/// What of preconditions is tested: a resource version that moves all the time is told, and binds nothing.
fn holds_to(conditions: &Preconditions) -> (Option<&String>, Option<&String>, Option<i64>, &[assent_plan::precondition::Observed]) {
    let (version, generation) = match conditions.unmoved {
        Unmoved::ResourceVersion => (conditions.resource_version.as_ref(), None),
        Unmoved::Generation => (None, conditions.generation),
        Unmoved::Observed => (None, None),
    };
    (conditions.uid.as_ref(), version, generation, &conditions.observed)
}

impl ControlPlane {
    /// All plans of an incident that are kept, oldest first.
    pub(crate) async fn plans_of(&self, tenant: &Tenant, incident: IncidentId) -> Result<Vec<Kept<PlanDoc>>, Problem> {
        let query = Query::default().equal("incident", &incident.to_string());
        let mut plans = tenant.all::<PlanDoc>(&query).await.map_err(Problem::from_store)?;
        plans.sort_by_key(|kept| (kept.doc.created_at, kept.doc.id));
        Ok(plans)
    }

    /// Keeps what was drawn for an incident that lives, best first.
    pub(crate) async fn settle_plans(&self, tenant: &Tenant, incident: &Incident, drawn: &[Plan]) -> Result<Settled, Problem> {
        let now = self.now();
        let kept = self.plans_of(tenant, incident.id).await?;
        let installed = self.installed(tenant, incident.cluster).await?;
        let waits = kept.iter().any(|kept| kept.doc.state == PlanState::Running);
        let mut settled = Settled { told: Vec::new(), waits };
        let mut standing = BTreeSet::new();
        let mut steps = Vec::new();
        let asked = Asked { installed: &installed, adapted: adapted(&kept, now), now };
        let ranked = self.ranked(tenant, incident.cluster, drawn).await?;
        for (place, (plan, reason)) in ranked.iter().take(PLANS_PER_INCIDENT_MAX).enumerate() {
            let rank = u32::try_from(place).unwrap_or(u32::MAX).saturating_add(1);
            let found = self.standing(&kept, plan, &asked, (rank, reason.as_deref()))?;
            match found {
                Standing::Kept(id, step) => {
                    standing.insert(id);
                    steps.extend(step);
                }
                Standing::Unwanted => {}
                Standing::New if waits => {}
                Standing::New => {
                    let mut doc = PlanDoc::drawn(self.new_id(PlanId::new), incident.id, incident.cluster, plan, now)?;
                    (doc.rank, doc.rank_reason) = (rank, reason.clone());
                    doc.ask(plan, &installed, self.random(), now);
                    settled.told.push(format!("proposed a plan: {}", timeline::named(&doc, incident)));
                    steps.push(Step::drawn(&doc, Expect::Absent)?);
                }
            }
        }
        for kept in kept.iter().filter(|kept| !standing.contains(&kept.doc.id)) {
            match self.asked_anew(kept, &asked)? {
                Some(step) => steps.push(step),
                None => steps.extend(superseded(kept, now)?),
            }
        }
        steps.extend(forgotten(&kept)?);
        self.take_steps(tenant, steps).await?;
        Ok(settled)
    }

    /// Plans with what earlier outcomes say of them: what worked first, what did not last.
    async fn ranked<'p>(&self, tenant: &Tenant, cluster: ClusterId, drawn: &'p [Plan]) -> Result<Vec<(&'p Plan, Option<String>)>, Problem> {
        let mut ranked = Vec::new();
        for plan in drawn {
            let (cause, target) = (&plan.grounds.cause, &plan.target.object);
            let history = outcomes::history(tenant, cluster, cause, target, plan.action.kind().as_str()).await?;
            let (weight, reason) = history.map_or((0, None), |kept| (kept.doc.weight(), kept.doc.reason()));
            ranked.push((std::cmp::Reverse(weight), plan, reason));
        }
        // Stable: what history says nothing about keeps the order of the remedies.
        ranked.sort_by_key(|(weight, _, _)| *weight);
        Ok(ranked.into_iter().map(|(_, plan, reason)| (plan, reason)).collect())
    }

    /// What there is of a plan that was drawn.
    fn standing(
        &self,
        kept: &[Kept<PlanDoc>],
        plan: &Plan,
        asked: &Asked<'_>,
        (rank, reason): (u32, Option<&str>),
    ) -> Result<Standing, Problem> {
        let now = asked.now;
        let like = likeness(&plan.grounds.cause, &plan.target.object, &plan.action);
        for own in kept.iter().filter(|own| own.doc.likeness == like) {
            let before = super::shown::read(&own.doc)?;
            let same = is_same_change(&before, plan);
            match own.doc.state_at(now) {
                PlanState::Rejected | PlanState::Failed | PlanState::Reverted => return Ok(Standing::Unwanted),
                PlanState::Refused if same => return Ok(Standing::Unwanted),
                // Somebody has put a better one in its place.
                PlanState::Superseded if same && asked.adapted.contains(&own.doc.id) => return Ok(Standing::Unwanted),
                PlanState::Running => return Ok(Standing::Kept(own.doc.id, None)),
                PlanState::Approved if same => return Ok(Standing::Kept(own.doc.id, None)),
                PlanState::Advice | PlanState::Awaiting if same => {
                    if own.doc.is_asked_as(&before, asked.installed) {
                        let step = (own.doc.rank != rank || own.doc.rank_reason.as_deref() != reason).then(|| {
                            let doc = PlanDoc { rank, rank_reason: reason.map(str::to_owned), updated_at: now, ..own.doc.clone() };
                            Step::ranked(&doc, Expect::Version(own.version))
                        });
                        return Ok(Standing::Kept(own.doc.id, step.transpose()?));
                    }
                    if own.doc.votes.is_empty() {
                        // What a person proposed stays theirs.
                        let plan = if own.doc.author.is_some() { &before } else { plan };
                        let step = self.renewed(own, plan, asked, (rank, reason))?;
                        return Ok(Standing::Kept(own.doc.id, Some(step)));
                    }
                }
                PlanState::Expired if same && own.doc.is_pending() && own.doc.votes.is_empty() && own.doc.author.is_none() => {
                    let step = self.renewed(own, plan, asked, (rank, reason))?;
                    return Ok(Standing::Kept(own.doc.id, Some(step)));
                }
                PlanState::Advice
                | PlanState::Awaiting
                | PlanState::Approved
                | PlanState::Verified
                | PlanState::Partial
                | PlanState::Refused
                | PlanState::Expired
                | PlanState::Superseded => {}
            }
        }
        Ok(Standing::New)
    }

    /// A plan that nobody has spoken about, drawn anew in its place.
    fn renewed(&self, own: &Kept<PlanDoc>, plan: &Plan, asked: &Asked<'_>, (rank, reason): (u32, Option<&str>)) -> Result<Step, Problem> {
        let (old, now) = (&own.doc, asked.now);
        let mut doc = PlanDoc::drawn(old.id, old.incident, old.cluster, plan, now)?;
        (doc.author, doc.authors, doc.adapted_from, doc.assignee) = (old.author, old.authors.clone(), old.adapted_from, old.assignee);
        (doc.created_at, doc.rank, doc.rank_reason) = (old.created_at, rank, reason.map(str::to_owned));
        doc.ask(plan, asked.installed, self.random(), now);
        Step::drawn(&doc, Expect::Version(own.version))
    }

    /// What a person proposed, asked as it would be now, if nobody has said anything about it and what is pinned has changed since.
    fn asked_anew(&self, own: &Kept<PlanDoc>, asked: &Asked<'_>) -> Result<Option<Step>, Problem> {
        let doc = &own.doc;
        let waits = matches!(doc.state_at(asked.now), PlanState::Advice | PlanState::Awaiting) && doc.votes.is_empty();
        if doc.author.is_none() || !waits {
            return Ok(None);
        }
        let plan = super::shown::read(doc)?;
        if doc.is_asked_as(&plan, asked.installed) {
            return Ok(None);
        }
        self.renewed(own, &plan, asked, (doc.rank, doc.rank_reason.as_deref())).map(Some)
    }

    /// Ends what can no longer come of the plans of an incident that is over, what was approved and has not begun included: what people
    /// agreed to mend is mended.
    pub(crate) async fn end_plans(&self, tenant: &Tenant, incident: IncidentId) -> Result<(), Problem> {
        let now = self.now();
        let mut steps = Vec::new();
        for kept in
            self.plans_of(tenant, incident).await?.iter().filter(|kept| kept.doc.is_pending() || kept.doc.state == PlanState::Approved)
        {
            steps.push(Step::ended(kept, &kept.doc.ended(PlanState::Superseded, "the incident is over", now))?);
        }
        self.take_steps(tenant, steps).await
    }

    /// Plans of a cluster from which something can still come, or could until just now.
    pub(crate) async fn open_plans(&self, tenant: &Tenant, cluster: ClusterId) -> Result<Vec<Kept<PlanDoc>>, Problem> {
        let query = Query::default().equal("open", &cluster.to_string());
        tenant.all::<PlanDoc>(&query).await.map_err(Problem::from_store)
    }

    /// Writes down that the time of a plan is over.
    pub(crate) async fn expire_plan(&self, tenant: &Tenant, kept: &Kept<PlanDoc>) -> Result<(), Problem> {
        let expired = kept.doc.ended(PlanState::Expired, "its time was over", self.now());
        self.take_steps(tenant, vec![Step::ended(kept, &expired)?]).await
    }

    /// Lets a plan await votes again, some of which went with their keys.
    pub(crate) async fn await_again(&self, tenant: &Tenant, kept: &Kept<PlanDoc>, approvals: u8) -> Result<(), Problem> {
        let detail = Some("a key that had said yes does not count any more".to_owned());
        let doc = PlanDoc { state: PlanState::Awaiting, approvals, detail, updated_at: self.now(), ..kept.doc.clone() };
        let details = json!({ "plan": doc.digest, "approvals": approvals });
        let writes = writes(&doc, Expect::Version(kept.version))?;
        self.take_steps(tenant, vec![Step { id: doc.id, action: "plan.awaits_again", details, writes }]).await
    }

    /// Records each step, then does it. What somebody else was faster with is looked at again the next time.
    async fn take_steps(&self, tenant: &Tenant, steps: Vec<Step>) -> Result<(), Problem> {
        let any = !steps.is_empty();
        for step in steps {
            let subject = step.id.to_string();
            self.record(tenant, PLATFORM, step.action, &subject, Outcome::Intended, step.details).await?;
            match tenant.write(step.writes, self.now()).await.map_err(Problem::from_store) {
                Ok(_) => {}
                Err(problem) if matches!(problem.code, Code::Stale | Code::Conflict) => {
                    let details = json!({ "problem": problem.code });
                    self.record(tenant, PLATFORM, step.action, &subject, Outcome::Failed, details).await?;
                }
                Err(problem) => return Err(problem),
            }
        }
        if any {
            self.wake(tenant.id());
        }
        Ok(())
    }
}

/// What plans are held against.
struct Asked<'a> {
    installed: &'a MaybeInstalled,
    /// Plans in whose place somebody has put another that still stands.
    adapted: BTreeSet<PlanId>,
    now: Timestamp,
}

fn adapted(kept: &[Kept<PlanDoc>], now: Timestamp) -> BTreeSet<PlanId> {
    let stands = |doc: &PlanDoc| doc.is_open() && doc.state_at(now) != PlanState::Expired;
    kept.iter().filter(|kept| stands(&kept.doc)).filter_map(|kept| kept.doc.adapted_from).collect()
}

/// What there is of a plan that was drawn.
enum Standing {
    /// It is there already, or is drawn anew in its place.
    Kept(PlanId, Option<Step>),
    /// Nobody wants to be asked about it again.
    Unwanted,
    /// There is none.
    New,
}

impl Step {
    fn drawn(doc: &PlanDoc, expect: Expect) -> Result<Self, Problem> {
        Ok(Self { id: doc.id, action: "plan.drawn", details: doc.recorded(), writes: writes(doc, expect)? })
    }

    /// Its place says nothing about it that the ledger should know: what counts are the outcomes, and they are there.
    fn ranked(doc: &PlanDoc, expect: Expect) -> Result<Self, Problem> {
        Ok(Self { id: doc.id, action: "plan.ranked", details: json!({ "rank": doc.rank }), writes: writes(doc, expect)? })
    }

    fn ended(kept: &Kept<PlanDoc>, doc: &PlanDoc) -> Result<Self, Problem> {
        let action = if doc.state == PlanState::Expired { "plan.expired" } else { "plan.superseded" };
        let details = json!({ "plan": doc.digest, "incident": doc.incident, "why": doc.detail });
        Ok(Self { id: doc.id, action, details, writes: writes(doc, Expect::Version(kept.version))? })
    }
}

/// What the engine proposed and would not propose any more. What a person proposed stands until its time is over.
fn superseded(kept: &Kept<PlanDoc>, now: Timestamp) -> Result<Option<Step>, Problem> {
    let doc = &kept.doc;
    let ended = match doc.state_at(now) {
        PlanState::Advice | PlanState::Awaiting if doc.proposed_by == Author::Engine => {
            doc.ended(PlanState::Superseded, "the cluster has moved on since it was drawn", now)
        }
        PlanState::Expired if doc.is_open() => doc.ended(PlanState::Expired, "its time was over", now),
        _ => return Ok(None),
    };
    Step::ended(kept, &ended).map(Some)
}

/// The oldest of those that came to nothing.
fn forgotten(kept: &[Kept<PlanDoc>]) -> Result<Option<Step>, Problem> {
    let nothing = |state| matches!(state, PlanState::Superseded | PlanState::Expired);
    let by_id: BTreeMap<PlanId, &Kept<PlanDoc>> = kept.iter().map(|kept| (kept.doc.id, kept)).collect();
    let adapted: BTreeSet<PlanId> = kept.iter().filter_map(|kept| kept.doc.adapted_from).collect();
    let gone: Vec<PlanId> = kept
        .iter()
        .filter(|kept| nothing(kept.doc.state) && kept.doc.is_untouched() && !adapted.contains(&kept.doc.id))
        .map(|kept| kept.doc.id)
        .collect();
    let Some(beyond) = gone.len().checked_sub(FORGOTTEN_BEYOND).filter(|beyond| *beyond > 0) else { return Ok(None) };
    let oldest: Vec<PlanId> = gone.into_iter().take(beyond.min(assent_store::STEPS_MAX)).collect();
    let delete = |id: &PlanId| {
        let version = by_id.get(id).map_or(Expect::Any, |kept| Expect::Version(kept.version));
        Write::delete::<PlanDoc>(&id.to_string(), version).map_err(Problem::from_store)
    };
    let writes = oldest.iter().map(delete).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = oldest.first() else { return Ok(None) };
    Ok(Some(Step { id: *first, action: "plan.forgotten", details: json!({ "plans": oldest }), writes }))
}

#[cfg(test)]
mod tests {
    use assent_approval::statement::{Assurance, Terms};
    use assent_base::id::AccountId;
    use assent_execution::rules::RiskTerms;
    use assent_execution::{Pinned, PinnedFile, Rules as Pins};
    use assent_incidents::{Book, Fact, Known, Slice};
    use assent_plan::draw::{Rules, Site};
    use assent_plan::plan::Scope;
    use assent_plan::propose;

    use super::super::asking::Installed;
    use super::super::outcomes::{Became, remember};
    use super::*;
    use crate::fixture::{Fixture, now};

    #[tokio::test]
    async fn the_same_plans_replace_nothing_and_others_take_their_place() {
        let (house, tenant, cluster) = house().await;
        let (incident, plans) = drawn(&tenant, cluster);
        let settled = house.plane.settle_plans(&tenant, &incident, &plans).await.expect("kept");
        assert_eq!(settled.told.len(), plans.len(), "{settled:?}");
        let first = all(&house, &tenant, &incident).await;
        assert_eq!(house.plane.settle_plans(&tenant, &incident, &plans).await.expect("kept"), Settled::default());
        let again = all(&house, &tenant, &incident).await;
        assert_eq!(versions(&again), versions(&first), "nothing is written");

        let mut moved = plans.clone();
        moved.truncate(1);
        let plan = moved.first_mut().expect("a plan");
        at_generation(plan, 99);
        house.plane.settle_plans(&tenant, &incident, &moved).await.expect("kept");
        let after = all(&house, &tenant, &incident).await;
        let open: Vec<&Kept<PlanDoc>> = after.iter().filter(|kept| kept.doc.is_open()).collect();
        assert_eq!((open.len(), after.len()), (1, first.len() + 1));
        assert!(!first.iter().any(|kept| kept.doc.id == open[0].doc.id));
        let over = after.iter().filter(|kept| kept.doc.state == PlanState::Superseded);
        assert!(over.clone().all(|kept| kept.doc.detail.as_deref() == Some("the cluster has moved on since it was drawn")));
        assert_eq!(over.count(), first.len());
    }

    #[tokio::test]
    async fn a_resource_version_that_moves_all_the_time_replaces_nothing() {
        let (house, tenant, cluster) = house().await;
        let (incident, plans) = drawn(&tenant, cluster);
        house.plane.settle_plans(&tenant, &incident, &plans).await.expect("kept");
        let first = all(&house, &tenant, &incident).await;
        let mut later = plans;
        later.iter_mut().for_each(|plan| plan.preconditions.resource_version = Some("999999".to_owned()));
        house.plane.settle_plans(&tenant, &incident, &later).await.expect("kept");
        assert_eq!(versions(&all(&house, &tenant, &incident).await), versions(&first));
    }

    #[tokio::test]
    async fn what_worked_is_proposed_before_what_was_rejected_with_the_reason() {
        let (house, tenant, cluster) = house().await;
        let (incident, plans) = drawn(&tenant, cluster);
        let [best, other] = plans.as_slice() else { panic!("two plans: {plans:?}") };
        assert_ne!(best.action.kind(), other.action.kind());
        let history = |plan: &Plan| PlanDoc::drawn(house.plane.new_id(PlanId::new), incident.id, cluster, plan, now()).expect("a document");
        for (plan, became) in [
            (best, Became::Rejected),
            (other, Became::Ran(assent_api::plans::Outcome::Verified)),
            (other, Became::Ran(assent_api::plans::Outcome::Verified)),
        ] {
            let write = remember(&tenant, &history(plan), became, now()).await.expect("a step");
            tenant.write(vec![write], now()).await.expect("kept");
        }
        house.plane.settle_plans(&tenant, &incident, &plans).await.expect("kept");
        let mut kept = all(&house, &tenant, &incident).await;
        kept.sort_by_key(|kept| kept.doc.rank);
        let ranked: Vec<(&str, Option<&str>)> =
            kept.iter().map(|kept| (kept.doc.action.as_str(), kept.doc.rank_reason.as_deref())).collect();
        assert_eq!(
            ranked,
            [
                (other.action.kind().as_str(), Some("worked twice for this cause on Deployment grocer/catalog")),
                (best.action.kind().as_str(), Some("was rejected once for this cause on Deployment grocer/catalog")),
            ]
        );
    }

    #[tokio::test]
    async fn plans_of_an_incident_that_is_over_end_and_old_ones_are_forgotten() {
        let (house, tenant, cluster) = house().await;
        let (incident, plans) = drawn(&tenant, cluster);
        for generation in 0..20 {
            let mut moved = plans.clone();
            moved.iter_mut().for_each(|plan| at_generation(plan, generation));
            house.plane.settle_plans(&tenant, &incident, &moved).await.expect("kept");
        }
        let kept = all(&house, &tenant, &incident).await;
        assert!(kept.len() <= FORGOTTEN_BEYOND + 2 * plans.len(), "{}", kept.len());
        house.plane.end_plans(&tenant, incident.id).await.expect("ended");
        assert!(all(&house, &tenant, &incident).await.iter().all(|kept| kept.doc.state == PlanState::Superseded));
    }

    #[test]
    fn what_is_pinned_says_whether_people_are_asked_and_how() {
        let tenant = assent_base::id::TenantId::new(now(), [1; assent_base::id::RANDOM_BYTES]);
        let cluster = ClusterId::new(now(), [2; assent_base::id::RANDOM_BYTES]);
        let (incident, plans) = explained(tenant, cluster);
        let plan = plans.first().expect("a plan");
        let mut doc =
            PlanDoc::drawn(PlanId::new(now(), [3; assent_base::id::RANDOM_BYTES]), incident.id, cluster, plan, now()).expect("one");
        doc.ask(plan, &Err("nothing is installed".to_owned()), [7; 16], now());
        assert_eq!((doc.state, doc.not_asked.as_deref()), (PlanState::Advice, Some("nothing is installed")));
        let author = AccountId::new(now(), [4; assent_base::id::RANDOM_BYTES]);
        doc.authors = BTreeSet::from([author]);
        let allowed = Ok(installed(tenant, cluster, &[plan.action.kind()]));
        doc.ask(plan, &allowed, [7; 16], now());
        assert_eq!(doc.state, PlanState::Awaiting);
        let statement = doc.statement.clone().expect("people are asked");
        assert_eq!((statement.fields().plan, &statement.fields().authors), (*doc.digest.digest(), &doc.authors));
        assert_eq!(statement.fields().terms, Terms { quorum: 2, assurance: Assurance::Verified });
        assert!(doc.is_asked_as(plan, &allowed));
        let other = Ok(installed(tenant, cluster, &[]));
        assert!(!doc.is_asked_as(plan, &other), "other rules");
        doc.ask(plan, &other, [7; 16], now());
        assert!(doc.statement.is_none() && doc.not_asked.as_deref().is_some_and(|why| why.contains("do not name the action")));
    }

    fn installed(tenant: assent_base::id::TenantId, cluster: ClusterId, actions: &[assent_plan::action::ActionKind]) -> Installed {
        let terms = Terms { quorum: 2, assurance: Assurance::Verified };
        let file = PinnedFile {
            version: 1,
            tenant,
            cluster,
            domain: "assent.example".to_owned(),
            origins: BTreeSet::from(["https://assent.example".to_owned()]),
            approvers: Vec::new(),
            rules: Pins {
                actions: actions.iter().copied().collect(),
                namespaces: BTreeSet::from(["*".parse().expect("all of them")]),
                cluster_scoped: false,
                terms: RiskTerms { low: terms, medium: terms, high: terms, exceptional: terms },
                auto_approve: Vec::new(),
                rehearse_as: None,
                verify_s: 300,
                undo_s: 3_600,
            },
        };
        Installed { pinned: Pinned::new(file.clone()).expect("it holds together"), file }
    }

    async fn house() -> (Fixture, Tenant, ClusterId) {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        (house, tenant, cluster)
    }

    fn drawn(tenant: &Tenant, cluster: ClusterId) -> (Incident, Vec<Plan>) {
        explained(tenant.id(), cluster)
    }

    /// The demo's first incident, and the plans for it.
    fn explained(tenant: assent_base::id::TenantId, cluster: ClusterId) -> (Incident, Vec<Plan>) {
        let mut known = Known::new();
        let start = assent_base::time::earlier(now(), 70).expect("an instant");
        for moment in assent_scenarios::demo::timeline(start).into_iter().filter(|moment| moment.offset_s <= 60) {
            for fact in moment.facts {
                let fact: Fact = serde_json::from_str(&fact.to_string()).expect("a fact");
                known.apply(fact).expect("it is taken");
            }
        }
        let scope = Scope::Cluster { tenant, cluster, cluster_uid: "uid".to_owned() };
        let mut book = Book::new(cluster);
        let (examined, plans) = known.examine_with(&Slice::namespace("grocer"), now(), |graph, examined| {
            propose(&Site { graph, scope: &scope, now: now(), rules: &Rules::default() }, &examined.report).plans
        });
        book.fold(&examined, now());
        let incident = book.incidents().find(|incident| incident.cause.as_deref() == Some("image.not_found")).expect("it is explained");
        (incident.clone(), plans)
    }

    /// The plan as it would be drawn had somebody changed the object meanwhile.
    fn at_generation(plan: &mut Plan, generation: i64) {
        plan.preconditions.generation = Some(generation);
        let assent_plan::plan::Request::Patch(ops) = &mut plan.request else { panic!("a patch") };
        for op in ops {
            if let assent_plan::patch::Op::Test { path, value } = op
                && path == "/metadata/generation"
            {
                *value = json!(generation);
            }
        }
        assert!(Plan::parse(&plan.canonical().expect("bytes")).is_ok(), "its parts still fit");
    }

    async fn all(house: &Fixture, tenant: &Tenant, incident: &Incident) -> Vec<Kept<PlanDoc>> {
        house.plane.plans_of(tenant, incident.id).await.expect("a list")
    }

    fn versions(kept: &[Kept<PlanDoc>]) -> Vec<(PlanId, u64)> {
        kept.iter().map(|kept| (kept.doc.id, kept.version)).collect()
    }
}
