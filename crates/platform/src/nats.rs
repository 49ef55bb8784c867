//! Observers by way of NATS: the operations of observers, asked in sealed messages, answered by the same routes as those of the port.
//!
//! A message becomes a request of HTTP once it has proven to come from whoever holds a token of an observer; before that it costs a hash and
//! a signature, and nothing of it is believed. What it is then answered, and whether it may, is for the routes to say. Nothing is kept in
//! NATS: a batch is answered once the store has it, as over HTTPS.
//!
//! Source: docs/adr/0014-observers-by-nats.md.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use assent_envelope::seal::{Answer, Asked, QUESTION_FRAME_BYTES, Question, Seal, Why, digest_of, unopened};
use assent_envelope::subject::{GROUP, INBOX, PREFIX, Route, routes};
use assent_http::inside::{self, Inside};
use assent_http::streams::ReadyPart;
use assent_identity::token::{SKEW_S, TOKEN_S, Unproven};
use assent_nats::{BadConnect, Connection, Serve};

pub use assent_envelope::subject::is_prefix as is_nats_prefix;

use crate::plane::ControlPlane;

/// Tokens whose last number is remembered at most: a fleet has one for each observer and ten minutes.
const TOKENS_MAX: usize = 200_000;
/// Tokens from which on those that have ended are looked for.
const TOKENS_LOOK: usize = 1_024;
/// Messages that are answered at one time unless asked otherwise.
const AT_ONCE_MAX: usize = 64;
/// How long messages that were begun may take when the platform stops.
const DRAIN: Duration = Duration::from_secs(10);

/// Messages that are answered at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NatsAtOnce(pub usize);

impl Default for NatsAtOnce {
    fn default() -> Self {
        Self(AT_ONCE_MAX)
    }
}

/// What subjects begin with unless the configuration says otherwise.
#[must_use]
pub fn nats_prefix() -> String {
    PREFIX.to_owned()
}

/// What subjects of answers to the platform begin with.
#[must_use]
pub fn nats_inbox() -> String {
    INBOX.to_owned()
}

/// How to serve observers by NATS.
pub struct Nats {
    /// The connection.
    pub connection: Connection,
    /// The routes.
    pub inside: Inside,
    /// What subjects begin with.
    pub prefix: String,
    /// Bounds what runs at one time.
    pub at_once: NatsAtOnce,
    /// Bytes of a message at most, as those of a body by HTTP.
    pub message_bytes_max: usize,
}

impl ControlPlane {
    /// Answers observers until `stop` is there. A server that is away is waited for.
    ///
    /// # Errors
    /// When the subjects cannot be subscribed to at all.
    pub async fn serve_nats(&self, nats: Nats, stop: impl Future<Output = ()>) -> Result<(), BadConnect> {
        let Nats { connection, inside, prefix, at_once, message_bytes_max } = nats;
        // A second way by NATS would only be shown as the first.
        drop(self.inner.nats.set(connection.clone()));
        let serve = Serve {
            subjects: routes().into_iter().map(|route| (route, route.subject(&prefix))).collect(),
            group: GROUP.to_owned(),
            inbox: INBOX,
            at_once_max: at_once.0,
            message_bytes_max: message_bytes_max.saturating_add(QUESTION_FRAME_BYTES),
            busy: unopened(Why::Busy),
            drain: DRAIN,
        };
        let desk = Arc::new(Desk { plane: self.clone(), inside, numbers: Mutex::default() });
        serve
            .run(
                &connection,
                move |route, message| {
                    let desk = Arc::clone(&desk);
                    async move { desk.answer(route, &message).await }
                },
                stop,
            )
            .await
    }

    /// Whether the server is there, if NATS is configured.
    pub(crate) fn nats_readiness(&self) -> Option<ReadyPart> {
        let connection = self.inner.nats.get()?;
        let notice = (!connection.is_connected()).then_some("the server is not there; see the log");
        Some(ReadyPart { name: "nats", waits_for: None, notice })
    }
}

/// What answers messages.
struct Desk {
    plane: ControlPlane,
    inside: Inside,
    numbers: Mutex<Numbers>,
}

/// Who has proven to hold a token, and what they ask.
struct Proven {
    seal: Seal,
    token: Unproven,
    asked: Asked,
}

