//! The place of an entry in the journal.

use std::fmt;

/// The place of an entry in the totally ordered journal: 1 for the first, without gaps.
///
/// `Position::ZERO` stands before the first entry; it is what an empty journal has reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position(u64);

impl Position {
    /// Before the first entry.
    pub const ZERO: Self = Self(0);
    /// After every entry there can be: "all that is known".
    pub const MAX: Self = Self(u64::MAX);

    /// The position with this number; 0 is "before the first entry".
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, 1 for the first entry.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position after this one (saturating: the journal cannot reach the last `u64`).
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
