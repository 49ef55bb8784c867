//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The port of the health probe, unless the configuration says otherwise.
pub(crate) const HEALTH_PORT: u16 = 8475;

/// Runs in one cluster what its people have signed, as them, and nothing else.
///
/// What it believes is the pinned document: a ConfigMap of its own namespace with the approvers' public keys and the rules. It asks the control
/// plane for work, checks all of it by that document, tells each step before it takes it, and impersonates the approvers in the API server, so
/// that their own rights decide. It refuses to start with an account that may do more than impersonate them.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs, until it is told to stop.
    Run(Run),
    /// Says what this account may do too much and too little for an executor. Does nothing else.
    Preflight(Run),
    /// Asks the executor in this pod whether it is alive.
    Health(Health),
    /// Prepares a change of what is pinned, for those pinned before to sign.
    #[command(subcommand)]
    Repin(Repin),
}

/// Each of these goes before the file; a flag goes before a variable of the environment.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The configuration file, YAML.
    #[arg(long, env = "ASSENT_EXECUTOR_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Where Assent is: `https://assent.example:8473`.
    #[arg(long, env = "ASSENT_EXECUTOR_ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// The file that holds the executor's key. Without it the variable ASSENT_EXECUTOR_KEY is read; there is no flag for the key itself.
    #[arg(long, env = "ASSENT_EXECUTOR_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// The pinned document.
    #[arg(long, env = "ASSENT_EXECUTOR_PINNED")]
    pub(crate) pinned: Option<PathBuf>,
    /// The folder of the journal. It must outlive the pod.
    #[arg(long = "state", env = "ASSENT_EXECUTOR_STATE")]
    pub(crate) state: Option<PathBuf>,
    /// The port of the health probe, on loopback.
    #[arg(long, env = "ASSENT_EXECUTOR_HEALTH_PORT")]
    pub(crate) health_port: Option<u16>,
    /// A kubeconfig, when it does not run in the cluster that it changes; the pod's service account if absent.
    #[arg(long)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig.
    #[arg(long)]
    pub(crate) context: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The port of the probe, on loopback.
    #[arg(long, env = "ASSENT_EXECUTOR_HEALTH_PORT", default_value_t = HEALTH_PORT)]
    pub(crate) port: u16,
}

/// Prints the statement, then each signer's ballot, then gathers what was signed.
#[derive(Debug, Subcommand)]
pub(crate) enum Repin {
    /// Prints the statement that those pinned before are asked to sign, in JSON.
    Statement {
        /// The document that is believed.
        #[arg(long)]
        former: PathBuf,
        /// The document that is to be believed.
        #[arg(long)]
        next: PathBuf,
        /// The UID of the namespace `kube-system`.
        #[arg(long)]
        cluster_uid: String,
        /// Hours in which it must be signed and applied.
        #[arg(long, default_value_t = 24)]
        hours: u32,
    },
    /// Prints what an approver signs: `ssh-keygen -Y sign -n assent.ballot`.
    Ballot {
        /// The statement's file.
        #[arg(long)]
        statement: PathBuf,
        /// The approver's account.
        #[arg(long)]
        account: assent_base::id::AccountId,
    },
    /// Prints the warrant that lies beside the document, as `warrant.json`.
    Gather {
        /// The statement's file.
        #[arg(long)]
        statement: PathBuf,
        /// An approver's account and the file of their SSH signature: `acc_…=ballot.sig`.
        #[arg(long = "vote", required = true)]
        votes: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use assent_base::variables::KNOWN;
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_variable_of_the_command_line_is_known_to_all_programs() {
        let read = assent_resident::variables_of(&Cli::command());
        assert!(
            read.contains(&"ASSENT_EXECUTOR_ENDPOINT".to_owned()) && read.contains(&"ASSENT_EXECUTOR_HEALTH_PORT".to_owned()),
            "{read:?}"
        );
        for name in read {
            assert!(KNOWN.contains(&name.as_str()), "{name} is missing from `variables::KNOWN`");
        }
    }
}
