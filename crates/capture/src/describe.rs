//! `kubectl describe`, as people paste it, to the trees that the API's JSON gives.
//!
//! First the indented lines become blocks, whatever the kind; then each kind says which printed key is which field of the API.
//! What describe adds (events, a node's pods, a namespace's quotas) becomes objects of its own or stays at `status/printed`.
//! Source: k8s.io/kubectl/pkg/describe, 1.19 to 1.36.

mod access;
mod block;
mod config;
mod container;
mod fields;
mod generic;
mod limits;
mod network;
mod node;
mod pod;
mod recognise;
mod storage;
mod volume;
mod workload;

use assent_base::Kind;

use crate::piece::{Piece, lines, span};
use crate::table::{EventOf, Header, event};
use crate::tree::{Node, Value};
use block::{Block, find, tree};

/// Objects that one text may describe.
pub const OBJECTS_MAX: usize = 100_000;

/// Reads the objects of one output, and their events. `base` is the offset of `text` in its source; `kind` is what was asked for,
/// if it was one kind.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "the caller has no further use for it")]
pub fn read(text: &str, base: usize, kind: Option<Kind>) -> Vec<(Kind, Node)> {
    let all = lines(text, base);
    let indent = all.iter().find(|line| line.trim().text.starts_with("Name:")).map_or(0, |line| line.trim().start - line.start);
    let all: Vec<Piece<'_>> = all.into_iter().map(|line| dedent(line, indent)).collect();
    let mut out = Vec::new();
    let mut from = None;
    for at in 0..=all.len() {
        if at < all.len() && !begins(&all, at) && !all.get(at).is_some_and(|line| is_orphans(*line)) {
            continue;
        }
        if let Some(own) = from.and_then(|from| all.get(from..at)) {
            Described { text, base, lines: own, kind: kind.as_ref() }.read(&mut out);
        }
        from = Some(at);
        if out.len() >= OBJECTS_MAX {
            break;
        }
    }
    out
}

fn dedent(line: Piece<'_>, indent: usize) -> Piece<'_> {
    let own = line.trim().start - line.start;
    line.from(own.min(indent))
}

/// Whether an object begins here: a name at the margin, first or after a blank line, and a key or a name in the next line. A value
/// in a config map may look like that, too, so what follows must be one of the keys that follow a name.
fn begins(lines: &[Piece<'_>], at: usize) -> bool {
    let line = |at: usize| lines.get(at).map_or("", |line| line.text);
    let named = line(at).strip_prefix("Name:").is_some_and(|rest| rest.starts_with([' ', '\t']) && rest.split_whitespace().count() == 1);
    let parted = at.checked_sub(1).is_none_or(|before| line(before).is_empty())
        || !lines.get(..at).unwrap_or_default().iter().any(|l| l.text.starts_with("Name:"));
    let next = line(at + 1);
    let keys = [
        "Namespace:",
        "Labels:",
        "Annotations:",
        "Roles:",
        "Value:",
        "IsDefaultClass:",
        "Priority:",
        "CreationTimestamp:",
        "StorageClass:",
        "Selector:",
    ];
    named && parted && (at + 1 >= lines.len() || next.is_empty() || keys.iter().any(|key| next.starts_with(key)))
}

struct Described<'s, 'a> {
    text: &'s str,
    base: usize,
    lines: &'a [Piece<'s>],
    kind: Option<&'a Kind>,
}

impl<'s> Described<'s, '_> {
    fn read(&self, out: &mut Vec<(Kind, Node)>) {
        if self.lines.first().is_some_and(|line| is_orphans(*line)) {
            orphaned_events(self.text, self.base, self.lines, out);
            return;
        }
        let events_at = self.lines.iter().rposition(|line| line.text.starts_with("Events:"));
        let (body, events) = self.lines.split_at(events_at.unwrap_or(self.lines.len()));
        let data_at = body.iter().zip(body.iter().skip(1)).position(|(line, next)| line.text == "Data" && next.text.starts_with("===="));
        let (body, data) = body.split_at(data_at.unwrap_or(body.len()));
        let blocks = tree(self.text, self.base, body);
        let Some(name) = find(&blocks, "Name").and_then(Block::present) else { return };
        let kind = match self.kind {
            Some(kind) => kind.clone(),
            None => recognise::kind(&blocks, data),
        };
        let mut root = Node::map();
        root.put(&["kind"], Node::synthetic(Value::Text(kind.as_str().into())));
        head(&mut root, name, &blocks);
        let namespace = find(&blocks, "Namespace").and_then(Block::present);
        match &kind {
            Kind::Pod => pod::put(&mut root, &blocks),
            Kind::Deployment
            | Kind::ReplicaSet
            | Kind::ReplicationController
            | Kind::StatefulSet
            | Kind::DaemonSet
            | Kind::Job
            | Kind::CronJob => workload::put(&mut root, &kind, &blocks),
            Kind::Service => network::service(&mut root, &blocks),
            Kind::Endpoints => network::endpoints(&mut root, &blocks),
            Kind::EndpointSlice => network::endpoint_slice(&mut root, &blocks),
            Kind::Ingress => network::ingress(&mut root, &blocks),
            Kind::NetworkPolicy => network::policy(&mut root, &blocks),
            Kind::Node => node::put(&mut root, &blocks),
            Kind::Namespace => limits::namespace(&mut root, &blocks, name, out),
            Kind::ConfigMap => config::config_map(&mut root, self.text, self.base, data),
            Kind::Secret => config::secret(&mut root, data),
            Kind::PersistentVolumeClaim | Kind::PersistentVolume | Kind::StorageClass => storage::put(&mut root, &kind, &blocks),
            Kind::ResourceQuota => limits::quota(&mut root, &blocks),
            Kind::LimitRange => limits::limit_range(&mut root, &blocks),
            Kind::HorizontalPodAutoscaler => limits::autoscaler(&mut root, &blocks),
            Kind::PodDisruptionBudget | Kind::PriorityClass | Kind::IngressClass => limits::simple(&mut root, &kind, &blocks),
            Kind::ServiceAccount | Kind::Role | Kind::ClusterRole | Kind::RoleBinding | Kind::ClusterRoleBinding => {
                access::put(&mut root, &kind, &blocks);
            }
            _ => generic::put(&mut root, &blocks),
        }
        out.push((kind.clone(), root));
        // Events of cluster-scoped objects are kept in the namespace `default`, which describe does not print.
        read_events(self.text, self.base, events, &EventOf { kind: Some(kind), name: Some(name), namespace }, out);
    }
}

