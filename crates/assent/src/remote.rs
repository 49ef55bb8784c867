//! Commands that ask a running platform: who to ask, and as whom.
//!
//! The server and the token come from flags, else from the environment, else from what `assent login` keeps in the user's configuration
//! folder, readable by that user only.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use assent_api::page::PAGE_ENTRIES_MAX;
use assent_api::{Empty, Operation, Page, PageQuery};
use assent_base::Secret;
use assent_client::{Auth, Client, Config};
use clap::Args;
use serde::{Deserialize, Serialize};

use crate::print;
use crate::render::text::escaped_json;

mod alert_sources;
mod ballots;
mod browser;
mod certificates;
mod channels;
mod clusters;
mod executors;
mod export;
mod grants;
mod groups;
mod incidents;
mod ledger;
mod login;
mod machine_keys;
mod members;
mod once;
mod places;
mod plans;
mod policy;
mod receipts;
mod redaction;
mod retention;
mod signing;
mod ssh_keys;
mod tenants;
mod whoami;

pub(crate) use alert_sources::AlertSources;
pub(crate) use ballots::{Approve, Reject, Withdraw};
pub(crate) use certificates::Certificates;
pub(crate) use channels::Channels;
pub(crate) use clusters::{Clusters, Environments, Observer};
pub(crate) use executors::Executors;
pub(crate) use groups::Groups;
pub(crate) use incidents::{Incident, Incidents};
pub(crate) use ledger::Ledger;
pub(crate) use login::{Login, Logout};
pub(crate) use machine_keys::MachineKeys;
pub(crate) use members::Members;
pub(crate) use plans::{Plan, Plans, Propose};
pub(crate) use policy::Policy;
pub(crate) use redaction::Redaction;
pub(crate) use retention::Retentions;
pub(crate) use ssh_keys::SshKeys;
pub(crate) use tenants::Tenants;
pub(crate) use whoami::Whoami;

/// The server unless another is named: where `assent up` listens by default.
const SERVER_DEFAULT: &str = "http://127.0.0.1:8473";

/// How to print an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// For people.
    Human,
    /// The answer of the API, in JSON.
    Json,
}

impl Form {
    /// Prints an answer; for people, in these words.
    fn document(self, answer: &impl Serialize, words: impl FnOnce() -> String) -> anyhow::Result<u8> {
        match self {
            Self::Human => print(&words()),
            Self::Json => print(&format!("{}\n", escaped_json(&serde_json::to_string_pretty(answer)?))),
        }
    }

    /// The same of a list, which may be empty.
    fn rows<T: Serialize>(self, all: &[T], words: impl FnOnce() -> String) -> anyhow::Result<u8> {
        self.document(&all, || if all.is_empty() { "None.\n".to_owned() } else { words() })
    }
}

/// Which platform, and as whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct Server {
    /// The platform's URL.
    #[arg(long, value_name = "URL", env = "ASSENT_SERVER", global = true)]
    pub(crate) server: Option<String>,
    /// A file with the machine key to show. Without it, `ASSENT_TOKEN`, else what `assent login` keeps.
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) token_file: Option<PathBuf>,
    #[arg(long, env = "ASSENT_TOKEN", hide = true, hide_env_values = true, global = true)]
    pub(crate) token: Option<String>,
    /// A PEM file with the certificate authority that vouches for the platform.
    #[arg(long, value_name = "FILE", env = "ASSENT_CA_FILE", global = true)]
    pub(crate) ca_file: Option<PathBuf>,
    /// The folder that credentials are kept in.
    #[arg(long, env = "XDG_CONFIG_HOME", hide = true, global = true)]
    pub(crate) config_home: Option<PathBuf>,
    #[arg(long, env = "HOME", hide = true, global = true)]
    pub(crate) home: Option<PathBuf>,
}

/// What `assent login` keeps.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    server: String,
    /// Name and value of the session's cookie.
    cookie: String,
    /// What goes with everything that changes something.
    csrf: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<PathBuf>,
}

/// A platform, and a runtime to ask it with.
pub(crate) struct Remote {
    runtime: tokio::runtime::Runtime,
    pub(crate) client: Client,
}

impl Remote {
    /// Reaches for the platform. Nothing is sent yet.
    pub(crate) fn of(server: &Server) -> anyhow::Result<Self> {
        Self::at(server).map(|(remote, _)| remote)
    }

