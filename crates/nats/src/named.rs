//! Servers and files as a configuration names them, under the key `nats`.

use std::path::PathBuf;

use crate::connect::Connect;
use crate::server::{BadServer, Server};

/// What a configuration says of the servers.
#[derive(Debug, Default)]
pub struct Named {
    /// The servers: `tls://nats.example:4222`, or `nats://` on loopback.
    pub servers: Vec<String>,
    /// PEM files of certificate authorities to trust in place of the system's.
    pub ca_file: Option<PathBuf>,
    /// A PEM file of our certificate.
    pub certificate_file: Option<PathBuf>,
    /// A PEM file of its key.
    pub key_file: Option<PathBuf>,
    /// A credentials file, as `nsc` writes it.
    pub credentials_file: Option<PathBuf>,
}

/// Why a configuration cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadNamed {
    /// There is no server under this key.
    #[error("`{0}` names no server")]
    NoServer(&'static str),
    /// A server's address cannot be used.
    #[error(transparent)]
    Server(#[from] BadServer),
    /// A certificate without its key, or a key without its certificate.
    #[error("`nats` needs both `certificate_file` and `key_file`, or neither")]
    HalfACertificate,
}

impl Named {
    /// How to reach these servers, under this name and with answers under this prefix. No file is read yet.
    ///
    /// # Errors
    /// When there is no server, or what is said cannot be.
    pub fn settled(self, inbox_prefix: String, name: &str) -> Result<Connect, BadNamed> {
        let certificate = match (self.certificate_file, self.key_file) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(BadNamed::HalfACertificate),
        };
        Ok(Connect {
            servers: servers("nats.servers", &self.servers)?,
            ca_file: self.ca_file,
            certificate,
            credentials_file: self.credentials_file,
            inbox_prefix,
            name: name.to_owned(),
        })
    }
}

/// The servers that stand under a key of a configuration.
///
/// # Errors
/// When there is none, or one cannot be used.
pub fn servers(key: &'static str, texts: &[String]) -> Result<Vec<Server>, BadNamed> {
    if texts.is_empty() {
        return Err(BadNamed::NoServer(key));
    }
    Ok(texts.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
}
