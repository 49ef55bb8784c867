//! What the journal asks of a disk. Apart from the folder, so that tests can let every single step fail.

use std::io;

use assent_ledger::Files;

/// Files that can be made durable. Paths are relative, with `/` between names, and made by this crate alone.
///
/// Unless it says otherwise, nothing is on the disk for certain before the next [`Disk::sync`]. Syncing many files at once lets the file system bring all of them to
/// the disk in one go, which is several times faster than one after the other.
pub trait Disk: Files + Send + Sync {
    /// Makes or replaces a file, and its folders.
    ///
    /// # Errors
    /// When the disk refuses; the file may then hold anything.
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()>;

    /// Writes bytes at the end of a file of `at` bytes, cutting what lies behind. Makes the file when `at` is 0.
    ///
    /// # Errors
    /// When the file is shorter, or the disk refuses; what lies behind `at` may then be anything.
    fn append(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Makes a file at least this long, with zeros at its end, and brings it to the disk, name and all. Makes it and its folder if it is absent.
    ///
    /// # Errors
    /// When the disk refuses; the file may then be longer than it was, by zeros.
    fn extend(&self, path: &str, bytes: u64) -> io::Result<()>;

    /// Writes bytes over those that a file has, and brings them to the disk.
    ///
    /// # Errors
    /// When the file is too short, or the disk refuses; any part of the bytes may then be there.
    fn overwrite(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Takes a file for changed that was written before, perhaps by a process that was killed.
    ///
    /// # Errors
    /// When it is absent, or the disk refuses.
    fn touch(&self, path: &str) -> io::Result<()>;

    /// Cuts a file that is longer. One that is absent stays so.
    ///
    /// # Errors
    /// When the disk refuses.
    fn truncate(&self, path: &str, bytes: u64) -> io::Result<()>;

    /// Gives a file a new name, in the place of the one that has it.
    ///
    /// # Errors
    /// When the disk refuses.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file, and its folder if that is empty then. One that is absent stays so.
    ///
    /// # Errors
    /// When the disk refuses.
    fn remove(&self, path: &str) -> io::Result<()>;

    /// The names in a folder; none if it is absent.
    ///
    /// # Errors
    /// When the disk refuses.
    fn names(&self, folder: &str) -> io::Result<Vec<String>>;

    /// Brings everything to the disk that was changed since the last call: bytes and names.
    ///
    /// # Errors
    /// When the disk refuses; what was changed may then be on the disk or not.
    fn sync(&self) -> io::Result<()>;

    /// Lets others write to the folder.
    fn release(&self);
}
