//! A cluster that develops incidents over some minutes: what an observer would send, second by second.
//!
//! Ten workloads in four namespaces are well at first. Then a Deployment gets a tag that was never pushed, a Service another selector, a
//! worker a memory limit that it cannot live with, a workload a node label that no node carries, and one a setting that its ConfigMap
//! lacks. The tag is pushed later, and that incident ends by itself.
//!
//! A fact has the JSON form of an observer's signal: `{"object": {"at": …, "body": {…}}}`.

use assent_base::Timestamp;
use serde_json::{Value, json};

mod objects;

use objects::{App, Pod, at};

/// Seconds that the whole takes, the last incident's end included.
pub const LENGTH_S: i64 = 480;

/// What happens at one moment.
#[derive(Debug, Clone)]
pub struct Moment {
    /// Seconds from the start.
    pub offset_s: i64,
    /// What happens, for a person.
    pub says: &'static str,
    /// What an observer sends of it.
    pub facts: Vec<Value>,
}

/// An incident that the demo is to bring about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intended {
    /// The catalogue's id of its cause.
    pub cause: &'static str,
    /// The faulty object.
    pub entity: &'static str,
    /// Whether it ends by itself.
    pub heals: bool,
}

/// The incidents that the demo brings about, in order.
pub const INTENDED: [Intended; 5] = [
    Intended { cause: "image.not_found", entity: "Deployment grocer/catalog", heals: true },
    Intended { cause: "service.selector_matches_nothing", entity: "Service tills/payments", heals: false },
    Intended { cause: "memory.container_limit_oom", entity: "Deployment pictures/thumbs", heals: false },
    Intended { cause: "scheduling.node_selector_unmatched", entity: "Deployment pictures/search", heals: false },
    Intended { cause: "config.config_map_key_missing", entity: "Deployment tills/invoices", heals: false },
];

const fn app(namespace: &'static str, name: &'static str, tag: &'static str, port: u16, address: u8) -> App {
    App {
        namespace,
        name,
        tag,
        port,
        address,
        memory: "512Mi",
        node_selector: None,
        calls: None,
        setting: None,
        generation: 1,
        hash: "7d9c5b6f8",
    }
}

const STOREFRONT: App = App { calls: Some(("CATALOG_URL", "http://catalog:8081")), ..app("grocer", "storefront", "5.3.0", 8080, 11) };
const CART: App = app("grocer", "cart", "2.8.1", 8082, 12);
const CATALOG: App = app("grocer", "catalog", "4.1.7", 8081, 13);
const PAYMENTS: App = app("tills", "payments", "1.22.4", 8443, 21);
const INVOICES: App = App { calls: Some(("PAYMENTS_URL", "http://payments:8443")), ..app("tills", "invoices", "3.0.2", 8090, 22) };
const RECEIPTS: App = app("tills", "receipts", "3.0.2", 8091, 23);
const THUMBS: App = app("pictures", "thumbs", "0.19.0", 9000, 31);
const SEARCH: App = app("pictures", "search", "6.6.1", 9200, 32);
const UPLOADS: App = app("pictures", "uploads", "0.19.0", 9001, 33);
const DNS: App = app("kube-system", "coredns", "1.12.1", 53, 10);

const APPS: [&App; 10] = [&STOREFRONT, &CART, &CATALOG, &PAYMENTS, &INVOICES, &RECEIPTS, &THUMBS, &SEARCH, &UPLOADS, &DNS];

/// Kinds that the demo's observer lists whole.
const LISTED: [&str; 10] =
    ["Pod", "Node", "Namespace", "Deployment", "ReplicaSet", "Service", "Endpoints", "Ingress", "Event", "ConfigMap"];

/// The demo, as it runs from an instant on. The same instant gives the same facts.
#[must_use]
pub fn timeline(start: Timestamp) -> Vec<Moment> {
    let mut moments = vec![Moment { offset_s: 0, says: "All is well", facts: healthy(start) }];
    moments.extend(tag_never_pushed(start));
    moments.extend(selector_changed(start));
    moments.extend(limit_lowered(start));
    moments.extend(no_node_fits(start));
    moments.extend(key_missing(start));
    moments.sort_by_key(|moment| moment.offset_s);
    moments
}

