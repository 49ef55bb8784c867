//! Observers by way of a real NATS server: what is answered is kept, and whoever stands between can delay and drop, and nothing else.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::nats::{Answering, Front, Server, guarded, noise, until};
use crate::support::observer::Observer;
use crate::support::{House, NOON, Who};
use assent_api::observer::{Acknowledged, Batch, Heartbeat, Hello};
use assent_envelope::seal::{Seal, Why, parts, unopened};
use assent_observe::uplink::{NoUplink, Uplink};
use assent_platform::Settings;
use base64::Engine as _;
use futures_util::StreamExt as _;
use serde_json::{Value, json};

const STREAM: &str = "0f0e0d0c0b0a09080706050403020100";

/// A platform, an owner, and an observer of a cluster.
struct Field {
    house: House,
    owner: Who,
    observer: Observer,
    front: Front,
}

impl Field {
    async fn open() -> Self {
        let house = House::open().await;
        let owner = house.owner().await;
        let observer = Observer::of_new_cluster(&house, &owner).await;
        let front = Front::of(&house).await;
        Self { house, owner, observer, front }
    }

    /// The numbers that are kept, each with how often.
    async fn kept(&self) -> BTreeMap<u64, usize> {
        let export = self.house.get(&self.owner, "/api/v1/tenant/export").await.text();
        let mut kept = BTreeMap::new();
        for line in export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(|line| line["type"] == "signals") {
            let bytes = base64::engine::general_purpose::STANDARD.decode(line["bytes"].as_str().unwrap()).unwrap();
            for signal in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let signal: Value = serde_json::from_slice(signal).unwrap();
                let name = signal["object"]["body"]["metadata"]["name"].as_str().unwrap().to_owned();
                *kept.entry(name.trim_start_matches("n-").parse().unwrap()).or_default() += 1;
            }
        }
        kept
    }
}

fn hello() -> Hello {
    let state = json!({ "version": "1", "started_at": NOON, "buffered_bytes": 0, "dropped": 0, "redacted": 0 });
    serde_json::from_value(json!({ "stream": STREAM, "cluster_uid": "uid", "profiles": [], "state": state })).unwrap()
}

fn heartbeat() -> Heartbeat {
    Heartbeat { stream: STREAM.to_owned(), state: hello().state }
}

/// Signals from one number to another, each an object with its number for a name.
fn batch(from: u64, to: u64, data: &str) -> Batch {
    let signal = |seq: u64| {
        let body = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "a": data },
            "metadata": { "namespace": "shop", "name": format!("n-{seq}"), "uid": format!("u-{seq}") } });
        json!({ "seq": seq, "signal": { "object": { "at": NOON, "body": body } } })
    };
    serde_json::from_value(json!({ "stream": STREAM, "signals": (from..=to).map(signal).collect::<Vec<_>>() })).unwrap()
}

async fn once_there<T>(what: &str, mut ask: impl AsyncFnMut() -> Result<T, NoUplink>) -> T {
    until(what, async || ask().await.ok()).await
}

#[tokio::test]
async fn what_an_observer_says_by_nats_is_answered_once_it_is_kept() {
    let Some(server) = Server::plain() else { return };
    let field = Field::open().await;
    let _answering = Answering::of(&field.house, server.connect()).await;
    let uplink = field.front.by_nats(&field.observer.key, server.connect()).await;
    let welcome = once_there("a welcome", async || uplink.hello(&hello()).await).await;
    assert_eq!((welcome.cluster.to_string(), welcome.acknowledged), (field.observer.cluster.clone(), 0));
    assert_eq!(uplink.send(&batch(1, 20, "b")).await.unwrap().acknowledged, 20);
    assert_eq!(uplink.heartbeat(&heartbeat()).await.unwrap().acknowledged, 20);
    assert_eq!(uplink.send(&batch(11, 30, "b")).await.unwrap().acknowledged, 30, "what it has already is passed over");
    assert_eq!(field.kept().await, (1..=30).map(|seq| (seq, 1)).collect());
}

