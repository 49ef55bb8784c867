//! Services: what they select, whether anything answers behind them, and who depends on them.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, Relation, labels};

use super::address::{self, Complaint};
use super::fault::Fault;
use crate::candidate::Strength;
use crate::case::Case;
use crate::finding::{Finding, Quote, Severity, Symptom};

/// A load balancer may need this long to get its address.
pub(crate) const LOAD_BALANCER_PATIENCE_S: i64 = 600;
/// Labels that tell one pod or revision from another; no selector is a misspelling of them.
const OWN_LABELS: [&str; 4] =
    ["statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "pod-template-hash", "controller-revision-hash"];

/// Whether a Service is meant to have endpoints made from its selector.
pub(crate) fn selects_pods(service: Entity<'_>) -> bool {
    service.is_observed() && !service.at("spec/type").is("ExternalName") && service.at("spec/selector").entries().next().is_some()
}

/// The pods behind a Service.
pub(crate) fn pods(service: Entity<'_>) -> Vec<Entity<'_>> {
    service.to(Relation::Selects).filter(|entity| *entity.kind() == Kind::Pod && entity.is_observed()).collect()
}

/// The workloads whose templates it selects.
pub(crate) fn workloads(service: Entity<'_>) -> Vec<Entity<'_>> {
    service.to(Relation::Selects).filter(|entity| entity.kind().is_workload()).collect()
}

/// Whether a pod serves.
pub(crate) fn is_ready(pod: Entity<'_>) -> bool {
    if pod.at("metadata/deletionTimestamp").exists() {
        return false;
    }
    match pod.condition("Ready") {
        Some(condition) => condition.get("status").is("True"),
        None => {
            let statuses = pod.at("status/containerStatuses");
            let by_status = statuses.exists() && statuses.items().all(|status| status.get("ready").bool() == Some(true));
            let (ready, total) = (pod.at("status/printed/ready").int(), pod.at("status/printed/total").int());
            by_status || (ready.is_some() && ready == total && pod.at("status/printed/status").is("Running"))
        }
    }
}

/// How many ready endpoints a Service has, and words that show it; none where the input does not tell.
pub(crate) fn ready_endpoints<'g>(case: &Case<'g>, service: Entity<'g>) -> Option<(usize, Option<Quote>)> {
    let mut known: Option<(usize, Option<Quote>)> = None;
    let mut learn = |count: usize, quote: Option<Quote>| {
        let better = known.as_ref().is_none_or(|(own, shown)| count > *own || (count == *own && shown.is_none()));
        if better {
            known = Some((count, quote));
        }
    };
    for object in service.to(Relation::RoutesTo).filter(|entity| entity.is_observed()) {
        let list = match object.kind() {
            Kind::Endpoints => object.at("subsets"),
            Kind::EndpointSlice => object.at("endpoints"),
            _ => continue,
        };
        if !list.exists() && !object.is_full() {
            continue;
        }
        let ready = match object.kind() {
            Kind::Endpoints => list.items().map(|subset| subset.get("addresses").items().count()).sum(),
            _ => list.items().filter(|endpoint| endpoint.at("conditions/ready").bool() != Some(false)).count(),
        };
        learn(ready, case.quote(list, object).or_else(|| case.quote(object.at("metadata/name"), object)));
    }
    let printed = service.at("status/printedEndpoints");
    if printed.exists() {
        learn(printed.items().map(|port| port.get("addresses").items().count()).sum(), case.quote(printed, service));
    }
    let pods = pods(service);
    if !pods.is_empty() || case.graph.is_listed(&Kind::Pod, service.namespace()) {
        let ready = pods.iter().filter(|pod| is_ready(**pod)).count();
        let unready = pods.iter().find(|pod| !is_ready(**pod));
        let quote = unready.and_then(|pod| {
            let condition = pod.condition("Ready").map_or_else(assent_evidence::entity::nowhere, |condition| condition.get("status"));
            [condition, pod.at("status/printed/status"), pod.at("status/phase")].into_iter().find_map(|at| case.quote(at, *pod))
        });
        learn(ready, quote);
    }
    known
}

/// Who complains in a log about not getting through to a Service.
pub(crate) fn complaints<'a, 'g>(case: &'a Case<'g>, service: Entity<'g>) -> Vec<Complaint<'a, 'g>> {
    address::complaints(case)
        .into_iter()
        .filter(|complaint| address::is_of_connection(complaint.signal.found.rule.signal))
        .filter(|complaint| {
            let target = address::target(complaint.signal);
            let to = target.and_then(|target| address::resolve(case, &target.host, complaint.caller.namespace()));
            to.is_some_and(|to| to.id == service.id)
        })
        .collect()
}

/// Whether somebody is known to miss a Service now.
pub(crate) fn is_missed<'g>(case: &Case<'g>, service: Entity<'g>) -> bool {
    let alerted = case.graph.set.alerts.iter().filter_map(|alert| case.graph.set.loose(alert)).any(|alert| {
        let labels = alert.get("labels");
        labels.get("service").is(service.name()) && labels.get("namespace").text().is_none_or(|own| Some(own) == service.namespace())
    });
    let dns = address::cluster_dns(case).is_some_and(|dns| dns.id == service.id);
    alerted
        || dns
        || case.is_asked(service)
        || service.from(Relation::ServedBy).next().is_some()
        || service
            .from(Relation::Calls)
            .any(|caller| !is_self(service, caller) && (case.is_ill(caller.id) || caller.pods().iter().any(|pod| case.is_ill(pod.id))))
        || !complaints(case, service).is_empty()
}

/// Whether something that is there depends on a Service.
pub(crate) fn is_depended_on<'g>(case: &Case<'g>, service: Entity<'g>) -> bool {
    is_missed(case, service)
        || service.from(Relation::RoutesTo).any(|route| route.is_captured())
        || service.from(Relation::Calls).any(|caller| !is_self(service, caller) && wants_pods(caller))
}

