//! Requests and limits: more where a limit kills or holds back, less where no node could ever give what is asked for.

use assent_base::Kind;
use assent_evidence::{Entity, edges};

use super::{Ctx, Found, beside, proposal};
use crate::action::Action;
use crate::checks::room_left;
use crate::domain::{Amount, Compute};
use crate::draw::quantity_of;
use crate::observed::Object;

/// By how much a limit grows that was reached. Twice is what people try first, and the next step if it does not do.
const GROWTH: i128 = 2;
/// What a heap takes beyond its own size, in percent: stacks, code, buffers.
const HEAP_OVERHEAD_PERCENT: i128 = 25;
/// What a container asks for that asked for nothing where something must be asked: a tenth of a core.
const CPU_REQUEST_MILLI_DEFAULT: i128 = 100;
/// The same for memory: 128 MiB, in thousandths of a byte.
const MEMORY_REQUEST_MILLI_DEFAULT: i128 = 128 * MEBIBYTE_MILLI;
/// Thousandths of a byte in a mebibyte.
const MEBIBYTE_MILLI: i128 = 1000 << 20;
/// The least memory that a container runtime starts a container with.
const MEMORY_LEAST_MILLI: i128 = 16 * MEBIBYTE_MILLI;
/// A request is lowered to no less than this share of it, in percent; below, the program is made for other machines.
const LOWERED_TO_PERCENT_MIN: i128 = 10;

fn now(object: &Object<'_>, container: &str, part: &str, compute: Compute) -> Option<i128> {
    let path = object.container(container)?;
    object.at(&format!("{path}/resources/{part}/{}", compute.as_str())).and_then(quantity_of)
}

/// Sets a limit, and the request too where the two were equal: then they were meant to be.
fn limited(object: &Object<'_>, container: &str, compute: Compute, milli: i128) -> Found {
    let limit = compute.amount(milli).map_err(|cause| cause.to_string())?;
    let equal = now(object, container, "requests", compute) == now(object, container, "limits", compute);
    set(object, container, compute, equal.then_some(limit), Some(limit))
}

fn set(object: &Object<'_>, container: &str, compute: Compute, request: Option<Amount>, limit: Option<Amount>) -> Found {
    let container = container.parse().map_err(|_| "the container has no name that Kubernetes admits".to_owned())?;
    Ok(vec![proposal(object.entity, Action::SetResources { container, compute, request, limit })])
}

fn grown(ctx: &Ctx<'_, '_>, compute: Compute, least: i128) -> Found {
    let workload = ctx.workload()?;
    let limited_by = |name: &&str| now(&workload, name, "limits", compute).is_some();
    let container = ctx.container(&workload).or_else(|why| {
        let all = workload.containers();
        let mut held = all.iter().copied().filter(limited_by);
        match (held.next(), held.next()) {
            (Some(only), None) => Ok(only.to_owned()),
            _ => Err(why),
        }
    })?;
    let limit = now(&workload, &container, "limits", compute).ok_or_else(|| "the container has no such limit".to_owned())?;
    limited(&workload, &container, compute, (limit * GROWTH).max(least))
}

/// The memory limit that kills.
pub(super) fn memory(ctx: &Ctx<'_, '_>) -> Found {
    grown(ctx, Compute::Memory, heap_needs(ctx))
}

/// The memory limit, if the runtime cannot even start a container with it.
pub(super) fn startable(ctx: &Ctx<'_, '_>) -> Found {
    grown(ctx, Compute::Memory, 4 * MEMORY_LEAST_MILLI)
}

/// The CPU limit that holds back.
pub(super) fn cpu(ctx: &Ctx<'_, '_>) -> Found {
    grown(ctx, Compute::Cpu, 0)
}

/// The limit of scratch space that evicts.
pub(super) fn scratch(ctx: &Ctx<'_, '_>) -> Found {
    grown(ctx, Compute::EphemeralStorage, 0)
}

/// What the heap that the template sets needs as a limit; nothing where it sets none.
fn heap_needs(ctx: &Ctx<'_, '_>) -> i128 {
    let spec = ctx.entity.top_owner().pod_spec();
    let words = edges::containers(spec).flat_map(|own| {
        let env = own.get("env").items().filter_map(|variable| variable.get("value").text());
        let arguments = own.get("args").items().chain(own.get("command").items()).filter_map(|word| word.text());
        env.chain(arguments).collect::<Vec<_>>()
    });
    words.flat_map(str::split_whitespace).filter_map(heap).max().map_or(0, |heap| heap * (100 + HEAP_OVERHEAD_PERCENT) / 100)
}

