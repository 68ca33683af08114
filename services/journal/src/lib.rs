//! The journal: one totally ordered, durable sequence of opaque events.
//!
//! This crate is the contract and what every engine shares: positions, the
//! seam ([`Journal`]), the frame codec, an engine in memory, a decorator that
//! fails on a plan, and the test suite every engine must pass. It is not an engine
//! that survives a restart (see `journal-sled`), it does not know what an event
//! means, and it spawns nothing.
//!
//! Invariants, on every engine:
//! - positions start at 1 and have no gaps, so `head + 1` is always either free
//!   or the start of somebody else's commit;
//! - the only write is create-if-absent at `head + 1`, the only read a range scan;
//! - a commit is visible and durable as a whole or not at all;
//! - the bytes read are the bytes appended: nothing here encodes an event anew.

mod error;
mod position;

pub mod contract;
pub mod fault;
pub mod frame;
pub mod memory;
pub mod sweep;

use bytes::Bytes;

pub use error::{AppendError, BoxError, CloseError, Corruption, Damage, ReadError, RecoverError};
pub use fault::{Fault, FaultJournal};
pub use memory::MemoryJournal;
pub use position::{Head, Position};
pub use sweep::{Step, Sweep};

/// Longest event in bytes: the entry-bundle limit of C2SP `tlog-tiles`, whose
/// length prefix is 16 bits wide.
pub const EVENT_BYTES_MAX: usize = 65_535;

/// Largest commit in bytes, summed over its events: 1,024 events of the longest
/// kind (1,024 x 65,535 B is a little under 64 MiB). A commit is held in memory
/// about three times while it is written, so this bounds that at 192 MiB.
pub const COMMIT_BYTES_MAX: usize = 64 << 20;

/// Most events in one commit. It bounds the commit of many tiny events, which
/// [`COMMIT_BYTES_MAX`] alone would leave open (an event may be empty).
pub const COMMIT_EVENTS_MAX: usize = 65_536;

/// An ordered, durable sequence of events.
///
/// Whoever loses the race for a position gets [`AppendError::Conflict`], reads
/// what is there, folds it and decides again. That is the whole concurrency protocol.
pub trait Journal: Send + Sync {
    /// Where the journal ends: the last position that is durable.
    ///
    /// Never goes back while the journal is open, and never names an event whose
    /// append has not been made durable.
    fn head(&self) -> Result<Head, ReadError>;

    /// Appends `events` as one commit whose first event gets position `first`.
    ///
    /// All or nothing, also across a crash, and it returns `Ok` only when the
    /// commit is durable. `first` must be `head + 1`, else [`AppendError::Conflict`]
    /// and the journal is unchanged.
    ///
    /// Refusals, in order of precedence: a commit that breaks a limit (`Empty`,
    /// `TooManyEvents`, `EventTooLarge`, `CommitTooLarge`), `Closed`, `Poisoned`,
    /// `Conflict`, `StorageFull`, `Engine`. After an error for which
    /// [`AppendError::poisons`] holds, whether the events are there is unknown until
    /// the journal is opened again; every later append gets `Poisoned`, and reads go on. After
    /// `StorageFull` alone, [`Self::recover`] opens it again in place.
    fn append(&self, first: Position, events: &[Bytes]) -> Result<(), AppendError>;

    /// Reads events in order, the first one at `from`, as many as `limit` lets in.
    ///
    /// Empty only if `from` lies past the head: at least one event is returned
    /// otherwise, however small the limit, so that a reader always moves on. Every
    /// event is checked (checksum, position); the first bad one ends the read with
    /// [`ReadError::Corrupt`] and its position, and the good ones before it are
    /// to be had by a read that stops short of it.
    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<Entry>, ReadError>;

    /// Makes a journal that ran out of room in the middle of a write take appends again, in place,
    /// and says where it ends. A journal that takes appends anyway just says where it ends.
    ///
    /// The head may be beyond the one before: what the failed append left behind is there as a
    /// whole or not at all, and its writer was told neither. Whoever keeps a fold of the journal
    /// reads on from where it stood. Reads wait meanwhile.
    ///
    /// # Errors
    /// [`RecoverError`]; the journal takes no appends then, and reads go on where they can. An
    /// engine that cannot recover in place leaves it at [`RecoverError::Poisoned`].
    fn recover(&self) -> Result<Head, RecoverError> {
        Err(RecoverError::Poisoned)
    }

    /// Ends writing: every later append gets [`AppendError::Closed`], reads go on.
    ///
    /// Engines record here how far they got, so that a lost tail is noticed at the
    /// next open. May be called twice. Locks and files go with the last reference.
    fn close(&self) -> Result<(), CloseError>;
}

/// One event and its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where the event stands in the journal.
    pub position: Position,
    /// The event, exactly as it was appended.
    pub bytes: Bytes,
}

/// How much one read may return. Zero counts as one, see [`Journal::read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimit {
    /// Most events.
    pub events: usize,
    /// Most bytes, summed over the events.
    pub bytes: usize,
}

impl ReadLimit {
    /// Whether a further event may be looked at after `events` events: one that cannot be
    /// returned anyway must not be read, since it might be the one that is corrupt.
    #[must_use]
    pub fn has_room(self, events: usize) -> bool {
        events == 0 || events < self.events
    }

    /// Whether an event of `next_bytes` still fits after `events` events of `bytes` bytes.
    #[must_use]
    pub fn admits(self, events: usize, bytes: usize, next_bytes: usize) -> bool {
        let fits = events == 0 || bytes.saturating_add(next_bytes) <= self.bytes;
        fits && self.has_room(events)
    }
}

/// Refuses a commit that breaks a limit. Every engine calls this first, so that
/// the limits and their precedence are the same everywhere.
pub fn check_commit(events: &[Bytes]) -> Result<(), AppendError> {
    if events.is_empty() {
        return Err(AppendError::Empty);
    }
    if events.len() > COMMIT_EVENTS_MAX {
        return Err(AppendError::TooManyEvents { count: events.len() });
    }
    let mut total: usize = 0;
    for (index, event) in events.iter().enumerate() {
        if event.len() > EVENT_BYTES_MAX {
            return Err(AppendError::EventTooLarge { index, len: event.len() });
        }
        // Cannot overflow: at most 65,536 events of at most 65,535 bytes.
        total += event.len();
    }
    if total > COMMIT_BYTES_MAX {
        return Err(AppendError::CommitTooLarge { len: total });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
