//! What is still open and by when: a list in buckets of days, for the day asked about.
//!
//! Open is what is owed and neither done nor done late; what is past its last day and open stands
//! in the bucket *overdue*, whatever is claimed about it. Days are civil days, the last one counted
//! as in time. Beside what the rules say is owed stands what steps have set a last day for
//! ([`dues`]): findings, returns, notice and appeals.

use std::sync::Arc;

use duty::evaluate::{Detail, Obligation, Question, Status};
use duty::id::OrganizationId;
use duty::registry::Organization;
use duty::ruleset::{DutyRule, RuleSet};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::dues::{self, DEBTORS, Debtor, Due, KINDS, Kind};
use super::scope;
use crate::filter::order::OrderBy;
use crate::filter::{FieldKind, FieldSpec, Filter, Value};
use crate::matrix::{self, CLASSES, STATUSES};
use crate::{Snapshot, view};

/// How near a last day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bucket {
    /// 已逾期: the last day has passed.
    Overdue,
    /// 今日到期.
    Today,
    /// 1 day left.
    WithinOne,
    /// 2 to 5 days left.
    WithinFive,
    /// 6 to 15 days left.
    WithinFifteen,
    /// 16 to 30 days left.
    WithinThirty,
    /// More than 30 days left.
    Later,
    /// No last day can be told, because a calendar is missing, or none is set.
    Undated,
}

impl Bucket {
    /// Every bucket, nearest first.
    pub const ALL: [Self; 8] = [
        Self::Overdue,
        Self::Today,
        Self::WithinOne,
        Self::WithinFive,
        Self::WithinFifteen,
        Self::WithinThirty,
        Self::Later,
        Self::Undated,
    ];

    /// The bucket of so many days left, negative for a last day that has passed.
    #[must_use]
    pub const fn of(days_left: i32) -> Self {
        match days_left {
            ..0 => Self::Overdue,
            0 => Self::Today,
            1 => Self::WithinOne,
            2..=5 => Self::WithinFive,
            6..=15 => Self::WithinFifteen,
            16..=30 => Self::WithinThirty,
            _ => Self::Later,
        }
    }

    /// Stable text for filters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        BUCKETS[self as usize]
    }
}

/// The texts of the buckets, in the order of [`Bucket::ALL`].
const BUCKETS: &[&str] =
    &["overdue", "today", "within_1", "within_5", "within_15", "within_30", "later", "undated"];

/// The fields a filter or an order may name.
pub const FIELDS: &[FieldSpec] = &[
    FieldSpec { name: "organization_id", kind: FieldKind::Text },
    FieldSpec { name: "organization.class", kind: FieldKind::Enum(CLASSES) },
    FieldSpec { name: "organization.sector", kind: FieldKind::Text },
    FieldSpec { name: "organization.division", kind: FieldKind::Text },
    FieldSpec { name: "organization.has_enforcement_power", kind: FieldKind::Bool },
    FieldSpec { name: "duty_id", kind: FieldKind::Text },
    FieldSpec { name: "duty.category", kind: FieldKind::Text },
    FieldSpec { name: "duty.weight", kind: FieldKind::Number },
    FieldSpec { name: "person_id", kind: FieldKind::Text },
    FieldSpec { name: "status", kind: FieldKind::Enum(STATUSES) },
    FieldSpec { name: "bucket", kind: FieldKind::Enum(BUCKETS) },
    FieldSpec { name: "last_date", kind: FieldKind::Date },
    FieldSpec { name: "days_left", kind: FieldKind::Number },
    FieldSpec { name: "year", kind: FieldKind::Number },
    FieldSpec { name: "kind", kind: FieldKind::Enum(KINDS) },
    FieldSpec { name: "debtor", kind: FieldKind::Enum(DEBTORS) },
];

/// One thing still owed.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// The organization as registered.
    pub organization: Arc<Organization>,
    /// 考核年度 it is owed for.
    pub year: i16,
    /// Chinese name of the duty, or of the step that is owed.
    pub name_zh: Box<str>,
    /// The same in English.
    pub name_en: Box<str>,
    /// Category of the duty; empty where no duty of the rules is concerned.
    pub category: Box<str>,
    /// Weight of the duty.
    pub weight: Option<Decimal>,
    /// What is owed by when, and by whom.
    pub due: Due,
    /// The obligation and its judgement, where a rule says it is owed.
    pub obligation: Option<Obligation>,
    /// Days from the day asked about to the last day; negative once it has passed.
    pub days_left: Option<i32>,
    /// How near the last day is.
    pub bucket: Bucket,
}

/// The list, with how many stand in each bucket.
#[derive(Debug, Clone, Default)]
pub struct Deadlines {
    /// What is open, in the order asked for.
    pub rows: Vec<Deadline>,
    /// How many in each bucket, in the order of [`Bucket::ALL`].
    pub counts: [usize; 8],
    /// Organizations in scope for which no rule set is valid, by year.
    pub without_rules: Vec<(i16, OrganizationId)>,
}

