//! Whether the executor comes round, and whether it is heard.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use assent_resident::health::State;

/// An executor that has not come round for so long is stuck: the longest waits for work, for an answer and before a retry, several times.
const STUCK_AFTER: Duration = Duration::from_secs(600);

#[derive(Debug, Clone)]
pub(crate) struct Pulse(Arc<Mutex<(Instant, bool)>>);

impl Pulse {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new((Instant::now(), false))))
    }

    pub(crate) fn beat(&self, is_connected: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (Instant::now(), is_connected);
    }

    pub(crate) fn state(&self) -> State {
        let (at, is_connected) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (at.elapsed() < STUCK_AFTER, is_connected) {
            (true, true) => State::Alive("alive, connected to Assent"),
            (true, false) => State::Alive("alive, not connected to Assent"),
            (false, _) => State::Stuck,
        }
    }
}
