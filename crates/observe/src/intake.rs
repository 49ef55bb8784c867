//! The one way into the buffer: what is not redacted does not pass, and what does not fit waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use assent_api::observer::Signal;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::buffer::SIGNAL_BYTES_MAX;
use crate::clock::Clock;
use crate::redact::Redactor;

/// Signals between the watches and the buffer at most.
const QUEUE_SIGNALS_MAX: usize = 512;
/// Bytes of them at most.
const QUEUE_BYTES_MAX: usize = 4 << 20;

/// A signal on its way into the buffer, with the room that it takes.
pub(crate) struct Waiting {
    bytes: Vec<u8>,
    room: OwnedSemaphorePermit,
}

impl Waiting {
    /// The bytes, and what is to be dropped once they are kept.
    pub(crate) fn into_parts(self) -> (Vec<u8>, OwnedSemaphorePermit) {
        (self.bytes, self.room)
    }
}

/// Where signals go.
pub(crate) struct Intake {
    clock: Clock,
    redactor: watch::Receiver<Option<Arc<Redactor>>>,
    queue: mpsc::Sender<Waiting>,
    room: Arc<Semaphore>,
    redacted: Arc<AtomicU64>,
}

/// The observer ends, so nothing is taken in any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Closed;

impl Intake {
    /// An intake that opens with the first redactor, and the other end of its queue.
    pub(crate) fn new(
        clock: Clock,
        redactor: watch::Receiver<Option<Arc<Redactor>>>,
        redacted: Arc<AtomicU64>,
    ) -> (Self, mpsc::Receiver<Waiting>) {
        let (queue, waiting) = mpsc::channel(QUEUE_SIGNALS_MAX);
        (Self { clock, redactor, queue, room: Arc::new(Semaphore::new(QUEUE_BYTES_MAX)), redacted }, waiting)
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Waits until the platform has said what is to be redacted. Nothing is read before.
    pub(crate) async fn opened(&self) -> Result<(), Closed> {
        self.redactor().await.map(|_| ())
    }

    async fn redactor(&self) -> Result<Arc<Redactor>, Closed> {
        let mut redactor = self.redactor.clone();
        let redactor = redactor.wait_for(Option::is_some).await.map_err(|_| Closed)?;
        redactor.as_ref().map(Arc::clone).ok_or(Closed)
    }

    /// Takes an object in. `finish` sees it redacted.
    pub(crate) async fn object(&self, mut object: Value, finish: impl FnOnce(&mut Value)) -> Result<(), Closed> {
        self.count(self.redactor().await?.object(&mut object));
        finish(&mut object);
        let at = self.clock.now();
        match raw(&object) {
            Some(body) => self.put(&Signal::Object { at, body }).await,
            None => self.put(&Signal::Dropped { at, signals: 1 }).await,
        }
    }

    /// Takes a text in.
    pub(crate) async fn text(&self, text: &str, signal: impl FnOnce(String) -> Signal) -> Result<(), Closed> {
        let (text, count) = self.redactor().await?.text(text);
        self.count(count);
        self.put(&signal(text)).await
    }

    /// Takes samples in.
    pub(crate) async fn samples(&self, query: &str, mut body: Value) -> Result<(), Closed> {
        self.count(self.redactor().await?.object(&mut body));
        let at = self.clock.now();
        match raw(&body) {
            Some(body) => self.put(&Signal::Samples { at, query: query.to_owned(), body }).await,
            None => self.put(&Signal::Dropped { at, signals: 1 }).await,
        }
    }

    /// Takes in a signal that holds names and numbers only.
    pub(crate) async fn put(&self, signal: &Signal) -> Result<(), Closed> {
        let mut bytes = serde_json::to_vec(signal).map_err(|_| Closed)?;
        if bytes.len() > SIGNAL_BYTES_MAX {
            bytes = serde_json::to_vec(&Signal::Dropped { at: self.clock.now(), signals: 1 }).map_err(|_| Closed)?;
        }
        let permits = u32::try_from(bytes.len()).map_err(|_| Closed)?;
        let room = self.room.clone().acquire_many_owned(permits).await.map_err(|_| Closed)?;
        self.queue.send(Waiting { bytes, room }).await.map_err(|_| Closed)
    }

    fn count(&self, redacted: u64) {
        self.redacted.fetch_add(redacted, Ordering::Relaxed);
    }
}

fn raw(value: &impl Serialize) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(value).ok()
}
