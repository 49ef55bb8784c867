//! Network policies, evaluated as the API defines them: a pod that some policy selects for a direction accepts only what one allows.
//!
//! What the input does not tell (labels of a namespace, addresses behind a name) counts as allowed, so that a denial is proven.

use assent_base::{Kind, ObjectRef};
use assent_capture::tree::At;
use assent_evidence::{Entity, labels};

use crate::case::Case;

/// The port that names are asked on.
pub(crate) const DNS_PORT: i64 = 53;

/// Which way traffic goes, as seen from the pods that a policy selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// To them.
    Ingress,
    /// From them.
    Egress,
}

impl Direction {
    fn word(self) -> &'static str {
        match self {
            Direction::Ingress => "Ingress",
            Direction::Egress => "Egress",
        }
    }

    fn rules(self) -> (&'static str, &'static str) {
        match self {
            Direction::Ingress => ("spec/ingress", "from"),
            Direction::Egress => ("spec/egress", "to"),
        }
    }
}

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Peer<'g> {
    /// A pod, or a template by whose labels pods are made.
    Pods(Entity<'g>),
    /// Something outside the cluster.
    Outside,
}

/// A policy that keeps traffic out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Denial<'g> {
    /// The policy. Of several that select the pods, the one that names the port, or the first.
    pub(crate) policy: Entity<'g>,
    /// The words that show it: the rule that leaves the peer out, or the type without a rule.
    pub(crate) at: At<'g>,
}

/// The policy that keeps a connection from or to these pods from coming about, if one provably does.
/// `port` is the number on the receiving pod; none where it is not known.
pub(crate) fn denies<'g>(case: &Case<'g>, pods: Entity<'g>, direction: Direction, peer: Peer<'g>, port: Option<i64>) -> Option<Denial<'g>> {
    let guards: Vec<Entity<'g>> = case
        .graph
        .of_kind(&Kind::NetworkPolicy)
        .filter(|policy| policy.namespace() == pods.namespace())
        .filter(|policy| labels::selector_selects(policy.at("spec/podSelector"), pods.pod_labels()))
        .filter(|policy| applies(*policy, direction))
        .collect();
    let (rules, side) = direction.rules();
    let allowed = guards.iter().any(|policy| {
        policy
            .at(rules)
            .items()
            .any(|rule| ports_allow(rule, peer, pods, direction, port) && peers_allow(case, *policy, rule.get(side), peer))
    });
    if guards.is_empty() || allowed {
        return None;
    }
    let of_port = |policy: &Entity<'g>| policy.at(rules).items().any(|rule| ports_allow(rule, peer, pods, direction, port));
    let policy = guards.iter().copied().find(of_port).or_else(|| guards.first().copied())?;
    let rule = policy.at(rules).items().next();
    let at = match rule {
        Some(rule) if rule.get(side).exists() => rule.get(side),
        Some(rule) if rule.get("ports").exists() => rule.get("ports"),
        _ if policy.at("spec/policyTypes").exists() => policy.at("spec/policyTypes"),
        _ => policy.at("metadata/name"),
    };
    Some(Denial { policy, at })
}

fn applies(policy: Entity<'_>, direction: Direction) -> bool {
    let types = policy.at("spec/policyTypes");
    if types.items().next().is_some() {
        return types.items().any(|word| word.is(direction.word()));
    }
    // Without types a policy is about what comes in, and about what goes out only where it has such rules.
    policy.is_full() && (direction == Direction::Ingress || policy.at("spec/egress").items().next().is_some())
}

fn ports_allow(rule: At<'_>, peer: Peer<'_>, pods: Entity<'_>, direction: Direction, port: Option<i64>) -> bool {
    let mut listed = rule.get("ports").items().peekable();
    let Some(wanted) = port else { return true };
    if listed.peek().is_none() {
        return true;
    }
    let receiver = match (direction, peer) {
        (Direction::Ingress, _) => Some(pods),
        (Direction::Egress, Peer::Pods(peer)) => Some(peer),
        (Direction::Egress, Peer::Outside) => None,
    };
    listed.any(|own| {
        let at = own.get("port");
        let end = own.get("endPort").int();
        match at.int() {
            Some(number) => number == wanted || end.is_some_and(|end| (number..=end).contains(&wanted)),
            None if !at.exists() => true,
            None => receiver.is_none_or(|receiver| {
                let mut ports =
                    assent_evidence::edges::containers(receiver.pod_spec()).flat_map(|container| container.get("ports").items());
                ports.any(|own| own.get("name").text() == at.text() && own.get("containerPort").int() == Some(wanted))
            }),
        }
    })
}

