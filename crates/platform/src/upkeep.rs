//! What whoever runs the installation does with a data folder from outside: back it up, restore it, check it, rotate its keys.
//!
//! All but restoring works while the platform runs. A backup holds the database and the ledger and no keys: who has it can read nothing,
//! and who loses `keys/` has lost everything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assent_base::id::TenantId;
use assent_journal::{DirFiles, REDO};
use assent_ledger::{Summary, Trust, Verdict, VerifierKey};
use assent_store::{Backup, KeyFolder, Store, StoreError};
use serde_json::json;

use crate::boot::{KEYS, LEDGER, StartError, database_of};
use crate::plane::Outside;
use crate::root_key::RootKey;

mod recording;
mod restoring;

pub(crate) use restoring::refuse_half_restored;

/// The database in a backup.
const DATABASE: &str = "database";
/// The file of the ledger's public key beside its files in a backup.
pub const PUBLIC_KEY: &str = "key";
/// Times that the ledger's files are copied until a copy holds: it grows meanwhile.
const COPIES_MAX: u32 = 5;

/// A data folder.
pub struct Upkeep {
    data: PathBuf,
    database: String,
    /// Whether the database is a file in the folder.
    has_own_database: bool,
    outside: Arc<Outside>,
    root_key: RootKey,
    /// Looks at what was handed over to a platform that runs, until nothing is done.
    looks_max: u32,
}

