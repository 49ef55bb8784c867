//! What was seen and is not yet with the platform: sealed segment files, bounded, oldest first out.
//!
//! Signals are numbered from 1. A number is given once, also over restarts: the name of the newest segment says where numbering goes on,
//! so the newest segment is never removed. What was evicted leaves a hole in the numbers, and the hole is how it is told: whoever reads
//! sees that the next signal is not the next number, and knows how many are missing, with nothing to keep for it.
//!
//! ```text
//! 00000000000000000001.seg   signals 1 to 4012      acknowledged up to here: removed
//! 00000000000000004013.seg   signals 4013 to 7990   being sent
//! 00000000000000007991.seg   signals 7991 to …      being written
//! ```
//!
//! Files are for their owner alone: 0600, in a folder of 0700. Who else can write the folder can take them away, and that is counted.
//!
//! Units: sizes in bytes on disk. One `append` is one sync of the disk.
//! Errors: a disk that takes nothing loses the signals of that call, counted, and never those before it. A torn tail is cut when the buffer
//! is opened; a segment that does not open under the key, or fails in its middle, is lost and counted.

mod segment;

use std::collections::VecDeque;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use assent_base::Secret;
use aws_lc_rs::rand;

use self::segment::{Cursor, Found, Segment, Writer};

/// Bytes that one signal may have.
pub const SIGNAL_BYTES_MAX: usize = 1 << 20;
/// Bytes of signals that are sealed together, before compression.
const FRAME_BYTES_MAX: usize = 512 << 10;
/// A buffer of fewer bytes than this holds no signal of the largest size.
pub const BUFFER_BYTES_MIN: u64 = 4 << 20;
/// The folder is its owner's alone. One that is there already, as a pod's volume is, stays as it is.
const FOLDER_MODE: u32 = 0o700;
/// Segments that a full buffer has, about: what eviction takes at once is one of them.
const SEGMENTS: u64 = 16;

/// Why the buffer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BufferError {
    /// The folder cannot be read or written.
    #[error("the buffer in `{}` cannot be used", dir.display())]
    Disk {
        /// The folder.
        dir: PathBuf,
        /// What happened.
        #[source]
        cause: std::io::Error,
    },
    /// The bound is too small.
    #[error("a buffer of {0} bytes is too small: it takes {BUFFER_BYTES_MIN} at least")]
    TooSmall(u64),
    /// The cryptography failed, which it does for want of randomness only.
    #[error("no randomness for a key")]
    NoRandomness,
}

/// The key of a buffer. Segments have keys of their own, made from this one and a salt.
pub struct BufferKey(aws_lc_rs::hkdf::Prk);

impl BufferKey {
    /// Makes the key from the observer's key.
    #[must_use]
    pub fn of(key: &Secret) -> Self {
        let salt = aws_lc_rs::hkdf::Salt::new(aws_lc_rs::hkdf::HKDF_SHA256, b"assent observer buffer 1");
        Self(salt.extract(key.expose().as_bytes()))
    }
}

/// A signal as it is kept: its number and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The number.
    pub seq: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// The buffer.
pub struct Buffer {
    dir: PathBuf,
    bytes_max: u64,
    key: BufferKey,
    stream: [u8; 16],
    /// Older segments, oldest first.
    sealed: VecDeque<Segment>,
    writer: Writer,
    acknowledged: u64,
    evicted: u64,
    cursor: Option<Cursor>,
    /// The tail of the newest segment is not known to be whole, or numbers were skipped: the next append begins a segment.
    begin_anew: bool,
    next_seq: u64,
}

