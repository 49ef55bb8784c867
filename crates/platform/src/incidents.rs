//! Incidents as people see them: lists, reports, timelines, remarks.

use std::collections::{BTreeMap, BTreeSet};

use assent_api::access::Criticality;
use assent_api::incidents as words;
use assent_api::operations::{
    AddComment, AssignIncident, DismissIncident, GetIncident, GetTimeline, ListComments, ListIncidents, MuteIncident, ReopenIncident,
    RerunIncident, UnmuteIncident,
};
use assent_api::{Action, Code, Page, Problem};
use assent_base::Timestamp;
use assent_base::id::{ClusterId, CommentId, EnvironmentId, IncidentId};
use assent_diagnosis::report::EntityName;
use assent_http::{Handle, Input, Reply};
use assent_incidents::book::{CONTEXT_CHARS_MAX, REASON_CHARS_MAX};
use assent_incidents::{Act, State};
use assent_ledger::Outcome;
use assent_policy::Resource;
use assent_store::{Expect, Kept, Query, Tenant, Write};
use serde_json::{Value, json};

use crate::alerts;
use crate::caller::Caller;
use crate::desk::{Desk, Intent};
use crate::documents::{AccountDoc, ClusterDoc, CommentDoc, EnvironmentDoc, IncidentDoc, ReportDoc};
use crate::names;
use crate::pages::Pages;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::queries::{QueryWords, ReadAll};

/// Characters of a remark at most.
const COMMENT_CHARS_MAX: usize = 10_000;

/// Where a cluster is, and what it is called.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) environment: EnvironmentId,
    pub(crate) criticality: Criticality,
}

/// All clusters of a tenant.
pub(crate) type Places = BTreeMap<ClusterId, Place>;

impl ControlPlane {
    /// Where each cluster is. A cluster whose environment is gone is left out, and so is all that is in it.
    pub(crate) async fn places(&self, tenant: &Tenant) -> Result<Places, Problem> {
        let environments = tenant.all::<EnvironmentDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let criticality: BTreeMap<EnvironmentId, Criticality> =
            environments.into_iter().map(|kept| (kept.doc.id, kept.doc.criticality)).collect();
        let clusters = tenant.all::<ClusterDoc>(&Query::default()).await.map_err(Problem::from_store)?;
        let placed = clusters.into_iter().filter_map(|kept| {
            let criticality = *criticality.get(&kept.doc.environment)?;
            Some((kept.doc.id, Place { name: kept.doc.name, environment: kept.doc.environment, criticality }))
        });
        Ok(placed.collect())
    }
}

impl IncidentDoc {
    /// What policy is asked about it: the namespaces of all that a reader would see of it.
    pub(crate) fn resource(&self, tenant: assent_base::id::TenantId, place: &Place) -> Resource {
        resource(&self.0, tenant, place)
    }
}

/// What policy is asked about an incident.
pub(crate) fn resource(incident: &assent_incidents::Incident, tenant: assent_base::id::TenantId, place: &Place) -> Resource {
    Resource::in_environment(tenant, place.environment, place.criticality)
        .with_id(incident.id)
        .in_namespaces(incident.namespaces.iter().cloned())
}

impl ReportDoc {
    /// The report, for the API.
    pub(crate) fn shown(self) -> Result<words::Report, Problem> {
        let read = serde_json::from_str(self.report.get());
        read.map(words::Report).map_err(|_| Problem::new(Code::Corrupt, "the kept report cannot be read"))
    }
}

