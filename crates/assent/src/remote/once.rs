//! Secrets that are shown once: on standard output, or into a file that its owner alone can read.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;

use crate::print;
use crate::render::text::printable;

/// Where a secret goes.
#[derive(Debug, Args)]
pub(super) struct Once {
    /// Write the secret into this new file, which you alone can read, and not to standard output.
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
}

impl Once {
    /// Whether it goes into a file.
    pub(super) fn is_file(&self) -> bool {
        self.to_file.is_some()
    }

    /// Makes the file. Before the secret is asked for: one that can then not be written would be lost.
    pub(super) fn open(&self) -> anyhow::Result<Place> {
        self.to_file.as_deref().map(Owned::create).transpose().map(Place)
    }
}

/// Where a secret goes, ready to take it.
pub(super) struct Place(Option<Owned>);

impl Place {
    /// Gives the secret away.
    pub(super) fn take(self, secret: &str) -> anyhow::Result<u8> {
        match self.0 {
            Some(file) => file.keep(format!("{secret}\n").as_bytes()).map(|()| 0),
            None => print(&format!("{}\n", printable(secret))),
        }
    }
}

/// A new file for its owner alone. What is not kept is removed again.
pub(super) struct Owned {
    path: PathBuf,
    file: File,
    is_kept: bool,
}

impl Owned {
    /// Makes one. A file that is there already stays as it is.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        let place = || format!("cannot write {}", path.display());
        let file = File::options().write(true).create_new(true).mode(0o600).open(path).with_context(place)?;
        Ok(Self { path: path.to_owned(), file, is_kept: false })
    }

    /// The file, to write to.
    pub(super) fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// Writes what it is for, onto the disk.
    pub(super) fn keep(mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        // Whatever came of it: a part of a secret tells more than none.
        self.is_kept = true;
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if !self.is_kept {
            // It holds nothing, and whoever looks for it finds out soon enough.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_secret_goes_into_a_file_of_its_owner_alone_and_over_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let once = Once { to_file: Some(folder.path().join("token")) };
        drop(once.open().unwrap());
        assert!(!folder.path().join("token").exists(), "nothing was given");
        once.open().unwrap().take("a secret").unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("token")).unwrap(), "a secret\n");
        assert_eq!(std::fs::metadata(folder.path().join("token")).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(once.open().is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join("token")).unwrap(), "a secret\n", "as it was");
    }
}
