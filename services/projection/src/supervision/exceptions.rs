//! Exceptions: what in a year's entries deserves a supervisor's eye, each by a rule that is said.
//!
//! An exception accuses nobody and changes no figure. [`gather`] takes what the state knows and
//! names the entries whose texts are needed; [`Gathered::find`] finds, given those. Only versions
//! that count are looked at, and what cannot be decided for want of a calendar is named.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duty::calendar::Calendars;
use duty::evaluate::{Detail, Fact, Question};
use duty::event::{DutyEvent, EventType, check};
use duty::id::{DutyId, EventId, OrganizationId};
use duty::quantity::{Qualifier, Quantity};
use duty::ruleset::RuleSet;
use duty::{Position, Reason};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Papers, scope};
use crate::{Snapshot, view};

/// So many entries of one organization on one last day are a batch.
pub const BATCH_MIN: usize = 5;

/// By which rule something is an exception.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// 补录.
    LateEntry,
    /// 期限后更正.
    CorrectedAfterDeadline,
    /// 佐证重复使用.
    EvidenceReused,
    /// 截止日集中录入.
    BatchOnLastDay,
    /// 比率无基数.
    RateWithoutBase,
    /// 所报与计算不符.
    StatedDiffers,
    /// 佐证晚于期间.
    EvidenceAfterPeriod,
    /// 数字过整.
    RoundFigure,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::LateEntry,
        Self::CorrectedAfterDeadline,
        Self::EvidenceReused,
        Self::BatchOnLastDay,
        Self::RateWithoutBase,
        Self::StatedDiffers,
        Self::EvidenceAfterPeriod,
        Self::RoundFigure,
    ];

    /// The rule, in Chinese and in English.
    #[must_use]
    pub fn rule(self) -> (String, String) {
        match self {
            Self::LateEntry => (
                "录入日晚于事项结束后规则集规定的工作日数（补录）".into(),
                "recorded later after its end than the working days its rule set allows".into(),
            ),
            Self::CorrectedAfterDeadline => (
                "更正录入日晚于该类事项可履行的某项责任的全部期限".into(),
                "a correction recorded after every deadline of a duty that the event serves".into(),
            ),
            Self::EvidenceReused => (
                "同一文号或同一文件摘要用于不同单位，或用于不同责任的事项（述法与述职共用一份除外）".into(),
                "one document number or file digest for different organizations, or for events of \
                 different duties (but for a debrief and a statement in one paper)"
                    .into(),
            ),
            Self::BatchOnLastDay => (
                format!("同一单位在一项责任的截止日当天录入 {BATCH_MIN} 条以上可用于该责任的事项"),
                format!(
                    "{BATCH_MIN} or more entries of one organization on the last day of a duty \
                     they serve"
                ),
            ),
            Self::RateWithoutBase => (
                "填报比率而无基数（分子、分母）".into(),
                "a rate is stated without the figures it is computed from".into(),
            ),
            Self::StatedDiffers => (
                "填报的比率、增幅或合计与同一记录中的数字计算结果不符".into(),
                "a stated rate, growth or sum differs from what the record's own figures give".into(),
            ),
            Self::EvidenceAfterPeriod => (
                "佐证文号的年份晚于事项结束的年份（时间不详的，晚于考核年度）".into(),
                "the year in a document number is after the year the event ended in (after the \
                 accounting year where no time is known)"
                    .into(),
            ),
            Self::RoundFigure => (
                "精确数字为 100 以上且首位之后全为 0".into(),
                "an exact figure of 100 or more with nothing but zeros after its first digit".into(),
            ),
        }
    }
}

/// One exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// By which rule.
    pub kind: Kind,
    /// Whose entries they are, by id.
    pub organizations: Vec<OrganizationId>,
    /// The entries, by position.
    pub entries: Vec<Position>,
    /// The duties concerned, where the rule speaks of one.
    pub duties: Vec<DutyId>,
    /// What is odd: a document number, a digest, a metric, a day.
    pub subject: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// What the state knows of the entries of a scope.
pub struct Gathered {
    organizations: Vec<Organization>,
    calendars: Arc<Calendars>,
    /// Organizations in scope for which no rule set is valid: their entries are not looked at.
    pub without_rules: Vec<OrganizationId>,
}