impl Desk<'_> {
    /// An incident that the caller may know of, where it is, and what policy is asked about it.
    pub(crate) async fn incident(&self, id: IncidentId) -> Result<(Kept<IncidentDoc>, Place, Resource), Problem> {
        let kept = self.get::<IncidentDoc>(&id.to_string()).await?;
        let places = self.plane.places(&self.tenant).await?;
        let place = places.get(&kept.doc.0.cluster).cloned().ok_or_else(Problem::not_found)?;
        let resource = kept.doc.resource(self.tenant_id(), &place);
        if self.may(Action::IncidentRead, &resource) { Ok((kept, place, resource)) } else { Err(Problem::not_found()) }
    }

    /// The incident whole, as it is now.
    async fn whole(&self, id: IncidentId) -> Result<(words::Incident, u64), Problem> {
        let (kept, place, resource) = self.incident(id).await?;
        let (report, wide) = self.with_report(&kept.id, &resource).await?;
        let report = report.filter(|_| self.may(Action::IncidentRead, &wide));
        let version = kept.version;
        let summary = summary(&kept, &place, self.now);
        let incident = kept.doc.0;
        let similar = self.readable(&incident.similar).await?;
        let dismissal = match incident.standing {
            assent_incidents::record::Standing::Dismissed { dismissal } => {
                Some(words::Dismissal { reason: dismissal.reason, by: dismissal.by, at: dismissal.at })
            }
            assent_incidents::record::Standing::Live { .. } | assent_incidents::record::Standing::Resolved { .. } => None,
        };
        let mute = incident.mute.map(|mute| words::Mute { until: mute.until, reason: mute.reason, by: mute.by });
        Ok((words::Incident { summary, mute, dismissal, context: incident.context, similar, report }, version))
    }

    /// The report of an incident, and what policy is asked about both: the report's chain and evidence can lead to namespaces that are
    /// none of the incident's (I11).
    pub(crate) async fn with_report(&self, id: &str, resource: &Resource) -> Result<(Option<words::Report>, Resource), Problem> {
        let report = self.tenant.get::<ReportDoc>(id).await.map_err(Problem::from_store)?;
        let report = report.map(|kept| kept.doc.shown()).transpose()?;
        // What is bound to no namespace is for those who may read all of them, and stays so.
        let of_report = report.as_ref().filter(|_| !resource.namespaces.is_empty()).map(|report| namespaces_of(&report.0));
        let all = resource.namespaces.iter().cloned().chain(of_report.into_iter().flatten()).collect::<Vec<_>>();
        Ok((report, resource.clone().in_namespaces(all)))
    }

    /// Those of some incidents that the caller may know of.
    async fn readable(&self, ids: &[IncidentId]) -> Result<Vec<IncidentId>, Problem> {
        let mut readable = Vec::new();
        for id in ids {
            match self.incident(*id).await {
                Ok(_) => readable.push(*id),
                Err(problem) if problem.code == Code::NotFound => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(readable)
    }

    /// What somebody does with an incident: on the ledger, then with the watcher of its cluster, who keeps it.
    async fn act(
        &self,
        id: IncidentId,
        action: Action,
        meta: &assent_http::RequestMeta,
        act: Act,
        details: Value,
    ) -> Result<(words::Incident, u64), Problem> {
        let (kept, _, resource) = self.incident(id).await?;
        let permit = self.require(action, resource).await?;
        self.expect(meta, kept.version)?;
        let intent: Intent = self.intend(permit, details).await?;
        let done = self.plane.inner.watched.act(self.plane, &self.tenant, kept.doc.0.cluster, id, act, &self.actor()).await;
        self.close(intent, done).await?;
        self.whole(id).await
    }
}

/// An incident as a list shows it.
pub(crate) fn summary(kept: &Kept<IncidentDoc>, place: &Place, now: Timestamp) -> words::IncidentSummary {
    let incident = &kept.doc.0;
    words::IncidentSummary {
        id: incident.id,
        cluster: incident.cluster,
        cluster_name: place.name.clone(),
        environment: place.environment,
        state: state(incident.state(now)),
        severity: severity(incident.weight.severity),
        title: incident.title.clone(),
        cause: incident.cause.clone(),
        entity: entity(&incident.entity),
        namespaces: incident.namespaces.iter().cloned().collect(),
        confidence_percent: incident.confidence_percent,
        fingerprint: incident.fingerprint.clone(),
        recurrences: incident.recurrences,
        affected: incident.affected_count(),
        opened_at: incident.opened_at,
        explained_at: incident.explained_at,
        updated_at: incident.updated_at,
        closed_at: incident.closed_at(),
        assignee: incident.assignee,
        comments: incident.comments,
        version: kept.version,
    }
}

fn state(state: State) -> words::State {
    match state {
        State::Open => words::State::Open,
        State::Investigating => words::State::Investigating,
        State::Explained => words::State::Explained,
        State::Inconclusive => words::State::Inconclusive,
        State::ActedOn => words::State::ActedOn,
        State::Resolved => words::State::Resolved,
        State::Muted => words::State::Muted,
        State::Dismissed => words::State::Dismissed,
    }
}

fn severity(severity: assent_incidents::Severity) -> words::Severity {
    match severity {
        assent_incidents::Severity::Notice => words::Severity::Notice,
        assent_incidents::Severity::Degraded => words::Severity::Degraded,
        assent_incidents::Severity::Broken => words::Severity::Broken,
    }
}

pub(crate) fn entity(name: &EntityName) -> words::Entity {
    words::Entity { kind: name.kind.clone(), namespace: name.namespace.clone(), name: name.name.clone() }
}

fn timeline_kind(kind: assent_incidents::record::TimelineKind) -> words::TimelineKind {
    use assent_incidents::record::TimelineKind as Own;
    match kind {
        Own::Finding => words::TimelineKind::Finding,
        Own::Change => words::TimelineKind::Change,
        Own::Event => words::TimelineKind::Event,
        Own::State => words::TimelineKind::State,
        Own::Act => words::TimelineKind::Act,
    }
}

/// The namespaces of all objects that a report names.
fn namespaces_of(report: &Value) -> BTreeSet<String> {
    let (mut open, mut found) = (vec![report], BTreeSet::new());
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                found.extend(fields.get("namespace").and_then(Value::as_str).map(str::to_owned));
                open.extend(fields.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

/// What a list of incidents is narrowed to.
struct Wanted {
    states: Option<Vec<words::State>>,
    text: Option<String>,
    query: words::IncidentQuery,
}

impl Wanted {
    fn of(query: words::IncidentQuery) -> Result<Self, Problem> {
        let states = query.state.as_deref().map(|list| list.split(',').map(read_state).collect::<Result<_, _>>()).transpose()?;
        Ok(Self { states, text: query.text.as_deref().map(str::to_lowercase), query })
    }

    /// The narrowest query that the store can answer; the rest is left to [`Wanted::takes`].
    fn query(&self) -> Query {
        let query = Query::newest_first();
        let live = |state: &words::State| !matches!(state, words::State::Resolved | words::State::Dismissed);
        if let Some(fingerprint) = &self.query.fingerprint {
            query.equal("fingerprint", fingerprint)
        } else if self.states.as_ref().is_none_or(|states| states.iter().all(live)) {
            query.equal("live", "yes")
        } else if let Some(cluster) = self.query.cluster {
            query.equal("cluster", &cluster.to_string())
        } else {
            query
        }
    }

    fn takes(&self, one: &words::IncidentSummary) -> bool {
        let asked = &self.query;
        let text = || {
            format!("{} {} {} {}", one.title, one.entity.kind, one.entity.namespace.as_deref().unwrap_or_default(), one.entity.name)
                .to_lowercase()
        };
        self.states.as_ref().is_none_or(|states| states.contains(&one.state))
            && asked.severity.is_none_or(|least| one.severity >= least)
            && asked.environment.is_none_or(|id| one.environment == id)
            && asked.cluster.is_none_or(|id| one.cluster == id)
            && asked.namespace.as_ref().is_none_or(|name| one.namespaces.contains(name))
            && asked.cause.as_ref().is_none_or(|cause| one.cause.as_ref() == Some(cause))
            && asked.assignee.is_none_or(|id| one.assignee == Some(id))
            && asked.since.is_none_or(|since| one.updated_at >= since)
            && self.text.as_ref().is_none_or(|words| words.split_whitespace().all(|word| text().contains(word)))
    }
}

fn read_state(word: &str) -> Result<words::State, Problem> {
    serde_json::from_value(Value::String(word.trim().to_owned())).map_err(|_| {
        Problem::invalid("/state", "open, investigating, explained, inconclusive, acted_on, resolved, muted or dismissed, joined by commas")
    })
}

impl Handle<ListIncidents> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListIncidents>) -> Result<Reply<ListIncidents>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let places = self.places(&desk.tenant).await?;
        let pages = Pages::at(&desk, input.query.cursor.as_deref(), input.query.limit)?;
        let wanted = Wanted::of(input.query)?;
        let page = pages
            .collect::<IncidentDoc, _>(wanted.query(), |kept| {
                let place = places.get(&kept.doc.0.cluster)?;
                let shown = summary(&kept, place, desk.now);
                (wanted.takes(&shown) && desk.may(Action::IncidentRead, &kept.doc.resource(desk.tenant_id(), place))).then_some(shown)
            })
            .await?;
        Ok(Reply::new(page))
    }
}

