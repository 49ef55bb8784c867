//! By way of NATS: everything but the key, in sealed messages.
//!
//! The key goes over HTTPS alone, for tokens; of a token, the head goes over NATS. Whoever stands between can delay and drop, and nothing
//! else: what is not proven to be the platform's answer acknowledges nothing, gives nothing up, and refuses nothing. It costs a new token
//! and a wait at most.
//!
//! A batch is cut to what the server takes. A signal that is too large by itself goes over HTTPS.

use std::future::Future;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use assent_api::observer::{Acknowledged, Batch, Heartbeat, Hello, Welcome};
use assent_api::operation::Operation;
use assent_api::operations::{ObserverHeartbeat, ObserverHello, ObserverSignals};
pub use assent_envelope::seal::Came;
use assent_envelope::seal::{NONCE_BYTES, Seal, Why, digest_of, parts};
use assent_envelope::subject::Route;
pub use assent_envelope::subject::{INBOX, PREFIX, is_inbox, is_prefix};
use reqwest::StatusCode;
use serde::Serialize;

use super::https::{Https, Said, gzip, longest, parsed, refusal};
use super::{NoUplink, Uplink};
use crate::clock::Clock;

/// The server, as this room needs it.
pub trait Wire: Send + Sync + 'static {
    /// Asks under a subject, and shows what comes back to `is_answer` until it takes something, within the time.
    fn ask(
        &self,
        subject: &str,
        message: Vec<u8>,
        within: Duration,
        is_answer: &mut (dyn FnMut(&[u8]) -> Option<Came> + Send),
    ) -> impl Future<Output = Result<Came, NoUplink>> + Send;

    /// Bytes that a message may have.
    fn message_bytes_max(&self) -> usize;
}

/// The way by NATS, and the way by HTTPS for the rest.
pub struct ByNats<W> {
    wire: W,
    https: Https,
    prefix: String,
    within: Duration,
    clock: Clock,
    number: Mutex<u64>,
}

/// What one question brought.
enum Heard {
    Said(Said),
    /// Somebody says that the token does not open anything; or nothing came at all.
    Unproven(NoUplink),
}

impl<W: Wire> ByNats<W> {
    /// The way by this wire. `prefix` begins the subjects, and `within` is how long an answer may take.
    pub fn new(wire: W, https: Https, prefix: String, within: Duration, clock: Clock) -> Self {
        Self { wire, https, prefix, within, clock, number: Mutex::new(0) }
    }

    async fn call<O: Operation>(&self, body: &impl Serialize) -> Result<O::Answer, NoUplink> {
        let route = Route::of::<O>().ok_or_else(|| NoUplink::Broken { why: "this is not asked by NATS".to_owned() })?;
        let body = gzip(body)?;
        match self.ask(route, &body, false).await? {
            Heard::Said(Said::Answer(answer)) => return parsed(&answer),
            Heard::Said(Said::Unauthorized(_)) | Heard::Unproven(_) => {}
        }
        // Another token may do: this one may be of a platform that has started anew since.
        match self.ask(route, &body, true).await? {
            Heard::Said(Said::Answer(answer)) => parsed(&answer),
            Heard::Said(Said::Unauthorized(why)) => Err(NoUplink::Refused { why }),
            Heard::Unproven(why) => Err(why),
        }
    }

    async fn ask(&self, route: Route, body: &[u8], renew: bool) -> Result<Heard, NoUplink> {
        let broken = |why: &str| NoUplink::Broken { why: why.to_owned() };
        let header = self.https.token(renew).await?;
        let token = header.to_str().ok().and_then(|text| text.strip_prefix("Bearer ")).and_then(parts);
        let (head, signature) = token.ok_or_else(|| broken("the token is none"))?;
        let seal = Seal::of(signature).ok_or_else(|| broken("no key can be made"))?;
        let sealed = seal.question(route.name, head, self.number(), body, nonce()?);
        let message = sealed.map_err(|_| broken("nothing can be sealed"))?;
        if message.len() > self.wire.message_bytes_max() {
            return Err(NoUplink::TooLarge(message.len()));
        }
        let digest = digest_of(&message);
        // What does not open is passed over, whoever sent it: the answer may come behind it.
        let mut is_answer = |bytes: &[u8]| seal.came(&digest, bytes).ok();
        let came = self.wire.ask(&route.subject(&self.prefix), message, self.within, &mut is_answer).await?;
        match came {
            Came::Answer(answer) => {
                let status = StatusCode::from_u16(answer.status).map_err(|_| broken("the answer has no status"))?;
                if status.is_success() {
                    return Ok(Heard::Said(Said::Answer(answer.body)));
                }
                let wait = (answer.retry_after_s > 0).then(|| longest(u64::from(answer.retry_after_s)));
                refusal(status, &answer.body, wait).map(Heard::Said)
            }
            Came::Unopened(Why::Busy) => Err(unreachable("too much is being answered behind NATS")),
            Came::Unopened(Why::Token) => Ok(Heard::Unproven(unreachable("what was asked by NATS was not opened, as somebody there says"))),
        }
    }

    /// Larger than all before: of this process, and of those before it by the clock.
    fn number(&self) -> u64 {
        let now_us = u64::try_from(self.clock.now().as_microsecond()).unwrap_or(0);
        let mut last = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        *last = last.saturating_add(1).max(now_us);
        *last
    }
}

impl<W: Wire> Uplink for ByNats<W> {
    async fn hello(&self, hello: &Hello) -> Result<Welcome, NoUplink> {
        self.call::<ObserverHello>(hello).await
    }

    async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<Acknowledged, NoUplink> {
        self.call::<ObserverHeartbeat>(heartbeat).await
    }

    async fn send(&self, batch: &Batch) -> Result<Acknowledged, NoUplink> {
        match self.call::<ObserverSignals>(batch).await {
            Err(NoUplink::TooLarge(_)) if batch.signals.len() <= 1 => self.https.send(batch).await,
            other => other,
        }
    }
}

fn unreachable(why: &str) -> NoUplink {
    NoUplink::Unreachable { why: why.to_owned(), retry_after: None }
}

fn nonce() -> Result<[u8; NONCE_BYTES], NoUplink> {
    let mut nonce = [0; NONCE_BYTES];
    aws_lc_rs::rand::fill(&mut nonce).map_err(|_| NoUplink::Broken { why: "the system gives no randomness".to_owned() })?;
    Ok(nonce)
}
