//! One GET, with its bounds: a time limit, a byte budget, a few retries.
//!
//! This file holds the client and knows no other verb. Besides it only `review` holds one, to ask the API server about our own rights.
//! Waiting between tries grows by fixed steps and has no jitter, so that a run repeats.

use std::error::Error;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use assent_base::Timestamp;
use http::header::{ACCEPT, DATE, RETRY_AFTER, USER_AGENT};
use http_body_util::BodyExt;
use kube::Client;
use kube::client::{AuthError, Body};

use crate::path::Path;

/// Plain JSON.
pub(crate) const JSON: &str = "application/json";

/// Who asks.
pub(crate) const AGENT: &str = concat!("assent-observe/", env!("CARGO_PKG_VERSION"));

/// A line of a stream may have so many bytes; no object is larger.
const LINE_BYTES_MAX: usize = 8 << 20;
/// Tries after an answer of 429, each after the wait that the server asks for.
const BUSY_TRIES_MAX: u32 = 5;
/// The longest wait that a server may ask for.
const RETRY_AFTER_S_MAX: u64 = 30;
/// Waits before trying again after a failing server or a broken connection; their number is the number of retries.
const BACKOFF: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// So many requests in a row without any answer, and the API server counts as gone.
const SILENCES_MAX: u32 = 4;
/// What is read of an answer that is an error.
const ERROR_BYTES_MAX: u64 = 64 << 10;
/// Foreign messages are cut here.
const MESSAGE_CHARS_MAX: usize = 300;

/// Sends GETs to one API server.
pub(crate) struct Reader {
    client: Client,
    timeout: Duration,
    budget: Budget,
    silences: AtomicU32,
}

/// An answer that is read line by line while it comes.
pub(crate) struct Lines {
    body: Body,
    rest: Vec<u8>,
    /// How much of the rest is known to hold no end of a line.
    searched: usize,
    quiet_max: Duration,
}

impl Lines {
    /// The next line; nothing when the server has ended the answer.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            if let Some(end) = self.rest.iter().skip(self.searched).position(|byte| *byte == b'\n') {
                let later = self.rest.split_off(self.searched + end + 1);
                self.searched = 0;
                return Ok(Some(std::mem::replace(&mut self.rest, later)));
            }
            self.searched = self.rest.len();
            if self.rest.len() > LINE_BYTES_MAX {
                return Err(Fault::TooLarge(LINE_BYTES_MAX as u64));
            }
            let frame = tokio::time::timeout(self.quiet_max, self.body.frame()).await;
            match frame.map_err(|_| Fault::Silent(self.quiet_max.as_secs()))? {
                // A line without its end is a line that was cut.
                None => return Ok(None),
                Some(frame) => {
                    if let Ok(chunk) = frame.map_err(|error| fault_of(&error))?.into_data() {
                        self.rest.extend_from_slice(&chunk);
                    }
                }
            }
        }
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// When the server says it answered.
    pub(crate) date: Option<Timestamp>,
    pub(crate) text: Box<str>,
}

/// Why no use can be made of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The server answered, and the answer is no.
    #[error("the API server answered {status}: {message}")]
    Refused { status: u16, message: String },
    /// Nothing came in time.
    #[error("no answer within {0} s")]
    Silent(u64),
    /// Nobody took the connection, or nobody spoke on it.
    #[error("no connection in time")]
    Unconnected,
    /// The server did not answer several requests before, so this one was not sent.
    #[error("not asked, because the API server stopped answering")]
    Gone,
    /// The time for all of its like was over before it came.
    #[error("there was no time left for it")]
    Late,
    /// The kubelet behind the API server did not answer another request before, so this one was not sent.
    #[error("not asked, because the node's kubelet does not answer")]
    NodeSilent,
    /// No connection, or a connection that broke.
    #[error("{0}")]
    Broken(String),
    /// The two sides do not trust each other's certificates, or one does not speak TLS.
    #[error("{0}")]
    Tls(String),
    /// The kubeconfig's way to a credential does not lead to one.
    #[error("{0}")]
    Credentials(String),
    /// More bytes than are left.
    #[error("the answers are larger than the {0} bytes allowed; narrow the scope, or allow more")]
    TooLarge(u64),
}

/// How much of an answer is read.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    /// All of it, from the budget that all answers share.
    Whole,
    /// So many bytes; the rest is left.
    First(u64),
}