/// The heap that one word sets, in thousandths of a byte: `-Xmx2g`, `--max-old-space-size=512`.
fn heap(word: &str) -> Option<i128> {
    let figures = |text: &str| text.parse::<u32>().ok().map(i128::from);
    if let Some(size) = word.strip_prefix("--max-old-space-size=") {
        return Some(figures(size)? * MEBIBYTE_MILLI);
    }
    let size = word.strip_prefix("-Xmx")?;
    let unit = size.chars().next_back()?.to_ascii_lowercase();
    let shift = match unit {
        'g' => 30,
        'm' => 20,
        'k' => 10,
        _ => return None,
    };
    Some((figures(size.get(..size.len() - 1)?)? << shift) * 1000)
}

/// Less CPU, where no node has as much as is asked for even when it is empty.
pub(super) fn less_cpu(ctx: &Ctx<'_, '_>) -> Found {
    lowered(ctx, Compute::Cpu)
}

/// Less memory, likewise.
pub(super) fn less_memory(ctx: &Ctx<'_, '_>) -> Found {
    lowered(ctx, Compute::Memory)
}

fn lowered(ctx: &Ctx<'_, '_>, compute: Compute) -> Found {
    let workload = ctx.workload()?;
    let name = ctx.container(&workload)?;
    let asked = now(&workload, &name, "requests", compute)
        .or_else(|| now(&workload, &name, "limits", compute))
        .ok_or_else(|| "the container asks for nothing".to_owned())?;
    let nodes: Vec<Entity<'_>> = ctx.graph.of_kind(&Kind::Node).filter(|node| node.at("spec/unschedulable").bool() != Some(true)).collect();
    let most = nodes.iter().filter_map(|node| node.at("status/allocatable").get(compute.as_str()).milli()).max();
    let most = most.ok_or_else(|| "what nodes can allocate was not captured".to_owned())?;
    if asked <= most {
        return Err("nodes are full, and none is too small: add a node, or decide which workload gives way".to_owned());
    }
    let room = nodes.iter().filter_map(|node| room_left(*node, compute, Some(workload.entity))).max().unwrap_or(0);
    let step = if compute == Compute::Cpu { 50 } else { 64 * MEBIBYTE_MILLI };
    let fits = room / step * step;
    if fits * 100 < asked * LOWERED_TO_PERCENT_MIN || fits <= 0 {
        return Err("no node has a fair part of what is asked for: larger nodes are needed".to_owned());
    }
    let amount = compute.amount(fits).map_err(|cause| cause.to_string())?;
    let limit = now(&workload, &name, "limits", compute).filter(|limit| *limit == asked).map(|_| amount);
    set(&workload, &name, compute, Some(amount), limit)
}

/// To what the namespace's limit range admits.
pub(super) fn limit_range(ctx: &Ctx<'_, '_>) -> Found {
    let workload = ctx.workload()?;
    let mut found = Vec::new();
    for range in beside(ctx.graph, &Kind::LimitRange, ctx.entity.namespace()) {
        for item in range.at("spec/limits").items().filter(|item| item.get("type").is("Container")) {
            for compute in [Compute::Cpu, Compute::Memory] {
                for container in workload.containers() {
                    let bound = |key: &str| item.get(key).get(compute.as_str()).milli();
                    let ratio = bound("maxLimitRequestRatio");
                    let (request, limit) = admitted(
                        (now(&workload, container, "requests", compute), now(&workload, container, "limits", compute)),
                        (bound("min"), bound("max"), ratio),
                    );
                    let amount = |milli: Option<i128>| milli.and_then(|milli| compute.amount(milli).ok());
                    if request.is_some() || limit.is_some() {
                        found.extend(set(&workload, container, compute, amount(request), amount(limit))?);
                    }
                }
            }
        }
    }
    if found.is_empty() { Err("the limit range, or what it refuses, was not captured".to_owned()) } else { Ok(found) }
}

