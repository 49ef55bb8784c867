//! The hash tree of RFC 6962: leaves, inner nodes, and the root over any number of leaves.
//!
//! A node is named by level and index: node (0, 5) is leaf 5, node (3, 1) covers leaves 8 to 15. Only complete nodes have a name; the
//! ragged right edge is folded from them.

use assent_base::Digest;
use sha2::{Digest as _, Sha256};

/// The hash of a leaf with these bytes.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::new().chain_update([0]).chain_update(entry).finalize().into())
}

/// The hash of the node above two others.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::from_bytes(Sha256::new().chain_update([1]).chain_update(left.as_bytes()).chain_update(right.as_bytes()).finalize().into())
}

/// The complete subtrees over the first leaves of a log, largest first: all that is needed to append and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Digest>,
}

impl Frontier {
    /// The frontier of a tree of this size, from its complete nodes.
    ///
    /// # Errors
    /// Whatever asking for a node answers.
    pub fn at<E>(size: u64, mut node: impl FnMut(u32, u64) -> Result<Digest, E>) -> Result<Self, E> {
        let peaks = complete_nodes(0, size).map(|(level, index)| node(level, index)).collect::<Result<_, E>>()?;
        Ok(Self { size, peaks })
    }

    /// Adds one leaf on the right.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all of them; the hash of nothing for an empty tree.
    #[must_use]
    pub fn root(&self) -> Digest {
        fold_peaks(self.peaks.iter().rev().copied())
    }
}

/// The hash over leaves `start..end`, where `start` is a multiple of every complete subtree inside, as in all proofs.
///
/// # Errors
/// Whatever asking for a node answers.
pub fn range_hash<E>(start: u64, end: u64, mut node: impl FnMut(u32, u64) -> Result<Digest, E>) -> Result<Digest, E> {
    let peaks: Vec<Digest> = complete_nodes(start, end).map(|(level, index)| node(level, index)).collect::<Result<_, E>>()?;
    Ok(fold_peaks(peaks.into_iter().rev()))
}

/// The complete nodes over `start..end` from left to right, as (level, index).
fn complete_nodes(start: u64, end: u64) -> impl Iterator<Item = (u32, u64)> {
    let count = end.saturating_sub(start);
    (0..u64::BITS).rev().filter(move |level| count >> level & 1 == 1).map(move |level| {
        let before = count.checked_shr(level + 1).and_then(|above| above.checked_shl(level + 1)).unwrap_or(0);
        (level, (start + before) >> level)
    })
}

fn fold_peaks(from_the_right: impl Iterator<Item = Digest>) -> Digest {
    from_the_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(|| Digest::of(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_empty_tree_and_a_single_leaf_have_the_roots_of_the_standard() {
        assert_eq!(Frontier::default().root().to_string(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let mut one = Frontier::default();
        one.push(leaf_hash(b""));
        assert_eq!(one.root().to_string(), "sha256:6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }

    #[test]
    fn nodes_over_a_range_cover_it_from_left_to_right() {
        assert_eq!(complete_nodes(0, 7).collect::<Vec<_>>(), [(2, 0), (1, 2), (0, 6)]);
        assert_eq!(complete_nodes(8, 11).collect::<Vec<_>>(), [(1, 4), (0, 10)]);
        assert_eq!(complete_nodes(0, 0).count(), 0);
    }

    #[test]
    fn a_frontier_taken_up_again_goes_on_alike() {
        let leaves: Vec<Digest> = (0..37_u8).map(|byte| leaf_hash(&[byte])).collect();
        let mut whole = Frontier::default();
        leaves.iter().for_each(|leaf| whole.push(*leaf));
        for size in 0..=37_u64 {
            let node = |level: u32, index: u64| {
                let mut part = Frontier::default();
                let width = 1_usize << level;
                leaves.iter().skip(usize::try_from(index).unwrap() * width).take(width).for_each(|leaf| part.push(*leaf));
                Ok::<_, std::convert::Infallible>(part.root())
            };
            let mut taken_up = Frontier::at(size, node).unwrap();
            leaves.iter().skip(usize::try_from(size).unwrap()).for_each(|leaf| taken_up.push(*leaf));
            assert_eq!(taken_up, whole);
        }
    }
}
