//! Plans as people see them: what may be changed, who assents, and what became of it.
//!
//! A plan is read by whoever may read its incident and everything that the plan names (I11). What changes a plan goes through the desk (I4).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use assent_api::operations::{AssignPlan, GetPlan, ListPlans};
use assent_api::plans as api;
use assent_api::{Action, Code, Problem};
use assent_base::id::{IncidentId, PlanId, TenantId};
use assent_http::{Handle, Input, Reply};
use assent_incidents::Incident;
use assent_ledger::Outcome;
use assent_policy::Resource;
use assent_store::{Kept, Query, Write};
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::{AccountDoc, IncidentDoc, PlanDoc};
use crate::incidents::Place;
use crate::live;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::QueryWords;

pub(crate) mod asking;
pub(crate) mod drawn;
pub(crate) mod electorate;
pub(crate) mod outcomes;
mod proposing;
mod shown;
pub(crate) mod timeline;
mod voting;
mod words;

/// A plan with what is needed to say who may do what with it.
pub(crate) struct OpenPlan {
    pub(crate) kept: Kept<PlanDoc>,
    pub(crate) incident: Incident,
    pub(crate) place: Place,
    pub(crate) resource: Resource,
}

impl PlanDoc {
    /// What policy is asked about it: the namespaces of its incident and of all that it names.
    pub(crate) fn resource(&self, tenant: TenantId, place: &Place, incident: &Incident) -> Resource {
        // What is bound to no namespace is for those who may read all of them.
        let wide = self.namespaces.is_empty() || incident.namespaces.is_empty();
        let namespaces = self.namespaces.union(&incident.namespaces).filter(|_| !wide).cloned();
        Resource::in_environment(tenant, place.environment, place.criticality)
            .with_id(self.id)
            .in_namespaces(namespaces)
            .that_changes(&self.action, risk_word(self.risk))
    }
}

/// A risk, as policies name it.
pub(crate) fn risk_word(risk: api::Risk) -> &'static str {
    match risk {
        api::Risk::Low => "low",
        api::Risk::Medium => "medium",
        api::Risk::High => "high",
        api::Risk::Exceptional => "exceptional",
    }
}

impl Desk<'_> {
    /// A plan that the caller may know of.
    pub(crate) async fn plan(&self, id: PlanId) -> Result<OpenPlan, Problem> {
        let kept = self.get::<PlanDoc>(&id.to_string()).await?;
        let (incident, place, _) = self.incident(kept.doc.incident).await?;
        let resource = kept.doc.resource(self.tenant_id(), &place, &incident.doc.0);
        if !self.may(Action::PlanRead, &resource) {
            return Err(Problem::not_found());
        }
        Ok(OpenPlan { kept, incident: incident.doc.0, place, resource })
    }

    /// A plan as a list shows it; none if the caller may not know of it.
    fn listed(&self, kept: &Kept<PlanDoc>, incident: &Incident, place: &Place) -> Option<api::PlanSummary> {
        let of_incident = crate::incidents::resource(incident, self.tenant_id(), place);
        let resource = kept.doc.resource(self.tenant_id(), place, incident);
        let readable = self.may(Action::IncidentRead, &of_incident) && self.may(Action::PlanRead, &resource);
        readable.then(|| self.plan_summary(kept, incident, place, &resource))
    }

    /// The plan whole, as it is now.
    pub(crate) async fn whole_plan(&self, id: PlanId) -> Result<(api::Plan, u64), Problem> {
        let open = self.plan(id).await?;
        let version = open.kept.version;
        Ok((self.show_plan(open).await?, version))
    }
}

/// A plan that changed, and the event that tells of it. The version is that of the document before.
pub(crate) fn writes(doc: &PlanDoc, expect: assent_store::Expect) -> Result<Vec<Write>, Problem> {
    let version = match expect {
        assent_store::Expect::Version(version) => version.saturating_add(1),
        assent_store::Expect::Absent | assent_store::Expect::Any => 1,
    };
    let put = Write::put(&doc.id.to_string(), doc, expect).map_err(Problem::from_store)?;
    let event = live::step(&assent_api::events::Event::Plan { plan: doc.id, version })?;
    Ok(vec![put, event, crate::notices::of_plan(doc)?])
}

/// What a list of plans is narrowed to.
struct Wanted {
    states: Option<Vec<api::PlanState>>,
    query: api::PlanQuery,
}

impl Wanted {
    fn of(query: api::PlanQuery) -> Result<Self, Problem> {
        let states = query.state.as_deref().map(|list| list.split(',').map(read_state).collect::<Result<_, _>>()).transpose()?;
        Ok(Self { states, query })
    }

