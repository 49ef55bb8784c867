//! Containers that are held at their cpu limit.

use assent_evidence::Entity;

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::finding::{Finding, Symptom};
use crate::said;

/// The causes of this family.
pub static CAUSES: &[Cause] = &[Cause {
    id: "cpu.throttled",
    title: "The container is held at its cpu limit",
    meaning: "The container wants more cpu time than `resources.limits.cpu` gives it, so the kernel halts it for a part of every \
              period. It answers late, and probes may time out.",
    proof: "An alert, the throttling counters, or a use at the limit says so, and the container has a cpu limit.",
    refutation: "The container has no cpu limit, or uses far less.",
    confused_with: &["probe.too_strict"],
    fixes: &["Raise or remove `resources.limits.cpu`", "Find what burns cpu time", "Run more replicas"],
    depth: 85,
}];

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.with(Symptom::Throttled) {
        out.push(throttled(case, index, finding));
    }
}

fn throttled(case: &Case<'_>, index: usize, finding: &Finding) -> Candidate {
    let pod = case.entity(finding.on);
    let owner = case.owner(finding.on);
    let holder: Entity<'_> = if pod.pod_spec().exists() { pod } else { owner };
    let container = said::container_of(case, finding);
    let limit = container.map(|container| container.at("resources/limits/cpu")).filter(|at| at.exists());
    let bound = limit.and_then(|at| at.scalar()).map(|limit| format!(" of {limit}")).unwrap_or_default();
    let command = container.and_then(|container| [container.get("command"), container.get("args")].into_iter().find(|at| at.exists()));
    let words: Vec<&str> = command.into_iter().flat_map(|at| at.items()).filter_map(|word| word.text()).collect();
    let runs = if words.is_empty() { String::new() } else { format!("; it runs `{}`", crate::wording::short(&words.join(" "))) };
    let says = format!("{} is held at its cpu limit{bound}{runs}", crate::wording::sentence(&said::who(case, finding)));
    let strength = if limit.is_some() { Strength::Proven } else { Strength::Stated };
    let slow =
        case.on_with(pod.id, &[Symptom::Alert, Symptom::Slow]).into_iter().chain(case.on_with(owner.id, &[Symptom::Alert, Symptom::Slow]));
    let timed_out = case.on_with(pod.id, &[Symptom::ProbeFailing]).into_iter().filter(|index| {
        // A slow answer follows from want of cpu time; a refused connection or a wrong path does not.
        let words = case.findings.get(*index).map(|finding| said::of(case, finding, &["Unhealthy"])).unwrap_or_default();
        words.iter().any(|said| said.has(&["deadline exceeded", "timeout"]))
    });
    let mut candidate = Candidate::new("cpu.throttled", owner.id, strength, says)
        .quote(finding.quotes.iter().cloned())
        .quote(limit.and_then(|at| case.quote(at, holder)))
        .quote(command.and_then(|at| case.quote(at, holder)))
        .explain([index])
        .explain(slow)
        .explain(timed_out)
        .next(format!("Raise `resources.limits.cpu`{bound} in {}, or find what burns cpu time", owner.reference()))
        .next(format!("See what it uses: kubectl top pod {}{} --containers", pod.name(), crate::wording::in_namespace(pod)));
    if limit.is_none() {
        let kind = owner.kind().as_str().to_lowercase();
        candidate = candidate.missing(
            "the cpu limit of the container",
            format!("kubectl get {kind} {}{} -o yaml", owner.name(), crate::wording::in_namespace(owner)),
        );
    }
    candidate
}
