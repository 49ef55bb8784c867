//! Writes what became of incidents: on the ledger first, then into the store together with the event that tells of it.

use std::collections::{BTreeMap, BTreeSet};

use assent_api::Problem;
use assent_api::events::Event;
use assent_base::id::IncidentId;
use assent_incidents::book::{Step, narrow};
use assent_incidents::{Book, Examined};
use assent_ledger::Outcome;
use assent_store::{Expect, Tenant, Write};
use serde_json::json;

use crate::documents::{IncidentDoc, ReportDoc};
use crate::live;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// What is still to be written.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    /// Incidents, and what of them has to be recorded before.
    incidents: BTreeMap<IncidentId, BTreeSet<&'static str>>,
    reports: BTreeMap<IncidentId, ReportDoc>,
}

impl Unwritten {
    pub(super) fn is_empty(&self) -> bool {
        self.incidents.is_empty()
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
                Step::Notify { .. } | Step::Examine { .. } => continue,
            };
            let id = step.incident();
            self.incidents.entry(id).or_default().extend(recorded);
            let report = examined.zip(book.get(id)).and_then(|(examined, incident)| {
                let report = narrow::report(examined, incident)?;
                let report = serde_json::value::to_raw_value(&report).ok()?;
                Some(ReportDoc { at: examined.at, report })
            });
            if let Some(report) = report {
                self.reports.insert(id, report);
            }
        }
    }

    /// Writes everything. What fails stays for later.
    pub(super) async fn write(&mut self, plane: &ControlPlane, tenant: &Tenant, book: &Book) -> Result<(), Problem> {
        let mut woken = false;
        while let Some((id, recorded)) = self.incidents.first_key_value().map(|(id, recorded)| (*id, recorded.clone())) {
            let Some(incident) = book.get(id) else {
                self.incidents.remove(&id);
                continue;
            };
            for action in &recorded {
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
            writes.push(live::step(&Event::Incident { incident: id, version: incident.version })?);
            tenant.write(writes, plane.now()).await.map_err(Problem::from_store)?;
            self.incidents.remove(&id);
            self.reports.remove(&id);
            woken = true;
        }
        if woken {
            plane.wake(tenant.id());
        }
        Ok(())
    }
}
