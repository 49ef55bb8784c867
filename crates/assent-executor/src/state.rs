//! The state folder: the journal, and a copy of what is believed. One executor at a time has it.
//!
//! A record counts once it is synced. When one cannot be, the executor ends: what it knows is then no longer what is on disk.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use assent_approval::statement::Nonce;
use assent_base::Timestamp;
use assent_execution::entry::Record;
use assent_execution::journal::{Book, Chain, HEAD, JOURNAL_BYTES_MAX, Journal};
use assent_execution::run::{Event, Run};
use assent_resident::file::bounded;

/// Plans hold settings, which are nobody else's on this machine.
const PRIVATE: u32 = 0o600;

pub(crate) struct State {
    folder: PathBuf,
    file: File,
    chain: Chain,
    bytes: usize,
    pub(crate) book: Book,
    /// Held as long as we live.
    _lock: File,
}

impl State {
    /// Opens the folder, and leaves out of the journal what nobody can come back to.
    pub(crate) fn open(folder: &Path, now: Timestamp) -> anyhow::Result<Self> {
        let cannot = || format!("the state folder `{}` cannot be used", folder.display());
        std::fs::create_dir_all(folder).with_context(cannot)?;
        let lock =
            OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE).open(folder.join("lock")).with_context(cannot)?;
        if lock.try_lock().is_err() {
            bail!("another executor has the state folder `{}`", folder.display());
        }
        let path = folder.join("journal");
        let former = if path.exists() { bounded(&path, JOURNAL_BYTES_MAX as u64)? } else { Vec::new() };
        let journal = Journal::parse(&former).with_context(|| {
            format!("the journal `{}` is not as it was written; an executor that does not know what it did does nothing", path.display())
        })?;
        let (mut chain, mut bytes) = (Chain::default(), HEAD.as_bytes().to_vec());
        for record in journal.book.compacted(now) {
            let (line, next) = chain.line(&record).context("a record is too long")?;
            bytes.extend_from_slice(line.as_bytes());
            chain = next;
        }
        let book = Journal::parse(&bytes).context("the journal cannot be written anew")?.book;
        replace(folder, "journal", &bytes).with_context(cannot)?;
        let file = OpenOptions::new().append(true).open(&path).with_context(cannot)?;
        Ok(Self { folder: folder.to_owned(), file, chain, bytes: bytes.len(), book, _lock: lock })
    }

    /// Puts a record on disk, and lets it count.
    pub(crate) fn record(&mut self, record: Record) -> anyhow::Result<()> {
        let (line, chain) = self.chain.line(&record).context("a record is too long")?;
        self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_data()).context("the journal cannot be written")?;
        (self.chain, self.bytes) = (chain, self.bytes + line.len());
        Ok(self.book.take(record)?)
    }

    /// Hands an event to a run, with what follows on disk. Whether anything follows.
    pub(crate) fn event(&mut self, nonce: Nonce, event: Event, now: Timestamp) -> anyhow::Result<bool> {
        let records = self.book.run_mut(nonce).map(|run| run.on(event, now)).unwrap_or_default();
        let any = !records.is_empty();
        records.into_iter().try_for_each(|record| self.record(record))?;
        Ok(any)
    }

    /// Whether another run can be taken on.
    pub(crate) fn has_room(&self) -> bool {
        self.book.has_room() && self.bytes < JOURNAL_BYTES_MAX / 2
    }

    /// Runs that need something.
    pub(crate) fn busy(&self) -> Vec<Nonce> {
        let needy = self.book.runs().filter(|run| !matches!(run.need(), assent_execution::run::Need::Nothing));
        needy.map(|run| run.order().nonce()).collect()
    }

    /// The run of a statement.
    pub(crate) fn run(&self, nonce: Nonce) -> Option<&Run> {
        self.book.run(nonce)
    }

    /// The document that is believed; none before the first.
    pub(crate) fn believed(&self) -> anyhow::Result<Option<Vec<u8>>> {
        let path = self.folder.join("pinned.json");
        if path.exists() { Ok(Some(bounded(&path, assent_api::executor::PINNED_BYTES_MAX as u64)?)) } else { Ok(None) }
    }

    /// Believes a document from now on.
    pub(crate) fn believe(&self, canonical: &str) -> anyhow::Result<()> {
        replace(&self.folder, "pinned.json", canonical.as_bytes()).context("what is believed cannot be written")
    }
}

/// Puts a file in place of another, whole or not at all.
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    let (path, fresh) = (folder.join(name), folder.join(format!("{name}.new")));
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(PRIVATE).open(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&fresh, &path)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_is_not_ours_is_not_written_over() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("journal"), "something else\n").unwrap();
        assert!(State::open(folder.path(), Timestamp::UNIX_EPOCH).is_err());
        assert_eq!(std::fs::read_to_string(folder.path().join("journal")).unwrap(), "something else\n");
    }

    #[test]
    fn one_executor_at_a_time_has_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = State::open(folder.path(), Timestamp::UNIX_EPOCH).unwrap();
        assert!(State::open(folder.path(), Timestamp::UNIX_EPOCH).is_err());
        drop(first);
        assert!(State::open(folder.path(), Timestamp::UNIX_EPOCH).is_ok());
    }
}
