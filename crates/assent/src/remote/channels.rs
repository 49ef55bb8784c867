//! `assent channel`: where notifications go, and whether they arrive.

use std::path::PathBuf;

use anyhow::{Context, bail};
use assent_api::channels::{Channel, ChannelPath, ChannelRules, CreateChannel, DigestTimes, NoticeKind, PutTarget, QuietHours, Target};
use assent_api::incidents::Severity;
use assent_api::operations as ops;
use assent_api::{Empty, PageQuery};
use assent_base::Secret;
use clap::{Args, Subcommand, ValueEnum};
use serde::de::DeserializeOwned;

use super::{Remote, Server, prompt_secret};
use crate::print;
use crate::render::text::printable;

/// The exit code of a test that did not arrive.
const EXIT_NOT_DELIVERED: u8 = 1;

/// Channels of notifications.
#[derive(Debug, Args)]
pub(crate) struct Channels {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List them, and how they do.
    List,
    /// Add one. Asks for its address, and for the key of a webhook, unless they are in files: they are secrets.
    Add(Box<Add>),
    /// Send a test now, and say what came of it.
    #[command(after_help = "Exit codes: 0 the receiver took it, 1 it did not, 3 could not be asked.")]
    Test {
        /// Its name or id.
        channel: String,
    },
    /// Remove one. What waits in it is forgotten.
    Remove {
        /// Its name or id.
        channel: String,
    },
}

/// A new channel.
#[derive(Debug, Args)]
struct Add {
    /// Its name.
    name: String,
    /// What it leads to. Its host has to stand in the platform's configuration.
    #[arg(long = "to", value_enum)]
    kind: Kind,
    /// A file with the URL.
    #[arg(long, value_name = "FILE")]
    url_file: Option<PathBuf>,
    /// A file with the key that a webhook's messages are signed with.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// An e-mail address. May be given several times.
    #[arg(long = "address", value_name = "ADDRESS")]
    addresses: Vec<String>,
    #[command(flatten)]
    rules: Rules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// An incoming webhook of Slack.
    Slack,
    /// A workflow of Microsoft Teams.
    Teams,
    /// A receiver of signed JSON.
    Webhook,
    /// E-mail.
    Email,
}

#[derive(Debug, Args)]
struct Rules {
    /// Only this: `incident_opened`, `plan_awaiting`, … May be given several times.
    #[arg(long = "event", value_name = "EVENT", value_parser = word::<NoticeKind>)]
    events: Vec<NoticeKind>,
    /// Only what is at least so bad: `notice`, `degraded`, `broken`.
    #[arg(long, value_name = "SEVERITY", value_parser = word::<Severity>)]
    severity: Option<Severity>,
    /// Only this environment, by its name. May be given several times.
    #[arg(long = "environment", value_name = "NAME")]
    environments: Vec<String>,
    /// Only what touches this namespace: `shop`, `lab-*`. May be given several times.
    #[arg(short, long = "namespace", value_name = "NAME")]
    namespaces: Vec<String>,
    /// Quiet hours, when only what is urgent is told: `22:00-07:00 Europe/Berlin`. May be given several times.
    #[arg(long, value_name = "HOURS", value_parser = quiet)]
    quiet: Vec<QuietHours>,
    /// What is urgent: it waits neither for the end of quiet hours nor for a digest.
    #[arg(long, value_name = "SEVERITY", value_parser = word::<Severity>)]
    urgent: Option<Severity>,
    /// Collect, and tell every so many minutes (`30`) or daily (`08:30 Europe/Berlin`).
    #[arg(long, value_name = "WHEN", value_parser = digest)]
    digest: Option<DigestTimes>,
    /// Seconds within which the same of the same incident or plan is told once.
    #[arg(long, value_name = "SECONDS")]
    dedup_s: Option<u32>,
    /// Messages in an hour at most.
    #[arg(long, value_name = "N")]
    per_hour_max: Option<u32>,
}

impl Channels {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        match &self.act {
            Act::List => print(&all(&remote)?.iter().map(row).collect::<String>()),
            Act::Add(add) => {
                let rules = add.rules.read(&remote)?;
                let channel = CreateChannel { name: add.name.clone(), target: add.target()?, rules };
                let made = remote.wait(remote.client.create_channel(&channel))?;
                print(&format!("{}\nTry it: assent channel test {}\n", made.id, made.id))
            }
            Act::Test { channel } => {
                let path = find(&remote, channel)?;
                let tested = remote.call::<ops::TestChannel>(&path, &Empty {}, &Empty {})?;
                match tested.problem {
                    None => print("The receiver took it.\n"),
                    Some(problem) => print(&format!("Not delivered: {}\n", printable(&problem))).map(|_| EXIT_NOT_DELIVERED),
                }
            }
            Act::Remove { channel } => {
                let path = find(&remote, channel)?;
                remote.call::<ops::DeleteChannel>(&path, &Empty {}, &Empty {})?;
                Ok(0)
            }
        }
    }
}

