//! The tree against a slow and obvious one.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;

use crate::hash::{EMPTY_ROOT, Hash, leaf, node};
use crate::proof::{verify_consistency, verify_inclusion};
use crate::tile::TILE_WIDTH;
use crate::tree::{Frontier, Hashes, consistency_proof, inclusion_proof, root};

/// RFC 6962 §2.1, word by word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [one] => *one,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            node(&mth(&leaves[..middle]), &mth(&leaves[middle..]))
        }
    }
}

/// RFC 6962 §2.1.1, word by word.
fn path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return vec![];
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut path, sibling) = match index.checked_sub(left.len()) {
        None => (path(index, left), mth(right)),
        Some(index) => (path(index, right), mth(left)),
    };
    path.push(sibling);
    path
}

/// RFC 6962 §2.1.2, SUBPROOF.
fn subproof(old: usize, leaves: &[Hash], is_known: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if is_known { vec![] } else { vec![mth(leaves)] };
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut proof, sibling) = match old.checked_sub(left.len()) {
        None | Some(0) => (subproof(old, left, is_known), mth(right)),
        Some(old) => (subproof(old, right, false), mth(left)),
    };
    proof.push(sibling);
    proof
}

/// Keeps what a frontier reports.
#[derive(Default)]
pub(super) struct Store {
    hashes: BTreeMap<(u8, u64), Hash>,
}

impl Store {
    pub(super) fn put(&mut self, level: u8, index: u64, hash: Hash) {
        assert_eq!(self.hashes.insert((level, index), hash), None, "{level}/{index} twice");
    }
}

impl Hashes for Store {
    type Error = Infallible;

    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        assert!(0 < count);
        assert_eq!(first / TILE_WIDTH, (first + count as u64 - 1) / TILE_WIDTH, "one tile");
        Ok((first..first + count as u64).map(|index| self.hashes[&(level, index)]).collect())
    }
}

pub(super) fn numbered(index: u64) -> Hash {
    leaf(format!("leaf-{index}").as_bytes())
}

/// A tree whose leaves are all the same, of any size: the hash of a complete subtree depends on
/// its height only.
struct Uniform {
    by_height: Vec<Hash>,
    reads: Cell<u32>,
}

impl Uniform {
    fn new() -> Self {
        let mut by_height = vec![leaf(b"the same")];
        for height in 0..63 {
            let below = by_height[height];
            by_height.push(node(&below, &below));
        }
        Self { by_height, reads: Cell::new(0) }
    }

    fn reads_of<T>(&self, compute: impl FnOnce(&Self) -> Result<T, Infallible>) -> (T, u32) {
        self.reads.set(0);
        let Ok(value) = compute(self);
        (value, self.reads.get())
    }
}

impl Hashes for Uniform {
    type Error = Infallible;

    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Infallible> {
        self.reads.set(self.reads.get() + 1);
        assert_eq!((first % TILE_WIDTH, 0 < count && count <= 256), (0, true), "a tile");
        Ok(vec![self.by_height[usize::from(level) * 8]; count])
    }
}

proptest! {
    #[test]
    fn the_largest_trees_take_few_reads(
        shift in 1_u32..63,
        size in any::<u64>(),
        at in any::<u64>(),
    ) {
        let size = (size >> shift >> 1).max(1);
        let index = at % size;
        let tree = Uniform::new();
        // A tile on each level, and those of the right edge.
        let levels = size.ilog2() / 8 + 1;
        let (root, reads) = tree.reads_of(|tree| root(tree, size));
        prop_assert!(reads <= levels, "{} reads", reads);
        let (proof, reads) = tree.reads_of(|tree| inclusion_proof(tree, index, size));
        prop_assert!(reads <= 2 * levels, "{} reads for leaf {} of {}", reads, index, size);
        let leaf = tree.by_height[0];
        prop_assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));

        let old = index;
        let (old_root, _) = tree.reads_of(|tree| crate::tree::root(tree, old));
        let (proof, reads) = tree.reads_of(|tree| consistency_proof(tree, old, size));
        prop_assert!(reads <= 3 * levels, "{} reads from {} to {}", reads, old, size);
        prop_assert_eq!(verify_consistency(old, size, &old_root, &root, &proof), Ok(()));
        prop_assert!(proof.len() <= 63, "{} hashes", proof.len());
    }
}

#[test]
fn every_tree_of_a_few_tiles_is_the_one_of_the_rfc() {
    let (mut store, mut frontier, mut leaves) = (Store::default(), Frontier::new(), vec![]);
    for size in 0..=600_u64 {
        let expected = mth(&leaves);
        assert_eq!(frontier.root(), expected, "size {size}");
        assert_eq!(root(&store, size), Ok(expected), "size {size}");
        assert_eq!(Frontier::from_hashes(&store, size).as_ref(), Ok(&frontier), "size {size}");
        // All indexes for small trees, many around the borders of tiles, some for the others.
        let step = match size {
            0..40 => 1,
            255..=257 | 511..=513 => 5,
            _ => 211,
        };
        for index in (0..size).step_by(step) {
            let Ok(proof) = inclusion_proof(&store, index, size);
            assert_eq!(proof, path(index as usize, &leaves), "leaf {index} of {size}");
            let hash = &leaves[index as usize];
            assert_eq!(verify_inclusion(index, size, hash, &proof, &expected), Ok(()));
        }
        for old in (0..=size).step_by(step) {
            let Ok(proof) = consistency_proof(&store, old, size);
            let slow = if old == 0 { vec![] } else { subproof(old as usize, &leaves, true) };
            assert_eq!(proof, slow, "{old} of {size}");
            let old_root = mth(&leaves[..old as usize]);
            assert_eq!(verify_consistency(old, size, &old_root, &expected, &proof), Ok(()));
        }
        let next = numbered(size);
        frontier.push(next, &mut |level, index, hash| store.put(level, index, hash));
        leaves.push(next);
    }
}
