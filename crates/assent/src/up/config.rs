//! What `assent up` runs with: one YAML file, then the environment, then flags; the later wins.
//!
//! Every key of the file has a flag of the same name with dashes for underscores, and a variable `ASSENT_…`, but for the lists. Unknown keys
//! are refused. docs/configuration.md lists them all.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assent_http::IpNet;
use assent_platform::{
    ADD_UP_EVERY_S, COMMAND_LINE_ABSOLUTE_S, COMMAND_LINE_IDLE_S, COMMAND_LINE_SIGN_IN_WITHIN_S, CONNECT_S, CommandLines, SNAPSHOT_EVERY_S,
    SNAPSHOT_KEEP_S, SNAPSHOTS_MAX, Snapshots, custody,
};
use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Deserialize;

use super::limits::Limits;
use super::names;
use super::nats::{ByNats, NatsFile};

/// Where the API listens unless told otherwise: this machine only.
const LISTEN_DEFAULT: &str = "127.0.0.1:8473";
/// The image that manifests of observers name, unless the configuration names one: what `cargo xtask image` calls that of this version.
const OBSERVER_IMAGE_DEFAULT: &str = concat!("assent-observer:", env!("CARGO_PKG_VERSION"));
/// The same for executors.
const EXECUTOR_IMAGE_DEFAULT: &str = concat!("assent-executor:", env!("CARGO_PKG_VERSION"));
/// Snapshots of the topology that may be kept of one cluster: all of their instants come in one answer.
const SNAPSHOTS_CONFIGURED_MAX: usize = 1_000;
/// Seconds that a command line's session may last at most: records of sessions are kept for longer.
const SESSION_CONFIGURED_MAX_S: u64 = 30 * 86_400;
/// Seconds that any of the spans of a command line's session must last at least.
const SESSION_CONFIGURED_MIN_S: u64 = 60;
/// Seconds that the first connection to a database may be given, from and to.
const DATABASE_CONNECT_S: (u64, u64) = (1, 300);
/// Seconds between two times that everything is added up, from and to: a week.
const ADD_UP_S: (u32, u32) = (10, 604_800);
/// Largest configuration file.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Flags of `assent up`. What is absent comes from the environment, then from the file, then from the default.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Flags {
    /// A YAML file with these settings; see docs/configuration.md.
    #[arg(long, value_name = "FILE", env = "ASSENT_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The folder for the database, the keys and the ledger. Made with mode 0700 if absent.
    #[arg(long, value_name = "DIR", env = "ASSENT_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The address to listen on. Anything but loopback needs TLS.
    #[arg(long, value_name = "ADDRESS", env = "ASSENT_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// The URL under which people and observers reach this platform.
    #[arg(long, value_name = "URL", env = "ASSENT_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,
    /// A name besides that of the public URL under which this platform may be called. May be given several times.
    #[arg(long = "allowed-host", value_name = "HOST", env = "ASSENT_ALLOWED_HOSTS", value_delimiter = ',')]
    pub(crate) allowed_hosts: Vec<String>,
    /// `off`, `self-signed`, or `files` with --tls-certificate and --tls-key.
    #[arg(long, value_enum, env = "ASSENT_TLS")]
    pub(crate) tls: Option<TlsMode>,
    /// PEM file of the certificate chain.
    #[arg(long, value_name = "FILE", env = "ASSENT_TLS_CERTIFICATE")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// PEM file of the certificate's private key.
    #[arg(long, value_name = "FILE", env = "ASSENT_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Days before its end from which the platform's certificate is warned of.
    #[arg(long, value_name = "DAYS", env = "ASSENT_TLS_WARN_DAYS")]
    pub(crate) tls_warn_days: Option<u32>,
    /// `sqlite:///path/to/file` or `postgres://user@host/database`. Without it, a SQLite file in the data folder.
    #[arg(long, value_name = "URL", env = "ASSENT_DATABASE", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// Seconds for PostgreSQL to take the first connection.
    #[arg(long, value_name = "SECONDS", env = "ASSENT_DATABASE_CONNECT_S")]
    pub(crate) database_connect_s: Option<u64>,
    /// Seconds between two times that everything is added up, so that missing rows are found.
    #[arg(long, value_name = "SECONDS", env = "ASSENT_ADD_UP_EVERY_S")]
    pub(crate) add_up_every_s: Option<u32>,
    /// Who keeps the root key, as YAML on one line: `file`, or `{vault: {address: …, key: …, token_file: …}}`.
    #[arg(long, value_name = "YAML", env = "ASSENT_ROOT_KEY")]
    pub(crate) root_key: Option<String>,
    /// Watch the cluster of this kubeconfig from inside the platform.
    #[arg(long, value_name = "FILE", env = "ASSENT_KUBECONFIG", num_args = 0..=1, default_missing_value = "")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig to watch.
    #[arg(long, value_name = "NAME", env = "ASSENT_CONTEXT")]
    pub(crate) context: Option<String>,
    /// `text` or `json`.
    #[arg(long, value_enum, env = "ASSENT_LOG_FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// `error`, `warn`, `info`, `debug`, or per module as `assent_platform=debug,info`.
    #[arg(long, value_name = "FILTER", env = "ASSENT_LOG")]
    pub(crate) log: Option<String>,
    /// A network of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: `10.0.0.0/8`. May be given several times.
    #[arg(long = "trusted-proxy", value_name = "NETWORK", env = "ASSENT_TRUSTED_PROXIES", value_delimiter = ',')]
    pub(crate) trusted_proxies: Vec<String>,
    /// A file with the token that reads `/metrics` from elsewhere than this machine.
    #[arg(long, value_name = "FILE", env = "ASSENT_METRICS_TOKEN_FILE")]
    pub(crate) metrics_token_file: Option<PathBuf>,
    /// Where a collector takes traces of the platform's own work, by OTLP over HTTP: `https://collector.example.org`.
    #[arg(long, value_name = "URL", env = "ASSENT_TRACES_ENDPOINT")]
    pub(crate) traces_endpoint: Option<String>,
    /// The image that the manifests of observers name: `registry.example/assent-observer@sha256:…`.
    #[arg(long, value_name = "IMAGE", env = "ASSENT_OBSERVER_IMAGE")]
    pub(crate) observer_image: Option<String>,
    /// The image that the manifests of executors name: `registry.example/assent-executor@sha256:…`.
    #[arg(long, value_name = "IMAGE", env = "ASSENT_EXECUTOR_IMAGE")]
    pub(crate) executor_image: Option<String>,
    /// A limit of the API: `requests_per_s=100`. May be given several times; see docs/configuration.md.
    #[arg(long = "limit", value_name = "NAME=NUMBER", env = "ASSENT_LIMITS", value_delimiter = ',')]
    pub(crate) limits: Vec<String>,
}

