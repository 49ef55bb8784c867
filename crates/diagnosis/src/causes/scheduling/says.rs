//! What is said of a pod that fits nowhere: the figures, and what of the objects agrees.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId, Graph, Relation, labels};

use super::message::Reason;
use super::{Waiting, fit, reasons};
use crate::case::Case;
use crate::finding::Quote;

/// A statement, and what supports it.
#[derive(Default)]
pub(super) struct Says {
    /// The statement.
    pub(super) says: String,
    /// Words of objects that agree.
    pub(super) agrees: Vec<Quote>,
    /// Whether those words prove the statement.
    pub(super) proves: bool,
    /// Who may be deeper at fault.
    pub(super) blames: Vec<EntityId>,
    /// What to do.
    pub(super) next: Vec<String>,
}

/// What is said of one cause.
pub(super) fn of<'g>(case: &Case<'g>, cause: &str, on: Entity<'g>, one: &Waiting<'g>, who: &str) -> Says {
    let mut said = match one.decisive.reason {
        reason if reason.is_cordon() => cordoned(case, on, who),
        Reason::Insufficient(resource) => insufficient(case, one, who, resource),
        Reason::Taint { key, value } => tainted(case, one, who, key, value),
        Reason::NodeIll => ill(case, who),
        Reason::NodeMatch if cause == "scheduling.node_affinity_unmatched" => affinity(case, one, who),
        Reason::NodeMatch => selector(case, one, who),
        Reason::PodAffinity => pod_affinity(case, one, who),
        Reason::PodAntiAffinity => anti_affinity(case, one, who),
        Reason::Spread => spread(case, one, who),
        Reason::HostPorts => host_ports(case, one, who),
        Reason::TooManyPods => too_many(case, who),
        Reason::VolumeCount => {
            Says { says: format!("{who} needs a volume attached, and the nodes have as many attached as they can"), ..Says::default() }
        }
        _ => Says { says: format!("The scheduler finds no node for {who}"), ..Says::default() },
    };
    if let (Some(count), Some(all)) = (one.decisive.count, one.message.nodes) {
        said.says.push_str(&format!(" ({count} of {all} nodes)"));
    }
    said
}

fn quoted<'g>(case: &Case<'g>, at: At<'g>, about: Entity<'g>) -> Vec<Quote> {
    case.quote(at, about).into_iter().collect()
}

/// The entity that the specification of a waiting pod is written on.
fn holder<'g>(one: &Waiting<'g>) -> Entity<'g> {
    if one.pod.pod_spec().get("containers").exists() { one.pod } else { one.owner }
}

fn cordoned<'g>(case: &Case<'g>, on: Entity<'g>, who: &str) -> Says {
    if *on.kind() != Kind::Node {
        return Says { says: format!("A node is cordoned (unschedulable), and no other has room for {who}"), ..Says::default() };
    }
    let others: Vec<&str> =
        reasons::cordoned(&fit::nodes(case.graph)).into_iter().filter(|node| *node != on).map(|node| node.name()).take(5).collect();
    let also = if others.is_empty() { String::new() } else { format!(" (and so are {})", others.join(", ")) };
    Says {
        says: format!("Node `{}` is cordoned (unschedulable){also}, and no other node has room for {who}", on.name()),
        agrees: quoted(case, on.at("spec/unschedulable"), on),
        proves: true,
        blames: Vec::new(),
        next: vec![
            format!("See who cordoned it and why: kubectl describe node {}", on.name()),
            format!("Put it back into service: kubectl uncordon {}", on.name()),
        ],
    }
}

