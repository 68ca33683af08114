//! Positions and heads: the coordinates of the journal.
//!
//! Not a stored form: how a position is written as a key is the codec's affair.
//! Invariant: a [`Position`] is never 0, so "no event" is `Option::None` or
//! [`Head::EMPTY`] and cannot be mistaken for an event.

use std::fmt;
use std::num::NonZeroU64;

/// The place of one event in the journal: 1, 2, 3, ... without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(NonZeroU64);

impl Position {
    /// The position of the first event ever.
    pub const FIRST: Position = Position(NonZeroU64::MIN);

    /// The position with this number; `None` for 0, which no event has.
    #[must_use]
    pub fn new(number: u64) -> Option<Position> {
        NonZeroU64::new(number).map(Position)
    }

    /// The number, 1 or more.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0.get()
    }

    /// The position right after this one; `None` at the end of the numbers.
    #[must_use]
    pub fn next(self) -> Option<Position> {
        self.checked_add(1)
    }

    /// The position `events` later; `None` past the end of the numbers.
    #[must_use]
    pub fn checked_add(self, events: u64) -> Option<Position> {
        self.0.checked_add(events).map(Position)
    }

    /// The position `events` earlier; `None` before the first.
    #[must_use]
    pub fn checked_sub(self, events: u64) -> Option<Position> {
        self.get().checked_sub(events).and_then(Position::new)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where a journal ends: after its last event, or before the first.
///
/// Since positions have no gaps, the number of the last event is also how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Head(u64);

impl Head {
    /// The head of a journal without events.
    pub const EMPTY: Head = Head(0);

    /// The head of a journal with this many events.
    #[must_use]
    pub fn new(events: u64) -> Head {
        Head(events)
    }

    /// The head of a journal whose last event is at `last`.
    #[must_use]
    pub fn at(last: Position) -> Head {
        Head(last.get())
    }

    /// How many events there are.
    #[must_use]
    pub fn events(self) -> u64 {
        self.0
    }

    /// The position of the last event; `None` if there is none.
    #[must_use]
    pub fn last(self) -> Option<Position> {
        Position::new(self.0)
    }

    /// Where the next commit starts. Saturates at the end of the numbers (half a
    /// million years at a million events a second), where it is simply never free.
    #[must_use]
    pub fn next(self) -> Position {
        Position(NonZeroU64::MIN.saturating_add(self.0))
    }

    /// Whether the event at `position` exists.
    #[must_use]
    pub fn covers(self, position: Position) -> bool {
        position.get() <= self.0
    }
}

impl From<Position> for Head {
    fn from(last: Position) -> Head {
        Head::at(last)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
