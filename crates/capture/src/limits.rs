//! How much of an input is read, so that no input can use up the machine.

use std::io::{self, Read};

/// Bounds on one input. All can be set; the defaults fit a workstation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of one file that is parsed as a whole: JSON, YAML, tables, transcripts. Logs have no such bound, they are streamed.
    pub structured_bytes_max: u64,
    /// Size of all files together, after decompression.
    pub input_bytes_max: u64,
    /// How many files are read.
    pub files_max: u64,
    /// How many bytes a compressed byte may become, once more than [`Limits::expansion_free_bytes`] came out.
    pub expansion_ratio_max: u64,
    /// What may come out of an archive before its expansion is looked at: text compresses well.
    pub expansion_free_bytes: u64,
    /// Length of a path inside the input.
    pub path_bytes_max: usize,
    /// How deep archives may stand in archives. The outermost is 1.
    pub archive_nesting_max: u32,
    /// How many single files get a problem of their own; the rest are counted.
    pub problems_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            structured_bytes_max: 256 << 20,
            input_bytes_max: 4 << 30,
            files_max: 200_000,
            expansion_ratio_max: 200,
            expansion_free_bytes: 64 << 20,
            path_bytes_max: 4096,
            archive_nesting_max: 2,
            problems_max: 500,
        }
    }
}

/// Counts what is read, and fails where too much is.
pub(crate) struct Meter<R> {
    pub(crate) from: R,
    pub(crate) bytes: u64,
    left: u64,
}

impl<R> Meter<R> {
    pub(crate) fn new(from: R, bytes_max: u64) -> Self {
        Self { from, bytes: 0, left: bytes_max }
    }
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !into.is_empty() {
            // Only a reader that has more to give is over the limit.
            return match self.from.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(io::Error::other("the limit on bytes in all is reached")),
            };
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let got = self.from.read(into.get_mut(..room).unwrap_or_default())?;
        self.bytes += got as u64;
        self.left -= got as u64;
        Ok(got)
    }
}