impl Desk {
    /// The answer to a message; none to what is no message of ours.
    async fn answer(&self, route: Route, message: &[u8]) -> Option<Vec<u8>> {
        let question = match Question::read(message) {
            Ok(question) => question,
            Err(_) => return refused("unreadable", None),
        };
        let Proven { seal, token, asked } = match self.proven(route, &question) {
            Ok(proven) => proven,
            Err((why, said)) => return refused(why, Some(said)),
        };
        let sender = format!("observer:{}", token.cluster());
        let request = inside::Asked { way: "nats", sender, path: route.path, token: token.dangerous_whole(), body: asked.body.into() };
        let answered = self.inside.post(request).await?;
        let answer = Answer { status: answered.status, retry_after_s: answered.retry_after_s.unwrap_or(0), body: answered.body.to_vec() };
        metrics::counter!("assent_nats_answered_total").increment(1);
        seal.answer(&digest_of(message), &answer, self.plane.random()).ok()
    }

    /// Who asks, if they prove to hold the token whose head they show, and have not asked this before.
    fn proven(&self, route: Route, question: &Question<'_>) -> Result<Proven, (&'static str, Why)> {
        let now = self.plane.now();
        let token = self.plane.inner.tokens.complete(question.head, now).map_err(|_| ("token", Why::Token))?;
        // What was asked before this process began is not remembered: its tokens are exchanged anew.
        if token.issued_at_s() < self.plane.inner.started_at.as_second() {
            return Err(("old_token", Why::Token));
        }
        let seal = Seal::of(token.signature()).ok_or(("not_sealed", Why::Token))?;
        let asked = seal.open(route.name, question).map_err(|_| ("not_sealed", Why::Token))?;
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.take(digest_of(question.head.as_bytes()), token.issued_at_s(), asked.number, now.as_second())?;
        Ok(Proven { seal, token, asked })
    }
}

fn refused(why: &'static str, said: Option<Why>) -> Option<Vec<u8>> {
    metrics::counter!("assent_nats_refused_total", "why" => why).increment(1);
    said.map(unopened)
}

/// The last number under each token, so that nothing that is said again is heard again.
#[derive(Debug)]
struct Numbers {
    last: BTreeMap<[u8; 32], Last>,
    look_at: usize,
}

#[derive(Debug, Clone, Copy)]
struct Last {
    number: u64,
    issued_at_s: i64,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { last: BTreeMap::new(), look_at: TOKENS_LOOK }
    }
}

impl Numbers {
    fn take(&mut self, token: [u8; 32], issued_at_s: i64, number: u64, now_s: i64) -> Result<(), (&'static str, Why)> {
        if let Some(last) = self.last.get_mut(&token) {
            if number <= last.number {
                return Err(("again", Why::Token));
            }
            last.number = number;
            return Ok(());
        }
        if self.last.len() >= self.look_at {
            let holds_s = i64::try_from(TOKEN_S.saturating_add(SKEW_S)).unwrap_or(i64::MAX);
            self.last.retain(|_, last| now_s.saturating_sub(last.issued_at_s) <= holds_s);
            self.look_at = self.last.len().saturating_mul(2).clamp(TOKENS_LOOK, TOKENS_MAX);
        }
        if self.last.len() >= TOKENS_MAX {
            return Err(("tokens", Why::Busy));
        }
        self.last.insert(token, Last { number, issued_at_s });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_heard_once_and_only_if_it_is_larger() {
        let mut numbers = Numbers::default();
        let mut take = |token: u8, number| numbers.take([token; 32], 0, number, 0).is_ok();
        assert_eq!([take(1, 5), take(1, 5), take(1, 4), take(1, 9), take(2, 5)], [true, false, false, true, true]);
    }

    #[test]
    fn tokens_that_have_ended_are_forgotten_and_the_rest_stays() {
        let mut numbers = Numbers::default();
        let token = |at: u64| digest_of(&at.to_be_bytes());
        for at in 0..1_024 {
            assert!(numbers.take(token(at), i64::from(at >= 1_000) * 900, 1, 900).is_ok());
        }
        assert!(numbers.take(token(2_000), 900, 1, 900).is_ok());
        assert_eq!(numbers.last.len(), 25);
        assert!(numbers.take(token(1_001), 900, 1, 900).is_err(), "still known");
    }
}
