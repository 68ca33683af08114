//! The growing tree: its right edge, and proofs out of stored tile hashes.
//!
//! Nothing is stored here: the caller keeps the hashes that [`Frontier::push`] reports and gives
//! them back through [`Hashes`]. Invariants: only hashes of complete subtrees of 256^level leaves
//! are ever asked for, one tile at most in one read, and only those that exist in a tree of the
//! size named; a root or a proof takes as many reads as the tree has tile levels, times two.

use crate::hash::{EMPTY_ROOT, Hash, node};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH};

/// The stored hashes of complete subtrees: level 0 are the leaves, a hash of level L stands for
/// 256^L leaves.
pub trait Hashes {
    /// What a failed read says.
    type Error;

    /// The `count` hashes of `level` from index `first` on, all of them. The caller never asks
    /// for more than one tile, nor across the border of two.
    ///
    /// # Errors
    /// When they cannot be read, or are not there. Answering with fewer is a failure of the
    /// source and makes the root wrong.
    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, Self::Error>;
}

impl<H: Hashes + ?Sized> Hashes for &H {
    type Error = H::Error;

    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, H::Error> {
        (**self).read(level, first, count)
    }
}

/// The right edge of a tree: the roots of its complete subtrees, from the largest on.
///
/// There is one for every bit set in the size, so 64 at most, and it is all that is needed for
/// taking further leaves and for the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The edge of the tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of the tree of the first `size` leaves.
    ///
    /// # Errors
    /// What the source of hashes says.
    pub fn from_hashes<H: Hashes>(hashes: &H, size: u64) -> Result<Self, H::Error> {
        let mut tiles = Tiles::new(hashes, size);
        Ok(Self { size, peaks: tiles.peaks(0, size)? })
    }

    /// Adds a leaf, and reports every hash to be stored: the leaf itself at level 0, and at
    /// level L ≥ 1 the hash of each subtree of 256^L leaves that the leaf completes.
    ///
    /// # Panics
    /// At 2^64 - 1 leaves: at a million a second that is in 584,000 years.
    pub fn push(&mut self, leaf: Hash, out: &mut impl FnMut(u8, u64, Hash)) {
        out(0, self.size, leaf);
        let size = self.size.checked_add(1).expect("fewer than 2^64 leaves");
        let mut hash = leaf;
        for height in 1..=size.trailing_zeros() {
            // There is a peak for every trailing one of the old size.
            let Some(left) = self.peaks.pop() else { break };
            hash = node(&left, &hash);
            if height % TILE_HEIGHT == 0 {
                out((height / TILE_HEIGHT) as u8, (size >> height) - 1, hash);
            }
        }
        self.peaks.push(hash);
        self.size = size;
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root hash (RFC 6962 §2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_peaks(&self.peaks)
    }
}

/// The root of adjoining complete subtrees, from the largest on.
fn fold_peaks(peaks: &[Hash]) -> Hash {
    let mut smallest_first = peaks.iter().rev();
    let Some(last) = smallest_first.next() else { return EMPTY_ROOT };
    smallest_first.fold(*last, |right, left| node(left, &right))
}

/// The root of the tree of the first `size` leaves.
///
/// # Errors
/// What the source of hashes says.
pub fn root<H: Hashes>(hashes: &H, size: u64) -> Result<Hash, H::Error> {
    Tiles::new(hashes, size).range(0, size)
}