#[tokio::test]
async fn a_stream_survives_kills_of_the_server_and_of_the_platform() {
    let Some(mut server) = Server::plain() else { return };
    let Field { house, owner, observer, front } = Field::open().await;
    let mut answering = Answering::of(&house, server.connect()).await;
    let uplink = front.by_nats(&observer.key, server.connect()).await;
    once_there("a welcome", async || uplink.hello(&hello()).await).await;
    let (mut house, mut acknowledged, mut lost) = (house, 0, 0);
    while acknowledged < 120 {
        match uplink.send(&batch(acknowledged + 1, acknowledged + 10, "b")).await {
            Ok(answer) => acknowledged = answer.acknowledged,
            Err(NoUplink::Unreachable { .. }) => lost += 1,
            Err(error) => panic!("{error}"),
        }
        match acknowledged {
            30 if lost == 0 => {
                server.kill();
                assert!(uplink.send(&batch(acknowledged + 1, acknowledged + 10, "b")).await.is_err(), "nobody is there");
                lost += 1;
                server.up();
            }
            60 | 90 => {
                // Killed while it answers: it may have this batch, and the observer cannot know.
                let next = batch(acknowledged + 1, acknowledged + 10, "b");
                tokio::join!(async { drop(uplink.send(&next).await) }, async { drop(answering) });
                let House { data, plane, .. } = house;
                plane.stop().await;
                house = House::on(data, Settings::default()).await;
                front.now_of(&house);
                answering = Answering::of(&house, server.connect()).await;
                acknowledged = once_there("a welcome", async || uplink.hello(&hello()).await).await.acknowledged;
                let next = batch(acknowledged + 1, acknowledged + 10, "b");
                acknowledged = once_there("an answer", async || uplink.send(&next).await).await.acknowledged;
            }
            _ => {}
        }
    }
    drop(answering);
    let field = Field { house, owner, observer, front };
    assert_eq!(field.kept().await, (1..=120).map(|seq| (seq, 1)).collect(), "all of it, and nothing twice");
}

#[tokio::test]
async fn a_batch_is_cut_to_what_the_server_takes_and_one_signal_goes_by_https() {
    let Some(server) = Server::start(|_| "max_payload: 16384".to_owned()) else { return };
    let field = Field::open().await;
    let _answering = Answering::of(&field.house, server.connect()).await;
    let uplink = field.front.by_nats(&field.observer.key, server.connect()).await;
    once_there("a welcome", async || uplink.hello(&hello()).await).await;
    let large = noise(48 << 10);
    assert!(matches!(uplink.send(&batch(1, 2, &large)).await, Err(NoUplink::TooLarge(_))));
    assert_eq!(uplink.send(&batch(1, 1, &large)).await.unwrap().acknowledged, 1);
    assert_eq!(uplink.send(&batch(2, 9, "b")).await.unwrap().acknowledged, 9);
}

#[tokio::test]
async fn a_revoked_key_holds_no_more_at_once() {
    let Some(server) = Server::plain() else { return };
    let field = Field::open().await;
    let _answering = Answering::of(&field.house, server.connect()).await;
    let uplink = field.front.by_nats(&field.observer.key, server.connect()).await;
    once_there("a welcome", async || uplink.hello(&hello()).await).await;
    let path = format!("/api/v1/clusters/{}/key", field.observer.cluster);
    assert_eq!(field.house.call(&field.owner, "DELETE", &path, None).await.status, 204);
    assert!(matches!(uplink.send(&batch(1, 1, "b")).await, Err(NoUplink::Refused { .. })));
    assert_eq!(field.kept().await, BTreeMap::new());
}

/// What somebody with a connection of their own can say and hear.
struct Stranger(async_nats::Client);

impl Stranger {
    async fn at(server: &Server) -> Self {
        Self(async_nats::connect(format!("nats://127.0.0.1:{}", server.port)).await.unwrap())
    }

    /// Asks, and hears what is answered; nothing if nobody listens, or nobody answers.
    async fn ask(&self, subject: &str, message: Vec<u8>) -> Option<Vec<u8>> {
        let asking = self.0.request(subject.to_owned(), message.into());
        tokio::time::timeout(Duration::from_secs(2), asking).await.ok()?.ok().map(|message| message.payload.to_vec())
    }
}