    /// The same, with the platform's URL.
    fn at(server: &Server) -> anyhow::Result<(Self, String)> {
        let kept = server.kept();
        let url =
            server.server.clone().or_else(|| kept.as_ref().map(|kept| kept.server.clone())).unwrap_or_else(|| SERVER_DEFAULT.to_owned());
        let auth = match (&server.token_file, &server.token) {
            (Some(path), _) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Auth::Bearer(Secret::new(text.trim().to_owned()))
            }
            (None, Some(token)) => Auth::Bearer(Secret::new(token.clone())),
            (None, None) => match &kept {
                // A session is shown to the server that it was made by, and to no other.
                Some(kept) if kept.server == url => {
                    Auth::Session { cookie: Secret::new(kept.cookie.clone()), csrf: Secret::new(kept.csrf.clone()) }
                }
                _ => bail!("you are not signed in to {url}: run `assent login --server {url}`, or set ASSENT_TOKEN to a machine key"),
            },
        };
        let ca_file = server.ca_file.clone().or_else(|| kept.and_then(|kept| kept.ca_file));
        Ok((Self::with(&url, auth, ca_file.as_deref())?, url))
    }

    /// As the session that `assent login` keeps, whatever else is shown to the server.
    fn of_kept(server: &Server, kept: Credentials) -> anyhow::Result<Self> {
        let auth = Auth::Session { cookie: Secret::new(kept.cookie), csrf: Secret::new(kept.csrf) };
        Self::with(&kept.server, auth, server.ca_file.as_deref().or(kept.ca_file.as_deref()))
    }

    fn with(url: &str, auth: Auth, ca_file: Option<&Path>) -> anyhow::Result<Self> {
        let ca_pem = ca_file.map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))).transpose()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?;
        let proxy = crate::surroundings::proxy(None, None)?;
        let config = Config { ca_pem, proxy, ..Config::new(url, auth) };
        let client = Client::new(config).with_context(|| format!("cannot use {url}"))?;
        Ok(Self { runtime, client })
    }

    /// Asks, and waits for the answer.
    pub(crate) fn call<O: Operation<Body: Serialize>>(
        &self,
        path: &O::Path,
        query: &O::Query,
        body: &O::Body,
    ) -> anyhow::Result<O::Answer> {
        Ok(self.runtime.block_on(self.client.call::<O>(path, query, body))?)
    }

    /// Asks without path, query and body.
    pub(crate) fn get<O: Operation<Path = Empty, Query = Empty, Body = Empty>>(&self) -> anyhow::Result<O::Answer> {
        self.call::<O>(&Empty {}, &Empty {}, &Empty {})
    }

    /// All entries of a list.
    pub(crate) fn all<O, T>(&self) -> anyhow::Result<Vec<T>>
    where
        O: Operation<Path = Empty, Query = PageQuery, Body = Empty, Answer = Page<T>>,
    {
        let (mut query, mut all) = (PageQuery { limit: Some(PAGE_ENTRIES_MAX), ..PageQuery::default() }, Vec::new());
        loop {
            let page = self.call::<O>(&Empty {}, &query, &Empty {})?;
            all.extend(page.items);
            match page.next {
                Some(next) => query.cursor = Some(next),
                None => return Ok(all),
            }
        }
    }

    /// Reads something, with the version that a change of it can name.
    pub(crate) fn versioned<O: Operation<Query = Empty, Body = Empty>>(&self, path: &O::Path) -> anyhow::Result<(O::Answer, Option<u64>)> {
        Ok(self.runtime.block_on(self.client.versioned::<O>(path, &Empty {}))?)
    }

    /// Runs something that takes its time.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

impl Server {
    /// What `assent login` keeps, if it can be read.
    fn kept(&self) -> Option<Credentials> {
        let text = std::fs::read_to_string(self.credentials_file()?).ok()?;
        serde_json::from_str(&text).ok()
    }

    fn credentials_file(&self) -> Option<PathBuf> {
        let folder = self.config_home.clone().or_else(|| Some(self.home.as_ref()?.join(".config")))?;
        Some(folder.join("assent").join("credentials.json"))
    }
}

/// A span, in seconds.
fn span(text: &str) -> Result<u64, String> {
    let span = assent_base::time::span_s(text).and_then(|span| u64::try_from(span).ok());
    span.ok_or_else(|| "write a span such as 45s, 30m, 2h or 1d".to_owned())
}

/// Asks on the terminal. Not from a terminal, one line of standard input is the answer.
fn prompt(what: &str) -> anyhow::Result<String> {
    if std::io::stdin().is_terminal() {
        write!(std::io::stderr(), "{what}: ")?;
        std::io::stderr().flush()?;
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read standard input")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The same, without showing what is typed.
fn prompt_secret(what: &str) -> anyhow::Result<Secret> {
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("{what}: ")).map(Secret::new).context("cannot read from the terminal");
    }
    prompt(what).map(Secret::new)
}
