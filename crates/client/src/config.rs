//! Whom to call, and how.

use assent_base::{Proxy, Secret};

/// Milliseconds for one answer.
pub const TIMEOUT_MS: u64 = 60_000;
/// Bytes of an answer at most: an incident with a long report has less.
pub const ANSWER_BYTES_MAX: usize = 64 << 20;
/// How often a request that only reads is tried again.
pub const RETRIES_MAX: u32 = 2;
/// Milliseconds before it is first tried again; twice as many each time after.
pub const RETRY_WAIT_MS: u64 = 250;
/// Milliseconds without a sign of life after which a stream is given up and opened anew: three times what the platform promises.
pub const SILENCE_MS: u64 = 45_000;

/// How to call the platform.
#[derive(Debug, Clone)]
pub struct Config {
    /// `https://assent.example:8473`. Plain `http` is for loopback only.
    pub base_url: String,
    /// Who calls.
    pub auth: Auth,
    /// Certificates in PEM that are trusted in place of the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The proxy to go through. None by default, whatever the environment says; the binary reads that.
    pub proxy: Option<Proxy>,
    /// Milliseconds for one answer.
    pub timeout_ms: u64,
    /// Bytes of an answer at most.
    pub answer_bytes_max: usize,
    /// How often a request that only reads is tried again.
    pub retries_max: u32,
    /// Milliseconds before it is first tried again.
    pub retry_wait_ms: u64,
    /// Milliseconds without a sign of life after which a stream is opened anew.
    pub silence_ms: u64,
}

impl Config {
    /// With the default bounds.
    #[must_use]
    pub fn new(base_url: impl Into<String>, auth: Auth) -> Self {
        Self {
            base_url: base_url.into(),
            auth,
            ca_pem: None,
            proxy: None,
            timeout_ms: TIMEOUT_MS,
            answer_bytes_max: ANSWER_BYTES_MAX,
            retries_max: RETRIES_MAX,
            retry_wait_ms: RETRY_WAIT_MS,
            silence_ms: SILENCE_MS,
        }
    }
}

/// Who calls.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Nobody yet.
    None,
    /// A machine's key, or a token.
    Bearer(Secret),
    /// Somebody who has signed in.
    Session {
        /// Name and value of the cookie, as the platform set it.
        cookie: Secret,
        /// The session's token.
        csrf: Secret,
    },
}
