//! 整改: what a supervisor found, who is to mend it by when, the answer, and the closing (销号).
//!
//! One finding goes through `open → answered → closed`, or from answered back to open with a new
//! due date when the closing finds that nothing was mended. Overdue is no step: a due date that has
//! passed on the day asked about shows while the finding is open. Every step is kept with the
//! position that brought it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use crate::docno::DocumentNumber;
use crate::evidence::Evidence;
use crate::id::{DutyId, EventId, OrganizationId, PersonId, PostId};
use crate::position::Position;
use crate::registry::Registry;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// 一般.
    Minor,
    /// 较重.
    Major,
    /// 严重.
    Grave,
}

/// Where a finding comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// 督察检查.
    Inspection,
    /// 投诉举报.
    Complaint,
    /// 审计.
    Audit,
}

/// Who is to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// Whoever holds a post.
    Post(PostId),
    /// A person.
    Person(PersonId),
}

/// A finding with the order to mend it (督办通知).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Where it was found.
    pub organization: OrganizationId,
    /// The duty it concerns, if one.
    pub duty: Option<DutyId>,
    /// 考核年度: the year it counts for, and is shown with in the debrief of the next one.
    pub accounting_year: i16,
    /// What was found.
    pub text: Box<str>,
    /// How grave it is.
    pub severity: Severity,
    /// Where it comes from.
    pub source: Source,
    /// The duty events it is about.
    pub related: Vec<EventId>,
    /// Who is to mend it.
    pub assignee: Assignee,
    /// Last day to answer.
    pub due: Date,
    /// 文号 of the order.
    pub document: DocumentNumber,
    /// The supervisor who gives it; becomes the recorder.
    pub issuer: Box<str>,
    /// 督办单位: the body that orders it; who closes it stands in a post there or issued it. `None`
    /// in orders that do not say.
    pub body: Option<OrganizationId>,
    /// The post of that body whose holder alone closes it; `None` for anybody there.
    pub closing_post: Option<PostId>,
}

/// What was done about a finding (整改反馈).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The entry of the order.
    pub target: EventId,
    /// What was done.
    pub text: Box<str>,
    /// What shows it, at least one piece.
    pub evidence: Vec<Evidence>,
    /// Who answers; becomes the recorder.
    pub answerer: Box<str>,
}

/// Whether what was done works (成效核查).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// 有效: it is closed (销号).
    Effective,
    /// 无效: it goes on, with a new last day.
    NotEffective {
        /// The new last day to answer.
        due: Date,
    },
}

/// A supervisor's look at an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// The entry of the order.
    pub target: EventId,
    /// What was found.
    pub effect: Effect,
    /// Remark; the reason where it is not effective.
    pub remark: Box<str>,
    /// The supervisor, of the body that ordered it where the order says which, never one who
    /// answered or was to mend it; becomes the recorder.
    pub closer: Box<str>,
}

/// One step after the order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Answered, by whom.
    Answered(Box<str>),
    /// Looked at, and what was found.
    Looked(Effect),
}

/// How far a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// 待整改: to be answered.
    Open,
    /// 已反馈: answered, to be looked at.
    Answered,
    /// 已销号: closed.
    Closed,
}

impl Stage {
    /// Chinese and English name.
    #[must_use]
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("待整改", "open"),
            Self::Answered => ("已反馈待核查", "answered"),
            Self::Closed => ("已销号", "closed"),
        }
    }
}

/// A finding as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The entry of the order.
    pub since: Position,
    /// Its id.
    pub id: EventId,
    /// The order.
    pub order: Arc<Order>,
    /// What came after it, oldest first.
    pub steps: Vec<(Position, Step)>,
}

impl Held {
    /// The steps known at `known`.
    pub fn steps(&self, known: Position) -> impl DoubleEndedIterator<Item = &(Position, Step)> {
        self.steps.iter().filter(move |(at, _)| *at <= known)
    }

