//! The observer's side of the conversation with the platform.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assent_api::clusters::{ObserverState, Profile};
use assent_api::observer::{
    Acknowledged, BATCH_BYTES_MAX, BATCH_SIGNALS_MAX, Batch, HEARTBEAT_S, Heartbeat, Hello, Numbered, Signal, WantedLog, Welcome,
};
use assent_api::redaction::RedactionRules;
use assent_base::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::{Counts, Pulse, writer};
use crate::backoff::Backoff;
use crate::buffer::{Buffer, BufferError, Kept};
use crate::clock::Clock;
use crate::redact::Redactor;
use crate::server::ApiServer;
use crate::uplink::{NoUplink, Uplink};
use crate::watch::Sight;

/// Waits between tries to reach the platform, first and last.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// All is not listed again more often than this.
const LIST_AGAIN_MIN: Duration = Duration::from_secs(60);
/// What numbers and brackets add to a signal in a batch, roughly.
const NUMBERED_BYTES: u64 = 48;

/// What is said, and to whom.
pub(crate) struct Link<U> {
    pub(super) uplink: U,
    pub(super) buffer: Arc<Mutex<Buffer>>,
    pub(super) server: ApiServer,
    pub(super) profiles: Vec<Profile>,
    pub(super) sight: Arc<Sight>,
    pub(super) counts: Counts,
    pub(super) started_at: Timestamp,
    pub(super) clock: Clock,
    pub(super) redactor: watch::Sender<Option<Arc<Redactor>>>,
    pub(super) again: watch::Sender<u64>,
    pub(super) wanted: mpsc::Sender<WantedLog>,
    pub(super) news: watch::Receiver<u64>,
    pub(super) has_room: watch::Sender<bool>,
    pub(super) pulse: Pulse,
    /// What the redactor was made from.
    pub(super) rules: Option<(RedactionRules, String)>,
    pub(super) listed_again_at: Instant,
    /// All is to be listed again as soon as that may be.
    pub(super) list_pending: bool,
    /// Signals of the next batch at most: fewer after the platform could not make sense of one.
    pub(super) batch_max: usize,
}