fn insufficient<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str, resource: &str) -> Says {
    let mut said = Says::default();
    let nodes = fit::nodes(case.graph);
    let asked = fit::request(one.spec, resource);
    let asks =
        asked.map_or_else(|| format!("asks for more {resource}"), |asked| format!("requests {resource} {}", fit::printed(resource, asked)));
    let greatest = fit::greatest(&nodes, resource);
    said.agrees = fit::request_at(one.spec, resource).map(|at| quoted(case, at, holder(one))).unwrap_or_default();
    let full = !nodes.is_empty() && nodes.iter().all(|node| node.is_full() && node.at("status/allocatable").exists());
    let offers = match (asked, greatest) {
        (Some(asked), Some((node, at, offer))) if asked > offer => {
            said.agrees.extend(case.quote(at, node));
            said.proves = true;
            format!(
                "which is more than any node can offer: the greatest allocatable is {} on Node `{}`",
                fit::printed(resource, offer),
                node.name()
            )
        }
        (_, Some((node, at, offer))) => {
            said.agrees.extend(case.quote(at, node));
            let free = nodes.iter().filter_map(|node| fit::free(case.graph, *node, resource)).max();
            said.proves = free.is_some_and(|free| asked.is_some_and(|asked| asked > free));
            let left = free
                .filter(|_| said.proves)
                .map(|free| format!(", of which at most {} is left on any", fit::printed(resource, free.max(0))));
            format!(
                "and no node has that much left: Insufficient {resource}; the greatest allocatable is {} on Node `{}`{}",
                fit::printed(resource, offer),
                node.name(),
                left.unwrap_or_default()
            )
        }
        (_, None) if full => {
            let about = nodes.first().copied();
            said.agrees.extend(about.and_then(|node| case.quote(node.at("status/allocatable"), node)));
            said.proves = true;
            format!("and no node offers `{resource}` at all: Insufficient {resource}")
        }
        _ => format!("and no node has that much left: Insufficient {resource}"),
    };
    said.says = format!("{who} {asks}, {offers}");
    said.next = vec![
        "Compare requests with what nodes have left: kubectl describe nodes | grep -A8 'Allocated resources'".to_owned(),
        format!("Lower the request in {}, or add room", one.owner.reference()),
    ];
    said
}

fn tainted<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str, key: &str, value: &str) -> Says {
    let printed = if value.is_empty() { key.to_owned() } else { format!("{key}={value}") };
    let nodes: Vec<Entity<'g>> =
        fit::nodes(case.graph).into_iter().filter(|node| !key.is_empty() && fit::taint(*node, key, value).is_some()).collect();
    let names: Vec<&str> = nodes.iter().map(|node| node.name()).take(5).collect();
    let places = if names.is_empty() { "the nodes that would do carry".to_owned() } else { format!("Node {} carries", names.join(", ")) };
    let agrees: Vec<Quote> = nodes.iter().take(2).filter_map(|node| case.quote(fit::taint(*node, key, value)?.get("key"), *node)).collect();
    let what = if key.is_empty() { "a taint".to_owned() } else { format!("the taint `{printed}`") };
    let mut next = vec![format!("Add a toleration to {}", one.owner.reference())];
    next.extend(names.first().map(|name| format!("Or remove the taint: kubectl taint node {name} {key}-")));
    Says {
        says: format!("{places} {what}, which is not tolerated by {who}"),
        proves: !agrees.is_empty(),
        agrees,
        blames: if one.decisive.reason.is_node_ill() { nodes.iter().map(|node| node.id).collect() } else { Vec::new() },
        next,
    }
}

fn ill(case: &Case<'_>, who: &str) -> Says {
    let blames = fit::nodes(case.graph).into_iter().filter(|node| case.is_ill(node.id)).map(|node| node.id).collect();
    Says { says: format!("Nodes that would do for {who} are not ready"), blames, ..Says::default() }
}

/// Whether no labelled node meets a rule, and the label values that nodes have instead.
fn unmet<'g>(case: &Case<'g>, meets: impl Fn(Entity<'g>) -> bool, key: &str) -> (bool, String, Vec<Quote>) {
    let known: Vec<Entity<'g>> = fit::nodes(case.graph).into_iter().filter(|node| fit::has_labels(*node)).collect();
    let mut values: Vec<&str> = known.iter().filter_map(|node| node.label(key)).collect();
    values.sort_unstable();
    values.dedup();
    let have = match (known.is_empty(), values.as_slice()) {
        (true, _) => String::new(),
        (false, []) => format!("; no node carries the label `{key}`"),
        (false, values) => format!("; nodes have `{key}` = {}", values.iter().take(6).copied().collect::<Vec<_>>().join(", ")),
    };
    let other = known.iter().find_map(|node| case.quote(node.at("metadata/labels").get(key), *node));
    let shown = other.or_else(|| known.first().and_then(|node| case.quote(node.at("metadata/labels"), *node)));
    (!known.is_empty() && !known.iter().any(|node| meets(*node)), have, shown.into_iter().collect())
}

