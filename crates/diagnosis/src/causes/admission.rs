//! Objects and pods that admission refuses: quotas, limit ranges, service accounts, webhooks, pod security.
//!
//! A refused controller passes on the API server's message as a `FailedCreate` event. What the message says is checked against
//! the objects it names: the quota's figures, the listing that lacks the service account. Workloads that wait for the same
//! quota or webhook share one cause.

use std::collections::BTreeMap;

use assent_base::{Kind, ObjectRef};
use assent_evidence::{Entity, EntityId};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::causes::told::{self, Told};
use crate::finding::{Quote, Symptom};
use crate::wording::{in_namespace, shortened};

mod catalogue;
mod refusal;

pub use catalogue::CAUSES;
use refusal::Refusal;

/// Events in which a controller passes on what it was refused.
const REASONS: &[&str] = &["FailedCreate", "ReplicaSetCreateError"];
/// Letters of a foreign message that a statement repeats.
const WHY_CHARS_MAX: usize = 220;

/// What waits for one refusal.
struct Waiting<'g> {
    refusal: Refusal<'g>,
    owners: Vec<Entity<'g>>,
    findings: Vec<usize>,
    quotes: Vec<Quote>,
}

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    let mut groups: BTreeMap<(&'static str, EntityId), Waiting<'_>> = BTreeMap::new();
    let refused =
        case.findings.iter().enumerate().filter(|(_, finding)| matches!(finding.symptom, Symptom::PodNotCreated | Symptom::CronJobIdle));
    for (index, finding) in refused {
        let told = told::of(case, finding, &[("ReplicaFailure", "True"), ("Progressing", "False")], REASONS);
        let Some((Told { quote, .. }, refusal)) = told.iter().find_map(|told| Some((told, refusal::read(told.text)?))) else { continue };
        let owner = case.owner(finding.on);
        let on = blamed(case, owner, &refusal);
        let group = groups.entry((cause_of(&refusal), on)).or_insert_with(|| Waiting {
            refusal,
            owners: Vec::new(),
            findings: Vec::new(),
            quotes: Vec::new(),
        });
        if !group.owners.contains(&owner) {
            group.owners.push(owner);
        }
        group.findings.push(index);
        group.quotes.push(quote.clone());
    }
    out.extend(groups.into_iter().filter_map(|((cause, on), waiting)| candidate(case, cause, case.entity(on), waiting)));
}

fn cause_of(refusal: &Refusal<'_>) -> &'static str {
    match refusal {
        Refusal::Quota { requested, .. } => quota_cause(requested),
        Refusal::QuotaUnset { .. } => "admission.quota_unset_requests",
        Refusal::Limit { cause, .. } => cause,
        Refusal::ServiceAccount { .. } => "admission.service_account_missing",
        Refusal::WebhookDenied { .. } => "admission.webhook_denied",
        Refusal::PolicyDenied { .. } => "admission.policy_denied",
        Refusal::WebhookUnavailable { .. } => "admission.webhook_unavailable",
        Refusal::PodSecurity { .. } => "admission.pod_security",
        Refusal::PriorityClass { .. } => "admission.priority_class_missing",
        Refusal::RuntimeClass { .. } => "admission.runtime_class_missing",
        Refusal::Terminating { .. } => "admission.namespace_terminating",
        Refusal::Forbidden { .. } => "admission.controller_forbidden",
        Refusal::Invalid { .. } => "admission.object_invalid",
        Refusal::Other { .. } => "admission.refused",
    }
}

/// What the first counted resource is: `limits.cpu=500m`, `gold.storageclass.storage.k8s.io/requests.storage=5Gi`.
fn quota_cause(requested: &str) -> &'static str {
    let resource = requested.split('=').next().unwrap_or_default();
    let last = resource.rsplit('/').next().unwrap_or_default();
    match last {
        "cpu" | "requests.cpu" | "limits.cpu" => "admission.quota_cpu",
        "memory" | "requests.memory" | "limits.memory" => "admission.quota_memory",
        "pods" => "admission.quota_pods",
        "requests.storage" | "persistentvolumeclaims" | "ephemeral-storage" | "requests.ephemeral-storage" | "limits.ephemeral-storage" => {
            "admission.quota_storage"
        }
        _ => "admission.quota_objects",
    }
}

