//! Names that do not resolve: wrong names, wrong DNS policy, and the cluster's DNS itself.

use std::collections::{BTreeMap, BTreeSet};

use assent_base::{Kind, ObjectRef};
use assent_evidence::address::Address;
use assent_evidence::{Entity, EntityId, Relation};

use crate::candidate::{Candidate, Strength};
use crate::case::{Case, SignalAt};
use crate::cause::Cause;
use crate::finding::{Severity, Symptom};
use crate::logs::Signal;
use crate::routing::address::{self, cluster_dns};
use crate::routing::check::{self, Outcome};
use crate::routing::service::{self, is_ready, suffering};

/// The causes of this family.
pub static CAUSES: &[Cause] = &[
    Cause {
        id: "dns.name_wrong",
        title: "A name is wrong: no Service answers to it",
        meaning: "A program asks for a name that no Service of the cluster has: a typing error, the wrong namespace, a short name used \
                  across namespaces, or a wrong cluster domain.",
        proof: "The resolver says that the name does not exist, and a whole listing of Services agrees; often the Service exists elsewhere.",
        refutation: "The Service exists under exactly this name as seen from the asking pod.",
        confused_with: &["config.address_names_no_service", "dns.coredns_failing", "dns.policy_wrong"],
        fixes: &["Use `service.namespace` for a Service of another namespace", "Correct the name", "Create the Service"],
        depth: 91,
    },
    Cause {
        id: "dns.policy_wrong",
        title: "The pod's DNS policy keeps names of the cluster from resolving",
        meaning: "With `dnsPolicy: Default` or `None`, or on the host's network without `ClusterFirstWithHostNet`, a pod asks the node's \
                  resolver, which does not know the cluster's names.",
        proof: "The pod's DNS settings, and its complaint about a name of a Service that exists.",
        refutation: "Pods with the default policy fail alike, or the name has no Service.",
        confused_with: &["dns.coredns_failing", "dns.name_wrong"],
        fixes: &["Set `dnsPolicy: ClusterFirst`, or `ClusterFirstWithHostNet` on the host's network"],
        depth: 93,
    },
    Cause {
        id: "dns.coredns_failing",
        title: "The cluster's DNS does not work",
        meaning: "The pods that answer for the cluster's names are down, have no endpoint, or fail to ask their own upstream, so programs \
                  everywhere fail to resolve names.",
        proof: "The DNS pods or their Service are ill, or their log tells of a loop, a broken Corefile, or an upstream that does not answer, \
                while others fail to resolve.",
        refutation: "Other pods resolve names, or only one wrong name fails.",
        confused_with: &["dns.name_wrong", "dns.policy_wrong", "network_policy.denies_egress"],
        fixes: &["Repair the CoreDNS workload", "Correct the Corefile", "Correct the upstream resolvers"],
        depth: 80,
    },
];

/// Offers candidates.
pub fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    unknown_names(case, out);
    out.extend(policies(case));
    out.extend(cluster(case));
}

/// A line that says that a name does not exist, as opposed to one that says that nobody answered.
fn says_unknown(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let unknown = [
        "no such host",
        "nxdomain",
        "enotfound",
        "not known",
        "not found",
        "unknown host",
        "unknownhost",
        "does not resolve",
        "can't find",
        "bad address",
        "nodename nor servname",
        "could not be resolved",
        "could not resolve",
        "eai_noname",
        "name does not exist",
    ];
    unknown.iter().any(|word| text.contains(word)) && !text.contains("timeout") && !text.contains("timed out") && !text.contains("servfail")
}

/// Complaints about names, with the host that they name.
fn complaints<'a, 'g>(case: &'a Case<'g>) -> Vec<(Entity<'g>, &'a SignalAt<'g>, Option<String>)> {
    address::complaints(case)
        .into_iter()
        .filter(|complaint| complaint.signal.found.rule.signal == Signal::DnsFailure)
        .map(|complaint| (complaint.caller, complaint.signal, address::target(complaint.signal).map(|target| target.host)))
        .collect()
}

