//! Writes what became of incidents: on the ledger first, then into the store together with the event that tells of it.

use std::collections::{BTreeMap, BTreeSet};

use assent_api::Problem;
use assent_api::events::Event;
use assent_base::id::IncidentId;
use assent_diagnosis::excerpt::Excerpt;
use assent_diagnosis::report::Report;
use assent_incidents::book::{Step, Tell, narrow};
use assent_incidents::{Book, Examined};
use assent_ledger::Outcome;
use assent_store::{Expect, Tenant, Write};
use serde_json::json;

use crate::documents::{IncidentDoc, ReportDoc};
use crate::live;
use crate::notices;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// What is still to be written.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    /// Incidents, and what of them has to be recorded before.
    incidents: BTreeMap<IncidentId, BTreeSet<&'static str>>,
    reports: BTreeMap<IncidentId, ReportDoc>,
    /// What people are to be told.
    told: BTreeMap<IncidentId, BTreeSet<Tell>>,
}

impl Unwritten {
    pub(super) fn is_empty(&self) -> bool {
        self.incidents.is_empty()
    }

    /// Whether an incident is still to be written.
    pub(super) fn holds(&self, id: IncidentId) -> bool {
        self.incidents.contains_key(&id)
    }

    /// Takes steps in, and reports for those incidents that the examination speaks of.
    pub(super) fn take(&mut self, steps: &[Step], examined: Option<&Examined>, book: &Book) {
        for step in steps {
            let recorded = match step {
                Step::Opened(_) => Some("incident.opened"),
                Step::Explained(_) => Some("incident.explained"),
                Step::Reopened(_) => Some("incident.reopened"),
                Step::Resolved(_) => Some("incident.resolved"),
                Step::Merged { .. } => Some("incident.merged"),
                Step::Changed(_) => None,
                Step::Notify { id, why } => {
                    self.told.entry(*id).or_default().insert(*why);
                    None
                }
                Step::Examine { .. } => continue,
            };
            let id = step.incident();
            self.incidents.entry(id).or_default().extend(recorded);
            let report = examined.zip(book.get(id)).and_then(|(examined, incident)| {
                let report = narrow::report(examined, incident)?;
                let excerpts = excerpts(examined, &report);
                let report = serde_json::value::to_raw_value(&report).ok()?;
                Some(ReportDoc { at: examined.at, report, excerpts, unproven: examined.unproven.clone() })
            });
            if let Some(report) = report {
                self.reports.insert(id, report);
            }
        }
    }

    /// What was to be told of an incident is not, after all: it has not happened.
    pub(super) fn untell(&mut self, id: IncidentId) {
        self.told.remove(&id);
    }

    /// Writes everything. What fails stays for later and keeps nothing else waiting; the first failure is told.
    pub(super) async fn write(&mut self, plane: &ControlPlane, tenant: &Tenant, book: &Book) -> Result<(), Problem> {
        let mut done = Ok(());
        for id in self.incidents.keys().copied().collect::<Vec<_>>() {
            done = done.and(self.write_one(id, plane, tenant, book).await);
        }
        done
    }

    /// Writes one incident, if there is anything to write of it.
    pub(super) async fn write_one(&mut self, id: IncidentId, plane: &ControlPlane, tenant: &Tenant, book: &Book) -> Result<(), Problem> {
        let Some(incident) = book.get(id) else {
            self.incidents.remove(&id);
            self.told.remove(&id);
            return Ok(());
        };
        for action in self.incidents.get(&id).cloned().unwrap_or_default() {
            let details = json!({ "cause": incident.cause, "fingerprint": incident.fingerprint, "cluster": incident.cluster });
            plane.record(tenant, "platform", action, &id.to_string(), Outcome::Intended, details).await?;
            // Recorded once, even if the store fails now and is tried again.
            self.incidents.entry(id).or_default().remove(action);
        }
        let key = id.to_string();
        let doc = IncidentDoc(incident.clone());
        let mut writes = vec![Write::put(&key, &doc, Expect::Any).map_err(Problem::from_store)?];
        if let Some(report) = self.reports.get(&id) {
            writes.push(Write::put(&key, report, Expect::Any).map_err(Problem::from_store)?);
        }
        for why in self.told.get(&id).into_iter().flatten() {
            writes.push(notices::of_incident(incident, *why)?);
        }
        writes.push(live::step(&Event::Incident { incident: id, version: incident.version })?);
        tenant.write(writes, plane.now()).await.map_err(Problem::from_store)?;
        self.incidents.remove(&id);
        self.reports.remove(&id);
        self.told.remove(&id);
        plane.wake(tenant.id());
        Ok(())
    }
}

/// The text around what one incident's part of a report quotes.
fn excerpts(examined: &Examined, report: &Report) -> BTreeMap<String, Excerpt> {
    let causes = report.root_causes.iter().chain(&report.not_proven).flat_map(|cause| &cause.evidence);
    let quoted = causes.chain(report.findings.iter().flat_map(|finding| &finding.evidence));
    quoted.filter_map(|item| Some((item.id.clone(), examined.excerpts.get(&item.id)?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use assent_base::id::ClusterId;
    use serde_json::value::to_raw_value;

    use super::*;
    use crate::fixture::{Fixture, incident, now};
    use crate::settings::Settings;

    #[tokio::test]
    async fn an_incident_that_cannot_be_kept_keeps_no_other_waiting() {
        let store_limits = assent_store::Limits { document_bytes_max: 50_000, ..assent_store::Limits::default() };
        let house = Fixture::with(Settings { store_limits, ..Settings::default() }).await;
        let tenant = house.plane.first_tenant().await.expect("a tenant");
        let cluster = ClusterId::new(now(), [1; assent_base::id::RANDOM_BYTES]);
        let (first, second) = (incident(cluster, 1), incident(cluster, 2));
        let book = Book::restore(cluster, [first.clone(), second.clone()]).expect("they fit together");
        let mut unwritten = Unwritten::default();
        unwritten.take(&[Step::Changed(first.id), Step::Changed(second.id)], None, &book);
        let report = to_raw_value(&"x".repeat(60_000)).expect("JSON");
        unwritten.reports.insert(first.id, ReportDoc { at: now(), report, excerpts: BTreeMap::new(), unproven: BTreeSet::new() });
        assert!(unwritten.write(&house.plane, &tenant, &book).await.is_err(), "the first is too large");
        assert!(tenant.get::<IncidentDoc>(&second.id.to_string()).await.expect("read").is_some(), "the second is kept");
        assert!(!unwritten.is_empty(), "the first is tried again");
    }
}
