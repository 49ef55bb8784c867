//! The right edge of the log: everything that the next record needs, and the files that hold it.

use std::collections::BTreeMap;

use assent_base::Digest;
use assent_ledger::{Checkpoint, Frontier, TILE_WIDTH, Tile, entries_path, fold, payload_path, push_entry, push_payload};

/// A record that is ready to be written.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    /// The canonical record.
    pub(crate) record: Vec<u8>,
    /// Its hash.
    pub(crate) leaf: Digest,
    /// The sealed payload.
    pub(crate) sealed: Vec<u8>,
}

/// The log at one size, as far as writing goes.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    /// What was signed at this size.
    pub(crate) checkpoint: Checkpoint,
    /// The tree.
    pub(crate) frontier: Frontier,
    /// The bundle that is being filled.
    pub(crate) entries: Vec<u8>,
    /// For each level of tiles, the one that is being filled.
    pub(crate) rows: Vec<Vec<Digest>>,
    /// Length of the file of payloads that is being filled.
    pub(crate) payload_bytes: u64,
    /// Length of the history.
    pub(crate) history_bytes: u64,
}

/// The edge after some more records, and what has to be written to get there besides the files at the edge itself.
#[derive(Debug)]
pub(crate) struct Staged {
    /// Path and bytes of files that are full now.
    pub(crate) writes: BTreeMap<String, Vec<u8>>,
    /// Path, present length, and bytes to append.
    pub(crate) appends: Vec<(String, u64, Vec<u8>)>,
    /// The edge then, with a checkpoint that nobody has signed yet.
    pub(crate) edge: Edge,
}

impl Edge {
    /// The edge of an empty log.
    pub(crate) fn empty(checkpoint: Checkpoint, history_bytes: u64) -> Self {
        Self { checkpoint, frontier: Frontier::default(), entries: Vec::new(), rows: Vec::new(), payload_bytes: 0, history_bytes }
    }

    /// Adds records, of which each fits into a bundle.
    pub(crate) fn stage<'a>(&self, records: impl IntoIterator<Item = &'a Ready>) -> Staged {
        let mut edge = self.clone();
        let mut writes = BTreeMap::new();
        let mut appends = Vec::new();
        let mut payloads = Vec::new();
        for ready in records {
            let fits = push_entry(&mut edge.entries, &ready.record) && push_payload(&mut payloads, &ready.sealed);
            debug_assert!(fits, "lengths were checked when the record was taken in");
            edge.frontier.push(ready.leaf);
            if edge.add_hash(0, ready.leaf, &mut writes) {
                let index = edge.frontier.size() / TILE_WIDTH - 1;
                writes.insert(entries_path(index, TILE_WIDTH), std::mem::take(&mut edge.entries));
                appends.push((payload_path(index), edge.payload_bytes, std::mem::take(&mut payloads)));
                edge.payload_bytes = 0;
            }
        }
        if !payloads.is_empty() {
            appends.push((payload_path(edge.frontier.size() / TILE_WIDTH), edge.payload_bytes, payloads.clone()));
            edge.payload_bytes += payloads.len() as u64;
        }
        edge.checkpoint = self.checkpoint.next(edge.frontier.size(), edge.frontier.root());
        Staged { writes, appends, edge }
    }

    /// Adds a hash to the tile of this level; whether that filled it.
    fn add_hash(&mut self, level: u32, hash: Digest, writes: &mut BTreeMap<String, Vec<u8>>) -> bool {
        let at = level as usize;
        if self.rows.len() <= at {
            self.rows.push(Vec::new());
        }
        let full = self.rows.get_mut(at).and_then(|row| {
            row.push(hash);
            (row.len() as u64 == TILE_WIDTH).then(|| std::mem::take(row))
        });
        let Some(row) = full else { return false };
        let index = (self.frontier.size() >> (8 * level)) / TILE_WIDTH - 1;
        writes.insert(Tile { level, index, width: TILE_WIDTH }.path(), bytes_of(&row));
        if let Some(above) = fold(&row) {
            self.add_hash(level + 1, above, writes);
        }
        true
    }

    /// The files at the edge, which give way to others when records are added.
    pub(crate) fn partials(&self) -> BTreeMap<String, Vec<u8>> {
        let size = self.frontier.size();
        let rows = self.rows.iter().zip(0_u32..).filter(|(row, _)| !row.is_empty());
        let tile = |level: u32, row: &[Digest]| Tile { level, index: (size >> (8 * level)) / TILE_WIDTH, width: row.len() as u64 };
        let mut partials: BTreeMap<_, _> = rows.map(|(row, level)| (tile(level, row).path(), bytes_of(row))).collect();
        if !self.entries.is_empty() {
            partials.insert(entries_path(size / TILE_WIDTH, size % TILE_WIDTH), self.entries.clone());
        }
        partials
    }
}

fn bytes_of(row: &[Digest]) -> Vec<u8> {
    row.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use assent_ledger::leaf_hash;

    use super::*;

    #[test]
    fn many_records_at_once_or_one_by_one_leave_the_same_edge() {
        let records: Vec<Ready> = (0..70_000_u32).map(ready).collect();
        let at_once = edge().stage(&records);
        let mut one_by_one = edge();
        let mut files = BTreeMap::new();
        for batch in records.chunks(1_111) {
            let staged = one_by_one.stage(batch);
            files.extend(staged.writes);
            one_by_one = staged.edge;
        }
        assert_eq!(at_once.edge.frontier, one_by_one.frontier);
        assert_eq!(at_once.edge.rows, one_by_one.rows);
        assert_eq!(at_once.writes, files);
        assert_eq!(at_once.edge.partials(), one_by_one.partials());
        let files = one_by_one.partials();
        assert!(files.contains_key("tile/2/000.p/1") && files.contains_key("tile/1/001.p/17") && files.contains_key("tile/0/273.p/112"));
    }

    fn ready(number: u32) -> Ready {
        let record = number.to_be_bytes().to_vec();
        Ready { leaf: leaf_hash(&record), sealed: record.clone(), record }
    }

    fn edge() -> Edge {
        Edge::empty(Checkpoint::first("ledger.example"), 0)
    }
}
