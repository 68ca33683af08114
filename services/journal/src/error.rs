//! What can go wrong, one enum per operation.
//!
//! A variant exists where some caller branches. The engine's own words stay in the
//! source: `Display` never prints it, and what is shown outside is the edge's affair.

use std::error::Error;

use crate::{COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX, EVENT_BYTES_MAX, Head, Position};

/// An engine's own error, for the operator's log.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// Why a commit was not appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A commit without events.
    #[error("the commit holds no event")]
    Empty,
    /// More than [`COMMIT_EVENTS_MAX`] events.
    #[error("the commit holds {count} events, more than {COMMIT_EVENTS_MAX}")]
    TooManyEvents {
        /// How many.
        count: usize,
    },
    /// An event longer than [`EVENT_BYTES_MAX`].
    #[error("event {index} of the commit has {len} bytes, more than {EVENT_BYTES_MAX}")]
    EventTooLarge {
        /// Which event of the commit, from 0.
        index: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// All events together are longer than [`COMMIT_BYTES_MAX`].
    #[error("the commit has {len} bytes, more than {COMMIT_BYTES_MAX}")]
    CommitTooLarge {
        /// The sum of the lengths in bytes.
        len: usize,
    },
    /// [`Journal::close`](crate::Journal::close) has been called.
    #[error("the journal is closed")]
    Closed,
    /// An earlier write failed: this handle does not write until it is recovered, which it can be
    /// after a lack of room only. Else open the journal anew.
    #[error("an earlier write to the journal failed, it must be opened again")]
    Poisoned,
    /// The commit does not start at `head + 1`. Nothing was written: read on from
    /// what you know, fold, decide again.
    #[error("the commit does not start right after the head of the journal, which is {head}")]
    Conflict {
        /// Where the journal ends.
        head: Head,
    },
    /// No room left on the storage.
    #[error("the journal's storage is full")]
    StorageFull {
        /// `false`: refused before anything was written, a later append may succeed once
        /// there is room. `true`: met in the middle of a write, the journal is poisoned
        /// until [`Journal::recover`](crate::Journal::recover) succeeds.
        poisoned: bool,
    },
    /// The write failed in the engine. The journal is poisoned.
    #[error("the journal's engine failed to write")]
    Engine(#[source] BoxError),
}

impl AppendError {
    /// Whether this handle takes no more appends because a write failed: readiness
    /// must drop, and nothing more may be acknowledged.
    #[must_use]
    pub fn poisons(&self) -> bool {
        match self {
            AppendError::Poisoned | AppendError::Engine(_) => true,
            AppendError::StorageFull { poisoned } => *poisoned,
            AppendError::Empty
            | AppendError::TooManyEvents { .. }
            | AppendError::EventTooLarge { .. }
            | AppendError::CommitTooLarge { .. }
            | AppendError::Closed
            | AppendError::Conflict { .. } => false,
        }
    }
}

/// Why a journal does not take appends again.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// There is still no room. Try again later.
    #[error("the journal's storage is still full")]
    StorageFull,
    /// What failed was not a lack of room: only a new process may open the journal again.
    #[error("the journal must be opened again by a new process")]
    Poisoned,
    /// [`Journal::close`](crate::Journal::close) has been called.
    #[error("the journal is closed")]
    Closed,
    /// It could not be opened again. Trying again later may help.
    #[error("the journal's engine could not be opened again")]
    Engine(#[source] BoxError),
}

/// Why events could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What is stored at `position` is not what was appended. Nothing is known to be
    /// wrong before it.
    #[error("the journal is corrupt at position {position}: {what}")]
    Corrupt {
        /// The first event that cannot be trusted.
        position: Position,
        /// What is wrong with it.
        what: Corruption,
    },
    /// The read failed in the engine; nothing is known about the events.
    #[error("the journal's engine failed to read")]
    Engine(#[source] BoxError),
}

/// Why the end of writing could not be recorded. No event is lost by it.
#[derive(Debug, thiserror::Error)]
#[error("the journal's high-water mark could not be recorded")]
pub struct CloseError(#[source] pub BoxError);

/// A place in the journal that cannot be trusted, as the frame codec finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("position {position} is corrupt: {what}")]
pub struct Damage {
    /// The first event that cannot be trusted.
    pub position: Position,
    /// What is wrong with it.
    pub what: Corruption,
}

impl From<Damage> for ReadError {
    fn from(Damage { position, what }: Damage) -> ReadError {
        ReadError::Corrupt { position, what }
    }
}

/// What is wrong with a stored event or frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Corruption {
    /// Nothing is stored where an event must be.
    #[error("the event is missing")]
    Missing,
    /// The next frame starts somewhere else.
    #[error("the next frame starts at {found} instead")]
    Gap {
        /// Where it starts.
        found: Position,
    },
    /// A key that is not a position.
    #[error("a key is not a position")]
    Key,
    /// The frame ends too early.
    #[error("the frame is cut short")]
    Truncated,
    /// The frame goes on after its last event.
    #[error("the frame has bytes after its last event")]
    Trailing,
    /// The frame was written in a format this program does not know.
    #[error("the frame has the unknown format version {version}")]
    Version {
        /// The version byte found.
        version: u8,
    },
    /// The frame's header contradicts itself.
    #[error("the frame's header is malformed")]
    Header,
    /// The header does not match its checksum.
    #[error("the frame's header does not match its checksum")]
    HeaderChecksum,
    /// An event longer than can have been appended.
    #[error("the event's length is impossible")]
    Length,
    /// The event does not match its checksum.
    #[error("the event does not match its checksum")]
    EventChecksum,
}
