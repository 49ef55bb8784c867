//! What the tests of this room share: a Deployment, and a plan that scales it.

#![allow(dead_code, reason = "each file of tests uses the part it needs")]

use assent_base::id::{ClusterId, RANDOM_BYTES, TenantId};
use assent_base::{Digest, Timestamp};
use assent_diagnosis::report::EntityName;
use assent_plan::Plan;
use assent_plan::blast::BlastRadius;
use assent_plan::catalogue::Risk;
use assent_plan::grounds::{Exhibit, Grounds};
use assent_plan::patch::{self, Edit, Op};
use assent_plan::plan::{Inverse, PLAN_VERSION, Request, Scope, Target};
use assent_plan::precondition::{Observed, Preconditions, Unmoved};
use assent_plan::proposal::Author;
use serde_json::{Value, json};

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_777_896_000 + seconds).unwrap()
}

pub(crate) fn deployment() -> Value {
    json!({
        "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop", "uid": "u-1", "generation": 4, "resourceVersion": "400"},
        "spec": {"replicas": 2},
        "status": {"observedGeneration": 4, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2},
    })
}

pub(crate) fn tenant() -> TenantId {
    TenantId::new(at(0), [1; RANDOM_BYTES])
}

pub(crate) fn cluster() -> ClusterId {
    ClusterId::new(at(0), [2; RANDOM_BYTES])
}

/// A plan that scales from 2 to 3.
pub(crate) fn plan(live: &Value) -> Plan {
    let both = patch::compile(live, &[Edit::set("/spec/replicas", 3)]).unwrap();
    let uid = || Op::Test { path: "/metadata/uid".to_owned(), value: json!("u-1") };
    let seen = |value: i64| vec![Observed { path: "/spec/replicas".to_owned(), value: Some(json!(value)) }];
    let before = Preconditions {
        uid: Some("u-1".to_owned()),
        resource_version: Some("400".to_owned()),
        generation: Some(4),
        unmoved: Unmoved::Generation,
        observed: seen(2),
    };
    let later = Preconditions { resource_version: None, generation: None, unmoved: Unmoved::Observed, observed: seen(3), ..before.clone() };
    let tests = vec![uid(), Op::Test { path: "/metadata/generation".to_owned(), value: json!(4) }];
    let object = EntityName { kind: "Deployment".to_owned(), namespace: Some("shop".to_owned()), name: "web".to_owned() };
    Plan {
        version: PLAN_VERSION,
        scope: Scope::Cluster { tenant: tenant(), cluster: cluster(), cluster_uid: "c-1".to_owned() },
        target: Target { api_version: "apps/v1".to_owned(), resource: "deployments".to_owned(), object: object.clone() },
        action: serde_json::from_value(json!({"scale": {"replicas": 3}})).unwrap(),
        request: Request::Patch([tests, both.change].concat()),
        preconditions: before,
        inverse: Inverse::Patch { patch: [vec![uid()], both.inverse].concat(), preconditions: later },
        blast_radius: BlastRadius::default(),
        risk: Risk::Medium,
        confidence_percent: 90,
        grounds: Grounds {
            cause: "image.not_found".to_owned(),
            entity: object,
            confidence_percent: 90,
            evidence: vec![Exhibit { id: "E1".to_owned(), digest: Digest::of(b"words"), independent: true }],
            digest: Digest::of(b"grounds"),
        },
        checks: Vec::new(),
        proposed_by: Author::Engine,
        drawn_at: at(0),
        expires_at: at(3_600),
    }
}