/// Which failures are worth another try.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// A failing server is asked again.
    Failing,
    /// Only a busy one is: what answered stands behind the API server, and its failure is an answer.
    Busy,
    /// Like `Busy`, and a broken connection is final too: somebody waits to hear that the address is wrong.
    Never,
}

/// The bytes that all answers together may have.
struct Budget {
    bytes_max: u64,
    left: AtomicU64,
}

impl Budget {
    fn take(&self, bytes: u64) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes)).is_ok()
    }

    fn give_back(&self, bytes: u64) {
        self.left.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// One try: an answer with the wait that it asks for.
struct Try {
    answer: Answer,
    retry_after: Option<Duration>,
}

impl Reader {
    pub(crate) fn new(client: Client, timeout: Duration, bytes_max: u64) -> Self {
        let budget = Budget { bytes_max, left: AtomicU64::new(bytes_max) };
        Self { client, timeout, budget, silences: AtomicU32::new(0) }
    }

    /// Gets JSON, whole.
    pub(crate) async fn json(&self, path: &Path) -> Result<Answer, Fault> {
        self.get(path, JSON, Extent::Whole, Again::Failing).await
    }

    /// Gets one path. Any answer but a success is a [`Fault::Refused`].
    pub(crate) async fn get(&self, path: &Path, accept: &'static str, extent: Extent, again: Again) -> Result<Answer, Fault> {
        let answer = self.ask(path, accept, extent, again).await?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        Err(Fault::Refused { status: answer.status, message: message(&answer.text) })
    }

    /// Gets one path, and whatever is answered in the end.
    pub(crate) async fn ask(&self, path: &Path, accept: &'static str, extent: Extent, again: Again) -> Result<Answer, Fault> {
        let mut busy = 0;
        let mut backoff = BACKOFF.iter().copied();
        loop {
            let tried = self.within_time(path, accept, extent).await;
            let wait = match &tried {
                Ok(Try { answer: Answer { status: 429, .. }, retry_after }) if busy < BUSY_TRIES_MAX => {
                    busy += 1;
                    Some(retry_after.unwrap_or(Duration::from_secs(1)))
                }
                Ok(Try { answer: Answer { status: 500 | 502 | 503 | 504, .. }, retry_after }) if again == Again::Failing => {
                    backoff.next().map(|step| retry_after.unwrap_or(step))
                }
                Err(Fault::Broken(_)) if again != Again::Never => backoff.next(),
                _ => None,
            };
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
                continue;
            }
            if again == Again::Failing && matches!(tried, Err(Fault::Broken(_) | Fault::Silent(_) | Fault::Unconnected)) {
                self.silences.fetch_add(1, Ordering::Relaxed);
            }
            return tried.map(|tried| tried.answer);
        }
    }

    /// Gets a path whose answer is one line after the other, without an end of its own. A line is there within `quiet_max`, or the
    /// connection counts as dead.
    pub(crate) async fn follow(&self, path: &Path, quiet_max: Duration) -> Result<Lines, Fault> {
        let silent = || Fault::Silent(self.timeout.as_secs());
        let response = tokio::time::timeout(self.timeout, self.send(path, JSON)).await.unwrap_or_else(|_| Err(silent()))?;
        let (head, body) = response.into_parts();
        if !head.status.is_success() {
            let text = self.text(body, Extent::First(ERROR_BYTES_MAX));
            let text = tokio::time::timeout(self.timeout, text).await.unwrap_or_else(|_| Err(silent()))?;
            return Err(Fault::Refused { status: head.status.as_u16(), message: message(&text) });
        }
        Ok(Lines { body, rest: Vec::new(), searched: 0, quiet_max })
    }

    /// Returns the bytes of a text that is not kept to the budget.
    pub(crate) fn forget(&self, text: &str) {
        self.budget.give_back(text.len() as u64);
    }

    async fn within_time(&self, path: &Path, accept: &'static str, extent: Extent) -> Result<Try, Fault> {
        if self.silences.load(Ordering::Relaxed) >= SILENCES_MAX {
            return Err(Fault::Gone);
        }
        let limit = self.timeout;
        tokio::time::timeout(limit, self.once(path, accept, extent)).await.unwrap_or(Err(Fault::Silent(limit.as_secs())))
    }

    async fn once(&self, path: &Path, accept: &'static str, extent: Extent) -> Result<Try, Fault> {
        let response = self.send(path, accept).await?;
        let (head, body) = response.into_parts();
        let header = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let date = header(DATE).and_then(assent_base::time::instant);
        let retry_after = header(RETRY_AFTER).and_then(|text| text.trim().parse::<u64>().ok());
        let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.min(RETRY_AFTER_S_MAX)));
        let extent = if head.status.is_success() { extent } else { Extent::First(ERROR_BYTES_MAX) };
        let text = self.text(body, extent).await?;
        self.silences.store(0, Ordering::Relaxed);
        Ok(Try { answer: Answer { status: head.status.as_u16(), date, text }, retry_after })
    }

    async fn send(&self, path: &Path, accept: &'static str) -> Result<http::Response<Body>, Fault> {
        let request = http::Request::get(path.uri())
            .header(ACCEPT, accept)
            .header(USER_AGENT, AGENT)
            .body(Body::empty())
            .map_err(|error| Fault::Broken(error.to_string()))?;
        self.client.send(request).await.map_err(|error| fault_of(&error))
    }

    async fn text(&self, mut body: Body, extent: Extent) -> Result<Box<str>, Fault> {
        let mut charge = Charge { budget: &self.budget, bytes: 0 };
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| fault_of(&error))?;
            let Ok(chunk) = frame.into_data() else { continue };
            match extent {
                Extent::Whole => charge.take(chunk.len() as u64)?,
                Extent::First(bytes_max) => {
                    let room = usize::try_from(bytes_max).unwrap_or(usize::MAX).saturating_sub(bytes.len());
                    if chunk.len() >= room {
                        bytes.extend_from_slice(chunk.get(..room).unwrap_or_default());
                        break;
                    }
                }
            }
            bytes.extend_from_slice(&chunk);
        }
        charge.keep();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        };
        Ok(text.into_boxed_str())
    }
}

