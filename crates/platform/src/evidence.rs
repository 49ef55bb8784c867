//! What a report quotes, with the text around it as it was when the report was made.

use assent_api::evidence::EvidenceExcerpt;
use assent_api::incidents::Entity;
use assent_api::operations::GetEvidence;
use assent_api::{Action, Problem};
use assent_diagnosis::report::{Evidence, Report};
use assent_http::{Handle, Input, Reply};
use assent_ledger::Outcome;
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::documents::ReportDoc;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;

/// Characters of an evidence's id at most.
const ID_CHARS_MAX: usize = 16;

impl Handle<GetEvidence> for ControlPlane {
    async fn handle(&self, caller: Caller, input: Input<GetEvidence>) -> Result<Reply<GetEvidence>, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let (kept, _, resource) = desk.incident(input.path.incident).await?;
        let (_, wide) = desk.with_report(&kept.id, &resource).await?;
        let report = desk.tenant.get::<ReportDoc>(&kept.id).await.map_err(Problem::from_store)?.ok_or_else(Problem::not_found)?.doc;
        let id = Some(input.path.evidence.as_str()).filter(|id| id.chars().count() <= ID_CHARS_MAX).ok_or_else(Problem::not_found)?;
        // I11: the words of a report are for those who may read all that it names. The text around them can speak of more: it is for those
        // who may read where it stands.
        let found = report.quoted(id)?.filter(|_| desk.may(Action::IncidentRead, &wide)).ok_or_else(Problem::not_found)?;
        let of_source = resource.in_namespaces(namespace_of(&found.source).map(str::to_owned));
        let shows_around = desk.may(Action::IncidentRead, &of_source);
        let details = json!({ "evidence": id });
        self.record(&desk.tenant, &desk.actor(), Action::IncidentRead.as_str(), &kept.id, Outcome::Done, details).await?;
        Ok(Reply::new(report.excerpt(found, shows_around)))
    }
}

impl ReportDoc {
    /// What the report quotes under an id.
    fn quoted(&self, id: &str) -> Result<Option<Evidence>, Problem> {
        let unreadable = |_| Problem::new(assent_api::Code::Corrupt, "the kept report cannot be read");
        let report: Report = serde_json::from_str(self.report.get()).map_err(unreadable)?;
        let causes = report.root_causes.into_iter().chain(report.not_proven).flat_map(|cause| cause.evidence);
        Ok(causes.chain(report.findings.into_iter().flat_map(|finding| finding.evidence)).find(|one| one.id == id))
    }

    /// The words with the text around them, as far as it was kept and may be shown.
    fn excerpt(&self, quoted: Evidence, shows_around: bool) -> EvidenceExcerpt {
        let around = self.excerpts.get(&quoted.id).filter(|_| shows_around).cloned();
        let is_kept = around.is_some();
        let around = around.unwrap_or_default();
        EvidenceExcerpt {
            checked: !self.unproven.contains(&quoted.id),
            id: quoted.id,
            source: quoted.source,
            section: quoted.section,
            locator: quoted.locator,
            about: Entity { kind: quoted.about.kind, namespace: quoted.about.namespace, name: quoted.about.name },
            time: quoted.time,
            before: around.before,
            quote: quoted.quote,
            after: around.after,
            cut_before: !is_kept || around.cut_before,
            cut_after: !is_kept || around.cut_after,
        }
    }
}

/// The namespace of the object whose text a source is: `shop` of `cluster/Pod/shop/web-0` and of `cluster/logs/shop/web-0/web`.
fn namespace_of(source: &str) -> Option<&str> {
    let mut parts = source.strip_prefix("cluster/")?.split('/').skip(1);
    let first = parts.next()?;
    parts.next().map(|_| first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_tells_its_namespace() {
        for (source, namespace) in [
            ("cluster/Pod/shop/web-0", Some("shop")),
            ("cluster/logs/shop/web-0/web-previous", Some("shop")),
            ("cluster/metrics/shop/cpu", Some("shop")),
            ("cluster/Node/n1", None),
            ("-", None),
        ] {
            assert_eq!(namespace_of(source), namespace, "{source}");
        }
    }
}
