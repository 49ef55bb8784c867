//! `assent backup`, `restore`, `check` and `keys`: what whoever runs an installation does with its data folder.

use std::path::{Path, PathBuf};

use anyhow::Context;
use assent_observe::Proxy;
use assent_platform::{RootKey, Upkeep, custody};
use clap::{Args, Subcommand};

use crate::up::config::{self, File};
use crate::{print, root_key};

/// Where the installation is.
#[derive(Debug, Args)]
pub(crate) struct Installation {
    /// The data folder of `assent up`.
    #[arg(long, value_name = "DIR", env = "ASSENT_DATA_DIR")]
    data_dir: PathBuf,
    /// The configuration of `assent up`, which says who keeps the root key and where the database is.
    #[arg(long, value_name = "FILE", env = "ASSENT_CONFIG")]
    config: Option<PathBuf>,
    /// Who keeps the root key, as in the configuration, on one line.
    #[arg(long, value_name = "YAML", env = "ASSENT_ROOT_KEY")]
    root_key: Option<String>,
    /// The proxy for connections to whoever keeps the root key.
    #[arg(long, env = "HTTPS_PROXY", value_name = "URL", hide_env_values = true)]
    proxy: Option<String>,
    /// Hosts that are reached without the proxy.
    #[arg(long, env = "NO_PROXY", value_name = "HOSTS", default_value = "", hide_default_value = true)]
    no_proxy: String,
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
    act: KeyWork,
}

#[derive(Debug, Subcommand)]
enum KeyWork {
    /// A new root key: all tenants' keys are wrapped under it. Rows are not touched.
    RotateRoot(Installation),
    /// Another keeper of the root key: who keeps it now wraps nothing any more. Rows are not touched.
    MoveRoot {
        /// Who shall keep it, as `root_key` of a configuration, on one line: `file`, or `{vault: {…}}`.
        #[arg(long, value_name = "YAML")]
        to: String,
        #[command(flatten)]
        installation: Installation,
    },
    /// New keys for every tenant: everything is sealed anew under them.
    RotateTenants(Installation),
}

impl Installation {
    fn open(&self) -> anyhow::Result<Upkeep> {
        crate::surroundings::variables_are_known("the upkeep of an installation", "backup")?;
        let file = self.file()?;
        let asked = self.root_key.as_deref().map(root_key::parse).transpose()?.or(file.root_key).unwrap_or_default();
        let database = self.database.as_deref().or(file.database.as_deref());
        Ok(Upkeep::of(&self.data_dir, database, self.keeper(&asked, file.ca_file.as_deref())?, crate::up::outside()))
    }

    fn file(&self) -> anyhow::Result<File> {
        self.config.as_deref().map_or_else(|| Ok(File::default()), config::read)
    }

    fn keeper(&self, asked: &custody::Config, ca_file: Option<&Path>) -> anyhow::Result<RootKey> {
        let proxy = self.proxy.clone().filter(|url| !url.is_empty()).map(|url| Proxy { url, except: self.no_proxy.clone() });
        root_key::open(asked, ca_file, proxy.as_ref())
    }
}

fn wait<T>(work: impl Future<Output = T>) -> anyhow::Result<T> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build().context("cannot start")?.block_on(work))
}

impl Backup {
    /// Runs the command.
    pub(crate) fn run(&self) -> anyhow::Result<u8> {
        let (backup, ledger) = wait(self.installation.open()?.backup(&self.folder))??;
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
        let restored = wait(self.installation.open()?.restore(&self.folder))??;
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
        let sound = wait(self.installation.open()?.check())??;
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
            KeyWork::RotateRoot(installation) => {
                let wrapped = wait(installation.open()?.rotate_root())??;
                print(&format!("The root key is new, and {wrapped} keys are wrapped under it. Back keys/ up again.\n"))
            }
            KeyWork::MoveRoot { to, installation } => {
                let to = installation.keeper(&root_key::parse(to)?, installation.file()?.ca_file.as_deref())?;
                let wrapped = wait(installation.open()?.move_root(&to))??;
                print(&format!(
                    "`{}` keeps the root key now, and {wrapped} keys are wrapped by it. Put it into the configuration before the next start, and back keys/ up again.\n",
                    to.keeper()
                ))
            }
            KeyWork::RotateTenants(installation) => {
                let sealed = wait(installation.open()?.rotate_tenants())??;
                print(&format!("All tenants have new keys, and {sealed} rows are sealed anew. Back keys/ up again.\n"))
            }
        }
    }
}
