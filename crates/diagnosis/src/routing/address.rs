//! Hosts that settings and logs name, and what in the cluster they mean.

use assent_base::{Kind, ObjectRef};
use assent_evidence::address::Address;
use assent_evidence::edges::{NamedAddress, named_addresses};
use assent_evidence::{Entity, EntityId, Relation};

use crate::case::{Case, SignalAt};
use crate::finding::Symptom;
use crate::logs::{Signal, Target, target_of, target_of_fields};

/// A complaint about a dependency in a caller's log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Complaint<'a, 'g> {
    /// The line.
    pub(crate) signal: &'a SignalAt<'g>,
    /// The workload whose pods print it.
    pub(crate) caller: Entity<'g>,
}

/// The host and port that a line of a log names.
pub(crate) fn target(signal: &SignalAt<'_>) -> Option<Target> {
    // The whole line says more than a field that holds a bare address of the DNS server.
    target_of(signal.text).or_else(|| target_of_fields(&signal.found.fields))
}

/// The Service or pod that a host means from within a namespace.
pub(crate) fn resolve<'g>(case: &Case<'g>, host: &str, from: Option<&str>) -> Option<Entity<'g>> {
    let address = Address { host: host.trim_end_matches('.').to_ascii_lowercase(), port: None };
    if address.is_ip() {
        let service = case.graph.of_kind(&Kind::Service).find(|service| service.at("spec/clusterIP").is(host));
        return service.or_else(|| case.graph.of_kind(&Kind::Pod).find(|pod| pod.at("status/podIP").is(host)));
    }
    let (name, namespace) = address.service(from)?;
    case.graph.object(Kind::Service, namespace, name)
}

/// Complaints about dependencies, with who complains. Only the log's own last words count as complaints about now.
pub(crate) fn complaints<'a, 'g>(case: &'a Case<'g>) -> Vec<Complaint<'a, 'g>> {
    let mut found = Vec::new();
    for (id, signals) in &case.signals {
        let caller = case.owner(*id);
        let telling = signals.iter().filter(|signal| {
            signal.found.rule.signal.names_dependency() && !case.is_old(signal.line.time) && signal.from_end < COMPLAINT_LINES_FROM_END_MAX
        });
        found.extend(telling.map(|signal| Complaint { signal, caller }));
    }
    found
}

/// A complaint this many kept lines before the end of a log is about the past.
const COMPLAINT_LINES_FROM_END_MAX: usize = 60;

/// Whether a signal says that no connection came about, as opposed to a refusal by who answered.
pub(crate) fn is_of_connection(signal: Signal) -> bool {
    matches!(
        signal,
        Signal::ConnectionRefused
            | Signal::ConnectionTimeout
            | Signal::ConnectionReset
            | Signal::DnsFailure
            | Signal::NoRouteToHost
            | Signal::ServiceUnavailable
            | Signal::BadGateway
            | Signal::DeadlineExceeded
            | Signal::BrokerUnavailable
    )
}

/// Whether a signal says that nothing came back at all, which is what a dropped packet looks like.
pub(crate) fn is_silence(signal: &SignalAt<'_>) -> bool {
    let text = signal.text.to_ascii_lowercase();
    let quiet = ["timeout", "timed out", "time-out", "etimedout", "deadline exceeded", "try again", "eai_again", "temporary failure"];
    matches!(signal.found.rule.signal, Signal::ConnectionTimeout | Signal::DeadlineExceeded | Signal::DnsFailure | Signal::NoRouteToHost)
        && (quiet.iter().any(|word| text.contains(word)) || signal.found.rule.signal == Signal::NoRouteToHost)
}

/// A setting that names a Service that is not there, or a port that it does not have.
#[derive(Debug, Clone)]
pub(crate) struct Dangling<'g> {
    /// The workload whose setting it is.
    pub(crate) workload: Entity<'g>,
    /// The setting.
    pub(crate) named: NamedAddress<'g>,
    /// The Service as the address names it.
    pub(crate) service: ObjectRef,
    /// The Service that exists and lacks the port; none where there is no such Service.
    pub(crate) exists: Option<Entity<'g>>,
}

