//! One obligation and its judgement on the four rungs.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Window;
use crate::calendar::Calendars;
use crate::event::EventType;
use crate::exemption::HeldExemption;
use crate::id::{DutyId, EventId, OrganizationId, PersonId, PostId};
use crate::occurred::Timing;
use crate::position::Position;
use crate::problem::Problem;
use crate::review::Reviewed;
use crate::ruleset::Rung;

/// State of an obligation at a rung (DOMAIN §6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// 不适用: a rule decides.
    NotApplicable,
    /// 免除: a person decided, with a document.
    Exempted,
    /// 未到期.
    NotDue,
    /// 临期.
    DueSoon,
    /// 已履行.
    Fulfilled,
    /// 部分履行.
    Partial,
    /// 逾期补办.
    FulfilledLate,
    /// 逾期未履行.
    Overdue,
    /// 待核: claimed, but not borne out on this rung.
    NeedsVerification,
}

impl Status {
    /// Every status, in the order of DOMAIN §6.1.
    pub const ALL: &[Self] = &[
        Self::NotApplicable,
        Self::Exempted,
        Self::NotDue,
        Self::DueSoon,
        Self::Fulfilled,
        Self::Partial,
        Self::FulfilledLate,
        Self::Overdue,
        Self::NeedsVerification,
    ];

    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Exempted => "exempted",
            Self::NotDue => "not_due",
            Self::DueSoon => "due_soon",
            Self::Fulfilled => "fulfilled",
            Self::Partial => "partial",
            Self::FulfilledLate => "fulfilled_late",
            Self::Overdue => "overdue",
            Self::NeedsVerification => "needs_verification",
        }
    }

    /// Chinese name.
    #[must_use]
    pub const fn name_zh(self) -> &'static str {
        match self {
            Self::NotApplicable => "不适用",
            Self::Exempted => "免除",
            Self::NotDue => "未到期",
            Self::DueSoon => "临期",
            Self::Fulfilled => "已履行",
            Self::Partial => "部分履行",
            Self::FulfilledLate => "逾期补办",
            Self::Overdue => "逾期未履行",
            Self::NeedsVerification => "待核",
        }
    }

    /// Whether an obligation in this state belongs in the score at all.
    #[must_use]
    pub const fn is_scored(self) -> bool {
        !matches!(self, Self::NotApplicable | Self::Exempted)
    }

    /// Whether the deadline still lies ahead and nothing has settled the matter.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::NotDue | Self::DueSoon)
    }
}

/// Who owes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The organization.
    Organization,
    /// A person, in one or more posts: one act covers them all.
    Person {
        /// Who.
        person: PersonId,
        /// The posts that owe it.
        posts: Vec<PostId>,
        /// 任职不足半年: less than the rule set's threshold in the year.
        short_tenure: bool,
        /// Left the post before the accounting date and owes a departure statement.
        departed: bool,
    },
    /// Nobody holds the posts that would owe it.
    Vacant,
}

/// Which part of the year, or which occasion, an obligation is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// The year.
    Year,
    /// A half-year, 1 or 2.
    Half(u8),
    /// A quarter, 1 to 4.
    Quarter(u8),
    /// A change that asks for a reaction.
    Trigger {
        /// What changed: `main_leader_change`, `member_change`, `institution_reform`.
        kind: Box<str>,
        /// The day of the change.
        day: Date,
        /// The entry that tells of it.
        position: Position,
    },
    /// The yearly confirmation that nothing needed changing.
    Confirmation,
    /// One document, decision, examination or case.
    Item {
        /// The event that is the item.
        event_id: EventId,
        /// Where it stands.
        position: Position,
    },
    /// 承接: what another organization owed and had not done when it ended.
    TakenOver {
        /// The organization it arose at.
        from: OrganizationId,
        /// The first day it is owed here.
        day: Date,
        /// The entry by which it passed here.
        position: Position,
        /// For which part of the year it was owed.
        of: Box<Period>,
    },
}

impl Period {
    /// Stable text, unique among the obligations of one duty and owner.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Year => "year".to_owned(),
            Self::Half(half) => format!("H{half}"),
            Self::Quarter(quarter) => format!("Q{quarter}"),
            Self::Trigger { kind, day, .. } => format!("{kind}@{day}"),
            Self::Confirmation => "confirmation".to_owned(),
            Self::Item { event_id, .. } => format!("item@{event_id}"),
            Self::TakenOver { from, of, .. } => format!("{}@{from}", of.key()),
        }
    }
}

/// Judgement on one rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RungResult {
    /// The state.
    pub status: Status,
    /// 0 to 1.
    pub credit: Decimal,
    /// What counts as in time on this rung.
    pub in_time: Decimal,
    /// What counts as late.
    pub late: Decimal,
    /// The entries the judgement rests on, by position.
    pub entries: Vec<Position>,
}