/// The object at fault: the quota or webhook where the graph has it, the namespace that ends, otherwise the workload.
fn blamed(case: &Case<'_>, owner: Entity<'_>, refusal: &Refusal<'_>) -> EntityId {
    let shared = match refusal {
        Refusal::Quota { quota, .. } | Refusal::QuotaUnset { quota, .. } => {
            case.graph.id(&owner.reference().beside(Kind::ResourceQuota, quota))
        }
        Refusal::WebhookUnavailable { hook, .. } => configuration(case, hook).map(|entity| entity.id),
        Refusal::Terminating { .. } => owner.namespace().and_then(|name| case.graph.id(&ObjectRef::new(Kind::Namespace, None, name))),
        _ => None,
    };
    shared.unwrap_or(owner.id)
}

/// The webhook configuration that holds a webhook of this name.
fn configuration<'g>(case: &Case<'g>, hook: &str) -> Option<Entity<'g>> {
    let kinds = [Kind::MutatingWebhookConfiguration, Kind::ValidatingWebhookConfiguration];
    kinds.iter().flat_map(|kind| case.graph.of_kind(kind)).find(|entity| entity.at("webhooks").items().any(|own| own.get("name").is(hook)))
}

fn candidate<'g>(case: &Case<'g>, cause: &'static str, on: Entity<'g>, waiting: Waiting<'g>) -> Option<Candidate> {
    let owner = *waiting.owners.first()?;
    let (agrees, refuted) = objects(case, owner, on, &waiting.refusal);
    if refuted {
        return None;
    }
    let strength = if agrees.is_empty() { Strength::Stated } else { Strength::Proven };
    let who = crate::wording::listed(&waiting.owners);
    let mut candidate = Candidate::new(cause, on.id, strength, statement(&who, owner, on, &waiting.refusal))
        .quote(waiting.quotes.iter().take(2).cloned())
        .quote(agrees)
        .quote(waiting.quotes.iter().skip(2).cloned())
        .explain(waiting.findings);
    if let Refusal::WebhookUnavailable { service: Some((name, namespace)), .. } = &waiting.refusal
        && let Some(service) = case.graph.id(&ObjectRef::new(Kind::Service, Some(namespace), name))
    {
        candidate = candidate.blame(service);
    }
    if let Refusal::Terminating { .. } = &waiting.refusal {
        candidate = candidate.explain(case.on_with(on.id, &[Symptom::StuckDeleting]));
    }
    let shown: Vec<Quote> = waiting.quotes.into_iter().take(1).collect();
    if waiting.owners.iter().all(|owner| owner.pods().is_empty()) {
        for (own, scheduling) in
            [("admission.quota_cpu", "scheduling.insufficient_cpu"), ("admission.quota_memory", "scheduling.insufficient_memory")]
        {
            if own == cause {
                candidate = candidate.not(scheduling, "the pods were refused before the scheduler could see them", shown.clone());
            }
        }
    }
    Some(next_steps(candidate, owner, on, &waiting.refusal))
}