impl Handle<GetIncident> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetIncident>) -> Result<Reply<GetIncident>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (_, _, resource) = desk.incident(input.path.incident).await?;
        let _permit = desk.require(Action::IncidentRead, resource).await?;
        // Who read which report is on the ledger.
        self.record(&desk.tenant, &desk.actor(), Action::IncidentRead.as_str(), &input.path.incident.to_string(), Outcome::Done, json!({}))
            .await?;
        let (incident, version) = desk.whole(input.path.incident).await?;
        Ok(Reply::new(incident).version(version))
    }
}

impl Handle<GetTimeline> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetTimeline>) -> Result<Reply<GetTimeline>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, place, _) = desk.incident(input.path.incident).await?;
        // An alert that names no object may be about any: it is for those who may see the whole cluster.
        let whole = Resource::in_environment(desk.tenant_id(), place.environment, place.criticality).with_id(kept.doc.0.cluster);
        let alerts = if desk.may(Action::IncidentRead, &whole) {
            alerts::on::beside(&desk.tenant, &kept.doc.0, desk.now).await.map_err(Problem::from_store)?
        } else {
            Vec::new()
        };
        let mut entries: Vec<words::TimelineEntry> = kept
            .doc
            .0
            .timeline
            .into_iter()
            .map(|entry| words::TimelineEntry {
                at: entry.at,
                kind: timeline_kind(entry.kind),
                text: entry.text,
                entity: entry.entity.as_ref().map(entity),
                by: entry.by,
            })
            .chain(alerts.into_iter().map(|(at, alert)| words::TimelineEntry {
                at,
                kind: words::TimelineKind::Event,
                text: if alert.is_over { format!("alert is over: {}", alert.title) } else { format!("alert: {}", alert.title) },
                entity: None,
                by: Some(alerts::REPORTER.to_owned()),
            }))
            .collect();
        entries.sort_by_key(|entry| entry.at);
        Ok(Reply::new(Pages::of_list(entries, &input.query)?))
    }
}

