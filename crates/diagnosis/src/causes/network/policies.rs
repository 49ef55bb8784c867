//! Network policies that keep a known connection from coming about.
//!
//! A policy alone is no fault. What counts is one that denies a connection which somebody was seen to wait for in vain.

use assent_base::Kind;
use assent_evidence::{Entity, Relation};

use super::{behind, dns_pods, instances};
use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Quote, Symptom};
use crate::logs::Signal;
use crate::routing::address::{self, is_silence};
use crate::routing::check::{self, Outcome};
use crate::routing::policy::{self, DNS_PORT, Denial, Direction, Peer};
use crate::routing::service::suffering;

/// A connection that somebody waited for in vain.
struct Wait<'g> {
    caller: Entity<'g>,
    /// Where it should have led; none for a host outside the cluster.
    to: Option<Entity<'g>>,
    host: String,
    port: Option<i64>,
    quote: Option<Quote>,
    /// Whether a name could not be asked for.
    of_name: bool,
}

/// Offers candidates.
pub(super) fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    if case.graph.of_kind(&Kind::NetworkPolicy).next().is_none() {
        return;
    }
    for wait in waits(case) {
        let found = if wait.of_name { names_denied(case, &wait) } else { denied(case, &wait) };
        out.extend(found);
    }
}

fn waits<'g>(case: &Case<'g>) -> Vec<Wait<'g>> {
    let mut found = Vec::new();
    for complaint in address::complaints(case).into_iter().filter(|complaint| is_silence(complaint.signal)) {
        let caller = complaint.caller;
        let of_name = complaint.signal.found.rule.signal == Signal::DnsFailure;
        let target = address::target(complaint.signal);
        let (host, port) = target.map_or((String::new(), None), |target| (target.host, target.port.map(i64::from)));
        if host.is_empty() && !of_name {
            continue;
        }
        let to = address::resolve(case, &host, caller.namespace());
        let quote = Some(case.quote_line(complaint.signal, caller.id));
        found.push(Wait { caller, to, host, port, quote, of_name });
    }
    for check in check::checks(case).into_iter().filter(|check| matches!(check.outcome, Outcome::Timeout | Outcome::Unreachable)) {
        let Some(from) = check.from else { continue };
        let of_name = check.is_of_name();
        let to = if of_name { None } else { address::resolve(case, &check.target.host, check.namespace.as_deref()) };
        let port = check.target.port.map(i64::from);
        found.push(Wait { caller: from, to, host: check.target.host.clone(), port, quote: Some(check.quote), of_name });
    }
    // Callers that fail without a word in the input.
    for service in case.graph.of_kind(&Kind::Service) {
        for caller in service.from(Relation::Calls).filter(|caller| address::ill_and_silent(case, *caller)) {
            let named = assent_evidence::edges::named_addresses(case.graph, caller);
            let port = named
                .iter()
                .find(|named| address::resolve(case, &named.address.host, caller.namespace()).is_some_and(|to| to.id == service.id))
                .and_then(|named| named.address.port.map(i64::from));
            found.push(Wait { caller, to: Some(service), host: service.name().to_owned(), port, quote: None, of_name: false });
        }
    }
    found
}

/// The port on the pods that a Service's port leads to.
fn on_pod(service: Entity<'_>, pod: Entity<'_>, port: Option<i64>) -> Option<i64> {
    if *service.kind() == Kind::Pod {
        return port;
    }
    let mut ports = service.at("spec/ports").items();
    let own = match port {
        Some(port) => ports.find(|own| own.get("port").int() == Some(port))?,
        None => ports.next().filter(|_| ports.next().is_none())?,
    };
    let target = own.get("targetPort");
    if !target.exists() {
        return own.get("port").int();
    }
    target.int().or_else(|| {
        let mut ports = assent_evidence::edges::containers(pod.pod_spec()).flat_map(|container| container.get("ports").items());
        ports.find(|own| own.get("name").text() == target.text())?.get("containerPort").int()
    })
}

fn denied<'g>(case: &Case<'g>, wait: &Wait<'g>) -> Option<Candidate> {
    let callers = instances(wait.caller);
    let caller = *callers.first()?;
    let Some(to) = wait.to else {
        let denial = policy::denies(case, caller, Direction::Egress, Peer::Outside, wait.port)?;
        return Some(candidate(case, wait, &denial, Direction::Egress, wait.port));
    };
    for pod in behind(to) {
        let port = on_pod(to, pod, wait.port);
        if let Some(denial) = policy::denies(case, pod, Direction::Ingress, Peer::Pods(caller), port) {
            return Some(candidate(case, wait, &denial, Direction::Ingress, port));
        }
        if let Some(denial) = policy::denies(case, caller, Direction::Egress, Peer::Pods(pod), port) {
            return Some(candidate(case, wait, &denial, Direction::Egress, port));
        }
    }
    None
}