/// The file.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// The folder for the database, the keys and the ledger.
    pub(crate) data_dir: Option<PathBuf>,
    /// The address to listen on.
    #[schemars(with = "Option<String>")]
    pub(crate) listen: Option<SocketAddr>,
    /// The URL under which people and observers reach this platform.
    pub(crate) public_url: Option<String>,
    /// Names besides that of the public URL under which this platform may be called.
    pub(crate) allowed_hosts: Vec<String>,
    /// How connections are protected.
    pub(crate) tls: Option<TlsMode>,
    /// PEM file of the certificate chain.
    pub(crate) tls_certificate: Option<PathBuf>,
    /// PEM file of the private key.
    pub(crate) tls_key: Option<PathBuf>,
    /// Days before its end from which the certificate is warned of.
    pub(crate) tls_warn_days: Option<u32>,
    /// The database.
    pub(crate) database: Option<String>,
    /// Seconds for PostgreSQL to take the first connection.
    pub(crate) database_connect_s: Option<u64>,
    /// Seconds between two times that everything is added up, so that missing rows are found.
    pub(crate) add_up_every_s: Option<u32>,
    /// Who keeps the root key; a file if absent.
    pub(crate) root_key: Option<custody::Config>,
    /// The kubeconfig of a cluster to watch from inside the platform.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig.
    pub(crate) context: Option<String>,
    /// The form of the log.
    pub(crate) log_format: Option<LogFormat>,
    /// What is logged.
    pub(crate) log: Option<String>,
    /// Identity providers that people sign in with, and whose tokens the API takes.
    pub(crate) oidc: Vec<Oidc>,
    /// A PEM file with certificate authorities to trust besides the built-in ones, for identity providers and traces.
    pub(crate) ca_file: Option<PathBuf>,
    /// A PEM file with the authority that vouches for the platform's certificate, for manifests to carry: observers and executors trust it
    /// alone.
    pub(crate) manifest_ca_file: Option<PathBuf>,
    /// The image that the manifests of observers name.
    pub(crate) observer_image: Option<String>,
    /// The image that the manifests of executors name.
    pub(crate) executor_image: Option<String>,
    /// A key that signs checkpoints of the ledger besides the platform's: the file of its private key, kept elsewhere.
    pub(crate) witness_key: Option<PathBuf>,
    /// Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub(crate) trusted_proxies: Vec<String>,
    /// A file with the token that reads `/metrics` from elsewhere than this machine.
    pub(crate) metrics_token_file: Option<PathBuf>,
    /// Where a collector takes traces of the platform's own work.
    pub(crate) traces_endpoint: Option<String>,
    /// Limits of the API.
    pub(crate) limits: Limits,
    /// Snapshots of the topology, for those who look back.
    pub(crate) topology_snapshots: TopologySnapshots,
    /// Where notifications may go.
    pub(crate) notify: Notify,
    /// NATS servers that observers may come by.
    pub(crate) nats: Option<NatsFile>,
    /// Sessions of command lines that were allowed in a browser.
    pub(crate) command_line_sessions: CommandLineSessions,
}