/// The Service that a host of the cluster would be, if no such Service exists and its namespace was listed.
fn absent_service(case: &Case<'_>, host: &str, from: Option<&str>) -> Option<ObjectRef> {
    let asked = Address { host: host.trim_end_matches('.').to_ascii_lowercase(), port: None };
    if asked.host == "localhost" {
        return None;
    }
    let (name, namespace) = asked.service(from)?;
    let known = asked.is_cluster_name()
        || !asked.host.contains('.')
        || namespace.is_some_and(|namespace| case.graph.find(&ObjectRef::new(Kind::Namespace, None, namespace)).is_some());
    let service = ObjectRef::new(Kind::Service, namespace, name);
    (known && case.graph.is_absent(&service)).then_some(service)
}

/// Names that logs and checks ask for, and that no Service has. Names that a setting holds are told there.
fn unknown_names<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let dangling = address::dangling(case);
    let in_setting = |caller: EntityId, host: &str| {
        dangling.iter().any(|one| {
            one.workload.id == caller && (one.named.address.host == host || host.starts_with(&format!("{}.", one.named.address.host)))
        })
    };
    for (caller, signal, host) in complaints(case) {
        let Some(host) = host.filter(|_| *caller.kind() != Kind::Service) else { continue };
        let Some(service) = absent_service(case, &host, caller.namespace()) else { continue };
        if in_setting(caller.id, &host) || is_dns_workload(case, caller) {
            continue;
        }
        out.push(
            unknown_name(case, caller, &host, &service, Strength::Shown)
                .quote([case.quote_line(signal, caller.id)])
                .explain(suffering(case, caller)),
        );
    }
    for check in check::checks(case).into_iter().filter(|check| check.outcome == Outcome::NameUnknown) {
        let Some(service) = absent_service(case, &check.target.host, check.namespace.as_deref()) else { continue };
        let on = case.owner(check.on);
        if in_setting(on.id, &check.target.host) {
            continue;
        }
        out.push(
            unknown_name(case, on, &check.target.host, &service, Strength::Shown)
                .quote([check.quote.clone()])
                .explain(case.on_with(check.on, &[Symptom::CheckFailed])),
        );
    }
}

fn unknown_name<'g>(case: &Case<'g>, caller: Entity<'g>, host: &str, service: &ObjectRef, strength: Strength) -> Candidate {
    let near = address::nearest(case, service);
    let hint = near.map(|near| format!("; {} exists", near.reference())).unwrap_or_default();
    let says = format!("{} asks for `{host}`, and {service} does not exist{hint}", caller.reference());
    let next = near.map_or_else(
        || format!("Correct the name `{host}`, or create {service}"),
        |near| format!("Ask for `{}.{}` instead of `{host}`", near.name(), near.namespace().unwrap_or("default")),
    );
    Candidate::new("dns.name_wrong", caller.id, strength, says)
        .quote(near.and_then(|near| case.quote(near.at("metadata/name"), near)))
        .next(next)
}

fn is_dns_workload(case: &Case<'_>, workload: Entity<'_>) -> bool {
    pods(case).iter().any(|pod| pod.top_owner().id == workload.id || pod.id == workload.id)
}

