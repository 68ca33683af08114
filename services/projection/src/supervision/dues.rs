//! Last days that no duty of a rule set has but a step that was taken: of findings (整改), of what
//! was returned (退回补正), of notice and appeal (公示、申诉).
//!
//! Pure reading: the last days stand in the entries, or follow from them by the working-day
//! calendar. What nobody has to do by a day, the look at an answer (成效核查), has none and says
//! so.

use std::ops::RangeInclusive;

use duty::Position;
use duty::evaluate::{Owner, Question};
use duty::id::{DutyId, EventId, OrganizationId, PersonId, PostId};
use duty::rectification::{Assignee, Held, Stage};
use duty::year;
use jiff::civil::Date;

use crate::Snapshot;

/// What has a last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 责任事项: what a rule says is owed.
    Obligation,
    /// 补正: what was returned is to be corrected.
    Cure,
    /// 整改反馈: a finding is to be answered.
    FindingAnswer,
    /// 成效核查: an answer is to be looked at; no last day is set for it.
    FindingCheck,
    /// 公示期满: the last day of notice, after which the year may be sealed.
    NoticeEnd,
    /// 申诉期满: the last day to appeal.
    AppealEnd,
    /// 申诉决定: an appeal is to be decided.
    AppealDecision,
    /// 复核申请期满: the last day to ask for a further review of a decision.
    ReviewEnd,
    /// 复核决定: a further review is to be decided.
    ReviewDecision,
}

/// The texts of the kinds, in the order of [`Kind::ALL`].
pub(crate) const KINDS: &[&str] = &[
    "obligation",
    "cure",
    "finding_answer",
    "finding_check",
    "notice_end",
    "appeal_end",
    "appeal_decision",
    "review_end",
    "review_decision",
];

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Obligation,
        Self::Cure,
        Self::FindingAnswer,
        Self::FindingCheck,
        Self::NoticeEnd,
        Self::AppealEnd,
        Self::AppealDecision,
        Self::ReviewEnd,
        Self::ReviewDecision,
    ];

    /// Stable text for filters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        KINDS[self as usize]
    }

    /// Chinese and English name.
    #[must_use]
    pub const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Obligation => ("责任事项", "duty"),
            Self::Cure => ("退回补正", "correction of what was returned"),
            Self::FindingAnswer => ("整改反馈", "answer to a finding"),
            Self::FindingCheck => ("整改成效核查", "look at an answer to a finding"),
            Self::NoticeEnd => ("公示期满", "end of notice"),
            Self::AppealEnd => ("申诉期满", "end of the time for appeals"),
            Self::AppealDecision => ("申诉决定", "decision on an appeal"),
            Self::ReviewEnd => ("复核申请期满", "end of the time for a further review"),
            Self::ReviewDecision => ("复核决定", "decision on a further review"),
        }
    }
}

/// Who owes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Debtor {
    /// The organization.
    Organization,
    /// Whoever holds a post: the holders on the day asked about, an acting one first.
    Post(PostId, Vec<PersonId>),
    /// A person.
    Person(PersonId),
    /// The office that supervises.
    Supervisor,
    /// Nobody holds the posts that would owe it.
    Vacant,
}

/// The texts of the debtors, for filters.
pub(crate) const DEBTORS: &[&str] = &["organization", "post", "person", "supervisor", "vacant"];

impl Debtor {
    /// Stable text for filters.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Organization => DEBTORS[0],
            Self::Post(..) => DEBTORS[1],
            Self::Person(_) => DEBTORS[2],
            Self::Supervisor => DEBTORS[3],
            Self::Vacant => DEBTORS[4],
        }
    }

    /// The person meant: of a post, who answers for it on the day asked about.
    #[must_use]
    pub fn person(&self) -> Option<&PersonId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Post(_, holders) => holders.first(),
            Self::Organization | Self::Supervisor | Self::Vacant => None,
        }
    }

    /// Who owes an obligation.
    pub(crate) fn of(owner: &Owner) -> Self {
        match owner {
            Owner::Organization => Self::Organization,
            Owner::Person { person, .. } => Self::Person(person.clone()),
            Owner::Vacant => Self::Vacant,
        }
    }
}

/// One last day, or the lack of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Of what.
    pub kind: Kind,
    /// 考核年度.
    pub year: i16,
    /// Who owes it.
    pub debtor: Debtor,
    /// The last day in time; `None` where none can be told or none is set.
    pub last: Option<Date>,
    /// The entry that set it; `None` where a rule does.
    pub entry: Option<Position>,
    /// The event it is about: the order of a finding, the event returned.
    pub event: Option<EventId>,
    /// The duty it concerns.
    pub duty: Option<DutyId>,
    /// 文号 of the order or notice; may be empty.
    pub document: Box<str>,
    /// Whether it still waits to be done, or the time still runs.
    pub is_open: bool,
}

