//! Who keeps the root key of a folder: the file `kept-by` in it says so, and whether it is being moved to somebody else.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::envelope::{Envelope, is_name};
use super::folder::exists;
use super::root::{FILE, create_private, generation, read_private, replace_private};
use crate::error::StoreError;

/// The file. A folder without one says it by what lies in it.
const KEPT_BY: &str = "kept-by";

/// Who keeps the root key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Custody {
    /// Whoever wraps, and opens everything.
    pub(super) keeper: String,
    /// Whom it is being moved to: they have wrapped some secrets, or all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moving_to: Option<String>,
    /// Whom it came from, as long as something of theirs is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) moved_from: Option<String>,
}

impl Custody {
    pub(super) fn of(keeper: &str) -> Self {
        Self { keeper: keeper.to_owned(), moving_to: None, moved_from: None }
    }

    /// What a folder says. `None` if nobody has wrapped anything in it yet.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, StoreError> {
        let path = folder.join(KEPT_BY);
        if exists(&path)? {
            let bytes = read_private(&path)?;
            let read = serde_json::from_slice::<Self>(&bytes).ok();
            let sound = read.filter(|read| {
                [Some(&read.keeper), read.moving_to.as_ref(), read.moved_from.as_ref()].into_iter().flatten().all(|name| is_name(name))
            });
            return sound.map(Some).ok_or_else(|| StoreError::keys(format!("`{}` does not say who keeps the root key", path.display())));
        }
        inferred(folder)
    }

    /// The same, refused if it is not `keeper` who keeps it.
    pub(super) fn demand(folder: &Path, keeper: &str) -> Result<Option<Self>, StoreError> {
        match Self::read(folder)? {
            Some(custody) if custody.keeper != keeper => Err(custody.refusal(folder, keeper)),
            other => Ok(other),
        }
    }

    fn refusal(&self, folder: &Path, keeper: &str) -> StoreError {
        let how = match &self.moving_to {
            Some(to) if to == keeper => "; a move was broken off: configure the former, or end the move with `assent keys move-root`",
            _ => ": configure the former, or move the keys with `assent keys move-root`",
        };
        let (folder, held) = (folder.display(), &self.keeper);
        StoreError::keys(format!("those in `{folder}` are wrapped by `{held}`, and the configuration names `{keeper}`{how}"))
    }

    /// Writes it for the first time.
    pub(super) fn create(&self, folder: &Path) -> Result<(), StoreError> {
        create_private(&folder.join(KEPT_BY), &self.bytes()?)
    }

    /// Writes it in place of what was said before, whole or not at all.
    pub(super) fn replace(&self, folder: &Path) -> Result<(), StoreError> {
        replace_private(&folder.join(KEPT_BY), &self.bytes()?)
    }

    fn bytes(&self) -> Result<Vec<u8>, StoreError> {
        let mut bytes = serde_json::to_vec(self).map_err(|_| StoreError::refused("the name of who keeps the root key is no text"))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Who wrapped what lies in a folder that does not say so: as the first secret has it, or a file, if there is a root key in one.
fn inferred(folder: &Path) -> Result<Option<Custody>, StoreError> {
    let secrets = named(&folder.join("tenants"), |path| path.extension().is_some_and(|extension| extension == "key"))?;
    if let Some(path) = secrets.first() {
        let bytes = read_private(path)?;
        let envelope = Envelope::read(&bytes).ok_or_else(|| StoreError::keys(format!("`{}` holds no key", path.display())))?;
        return Ok(Some(Custody::of(envelope.keeper)));
    }
    let roots = named(folder, |path| generation(path).is_some())?;
    Ok((!roots.is_empty()).then(|| Custody::of(FILE)))
}

/// The files of a folder that are wanted, in order. A folder that is not there has none.
fn named(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, StoreError> {
    let unreadable = |error| StoreError::unavailable(format!("the key folder `{}`", folder.display()), error);
    let mut found = Vec::new();
    if exists(folder)? {
        for entry in std::fs::read_dir(folder).map_err(unreadable)? {
            found.push(entry.map_err(unreadable)?.path());
        }
    }
    found.retain(|path| wanted(path));
    found.sort();
    Ok(found)
}
