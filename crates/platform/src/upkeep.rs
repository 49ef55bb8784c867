//! What whoever runs the installation does with a data folder from outside: back it up, restore it, check it, rotate its keys.
//!
//! All but restoring works while the platform runs. A backup holds the database and the ledger and no keys: who has it can read nothing,
//! and who loses `keys/` has lost everything.

use std::path::{Path, PathBuf};

use assent_base::Timestamp;
use assent_base::id::TenantId;
use assent_journal::{DirFiles, REDO};
use assent_ledger::{Summary, Trust, Verdict, VerifierKey};
use assent_store::{Backup, KeyFolder, Restored, Store};

use crate::boot::{KEYS, LEDGER, StartError, database_of};
use crate::root_key::RootKey;

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
    root_key: RootKey,
}

/// What was checked, of the database and of the ledger.
#[derive(Debug, Clone)]
pub struct Sound {
    /// Tenants, with how many documents each has.
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
    #[error("the ledger: {0}")]
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
    /// The data folder cannot be used.
    #[error(transparent)]
    Start(#[from] StartError),
}

impl Upkeep {
    /// Of this data folder, with this database if it is not the folder's own, and with whoever keeps its root key.
    #[must_use]
    pub fn of(data: &Path, database: Option<&str>, root_key: RootKey) -> Self {
        Self { data: data.to_owned(), database: database_of(data, database), root_key }
    }

    fn keys(&self) -> Result<KeyFolder, UpkeepError> {
        Ok(KeyFolder::of(&self.data.join(KEYS), &self.root_key.of_store())?)
    }

    async fn store(&self) -> Result<Store, UpkeepError> {
        let keys = self.keys()?;
        Ok(Store::open(&self.database, keys, assent_store::Limits::default()).await?)
    }

    fn ledger_key(&self) -> Result<VerifierKey, UpkeepError> {
        Ok(crate::boot::ledger_key(&self.data)?)
    }

    /// Writes a backup into a new folder: the database, then the ledger, which so has every record that the database knows of.
    pub async fn backup(&self, to: &Path, now: Timestamp) -> Result<(Backup, Summary), UpkeepError> {
        let trust = Trust::log(self.ledger_key()?);
        if to.exists() {
            return Err(UpkeepError::Exists(to.to_owned()));
        }
        std::fs::create_dir_all(to).map_err(|cause| UpkeepError::File { path: to.to_owned(), cause })?;
        let store = self.store().await?;
        let backup = store.backup(&to.join(DATABASE), now).await?;
        store.close().await;
        let summary = copy_ledger(&self.data.join(LEDGER), &to.join(LEDGER), &trust)?;
        let key = to.join(LEDGER).join(PUBLIC_KEY);
        std::fs::write(&key, format!("{}\n", trust.log)).map_err(|cause| UpkeepError::File { path: key, cause })?;
        Ok((backup, summary))
    }

    /// Restores a backup into an empty data folder that has the installation's `keys/`.
    pub async fn restore(&self, from: &Path) -> Result<Restored, UpkeepError> {
        let ledger = self.data.join(LEDGER);
        if ledger.exists() {
            return Err(UpkeepError::Exists(ledger));
        }
        let trust = Trust::log(self.ledger_key()?);
        let keys = self.keys()?;
        let (store, restored) = Store::restore(&from.join(DATABASE), &self.database, keys, assent_store::Limits::default()).await?;
        store.close().await;
        copy_ledger(&from.join(LEDGER), &ledger, &trust)?;
        Ok(restored)
    }

    /// Reads every row of every tenant and every record of the ledger, and checks that they are what was written.
    pub async fn check(&self) -> Result<Sound, UpkeepError> {
        let store = self.store().await?;
        let mut tenants = Vec::new();
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
        let wrapped = store.rotate_root_key().await?;
        store.close().await;
        Ok(wrapped)
    }

    /// Has another keeper wrap all tenants' keys. Neither database nor ledger is touched.
    pub async fn move_root(&self, to: &RootKey) -> Result<u64, UpkeepError> {
        let keys = self.data.join(KEYS);
        crate::boot::own_folder(&keys)?;
        Ok(KeyFolder::move_root(&keys, &self.root_key.of_store(), &to.of_store()).await?)
    }

    /// Gives every tenant new keys, and seals everything anew under them. Says how many rows were sealed.
    pub async fn rotate_tenants(&self) -> Result<u64, UpkeepError> {
        let store = self.store().await?;
        let mut sealed = 0;
        for id in store.tenants().await? {
            store.rotate_tenant_key(id).await?;
            store.rotate_data_keys(id).await?;
            sealed += store.finish_rotation(id).await?;
        }
        store.close().await;
        Ok(sealed)
    }
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