#[tokio::test]
async fn a_stranger_at_the_server_gets_nothing_and_stops_nothing() {
    let Some(server) = Server::plain() else { return };
    let field = Field::open().await;
    let _answering = Answering::of(&field.house, server.connect()).await;
    let stranger = Stranger::at(&server).await;
    let mut heard = stranger.0.subscribe("assent.observer.signals").await.unwrap();
    let uplink = field.front.by_nats(&field.observer.key, server.connect()).await;
    once_there("a welcome", async || uplink.hello(&hello()).await).await;
    uplink.send(&batch(1, 1, "a-text-that-is-nobodys-business")).await.unwrap();
    let question = heard.next().await.unwrap().payload.to_vec();

    let refused = Some(unopened(Why::Token));
    assert_eq!(stranger.ask("assent.observer.signals", question.clone()).await, refused, "the same again");
    assert_eq!(stranger.ask("assent.observer.heartbeat", question.clone()).await, refused, "the same for something else");
    for operation in ["observer.token", "me", "executor.hello", "observer", "observer.hello.x", "tenant.export"] {
        assert_eq!(stranger.ask(&format!("assent.{operation}"), question.clone()).await, None, "{operation}: nobody listens there");
    }

    // The head of a token is no secret; what was made of another's signature does not open under it.
    let Who::Bearer(token) = &field.observer.token else { panic!("a token") };
    let (head, _) = parts(token).unwrap();
    let own = Seal::of("c2lnbmF0dXJl").unwrap();
    let sealed = |head: &str| own.question("ObserverSignals", head, u64::MAX, b"{}", [1; 12]).unwrap();
    assert_eq!(stranger.ask("assent.observer.signals", sealed(head)).await, refused);
    let (header, _) = head.split_once('.').unwrap();
    let base64 = base64::engine::general_purpose::URL_SAFE_NO_PAD;
    for claims in ["{}", r#"{"iss":"assent","aud":"assent-observer-uplink","iat":0,"exp":99999999999}"#] {
        let forged = format!("{header}.{}", base64.encode(claims));
        assert_eq!(stranger.ask("assent.observer.signals", sealed(&forged)).await, refused, "{claims}");
    }

    // Rubbish is answered with nothing, and where no inbox is named, nothing is answered at all.
    for rubbish in [vec![], vec![0; 4_096], b"{\"key\":\"x\"}".to_vec(), question[..40].to_vec()] {
        stranger.0.publish("assent.observer.signals", rubbish.clone().into()).await.unwrap();
        stranger.0.publish_with_reply("assent.observer.signals", "assent.observer.signals", rubbish.into()).await.unwrap();
        stranger.0.publish_with_reply("assent.observer.hello", "elsewhere.of.others", question.clone().into()).await.unwrap();
    }
    let mut elsewhere = stranger.0.subscribe("elsewhere.>").await.unwrap();
    stranger.0.flush().await.unwrap();
    assert_eq!(uplink.send(&batch(2, 2, "b")).await.unwrap().acknowledged, 2, "the observer is served as before");
    assert!(tokio::time::timeout(Duration::from_millis(50), elsewhere.next()).await.is_err());
    assert_eq!(field.kept().await, [(1, 1), (2, 1)].into());
}

#[tokio::test]
async fn a_foreign_tenants_token_speaks_for_its_own_cluster_alone() {
    let Some(server) = Server::plain() else { return };
    let field = Field::open().await;
    let other_owner = field.house.another(&field.owner, "Other", "olga@example.org").await;
    let other = Observer::of_new_cluster(&field.house, &other_owner).await;
    let _answering = Answering::of(&field.house, server.connect()).await;
    let uplink = field.front.by_nats(&other.key, server.connect()).await;
    let welcome = once_there("a welcome", async || uplink.hello(&hello()).await).await;
    assert_eq!(welcome.cluster.to_string(), other.cluster);
    assert_eq!(uplink.send(&batch(1, 3, "b")).await.unwrap().acknowledged, 3);
    assert_eq!(field.kept().await, BTreeMap::new(), "nothing of it is the first tenant's");

    // With the foreign head and the own signature, and the other way round.
    let stranger = Stranger::at(&server).await;
    let (Who::Bearer(mine), Who::Bearer(theirs)) = (&other.token, &field.observer.token) else { panic!("tokens") };
    let ((mine, signature), (theirs, _)) = (parts(mine).unwrap(), parts(theirs).unwrap());
    let seal = Seal::of(signature).unwrap();
    let question = seal.question("ObserverHello", theirs, u64::MAX, b"{}", [1; 12]).unwrap();
    assert_eq!(stranger.ask("assent.observer.hello", question).await, Some(unopened(Why::Token)));
    assert_ne!(mine, theirs);
}

#[tokio::test]
async fn nobody_else_can_acknowledge() {
    let Some(server) = Server::plain() else { return };
    let field = Field::open().await;
    let uplink = field.front.by_nats(&field.observer.key, server.connect()).await;
    // Answers before anybody: first alone, then beside the platform.
    let rogue = Stranger::at(&server).await;
    let mut questions = rogue.0.subscribe("assent.observer.*").await.unwrap();
    let client = rogue.0.clone();
    let answering = tokio::spawn(async move {
        let seal = Seal::of("c2lnbmF0dXJl").unwrap();
        while let Some(question) = questions.next().await {
            let answer = assent_envelope::seal::Answer {
                status: 200,
                retry_after_s: 0,
                body: json!({ "acknowledged": 1_000, "list_again": false }).to_string().into_bytes(),
            };
            let digest = assent_envelope::seal::digest_of(&question.payload);
            let sealed = seal.answer(&digest, &answer, [1; 12]).unwrap();
            for forged in [sealed, answer.body, question.payload.to_vec(), unopened(Why::Token)] {
                client.publish(question.reply.clone().unwrap(), forged.into()).await.unwrap();
            }
        }
    });
    rogue.0.flush().await.unwrap();
    let is_delay = |answer: Result<Acknowledged, NoUplink>| matches!(answer, Err(NoUplink::Unreachable { .. }));
    until("a connection", async || {
        uplink.heartbeat(&heartbeat()).await.is_err_and(|error| error.to_string().contains("not opened")).then_some(())
    })
    .await;
    assert!(is_delay(uplink.send(&batch(1, 1, "b")).await), "it refuses nothing and gives nothing up");
    assert_eq!(field.kept().await, BTreeMap::new());
    answering.abort();

    let _platform = Answering::of(&field.house, server.connect()).await;
    let mut questions = rogue.0.subscribe("assent.observer.*").await.unwrap();
    let client = rogue.0.clone();
    tokio::spawn(async move {
        while let Some(question) = questions.next().await {
            client
                .publish(question.reply.unwrap(), json!({ "acknowledged": 1_000, "list_again": false }).to_string().into())
                .await
                .unwrap();
        }
    });
    rogue.0.flush().await.unwrap();
    once_there("a welcome", async || uplink.hello(&hello()).await).await;
    assert_eq!(uplink.send(&batch(1, 1, "b")).await.unwrap().acknowledged, 1, "what was forged is passed over, and the true answer counts");
    assert_eq!(field.kept().await, [(1, 1)].into());
}

