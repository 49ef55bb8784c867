//! Services that lead nowhere: selectors, ports, endpoints; and settings that name an address nothing answers for.

use std::collections::BTreeSet;

use assent_base::Kind;
use assent_evidence::edges::named_addresses;
use assent_evidence::{Entity, Relation};

use crate::candidate::{Candidate, Strength};
use crate::case::Case;
use crate::finding::{Severity, Symptom};
use crate::routing::address::{self, Dangling};
use crate::routing::check;
use crate::routing::{ports, service};

mod catalogue;

pub use catalogue::CAUSES;

/// Offers candidates.
pub fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    for entity in case.graph.of_kind(&Kind::Service) {
        let faults = service::faults(case, entity).into_iter().chain(ports::faults(case, entity));
        for fault in faults {
            if let Some(candidate) = fault.candidate(case) {
                out.push(with_callers(case, entity, candidate));
            }
        }
    }
    for one in address::dangling(case) {
        out.extend(dangling(case, &one));
    }
}

/// Adds who suffers from a Service's fault: callers whose logs say so, checks that failed, routes that end here.
fn with_callers<'g>(case: &Case<'g>, service: Entity<'g>, mut candidate: Candidate) -> Candidate {
    candidate = candidate.explain(case.on_with(service.id, &[Symptom::CheckFailed, Symptom::Alert]));
    let mut told = BTreeSet::new();
    for complaint in service::complaints(case, service) {
        if complaint.caller.id == service.id || !told.insert(complaint.caller.id) {
            continue;
        }
        let quote = case.quote_line(complaint.signal, complaint.caller.id);
        candidate = candidate.explain(service::suffering(case, complaint.caller));
        if candidate.steps.len() < 3 {
            let says = format!("{} does not get through to {}", complaint.caller.reference(), service.reference());
            candidate = candidate.step(complaint.caller.id, says, [quote]);
        }
    }
    let silent = service.from(Relation::Calls).filter(|caller| caller.kind().is_workload() && address::ill_and_silent(case, *caller));
    for caller in silent {
        candidate = candidate.explain(service::suffering(case, caller));
    }
    // What a route shows to its users.
    for route in service.from(Relation::RoutesTo) {
        candidate = candidate.explain(case.on_with(route.id, &[Symptom::CheckFailed, Symptom::Alert, Symptom::Slow]));
    }
    candidate
}

/// A setting that names what is not there.
fn dangling<'g>(case: &Case<'g>, one: &Dangling<'g>) -> Option<Candidate> {
    let shows = crate::symptoms::network::shown(one);
    let findings: Vec<usize> = case
        .on_with(one.workload.id, &[Symptom::AddressDangling])
        .into_iter()
        .filter(|index| case.findings.get(*index).is_some_and(|finding| finding.says == shows))
        .collect();
    let incident = findings.iter().any(|index| case.findings.get(*index).is_some_and(|finding| finding.severity > Severity::Notice));
    if !incident {
        return None;
    }
    let complaint = address::complaint_about(case, one);
    let silent = address::ill_and_silent(case, one.workload);
    let holder = case.entity(one.named.holder);
    let shared = *holder.kind() == Kind::ConfigMap && users(case, holder, &one.named.address.host) > 1;
    let on = if shared { holder } else { one.workload };
    let setting = one.named.setting;
    let value = shown_value(one);
    let within = if *holder.kind() == Kind::ConfigMap { format!(" in {}", holder.reference()) } else { String::new() };
    let who = if shared {
        format!("{} (used by {})", holder.reference(), one.workload.reference())
    } else {
        one.workload.reference().to_string()
    };
    let (cause, says, hint) = match one.exists {
        Some(existing) => {
            let has: Vec<String> = existing.at("spec/ports").items().filter_map(|port| port.get("port").scalar()).collect();
            let says = format!(
                "The setting `{setting}`{within} of {who} names `{value}`, and {} has only port {}",
                existing.reference(),
                has.join(", ")
            );
            ("config.address_wrong_port", says, format!("Set `{setting}` to port {}", has.join(" or ")))
        }
        None => {
            let near = address::nearest(case, &one.service);
            let elsewhere = near.is_some_and(|near| near.namespace() != one.service.namespace());
            let hint = near.map(|near| {
                let port = one.named.address.port.map(|port| format!(":{port}")).unwrap_or_default();
                let name = match near.namespace() {
                    Some(namespace) if near.namespace() != one.workload.namespace() => format!("{}.{namespace}", near.name()),
                    _ => near.name().to_owned(),
                };
                format!("`{name}{port}`")
            });
            let there = match (&hint, near) {
                (Some(hint), Some(near)) => format!("; {} exists, reached as {hint}", near.reference()),
                _ => String::new(),
            };
            let says = format!("The setting `{setting}`{within} of {who} names `{value}`, and {} does not exist{there}", one.service);
            let next = hint.map_or_else(
                || format!("Correct `{setting}`, or create {}", one.service),
                |hint| format!("Set `{setting}` to {hint}, or create {}", one.service),
            );
            (if elsewhere { "dns.name_wrong" } else { "config.address_names_no_service" }, says, next)
        }
    };
    let strength = if complaint.is_some() { Strength::Proven } else { Strength::Shown };
    let mut candidate = Candidate::new(cause, on.id, strength, says)
        .quote(case.quote(one.named.at, holder))
        .quote(complaint.map(|signal| case.quote_line(signal, one.workload.id)))
        .quote(one.exists.and_then(|existing| case.quote(existing.at("spec/ports/0/port"), existing)))
        .explain(findings)
        .next(hint);
    if complaint.is_some() || silent {
        candidate = candidate.explain(service::suffering(case, one.workload));
    }
    if one.exists.is_none() {
        let why = "the Service itself does not exist, so its pods and network are beside the point";
        candidate = candidate.not("service.no_ready_endpoints", why, None);
    }
    for check in check::checks(case) {
        let same = check.target.host == one.named.address.host && (one.exists.is_none() || check.target.port == one.named.address.port);
        if same {
            candidate = candidate.explain(case.on_with(check.on, &[Symptom::CheckFailed])).quote([check.quote.clone()]);
        }
    }
    Some(candidate)
}

/// The address without what may be secret in a URL.
fn shown_value(one: &Dangling<'_>) -> String {
    one.named.address.port.map_or_else(|| one.named.address.host.clone(), |port| format!("{}:{port}", one.named.address.host))
}

/// How many workloads get an address from a ConfigMap.
fn users(case: &Case<'_>, map: Entity<'_>, host: &str) -> usize {
    let uses = |entity: &Entity<'_>| {
        entity.from(Relation::Owns).next().is_none()
            && named_addresses(case.graph, *entity).iter().any(|named| named.holder == map.id && named.address.host == host)
    };
    map.from(Relation::References).chain(map.from(Relation::Mounts)).filter(uses).map(|entity| entity.id).collect::<BTreeSet<_>>().len()
}
