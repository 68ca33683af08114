//! The life of an evaluated year of one organization (DOMAIN §5.5): published for notice (公示),
//! appealed against (申诉), decided, reviewed once more (复核), sealed (封存), reopened by decision.
//!
//! Steps are entries; a [`Cycle`] is their fold. Invariant: nothing here holds a score. A decision
//! changes a score only as an adjustment, and a seal names the sheet that was computed.

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::docno::DocumentNumber;
use crate::id::OrganizationId;
use crate::position::Position;
use crate::registry::shared::SharedMap;
use crate::ruleset::Rung;

/// Most points of bonus in one year of one organization (加分上限, DOMAIN §6.2).
pub const BONUS_MAX: u32 = 5;

/// One step in the life of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearStep {
    /// Whose year.
    pub organization: OrganizationId,
    /// 考核年度.
    pub year: i16,
    /// Id of who takes the step, who is its recorder; never a name.
    pub by: Box<str>,
    /// What it is.
    pub act: YearAct,
}

/// What a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum YearAct {
    /// 公示.
    Published(Shown, Date),
    /// 申诉: the arguments, the evidence, and the last day for deciding.
    Appealed {
        /// Why the result is wrong.
        arguments: Box<str>,
        /// What shows it: ids of events, numbers of documents.
        evidence: Box<str>,
        /// Last day for deciding.
        decision_due: Date,
    },
    /// One more term for deciding the appeal at a position.
    Extended {
        /// The appeal.
        appeal: Position,
        /// Why.
        reason: Box<str>,
        /// The new last day.
        decision_due: Date,
    },
    /// The decision on the appeal at a position.
    Decided {
        /// The appeal.
        appeal: Position,
        /// Whether it is upheld (支持), in part at least.
        upheld: bool,
        /// The decision's document.
        document: DocumentNumber,
        /// Why.
        reason: Box<str>,
        /// What it changes beside what other entries change by its order.
        adjustment: Option<Adjustment>,
        /// Whose office decides (决定机关), where that is told.
        office: Option<OrganizationId>,
        /// Last day for asking for a further review; none where there were none yet.
        review_until: Option<Date>,
    },
    /// 复核申请: the decision on the appeal at a position is to be looked at once more.
    ReviewRequested {
        /// The appeal.
        appeal: Position,
        /// Why its decision is wrong.
        arguments: Box<str>,
        /// What shows it.
        evidence: Box<str>,
        /// Last day for deciding.
        decision_due: Date,
    },
    /// 复核决定, which is final, on the appeal at a position.
    ReviewDecided {
        /// The appeal.
        appeal: Position,
        /// Whose office decides (复核机关).
        office: OrganizationId,
        /// Whether the application is upheld, in part at least.
        upheld: bool,
        /// The decision's document.
        document: DocumentNumber,
        /// Why.
        reason: Box<str>,
        /// What it changes beside what other entries change by its order.
        adjustment: Option<Adjustment>,
    },
    /// 加分、扣分、一票否决, outside an appeal.
    Adjusted(Adjustment),
    /// 封存, with the result sealed.
    Sealed(Shown, Box<SealedResult>),
    /// 重新启封, by a decision.
    Reopened {
        /// The decision's document.
        document: DocumentNumber,
        /// Who approved it, never the recorder.
        approver: Box<str>,
        /// Why, at least 10 characters.
        reason: Box<str>,
    },
}

/// The sheet a publication or seal shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The document that publishes or seals.
    pub document: DocumentNumber,
    /// The day whose deadlines counted.
    pub as_of: Date,
    /// The last entry known.
    pub known: Position,
    /// Digest of the sheet.
    pub digest: Box<str>,
}