impl Handle<MuteIncident> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<MuteIncident>) -> Result<Reply<MuteIncident>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let for_s = i64::try_from(input.body.for_s).map_err(|_| Problem::invalid("/for_s", "too far away"))?;
        let reason = input.body.reason.as_deref().map(|text| names::prose("/reason", text, REASON_CHARS_MAX)).transpose()?;
        let reason = match reason {
            Some(text) => Some(self.redact_within(&desk.tenant, &text, REASON_CHARS_MAX).await?),
            None => None,
        };
        let details = json!({ "mute_for_s": for_s, "reason": reason });
        let act = Act::Mute { for_s, reason };
        let (incident, version) = desk.act(input.path.incident, Action::IncidentManage, &input.meta, act, details).await?;
        Ok(Reply::new(incident).version(version))
    }
}

impl Handle<UnmuteIncident> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<UnmuteIncident>) -> Result<Reply<UnmuteIncident>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (incident, version) =
            desk.act(input.path.incident, Action::IncidentManage, &input.meta, Act::Unmute, json!({ "unmute": true })).await?;
        Ok(Reply::new(incident).version(version))
    }
}

impl Handle<DismissIncident> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<DismissIncident>) -> Result<Reply<DismissIncident>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let reason = names::prose("/reason", &input.body.reason, REASON_CHARS_MAX)?;
        let reason = self.redact_within(&desk.tenant, &reason, REASON_CHARS_MAX).await?;
        let details = json!({ "dismiss": reason });
        let (incident, version) =
            desk.act(input.path.incident, Action::IncidentManage, &input.meta, Act::Dismiss { reason }, details).await?;
        Ok(Reply::new(incident).version(version))
    }
}

impl Handle<ReopenIncident> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ReopenIncident>) -> Result<Reply<ReopenIncident>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (incident, version) =
            desk.act(input.path.incident, Action::IncidentManage, &input.meta, Act::Reopen, json!({ "reopen": true })).await?;
        Ok(Reply::new(incident).version(version))
    }
}

impl Handle<RerunIncident> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<RerunIncident>) -> Result<Reply<RerunIncident>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let context = input.body.context.as_deref().map(|text| names::prose("/context", text, CONTEXT_CHARS_MAX)).transpose()?;
        // I7: what people paste can hold secrets too.
        let context = match context {
            Some(text) => Some(self.redact_within(&desk.tenant, &text, CONTEXT_CHARS_MAX).await?),
            None => None,
        };
        let details = json!({ "rerun": true, "context_added": context.is_some() });
        let (incident, version) =
            desk.act(input.path.incident, Action::IncidentManage, &input.meta, Act::Rerun { context }, details).await?;
        Ok(Reply::new(incident).version(version))
    }
}

