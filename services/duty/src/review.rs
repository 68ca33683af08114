//! A supervisor's decision on one version of a duty event: accept (核定), return (退回), withdraw
//! an acceptance (撤销核定).
//!
//! Values only. Who may decide what is the business of [`crate::decide`]; what a decision is worth
//! on the evidence ladder that of [`crate::evaluate`]. A decision is never altered: a later one on
//! the same version counts instead of it, a correction of the event begins without any.

use std::sync::Arc;

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::calendar::{CalendarMissing, Calendars};
use crate::docno::DocumentNumber;
use crate::id::EventId;
use crate::position::Position;

/// 补正期限: working days to mend what was returned, when the return names none (DOMAIN §5.5).
pub const CURE_WORKING_DAYS_DEFAULT: u8 = 5;
/// Longest period a return may give, in working days.
pub const CURE_WORKING_DAYS_MAX: u8 = 60;

/// What a supervisor decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// 核定: the evidence was seen and holds.
    Accepted,
    /// 退回: to be completed.
    Returned,
    /// 撤销核定: an acceptance is taken back, by a document.
    AcceptanceWithdrawn,
}

impl Verdict {
    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Returned => "returned",
            Self::AcceptanceWithdrawn => "acceptance_withdrawn",
        }
    }
}

/// 佐证质量等级: what the supervisor who accepts an event thinks of its evidence (DOMAIN §6.2).
///
/// It matters on the rung *verified* alone. The three rungs below it already tell what the record
/// itself shows, so that A and B count in full there; C is an acceptance with a reservation, which
/// takes a remark, and counts 0.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// A: original documents seen, complete.
    A,
    /// B: sufficient, with gaps that do not matter.
    B,
    /// C: accepted with a reservation (有保留地采信).
    C,
}

impl Grade {
    /// Its letter.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    /// How much of an act accepted with this grade counts on the rung *verified*.
    #[must_use]
    pub fn share(self) -> Decimal {
        match self {
            Self::A | Self::B => Decimal::ONE,
            Self::C => Decimal::new(6, 1),
        }
    }
}

/// A supervisor's decision on one version of a duty event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The version looked at.
    pub target: EventId,
    /// The decision.
    pub verdict: Verdict,
    /// The supervisor, never a recorder of the event or of an earlier version of it.
    pub verifier: Box<str>,
    /// Remark; the reason of a return or of a withdrawn acceptance.
    pub remark: Box<str>,
    /// Quality of the evidence; only with an acceptance.
    pub grade: Option<Grade>,
    /// Working days to mend a return; 0 with any other verdict.
    pub cure_working_days: u8,
    /// 文号 of the decision; needed to withdraw an acceptance.
    pub document: Option<DocumentNumber>,
}

impl Review {
    /// Whoever accepted it by this decision, if it is an acceptance.
    #[must_use]
    pub fn accepted_by(&self) -> Option<Arc<str>> {
        (self.verdict == Verdict::Accepted).then(|| (*self.verifier).into())
    }
}

/// What the evaluation keeps of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reviewed {
    /// The entry.
    pub at: Position,
    /// The civil day on which it was recorded.
    pub on: Date,
    /// The decision.
    pub verdict: Verdict,
    /// Quality of the evidence.
    pub grade: Option<Grade>,
    /// Working days to mend a return.
    pub cure_working_days: u8,
}

impl Reviewed {
    /// What is kept of a review recorded at a position on a civil day.
    #[must_use]
    pub const fn new(at: Position, on: Date, review: &Review) -> Self {
        let Review { verdict, grade, cure_working_days, .. } = review;
        Self { at, on, verdict: *verdict, grade: *grade, cure_working_days: *cure_working_days }
    }

    /// The last day on which a return can be mended in time: working days are counted from the day
    /// after it (DOMAIN §5.6). `None` for what is no return.
    #[must_use]
    pub fn cure_by(&self, calendars: &Calendars) -> Option<Result<Date, CalendarMissing>> {
        let is_return = self.verdict == Verdict::Returned;
        is_return.then(|| calendars.add_working_days(self.on, self.cure_working_days.into()))
    }
}

#[cfg(test)]
mod tests;
