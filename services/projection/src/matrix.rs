//! The matrix organization × duty: filtered, ordered, paged, never cut short in silence.

use std::cmp::Ordering;
use std::sync::Arc;

use duty::evaluate::{Detail, DutyLine, Question, Status};
use duty::id::OrganizationId;
use duty::registry::Organization;
use duty::ruleset::{DutyRule, Rung};
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::Snapshot;
use crate::filter::order::{Direction, OrderBy};
use crate::filter::{FieldKind, FieldSpec, Filter, Value};
use crate::remembered::Row;
use crate::spread::{InTurn, Spread};
use crate::{supervision, view};

pub(crate) const STATUSES: &[&str] = &[
    "not_applicable",
    "exempted",
    "not_due",
    "due_soon",
    "fulfilled",
    "partial",
    "fulfilled_late",
    "overdue",
    "needs_verification",
];
pub(crate) const CLASSES: &[&str] = &[
    "party_organ",
    "government_organ",
    "civil_service_managed",
    "public_institution",
    "functional_area",
];

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
    FieldSpec { name: "status", kind: FieldKind::Enum(STATUSES) },
    FieldSpec { name: "claimed.status", kind: FieldKind::Enum(STATUSES) },
    FieldSpec { name: "dated.status", kind: FieldKind::Enum(STATUSES) },
    FieldSpec { name: "documented.status", kind: FieldKind::Enum(STATUSES) },
    FieldSpec { name: "verified.status", kind: FieldKind::Enum(STATUSES) },
    FieldSpec { name: "claimed.credit", kind: FieldKind::Number },
    FieldSpec { name: "dated.credit", kind: FieldKind::Number },
    FieldSpec { name: "documented.credit", kind: FieldKind::Number },
    FieldSpec { name: "verified.credit", kind: FieldKind::Number },
    FieldSpec { name: "due_date", kind: FieldKind::Date },
];

/// One cell of the matrix.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The organization as registered.
    pub organization: Arc<Organization>,
    /// The duty and what became of it, without its obligations: no cell of a table shows them.
    pub line: DutyLine,
    /// Category of the duty.
    pub category: Box<str>,
    /// The next last day that counts: the first one not yet settled, else the last one.
    pub due: Option<Date>,
}

/// The matrix, or the part of it a filter selects.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The cells, in order.
    pub cells: Vec<Cell>,
    /// Organizations in scope for which no rule set is valid in the year.
    pub without_rules: Vec<OrganizationId>,
}

/// Evaluates the organizations at and below `within` (all of them when `None`), and keeps the
/// cells the filter selects, in the order asked for, then by organization and duty.
#[must_use]
pub fn query(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    filter: &Filter,
    order: &OrderBy,
    question: Question,
) -> Matrix {
    query_spread(snapshot, within, (filter, order), question, &InTurn)
}

/// The same, the organizations spread over whoever does the work: no organization depends on what
/// is said of another.
#[must_use]
pub fn query_spread(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    (filter, order): (&Filter, &OrderBy),
    question: Question,
    spread: &impl Spread,
) -> Matrix {
    let scope: Vec<&Organization> = supervision::scope(snapshot, within, question).collect();
    let before = &snapshot.remembered.rows(question);
    let rows = spread.each(&scope, &|organization| {
        let remembered = snapshot.row(before, &organization.id, question.known).cloned();
        let is_new = remembered.is_none();
        let row = remembered.or_else(|| row(snapshot, organization, question).map(Arc::new))?;
        // Every row is kept whole: what is selected is another question.
        let selected = row.cells.iter().filter(|cell| filter.matches(&|f| value(cell, f)));
        Some((selected.cloned().collect::<Vec<Cell>>(), is_new.then_some(row)))
    });
    let mut matrix = Matrix { cells: Vec::new(), without_rules: Vec::new() };
    let mut new = Vec::new();
    matrix.cells.reserve_exact(rows.iter().flatten().map(|(cells, _)| cells.len()).sum());
    for (organization, row) in scope.into_iter().zip(rows) {
        match row {
            Some((cells, judged)) => {
                matrix.cells.extend(cells);
                new.extend(judged.map(|row| (organization.id.clone(), row)));
            }
            // An organization that owes nothing by any rule set is named, not left out.
            None => matrix.without_rules.push(organization.id.clone()),
        }
    }
    if !new.is_empty() {
        snapshot.remembered.keep(question, new);
    }
    // Rows come by organization, each by duty.
    if !order.terms.is_empty() {
        sort(&mut matrix.cells, order);
    }
    matrix
}

