//! `assent alert-source`: ways in for alerts of other systems.

use assent_api::Empty;
use assent_api::alerts::{AlertFormat, AlertSource, AlertSourcePath, CreateAlertSource};
use assent_api::operations as ops;
use assent_base::id::AlertSourceId;
use clap::{Args, Subcommand, ValueEnum};

use super::once::Once;
use super::{Form, Remote, Server, places};
use crate::print;
use crate::render::text::printable;

/// Ways in for alerts.
#[derive(Debug, Args)]
pub(crate) struct AlertSources {
    #[command(subcommand)]
    act: Act,
    /// The form of the answer.
    #[arg(short, long, value_enum, default_value_t = Form::Human, global = true)]
    output: Form,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List them, and what came.
    List,
    /// Open one, and print its secret, this once. Where to send is told beside it.
    Add {
        /// Its name.
        name: String,
        /// Whose format.
        #[arg(long, value_enum)]
        format: Format,
        /// The cluster that its alerts are about, by name or id.
        #[arg(long)]
        cluster: String,
        #[command(flatten)]
        once: Once,
    },
    /// Close one, and end the alerts that came by it.
    Remove {
        /// Its name or id: `als_…`.
        source: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Alertmanager's webhook, version 4; the secret is a bearer token.
    Alertmanager,
    /// PagerDuty's webhook, version 3; the secret is the key of its signature.
    Pagerduty,
    /// Ours; the secret is a bearer token, or the key of a signature.
    Generic,
}

impl AlertSources {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        match &self.act {
            Act::List => {
                let all = all(&remote)?;
                self.output.rows(&all, || all.iter().map(row).collect())
            }
            Act::Add { name, format, cluster, once } => {
                let body = CreateAlertSource { name: name.clone(), format: format.of_api(), cluster: places::cluster(&remote, cluster)? };
                let place = once.open()?;
                let made = remote.call::<ops::CreateAlertSource>(&Empty {}, &Empty {}, &body)?;
                if self.output == Form::Json && !once.is_file() {
                    return self.output.document(&made, String::new);
                }
                place.take(&made.secret)?;
                crate::tell(&format!("{} takes alerts at {}; its secret is not shown again", made.source.id, made.url));
                if self.output == Form::Json { self.output.document(&made.source, String::new) } else { Ok(0) }
            }
            Act::Remove { source } => {
                let known = || Ok(all(&remote)?.into_iter().map(|one| (one.id, one.name)).collect());
                let source: AlertSourceId = places::one("source of alerts", source, known)?;
                remote.call::<ops::DeleteAlertSource>(&AlertSourcePath { source }, &Empty {}, &Empty {})?;
                print("It is closed, and the alerts that came by it are over.\n")
            }
        }
    }
}

impl Format {
    fn of_api(self) -> AlertFormat {
        match self {
            Self::Alertmanager => AlertFormat::Alertmanager,
            Self::Pagerduty => AlertFormat::Pagerduty,
            Self::Generic => AlertFormat::Generic,
        }
    }
}

fn all(remote: &Remote) -> anyhow::Result<Vec<AlertSource>> {
    remote.all::<ops::ListAlertSources, _>()
}

fn row(source: &AlertSource) -> String {
    let format = match source.format {
        AlertFormat::Alertmanager => "alertmanager",
        AlertFormat::Pagerduty => "pagerduty",
        AlertFormat::Generic => "generic",
    };
    let last = source.received_at.map_or_else(|| "nothing came yet".to_owned(), |at| format!("{} came, last {at:.0}", source.received));
    format!("{}  {format:<12}  {}  {} · {last}\n", source.id, source.cluster, printable(&source.name))
}