impl Buffer {
    /// Opens the buffer in a folder, or begins one.
    ///
    /// # Errors
    /// When the folder cannot be used or the bound is too small.
    pub fn open(dir: &Path, bytes_max: u64, key: BufferKey) -> Result<Self, BufferError> {
        if bytes_max < BUFFER_BYTES_MIN {
            return Err(BufferError::TooSmall(bytes_max));
        }
        let disk = |cause| BufferError::Disk { dir: dir.to_owned(), cause };
        std::fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(dir).map_err(disk)?;
        let Found { mut segments, lost, stream } = segment::find(dir, &key).map_err(disk)?;
        let (stream, next_seq) = match (stream, segments.back()) {
            (Some(stream), Some(last)) => (stream, last.next_seq),
            // Nothing can be read under this key: another stream, whose first numbers stand for what is lost.
            _ => {
                segments.clear();
                (random()?, lost + 1)
            }
        };
        let writer = Writer::begin(dir, &key, stream, next_seq).map_err(|error| error.at(dir))?;
        // Beginning at the same number replaces the file: nothing was in it.
        segments.retain(|segment| segment.first_seq < next_seq);
        let mut buffer = Self {
            dir: dir.to_owned(),
            bytes_max,
            key,
            stream,
            acknowledged: 0,
            evicted: lost,
            sealed: segments,
            writer,
            cursor: None,
            begin_anew: false,
            next_seq,
        };
        buffer.make_room(0);
        Ok(buffer)
    }

    /// The name of the stream that the numbers belong to: 32 hexadecimal digits.
    #[must_use]
    pub fn stream(&self) -> String {
        hex::encode(self.stream)
    }