/// The proof that the leaf at `index` is in the tree of the first `size` leaves (RFC 6962
/// §2.1.1), from the leaf's sibling up to the child of the root.
///
/// # Errors
/// What the source of hashes says.
///
/// # Panics
/// When `index < size` does not hold: there is nothing to prove.
pub fn inclusion_proof<H: Hashes>(
    hashes: &H,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, H::Error> {
    assert!(index < size, "leaf {index} is not in a tree of {size}");
    let mut tiles = Tiles::new(hashes, size);
    let siblings = siblings_of_leaf(index, size);
    siblings.into_iter().map(|(first, end)| tiles.range(first, end)).collect()
}

/// The proof that the tree of the first `old` leaves is a beginning of the tree of the first
/// `new` leaves (RFC 6962 §2.1.2). Empty when they are the same, and when `old` is 0.
///
/// # Errors
/// What the source of hashes says.
///
/// # Panics
/// When `old <= new` does not hold: there is nothing to prove.
pub fn consistency_proof<H: Hashes>(hashes: &H, old: u64, new: u64) -> Result<Vec<Hash>, H::Error> {
    assert!(old <= new, "a tree of {old} does not begin a tree of {new}");
    let mut tiles = Tiles::new(hashes, new);
    let parts = parts_of_consistency(old, new);
    parts.into_iter().map(|(first, end)| tiles.range(first, end)).collect()
}

/// A run of leaves, from the first to one past the last.
type Range = (u64, u64);

/// The number of leaves in the left subtree of a tree of `leaves`: the largest power of two
/// smaller than it.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The subtrees beside the way from a leaf to the root, from the leaf on (RFC 6962 §2.1.1).
fn siblings_of_leaf(index: u64, size: u64) -> Vec<Range> {
    let (mut first, mut end) = (0, size);
    let mut siblings = Vec::new();
    while 1 < end - first {
        let middle = first + split(end - first);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((first, middle));
            first = middle;
        }
    }
    siblings.reverse();
    siblings
}

/// The subtrees of a consistency proof in its order (RFC 6962 §2.1.2, SUBPROOF).
fn parts_of_consistency(old: u64, new: u64) -> Vec<Range> {
    if old == 0 || old == new {
        return Vec::new();
    }
    let (mut first, mut end) = (0, new);
    let mut parts = Vec::new();
    while end != old {
        let middle = first + split(end - first);
        if old <= middle {
            parts.push((middle, end));
            end = middle;
        } else {
            parts.push((first, middle));
            first = middle;
        }
    }
    // The subtree that both trees share; the verifier has it if it is the whole old tree.
    if first != 0 {
        parts.push((first, end));
    }
    parts.reverse();
    parts
}

/// Reads tiles for one proof, and keeps the last: the siblings of a leaf lie in one tile for
/// eight levels of the tree.
struct Tiles<'a, H> {
    hashes: &'a H,
    /// The size of the tree: what lies beyond is never read.
    size: u64,
    kept: Option<(u8, u64, Vec<Hash>)>,
}

impl<'a, H: Hashes> Tiles<'a, H> {
    fn new(hashes: &'a H, size: u64) -> Self {
        Self { hashes, size, kept: None }
    }

    /// The root over a run of leaves that is a subtree of the tree.
    fn range(&mut self, first: u64, end: u64) -> Result<Hash, H::Error> {
        Ok(fold_peaks(&self.peaks(first, end)?))
    }

    /// The roots of the complete subtrees that a run of leaves consists of, the largest first.
    fn peaks(&mut self, mut first: u64, end: u64) -> Result<Vec<Hash>, H::Error> {
        let mut peaks = Vec::new();
        while first < end {
            let height = (end - first).ilog2();
            peaks.push(self.complete(first >> height, height)?);
            first += 1 << height;
        }
        Ok(peaks)
    }

    /// The root of the complete subtree of 2^height leaves at `index` among those.
    fn complete(&mut self, index: u64, height: u32) -> Result<Hash, H::Error> {
        // At most 63 / 8.
        let level = (height / TILE_HEIGHT) as u8;
        let within = height % TILE_HEIGHT;
        let first = index << within;
        let tile = self.tile(level, first / TILE_WIDTH)?;
        let offset = (first % TILE_WIDTH) as usize;
        let mut row = [Hash::default(); TILE_WIDTH as usize / 2];
        let mut width = 1 << within;
        let found = tile.iter().skip(offset).take(width);
        row.iter_mut().zip(found).for_each(|(to, from)| *to = *from);
        while 1 < width {
            width /= 2;
            for at in 0..width {
                row[at] = node(&row[2 * at], &row[2 * at + 1]);
            }
        }
        Ok(row[0])
    }

    fn tile(&mut self, level: u8, index: u64) -> Result<&[Hash], H::Error> {
        let is_kept =
            self.kept.as_ref().is_some_and(|(kept, at, _)| (*kept, *at) == (level, index));
        if !is_kept {
            let first = index * TILE_WIDTH;
            let stored = self.size >> (u32::from(level) * TILE_HEIGHT);
            let count = stored.saturating_sub(first).min(TILE_WIDTH) as usize;
            self.kept = Some((level, index, self.hashes.read(level, first, count)?));
        }
        Ok(self.kept.as_ref().map_or(&[], |(_, _, hashes)| hashes))
    }
}