/// Whether the caller may not ask for names: no rule lets port 53 through to the DNS pods.
fn names_denied<'g>(case: &Case<'g>, wait: &Wait<'g>) -> Option<Candidate> {
    let callers = instances(wait.caller);
    let caller = *callers.first()?;
    let pods = dns_pods(case);
    let denial = match pods.first() {
        Some(pod) => {
            // The DNS Service sends port 53 to 53 or, in some distributions, to another port of the pods.
            let service = address::cluster_dns(case)?;
            let port = on_pod(service, *pod, Some(DNS_PORT)).unwrap_or(DNS_PORT);
            let by_pod = policy::denies(case, caller, Direction::Egress, Peer::Pods(*pod), Some(port))?;
            policy::denies(case, caller, Direction::Egress, Peer::Pods(*pod), Some(DNS_PORT)).map(|_| by_pod)
        }
        None => {
            let denial = policy::denies(case, caller, Direction::Egress, Peer::Outside, Some(DNS_PORT))?;
            // Who the DNS pods are is not known: only a policy without any rule for their port denies them for certain.
            let rules = denial.policy.at("spec/egress");
            let open = rules.items().any(|rule| {
                let mut ports = rule.get("ports").items().peekable();
                ports.peek().is_none() || ports.any(|port| port.get("port").int() == Some(DNS_PORT))
            });
            (!open).then_some(denial)
        }
    }?;
    Some(candidate(case, wait, &denial, Direction::Egress, Some(DNS_PORT)))
}

fn candidate<'g>(case: &Case<'g>, wait: &Wait<'g>, denial: &Denial<'g>, direction: Direction, port: Option<i64>) -> Candidate {
    let policy = denial.policy;
    let who = policy.reference();
    let owner = wait.caller.top_owner();
    let caller = owner.reference();
    let on_port = port.map(|port| format!(" on port {port}")).unwrap_or_default();
    let whom = policy::allows_whom(policy, direction);
    let target = wait.to.map_or_else(|| format!("`{}`", wait.host), |to| to.reference().to_string());
    let (cause, says) = match direction {
        Direction::Ingress => (
            "network_policy.denies_ingress",
            format!("{who} keeps {caller} from reaching {target}{on_port}: it lets in {whom}, and {caller} is not among them"),
        ),
        Direction::Egress if wait.of_name => (
            "network_policy.denies_egress",
            format!("{who} keeps {caller} from asking for names (DNS, port 53): it lets out only to {whom}"),
        ),
        Direction::Egress => {
            ("network_policy.denies_egress", format!("{who} keeps {caller} from reaching {target}{on_port}: it lets out only to {whom}"))
        }
    };
    let strength = if wait.quote.is_some() { Strength::Proven } else { Strength::Shown };
    let mut found = Candidate::new(cause, policy.id, strength, says)
        .quote(case.quote(denial.at, policy))
        .quote(case.quote(policy.at("spec/podSelector"), policy))
        .quote(wait.quote.clone())
        .explain(suffering(case, owner))
        .explain(suffering(case, wait.caller))
        .next(match direction {
            Direction::Ingress => format!("Let {caller} in: add its labels (and port) to a rule of {who}"),
            Direction::Egress if wait.of_name => format!("Let port 53 (UDP and TCP) to the DNS pods out in {who}"),
            Direction::Egress => format!("Let {target} out: add it (and its port) to a rule of {who}"),
        });
    if let Some(to) = wait.to {
        found = found.explain(case.on_with(to.id, &[Symptom::CheckFailed]));
        if *to.kind() == Kind::Service {
            found = found.not("service.selector_matches_nothing", "the Service selects the pods that the policy guards", None);
        }
    }
    for check in check::checks(case) {
        if check.from.is_some_and(|from| from.top_owner().id == owner.id) && check.target.host == wait.host {
            found = found.explain(case.on_with(check.on, &[Symptom::CheckFailed]));
        }
    }
    if let Some(quote) = &wait.quote {
        let says = format!("{caller} gets no answer from {target}");
        found = found.step(wait.caller.id, says, [quote.clone()]);
    }
    found
}
