//! The root key: whoever holds it can open the tenants' secrets.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use crate::error::StoreError;
use crate::seal::{KEY_BYTES, Key};

/// What a wrapper answers, sooner or later.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Who keeps a root key that is a file.
pub(super) const FILE: &str = "file";

/// Wraps the tenants' secrets under a root key that it keeps: a file, or a service that never gives its key away.
pub trait KeyWrapper: Send + Sync {
    /// Names the keeper and its key, in the same printable words each time: what it wraps bears this name, and is given to no other to open.
    fn keeper(&self) -> &str;
    /// Wraps some bytes for the place that `context` names.
    fn wrap<'a>(&'a self, context: &'a [u8], bytes: &'a [u8]) -> Answer<'a, Vec<u8>>;
    /// Opens what was wrapped for this place, under any generation that is still there.
    fn open<'a>(&'a self, context: &'a [u8], wrapped: &'a [u8]) -> Answer<'a, zeroize::Zeroizing<Vec<u8>>>;
    /// Makes a new root key, which wraps from now on.
    fn advance(&self) -> Answer<'_, ()>;
    /// Forgets all root keys but the newest, once nothing is wrapped under them.
    fn retire(&self) -> Answer<'_, ()>;
}

/// Root keys in files `root-N.key` of 32 bytes each, readable by their owner alone. They are read anew each time, which is seldom:
/// another process may have made a new one.
pub struct RootFile {
    folder: PathBuf,
}

impl RootFile {
    /// Takes the root keys of a folder. An empty folder gets its first.
    ///
    /// # Errors
    /// If a key is not 32 bytes, or readable by others than its owner.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let root = Self { folder: folder.to_owned() };
        if root.read()?.is_empty() {
            match root.make(1) {
                // Another process was first: its key is the one.
                Err(_) if !root.read()?.is_empty() => {}
                other => other?,
            }
        }
        Ok(root)
    }

    fn read(&self) -> Result<BTreeMap<u64, Key>, StoreError> {
        let mut roots = BTreeMap::new();
        let unreadable = |error| StoreError::unavailable(format!("the key folder `{}`", self.folder.display()), error);
        for entry in std::fs::read_dir(&self.folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let Some(generation) = generation(&path) else { continue };
            let bytes = zeroize::Zeroizing::new(read_private(&path)?);
            let key = Key::from_slice(&bytes).map_err(|_| StoreError::keys(format!("`{}` is not 32 bytes", path.display())))?;
            roots.insert(generation, key);
        }
        Ok(roots)
    }

    fn make(&self, generation: u64) -> Result<(), StoreError> {
        create_private(&self.path(generation), Key::random()?.as_bytes())
    }

    fn newest(&self) -> Result<(u64, Key), StoreError> {
        self.read()?.pop_last().ok_or_else(|| StoreError::keys("there is no root key"))
    }

    fn path(&self, generation: u64) -> PathBuf {
        self.folder.join(format!("root-{generation}.key"))
    }

    fn open_now(&self, context: &[u8], wrapped: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, StoreError> {
        let unfit = || StoreError::keys("the root key does not open this secret");
        let (generation, sealed) = wrapped.split_first_chunk::<8>().ok_or_else(unfit)?;
        let generation = u64::from_be_bytes(*generation);
        let root = self.read()?.remove(&generation);
        let root = root.ok_or_else(|| StoreError::keys(format!("`root-{generation}.key` is missing")))?;
        root.open(&[b"tenant secret", context], sealed).map(zeroize::Zeroizing::new).map_err(|_| unfit())
    }

    /// Destroys all root keys, once somebody else has wrapped everything.
    pub(super) fn erase_all(folder: &Path) -> Result<(), StoreError> {
        let root = Self { folder: folder.to_owned() };
        root.read()?.keys().try_for_each(|generation| erase(&root.path(*generation)))
    }

    fn retire_now(&self) -> Result<(), StoreError> {
        let mut roots = self.read()?;
        roots.pop_last();
        roots.keys().try_for_each(|generation| erase(&self.path(*generation)))
    }
}

