//! Memory: limits, heaps, nodes that run out.
//!
//! `OOMKilled` says that the kernel killed; the specification says at which bound; the environment says what the runtime was allowed
//! to take. A heap of 2500 MiB below a limit of 2 GiB is a fault that no log shows.

use assent_base::Kind;
use assent_capture::tree::At;
use assent_evidence::{Entity, EntityId, EventFact, Relation, edges};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::cause::Cause;
use crate::finding::{Finding, Symptom};
use crate::logs::Signal;
use crate::said;

mod catalogue;
mod heap;

/// The causes of this family.
pub static CAUSES: &[Cause] = catalogue::CAUSES;

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (index, finding) in case.findings.iter().enumerate() {
        match finding.symptom {
            Symptom::OomKilled => {
                out.push(killed(case, index, finding));
                out.extend(heap_exceeds(case, index, finding));
            }
            Symptom::ContainerCrash if killed_by_signal(case, finding) => out.extend(heap_exceeds(case, index, finding)),
            _ => {}
        }
    }
    logged(case, out);
}

fn killed_by_signal(case: &Case<'_>, finding: &Finding) -> bool {
    said::statuses(case.entity(finding.on), finding.container.as_deref()).iter().any(|status| {
        [status.at("state/terminated/exitCode"), status.at("lastState/terminated/exitCode")].iter().any(|code| code.int() == Some(137))
    })
}

/// The containers that a finding may mean: its own; when it names none, those with a memory limit, or else all.
fn containers<'g>(case: &Case<'g>, finding: &Finding) -> Vec<(Entity<'g>, At<'g>)> {
    let holders = [case.entity(finding.on), case.owner(finding.on)];
    let Some(holder) = holders.into_iter().find(|holder| holder.pod_spec().exists()) else { return Vec::new() };
    let all: Vec<At<'g>> = edges::containers(holder.pod_spec()).collect();
    let own: Vec<At<'g>> = match finding.container.as_deref() {
        Some(name) => all.into_iter().filter(|container| container.get("name").is(name)).collect(),
        None => {
            let limited: Vec<At<'g>> = all.iter().copied().filter(|container| container.at("resources/limits/memory").exists()).collect();
            if limited.is_empty() { all } else { limited }
        }
    };
    own.into_iter().map(|container| (holder, container)).collect()
}

/// A container that the kernel killed: at its own limit, or with its node.
fn killed(case: &Case<'_>, index: usize, finding: &Finding) -> Candidate {
    let pod = case.entity(finding.on);
    let owner = case.owner(finding.on);
    let found = containers(case, finding);
    let (holder, container) = found.first().copied().map_or((pod, None), |(holder, container)| (holder, Some(container)));
    let limit = container.map(|container| container.at("resources/limits/memory")).filter(At::exists);
    let who = container.and_then(|container| container.get("name").text()).map_or_else(
        || said::who(case, finding),
        |name| {
            if found.len() == 1 || finding.container.is_some() {
                format!("container `{name}` of {}", owner.reference())
            } else {
                said::who(case, finding)
            }
        },
    );
    let event = oom_event(case, pod);
    if let Some(limit) = limit {
        let text = limit.scalar().unwrap_or_default();
        let asks = container.and_then(|container| heap::asked_in_arguments(container, limit));
        let wants =
            asks.map(|at| format!("; its command line asks for more: `{}`", crate::wording::short(at.text_or_empty()))).unwrap_or_default();
        return Candidate::new(
            "memory.container_limit_oom",
            owner.id,
            Strength::Proven,
            format!("{} reaches its memory limit of {text} and is OOM-killed{wants}", crate::wording::sentence(&who)),
        )
        .quote(case.quote(limit, holder))
        .quote(finding.quotes.iter().cloned())
        .quote(asks.and_then(|at| case.quote(at, holder)))
        .explain([index])
        .not("memory.node_oom", "the container has a limit of its own, and no event says that the node ran out", case.quote(limit, holder))
        .next(format!("Raise `resources.limits.memory` of {who} above {text}, or lower what it holds"))
        .next(format!("See what it uses: kubectl top pod {}{} --containers", pod.name(), crate::wording::in_namespace(pod)));
    }
    let unlimited = container.is_some() && holder.is_full();
    let node = event.map(|(node, _)| node);
    if unlimited || node.is_some() {
        let place = node.or_else(|| pod.to(Relation::RunsOn).next()).map(|node| format!(" `{}`", node.name())).unwrap_or_default();
        let lacks = if unlimited { " has no memory limit and" } else { "" };
        let says = format!("{}{lacks} was killed when its node{place} ran out of memory", crate::wording::sentence(&who));
        return Candidate::new("memory.node_oom", node.map_or(owner.id, |node| node.id), Strength::Stated, says)
            .quote(event.and_then(|(node, event)| case.quote_event(event, node)))
            .quote(finding.quotes.iter().cloned())
            .quote(container.and_then(|container| case.quote(container.get("name"), holder)))
            .explain([index])
            .next(format!("Set `resources.requests.memory` and `resources.limits.memory` in {}", owner.reference()));
    }
    let says =
        format!("{} is OOM-killed: it uses more memory than it may; the input does not hold its limit", crate::wording::sentence(&who));
    Candidate::new("memory.container_limit_oom", owner.id, Strength::Stated, says)
        .quote(finding.quotes.iter().cloned())
        .explain([index])
        .missing(
            format!("the memory limit of {who}"),
            format!("kubectl get {} {}{} -o yaml", owner.kind().as_str().to_lowercase(), owner.name(), crate::wording::in_namespace(owner)),
        )
        .next("Raise `resources.limits.memory`, or lower what the program holds")
}

