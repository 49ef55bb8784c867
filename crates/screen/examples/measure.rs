//! Measures redaction: precision, recall and F1 on labelled text, and MB/s on ordinary objects and logs, on one core.
//!
//! `cargo run --release -p assent-screen --example measure [FOLDER]`; into a folder it writes the labelled samples as files with
//! their labels in `labels.tsv`, for tools of others.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement that fails may stop")]

#[path = "../tests/support/corpus.rs"]
mod corpus;
#[path = "../tests/support/score.rs"]
mod score;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use corpus::{Rng, Sample};
use score::Score;

const ROUNDS: usize = 4;
const BYTES: usize = 32 * 1024 * 1024;

fn main() -> std::io::Result<()> {
    let secrets = corpus::secrets(101, ROUNDS);
    let look_alikes = corpus::look_alikes(102, secrets.len());
    if let Some(folder) = std::env::args().nth(1) {
        return write(Path::new(&folder), secrets.iter().chain(&look_alikes));
    }
    quality(&secrets, &look_alikes);
    speed();
    Ok(())
}

fn quality(secrets: &[Sample], look_alikes: &[Sample]) {
    let screen = score::screen();
    let mut whole = Score::default();
    let mut by_encoding: BTreeMap<&str, Score> = BTreeMap::new();
    let (mut alike_hit, mut secret_hit) = (0, 0);
    for sample in secrets.iter().chain(look_alikes) {
        whole.add(&screen, sample);
        by_encoding.entry(if sample.secret.is_some() { sample.encoding } else { "look-alike" }).or_default().add(&screen, sample);
        let hit = usize::from(!screen.text(&sample.text).hits.is_empty());
        if sample.secret.is_some() { secret_hit += hit } else { alike_hit += hit }
    }
    println!("spans: {whole}");
    for (encoding, score) in &by_encoding {
        println!("  {encoding}: {score}");
    }
    println!("samples with any hit: {secret_hit} of {} secrets, {alike_hit} of {} look-alikes", secrets.len(), look_alikes.len());
    for line in whole.wrong.iter().take(40) {
        println!("  {line}");
    }
}

/// What this thread has worked, whatever else the machine does; time on the clock where the kernel does not say.
fn worked(start: Instant) -> Duration {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    schedule.split(' ').next().and_then(|worked| worked.parse().ok()).map_or(start.elapsed(), Duration::from_nanos)
}

fn speed() {
    let screen = score::screen();
    let mut r = Rng(103);
    let pods: Vec<String> = (0..400).map(|n| pod(&mut r, n).to_string()).collect();
    let logs: Vec<String> = (0..400).map(|_| log(&mut r)).collect();
    let clock = Instant::now();
    let run = |name: &str, texts: &[String], each: &dyn Fn(&str)| {
        let before = worked(clock);
        let mut bytes = 0;
        while bytes < BYTES {
            for text in texts {
                each(text);
                bytes += text.len();
            }
        }
        println!("{name}: {:.0} MB/s", bytes as f64 / 1e6 / (worked(clock) - before).as_secs_f64());
    };
    let whole_logs = vec![logs.concat()];
    let clean: Vec<String> = pods.iter().map(|text| screen.text(text).text.into_owned()).collect();
    run("objects as text, nothing in them", &clean, &|text| drop(black_box(screen.text(text))));
    run("objects as text", &pods, &|text| drop(black_box(screen.text(text))));
    run("logs as text", &whole_logs, &|text| drop(black_box(screen.text(text))));
    run("logs as a stream", &whole_logs, &|text| {
        let mut stream = screen.stream();
        for piece in text.as_bytes().chunks(16 * 1024) {
            black_box(stream.push(piece));
        }
        black_box(stream.finish());
    });
    let values: Vec<serde_json::Value> = pods.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    let (mut bytes, mut spent) = (0, Duration::ZERO);
    while bytes < BYTES {
        let mut copies = values.clone();
        let before = worked(clock);
        for value in &mut copies {
            black_box(screen.object(value));
        }
        spent += worked(clock) - before;
        bytes += pods.iter().map(String::len).sum::<usize>();
    }
    println!("objects, already parsed: {:.0} MB/s", bytes as f64 / 1e6 / spent.as_secs_f64());
    let before = worked(clock);
    let rules = black_box(assent_screen::Rules::builtin());
    println!("rules made in {:.1} ms, {} KiB", (worked(clock) - before).as_secs_f64() * 1e3, rules.memory_bytes() / 1024);
}