/// Sessions of command lines that were allowed in a browser.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CommandLineSessions {
    /// Seconds that one lasts unused.
    pub(crate) idle_s: u64,
    /// Seconds that one lasts at all.
    pub(crate) absolute_s: u64,
    /// Seconds after a sign-in in a browser within which it may let a command line in.
    pub(crate) sign_in_within_s: u64,
}

impl Default for CommandLineSessions {
    fn default() -> Self {
        Self { idle_s: COMMAND_LINE_IDLE_S, absolute_s: COMMAND_LINE_ABSOLUTE_S, sign_in_within_s: COMMAND_LINE_SIGN_IN_WITHIN_S }
    }
}

/// Where notifications may go. Nowhere by default.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Notify {
    /// Hosts that channels may lead to, exactly: `hooks.slack.com`.
    pub(crate) hosts: Vec<String>,
    /// The mail server.
    pub(crate) smtp: Option<Smtp>,
}

/// A mail server.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Smtp {
    /// Its name.
    pub(crate) host: String,
    /// Its port.
    #[serde(default = "submission")]
    pub(crate) port: u16,
    /// How the connection is protected.
    #[serde(default)]
    pub(crate) tls: SmtpTls,
    /// The user there, if it asks.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// A file with the user's password.
    #[serde(default)]
    pub(crate) password_file: Option<PathBuf>,
    /// The sender's address.
    pub(crate) from: String,
    /// Domains that mail may go to, exactly.
    pub(crate) domains: Vec<String>,
}

/// The port of mail servers that take mail from programs.
fn submission() -> u16 {
    587
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SmtpTls {
    /// From `STARTTLS` on; nothing is sent without it.
    #[default]
    Starttls,
    /// From the first byte.
    Implicit,
    /// Not at all; on loopback only.
    Off,
}

/// Snapshots of the topology that are kept of each cluster.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TopologySnapshots {
    /// Seconds between two at least.
    pub(crate) every_s: u32,
    /// Seconds that one is kept.
    pub(crate) keep_s: u32,
    /// So many at most.
    pub(crate) count_max: usize,
}

impl Default for TopologySnapshots {
    fn default() -> Self {
        Self { every_s: SNAPSHOT_EVERY_S, keep_s: SNAPSHOT_KEEP_S, count_max: SNAPSHOTS_MAX }
    }
}

/// An identity provider.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Oidc {
    /// What the sign-in button says; in the path of the callback, so a DNS label.
    pub(crate) name: String,
    /// The issuer URL.
    pub(crate) issuer: String,
    /// The client id of Assent there.
    pub(crate) client_id: String,
    /// A file with the client's secret; none for a public client.
    #[serde(default)]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The audience that bearer tokens for the API must have; without it, the API takes none of this provider.
    #[serde(default)]
    pub(crate) api_audience: Option<String>,
    /// The claim that holds groups; `groups` if absent.
    #[serde(default)]
    pub(crate) groups_claim: Option<String>,
    /// Scopes besides `openid`, `profile` and `email`.
    #[serde(default)]
    pub(crate) scopes: Vec<String>,
    /// Hosts besides the issuer's at which the provider has its endpoints.
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
    /// The name or the id of the tenant that its people belong to; the one that runs the installation if absent.
    #[serde(default)]
    pub(crate) tenant: Option<String>,
}