/// Bytes taken from the budget; returned to it unless the answer arrives whole, also when the time limit drops the request.
struct Charge<'b> {
    budget: &'b Budget,
    bytes: u64,
}

impl Charge<'_> {
    fn take(&mut self, bytes: u64) -> Result<(), Fault> {
        if !self.budget.take(bytes) {
            return Err(Fault::TooLarge(self.budget.bytes_max));
        }
        self.bytes += bytes;
        Ok(())
    }

    fn keep(mut self) {
        self.bytes = 0;
    }
}

impl Drop for Charge<'_> {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}

/// What a `Status` says, or the start of whatever else was answered.
fn message(text: &str) -> String {
    let status = assent_capture::json::parse(text, 0).ok().and_then(|root| {
        let source = assent_capture::source::Source::whole("", text.into());
        let at = assent_capture::tree::At::root(assent_capture::source::SourceId(0), &source, &root);
        at.get("message").text().map(str::to_owned)
    });
    clipped(status.as_deref().unwrap_or(text))
}

fn clipped(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// Why the client could not send, by what stands at the bottom of its error.
pub(crate) fn fault_of(error: &kube::Error) -> Fault {
    if let kube::Error::Auth(cause) = error {
        return Fault::Credentials(credential_words(cause));
    }
    let mut deepest: &(dyn Error + 'static) = error;
    loop {
        if let Some(tls) = deepest.downcast_ref::<rustls::Error>() {
            return Fault::Tls(clipped(&tls.to_string()));
        }
        if let Some(cause) = deepest.downcast_ref::<AuthError>() {
            return Fault::Credentials(credential_words(cause));
        }
        if deepest.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut) {
            return Fault::Unconnected;
        }
        let within = deepest.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        match within.map(|inner| inner as &(dyn Error + 'static)).or_else(|| deepest.source()) {
            Some(inner) => deepest = inner,
            None => return Fault::Broken(clipped(&deepest.to_string())),
        }
    }
}

/// Never what a credential command printed on its output: a token could be there.
fn credential_words(cause: &AuthError) -> String {
    match cause {
        // Its standard error went to ours, so the reason already stands before the reader.
        AuthError::AuthExecRun { out, .. } => {
            format!("the command that the kubeconfig names for a credential failed ({})", out.status)
        }
        AuthError::AuthExecParse(_) => "the command that the kubeconfig names for a credential printed no ExecCredential".to_owned(),
        AuthError::AuthExecStart(error) => format!("the command that the kubeconfig names for a credential does not start: {error}"),
        AuthError::ReadTokenFile(error, path) => format!("the token file `{}` cannot be read: {error}", path.display()),
        AuthError::MissingCommand => "the kubeconfig names no command for its exec credential".to_owned(),
        _ => "the kubeconfig's credential cannot be used".to_owned(),
    }
}