#[tokio::test]
async fn with_the_documented_permissions_an_observer_asks_and_does_nothing_else() {
    let Some(server) = Server::start(guarded) else { return };
    let field = Field::open().await;
    let _answering = Answering::of(&field.house, server.connect_as("platform")).await;
    let uplink = field.front.by_nats(&field.observer.key, server.connect_as("one")).await;
    once_there("a welcome", async || uplink.hello(&hello()).await).await;
    assert_eq!(uplink.send(&batch(1, 5, "b")).await.unwrap().acknowledged, 5, "by TLS, with the permissions that the documentation shows");

    let other = server.connect_as("other").start().await.unwrap();
    let inbox_of_one = assent_nats::Connect { inbox_prefix: "_INBOX_one".to_owned(), ..server.connect_as("other") };
    let uplink = field.front.by_nats(&field.observer.key, inbox_of_one).await;
    until("a connection", async || other.is_connected().then_some(())).await;
    let deaf = uplink.heartbeat(&heartbeat()).await.unwrap_err();
    assert!(matches!(deaf, NoUplink::Unreachable { .. }), "it may not listen at another's inbox: {deaf}");
    let nobody = other.ask("assent.elsewhere", vec![1], Duration::from_millis(300), &mut |_| Some(())).await;
    assert!(nobody.is_err(), "it may not ask under other subjects");
    let log = std::fs::read_to_string(server.file("nats.conf.log")).unwrap();
    assert!(log.contains("Publish Violation") && log.contains("Subscription Violation"), "{log}");

    let untrusting = assent_nats::Connect { ca_file: Some(server.file("one.pem")), ..server.connect_as("one") };
    let uplink = field.front.by_nats(&field.observer.key, untrusting).await;
    assert!(matches!(uplink.send(&batch(6, 6, "b")).await, Err(NoUplink::Unreachable { .. })), "another authority vouches for the server");
    let nobody = assent_nats::Connect { certificate: None, ..server.connect_as("one") };
    let uplink = field.front.by_nats(&field.observer.key, nobody).await;
    assert!(matches!(uplink.send(&batch(6, 6, "b")).await, Err(NoUplink::Unreachable { .. })), "without a certificate nobody comes in");
    assert_eq!(field.kept().await.len(), 5);
}

/// `cargo test -p assent-platform observers_by_nats -- --ignored --nocapture` prints what it measures.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it measures, and takes a while"]
async fn signals_a_second_by_nats_and_by_https() {
    const SIGNALS: u64 = 2_000;
    let Some(server) = Server::start(guarded) else { return };
    let field = Field::open().await;
    let _answering = Answering::of(&field.house, server.connect_as("platform")).await;
    let by_nats = field.front.by_nats(&field.observer.key, server.connect_as("one")).await;
    let by_https = field.front.https(&field.observer.key);
    once_there("a welcome", async || by_nats.hello(&hello()).await).await;
    let (mut next, mut took) = (1, [Duration::ZERO; 2]);
    for round in 0..21 {
        for (way, took) in took.iter_mut().enumerate() {
            let batch = batch(next, next + SIGNALS - 1, "a value of ordinary length, as such objects have some of");
            let begun = std::time::Instant::now();
            let answer = if way == 0 { by_nats.send(&batch).await } else { by_https.send(&batch).await };
            next = answer.unwrap().acknowledged + 1;
            // The first of each way makes connections.
            *took += if round == 0 { Duration::ZERO } else { begun.elapsed() };
        }
    }
    for (way, took) in ["NATS over TLS", "HTTP on loopback"].iter().zip(took) {
        println!("{way}: {:.0} signals/s", 20.0 * SIGNALS as f64 / took.as_secs_f64());
    }
}
