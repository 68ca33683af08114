//! What is still open and by when: a list in buckets of days, for the day asked about.
//!
//! Open is what is owed and neither done nor done late; what is past its last day and open stands
//! in the bucket *overdue*, whatever is claimed about it. Days are civil days, the last one counted
//! as in time.

use std::sync::Arc;

use duty::evaluate::{Detail, Obligation, Owner, Question, Status};
use duty::id::OrganizationId;
use duty::registry::Organization;
use duty::ruleset::DutyRule;
use jiff::civil::Date;
use rust_decimal::Decimal;

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
    /// No last day can be told: a calendar is missing.
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
];

/// One thing still owed.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// The organization as registered.
    pub organization: Arc<Organization>,
    /// 考核年度 it is owed for.
    pub year: i16,
    /// Chinese name of the duty.
    pub name_zh: Box<str>,
    /// English name of the duty.
    pub name_en: Box<str>,
    /// Category of the duty.
    pub category: Box<str>,
    /// Weight of the duty.
    pub weight: Decimal,
    /// The obligation and its judgement.
    pub obligation: Obligation,
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
    for year in years {
        let question = Question { year: *year, ..question };
        for organization in scope(snapshot, within, question) {
            let view = view::organization_in(snapshot, &organization.id, question, Detail::Figures);
            let Ok(view) = view else {
                found.without_rules.push((*year, organization.id.clone()));
                continue;
            };
            let organization = Arc::new(view.organization);
            for (line, rule) in view.evaluation.lines.into_iter().zip(&view.rules.1.duties) {
                let open = line.obligations.into_iter().filter(|owed| is_open(owed.official));
                let rows = open.map(|owed| row(&organization, rule, owed, question));
                found.rows.extend(rows.filter(|row| filter.matches(&|field| value(row, field))));
            }
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
    let last = obligation.window.map(|window| window.last);
    let days_left = last.map(|last| (last - question.as_of).get_days());
    Deadline {
        organization: Arc::clone(organization),
        year: question.year,
        name_zh: rule.name_zh.clone(),
        name_en: rule.name_en.clone(),
        category: rule.category.clone(),
        weight: rule.weight,
        obligation,
        days_left,
        bucket: days_left.map_or(Bucket::Undated, Bucket::of),
    }
}

fn last(row: &Deadline) -> Option<Date> {
    row.obligation.window.map(|window| window.last)
}

/// What decides between rows that the order asked for leaves equal.
fn key(row: &Deadline) -> impl Ord {
    let owed = &row.obligation;
    (
        last(row).unwrap_or(Date::MAX),
        row.organization.id.clone(),
        owed.duty.clone(),
        (row.year, owed.owner.clone(), owed.period.clone()),
    )
}

fn value<'a>(row: &'a Deadline, field: &str) -> Value<'a> {
    match field {
        "duty_id" => Value::from(row.obligation.duty.as_str()),
        "duty.category" => Value::from(&*row.category),
        "duty.weight" => Value::Number(row.weight),
        "person_id" => match &row.obligation.owner {
            Owner::Person { person, .. } => Value::from(person.as_str()),
            Owner::Organization | Owner::Vacant => Value::Absent,
        },
        "status" => Value::from(row.obligation.official.as_str()),
        "bucket" => Value::from(row.bucket.as_str()),
        "last_date" => last(row).map_or(Value::Absent, Value::Date),
        "days_left" => row.days_left.map_or(Value::Absent, |days| Value::Number(days.into())),
        "year" => Value::Number(row.year.into()),
        _ => matrix::organization_value(&row.organization, field),
    }
}
