//! One file of the buffer.
//!
//! ```text
//! header  magic (8) · stream (16) · salt (32) · first number (8) · proof of the key (16)
//! frame   length of what follows the count (4) · signals in it (4) · sealed: deflate(length (4) · signal, …)
//! ```
//!
//! Numbers are big-endian. Each segment has a key of its own (HKDF over a random salt), so the nonce is the frame's place in the segment.
//! The header, the first number of the frame and its count are authenticated with it: frames can be neither moved, swapped nor recounted.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use super::{BufferError, BufferKey, FRAME_BYTES_MAX, Kept, SIGNAL_BYTES_MAX, random};

/// Files are for their owner alone.
const FILE_MODE: u32 = 0o600;
const MAGIC: &[u8; 8] = b"ASTBUF01";
const HEADER_BYTES: usize = 80;
const FRAME_HEAD_BYTES: usize = 8;
/// A sealed frame is never larger: deflate adds a little to what it cannot shrink.
const SEALED_BYTES_MAX: usize = FRAME_BYTES_MAX + SIGNAL_BYTES_MAX + (64 << 10);
const SUFFIX: &str = "seg";

/// A file with signals.
#[derive(Debug)]
pub(super) struct Segment {
    path: PathBuf,
    header: [u8; HEADER_BYTES],
    pub(super) first_seq: u64,
    pub(super) next_seq: u64,
    pub(super) bytes: u64,
}

/// Where reading stopped, so that the next batch does not walk the file again.
#[derive(Debug)]
pub(super) struct Cursor {
    segment: u64,
    offset: u64,
    index: u64,
    seq: u64,
}

/// The segment that is being written.
pub(super) struct Writer {
    pub(super) segment: Segment,
    file: File,
    key: LessSafeKey,
    frames: u64,
}

/// What lies in a folder.
#[derive(Default)]
pub(super) struct Found {
    pub(super) segments: VecDeque<Segment>,
    /// Signals of files that cannot be used.
    pub(super) lost: u64,
    pub(super) stream: Option<[u8; 16]>,
}

pub(super) enum ReadError {
    Disk(io::Error),
    /// The bytes are not those that were written.
    Altered,
}

impl From<io::Error> for ReadError {
    fn from(cause: io::Error) -> Self {
        Self::Disk(cause)
    }
}

/// Why no segment can be begun or no frame sealed.
#[derive(Debug, thiserror::Error)]
pub(super) enum WriteError {
    #[error(transparent)]
    Disk(#[from] io::Error),
    #[error("the cipher refuses")]
    Cipher,
}

impl WriteError {
    pub(super) fn at(self, dir: &Path) -> BufferError {
        match self {
            Self::Disk(cause) => BufferError::Disk { dir: dir.to_owned(), cause },
            Self::Cipher => BufferError::NoRandomness,
        }
    }
}

/// Finds the segments of a folder, oldest first, of one stream and readable under the key. What cannot be used is removed and counted.
pub(super) fn find(dir: &Path, key: &BufferKey) -> io::Result<Found> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX));
    paths.sort();
    let mut found = Found::default();
    // The newest says which stream it is.
    for path in paths.into_iter().rev() {
        let segment = Segment::open(&path)?;
        let usable = segment.as_ref().is_some_and(|segment| {
            segment.proves(key) && found.stream.is_none_or(|stream| stream == segment.stream()) && segment.next_seq >= segment.first_seq
        });
        match segment {
            Some(mut segment) if usable => {
                if found.segments.is_empty() {
                    segment.cut_tail(key)?;
                }
                found.stream = Some(segment.stream());
                found.segments.push_front(segment);
            }
            Some(segment) => {
                found.lost += segment.next_seq.saturating_sub(segment.first_seq);
                segment.delete();
            }
            None => std::fs::remove_file(&path)?,
        }
    }
    Ok(found)
}

impl Segment {
    /// Reads the header and counts the frames. Nothing for a file that has no whole header.
    fn open(path: &Path) -> io::Result<Option<Self>> {
        let mut file = File::open(path)?;
        let mut header = [0; HEADER_BYTES];
        if !read_whole(&mut file, &mut header)? || header.get(..8) != Some(MAGIC) {
            return Ok(None);
        }
        let first_seq = number(&header, 56);
        let mut segment = Self { path: path.to_owned(), header, first_seq, next_seq: first_seq, bytes: HEADER_BYTES as u64 };
        let length = file.metadata()?.len();
        while let Some((sealed, count)) = frame_head(&mut file)? {
            let end = segment.bytes + FRAME_HEAD_BYTES as u64 + sealed as u64;
            if sealed > SEALED_BYTES_MAX || end > length {
                break;
            }
            let Some(next_seq) = segment.next_seq.checked_add(u64::from(count)) else { break };
            segment.next_seq = next_seq;
            segment.bytes = end;
            file.seek(SeekFrom::Start(end))?;
        }
        Ok(Some(segment))
    }

