//! The scheduler's message, as counted reasons.
//!
//! `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {pool: gpu}. preemption: …` is three nodes, one of
//! which lacks CPU and two of which carry a taint. Wordings from 1.8 on. A comma also stands inside old reasons; a new reason
//! begins with its count.

/// Reasons read of one message. There are not more kinds than this.
const REASONS_MAX: usize = 32;

/// Why some nodes do not take a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason<'t> {
    /// `Insufficient cpu`.
    Insufficient(&'t str),
    /// `Too many pods`.
    TooManyPods,
    /// A taint with its key and value; both empty where the message does not name it.
    Taint { key: &'t str, value: &'t str },
    /// Selector or node affinity; newer messages do not say which, older ones name the selector alone.
    NodeMatch,
    /// Pod affinity.
    PodAffinity,
    /// Pod anti-affinity, the pod's own or that of pods already there.
    PodAntiAffinity,
    /// `node(s) were unschedulable`.
    Cordoned,
    /// Topology spread constraints.
    Spread,
    /// Host ports.
    HostPorts,
    /// The bound volume lives elsewhere.
    VolumeAffinity,
    /// No volume to bind, or no room for one.
    VolumeBinding,
    /// As many volumes as the node can attach.
    VolumeCount,
    /// A claim is not bound.
    ClaimUnbound,
    /// A claim does not exist.
    ClaimMissing(&'t str),
    /// The node is not ready or under pressure.
    NodeIll,
    /// Anything else.
    Other,
}

/// A reason, and for how many nodes it holds; none where the message does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted<'t> {
    /// How many nodes.
    pub(crate) count: Option<u32>,
    /// Why.
    pub(crate) reason: Reason<'t>,
}

/// What the scheduler said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message<'t> {
    /// How many nodes it looked at.
    pub(crate) nodes: Option<u32>,
    /// Why each does not take the pod.
    pub(crate) reasons: Vec<Counted<'t>>,
}

/// Reads a message. One without a reason that is known has none.
pub(crate) fn read(text: &str) -> Message<'_> {
    let text = text.split("preemption: ").next().unwrap_or(text).trim();
    if text.contains("no nodes available to schedule pods") {
        return Message { nodes: Some(0), reasons: Vec::new() };
    }
    let (head, body) = match text.split_once(" nodes are available:") {
        Some((head, body)) => (head, body.trim_start()),
        None => {
            match text.split_once("match all of the predicates: ").or_else(|| text.split_once("match all of the following predicates:: ")) {
                Some((_, body)) => ("", body),
                None => (text.strip_suffix(" nodes are available").unwrap_or(""), text),
            }
        }
    };
    let nodes = head.split_once('/').and_then(|(_, all)| all.trim().parse().ok());
    let mut reasons = Vec::new();
    for part in parts(body).into_iter().take(REASONS_MAX) {
        let (count, words) = counted(part);
        let counted = Counted { count, reason: reason(words) };
        if !reasons.contains(&counted) {
            reasons.push(counted);
        }
    }
    Message { nodes, reasons }
}

/// The reasons as pieces of the text: a comma divides them only where a count, or in the oldest form a closing count, stands beside it.
fn parts(body: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in body.match_indices(", ") {
        let (before, after) = (body.get(start..at).unwrap_or(""), body.get(at + 2..).unwrap_or(""));
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        if (digits > 0 && after.as_bytes().get(digits) == Some(&b' ')) || before.ends_with(')') && !before.contains("node(s)") {
            parts.push(before);
            start = at + 2;
        }
    }
    parts.push(body.get(start..).unwrap_or(""));
    parts
}

/// `2 node(s) were unschedulable` and `Insufficient cpu (3)`.
fn counted(part: &str) -> (Option<u32>, &str) {
    let part = part.trim().trim_end_matches('.');
    if let Some((count, words)) = part.split_once(' ')
        && let Ok(count) = count.parse()
    {
        return (Some(count), words);
    }
    match part.strip_suffix(')').and_then(|open| open.rsplit_once(" (")) {
        Some((words, count)) => (count.parse().ok(), words),
        None => (None, part),
    }
}

