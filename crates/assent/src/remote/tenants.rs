//! `assent tenant`: making organisations.

use assent_api::Empty;
use assent_api::operations as ops;
use assent_api::tenants::CreateTenant;
use clap::{Args, Subcommand};

use super::{Remote, Server};
use crate::print;

/// Tenants.
#[derive(Debug, Args)]
pub(crate) struct Tenants {
    #[command(subcommand)]
    act: Act,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Make one, and print the one-time link for its first owner. Only owners of the tenant that runs the installation may.
    Create {
        /// What the organisation is called.
        name: String,
    },
}

impl Tenants {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let remote = Remote::of(&self.server)?;
        let Act::Create { name } = &self.act;
        let made = remote.call::<ops::CreateTenant>(&Empty {}, &Empty {}, &CreateTenant { name: name.clone() })?;
        crate::tell(&format!("{} is made; this link sets up its first owner, once, until {:.0}", made.tenant.id, made.expires_at));
        print(&format!("{}\n", made.link))
    }
}
