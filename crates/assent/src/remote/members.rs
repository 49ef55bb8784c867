//! `assent member`: who may sign in, and what they may do.

use assent_api::Empty;
use assent_api::accounts::{Grant, InviteMember, Member, MemberPath, MemberState, UpdateMember};
use assent_api::operations as ops;
use assent_base::id::AccountId;
use assent_client::Extra;
use clap::{Args, Subcommand};

use super::grants::{self, Names, Typed};
use super::once::Once;
use super::{Form, Remote, Server, places};
use crate::print;
use crate::render::text::printable;

/// Members.
#[derive(Debug, Args)]
pub(crate) struct Members {
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
    /// List them, with what they were granted by name. `assent group list` has what groups are granted.
    List,
    /// Invite somebody. Prints a link that works once, for you to hand over.
    Invite {
        /// Their address.
        email: String,
        /// What others see; they may change it.
        #[arg(long)]
        name: Option<String>,
        /// What they may do: `viewer`, `operator@prod`, `approver@prod/shop,web`. May be given several times.
        #[arg(long = "grant", value_name = "GRANT")]
        grants: Vec<Typed>,
        #[command(flatten)]
        once: Once,
    },
    /// Let somebody do more.
    Grant(Change),
    /// Let somebody do less.
    Revoke(Change),
    /// Shut somebody out, at once. What they hold stays theirs for later.
    Disable {
        /// Their address or id: `acc_…`.
        member: String,
    },
    /// Let somebody in again who was shut out.
    Enable {
        /// Their address or id: `acc_…`.
        member: String,
    },
    /// Remove somebody: their sessions and the keys that they made end at once.
    Remove {
        /// Their address or id: `acc_…`.
        member: String,
    },
}

#[derive(Debug, Args)]
struct Change {
    /// Their address or id: `acc_…`.
    member: String,
    /// `viewer`, `operator@prod`, `approver@prod/shop,web`.
    #[arg(required = true, value_name = "GRANT")]
    grants: Vec<Typed>,
}

impl Members {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        match &self.act {
            Act::List => {
                let all: Vec<Member> = remote.all::<ops::ListMembers, _>()?;
                self.output.rows(&all, || {
                    let names = Names::of(&remote, all.iter().flat_map(|one| &one.grants));
                    all.iter().map(|one| row(one, &names)).collect()
                })
            }
            Act::Invite { email, name, grants, once } => self.invite(&remote, email, name.as_ref(), grants, once),
            Act::Grant(change) => self.change(&remote, change, |held, given, _| Ok(grants::with(held, given))),
            Act::Revoke(change) => self.change(&remote, change, |held, taken, names| grants::without(held, &taken, names)),
            Act::Disable { member } => self.set(&remote, member, true),
            Act::Enable { member } => self.set(&remote, member, false),
            Act::Remove { member } => {
                let path = find(&remote, member)?;
                remote.call::<ops::RemoveMember>(&path, &Empty {}, &Empty {})?;
                print("They are removed, and their sessions and keys hold no more.\n")
            }
        }
    }

    fn invite(&self, remote: &Remote, email: &str, name: Option<&String>, grants: &[Typed], once: &Once) -> anyhow::Result<u8> {
        let body = InviteMember { email: email.to_owned(), name: name.cloned(), grants: grants::settled(remote, grants)? };
        let place = once.open()?;
        let made = remote.call::<ops::InviteMember>(&Empty {}, &Empty {}, &body)?;
        if self.output == Form::Json && !once.is_file() {
            return self.output.document(&made, String::new);
        }
        place.take(&made.link)?;
        crate::tell(&format!("{} is invited; the link works once, until {:.0}", made.member.id, made.expires_at));
        if self.output == Form::Json { self.output.document(&made.member, String::new) } else { Ok(0) }
    }

    /// Changes what is granted by name, as it was read: who changed it meanwhile is not overruled.
    fn change(
        &self,
        remote: &Remote,
        change: &Change,
        to: impl FnOnce(Vec<Grant>, Vec<Grant>, &Names) -> anyhow::Result<Vec<Grant>>,
    ) -> anyhow::Result<u8> {
        let path = find(remote, &change.member)?;
        let asked = grants::settled(remote, &change.grants)?;
        let (member, version) = remote.versioned::<ops::GetMember>(&path)?;
        let names = Names::of(remote, member.grants.iter().chain(&asked));
        let body = UpdateMember { name: None, grants: Some(to(member.grants, asked, &names)?), disabled: None };
        let extra = Extra { if_match: version, ..Extra::default() };
        let changed = remote.wait(remote.client.call_with::<ops::UpdateMember>(&path, &Empty {}, &body, &extra))?;
        self.output.document(&changed, || row(&changed, &names))
    }

    fn set(&self, remote: &Remote, member: &str, disabled: bool) -> anyhow::Result<u8> {
        let body = UpdateMember { name: None, grants: None, disabled: Some(disabled) };
        let changed = remote.call::<ops::UpdateMember>(&find(remote, member)?, &Empty {}, &body)?;
        self.output.document(&changed, || row(&changed, &Names::of(remote, &changed.grants)))
    }
}

fn find(remote: &Remote, asked: &str) -> anyhow::Result<MemberPath> {
    let known = || Ok(remote.all::<ops::ListMembers, Member>()?.into_iter().map(|one| (one.id, one.email)).collect());
    let account: AccountId = places::one("member", asked, known)?;
    Ok(MemberPath { account })
}

fn row(member: &Member, names: &Names) -> String {
    let state = match member.state {
        MemberState::Invited => "invited",
        MemberState::Active => "active",
        MemberState::Disabled => "disabled",
    };
    let (email, name, may) = (printable(&member.email), printable(&member.name), names.list(&member.grants));
    format!("{}  {state:<8}  {email}  {name} · {may}\n", member.id)
}
