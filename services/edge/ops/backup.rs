//! A backup: one file with every entry of a ledger and what else is needed to go on.
//!
//! The file, all integers big-endian; a format of a higher version is refused by [`read`]:
//!
//! | offset | bytes | field                                                         |
//! |-------:|------:|---------------------------------------------------------------|
//! |      0 |     8 | `DLBACKUP`                                                    |
//! |      8 |     4 | format version, 1                                             |
//!
//! then records, one after the other, each:
//!
//! | offset | bytes | field                                                         |
//! |-------:|------:|---------------------------------------------------------------|
//! |      0 |     1 | kind                                                          |
//! |      1 |     4 | length of the payload, at most [`RECORD_BYTES_MAX`]           |
//! |      5 |     n | payload                                                       |
//!
//! | kind | payload                                                       | how often, in order |
//! |-----:|---------------------------------------------------------------|---------------------|
//! |    1 | manifest: JSON of [`Manifest`]                                | once, first         |
//! |    2 | entries: first position (8), count (4); each: length (4), stored bytes | to `size`  |
//! |    3 | a file kept beside the journal: length of its name (2), name, content | any number  |
//! |  255 | trailer: SHA-256 of everything before this record (32)        | once, last          |
//!
//! Files are named as below the data directory: public keys of the log (`keys/*.pub`), wrapped keys
//! of persons (`persons/*`), and, only when asked for, private keys of the log (other `keys/*`).
//! Invariants: the stored bytes are copied, never encoded anew; a file that ends early, or in which
//! any bit was changed, is refused as a whole; the same entries give the same records.

pub mod make;
pub mod read;
pub mod write;

use serde::{Deserialize, Serialize};

/// What every backup begins with.
pub(crate) const MAGIC: &[u8; 8] = b"DLBACKUP";
/// Version of the format this program writes, and the highest it reads.
pub const FORMAT: u32 = 1;
/// Longest payload: a chunk of entries is closed at 1 MiB, and one entry has at most 65,535 bytes.
pub(crate) const RECORD_BYTES_MAX: u32 = 2 << 20;
/// A chunk of entries is closed at this many bytes.
pub(crate) const CHUNK_BYTES: usize = 1 << 20;

pub(crate) const KIND_MANIFEST: u8 = 1;
pub(crate) const KIND_ENTRIES: u8 = 2;
pub(crate) const KIND_FILE: u8 = 3;
pub(crate) const KIND_TRAILER: u8 = 255;

/// What a backup says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format, as in the head of the file.
    pub format: u32,
    /// Which ledger, 32 hex digits.
    pub ledger: String,
    /// Origin of its checkpoints.
    pub origin: String,
    /// How many entries the backup holds: positions 1 to this.
    pub size: u64,
    /// Root of the RFC 6962 tree over them, in hex.
    pub root: String,
    /// The signed note of the last checkpoint, of `size` entries or, where the last ones were not
    /// published yet, of fewer; absent when the ledger has published none.
    pub checkpoint: Option<String>,
    /// When the backup was made, RFC 3339.
    pub created: String,
    /// Version of the program that made it.
    pub program: String,
    /// Whether private keys of the log are in it.
    pub signing_keys: bool,
}

/// A small file kept beside the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Name below the data directory, such as `persons/p-1`.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

#[cfg(test)]
mod tests;
