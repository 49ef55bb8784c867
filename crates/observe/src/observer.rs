//! The observer: reviews its rights, follows its kinds, keeps what it sees, and sends it on.
//!
//! ```text
//! watches ──> intake (filter, prune, redact) ──> buffer on disk ──> link ──> platform
//!    ^                                                                │
//!    └────────────── list again, wanted logs ─────────────────────────┘
//! ```
//!
//! OpenTelemetry that a collector sends to loopback is summed up, and goes the same way, if that is configured.
//! Nothing is read before the platform has said what is to be redacted. The buffer takes what comes while the platform is away.
//! Errors: an observer that may do too much, or cannot keep anything, does not start. Everything later is waited out.

mod link;
mod writer;

use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use assent_api::clusters::Profile;
use assent_base::Secret;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use self::link::Link;
use crate::buffer::{Buffer, BufferError, BufferKey};
use crate::clock::Clock;
use crate::excerpts::{ExcerptLimits, Excerpts};
use crate::filter::Filter;
use crate::intake::Intake;
use crate::manifest::BUFFER_BYTES_MAX;
use crate::otlp::{Listening, NoPort, Otlp};
use crate::preflight::{NotFit, preflight};
use crate::profile;
use crate::prometheus::{Asker, BadPrometheus, Prometheus};
use crate::server::ApiServer;
use crate::uplink::Uplink;
use crate::watch::{Follower, Shared, Sight};

/// Lists that run at one time: each holds a page in memory.
const LISTS_MAX: usize = 2;
/// How long a graceful stop may take to send what is buffered. What is left then is on disk.
const STOP: Duration = Duration::from_secs(10);
/// A loop that did not turn for so long is stuck.
const STUCK: Duration = Duration::from_secs(180);

/// How an observer is to work.
#[derive(Debug, Clone)]
pub struct Config {
    /// What to read besides `core`.
    pub profiles: Vec<Profile>,
    /// What to leave out.
    pub filter: Filter,
    /// The folder of the buffer.
    pub buffer_dir: PathBuf,
    /// Bytes that the buffer may have.
    pub buffer_bytes_max: u64,
    /// How much of a log is sent.
    pub excerpts: ExcerptLimits,
    /// A Prometheus to ask, under the profile `metrics`.
    pub prometheus: Option<Prometheus>,
    /// Takes OpenTelemetry on loopback.
    pub otlp: Option<Otlp>,
    /// Runs although the account may do more than an observer may: for a person's own kubeconfig, never for a deployment.
    pub dangerous_excess_rights_accepted: bool,
}

impl Config {
    /// The defaults, with a buffer in this folder.
    #[must_use]
    pub fn at(buffer_dir: PathBuf) -> Self {
        Self {
            profiles: Vec::new(),
            filter: Filter::default(),
            buffer_dir,
            buffer_bytes_max: BUFFER_BYTES_MAX,
            excerpts: ExcerptLimits::default(),
            prometheus: None,
            otlp: None,
            dangerous_excess_rights_accepted: false,
        }
    }
}

