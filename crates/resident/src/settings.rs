//! Settings that are the same for every program in a cluster: where Assent is, how it is asked, and the key that is shown to it.
//!
//! A flag goes before a variable of the environment, a variable before the file, the file before the default. Each program has flags and a file of
//! its own, and joins the first three.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use assent_base::proxy::Scheme;
use assent_base::{Proxy, Secret};
use serde::de::DeserializeOwned;

use crate::{Program, file, variable};

/// A configuration file, or one of authorities, is no larger.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// A key is no larger.
const KEY_BYTES_MAX: u64 = 4 << 10;
/// Seconds that one request may take, unless the configuration says otherwise.
const REQUEST_TIMEOUT_S: u64 = 30;
/// Seconds that one request may be given at most.
const REQUEST_TIMEOUT_S_MAX: u64 = 300;

/// What flags, environment and file say.
#[derive(Debug, Default)]
pub struct Said {
    /// Where Assent is.
    pub endpoint: Option<String>,
    /// The file that holds the key.
    pub key_file: Option<PathBuf>,
    /// A certificate authority to trust in place of the system's, PEM.
    pub ca_file: Option<PathBuf>,
    /// How long one request may take.
    pub request_timeout_s: Option<u64>,
}

/// The same, settled.
#[derive(Debug)]
pub struct Place {
    /// Where Assent is, if that is said.
    pub endpoint: Option<String>,
    /// The file that holds the key; none for the environment.
    pub key_file: Option<PathBuf>,
    /// The only certificate authority to trust, if it is not the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// How long one request may take.
    pub request_timeout: Duration,
}

/// The way to Assent, and who we are there.
#[derive(Debug)]
pub struct Way {
    /// Where Assent is.
    pub url: String,
    /// The program's key.
    pub key: Secret,
    /// The only certificate authority to trust, if it is not the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// The proxy that the environment names for such an address.
    pub proxy: Option<Proxy>,
    /// How long one request may take.
    pub request_timeout: Duration,
}

impl Program {
    /// Reads the program's configuration file. Without one nothing is said.
    ///
    /// # Errors
    /// When it cannot be read, or has a key that the program does not know.
    pub fn read<File: DeserializeOwned + Default>(self, path: Option<&Path>) -> anyhow::Result<File> {
        let Some(path) = path else { return Ok(File::default()) };
        let text = file::text(path, FILE_BYTES_MAX)?;
        serde_saphyr::from_str(&text).with_context(|| format!("`{}` is no configuration of an {self}", path.display()))
    }
}

impl Place {
    /// Settles what is said.
    ///
    /// # Errors
    /// When the file of the authority cannot be read.
    pub fn of(said: Said) -> anyhow::Result<Self> {
        Ok(Self {
            endpoint: said.endpoint,
            key_file: said.key_file,
            ca_pem: said.ca_file.map(|path| file::bounded(&path, FILE_BYTES_MAX)).transpose()?,
            request_timeout: Duration::from_secs(said.request_timeout_s.unwrap_or(REQUEST_TIMEOUT_S).clamp(1, REQUEST_TIMEOUT_S_MAX)),
        })
    }

    /// The way to Assent. The key is in its file, or else in the environment.
    ///
    /// # Errors
    /// When there is no key or no endpoint, or what there is cannot be one.
    pub fn way(&self, program: Program) -> anyhow::Result<Way> {
        self.way_in(program, variable)
    }

    fn way_in(&self, program: Program, variable: impl Fn(&str) -> Option<String> + Copy) -> anyhow::Result<Way> {
        let key = self.key(program, variable)?;
        let Some(url) = self.endpoint.clone() else { bail!("there is no endpoint: name it with --endpoint, or in the configuration") };
        let proxy = Proxy::around(Scheme::of(&url), variable)?;
        Ok(Way { url, key, ca_pem: self.ca_pem.clone(), proxy, request_timeout: self.request_timeout })
    }