/// How connections are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TlsMode {
    /// Not at all; on loopback only.
    Off,
    /// With a certificate that the platform makes for itself, in the data folder.
    SelfSigned,
    /// With a certificate and key from files.
    Files,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What `assent up` runs with, settled.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: SocketAddr,
    /// An origin: `https://assent.example`, without a slash at the end.
    pub(crate) public_url: Option<String>,
    /// Names besides that, as requests write them.
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) tls: Tls,
    pub(crate) tls_warn_days: u32,
    pub(crate) manifest_ca_file: Option<PathBuf>,
    pub(crate) database: Option<String>,
    pub(crate) database_connect_s: u64,
    pub(crate) add_up_every_s: u32,
    pub(crate) root_key: custody::Config,
    pub(crate) attach: Option<Attach>,
    pub(crate) log_format: LogFormat,
    pub(crate) log: String,
    pub(crate) oidc: Vec<Oidc>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) witness_key: Option<PathBuf>,
    /// Networks of proxies that are believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Where traces go; nowhere by default.
    pub(crate) traces_endpoint: Option<String>,
    /// The file of the token that reads `/metrics`.
    pub(crate) metrics_token_file: Option<PathBuf>,
    /// Limits of the API.
    pub(crate) limits: Limits,
    pub(crate) observer_image: String,
    pub(crate) executor_image: String,
    pub(crate) snapshots: Snapshots,
    pub(crate) command_lines: CommandLines,
    /// Where notifications may go.
    pub(crate) notify: Notify,
    /// NATS, if observers may come by it.
    pub(crate) nats: Option<ByNats>,
}

impl Config {
    /// Host names besides those of loopback under which the platform may be called.
    pub(crate) fn names(&self) -> Vec<String> {
        let public = self.public_url.as_deref().and_then(names::host);
        let listening = (!self.listen.ip().is_unspecified()).then(|| names::written(self.listen.ip()));
        public.into_iter().chain(listening).chain(self.allowed_hosts.iter().cloned()).collect()
    }
}

/// How connections are protected, settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tls {
    Off,
    SelfSigned,
    Files { certificate: PathBuf, key: PathBuf },
}

/// A cluster to watch from inside the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attach {
    /// The kubeconfig; kubectl's own search if none is named.
    pub(crate) kubeconfig: Option<PathBuf>,
    pub(crate) context: Option<String>,
}

/// Settles file, environment and flags. `home` is where the data folder goes unless named.
pub(crate) fn settle(flags: Flags, home: Option<&Path>) -> anyhow::Result<Config> {
    let file = match &flags.config {
        Some(path) => read(path)?,
        None => File::default(),
    };
    let data_dir = match flags.data_dir.or(file.data_dir) {
        Some(folder) => folder,
        None => home.context("there is no home folder to keep data under: name one with --data-dir")?.join(".local/share/assent"),
    };
    let listen = match flags.listen.or(file.listen) {
        Some(address) => address,
        None => LISTEN_DEFAULT.parse().context("the default address is damaged")?,
    };
    let tls = tls(flags.tls.or(file.tls), flags.tls_certificate.or(file.tls_certificate), flags.tls_key.or(file.tls_key))?;
    if tls == Tls::Off && !listen.ip().is_loopback() {
        bail!("{listen} is not a loopback address: listening there needs --tls self-signed, or --tls files with a certificate and key");
    }
    let kubeconfig = flags.kubeconfig.or(file.kubeconfig);
    let context = flags.context.or(file.context);
    let attach = (kubeconfig.is_some() || context.is_some())
        .then(|| Attach { kubeconfig: kubeconfig.filter(|path| !path.as_os_str().is_empty()), context });
    Ok(Config {
        data_dir,
        listen,
        public_url: flags.public_url.or(file.public_url).as_deref().map(names::origin).transpose()?,
        allowed_hosts: names::hosts(if flags.allowed_hosts.is_empty() { &file.allowed_hosts } else { &flags.allowed_hosts })?,
        tls,
        tls_warn_days: flags.tls_warn_days.or(file.tls_warn_days).unwrap_or(assent_http::validity::CERTIFICATE_WARN_DAYS),
        manifest_ca_file: file.manifest_ca_file,
        database: flags.database.or(file.database),
        database_connect_s: within(
            "database_connect_s",
            flags.database_connect_s.or(file.database_connect_s).unwrap_or(CONNECT_S),
            DATABASE_CONNECT_S,
        )?,
        add_up_every_s: within("add_up_every_s", flags.add_up_every_s.or(file.add_up_every_s).unwrap_or(ADD_UP_EVERY_S), ADD_UP_S)?,
        root_key: flags.root_key.as_deref().map(crate::root_key::parse).transpose()?.or(file.root_key).unwrap_or_default(),
        attach,
        log_format: flags.log_format.or(file.log_format).unwrap_or(LogFormat::Text),
        log: flags.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
        oidc: file.oidc,
        ca_file: file.ca_file,
        witness_key: file.witness_key,
        trusted_proxies: proxies(if flags.trusted_proxies.is_empty() { &file.trusted_proxies } else { &flags.trusted_proxies })?,
        metrics_token_file: flags.metrics_token_file.or(file.metrics_token_file),
        traces_endpoint: flags.traces_endpoint.or(file.traces_endpoint),
        limits: file.limits.over(&flags.limits)?,
        observer_image: image("observer_image", flags.observer_image.or(file.observer_image), OBSERVER_IMAGE_DEFAULT)?,
        executor_image: image("executor_image", flags.executor_image.or(file.executor_image), EXECUTOR_IMAGE_DEFAULT)?,
        snapshots: snapshots(&file.topology_snapshots)?,
        command_lines: command_lines(&file.command_line_sessions)?,
        notify: file.notify,
        nats: file.nats.map(NatsFile::settled).transpose()?,
    })
}