/// What was checked, of the database and of the ledger.
#[derive(Debug, Clone)]
pub struct Sound {
    /// Tenants, with how many documents each has; the first is the installation's own.
    pub tenants: Vec<(TenantId, u64)>,
    /// The ledger.
    pub ledger: Summary,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The database or its keys.
    #[error(transparent)]
    Store(#[from] assent_store::StoreError),
    /// The ledger's files cannot be read.
    #[error(transparent)]
    Ledger(#[from] assent_ledger::Unreadable),
    /// The ledger does not hold.
    #[error("the ledger does not hold: {0}")]
    Faulty(String),
    /// A file or folder.
    #[error("`{path}`: {cause}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Something is in the way.
    #[error("`{0}` exists already")]
    Exists(PathBuf),
    /// There is no installation.
    #[error("there is no installation in `{data}`: it has no `{missing}`. Name the data folder of `assent up`")]
    NoInstallation {
        /// The folder.
        data: PathBuf,
        /// What it should have.
        missing: &'static str,
    },
    /// There is no database.
    #[error("there is no installation in {place}: if its database is elsewhere, name it with --database or ASSENT_DATABASE")]
    NoDatabase {
        /// Where it was looked for.
        place: String,
    },
    /// The ledger did not take the record. Unless it was the one of how it ended, nothing was done.
    #[error("the ledger did not take the record: {why}")]
    Unrecorded {
        /// Why.
        why: String,
    },
    /// The root key is to be moved to where it is.
    #[error("`{keeper}` is who keeps the root key, and who shall keep it")]
    SameKeeper {
        /// Whose name was given twice.
        keeper: String,
    },
    /// The rows were restored into a database of its own, and the rest was not.
    #[error("the rows are in the database, and the rest is not restored: empty that database, and run `assent restore` again")]
    HalfRestored {
        /// Why.
        #[source]
        cause: Box<UpkeepError>,
    },
    /// The data folder cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Upkeep {
    /// Of this data folder, with this database if it is not the folder's own, and with whoever keeps its root key.
    #[must_use]
    pub fn of(data: &Path, database: Option<&str>, root_key: RootKey, outside: Outside) -> Self {
        let (database, has_own_database) = (database_of(data, database), database.is_none());
        let outside = Arc::new(outside);
        Self { data: data.to_owned(), database, has_own_database, root_key, outside, looks_max: recording::LOOKS_MAX }
    }

    /// The keys, which are there or the installation is not: a name that was mistyped makes none.
    fn keys(&self) -> Result<KeyFolder, UpkeepError> {
        self.keys_by(&self.root_key)
    }

    /// The keys, as this keeper opens them.
    fn keys_by(&self, root_key: &RootKey) -> Result<KeyFolder, UpkeepError> {
        self.require("keys/ledger.key")?;
        Ok(KeyFolder::of(&self.data.join(KEYS), &root_key.of_store())?)
    }

    fn require(&self, missing: &'static str) -> Result<(), UpkeepError> {
        if self.data.join(missing).exists() { Ok(()) } else { Err(UpkeepError::NoInstallation { data: self.data.clone(), missing }) }
    }

    /// The store of the installation, which is not made if it is not there.
    async fn store(&self) -> Result<Store, UpkeepError> {
        restoring::refuse_half_restored(&self.data)?;
        self.store_with(self.keys()?).await
    }

    async fn store_with(&self, keys: KeyFolder) -> Result<Store, UpkeepError> {
        self.require("ledger/checkpoint")?;
        Store::open_existing(&self.database, keys, assent_store::Limits::default()).await.map_err(|error| match error {
            StoreError::NoInstallation { place } => UpkeepError::NoDatabase { place },
            other => other.into(),
        })
    }

    fn ledger_key(&self) -> Result<VerifierKey, UpkeepError> {
        self.require("keys/ledger.key")?;
        Ok(crate::boot::ledger_key(&self.data)?)
    }

    /// Writes a backup into a new folder: the database, then the ledger, which so has every record that the database knows of.
    pub async fn backup(&self, to: &Path) -> Result<(Backup, Summary), UpkeepError> {
        let trust = Trust::log(self.ledger_key()?);
        if to.exists() {
            return Err(UpkeepError::Exists(to.to_owned()));
        }
        let store = self.store().await?;
        let written = async {
            std::fs::create_dir_all(to).map_err(|cause| UpkeepError::File { path: to.to_owned(), cause })?;
            let backup = store.backup(&to.join(DATABASE), (self.outside.clock)()).await?;
            let summary = copy_ledger(&self.data.join(LEDGER), &to.join(LEDGER), &trust)?;
            let key = to.join(LEDGER).join(PUBLIC_KEY);
            std::fs::write(&key, format!("{}\n", trust.log)).map_err(|cause| UpkeepError::File { path: key, cause })?;
            let details = json!({ "rows": backup.rows, "digest": backup.digest, "records": summary.checkpoint.size });
            Ok(((backup, summary), details))
        };
        let backup = self.recorded(&store, "installation.backup", json!({}), written).await;
        store.close().await;
        backup
    }

    /// Reads every row of every tenant and every record of the ledger, and checks that they are what was written.
    pub async fn check(&self) -> Result<Sound, UpkeepError> {
        let store = self.store().await?;
        let system = store.system().await?;
        let mut tenants = vec![(system.id(), system.check().await?.documents)];
        for id in store.tenants().await? {
            tenants.push((id, store.tenant(id).await?.check().await?.documents));
        }
        store.close().await;
        let ledger = verified(&self.data.join(LEDGER), &Trust::log(self.ledger_key()?))?;
        Ok(Sound { tenants, ledger })
    }

    /// Wraps all tenants' keys under a new root key.
    pub async fn rotate_root(&self) -> Result<u64, UpkeepError> {
        let store = self.store().await?;
        let rotated = async {
            let wrapped = store.rotate_root_key().await?;
            Ok((wrapped, json!({ "keys": wrapped })))
        };
        let rotated = self.recorded(&store, "keys.rotate_root", json!({}), rotated).await;
        store.close().await;
        rotated
    }

    /// Has another keeper wrap all tenants' keys. No row is sealed anew.
    pub async fn move_root(&self, to: &RootKey) -> Result<u64, UpkeepError> {
        restoring::refuse_half_restored(&self.data)?;
        let (former, next) = (self.root_key.of_store(), to.of_store());
        if former.keeper() == next.keeper() {
            return Err(UpkeepError::SameKeeper { keeper: next.keeper().to_owned() });
        }
        // Where a move was broken off, it may be the new keeper who opens the keys, and with them what the record is sealed under.
        let keys = self.keys().or_else(|refused| self.keys_by(to).map_err(|_| refused))?;
        let store = self.store_with(keys).await?;
        let intended = json!({ "from": former.keeper(), "to": next.keeper() });
        let moved = async {
            let wrapped = KeyFolder::move_root(&self.data.join(KEYS), &former, &next).await?;
            Ok((wrapped, json!({ "from": former.keeper(), "to": next.keeper(), "keys": wrapped })))
        };
        let moved = self.recorded(&store, "keys.move_root", intended, moved).await;
        store.close().await;
        moved
    }

    /// Gives every tenant new keys, and seals everything anew under them. Says how many rows were sealed.
    pub async fn rotate_tenants(&self) -> Result<u64, UpkeepError> {
        let store = self.store().await?;
        let rotated = async {
            let (mut sealed, all) = (0_u64, all_tenants(&store).await?);
            for id in &all {
                store.rotate_tenant_key(*id).await?;
                store.rotate_data_keys(*id).await?;
                sealed = sealed.saturating_add(store.finish_rotation(*id).await?);
            }
            Ok((sealed, json!({ "tenants": all.len(), "rows": sealed })))
        };
        let rotated = self.recorded(&store, "keys.rotate_tenants", json!({}), rotated).await;
        store.close().await;
        rotated
    }
}

/// The installation's own tenant, and then all others.
async fn all_tenants(store: &Store) -> Result<Vec<TenantId>, UpkeepError> {
    let mut all = vec![store.system().await?.id()];
    all.extend(store.tenants().await?);
    Ok(all)
}

/// Copies a ledger's files until a copy holds.
fn copy_ledger(from: &Path, to: &Path, trust: &Trust) -> Result<Summary, UpkeepError> {
    let mut last = None;
    for _ in 0..COPIES_MAX {
        if to.exists() {
            std::fs::remove_dir_all(to).map_err(|cause| UpkeepError::File { path: to.to_owned(), cause })?;
        }
        match copy_once(from, to, trust) {
            Ok(summary) => return Ok(summary),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| UpkeepError::Faulty("it was not copied".to_owned())))
}

/// Copies a ledger's files, then its redo, which so has whatever the files do not have yet; and has the copy's files brought up to date.
fn copy_once(from: &Path, to: &Path, trust: &Trust) -> Result<Summary, UpkeepError> {
    copy_folder(from, to, Some(REDO))?;
    copy_folder(&from.join(REDO), &to.join(REDO), None)?;
    assent_journal::recover(to, trust).map_err(|cause| UpkeepError::Faulty(cause.to_string()))?;
    verified(to, trust)
}

fn verified(folder: &Path, trust: &Trust) -> Result<Summary, UpkeepError> {
    match trust.verify(&DirFiles::new(folder.to_owned()), None)? {
        Verdict::Sound(summary) => Ok(summary),
        Verdict::Faulty(fault) => Err(UpkeepError::Faulty(fault.to_string())),
    }
}

/// Copies a folder but for the entry of this name.
fn copy_folder(from: &Path, to: &Path, but: Option<&str>) -> Result<(), UpkeepError> {
    use std::os::unix::fs::DirBuilderExt as _;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| UpkeepError::File { path, cause }
    };
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(failed(to))?;
    for entry in std::fs::read_dir(from).map_err(failed(from))? {
        let entry = entry.map_err(failed(from))?;
        if but.is_some_and(|but| entry.file_name() == but) {
            continue;
        }
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(failed(&path))?.is_dir() {
            copy_folder(&path, &target, None)?;
        } else if let Err(cause) = std::fs::copy(&path, &target)
            // A tile that was unfinished when it was listed, and is finished now.
            && cause.kind() != std::io::ErrorKind::NotFound
        {
            return Err(UpkeepError::File { path, cause });
        }
    }
    Ok(())
}
