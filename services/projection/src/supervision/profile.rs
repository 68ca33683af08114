//! The profile of an organization: a year of it as one dated line of events, decisions, deadlines
//! and changes.
//!
//! [`gather`] takes what the state knows and names the entries whose texts and times are needed;
//! [`Gathered::timeline`] puts the line together, given those. Every version of every event is on
//! it, withdrawn ones too: nothing is forgotten.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duty::Position;
use duty::entry::{Entry, Recorded, Verdict};
use duty::evaluate::{Detail, Fact, Obligation, Question, Scores};
use duty::id::{DutyId, EventId, OrganizationId, PostId};
use duty::rectification::{Effect, Step as After};
use duty::registry::{Organization, Tenure};
use duty::year::{Adjustment, YearAct};
use duty::zone::civil_day;
use jiff::civil::{Date, date};

use super::StatusCounts;
use super::dues::{self, Due};
use crate::Snapshot;
use crate::view::{self, NoView};

/// The entries at some positions.
pub type Entries = BTreeMap<Position, Recorded>;

/// What happened, or is to happen, on a day.
#[derive(Debug, Clone)]
pub enum What {
    /// The organization was registered, or its record changed.
    Registered,
    /// A main leader's first day in a post.
    TookOffice(PostId, Tenure),
    /// A main leader's last day in a post.
    LeftOffice(PostId, Tenure),
    /// A duty event, by the last day it may have happened on.
    Event(Arc<Fact>),
    /// A new version of a duty event, by the day it was recorded.
    Correction(Arc<Fact>),
    /// A duty event taken back.
    Withdrawal(Arc<Fact>),
    /// A supervisor's decision on a duty event.
    Review(Arc<Fact>, Verdict),
    /// The last day of something owed.
    Deadline(Box<Obligation>),
    /// A last day that a step has set: of a finding, a return, notice or an appeal.
    Due(Box<Due>),
    /// A step in rectification or in the life of the year, or an exemption; the order of the
    /// finding it is about.
    Step(Step, Option<EventId>),
}

/// What a step is; its words stand in its entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// 督办: a finding with the order to mend it.
    FindingOrdered,
    /// 整改反馈.
    FindingAnswered,
    /// 核查无效: it goes on with a new last day.
    FindingGoesOn,
    /// 销号.
    FindingClosed,
    /// 公示.
    YearPublished,
    /// 申诉.
    YearAppealed,
    /// 延长办理期限.
    AppealExtended,
    /// 申诉决定.
    AppealDecided,
    /// 复核申请.
    ReviewRequested,
    /// 复核决定.
    ReviewDecided,
    /// 加分、扣分、一票否决.
    ScoreAdjusted,
    /// 封存.
    YearSealed,
    /// 启封.
    YearReopened,
    /// 免除.
    Exempted,
    /// 撤销免除.
    ExemptionRevoked,
}

impl From<&YearAct> for Step {
    fn from(act: &YearAct) -> Self {
        match act {
            YearAct::Published(..) => Self::YearPublished,
            YearAct::Appealed { .. } => Self::YearAppealed,
            YearAct::Extended { .. } => Self::AppealExtended,
            YearAct::Decided { .. } => Self::AppealDecided,
            YearAct::ReviewRequested { .. } => Self::ReviewRequested,
            YearAct::ReviewDecided { .. } => Self::ReviewDecided,
            YearAct::Adjusted(_) => Self::ScoreAdjusted,
            YearAct::Sealed(..) => Self::YearSealed,
            YearAct::Reopened { .. } => Self::YearReopened,
        }
    }
}

impl What {
    /// On one day: who is in office comes before what is done, and the deadline comes last.
    const fn place(&self) -> u8 {
        match self {
            Self::Registered => 0,
            Self::TookOffice(..) => 1,
            Self::Event(_) => 2,
            Self::Correction(_) => 3,
            Self::Withdrawal(_) => 4,
            Self::Review(..) => 5,
            Self::Step(..) => 6,
            Self::Deadline(_) => 7,
            Self::Due(_) => 8,
            Self::LeftOffice(..) => 9,
        }
    }
}

/// A point of the line.
#[derive(Debug, Clone)]
pub struct Item {
    /// The day.
    pub day: Date,
    /// Whether the day is that of recording, because nobody says when it happened.
    pub by_recording: bool,
    /// The entry that tells of it; `None` for a deadline, which a rule tells of.
    pub position: Option<Position>,
    /// What.
    pub what: What,
    /// Title of the event or name of the organization, as that entry words it.
    pub title: Box<str>,
    /// Reason or remark, as that entry words it.
    pub remark: Box<str>,
}