/// Why the conversation stopped.
#[derive(Debug, thiserror::Error)]
enum Pause {
    #[error(transparent)]
    Uplink(#[from] NoUplink),
    #[error(transparent)]
    Buffer(#[from] BufferError),
    #[error("{0}")]
    Rules(String),
}

impl<U: Uplink> Link<U> {
    /// A link with nothing counted and nothing said yet.
    #[expect(clippy::too_many_arguments, reason = "the ends of the channels that it holds")]
    pub(super) fn new(
        uplink: U,
        buffer: Arc<Mutex<Buffer>>,
        server: ApiServer,
        clock: Clock,
        redactor: watch::Sender<Option<Arc<Redactor>>>,
        again: watch::Sender<u64>,
        wanted: mpsc::Sender<WantedLog>,
        room: writer::Room,
    ) -> Self {
        Self {
            uplink,
            buffer,
            server,
            profiles: vec![Profile::Core],
            sight: Arc::default(),
            counts: Counts::default(),
            started_at: clock.now(),
            clock,
            redactor,
            again,
            wanted,
            news: room.news,
            has_room: room.has_room_sender,
            pulse: Pulse::new(),
            rules: None,
            listed_again_at: Instant::now(),
            list_pending: false,
            batch_max: BATCH_SIGNALS_MAX,
        }
    }

    /// Talks until it is dropped.
    pub(crate) async fn run(&mut self) {
        let (first, last) = RETRY;
        let mut backoff = Backoff::new(first, last);
        loop {
            let Err(pause) = self.talk(&mut backoff).await else { continue };
            self.pulse.connected.store(false, Ordering::Relaxed);
            tracing::warn!(reason = %pause, "not connected to Assent");
            let asked = match &pause {
                Pause::Uplink(NoUplink::Unreachable { retry_after, .. }) => *retry_after,
                Pause::Uplink(NoUplink::Refused { .. }) | Pause::Rules(_) => Some(last),
                Pause::Uplink(NoUplink::Broken { .. } | NoUplink::TooLarge(_)) | Pause::Buffer(_) => None,
            };
            let wait = backoff.wait().max(asked.unwrap_or_default().min(last));
            self.pulse.beat();
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends what is buffered, without waiting for more.
    pub(super) async fn drain(&mut self) {
        if self.rules.is_none() {
            return;
        }
        loop {
            match self.send_some().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(pause) => {
                    tracing::warn!(reason = %pause, "what is buffered stays on disk");
                    return;
                }
            }
        }
    }

    async fn talk(&mut self, backoff: &mut Backoff) -> Result<(), Pause> {
        let welcome = self.uplink.hello(&self.hello().await).await?;
        self.welcomed(welcome).await?;
        self.pulse.connected.store(true, Ordering::Relaxed);
        let mut beat_at = Instant::now() + Duration::from_secs(HEARTBEAT_S);
        let mut news = self.news.clone();
        loop {
            self.pulse.beat();
            news.mark_unchanged();
            if Instant::now() >= beat_at {
                beat_at = Instant::now() + Duration::from_secs(HEARTBEAT_S);
                let heartbeat = Heartbeat { stream: self.with_buffer(|buffer| buffer.stream()).await, state: self.state().await };
                let answer = self.uplink.heartbeat(&heartbeat).await?;
                self.heard(answer).await;
            }
            self.list_again_if_due().await;
            if self.send_some().await? {
                backoff.reset();
                continue;
            }
            tokio::select! {
                changed = news.changed() => {
                    if changed.is_err() {
                        // Nobody writes any more: the observer ends, and heartbeats are all that is left to say.
                        tokio::time::sleep_until(beat_at).await;
                    }
                }
                () = tokio::time::sleep_until(beat_at) => {}
            }
        }
    }

    async fn hello(&self) -> Hello {
        Hello {
            stream: self.with_buffer(|buffer| buffer.stream()).await,
            cluster_uid: self.server.uid().unwrap_or_default().to_owned(),
            kubernetes: self.server.version().map(str::to_owned),
            profiles: self.profiles.clone(),
            state: self.state().await,
        }
    }

    async fn welcomed(&mut self, welcome: Welcome) -> Result<(), Pause> {
        let rules = (welcome.redaction, welcome.pseudonym_key);
        if self.rules.as_ref() != Some(&rules) {
            let redactor = Redactor::new(&rules.0, &rules.1).map_err(|error| Pause::Rules(error.to_string()))?;
            self.redactor.send_replace(Some(Arc::new(redactor)));
            // What was sent under other rules is sent again under these.
            self.list_pending |= self.rules.is_some();
            self.rules = Some(rules);
        }
        let acknowledged = welcome.acknowledged;
        self.with_buffer(move |buffer| {
            if acknowledged > buffer.last_seq() {
                return buffer.restart();
            }
            buffer.acknowledge(acknowledged);
            Ok(())
        })
        .await?;
        Ok(())
    }

    /// Sends a batch. Whether there was one.
    async fn send_some(&mut self) -> Result<bool, Pause> {
        let Some(batch) = self.next_batch().await? else { return Ok(false) };
        match self.uplink.send(&batch).await {
            Ok(answer) => {
                self.batch_max = (self.batch_max * 2).min(BATCH_SIGNALS_MAX);
                // A hole in what is known of the cluster is mended by telling all of it anew.
                self.list_pending |= batch.signals.iter().any(|numbered| matches!(numbered.signal, Signal::Dropped { .. }));
                self.heard(answer).await;
                Ok(true)
            }
            // At once: nothing was sent, and nothing is wrong.
            Err(NoUplink::TooLarge(_)) if batch.signals.len() > 1 => {
                self.batch_max = (batch.signals.len() / 2).max(1);
                Ok(true)
            }
            Err(NoUplink::Broken { why }) => {
                // One signal may be what it stumbles over: ever fewer are sent at once, and at last that one is given up, and counted.
                let alone = self.batch_max <= 1;
                self.batch_max = (self.batch_max / 2).max(1);
                if let (true, Some(numbered)) = (alone, batch.signals.first()) {
                    tracing::error!(seq = numbered.seq, "Assent does not take this signal; it is dropped");
                    let dropped = Signal::Dropped { at: self.clock.now(), signals: 1 };
                    let batch = Batch { stream: batch.stream, signals: vec![Numbered { seq: numbered.seq, signal: dropped }] };
                    let answer = self.uplink.send(&batch).await?;
                    self.heard(answer).await;
                    return Ok(true);
                }
                Err(NoUplink::Broken { why }.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn next_batch(&self) -> Result<Option<Batch>, Pause> {
        let (batch_max, now) = (self.batch_max, self.clock.now());
        let (stream, acknowledged, last_seq, kept) = self
            .with_buffer(move |buffer| {
                let acknowledged = buffer.acknowledged();
                let kept = buffer.after(acknowledged, BATCH_BYTES_MAX - NUMBERED_BYTES * BATCH_SIGNALS_MAX as u64, batch_max);
                (buffer.stream(), acknowledged, buffer.last_seq(), kept)
            })
            .await;
        let kept = kept?;
        let first = kept.first().map_or(last_seq + 1, |kept| kept.seq);
        let mut signals = Vec::with_capacity(kept.len() + 1);
        if first > acknowledged + 1 {
            // What is missing is told under the last of its numbers.
            let dropped = Signal::Dropped { at: now, signals: first - 1 - acknowledged };
            signals.push(Numbered { seq: first - 1, signal: dropped });
        }
        signals.extend(kept.into_iter().map(|kept| numbered(kept, now)));
        Ok(if signals.is_empty() { None } else { Some(Batch { stream, signals }) })
    }

    async fn heard(&mut self, answer: Acknowledged) {
        let acknowledged = answer.acknowledged;
        let has_room = self
            .with_buffer(move |buffer| {
                buffer.acknowledge(acknowledged);
                writer::has_room(buffer)
            })
            .await;
        self.has_room.send_if_modified(|known| std::mem::replace(known, has_room) != has_room);
        for wanted in answer.wanted_logs {
            // More than fit the queue will be wanted again.
            let _ = self.wanted.try_send(wanted);
        }
        self.list_pending |= answer.list_again;
        self.list_again_if_due().await;
    }

    async fn list_again_if_due(&mut self) {
        if !self.list_pending || self.listed_again_at.elapsed() < LIST_AGAIN_MIN {
            return;
        }
        self.list_pending = false;
        self.listed_again_at = Instant::now();
        self.again.send_modify(|wishes| *wishes += 1);
    }

    async fn state(&self) -> ObserverState {
        let (buffered_bytes, dropped) = self.with_buffer(|buffer| (buffer.waiting_bytes(), buffer.evicted())).await;
        ObserverState {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            buffered_bytes,
            dropped,
            redacted: self.counts.redacted.load(Ordering::Relaxed),
            cannot_see: self.sight.lost(),
            memory_bytes: resident_bytes(),
        }
    }

    /// The buffer may wait for the disk, so it is used where waiting holds up nobody.
    async fn with_buffer<T: Send + 'static>(&self, act: impl FnOnce(&mut Buffer) -> T + Send + 'static) -> T {
        let buffer = self.buffer.clone();
        let acting = tokio::task::spawn_blocking(move || act(&mut buffer.lock().unwrap_or_else(PoisonError::into_inner)));
        match acting.await {
            Ok(value) => value,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

fn numbered(kept: Kept, now: Timestamp) -> Numbered {
    // What authenticated was written by this program; another version may have written what this one does not know.
    let signal = serde_json::from_slice(&kept.bytes).unwrap_or(Signal::Dropped { at: now, signals: 1 });
    Numbered { seq: kept.seq, signal }
}

/// Our resident memory, where the system tells.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(kilobytes.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}
