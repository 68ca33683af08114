//! The embedded engine of the journal: sled 0.34.7, made durable.
//!
//! One process per directory; what is in there:
//!
//! | entry        | what                                                                  |
//! |--------------|-----------------------------------------------------------------------|
//! | `LOCK`       | locked by the process that has the journal open, and names it         |
//! | `FORMAT`     | format version and ledger id; an older one is upgraded                |
//! | `HIGH-WATER` | a position that was once durable, to notice a lost tail               |
//! | `SYNC-FAILED`| there after a failed sync of the log, until it is written anew        |
//! | `sled/`      | sled's files; one tree, the frames of `journal::frame` by position    |
//!
//! This crate knows nothing of what an event means, and it repairs nothing: a journal with
//! a gap, without its tail or of another ledger is refused, with the way out.
//!
//! Invariants:
//! - an append returns `Ok` only after sled's `flush` **and** an `fdatasync` of `sled/db`
//!   through a descriptor of our own: on Linux the flush alone does not survive a power cut;
//! - what is read was durable before; what a failed append left behind shows up at the
//!   next open only;
//! - no record is ever long enough for one of sled's blob files, which are never synced;
//! - a write that sled forgets about when it fails is woken (`watchdog`);
//! - sled's `flush_async` (deadlocks), `generate_id` (jumps) and transactions are not used.

mod check;
mod copied;
mod directory;
mod error;
mod inspect;
mod lock;
mod options;
mod salvage;
mod sled_journal;
mod snapshots;
mod store;
mod watchdog;

pub use directory::{FORMAT_VERSION, high_water_of, ledger_of};
pub use error::{EngineError, OpenError};
pub use inspect::Inspection;
pub use lock::{Holder, Lock};
pub use options::{Check, LedgerId, Options, ParseLedgerIdError};
pub use salvage::{Salvage, salvage};
pub use sled_journal::SledJournal;
pub use store::free_bytes;

#[cfg(test)]
mod tests;
