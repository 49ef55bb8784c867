//! `assent executor`: what runs plans in a cluster.

use assent_api::Empty;
use assent_api::clusters::ClusterPath;
use assent_api::executor::AddExecutor;
use assent_api::operations as ops;
use assent_base::id::ClusterId;
use clap::{Args, Subcommand};

use super::{Form, Remote, Server};
use crate::print;
use crate::render::text::printable;

/// Executors.
#[derive(Debug, Args)]
pub(crate) struct Executors {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Add one, or give it a new key. Prints the manifest: read who may approve before you apply it.
    Add {
        /// The cluster: `cls_…`.
        cluster: ClusterId,
        /// Where the executor reaches this platform, if not under the URL that you use.
        #[arg(long, value_name = "URL")]
        endpoint: Option<String>,
    },
    /// Show it: when it was heard, and what it has pinned.
    Show {
        /// The cluster: `cls_…`.
        cluster: ClusterId,
        /// The form.
        #[arg(short, long, value_enum, default_value_t = Form::Human)]
        output: Form,
    },
    /// Remove it. Its key and tokens hold no more, at once.
    Remove {
        /// The cluster: `cls_…`.
        cluster: ClusterId,
    },
}

impl Executors {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        let at = |cluster: &ClusterId| ClusterPath { cluster: *cluster };
        match &self.act {
            Act::Add { cluster, endpoint } => {
                let made = remote.call::<ops::AddExecutor>(&at(cluster), &Empty {}, &AddExecutor { endpoint: endpoint.clone() })?;
                crate::tell("the executor's key stands in this manifest and is not shown again");
                crate::tell("read who may approve, in the ConfigMap `assent-executor-pinned`, before you apply it");
                print(&made.manifest)
            }
            Act::Show { cluster, output } => {
                let executor = remote.call::<ops::GetExecutor>(&at(cluster), &Empty {}, &Empty {})?;
                if *output == Form::Json {
                    return print(&format!("{}\n", serde_json::to_string_pretty(&executor)?));
                }
                print(&shown(&executor)?)
            }
            Act::Remove { cluster } => {
                remote.call::<ops::RemoveExecutor>(&at(cluster), &Empty {}, &Empty {})?;
                print("It is removed: its key and its tokens hold no more.\n")
            }
        }
    }
}

fn shown(executor: &assent_api::executor::Executor) -> anyhow::Result<String> {
    let mut out = format!("{}  added {:.0}", executor.cluster, executor.created_at);
    match executor.seen_at {
        Some(at) => out.push_str(&format!(", heard {at:.0}, version {}\n", printable(executor.version.as_deref().unwrap_or("unknown")))),
        None => out.push_str(", never heard\n"),
    }
    if let Some(why) = &executor.unusable {
        out.push_str(&format!("what is pinned cannot be used: {}\n", printable(why)));
    }
    if let (Some(policy), Some(pinned)) = (&executor.policy, &executor.pinned) {
        let pinned: serde_json::Value = serde_json::from_str(pinned)?;
        out.push_str(&format!("rules {}, and all that is pinned:\n", printable(policy)));
        out.push_str(&crate::render::text::escaped_json(&format!("{pinned:#}\n")));
    }
    Ok(out)
}