/// What the state knows of an organization's year.
pub struct Gathered {
    /// The organization as registered.
    pub organization: Organization,
    /// Its four scores.
    pub scores: Scores,
    /// Its duties by their state on the official rung.
    pub statuses: StatusCounts,
    versions: Vec<Position>,
    tenures: Vec<(Position, PostId, Tenure)>,
    facts: Vec<Arc<Fact>>,
    obligations: Vec<Obligation>,
    dues: Vec<Due>,
    steps: Vec<(Position, Step, Option<EventId>)>,
    question: Question,
}

/// Takes what the state knows of an organization's year.
///
/// # Errors
/// [`NoView`] when the organization or a rule set for it is not known.
pub fn gather(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
) -> Result<Gathered, NoView> {
    let view = view::organization_in(snapshot, id, question, Detail::Figures)?;
    let statuses = super::statuses(&view.evaluation.lines);
    let registry = &snapshot.registry;
    let known = question.known;
    let mut tenures = Vec::new();
    for post in registry.posts_of(id, known).filter(|post| post.kind.is_main_leader()) {
        let of_post = registry.tenures_of(&post.id, known);
        tenures.extend(of_post.into_iter().map(|(at, of)| (at, post.id.clone(), of.clone())));
    }
    let stream = snapshot.streams.of(id);
    let facts = stream.map(|stream| stream.facts(question.year)).unwrap_or_default();
    let of_year =
        |fact: &&Arc<Fact>| fact.accounting_year == question.year && fact.position <= known;
    let lines = view.evaluation.lines.into_iter();
    Ok(Gathered {
        organization: view.organization,
        scores: view.evaluation.scores,
        statuses,
        versions: registry.organization_versions(id, known).map(|(since, _)| *since).collect(),
        tenures,
        facts: facts.iter().filter(of_year).cloned().collect(),
        obligations: lines.flat_map(|line| line.obligations).collect(),
        dues: dues::of(snapshot, id, &(question.year..=question.year), question),
        steps: steps(snapshot, id, question),
        question,
    })
}

/// The steps of the year: what supervisors found and what became of it, what was published,
/// appealed against and sealed, what was exempted.
fn steps(
    snapshot: &Snapshot,
    id: &OrganizationId,
    question: Question,
) -> Vec<(Position, Step, Option<EventId>)> {
    let Question { year, known, .. } = question;
    let registry = &snapshot.registry;
    let mut steps = Vec::new();
    let found = registry.rectifications().of(id, known);
    for held in found.filter(|held| held.order.accounting_year == year) {
        let finding = Some(held.id);
        steps.push((held.since, Step::FindingOrdered, finding));
        steps.extend(held.steps(known).map(|(at, step)| match step {
            After::Answered(_) => (*at, Step::FindingAnswered, finding),
            After::Looked(Effect::Effective) => (*at, Step::FindingClosed, finding),
            After::Looked(Effect::NotEffective { .. }) => (*at, Step::FindingGoesOn, finding),
        }));
    }
    let of_year = registry.years().steps(id, year, known);
    steps.extend(of_year.map(|(at, step)| (at, Step::from(&step.act), None)));
    for held in registry.exemptions().of(id, known) {
        if held.exemption.span.concerns(year) {
            steps.push((held.since, Step::Exempted, None));
            let revoked = held.revoked.filter(|(at, _)| *at <= known);
            steps.extend(revoked.map(|(at, _)| (at, Step::ExemptionRevoked, None)));
        }
    }
    steps
}

impl Gathered {
    /// The entries that [`Self::timeline`] wants.
    #[must_use]
    pub fn positions(&self) -> BTreeSet<Position> {
        let of_facts = self.facts.iter().flat_map(|fact| {
            let reviews = fact.reviews.iter().map(|review| review.at);
            reviews.chain([fact.position]).chain(fact.withdrawn_at)
        });
        let of_steps = self.steps.iter().map(|(position, ..)| *position);
        let all = of_facts.chain(self.versions.iter().copied()).chain(of_steps);
        all.filter(|position| *position <= self.question.known).collect()
    }

    /// The line, by day.
    #[must_use]
    pub fn timeline(&self, entries: &Entries) -> Vec<Item> {
        let mut items = Vec::new();
        for position in &self.versions {
            items.extend(noted(*position, What::Registered, entries));
        }
        for (position, step, finding) in &self.steps {
            items.extend(noted(*position, What::Step(*step, *finding), entries));
        }
        self.changes(&mut items);
        for fact in &self.facts {
            self.of_fact(fact, entries, &mut items);
        }
        items.extend(self.obligations.iter().filter_map(|owed| {
            let day = owed.window?.last;
            Some(due(day, None, What::Deadline(Box::new(owed.clone()))))
        }));
        items.extend(self.dues.iter().filter_map(|owed| {
            Some(due(owed.last?, owed.entry, What::Due(Box::new(owed.clone()))))
        }));
        items.sort_by(compare);
        items
    }