/// An image that manifests name: what is none is refused before a cluster is added with it.
fn image(setting: &str, asked: Option<String>, default: &str) -> anyhow::Result<String> {
    let name = asked.unwrap_or_else(|| default.to_owned());
    assent_observe::manifest::image::check(&name).with_context(|| format!("`{setting}` cannot be used"))?;
    Ok(name)
}

/// A number of seconds that makes sense.
fn within<N: PartialOrd + std::fmt::Display>(name: &str, asked: N, (least, most): (N, N)) -> anyhow::Result<N> {
    if asked < least || asked > most {
        bail!("`{name}` is {asked}, and may be {least} to {most}");
    }
    Ok(asked)
}

fn snapshots(asked: &TopologySnapshots) -> anyhow::Result<Snapshots> {
    let TopologySnapshots { every_s, keep_s, count_max } = *asked;
    if every_s == 0 || keep_s < every_s || !(2..=SNAPSHOTS_CONFIGURED_MAX).contains(&count_max) {
        bail!(
            "`topology_snapshots` needs an `every_s` of at least 1, a `keep_s` of at least that, and a `count_max` of 2 to {SNAPSHOTS_CONFIGURED_MAX}"
        );
    }
    Ok(Snapshots { every_s, keep_s, count_max })
}

fn command_lines(asked: &CommandLineSessions) -> anyhow::Result<CommandLines> {
    let CommandLineSessions { idle_s, absolute_s, sign_in_within_s } = *asked;
    if [idle_s, absolute_s, sign_in_within_s].into_iter().any(|span| !(SESSION_CONFIGURED_MIN_S..=SESSION_CONFIGURED_MAX_S).contains(&span))
    {
        bail!("`command_line_sessions` takes spans of {SESSION_CONFIGURED_MIN_S} to {SESSION_CONFIGURED_MAX_S} seconds");
    }
    Ok(CommandLines { idle_s, absolute_s, sign_in_within_s })
}

/// Networks, or single addresses.
fn proxies(asked: &[String]) -> anyhow::Result<Vec<IpNet>> {
    let read = |text: &String| text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    asked.iter().map(|text| read(text).with_context(|| format!("`{text}` is no network such as 10.0.0.0/8, and no address"))).collect()
}

fn tls(mode: Option<TlsMode>, certificate: Option<PathBuf>, key: Option<PathBuf>) -> anyhow::Result<Tls> {
    match (mode, certificate, key) {
        (None | Some(TlsMode::Off), None, None) => Ok(Tls::Off),
        (Some(TlsMode::SelfSigned), None, None) => Ok(Tls::SelfSigned),
        (None | Some(TlsMode::Files), Some(certificate), Some(key)) => Ok(Tls::Files { certificate, key }),
        (Some(TlsMode::Off | TlsMode::SelfSigned), _, _) => bail!("--tls-certificate and --tls-key go with --tls files only"),
        (None | Some(TlsMode::Files), _, _) => bail!("--tls files needs both --tls-certificate and --tls-key"),
    }
}

