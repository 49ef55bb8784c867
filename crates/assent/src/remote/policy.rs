//! `assent policy`: what policies decide, on a file or on a running platform.

use std::path::PathBuf;

use anyhow::Context;
use assent_api::access::{Action, Criticality, Role};
use assent_api::accounts::Grant;
use assent_api::operations as ops;
use assent_api::{Empty, policies};
use assent_base::Timestamp;
use assent_base::id::EnvironmentId;
use clap::{Args, Subcommand};

use super::{Remote, Server};
use crate::print;
use crate::render::text::printable;

/// The exit code of a question that is refused.
const EXIT_REFUSED: u8 = 1;

/// What to ask.
#[derive(Debug, Args)]
pub(crate) struct Policy {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// List the tenant's policies.
    List,
    /// Ask what is decided for a role, and why. With --file, what would be.
    #[command(visible_alias = "explain", after_help = "Exit codes: 0 permitted, 1 refused, 3 could not be asked.")]
    Test {
        /// owner, admin, approver, operator, viewer or auditor.
        #[arg(long)]
        role: Role,
        /// What is asked for: `incident.dismiss` is `incident.manage`; `assent policy actions` lists them.
        #[arg(long)]
        action: Action,
        /// In this environment: `env_…`.
        #[arg(long)]
        environment: Option<EnvironmentId>,
        /// lab, dev, staging or prod: as if the environment were so critical.
        #[arg(long, requires = "environment")]
        criticality: Option<Criticality>,
        /// In this namespace.
        #[arg(short, long, requires = "environment")]
        namespace: Option<String>,
        /// Cedar text in place of the tenant's policies.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Ask what a text would have decided about what was done.
    Backtest {
        /// Cedar text, added to the tenant's policies.
        file: PathBuf,
        /// Since this instant (RFC 3339); a week if absent.
        #[arg(long)]
        since: Option<Timestamp>,
    },
    /// List what can be asked for.
    Actions,
}

impl Policy {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        run(self)
    }
}

fn run(asked: &Policy) -> anyhow::Result<u8> {
    match &asked.act {
        Act::Actions => print(&Action::ALL.iter().map(|action| format!("{action}\n")).collect::<String>()),
        Act::List => {
            let page = Remote::of(&asked.server)?.call::<ops::ListPolicies>(&Empty {}, &assent_api::PageQuery::default(), &Empty {})?;
            print(
                &page
                    .items
                    .iter()
                    .map(|one| format!("{}  {}  {}\n", one.id, if one.enabled { "on " } else { "off" }, printable(&one.name)))
                    .collect::<String>(),
            )
        }
        Act::Test { role, action, environment, criticality, namespace, file } => {
            let text = file
                .as_ref()
                .map(|path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display())))
                .transpose()?;
            let grant = Grant { role: *role, environment: *environment, namespaces: Vec::new() };
            let question = policies::Question {
                grants: vec![grant],
                action: *action,
                environment: *environment,
                criticality: *criticality,
                namespace: namespace.clone(),
            };
            let answer =
                Remote::of(&asked.server)?.call::<ops::TestPolicy>(&Empty {}, &Empty {}, &policies::TestPolicy { text, question })?;
            told(&answer)
        }
        Act::Backtest { file, since } => {
            let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let told = Remote::of(&asked.server)?.call::<ops::BacktestPolicy>(
                &Empty {},
                &Empty {},
                &policies::BacktestPolicy { text, since: *since },
            )?;
            let rows: String = told
                .changed
                .iter()
                .map(|one| {
                    format!(
                        "{:>8}  {} by {}: was {}, would be {}\n",
                        one.index,
                        printable(&one.action),
                        printable(&one.actor),
                        said(one.was),
                        said(one.would_be)
                    )
                })
                .collect();
            let different = told.would_refuse.saturating_add(told.would_permit);
            let shown = told.changed.len() as u64;
            let rest = if shown < different {
                format!("The newest {shown} of those that would be different stand above. ")
            } else {
                String::new()
            };
            print(&format!(
                "{rows}{rest}{} decisions asked again: {} would be refused that were permitted, {} permitted that were refused, {} cannot be asked again.\n",
                told.examined, told.would_refuse, told.would_permit, told.unexamined
            ))
        }
    }
}

fn told(answer: &policies::Answer) -> anyhow::Result<u8> {
    let mut text = format!("{}\n", if answer.permitted { "permitted" } else { "refused" });
    for reason in &answer.reasons {
        text.push_str(&format!("  by {}\n", printable(reason)));
    }
    for error in &answer.errors {
        text.push_str(&format!("  could not be evaluated, which refuses: {}\n", printable(error)));
    }
    print(&text)?;
    Ok(if answer.permitted { 0 } else { EXIT_REFUSED })
}

fn said(permitted: bool) -> &'static str {
    if permitted { "permitted" } else { "refused" }
}
