//! `assent ssh-key`: the SSH keys that one signs ballots with.

use std::path::PathBuf;

use anyhow::Context;
use assent_api::operations as ops;
use assent_api::ssh_keys::{AddSshKey, SshKey, SshKeyPath};
use assent_api::{Empty, PageQuery};
use assent_base::id::SshKeyId;
use clap::{Args, Subcommand};

use super::{Form, Remote, Server, signing};
use crate::print;
use crate::render::text::printable;

/// What a key signs to be added.
const NAMESPACE: &str = "assent.key";

/// SSH keys.
#[derive(Debug, Args)]
pub(crate) struct SshKeys {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Add one. It signs that it is yours, so your passphrase, agent or security key is asked.
    Add {
        /// The file of the public key: `~/.ssh/id_ed25519.pub`.
        public_key: PathBuf,
        /// What to call it; the name of its file if absent.
        #[arg(long)]
        name: Option<String>,
    },
    /// List them.
    List {
        /// The form of the list.
        #[arg(short, long, value_enum, default_value_t = Form::Human)]
        output: Form,
    },
    /// Remove one. What it has signed counts no more.
    Remove {
        /// Its id: `ssk_…`.
        id: SshKeyId,
    },
}

impl SshKeys {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        match &self.act {
            Act::Add { public_key, name } => {
                let account = remote.get::<ops::GetMe>()?.account.context("you call with a machine's key, and machines sign nothing")?;
                let (line, _) = signing::public(public_key)?;
                let signature = signing::sign(&signing::signer_of(public_key), NAMESPACE, &format!("assent key {account}\n"))?;
                let file = || public_key.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                let body = AddSshKey { name: name.clone().unwrap_or_else(file), public_key: line, signature };
                print(&row(&remote.call::<ops::AddSshKey>(&Empty {}, &Empty {}, &body)?))
            }
            Act::List { output } => list(&remote, *output),
            Act::Remove { id } => {
                remote.call::<ops::RemoveSshKey>(&SshKeyPath { ssh_key: *id }, &Empty {}, &Empty {})?;
                print("It is removed, and what it has signed counts no more.\n")
            }
        }
    }
}

fn list(remote: &Remote, output: Form) -> anyhow::Result<u8> {
    let (mut query, mut all) = (PageQuery::default(), Vec::new());
    loop {
        let page = remote.call::<ops::ListSshKeys>(&Empty {}, &query, &Empty {})?;
        all.extend(page.items);
        match page.next {
            Some(next) => query.cursor = Some(next),
            None => break,
        }
    }
    match output {
        Form::Json => print(&format!("{}\n", serde_json::to_string_pretty(&all)?)),
        Form::Human if all.is_empty() => print("No SSH keys.\n"),
        Form::Human => print(&all.iter().map(row).collect::<String>()),
    }
}

fn row(key: &SshKey) -> String {
    format!("{}  {}  {}\n", key.id, printable(&key.fingerprint), printable(&key.name))
}