impl Handle<AssignIncident> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AssignIncident>) -> Result<Reply<AssignIncident>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (_, _, resource) = desk.incident(input.path.incident).await?;
        if let Some(account) = input.body.assignee.filter(|_| desk.may(Action::IncidentComment, &resource)) {
            let found = desk.tenant.get::<AccountDoc>(&account.to_string()).await.map_err(Problem::from_store)?;
            if found.is_none_or(|kept| kept.doc.disabled) {
                return Err(Problem::invalid("/assignee", "there is no such active member"));
            }
        }
        let details = json!({ "assignee": input.body.assignee });
        let act = Act::Assign { assignee: input.body.assignee };
        let (incident, version) = desk.act(input.path.incident, Action::IncidentComment, &input.meta, act, details).await?;
        Ok(Reply::new(incident).version(version))
    }
}

impl Handle<ListComments> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<ListComments>) -> Result<Reply<ListComments>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, _, _) = desk.incident(input.path.incident).await?;
        let query = Query::oldest_first().equal("incident", &kept.id);
        let page: Page<words::Comment> =
            Pages::of(&desk, &input.query)?.collect::<CommentDoc, _>(query, |kept| Some(kept.doc.shown())).await?;
        Ok(Reply::new(page))
    }
}

impl Handle<AddComment> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<AddComment>) -> Result<Reply<AddComment>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, _, resource) = desk.incident(input.path.incident).await?;
        let permit = desk.require(Action::IncidentComment, resource).await?;
        let text = names::prose("/text", &input.body.text, COMMENT_CHARS_MAX)?;
        let text = self.redact(&desk.tenant, &text).await?;
        let id = self.new_id(CommentId::new);
        let doc = CommentDoc { id, incident: kept.doc.0.id, by: desk.actor(), by_name: desk.name().to_owned(), at: desk.now, text };
        let intent = desk.intend(permit, json!({ "comment": id })).await?;
        desk.keep(intent, vec![Write::put(&id.to_string(), &doc, Expect::Absent).map_err(Problem::from_store)?]).await?;
        let cluster = kept.doc.0.cluster;
        self.inner.watched.act(self, &desk.tenant, cluster, kept.doc.0.id, Act::Comment, &desk.actor()).await?;
        Ok(Reply::new(doc.shown()))
    }
}

impl CommentDoc {
    fn shown(self) -> words::Comment {
        words::Comment { id: self.id, by: self.by, by_name: self.by_name, at: self.at, text: self.text }
    }
}

#[cfg(test)]
mod tests {
    use assent_base::id::{AccountId, TenantId};
    use assent_policy::Principal;

    use super::*;
    use crate::caller::Person;
    use crate::fixture::{Fixture, incident, now};

    #[tokio::test]
    async fn a_report_that_names_another_namespace_is_not_for_those_of_one() {
        let house = Fixture::open().await;
        let (tenant, cluster) = house.cluster().await;
        let one = incident(cluster, 1);
        let id = one.id;
        let chain = json!({ "root_causes": [{ "chain": [{ "path": [{ "kind": "Service", "namespace": "billing", "name": "db" }] }] }] });
        let report = ReportDoc {
            at: now(),
            report: serde_json::value::to_raw_value(&chain).expect("JSON"),
            excerpts: BTreeMap::new(),
            unproven: BTreeSet::new(),
        };
        tenant.put(&id.to_string(), &IncidentDoc(one), Expect::Absent, now()).await.expect("kept");
        tenant.put(&id.to_string(), &report, Expect::Absent, now()).await.expect("kept");
        for (namespaces, shown) in [(vec!["shop"], false), (vec!["shop", "billing"], true), (vec![], true)] {
            let caller = viewer(tenant.id(), &namespaces);
            let desk = Desk::of(&house.plane, &caller).await.expect("a desk");
            let (incident, _) = desk.whole(id).await.expect("the incident itself is of `shop`");
            assert_eq!(incident.report.is_some(), shown, "{namespaces:?}");
        }
    }

    fn viewer(tenant: TenantId, namespaces: &[&str]) -> Caller {
        let account = AccountId::new(now(), [1; assent_base::id::RANDOM_BYTES]);
        let namespaces = namespaces.iter().map(ToString::to_string).collect();
        let grants = vec![assent_api::accounts::Grant { role: assent_api::Role::Viewer, environment: None, namespaces }];
        Caller::Person(Box::new(Person {
            account,
            name: "Ben".to_owned(),
            email: String::new(),
            session: None,
            csrf: None,
            groups: Vec::new(),
            who: assent_policy::Caller { tenant, principal: Principal::Account(account), grants },
        }))
    }
}