struct Organization {
    id: OrganizationId,
    rules: Arc<RuleSet>,
    /// The versions that count, of the year.
    facts: Vec<Arc<Fact>>,
    /// Who replaced whom: the version before, by the position of the correction.
    replaced: BTreeMap<Position, Position>,
    /// Where and when the first version of each event was recorded.
    first_versions: BTreeMap<EventId, (Position, Date)>,
    /// The last days of each duty.
    last_days: BTreeMap<DutyId, BTreeSet<Date>>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// By kind, organization and entry.
    pub exceptions: Vec<Exception>,
    /// Entries of which nobody can tell whether they are late: a calendar is missing.
    pub undecided: Vec<Position>,
}

/// Takes what the state knows of the year's entries at and below `within`.
#[must_use]
pub fn gather(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    question: Question,
) -> Gathered {
    let mut gathered = Gathered {
        organizations: Vec::new(),
        calendars: snapshot.calendars(question.known),
        without_rules: Vec::new(),
    };
    for organization in scope(snapshot, within, question) {
        let id = &organization.id;
        let Ok(view) = view::organization_in(snapshot, id, question, Detail::Figures) else {
            gathered.without_rules.push(id.clone());
            continue;
        };
        let mut last_days: BTreeMap<DutyId, BTreeSet<Date>> = BTreeMap::new();
        for line in &view.evaluation.lines {
            let windows = line.obligations.iter().filter_map(|owed| owed.window);
            let days: BTreeSet<Date> = windows.map(|window| window.last).collect();
            last_days.insert(line.duty.clone(), days);
        }
        let stream = snapshot.streams.of(id);
        let all = stream.map(|stream| stream.facts(question.year)).unwrap_or_default();
        let of_year = |fact: &&Arc<Fact>| fact.accounting_year == question.year;
        let facts: Vec<_> = all
            .iter()
            .filter(of_year)
            .filter(|fact| fact.is_current(question.known))
            .cloned()
            .collect();
        let replaced =
            all.iter().filter_map(|fact| Some((fact.superseded_at?, fact.position))).collect();
        let first_versions = all
            .iter()
            .filter(|fact| fact.root == fact.event_id)
            .map(|fact| (fact.event_id, (fact.position, fact.recorded_on)))
            .collect();
        gathered.organizations.push(Organization {
            id: id.clone(),
            rules: view.rules.1,
            facts,
            replaced,
            first_versions,
            last_days,
        });
    }
    gathered
}

impl Gathered {
    /// The entries whose texts [`Self::find`] wants.
    #[must_use]
    pub fn positions(&self) -> BTreeSet<Position> {
        let facts = self.organizations.iter().flat_map(|organization| &organization.facts);
        facts.map(|fact| fact.position).collect()
    }

    /// Finds the exceptions, given what those entries say.
    #[must_use]
    pub fn find(&self, papers: &Papers) -> Found {
        let mut found = Found::default();
        let mut uses: BTreeMap<String, Vec<Use<'_>>> = BTreeMap::new();
        for organization in &self.organizations {
            for fact in &organization.facts {
                self.late(organization, fact, &mut found);
                corrected(organization, fact, &mut found.exceptions);
                let Some(event) = papers.get(&fact.position) else { continue };
                figures(organization, fact, event, &mut found.exceptions);
                after_period(organization, fact, event, &mut found.exceptions);
                for subject in subjects(event) {
                    uses.entry(subject).or_default().push(Use { organization, fact });
                }
            }
            batches(organization, &mut found.exceptions);
        }
        found.exceptions.extend(uses.iter().filter_map(|(subject, uses)| reused(subject, uses)));
        found.exceptions.sort_by(|a, b| {
            (a.kind, &a.organizations, &a.entries, &a.subject).cmp(&(
                b.kind,
                &b.organizations,
                &b.entries,
                &b.subject,
            ))
        });
        found
    }

