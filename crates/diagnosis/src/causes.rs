//! The families of causes: what each knows, and how it recognises it.

use crate::candidate::Candidate;
use crate::case::Case;
use crate::cause::Cause;

pub mod admission;
pub mod app;
pub mod change;
pub mod config;
pub mod container;
pub mod control;
pub mod cpu;
pub mod dependency;
pub mod dns;
pub mod eviction;
pub mod image;
pub mod ingress;
pub mod memory;
pub mod network;
pub mod node;
pub mod probe;
pub mod rbac;
pub mod scheduling;
pub mod service;
pub mod storage;
pub mod tls;
pub(crate) mod told;
pub mod workload;

/// Causes of one field, and the function that offers candidates among them.
pub struct Family {
    /// What the family is called: the part of its ids before the dot, or what unites them.
    pub name: &'static str,
    /// Its causes.
    pub causes: &'static [Cause],
    /// Offers candidates for the findings of a case.
    pub find: fn(&Case<'_>, &mut Vec<Candidate>),
}

/// All families.
pub static FAMILIES: &[Family] = &[
    Family { name: "admission", causes: admission::CAUSES, find: admission::find },
    Family { name: "app", causes: app::CAUSES, find: app::find },
    Family { name: "change", causes: change::CAUSES, find: change::find },
    Family { name: "config", causes: config::CAUSES, find: config::find },
    Family { name: "container", causes: container::CAUSES, find: container::find },
    Family { name: "control", causes: control::CAUSES, find: control::find },
    Family { name: "cpu", causes: cpu::CAUSES, find: cpu::find },
    Family { name: "dependency", causes: dependency::CAUSES, find: dependency::find },
    Family { name: "dns", causes: dns::CAUSES, find: dns::find },
    Family { name: "eviction", causes: eviction::CAUSES, find: eviction::find },
    Family { name: "image", causes: image::CAUSES, find: image::find },
    Family { name: "ingress", causes: ingress::CAUSES, find: ingress::find },
    Family { name: "memory", causes: memory::CAUSES, find: memory::find },
    Family { name: "network", causes: network::CAUSES, find: network::find },
    Family { name: "node", causes: node::CAUSES, find: node::find },
    Family { name: "probe", causes: probe::CAUSES, find: probe::find },
    Family { name: "rbac", causes: rbac::CAUSES, find: rbac::find },
    Family { name: "scheduling", causes: scheduling::CAUSES, find: scheduling::find },
    Family { name: "service", causes: service::CAUSES, find: service::find },
    Family { name: "storage", causes: storage::CAUSES, find: storage::find },
    Family { name: "tls", causes: tls::CAUSES, find: tls::find },
    Family { name: "workload", causes: workload::CAUSES, find: workload::find },
];
