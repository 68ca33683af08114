//! An entry as reports see it: the event with all its texts, and what the evaluation keeps of it.

use duty::evaluate::Fact;
use duty::event::DutyEvent;
use duty::position::Position;

/// One current version of a duty event.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What the evaluation keeps of it: position, rung, reviews.
    pub fact: Fact,
    /// The event as it was accepted.
    pub event: DutyEvent,
}

impl Recorded {
    /// Its place in the journal.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.fact.position
    }

    /// Whether a report on `year` may speak of it: it answers for the year, or it may have happened
    /// in it. A debrief for last year is held, and told of, this year.
    #[must_use]
    pub fn belongs_to(&self, year: i16) -> bool {
        let happened = self.event.occurred.start().zip(self.event.occurred.end());
        let in_year =
            happened.is_some_and(|(start, end)| start.year() <= year && year <= end.year());
        self.event.accounting_year == year || in_year
    }
}
