//! `assent machine-key`: keys of machines that call the API. `assent keys` is about others: those that an installation keeps its data under.

use assent_api::Empty;
use assent_api::keys::{ApiKey, CreateApiKey, KeyPath, NewApiKey};
use assent_api::operations as ops;
use assent_base::id::KeyId;
use clap::{Args, Subcommand};

use super::grants::{self, Names, Typed};
use super::once::{Once, Place};
use super::{Form, Remote, Server, places};
use crate::print;
use crate::render::text::printable;

/// Keys of machines.
#[derive(Debug, Args)]
pub(crate) struct MachineKeys {
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
    /// List them: what they may do, who made them, when they were last used.
    List,
    /// Make one, and print its secret, this once: `ASSENT_TOKEN=$(assent machine-key create ci --grant viewer)`.
    Create {
        /// What it is for.
        name: String,
        /// What it may do, nothing that you may not: `viewer`, `operator@prod`, `approver@prod/shop,web`. May be given several times.
        #[arg(long = "grant", value_name = "GRANT", required = true)]
        grants: Vec<Typed>,
        /// For how long it holds: `12h`, `90d`. Without end if absent.
        #[arg(long, value_name = "SPAN", value_parser = super::span)]
        expires_in: Option<u64>,
        #[command(flatten)]
        once: Once,
    },
    /// Give one another secret, and print it, this once. The old one holds no more, and the key is yours from then on.
    Rotate {
        /// Its name or id: `key_…`.
        key: String,
        #[command(flatten)]
        once: Once,
    },
    /// Revoke one, at once.
    Revoke {
        /// Its name or id: `key_…`.
        key: String,
    },
}

impl MachineKeys {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        match &self.act {
            Act::List => {
                let all: Vec<ApiKey> = remote.all::<ops::ListKeys, _>()?;
                self.output.rows(&all, || {
                    let names = Names::of(&remote, all.iter().flat_map(|one| &one.grants));
                    all.iter().map(|one| row(one, &names)).collect()
                })
            }
            Act::Create { name, grants, expires_in, once } => {
                let body = CreateApiKey { name: name.clone(), grants: grants::settled(&remote, grants)?, expires_in_s: *expires_in };
                let place = once.open()?;
                let made = remote.call::<ops::CreateKey>(&Empty {}, &Empty {}, &body)?;
                self.give(&made, once, place)
            }
            Act::Rotate { key, once } => {
                let path = find(&remote, key)?;
                let place = once.open()?;
                let made = remote.call::<ops::RotateKey>(&path, &Empty {}, &Empty {})?;
                self.give(&made, once, place)
            }
            Act::Revoke { key } => {
                remote.call::<ops::RevokeKey>(&find(&remote, key)?, &Empty {}, &Empty {})?;
                print("The key holds no more.\n")
            }
        }
    }

    fn give(&self, made: &NewApiKey, once: &Once, place: Place) -> anyhow::Result<u8> {
        if self.output == Form::Json && !once.is_file() {
            return self.output.document(made, String::new);
        }
        place.take(&made.secret)?;
        let until = made.key.expires_at.map(|at| format!(" and holds until {at:.0}")).unwrap_or_default();
        crate::tell(&format!("{} is ready{until}; its secret is not shown again", made.key.id));
        if self.output == Form::Json { self.output.document(&made.key, String::new) } else { Ok(0) }
    }
}

/// By name among those that hold; by id, any.
fn find(remote: &Remote, asked: &str) -> anyhow::Result<KeyPath> {
    let known = || {
        let all: Vec<ApiKey> = remote.all::<ops::ListKeys, _>()?;
        Ok(all.into_iter().filter(|one| one.revoked_at.is_none()).map(|one| (one.id, one.name)).collect())
    };
    let key: KeyId = places::one("machine key", asked, known)?;
    Ok(KeyPath { key })
}

fn row(key: &ApiKey, names: &Names) -> String {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {at:.0}"),
        (None, Some(at)) => format!("until {at:.0}"),
        (None, None) => "without end".to_owned(),
    };
    let used = key.used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {at:.0}"));
    let (name, by, may) = (printable(&key.name), printable(&key.created_by), names.list(&key.grants));
    format!("{}  {name} · {may} · {state} · {used} · by {by}\n", key.id)
}