/// Settings that name what is not there. Absence counts only where every Service of the namespace was listed.
pub(crate) fn dangling<'g>(case: &Case<'g>) -> Vec<Dangling<'g>> {
    let mut found = Vec::new();
    for workload in case.graph.entities().filter(|entity| entity.is_captured()) {
        let own = workload.kind().is_workload() || *workload.kind() == Kind::Pod;
        if !own || workload.from(Relation::Owns).any(|owner| owner.is_captured()) {
            continue;
        }
        for named in named_addresses(case.graph, workload) {
            if let Some(one) = look(case, workload, named) {
                found.push(one);
            }
        }
    }
    found
}

fn look<'g>(case: &Case<'g>, workload: Entity<'g>, named: NamedAddress<'g>) -> Option<Dangling<'g>> {
    let host = named.address.host.trim_end_matches('.');
    if !in_cluster_form(case, &named, host) || aliased(workload, host) {
        return None;
    }
    let (name, namespace) = named.address.service(workload.namespace())?;
    let service = ObjectRef::new(Kind::Service, namespace, name);
    match case.graph.find(&service).filter(Entity::is_captured) {
        Some(existing) => {
            let port = i64::from(named.address.port?);
            let ports: Vec<i64> = existing.at("spec/ports").items().filter_map(|item| item.get("port").int()).collect();
            let headless = existing.at("spec/clusterIP").is("None");
            let external = existing.at("spec/type").is("ExternalName");
            (!ports.is_empty() && !ports.contains(&port) && !headless && !external).then_some(())?;
            Some(Dangling { workload, named, service, exists: Some(existing) })
        }
        None => case.graph.is_absent(&service).then_some(Dangling { workload, named, service, exists: None }),
    }
}

/// Whether an address can only be meant as a Service of this cluster.
fn in_cluster_form(case: &Case<'_>, named: &NamedAddress<'_>, host: &str) -> bool {
    if host == "localhost" || named.address.is_ip() || host.contains('_') {
        return false;
    }
    if named.address.is_cluster_name() {
        return true;
    }
    let url = named.at.text().is_some_and(|text| text.contains("://"));
    match host.split('.').collect::<Vec<_>>().as_slice() {
        [_] => url || names_host(named.setting),
        [_, namespace] => {
            let namespace = ObjectRef::new(Kind::Namespace, None, namespace);
            case.graph.find(&namespace).is_some()
        }
        _ => false,
    }
}

/// Whether a setting's name speaks of a host and of nothing else: `DB_HOST`, `broker.url`, and not `SERVICE_NAME`.
fn names_host(setting: &str) -> bool {
    let key = setting.to_ascii_uppercase();
    let ends = [
        "HOST",
        "HOSTNAME",
        "HOSTS",
        "ADDR",
        "ADDRESS",
        "ADDRESSES",
        "ADDRS",
        "ENDPOINT",
        "ENDPOINTS",
        "URL",
        "URLS",
        "URI",
        "SERVER",
        "SERVERS",
        "BROKER",
        "BROKERS",
        "DSN",
        "UPSTREAM",
    ];
    ends.iter().any(|word| key.ends_with(word))
}

fn aliased(workload: Entity<'_>, host: &str) -> bool {
    workload.pod_spec().get("hostAliases").items().flat_map(|alias| alias.get("hostnames").items()).any(|name| name.is(host))
}

/// The existing Service whose name is most like this one: first the same name in another namespace, then a near spelling beside it.
pub(crate) fn nearest<'g>(case: &Case<'g>, wanted: &ObjectRef) -> Option<Entity<'g>> {
    let services = || case.graph.of_kind(&Kind::Service).filter(Entity::is_observed);
    services().find(|service| service.name() == &*wanted.name && service.namespace() != wanted.namespace()).or_else(|| {
        services()
            .filter(|service| service.namespace() == wanted.namespace())
            .filter_map(|service| Some((likeness(service.name(), &wanted.name)?, service)))
            .min_by_key(|(distance, service)| (*distance, service.id))
            .map(|(_, service)| service)
    })
}

/// How far two names are apart, if they are near: few letters differ, or one is the other with a word more.
pub(crate) fn likeness(one: &str, other: &str) -> Option<usize> {
    const NAME_BYTES_MAX: usize = 128;
    if one.len() > NAME_BYTES_MAX || other.len() > NAME_BYTES_MAX || one.is_empty() || other.is_empty() {
        return None;
    }
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let words = |text: &str| text.split(['-', '_', '.']).map(str::to_owned).collect::<Vec<_>>();
    let (few, many) = (words(short), words(long));
    if few.iter().all(|word| many.contains(word)) {
        return Some(2 + many.len().saturating_sub(few.len()));
    }
    let distance = edit_distance(one, other);
    (distance <= 2 && distance * 3 <= short.len()).then_some(distance)
}

fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (above, a) in one.bytes().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        for (b, cell) in other.bytes().zip(row.iter_mut().skip(1)) {
            let up = *cell;
            let best = (up + 1).min(left + 1).min(diagonal + usize::from(a != b));
            diagonal = up;
            left = best;
            *cell = best;
        }
        if let Some(first) = row.first_mut() {
            *first = above + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// Pods of a workload, or the pod itself.
pub(crate) fn ids_of(entity: Entity<'_>) -> Vec<EntityId> {
    let mut ids: Vec<EntityId> = entity.pods().iter().map(|pod| pod.id).collect();
    ids.push(entity.id);
    ids
}

/// The Service that answers for names in the cluster, if it is captured.
pub(crate) fn cluster_dns<'g>(case: &Case<'g>) -> Option<Entity<'g>> {
    let services = || case.graph.of_kind(&Kind::Service).filter(|service| service.namespace() == Some("kube-system"));
    services().find(|service| service.name() == "kube-dns").or_else(|| {
        services().find(|service| {
            matches!(service.name(), "coredns" | "rke2-coredns-rke2-coredns") || service.label("k8s-app") == Some("kube-dns")
        })
    })
}

/// The complaint of a workload's log about an address that leads nowhere.
pub(crate) fn complaint_about<'a, 'g>(case: &'a Case<'g>, one: &Dangling<'g>) -> Option<&'a SignalAt<'g>> {
    let wanted = one.named.address.host.trim_end_matches('.');
    let port = one.named.address.port;
    case.signals_of(one.workload).into_iter().rev().find(|signal| {
        if !is_of_connection(signal.found.rule.signal) {
            return false;
        }
        let Some(target) = target(signal) else { return false };
        let host = target.host.trim_end_matches('.').to_ascii_lowercase();
        let same_host = host == wanted || host.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('.'));
        match one.exists {
            None => same_host,
            Some(service) => {
                let reaches = same_host || resolve(case, &host, one.workload.namespace()).is_some_and(|to| to.id == service.id);
                reaches && (target.port.is_none() || target.port == port)
            }
        }
    })
}

/// Whether a workload fails in a way that its settings may cause, and no log of it tells why.
pub(crate) fn ill_and_silent<'g>(case: &Case<'g>, workload: Entity<'g>) -> bool {
    let logged = ids_of(workload).iter().any(|id| case.graph.logs_of(*id).next().is_some());
    !logged && fails_of_its_own(case, workload)
}

/// Whether a workload's containers run and fail: neither for want of memory, nor of an image, nor of a node.
pub(crate) fn fails_of_its_own<'g>(case: &Case<'g>, workload: Entity<'g>) -> bool {
    let ids = ids_of(workload);
    let symptoms = |wanted: &[Symptom]| ids.iter().any(|id| !case.on_with(*id, wanted).is_empty());
    let own = symptoms(&[Symptom::ContainerCrash, Symptom::NotReady, Symptom::ProbeFailing]);
    let other = symptoms(&[
        Symptom::OomKilled,
        Symptom::ImagePull,
        Symptom::ContainerConfig,
        Symptom::ContainerStart,
        Symptom::PodUnschedulable,
        Symptom::PodStuckCreating,
        Symptom::Evicted,
    ]);
    // A signal or a shell's refusal is no matter of addresses.
    let killed = workload.pods().iter().any(|pod| {
        pod.at("status/containerStatuses").items().any(|status| {
            let code = |path: &str| status.at(path).int().filter(|code| *code >= 126);
            code("lastState/terminated/exitCode").or_else(|| code("state/terminated/exitCode")).is_some()
        })
    });
    own && !other && !killed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_near_and_others_are_not() {
        assert_eq!(likeness("web", "web-frontend"), Some(3));
        assert_eq!(likeness("postgres", "postgre"), Some(1));
        assert_eq!(likeness("orders", "order"), Some(1));
        assert_eq!(likeness("web", "api"), None);
        assert_eq!(likeness("db", "mq"), None);
        assert_eq!(likeness("", "mq"), None);
    }

    #[test]
    fn a_name_of_a_service_is_no_host() {
        assert!(names_host("DB_HOST") && names_host("orders.url"));
        assert!(!names_host("OTEL_SERVICE_NAME") && !names_host("TARGET"));
    }
}
