//! Roots and proofs are those of another implementation of RFC 6962.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "this is a test, helpers included")]

use assent_base::Digest;
use assent_ledger::{BadProof, Frontier, consistency, inclusion, leaf_hash, node_hash, verify_consistency, verify_inclusion};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

/// Every size up to here is tried.
const SIZES: u64 = 600;

#[test]
fn roots_and_paths_are_those_of_the_oracle_at_every_size() {
    let mut tree = Tree::default();
    for size in 1..=SIZES {
        tree.push();
        assert_eq!(tree.frontier.root().as_bytes().as_slice(), tree.oracle.root().as_bytes().as_slice(), "size {size}");
        for index in [0, size / 3, size / 2, size - 1] {
            tree.compare_inclusion(index, size);
        }
        for old in [1, size / 3, size / 2, size - 1, size] {
            tree.compare_consistency(old.max(1), size);
        }
    }
}

#[test]
fn any_two_places_of_a_large_tree_agree_too() {
    let mut tree = Tree::default();
    (0..20_000).for_each(|_| tree.push());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    runner
        .run(&(1..=20_000_u64, 0..u64::MAX), |(old, index)| {
            tree.compare_inclusion(index % 20_000, 20_000);
            tree.compare_consistency(old, 20_000);
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(3), ..ProptestConfig::default() })]

    #[test]
    fn a_changed_proof_proves_nothing(size in 2..300_u64, seed in any::<u64>(), flip in 0..256_usize) {
        let mut tree = Tree::default();
        (0..size).for_each(|_| tree.push());
        let root = tree.frontier.root();
        let index = seed % size;
        let path = tree.inclusion(index, size);
        prop_assert_eq!(verify_inclusion(&leaf(index), index, size, &root, &path), Ok(()));
        prop_assert!(verify_inclusion(&leaf(index), (index + 1) % size, size, &root, &path).is_err());
        prop_assert!(verify_inclusion(&leaf(index + 1), index, size, &root, &path).is_err());
        for changed in changes(&path, flip) {
            prop_assert!(verify_inclusion(&leaf(index), index, size, &root, &changed).is_err());
        }

        let old = seed % (size - 1) + 1;
        let old_root = tree.root_at(old);
        let path = tree.consistency(old, size);
        prop_assert_eq!(verify_consistency((old, &old_root), (size, &root), &path), Ok(()));
        prop_assert!(verify_consistency((old, &root), (size, &root), &path).is_err());
        prop_assert!(verify_consistency((old, &old_root), (size, &old_root), &path).is_err());
        for changed in changes(&path, flip) {
            prop_assert!(verify_consistency((old, &old_root), (size, &root), &changed).is_err());
        }
    }
}

#[test]
fn places_that_do_not_exist_have_no_proof() {
    let nothing = |_: u32, _: u64| Ok::<_, std::convert::Infallible>(leaf(0));
    assert_eq!(inclusion(5, 5, nothing).unwrap(), None);
    assert_eq!(consistency(0, 5, nothing).unwrap(), None);
    assert_eq!(consistency(6, 5, nothing).unwrap(), None);
    let root = Digest::of(&[]);
    assert_eq!(verify_inclusion(&leaf(0), 0, 0, &root, &[]), Err(BadProof::OutOfRange));
    assert_eq!(verify_consistency((6, &root), (5, &root), &[]), Err(BadProof::OutOfRange));
    assert_eq!(verify_consistency((0, &root), (5, &leaf(0)), &[]), Ok(()));
}

/// The path with one bit flipped, with one hash less, and with one more.
fn changes(path: &[Digest], flip: usize) -> Vec<Vec<Digest>> {
    let mut changes = vec![[path, &[leaf(0)]].concat()];
    if let Some(last) = path.len().checked_sub(1) {
        changes.push(path[..last].to_vec());
        let mut bent = path.to_vec();
        let mut bytes = *bent[flip % path.len()].as_bytes();
        bytes[flip / 8] ^= 1 << (flip % 8);
        bent[flip % path.len()] = Digest::from_bytes(bytes);
        changes.push(bent);
    }
    changes
}

fn leaf(index: u64) -> Digest {
    leaf_hash(&index.to_be_bytes())
}

/// Our tree with all its complete nodes, beside the oracle's.
#[derive(Default)]
struct Tree {
    frontier: Frontier,
    rows: Vec<Vec<Digest>>,
    oracle: MemoryBackedTree<Sha256, [u8; 8]>,
}

impl Tree {
    fn push(&mut self) {
        let index = self.frontier.size();
        self.oracle.push(index.to_be_bytes());
        self.frontier.push(leaf(index));
        let mut hash = leaf(index);
        for level in 0.. {
            if self.rows.len() == level {
                self.rows.push(Vec::new());
            }
            self.rows[level].push(hash);
            match self.rows[level].as_slice() {
                [.., left, right] if self.rows[level].len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => break,
            }
        }
    }

    fn node(&self) -> impl Fn(u32, u64) -> Result<Digest, std::convert::Infallible> {
        |level, index| Ok(self.rows[level as usize][usize::try_from(index).unwrap()])
    }

    fn root_at(&self, size: u64) -> Digest {
        Frontier::at(size, self.node()).unwrap().root()
    }

    fn inclusion(&self, index: u64, size: u64) -> Vec<Digest> {
        inclusion(index, size, self.node()).unwrap().unwrap()
    }

    fn consistency(&self, old: u64, new: u64) -> Vec<Digest> {
        consistency(old, new, self.node()).unwrap().unwrap()
    }

    fn compare_inclusion(&self, index: u64, size: u64) {
        let path = self.inclusion(index, size);
        let theirs = self.oracle.prove_inclusion(usize::try_from(index).unwrap());
        assert_eq!(bytes(&path), theirs.as_bytes(), "leaf {index} of {size}");
        assert_eq!(verify_inclusion(&leaf(index), index, size, &self.frontier.root(), &path), Ok(()), "leaf {index} of {size}");
    }

    fn compare_consistency(&self, old: u64, new: u64) {
        let path = self.consistency(old, new);
        if old < new {
            let theirs = self.oracle.prove_consistency(usize::try_from(new - old).unwrap());
            assert_eq!(bytes(&path), theirs.as_bytes(), "{old} of {new}");
        }
        let (old_root, new_root) = (self.root_at(old), self.frontier.root());
        assert_eq!(verify_consistency((old, &old_root), (new, &new_root), &path), Ok(()), "{old} of {new}");
    }
}

fn bytes(path: &[Digest]) -> Vec<u8> {
    path.iter().flat_map(|hash| *hash.as_bytes()).collect()
}
