//! Whether the namespace's quotas and limit ranges admit what a change asks for.

use assent_base::Kind;
use assent_evidence::Graph;
use serde_json::Value;

use super::{About, Check, Outcome};
use crate::action::Action;
use crate::domain::Compute;
use crate::draw::quantity_of;
use crate::observed::Object;

/// What a change asks for in addition, in thousandths, of one resource.
struct More {
    /// `requests` or `limits`.
    part: &'static str,
    compute: Compute,
    milli: i128,
}

fn replicas(object: &Object<'_>) -> i128 {
    object.at("/spec/replicas").and_then(Value::as_i64).map_or(1, i128::from)
}

fn amounts(object: &Object<'_>, part: &str, compute: Compute) -> i128 {
    let containers = object.pod_spec_path().and_then(|spec| object.at(&format!("{spec}/containers"))).and_then(Value::as_array);
    let own = |container: &Value| container.pointer(&format!("/resources/{part}/{}", compute.as_str())).and_then(quantity_of);
    containers.into_iter().flatten().filter_map(own).sum()
}

fn more(object: &Object<'_>, action: &Action) -> Vec<More> {
    let all = [Compute::Cpu, Compute::Memory, Compute::EphemeralStorage];
    match action {
        Action::Scale { replicas: wanted } => {
            let added = i128::from(wanted.get()) - replicas(object);
            let of = |part: &'static str| all.map(|compute| More { part, compute, milli: added * amounts(object, part, compute) });
            of("requests").into_iter().chain(of("limits")).filter(|more| more.milli > 0).collect()
        }
        Action::SetResources { container, compute, request, limit } => {
            let Some(path) = object.container(container.as_str()) else { return Vec::new() };
            let now = |part: &str| object.at(&format!("{path}/resources/{part}/{}", compute.as_str())).and_then(quantity_of).unwrap_or(0);
            [("requests", request), ("limits", limit)]
                .into_iter()
                .filter_map(|(part, amount)| Some((part, amount.as_ref()?.milli())))
                .map(|(part, amount)| More { part, compute: *compute, milli: (amount - now(part)) * replicas(object) })
                .filter(|more| more.milli > 0)
                .collect()
        }
        _ => Vec::new(),
    }
}

pub(super) fn quota(graph: &Graph, object: &Object<'_>, action: &Action) -> Option<Check> {
    let more = more(object, action);
    let pods = match action {
        Action::Scale { replicas: wanted } => i128::from(wanted.get()) - replicas(object),
        _ => 0,
    };
    if more.is_empty() && pods <= 0 {
        return None;
    }
    let mut seen = false;
    for quota in graph.entities_in(&Kind::ResourceQuota, object.entity.namespace()).filter(assent_evidence::Entity::is_captured) {
        seen = true;
        let (hard, used) = (quota.at("status/hard"), quota.at("status/used"));
        let left = |key: &str| Some(hard.get(key).milli()? - used.get(key).milli()?);
        let mut wanted: Vec<(String, i128)> = vec![("pods".to_owned(), pods * 1000), ("count/pods".to_owned(), pods * 1000)];
        for More { part, compute, milli } in &more {
            wanted.push((format!("{part}.{}", compute.as_str()), *milli));
            // A quota may leave out the word for requests.
            wanted.extend((*part == "requests").then(|| (compute.as_str().to_owned(), *milli)));
        }
        let short = wanted.iter().find(|(key, milli)| left(key).is_some_and(|left| left < *milli));
        if let Some((key, _)) = short {
            let says = format!("{} has no room for it: `{key}`", quota.reference());
            return Some(Check::new(About::Quota, Outcome::Fails, says));
        }
    }
    Some(match (seen, graph.is_listed(&Kind::ResourceQuota, object.entity.namespace())) {
        (true, _) => Check::new(About::Quota, Outcome::Passes, "the namespace's quotas have room"),
        (false, true) => Check::new(About::Quota, Outcome::Passes, "the namespace has no quota"),
        (false, false) => Check::new(About::Quota, Outcome::Unknown, "quotas were not captured"),
    })
}

pub(super) fn limit_range(graph: &Graph, object: &Object<'_>, action: &Action) -> Option<Check> {
    let Action::SetResources { compute, request, limit, .. } = action else { return None };
    for range in graph.entities_in(&Kind::LimitRange, object.entity.namespace()) {
        for item in range.at("spec/limits").items().filter(|item| item.get("type").is("Container")) {
            let bound = |key: &str| item.get(key).get(compute.as_str()).milli();
            let over = limit.or(*request).zip(bound("max")).is_some_and(|(amount, max)| amount.milli() > max);
            let under = request.zip(bound("min")).is_some_and(|(amount, min)| amount.milli() < min);
            if over || under {
                let says = format!("{} does not admit this amount of {}", range.reference(), compute.as_str());
                return Some(Check::new(About::LimitRange, Outcome::Fails, says));
            }
        }
    }
    Some(if graph.entities_in(&Kind::LimitRange, object.entity.namespace()).next().is_some() {
        Check::new(About::LimitRange, Outcome::Passes, "the namespace's limit ranges admit it")
    } else if graph.is_listed(&Kind::LimitRange, object.entity.namespace()) {
        Check::new(About::LimitRange, Outcome::Passes, "the namespace has no limit range")
    } else {
        Check::new(About::LimitRange, Outcome::Unknown, "limit ranges were not captured")
    })
}
