//! The ledger as an archive, to be checked elsewhere with nothing but a public key.
//!
//! Where the installation has had one tenant only, the archive holds the log's files as they are: tiles, records, sealed payloads, every
//! checkpoint. Where there are or were others, their records are nobody's business: the archive then holds, for each record of this
//! tenant, its receipt and its payload in plain, and each receipt proves its record under the checkpoint.

use std::collections::VecDeque;

use assent_api::ledger::ExportFormat;
use assent_api::{Action, Code, Problem};
use assent_base::{Digest, Timestamp};
use assent_http::streams::Export;
use assent_journal::Stored;
use assent_ledger::{CHECKPOINT, HISTORY, TILE_WIDTH, Tile, entries_path, fold, payload_path, push_entry, push_payload, split_first};
use assent_policy::Resource;
use assent_store::{Query, Tenant};
use bytes::Bytes;
use serde_json::json;

use crate::caller::Caller;
use crate::desk::Desk;
use crate::plane::ControlPlane;
use crate::problem_of::ProblemOf;
use crate::records;
use crate::tenants::DeletedTenantDoc;

mod rows;

use rows::Rows;

/// The file with the log's public key, as C2SP writes verifier keys.
const KEY: &str = "key";
/// Bytes of a block of an archive.
const BLOCK_BYTES: usize = 512;

struct Walk {
    plane: ControlPlane,
    tenant: Tenant,
    /// Whether other tenants' records stand in the log.
    is_shared: bool,
    size: u64,
    note: String,
    next: u64,
    /// For each level, the hashes of the tile that is being filled, and its index.
    tiles: Vec<(u64, Vec<Digest>)>,
    ready: VecDeque<Bytes>,
    is_over: bool,
    now: Timestamp,
}

impl ControlPlane {
    /// The ledger, as far as it is the caller's.
    pub(crate) async fn ledger_export(&self, caller: Caller, format: Option<ExportFormat>) -> Result<Export, Problem> {
        let desk = Desk::of(self, &caller).await?;
        let permit = desk.require(Action::LedgerExport, Resource::of_tenant(desk.tenant_id())).await?;
        let intent = desk.intend(permit, json!({ "format": format })).await?;
        desk.close(intent, Ok(())).await?;
        if let Some(format) = format {
            return Ok(self.ledger_rows(&desk, format));
        }
        let is_shared = self.is_shared().await?;
        let (checkpoint, note) = self.inner.journal.checkpoint();
        let walk = Walk {
            plane: self.clone(),
            tenant: desk.tenant.clone(),
            is_shared,
            size: checkpoint.size,
            note,
            next: 0,
            tiles: Vec::new(),
            ready: VecDeque::new(),
            is_over: false,
            now: desk.now,
        };
        let blocks = futures_util::stream::try_unfold(walk, |mut walk| async move { Ok(walk.next().await?.map(|bytes| (bytes, walk))) });
        Ok(Export { content_type: "application/x-tar", file_name: format!("ledger-{}.tar", checkpoint.size), bytes: Box::pin(blocks) })
    }

    /// The records of the caller's tenant as lines, oldest first.
    fn ledger_rows(&self, desk: &Desk<'_>, format: ExportFormat) -> Export {
        let size = self.inner.journal.checkpoint().0.size;
        let rows = Rows::new(self.clone(), desk.tenant.clone(), format, size);
        let lines = futures_util::stream::try_unfold(rows, |mut rows| async move { Ok(rows.next().await?.map(|bytes| (bytes, rows))) });
        let (content_type, end) = match format {
            ExportFormat::Jsonl => ("application/jsonl", "jsonl"),
            ExportFormat::Csv => ("text/csv; charset=utf-8", "csv"),
        };
        Export { content_type, file_name: format!("ledger-{size}.{end}"), bytes: Box::pin(lines) }
    }

    /// Whether the log holds, or may hold, records of more than one tenant.
    async fn is_shared(&self) -> Result<bool, Problem> {
        let alive = self.inner.store.tenants().await.map_err(Problem::from_store)?.len();
        let system = self.system().await?;
        let deleted = system.list::<DeletedTenantDoc>(&Query { limit: 1, ..Query::default() }).await.map_err(Problem::from_store)?;
        Ok(alive != 1 || !deleted.items.is_empty())
    }
}