/// The figures of a sealed sheet, as they were sealed: nobody computes them again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SealedResult {
    /// Digest of the rule set.
    pub rules: Box<str>,
    /// The official rung; `None` for a seal without a sheet, of which nothing is known here.
    pub official: Option<Rung>,
    /// The scores of the duties, in the order of [`Rung::ALL`].
    pub rungs: [SealedScore; 4],
    /// Σ weight of what applied and was not exempted.
    pub weight: Decimal,
    /// The duties by their state on the official rung, in the order of
    /// [`crate::evaluate::Status::ALL`].
    pub statuses: [usize; 9],
    /// The official score with bonus and penalty.
    pub final_score: Option<Decimal>,
    /// Chinese name of the grade; empty for none.
    pub grade: Box<str>,
}

/// A score of a sealed sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SealedScore {
    /// Of the whole year.
    pub score: Option<Decimal>,
    /// Over what was due.
    pub due_so_far: Option<Decimal>,
    /// Σ weight·credit.
    pub earned: Decimal,
}

/// A line outside the duties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adjustment {
    /// What kind.
    pub kind: AdjustmentKind,
    /// Points, more than zero; zero for a veto.
    pub points: Decimal,
    /// Its document.
    pub document: DocumentNumber,
    /// Who approved it, never the recorder.
    pub approver: Box<str>,
    /// Why, at least 10 characters.
    pub reason: Box<str>,
}

/// Kind of an adjustment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdjustmentKind {
    /// 加分.
    Bonus,
    /// 扣分.
    Penalty,
    /// 一票否决: caps the grade as the rule set says ([`crate::ruleset::Veto`]).
    Veto,
}

impl YearAct {
    /// Whether a call that is repeated asks for the same: what the ledger filled in by itself may
    /// differ by then.
    fn asks_the_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Published(a, _), Self::Published(b, _))
            | (Self::Sealed(a, _), Self::Sealed(b, _)) => a.document == b.document,
            (
                Self::Appealed { arguments: a, evidence: e, .. },
                Self::Appealed { arguments: b, evidence: f, .. },
            ) => (a, e) == (b, f),
            (
                Self::Extended { appeal: a, reason: r, .. },
                Self::Extended { appeal: b, reason: s, .. },
            ) => (a, r) == (b, s),
            (
                Self::ReviewRequested { appeal: a, arguments: r, evidence: e, .. },
                Self::ReviewRequested { appeal: b, arguments: s, evidence: f, .. },
            ) => (a, r, e) == (b, s, f),
            (Self::Decided { review_until, .. }, Self::Decided { .. }) => {
                let mut other = other.clone();
                if let Self::Decided { review_until: end, .. } = &mut other {
                    *end = *review_until;
                }
                *self == other
            }
            _ => self == other,
        }
    }
}

impl YearStep {
    /// Whether a repeated call asks for the same step.
    #[must_use]
    pub fn asks_the_same(&self, other: &Self) -> bool {
        (&self.organization, self.year, &self.by) == (&other.organization, other.year, &other.by)
            && self.act.asks_the_same(&other.act)
    }
}

/// How far a year is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stage {
    /// Nothing was published, or it was reopened.
    #[default]
    Open,
    /// 公示 runs or is over, nothing is sealed.
    Published,
    /// 封存.
    Sealed,
}

/// An appeal and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct Appeal<'a> {
    /// Where it stands.
    pub position: Position,
    /// Who appealed.
    pub by: &'a str,
    /// Last day for deciding.
    pub decision_due: Date,
    /// Whether the term was extended.
    pub extended: bool,
    /// Where it was decided, and whether it was upheld.
    pub decided: Option<(Position, bool)>,
    /// Whether that was after its last day.
    pub decided_late: bool,
    /// Who decided it, and whose office where that is told.
    pub decider: Option<(&'a str, Option<&'a OrganizationId>)>,
    /// Last day for asking for a further review, once decided.
    pub review_until: Option<Date>,
    /// The further review.
    pub review: Option<FurtherReview<'a>>,
}