/// Why an event that might have counted does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotCounted {
    /// Only planned: plans never count.
    Planned,
    /// A business outcome, outside the score.
    Outcome,
    /// It answers for another year.
    OtherYear,
    /// It had not happened by the day asked about.
    AfterAsOf,
    /// It lies before the window.
    BeforeWindow,
    /// It belongs to another part of the year.
    OtherPeriod,
    /// A sum whose parts are counted already.
    SumOfCounted,
    /// It discharges the duty of somebody else.
    OtherPerson,
    /// An act of the successor before it took the duty over.
    BeforeTakingOver,
    /// It misses a threshold of the rule.
    BelowThreshold,
    /// The duty is exempted.
    Exempted,
    /// The duty does not apply, or nobody holds the post that would owe it.
    NothingOwed,
}

impl NotCounted {
    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Outcome => "outcome",
            Self::OtherYear => "other_year",
            Self::AfterAsOf => "after_as_of",
            Self::BeforeWindow => "before_window",
            Self::OtherPeriod => "other_period",
            Self::SumOfCounted => "sum_of_counted",
            Self::OtherPerson => "other_person",
            Self::BeforeTakingOver => "before_taking_over",
            Self::BelowThreshold => "below_threshold",
            Self::Exempted => "exempted",
            Self::NothingOwed => "nothing_owed",
        }
    }
}

/// What held an event back from the next rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Why {
    /// Nothing: it stands on the highest rung.
    Nothing,
    /// A regular claim without an instance.
    NoInstance,
    /// Its date is not known, or crosses a border of the window.
    DateUncertain,
    /// Not known to the day.
    NotDayPrecise,
    /// Neither a document number nor the digest of sealed minutes.
    NoDocument,
    /// No supervisor has accepted it.
    NotAccepted,
    /// A supervisor returned it.
    Returned,
    /// Accepted with a reservation (grade C): it counts in part only.
    Reservation,
    /// It names nobody, though a person owes the duty.
    NobodyNamed,
    /// A figure the rule's threshold asks for is not given.
    FigureMissing,
}

impl Why {
    /// Stable text.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::NoInstance => "no_instance",
            Self::DateUncertain => "date_uncertain",
            Self::NotDayPrecise => "not_day_precise",
            Self::NoDocument => "no_document",
            Self::NotAccepted => "not_accepted",
            Self::Returned => "returned",
            Self::Reservation => "reservation",
            Self::NobodyNamed => "nobody_named",
            Self::FigureMissing => "figure_missing",
        }
    }
}

/// How an event stands towards an obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Counted {
        /// Up to this rung.
        rung: Rung,
        /// Where it lies relative to the window.
        timing: Timing,
        /// For how much.
        amount: Decimal,
        /// What held it back from the next rung.
        held_back: Why,
    },
    /// It does not count.
    NotCounted(NotCounted),
}

/// An event that was looked at for an obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Considered {
    /// Where it stands.
    pub position: Position,
    /// Its id.
    pub event_id: EventId,
    /// Its type.
    pub event_type: EventType,
    /// How it stands towards the obligation.
    pub standing: Standing,
    /// 补录: recorded long after it happened; `None` where no calendar tells.
    pub late_entry: Option<bool>,
    /// The supervisor's decision on it that counts.
    pub review: Option<ReviewState>,
}

/// A decision on an event, seen from the day asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewState {
    /// The decision.
    pub review: Reviewed,
    /// The last day on which a return can be mended in time; `None` for what is no return, and
    /// where no calendar tells.
    pub cure_by: Option<Date>,
    /// That day has passed.
    pub cure_passed: bool,
}

impl ReviewState {
    /// How a decision stands on the day `as_of`; on its last day a period has not passed yet.
    #[must_use]
    pub fn new(review: Reviewed, calendars: &Calendars, as_of: Date) -> Self {
        let cure_by = review.cure_by(calendars).and_then(Result::ok);
        Self { review, cure_by, cure_passed: cure_by.is_some_and(|last| last < as_of) }
    }
}

/// One thing owed, and how it was met on each rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// The duty.
    pub duty: DutyId,
    /// Who owes.
    pub owner: Owner,
    /// For which part of the year or occasion.
    pub period: Period,
    /// The days in which it is in time; none where it does not apply or no calendar tells.
    pub window: Option<Window>,
    /// How much is asked for.
    pub required: Decimal,
    /// Claimed, dated, documented, verified: in the order of [`Rung::ALL`].
    pub rungs: [RungResult; 4],
    /// The state on the rule set's official rung; 待核 where claimed but not borne out there.
    pub official: Status,
    /// The events looked at, by position.
    pub considered: Vec<Considered>,
    /// Gaps and oddities.
    pub findings: Vec<Problem>,
    /// The exemptions by which it is not owed; none where it is.
    pub exempted_by: Vec<HeldExemption>,
}

impl Obligation {
    /// The judgement on a rung.
    #[must_use]
    pub fn at(&self, rung: Rung) -> &RungResult {
        &self.rungs[rung as usize]
    }
}
