//! The way to the platform, in this room's words.

pub mod https;
pub mod nats;

use std::future::Future;
use std::time::Duration;

use assent_api::observer::{Acknowledged, Batch, Heartbeat, Hello, Welcome};

/// Why the platform did not take something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoUplink {
    /// It cannot be reached, or cannot answer now. Nothing is wrong with what was sent.
    #[error("Assent cannot be reached: {why}")]
    Unreachable {
        /// What happened.
        why: String,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The key does not hold: it was revoked, or is another's.
    #[error("Assent does not accept the observer's key: {why}")]
    Refused {
        /// What it said.
        why: String,
    },
    /// The way takes nothing of this size: fewer signals may do.
    #[error("{0} bytes are more than the way to Assent takes at once")]
    TooLarge(usize),
    /// It answered what the two sides did not agree upon; another version may stand there.
    #[error("Assent answered what makes no sense here: {why}")]
    Broken {
        /// What it answered.
        why: String,
    },
}

/// The platform, as an observer needs it. `https` speaks to it over the network; a platform that runs an observer itself implements this
/// directly.
pub trait Uplink: Send + Sync + 'static {
    /// Begins or resumes a stream.
    fn hello(&self, hello: &Hello) -> impl Future<Output = Result<Welcome, NoUplink>> + Send;
    /// Says that the observer lives.
    fn heartbeat(&self, heartbeat: &Heartbeat) -> impl Future<Output = Result<Acknowledged, NoUplink>> + Send;
    /// Sends signals. An answer means that they are kept.
    fn send(&self, batch: &Batch) -> impl Future<Output = Result<Acknowledged, NoUplink>> + Send;
}