    /// How far it is at `known`.
    #[must_use]
    pub fn stage(&self, known: Position) -> Stage {
        match self.steps(known).next_back() {
            None | Some((_, Step::Looked(Effect::NotEffective { .. }))) => Stage::Open,
            Some((_, Step::Answered(_))) => Stage::Answered,
            Some((_, Step::Looked(Effect::Effective))) => Stage::Closed,
        }
    }

    /// The last day to answer, at `known`.
    #[must_use]
    pub fn due(&self, known: Position) -> Date {
        let moved = self.steps(known).rev().find_map(|(_, step)| match step {
            Step::Looked(Effect::NotEffective { due }) => Some(*due),
            Step::Looked(Effect::Effective) | Step::Answered(_) => None,
        });
        moved.unwrap_or(self.order.due)
    }

    /// Where it is to be mended on a day: where it was found or, when that organization ended with
    /// the finding still open, at whoever took over, with the entry by which it passed there.
    #[must_use]
    pub fn mended_at<'a>(
        &'a self,
        registry: &'a Registry,
        day: Date,
        known: Position,
    ) -> (&'a OrganizationId, Option<Position>) {
        let closed = self.steps(known).find_map(|(at, step)| match step {
            Step::Looked(Effect::Effective) => Some(*at),
            Step::Looked(Effect::NotEffective { .. }) | Step::Answered(_) => None,
        });
        let mut place = (&self.order.organization, None);
        // Whoever takes over exists on the first day without the one before: the days grow.
        while let Some((position, _, taker)) = registry.passes_to(place.0, day, known) {
            if closed.is_some_and(|closed| closed < position) {
                break;
            }
            place = (taker, Some(position));
        }
        place
    }

    /// 逾期: still to be answered on a day after the last one.
    #[must_use]
    pub fn is_overdue(&self, as_of: Date, known: Position) -> bool {
        self.stage(known) == Stage::Open && self.due(known) < as_of
    }
}

/// Every finding, by organization.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rectifications {
    by_organization: BTreeMap<OrganizationId, Vec<Held>>,
    organizations: BTreeMap<EventId, OrganizationId>,
}

impl Rectifications {
    /// Takes in a new one.
    pub fn order(&mut self, since: Position, id: EventId, order: Order) {
        let organization = order.organization.clone();
        self.organizations.insert(id, organization.clone());
        let held = Held { since, id, order: Arc::new(order), steps: Vec::new() };
        self.by_organization.entry(organization).or_default().push(held);
    }

    /// Takes in an answer.
    pub fn answer(&mut self, at: Position, answer: &Answer) {
        self.step(answer.target, at, Step::Answered(answer.answerer.clone()));
    }

    /// Takes in a look at an answer.
    pub fn close(&mut self, at: Position, closing: &Closing) {
        self.step(closing.target, at, Step::Looked(closing.effect));
    }

    fn step(&mut self, id: EventId, at: Position, step: Step) {
        let of = self.organizations.get(&id);
        let all = of.and_then(|organization| self.by_organization.get_mut(organization));
        if let Some(held) = all.and_then(|all| all.iter_mut().find(|held| held.id == id)) {
            held.steps.push((at, step));
        }
    }

    /// The finding of an order.
    #[must_use]
    pub fn get(&self, id: EventId) -> Option<&Held> {
        let all = self.by_organization.get(self.organizations.get(&id)?)?;
        all.iter().find(|held| held.id == id)
    }

    /// Every finding known at `known`, by organization, then by position.
    pub fn all(&self, known: Position) -> impl Iterator<Item = &Held> {
        self.by_organization.values().flatten().filter(move |held| held.since <= known)
    }

    /// The findings at an organization known at `known`, by position.
    pub fn of<'a>(
        &'a self,
        organization: &OrganizationId,
        known: Position,
    ) -> impl Iterator<Item = &'a Held> {
        let all = self.by_organization.get(organization).map_or(&[][..], Vec::as_slice);
        all.iter().filter(move |held| held.since <= known)
    }
}