    /// The narrowest query that the store can answer; the rest is left to [`Wanted::takes`].
    fn query(&self) -> Query {
        let query = Query::newest_first();
        match (&self.query.incident, &self.query.cluster, self.states.as_deref()) {
            (Some(incident), _, _) => query.equal("incident", &incident.to_string()),
            // Time turns these into expired ones without anybody writing it down, so that one is no index for the other.
            (None, None, Some([state])) if !matches!(state, api::PlanState::Expired) => {
                query.equal("state", &crate::documents::word_of(*state))
            }
            (None, Some(cluster), _) => query.equal("cluster", &cluster.to_string()),
            (None, None, _) if self.query.mine == Some(true) => query.equal("state", &crate::documents::word_of(api::PlanState::Awaiting)),
            (None, None, _) => query,
        }
    }

    fn takes(&self, one: &api::PlanSummary) -> bool {
        let asked = &self.query;
        self.states.as_ref().is_none_or(|states| states.contains(&one.state))
            && asked.incident.is_none_or(|id| one.incident == id)
            && asked.cluster.is_none_or(|id| one.cluster == id)
            && asked.environment.is_none_or(|id| one.environment == id)
            && asked.assignee.is_none_or(|id| one.assignee == Some(id))
            && (asked.mine != Some(true) || (one.may_vote && one.my_word.is_none()))
    }
}

fn read_state(word: &str) -> Result<api::PlanState, Problem> {
    serde_json::from_value(serde_json::Value::String(word.trim().to_owned())).map_err(|_| {
        Problem::invalid(
            "/state",
            "advice, awaiting, approved, running, verified, partial, reverted, failed, refused, rejected, expired or superseded, joined by commas",
        )
    })
}

impl Handle<ListPlans> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListPlans>) -> Result<Reply<ListPlans>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let places = self.places(&desk.tenant).await?;
        let mut pages = Pages::at(&desk, input.query.cursor.as_deref(), input.query.limit)?;
        let wanted = Wanted::of(input.query)?;
        let (query, mut items) = (wanted.query(), Vec::new());
        let mut incidents: BTreeMap<IncidentId, Option<Incident>> = BTreeMap::new();
        while let Some(found) = pages.stretch::<PlanDoc>(&query, items.len()).await? {
            for kept in found {
                let id = kept.doc.incident;
                if let Entry::Vacant(free) = incidents.entry(id) {
                    let found = desk.tenant.get::<IncidentDoc>(&id.to_string()).await.map_err(Problem::from_store)?;
                    free.insert(found.map(|kept| kept.doc.0));
                }
                let incident = incidents.get(&id).and_then(Option::as_ref);
                let summary = incident.zip(places.get(&kept.doc.cluster)).and_then(|(incident, place)| desk.listed(&kept, incident, place));
                items.extend(summary.filter(|summary| wanted.takes(summary)));
            }
        }
        Ok(Reply::new(pages.page(items)))
    }
}

impl Handle<GetPlan> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetPlan>) -> Result<Reply<GetPlan>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let open = desk.plan(input.path.plan).await?;
        let _permit = desk.require(Action::PlanRead, open.resource).await?;
        // Who read which plan is on the ledger, as of reports.
        let subject = input.path.plan.to_string();
        self.record(&desk.tenant, &desk.actor(), Action::PlanRead.as_str(), &subject, Outcome::Done, json!({})).await?;
        let (plan, version) = desk.whole_plan(input.path.plan).await?;
        Ok(Reply::new(plan).version(version))
    }
}

impl Handle<AssignPlan> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AssignPlan>) -> Result<Reply<AssignPlan>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let open = desk.plan(input.path.plan).await?;
        let permit = desk.require(Action::PlanPropose, open.resource).await?;
        let expect = desk.expect(&input.meta, open.kept.version)?;
        if let Some(account) = input.body.to {
            let found = desk.tenant.get::<AccountDoc>(&account.to_string()).await.map_err(Problem::from_store)?;
            if found.is_none_or(|kept| kept.doc.disabled) {
                return Err(Problem::invalid("/to", "there is no such active member"));
            }
        }
        if open.kept.doc.state_at(desk.now) == api::PlanState::Superseded {
            return Err(Problem::new(Code::Conflict, "another plan took its place"));
        }
        let doc = PlanDoc { assignee: input.body.to, updated_at: desk.now, ..open.kept.doc };
        let intent = desk.intend(permit, json!({ "assignee": input.body.to })).await?;
        desk.keep(intent, writes(&doc, expect)?).await?;
        self.wake(desk.tenant_id());
        let (plan, version) = desk.whole_plan(input.path.plan).await?;
        Ok(Reply::new(plan).version(version))
    }
}
