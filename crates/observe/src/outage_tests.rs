//! The platform is away for long while signals keep coming: all of them arrive later in order and once, or are counted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assent_api::observer::{Acknowledged, Batch, Heartbeat, Hello, Signal, Welcome};
use assent_api::redaction::RedactionRules;
use assent_base::id::ClusterId;
use assent_base::{Secret, Timestamp};
use tokio::sync::{mpsc, watch};

use crate::buffer::{BUFFER_BYTES_MIN, Buffer, BufferKey};
use crate::clock::Clock;
use crate::fake::Fake;
use crate::intake::Intake;
use crate::observer::tests_link;
use crate::uplink::{NoUplink, Uplink};

const SIGNALS_PER_S: u64 = 200;

#[tokio::test(start_paused = true)]
async fn after_minutes_without_the_platform_everything_arrives_in_order_and_once() {
    let seen = cut(300, 256 << 20, 1).await;
    assert_eq!((seen.arrived, seen.dropped), (300 * SIGNALS_PER_S, 0));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_the_buffer_is_counted_to_the_last_signal() {
    let seen = cut(120, BUFFER_BYTES_MIN, 40).await;
    assert!(seen.dropped > 0 && seen.arrived > 0, "{} and {}", seen.arrived, seen.dropped);
    assert_eq!(seen.arrived + seen.dropped, 120 * SIGNALS_PER_S);
}

#[tokio::test(start_paused = true)]
#[ignore = "takes a minute; run it in release"]
async fn after_an_hour_without_the_platform_everything_arrives_in_order_and_once() {
    let seen = cut(3_600, 1 << 30, 20).await;
    assert_eq!((seen.arrived, seen.dropped), (3_600 * SIGNALS_PER_S, 0));
}

#[tokio::test(start_paused = true)]
async fn through_a_narrow_way_everything_arrives_in_smaller_batches() {
    let seen = cut_before(Counting { signals_max: 3, ..Counting::default() }, 20, 256 << 20, 1).await;
    assert_eq!((seen.arrived, seen.dropped), (20 * SIGNALS_PER_S, 0));
}

async fn cut(seconds: u64, bytes_max: u64, noise: usize) -> Seen {
    cut_before(Counting::default(), seconds, bytes_max, noise).await
}

/// Runs a buffer and a link through a cut of so many seconds, and waits until the platform has what there is. Signals carry so many random
/// numbers, which do not shrink.
async fn cut_before(platform: Counting, seconds: u64, bytes_max: u64, noise: usize) -> Seen {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::new();
    let buffer = Buffer::open(folder.path(), bytes_max, BufferKey::of(&Secret::new("a-key-for-this-test".to_owned()))).unwrap();
    let begun = tokio::time::Instant::now();
    let clock = Clock::new(move || Timestamp::UNIX_EPOCH + begun.elapsed());
    let (redactor, redactor_seen) = watch::channel(None);
    let (intake, waiting) = Intake::new(clock.clone(), redactor_seen, Arc::default());
    let (wanted, _wanted) = mpsc::channel(1);
    let (mut link, writer) = tests_link(platform.clone(), buffer, fake.server().await, clock.clone(), redactor, wanted, waiting);
    let writing = tokio::spawn(writer.run());
    let talking = tokio::spawn(async move { link.run().await });
    intake.opened().await.unwrap();
    platform.is_down.store(true, Ordering::Relaxed);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for second in 0..seconds {
        for number in 0..SIGNALS_PER_S {
            let mut name = format!("{}-", second * SIGNALS_PER_S + number + 1);
            for _ in 0..noise {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                name.push_str(&format!("{:x}", state.rotate_left(29)));
            }
            let gone = Signal::Gone { at: clock.now(), kind: "Pod".to_owned(), namespace: None, name, uid: None };
            intake.put(&gone).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    platform.is_down.store(false, Ordering::Relaxed);
    let mut seen = platform.seen.subscribe();
    let all = seconds * SIGNALS_PER_S;
    let waited = tokio::time::timeout(Duration::from_secs(3_600), seen.wait_for(|seen| seen.arrived + seen.dropped >= all)).await;
    assert!(waited.is_ok(), "{:?}", platform.seen.borrow());
    drop(waited);
    talking.abort();
    drop(intake);
    writing.await.unwrap();
    platform.seen.borrow().clone()
}

/// A platform that checks order and counts.
#[derive(Clone)]
struct Counting {
    is_down: Arc<AtomicBool>,
    seen: Arc<watch::Sender<Seen>>,
    /// Every few answers are lost.
    answers: Arc<Mutex<u64>>,
    /// Signals of a batch that gets through.
    signals_max: usize,
}

#[derive(Debug, Clone, Default)]
struct Seen {
    acknowledged: u64,
    arrived: u64,
    dropped: u64,
}

impl Default for Counting {
    fn default() -> Self {
        Self {
            is_down: Arc::default(),
            seen: Arc::new(watch::channel(Seen::default()).0),
            answers: Arc::default(),
            signals_max: usize::MAX,
        }
    }
}

impl Counting {
    fn reach(&self) -> Result<(), NoUplink> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        if is_down { Err(NoUplink::Unreachable { why: "cut".to_owned(), retry_after: None }) } else { Ok(()) }
    }

    fn answer(&self) -> Result<Acknowledged, NoUplink> {
        let mut answers = self.answers.lock().unwrap();
        *answers += 1;
        if answers.is_multiple_of(7) {
            return Err(NoUplink::Unreachable { why: "the answer is lost".to_owned(), retry_after: None });
        }
        Ok(Acknowledged { acknowledged: self.seen.borrow().acknowledged, wanted_logs: Vec::new(), list_again: false })
    }
}

impl Uplink for Counting {
    async fn hello(&self, _: &Hello) -> Result<Welcome, NoUplink> {
        self.reach()?;
        let redaction = RedactionRules { deny: Vec::new(), allow: Vec::new(), addresses: false, version: 1 };
        let acknowledged = self.seen.borrow().acknowledged;
        Ok(Welcome { cluster: ClusterId::new(Timestamp::UNIX_EPOCH, [1; 10]), acknowledged, redaction, pseudonym_key: "07".repeat(32) })
    }

    async fn heartbeat(&self, _: &Heartbeat) -> Result<Acknowledged, NoUplink> {
        self.reach()?;
        self.answer()
    }

    async fn send(&self, batch: &Batch) -> Result<Acknowledged, NoUplink> {
        self.reach()?;
        if batch.signals.len() > self.signals_max {
            return Err(NoUplink::TooLarge(batch.signals.len()));
        }
        self.seen.send_modify(|seen| {
            for one in &batch.signals {
                if one.seq <= seen.acknowledged {
                    continue;
                }
                match &one.signal {
                    Signal::Dropped { signals, .. } => {
                        // What was acknowledged before an answer was lost is told as dropped again; the numbers say what it really was.
                        seen.dropped += one.seq - seen.acknowledged;
                        assert!(*signals >= one.seq - seen.acknowledged);
                    }
                    Signal::Gone { name, .. } => {
                        assert_eq!(one.seq, seen.acknowledged + 1);
                        assert!(name.starts_with(&format!("{}-", one.seq)), "{name} as {}", one.seq);
                        seen.arrived += 1;
                    }
                    other => panic!("{other:?}"),
                }
                seen.acknowledged = one.seq;
            }
        });
        self.answer()
    }
}