    fn stream(&self) -> [u8; 16] {
        self.header.get(8..24).and_then(|bytes| bytes.try_into().ok()).unwrap_or_default()
    }

    fn proves(&self, key: &BufferKey) -> bool {
        proof(key, &self.header).is_some_and(|proof| self.header.get(64..) == Some(&proof))
    }

    /// Keeps what authenticates and cuts the rest: the last write may have been torn.
    fn cut_tail(&mut self, key: &BufferKey) -> io::Result<()> {
        let mut walk = Walk::begin(self, key, None)?;
        while let Ok(Some(frame)) = walk.next_frame() {
            if walk.open(&frame).is_none() {
                walk.offset = frame.offset;
                walk.seq = frame.seq;
                break;
            }
        }
        (self.bytes, self.next_seq) = (walk.offset, walk.seq);
        let file = File::options().write(true).open(&self.path)?;
        if file.metadata()?.len() > self.bytes {
            file.set_len(self.bytes)?;
            file.sync_all()?;
        }
        Ok(())
    }

    /// Signals after a number.
    pub(super) fn read(
        &self,
        key: &BufferKey,
        cursor: Option<&Cursor>,
        after: u64,
        bytes_max: u64,
        signals_max: usize,
    ) -> Result<(Vec<Kept>, Cursor), ReadError> {
        let cursor = cursor.filter(|cursor| cursor.segment == self.first_seq && cursor.seq <= after + 1);
        let mut walk = Walk::begin(self, key, cursor)?;
        let mut kept: Vec<Kept> = Vec::new();
        let mut bytes = 0;
        let mut stand = Cursor { segment: self.first_seq, offset: walk.offset, index: walk.index, seq: walk.seq };
        while let Some(frame) = walk.next_frame()? {
            if frame.seq + u64::from(frame.count) <= after + 1 {
                continue;
            }
            stand = Cursor { segment: self.first_seq, offset: frame.offset, index: frame.index, seq: frame.seq };
            let Some(signals) = walk.open(&frame) else {
                // What stands before it is good.
                return if kept.is_empty() { Err(ReadError::Altered) } else { Ok((kept, stand)) };
            };
            for (seq, signal) in (frame.seq..).zip(signals) {
                if seq <= after {
                    continue;
                }
                bytes += signal.len() as u64;
                if kept.len() >= signals_max || (bytes > bytes_max && !kept.is_empty()) {
                    return Ok((kept, stand));
                }
                kept.push(Kept { seq, bytes: signal });
            }
        }
        // The count of the index said that there is something.
        if kept.is_empty() { Err(ReadError::Altered) } else { Ok((kept, stand)) }
    }

    pub(super) fn delete(&self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "a segment of the buffer could not be removed");
        }
    }
}

/// A frame on its way out of a file.
struct Frame {
    offset: u64,
    index: u64,
    seq: u64,
    count: u32,
    sealed: Vec<u8>,
}

struct Walk<'a> {
    segment: &'a Segment,
    file: File,
    key: Option<LessSafeKey>,
    offset: u64,
    index: u64,
    seq: u64,
}

impl<'a> Walk<'a> {
    fn begin(segment: &'a Segment, key: &BufferKey, cursor: Option<&Cursor>) -> io::Result<Self> {
        let mut file = File::open(&segment.path)?;
        let (offset, index, seq) =
            cursor.map_or((HEADER_BYTES as u64, 0, segment.first_seq), |cursor| (cursor.offset, cursor.index, cursor.seq));
        file.seek(SeekFrom::Start(offset))?;
        Ok(Self { segment, file, key: cipher(key, &segment.header), offset, index, seq })
    }

    fn next_frame(&mut self) -> Result<Option<Frame>, ReadError> {
        if self.offset >= self.segment.bytes {
            return Ok(None);
        }
        let (sealed, count) = frame_head(&mut self.file)?.ok_or(ReadError::Altered)?;
        if sealed > SEALED_BYTES_MAX {
            return Err(ReadError::Altered);
        }
        let mut frame = Frame { offset: self.offset, index: self.index, seq: self.seq, count, sealed: vec![0; sealed] };
        if !read_whole(&mut self.file, &mut frame.sealed)? {
            return Err(ReadError::Altered);
        }
        self.offset += (FRAME_HEAD_BYTES + sealed) as u64;
        self.index += 1;
        self.seq += u64::from(count);
        Ok(Some(frame))
    }

    /// The signals of a frame; nothing if it is not as it was written.
    fn open(&self, frame: &Frame) -> Option<Vec<Vec<u8>>> {
        let mut sealed = frame.sealed.clone();
        let aad = aad(&self.segment.header, frame.seq, frame.count);
        let plain = self.key.as_ref()?.open_in_place(nonce(frame.index), Aad::from(aad), &mut sealed).ok()?;
        let mut bytes = Vec::new();
        let bound = (FRAME_BYTES_MAX + SIGNAL_BYTES_MAX) * 2;
        DeflateDecoder::new(&*plain).take(bound as u64).read_to_end(&mut bytes).ok()?;
        let mut rest = bytes.as_slice();
        let mut signals = Vec::with_capacity(usize::try_from(frame.count).ok()?.min(FRAME_BYTES_MAX));
        while let Some((length, later)) = rest.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (signal, later) = later.split_at_checked(length)?;
            signals.push(signal.to_vec());
            rest = later;
        }
        (rest.is_empty() && signals.len() == usize::try_from(frame.count).ok()?).then_some(signals)
    }
}

