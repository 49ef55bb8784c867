//! Ingresses and gateway routes that lead nowhere.

use assent_base::Kind;
use assent_evidence::Entity;

use crate::candidate::Candidate;
use crate::case::Case;
use crate::finding::Symptom;
use crate::routing::fault::Fault;
use crate::routing::ingress;

mod catalogue;

pub use catalogue::CAUSES;

/// Offers candidates.
pub fn find<'g>(case: &Case<'g>, out: &mut Vec<Candidate>) {
    let mut offer = |faults: Vec<Fault<'g>>| {
        for fault in faults {
            let also = case.on_with(fault.on.id, &[Symptom::CheckFailed, Symptom::Alert]);
            out.extend(fault.candidate(case).map(|candidate| candidate.explain(also)));
        }
    };
    for entity in case.graph.of_kind(&Kind::Ingress).filter(Entity::is_observed) {
        offer(ingress::faults(case, entity));
    }
    for kind in [Kind::HTTPRoute, Kind::GRPCRoute, Kind::TLSRoute, Kind::TCPRoute] {
        for entity in case.graph.of_kind(&kind).filter(Entity::is_observed) {
            offer(ingress::route_faults(case, entity));
        }
    }
    for entity in case.graph.of_kind(&Kind::Gateway).filter(Entity::is_observed) {
        offer(ingress::gateway_faults(case, entity));
    }
}