/// Name, namespace, labels, annotations, age and owner.
fn head(root: &mut Node, name: Piece<'_>, blocks: &[Block<'_>]) {
    use fields::Shape::{Pairs, Text};
    root.put(&["metadata", "name"], name.node());
    fields::put_fields(
        root,
        blocks,
        &[
            ("Namespace", "metadata/namespace", Text),
            ("Labels", "metadata/labels", Pairs),
            ("CreationTimestamp", "metadata/creationTimestamp", Text),
        ],
    );
    put_annotations(root, &["metadata", "annotations"], find(blocks, "Annotations"));
    if let Some(owner) = find(blocks, "Controlled By").and_then(Block::present) {
        let mut node = Node::map();
        fields::put_reference(&mut node, &[], owner);
        node.put(&["controller"], owner.implies(Value::Bool(true)));
        root.push(&["metadata", "ownerReferences"], node);
    }
}

/// `key: value` on a line each; also `key=value`, as classes print them. A long value begins below its key.
fn put_annotations(root: &mut Node, path: &[&str], block: Option<&Block<'_>>) {
    let Some(block) = block else { return };
    let mut key = "";
    for line in block.entries() {
        let (own, value) = match (line.split_once(": "), line.text.strip_suffix(':'), line.split_once("=")) {
            (Some((own, value)), _, _) if !own.text.contains(' ') => (own.text, value),
            (_, Some(own), _) if !own.contains(' ') => {
                key = own;
                continue;
            }
            (_, _, Some((own, value))) if !own.text.contains(' ') => (own.text, value),
            _ => (std::mem::take(&mut key), line),
        };
        if !own.is_empty() {
            root.put(&path.iter().copied().chain([own]).collect::<Vec<_>>(), value.trim().node());
        }
    }
}

/// Whether a line says that only events are left of a pod: `Pod 'x': error 'pods "x" not found', but found events.`
fn is_orphans(line: Piece<'_>) -> bool {
    line.trim().text.starts_with("Pod '") && line.text.ends_with("but found events.")
}

/// The events of a pod that is gone.
fn orphaned_events<'s>(text: &'s str, base: usize, lines: &[Piece<'s>], out: &mut Vec<(Kind, Node)>) {
    let name = lines.first().and_then(|line| line.between("'", "'"));
    let events =
        lines.iter().position(|line| line.trim().text.starts_with("Events:")).and_then(|from| lines.get(from..)).unwrap_or_default();
    read_events(text, base, events, &EventOf { kind: Some(Kind::Pod), name, namespace: None }, out);
}

/// The table below `Events:`. A line that begins no event continues the message before it.
fn read_events<'s>(text: &'s str, base: usize, lines: &[Piece<'s>], of: &EventOf<'s>, out: &mut Vec<(Kind, Node)>) {
    let mut body = lines.iter().skip(1).map(|line| line.trim()).filter(|line| !line.is_empty());
    let Some(header) = body.next().filter(|line| line.text.starts_with("Type")).map(Header::new) else { return };
    let mut message: Option<Piece<'s>> = None;
    for line in body.filter(|line| !line.text.starts_with("----")) {
        let row = header.cut(line);
        let starts =
            ["Normal", "Warning"].iter().any(|kind| line.text.strip_prefix(kind).is_some_and(|rest| rest.starts_with([' ', '\t'])));
        if starts && row.len() > 2 {
            let mut root = Node { value: Value::Map(Vec::new()), ..line.node() };
            root.put(&["kind"], Node::synthetic(Value::Text("Event".into())));
            event(&mut root, &row, of);
            message = row.iter().find(|(title, _)| *title == "Message").map(|(_, cell)| *cell);
            out.push((Kind::Event, root));
        } else if let (Some(first), Some((Kind::Event, root))) = (message, out.last_mut()) {
            root.put(&["message"], span(text, base, first, line).node());
        }
    }
}