/// The cells of one organization, by duty; `None` where no rule set is valid.
fn row(snapshot: &Snapshot, organization: &Organization, question: Question) -> Option<Row> {
    let found = view::lines(snapshot, &organization.id, question, Detail::Figures).ok()?;
    let organization = &Arc::new(found.organization);
    let cells = found.lines.into_iter().zip(&found.rules.duties);
    let mut cells: Vec<Cell> = cells.map(|(line, rule)| cell(organization, line, rule)).collect();
    cells.sort_by(|a, b| a.line.duty.cmp(&b.line.duty));
    Some(Row::new(snapshot, question.known, cells, found.rests_on))
}

fn cell(organization: &Arc<Organization>, mut line: DutyLine, rule: &DutyRule) -> Cell {
    let obligations = std::mem::take(&mut line.obligations);
    let windows = || obligations.iter().filter_map(|o| Some((o.official, o.window?.last)));
    let open = windows().filter(|(status, _)| *status != Status::Fulfilled).map(|(_, last)| last);
    let due = open.min().or_else(|| windows().map(|(_, last)| last).max());
    Cell { organization: Arc::clone(organization), line, category: rule.category.clone(), due }
}

fn value<'a>(cell: &'a Cell, field: &str) -> Value<'a> {
    let rung = |name: &str| Rung::ALL.iter().copied().find(|rung| rung.as_str() == name);
    if let Some((prefix, part)) = field.split_once('.')
        && let Some(rung) = rung(prefix)
    {
        let summary = &cell.line.rungs[rung as usize];
        return match part {
            "status" => Value::from(summary.status.as_str()),
            "credit" => Value::Number(summary.credit),
            _ => Value::Absent,
        };
    }
    match field {
        "duty_id" => Value::from(cell.line.duty.as_str()),
        "duty.category" => Value::from(&*cell.category),
        "duty.weight" => Value::Number(cell.line.weight),
        "status" => Value::from(cell.line.official.as_str()),
        "due_date" => cell.due.map_or(Value::Absent, Value::Date),
        _ => organization_value(&cell.organization, field),
    }
}

/// The value of a field of the organization.
pub(crate) fn organization_value<'a>(organization: &'a Organization, field: &str) -> Value<'a> {
    match field {
        "organization_id" => Value::from(organization.id.as_str()),
        "organization.class" => Value::from(organization.class.as_str()),
        "organization.sector" => Value::from(&*organization.sector),
        "organization.division" => Value::from(organization.division.as_str()),
        "organization.has_enforcement_power" => Value::Bool(organization.has_enforcement_power),
        _ => Value::Absent,
    }
}

/// Puts cells that stand by organization and duty in the order asked for. Those that tie stay as
/// they stand, so that pages never overlap.
fn sort(cells: &mut Vec<Cell>, order: &OrderBy) {
    // What a cell is compared by is found once, and cells are moved once.
    let of = |cell: &Cell| order.terms.iter().map(|(field, _)| rank(&value(cell, field))).collect();
    let ranks: Vec<Vec<Option<Rank>>> = cells.iter().map(of).collect();
    let mut places: Vec<usize> = (0..cells.len()).collect();
    places.sort_by(|a, b| {
        let terms = order.terms.iter().zip(ranks[*a].iter().zip(&ranks[*b]));
        let of_terms = terms.map(|((_, direction), (a, b))| by_rank(a, b, *direction));
        of_terms.fold(Ordering::Equal, Ordering::then)
    });
    let mut left: Vec<Option<Cell>> = std::mem::take(cells).into_iter().map(Some).collect();
    cells.extend(places.into_iter().filter_map(|place| left[place].take()));
}

/// Two rows in the order asked for.
pub(crate) fn by_order<'a>(
    order: &OrderBy,
    a: &dyn Fn(&str) -> Value<'a>,
    b: &dyn Fn(&str) -> Value<'a>,
) -> Ordering {
    for (field, direction) in &order.terms {
        let ordering = by_rank(&rank(&a(field)), &rank(&b(field)), *direction);
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}

/// What a value is compared by.
type Rank = (Decimal, Option<Date>, String);

/// The order of two values; what is absent comes last in either direction.
fn by_rank(a: &Option<Rank>, b: &Option<Rank>, direction: Direction) -> Ordering {
    match (a, b, direction) {
        (Some(a), Some(b), Direction::Ascending) => a.cmp(b),
        (Some(a), Some(b), Direction::Descending) => b.cmp(a),
        (Some(_), None, _) => Ordering::Less,
        (None, Some(_), _) => Ordering::Greater,
        (None, None, _) => Ordering::Equal,
    }
}

/// What a value is compared by; nothing for one that is absent.
fn rank(value: &Value<'_>) -> Option<Rank> {
    match value {
        Value::Number(number) => Some((*number, None, String::new())),
        Value::Date(day) => Some((Decimal::ZERO, Some(*day), String::new())),
        Value::Bool(flag) => Some((Decimal::from(u8::from(*flag)), None, String::new())),
        Value::Text(text) => Some((Decimal::ZERO, None, text.to_string())),
        Value::Absent => None,
    }
}