fn selector<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str) -> Says {
    let selector = one.spec.get("nodeSelector");
    if selector.entries().next().is_none() {
        return Says { says: format!("No node matches the node affinity/selector of {who}"), ..Says::default() };
    }
    // Of several labels the one that no node has is at fault.
    let nodes = fit::nodes(case.graph);
    let lacking = |(key, value): &(&str, At<'_>)| !nodes.iter().any(|node| node.label(key).map(str::to_owned) == value.scalar());
    let (key, value) = selector.entries().find(lacking).or_else(|| selector.entries().next()).unwrap_or(("", selector));
    let (proves, have, shown) = unmet(case, |node| fit::meets_selector(one.spec, node), key);
    let mut agrees = quoted(case, value, holder(one));
    agrees.extend(shown);
    Says {
        says: format!("No node matches the nodeSelector `{}` of {who}{have}", labels::printed(selector)),
        agrees,
        proves,
        blames: Vec::new(),
        next: vec![
            format!("Correct `nodeSelector` in {}", one.owner.reference()),
            format!("Or label a node: kubectl label node NODE {key}={}", value.scalar().unwrap_or_default()),
        ],
    }
}

/// `topology.kubernetes.io/zone In (a, b)`.
fn expression(at: At<'_>) -> String {
    let values: Vec<String> = at.get("values").items().filter_map(|value| value.scalar()).collect();
    let values = if values.is_empty() { String::new() } else { format!(" ({})", values.join(", ")) };
    format!("{} {}{values}", at.get("key").text_or_empty(), at.get("operator").text_or_empty())
}

fn affinity<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str) -> Says {
    let terms = fit::affinity_terms(one.spec);
    let first = terms.items().flat_map(|term| term.get("matchExpressions").items().chain(term.get("matchFields").items())).next();
    let Some(first) = first else {
        return Says { says: format!("No node matches the node affinity/selector of {who}"), ..Says::default() };
    };
    let (proves, have, shown) = unmet(case, |node| fit::meets_affinity(one.spec, node), first.get("key").text_or_empty());
    let mut agrees = quoted(case, first.get("key"), holder(one));
    agrees.extend(quoted(case, first.at("values/0"), holder(one)));
    agrees.extend(shown);
    Says {
        says: format!("No node matches the required node affinity `{}` of {who}{have}", expression(first)),
        agrees,
        proves,
        blames: Vec::new(),
        next: vec![format!("Correct the node affinity in {}, or label a node so that it meets it", one.owner.reference())],
    }
}

/// A label selector in words: `app=cache, tier In (a)`.
fn label_selector(at: At<'_>) -> String {
    let pairs = labels::printed(at.get("matchLabels"));
    let expressions = at.get("matchExpressions").items().map(expression);
    let mut all: Vec<String> = if pairs.is_empty() { Vec::new() } else { vec![pairs] };
    all.extend(expressions);
    all.join(", ")
}

fn pod_affinity<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str) -> Says {
    let term = one.spec.at("affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/0");
    if !term.exists() {
        return Says { says: format!("No node meets the pod affinity rules of {who}"), ..Says::default() };
    }
    let wanted = term.get("labelSelector");
    let running = |pod: &Entity<'_>| pod.namespace() == one.pod.namespace() && labels::selector_selects(wanted, pod.at("metadata/labels"));
    let some = case.graph.of_kind(&Kind::Pod).any(|pod| pod.id != one.pod.id && running(&pod) && pod.at("spec/nodeName").exists());
    let namespaces = term.get("namespaces").exists() || term.get("namespaceSelector").exists();
    let none = !some && !namespaces && case.graph.is_listed(&Kind::Pod, one.pod.namespace());
    let key = term.get("topologyKey").text_or_empty();
    let why = if none { "; no pod on a node carries those labels" } else { "" };
    let mut agrees = quoted(case, wanted, holder(one));
    agrees.extend(case.quote(term.get("topologyKey"), holder(one)));
    Says {
        says: format!("{who} must run near pods with `{}` (pod affinity by `{key}`), and no node meets that{why}", label_selector(wanted)),
        agrees,
        proves: none,
        blames: Vec::new(),
        next: vec![format!("Correct the pod affinity in {}, or start the pods that it wants to be near", one.owner.reference())],
    }
}