    /// Main leaders who came and went in the calendar year.
    fn changes(&self, items: &mut Vec<Item>) {
        let (first, last) = (date(self.question.year, 1, 1), date(self.question.year, 12, 31));
        for (position, post, tenure) in &self.tenures {
            let mut add = |day: Date, what| {
                if first <= day && day <= last {
                    items.push(Item {
                        day,
                        by_recording: false,
                        position: Some(*position),
                        what,
                        title: "".into(),
                        remark: tenure.appointment_document.clone(),
                    });
                }
            };
            add(tenure.from, What::TookOffice(post.clone(), tenure.clone()));
            if let Some(to) = tenure.to {
                add(to, What::LeftOffice(post.clone(), tenure.clone()));
            }
        }
    }

    fn of_fact(&self, fact: &Arc<Fact>, entries: &Entries, items: &mut Vec<Item>) {
        let is_first = fact.root == fact.event_id;
        let what = if is_first { What::Event } else { What::Correction }(Arc::clone(fact));
        if let Some(mut item) = noted(fact.position, what, entries) {
            // An event stands where it happened, as far as that is known.
            if let Some(end) = fact.occurred.end().filter(|_| is_first) {
                (item.day, item.by_recording) = (end, false);
            }
            items.push(item);
        }
        let is_known = |at: &Position| *at <= self.question.known;
        if let Some(at) = fact.withdrawn_at.filter(is_known) {
            items.extend(noted(at, What::Withdrawal(Arc::clone(fact)), entries));
        }
        for review in fact.reviews.iter().filter(|review| is_known(&review.at)) {
            let what = What::Review(Arc::clone(fact), review.verdict);
            items.extend(noted(review.at, what, entries));
        }
    }
}

/// A point on a last day.
fn due(day: Date, position: Option<Position>, what: What) -> Item {
    Item { day, by_recording: false, position, what, title: "".into(), remark: "".into() }
}

/// A point on the day its entry was recorded, with the words of the entry.
fn noted(position: Position, what: What, entries: &Entries) -> Option<Item> {
    let recorded = entries.get(&position)?;
    let (title, remark): (&str, &str) = match &recorded.entry {
        Entry::DutyEvent(event) => (&event.title, ""),
        Entry::Correction(correction) => (&correction.event.title, &correction.reason),
        Entry::Withdrawal(withdrawal) => ("", &withdrawal.reason),
        Entry::Review(review) => ("", &review.remark),
        Entry::Organization(organization) => (&organization.name_zh, ""),
        Entry::RectificationOrdered(order) => (&order.text, order.document.as_str()),
        Entry::RectificationAnswered(answer) => (&answer.text, ""),
        Entry::RectificationClosed(closing) => ("", &closing.remark),
        Entry::YearStep(step) => said(&step.act),
        Entry::Exemption(exemption) => (exemption.duty.as_str(), exemption.document.as_str()),
        Entry::ExemptionRevoked(revocation) => ("", &revocation.reason),
        _ => ("", ""),
    };
    Some(Item {
        day: civil_day(recorded.recorded_at),
        by_recording: true,
        position: Some(position),
        what,
        title: title.into(),
        remark: remark.into(),
    })
}

/// What a step of the year is about, and its reason or document.
fn said(act: &YearAct) -> (&str, &str) {
    match act {
        YearAct::Published(shown, _) | YearAct::Sealed(shown, _) => ("", shown.document.as_str()),
        YearAct::Appealed { arguments, .. } | YearAct::ReviewRequested { arguments, .. } => {
            (arguments, "")
        }
        YearAct::Extended { reason, .. } => ("", reason),
        YearAct::Decided { document, reason, .. }
        | YearAct::ReviewDecided { document, reason, .. }
        | YearAct::Reopened { document, reason, .. } => (document.as_str(), reason),
        YearAct::Adjusted(Adjustment { document, reason, .. }) => (document.as_str(), reason),
    }
}

/// By day, then as [`What`] says, then by entry, then by what is owed.
fn compare(a: &Item, b: &Item) -> Ordering {
    let owed = |item: &Item| -> Option<(DutyId, _, _)> {
        match &item.what {
            What::Deadline(owed) => {
                Some((owed.duty.clone(), owed.owner.clone(), owed.period.clone()))
            }
            _ => None,
        }
    };
    let kind = |item: &Item| match &item.what {
        What::Due(due) => Some(due.kind),
        _ => None,
    };
    (a.day, a.what.place(), a.position)
        .cmp(&(b.day, b.what.place(), b.position))
        .then_with(|| owed(a).cmp(&owed(b)))
        .then_with(|| kind(a).cmp(&kind(b)))
}
