//! What an incident's timeline tells of its plans.

use assent_api::plans::PlanState;
use assent_api::{Code, Problem};
use assent_approval::ballot::Word;
use assent_approval::vote::Vote;
use assent_incidents::Act;
use assent_store::Tenant;

use crate::documents::PlanDoc;
use crate::plane::ControlPlane;

/// A plan as a timeline names it. Its object is named only where whoever reads the incident reads that too (I11).
pub(crate) fn named(doc: &PlanDoc, incident: &assent_incidents::Incident) -> String {
    let seen = doc.target.namespace.as_ref().is_none_or(|namespace| incident.namespaces.contains(namespace));
    if seen { format!("{}: {}", doc.title, doc.target) } else { doc.title.clone() }
}

/// The same where the incident is not at hand: what is changed beside the faulty object may be nobody's business who reads the incident.
pub(crate) fn told(doc: &PlanDoc) -> String {
    let beside = doc.faulty.namespace.is_some() && doc.target.namespace != doc.faulty.namespace;
    if beside { format!("{}, beside it", doc.action.replace('_', " ")) } else { doc.title.clone() }
}

/// What a vote says.
pub(crate) fn of_vote(doc: &PlanDoc, vote: &Vote) -> String {
    let title = told(doc);
    match (&vote.word, doc.state) {
        (Word::Approve, PlanState::Approved) => format!("said yes to a plan, and that is enough: {title}"),
        (Word::Approve, _) => format!("said yes to a plan: {title}"),
        (Word::Withdraw, _) => format!("took back their yes to a plan: {title}"),
        (Word::Reject { reason }, PlanState::Rejected) => format!("said no to a plan: {title}: {reason}"),
        (Word::Reject { reason }, _) => format!("asked for a plan to be taken back: {title}: {reason}"),
    }
}

/// Tells what became of a plan. It is said and kept elsewhere already, so an incident that is gone is no error.
pub(crate) async fn tell(plane: &ControlPlane, tenant: &Tenant, doc: &PlanDoc, text: String, by: &str) {
    act(plane, tenant, doc, Act::OfPlan { text }, by).await;
}

/// Tells that a plan was carried out, so that its incident is watched for what comes of it.
pub(crate) async fn acted_on(plane: &ControlPlane, tenant: &Tenant, doc: &PlanDoc, by: &str) {
    act(plane, tenant, doc, Act::ActedOn { plan: told(doc) }, by).await;
}

async fn act(plane: &ControlPlane, tenant: &Tenant, doc: &PlanDoc, act: Act, by: &str) {
    let told: Result<(), Problem> = plane.inner.watched.act(plane, tenant, doc.cluster, doc.incident, act, by).await;
    match told {
        Ok(()) => {}
        Err(problem) if problem.code == Code::Conflict => {}
        Err(problem) => tracing::warn!(plan = %doc.id, %problem, "an incident is not told of its plan"),
    }
}