fn healthy(start: Timestamp) -> Vec<Value> {
    let (now, before) = (at(start, 0), at(start, -3 * 86_400));
    let mut facts: Vec<Value> = ["grocer", "tills", "pictures", "kube-system"].map(|name| objects::namespace(name, &before)).to_vec();
    facts.extend(["node-a", "node-b", "node-c"].map(|name| objects::node(name, &before)));
    facts.push(objects::config_map("tills", "invoices", &before, json!({"LOCALE": "de-CH", "VAT_PERCENT": "8.1"})));
    for app in APPS {
        facts.push(app.deployment(2, 2, &before));
        facts.push(app.replica_set(2, 2, &before));
        facts.extend((0..2).map(|n| app.pod(n, &before, &Pod::Running { since: &before })));
        facts.push(app.service(app.name, &before));
        facts.push(app.endpoints(2, &before));
    }
    let mut facts: Vec<Value> = facts.into_iter().map(|body| objects::seen(&now, body)).collect();
    facts.extend(LISTED.map(|kind| json!({"listed": {"at": now, "kind": kind}})));
    facts
}

fn moment(start: Timestamp, offset_s: i64, says: &'static str, bodies: Vec<Value>) -> Moment {
    let now = at(start, offset_s);
    Moment { offset_s, says, facts: bodies.into_iter().map(|body| objects::seen(&now, body)).collect() }
}

fn tag_never_pushed(start: Timestamp) -> Vec<Moment> {
    let t = |offset_s| at(start, offset_s);
    let new = App { tag: "4.2.0-rc3", generation: 2, hash: "5f6d8c7b9", ..CATALOG };
    let image = new.image();
    let says = format!(
        "Failed to pull image \"{image}\": rpc error: code = NotFound desc = failed to pull and unpack image \"{image}\": failed to resolve reference \"{image}\": {image}: not found"
    );
    let failed = |first: i64, last: i64, count: u32| new.event(0, "Failed", &says, &t(first), &t(last), count);
    let waiting = |reason: &'static str, says: String| Pod::Waiting { reason, says, restarts: 0, last: None };
    let rolling =
        |at_s: i64| vec![new.deployment(3, 2, &t(at_s)), new.replica_set(1, 0, &t(30)), CATALOG.replica_set(2, 2, &t(-3 * 86_400))];
    let mut first = rolling(30);
    first.push(new.pod(0, &t(30), &waiting("ContainerCreating", String::new())));
    let mut second = vec![new.pod(0, &t(30), &waiting("ErrImagePull", says.clone())), failed(33, 33, 1)];
    second.extend(rolling(33));
    let back_off = waiting("ImagePullBackOff", format!("Back-off pulling image \"{image}\""));
    let third = vec![new.pod(0, &t(30), &back_off), failed(33, 62, 3)];
    let mut healed = vec![new.deployment(2, 2, &t(302)), new.replica_set(2, 2, &t(302))];
    healed.extend((0..2).map(|n| new.pod(n, &t(30), &Pod::Running { since: &t(301) })));
    healed.push(new.endpoints(2, &t(302)));
    healed.push(CATALOG.replica_set(0, 0, &t(302)));
    let mut healed = moment(start, 302, "The tag is pushed, and the rollout of `catalog` ends well", healed);
    let now = t(302);
    healed.facts.extend((0..2).map(|n| json!({"gone": {"at": now, "kind": "Pod", "namespace": "grocer", "name": CATALOG.pod_name(n)}})));
    vec![
        moment(start, 30, "`catalog` gets a tag that was never pushed", first),
        moment(start, 33, "Its image is not found", second),
        moment(start, 62, "The kubelet backs off", third),
        healed,
    ]
}

fn selector_changed(start: Timestamp) -> Vec<Moment> {
    let now = at(start, 80);
    let renamed = PAYMENTS.service("payments-v2", &at(start, -3 * 86_400));
    let mut changed = moment(
        start,
        80,
        "The Service `payments` gets the selector of a version that does not exist",
        vec![renamed, PAYMENTS.endpoints(0, &now)],
    );
    let text = (0..6)
        .map(|n| format!("{} level=error msg=\"charge failed\" error=\"Post \\\"http://payments:8443/charge\\\": dial tcp 10.96.0.21:8443: connect: connection refused\"\n", at(start, 81 + n)))
        .collect::<String>();
    changed.facts.push(json!({"log": {"at": at(start, 88), "namespace": "tills", "pod": INVOICES.pod_name(0), "container": "invoices",
        "previous": false, "text": text}}));
    vec![changed]
}

