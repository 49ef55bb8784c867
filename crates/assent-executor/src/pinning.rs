//! What is pinned: read from its file, compared with what is believed, and believed anew only with the assent of those pinned before.

use std::path::PathBuf;

use anyhow::Context as _;
use assent_approval::statement::ClusterUid;
use assent_approval::warrant::{WARRANT_BYTES_MAX, Warrant};
use assent_base::{Digest, Timestamp};
use assent_execution::entry::{Noted, Record};
use assent_execution::{Pinned, repinning};
use assent_resident::file::bounded;

use crate::state::State;

pub(crate) struct Pinning {
    pub(crate) file: PathBuf,
    pub(crate) warrant: PathBuf,
    pub(crate) now: Pinned,
    /// What was last found, so that the same is said once.
    seen: Option<Digest>,
}

impl Pinning {
    /// What is believed, or what is found if nothing is yet.
    pub(crate) fn open(file: PathBuf, warrant: PathBuf, state: &State) -> anyhow::Result<Self> {
        let now = match state.believed()? {
            Some(bytes) => Pinned::parse(&bytes).context("what was believed cannot be read")?,
            None => {
                let pinned = read(&file)?;
                // It would be believed for good: nobody could ever sign another one.
                anyhow::ensure!(
                    !pinned.approvers.is_empty(),
                    "`{}` lists no approver: list whoever may approve, and with which keys",
                    file.display()
                );
                state.believe(pinned.canonical())?;
                tracing::info!(pinned = %pinned.digest(), approvers = pinned.approvers.len(), "the first pinned document is believed as it is found");
                pinned
            }
        };
        Ok(Self { file, warrant, now, seen: None })
    }

    /// Looks whether another document is there, and believes it if those pinned before assent. Whether it does.
    pub(crate) fn look(&mut self, state: &mut State, cluster_uid: &ClusterUid, now: Timestamp) -> anyhow::Result<bool> {
        let Ok(bytes) = bounded(&self.file, assent_api::executor::PINNED_BYTES_MAX as u64) else { return Ok(false) };
        let warrant = bounded(&self.warrant, WARRANT_BYTES_MAX as u64).unwrap_or_default();
        let seen = Digest::of_parts(&[&bytes, &warrant]);
        if self.seen == Some(seen) {
            return Ok(false);
        }
        self.seen = Some(seen);
        let next = match Pinned::parse(&bytes) {
            Ok(next) if next.digest() == self.now.digest() => return Ok(false),
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "the pinned document cannot be used; the former one is kept");
                return Ok(false);
            }
        };
        let assent =
            Warrant::parse(&warrant).and_then(|warrant| repinning::assent(&self.now, &next, warrant, cluster_uid, &state.book.used(), now));
        match assent {
            Err(error) => {
                tracing::warn!(%error, found = %next.digest(), "another pinned document lies here without the assent of those pinned before; the former one is kept");
                Ok(false)
            }
            Ok(leave) => {
                let fields = leave.statement().fields();
                state.believe(next.canonical())?;
                state.record(Record { nonce: fields.nonce, at: now, what: Noted::Repinned { expires_at: fields.expires_at } })?;
                tracing::info!(pinned = %next.digest(), by = ?leave.approvers(), "another pinned document is believed");
                self.now = next;
                Ok(true)
            }
        }
    }
}

fn read(path: &std::path::Path) -> anyhow::Result<Pinned> {
    let bytes = bounded(path, assent_api::executor::PINNED_BYTES_MAX as u64)?;
    Pinned::parse(&bytes).with_context(|| format!("the pinned document `{}` cannot be used", path.display()))
}
