//! Variables of the environment that are ours by their name, `ASSENT_…`: one that nothing reads is a typing mistake, and is refused like an
//! unknown key of a file.
//!
//! All programs know the names of all others, since a person exports them in one shell. `ASSENT_TEST_…` belongs to tests and tools. What a
//! kubelet or Docker sets for a service by the name of `assent` is nobody's mistake, and is known by its shape.
//! Errors: names are told, values never, since they may be secrets.

use std::ffi::OsString;
use std::fmt;

/// What the name of every variable of ours begins with.
pub const PREFIX: &str = "ASSENT_";
/// What the names of variables of tests and tools begin with.
const OF_TESTS: &str = "ASSENT_TEST_";
/// Changed, added and left out letters up to which a name is taken for another that was mistyped.
const MISTYPED_MAX: usize = 3;

/// The variables that the programs read, each whoever reads it. A test of each program holds its command line against this.
pub const KNOWN: &[&str] = &[
    // `assent up`, and the commands that work on its data folder
    "ASSENT_ADD_UP_EVERY_S",
    "ASSENT_ALLOWED_HOSTS",
    "ASSENT_CONFIG",
    "ASSENT_CONTEXT",
    "ASSENT_DATABASE",
    "ASSENT_DATABASE_CONNECT_S",
    "ASSENT_DATA_DIR",
    "ASSENT_KUBECONFIG",
    "ASSENT_LIMITS",
    "ASSENT_LISTEN",
    "ASSENT_LOG",
    "ASSENT_LOG_FORMAT",
    "ASSENT_EXECUTOR_IMAGE",
    "ASSENT_METRICS_TOKEN_FILE",
    "ASSENT_OBSERVER_IMAGE",
    "ASSENT_PUBLIC_URL",
    "ASSENT_ROOT_KEY",
    "ASSENT_TLS",
    "ASSENT_TLS_CERTIFICATE",
    "ASSENT_TLS_KEY",
    "ASSENT_TLS_WARN_DAYS",
    "ASSENT_TRACES_ENDPOINT",
    "ASSENT_TRUSTED_PROXIES",
    // the commands that ask a platform
    "ASSENT_CA_FILE",
    "ASSENT_SERVER",
    "ASSENT_TOKEN",
    // assent-observer
    "ASSENT_OBSERVER_BUFFER_DIR",
    "ASSENT_OBSERVER_CONFIG",
    "ASSENT_OBSERVER_ENDPOINT",
    "ASSENT_OBSERVER_HEALTH_PORT",
    "ASSENT_OBSERVER_KEY",
    "ASSENT_OBSERVER_KEY_FILE",
    "ASSENT_OBSERVER_PROFILES",
    // assent-executor
    "ASSENT_EXECUTOR_CONFIG",
    "ASSENT_EXECUTOR_ENDPOINT",
    "ASSENT_EXECUTOR_HEALTH_PORT",
    "ASSENT_EXECUTOR_KEY",
    "ASSENT_EXECUTOR_KEY_FILE",
    "ASSENT_EXECUTOR_PINNED",
    "ASSENT_EXECUTOR_STATE",
    // building and testing
    "ASSENT_BIN",
    "ASSENT_HOSTILE_WARRANTS",
    "ASSENT_REGENERATE",
    "ASSENT_SCENARIOS",
    "ASSENT_STORE_TEST_FOLDER",
    "ASSENT_URL",
    "ASSENT_VAULT",
];

/// Variables that nothing of ours reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariables {
    /// Their names, each with the one that may be meant.
    pub unknown: Vec<(String, Option<String>)>,
    /// What refuses them: `assent up`, `the upkeep of an installation`.
    pub reader: String,
    /// What that reads.
    pub read: Vec<String>,
}

impl fmt::Display for UnknownVariables {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, meant) in &self.unknown {
            write!(out, "the environment has `{name}`, which nothing reads")?;
            match meant {
                Some(meant) => write!(out, ": did you mean `{meant}`? ")?,
                None => write!(out, ". ")?,
            }
        }
        write!(out, "Correct it or unset it; {} knows {}", self.reader, self.read.join(", "))
    }
}

impl std::error::Error for UnknownVariables {}

