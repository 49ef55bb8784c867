//! `assent backup`, `restore`, `check` and `keys`: what whoever runs an installation does with its data folder.

use std::path::PathBuf;

use anyhow::Context;
use assent_platform::Upkeep;
use clap::{Args, Subcommand};

use crate::print;

/// Where the installation is.
#[derive(Debug, Args)]
pub(crate) struct Installation {
    /// The data folder of `assent up`.
    #[arg(long, value_name = "DIR", env = "ASSENT_DATA_DIR")]
    data_dir: PathBuf,
    /// The database, if it is not the folder's own.
    #[arg(long, value_name = "URL", env = "ASSENT_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

/// Writes a backup.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    /// The folder to write; it must not exist.
    folder: PathBuf,
    #[command(flatten)]
    installation: Installation,
}

/// Restores a backup.
#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The folder that `assent backup` wrote.
    folder: PathBuf,
    #[command(flatten)]
    installation: Installation,
}

/// Checks everything that is kept.
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    installation: Installation,
}

/// Rotates keys.
#[derive(Debug, Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    act: Rotate,
}

#[derive(Debug, Subcommand)]
enum Rotate {
    /// A new root key: all tenants' keys are wrapped under it. Rows are not touched.
    RotateRoot(Installation),
    /// New keys for every tenant: everything is sealed anew under them.
    RotateTenants(Installation),
}

impl Installation {
    fn open(&self) -> Upkeep {
        Upkeep::of(&self.data_dir, self.database.as_deref(), crate::up::outside())
    }
}

fn wait<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?.block_on(work))
}

impl Backup {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let (backup, ledger) = wait(self.installation.open().backup(&self.folder))??;
        print(&format!(
            "{} rows and {} records are in {}, checked. It holds no keys: keep the data folder's keys/ elsewhere, for nothing can be read without.\n",
            backup.rows,
            ledger.checkpoint.size,
            self.folder.display()
        ))
    }
}

impl Restore {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let restored = wait(self.installation.open().restore(&self.folder))??;
        let mut text = format!("{} rows are back, and the ledger is.\n", restored.rows);
        for tenant in restored.destroyed {
            text.push_str(&format!("{tenant} was deleted since, and stays so.\n"));
        }
        print(&text)
    }
}

impl Check {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let sound = wait(self.installation.open().check())??;
        let tenants: String =
            sound.tenants.iter().map(|(id, documents)| format!("{id}: {documents} documents, all as written\n")).collect();
        print(&format!(
            "{tenants}ledger: {} records, {} checkpoints, everything holds\n",
            sound.ledger.checkpoint.size, sound.ledger.checkpoints
        ))
    }
}

impl Keys {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        match &self.act {
            Rotate::RotateRoot(installation) => {
                let wrapped = wait(installation.open().rotate_root())??;
                print(&format!("The root key is new, and {wrapped} keys are wrapped under it. Back keys/ up again.\n"))
            }
            Rotate::RotateTenants(installation) => {
                let sealed = wait(installation.open().rotate_tenants())??;
                print(&format!("All tenants have new keys, and {sealed} rows are sealed anew. Back keys/ up again.\n"))
            }
        }
    }
}
