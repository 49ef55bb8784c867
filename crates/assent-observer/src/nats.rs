//! The way by NATS: its settings, and the server as the observer needs it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use assent_nats::{Connect, Connection, NoAnswer, Server};
use assent_observe::clock::Clock;
use assent_observe::uplink::NoUplink;
use assent_observe::uplink::https::Https;
use assent_observe::uplink::nats::{self, Came, Wire, is_inbox, is_prefix};
use serde::Deserialize;

/// The part of the file. A key that is not here is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nats {
    /// The servers: `tls://`, or `nats://` on loopback.
    servers: Vec<String>,
    /// Certificate authorities to trust in place of the system's, PEM.
    #[serde(default)]
    ca_file: Option<PathBuf>,
    /// A certificate to show, PEM, and its key.
    #[serde(default)]
    certificate_file: Option<PathBuf>,
    #[serde(default)]
    key_file: Option<PathBuf>,
    /// Credentials, as `nsc` writes them.
    #[serde(default)]
    credentials_file: Option<PathBuf>,
    /// What subjects begin with.
    #[serde(default = "subject_prefix")]
    subject_prefix: String,
    /// What subjects of answers begin with.
    #[serde(default = "inbox_prefix")]
    inbox_prefix: String,
}

fn subject_prefix() -> String {
    nats::PREFIX.to_owned()
}

fn inbox_prefix() -> String {
    nats::INBOX.to_owned()
}

/// The same, settled.
#[derive(Debug)]
pub(crate) struct ByNats {
    pub(crate) connect: Connect,
    pub(crate) subject_prefix: String,
}

impl Nats {
    pub(crate) fn settled(self) -> anyhow::Result<ByNats> {
        if self.servers.is_empty() {
            bail!("`nats.servers` names no server");
        }
        if !is_prefix(&self.subject_prefix) {
            bail!("`nats.subject_prefix` must be words of letters, digits, `-` and `_`, with dots between");
        }
        if !is_inbox(&self.inbox_prefix) {
            bail!("`nats.inbox_prefix` must begin with `{}`, and have letters, digits, `-`, `_` and dots only", nats::INBOX);
        }
        let certificate = match (self.certificate_file, self.key_file) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => bail!("`nats` needs both `certificate_file` and `key_file`, or neither"),
        };
        let servers = self.servers.iter().map(|text| text.parse()).collect::<Result<Vec<Server>, _>>()?;
        let connect = Connect {
            servers,
            ca_file: self.ca_file,
            certificate,
            credentials_file: self.credentials_file,
            inbox_prefix: self.inbox_prefix,
            name: "assent-observer".to_owned(),
        };
        Ok(ByNats { connect, subject_prefix: self.subject_prefix })
    }
}

impl ByNats {
    /// Begins to connect. The key and a signal that is too large still go over HTTPS.
    pub(crate) async fn uplink(self, https: Https, within: Duration, clock: Clock) -> anyhow::Result<nats::ByNats<Line>> {
        let line = Line(self.connect.start().await?);
        Ok(nats::ByNats::new(line, https, self.subject_prefix, within, clock))
    }
}

/// The connection, in the observer's words.
pub(crate) struct Line(Connection);

impl Wire for Line {
    async fn ask(
        &self,
        subject: &str,
        message: Vec<u8>,
        within: Duration,
        is_answer: &mut (dyn FnMut(&[u8]) -> Option<Came> + Send),
    ) -> Result<Came, NoUplink> {
        self.0.ask(subject, message, within, is_answer).await.map_err(|error| match error {
            NoAnswer::TooLarge(bytes_max) => NoUplink::TooLarge(bytes_max),
            NoAnswer::Away | NoAnswer::Nobody | NoAnswer::Late | NoAnswer::Failed(_) => {
                NoUplink::Unreachable { why: error.to_string(), retry_after: None }
            }
        })
    }

    fn message_bytes_max(&self) -> usize {
        // Before the server was there its bound is not known, and nothing is sent.
        if self.0.is_connected() { self.0.message_bytes_max() } else { usize::MAX }
    }
}