/// The last days that steps have set at an organization for `years`: by kind, then by entry.
#[must_use]
pub fn of(
    snapshot: &Snapshot,
    organization: &OrganizationId,
    years: &RangeInclusive<i16>,
    question: Question,
) -> Vec<Due> {
    let registry = snapshot.registry();
    let known = question.known;
    let mut dues = Vec::new();
    cures(snapshot, organization, years, known, &mut dues);
    for held in registry.rectifications().of(organization, known) {
        if years.contains(&held.order.accounting_year) {
            finding(snapshot, held, question, &mut dues);
        }
    }
    for year in registry.years().years_of(organization) {
        if years.contains(&year) {
            cycle(snapshot, organization, Question { year, ..question }, &mut dues);
        }
    }
    dues.sort_by_key(|due| (due.kind, due.entry));
    dues
}

/// What was returned and not corrected since.
fn cures(
    snapshot: &Snapshot,
    organization: &OrganizationId,
    years: &RangeInclusive<i16>,
    known: Position,
    dues: &mut Vec<Due>,
) {
    let Some(stream) = snapshot.streams.of(organization) else { return };
    for year in stream.years(known).range(years.clone()).copied() {
        for fact in stream.facts(year).iter() {
            if fact.accounting_year != year || !fact.is_current(known) {
                continue;
            }
            let Some(review) = fact.review(known) else { continue };
            let Some(last) = review.cure_by(&snapshot.calendars(known)) else { continue };
            dues.push(Due {
                kind: Kind::Cure,
                year,
                debtor: Debtor::Organization,
                last: last.ok(),
                entry: Some(review.at),
                event: Some(fact.event_id),
                duty: None,
                document: "".into(),
                is_open: true,
            });
        }
    }
}

/// The answer that a finding waits for or got, and the look at it.
fn finding(snapshot: &Snapshot, held: &Held, question: Question, dues: &mut Vec<Due>) {
    let Question { as_of, known, .. } = question;
    let order = &held.order;
    let stage = held.stage(known);
    let answer = Due {
        kind: Kind::FindingAnswer,
        year: order.accounting_year,
        debtor: match &order.assignee {
            Assignee::Person(person) => Debtor::Person(person.clone()),
            Assignee::Post(post) => {
                let holders = snapshot.registry().holders_on(post, as_of, known);
                let persons = holders.into_iter().map(|(_, tenure)| tenure.person.clone());
                Debtor::Post(post.clone(), persons.collect())
            }
        },
        last: Some(held.due(known)),
        entry: Some(held.since),
        event: Some(held.id),
        duty: order.duty.clone(),
        document: order.document.as_str().into(),
        is_open: stage == Stage::Open,
    };
    if stage == Stage::Answered {
        let debtor = Debtor::Supervisor;
        let kind = Kind::FindingCheck;
        dues.push(Due { kind, debtor, last: None, is_open: true, ..answer.clone() });
    }
    dues.push(answer);
}

/// Notice, the time for appeals, and what is to be decided.
fn cycle(
    snapshot: &Snapshot,
    organization: &OrganizationId,
    question: Question,
    dues: &mut Vec<Due>,
) {
    let Question { year, as_of, known } = question;
    let cycle = snapshot.registry().years().cycle(organization, year, known);
    let of = |kind, debtor, last, entry, document: &str, is_open| Due {
        kind,
        year,
        debtor,
        last: Some(last),
        entry: Some(entry),
        event: None,
        duty: None,
        document: document.into(),
        is_open,
    };
    if let Some((at, shown, end)) = cycle.published {
        let runs = cycle.stage == year::Stage::Published && as_of <= end;
        let document = shown.document.as_str();
        // Notice ends and appeals are taken until one day (DOMAIN §5.5).
        dues.push(of(Kind::NoticeEnd, Debtor::Supervisor, end, at, document, runs));
        dues.push(of(Kind::AppealEnd, Debtor::Organization, end, at, document, runs));
    }
    for appeal in &cycle.appeals {
        let open = appeal.decided.is_none();
        let (last, at) = (appeal.decision_due, appeal.position);
        dues.push(of(Kind::AppealDecision, Debtor::Supervisor, last, at, "", open));
        if let (Some(end), Some((decided, _))) = (appeal.review_until, appeal.decided) {
            let published = cycle.stage == year::Stage::Published;
            let runs = published && appeal.review.is_none() && as_of <= end;
            dues.push(of(Kind::ReviewEnd, Debtor::Organization, end, decided, "", runs));
        }
        if let Some(review) = &appeal.review {
            let (last, at, open) = (review.decision_due, review.position, review.decided.is_none());
            dues.push(of(Kind::ReviewDecision, Debtor::Supervisor, last, at, "", open));
        }
    }
}
