//! Deployments, replica sets, stateful sets, daemon sets, jobs and cron jobs.

use assent_base::Kind;

use super::block::{Block, find};
use super::fields::{Field, Shape, counts, put_conditions, put_fields};
use super::pod;
use crate::piece::{Piece, access_modes};
use crate::tree::{Node, Value};

const FIELDS: [Field; 29] = [
    ("Node-Selector", "spec/template/spec/nodeSelector", Shape::Pairs),
    ("StrategyType", "spec/strategy/type", Shape::Text),
    ("Update Strategy", "spec/updateStrategy/type", Shape::Text),
    ("MinReadySeconds", "spec/minReadySeconds", Shape::Number),
    ("OldReplicaSets", "status/printed/oldReplicaSets", Shape::Text),
    ("NewReplicaSet", "status/printed/newReplicaSet", Shape::Text),
    ("Desired Number of Nodes Scheduled", "status/desiredNumberScheduled", Shape::Number),
    ("Current Number of Nodes Scheduled", "status/currentNumberScheduled", Shape::Number),
    ("Number of Nodes Scheduled with Up-to-date Pods", "status/updatedNumberScheduled", Shape::Number),
    ("Number of Nodes Scheduled with Available Pods", "status/numberAvailable", Shape::Number),
    ("Number of Nodes Misscheduled", "status/numberMisscheduled", Shape::Number),
    ("Parallelism", "spec/parallelism", Shape::Number),
    ("Completions", "spec/completions", Shape::Number),
    ("Completion Mode", "spec/completionMode", Shape::Text),
    ("Suspend", "spec/suspend", Shape::Truth),
    ("Backoff Limit", "spec/backoffLimit", Shape::Number),
    ("TTL Seconds After Finished", "spec/ttlSecondsAfterFinished", Shape::Number),
    ("Active Deadline Seconds", "spec/activeDeadlineSeconds", Shape::Number),
    ("Start Time", "status/startTime", Shape::Text),
    ("Completed At", "status/completionTime", Shape::Text),
    ("Duration", "status/printed/duration", Shape::Text),
    ("Completed Indexes", "status/completedIndexes", Shape::Text),
    ("Schedule", "spec/schedule", Shape::Text),
    ("Time Zone", "spec/timeZone", Shape::Text),
    ("Concurrency Policy", "spec/concurrencyPolicy", Shape::Text),
    ("Successful Job History Limit", "spec/successfulJobsHistoryLimit", Shape::Number),
    ("Failed Job History Limit", "spec/failedJobsHistoryLimit", Shape::Number),
    ("Starting Deadline Seconds", "spec/startingDeadlineSeconds", Shape::Number),
    ("Last Schedule Time", "status/lastScheduleTime", Shape::Text),
];

/// Fields that a cron job prints of its job template.
const JOB_TEMPLATE: [Field; 4] = [
    ("Parallelism", "spec/jobTemplate/spec/parallelism", Shape::Number),
    ("Completions", "spec/jobTemplate/spec/completions", Shape::Number),
    ("Active Deadline Seconds", "spec/jobTemplate/spec/activeDeadlineSeconds", Shape::Number),
    ("Selector", "spec/jobTemplate/spec/selector", Shape::Selector),
];