/// Looks through the environment, given as names and values, on behalf of a program that reads these names.
///
/// # Errors
/// When there are names that begin as ours do and that nothing reads.
pub fn check(
    reader: &str,
    reads: impl IntoIterator<Item = impl Into<String>>,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<(), UnknownVariables> {
    let mut read: Vec<String> = reads.into_iter().map(Into::into).filter(|name: &String| name.starts_with(PREFIX)).collect();
    read.sort_unstable();
    read.dedup();
    let is_known = |name: &str, value: &str| {
        name.starts_with(OF_TESTS) || KNOWN.contains(&name) || read.iter().any(|own| own == name) || is_of_a_service(name, value)
    };
    let mut unknown: Vec<(String, Option<String>)> = environment
        .into_iter()
        .filter(|(name, value)| name.starts_with(PREFIX) && !is_known(name, value))
        .map(|(name, _)| {
            let meant = nearest(&name, &read);
            (name, meant)
        })
        .collect();
    unknown.sort_unstable();
    if unknown.is_empty() { Ok(()) } else { Err(UnknownVariables { unknown, reader: reader.to_owned(), read }) }
}

/// The environment as text. What is no text is told with replacement characters: its name is none of ours then.
pub fn of(environment: impl IntoIterator<Item = (OsString, OsString)>) -> impl Iterator<Item = (String, String)> {
    let text = |text: OsString| text.to_string_lossy().into_owned();
    environment.into_iter().map(move |(name, value)| (text(name), text(value)))
}

fn nearest(name: &str, read: &[String]) -> Option<String> {
    let distance = |own: &String| strsim::osa_distance(name, own);
    read.iter().filter(|own| distance(own) <= MISTYPED_MAX).min_by_key(|own| distance(own)).cloned()
}

/// Whether a kubelet or Docker sets such a variable, for a Service or a linked container whose name begins with `assent`:
/// `ASSENT_SERVICE_HOST`, `ASSENT_SERVICE_PORT_HTTPS`, `ASSENT_PORT=tcp://10.0.0.1:8473`, `ASSENT_PORT_8473_TCP_ADDR`.
fn is_of_a_service(name: &str, value: &str) -> bool {
    if name.ends_with("_SERVICE_HOST") || name.ends_with("_SERVICE_PORT") || name.contains("_SERVICE_PORT_") {
        return true;
    }
    let is_link = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    if name.ends_with("_PORT") && is_link {
        return true;
    }
    let Some((_, rest)) = name.split_once("_PORT_") else { return false };
    let mut words = rest.split('_');
    let is_port = words.next().is_some_and(|port| port.parse::<u16>().is_ok());
    let is_protocol = words.next().is_some_and(|protocol| matches!(protocol, "TCP" | "UDP" | "SCTP"));
    is_port && is_protocol && matches!(words.next(), None | Some("PROTO" | "PORT" | "ADDR")) && words.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const READS: [&str; 3] = ["ASSENT_DATABASE", "ASSENT_DATA_DIR", "HOME"];

    fn checked(pairs: &[(&str, &str)]) -> Result<(), UnknownVariables> {
        check("assent up", READS, pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn what_a_program_reads_and_what_is_not_ours_passes() {
        let all: Vec<(&str, &str)> = KNOWN.iter().map(|name| (*name, "x")).collect();
        assert_eq!(checked(&all), Ok(()));
        assert_eq!(checked(&[("HOME", "/home/ada"), ("ASSENTS", "x"), ("assent_datbase", "x"), ("ASSENT_TEST_ANYTHING", "1")]), Ok(()));
    }

    #[test]
    fn a_mistyped_name_is_refused_with_the_one_that_is_meant_and_without_its_value() {
        let refused =
            checked(&[("ASSENT_DATBASE", "postgres://u:hidden@db/x"), ("ASSENT_FLAVOUR", "1"), ("ASSENT_DATABASE", "")]).unwrap_err();
        let meant = [("ASSENT_DATBASE".to_owned(), Some("ASSENT_DATABASE".to_owned())), ("ASSENT_FLAVOUR".to_owned(), None)];
        assert_eq!(refused.unknown, meant);
        let told = refused.to_string();
        assert!(
            told.contains("did you mean `ASSENT_DATABASE`?") && told.contains("assent up knows ASSENT_DATABASE, ASSENT_DATA_DIR"),
            "{told}"
        );
        assert!(!told.contains("hidden") && !told.contains("HOME"), "{told}");
    }

    #[test]
    fn what_a_kubelet_sets_for_a_service_is_nobodys_mistake() {
        let set = [
            ("ASSENT_SERVICE_HOST", "10.0.0.1"),
            ("ASSENT_SERVICE_PORT", "8473"),
            ("ASSENT_SERVICE_PORT_HTTPS", "8473"),
            ("ASSENT_PORT", "tcp://10.0.0.1:8473"),
            ("ASSENT_PORT_8473_TCP", "tcp://10.0.0.1:8473"),
            ("ASSENT_PORT_8473_TCP_PROTO", "tcp"),
            ("ASSENT_PORT_8473_TCP_PORT", "8473"),
            ("ASSENT_CONSOLE_PORT_53_UDP_ADDR", "10.0.0.1"),
        ];
        assert_eq!(checked(&set), Ok(()));
        for (name, value) in [("ASSENT_PORT", "8473"), ("ASSENT_PORT_HTTPS", "8473"), ("ASSENT_PORT_8473_TCP_ADDRESS", "x")] {
            assert!(checked(&[(name, value)]).is_err(), "{name}");
        }
    }

    #[test]
    fn the_known_names_are_ours_and_stand_once() {
        let mut names = KNOWN.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KNOWN.len());
        assert!(names.iter().all(|name| name.starts_with(PREFIX) && !name.starts_with(OF_TESTS)));
    }
}