    /// The number that was given last; 0 for none.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.next_seq - 1
    }

    /// The number up to which the platform has everything.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Bytes on disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.sealed.iter().map(|segment| segment.bytes).sum::<u64>() + self.writer.segment.bytes
    }

    /// Bytes of the segments in which something is not acknowledged.
    #[must_use]
    pub fn waiting_bytes(&self) -> u64 {
        if self.acknowledged == self.last_seq() { 0 } else { self.bytes() }
    }

    /// Bytes on disk at most.
    #[must_use]
    pub fn bytes_max(&self) -> u64 {
        self.bytes_max
    }

    /// Signals that were lost since the buffer was opened, or found lost then.
    #[must_use]
    pub fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Keeps signals. When this returns they are on disk. Gives the number of the last one.
    ///
    /// # Errors
    /// When the disk takes nothing. These signals are lost then, and counted.
    pub fn append(&mut self, signals: &[Vec<u8>]) -> Result<u64, BufferError> {
        let mut rest = signals;
        while !rest.is_empty() {
            let (frame, later) = rest.split_at(frame_len(rest));
            if let Err(cause) = self.append_frame(frame) {
                self.skip(rest.len() as u64);
                return Err(BufferError::Disk { dir: self.dir.clone(), cause });
            }
            rest = later;
        }
        self.writer.sync().map_err(|cause| {
            self.begin_anew = true;
            BufferError::Disk { dir: self.dir.clone(), cause }
        })?;
        Ok(self.last_seq())
    }

    fn append_frame(&mut self, frame: &[Vec<u8>]) -> std::io::Result<()> {
        let count = u32::try_from(frame.len()).map_err(std::io::Error::other)?;
        let segment_bytes_max = self.bytes_max / SEGMENTS;
        if self.begin_anew || self.writer.segment.bytes >= segment_bytes_max {
            self.roll()?;
        }
        let sealed = self.writer.seal(frame, count).map_err(std::io::Error::other)?;
        self.make_room(sealed.len() as u64);
        if let Err(error) = self.writer.write(&sealed, count) {
            // The oldest goes, and room is tried once more: another tenant of the disk may have filled it.
            if !self.evict_oldest() {
                return Err(error);
            }
            self.writer.write(&sealed, count)?;
        }
        self.next_seq += u64::from(count);
        Ok(())
    }

    /// Signals after this number, oldest first, with no hole between them; there may be one before them. Nothing if there are none.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn after(&mut self, seq: u64, bytes_max: u64, signals_max: usize) -> Result<Vec<Kept>, BufferError> {
        loop {
            let from = self.sealed.iter().find(|segment| segment.next_seq > seq + 1);
            let is_sealed = from.is_some();
            let segment = from.unwrap_or(&self.writer.segment);
            if segment.next_seq <= segment.first_seq.max(seq + 1) {
                return Ok(Vec::new());
            }
            let first_seq = segment.first_seq;
            match segment.read(&self.key, self.cursor.as_ref(), seq, bytes_max, signals_max) {
                Ok((kept, cursor)) => {
                    self.cursor = Some(cursor);
                    return Ok(kept);
                }
                Err(segment::ReadError::Disk(cause)) => return Err(BufferError::Disk { dir: self.dir.clone(), cause }),
                Err(segment::ReadError::Altered) => {
                    if !is_sealed {
                        self.roll().map_err(|cause| BufferError::Disk { dir: self.dir.clone(), cause })?;
                    }
                    self.remove(first_seq);
                }
            }
        }
    }

    /// The platform has everything up to this number: segments that lie before it go.
    pub fn acknowledge(&mut self, seq: u64) {
        self.acknowledged = self.acknowledged.max(seq.min(self.last_seq()));
        while self.sealed.front().is_some_and(|segment| segment.next_seq <= self.acknowledged + 1) {
            if let Some(segment) = self.sealed.pop_front() {
                segment.delete();
            }
        }
    }

    /// Begins another stream: the platform knows more of this one than is here, so this buffer is an older copy of itself.
    ///
    /// # Errors
    /// When the disk takes nothing.
    pub fn restart(&mut self) -> Result<(), BufferError> {
        let lost = self.last_seq().saturating_sub(self.acknowledged);
        self.stream = random()?;
        let writer = Writer::begin(&self.dir, &self.key, self.stream, self.next_seq).map_err(|error| error.at(&self.dir))?;
        for segment in self.sealed.drain(..) {
            segment.delete();
        }
        let old = std::mem::replace(&mut self.writer, writer);
        if old.segment.first_seq != self.next_seq {
            old.segment.delete();
        }
        self.evicted += lost;
        self.acknowledged = self.last_seq();
        self.cursor = None;
        self.begin_anew = false;
        Ok(())
    }

    /// Numbers that were given to signals that are not here.
    fn skip(&mut self, signals: u64) {
        self.next_seq += signals;
        self.evicted += signals;
        self.begin_anew = true;
    }

    fn roll(&mut self) -> std::io::Result<()> {
        let writer = Writer::begin(&self.dir, &self.key, self.stream, self.next_seq).map_err(std::io::Error::other)?;
        let old = std::mem::replace(&mut self.writer, writer);
        self.begin_anew = false;
        if old.segment.first_seq < old.segment.next_seq {
            self.sealed.push_back(old.segment);
        } else if old.segment.first_seq < self.next_seq {
            old.segment.delete();
        }
        Ok(())
    }

    fn make_room(&mut self, bytes: u64) {
        while self.bytes() + bytes > self.bytes_max && self.evict_oldest() {}
    }

    fn evict_oldest(&mut self) -> bool {
        let Some(first_seq) = self.sealed.front().map(|segment| segment.first_seq) else { return false };
        self.remove(first_seq);
        true
    }

    fn remove(&mut self, first_seq: u64) {
        let Some(index) = self.sealed.iter().position(|segment| segment.first_seq == first_seq) else { return };
        if let Some(segment) = self.sealed.remove(index) {
            let from = segment.first_seq.max(self.acknowledged + 1);
            self.evicted += segment.next_seq.saturating_sub(from);
            segment.delete();
        }
        self.cursor = None;
    }
}

/// How many of these signals make the next frame.
fn frame_len(signals: &[Vec<u8>]) -> usize {
    let mut bytes = 0;
    let fitting = signals.iter().take_while(|signal| {
        bytes += signal.len();
        bytes <= FRAME_BYTES_MAX
    });
    fitting.count().max(1)
}

fn random<const N: usize>() -> Result<[u8; N], BufferError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| BufferError::NoRandomness)?;
    Ok(bytes)
}
