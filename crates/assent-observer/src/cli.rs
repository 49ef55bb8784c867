//! The command line.

use std::path::PathBuf;

use assent_api::clusters::Profile;
use assent_observe::manifest::HEALTH_PORT;
use assent_observe::profile;
use clap::{Args, Parser, Subcommand};

/// Watches one cluster, read-only, and sends what it sees to Assent.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watches, until it is told to stop.
    Run(Run),
    /// Prints the ClusterRole that some profiles need.
    Rbac(Rbac),
    /// Says what this account may do too much and too little for an observer. Reads nothing else.
    Preflight(Run),
    /// Asks the observer in this pod whether it is alive.
    Health(Health),
}

/// Each of these goes before the file; a flag goes before a variable of the environment.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The configuration file, YAML.
    #[arg(long, env = "ASSENT_OBSERVER_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Where Assent is: `https://assent.example:8473`.
    #[arg(long, env = "ASSENT_OBSERVER_ENDPOINT")]
    pub(crate) endpoint: Option<String>,
    /// The file that holds the observer's key. Without it the variable ASSENT_OBSERVER_KEY is read; there is no flag for the key itself.
    #[arg(long, env = "ASSENT_OBSERVER_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// What to read besides `core`: workloads, logs, metrics, gitops, tests.
    #[arg(long = "profile", value_name = "PROFILE", env = "ASSENT_OBSERVER_PROFILES", value_delimiter = ',', value_parser = parse_profile)]
    pub(crate) profiles: Vec<Profile>,
    /// The folder of the buffer.
    #[arg(long, env = "ASSENT_OBSERVER_BUFFER_DIR")]
    pub(crate) buffer_dir: Option<PathBuf>,
    /// A kubeconfig, when it does not run in the cluster that it watches; what KUBECONFIG names if absent.
    #[arg(long)]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig.
    #[arg(long)]
    pub(crate) context: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Rbac {
    /// What to read besides `core`: workloads, logs, metrics, gitops, tests.
    #[arg(long = "profile", value_name = "PROFILE", value_delimiter = ',', value_parser = parse_profile)]
    pub(crate) profiles: Vec<Profile>,
}

#[derive(Debug, Args)]
pub(crate) struct Health {
    /// The port of the probe, on loopback.
    #[arg(long, env = "ASSENT_OBSERVER_HEALTH_PORT", default_value_t = HEALTH_PORT)]
    pub(crate) port: u16,
}

fn parse_profile(text: &str) -> Result<Profile, String> {
    let words: Vec<&str> = profile::PROFILES.into_iter().map(profile::word).collect();
    let found = profile::PROFILES.into_iter().find(|one| profile::word(*one) == text.trim());
    found.ok_or_else(|| format!("there is no such profile; there are {}", words.join(", ")))
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
            read.contains(&"ASSENT_OBSERVER_ENDPOINT".to_owned()) && read.contains(&"ASSENT_OBSERVER_HEALTH_PORT".to_owned()),
            "{read:?}"
        );
        for name in read {
            assert!(KNOWN.contains(&name.as_str()), "{name} is missing from `variables::KNOWN`");
        }
    }
}
