//! Inclusion and consistency proofs: made from the complete nodes of a tree, checked with nothing but hashes.
//!
//! Source: RFC 9162 sections 2.1.3 and 2.1.4. The paths are ordered from the leaf upwards.

use assent_base::Digest;

use crate::tree::{node_hash, range_hash};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// There is no such leaf, or the older tree is the larger one.
    #[error("the tree is smaller than what should be in it")]
    OutOfRange,
    /// The path has too few or too many hashes for this place.
    #[error("the proof has the wrong number of hashes")]
    WrongLength,
    /// The path leads to another root.
    #[error("the proof leads to another root")]
    WrongRoot,
}

/// The path from leaf `index` to the root of the first `size` leaves. None if there is no such leaf.
///
/// # Errors
/// Whatever asking for a node answers.
pub fn inclusion<E>(index: u64, size: u64, mut node: impl FnMut(u32, u64) -> Result<Digest, E>) -> Result<Option<Vec<Digest>>, E> {
    if index >= size {
        return Ok(None);
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range_hash(middle, end, &mut node)?);
            end = middle;
        } else {
            path.push(range_hash(start, middle, &mut node)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(Some(path))
}

/// The proof that the first `old` leaves are the beginning of the first `new` leaves. None if `old` is 0 or greater than `new`.
///
/// # Errors
/// Whatever asking for a node answers.
pub fn consistency<E>(old: u64, new: u64, mut node: impl FnMut(u32, u64) -> Result<Digest, E>) -> Result<Option<Vec<Digest>>, E> {
    if old == 0 || old > new {
        return Ok(None);
    }
    let (mut start, mut end, mut old_end_is_known) = (0, new, true);
    let mut path = Vec::new();
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range_hash(middle, end, &mut node)?);
            end = middle;
        } else {
            path.push(range_hash(start, middle, &mut node)?);
            (start, old_end_is_known) = (middle, false);
        }
    }
    if !old_end_is_known {
        path.push(range_hash(start, end, &mut node)?);
    }
    path.reverse();
    Ok(Some(path))
}

/// Checks that `leaf` stands at `index` of the tree with this size and root.
///
/// # Errors
/// When the path does not show it.
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, root: &Digest, path: &[Digest]) -> Result<(), BadProof> {
    if index >= size {
        return Err(BadProof::OutOfRange);
    }
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in path {
        if last == 0 {
            return Err(BadProof::WrongLength);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(beside, &hash);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last != 0 {
        return Err(BadProof::WrongLength);
    }
    if hash == *root { Ok(()) } else { Err(BadProof::WrongRoot) }
}

/// Checks that the tree of `old` leaves is the beginning of the tree of `new` leaves. An empty tree begins every tree.
///
/// # Errors
/// When the path does not show it.
pub fn verify_consistency(old: (u64, &Digest), new: (u64, &Digest), path: &[Digest]) -> Result<(), BadProof> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return Err(BadProof::OutOfRange);
    }
    if old_size == new_size || old_size == 0 {
        let same = if old_size == 0 { *old_root == Digest::of(&[]) } else { old_root == new_root };
        return match (path.is_empty(), same) {
            (false, _) => Err(BadProof::WrongLength),
            (true, false) => Err(BadProof::WrongRoot),
            (true, true) => Ok(()),
        };
    }
    // A complete old tree is a node of the new one, and the proof leaves it out.
    let whole = old_size.is_power_of_two().then_some(*old_root);
    let mut hashes = whole.into_iter().chain(path.iter().copied());
    let mut place = old_size - 1;
    let mut last = new_size - 1;
    let skipped = place.trailing_ones();
    (place, last) = (place >> skipped, last >> skipped);
    let Some(first) = hashes.next() else { return Err(BadProof::WrongLength) };
    let (mut from_old, mut from_new) = (first, first);
    for beside in hashes {
        if last == 0 {
            return Err(BadProof::WrongLength);
        }
        if place & 1 == 1 || place == last {
            from_old = node_hash(&beside, &from_old);
            from_new = node_hash(&beside, &from_new);
            while place & 1 == 0 && place != 0 {
                (place, last) = (place >> 1, last >> 1);
            }
        } else {
            from_new = node_hash(&from_new, &beside);
        }
        (place, last) = (place >> 1, last >> 1);
    }
    if last != 0 {
        return Err(BadProof::WrongLength);
    }
    if from_old == *old_root && from_new == *new_root { Ok(()) } else { Err(BadProof::WrongRoot) }
}

/// The largest power of two below `count`, for counts above one.
const fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}
