//! The redo: two files, written in place, that hold what was committed until the log's own files have it.
//!
//! A commit is one write of a [frame](crate::frame) and one sync of its bytes. The files are made of zeros beforehand, so that neither their
//! length nor their place on the disk changes: the sync then waits for these bytes alone and not for the file system's own journal. When one
//! file is full and the log has everything in the other, writing goes on at the start of the other; otherwise the file grows.
//!
//! Frames are numbered without gaps and name the checkpoint before. So what is read back is a chain, of which a crash can only have kept
//! the end from being finished. Everything else is damage.

use std::collections::BTreeMap;
use std::sync::Arc;

use assent_base::Digest;
use assent_ledger::{Checkpoint, Trust};

use crate::commit::{CommitError, failed};
use crate::disk::Disk;
use crate::frame::{Frame, decode};
use crate::journal::JournalError;
use crate::sector::{Part, SECTOR_BYTES, Sector, pack, packed_bytes, read};

/// The folder of both files. Who copies a log copies it last, and has the copy [recovered](crate::recover).
pub const REDO: &str = "redo";
const PATHS: [&str; 2] = ["redo/0", "redo/1"];
/// As long is a file of the redo at first. It doubles when commits come faster than the log's files are written.
pub const REDO_BYTES_MIN: u64 = 64 * 1024;
/// As long does one become at most; then commits wait for the log's files. It holds the largest commit twice over.
pub const REDO_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Both files, as far as writing goes.
pub(crate) struct Redo {
    disk: Arc<dyn Disk>,
    current: Segment,
    other: Segment,
    next: u64,
}

/// One of the two files.
#[derive(Debug, Clone, Copy)]
struct Segment {
    path: &'static str,
    /// Bytes of the file.
    length: u64,
    /// Bytes that are taken.
    used: u64,
    /// Records in the log after the last frame in it.
    size: u64,
}

/// Where a frame goes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// There is room, or the file may grow.
    Found,
    /// The log's files must have this many records first.
    Waits(u64),
}

impl Redo {
    /// Reads what is there: the last chain of frames, oldest first.
    pub(crate) fn open(disk: Arc<dyn Disk>, trust: &Trust) -> Result<(Self, Vec<Frame>), JournalError> {
        let mut found = Found::default();
        let [first, second] = PATHS;
        let (current, other) = (found.read(disk.as_ref(), first)?, found.read(disk.as_ref(), second)?);
        let newest = found.frames.last_key_value().map(|(number, (path, _))| (*number, *path));
        let chain = chain(found.frames, trust)?;
        let next = found.number_max.map_or(0, |number| number + 1);
        let mut redo = Self { disk, current, other, next };
        // The next frame goes to the start of the file without the newest one, which so stays until that is written.
        if newest.is_some_and(|(_, path)| path == redo.other.path) {
            std::mem::swap(&mut redo.current, &mut redo.other);
        }
        redo.current.used = redo.current.length;
        redo.current.size = chain.last().map_or(0, |frame| frame.checkpoint.size);
        Ok((redo, chain))
    }

    /// Whether a frame of this many bytes can be written when the log's files have `settled` records.
    pub(crate) const fn room(&self, frame_bytes: usize, settled: u64) -> Room {
        let bytes = packed_bytes(frame_bytes) as u64;
        let fits = self.current.used + bytes <= self.current.length;
        if fits || settled >= self.other.size || self.current.used + bytes <= REDO_BYTES_MAX {
            Room::Found
        } else {
            Room::Waits(self.other.size)
        }
    }

    /// Writes a frame that leads to `size` records, and brings it to the disk.
    pub(crate) fn write(&mut self, frame: &[u8], size: u64, settled: u64) -> Result<(), CommitError> {
        let packed = pack(self.next, frame);
        let bytes = packed.len() as u64;
        if self.current.used + bytes > self.current.length && settled >= self.other.size {
            std::mem::swap(&mut self.current, &mut self.other);
            self.current.used = 0;
        }
        self.grow(bytes)?;
        self.disk.overwrite(self.current.path, self.current.used, &packed).map_err(failed(self.current.path))?;
        self.current.used += bytes;
        self.current.size = size;
        self.next += 1;
        Ok(())
    }

    /// Begins a chain at a checkpoint that the log's files have, in the file that does not hold the end of the last chain.
    pub(crate) fn begin(&mut self, frame: &[u8], size: u64) -> Result<(), CommitError> {
        self.current.used = self.current.length;
        self.write(frame, size, u64::MAX)
    }