fn anti_affinity<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str) -> Says {
    let term = one.spec.at("affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/0");
    let nodes = fit::nodes(case.graph).len();
    let wanted = one.owner.at("spec/replicas");
    let figures = match wanted.int() {
        Some(wanted) if nodes > 0 => format!(": {wanted} replicas are wanted on {nodes} nodes"),
        _ => String::new(),
    };
    let key = term.get("topologyKey").text().map(|key| format!(" (one per `{key}`)")).unwrap_or_default();
    let mut agrees = quoted(case, term.get("topologyKey"), holder(one));
    agrees.extend(case.quote(wanted, one.owner).filter(|_| nodes > 0));
    Says {
        says: format!("Pod anti-affinity{key} keeps {who} off every node that would do{figures}"),
        proves: agrees.len() > 1,
        agrees,
        blames: Vec::new(),
        next: vec![format!("Lower the replicas of {}, add nodes, or prefer instead of require the anti-affinity", one.owner.reference())],
    }
}

fn spread<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str) -> Says {
    let hard = |at: &At<'_>| at.get("whenUnsatisfiable").text().is_none_or(|word| word == "DoNotSchedule");
    let constraint = one.spec.get("topologySpreadConstraints").items().find(hard);
    let Some(constraint) = constraint else {
        return Says { says: format!("No node meets the topology spread constraints of {who}"), ..Says::default() };
    };
    let (key, skew) = (constraint.get("topologyKey").text_or_empty(), constraint.get("maxSkew").scalar().unwrap_or_else(|| "1".to_owned()));
    let mut agrees = quoted(case, constraint.get("maxSkew"), holder(one));
    agrees.extend(case.quote(constraint.get("topologyKey"), holder(one)));
    Says {
        says: format!("The topology spread constraint of {who} (maxSkew {skew} by `{key}`, DoNotSchedule) is met on no node that has room"),
        proves: !agrees.is_empty(),
        agrees,
        blames: Vec::new(),
        next: vec![format!("Raise `maxSkew` or use `ScheduleAnyway` in {}, or add nodes where they lack", one.owner.reference())],
    }
}

fn host_port_of<'g>(spec: At<'g>) -> impl Iterator<Item = At<'g>> {
    let containers = assent_evidence::edges::containers(spec);
    containers
        .flat_map(|container| container.get("ports").items().map(|port| port.get("hostPort")))
        .filter(|port| port.int().is_some_and(|port| port > 0))
}

fn host_ports<'g>(case: &Case<'g>, one: &Waiting<'g>, who: &str) -> Says {
    let Some(port) = host_port_of(one.spec).next() else {
        return Says { says: format!("The host port that {who} asks for is taken on every node that would do"), ..Says::default() };
    };
    let number = port.int().unwrap_or(0);
    let taken = taken_by(case.graph, one.pod, number);
    let by = taken
        .map(|(pod, _)| format!(", on Node `{}` by {}", pod.at("spec/nodeName").text_or_empty(), pod.top_owner().reference()))
        .unwrap_or_default();
    let mut agrees = quoted(case, port, holder(one));
    agrees.extend(taken.and_then(|(pod, at)| case.quote(at, pod)));
    Says {
        says: format!("{who} asks for host port {number}, which is taken on every node that would do{by}"),
        proves: taken.is_some(),
        agrees,
        blames: Vec::new(),
        next: vec![format!("Take `hostPort` out of {}, or choose another", one.owner.reference())],
    }
}

/// Another pod on a node that holds a host port.
fn taken_by<'g>(graph: &'g Graph, own: Entity<'g>, number: i64) -> Option<(Entity<'g>, At<'g>)> {
    let others = graph.of_kind(&Kind::Pod).filter(|pod| pod.id != own.id && pod.to(Relation::RunsOn).next().is_some());
    others.into_iter().find_map(|pod| Some((pod, host_port_of(pod.pod_spec()).find(|port| port.int() == Some(number))?)))
}

fn too_many(case: &Case<'_>, who: &str) -> Says {
    let nodes = fit::nodes(case.graph);
    let greatest = fit::greatest(&nodes, "pods");
    let at_most = greatest
        .map(|(node, _, offer)| format!(" (Node `{}` takes {} pods)", node.name(), fit::printed("pods", offer)))
        .unwrap_or_default();
    Says {
        says: format!("Too many pods: the nodes that would do for {who} hold as many pods as they may{at_most}"),
        agrees: greatest.and_then(|(node, at, _)| case.quote(at, node)).into_iter().collect(),
        proves: greatest.is_some(),
        blames: Vec::new(),
        next: vec!["Add nodes, or remove pods that are not needed: kubectl get pods -A -o wide".to_owned()],
    }
}
