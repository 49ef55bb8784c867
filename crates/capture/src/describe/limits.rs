//! Quotas, limit ranges, namespaces, autoscalers, disruption budgets, and classes of a few fields.

use assent_base::Kind;

use super::block::{Block, find};
use super::fields::{Field, Shape, counts, put_conditions, put_fields, put_reference, rows};
use crate::piece::{Piece, condition};
use crate::tree::{Node, Value};

const SIMPLE: [Field; 9] = [
    ("Min available", "spec/minAvailable", Shape::Amount),
    ("Max unavailable", "spec/maxUnavailable", Shape::Amount),
    ("Selector", "spec/selector", Shape::Selector),
    ("Value", "value", Shape::Amount),
    ("GlobalDefault", "globalDefault", Shape::Truth),
    ("PreemptionPolicy", "preemptionPolicy", Shape::Text),
    ("Description", "description", Shape::Text),
    ("Controller", "spec/controller", Shape::Text),
    ("Parameters", "spec/parameters/name", Shape::Text),
];

const BUDGET: [Field; 4] = [
    ("Allowed disruptions", "status/disruptionsAllowed", Shape::Amount),
    ("Current", "status/currentHealthy", Shape::Amount),
    ("Desired", "status/desiredHealthy", Shape::Amount),
    ("Total", "status/expectedPods", Shape::Amount),
];