impl KeyWrapper for RootFile {
    fn keeper(&self) -> &str {
        FILE
    }

    fn wrap<'a>(&'a self, context: &'a [u8], bytes: &'a [u8]) -> Answer<'a, Vec<u8>> {
        Box::pin(async move {
            let (generation, root) = self.newest()?;
            let mut wrapped = generation.to_be_bytes().to_vec();
            wrapped.extend(root.seal(&[b"tenant secret", context], bytes)?);
            Ok(wrapped)
        })
    }

    fn open<'a>(&'a self, context: &'a [u8], wrapped: &'a [u8]) -> Answer<'a, zeroize::Zeroizing<Vec<u8>>> {
        Box::pin(async move { self.open_now(context, wrapped) })
    }

    fn advance(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            let next = self.newest()?.0.checked_add(1).ok_or_else(|| StoreError::keys("the generations of the root key are used up"))?;
            self.make(next)
        })
    }

    fn retire(&self) -> Answer<'_, ()> {
        Box::pin(async move { self.retire_now() })
    }
}

pub(super) fn generation(path: &Path) -> Option<u64> {
    path.file_name()?.to_str()?.strip_prefix("root-")?.strip_suffix(".key")?.parse().ok()
}

/// Reads a file that only its owner may read; any other is refused, since its key may be known to others already.
pub(super) fn read_private(path: &Path) -> Result<Vec<u8>, StoreError> {
    let failed = |error| StoreError::unavailable(format!("the key file `{}`", path.display()), error);
    let mut file = std::fs::File::open(path).map_err(failed)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().map_err(failed)?.permissions());
        if mode & 0o077 != 0 {
            return Err(StoreError::keys(format!("`{}` can be read by others than its owner (mode {:o})", path.display(), mode & 0o777)));
        }
    }
    let mut bytes = Vec::with_capacity(KEY_BYTES);
    std::io::Read::read_to_end(&mut std::io::Read::take(&mut file, FILE_BYTES_MAX), &mut bytes).map_err(failed)?;
    Ok(bytes)
}

/// Bytes of a key file at most.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Writes a new file for its owner alone, whole or not at all, and makes it durable. A file that exists is not touched.
pub(super) fn create_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let draft = write_draft(path, bytes)?;
    let linked = std::fs::hard_link(&draft, path);
    let removed = std::fs::remove_file(&draft);
    linked.and(removed).and_then(|()| sync_folder_of(path)).map_err(|error| not_written(path, error))
}

/// Replaces a file by another, whole or not at all.
pub(super) fn replace_private(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let draft = write_draft(path, bytes)?;
    std::fs::rename(&draft, path).and_then(|()| sync_folder_of(path)).map_err(|error| not_written(path, error))
}

/// Moves a file to where another is, which goes.
pub(super) fn take_place(new: &Path, old: &Path) -> Result<(), StoreError> {
    std::fs::rename(new, old).and_then(|()| sync_folder_of(old)).map_err(|error| not_written(old, error))
}

/// Overwrites a file and removes it. Whether the medium forgets the old bytes at once is up to the medium.
pub(super) fn erase(path: &Path) -> Result<(), StoreError> {
    let erased = || {
        let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
        let length = usize::try_from(file.metadata()?.len()).unwrap_or(KEY_BYTES);
        file.write_all(&vec![0; length])?;
        file.sync_all()?;
        std::fs::remove_file(path)?;
        sync_folder_of(path)
    };
    erased().map_err(|error| StoreError::unavailable(format!("the key file `{}` could not be destroyed", path.display()), error))
}

fn write_draft(path: &Path, bytes: &[u8]) -> Result<PathBuf, StoreError> {
    let unique: String = Key::random()?.as_bytes().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let draft = path.with_extension(format!("{unique}.draft"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&draft).and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()));
    written.map(|()| draft).map_err(|error| not_written(path, error))
}

fn not_written(path: &Path, error: std::io::Error) -> StoreError {
    StoreError::unavailable(format!("the key file `{}` could not be written", path.display()), error)
}

fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}