/// A pod as an API server lists it: a password in its settings, and the rest ordinary.
fn pod(r: &mut Rng, n: usize) -> serde_json::Value {
    let (hash, end) = (r.of("456789bcdf", 10), r.lower(5));
    let name = format!("checkout-{hash}-{end}");
    let applied = serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "checkout", "namespace": "shop"}, "spec": {"replicas": 3}});
    serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {
            "name": name, "namespace": "shop", "uid": r.uuid(), "resourceVersion": r.digits(9), "creationTimestamp": "2026-04-14T09:00:02Z",
            "labels": {"app": "checkout", "pod-template-hash": hash, "app.kubernetes.io/managed-by": "Helm"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied.to_string(), "prometheus.io/scrape": "true"},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": format!("checkout-{hash}"), "uid": r.uuid(), "controller": true}],
        },
        "spec": {
            "nodeName": format!("ip-10-0-{}-{}.eu-west-1.compute.internal", n % 256, r.below(255)), "serviceAccountName": "checkout",
            "containers": [{
                "name": "app", "image": format!("registry.example/shop/checkout@sha256:{}", r.hex(64)),
                "env": [
                    {"name": "DB_HOST", "value": "orders-db.shop.svc.cluster.local:5432"}, {"name": "LOG_LEVEL", "value": "info"},
                    {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "orders-db", "key": "password"}}},
                    {"name": "CACHE_PASSWORD", "value": r.alnum(12)},
                ],
                "resources": {"limits": {"cpu": "500m", "memory": "512Mi"}, "requests": {"cpu": "100m", "memory": "256Mi"}},
                "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3},
                "volumeMounts": [{"name": format!("kube-api-access-{}", r.lower(5)), "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly": true}],
                "terminationMessagePath": "/dev/termination-log", "imagePullPolicy": "IfNotPresent",
            }],
            "tolerations": [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}],
            "volumes": [{"name": "kube-api-access", "projected": {"sources": [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}}],
        },
        "status": {
            "phase": "Running", "podIP": format!("10.42.{}.{}", n % 256, r.below(255)), "qosClass": "Burstable",
            "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady", "message": "containers with unready status: [app]", "lastTransitionTime": "2026-04-14T09:27:30Z"}],
            "containerStatuses": [{"name": "app", "ready": false, "restartCount": 6, "containerID": format!("containerd://{}", r.hex(64)), "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 2m40s restarting failed container=app"}}}],
        },
    })
}

fn log(r: &mut Rng) -> String {
    let lines: Vec<String> = (0..50)
        .map(|_| match r.below(5) {
            0 => format!("2026-04-14T09:27:{}.{}Z INFO  [main] o.e.shop.checkout.OrderController - order {} accepted in {} ms", r.digits(2), r.digits(3), r.digits(8), r.digits(2)),
            1 => format!("{{\"level\":\"info\",\"ts\":1776158841.{},\"caller\":\"server/http.go:212\",\"msg\":\"request\",\"method\":\"GET\",\"path\":\"/api/v1/items/{}\",\"status\":200,\"trace_id\":\"{}\"}}", r.digits(3), r.digits(5), r.hex(32)),
            2 => format!("10.42.{}.{} - - [14/Apr/2026:09:27:21 +0000] \"GET /healthz HTTP/1.1\" 200 2 \"-\" \"kube-probe/1.33\"", r.below(255), r.below(255)),
            3 => format!("E0414 09:27:21.{}       1 reflector.go:150] failed to list *v1.Pod: Get \"https://10.0.0.1:443/api/v1/pods?limit=500&resourceVersion={}\": dial tcp 10.0.0.1:443: i/o timeout", r.digits(6), r.digits(8)),
            _ => format!("        at org.example.shop.checkout.internal.PaymentGatewayClient.authorize(PaymentGatewayClient.java:{})", r.digits(3)),
        })
        .collect();
    lines.join("\n") + "\n"
}

fn write<'s>(folder: &Path, samples: impl Iterator<Item = &'s Sample>) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut labels = String::new();
    for (number, sample) in samples.enumerate() {
        std::fs::write(folder.join(format!("{number:05}.txt")), &sample.text)?;
        labels += &format!("{number:05}\t{}\t{}\t{}\n", sample.kind, sample.encoding, u8::from(sample.secret.is_some()));
    }
    std::fs::write(folder.join("labels.tsv"), labels)
}