/// A further review (复核) and what became of it.
#[derive(Debug, Clone, Copy)]
pub struct FurtherReview<'a> {
    /// Where it was asked for.
    pub position: Position,
    /// Who asked for it.
    pub by: &'a str,
    /// Last day for deciding.
    pub decision_due: Date,
    /// Where it was decided, and whether it was upheld.
    pub decided: Option<(Position, bool)>,
    /// Whether that was after its last day.
    pub decided_late: bool,
}

impl Appeal<'_> {
    /// The last day for the decision that is waited for, that on the appeal or that on its further
    /// review; none when neither is.
    #[must_use]
    pub fn waits_until(&self) -> Option<Date> {
        match (self.decided, self.review) {
            (None, _) => Some(self.decision_due),
            (Some(_), Some(FurtherReview { decided: None, decision_due, .. })) => {
                Some(decision_due)
            }
            (Some(_), _) => None,
        }
    }
}

/// Where a seal stands, what it shows, and the result sealed.
pub type Seal<'a> = (Position, &'a Shown, &'a SealedResult);

/// The year of one organization as known at a position.
#[derive(Debug, Clone, Default)]
pub struct Cycle<'a> {
    /// How far it is.
    pub stage: Stage,
    /// The last publication, and the last day of notice.
    pub published: Option<(Position, &'a Shown, Date)>,
    /// The appeals, by position.
    pub appeals: Vec<Appeal<'a>>,
    /// The last seal, with the result sealed.
    pub sealed: Option<Seal<'a>>,
    /// The last reopening.
    pub reopened: Option<Position>,
    /// Every adjustment, by position.
    pub adjustments: Vec<(Position, &'a Adjustment)>,
}

impl<'a> Cycle<'a> {
    /// The seal whose result stands for the year when `day` is asked about: that of a year sealed
    /// and not reopened, from the day on that was sealed. About an earlier day the year is asked as
    /// it was then.
    #[must_use]
    pub fn sealed_on(&self, day: Date) -> Option<Seal<'a>> {
        let is_sealed = self.stage == Stage::Sealed;
        self.sealed.filter(|(_, shown, _)| is_sealed && shown.as_of <= day)
    }

    /// Points of one kind.
    #[must_use]
    pub fn points(&self, kind: AdjustmentKind) -> Decimal {
        let of_kind = self.adjustments.iter().filter(|(_, adjustment)| adjustment.kind == kind);
        of_kind.map(|(_, adjustment)| adjustment.points).sum()
    }

    /// The positions of the vetoes, in order.
    pub fn vetoes(&self) -> impl Iterator<Item = Position> {
        let is_veto = |adjustment: &Adjustment| adjustment.kind == AdjustmentKind::Veto;
        let vetoes = self.adjustments.iter().filter(move |(_, adjustment)| is_veto(adjustment));
        vetoes.map(|(position, _)| *position)
    }

    /// Whether any adjustment is a veto.
    #[must_use]
    pub fn is_vetoed(&self) -> bool {
        self.vetoes().next().is_some()
    }

    /// The official score with the points of bonus and penalty, never below 0. Points have two
    /// places as the score has: nothing is rounded again.
    #[must_use]
    pub fn adjusted(&self, score: Decimal) -> Decimal {
        let [bonus, penalty] =
            [AdjustmentKind::Bonus, AdjustmentKind::Penalty].map(|kind| self.points(kind));
        (score + bonus - penalty).max(Decimal::ZERO)
    }

    /// The appeal at a position.
    #[must_use]
    pub fn appeal(&self, position: Position) -> Option<&Appeal<'a>> {
        self.appeals.iter().find(|appeal| appeal.position == position)
    }
}

/// A step with its position and the civil day it was recorded on.
type Taken = (Position, Date, YearStep);

/// The steps of every year, kept for ever with the position that brought them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Years {
    steps: SharedMap<(OrganizationId, i16), Vec<Taken>>,
}

