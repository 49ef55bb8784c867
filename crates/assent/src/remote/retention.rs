//! `assent retention`: how long closed incidents are kept in an environment.

use assent_api::Empty;
use assent_api::environments::{Environment, EnvironmentPath, Retention, UpdateEnvironment};
use assent_api::operations as ops;
use clap::{Args, Subcommand};

use super::{Form, Remote, Server, places};
use crate::render::text::printable;

/// Retention.
#[derive(Debug, Args)]
pub(crate) struct Retentions {
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
    /// Show it, of all environments or of one.
    Show {
        /// The environment's name or id.
        environment: Option<String>,
    },
    /// Set it. What is older is removed within the hour.
    Set {
        /// The environment's name or id.
        environment: String,
        /// Days that closed incidents and their reports are kept, 1 to 3650.
        days: u32,
    },
}

impl Retentions {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        let find = |asked: &str| Ok::<_, anyhow::Error>(EnvironmentPath { environment: places::environment(&remote, asked)? });
        match &self.act {
            Act::Show { environment: None } => {
                let all = places::environments(&remote)?;
                self.output.rows(&all, || all.iter().map(row).collect())
            }
            Act::Show { environment: Some(asked) } => {
                let one = remote.call::<ops::GetEnvironment>(&find(asked)?, &Empty {}, &Empty {})?;
                self.output.document(&one, || row(&one))
            }
            Act::Set { environment, days } => {
                let retention = Some(Retention { incidents_days: *days });
                let body = UpdateEnvironment { name: None, criticality: None, retention };
                let one = remote.call::<ops::UpdateEnvironment>(&find(environment)?, &Empty {}, &body)?;
                self.output.document(&one, || row(&one))
            }
        }
    }
}

fn row(one: &Environment) -> String {
    let days = one.retention.incidents_days;
    format!("{}  {:<8} {} · closed incidents {days} days\n", one.id, one.criticality.as_str(), printable(&one.name))
}