/// Puts the fields of a workload.
pub(super) fn put(root: &mut Node, kind: &Kind, blocks: &[Block<'_>]) {
    if *kind == Kind::CronJob {
        let own = |key: &str| !JOB_TEMPLATE.iter().any(|(template, _, _)| *template == key);
        put_fields(root, blocks, &FIELDS.into_iter().filter(|(key, _, _)| own(key)).collect::<Vec<_>>());
        put_fields(root, blocks, &JOB_TEMPLATE);
        for job in find(blocks, "Active Jobs").and_then(Block::present).map(Piece::commas).unwrap_or_default() {
            let mut node = Node::map();
            node.put(&["name"], job.node());
            root.push(&["status", "active"], node);
        }
    } else {
        put_fields(root, blocks, &FIELDS);
        let shape = if *kind == Kind::ReplicationController { Shape::Pairs } else { Shape::Selector };
        put_fields(root, blocks, &[("Selector", "spec/selector", shape)]);
    }
    replicas(root, blocks);
    pods(root, blocks);
    rolling_update(root, blocks);
    volume_claims(root, blocks);
    put_conditions(root, blocks);
    if let Some(block) = find(blocks, "Pod Template") {
        let path: &[&str] = match kind {
            Kind::CronJob => &["spec", "jobTemplate", "spec", "template"],
            _ => &["spec", "template"],
        };
        // A daemon set prints the selector of its template above the template.
        let selector = root.get_mut(&["spec", "template", "spec", "nodeSelector"]).cloned();
        pod::put_template(root, block, path);
        if let Some(selector) = selector {
            root.put(&["spec", "template", "spec", "nodeSelector"], selector);
        }
    }
}

/// `1 desired | 1 updated | 1 total | 0 available | 1 unavailable`, `2 current / 3 desired`.
fn replicas(root: &mut Node, blocks: &[Block<'_>]) {
    let Some(value) = find(blocks, "Replicas").and_then(Block::present) else { return };
    for (number, word) in counts(value) {
        let path: &[&str] = match word {
            "desired" => &["spec", "replicas"],
            "updated" => &["status", "updatedReplicas"],
            "total" | "current" => &["status", "replicas"],
            "available" => &["status", "availableReplicas"],
            "unavailable" => &["status", "unavailableReplicas"],
            _ => continue,
        };
        root.put(path, value.implies(Value::Int(number)));
    }
}

/// `1 Running / 0 Waiting / 0 Succeeded / 2 Failed` of sets, `1 Active (0 Ready) / 0 Succeeded / 3 Failed` of jobs.
fn pods(root: &mut Node, blocks: &[Block<'_>]) {
    if let Some(value) = find(blocks, "Pods Status").and_then(Block::present) {
        for (number, word) in counts(value) {
            root.put(&["status", "printed", "pods", &word.to_lowercase()], value.implies(Value::Int(number)));
        }
    }
    if let Some(value) = find(blocks, "Pods Statuses").and_then(Block::present) {
        for (number, word) in counts(value) {
            root.put(&["status", &word.to_lowercase()], value.implies(Value::Int(number)));
        }
    }
}

/// `25% max unavailable, 1 max surge`
fn rolling_update(root: &mut Node, blocks: &[Block<'_>]) {
    let Some(value) = find(blocks, "RollingUpdateStrategy").and_then(Block::present) else { return };
    for part in value.commas() {
        let Some((amount, word)) = part.split_once(" max ") else { continue };
        let field = if word.text == "surge" { "maxSurge" } else { "maxUnavailable" };
        root.put(&["spec", "strategy", "rollingUpdate", field], amount.number_or_text());
    }
}

/// The claims of a stateful set, printed one after the other, each beginning with its name.
fn volume_claims(root: &mut Node, blocks: &[Block<'_>]) {
    let mut claims: Vec<Node> = Vec::new();
    for block in find(blocks, "Volume Claims").map(|block| block.below.as_slice()).unwrap_or_default() {
        let (Some(key), Some(value)) = (block.key, block.present()) else { continue };
        if key.text == "Name" {
            claims.push(Node::map());
        }
        let Some(claim) = claims.last_mut() else { continue };
        match key.text {
            "Name" => claim.put(&["metadata", "name"], value.node()),
            "StorageClass" => claim.put(&["spec", "storageClassName"], value.node()),
            "Capacity" => claim.put(&["spec", "resources", "requests", "storage"], value.node()),
            "Access Modes" => claim.put(&["spec", "accessModes"], access_modes(value)),
            _ => {}
        }
    }
    if !claims.is_empty() {
        root.put(&["spec", "volumeClaimTemplates"], Node::synthetic(Value::List(claims)));
    }
}