    fn late(&self, organization: &Organization, fact: &Fact, found: &mut Found) {
        let Some(end) = fact.occurred.end() else { return };
        // What a correction corrects was recorded when its first version was.
        let first = organization.first_versions.get(&fact.root);
        let (position, recorded) = first.copied().unwrap_or((fact.position, fact.recorded_on));
        if recorded <= end {
            return;
        }
        let days = organization.rules.late_entry_working_days;
        let last = check::last_day_to_record(&fact.occurred, days, &self.calendars);
        let Some(Ok(last)) = last else {
            found.undecided.push(fact.position);
            return;
        };
        if last < recorded {
            found.exceptions.push(Exception {
                entries: BTreeSet::from([position, fact.position]).into_iter().collect(),
                duties: organization.duties(fact.event_type),
                ..one(
                    organization,
                    fact,
                    Kind::LateEntry,
                    recorded.to_string(),
                    format!("{end} 结束，{recorded} 录入；{days} 个工作日内应于 {last} 前录入"),
                    format!("ended {end}, recorded {recorded}; {days} working days end on {last}"),
                )
            });
        }
    }
}

impl Organization {
    /// The duties that events of a type serve here.
    fn duties(&self, event_type: EventType) -> Vec<DutyId> {
        let rules = self.rules.duties.iter();
        let served = rules.filter(|rule| rule.satisfied_by.contains(&event_type));
        served.map(|rule| rule.id.clone()).collect()
    }
}

fn one(
    organization: &Organization,
    fact: &Fact,
    kind: Kind,
    subject: String,
    zh: String,
    en: String,
) -> Exception {
    Exception {
        kind,
        organizations: vec![organization.id.clone()],
        entries: vec![fact.position],
        duties: Vec::new(),
        subject,
        zh,
        en,
    }
}

/// A correction after every last day of some duty that the event serves; the earliest is named.
fn corrected(organization: &Organization, fact: &Fact, exceptions: &mut Vec<Exception>) {
    if fact.root == fact.event_id {
        return;
    }
    let closed = organization.duties(fact.event_type).into_iter().filter_map(|duty| {
        let last = *organization.last_days.get(&duty)?.last()?;
        (last < fact.recorded_on).then_some((last, duty))
    });
    let closed: BTreeMap<Date, Vec<DutyId>> =
        closed.fold(BTreeMap::new(), |mut days, (last, duty)| {
            days.entry(last).or_default().push(duty);
            days
        });
    let Some((last, duties)) = closed.into_iter().next() else { return };
    let recorded = fact.recorded_on;
    let before = organization.replaced.get(&fact.position).copied();
    exceptions.push(Exception {
        entries: before.into_iter().chain([fact.position]).collect(),
        duties,
        ..one(
            organization,
            fact,
            Kind::CorrectedAfterDeadline,
            recorded.to_string(),
            format!("期限 {last} 之后，于 {recorded} 更正"),
            format!("corrected on {recorded}, after the deadline {last}"),
        )
    });
}

/// What the record's own figures say.
fn figures(
    organization: &Organization,
    fact: &Fact,
    event: &DutyEvent,
    exceptions: &mut Vec<Exception>,
) {
    for flag in check::flags(event) {
        let kind = match flag.reason {
            Reason::RateWithoutBase => Kind::RateWithoutBase,
            Reason::RateContradictsBase
            | Reason::GrowthContradictsBase
            | Reason::PartsDoNotSum
            | Reason::PartExceedsWhole
            | Reason::AggregateInvalid => Kind::StatedDiffers,
            _ => continue,
        };
        let subject = flag.field.to_string();
        let (zh, en) = (flag.zh.to_string(), flag.en.to_string());
        exceptions.push(one(organization, fact, kind, subject, zh, en));
    }
    for quantity in event.quantities.iter().filter(|quantity| is_round(quantity)) {
        let Quantity { metric, value, unit, .. } = quantity;
        let value = value.normalize();
        exceptions.push(one(
            organization,
            fact,
            Kind::RoundFigure,
            metric.to_string(),
            format!("“{metric}”为精确数 {value}{unit}"),
            format!("{metric} is stated as exactly {value} {unit}"),
        ));
    }
}

/// 100, 2000, 90000: exact, and nothing but zeros after the first digit.
fn is_round(quantity: &Quantity) -> bool {
    let is_count = !matches!(&*quantity.unit, "%" | "ratio");
    let digits = quantity.value.normalize().to_string();
    let zeros = digits.get(1..).is_some_and(|rest| rest.bytes().all(|digit| digit == b'0'));
    let large = Decimal::ONE_HUNDRED <= quantity.value;
    is_count && quantity.qualifier == Qualifier::Exact && large && zeros
}