    fn key(&self, program: Program, variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Secret> {
        let text = match &self.key_file {
            Some(path) => Some(file::text(path, KEY_BYTES_MAX)?),
            None => variable(&program.key_variable()),
        };
        let Some(text) = text else { bail!("there is no key: name its file with --key-file, or set {}", program.key_variable()) };
        let key = text.trim();
        if key.is_empty() || key.len() as u64 > KEY_BYTES_MAX || key.chars().any(|c| !c.is_ascii_graphic()) {
            bail!("what should be the key is none");
        }
        Ok(Secret::new(key.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    const PROGRAM: Program = Program::new("observer");

    #[derive(Debug, Default, PartialEq, Eq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct File {
        endpoint: Option<String>,
    }

    #[test]
    fn the_file_is_read_whole_or_not_at_all() {
        assert_eq!(PROGRAM.read::<File>(None).unwrap(), File::default());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.yaml");
        std::fs::write(&path, "endpoint: https://a.example\n").unwrap();
        assert_eq!(PROGRAM.read::<File>(Some(&path)).unwrap().endpoint.as_deref(), Some("https://a.example"));
        std::fs::write(&path, "endpiont: https://a.example\n").unwrap();
        let error = PROGRAM.read::<File>(Some(&path)).unwrap_err();
        assert!(error.to_string().ends_with("is no configuration of an observer"), "{error}");
        assert!(PROGRAM.read::<File>(Some(&folder.path().join("none"))).is_err());
    }

    #[test]
    fn a_request_is_given_a_second_at_least_and_five_minutes_at_most() {
        for (said, is) in [(None, 30), (Some(0), 1), (Some(7), 7), (Some(u64::MAX), 300)] {
            let place = Place::of(Said { request_timeout_s: said, ..Said::default() }).unwrap();
            assert_eq!(place.request_timeout.as_secs(), is);
        }
    }

    #[test]
    fn the_way_is_that_of_the_endpoint_with_the_proxy_of_its_kind() {
        let environment = |name: &str| match name {
            "ASSENT_OBSERVER_KEY" => Some("a-key".to_owned()),
            "HTTPS_PROXY" => Some("http://proxy.example:3128".to_owned()),
            _ => None,
        };
        let at = |url: &str| Place::of(Said { endpoint: Some(url.to_owned()), ..Said::default() }).unwrap();
        let way = at("https://assent.example").way_in(PROGRAM, environment).unwrap();
        assert_eq!((way.url.as_str(), way.proxy.unwrap().url.as_str()), ("https://assent.example", "http://proxy.example:3128"));
        assert!(at("http://127.0.0.1:8473").way_in(PROGRAM, environment).unwrap().proxy.is_none());
        let nowhere = Place::of(Said::default()).unwrap().way_in(PROGRAM, environment).unwrap_err();
        assert!(nowhere.to_string().contains("--endpoint"), "{nowhere}");
    }

    #[test]
    fn the_key_comes_from_a_file_or_the_environment_and_is_never_shown() {
        let mut place = Place::of(Said::default()).unwrap();
        assert_eq!(place.key(PROGRAM, |_| Some(" a-key \n".to_owned())).unwrap().expose(), "a-key");
        let error = place.key(PROGRAM, |_| None).unwrap_err().to_string();
        assert!(error.contains("--key-file") && error.contains("ASSENT_OBSERVER_KEY"), "{error}");
        for bad in ["a b", " ", "\u{e9}", &"k".repeat(5_000)] {
            let error = place.key(PROGRAM, |_| Some(bad.to_owned())).unwrap_err();
            assert_eq!(format!("{error:#}"), "what should be the key is none");
        }
        place.key_file = Some(PathBuf::from("/nonexistent"));
        let error = place.key(PROGRAM, |_| Some("a-key".to_owned())).unwrap_err();
        assert!(!format!("{error:#}").contains("a-key"), "the file is named, so the environment is not asked");
    }
}