impl Writer {
    /// Begins a file and syncs it, so that its number is never given again.
    pub(super) fn begin(dir: &Path, key: &BufferKey, stream: [u8; 16], first_seq: u64) -> Result<Self, WriteError> {
        let salt: [u8; 32] = random().map_err(|_| WriteError::Cipher)?;
        let mut header = [0; HEADER_BYTES];
        let mut fields = header.as_mut_slice();
        fields.write_all(MAGIC)?;
        fields.write_all(&stream)?;
        fields.write_all(&salt)?;
        fields.write_all(&first_seq.to_be_bytes())?;
        let proof = proof(key, &header).ok_or(WriteError::Cipher)?;
        header.iter_mut().skip(64).zip(proof).for_each(|(to, from)| *to = from);
        let key = cipher(key, &header).ok_or(WriteError::Cipher)?;
        let path = dir.join(format!("{first_seq:020}.{SUFFIX}"));
        // Written whole under another name first: a torn header would hide which number comes next.
        let new = dir.join("new");
        let mut file = File::options().write(true).create(true).truncate(true).mode(FILE_MODE).open(&new)?;
        file.write_all(&header)?;
        file.sync_all()?;
        std::fs::rename(&new, &path)?;
        File::open(dir)?.sync_all()?;
        let segment = Segment { path, header, first_seq, next_seq: first_seq, bytes: HEADER_BYTES as u64 };
        Ok(Self { segment, file, key, frames: 0 })
    }

    /// Seals signals as the frame that comes next.
    pub(super) fn seal(&self, signals: &[Vec<u8>], count: u32) -> Result<Vec<u8>, WriteError> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
        for signal in signals {
            let length = u32::try_from(signal.len()).map_err(io::Error::other)?;
            encoder.write_all(&length.to_be_bytes())?;
            encoder.write_all(signal)?;
        }
        let mut sealed = encoder.finish()?;
        let aad = aad(&self.segment.header, self.segment.next_seq, count);
        self.key.seal_in_place_append_tag(nonce(self.frames), Aad::from(aad), &mut sealed).map_err(|_| WriteError::Cipher)?;
        let length = u32::try_from(sealed.len()).map_err(io::Error::other)?;
        let mut frame = Vec::with_capacity(FRAME_HEAD_BYTES + sealed.len());
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(&count.to_be_bytes());
        frame.append(&mut sealed);
        Ok(frame)
    }

    /// Writes a sealed frame. After a failure the file is as it was before, or the frame is written again over it.
    pub(super) fn write(&mut self, frame: &[u8], count: u32) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.segment.bytes))?;
        self.file.write_all(frame)?;
        self.segment.bytes += frame.len() as u64;
        self.segment.next_seq += u64::from(count);
        self.frames += 1;
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

fn cipher(key: &BufferKey, header: &[u8; HEADER_BYTES]) -> Option<LessSafeKey> {
    let info = [b"segment".as_slice(), header.get(..64)?];
    let okm = key.0.expand(&info, &AES_256_GCM).ok()?;
    Some(LessSafeKey::new(UnboundKey::from(okm)))
}

/// Bytes that only the holder of the key can write, and that say nothing of the segment's key.
fn proof(key: &BufferKey, header: &[u8; HEADER_BYTES]) -> Option<[u8; 16]> {
    let info = [b"proof".as_slice(), header.get(..64)?];
    let mut proof = [0; 32];
    key.0.expand(&info, aws_lc_rs::hkdf::HKDF_SHA256).ok()?.fill(&mut proof).ok()?;
    proof.first_chunk().copied()
}

fn nonce(index: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes.iter_mut().skip(4).zip(index.to_be_bytes()).for_each(|(to, from)| *to = from);
    Nonce::assume_unique_for_key(bytes)
}

fn aad(header: &[u8; HEADER_BYTES], seq: u64, count: u32) -> Vec<u8> {
    [header.as_slice(), &seq.to_be_bytes(), &count.to_be_bytes()].concat()
}

fn number(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes)
}

fn frame_head(file: &mut File) -> io::Result<Option<(usize, u32)>> {
    let mut head = [0; FRAME_HEAD_BYTES];
    if !read_whole(file, &mut head)? {
        return Ok(None);
    }
    let both = u64::from_be_bytes(head);
    let count = u32::try_from(both & u64::from(u32::MAX)).map_err(io::Error::other)?;
    Ok(Some((usize::try_from(both >> 32).map_err(io::Error::other)?, count)))
}

/// Whether there was so much.
fn read_whole(file: &mut File, into: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(into) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
