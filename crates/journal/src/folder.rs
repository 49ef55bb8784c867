//! A folder as disk. Files are for their owner alone: 0600, in folders of 0700. A lock keeps a second process out.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use assent_ledger::{Files, Unreadable};

use crate::disk::Disk;

const LOCK: &str = "lock";
/// What the system says when this process, or all of them, have too many files open: ENFILE and EMFILE.
const TOO_MANY_FILES: [i32; 2] = [23, 24];
/// Times that a file is opened while there are too many: a minute, together.
const OPENINGS_MAX: u32 = 600;
/// Between two of them.
const OPEN_AGAIN_AFTER: std::time::Duration = std::time::Duration::from_millis(100);
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;
/// As many files are synced at once. They wait for the same disk, so more would not help.
const SYNC_THREADS_MAX: usize = 16;
/// A file is made longer by so many zeros at a time.
const ZEROS_BYTES: usize = 64 * 1024;

/// The files of a log in a folder, for reading: what a verifier needs.
#[derive(Debug, Clone)]
pub struct DirFiles {
    folder: PathBuf,
}

/// A folder that this process alone writes to.
#[derive(Debug)]
pub struct Folder {
    files: DirFiles,
    /// What was changed since the last sync.
    changed: Mutex<Changed>,
    /// Files that are written in place.
    in_place: Mutex<BTreeMap<String, File>>,
    lock: Mutex<Option<File>>,
}

#[derive(Debug, Default)]
struct Changed {
    /// Files as they were opened for writing: so a failed write-back is reported when they are synced.
    files: Vec<File>,
    /// Folders in which names changed.
    folders: BTreeSet<PathBuf>,
}

impl DirFiles {
    /// The files in this folder.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }
}

impl Files for DirFiles {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        let unreadable = |cause: io::Error| Unreadable { path: path.to_owned(), cause: cause.to_string() };
        let Some(mut file) = present(File::open(self.at(path))).map_err(unreadable)? else { return Ok(None) };
        if offset > 0 {
            file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
        }
        let mut bytes = Vec::new();
        file.take(bytes_max as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(Some(bytes))
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        let metadata = present(std::fs::metadata(self.at(path)));
        let metadata = metadata.map_err(|cause| Unreadable { path: path.to_owned(), cause: cause.to_string() })?;
        Ok(metadata.map(|metadata| metadata.len()))
    }
}

