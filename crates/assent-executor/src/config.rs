//! The configuration: one file, the environment, the flags, in one struct.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use assent_base::Secret;
use serde::Deserialize;

use crate::cli::{HEALTH_PORT, Run};

/// A configuration file is no larger.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// A key is no larger.
const KEY_BYTES_MAX: u64 = 4 << 10;
/// Where the journal is unless something else is said.
const STATE_DEFAULT: &str = "/var/lib/assent-executor";
/// Where the pinned document is unless something else is said.
const PINNED_DEFAULT: &str = "/etc/assent-executor/pinned/pinned.yaml";
/// Seconds that one request may take, unless the configuration says otherwise.
const REQUEST_TIMEOUT_S: u64 = 30;

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
    pub(crate) endpoint: Option<String>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) ca_pem: Option<Vec<u8>>,
    pub(crate) pinned: PathBuf,
    pub(crate) pinned_warrant: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) health_port: u16,
    pub(crate) request_timeout: Duration,
}

impl Config {
    pub(crate) fn read(asked: &Run) -> anyhow::Result<Self> {
        let file = match &asked.config {
            Some(path) => {
                let text = text(path, FILE_BYTES_MAX)?;
                serde_saphyr::from_str(&text).with_context(|| format!("`{}` is no configuration of an executor", path.display()))?
            }
            None => File::default(),
        };
        Self::join(file, asked)
    }

    fn join(file: File, asked: &Run) -> anyhow::Result<Self> {
        let pinned = asked.pinned.clone().or(file.pinned).unwrap_or_else(|| PathBuf::from(PINNED_DEFAULT));
        let ca_pem = file.ca_file.as_ref().map(|path| bounded(path, FILE_BYTES_MAX)).transpose()?;
        Ok(Self {
            endpoint: asked.endpoint.clone().or(file.endpoint),
            key_file: asked.key_file.clone().or(file.key_file),
            ca_pem,
            pinned_warrant: file.pinned_warrant.unwrap_or_else(|| pinned.with_file_name("warrant.json")),
            pinned,
            state: asked.state.clone().or(file.state).unwrap_or_else(|| PathBuf::from(STATE_DEFAULT)),
            health_port: asked.health_port.or(file.health_port).unwrap_or(HEALTH_PORT),
            request_timeout: Duration::from_secs(file.request_timeout_s.unwrap_or(REQUEST_TIMEOUT_S).clamp(1, 300)),
        })
    }

    /// The key, from its file or from the environment.
    pub(crate) fn key(&self, from_environment: Option<String>) -> anyhow::Result<Secret> {
        let text = match (&self.key_file, from_environment) {
            (Some(path), _) => text(path, KEY_BYTES_MAX)?,
            (None, Some(text)) => text,
            (None, None) => bail!("there is no key: name its file with --key-file, or set ASSENT_EXECUTOR_KEY"),
        };
        let key = text.trim();
        if key.is_empty() || key.len() as u64 > KEY_BYTES_MAX || key.chars().any(|c| !c.is_ascii_graphic()) {
            bail!("what should be the key is none");
        }
        Ok(Secret::new(key.to_owned()))
    }
}

/// A file of text, if it is no longer than that.
pub(crate) fn text(path: &Path, bytes_max: u64) -> anyhow::Result<String> {
    String::from_utf8(bounded(path, bytes_max)?).map_err(|_| anyhow::anyhow!("`{}` is no text", path.display()))
}

/// A file, if it is no longer than that.
pub(crate) fn bounded(path: &Path, bytes_max: u64) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes));
    read.with_context(|| format!("`{}` cannot be read", path.display()))?;
    if bytes.len() as u64 > bytes_max {
        bail!("`{}` has more than {bytes_max} bytes", path.display());
    }
    Ok(bytes)
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
        assert_eq!(config.endpoint.as_deref(), Some("https://b.example"));
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
        assert_eq!(config.endpoint.as_deref(), Some("https://assent.example.com:8473"));
        assert!(config.pinned.is_absolute() && config.key_file.is_some_and(|path| path.is_absolute()));
        let pinned = assent_execution::Pinned::parse(file("pinned.yaml").join("\n").as_bytes()).unwrap();
        for one in pinned.impersonated() {
            assert!(manifest.contains(&format!("\"{}\"", one.user)), "the account may act as {}", one.user);
        }
    }

    #[test]
    fn the_key_comes_from_a_file_or_the_environment_and_is_never_shown() {
        let mut config = joined("{}", &[]).unwrap();
        assert_eq!(config.key(Some(" a-key \n".to_owned())).unwrap().expose(), "a-key");
        assert!(config.key(None).is_err() && config.key(Some("a b".to_owned())).is_err());
        config.key_file = Some(PathBuf::from("/nonexistent"));
        assert!(!format!("{:#}", config.key(Some("a-key".to_owned())).unwrap_err()).contains("a-key"));
    }
}
