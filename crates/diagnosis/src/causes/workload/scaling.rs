//! Autoscalers that cannot scale, and budgets that forbid every eviction.

use assent_base::Kind;
use assent_evidence::{Entity, Relation, edges};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Finding, Symptom};
use crate::said;

/// Offers candidates.
pub(super) fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        match finding.symptom {
            Symptom::AutoscalerStuck => out.extend(autoscaler(case, index, finding)),
            Symptom::DisruptionBlocked => out.extend(budget(case, index, finding)),
            _ => {}
        }
    }
}

/// The words of a finding's first quote: the condition's or event's message.
fn message(case: &Case<'_>, finding: &Finding) -> String {
    let hpa = case.entity(finding.on);
    let own = |kind: &str| hpa.condition(kind).filter(|condition| condition.get("reason").is(&finding.reason));
    let condition = ["AbleToScale", "ScalingActive", "ScalingLimited"].into_iter().find_map(own);
    let stated = condition.and_then(|condition| condition.get("message").text()).map(str::to_owned);
    stated.or_else(|| said::of(case, finding, &[&finding.reason]).into_iter().next().map(|said| said.text)).unwrap_or_default()
}

fn autoscaler(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let hpa = case.entity(finding.on);
    let text = message(case, finding);
    let words = crate::wording::short(&text);
    let target = hpa.to(Relation::Scales).next();
    let aims = hpa.at("spec/scaleTargetRef/name");
    let who = hpa.reference();
    let candidate = match &*finding.reason {
        "FailedGetScale" => {
            let kind = hpa.at("spec/scaleTargetRef/kind").text().unwrap_or("object");
            let says = format!("{who} scales {kind} `{}`, which does not exist: {words}", aims.text_or_empty());
            Candidate::new("hpa.target_missing", hpa.id, Strength::Stated, says)
                .quote(case.quote(aims, hpa))
                .next(format!("Correct `scaleTargetRef` of {who}"))
        }
        "TooManyReplicas" => {
            let max = hpa.at("spec/maxReplicas");
            let says = format!("{who} is at its maximum of {} replicas and wants more", max.scalar().unwrap_or_else(|| "all".to_owned()));
            Candidate::new("hpa.at_max", hpa.id, Strength::Proven, says)
                .quote(case.quote(max, hpa))
                .next(format!("Raise `maxReplicas` of {who}, or find what makes the load"))
        }
        _ if text.contains("missing request for") => {
            let resource = text.split("missing request for ").nth(1).and_then(|rest| rest.split([' ', ',']).next()).unwrap_or("cpu");
            let lacking = target.and_then(|target| without_request(target, resource));
            let on = target.unwrap_or(hpa);
            let which = lacking.map(|name| format!("container `{name}` of ")).unwrap_or_default();
            let says = format!("{who} cannot compute utilization: {which}{} has no {resource} request", on.reference());
            let strength = if lacking.is_some() { Strength::Proven } else { Strength::Stated };
            Candidate::new("hpa.no_requests", on.id, strength, says)
                .not("hpa.no_metrics", "the metrics were read; the request is missing", finding.quotes.first().cloned())
                .next(format!("Set `resources.requests.{resource}` on every container of {}", on.reference()))
        }
        reason if reason.starts_with("FailedGet") || reason.starts_with("FailedCompute") || reason.starts_with("InvalidMetric") => {
            let says = format!("{who} gets no metrics: {words}");
            Candidate::new("hpa.no_metrics", hpa.id, Strength::Stated, says)
                .next("See whether the metrics API answers: kubectl get apiservices | grep metrics")
        }
        _ => return None,
    };
    Some(candidate.quote(finding.quotes.iter().cloned()).explain([index]))
}

/// A container of the target that states no request for a resource.
fn without_request<'g>(target: Entity<'g>, resource: &str) -> Option<&'g str> {
    let found = edges::containers(target.pod_spec()).find(|container| !container.at("resources/requests").get(resource).exists())?;
    found.get("name").text()
}

fn budget(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let budget = case.entity(finding.on);
    let (healthy, desired) = (budget.at("status/currentHealthy").int(), budget.at("status/desiredHealthy").int());
    if healthy < desired {
        return None;
    }
    let field = [budget.at("spec/minAvailable"), budget.at("spec/maxUnavailable")].into_iter().find(|at| at.exists());
    let name = if budget.at("spec/minAvailable").exists() { "minAvailable" } else { "maxUnavailable" };
    let rule = field.and_then(|at| at.scalar()).map(|value| format!("`{name}: {value}`")).unwrap_or_else(|| "it".to_owned());
    let nodes: Vec<String> = budget
        .to(Relation::Selects)
        .filter(|pod| *pod.kind() == Kind::Pod)
        .flat_map(|pod| pod.to(Relation::RunsOn))
        .filter(|node| node.at("spec/unschedulable").bool() == Some(true))
        .map(|node| format!("`{}`", node.name()))
        .take(2)
        .collect();
    let left = if nodes.is_empty() { String::new() } else { format!(", so node {} cannot be drained", nodes.join(", ")) };
    let count = healthy.map(|healthy| format!(" with {healthy} healthy pods")).unwrap_or_default();
    let says = format!("{} allows no eviction: {rule}{count} leaves none to spare{left}", budget.reference());
    Some(
        Candidate::new("pdb.blocks_eviction", budget.id, Strength::Proven, says)
            .quote(finding.quotes.iter().cloned())
            .quote(field.and_then(|at| case.quote(at, budget)))
            .explain([index])
            .next(format!("Run more replicas, or relax `{name}` of {}", budget.reference())),
    )
}
