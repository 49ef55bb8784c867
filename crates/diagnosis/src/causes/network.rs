//! Traffic that policies, meshes or the network itself keep from arriving.

use assent_evidence::Entity;

use crate::candidate::Candidate;
use crate::case::Case;
use crate::routing::address;

mod catalogue;
mod fabric;
mod mesh;
mod policies;

pub use catalogue::CAUSES;

/// Offers candidates.
pub fn find(case: &Case<'_>, out: &mut Vec<Candidate>) {
    policies::find(case, out);
    mesh::find(case, out);
    fabric::find(case, out);
}

/// The pods of a workload that are captured, or the workload with its template.
fn instances(workload: Entity<'_>) -> Vec<Entity<'_>> {
    let pods: Vec<Entity<'_>> = workload.pods().into_iter().filter(|pod| pod.is_captured()).collect();
    if pods.is_empty() { vec![workload] } else { pods }
}

/// The pods that a host means: behind a Service, or a pod itself.
fn behind(entity: Entity<'_>) -> Vec<Entity<'_>> {
    use assent_base::Kind;
    if *entity.kind() == Kind::Pod {
        return vec![entity];
    }
    let pods = crate::routing::service::pods(entity);
    if pods.is_empty() { crate::routing::service::workloads(entity) } else { pods }
}

/// The pods of the cluster's DNS.
fn dns_pods<'g>(case: &Case<'g>) -> Vec<Entity<'g>> {
    address::cluster_dns(case).map(behind).unwrap_or_default()
}
