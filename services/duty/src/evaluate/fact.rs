//! What the evaluation keeps of a duty event: no texts, and when each thing about it became known.

use jiff::civil::Date;

use crate::calendar::Calendars;
use crate::event::details::DetailFacts;
use crate::event::{DutyEvent, EventType, Kind};
use crate::id::{EventId, PersonId, PostId};
use crate::occurred::Occurred;
use crate::position::Position;
use crate::quantity::Quantity;
use crate::review::{Grade, Reviewed, Verdict};
use crate::ruleset::Rung;

/// One version of one duty event, with its later fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Where it stands in the journal.
    pub position: Position,
    /// Its id.
    pub event_id: EventId,
    /// The id of the first version of the event; what aggregates name.
    pub root: EventId,
    /// The civil day on which it was recorded.
    pub recorded_on: Date,
    /// Its type.
    pub event_type: EventType,
    /// Performed, planned, claimed or outcome.
    pub kind: Kind,
    /// When it happened.
    pub occurred: Occurred,
    /// The year it answers for.
    pub accounting_year: i16,
    /// Day-precise, with a document number or the digest of sealed minutes.
    pub documented: bool,
    /// Whose duty it discharges.
    pub responsible_person: Option<PersonId>,
    /// In which posts.
    pub responsible_posts: Vec<PostId>,
    /// Its figures.
    pub quantities: Vec<Quantity>,
    /// A sum over others.
    pub aggregate: bool,
    /// The events it sums, as far as it names them.
    pub components: Vec<EventId>,
    /// The aggregate it is part of.
    pub part_of: Option<EventId>,
    /// What the evaluation needs of the details.
    pub details: DetailFacts,
    /// When it was replaced by a correction.
    pub superseded_at: Option<Position>,
    /// When it was taken back.
    pub withdrawn_at: Option<Position>,
    /// Every decision on it, oldest first.
    pub reviews: Vec<Reviewed>,
}

impl Fact {
    /// The fact of an event recorded at `position` on the civil day `recorded_on`.
    #[must_use]
    pub fn new(
        position: Position,
        event_id: EventId,
        root: EventId,
        recorded_on: Date,
        event: DutyEvent,
    ) -> Self {
        Self {
            position,
            event_id,
            root,
            recorded_on,
            event_type: event.event_type(),
            kind: event.kind,
            occurred: event.occurred,
            accounting_year: event.accounting_year,
            documented: event.is_documented(),
            responsible_person: event.responsible_person,
            responsible_posts: event.responsible_posts,
            quantities: event.quantities,
            aggregate: event.aggregate,
            components: event.components,
            part_of: event.part_of,
            details: event.details.facts(),
            superseded_at: None,
            withdrawn_at: None,
            reviews: Vec::new(),
        }
    }

    /// Whether judging `year` looks at a fact of this accounting year, which tells of a change or
    /// does not: the year itself, those beside it, whose events are named as such, and every
    /// change, whose own date decides.
    #[must_use]
    pub fn concerns(accounting_year: i16, tells_of_change: bool, year: i16) -> bool {
        tells_of_change || accounting_year.abs_diff(year) <= 1
    }

    /// Whether it tells of a change that duties may follow from, on a known day.
    #[must_use]
    pub fn tells_of_change(&self) -> bool {
        matches!(self.details.trigger, Some((_, Some(_))))
    }

    /// Whether this version is the one that counts when `known` is the last entry known.
    #[must_use]
    pub fn is_current(&self, known: Position) -> bool {
        let gone = |at: Option<Position>| at.is_some_and(|at| at <= known);
        self.position <= known && !gone(self.superseded_at) && !gone(self.withdrawn_at)
    }

    /// A supervisor's last decision known at `known`: the one that counts.
    #[must_use]
    pub fn review(&self, known: Position) -> Option<&Reviewed> {
        self.reviews.iter().rev().find(|review| review.at <= known)
    }

    /// Whether a supervisor's last decision known at `known` was to accept it.
    #[must_use]
    pub fn is_accepted(&self, known: Position) -> bool {
        self.review(known).is_some_and(|review| review.verdict == Verdict::Accepted)
    }

    /// The grade with which it is accepted at `known`, if one was given.
    #[must_use]
    pub fn accepted_grade(&self, known: Position) -> Option<Grade> {
        self.review(known).filter(|review| review.verdict == Verdict::Accepted)?.grade
    }

    /// The return that nobody mended in time, with the last day of its cure period, where that has
    /// passed on `as_of` (退回后逾期未补正). A correction is a fact of its own and begins without
    /// any decision; without a calendar nothing can be late.
    #[must_use]
    pub fn lapsed_return(
        &self,
        calendars: &Calendars,
        as_of: Date,
        known: Position,
    ) -> Option<(&Reviewed, Date)> {
        let review = self.review(known)?;
        let last = review.cure_by(calendars)?.ok()?;
        (last < as_of).then_some((review, last))
    }

    /// The highest rung the event stands on wherever its date lies certainly on one side of the
    /// window; `None` for what never counts (plans, outcomes).
    ///
    /// The ladder is cumulative: an accepted event without a document number is *dated*, because
    /// every rung contains the one above it (DESIGN §4).
    #[must_use]
    pub fn rung(&self, as_of: Date, known: Position) -> Option<Rung> {
        match self.kind {
            Kind::Planned | Kind::Outcome => None,
            Kind::RecurringClaim => Some(Rung::Claimed),
            Kind::Performed => {
                let over = self.occurred.end().is_some_and(|end| end <= as_of);
                Some(match (over, self.documented, self.is_accepted(known)) {
                    (false, _, _) => Rung::Claimed,
                    (true, false, _) => Rung::Dated,
                    (true, true, false) => Rung::Documented,
                    (true, true, true) => Rung::Verified,
                })
            }
        }
    }

    /// The figure under `metric`.
    #[must_use]
    pub fn quantity(&self, metric: &str) -> Option<&Quantity> {
        self.quantities.iter().find(|quantity| &*quantity.metric == metric)
    }
}