/// Pods that do not ask the cluster's DNS, and complain of names that it would know.
fn policies<'g>(case: &Case<'g>) -> Vec<Candidate> {
    let mut victims: BTreeMap<EntityId, Vec<crate::finding::Quote>> = BTreeMap::new();
    let mut checked: BTreeMap<EntityId, Vec<usize>> = BTreeMap::new();
    let known = |host: &str, from: Option<&str>| address::resolve(case, host, from).is_some_and(|to| *to.kind() == Kind::Service);
    for (caller, signal, host) in complaints(case) {
        if host.is_some_and(|host| known(&host, caller.namespace()) || host.contains(".svc")) {
            victims.entry(caller.id).or_default().push(case.quote_line(signal, caller.id));
        }
    }
    for check in check::checks(case).into_iter().filter(|check| check.outcome == Outcome::NameUnknown) {
        if let (Some(from), true) = (check.from, known(&check.target.host, check.namespace.as_deref())) {
            let owner = from.top_owner().id;
            checked.entry(owner).or_default().extend(case.on_with(check.on, &[Symptom::CheckFailed]));
            victims.entry(owner).or_default().push(check.quote);
        }
    }
    let mut found = Vec::new();
    for (id, quotes) in victims {
        let workload = case.entity(id);
        let spec = if workload.pod_spec().exists() { workload } else { workload.pods().first().copied().unwrap_or(workload) };
        let (policy, host) = (spec.pod_spec().get("dnsPolicy"), spec.pod_spec().get("hostNetwork"));
        let on_host = host.bool() == Some(true);
        let (why, at) = match policy.text() {
            Some("Default") => {
                ("has `dnsPolicy: Default`, so its pods ask the node's resolver, which does not know the cluster's names", policy)
            }
            Some("None") => ("has `dnsPolicy: None`, so its pods ask only the name servers of their own `dnsConfig`", policy),
            Some("ClusterFirst") | None if on_host => (
                "runs on the host's network without `dnsPolicy: ClusterFirstWithHostNet`, so its pods ask the node's resolver, which does not know the cluster's names",
                host,
            ),
            _ => continue,
        };
        found.push(
            Candidate::new("dns.policy_wrong", id, Strength::Proven, format!("{} {why}", workload.reference()))
                .quote(case.quote(at, spec))
                .quote(case.quote(policy, spec))
                .quote(quotes.into_iter().take(2))
                .explain(suffering(case, workload))
                .explain(checked.remove(&id).unwrap_or_default())
                .not("dns.name_wrong", "the Service exists under the name that is asked for", None)
                .next(if on_host {
                    "Set `dnsPolicy: ClusterFirstWithHostNet` in the template"
                } else {
                    "Set `dnsPolicy: ClusterFirst` in the template"
                }),
        );
    }
    found
}

/// The pods that answer for the cluster's names.
pub(crate) fn pods<'g>(case: &Case<'g>) -> Vec<Entity<'g>> {
    let selected = cluster_dns(case).map(service::pods).unwrap_or_default();
    if !selected.is_empty() {
        return selected;
    }
    let is_dns = |pod: &Entity<'g>| {
        pod.namespace() == Some("kube-system") && (pod.label("k8s-app") == Some("kube-dns") || pod.name().starts_with("coredns-"))
    };
    case.graph.of_kind(&Kind::Pod).filter(Entity::is_observed).filter(is_dns).collect()
}

