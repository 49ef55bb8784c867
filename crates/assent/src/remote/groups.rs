//! `assent group`: what members of a group of the identity provider may do.

use assent_api::Empty;
use assent_api::accounts::{GroupGrant, GroupGrants};
use assent_api::operations as ops;
use assent_client::Extra;
use clap::{Args, Subcommand};

use super::grants::{self, Names, Typed};
use super::{Form, Remote, Server};
use crate::render::text::printable;

/// Groups.
#[derive(Debug, Args)]
pub(crate) struct Groups {
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
    /// List groups that were granted something.
    List,
    /// Let the members of a group do more.
    Grant(Change),
    /// Let the members of a group do less.
    Revoke(Change),
}

#[derive(Debug, Args)]
struct Change {
    /// The group, as the provider claims it.
    group: String,
    /// `viewer`, `operator@prod`, `approver@prod/shop,web`.
    #[arg(required = true, value_name = "GRANT")]
    grants: Vec<Typed>,
}

impl Groups {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        let (known, version) = remote.versioned::<ops::GetGroupGrants>(&Empty {})?;
        let (change, takes) = match &self.act {
            Act::List => return self.show(&remote, &known),
            Act::Grant(change) => (change, false),
            Act::Revoke(change) => (change, true),
        };
        let asked = grants::settled(&remote, &change.grants)?;
        let mut groups = known.groups;
        let held = groups.iter().position(|one| one.group == change.group).map(|at| groups.remove(at).grants).unwrap_or_default();
        let names = Names::of(&remote, held.iter().chain(&asked));
        let after = if takes { grants::without(held, &asked, &names)? } else { grants::with(held, asked) };
        if !after.is_empty() {
            groups.push(GroupGrant { group: change.group.clone(), grants: after });
            groups.sort_by(|a, b| a.group.cmp(&b.group));
        }
        let extra = Extra { if_match: version, ..Extra::default() };
        let body = GroupGrants { groups };
        let changed = remote.wait(remote.client.call_with::<ops::PutGroupGrants>(&Empty {}, &Empty {}, &body, &extra))?;
        self.show(&remote, &changed)
    }

    fn show(&self, remote: &Remote, known: &GroupGrants) -> anyhow::Result<u8> {
        self.output.rows(&known.groups, || {
            let names = Names::of(remote, known.groups.iter().flat_map(|one| &one.grants));
            known.groups.iter().map(|one| format!("{} · {}\n", printable(&one.group), names.list(&one.grants))).collect()
        })
    }
}
