//! Symptoms of Services, ingresses, gateway routes and of settings that name addresses.

use assent_base::Kind;
use assent_evidence::Entity;

use crate::candidate::Strength;
use crate::case::Case;
use crate::finding::{Finding, Severity, Symptom};
use crate::routing::address::{self, Dangling};
use crate::routing::{ingress, ports, service};

/// Finds them.
pub(super) fn find<'g>(case: &mut Case<'g>) {
    let mut faults = Vec::new();
    for entity in case.graph.of_kind(&Kind::Service) {
        faults.extend(service::faults(case, entity));
        faults.extend(ports::faults(case, entity));
    }
    for entity in case.graph.of_kind(&Kind::Ingress).filter(Entity::is_observed) {
        faults.extend(ingress::faults(case, entity));
    }
    for kind in [Kind::HTTPRoute, Kind::GRPCRoute, Kind::TLSRoute, Kind::TCPRoute] {
        for entity in case.graph.of_kind(&kind).filter(Entity::is_observed) {
            faults.extend(ingress::route_faults(case, entity));
        }
    }
    for entity in case.graph.of_kind(&Kind::Gateway).filter(Entity::is_observed) {
        faults.extend(ingress::gateway_faults(case, entity));
    }
    for fault in faults.iter().filter(|fault| fault.strength > Strength::Suspected) {
        case.add(fault.finding());
    }
    dangling(case);
}

fn dangling(case: &mut Case<'_>) {
    let mut findings: Vec<Finding> = Vec::new();
    for one in address::dangling(case) {
        let quotes = case.quote(one.named.at, case.entity(one.named.holder)).into_iter().collect();
        let says = shown(&one);
        let known = findings.iter().any(|finding| finding.on == one.workload.id && finding.says == says);
        if !known {
            let severity = severity(case, &one);
            let reason = one.named.setting.into();
            findings.push(Finding {
                symptom: Symptom::AddressDangling,
                on: one.workload.id,
                container: None,
                says,
                quotes,
                severity,
                since: None,
                reason,
            });
        }
    }
    for finding in findings {
        case.add(finding);
    }
}

/// The symptom in words; the cause finds its finding by them.
pub(crate) fn shown(one: &Dangling<'_>) -> String {
    let port = one.named.address.port.map(|port| format!(":{port}")).unwrap_or_default();
    let what = if one.exists.is_some() { "a port that the Service does not have" } else { "no Service of the cluster" };
    format!("`{}` of {} names `{}{port}`, {what}", one.named.setting, one.workload.reference(), one.named.address.host)
}

/// A setting that nobody misses may be for a feature that is off.
fn severity(case: &Case<'_>, one: &Dangling<'_>) -> Severity {
    let scaled_down = one.workload.at("spec/replicas").int() == Some(0) || matches!(one.workload.kind(), Kind::CronJob | Kind::Job);
    let complains = address::complaint_about(case, one).is_some();
    let certain = one.named.address.is_cluster_name() && one.exists.is_none() && !scaled_down;
    if complains || certain || case.is_asked(one.workload) || address::ill_and_silent(case, one.workload) {
        Severity::Degraded
    } else {
        Severity::Notice
    }
}