/// Puts a disruption budget, a priority class or an ingress class.
pub(super) fn simple(root: &mut Node, kind: &Kind, blocks: &[Block<'_>]) {
    put_fields(root, blocks, &SIMPLE);
    if let (Kind::PodDisruptionBudget, Some(status)) = (kind, find(blocks, "Status")) {
        put_fields(root, &status.below, &BUDGET);
    }
}

/// Puts a quota: the table `Resource Used Hard`, at the margin or in a namespace.
pub(super) fn quota(root: &mut Node, blocks: &[Block<'_>]) {
    let from = blocks.iter().position(|block| block.line.text.starts_with("Resource ")).unwrap_or(blocks.len());
    for (line, row) in rows(blocks.get(from..).unwrap_or_default()) {
        let cell = |wanted: &str| row.iter().find(|(title, _)| *title == wanted).and_then(|(_, cell)| cell.present());
        let (Some(resource), Some(used), Some(hard)) = (cell("Resource"), cell("Used"), cell("Hard")) else { continue };
        root.put(&["status", "used", resource.text], line.says(used.text));
        root.put(&["status", "hard", resource.text], line.says(hard.text));
        root.put(&["spec", "hard", resource.text], line.says(hard.text));
    }
    for scope in find(blocks, "Scopes").and_then(Block::present).map(Piece::commas).unwrap_or_default() {
        root.push(&["spec", "scopes"], scope.node());
    }
}

/// Puts a limit range: an entry for each row, since rows of one type may come from several entries.
pub(super) fn limit_range(root: &mut Node, blocks: &[Block<'_>]) {
    let from = blocks.iter().position(|block| block.line.text.starts_with("Type ")).unwrap_or(blocks.len());
    for (line, row) in rows(blocks.get(from..).unwrap_or_default()) {
        let cell = |wanted: &str| {
            row.iter().find(|(title, _)| *title == wanted).map(|(_, cell)| *cell).filter(|cell| !cell.is_absent() && cell.text != "-")
        };
        let (Some(kind), Some(resource)) = (cell("Type"), cell("Resource")) else { continue };
        let mut node = Node::map();
        node.put(&["type"], line.says(kind.text));
        for (title, field) in [
            ("Min", "min"),
            ("Max", "max"),
            ("Default Request", "defaultRequest"),
            ("Default Limit", "default"),
            ("Max Limit/Request Ratio", "maxLimitRequestRatio"),
        ] {
            if let Some(amount) = cell(title) {
                node.put(&[field, resource.text], line.says(amount.text));
            }
        }
        root.push(&["spec", "limits"], node);
    }
}

/// Puts a namespace. The quotas and limits it prints become objects of their own.
pub(super) fn namespace(root: &mut Node, blocks: &[Block<'_>], name: Piece<'_>, out: &mut Vec<(Kind, Node)>) {
    put_fields(root, blocks, &[("Status", "status/phase", Shape::Text)]);
    put_conditions(root, blocks);
    let section =
        |title: &str| blocks.iter().find(|block| block.line.text.trim_end_matches(':') == title).map(|block| block.below.as_slice());
    let object = |kind: &Kind, own: Option<Piece<'_>>| {
        let mut node = Node::map();
        node.put(&["kind"], Node::synthetic(Value::Text(kind.as_str().into())));
        node.put(&["metadata", "namespace"], name.node());
        if let Some(own) = own {
            node.put(&["metadata", "name"], own.node());
        }
        node
    };
    let quotas = section("Resource Quotas").unwrap_or_default();
    let starts: Vec<usize> = quotas.iter().enumerate().filter(|(_, block)| block.is("Name")).map(|(at, _)| at).collect();
    for (index, from) in starts.iter().enumerate() {
        let own = quotas.get(*from..starts.get(index + 1).copied().unwrap_or(quotas.len())).unwrap_or_default();
        let mut node = object(&Kind::ResourceQuota, find(own, "Name").and_then(Block::present));
        quota(&mut node, own);
        out.push((Kind::ResourceQuota, node));
    }
    // The limits are printed without the names of their limit ranges.
    if let Some(limits) = section("Resource Limits") {
        let mut node = object(&Kind::LimitRange, None);
        limit_range(&mut node, limits);
        if let Some(limits) = node.get_mut(&["spec", "limits"]).cloned() {
            root.put(&["status", "printed", "limits"], limits);
        }
    }
}

/// Puts an autoscaler.
pub(super) fn autoscaler(root: &mut Node, blocks: &[Block<'_>]) {
    if let Some(value) = find(blocks, "Reference").and_then(Block::present) {
        put_reference(root, &["spec", "scaleTargetRef"], value);
    }
    put_fields(root, blocks, &[("Min replicas", "spec/minReplicas", Shape::Number), ("Max replicas", "spec/maxReplicas", Shape::Number)]);
    if let Some(value) = blocks.iter().find(|block| block.key.is_some_and(|key| key.text.ends_with(" pods"))).and_then(Block::present) {
        for (number, word) in counts(value) {
            let field = if word == "current" { "currentReplicas" } else { "desiredReplicas" };
            root.put(&["status", field], value.implies(Value::Int(number)));
        }
    }
    for block in find(blocks, "Metrics").map(|block| block.below.as_slice()).unwrap_or_default() {
        metric(root, block.line);
    }
    put_conditions(root, blocks);
}

/// `resource cpu on pods  (as a percentage of request):  12% (25m) / 80%`, `"queue_length" on pods:  4 / 10`.
fn metric(root: &mut Node, line: Piece<'_>) {
    let Some((what, amounts)) = line.rsplit_once(": ") else { return };
    let Some((now, aim)) = amounts.split_once(" / ") else { return };
    let (kind, path, name): (&str, &[&str], &str) = if let Some(rest) = what.text.strip_prefix("resource ") {
        ("Resource", &["resource", "name"], rest.split(' ').next().unwrap_or_default())
    } else {
        let name = what.between("\"", "\"").map_or("", |name| name.text);
        let kind = if what.text.contains("(target") { "External" } else { "Pods" };
        (kind, if kind == "External" { &["external", "metric", "name"] } else { &["pods", "metric", "name"] }, name)
    };
    let Some(holder) = path.first() else { return };
    let build = |side: &str, amount: Piece<'_>| {
        let mut node = Node::map();
        node.put(&["type"], line.says(kind));
        node.put(path, line.says(name));
        let own = amount.words().first().copied().unwrap_or(amount);
        match own.text.strip_suffix('%').and_then(|digits| digits.parse().ok()) {
            Some(percent) => node.put(&[holder, side, "averageUtilization"], line.implies(Value::Int(percent))),
            None => node.put(&[holder, side, "averageValue"], line.says(own.text)),
        }
        node
    };
    root.push(&["spec", "metrics"], build("target", aim.trim()));
    let now = now.trim();
    if now.text.starts_with("<unknown>") {
        root.push(&["status", "printed", "unknownMetrics"], condition(line.says(name), line.says("Unknown")));
    } else {
        root.push(&["status", "currentMetrics"], build("current", now));
    }
}