    fn grow(&mut self, bytes: u64) -> Result<(), CommitError> {
        let needed = self.current.used + bytes;
        if needed > self.current.length {
            let length = needed.next_power_of_two().clamp(REDO_BYTES_MIN, REDO_BYTES_MAX);
            self.disk.extend(self.current.path, length).map_err(failed(self.current.path))?;
            self.current.length = length;
        }
        Ok(())
    }
}

/// What the files hold.
#[derive(Default)]
struct Found {
    /// Whole frames by number: where each lies, and its bytes.
    frames: BTreeMap<u64, (&'static str, Vec<u8>)>,
    /// The highest number of any part.
    number_max: Option<u64>,
}

impl Found {
    fn read(&mut self, disk: &dyn Disk, path: &'static str) -> Result<Segment, JournalError> {
        let bytes_max = usize::try_from(REDO_BYTES_MAX).unwrap_or(usize::MAX);
        let bytes = disk.read_at(path, 0, bytes_max + 1)?.unwrap_or_default();
        if bytes.len() > bytes_max {
            return Err(damaged(path, "is too long"));
        }
        let (sectors, rest) = bytes.as_chunks::<SECTOR_BYTES>();
        // A file that was growing when the power went may end anywhere, in zeros.
        if rest.iter().any(|byte| *byte != 0) {
            return Err(damaged(path, "is cut off"));
        }
        let mut unfinished: Option<(Part<'_>, Vec<u8>)> = None;
        for (sector, at) in sectors.iter().zip(0_usize..) {
            let part = match read(sector) {
                Sector::Empty => None,
                Sector::Part(part) => Some(part),
                Sector::Damaged => return Err(damaged(path, &format!("is damaged at byte {}", at * SECTOR_BYTES))),
            };
            self.number_max = self.number_max.max(part.map(|part| part.number));
            unfinished = match (part, unfinished.take()) {
                (None, _) => None,
                (Some(part), _) if part.index == 0 => Some((part, part.bytes.to_vec())),
                (Some(part), Some((last, mut bytes))) if follows(&last, &part) => {
                    bytes.extend(part.bytes);
                    Some((part, bytes))
                }
                // The end of an older frame, of which the beginning was written over.
                (Some(_), _) => None,
            };
            if let Some((last, bytes)) = unfinished.take_if(|(last, _)| last.index + 1 == last.count)
                && self.frames.insert(last.number, (path, bytes)).is_some()
            {
                return Err(damaged(path, &format!("has frame {} for a second time", last.number)));
            }
        }
        Ok(Segment { path, length: (sectors.len() * SECTOR_BYTES) as u64, used: 0, size: 0 })
    }
}

fn follows(last: &Part<'_>, part: &Part<'_>) -> bool {
    part.number == last.number && part.count == last.count && part.index == last.index + 1
}

/// The frames that follow each other up to the newest, from the last beginning of a chain on.
fn chain(frames: BTreeMap<u64, (&'static str, Vec<u8>)>, trust: &Trust) -> Result<Vec<Frame>, JournalError> {
    let mut chain: Vec<Frame> = Vec::new();
    let mut expected = None;
    for (number, (path, bytes)) in frames.into_iter().rev() {
        if expected.is_some_and(|expected| expected != Some(number)) {
            break;
        }
        expected = Some(number.checked_sub(1));
        let frame = decode(&bytes, trust).ok_or_else(|| damaged(path, &format!("has a frame {number} that was never signed")))?;
        let begins = frame.records.is_empty();
        if let Some(next) = chain.last() {
            let size = frame.checkpoint.size + next.records.len() as u64;
            if next.checkpoint.previous != Some(digest(&frame.checkpoint)) || next.checkpoint.size != size {
                return Err(damaged(path, &format!("has a frame {number} that the next does not follow")));
            }
        }
        chain.push(frame);
        if begins {
            break;
        }
    }
    chain.reverse();
    Ok(chain)
}

/// The frames of a chain that the log's files may not have when they have this checkpoint; none if the chain does not go on from it.
pub(crate) fn after(chain: Vec<Frame>, checkpoint: &Checkpoint) -> Option<Vec<Frame>> {
    let at = chain.iter().position(|frame| frame.checkpoint == *checkpoint).map(|at| at + 1);
    let goes_on = |first: &Frame| !first.records.is_empty() && first.checkpoint.previous == Some(digest(checkpoint));
    let at = at.or_else(|| chain.first().is_some_and(goes_on).then_some(0));
    at.map(|at| chain.into_iter().skip(at).collect())
}

fn digest(checkpoint: &Checkpoint) -> Digest {
    Digest::of(checkpoint.text().as_bytes())
}

fn damaged(path: &str, what: &str) -> JournalError {
    JournalError::Corrupt { what: format!("`{path}` {what}") }
}
