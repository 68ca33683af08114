//! The Merkle tree of the ledger: RFC 6962 over the stored bytes of every entry.
//!
//! The hashes are those of C2SP tiles: level 0 holds the leaves, level L the roots of complete
//! subtrees of 256^L leaves. They stand in flat files below `tree/` and, until flushed, in memory.
//! Nothing here signs anything or serves anybody; the mathematics is `merkle`'s.
//!
//! Invariants: everything here can be computed again from the journal and is never believed against
//! it; a leaf enters the tree after its entry is durable; appending makes no system call; what is
//! dropped from memory has been synced to a file.

mod level;
mod opening;
mod store;

#[cfg(test)]
mod tests;

pub use level::LevelFiles;
pub use opening::{Anchor, OpenTreeError, Rebuilding, open};
pub use store::{TreeError, TreeStore};

/// Name of the directory of the files below the data directory.
pub const DIRECTORY: &str = "tree";
/// Leaves below a hash of the next level: the width of a C2SP tile.
pub(crate) const WIDTH: u64 = 256;

/// How many hashes a level holds in a tree of `size` leaves.
#[must_use]
pub fn hashes_at(level: u8, size: u64) -> u64 {
    // 256^8 leaves are more than there are numbers.
    size.checked_shr(8 * u32::from(level)).unwrap_or(0)
}
