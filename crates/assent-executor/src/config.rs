//! The configuration: one file, the environment, the flags, in one struct.

use std::path::PathBuf;

use assent_resident::{Place, Said};
use serde::Deserialize;

use crate::PROGRAM;
use crate::cli::{HEALTH_PORT, Run};

/// Where the journal is unless something else is said.
const STATE_DEFAULT: &str = "/var/lib/assent-executor";
/// Where the pinned document is unless something else is said.
const PINNED_DEFAULT: &str = "/etc/assent-executor/pinned/pinned.yaml";

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
    /// The pinned document.
    pinned: Option<PathBuf>,
    /// The warrant for a change of it; `warrant.json` beside it if absent.
    pinned_warrant: Option<PathBuf>,
    /// The folder of the journal.
    state: Option<PathBuf>,
    /// The port of the health probe, on loopback.
    health_port: Option<u16>,
    /// How long one request may take.
    request_timeout_s: Option<u64>,
}

/// What the file, the environment and the flags come to.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) place: Place,
    pub(crate) pinned: PathBuf,
    pub(crate) pinned_warrant: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) health_port: u16,
}

impl Config {
    pub(crate) fn read(asked: &Run) -> anyhow::Result<Self> {
        Self::join(PROGRAM.read(asked.config.as_deref())?, asked)
    }

    fn join(file: File, asked: &Run) -> anyhow::Result<Self> {
        let pinned = asked.pinned.clone().or(file.pinned).unwrap_or_else(|| PathBuf::from(PINNED_DEFAULT));
        let said = Said {
            endpoint: asked.endpoint.clone().or(file.endpoint),
            key_file: asked.key_file.clone().or(file.key_file),
            ca_file: file.ca_file,
            request_timeout_s: file.request_timeout_s,
        };
        Ok(Self {
            place: Place::of(said)?,
            pinned_warrant: file.pinned_warrant.unwrap_or_else(|| pinned.with_file_name("warrant.json")),
            pinned,
            state: asked.state.clone().or(file.state).unwrap_or_else(|| PathBuf::from(STATE_DEFAULT)),
            health_port: asked.health_port.or(file.health_port).unwrap_or(HEALTH_PORT),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::{Cli, Command};

    fn joined(yaml: &str, flags: &[&str]) -> anyhow::Result<Config> {
        let Command::Run(asked) = Cli::parse_from([&["assent-executor", "run"], flags].concat()).command else {
            panic!("run was asked for")
        };
        Config::join(serde_saphyr::from_str(yaml)?, &asked)
    }

    #[test]
    fn a_flag_goes_before_the_file() {
        let yaml = "endpoint: https://a.example\nstate: /a\npinned: /p/pinned.yaml\nhealth_port: 1\n";
        let config = joined(yaml, &["--endpoint", "https://b.example", "--state", "/b"]).unwrap();
        assert_eq!(config.place.endpoint.as_deref(), Some("https://b.example"));
        assert_eq!((config.state.to_str(), config.health_port), (Some("/b"), 1));
        assert_eq!(config.pinned_warrant.to_str(), Some("/p/warrant.json"));
    }

    #[test]
    fn a_key_that_is_not_known_is_refused() {
        for yaml in ["endpiont: x", "dangerous_rights_accepted: true", "approvers: []"] {
            assert!(joined(yaml, &[]).is_err(), "{yaml}");
        }
    }

    #[test]
    fn the_shipped_manifest_holds_a_configuration_and_a_document_that_are_taken() {
        let manifest = include_str!("../../platform/src/executors/snapshots/assent_platform__executors__manifest__tests__manifest.snap");
        let file = |name: &str| {
            let lines = manifest.lines().skip_while(|line| line.trim() != format!("{name}: |")).skip(1);
            lines
                .take_while(|line| line.starts_with("    ") || line.is_empty())
                .map(|line| line.get(4..).unwrap_or_default())
                .collect::<Vec<_>>()
        };
        let config = joined(&file("config.yaml").join("\n"), &[]).unwrap();
        assert_eq!(config.place.endpoint.as_deref(), Some("https://assent.example.com:8473"));
        assert!(config.pinned.is_absolute() && config.place.key_file.is_some_and(|path| path.is_absolute()));
        let pinned = assent_execution::Pinned::parse(file("pinned.yaml").join("\n").as_bytes()).unwrap();
        for one in pinned.impersonated() {
            assert!(manifest.contains(&format!("\"{}\"", one.user)), "the account may act as {}", one.user);
        }
    }
}
