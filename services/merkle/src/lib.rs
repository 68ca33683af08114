//! The journal nobody has to trust: a tree over all events, and proofs that others can check.
//!
//! Everything here is as the C2SP and RFC 6962 texts have it, so that programs nobody here wrote
//! can check it: the tree and its tiles, signed notes and checkpoints, cosignatures of witnesses,
//! trust policies, receipts. Not here: what a leaf means, where hashes are kept, who serves them.
//! Pure: no input or output, no clock, no randomness; seeds and instants are arguments.
//! Invariants: nothing read from outside can make it panic; what it accepts in a text form, it
//! writes again byte for byte.

pub mod checkpoint;
pub mod hash;
pub mod key;
pub mod note;
pub mod policy;
pub mod proof;
pub mod receipt;
pub mod signer;
pub mod tile;
pub mod tree;
pub mod witness;

#[cfg(test)]
mod tests;

pub use checkpoint::Checkpoint;
pub use hash::{EMPTY_ROOT, Hash};
pub use key::{KeyName, VerifierKey};
pub use note::{Note, NoteSignature};
pub use policy::Policy;
pub use receipt::Receipt;
pub use signer::{Cosigner, LogSigner};
