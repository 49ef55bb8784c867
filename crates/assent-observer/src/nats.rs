//! The way by NATS: its settings, and the server as the observer needs it.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use assent_nats::{Connect, Named};
use assent_observe::clock::Clock;
use assent_observe::uplink::https::Https;
use assent_observe::uplink::nats::{self, is_inbox, is_prefix};
use serde::Deserialize;

use crate::line::Line;

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
        if !is_prefix(&self.subject_prefix) {
            bail!("`nats.subject_prefix` must be words of letters, digits, `-` and `_`, with dots between");
        }
        if !is_inbox(&self.inbox_prefix) {
            bail!("`nats.inbox_prefix` must begin with `{}`, and have letters, digits, `-`, `_` and dots only", nats::INBOX);
        }
        let Self { servers, ca_file, certificate_file, key_file, credentials_file, subject_prefix, inbox_prefix } = self;
        let named = Named { servers, ca_file, certificate_file, key_file, credentials_file };
        Ok(ByNats { connect: named.settled(inbox_prefix, "assent-observer")?, subject_prefix })
    }
}

impl ByNats {
    /// Begins to connect. The key and a signal that is too large still go over HTTPS.
    pub(crate) async fn uplink(self, https: Https, within: Duration, clock: Clock) -> anyhow::Result<nats::ByNats<Line>> {
        let line = Line(self.connect.start().await?);
        Ok(nats::ByNats::new(line, https, self.subject_prefix, within, clock))
    }
}