/// Reads the file.
pub(crate) fn read(path: &Path) -> anyhow::Result<File> {
    let place = || format!("cannot use the configuration {}", path.display());
    let size = std::fs::metadata(path).with_context(place)?.len();
    if size > FILE_BYTES_MAX {
        bail!("the configuration {} has {size} bytes; at most {FILE_BYTES_MAX} are read", path.display());
    }
    let text = std::fs::read_to_string(path).with_context(place)?;
    parse(&text).with_context(place)
}

fn parse(text: &str) -> anyhow::Result<File> {
    if text.trim().is_empty() {
        return Ok(File::default());
    }
    serde_saphyr::from_str(text).map_err(|error| anyhow::anyhow!("{error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(flags: Flags) -> anyhow::Result<Config> {
        settle(flags, Some(Path::new("/home/ada")))
    }

    #[test]
    fn the_defaults_listen_on_loopback_and_contact_nothing() {
        let config = settled(Flags::default()).unwrap();
        assert!(config.listen.ip().is_loopback());
        assert_eq!(config.data_dir, Path::new("/home/ada/.local/share/assent"));
        assert_eq!((config.attach, config.oidc.len(), config.traces_endpoint), (None, 0, None));
        assert!(config.notify.hosts.is_empty() && config.notify.smtp.is_none() && config.nats.is_none());
    }

    #[test]
    fn a_flag_beats_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assent.yaml");
        std::fs::write(&path, "listen: 127.0.0.1:1\nlog: warn\n").unwrap();
        let flags = Flags { config: Some(path), listen: "127.0.0.1:2".parse().ok(), ..Flags::default() };
        let config = settled(flags).unwrap();
        assert_eq!((config.listen.port(), config.log.as_str()), (2, "warn"));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = parse("data_dri: /var/lib/assent\n").unwrap_err().to_string();
        assert!(error.contains("data_dri"), "{error}");
    }

    #[test]
    fn without_tls_only_loopback_is_listened_on() {
        let open = Flags { listen: "0.0.0.0:8473".parse().ok(), ..Flags::default() };
        assert!(settled(open.clone()).is_err());
        assert!(settled(Flags { tls: Some(TlsMode::SelfSigned), ..open }).is_ok());
    }

    #[test]
    fn the_platform_is_called_by_its_public_name_its_address_and_what_is_allowed() {
        let flags = |listen: &str, url: Option<&str>| Flags {
            listen: listen.parse().ok(),
            tls: Some(TlsMode::SelfSigned),
            public_url: url.map(str::to_owned),
            ..Flags::default()
        };
        let names = |flags: Flags| settled(flags).unwrap().names();
        assert_eq!(names(flags("[fd00::2]:8473", None)), ["[fd00::2]"]);
        assert_eq!(names(flags("0.0.0.0:8473", None)), Vec::<String>::new());
        assert_eq!(names(flags("192.0.2.7:8473", Some("https://Assent.corp:8443/"))), ["assent.corp", "192.0.2.7"]);
        let allowed = Flags { allowed_hosts: vec!["assent.lan".to_owned()], ..flags("[::]:8473", Some("https://[fd00::2]")) };
        assert_eq!(names(allowed), ["[fd00::2]", "assent.lan"]);
    }

    #[test]
    fn a_public_url_is_checked_wherever_it_comes_from() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assent.yaml");
        let of_file = |text: &str| {
            std::fs::write(&path, format!("public_url: '{text}'\n")).unwrap();
            settled(Flags { config: Some(path.clone()), ..Flags::default() })
        };
        let of_flag = |text: &str| settled(Flags { public_url: Some(text.to_owned()), ..Flags::default() });
        for bad in ["", "rubbish", "ftp://x/", "https://a.example/path/"] {
            assert!(of_file(bad).is_err() && of_flag(bad).is_err(), "{bad}");
        }
        for got in [of_file("https://a.example/"), of_flag("https://a.example/")] {
            assert_eq!(got.unwrap().public_url.as_deref(), Some("https://a.example"));
        }
    }

    #[test]
    fn snapshots_are_bounded_whatever_the_file_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assent.yaml");
        let with = |text: &str| {
            std::fs::write(&path, format!("topology_snapshots: {{ {text} }}\n")).unwrap();
            settled(Flags { config: Some(path.clone()), ..Flags::default() })
        };
        let config = with("every_s: 300").unwrap();
        assert_eq!((config.snapshots.every_s, config.snapshots.keep_s), (300, SNAPSHOT_KEEP_S));
        for bad in ["every_s: 0", "count_max: 1", "count_max: 1001", "keep_s: 10", "often: 3"] {
            assert!(with(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sessions_of_command_lines_are_bounded_whatever_the_file_says() {
        let read = |text: &str| command_lines(&parse(&format!("command_line_sessions: {{ {text} }}\n"))?.command_line_sessions);
        let set = read("absolute_s: 86400").unwrap();
        assert_eq!((set.absolute_s, set.idle_s), (86_400, COMMAND_LINE_IDLE_S));
        for bad in ["absolute_s: 0", "idle_s: 59", "absolute_s: 2592001", "sign_in_within_s: 1", "idle: 3600"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mail_server_is_reached_by_starttls_unless_the_file_says_otherwise() {
        let smtp = "notify: { hosts: [hooks.slack.com], smtp: { host: mail.example, from: a@mail.example, domains: [mail.example] } }\n";
        let notify = parse(smtp).unwrap().notify;
        let smtp = notify.smtp.unwrap();
        assert_eq!((notify.hosts.as_slice(), smtp.port, smtp.tls), (&["hooks.slack.com".to_owned()][..], 587, SmtpTls::Starttls));
        assert!(parse("notify: { host: hooks.slack.com }\n").is_err());
        assert!(parse("notify: { smtp: { host: mail.example, from: a@mail.example } }\n").is_err(), "no domains");
    }

    #[test]
    fn images_are_names_of_images_and_the_flag_beats_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assent.yaml");
        let with = |file: &str, flag: Option<&str>| {
            std::fs::write(&path, format!("executor_image: '{file}'\n")).unwrap();
            settled(Flags { config: Some(path.clone()), executor_image: flag.map(str::to_owned), ..Flags::default() })
        };
        let pinned = format!("registry.example/assent-executor@sha256:{}", "0".repeat(64));
        assert_eq!(with(&pinned, None).unwrap().executor_image, pinned);
        assert_eq!(with("registry.example/a", Some(&pinned)).unwrap().executor_image, pinned);
        assert_eq!(settled(Flags::default()).unwrap().executor_image, EXECUTOR_IMAGE_DEFAULT);
        for bad in ["", "registry.example/a@sha256:0", "a b", "https://registry.example/a"] {
            assert!(with(bad, None).is_err(), "{bad}");
            assert!(with(&pinned, Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn proxies_are_networks_or_addresses_and_the_flags_replace_the_file() {
        let networks = |texts: &[&str]| proxies(&texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        assert_eq!(networks(&["10.0.0.0/8", "::1"]).unwrap(), ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        for bad in ["10.0.0.0/33", "proxy.example.org", "", "*"] {
            assert!(networks(&[bad]).is_err(), "{bad}");
        }
        assert!(settled(Flags::default()).unwrap().trusted_proxies.is_empty(), "none by default");
    }

    #[test]
    fn half_a_certificate_is_refused() {
        let flags = Flags { tls_certificate: Some("cert.pem".into()), ..Flags::default() };
        assert!(settled(flags).unwrap_err().to_string().contains("--tls-key"));
    }

    #[test]
    fn the_documentation_names_every_key() {
        let docs = include_str!("../../../../docs/configuration.md");
        for schema in [
            schemars::schema_for!(File),
            schemars::schema_for!(Oidc),
            schemars::schema_for!(TopologySnapshots),
            schemars::schema_for!(CommandLineSessions),
            schemars::schema_for!(Notify),
            schemars::schema_for!(Smtp),
            schemars::schema_for!(NatsFile),
            schemars::schema_for!(super::super::nats::NatsForObservers),
            schemars::schema_for!(custody::Vault),
            schemars::schema_for!(custody::AppRole),
            schemars::schema_for!(custody::Kubernetes),
            schemars::schema_for!(custody::AwsKms),
            schemars::schema_for!(custody::WebIdentity),
            schemars::schema_for!(custody::ContainerCredentials),
            schemars::schema_for!(custody::GoogleKms),
        ] {
            for key in schema.get("properties").and_then(|keys| keys.as_object()).unwrap().keys() {
                assert!(docs.contains(&format!("`{key}`")), "docs/configuration.md does not name `{key}`");
            }
        }
    }
}
