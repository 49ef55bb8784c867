//! Observers by way of NATS: `nats` of the file.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use assent_http::Inside;
use assent_nats::{Connect, Connection, Named, Server};
use assent_platform::{ControlPlane, Nats, NatsAtOnce, ObserverNats, nats_inbox, nats_prefix};
use schemars::JsonSchema;
use serde::Deserialize;

/// Messages that may be answered at one time at most.
const AT_ONCE_CONFIGURED_MAX: usize = 4_096;

/// NATS servers that observers may come by.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NatsFile {
    /// The servers: `tls://nats.example:4222`, or `nats://` on loopback.
    servers: Vec<String>,
    /// A PEM file with certificate authorities to trust in place of the system's.
    #[serde(default)]
    ca_file: Option<PathBuf>,
    /// A PEM file with the certificate that the platform shows.
    #[serde(default)]
    certificate_file: Option<PathBuf>,
    /// A PEM file with the key of that certificate.
    #[serde(default)]
    key_file: Option<PathBuf>,
    /// A file with the platform's credentials, as `nsc` writes it.
    #[serde(default)]
    credentials_file: Option<PathBuf>,
    /// What subjects begin with.
    #[serde(default = "nats_prefix")]
    subject_prefix: String,
    /// Messages that are answered at one time.
    #[serde(default = "at_once_max")]
    at_once_max: usize,
    /// What manifests tell observers of NATS; without it, they tell nothing.
    #[serde(default)]
    observers: Option<NatsForObservers>,
}

/// NATS as observers reach it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NatsForObservers {
    /// The servers as clusters reach them.
    servers: Vec<String>,
    /// A PEM file with the certificate authority that observers trust there.
    #[serde(default)]
    ca_file: Option<PathBuf>,
}

fn at_once_max() -> usize {
    NatsAtOnce::default().0
}

/// The same, settled.
#[derive(Debug, Clone)]
pub(crate) struct ByNats {
    pub(super) connect: Connect,
    pub(super) observers: Option<ObserverNats>,
    prefix: String,
    at_once: NatsAtOnce,
}

impl NatsFile {
    pub(crate) fn settled(self) -> anyhow::Result<ByNats> {
        if !assent_platform::is_nats_prefix(&self.subject_prefix) {
            bail!("`nats.subject_prefix` must be words of letters, digits, `-` and `_`, with dots between");
        }
        if !(1..=AT_ONCE_CONFIGURED_MAX).contains(&self.at_once_max) {
            bail!("`nats.at_once_max` is {}, and may be 1 to {AT_ONCE_CONFIGURED_MAX}", self.at_once_max);
        }
        let Self { servers, ca_file, certificate_file, key_file, credentials_file, subject_prefix: prefix, at_once_max, observers } = self;
        let observers = observers.map(|observers| observers.settled(&prefix)).transpose()?;
        let connect = Named { servers, ca_file, certificate_file, key_file, credentials_file }.settled(nats_inbox(), "assent")?;
        Ok(ByNats { connect, observers, prefix, at_once: NatsAtOnce(at_once_max) })
    }
}

impl NatsForObservers {
    fn settled(self, prefix: &str) -> anyhow::Result<ObserverNats> {
        let servers = assent_nats::servers("nats.observers.servers", &self.servers)?;
        let servers: Vec<(String, Server)> = self.servers.into_iter().zip(servers).collect();
        if let Some((url, _)) = servers.iter().find(|(_, server)| server.is_loopback()) {
            bail!("`nats.observers.servers` names `{url}`, which is another machine in each cluster");
        }
        let ca_pem = self.ca_file.map(|path| std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display())));
        Ok(ObserverNats { servers, ca_pem: ca_pem.transpose()?, subject_prefix: prefix.to_owned() })
    }
}

/// NATS, answered beside the port.
pub(super) struct Answering {
    stop: tokio::sync::oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl ByNats {
    /// Answers observers by these routes.
    pub(super) fn serve(&self, plane: ControlPlane, connection: Connection, inside: Inside, message_bytes_max: usize) -> Answering {
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let nats = Nats { connection, inside, prefix: self.prefix.clone(), at_once: self.at_once, message_bytes_max };
        let task = tokio::spawn(async move {
            if let Err(error) = plane.serve_nats(nats, async move { drop(stopped.await) }).await {
                tracing::error!(%error, "observers are not answered by NATS");
            }
        });
        Answering { stop, task }
    }
}

impl Answering {
    /// Stops it, and waits until what was begun is answered.
    pub(super) async fn end(self) {
        // One that has ended by itself hears nothing.
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(yaml: &str) -> anyhow::Result<ByNats> {
        let file: NatsFile = serde_saphyr::from_str(yaml)?;
        file.settled()
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let nats = settled("servers: ['tls://nats.example']").unwrap();
        assert_eq!((nats.prefix.as_str(), nats.at_once, nats.observers.is_none()), ("assent", NatsAtOnce::default(), true));
    }

    #[test]
    fn nothing_goes_in_the_clear_and_nothing_unknown_is_passed_over() {
        for bad in [
            "{}",
            "servers: []",
            "servers: ['nats://nats.example']",
            "{servers: ['tls://nats.example'], subject_prefix: '*'}",
            "{servers: ['tls://nats.example'], at_once_max: 0}",
            "{servers: ['tls://nats.example'], key_file: /k}",
            "{servers: ['tls://nats.example'], jetstream: true}",
            "{servers: ['tls://nats.example'], observers: {servers: ['nats://127.0.0.1']}}",
            "{servers: ['tls://nats.example'], observers: {servers: ['tls://nats.example'], credentials: x}}",
        ] {
            assert!(settled(bad).is_err(), "{bad}");
        }
        assert!(settled("{servers: ['nats://127.0.0.1'], observers: {servers: ['tls://nats.example']}}").unwrap().observers.is_some());
    }
}