fn after_period(
    organization: &Organization,
    fact: &Fact,
    event: &DutyEvent,
    exceptions: &mut Vec<Exception>,
) {
    let last = fact.occurred.end().map_or(fact.accounting_year, Date::year);
    let offered = event.evidence.iter().filter_map(|evidence| evidence.document_number.as_ref());
    for number in offered.chain(event.details.document_number()) {
        if last < number.year() {
            let text = number.as_str();
            exceptions.push(one(
                organization,
                fact,
                Kind::EvidenceAfterPeriod,
                text.to_owned(),
                format!("佐证 {text} 的年份晚于 {last} 年"),
                format!("the evidence {text} is of a year after {last}"),
            ));
        }
    }
}

/// Entries on the last day of a duty they serve.
fn batches(organization: &Organization, exceptions: &mut Vec<Exception>) {
    let mut days: BTreeMap<Date, (BTreeSet<Position>, BTreeSet<DutyId>)> = BTreeMap::new();
    for fact in &organization.facts {
        for duty in organization.duties(fact.event_type) {
            let last_days = organization.last_days.get(&duty);
            if last_days.is_some_and(|days| days.contains(&fact.recorded_on)) {
                let (entries, duties) = days.entry(fact.recorded_on).or_default();
                entries.insert(fact.position);
                duties.insert(duty);
            }
        }
    }
    for (day, (entries, duties)) in days {
        if entries.len() < BATCH_MIN {
            continue;
        }
        let count = entries.len();
        exceptions.push(Exception {
            kind: Kind::BatchOnLastDay,
            organizations: vec![organization.id.clone()],
            entries: entries.into_iter().collect(),
            duties: duties.into_iter().collect(),
            subject: day.to_string(),
            zh: format!("截止日 {day} 当天录入 {count} 条"),
            en: format!("{count} entries on the last day {day}"),
        });
    }
}

/// An event that offers some evidence.
struct Use<'a> {
    organization: &'a Organization,
    fact: &'a Fact,
}

/// The document numbers and digests an event offers, each once.
fn subjects(event: &DutyEvent) -> BTreeSet<String> {
    let evidence = event.evidence.iter();
    let numbers = evidence.clone().filter_map(|evidence| evidence.document_number.as_ref());
    let numbers = numbers.chain(event.details.document_number());
    let mut subjects: BTreeSet<String> = numbers.map(|number| number.as_str().into()).collect();
    subjects.extend(evidence.filter_map(|evidence| {
        let digest = evidence.digest.as_ref()?;
        Some(format!("{:?}:{}", digest.algorithm, digest.hex).to_lowercase())
    }));
    subjects
}

fn reused(subject: &str, uses: &[Use<'_>]) -> Option<Exception> {
    let organizations: BTreeSet<_> = uses.iter().map(|of| &of.organization.id).collect();
    let mut duties: BTreeSet<DutyId> = BTreeSet::new();
    let mut unlike = 1 < organizations.len();
    for (index, left) in uses.iter().enumerate() {
        let of_left = left.organization.duties(left.fact.event_type);
        // Within one organization there are few; across many, two are enough.
        if !unlike {
            unlike = uses[..index].iter().any(|right| are_unlike(&of_left, left, right));
        }
        duties.extend(of_left);
    }
    if !unlike {
        return None;
    }
    let mut entries: Vec<_> = uses.iter().map(|of| of.fact.position).collect();
    entries.sort_unstable();
    let (events, places) = (uses.len(), organizations.len());
    Some(Exception {
        kind: Kind::EvidenceReused,
        organizations: organizations.into_iter().cloned().collect(),
        entries,
        duties: duties.into_iter().collect(),
        subject: subject.to_owned(),
        zh: format!("同一佐证用于 {places} 个单位的 {events} 条记录"),
        en: format!("the same evidence in {events} entries of {places} organizations"),
    })
}

/// Whether two events of one organization serve no duty in common.
fn are_unlike(of_left: &[DutyId], left: &Use<'_>, right: &Use<'_>) -> bool {
    let is_statement = |event_type: EventType| {
        matches!(event_type, EventType::RuleOfLawDebrief | EventType::YearEndStatement)
    };
    // 述法 and 述职 may stand in one paper (DOMAIN §1.3).
    if is_statement(left.fact.event_type) && is_statement(right.fact.event_type) {
        return false;
    }
    let of_right = right.organization.duties(right.fact.event_type);
    left.fact.event_type != right.fact.event_type
        && !of_left.iter().any(|duty| of_right.contains(duty))
}
