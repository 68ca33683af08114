//! What a verifier does: RFC 9162 §2.1.3.2 and §2.1.4.2, word by word.
//!
//! Needs nothing but the proof and the hashes it speaks of. Invariants: a proof is accepted in
//! exactly one form, with no hash too many or too few; nothing here allocates or panics.

use crate::hash::{EMPTY_ROOT, Hash, node};

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is said to stand behind the end of the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    OutsideTree {
        /// The index of the leaf, from 0.
        index: u64,
        /// The number of leaves.
        size: u64,
    },
    /// The older tree is said to be the larger one.
    #[error("a tree of {old} leaves cannot be the beginning of a tree of {new}")]
    Shrunk {
        /// The number of leaves of the older tree.
        old: u64,
        /// The number of leaves of the newer tree.
        new: u64,
    },
    /// The proof has too few or too many hashes for these sizes.
    #[error("the proof has {hashes} hashes, which does not fit the size of the tree")]
    Length {
        /// The number of hashes in the proof.
        hashes: usize,
    },
    /// The hashes do not lead to the root: the leaf, the proof or the root is not the one that
    /// was logged.
    #[error("the proof does not lead to the root {root}")]
    Root {
        /// The root that the proof should lead to.
        root: Hash,
    },
}

impl ProofError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::OutsideTree { index, size } => {
                format!("叶子序号 {index} 不在共 {size} 片叶子的树中")
            }
            Self::Shrunk { old, new } => {
                format!("{old} 片叶子的树不可能是 {new} 片叶子的树的开头部分")
            }
            Self::Length { hashes } => {
                format!("证明含 {hashes} 个哈希，与树的大小不相符")
            }
            Self::Root { root } => format!("证明推算不出根哈希 {root}"),
        }
    }
}

/// Checks that the leaf with this hash is at `index` in the tree of `size` leaves with this root
/// (RFC 9162 §2.1.3.2).
///
/// # Errors
/// When the proof does not show it.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf: &Hash,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if size <= index {
        return Err(ProofError::OutsideTree { index, size });
    }
    let length = ProofError::Length { hashes: proof.len() };
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(length);
        }
        if at & 1 == 1 || at == last {
            hash = node(sibling, &hash);
            skip_left_edge(&mut at, &mut last);
        } else {
            hash = node(&hash, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root { root: *root }) }
}

/// Goes up to where the node is a right child, or the leftmost of its row.
fn skip_left_edge(at: &mut u64, last: &mut u64) {
    while *at & 1 == 0 && *at != 0 {
        *at >>= 1;
        *last >>= 1;
    }
}

/// Checks that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 9162
/// §2.1.4.2). The tree without leaves begins every tree, which takes an empty proof and the root
/// of the empty tree.
///
/// # Errors
/// When the proof does not show it.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if new < old {
        return Err(ProofError::Shrunk { old, new });
    }
    let length = ProofError::Length { hashes: proof.len() };
    if old == 0 || old == new {
        let expected = if old == 0 { EMPTY_ROOT } else { *new_root };
        return match (proof.is_empty(), *old_root == expected) {
            (false, _) => Err(length),
            (true, false) => Err(ProofError::Root { root: *old_root }),
            // Two trees without leaves must also agree on what that is.
            (true, true) if new == 0 && *new_root != EMPTY_ROOT => {
                Err(ProofError::Root { root: *new_root })
            }
            (true, true) => Ok(()),
        };
    }
    // A complete old tree is a node of the new one, and the proof leaves it out.
    let mut hashes = proof.iter();
    let first = if old.is_power_of_two() { Some(old_root) } else { hashes.next() };
    let Some(first) = first else { return Err(length) };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut of_old, mut of_new) = (*first, *first);
    for hash in hashes {
        if last == 0 {
            return Err(length);
        }
        if at & 1 == 1 || at == last {
            of_old = node(hash, &of_old);
            of_new = node(hash, &of_new);
            skip_left_edge(&mut at, &mut last);
        } else {
            of_new = node(&of_new, hash);
        }
        at >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    if of_old != *old_root {
        return Err(ProofError::Root { root: *old_root });
    }
    if of_new == *new_root { Ok(()) } else { Err(ProofError::Root { root: *new_root }) }
}
