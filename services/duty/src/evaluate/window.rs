//! The days in which an obligation is met in time.

use jiff::civil::{Date, date};

/// A closed interval of civil days, with the date as the rule prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// First day that counts.
    pub first: Date,
    /// Last day that is in time; what lies after it is late.
    pub last: Date,
    /// The date the rule prints: "3月1日之前" prints 03-01, and its last day is 02-28 or 02-29.
    pub printed: Date,
}

impl Window {
    /// A window whose printed date is its last day.
    #[must_use]
    pub const fn inclusive(first: Date, last: Date) -> Self {
        Self { first, last, printed: last }
    }

    /// The calendar year.
    #[must_use]
    pub fn year(year: i16) -> Self {
        Self::inclusive(date(year, 1, 1), date(year, 12, 31))
    }

    /// Whether the deadline has passed on `as_of`: the last day itself is still in time.
    #[must_use]
    pub fn has_passed(&self, as_of: Date) -> bool {
        self.last < as_of
    }
}
