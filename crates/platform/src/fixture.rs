//! A platform on a folder of its own, for tests that have to look inside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "this is for tests")]

use std::sync::atomic::{AtomicU64, Ordering};

use assent_api::clusters::ObserverState;
use assent_api::observer::{Batch, Hello, Numbered, Signal};
use assent_base::id::{ClusterId, IncidentId};
use assent_base::{Digest, Timestamp};
use assent_incidents::Incident;
use assent_store::{Expect, Tenant};
use serde_json::json;

use crate::documents::ClusterDoc;
use crate::plane::{ControlPlane, Outside};
use crate::settings::Settings;

pub(crate) struct Fixture {
    pub(crate) data: tempfile::TempDir,
    pub(crate) plane: ControlPlane,
}

impl Fixture {
    pub(crate) async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let data = tempfile::tempdir().expect("a folder");
        let plane = Self::start(data.path(), settings).await;
        Self { data, plane }
    }

    /// Starts on a folder that may have been used before.
    pub(crate) async fn start(data: &std::path::Path, settings: Settings) -> ControlPlane {
        ControlPlane::start(&data.join("data"), settings, outside()).await.expect("the platform starts").plane
    }

    /// The first tenant with a cluster.
    pub(crate) async fn cluster(&self) -> (Tenant, ClusterId) {
        let tenant = self.plane.first_tenant().await.expect("a tenant");
        let environment = self.plane.environment_for_attached(&tenant).await.expect("an environment");
        let id = self.plane.new_id(ClusterId::new);
        let doc = ClusterDoc::new(id, "watched".to_owned(), environment, now());
        tenant.put(&id.to_string(), &doc, Expect::Absent, now()).await.expect("kept");
        (tenant, id)
    }
}

/// A clock that stands still, and bytes that look random.
pub(crate) fn outside() -> Outside {
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    Outside {
        clock: Box::new(now),
        random: Box::new(move |bytes| {
            let digest = Digest::of(&DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes());
            bytes.iter_mut().zip(digest.as_bytes()).for_each(|(to, from)| *to = *from);
        }),
    }
}

pub(crate) fn now() -> Timestamp {
    "2026-05-04T12:00:00Z".parse().expect("an instant")
}

/// The name of a stream, of one digit.
pub(crate) fn stream(digit: &str) -> String {
    digit.repeat(32)
}

pub(crate) fn hello(digit: &str) -> Hello {
    let state = ObserverState {
        version: "1".to_owned(),
        started_at: now(),
        buffered_bytes: 0,
        dropped: 0,
        redacted: 0,
        cannot_see: Vec::new(),
        memory_bytes: None,
    };
    Hello { stream: stream(digit), cluster_uid: "uid".to_owned(), kubernetes: None, profiles: Vec::new(), state }
}

/// A signal: a ConfigMap of this name.
pub(crate) fn signal(name: &str) -> Signal {
    let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "namespace": "shop", "name": name } });
    Signal::Object { at: now(), body: serde_json::value::to_raw_value(&body).expect("JSON") }
}

pub(crate) fn batch(digit: &str, seq: u64, name: &str) -> Batch {
    Batch { stream: stream(digit), signals: vec![Numbered { seq, signal: signal(name) }] }
}

/// An incident that lives; each seed makes another.
pub(crate) fn incident(cluster: ClusterId, seed: u8) -> Incident {
    let id = IncidentId::new(now(), [seed; assent_base::id::RANDOM_BYTES]);
    let entity = json!({ "kind": "Deployment", "namespace": "shop", "name": format!("web-{seed}") });
    let fields = json!({
        "form": assent_incidents::record::INCIDENT_VERSION, "id": id, "cluster": cluster, "fingerprint": format!("{seed}"),
        "standing": assent_incidents::record::Standing::Live { phase: assent_incidents::record::Phase::Open },
        "weight": { "severity": "broken", "urgency_percent": 1, "because": [] }, "title": "it is ill", "entity": entity,
        "namespaces": ["shop"], "affected": [], "downstream": 0, "recurrences": 0, "similar": [], "affected_first": 0, "flaps": 0,
        "opened_at": now(), "updated_at": now(), "seen_at": now(), "context": [], "comments": 0, "sightings": {}, "timeline": [],
        "version": 1,
    });
    serde_json::from_value(fields).expect("an incident")
}