fn is_self(service: Entity<'_>, caller: Entity<'_>) -> bool {
    service.to(Relation::Selects).any(|own| own.id == caller.id || own.top_owner().id == caller.id) || caller.name() == service.name()
}

/// Whether a workload is asked to run pods at all times.
fn wants_pods(workload: Entity<'_>) -> bool {
    match workload.kind() {
        Kind::Job | Kind::CronJob => false,
        Kind::Pod => !workload.at("status/phase").is("Succeeded"),
        Kind::DaemonSet => workload.at("status/desiredNumberScheduled").int() != Some(0),
        _ => workload.at("spec/replicas").int() != Some(0),
    }
}

/// A workload or pod that a selector nearly selects.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near<'g> {
    /// It.
    pub(crate) entity: Entity<'g>,
    /// The label that differs.
    pub(crate) key: &'g str,
    /// What it carries; nowhere if it lacks the label.
    pub(crate) carried: At<'g>,
    /// Whether it is unmistakably meant: same name, or a label's value that is nearly the one wanted.
    pub(crate) meant: bool,
}

/// The workload or pod that a Service was probably meant to select, when it selects none.
pub(crate) fn near_miss<'g>(case: &Case<'g>, service: Entity<'g>) -> Option<Near<'g>> {
    let selector = service.at("spec/selector");
    let total = selector.entries().count();
    let mut best: Option<(usize, Near<'g>)> = None;
    let kinds = [Kind::Deployment, Kind::StatefulSet, Kind::DaemonSet, Kind::ReplicaSet, Kind::Pod];
    for entity in kinds.iter().flat_map(|kind| case.graph.of_kind(kind)).filter(|entity| entity.namespace() == service.namespace()) {
        let owned = entity.from(Relation::Owns).any(|owner| owner.is_captured() && owner.pod_labels().exists());
        let over = matches!(entity.at("status/phase").text(), Some("Succeeded" | "Failed"));
        let labels = entity.pod_labels();
        if owned || over || labels.entries().next().is_none() {
            continue;
        }
        let mut differing = selector.entries().filter(|(key, wanted)| labels.get(key).scalar() != wanted.scalar());
        let Some((key, wanted)) = differing.next() else { continue };
        let others = differing.count();
        let carried = labels.get(key);
        let same_name = entity.name() == service.name() || entity.top_owner().name() == service.name();
        let like = address::likeness(carried.text_or_empty(), wanted.text_or_empty());
        let meant = others == 0 && (same_name || like.is_some()) && !OWN_LABELS.contains(&key);
        let close = others == 0 && total >= 2 && !OWN_LABELS.contains(&key);
        if !(meant || close || (same_name && others < total)) {
            continue;
        }
        let rank = usize::from(!meant) * 4 + usize::from(!same_name) * 2 + usize::from(*entity.kind() == Kind::Pod);
        if best.as_ref().is_none_or(|(own, _)| rank < *own) {
            best = Some((rank, Near { entity, key, carried, meant: meant || same_name }));
        }
    }
    best.map(|(_, near)| near)
}

/// What is wrong with the way from a Service to its pods, ports aside.
pub(crate) fn faults<'g>(case: &Case<'g>, service: Entity<'g>) -> Vec<Fault<'g>> {
    let mut found = Vec::new();
    if selects_pods(service) {
        found.extend(no_endpoints(case, service));
    }
    found.extend(external_name(case, service));
    found.extend(load_balancer(case, service));
    found
}

fn no_endpoints<'g>(case: &Case<'g>, service: Entity<'g>) -> Option<Fault<'g>> {
    let (pods, workloads) = (pods(service), workloads(service));
    let near = if pods.is_empty() && workloads.is_empty() { near_miss(case, service) } else { None };
    let (quote, known) = match ready_endpoints(case, service) {
        Some((0, quote)) => (quote, true),
        Some(_) => return None,
        None => (None, false),
    };
    if !known && !near.is_some_and(|near| near.meant) {
        return None;
    }
    let who = service.reference();
    let selector = service.at("spec/selector");
    let wanted = labels::printed(selector);
    let shows = format!("{who} has no ready endpoint");
    let own_quotes: Vec<Quote> = case.quote(selector, service).into_iter().chain(quote).collect();
    if pods.is_empty() && workloads.is_empty() {
        let depended = is_depended_on(case, service);
        let severity = if depended || near.is_some_and(|near| near.meant) { Severity::Broken } else { Severity::Notice };
        let says = match near {
            Some(near) => {
                let carries = match near.carried.scalar() {
                    Some(value) => format!("carry `{}={value}`", near.key),
                    None => format!("have no label `{}`", near.key),
                };
                let of = if *near.entity.kind() == Kind::Pod { near.entity.top_owner() } else { near.entity };
                format!("The selector `{wanted}` of {who} matches no pod: the pods of {} {carries}", of.reference())
            }
            None => format!("The selector `{wanted}` of {who} matches no pod and no workload of its namespace"),
        };
        let near_quote = near.and_then(|near| {
            let at = if near.carried.exists() { near.carried } else { near.entity.pod_labels() };
            case.quote(at, near.entity)
        });
        let strength = if known && near.is_some() { Strength::Proven } else { Strength::Shown };
        let namespace = service.namespace().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
        return Some(
            Fault::new("service.selector_matches_nothing", Symptom::NoEndpoints, service, shows, says)
                .severity(severity)
                .strength(strength)
                .quote(own_quotes)
                .quote(near_quote)
                .not("service.no_ready_endpoints", "no pod is selected at all, ready or not")
                .next("Make the Service's selector and the labels of the pod template agree")
                .next(format!("kubectl get pods{namespace} --show-labels")),
        );
    }
    let wanted_pods = workloads.iter().any(|workload| wants_pods(*workload)) || pods.iter().any(|pod| wants_pods(*pod));
    let jobs_alone = !pods.is_empty() && pods.iter().all(|pod| matches!(pod.top_owner().kind(), Kind::Job | Kind::CronJob));
    let ill = |entity: &Entity<'g>| case.is_ill(entity.id) || case.is_ill(entity.top_owner().id);
    let somebody_ill = pods.iter().any(ill) || workloads.iter().any(ill);
    let severity = match () {
        () if jobs_alone && !is_missed(case, service) => Severity::Notice,
        () if !wanted_pods => {
            if is_missed(case, service) {
                Severity::Broken
            } else {
                Severity::Notice
            }
        }
        () if somebody_ill || is_missed(case, service) => Severity::Broken,
        () => Severity::Notice,
    };
    let says = if pods.is_empty() {
        format!("{who} has no ready endpoint: the workloads that its selector `{wanted}` matches have no pod")
    } else {
        let names: Vec<String> = pods.iter().take(3).map(|pod| format!("`{}`", pod.name())).collect();
        format!("{who} has no ready endpoint: none of the {} pods that it selects is ready ({})", pods.len(), names.join(", "))
    };
    let mut fault = Fault::new("service.no_ready_endpoints", Symptom::NoEndpoints, service, shows, says)
        .severity(severity)
        .quote(own_quotes)
        .not("service.selector_matches_nothing", "the selector matches pods or workloads")
        .next("See why the pods behind it are not ready");
    fault.blames = pods.iter().chain(&workloads).map(|entity| entity.id).collect();
    Some(fault)
}

fn external_name<'g>(case: &Case<'g>, service: Entity<'g>) -> Option<Fault<'g>> {
    if !service.at("spec/type").is("ExternalName") {
        return None;
    }
    let at = service.at("spec/externalName");
    let name = at.text()?;
    let host = assent_evidence::address::Address { host: name.trim_end_matches('.').to_ascii_lowercase(), port: None };
    let missing = host
        .is_cluster_name()
        .then(|| host.service(None))
        .flatten()
        .map(|(name, namespace)| assent_base::ObjectRef::new(Kind::Service, namespace, name));
    let (why, strength) = if name.contains("://") || name.contains('/') {
        ("is a URL, and a name of DNS is wanted".to_owned(), Strength::Shown)
    } else if host.is_ip() {
        ("is an IP address: no DNS name answers for it".to_owned(), Strength::Shown)
    } else if name.contains(':') {
        ("carries a port, and a bare name of DNS is wanted".to_owned(), Strength::Shown)
    } else if let Some(gone) = missing.filter(|gone| case.graph.is_absent(gone)) {
        (format!("names {gone}, which does not exist"), Strength::Proven)
    } else {
        return None;
    };
    let severity = if is_depended_on(case, service) { Severity::Broken } else { Severity::Degraded };
    let who = service.reference();
    Some(
        Fault::new(
            "service.external_name_invalid",
            Symptom::ServiceMismatch,
            service,
            format!("{who} stands for a name that cannot be resolved"),
            format!("The external name `{name}` of {who} {why}"),
        )
        .severity(severity)
        .strength(strength)
        .quote(case.quote(at, service))
        .next("Give the Service the bare DNS name of the outside server, or make it a Service with an EndpointSlice of its own"),
    )
}

fn load_balancer<'g>(case: &Case<'g>, service: Entity<'g>) -> Option<Fault<'g>> {
    let pending = service.at("status/loadBalancer/ingress").items().next().is_none()
        && (service.is_full() || service.at("status/loadBalancer").exists());
    if !service.at("spec/type").is("LoadBalancer") || !service.is_observed() || !pending {
        return None;
    }
    let reasons = [
        "SyncLoadBalancerFailed",
        "CreatingLoadBalancerFailed",
        "FailedToCreateLoadBalancer",
        "AllocationFailed",
        "UnAvailableLoadBalancer",
    ];
    let event = case.event(service, &reasons);
    let old = case.age_s(service.created()).is_some_and(|age| age > LOAD_BALANCER_PATIENCE_S);
    if event.is_none() && !old {
        return None;
    }
    let who = service.reference();
    let (says, strength) = match event {
        Some(event) => (format!("{who} gets no address from its load balancer: {}", short(&event.message)), Strength::Proven),
        None => (
            format!("{who} of type LoadBalancer has waited for an address since it was made: nothing in this cluster provides one"),
            Strength::Shown,
        ),
    };
    let severity = if event.is_some() || is_missed(case, service) { Severity::Broken } else { Severity::Notice };
    Some(
        Fault::new(
            "service.load_balancer_pending",
            Symptom::ServiceMismatch,
            service,
            format!("{who} waits for the address of a load balancer"),
            says,
        )
        .severity(severity)
        .strength(strength)
        .quote(case.quote(service.at("spec/type"), service))
        .quote(case.quote(service.at("status/loadBalancer"), service))
        .quote(event.and_then(|event| case.quote_event(event, service)))
        .next("Install or repair the load-balancer controller, or ask for a Service of type NodePort or an Ingress"),
    )
}

/// The beginning of a message, for a statement.
pub(crate) fn short(message: &str) -> &str {
    const MESSAGE_BYTES_MAX: usize = 240;
    message.get(..message.floor_char_boundary(MESSAGE_BYTES_MAX)).unwrap_or_default().trim_end()
}

/// Findings that a workload shows when it does not get through to something.
pub(crate) fn suffering<'g>(case: &Case<'g>, caller: Entity<'g>) -> BTreeSet<usize> {
    let symptoms = [
        Symptom::LogComplaint,
        Symptom::ContainerCrash,
        Symptom::NotReady,
        Symptom::ProbeFailing,
        Symptom::PodFailed,
        Symptom::JobFailed,
        Symptom::Slow,
        Symptom::CheckFailed,
    ];
    let wanted = |finding: &Finding| symptoms.contains(&finding.symptom);
    case.about(caller).into_iter().filter(|index| case.findings.get(*index).is_some_and(wanted)).collect()
}