fn limit_lowered(start: Timestamp) -> Vec<Moment> {
    let t = |offset_s| at(start, offset_s);
    let new = App { memory: "48Mi", generation: 2, hash: "66c4d8b5f", ..THUMBS };
    let killed =
        |started: i64, ended: i64| json!({"reason": "OOMKilled", "exitCode": 137, "startedAt": t(started), "finishedAt": t(ended)});
    let crash = |restarts: i64, started: i64, ended: i64| Pod::Waiting {
        reason: "CrashLoopBackOff",
        says: format!("back-off {}s restarting failed container=thumbs pod={}_pictures", 10 * restarts, new.pod_name(0)),
        restarts,
        last: Some(killed(started, ended)),
    };
    let back_off = |last: i64, count: u32| new.event(0, "BackOff", "Back-off restarting failed container thumbs", &t(141), &t(last), count);
    let rolled = vec![new.deployment(3, 2, &t(130)), new.replica_set(1, 0, &t(130)), new.pod(0, &t(130), &Pod::Running { since: &t(131) })];
    vec![
        moment(start, 130, "`thumbs` gets a memory limit of 48Mi", rolled),
        moment(
            start,
            141,
            "It is killed at the limit",
            vec![new.pod(0, &t(130), &crash(1, 131, 140)), back_off(141, 1), new.deployment(3, 2, &t(141))],
        ),
        moment(start, 165, "And again", vec![new.pod(0, &t(130), &crash(2, 151, 164)), back_off(165, 4)]),
        moment(start, 205, "And again", vec![new.pod(0, &t(130), &crash(3, 185, 204)), back_off(205, 8)]),
    ]
}

fn no_node_fits(start: Timestamp) -> Vec<Moment> {
    let t = |offset_s| at(start, offset_s);
    let new = App { node_selector: Some(("disk", "nvme")), generation: 2, hash: "8b7f5d9c4", ..SEARCH };
    let says = "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    let pending = Pod::Unschedulable { says };
    let bodies = |last: i64, count: u32| {
        vec![
            new.deployment(3, 2, &t(last)),
            new.replica_set(1, 0, &t(210)),
            new.pod(0, &t(210), &pending),
            new.event(0, "FailedScheduling", says, &t(210), &t(last), count),
        ]
    };
    vec![
        moment(start, 210, "`search` is to run on nodes with fast disks, and there are none", bodies(210, 1)),
        moment(start, 240, "The scheduler tries again", bodies(240, 2)),
    ]
}

fn key_missing(start: Timestamp) -> Vec<Moment> {
    let t = |offset_s| at(start, offset_s);
    let new = App { setting: Some("CURRENCY"), tag: "3.1.0", generation: 2, hash: "59d7c6f8b", ..INVOICES };
    let says = "couldn't find key CURRENCY in ConfigMap tills/invoices";
    let waiting = Pod::Waiting { reason: "CreateContainerConfigError", says: says.to_owned(), restarts: 0, last: None };
    let bodies = |last: i64, count: u32| {
        vec![
            new.deployment(3, 2, &t(last)),
            new.replica_set(1, 0, &t(260)),
            new.pod(0, &t(260), &waiting),
            new.event(0, "Failed", &format!("Error: {says}"), &t(262), &t(last), count),
        ]
    };
    vec![
        moment(start, 262, "The new `invoices` wants a setting that its ConfigMap lacks", bodies(262, 1)),
        moment(start, 290, "The kubelet tries again", bodies(290, 3)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_goes_forward_and_names_what_it_intends() {
        let start: Timestamp = "2026-06-01T09:00:00Z".parse().unwrap();
        let moments = timeline(start);
        assert!(moments.is_sorted_by_key(|moment| moment.offset_s));
        assert!(moments.iter().all(|moment| !moment.facts.is_empty() && moment.offset_s <= LENGTH_S));
        assert!(INTENDED.iter().all(|intended| assent_diagnosis::cause::find(intended.cause).is_some()));
    }
}
