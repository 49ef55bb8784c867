//! Reads the nodes of a tree out of its tiles.

use std::collections::BTreeMap;

use assent_base::Digest;

use crate::files::{Files, Unreadable, read_whole};
use crate::tile::{TILE_WIDTH, Tile, fold};

const HASH_BYTES: usize = 32;
const TILE_BYTES_MAX: usize = TILE_WIDTH as usize * HASH_BYTES;

/// Why a tile gave no hashes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileFault {
    /// It is not there.
    #[error("`{path}` is missing")]
    Missing {
        /// Where it should lie.
        path: String,
    },
    /// It is too short or too long.
    #[error("`{path}` should hold {expected} hashes of 32 bytes")]
    WrongLength {
        /// Which file.
        path: String,
        /// Hashes it should hold.
        expected: u64,
    },
    /// It could not be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// The tiles of a tree of one size. Keeps the last tile of each level at hand, so that neighbours cost one read.
#[derive(Debug)]
pub struct Tiles<F> {
    files: F,
    size: u64,
    at_hand: BTreeMap<u32, (Tile, Vec<Digest>)>,
}

impl<F: Files> Tiles<F> {
    /// The tiles of a tree with this many leaves.
    pub const fn new(files: F, size: u64) -> Self {
        Self { files, size, at_hand: BTreeMap::new() }
    }

    /// The hash of a complete node.
    ///
    /// # Errors
    /// When its tile is missing, damaged or cannot be read.
    pub fn node(&mut self, level: u32, index: u64) -> Result<Digest, TileFault> {
        let (tile, first, count) = Tile::of_node(level, index, self.size);
        let hashes = self.tile(tile)?;
        let beneath = hashes.get(first..first + count).and_then(fold);
        beneath.ok_or_else(|| TileFault::WrongLength { path: tile.path(), expected: tile.width })
    }

    /// All hashes of a tile.
    ///
    /// # Errors
    /// When it is missing, damaged or cannot be read.
    pub fn tile(&mut self, tile: Tile) -> Result<&[Digest], TileFault> {
        if self.at_hand.get(&tile.level).is_none_or(|(held, _)| *held != tile) {
            let hashes = read(&self.files, tile)?;
            self.at_hand.insert(tile.level, (tile, hashes));
        }
        Ok(self.at_hand.get(&tile.level).map_or(&[], |(_, hashes)| hashes))
    }
}

fn read(files: &impl Files, tile: Tile) -> Result<Vec<Digest>, TileFault> {
    let path = tile.path();
    let Some(bytes) = read_whole(files, &path, TILE_BYTES_MAX)? else { return Err(TileFault::Missing { path }) };
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    if !rest.is_empty() || hashes.len() as u64 != tile.width || hashes.is_empty() {
        return Err(TileFault::WrongLength { path, expected: tile.width });
    }
    Ok(hashes.iter().map(|bytes| Digest::from_bytes(*bytes)).collect())
}
