//! What the core knows of files: names, and bytes behind them.

/// The newest checkpoint, signed by the log and by its witnesses.
pub const CHECKPOINT: &str = "checkpoint";
/// Every checkpoint there ever was, oldest first, each signed by the log.
pub const HISTORY: &str = "checkpoints";

/// The files of a log, wherever they are: a folder, an archive, a test.
pub trait Files {
    /// Up to `bytes_max` bytes from `offset` on, fewer only where the file ends; none if there is no such file.
    ///
    /// # Errors
    /// When the file may be there but cannot be read.
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable>;

    /// How long a file is; none if there is no such file.
    ///
    /// # Errors
    /// When the file may be there but cannot be looked at.
    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable>;
}

/// A file that could not be read. It says nothing about whether the log is sound.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read `{path}`: {cause}")]
pub struct Unreadable {
    /// Which file.
    pub path: String,
    /// What the system said.
    pub cause: String,
}

impl<F: Files + ?Sized> Files for &F {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        (**self).read_at(path, offset, bytes_max)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        (**self).length(path)
    }
}

/// What [`Files::read_at`] gives of bytes that are all at hand.
#[must_use]
pub fn part(bytes: &[u8], offset: u64, bytes_max: usize) -> &[u8] {
    let rest = usize::try_from(offset).ok().and_then(|from| bytes.get(from..)).unwrap_or_default();
    rest.get(..bytes_max).unwrap_or(rest)
}

/// The whole of a file of at most `bytes_max` bytes. A longer one gives one byte more than that, which no reader takes for right.
///
/// # Errors
/// As [`Files::read_at`].
pub fn read_whole(files: &impl Files, path: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
    files.read_at(path, 0, bytes_max + 1)
}
