//! The connection: who we are to the server, whom we believe, and how we come back to it.

use std::path::PathBuf;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, connection::State};

use crate::server::Server;

/// A connection is there within this time or not at all.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Waits before tries to come back, first and last.
const RECONNECT: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// Doublings of the wait until the last.
const DOUBLINGS_MAX: u32 = 9;
/// Messages of one subscription that wait to be looked at. More are dropped, and counted.
const WAITING_MAX: usize = 32;
/// Commands that wait for the connection.
const COMMANDS_MAX: usize = 64;
/// Foreign messages are cut here.
const MESSAGE_CHARS_MAX: usize = 300;
/// Bytes of a credentials file at most.
const CREDENTIALS_BYTES_MAX: u64 = 64 << 10;

/// How to reach a server.
#[derive(Debug, Clone)]
pub struct Connect {
    /// The servers, any of which will do.
    pub servers: Vec<Server>,
    /// PEM files of certificate authorities to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// PEM files of our certificate and its key.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// A credentials file, as `nsc` writes it: a user's JWT and the seed of its key.
    pub credentials_file: Option<PathBuf>,
    /// What subjects of answers to us begin with.
    pub inbox_prefix: String,
    /// What we are called in the server's lists.
    pub name: String,
}

/// Why no connection is begun.
#[derive(Debug, thiserror::Error)]
pub enum BadConnect {
    /// No server is named.
    #[error("no NATS server is named")]
    NoServer,
    /// A file cannot be used.
    #[error("`{path}` cannot be used: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The client cannot be made.
    #[error("cannot begin to connect to NATS: {0}")]
    Client(String),
}

/// A connection that is there, or is being tried for.
#[derive(Debug, Clone)]
pub struct Connection {
    pub(crate) client: Client,
}

impl Connect {
    /// Begins to connect. A server that is away is tried again for as long as the connection is kept.
    ///
    /// # Errors
    /// When a file cannot be used.
    pub async fn start(self) -> Result<Connection, BadConnect> {
        if self.servers.is_empty() {
            return Err(BadConnect::NoServer);
        }
        metrics::gauge!("assent_nats_connected").set(0.0);
        let named = [self.ca_file.as_ref(), self.certificate.as_ref().map(|pair| &pair.0), self.certificate.as_ref().map(|pair| &pair.1)];
        for path in named.into_iter().flatten() {
            readable(path)?;
        }
        let mut options = ConnectOptions::new()
            .name(&self.name)
            .custom_inbox_prefix(&self.inbox_prefix)
            // I10: a server may tell of others, and the configuration does not name those.
            .ignore_discovered_servers()
            .retry_on_initial_connect()
            .max_reconnects(None)
            .connection_timeout(CONNECT_MAX)
            .reconnect_delay_callback(|attempts| wait(attempts, byte()))
            .subscription_capacity(WAITING_MAX)
            .client_capacity(COMMANDS_MAX)
            .require_tls(self.servers.iter().all(|server| !server.is_loopback()))
            .event_callback(|event| async move { heard(&event) });
        if let Some(path) = self.ca_file {
            options = options.add_root_certificates(path);
        }
        if let Some((certificate, key)) = self.certificate {
            options = options.add_client_certificate(certificate, key);
        }
        if let Some(path) = self.credentials_file {
            let text = readable(&path)?;
            options = options.credentials(&text).map_err(|_| BadConnect::File { path, why: "it holds no NATS credentials".to_owned() })?;
        }
        let addresses: Vec<_> = self.servers.iter().map(Server::address).collect();
        let client = options.connect(addresses).await.map_err(|error| BadConnect::Client(error.to_string()))?;
        Ok(Connection { client })
    }
}

impl Connection {
    /// Whether the server is there now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Bytes that the server takes in one message; known once it was there.
    #[must_use]
    pub fn message_bytes_max(&self) -> usize {
        self.client.max_payload()
    }
}

/// A text file, bounded.
fn readable(path: &std::path::Path) -> Result<String, BadConnect> {
    use std::io::Read as _;
    let bad = |why: String| BadConnect::File { path: path.to_owned(), why };
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(CREDENTIALS_BYTES_MAX + 1).read_to_string(&mut text));
    read.map_err(|error| bad(error.to_string()))?;
    if text.len() as u64 > CREDENTIALS_BYTES_MAX {
        return Err(bad(format!("it has more than {CREDENTIALS_BYTES_MAX} bytes")));
    }
    Ok(text)
}

fn heard(event: &Event) {
    match event {
        Event::Connected => {
            metrics::gauge!("assent_nats_connected").set(1.0);
            tracing::info!("connected to NATS");
        }
        Event::Disconnected | Event::Closed => {
            metrics::gauge!("assent_nats_connected").set(0.0);
            tracing::warn!("not connected to NATS");
        }
        Event::SlowConsumer(_) => {
            metrics::counter!("assent_nats_dropped_total").increment(1);
            tracing::warn!("a message from NATS is dropped: too many wait");
        }
        Event::ServerError(error) => troubled(&error.to_string()),
        Event::ClientError(error) => troubled(&error.to_string()),
        Event::LameDuckMode | Event::Draining => tracing::info!("the NATS server is about to stop"),
    }
}

fn troubled(why: &str) {
    metrics::counter!("assent_nats_errors_total").increment(1);
    let why: String = why.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS_MAX).collect();
    tracing::warn!(why, "NATS");
}

/// The wait before a try: twice as long each time up to the last, and never in step with others. The first is at once.
fn wait(attempts: usize, share: u8) -> Duration {
    let (first, last) = RECONNECT;
    let Some(doublings) = attempts.checked_sub(2) else { return Duration::ZERO };
    let doublings = u32::try_from(doublings).unwrap_or(u32::MAX).min(DOUBLINGS_MAX);
    let whole = (first * 2_u32.pow(doublings)).min(last);
    whole / 2 + whole / 2 * u32::from(share) / 255
}

fn byte() -> u8 {
    let mut byte = [255];
    // A failure leaves 255 there, which is the longest wait.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    let [byte] = byte;
    byte
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_last() {
        let longest: Vec<u128> = (0..14).map(|attempts| wait(attempts, 255).as_millis()).collect();
        assert_eq!(longest, [0, 0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000, 30_000]);
        assert_eq!(wait(5, 0).as_millis(), 400);
    }
}
