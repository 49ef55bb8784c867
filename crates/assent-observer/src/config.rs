//! The configuration: one file, the environment, the flags, in one struct.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use assent_api::clusters::Profile;
use assent_observe::excerpts::ExcerptLimits;
use assent_observe::filter::Filter;
use assent_observe::manifest::{BUFFER_BYTES_MAX, HEALTH_PORT};
use assent_observe::observer;
use assent_observe::otlp::Otlp;
use assent_observe::prometheus::Prometheus;
use assent_resident::{Place, Said};
use serde::Deserialize;

use crate::PROGRAM;
use crate::cli::Run;
use crate::nats::{ByNats, Nats};

/// The file. A key that is not here is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// Where Assent is.
    endpoint: Option<String>,
    /// The file that holds the key.
    key_file: Option<PathBuf>,
    /// A certificate authority to trust in place of the system's, PEM.
    ca_file: Option<PathBuf>,
    /// What to read besides `core`.
    profiles: Vec<Profile>,
    buffer: BufferFile,
    filter: Filter,
    logs: LogsFile,
    prometheus: Option<Prometheus>,
    /// Takes OpenTelemetry on a port of loopback, if it is here.
    otlp: Option<Otlp>,
    /// Goes by NATS, if it is here.
    nats: Option<Nats>,
    /// The port of the health probe, on loopback.
    health_port: Option<u16>,
    /// How long one request may take.
    request_timeout_s: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct BufferFile {
    dir: Option<PathBuf>,
    bytes_max: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogsFile {
    lines_max: Option<u32>,
    bytes_max: Option<u64>,
    again_after_s: Option<u64>,
}

/// What the file, the environment and the flags come to.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) observer: observer::Config,
    pub(crate) place: Place,
    pub(crate) nats: Option<ByNats>,
    pub(crate) health_port: u16,
}

impl Config {
    pub(crate) fn read(asked: &Run) -> anyhow::Result<Self> {
        Self::join(PROGRAM.read(asked.config.as_deref())?, asked)
    }