/// The node of a pod, when it said that its memory ran out.
fn oom_event<'g>(case: &Case<'g>, pod: Entity<'g>) -> Option<(Entity<'g>, &'g EventFact)> {
    pod.to(Relation::RunsOn).filter(|node| *node.kind() == Kind::Node).find_map(|node| Some((node, case.event(node, &["SystemOOM"])?)))
}

/// A heap that is allowed to grow to the container's limit or beyond.
fn heap_exceeds(case: &Case<'_>, index: usize, finding: &Finding) -> Option<Candidate> {
    let owner = case.owner(finding.on);
    containers(case, finding).into_iter().find_map(|(holder, container)| {
        let limit = container.at("resources/limits/memory");
        let setting = heap::largest(case.graph, holder, container)?;
        let bound = limit.milli()? / 1000;
        // Nine tenths of the limit leave no room for what a runtime needs beside its heap.
        if setting.bytes * 10 < bound * 9 {
            return None;
        }
        let name = container.get("name").text_or_empty();
        let word = if setting.bytes > bound { "more than" } else { "nearly all of" };
        let says = format!(
            "Container `{name}` of {} may grow its heap to {} (`{}`{}), {word} its memory limit of {}, so it is OOM-killed",
            owner.reference(),
            heap::human(setting.bytes),
            setting.option,
            setting.place,
            limit.scalar()?
        );
        let about = case.entity(setting.holder);
        Some(
            Candidate::new("memory.heap_exceeds_limit", owner.id, Strength::Proven, says)
                .quote(case.quote(setting.at, about))
                .quote(case.quote(limit, holder))
                .quote(finding.quotes.iter().cloned())
                .explain([index])
                .not("memory.node_oom", "the container has a memory limit of its own", case.quote(limit, holder))
                .next(format!(
                    "Set `{}` in {} to about three quarters of the limit, or raise the limit",
                    setting.option,
                    owner.reference()
                )),
        )
    })
}

/// What runtimes say of their own heaps, where the pod is ill.
fn logged(case: &Case<'_>, out: &mut Vec<Candidate>) {
    for (id, signals) in &case.signals {
        let ids: Vec<EntityId> = case.entity(*id).pods().iter().map(|pod| pod.id).chain([*id]).collect();
        let ill: Vec<usize> = ids
            .iter()
            .flat_map(|id| {
                case.on_with(
                    *id,
                    &[Symptom::ContainerCrash, Symptom::ProbeFailing, Symptom::NotReady, Symptom::LogComplaint, Symptom::Slow],
                )
            })
            .collect();
        if ill.is_empty() {
            continue;
        }
        for signal in signals {
            let kernel = matches!(signal.found.rule.id, "shell.kernel_oom" | "python.gunicorn_killed");
            let owner = case.owner(*id);
            let of = signal
                .stream
                .container
                .as_deref()
                .map_or_else(|| owner.reference().to_string(), |name| format!("container `{name}` of {}", owner.reference()));
            let line = case.quote_line(signal, *id);
            let text = crate::wording::short(signal.text);
            let candidate = match signal.found.rule.signal {
                Signal::OutOfMemory if !kernel => {
                    let setting = edges::containers(owner.pod_spec()).find_map(|container| heap::largest(case.graph, owner, container));
                    let bound = setting
                        .as_ref()
                        .map(|own| format!(" of {} (`{}`{})", heap::human(own.bytes), own.option, own.place))
                        .unwrap_or_default();
                    let strength = if setting.is_some() { Strength::Shown } else { Strength::Logged };
                    Candidate::new("memory.heap_exhausted", owner.id, strength, format!("The heap{bound} of {of} is full: `{text}`"))
                        .quote([line])
                        .quote(setting.and_then(|own| case.quote(own.at, case.entity(own.holder))))
                        .next(format!(
                            "Raise the heap of {}, and its memory limit with it, or find what holds the memory",
                            owner.reference()
                        ))
                }
                Signal::SharedMemoryFull => Candidate::new(
                    "memory.shared_memory",
                    owner.id,
                    Strength::Logged,
                    format!("Shared memory (`/dev/shm`) of {of} is full: `{text}`"),
                )
                .quote([line])
                .next(format!("Mount an `emptyDir` with `medium: Memory` at `/dev/shm` in {}", owner.reference())),
                _ => continue,
            };
            out.push(candidate.explain(ill.iter().copied()));
            break;
        }
    }
}