impl Walk {
    async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Ok(Some(bytes));
            }
            if self.next < self.size {
                self.bundle().await?;
            } else if self.is_over {
                return Ok(None);
            } else {
                self.finish().await?;
            }
        }
    }

    /// The files of the next bundle of records.
    async fn bundle(&mut self) -> Result<(), Problem> {
        let end = self.next.saturating_add(TILE_WIDTH).min(self.size);
        let read = self.plane.inner.journal.range(self.next..end).await.map_err(records::unread)?;
        if read.len() as u64 != end - self.next {
            return Err(broken());
        }
        if self.is_shared {
            for stored in read {
                self.own(stored).await?;
            }
        } else {
            self.whole(&read)?;
        }
        self.next = end;
        Ok(())
    }

    /// A bundle as it lies in the log.
    fn whole(&mut self, read: &[Stored]) -> Result<(), Problem> {
        let (index, width) = (self.next / TILE_WIDTH, read.len() as u64);
        let (mut entries, mut payloads) = (Vec::new(), Vec::new());
        for stored in read {
            let record = stored.record.canonical().map_err(|_| broken())?;
            if !push_entry(&mut entries, &record) || !push_payload(&mut payloads, &stored.sealed) {
                return Err(broken());
            }
        }
        self.file(&entries_path(index, width), entries.into())?;
        self.file(&payload_path(index), payloads.into())?;
        for stored in read {
            self.hash(0, stored.leaf)?;
        }
        Ok(())
    }

    /// Adds a hash to a level of tiles. A full tile is written, and its root goes one level up.
    fn hash(&mut self, level: usize, hash: Digest) -> Result<(), Problem> {
        if self.tiles.len() <= level {
            self.tiles.push((0, Vec::new()));
        }
        let Some((index, hashes)) = self.tiles.get_mut(level) else { return Err(broken()) };
        hashes.push(hash);
        if (hashes.len() as u64) < TILE_WIDTH {
            return Ok(());
        }
        let (full, at) = (std::mem::take(hashes), *index);
        *index += 1;
        self.tile(level, at, &full)?;
        self.hash(level + 1, fold(&full).ok_or_else(broken)?)
    }

    fn tile(&mut self, level: usize, index: u64, hashes: &[Digest]) -> Result<(), Problem> {
        let tile = Tile { level: u32::try_from(level).map_err(|_| broken())?, index, width: hashes.len() as u64 };
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        self.file(&tile.path(), bytes.into())
    }

    /// What this tenant may have of a record: nothing of another's.
    async fn own(&mut self, stored: Stored) -> Result<(), Problem> {
        if stored.record.tenant != self.tenant.id() {
            return Ok(());
        }
        let index = stored.index;
        let payload = records::open(&self.tenant, &stored.record, &stored.sealed)?;
        let (plain, _) = payload.canonical().map_err(|_| broken())?;
        let receipt = self.plane.inner.journal.receipt(index).await.map_err(records::unread)?.ok_or_else(broken)?;
        let receipt = serde_json::to_vec(&receipt).map_err(|_| broken())?;
        self.file(&format!("receipts/{index}.json"), receipt.into())?;
        self.file(&format!("payloads/{index}.json"), plain.into())
    }

    /// What comes after the records: tiles that are not full, checkpoints, the key, and the end of the archive.
    async fn finish(&mut self) -> Result<(), Problem> {
        for (level, (index, hashes)) in std::mem::take(&mut self.tiles).into_iter().enumerate() {
            if !hashes.is_empty() {
                self.tile(level, index, &hashes)?;
            }
        }
        if !self.is_shared {
            let history = self.history().await?;
            self.file(HISTORY, history)?;
        }
        self.file(CHECKPOINT, self.note.clone().into())?;
        self.file(KEY, format!("{}\n", self.plane.inner.people.ledger_key()).into())?;
        self.ready.push_back(Bytes::from_static(&[0; 2 * BLOCK_BYTES]));
        self.is_over = true;
        Ok(())
    }

    /// All checkpoints up to the one of this archive: the log goes on being written.
    async fn history(&self) -> Result<Bytes, Problem> {
        let bytes = self.plane.inner.journal.history().await.map_err(records::unread)?;
        let (mut rest, mut kept) = (bytes.as_slice(), 0);
        while let Some((note, after)) = split_first(rest) {
            kept += note.len();
            if size_of(note) == Some(self.size) {
                return Ok(Bytes::copy_from_slice(bytes.get(..kept).unwrap_or_default()));
            }
            rest = after;
        }
        Err(broken())
    }

    /// Adds a file to the archive.
    fn file(&mut self, path: &str, bytes: Bytes) -> Result<(), Problem> {
        let mut header = tar::Header::new_ustar();
        header.set_path(path).map_err(|_| broken())?;
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(u64::try_from(self.now.as_second()).unwrap_or(0));
        header.set_cksum();
        self.ready.push_back(Bytes::copy_from_slice(header.as_bytes()));
        let pad = bytes.len().next_multiple_of(BLOCK_BYTES) - bytes.len();
        self.ready.push_back(bytes);
        if pad > 0 {
            self.ready.push_back(Bytes::from(vec![0; pad]));
        }
        Ok(())
    }
}

/// The size that a checkpoint names: its second line.
fn size_of(note: &[u8]) -> Option<u64> {
    std::str::from_utf8(note).ok()?.lines().nth(1)?.parse().ok()
}

fn broken() -> Problem {
    Problem::new(Code::Corrupt, "the ledger's files do not hold together: verify them")
}