/// Why an observer does not run.
#[derive(Debug, thiserror::Error)]
pub enum ObserverError {
    /// Its rights are wrong, or cannot be learnt.
    #[error(transparent)]
    NotFit(#[from] NotFit),
    /// Nothing can be kept.
    #[error(transparent)]
    Buffer(#[from] BufferError),
    /// Prometheus cannot be asked as configured.
    #[error(transparent)]
    Prometheus(#[from] BadPrometheus),
    /// OpenTelemetry cannot be taken as configured.
    #[error(transparent)]
    Otlp(#[from] NoPort),
}

/// Says whether an observer is alive. It is as long as its loop turns, whether or not the platform answers.
#[derive(Debug, Clone)]
pub struct Pulse {
    start: Instant,
    beat_ms: Arc<AtomicU64>,
    connected: Arc<AtomicBool>,
}

impl Pulse {
    fn new() -> Self {
        Self { start: Instant::now(), beat_ms: Arc::default(), connected: Arc::default() }
    }

    fn beat(&self) {
        let elapsed = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.beat_ms.store(elapsed, Ordering::Relaxed);
    }

    /// Whether its loop turns.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let beat = Duration::from_millis(self.beat_ms.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(beat) < STUCK
    }

    /// Whether the platform answered the last time it was asked.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }
}

/// What the parts of an observer count for its state.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) redacted: Arc<AtomicU64>,
}

/// An observer that is ready to run.
pub struct Observer {
    config: Config,
    server: ApiServer,
    clock: Clock,
    key: Secret,
    pulse: Pulse,
}

impl Observer {
    /// Puts an observer together. The key seals the buffer.
    #[must_use]
    pub fn new(config: Config, server: ApiServer, clock: Clock, key: Secret) -> Self {
        Self { config, server, clock, key, pulse: Pulse::new() }
    }

    /// Says later whether the observer is alive.
    #[must_use]
    pub fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    /// Runs until it is told to stop. What is buffered then is sent if the platform takes it, and kept otherwise.
    ///
    /// # Errors
    /// When it may do more than its profiles say, when its rights cannot be learnt, or when the buffer cannot be opened.
    pub async fn run<U: Uplink>(self, uplink: U, stop: impl Future<Output = ()> + Send) -> Result<(), ObserverError> {
        let Self { config, server, clock, key, pulse } = self;
        pulse.beat();
        let asker = config.prometheus.as_ref().map(Asker::new).transpose()?;
        let listening = match config.otlp {
            Some(otlp) => Some(Listening::on(otlp).await?),
            None => None,
        };
        let namespaces = config.filter.only_namespaces();
        let mut found = preflight(&server, &config.profiles, &namespaces).await?;
        if config.dangerous_excess_rights_accepted {
            if !found.excess.is_empty() {
                tracing::warn!(rights = found.excess.len(), "this account may do more than an observer may; it was told to run with that");
            }
            found.excess.clear();
        }
        let found = found.admit()?;
        let sight = Arc::new(Sight::default());
        found.missing.into_iter().chain(found.unknown).for_each(|what| sight.lose(what));

        let buffer = Buffer::open(&config.buffer_dir, config.buffer_bytes_max, BufferKey::of(&key))?;
        drop(key);
        let buffer = Arc::new(Mutex::new(buffer));
        let counts = Counts::default();
        let (redactor, redactor_seen) = watch::channel(None);
        let (again, again_seen) = watch::channel(0);
        let (wanted, wanted_seen) = mpsc::channel(config.excerpts.wanted_max.max(1));
        let (intake, waiting) = Intake::new(clock.clone(), redactor_seen, counts.redacted.clone());
        let intake = Arc::new(intake);
        let (writer, room) = writer::Writer::new(buffer.clone(), waiting);
        let shared = Arc::new(Shared {
            server: server.clone(),
            filter: config.filter.clone(),
            sight: sight.clone(),
            lists: Semaphore::new(LISTS_MAX),
            fingerprints: std::hash::RandomState::new(),
            has_room: room.has_room.clone(),
        });

        let mut readers = JoinSet::new();
        for (right, namespace) in follows(&config, &namespaces) {
            readers.spawn(Follower::new(shared.clone(), intake.clone(), right, namespace, again_seen.clone()).run());
        }
        if config.profiles.contains(&Profile::Logs) {
            readers.spawn(Excerpts::new(server.clone(), intake.clone(), config.filter.clone(), config.excerpts.clone()).run(wanted_seen));
        }
        if config.profiles.contains(&Profile::Metrics) {
            readers.spawn(crate::metrics::run(server.clone(), intake.clone(), config.filter.clone()));
            if let Some(asker) = asker {
                readers.spawn(asker.run(intake.clone(), config.filter.clone(), sight.clone()));
            }
        }
        if let Some(listening) = listening {
            readers.spawn(listening.run(intake.clone(), config.filter.clone()));
        }
        drop((shared, intake, again_seen));
        let writing = tokio::spawn(writer.run());

        let link = Link::new(uplink, buffer, server, clock, redactor, again, wanted, room);
        let mut link = Link { profiles: with_core(&config.profiles), sight, counts, pulse, ..link };
        tokio::select! {
            () = link.run() => {}
            () = stop => {}
        }
        // No reader is left, so the queue ends, and what is in it is written.
        readers.shutdown().await;
        let _ = writing.await;
        let _ = tokio::time::timeout(STOP, link.drain()).await;
        Ok(())
    }
}

fn with_core(profiles: &[Profile]) -> Vec<Profile> {
    profile::PROFILES.into_iter().filter(|one| *one == Profile::Core || profiles.contains(one)).collect()
}

/// The kinds to follow, each with the namespaces to follow it in.
fn follows(config: &Config, namespaces: &[String]) -> Vec<(&'static profile::Right, Option<String>)> {
    let rights = profile::rights(&config.profiles).into_iter();
    let followed = rights.filter(|right| right.is_followed() && config.filter.takes_kind(right.kind));
    followed
        .flat_map(|right| match (right.is_namespaced, namespaces) {
            (false, _) | (true, []) => vec![(right, None)],
            (true, some) => some.iter().map(|namespace| (right, Some(namespace.clone()))).collect(),
        })
        .collect()
}

/// A link and a writer without watches.
#[cfg(test)]
pub(crate) fn tests_link<U: Uplink>(
    uplink: U,
    buffer: Buffer,
    server: ApiServer,
    clock: Clock,
    redactor: watch::Sender<Option<Arc<crate::redact::Redactor>>>,
    wanted: mpsc::Sender<assent_api::observer::WantedLog>,
    waiting: mpsc::Receiver<crate::intake::Waiting>,
) -> (Link<U>, writer::Writer) {
    let buffer = Arc::new(Mutex::new(buffer));
    let (writer, room) = writer::Writer::new(buffer.clone(), waiting);
    (Link::new(uplink, buffer, server, clock, redactor, watch::channel(0).0, wanted, room), writer)
}
