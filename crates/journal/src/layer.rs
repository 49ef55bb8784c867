//! What is committed and not in the log's files yet: held in memory, and laid over the files for whoever reads.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use assent_ledger::{Files, HISTORY, Unreadable, part};

use crate::disk::Disk;

/// New files, and new ends of files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layer {
    /// Whole files.
    files: BTreeMap<String, Arc<Vec<u8>>>,
    /// Ends of files, in their order.
    tails: BTreeMap<String, Vec<Tail>>,
}

/// Bytes behind those that a file has. They only grow, so whoever holds a tail sees the bytes there were when they took it.
#[derive(Debug, Clone)]
struct Tail {
    at: u64,
    bytes: Arc<RwLock<Vec<u8>>>,
    length: usize,
}

impl Layer {
    /// A layer under which the history ends here.
    pub(crate) fn above(history_bytes: u64) -> Self {
        let mut layer = Self::default();
        layer.append(HISTORY, history_bytes, &[]);
        layer
    }

    /// Adds a whole file.
    pub(crate) fn file(&mut self, path: String, bytes: Vec<u8>) {
        self.files.insert(path, Arc::new(bytes));
    }

    /// Adds bytes to a file that has `at` bytes by now.
    pub(crate) fn append(&mut self, path: &str, at: u64, bytes: &[u8]) {
        let tails = self.tails.entry(path.to_owned()).or_default();
        match tails.last_mut().filter(|last| last.at + last.length as u64 == at) {
            Some(last) => {
                last.bytes.write().unwrap_or_else(PoisonError::into_inner).extend(bytes);
                last.length += bytes.len();
            }
            None => tails.push(Tail { at, bytes: Arc::new(RwLock::new(bytes.to_vec())), length: bytes.len() }),
        }
    }

    /// This layer over another.
    pub(crate) fn over(&self, below: &Self) -> Self {
        let mut both = below.clone();
        both.files.extend(self.files.iter().map(|(path, bytes)| (path.clone(), Arc::clone(bytes))));
        for (path, tails) in &self.tails {
            both.tails.entry(path.clone()).or_default().extend(tails.iter().cloned());
        }
        both
    }

    /// Its whole files.
    pub(crate) fn files(&self) -> impl Iterator<Item = (&String, &[u8])> {
        self.files.iter().map(|(path, bytes)| (path, bytes.as_slice()))
    }

    /// Its ends of files: where each begins, and its bytes.
    pub(crate) fn tails(&self) -> impl Iterator<Item = (&String, u64, Vec<u8>)> {
        self.tails.iter().flat_map(|(path, tails)| tails.iter().map(move |tail| (path, tail.at, tail.part(0, tail.length))))
    }
}

impl Tail {
    fn part(&self, offset: usize, bytes_max: usize) -> Vec<u8> {
        let bytes = self.bytes.read().unwrap_or_else(PoisonError::into_inner);
        let known = bytes.get(..self.length).unwrap_or(&bytes);
        part(known, offset as u64, bytes_max).to_vec()
    }
}

/// Files with a layer over them.
pub(crate) struct View<'a> {
    pub(crate) disk: &'a dyn Disk,
    pub(crate) layer: &'a Layer,
}

impl Files for View<'_> {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        if let Some(bytes) = self.layer.files.get(path) {
            return Ok(Some(part(bytes, offset, bytes_max).to_vec()));
        }
        let Some(tails) = self.layer.tails.get(path) else { return self.disk.read_at(path, offset, bytes_max) };
        let on_disk = tails.first().map_or(0, |first| first.at);
        let below = usize::try_from(on_disk.saturating_sub(offset)).unwrap_or(usize::MAX).min(bytes_max);
        let mut bytes = match below {
            0 => Vec::new(),
            below => self.disk.read_at(path, offset, below)?.unwrap_or_default(),
        };
        // A file that is shorter than it was is damaged: then nothing follows on it.
        for tail in tails {
            let next = offset + bytes.len() as u64;
            if next < tail.at {
                break;
            }
            bytes.extend(tail.part(usize::try_from(next - tail.at).unwrap_or(usize::MAX), bytes_max - bytes.len()));
        }
        Ok(Some(bytes))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        if let Some(bytes) = self.layer.files.get(path) {
            return Ok(Some(bytes.len() as u64));
        }
        match self.layer.tails.get(path).and_then(|tails| tails.last()) {
            Some(last) => Ok(Some(last.at + last.length as u64)),
            None => self.disk.length(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::Folder;

    #[test]
    fn a_file_reads_through_all_layers_as_it_was_when_they_were_taken() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Folder::open(folder.path()).unwrap().unwrap();
        disk.write("payload/000", b"on disk, and more").unwrap();
        let mut first = Layer::above(0);
        first.append("payload/000", 7, b" first");
        let mut second = Layer::default();
        second.append("payload/000", 13, b" second");
        second.file("tile/0/000".to_owned(), b"hashes".to_vec());
        let layer = second.over(&first);
        second.append("payload/000", 20, b" third");
        let view = View { disk: &disk, layer: &layer };
        let read = |offset, bytes_max| String::from_utf8(view.read_at("payload/000", offset, bytes_max).unwrap().unwrap()).unwrap();
        assert_eq!(read(0, 99), "on disk first second");
        assert_eq!(
            (read(3, 7), read(9, 6), read(14, 99), read(20, 9)),
            ("disk fi".to_owned(), "irst s".to_owned(), "second".to_owned(), String::new())
        );
        assert_eq!(view.length("payload/000").unwrap(), Some(20));
        assert_eq!(view.read_at("tile/0/000", 2, 3).unwrap(), Some(b"she".to_vec()));
        assert_eq!(view.read_at("tile/0/001", 0, 3).unwrap(), None);
        assert_eq!(view.read_at(HISTORY, 0, 3).unwrap(), Some(Vec::new()));
    }
}
