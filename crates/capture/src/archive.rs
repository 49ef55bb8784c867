//! Archives: tar, gzip and zip, read as they come and never written anywhere.
//!
//! An archive is what a stranger packed. Paths that lead out of it, links that do, devices, and archives that unpack to far more than
//! they are, are refused one by one; all else is read. Nothing is trusted to be as long as it says.
//! Errors: [`Fatal`] only when nothing at all could be read. An archive that breaks off gives what came before.

use std::io::{self, Read};

use flate2::bufread::DeflateDecoder;
use flate2::read::MultiGzDecoder;

use crate::files::Intake;
use crate::limits::{Limits, Meter};
use crate::set::CaptureSet;

/// How much of a header record of a tar, such as a long name, is read.
const HEADER_BYTES_MAX: u64 = 64 * 1024;

/// Why nothing of an archive could be read.
#[derive(Debug, thiserror::Error)]
pub enum Fatal {
    /// The first bytes are none of an archive's.
    #[error("`{name}` is no archive: expected tar, tar.gz, tgz or zip. Give the file that the collector wrote, or a folder")]
    NotAnArchive {
        /// The archive.
        name: String,
    },
    /// It is an archive, but no file came out of it.
    #[error("nothing in `{name}` could be read: {why}. Copy or collect it again")]
    Nothing {
        /// The archive.
        name: String,
        /// The first thing that went wrong.
        why: String,
    },
}

/// Reads all files of an archive. A zip, whose table of contents stands at its end, is held in memory.
///
/// # Errors
/// When nothing at all could be read.
pub fn read_archive(set: &mut CaptureSet, name: &str, mut from: impl Read, limits: &Limits) -> Result<(), Fatal> {
    let mut head = Vec::new();
    let begun = from.by_ref().take(512).read_to_end(&mut head);
    if let (Err(error), true) = (&begun, head.is_empty()) {
        return Err(Fatal::Nothing { name: name.to_owned(), why: error.to_string() });
    }
    let Some(packing) = packing(&head) else { return Err(Fatal::NotAnArchive { name: name.to_owned() }) };
    let before = (set.sources.len(), set.problems.len());
    let mut intake = Intake::new(set, limits);
    unpack(&mut intake, "", packing, &mut head.chain(from), 1);
    let passed_over = intake.finish();
    outcome(set, name, before, passed_over)
}

fn outcome(set: &CaptureSet, name: &str, before: (usize, usize), passed_over: u64) -> Result<(), Fatal> {
    if set.sources.len() > before.0 || passed_over > 0 {
        return Ok(());
    }
    let why = set.problems.get(before.1).map_or("it holds no files".to_owned(), |problem| problem.what.to_string());
    Err(Fatal::Nothing { name: name.to_owned(), why })
}

/// How files are packed into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Tar,
    Zip,
}

/// Tells an archive by its first bytes.
pub(crate) fn packing(head: &[u8]) -> Option<Packing> {
    if head.starts_with(&[0x1f, 0x8b, 8]) {
        return Some(Packing::Gzip);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Some(Packing::Zip);
    }
    head.get(257..262).is_some_and(|magic| magic == b"ustar").then_some(Packing::Tar)
}

/// Reads what is packed. `path` is where the archive stands, empty for the input itself.
pub(crate) fn unpack(intake: &mut Intake<'_>, path: &str, packing: Packing, from: &mut dyn Read, nesting: u32) {
    if nesting > intake.limits.archive_nesting_max {
        return intake.problem(path, format!("not read: an archive within {} others", nesting - 1));
    }
    match packing {
        Packing::Gzip => gzip(intake, path, from, nesting),
        Packing::Tar => tar(intake, path, from, nesting),
        Packing::Zip => {
            let mut bytes = Vec::new();
            let limit = intake.limits.structured_bytes_max;
            match from.take(limit + 1).read_to_end(&mut bytes) {
                _ if bytes.len() as u64 > limit => {
                    intake.problem(path, format!("not read: a zip larger than {limit} bytes; unpack it first"))
                }
                Err(error) => intake.problem(path, format!("breaks off after {} bytes: {error}", bytes.len())),
                Ok(_) => {
                    if let Err(error) = zip(intake, path, &bytes, nesting) {
                        intake.problem(path, format!("no complete zip archive: {error}"));
                    }
                }
            }
        }
    }
}

/// Reads a gzip. A compressed tar counts as one archive.
fn gzip(intake: &mut Intake<'_>, path: &str, from: &mut dyn Read, nesting: u32) {
    let packed = Meter::new(from, u64::MAX);
    let mut unpacked = Expanding {
        decoder: MultiGzDecoder::new(packed),
        bytes: 0,
        free: intake.limits.expansion_free_bytes,
        ratio_max: intake.limits.expansion_ratio_max,
    };
    let mut head = Vec::new();
    if let Err(error) = unpacked.by_ref().take(512).read_to_end(&mut head)
        && head.is_empty()
    {
        return intake.problem(path, format!("not read: {error}"));
    }
    match self::packing(&head) {
        Some(Packing::Tar) => tar(intake, path, &mut head.chain(unpacked), nesting),
        _ => {
            let inner = path.strip_suffix(".gz").unwrap_or(if path.is_empty() { "-" } else { path });
            intake.entry(inner, &mut head.chain(unpacked), nesting);
        }
    }
}

