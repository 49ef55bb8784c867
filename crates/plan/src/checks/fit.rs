//! Whether some node has room for a pod as the change would make it.
//!
//! Counts requests as the scheduler does: what a node can allocate, less what its pods ask for. Selectors, taints and affinity are
//! the scheduler's; a dry run of a pod would not ask it either.

use assent_base::Kind;
use assent_evidence::{Entity, Graph, Relation, edges};
use serde_json::Value;

use super::{About, Check, Outcome};
use crate::action::Action;
use crate::domain::Compute;
use crate::draw::quantity_of;
use crate::observed::Object;

/// What a node has left of a resource; none where the node does not say what it has.
pub(crate) fn left(node: Entity<'_>, compute: Compute, but: Option<Entity<'_>>) -> Option<i128> {
    let has = node.at("status/allocatable").get(compute.as_str()).milli()?;
    let pods = node.from(Relation::RunsOn).filter(|pod| *pod.kind() == Kind::Pod);
    let runs = pods.filter(|pod| !matches!(pod.at("status/phase").text(), Some("Succeeded" | "Failed")));
    let others = runs.filter(|pod| but.is_none_or(|but| pod.top_owner() != but));
    let asked: i128 = others.map(|pod| asked(pod, compute)).sum();
    Some(has - asked)
}

fn asked(pod: Entity<'_>, compute: Compute) -> i128 {
    let own = |container: assent_capture::tree::At<'_>| container.at("resources/requests").get(compute.as_str()).milli();
    edges::containers(pod.at("spec")).filter_map(own).sum()
}

pub(super) fn fit(graph: &Graph, object: &Object<'_>, action: &Action) -> Option<Check> {
    let Action::SetResources { container, compute, request: Some(request), .. } = action else { return None };
    let path = object.container(container.as_str())?;
    let field = format!("resources/requests/{}", compute.as_str());
    let now = object.at(&format!("{path}/{field}")).and_then(quantity_of).unwrap_or(0);
    let spec = object.pod_spec_path()?;
    let containers = object.at(&format!("{spec}/containers")).and_then(Value::as_array)?;
    let all: i128 = containers.iter().filter_map(|own| own.pointer(&format!("/{field}")).and_then(quantity_of)).sum();
    let wanted = all - now + request.milli();
    let room: Vec<i128> = graph.of_kind(&Kind::Node).filter_map(|node| left(node, *compute, Some(object.entity))).collect();
    Some(match room.iter().max() {
        None => Check::new(About::SchedulingFit, Outcome::Unknown, "what nodes can allocate was not captured"),
        Some(most) if *most < wanted => {
            Check::new(About::SchedulingFit, Outcome::Fails, format!("no node has the {} that a pod would ask for", compute.as_str()))
        }
        Some(_) => {
            let count = room.iter().filter(|left| **left >= wanted).count();
            Check::new(About::SchedulingFit, Outcome::Passes, format!("{count} of {} nodes have room for a pod", room.len()))
        }
    })
}