    fn join(file: File, asked: &Run) -> anyhow::Result<Self> {
        let dir = asked.buffer_dir.clone().or(file.buffer.dir).unwrap_or_else(|| PathBuf::from("/var/lib/assent-observer"));
        let limits = ExcerptLimits::default();
        let mut observer = observer::Config::at(dir);
        observer.profiles = if asked.profiles.is_empty() { file.profiles } else { asked.profiles.clone() };
        observer.filter = file.filter;
        observer.buffer_bytes_max = file.buffer.bytes_max.unwrap_or(BUFFER_BYTES_MAX);
        observer.excerpts = ExcerptLimits {
            lines_max: file.logs.lines_max.unwrap_or(limits.lines_max),
            bytes_max: file.logs.bytes_max.unwrap_or(limits.bytes_max),
            again_after: file.logs.again_after_s.map_or(limits.again_after, Duration::from_secs),
            ..limits
        };
        if file.prometheus.is_some() && !observer.profiles.contains(&Profile::Metrics) {
            bail!("`prometheus` needs the profile `metrics`");
        }
        observer.prometheus = file.prometheus;
        observer.otlp = file.otlp;
        let said = Said {
            endpoint: asked.endpoint.clone().or(file.endpoint),
            key_file: asked.key_file.clone().or(file.key_file),
            ca_file: file.ca_file,
            request_timeout_s: file.request_timeout_s,
        };
        Ok(Self {
            observer,
            place: Place::of(said)?,
            nats: file.nats.map(Nats::settled).transpose()?,
            health_port: file.health_port.unwrap_or(HEALTH_PORT),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn joined(yaml: &str, flags: &[&str]) -> anyhow::Result<Config> {
        let Command::Run(asked) = Cli::parse_from([&["assent-observer", "run"], flags].concat()).command else {
            panic!("run was asked for")
        };
        Config::join(serde_saphyr::from_str(yaml)?, &asked)
    }

    #[test]
    fn a_flag_goes_before_the_file() {
        let yaml = "endpoint: https://a.example\nprofiles: [logs]\nbuffer: {dir: /a, bytes_max: 8388608}\nlogs: {lines_max: 10}\n";
        let config = joined(yaml, &["--endpoint", "https://b.example", "--profile", "workloads,metrics"]).unwrap();
        assert_eq!(config.place.endpoint.as_deref(), Some("https://b.example"));
        assert_eq!(config.observer.profiles, [Profile::Workloads, Profile::Metrics]);
        assert_eq!((config.observer.buffer_dir.to_str(), config.observer.buffer_bytes_max), (Some("/a"), 8 << 20));
        assert_eq!(config.observer.excerpts.lines_max, 10);
        assert!(!config.observer.dangerous_excess_rights_accepted, "no configuration can allow that");
    }

    #[test]
    fn a_key_that_is_not_known_is_refused() {
        for yaml in [
            "endpiont: x",
            "buffer: {size: 1}",
            "profiles: [everything]",
            "filter: {namespaces: [a]}",
            "dangerous_excess_rights_accepted: true",
        ] {
            assert!(joined(yaml, &[]).is_err(), "{yaml}");
        }
    }

    #[test]
    fn the_shipped_configuration_is_one() {
        use assent_observe::manifest::{Spec, manifest};
        let spec = Spec {
            cluster: "prod-eu".to_owned(),
            endpoint: "https://assent.example:8473".to_owned(),
            key: assent_base::Secret::new("a-key-for-this-test".to_owned()),
            image: "registry.example/assent-observer:0.1.0".to_owned(),
            profiles: assent_observe::profile::PROFILES.to_vec(),
            ca_pem: None,
            buffer_bytes_max: 8 << 20,
            buffer_claim: None,
            nats: None,
        };
        let text = manifest(&spec).unwrap();
        let lines = text.lines().skip_while(|line| *line != "  config.yaml: |").skip(1);
        let yaml: Vec<&str> = lines.map_while(|line| line.strip_prefix("    ")).collect();
        let config = joined(&yaml.join("\n"), &[]).unwrap();
        assert_eq!(config.place.endpoint.as_deref(), Some("https://assent.example:8473"));
        assert_eq!(config.observer.profiles, assent_observe::profile::PROFILES);
        assert_eq!((config.observer.buffer_dir.to_str(), config.observer.buffer_bytes_max), (Some("/var/lib/assent-observer"), 8 << 20));
    }

    #[test]
    fn nats_is_gone_by_only_if_it_is_named_and_never_in_the_clear() {
        assert!(joined("", &[]).unwrap().nats.is_none());
        let yaml = "nats: {servers: ['tls://nats.example'], credentials_file: /c, inbox_prefix: _INBOX_a}";
        let nats = joined(yaml, &[]).unwrap().nats.unwrap();
        assert_eq!((nats.subject_prefix.as_str(), nats.connect.inbox_prefix.as_str()), ("assent", "_INBOX_a"));
        for bad in [
            "nats: {}",
            "nats: {servers: []}",
            "nats: {servers: ['nats://nats.example']}",
            "nats: {servers: ['tls://u:p@nats.example']}",
            "nats: {servers: ['tls://nats.example'], password: x}",
            "nats: {servers: ['tls://nats.example'], inbox_prefix: elsewhere}",
            "nats: {servers: ['tls://nats.example'], subject_prefix: 'a.>'}",
            "nats: {servers: ['tls://nats.example'], certificate_file: /c}",
        ] {
            assert!(joined(bad, &[]).is_err(), "{bad}");
        }
    }

    #[test]
    fn prometheus_needs_its_profile() {
        assert!(joined("prometheus: {url: 'http://prometheus.monitoring:9090'}", &[]).is_err());
        assert!(joined("profiles: [metrics]\nprometheus: {url: 'http://prometheus.monitoring:9090'}", &[]).is_ok());
    }

    #[test]
    fn opentelemetry_is_taken_only_if_it_is_asked_for_and_on_loopback_alone() {
        assert_eq!(joined("", &[]).unwrap().observer.otlp, None);
        assert_eq!(joined("otlp: {}", &[]).unwrap().observer.otlp.map(|otlp| otlp.port), Some(4318));
        assert_eq!(joined("otlp: {port: 4000}", &[]).unwrap().observer.otlp.map(|otlp| otlp.port), Some(4000));
        assert!(joined("otlp: {address: 0.0.0.0}", &[]).is_err());
    }
}