impl Add {
    fn target(&self) -> anyhow::Result<PutTarget> {
        if self.kind == Kind::Email {
            if self.addresses.is_empty() {
                bail!("name the addresses, each with --address");
            }
            return Ok(PutTarget::Email { to: self.addresses.clone() });
        }
        if !self.addresses.is_empty() {
            bail!("--address goes with --to email only");
        }
        let url = secret(self.url_file.as_ref(), "URL")?;
        Ok(match self.kind {
            Kind::Teams => PutTarget::Teams { url },
            Kind::Webhook => PutTarget::Webhook { url, key: secret(self.key_file.as_ref(), "Key")? },
            Kind::Slack | Kind::Email => PutTarget::Slack { url },
        })
    }
}

impl Rules {
    fn read(&self, remote: &Remote) -> anyhow::Result<ChannelRules> {
        let mut environments = Vec::new();
        if !self.environments.is_empty() {
            let query = PageQuery { limit: Some(assent_api::page::PAGE_ENTRIES_MAX), ..PageQuery::default() };
            let known = remote.call::<ops::ListEnvironments>(&Empty {}, &query, &Empty {})?.items;
            for name in &self.environments {
                let found = known.iter().find(|one| one.name == *name);
                environments.push(found.with_context(|| format!("there is no environment `{name}`"))?.id);
            }
        }
        let default = ChannelRules::default();
        Ok(ChannelRules {
            events: self.events.clone(),
            severity_min: self.severity.unwrap_or(default.severity_min),
            environments,
            namespaces: self.namespaces.clone(),
            quiet: self.quiet.clone(),
            urgent: self.urgent,
            dedup_s: self.dedup_s.unwrap_or(default.dedup_s),
            digest: self.digest.clone(),
            per_hour_max: self.per_hour_max.unwrap_or(default.per_hour_max),
        })
    }
}

/// A secret out of a file, or as it is typed. Never an argument: other users of the machine see those.
fn secret(file: Option<&PathBuf>, what: &str) -> anyhow::Result<Secret> {
    match file {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Secret::new(text.trim().to_owned()))
        }
        None => prompt_secret(what),
    }
}

fn all(remote: &Remote) -> anyhow::Result<Vec<Channel>> {
    let query = PageQuery { limit: Some(assent_api::page::PAGE_ENTRIES_MAX), ..PageQuery::default() };
    Ok(remote.call::<ops::ListChannels>(&Empty {}, &query, &Empty {})?.items)
}

fn find(remote: &Remote, asked: &str) -> anyhow::Result<ChannelPath> {
    if let Ok(channel) = asked.parse() {
        return Ok(ChannelPath { channel });
    }
    let found = all(remote)?.into_iter().find(|one| one.name == asked);
    Ok(ChannelPath { channel: found.with_context(|| format!("there is no channel `{asked}`"))?.id })
}

fn row(channel: &Channel) -> String {
    let (kind, to) = match &channel.target {
        Target::Slack { url } => ("slack", url.clone()),
        Target::Teams { url } => ("teams", url.clone()),
        Target::Webhook { url } => ("webhook", url.clone()),
        Target::Email { to } => ("email", to.join(", ")),
    };
    let status = &channel.status;
    let how = match (channel.enabled, &status.refused, status.failures) {
        (false, _, _) => "off".to_owned(),
        (true, Some(refused), _) => format!("refused: {}", printable(refused)),
        (true, None, 0) => status.last_sent.map_or_else(|| "nothing sent yet".to_owned(), |at| format!("last sent {at}")),
        (true, None, failures) => {
            format!("{failures} failures: {}", printable(status.last_error.as_deref().unwrap_or("no reason is known")))
        }
    };
    format!("{}  {kind:<7}  {}  {}  {how}\n", channel.id, printable(&channel.name), printable(&to))
}

/// A word of the API.
fn word<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.into()).map_err(|error| error.to_string())
}

/// `22:00-07:00 Europe/Berlin`.
fn quiet(text: &str) -> Result<QuietHours, String> {
    let read = || {
        let (hours, zone) = text.split_once(' ')?;
        let (from, to) = hours.split_once('-')?;
        Some(QuietHours { from: from.to_owned(), to: to.to_owned(), zone: zone.trim().to_owned(), days: Vec::new() })
    };
    read().ok_or_else(|| "hours and their zone, such as `22:00-07:00 Europe/Berlin`".to_owned())
}

/// `30`, or `08:30 Europe/Berlin`.
fn digest(text: &str) -> Result<DigestTimes, String> {
    if let Ok(minutes) = text.parse() {
        return Ok(DigestTimes::Every { minutes });
    }
    let (at, zone) = text.split_once(' ').ok_or("minutes, or a time and its zone, such as `08:30 Europe/Berlin`")?;
    Ok(DigestTimes::Daily { at: at.to_owned(), zone: zone.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_from_words() {
        let hours = quiet("22:00-07:00 Europe/Berlin").unwrap();
        assert_eq!((hours.from.as_str(), hours.to.as_str(), hours.zone.as_str()), ("22:00", "07:00", "Europe/Berlin"));
        assert!(quiet("22:00-07:00").is_err(), "no zone");
        assert_eq!(digest("30"), Ok(DigestTimes::Every { minutes: 30 }));
        assert_eq!(digest("08:30 UTC"), Ok(DigestTimes::Daily { at: "08:30".to_owned(), zone: "UTC".to_owned() }));
        assert!(digest("daily").is_err());
        assert_eq!(word::<NoticeKind>("plan_awaiting"), Ok(NoticeKind::PlanAwaiting));
        assert!(word::<Severity>("worst").is_err());
    }
}