/// Fails when too much comes out of too little.
struct Expanding<R: Read> {
    decoder: MultiGzDecoder<Meter<R>>,
    bytes: u64,
    free: u64,
    ratio_max: u64,
}

impl<R: Read> Read for Expanding<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let got = self.decoder.read(into)?;
        self.bytes += got as u64;
        if self.bytes > self.free && self.bytes / self.ratio_max.max(1) > self.decoder.get_ref().bytes {
            let what = format!("it unpacks to more than {} times its size, as no capture does", self.ratio_max);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(got)
    }
}

fn tar(intake: &mut Intake<'_>, path: &str, from: &mut dyn Read, nesting: u32) {
    if let Err(error) = tar_entries(intake, path, from, nesting) {
        let place = if path.is_empty() { "archive" } else { path };
        intake.problem(place, format!("the archive breaks off: {error}. What came before is read"));
    }
}

/// Reads the entries themselves, so that a name is never longer than a name.
fn tar_entries(intake: &mut Intake<'_>, path: &str, from: &mut dyn Read, nesting: u32) -> io::Result<()> {
    let mut archive = tar::Archive::new(from);
    let mut long_name: Option<String> = None;
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
            let mut record = Vec::new();
            entry.by_ref().take(HEADER_BYTES_MAX).read_to_end(&mut record)?;
            long_name = if kind.is_gnu_longname() { Some(text_of(&record)) } else { pax_path(&record).or(long_name) };
            continue;
        }
        if kind.is_pax_global_extensions() || kind.is_gnu_longlink() {
            continue;
        }
        let name = long_name.take().unwrap_or_else(|| text_of(&entry.header().path_bytes()));
        let inner = match inside(&name) {
            Some(inner) => joined(path, &inner),
            None => {
                intake.problem(&name, "not read: its path leads out of the archive");
                continue;
            }
        };
        if kind.is_symlink() || kind.is_hard_link() {
            let target = entry.header().link_name_bytes().map(|bytes| text_of(&bytes)).unwrap_or_default();
            if link_leads_out(&name, &target, kind.is_hard_link()) {
                intake.problem(&inner, format!("not followed: a link out of the archive, to `{target}`"));
            }
        } else if kind.is_dir() {
            // Folders show in the paths of their files.
        } else if kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse() {
            intake.entry(&inner, &mut entry, nesting);
        } else {
            intake.problem(&inner, "not read: a device, pipe or socket");
        }
    }
    Ok(())
}

fn zip(intake: &mut Intake<'_>, path: &str, bytes: &[u8], nesting: u32) -> Result<(), rawzip::Error> {
    let archive = rawzip::ZipArchive::from_slice(bytes)?;
    let mut entries = archive.entries();
    while let Some(entry) = entries.next_entry()? {
        let name = String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned();
        let Some(inner) = inside(&name).map(|inner| joined(path, &inner)) else {
            intake.problem(&name, "not read: its path leads out of the archive");
            continue;
        };
        if entry.is_dir() {
            continue;
        }
        if entry.mode().is_symlink() {
            intake.problem(&inner, "not followed: a link");
            continue;
        }
        let stored = match archive.get_entry(entry.wayfinder()) {
            Ok(stored) => stored,
            Err(error) => {
                intake.problem(&inner, format!("not read: {error}"));
                continue;
            }
        };
        let packed = stored.data().len() as u64;
        let allowed = packed.saturating_mul(intake.limits.expansion_ratio_max).max(intake.limits.expansion_free_bytes);
        if entry.uncompressed_size_hint() > allowed {
            intake.problem(&inner, format!("not read: it unpacks to more than {} times its size", intake.limits.expansion_ratio_max));
            continue;
        }
        match entry.compression_method() {
            rawzip::CompressionMethod::STORE => {
                intake.entry(&inner, &mut Meter::new(&mut stored.verifying_reader(stored.data()), allowed), nesting)
            }
            rawzip::CompressionMethod::DEFLATE => {
                let mut unpacked = stored.verifying_reader(DeflateDecoder::new(stored.data()));
                intake.entry(&inner, &mut Meter::new(&mut unpacked, allowed), nesting);
            }
            method => intake.problem(&inner, format!("not read: packed by method {method:?}; pack it again with deflate")),
        }
    }
    Ok(())
}

fn text_of(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()
}

/// The path of an extended header: records of the form `LENGTH KEY=VALUE`.
fn pax_path(record: &[u8]) -> Option<String> {
    tar::PaxExtensions::new(record).flatten().find(|extension| extension.key_bytes() == b"path").map(|found| text_of(found.value_bytes()))
}

/// A path made plain; none when it leads out of the archive.
fn inside(path: &str) -> Option<String> {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if path.starts_with(['/', '\\']) || drive || path.split(['/', '\\']).any(|part| part == "..") {
        return None;
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    Some(parts.join("/"))
}

fn joined(path: &str, inner: &str) -> String {
    if path.is_empty() { inner.to_owned() } else { format!("{path}/{inner}") }
}

/// Whether a link names something outside. Symbolic links are relative to their folder, hard links to the archive.
fn link_leads_out(name: &str, target: &str, hard: bool) -> bool {
    let mut depth = if hard { 0 } else { name.split('/').filter(|part| !part.is_empty() && *part != ".").count() as i64 - 1 };
    target.starts_with('/')
        || target.split('/').any(|part| {
            depth += match part {
                "" | "." => 0,
                ".." => -1,
                _ => 1,
            };
            depth < 0
        })
}