impl Years {
    /// Takes in a step, recorded on a civil day.
    pub fn put(&mut self, since: Position, on: Date, step: YearStep) {
        let key = (step.organization.clone(), step.year);
        self.steps.entry(key).or_default().push((since, on, step));
    }

    /// The years of an organization that any step was taken in.
    pub fn years_of(&self, organization: &OrganizationId) -> impl Iterator<Item = i16> {
        let (first, last) = ((organization.clone(), i16::MIN), (organization.clone(), i16::MAX));
        self.steps.range(first..=last).map(|((_, year), _)| *year)
    }

    /// The steps of a year known at `known`, by position.
    pub fn steps(
        &self,
        organization: &OrganizationId,
        year: i16,
        known: Position,
    ) -> impl Iterator<Item = (Position, &YearStep)> {
        self.taken(organization, year, known).map(|(since, _, step)| (*since, step))
    }

    fn taken(
        &self,
        organization: &OrganizationId,
        year: i16,
        known: Position,
    ) -> impl Iterator<Item = &Taken> {
        let steps = self.steps.get(&(organization.clone(), year));
        steps.into_iter().flatten().filter(move |(since, _, _)| *since <= known)
    }

    /// The year of an organization as known at `known`.
    #[must_use]
    pub fn cycle(&self, organization: &OrganizationId, year: i16, known: Position) -> Cycle<'_> {
        let mut cycle = Cycle::default();
        for (position, on, step) in self.taken(organization, year, known) {
            let position = *position;
            match &step.act {
                YearAct::Published(shown, notice_end) => {
                    cycle.stage = Stage::Published;
                    cycle.published = Some((position, shown, *notice_end));
                }
                YearAct::Appealed { decision_due, .. } => cycle.appeals.push(Appeal {
                    position,
                    by: &step.by,
                    decision_due: *decision_due,
                    extended: false,
                    decided: None,
                    decided_late: false,
                    decider: None,
                    review_until: None,
                    review: None,
                }),
                YearAct::Extended { appeal, decision_due, .. } => {
                    let found = cycle.appeals.iter_mut().find(|held| held.position == *appeal);
                    if let Some(found) = found {
                        (found.decision_due, found.extended) = (*decision_due, true);
                    }
                }
                YearAct::Decided { appeal, upheld, adjustment, office, review_until, .. } => {
                    let found = cycle.appeals.iter_mut().find(|held| held.position == *appeal);
                    if let Some(found) = found {
                        found.decided = Some((position, *upheld));
                        found.decided_late = found.decision_due < *on;
                        found.decider = Some((&step.by, office.as_ref()));
                        found.review_until = *review_until;
                    }
                    cycle.adjustments.extend(adjustment.iter().map(|held| (position, held)));
                }
                YearAct::ReviewRequested { appeal, decision_due, .. } => {
                    let found = cycle.appeals.iter_mut().find(|held| held.position == *appeal);
                    if let Some(found) = found {
                        found.review = Some(FurtherReview {
                            position,
                            by: &step.by,
                            decision_due: *decision_due,
                            decided: None,
                            decided_late: false,
                        });
                    }
                }
                YearAct::ReviewDecided { appeal, upheld, adjustment, .. } => {
                    let mut held = cycle.appeals.iter_mut();
                    let found = held.find(|held| held.position == *appeal);
                    if let Some(review) = found.and_then(|found| found.review.as_mut()) {
                        review.decided = Some((position, *upheld));
                        review.decided_late = review.decision_due < *on;
                    }
                    cycle.adjustments.extend(adjustment.iter().map(|held| (position, held)));
                }
                YearAct::Adjusted(adjustment) => cycle.adjustments.push((position, adjustment)),
                YearAct::Sealed(shown, result) => {
                    cycle.stage = Stage::Sealed;
                    cycle.sealed = Some((position, shown, &**result));
                }
                YearAct::Reopened { .. } => {
                    cycle.stage = Stage::Open;
                    cycle.reopened = Some(position);
                }
            }
        }
        cycle
    }
}