impl Folder {
    /// Takes a folder, making it if it is absent. None if another process has it.
    ///
    /// # Errors
    /// When it cannot be made or locked.
    pub fn open(folder: &Path) -> io::Result<Option<Self>> {
        let files = DirFiles::new(folder.to_owned());
        let this = Self { files, changed: Mutex::default(), in_place: Mutex::default(), lock: Mutex::default() };
        this.make_folders(folder)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).mode(FILE_MODE).open(folder.join(LOCK))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(cause)) => return Err(cause),
        }
        *this.lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(lock);
        Ok(Some(this))
    }

    fn opened(&self, path: &str, options: &mut OpenOptions) -> io::Result<File> {
        let at = self.files.at(path);
        if let Some(file) = present(patiently(|| options.clone().create(false).open(&at)))? {
            return Ok(file);
        }
        let folder = at.parent().unwrap_or(&self.files.folder);
        self.make_folders(folder)?;
        self.changed(folder);
        options.create(true).mode(FILE_MODE);
        patiently(|| options.open(&at))
    }

    fn make_folders(&self, folder: &Path) -> io::Result<()> {
        if folder.is_dir() {
            return Ok(());
        }
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            self.make_folders(above)?;
            self.changed(above);
        }
        match DirBuilder::new().mode(FOLDER_MODE).create(folder) {
            Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn changed(&self, folder: &Path) {
        self.with_changed(|changed| changed.folders.insert(folder.to_owned()));
    }

    fn with_changed<T>(&self, act: impl FnOnce(&mut Changed) -> T) -> T {
        act(&mut self.changed.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Files for Folder {
    fn read_at(&self, path: &str, offset: u64, bytes_max: usize) -> Result<Option<Vec<u8>>, Unreadable> {
        self.files.read_at(path, offset, bytes_max)
    }

    fn length(&self, path: &str) -> Result<Option<u64>, Unreadable> {
        self.files.length(path)
    }
}

impl Disk for Folder {
    fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.opened(path, OpenOptions::new().write(true).truncate(true))?;
        let written = file.write_all(bytes);
        self.with_changed(|changed| changed.files.push(file));
        written
    }

    fn append(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.opened(path, OpenOptions::new().write(true))?;
        let length = file.metadata()?.len();
        if length < at {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("`{path}` is shorter than it was")));
        }
        if length > at {
            file.set_len(at)?;
        }
        file.seek(SeekFrom::Start(at))?;
        let written = file.write_all(bytes);
        self.with_changed(|changed| changed.files.push(file));
        written
    }

    fn extend(&self, path: &str, bytes: u64) -> io::Result<()> {
        let mut file = self.opened(path, OpenOptions::new().write(true))?;
        let mut length = file.seek(SeekFrom::End(0))?;
        let zeros = [0; ZEROS_BYTES];
        while length < bytes {
            // In pieces that end where a piece of the disk does.
            let piece = (ZEROS_BYTES as u64 - length % ZEROS_BYTES as u64).min(bytes - length);
            file.write_all(zeros.get(..usize::try_from(piece).unwrap_or(0)).unwrap_or(&zeros))?;
            length += piece;
        }
        file.sync_all()?;
        let at = self.files.at(path);
        for folder in at.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.files.folder)) {
            File::open(folder)?.sync_all()?;
        }
        self.in_place.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), file);
        Ok(())
    }

    fn overwrite(&self, path: &str, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut in_place = self.in_place.lock().unwrap_or_else(PoisonError::into_inner);
        let file = match in_place.entry(path.to_owned()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(patiently(|| OpenOptions::new().write(true).open(self.files.at(path)))?),
        };
        if file.metadata()?.len() < at + bytes.len() as u64 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("`{path}` is shorter than it was")));
        }
        file.write_all_at(bytes, at)?;
        file.sync_data()
    }

    fn touch(&self, path: &str) -> io::Result<()> {
        let at = self.files.at(path);
        let file = patiently(|| File::open(&at))?;
        self.with_changed(|changed| changed.files.push(file));
        // Its name may not be on the disk either, nor that of its folder.
        at.ancestors().skip(1).take_while(|folder| folder.starts_with(&self.files.folder)).for_each(|folder| self.changed(folder));
        Ok(())
    }

    fn truncate(&self, path: &str, bytes: u64) -> io::Result<()> {
        let Some(file) = present(patiently(|| OpenOptions::new().write(true).open(self.files.at(path))))? else { return Ok(()) };
        if file.metadata()?.len() > bytes {
            file.set_len(bytes)?;
            self.with_changed(|changed| changed.files.push(file));
        }
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let to = self.files.at(to);
        std::fs::rename(self.files.at(from), &to)?;
        self.changed(to.parent().unwrap_or(&self.files.folder));
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let at = self.files.at(path);
        present(std::fs::remove_file(&at))?;
        if let Some(folder) = at.parent().filter(|folder| *folder != self.files.folder) {
            // Other files may be in it; then it stays.
            if std::fs::remove_dir(folder).is_ok() {
                self.with_changed(|changed| changed.folders.remove(folder));
            }
        }
        Ok(())
    }

    fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let Some(entries) = present(std::fs::read_dir(self.files.at(folder)))? else { return Ok(Vec::new()) };
        entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn sync(&self) -> io::Result<()> {
        let Changed { mut files, folders } = self.with_changed(std::mem::take);
        for folder in folders {
            files.push(patiently(|| File::open(&folder))?);
        }
        let share = files.len().div_ceil(SYNC_THREADS_MAX).max(1);
        std::thread::scope(|scope| {
            let mut shares = files.chunks(share);
            let own = shares.next().unwrap_or_default();
            let others: Vec<_> = shares.map(|files| scope.spawn(|| sync_all(files))).collect();
            let synced = sync_all(own);
            let others = others.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread ended early"))));
            others.fold(synced, |synced, other| synced.and(other))
        })
    }

    fn release(&self) {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Opens a file, and waits if that is only refused because too many are open: connections of strangers come and go, and are no broken disk.
fn patiently(open: impl Fn() -> io::Result<File>) -> io::Result<File> {
    for _ in 0..OPENINGS_MAX {
        match open() {
            Err(cause) if cause.raw_os_error().is_some_and(|code| TOO_MANY_FILES.contains(&code)) => std::thread::sleep(OPEN_AGAIN_AFTER),
            opened => return opened,
        }
    }
    open()
}

fn sync_all(files: &[File]) -> io::Result<()> {
    files.iter().try_for_each(File::sync_all)
}

/// Takes absence for an answer and every other failure for one.
fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(cause),
    }
}