/// What is open at and below `within` for each of `years`, in the order asked for, then by last
/// day, organization, duty, owner and period.
#[must_use]
pub fn deadlines(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    filter: &Filter,
    order: &OrderBy,
    years: &[i16],
    question: Question,
) -> Deadlines {
    let mut found = Deadlines::default();
    for (index, year) in years.iter().enumerate() {
        let question = Question { year: *year, ..question };
        // What a step has set a day for is not owed for one year only: of the years before, all.
        let before = index == 0 && 1 < years.len();
        let of_steps = if before { i16::MIN..=*year } else { *year..=*year };
        for organization in scope(snapshot, within, question) {
            let id = &organization.id;
            let steps = dues::of(snapshot, id, &of_steps, question);
            let steps = steps.into_iter().filter(|due| due.is_open);
            let view = view::organization_in(snapshot, id, question, Detail::Figures);
            let (organization, rules, lines) = match view {
                Ok(view) => (view.organization, Some(view.rules.1), view.evaluation.lines),
                Err(_) => {
                    found.without_rules.push((*year, id.clone()));
                    (organization.clone(), None, Vec::new())
                }
            };
            let organization = Arc::new(organization);
            let duties = rules.iter().flat_map(|rules| &rules.duties);
            let owed = lines.into_iter().zip(duties).flat_map(|(line, rule)| {
                let open = line.obligations.into_iter().filter(|owed| is_open(owed.official));
                open.map(|owed| row(&organization, rule, owed, question)).collect::<Vec<_>>()
            });
            let steps = steps.map(|due| step(&organization, rules.as_deref(), due, question));
            let rows = owed.chain(steps);
            found.rows.extend(rows.filter(|row| filter.matches(&|field| value(row, field))));
        }
    }
    for row in &found.rows {
        found.counts[row.bucket as usize] += 1;
    }
    found.rows.sort_by(|a, b| {
        matrix::by_order(order, &|field| value(a, field), &|field| value(b, field))
            .then_with(|| key(a).cmp(&key(b)))
    });
    found
}

/// Whether something in this state still waits to be done.
const fn is_open(status: Status) -> bool {
    !matches!(
        status,
        Status::NotApplicable | Status::Exempted | Status::Fulfilled | Status::FulfilledLate
    )
}

fn row(
    organization: &Arc<Organization>,
    rule: &DutyRule,
    obligation: Obligation,
    question: Question,
) -> Deadline {
    let due = Due {
        kind: Kind::Obligation,
        year: question.year,
        debtor: Debtor::of(&obligation.owner),
        last: obligation.window.map(|window| window.last),
        entry: None,
        event: None,
        duty: Some(obligation.duty.clone()),
        document: "".into(),
        is_open: true,
    };
    let (days_left, bucket) = near(due.last, question);
    Deadline {
        organization: Arc::clone(organization),
        year: question.year,
        name_zh: rule.name_zh.clone(),
        name_en: rule.name_en.clone(),
        category: rule.category.clone(),
        weight: Some(rule.weight),
        due,
        obligation: Some(obligation),
        days_left,
        bucket,
    }
}

/// What a step has set a last day for.
fn step(
    organization: &Arc<Organization>,
    rules: Option<&RuleSet>,
    due: Due,
    question: Question,
) -> Deadline {
    let mut duties = rules.into_iter().flat_map(|rules| &rules.duties);
    let rule = due.duty.as_ref().and_then(|duty| duties.find(|rule| rule.id == *duty));
    let (name_zh, name_en) = due.kind.names();
    let (days_left, bucket) = near(due.last, question);
    Deadline {
        organization: Arc::clone(organization),
        year: due.year,
        name_zh: name_zh.into(),
        name_en: name_en.into(),
        category: rule.map_or_else(|| "".into(), |rule| rule.category.clone()),
        weight: rule.map(|rule| rule.weight),
        due,
        obligation: None,
        days_left,
        bucket,
    }
}

/// How near a last day is.
fn near(last: Option<Date>, question: Question) -> (Option<i32>, Bucket) {
    let days_left = last.map(|last| (last - question.as_of).get_days());
    (days_left, days_left.map_or(Bucket::Undated, Bucket::of))
}

/// What decides between rows that the order asked for leaves equal.
fn key(row: &Deadline) -> impl Ord {
    let Due { kind, year, last, entry, duty, .. } = &row.due;
    let owed = row.obligation.as_ref().map(|owed| (owed.owner.clone(), owed.period.clone()));
    let id = row.organization.id.clone();
    (last.unwrap_or(Date::MAX), id, *kind, duty.clone(), (*year, owed, *entry))
}

fn value<'a>(row: &'a Deadline, field: &str) -> Value<'a> {
    match field {
        "duty_id" => row.due.duty.as_ref().map_or(Value::Absent, |id| Value::from(id.as_str())),
        "duty.category" if row.category.is_empty() => Value::Absent,
        "duty.category" => Value::from(&*row.category),
        "duty.weight" => row.weight.map_or(Value::Absent, Value::Number),
        "person_id" => row.due.debtor.person().map_or(Value::Absent, |id| Value::from(id.as_str())),
        "status" => {
            let owed = row.obligation.as_ref();
            owed.map_or(Value::Absent, |owed| Value::from(owed.official.as_str()))
        }
        "kind" => Value::from(row.due.kind.as_str()),
        "debtor" => Value::from(row.due.debtor.as_str()),
        "bucket" => Value::from(row.bucket.as_str()),
        "last_date" => row.due.last.map_or(Value::Absent, Value::Date),
        "days_left" => row.days_left.map_or(Value::Absent, |days| Value::Number(days.into())),
        "year" => Value::Number(row.year.into()),
        _ => matrix::organization_value(&row.organization, field),
    }
}