/// The request and the limit that a range admits, as far as they differ from the present ones. All in thousandths; the ratio too.
fn admitted(
    (request, limit): (Option<i128>, Option<i128>),
    (min, max, ratio): (Option<i128>, Option<i128>, Option<i128>),
) -> (Option<i128>, Option<i128>) {
    let wanted_limit = match (limit, max) {
        (Some(limit), Some(max)) if limit > max => Some(max),
        (None, Some(max)) if request.is_none_or(|request| request <= max) => Some(max),
        _ => None,
    };
    let held_to = wanted_limit.or(limit);
    let capped = request.filter(|request| held_to.is_some_and(|limit| *request > limit)).and(held_to);
    let raised = match (request.or(limit), min) {
        (Some(now), Some(min)) if now < min => Some(min),
        (None, Some(min)) => Some(min),
        _ => None,
    };
    let near = match (held_to, request, ratio.filter(|ratio| *ratio > 0)) {
        (Some(limit), Some(request), Some(ratio)) if limit * 1000 > request * ratio => Some((limit * 1000 + ratio - 1) / ratio),
        _ => None,
    };
    let wanted = raised.or(near).or(capped);
    // A limit below a raised request has to follow it.
    let follows = wanted.filter(|wanted| held_to.is_some_and(|limit| *wanted > limit));
    (wanted, follows.or(wanted_limit))
}

/// A request for containers that state none, where an autoscaler or a quota needs one. A request holds nobody back.
pub(super) fn stated_cpu(ctx: &Ctx<'_, '_>) -> Found {
    stated(ctx, &[(Compute::Cpu, CPU_REQUEST_MILLI_DEFAULT)])
}

/// The same, for each resource of which a quota of the namespace counts requests. One that counts limits asks for more than can be known.
pub(super) fn stated_for_quota(ctx: &Ctx<'_, '_>) -> Found {
    let namespace = ctx.entity.namespace();
    let keys: Vec<&str> = beside(ctx.graph, &Kind::ResourceQuota, namespace)
        .into_iter()
        .flat_map(|quota| quota.at("spec/hard").entries().chain(quota.at("status/hard").entries()).map(|(key, _)| key).collect::<Vec<_>>())
        .collect();
    if keys.iter().any(|key| key.starts_with("limits.")) {
        return Err("the quota wants limits too, and what the program needs at most is not known from the input".to_owned());
    }
    let all = [(Compute::Cpu, CPU_REQUEST_MILLI_DEFAULT), (Compute::Memory, MEMORY_REQUEST_MILLI_DEFAULT)];
    let counted = |compute: Compute| keys.iter().any(|key| key.strip_prefix("requests.").unwrap_or(key) == compute.as_str());
    let wanted: Vec<(Compute, i128)> = all.into_iter().filter(|(compute, _)| counted(*compute)).collect();
    stated(ctx, &wanted)
}

fn stated(ctx: &Ctx<'_, '_>, wanted: &[(Compute, i128)]) -> Found {
    let workload = match ctx.entity.kind() {
        Kind::ResourceQuota => return Err("which workload states nothing is not told by the quota".to_owned()),
        _ => ctx.workload()?,
    };
    let mut found = Vec::new();
    for (compute, least) in wanted {
        for container in workload.containers() {
            if now(&workload, container, "requests", *compute).is_none() && now(&workload, container, "limits", *compute).is_none() {
                let amount = compute.amount(*least).map_err(|cause| cause.to_string())?;
                found.extend(set(&workload, container, *compute, Some(amount), None)?);
            }
        }
    }
    // One plan is one action; with several containers each gets its own, and all are needed.
    match found.len() {
        0 => Err("every container of the template states its requests".to_owned()),
        1 => Ok(found),
        _ => Err("several requests are missing at once, and one plan sets one".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_is_read_off_flags() {
        assert_eq!(heap_of("java -Xmx2g -jar a.jar"), Some(2 * 1024 * MEBIBYTE_MILLI));
        assert_eq!(heap_of("--max-old-space-size=512"), Some(512 * MEBIBYTE_MILLI));
        assert_eq!(heap_of("-Xmx -Xmx12 -Xms1g -Xmxé"), None);
    }

    #[test]
    fn amounts_are_brought_into_a_range() {
        assert_eq!(admitted((Some(500), Some(4000)), (None, Some(2000), None)), (None, Some(2000)));
        assert_eq!(admitted((Some(3000), Some(4000)), (None, Some(2000), None)), (Some(2000), Some(2000)));
        assert_eq!(admitted((Some(10), None), (Some(50), None, None)), (Some(50), None));
        assert_eq!(admitted((Some(10), Some(20)), (Some(50), None, None)), (Some(50), Some(50)));
        assert_eq!(admitted((Some(100), Some(1000)), (None, None, Some(4000))), (Some(250), None));
        assert_eq!(admitted((Some(100), Some(100)), (Some(50), Some(200), Some(2000))), (None, None));
    }

    fn heap_of(words: &str) -> Option<i128> {
        words.split_whitespace().filter_map(heap).max()
    }
}
