//! Use of CPU and memory as metrics-server shows it, every minute, in the shape in which Prometheus prints a vector.

use std::sync::Arc;
use std::time::Duration;

use assent_base::{Timestamp, quantity};
use serde_json::{Value, json};
use tokio::time::MissedTickBehavior;

use crate::filter::Filter;
use crate::get::{Again, Extent, Fault, JSON};
use crate::intake::{Closed, Intake};
use crate::path::Path;
use crate::profile::{self, Right};
use crate::server::ApiServer;
use crate::watch::Page;

/// How often it is read.
const INTERVAL: Duration = Duration::from_secs(60);
/// Objects of a page.
const PAGE_OBJECTS: &str = "250";
/// More pages than this, and the server is making them up.
const PAGES_MAX: usize = 10_000;

/// What the samples of pods are called.
const OF_PODS: [&str; 2] = ["pod_cpu_cores", "pod_memory_bytes"];
/// What the samples of nodes are called.
const OF_NODES: [&str; 2] = ["node_cpu_cores", "node_memory_bytes"];

/// Reads until the observer ends.
pub(crate) async fn run(server: ApiServer, intake: Arc<Intake>, filter: Filter) {
    if intake.opened().await.is_err() {
        return;
    }
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for right in profile::rights(&[assent_api::clusters::Profile::Metrics]) {
            if right.group != "metrics.k8s.io" {
                continue;
            }
            match read(&server, &intake, &filter, right).await {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => tracing::debug!(%fault, "no metrics for now"),
                Err(Closed) => return,
            }
        }
    }
}

async fn read(server: &ApiServer, intake: &Intake, filter: &Filter, right: &Right) -> Result<Result<(), Fault>, Closed> {
    let version = right.versions.first().copied().unwrap_or_default();
    let Some(first) = Path::rows(right, version, None).map(|path| path.with("limit", PAGE_OBJECTS)) else { return Ok(Ok(())) };
    let mut path = first.clone();
    for _ in 0..PAGES_MAX {
        let answer = match server.reader().get(&path, JSON, Extent::Whole, Again::Busy).await {
            Ok(answer) => answer,
            Err(fault) => return Ok(Err(fault)),
        };
        server.reader().forget(&answer.text);
        let page = match Page::read(&answer.text) {
            Ok(page) => page,
            Err(why) => return Ok(Err(Fault::Broken(why))),
        };
        let mut samples = Samples::default();
        for item in page.items() {
            if let Ok(object) = serde_json::from_str::<Value>(item)
                && filter.takes(right.kind, &object)
            {
                samples.add(&object, intake.clock().now());
            }
        }
        let names = if right.kind == "NodeMetrics" { OF_NODES } else { OF_PODS };
        for (name, result) in names.into_iter().zip([samples.cpu, samples.memory]) {
            if !result.is_empty() {
                intake.samples(name, json!({"resultType": "vector", "result": result})).await?;
            }
        }
        if page.metadata.r#continue.is_empty() {
            break;
        }
        path = first.clone().with("continue", &page.metadata.r#continue);
    }
    Ok(Ok(()))
}

#[derive(Default)]
struct Samples {
    cpu: Vec<Value>,
    memory: Vec<Value>,
}

impl Samples {
    /// Adds the containers of a pod, or a node.
    fn add(&mut self, object: &Value, now: Timestamp) {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str);
        let at = text("/timestamp").and_then(assent_base::time::instant).unwrap_or(now).as_second();
        let Some(name) = text("/metadata/name") else { return };
        match (text("/metadata/namespace"), object.get("containers").and_then(Value::as_array)) {
            (Some(namespace), Some(containers)) => {
                for container in containers {
                    let own_name = container.get("name").and_then(Value::as_str).unwrap_or_default();
                    self.usage(container, at, &json!({"namespace": namespace, "pod": name, "container": own_name}));
                }
            }
            _ => self.usage(object, at, &json!({"node": name})),
        }
    }

    fn usage(&mut self, of: &Value, at: i64, metric: &Value) {
        let amount = |pointer: &str| of.pointer(pointer).and_then(Value::as_str).and_then(quantity::milli);
        for (to, amount) in [(&mut self.cpu, amount("/usage/cpu")), (&mut self.memory, amount("/usage/memory"))] {
            if let Some(amount) = amount {
                to.push(json!({"metric": metric, "value": [at, format!("{}.{:03}", amount / 1000, amount % 1000)]}));
            }
        }
    }
}