fn reason(words: &str) -> Reason<'_> {
    if let Some(resource) = words.strip_prefix("Insufficient ") {
        let resource = resource.split([' ', '.', ',']).next().filter(|_| !resource.contains('/')).unwrap_or(resource);
        let resource = resource.split([' ', ',']).next().unwrap_or(resource);
        return if resource == "pods" { Reason::TooManyPods } else { Reason::Insufficient(resource) };
    }
    if words.contains("had untolerated taint") || words.contains("had taint") || words.contains("PodToleratesNodeTaints") {
        let inside = crate::wording::between(words, "{", "}").unwrap_or("");
        let (key, value) = inside.split_once(':').unwrap_or((inside, ""));
        return Reason::Taint { key: key.trim(), value: value.trim() };
    }
    if let Some(name) = crate::wording::between(words, "persistentvolumeclaim \"", "\"") {
        return Reason::ClaimMissing(name);
    }
    let table: &[(&str, Reason<'static>)] = &[
        ("Too many pods", Reason::TooManyPods),
        ("node affinity/selector", Reason::NodeMatch),
        ("match node selector", Reason::NodeMatch),
        ("MatchNodeSelector", Reason::NodeMatch),
        ("anti-affinity rules", Reason::PodAntiAffinity),
        ("pod affinity rules", Reason::PodAffinity),
        ("pod affinity/anti-affinity", Reason::PodAffinity),
        ("were unschedulable", Reason::Cordoned),
        ("NodeUnschedulable", Reason::Cordoned),
        ("topology spread constraints", Reason::Spread),
        ("free ports", Reason::HostPorts),
        ("PodFitsHostPorts", Reason::HostPorts),
        ("volume node affinity conflict", Reason::VolumeAffinity),
        ("available volume zone", Reason::VolumeAffinity),
        ("NoVolumeZoneConflict", Reason::VolumeAffinity),
        ("available persistent volumes to bind", Reason::VolumeBinding),
        ("enough free storage", Reason::VolumeBinding),
        ("max volume count", Reason::VolumeCount),
        ("unbound immediate PersistentVolumeClaims", Reason::ClaimUnbound),
        ("unbound PersistentVolumeClaims", Reason::ClaimUnbound),
        ("were not ready", Reason::NodeIll),
        ("pressure", Reason::NodeIll),
        ("unavailable network", Reason::NodeIll),
    ];
    // Before 1.18 both rules of pod affinity were named in front of the one that failed.
    let words = words.strip_prefix("node(s) didn't match pod affinity/anti-affinity, ").unwrap_or(words);
    let words = if words.contains("affinity/anti-affinity") && words.contains("anti-affinity rules") {
        "pod affinity/anti-affinity"
    } else {
        words
    };
    table.iter().find(|(mark, _)| words.contains(mark)).map_or(Reason::Other, |(_, reason)| *reason)
}

impl Reason<'_> {
    /// Whether this is the taint by which control-plane nodes keep ordinary pods off.
    pub(crate) fn is_control_plane(&self) -> bool {
        matches!(self, Reason::Taint { key, .. } if matches!(key.strip_prefix("node-role.kubernetes.io/"), Some("master" | "control-plane" | "etcd" | "controlplane")))
    }

    /// Whether this is a taint by which the control plane marks a node that is ill.
    pub(crate) fn is_node_ill(&self) -> bool {
        matches!(self, Reason::NodeIll)
            || matches!(self, Reason::Taint { key, .. } if matches!(key.strip_prefix("node.kubernetes.io/"),
                Some("not-ready" | "unreachable" | "memory-pressure" | "disk-pressure" | "pid-pressure" | "network-unavailable" | "out-of-service")))
    }

    /// Whether the node was taken out of service by hand.
    pub(crate) fn is_cordon(&self) -> bool {
        matches!(self, Reason::Cordoned | Reason::Taint { key: "node.kubernetes.io/unschedulable", .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(Option<u32>, Reason<'_>)> {
        read(text).reasons.into_iter().map(|counted| (counted.count, counted.reason)).collect()
    }

    #[test]
    fn reasons_are_counted_in_new_and_old_wordings() {
        let text = "0/5 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint {pool: gpu}, 1 node(s) were unschedulable, \
                    1 node(s) didn't match Pod's node affinity/selector. preemption: 0/5 nodes are available: 5 Preemption is not helpful for scheduling.";
        assert_eq!(read(text).nodes, Some(5));
        let wanted = [
            (Some(1), Reason::Insufficient("cpu")),
            (Some(2), Reason::Taint { key: "pool", value: "gpu" }),
            (Some(1), Reason::Cordoned),
            (Some(1), Reason::NodeMatch),
        ];
        assert_eq!(of(text), wanted);
        let old = "0/3 nodes are available: 1 node(s) had taint {node-role.kubernetes.io/master: }, that the pod didn't tolerate, 2 Insufficient nvidia.com/gpu.";
        assert_eq!(
            of(old),
            [
                (Some(1), Reason::Taint { key: "node-role.kubernetes.io/master", value: "" }),
                (Some(2), Reason::Insufficient("nvidia.com/gpu"))
            ]
        );
        let older = "No nodes are available that match all of the predicates: Insufficient memory (3), MatchNodeSelector (2).";
        assert_eq!(of(older), [(Some(3), Reason::Insufficient("memory")), (Some(2), Reason::NodeMatch)]);
    }

    #[test]
    fn affinities_are_told_apart() {
        let of_one = |text: &'static str| of(text).first().map(|(_, reason)| *reason);
        assert_eq!(of_one("0/1 nodes are available: 1 node(s) didn't match pod affinity rules."), Some(Reason::PodAffinity));
        assert_eq!(of_one("0/1 nodes are available: 1 node(s) didn't match pod anti-affinity rules."), Some(Reason::PodAntiAffinity));
        assert_eq!(
            of_one("0/1 nodes are available: 1 node(s) didn't satisfy existing pods anti-affinity rules."),
            Some(Reason::PodAntiAffinity)
        );
        assert_eq!(of_one("0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector."), Some(Reason::NodeMatch));
    }

    #[test]
    fn what_concerns_no_single_node_has_no_count() {
        assert_eq!(
            of("0/3 nodes are available: pod has unbound immediate PersistentVolumeClaims. preemption: x"),
            [(None, Reason::ClaimUnbound)]
        );
        assert_eq!(of("persistentvolumeclaim \"data\" not found"), [(None, Reason::ClaimMissing("data"))]);
        assert_eq!(read("no nodes available to schedule pods").nodes, Some(0));
        assert_eq!(of(""), [(None, Reason::Other)]);
        assert_eq!(of("0/1 nodes are available: , , 1 , 2 "), [(None, Reason::Other), (Some(1), Reason::Other)]);
    }
}