/// The cluster's DNS itself.
fn cluster<'g>(case: &Case<'g>) -> Option<Candidate> {
    let pods = pods(case);
    let service = cluster_dns(case);
    let owner = pods.first().map(Entity::top_owner).or(service)?;
    let down = !pods.is_empty() && !pods.iter().any(|pod| is_ready(*pod));
    let no_endpoints = service.is_some_and(|service| !case.on_with(service.id, &[Symptom::NoEndpoints]).is_empty());
    let complaint = complaint_of(case, owner);
    let victims = victims(case, owner);
    if !(down || no_endpoints || (complaint.is_some() && !victims.is_empty())) {
        return None;
    }
    let who = owner.reference();
    let mut says = match (down || no_endpoints, &complaint) {
        (_, Some(signal)) => format!("The cluster's DNS, {who}, does not work: {}", service::short(signal.text)),
        (true, None) if pods.is_empty() => format!("The cluster's DNS, {who}, has no pod behind it"),
        _ => format!("The cluster's DNS, {who}, has no ready pod"),
    };
    if !victims.is_empty() {
        let names: Vec<String> = victims.keys().take(3).map(|id| case.entity(*id).reference().to_string()).collect();
        says = format!("{says}; {} cannot resolve names", names.join(", "));
    }
    let strength = if (down || no_endpoints) && (complaint.is_some() || !victims.is_empty()) {
        Strength::Proven
    } else if down || no_endpoints {
        Strength::Shown
    } else {
        Strength::Logged
    };
    let not_ready = pods.iter().filter(|pod| !is_ready(**pod)).filter_map(|pod| {
        let ready = pod.condition("Ready").map_or_else(assent_evidence::entity::nowhere, |condition| condition.get("status"));
        [ready, pod.at("status/printed/status"), pod.at("status/phase")].into_iter().find_map(|at| case.quote(at, *pod))
    });
    let mut candidate = Candidate::new("dns.coredns_failing", owner.id, strength, says)
        .quote(complaint.map(|signal| case.quote_line(signal, owner.id)))
        .quote(not_ready.take(2))
        .quote(service.and_then(|service| case.quote(service.at("spec/selector"), service)))
        .next("See why the DNS pods do not serve: kubectl -n kube-system describe pods -l k8s-app=kube-dns, and their logs");
    if let Some(service) = service {
        candidate = candidate.explain(case.on_with(service.id, &[Symptom::NoEndpoints, Symptom::CheckFailed, Symptom::Alert]));
    }
    if down {
        for pod in &pods {
            let own = [Symptom::ContainerCrash, Symptom::NotReady, Symptom::ProbeFailing, Symptom::LogComplaint];
            candidate = candidate.explain(case.on_with(pod.id, &own));
            // A pod that does not even start has a cause of its own, which is the deeper one.
            let deeper = case.on(pod.id).any(|index| case.findings.get(index).is_some_and(|finding| !own.contains(&finding.symptom)));
            if deeper {
                candidate = candidate.blame(pod.id);
            }
        }
        candidate = candidate.explain(case.on_with(owner.id, &[Symptom::ReplicasUnavailable]));
    }
    for (victim, quote) in victims {
        candidate = candidate.explain(suffering(case, case.entity(victim)));
        if candidate.steps.len() < 2 {
            let says = format!("{} cannot resolve names", case.entity(victim).reference());
            candidate = candidate.step(victim, says, [quote]);
        }
    }
    Some(candidate)
}

/// What the DNS pods say of themselves.
fn complaint_of<'a, 'g>(case: &'a Case<'g>, owner: Entity<'g>) -> Option<&'a SignalAt<'g>> {
    let telling = |signal: &&SignalAt<'g>| {
        matches!(
            signal.found.rule.signal,
            Signal::ForwardingLoop | Signal::ConfigInvalid | Signal::DnsFailure | Signal::ConnectionTimeout | Signal::ConnectionRefused
        ) && !says_unknown(signal.text)
    };
    case.signals_of(owner).into_iter().filter(telling).max_by_key(|signal| signal.found.rule.signal.weight())
}

/// Who cannot resolve names though the names may well exist, with the words.
fn victims<'g>(case: &Case<'g>, dns: Entity<'g>) -> BTreeMap<EntityId, crate::finding::Quote> {
    let mut found = BTreeMap::new();
    let own: BTreeSet<EntityId> = dns.to(Relation::Owns).map(|child| child.id).chain([dns.id]).collect();
    for (caller, signal, host) in complaints(case) {
        let exists = host.as_deref().is_some_and(|host| absent_service(case, host, caller.namespace()).is_none());
        if exists && !own.contains(&caller.id) {
            found.insert(caller.id, case.quote_line(signal, caller.id));
        }
    }
    for check in check::checks(case) {
        let of_dns = check.is_of_name() && check.outcome != Outcome::NameUnknown;
        if let (true, Some(from)) = (of_dns, check.from) {
            found.entry(from.top_owner().id).or_insert(check.quote);
        }
    }
    found.retain(|id, _| case.findings.iter().any(|finding| finding.severity > Severity::Notice && case.owner(finding.on).id == *id));
    found
}