/// What the named objects say: words that agree, and whether they refute the message by now.
fn objects<'g>(case: &Case<'g>, owner: Entity<'g>, on: Entity<'g>, refusal: &Refusal<'_>) -> (Vec<Quote>, bool) {
    let spec = owner.pod_spec();
    let quoted = |at, about| case.quote(at, about).into_iter().collect::<Vec<_>>();
    // Whether a named object is missing, as a listing shows, or exists by now.
    let named = |kind: Kind, name: &str, field: &str| {
        let reference = if kind.is_namespaced() { owner.reference().beside(kind, name) } else { ObjectRef::new(kind, None, name) };
        let exists = case.graph.find(&reference).is_some_and(|entity| entity.is_observed());
        let agrees = if case.graph.is_absent(&reference) { quoted(spec.get(field), owner) } else { Vec::new() };
        (agrees, exists)
    };
    match refusal {
        Refusal::Quota { requested, .. } => {
            let resources = requested.split(',').filter_map(|item| item.split('=').next());
            let figures = resources.flat_map(|resource| {
                let hard = [on.at("status/hard").get(resource), on.at("spec/hard").get(resource)].into_iter().find(|at| at.exists());
                hard.into_iter().chain([on.at("status/used").get(resource)])
            });
            (figures.filter_map(|at| case.quote(at, on)).take(4).collect(), false)
        }
        Refusal::QuotaUnset { .. } => (if on == owner { Vec::new() } else { quoted(on.at("spec/hard"), on) }, false),
        Refusal::Limit { cause, resource, per, .. } => {
            let field = match *cause {
                "admission.limit_range_max" => "max",
                "admission.limit_range_min" => "min",
                _ => "maxLimitRequestRatio",
            };
            let ranges = case.graph.of_kind(&Kind::LimitRange).filter(|range| range.namespace() == owner.namespace());
            let bounds = ranges.flat_map(|range| {
                let limits = range.at("spec/limits").items().filter(|limit| limit.get("type").is(per));
                limits.filter_map(move |limit| case.quote(limit.get(field).get(resource), range)).collect::<Vec<_>>()
            });
            (bounds.take(1).collect(), false)
        }
        Refusal::ServiceAccount { name } => named(Kind::ServiceAccount, name, "serviceAccountName"),
        Refusal::PriorityClass { name } => named(Kind::PriorityClass, name, "priorityClassName"),
        Refusal::RuntimeClass { name } => named(Kind::RuntimeClass, name, "runtimeClassName"),
        Refusal::Terminating { .. } => {
            let phase = on.at("status/phase");
            (if phase.is("Terminating") { quoted(phase, on) } else { Vec::new() }, *on.kind() == Kind::Namespace && phase.is("Active"))
        }
        Refusal::WebhookUnavailable { hook, .. } => {
            let own = on.at("webhooks").items().find(|own| own.get("name").is(hook));
            let fields =
                own.into_iter().flat_map(|own| [own.at("clientConfig/service/name"), own.at("clientConfig/url"), own.get("failurePolicy")]);
            (fields.filter_map(|at| case.quote(at, on)).collect(), false)
        }
        Refusal::PodSecurity { .. } => {
            let namespace = owner.namespace().and_then(|name| case.graph.object(Kind::Namespace, None, name));
            let level = namespace.map(|namespace| (namespace, namespace.at("metadata/labels").get("pod-security.kubernetes.io/enforce")));
            (
                level.map(|(namespace, level)| quoted(level, namespace)).unwrap_or_default(),
                level.is_some_and(|(_, level)| level.is("privileged")),
            )
        }
        Refusal::WebhookDenied { .. }
        | Refusal::PolicyDenied { .. }
        | Refusal::Forbidden { .. }
        | Refusal::Invalid { .. }
        | Refusal::Other { .. } => (Vec::new(), false),
    }
}

