//! Tiles: 256 neighbouring hashes in one file, and where the files lie.
//!
//! Level 0 holds the hashes of leaves; a hash of level 1 covers the 256 of a tile of level 0, and so on. A tile at the right edge that is
//! not full yet lies under a name with its width: `tile/0/003.p/17`. Entry bundles go the same way. Payloads are our own addition: one file
//! for every 256 records, `payload/003`, which grows in place.
//!
//! Source: C2SP tlog-tiles.

use assent_base::Digest;

use crate::tree::node_hash;

/// Levels of the tree that one tile covers.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes of a full tile, and entries of a full bundle.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;

/// One tile of a tree: its level, its place on that level, and how many hashes it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// Level of tiles, from 0.
    pub level: u32,
    /// Place on the level, from 0.
    pub index: u64,
    /// Hashes in it: 1 to 256.
    pub width: u64,
}

impl Tile {
    /// The tile that holds a node, which stands at this level and index of hashes, in a tree of `size` leaves; then the first of its
    /// hashes beneath the node, and their number.
    #[must_use]
    pub fn of_node(level: u32, index: u64, size: u64) -> (Self, usize, usize) {
        let within = level % TILE_HEIGHT;
        let tile_level = level / TILE_HEIGHT;
        let first = index << within;
        let tile = Self { level: tile_level, index: first / TILE_WIDTH, width: width_at(tile_level, first / TILE_WIDTH, size) };
        let first = (first % TILE_WIDTH) as usize;
        (tile, first, 1 << within)
    }

    /// Where its file lies.
    #[must_use]
    pub fn path(&self) -> String {
        placed(&format!("tile/{}", self.level), self.index, self.width)
    }
}

/// Where the bundle of entries `index * 256` and on lies, when it holds this many.
#[must_use]
pub fn entries_path(index: u64, width: u64) -> String {
    placed("tile/entries", index, width)
}

/// Where the payloads of records `index * 256` and on lie.
#[must_use]
pub fn payload_path(index: u64) -> String {
    placed("payload", index, TILE_WIDTH)
}

/// How many levels of tiles a tree of this size has.
#[must_use]
pub const fn levels(size: u64) -> u32 {
    if size == 0 { 0 } else { (u64::BITS - 1 - size.leading_zeros()) / TILE_HEIGHT + 1 }
}

/// How many hashes this tile holds in a tree of `size` leaves: 256 left of the edge, fewer at it, none beyond.
#[must_use]
pub fn width_at(level: u32, index: u64, size: u64) -> u64 {
    let hashes = size.checked_shr(level * TILE_HEIGHT).unwrap_or(0);
    hashes.saturating_sub(index.saturating_mul(TILE_WIDTH)).min(TILE_WIDTH)
}

/// The node over a power of two of neighbouring hashes. None if their number is no power of two.
#[must_use]
pub fn fold(hashes: &[Digest]) -> Option<Digest> {
    if !hashes.len().is_power_of_two() {
        return None;
    }
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    row.first().copied()
}

fn placed(folder: &str, index: u64, width: u64) -> String {
    let mut digits = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        digits = format!("x{:03}/{digits}", rest % 1000);
        rest /= 1000;
    }
    if width == TILE_WIDTH { format!("{folder}/{digits}") } else { format!("{folder}/{digits}.p/{width}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_where_the_standard_puts_them() {
        assert_eq!(Tile { level: 0, index: 1_234_067, width: 256 }.path(), "tile/0/x001/x234/067");
        assert_eq!(Tile { level: 1, index: 0, width: 17 }.path(), "tile/1/000.p/17");
        assert_eq!(entries_path(999, 256), "tile/entries/999");
        assert_eq!(entries_path(1000, 1), "tile/entries/x001/000.p/1");
        assert_eq!(payload_path(3), "payload/003");
    }

    #[test]
    fn tiles_narrow_at_the_right_edge() {
        assert_eq!([0, 1, 2].map(|index| width_at(0, index, 300)), [256, 44, 0]);
        assert_eq!([width_at(1, 0, 300), width_at(2, 0, 300), width_at(1, 0, 70_000), width_at(2, 0, 70_000)], [1, 0, 256, 1]);
        assert_eq!([0, 1, 255, 256, 65_535, 65_536].map(levels), [0, 1, 1, 2, 2, 3]);
    }

    #[test]
    fn a_node_lies_in_one_tile() {
        assert_eq!(Tile::of_node(0, 299, 300), (Tile { level: 0, index: 1, width: 44 }, 43, 1));
        assert_eq!(Tile::of_node(7, 1, 300), (Tile { level: 0, index: 0, width: 256 }, 128, 128));
        assert_eq!(Tile::of_node(8, 0, 300), (Tile { level: 1, index: 0, width: 1 }, 0, 1));
    }
}
