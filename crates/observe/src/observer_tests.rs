//! An observer between an API server and a platform that both say on cue what real ones cannot be made to say.
//!
//! Time stands still and jumps to the next timer when nothing else is left to do.

use std::sync::Arc;
use std::time::Duration;

use assent_api::clusters::Profile;
use assent_api::observer::{Acknowledged, Batch, Heartbeat, Hello, Signal, WantedLog, Welcome};
use assent_api::redaction::RedactionRules;
use assent_base::id::ClusterId;
use assent_base::{Secret, Timestamp};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::clock::Clock;
use crate::fake::{Fake, Reply, ok, refusal};
use crate::filter::{Choice, Filter};
use crate::observer::{Config, Observer, ObserverError};
use crate::preflight::NotFit;
use crate::uplink::{NoUplink, Uplink};

const PODS: &str = "/api/v1/pods";

#[tokio::test(start_paused = true)]
async fn what_is_listed_and_what_changes_is_sent_once_and_in_order() {
    let world = World::new();
    world.fake.on(PODS, [pods(&[("a", "1", "Pending"), ("b", "2", "Running")], "10")]);
    world.fake.on(
        &watch_from("10"),
        [Reply::Open(vec![
            line("MODIFIED", &pod("a", "11", "Running")),
            line("MODIFIED", &pod("a", "12", "Running")),
            line("ADDED", &pod("c", "13", "Pending")),
            line("DELETED", &pod("b", "14", "Running")),
        ])],
    );
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().any(|one| one.starts_with("gone"))).await;
    assert_eq!(
        said,
        ["Pod shop/a Pending", "Pod shop/b Running", "listed Pod", "Pod shop/a Running", "Pod shop/c Pending", "gone Pod shop/b uid-b"]
    );
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_read_before_the_platform_has_said_what_to_redact() {
    let world = World::new();
    world.platform.change(|platform| platform.is_down = true);
    let run = world.start(|_| {}).await;
    run.platform.tried(5).await;
    assert_eq!(world.fake.times(PODS), 0);
    world.platform.change(|platform| platform.is_down = false);
    run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn secrets_are_replaced_before_they_are_kept() {
    let world = World::new();
    let config = r#"{"kind":"ConfigMapList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"c","namespace":"shop","uid":"u"},
        "data":{"password":"hunter2-hunter2","Corefile":".:53 { forward . 10.0.0.10 }"}}]}"#;
    world.fake.on("/api/v1/configmaps", [ok(config)]);
    let run = world.start(|_| {}).await;
    run.until(|said| said.iter().any(|one| one == "listed ConfigMap")).await;
    let bodies = run.platform.bodies();
    let body = bodies.iter().find(|body| body["kind"] == "ConfigMap").unwrap();
    assert!(body["data"]["password"].as_str().unwrap().starts_with("[redacted:"), "{body}");
    assert_eq!(body["data"]["Corefile"], ".:53 { forward . 10.0.0.10 }");
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_on_from_the_last_version_a_bookmark_included() {
    let world = World::new();
    let bookmark = r#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"40"}}}"#;
    world.fake.on(PODS, [pods(&[("a", "1", "Pending")], "10")]);
    world.fake.on(&watch_from("10"), [Reply::Lines(vec![line("MODIFIED", &pod("a", "30", "Running")), bookmark.to_owned()])]);
    world.fake.on(&watch_from("40"), [Reply::Open(vec![line("MODIFIED", &pod("a", "41", "Failed"))])]);
    let run = world.start(|_| {}).await;
    run.until(|said| said.iter().any(|one| one == "Pod shop/a Failed")).await;
    assert_eq!(world.fake.times(PODS), 1, "listed once");
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_broken_or_failing_watch_is_taken_up_where_it_was() {
    let world = World::new();
    let failing = r#"{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd is slow"}}"#;
    let cut = r#"{"type":"MODIFIED","object":{"metadata":"#;
    world.fake.on(PODS, [pods(&[("a", "1", "Pending")], "10")]);
    world.fake.on(
        &watch_from("10"),
        [
            refusal(503, "no backend"),
            Reply::Cut,
            Reply::Hang,
            Reply::Lines(vec![failing.to_owned()]),
            Reply::Lines(vec!["<html>".to_owned()]),
            Reply::Lines(vec![]),
            Reply::Open(vec![]),
            Reply::Lines(vec![line("MODIFIED", &pod("a", "11", "Running"))]),
        ],
    );
    world.fake.on(&watch_from("11"), [Reply::Lines(vec![cut.to_owned()]), Reply::Open(vec![line("MODIFIED", &pod("a", "12", "Failed"))])]);
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().any(|one| one == "Pod shop/a Failed")).await;
    assert_eq!(said, ["Pod shop/a Pending", "listed Pod", "Pod shop/a Running", "Pod shop/a Failed"]);
    assert_eq!(world.fake.times(PODS), 1, "listed once");
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_version_that_expired_is_listed_anew_and_only_differences_are_sent() {
    let world = World::new();
    let gone = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}"#;
    world.fake.on(
        PODS,
        [
            pods(&[("a", "1", "Pending"), ("b", "2", "Running"), ("c", "3", "Running")], "10"),
            pods(&[("a", "21", "Running"), ("c", "3", "Running"), ("d", "22", "Pending")], "30"),
            pods(&[("a", "21", "Running"), ("c", "3", "Running")], "50"),
        ],
    );
    world.fake.on(&watch_from("10"), [Reply::Lines(vec![gone.to_owned()])]);
    world.fake.on(&watch_from("30"), [refusal(410, "too old resource version")]);
    world.fake.on(&watch_from("50"), [Reply::Open(vec![])]);
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().filter(|one| one.starts_with("gone")).count() == 2).await;
    assert_eq!(
        said,
        [
            "Pod shop/a Pending",
            "Pod shop/b Running",
            "Pod shop/c Running",
            "listed Pod",
            "Pod shop/a Running",
            "Pod shop/d Pending",
            "gone Pod shop/b uid-b",
            "gone Pod shop/d uid-d",
        ]
    );
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_slow_server_is_waited_for_and_a_silent_one_asked_again() {
    let world = World::new();
    let slow = Reply::After(Duration::from_secs(25), Box::new(pods(&[("a", "1", "Running")], "10")));
    world.fake.on(PODS, [Reply::Hang, refusal(500, "etcd is slow"), slow]);
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    assert_eq!(said, ["Pod shop/a Running", "listed Pod"]);
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_object_made_anew_under_its_name_is_news() {
    let world = World::new();
    world.fake.on(PODS, [pods(&[("a", "1", "Running")], "10")]);
    let again = pod("a", "12", "Running").replace("uid-a", "uid-new");
    world.fake.on(&watch_from("10"), [Reply::Open(vec![line("MODIFIED", &again), line("DELETED", &again)])]);
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().any(|one| one.starts_with("gone"))).await;
    assert_eq!(said, ["Pod shop/a Running", "listed Pod", "Pod shop/a Running", "gone Pod shop/a uid-new"]);
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn pages_are_joined_and_a_list_that_expires_on_the_way_begins_anew() {
    let world = World::new();
    let page = |name: &str, next: &str| {
        ok(&format!(
            r#"{{"kind":"PodList","metadata":{{"resourceVersion":"10","continue":"{next}"}},"items":[{}]}}"#,
            pod(name, "1", "Running")
        ))
    };
    world.fake.on(PODS, [page("a", "t1"), page("a", "t2")]);
    world.fake.on("/api/v1/pods?continue=t1", [refusal(410, "expired")]);
    world.fake.on("/api/v1/pods?continue=t2", [page("b", "")]);
    world.fake.on(&watch_from("10"), [Reply::Open(vec![])]);
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    assert_eq!(said, ["Pod shop/a Running", "Pod shop/a Running", "Pod shop/b Running", "listed Pod"]);
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_platform_can_have_all_of_it_again() {
    let world = World::new();
    world.fake.on(PODS, [pods(&[("a", "1", "Running")], "10")]);
    let run = world.start(|_| {}).await;
    run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    world.platform.change(|platform| platform.list_again = true);
    let said = run.until(|said| said.iter().filter(|one| *one == "listed Pod").count() == 2).await;
    assert_eq!(said, ["Pod shop/a Running", "listed Pod", "Pod shop/a Running", "listed Pod"]);
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_said_and_hinders_nothing_else() {
    let world = World::new();
    world.fake.revoke("ingresses");
    world.fake.on("/apis/networking.k8s.io/v1/ingresses", [refusal(403, "ingresses is forbidden")]);
    world.fake.on("/api/v1/nodes", [refusal(404, "not found")]);
    world.fake.on(PODS, [pods(&[("a", "1", "Running")], "10")]);
    let run = world.start(|_| {}).await;
    run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    run.platform.heard_beats(2).await;
    assert_eq!(run.platform.last_state().cannot_see, ["ingresses.networking.k8s.io", "nodes"]);
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_right_too_many_and_nothing_is_read() {
    for (verb, group, resource) in
        [("get", "", "secrets"), ("delete", "", "pods"), ("*", "*", "*"), ("create", "", "pods/exec"), ("impersonate", "", "users")]
    {
        let world = World::new();
        world.fake.grant_more(verb, group, resource);
        let error = world.start(|_| {}).await.task.await.unwrap().unwrap_err();
        let ObserverError::NotFit(NotFit::OverGranted(excess)) = error else { panic!("{error}") };
        assert!(excess.iter().any(|excess| excess.verb == verb && excess.what.starts_with(resource)), "{excess:?}");
        assert_eq!((world.fake.times(PODS), world.platform.0.borrow().tries), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_persons_own_rights_are_taken_only_when_told_so() {
    let world = World::new();
    world.fake.grant_more("*", "*", "*");
    let run = world.start(|config| config.dangerous_excess_rights_accepted = true).await;
    run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_kind_or_namespace_that_is_left_out_is_not_asked_for() {
    let world = World::new();
    world.fake.on("/api/v1/namespaces/shop/pods", [pods(&[("a", "1", "Running")], "10")]);
    let run = world
        .start(|config| {
            let namespaces = Choice { include: vec!["shop".to_owned()], ..Choice::default() };
            let kinds = Choice { exclude: vec!["ConfigMap".to_owned()], ..Choice::default() };
            config.filter = Filter { namespaces, kinds, ..Filter::default() };
        })
        .await;
    run.until(|said| said.iter().any(|one| one == "listed Pod in shop")).await;
    let asked = world.fake.asked();
    assert!(!asked.iter().any(|path| path.contains("configmaps") || path == PODS), "{asked:?}");
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn logs_are_sent_when_they_are_wanted_and_granted_and_not_again_at_once() {
    let log = "/api/v1/namespaces/shop/pods/a/log?container=web&previous=true&tailLines=200&limitBytes=65536";
    for profiles in [vec![Profile::Logs], vec![]] {
        let world = World::new();
        world.fake.grant(&profiles);
        world.fake.on(log, [ok("panic: password=hunter2-hunter2\n")]);
        let wanted = WantedLog { namespace: "shop".to_owned(), pod: "a".to_owned(), container: "web".to_owned(), previous: true };
        world.platform.change(|platform| platform.wanted_logs = vec![wanted.clone(), wanted]);
        let is_granted = !profiles.is_empty();
        let run = world.start(|config| config.profiles = profiles).await;
        run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
        run.platform.heard_beats(3).await;
        assert_eq!(world.fake.times(log), usize::from(is_granted));
        let logs: Vec<String> = run.platform.said().into_iter().filter(|one| one.starts_with("log")).collect();
        assert_eq!(logs.len(), usize::from(is_granted));
        assert!(logs.iter().all(|log| log.starts_with("log shop/a/web panic: password=[redacted:")), "{logs:?}");
        run.stop().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn use_of_pods_and_nodes_is_sampled_every_minute() {
    let world = World::new();
    world.fake.grant(&[Profile::Metrics]);
    world.fake.on("/apis/metrics.k8s.io/v1beta1/pods", [ok(
        r#"{"kind":"PodMetricsList","metadata":{},"items":[{"metadata":{"name":"a","namespace":"shop"},"timestamp":"2026-03-01T12:00:00Z",
        "containers":[{"name":"web","usage":{"cpu":"12345678n","memory":"20Mi"}}]}]}"#,
    )]);
    world.fake.on("/apis/metrics.k8s.io/v1beta1/nodes", [refusal(503, "metrics not available yet")]);
    let run = world.start(|config| config.profiles = vec![Profile::Metrics]).await;
    let said = run.until(|said| said.iter().filter(|one| one.starts_with("pod_memory_bytes")).count() == 2).await;
    // Whether keys of JSON keep their order is a feature that other rooms switch.
    let wanted = serde_json::json!({"result": [{"metric": {"container": "web", "namespace": "shop", "pod": "a"}, "value": [1_772_366_400, "0.013"]}], "resultType": "vector"});
    let samples = said.iter().find_map(|one| one.strip_prefix("pod_cpu_cores "));
    assert_eq!(samples.map(|samples| serde_json::from_str::<serde_json::Value>(samples).unwrap()), Some(wanted), "{said:?}");
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_lost_makes_nothing_twice() {
    let world = World::new();
    world.fake.on(PODS, [pods(&[("a", "1", "Running"), ("b", "2", "Running")], "10")]);
    world.platform.change(|platform| platform.answers_lost = 3);
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    assert_eq!(said, ["Pod shop/a Running", "Pod shop/b Running", "listed Pod"]);
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_the_platform_cannot_read_is_given_up_and_counted() {
    let world = World::new();
    world.fake.on(PODS, [pods(&[("a", "1", "Running"), ("poison", "2", "Running"), ("c", "3", "Running")], "10")]);
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    assert_eq!(said, ["Pod shop/a Running", "dropped 1", "Pod shop/c Running", "listed Pod"]);
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_restart_goes_on_in_the_same_stream() {
    let world = World::new();
    world.fake.on(PODS, [pods(&[("a", "1", "Running")], "10"), pods(&[("b", "11", "Running")], "20")]);
    let run = world.start(|_| {}).await;
    run.until(|said| said.iter().any(|one| one == "listed Pod")).await;
    run.stop().await.unwrap();
    let stream = world.platform.0.borrow().stream.clone();
    let run = world.start(|_| {}).await;
    let said = run.until(|said| said.iter().filter(|one| *one == "listed Pod").count() == 2).await;
    assert_eq!(said, ["Pod shop/a Running", "listed Pod", "Pod shop/b Running", "listed Pod"]);
    assert_eq!((world.platform.0.borrow().stream.clone(), world.platform.0.borrow().streams), (stream, 1));
    run.stop().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn heartbeats_come_every_half_minute() {
    let world = World::new();
    let run = world.start(|_| {}).await;
    run.platform.heard_beats(1).await;
    let begun = tokio::time::Instant::now();
    run.platform.heard_beats(5).await;
    assert_eq!(begun.elapsed().as_secs(), 120);
    run.stop().await.unwrap();
}

/// An API server, a platform, and a folder for the buffer.
struct World {
    fake: Fake,
    platform: Platform,
    folder: TempDir,
}

struct Run {
    platform: Platform,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ObserverError>>,
}

impl World {
    fn new() -> Self {
        let fake = Fake::new();
        fake.grant(&[]);
        for (path, kind) in [
            ("/api/v1/pods", "PodList"),
            ("/api/v1/nodes", "NodeList"),
            ("/api/v1/namespaces", "NamespaceList"),
            ("/api/v1/services", "ServiceList"),
            ("/api/v1/endpoints", "EndpointsList"),
            ("/api/v1/events", "EventList"),
            ("/api/v1/configmaps", "ConfigMapList"),
            ("/apis/apps/v1/deployments", "DeploymentList"),
            ("/apis/apps/v1/replicasets", "ReplicaSetList"),
            ("/apis/networking.k8s.io/v1/ingresses", "IngressList"),
        ] {
            fake.on(path, [ok(&format!(r#"{{"kind":"{kind}","metadata":{{"resourceVersion":"5"}},"items":[]}}"#))]);
            fake.on(&format!("{path}?watch=1&allowWatchBookmarks=true&resourceVersion=5"), [Reply::Open(vec![])]);
        }
        fake.on(&watch_from("10"), [Reply::Open(vec![])]);
        fake.on(&watch_from("20"), [Reply::Open(vec![])]);
        Self { fake, platform: Platform::new(), folder: tempfile::tempdir().unwrap() }
    }

    async fn start(&self, change: impl FnOnce(&mut Config)) -> Run {
        let mut config = Config::at(self.folder.path().to_owned());
        change(&mut config);
        let (stop, stopped) = oneshot::channel::<()>();
        let platform = self.platform.clone();
        let server = self.fake.server().await;
        let clock = running_clock();
        let observer = Observer::new(config, server, clock, Secret::new("a-key-for-this-test".to_owned()));
        let task = tokio::spawn(async move { observer.run(platform, async { drop(stopped.await) }).await });
        Run { platform: self.platform.clone(), stop, task }
    }
}

impl Run {
    /// Waits until what was said of pods, logs and samples fits, and gives it.
    async fn until(&self, fits: impl Fn(&[String]) -> bool) -> Vec<String> {
        let mut seen = self.platform.0.subscribe();
        let waited = tokio::time::timeout(Duration::from_secs(3_600), seen.wait_for(|seen| fits(&seen.said))).await;
        let said = self.platform.said();
        assert!(waited.is_ok(), "{said:?}");
        said.into_iter().filter(|one| !one.starts_with("listed") || one.starts_with("listed Pod")).collect()
    }

    async fn stop(self) -> Result<(), ObserverError> {
        self.stop.send(()).unwrap();
        self.task.await.unwrap()
    }
}

/// A clock that runs with the runtime's.
fn running_clock() -> Clock {
    let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let begun = tokio::time::Instant::now();
    Clock::new(move || start + begun.elapsed())
}

/// A platform that keeps what it is sent, in words.
#[derive(Clone)]
struct Platform(Arc<watch::Sender<Seen>>);

#[derive(Default)]
struct Seen {
    is_down: bool,
    answers_lost: usize,
    list_again: bool,
    wanted_logs: Vec<WantedLog>,
    tries: usize,
    stream: String,
    streams: usize,
    acknowledged: u64,
    said: Vec<String>,
    bodies: Vec<Value>,
    beats: Vec<Heartbeat>,
}

impl Platform {
    fn new() -> Self {
        Self(Arc::new(watch::channel(Seen::default()).0))
    }

    fn change(&self, change: impl FnOnce(&mut Seen)) {
        self.0.send_modify(change);
    }

    fn said(&self) -> Vec<String> {
        self.0.borrow().said.clone()
    }

    fn bodies(&self) -> Vec<Value> {
        self.0.borrow().bodies.clone()
    }

    fn last_state(&self) -> assent_api::clusters::ObserverState {
        self.0.borrow().beats.last().unwrap().state.clone()
    }

    async fn tried(&self, times: usize) {
        self.0.subscribe().wait_for(|seen| seen.tries >= times).await.unwrap();
    }

    async fn heard_beats(&self, beats: usize) {
        self.0.subscribe().wait_for(|seen| seen.beats.len() >= beats).await.unwrap();
    }

    fn reach(&self) -> Result<(), NoUplink> {
        let mut is_down = false;
        self.change(|seen| {
            seen.tries += 1;
            is_down = seen.is_down;
        });
        if is_down { Err(NoUplink::Unreachable { why: "down".to_owned(), retry_after: None }) } else { Ok(()) }
    }

    fn answer(&self) -> Acknowledged {
        let mut answer = Acknowledged { acknowledged: 0, wanted_logs: Vec::new(), list_again: false };
        self.change(|seen| {
            answer.acknowledged = seen.acknowledged;
            answer.list_again = std::mem::take(&mut seen.list_again);
            answer.wanted_logs = seen.wanted_logs.clone();
        });
        answer
    }
}

impl Uplink for Platform {
    async fn hello(&self, hello: &Hello) -> Result<Welcome, NoUplink> {
        self.reach()?;
        assert_eq!((hello.cluster_uid.as_str(), hello.kubernetes.as_deref()), ("u-1", Some("v1.33.2")));
        let mut acknowledged = 0;
        self.change(|seen| {
            if seen.stream != hello.stream {
                (seen.stream, seen.streams, seen.acknowledged) = (hello.stream.clone(), seen.streams + 1, 0);
            }
            acknowledged = seen.acknowledged;
        });
        let redaction = RedactionRules { deny: Vec::new(), allow: Vec::new(), addresses: false, version: 1 };
        let cluster = ClusterId::new(Timestamp::UNIX_EPOCH, [1; 10]);
        Ok(Welcome { cluster, acknowledged, redaction, pseudonym_key: "07".repeat(32) })
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Acknowledged, NoUplink> {
        self.reach()?;
        self.change(|seen| seen.beats.push(heartbeat.clone()));
        Ok(self.answer())
    }

    async fn send(&self, batch: &Batch) -> Result<Acknowledged, NoUplink> {
        self.reach()?;
        let poisoned = batch.signals.iter().any(|one| words(&one.signal).contains("poison"));
        if poisoned {
            return Err(NoUplink::Broken { why: "poison".to_owned() });
        }
        let mut is_lost = false;
        self.change(|seen| {
            assert_eq!(batch.stream, seen.stream);
            for one in &batch.signals {
                if one.seq <= seen.acknowledged {
                    continue;
                }
                let is_drop = matches!(one.signal, Signal::Dropped { .. });
                assert!(one.seq == seen.acknowledged + 1 || is_drop, "{} after {}", one.seq, seen.acknowledged);
                seen.acknowledged = one.seq;
                seen.said.push(words(&one.signal));
                if let Signal::Object { body, .. } = &one.signal {
                    seen.bodies.push(serde_json::from_str(body.get()).unwrap());
                }
            }
            is_lost = seen.answers_lost > 0;
            seen.answers_lost = seen.answers_lost.saturating_sub(1);
        });
        if is_lost { Err(NoUplink::Unreachable { why: "the answer is lost".to_owned(), retry_after: None }) } else { Ok(self.answer()) }
    }
}

fn words(signal: &Signal) -> String {
    match signal {
        Signal::Object { body, .. } => {
            let body: Value = serde_json::from_str(body.get()).unwrap();
            let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("-").to_owned();
            format!("{} {}/{} {}", text("/kind"), text("/metadata/namespace"), text("/metadata/name"), text("/status/phase"))
        }
        Signal::Gone { kind, namespace, name, uid, .. } => {
            format!("gone {kind} {}/{name} {}", namespace.as_deref().unwrap_or("-"), uid.as_deref().unwrap_or("-"))
        }
        Signal::Listed { kind, namespace: None, .. } => format!("listed {kind}"),
        Signal::Listed { kind, namespace: Some(namespace), .. } => format!("listed {kind} in {namespace}"),
        Signal::Log { namespace, pod, container, text, .. } => format!("log {namespace}/{pod}/{container} {text}"),
        Signal::Samples { query, body, .. } => format!("{query} {}", body.get()),
        Signal::Calls { from, to, calls, .. } => format!("calls {from} {to} {calls}"),
        Signal::Dropped { signals, .. } => format!("dropped {signals}"),
    }
}

fn pod(name: &str, version: &str, phase: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"shop","uid":"uid-{name}","resourceVersion":"{version}"}},"status":{{"phase":"{phase}"}}}}"#
    )
}

fn pods(pods: &[(&str, &str, &str)], version: &str) -> Reply {
    let items: Vec<String> = pods.iter().map(|(name, version, phase)| pod(name, version, phase)).collect();
    ok(&format!(r#"{{"kind":"PodList","metadata":{{"resourceVersion":"{version}"}},"items":[{}]}}"#, items.join(",")))
}

fn line(change: &str, object: &str) -> String {
    format!(r#"{{"type":"{change}","object":{object}}}"#)
}

fn watch_from(version: &str) -> String {
    format!("{PODS}?watch=1&allowWatchBookmarks=true&resourceVersion={version}")
}