fn statement(who: &str, owner: Entity<'_>, on: Entity<'_>, refusal: &Refusal<'_>) -> String {
    let why = |text: &str| shortened(text, WHY_CHARS_MAX);
    match refusal {
        Refusal::Quota { quota, requested, used, limited } => {
            let namespace = owner.namespace().unwrap_or("default");
            format!(
                "ResourceQuota `{quota}` of namespace `{namespace}` has no room left for {who} (exceeded quota): \
                 requested {requested}, used {used}, limited {limited}"
            )
        }
        Refusal::QuotaUnset { quota, what } => format!(
            "ResourceQuota `{quota}` admits only pods whose containers state what it counts (failed quota): {who} must specify {}",
            why(what)
        ),
        Refusal::Limit { says, .. } => {
            format!("The namespace's LimitRange refuses the pods of {who}: {}", why(says))
        }
        Refusal::ServiceAccount { name } => {
            format!(
                "{who} names the service account `{name}`, which does not exist in its namespace, so no pod of it is created (serviceaccount \"{name}\" not found)"
            )
        }
        Refusal::WebhookDenied { hook, why: reason } => format!("The admission webhook `{hook}` denied the pods of {who}: {}", why(reason)),
        Refusal::PolicyDenied { policy, why: reason } => {
            format!("The ValidatingAdmissionPolicy `{policy}` denies what {who} wants to create: {}", why(reason))
        }
        Refusal::WebhookUnavailable { hook, service, why: reason } => {
            let of = if on.kind().is_workload() { String::new() } else { format!(" of {}", on.reference()) };
            let by = service.map(|(name, namespace)| format!(", served by Service {namespace}/{name},")).unwrap_or_default();
            format!("The admission webhook `{hook}`{of}{by} cannot be called ({}), so nothing is created for {who}", why(reason))
        }
        Refusal::PodSecurity { why: reason } => format!("The pods of {who} are refused because their template {}", why(reason)),
        Refusal::PriorityClass { name } => {
            format!("{who} names the PriorityClass `{name}`, which does not exist, so no pod of it is created")
        }
        Refusal::RuntimeClass { name } => {
            format!("{who} names the RuntimeClass `{name}`, which does not exist, so no pod of it is created")
        }
        Refusal::Terminating { namespace } => {
            let namespace = if namespace.is_empty() { owner.namespace().unwrap_or_default() } else { namespace };
            format!("Namespace `{namespace}` is being terminated, so nothing new is created in it: {who} waits in vain")
        }
        Refusal::Forbidden { user, why: reason } => format!("`{user}` is not allowed to do what {who} needs: it cannot {}", why(reason)),
        Refusal::Invalid { why: reason } => format!("The template of {who} makes an object that is invalid: {}", why(reason)),
        Refusal::Other { why: reason } => format!("What {who} wants to create is forbidden: {}", why(reason)),
    }
}

fn next_steps(candidate: Candidate, owner: Entity<'_>, on: Entity<'_>, refusal: &Refusal<'_>) -> Candidate {
    let flag = in_namespace(owner);
    match refusal {
        Refusal::Quota { quota, .. } => candidate
            .next(format!("See what fills it: kubectl describe resourcequota {quota}{flag}"))
            .next("Raise the quota, or lower what the workloads of the namespace ask for"),
        Refusal::QuotaUnset { .. } => candidate
            .next(format!("State the missing requests and limits in the template of {}", owner.reference()))
            .next("Or give the namespace a LimitRange with defaults"),
        Refusal::Limit { .. } => candidate
            .next(format!("Compare the template with the bounds: kubectl get limitrange{flag} -o yaml"))
            .next(format!("Change resources in {}", owner.reference())),
        Refusal::ServiceAccount { name } => {
            candidate.next(format!("Create it, or correct `serviceAccountName`: kubectl create serviceaccount {name}{flag}"))
        }
        Refusal::WebhookUnavailable { service: Some((name, namespace)), .. } => {
            let candidate =
                candidate.next(format!("See who should answer: kubectl get service,endpointslices,pods -n {namespace} (Service {name})"));
            if on.kind().is_workload() {
                candidate
            } else {
                candidate.next(format!("If it is no longer needed, delete {}", on.reference()))
            }
        }
        Refusal::Terminating { .. } => {
            candidate.next(format!("See what holds it: kubectl get namespace {} -o yaml", owner.namespace().unwrap_or_default()))
        }
        _ => candidate.next(format!("Change {} as the message asks", owner.reference())),
    }
}
