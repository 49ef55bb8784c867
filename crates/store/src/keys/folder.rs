//! The key folder: the root key, and one secret for each tenant. Destroying a tenant is destroying its file here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use assent_base::Digest;
use assent_base::id::TenantId;

use super::custody::Custody;
use super::envelope::Envelope;
use super::root::{FILE, KeyWrapper, RootFile, create_private, erase, read_private, replace_private};
use crate::error::StoreError;
use crate::seal::Key;

/// Where the keys are. It must not be backed up together with the database.
#[derive(Clone)]
pub struct KeyFolder {
    pub(super) folder: PathBuf,
    pub(super) root: Arc<dyn KeyWrapper>,
}

impl KeyFolder {
    /// Opens a folder whose root key is a file in it. A folder that does not exist is created, with its root key.
    ///
    /// # Errors
    /// If the folder cannot be written, a key in it is readable by others, or somebody else keeps its root key.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        make_folder(folder)?;
        // First, so that no root key is made beside the one that somebody else keeps.
        Custody::demand(folder, FILE)?;
        let root = RootFile::open(folder)?;
        Self::with(folder, Arc::new(root))
    }

    /// Opens a folder whose secrets are wrapped by something else than a file in it.
    ///
    /// # Errors
    /// If the folder cannot be written, or somebody else than `root` keeps its root key.
    pub fn with(folder: &Path, root: Arc<dyn KeyWrapper>) -> Result<Self, StoreError> {
        make_folder(&folder.join("tenants"))?;
        Custody::demand(folder, root.keeper())?;
        Ok(Self { folder: folder.to_owned(), root })
    }

    /// The tenant's secret; made if it is not there yet.
    pub(crate) async fn make_secret(&self, tenant: TenantId) -> Result<Key, StoreError> {
        if self.tombstone(tenant)?.is_some() {
            return Err(StoreError::KeyDestroyed(tenant));
        }
        let path = self.path(tenant);
        let _alone = self.lock().await?;
        // Another process may have moved the root key since this one started.
        let custody = Custody::demand(&self.folder, self.root.keeper())?;
        if !exists(&path)? {
            let wrapped = self.wrapped(tenant, &Key::random()?).await?;
            if custody.is_none() {
                Custody::of(self.root.keeper()).create(&self.folder)?;
            }
            create_private(&path, &wrapped)?;
        }
        self.secret(tenant).await
    }

    /// The tenant's secret. A secret that was destroyed and one that is lost are two different answers.
    pub(crate) async fn secret(&self, tenant: TenantId) -> Result<Key, StoreError> {
        if self.tombstone(tenant)?.is_some() {
            return Err(StoreError::KeyDestroyed(tenant));
        }
        let path = self.path(tenant);
        if !exists(&path)? {
            return Err(StoreError::keys(format!("`{}` is missing: is this the key folder of this database?", path.display())));
        }
        // After a move that was broken off, the one that counts may lie beside it.
        let moved = self.moved(tenant);
        if exists(&moved)?
            && let Some(secret) = self.opened(tenant, &moved, &read_private(&moved)?).await?
        {
            return Ok(secret);
        }
        match self.opened(tenant, &path, &read_private(&path)?).await? {
            Some(secret) => Ok(secret),
            None => {
                Custody::demand(&self.folder, self.root.keeper())?;
                Err(StoreError::keys(format!("`{}` was not wrapped by `{}`", path.display(), self.root.keeper())))
            }
        }
    }

    /// Opens a file, if it is this keeper who wrapped it.
    pub(super) async fn opened(&self, tenant: TenantId, path: &Path, bytes: &[u8]) -> Result<Option<Key>, StoreError> {
        let damaged = || StoreError::keys(format!("`{}` holds no key", path.display()));
        let envelope = Envelope::read(bytes).ok_or_else(damaged)?;
        if envelope.keeper != self.root.keeper() {
            return Ok(None);
        }
        let bytes = self.root.open(tenant.as_bytes(), envelope.wrapped).await?;
        Key::from_slice(&bytes).map(Some).map_err(|_| damaged())
    }

    /// What the file of a tenant is to hold.
    pub(super) async fn wrapped(&self, tenant: TenantId, secret: &Key) -> Result<Vec<u8>, StoreError> {
        let wrapped = self.root.wrap(tenant.as_bytes(), secret.as_bytes()).await?;
        Envelope { keeper: self.root.keeper(), wrapped: &wrapped }.bytes()
    }

    /// Destroys the tenant's secret, and keeps the digest of what was destroyed. Doing it twice gives the same answer.
    pub(crate) async fn destroy(&self, tenant: TenantId) -> Result<Digest, StoreError> {
        let path = self.path(tenant);
        let _alone = self.lock().await?;
        let stone = self.tombstone(tenant)?;
        let digest = match stone {
            Some(digest) => digest,
            None => {
                let digest = self.secret(tenant).await?.digest();
                // The stone comes first: a crash in between leaves a tenant that nobody can open, and the next call ends the work.
                create_private(&self.stone(tenant), digest.to_string().as_bytes())?;
                digest
            }
        };
        for path in [self.moved(tenant), path] {
            if exists(&path)? {
                erase(&path)?;
            }
        }
        Ok(digest)
    }

    /// The digest of the tenant's key, if it was destroyed.
    pub(crate) fn tombstone(&self, tenant: TenantId) -> Result<Option<Digest>, StoreError> {
        let path = self.stone(tenant);
        if !exists(&path)? {
            return Ok(None);
        }
        let text = read_private(&path)?;
        let digest = std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok());
        digest.map(Some).ok_or_else(|| StoreError::keys(format!("`{}` holds no digest", path.display())))
    }

    /// Wraps all secrets under a new root key and forgets the old one. After a crash, doing it again ends the work.
    pub(crate) async fn rotate_root(&self) -> Result<u64, StoreError> {
        let _alone = self.lock().await?;
        Custody::demand(&self.folder, self.root.keeper())?;
        self.settle_move(&|| Ok(()))?;
        self.root.advance().await?;
        let mut wrapped_anew = 0;
        for tenant in self.tenants()? {
            // I8: a secret whose stone is laid is not wrapped again; whoever destroys it ends that work.
            if self.tombstone(tenant)?.is_some() {
                continue;
            }
            let secret = self.secret(tenant).await?;
            replace_private(&self.path(tenant), &self.wrapped(tenant, &secret).await?)?;
            wrapped_anew += 1;
        }
        self.root.retire().await?;
        Ok(wrapped_anew)
    }

    /// Keeps other writers of the folder out, in this process and in others, until the file is dropped: a secret that was wrapped while the
    /// root key is rotated would be wrapped under a root key that is gone.
    pub(super) async fn lock(&self) -> Result<std::fs::File, StoreError> {
        let path = self.folder.join("lock");
        let failed = |error| StoreError::unavailable("the lock of the key folder", error);
        let locked = tokio::task::spawn_blocking(move || {
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(false);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(path)?;
            file.lock().map(|()| file)
        });
        locked.await.map_err(std::io::Error::other).and_then(|locked| locked).map_err(failed)
    }

    pub(super) fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let folder = self.folder.join("tenants");
        let unreadable = |error| StoreError::unavailable(format!("the key folder `{}`", folder.display()), error);
        let mut tenants = Vec::new();
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".key"));
            tenants.extend(id.and_then(|id| id.parse::<TenantId>().ok()));
        }
        tenants.sort_unstable();
        Ok(tenants)
    }

    pub(super) fn path(&self, tenant: TenantId) -> PathBuf {
        self.folder.join("tenants").join(format!("{tenant}.key"))
    }

    /// Where a secret lies that was wrapped by whom the root key is moved to.
    pub(super) fn moved(&self, tenant: TenantId) -> PathBuf {
        self.folder.join("tenants").join(format!("{tenant}.moved"))
    }

    pub(super) fn stone(&self, tenant: TenantId) -> PathBuf {
        self.folder.join("tenants").join(format!("{tenant}.destroyed"))
    }
}

pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    path.try_exists().map_err(|error| StoreError::unavailable(format!("the key folder with `{}`", path.display()), error))
}

pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| StoreError::unavailable(format!("the key folder `{}`", folder.display()), error))
}