fn peers_allow<'g>(case: &Case<'g>, policy: Entity<'g>, peers: At<'g>, peer: Peer<'g>) -> bool {
    let mut any = false;
    for own in peers.items() {
        any = true;
        let (pods, namespaces, block) = (own.get("podSelector"), own.get("namespaceSelector"), own.get("ipBlock"));
        let allows = match (peer, block.exists()) {
            (Peer::Outside, true) => true,
            (Peer::Outside, false) => false,
            (Peer::Pods(entity), true) => block_holds(block, entity),
            (Peer::Pods(entity), false) => {
                let namespace_fits = if has(namespaces, own, "namespaceSelector") {
                    namespace_selected(case, namespaces, entity.namespace())
                } else {
                    entity.namespace() == policy.namespace()
                };
                let pods_fit = !has(pods, own, "podSelector") || labels::selector_selects(pods, entity.pod_labels());
                namespace_fits && pods_fit
            }
        };
        if allows {
            return true;
        }
    }
    // A rule without peers allows everybody.
    !any
}

/// Whether a selector is given, an empty one too.
fn has(selector: At<'_>, own: At<'_>, key: &str) -> bool {
    selector.exists() || own.entries().any(|(name, value)| name == key && value.exists())
}

fn namespace_selected(case: &Case<'_>, selector: At<'_>, namespace: Option<&str>) -> bool {
    let Some(name) = namespace else { return true };
    let entity = case.graph.find(&ObjectRef::new(Kind::Namespace, None, name)).filter(Entity::is_captured);
    let fits = |key: &str, value: &str| match key {
        "kubernetes.io/metadata.name" => value == name,
        _ => entity.is_none_or(|entity| !entity.at("metadata").exists() || entity.label(key) == Some(value)),
    };
    let by_labels = selector.get("matchLabels").entries().all(|(key, value)| fits(key, value.text_or_empty()));
    let by_expressions = selector.get("matchExpressions").items().all(|expression| {
        let key = expression.get("key").text_or_empty();
        let mut values = expression.get("values").items().filter_map(|value| value.text());
        match expression.get("operator").text_or_empty() {
            "In" => values.any(|value| fits(key, value)),
            "NotIn" if key == "kubernetes.io/metadata.name" => !values.any(|value| value == name),
            _ => entity.is_none_or(|entity| labels::expression_selects(expression, entity.at("metadata/labels"))),
        }
    });
    by_labels && by_expressions
}

fn block_holds(block: At<'_>, entity: Entity<'_>) -> bool {
    let Some(address) = entity.at("status/podIP").text().and_then(|text| text.parse::<std::net::Ipv4Addr>().ok()) else { return true };
    let holds = |cidr: &str| {
        let Some((base, bits)) = cidr.split_once('/') else { return true };
        let (Ok(base), Ok(bits)) = (base.parse::<std::net::Ipv4Addr>(), bits.parse::<u32>()) else { return true };
        let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
        u32::from(address) & mask == u32::from(base) & mask
    };
    holds(block.get("cidr").text_or_empty()) && !block.get("except").items().any(|cut| cut.text().is_some_and(holds))
}

/// `10.0.0.0/8` and the like: whether the selectors of a policy, printed for a person, say whom it allows.
pub(crate) fn allows_whom(policy: Entity<'_>, direction: Direction) -> String {
    let (rules, side) = direction.rules();
    let mut whom: Vec<String> = Vec::new();
    for rule in policy.at(rules).items() {
        let ports: Vec<String> = rule.get("ports").items().filter_map(|port| port.get("port").scalar()).collect();
        let ports = if ports.is_empty() { String::new() } else { format!(" on port {}", ports.join(", ")) };
        for peer in rule.get(side).items() {
            let mut words: Vec<String> = Vec::new();
            for (key, name) in [("podSelector", "pods"), ("namespaceSelector", "namespaces")] {
                let pairs = labels::printed(peer.get(key).get("matchLabels"));
                if !pairs.is_empty() {
                    words.push(format!("{name} with `{pairs}`"));
                } else if has(peer.get(key), peer, key) {
                    words.push(format!("all {name}"));
                }
            }
            words.extend(peer.at("ipBlock/cidr").text().map(|cidr| format!("`{cidr}`")));
            whom.push(format!("{}{ports}", words.join(" in ")));
        }
        if rule.get(side).items().next().is_none() {
            whom.push(format!("everybody{ports}"));
        }
    }
    whom.truncate(4);
    if whom.is_empty() { "nobody".to_owned() } else { whom.join("; ") }
}
