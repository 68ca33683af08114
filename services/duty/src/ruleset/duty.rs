//! Reads one `[[duty]]`. All of its faults are reported, not the first alone.

use rust_decimal::Decimal;

use super::cadence::{Cadence, Deadline, MonthDay};
use super::condition::Condition;
use super::reader::{Node, Report, Table};
use super::terms::{Level, OwedBy, SeedKind, Threshold, TriggerKind};
use super::{DutyRule, Opening, Seed};
use crate::event::EventType;
use crate::id::DutyId;
use crate::problem::Reason;

/// The keys of a duty.
pub(super) const KEYS: &[&str] = &[
    "id",
    "name_zh",
    "name_en",
    "category",
    "owed_by",
    "level",
    "satisfied_by",
    "cadence",
    "deadline",
    "opens",
    "valid_from",
    "valid_to",
    "trigger",
    "due_within_working_days",
    "annual_confirmation",
    "min_count",
    "threshold",
    "metric",
    "applies_to",
    "applies_when",
    "evidence_customary",
    "seed",
    "weight",
    "basis",
];

/// Most events a year may ask for: one a day.
const MIN_COUNT_MAX: i64 = 366;
/// Longest period in working days: some two years.
const WORKING_DAYS_MAX: i64 = 500;
/// A year that stands for any other where only the order of dates matters.
const ANY_YEAR: i16 = 2023;

/// A word of the `cadence` key, before its own keys are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CadenceWord {
    Annual,
    HalfYear,
    Quarterly,
    OnChange,
    OnEvent,
    ContinuousCount,
}

const CADENCES: &[(&str, CadenceWord)] = &[
    ("annual", CadenceWord::Annual),
    ("half_year", CadenceWord::HalfYear),
    ("quarterly", CadenceWord::Quarterly),
    ("on_change", CadenceWord::OnChange),
    ("on_event", CadenceWord::OnEvent),
    ("continuous_count", CadenceWord::ContinuousCount),
];

/// Reads a duty, whose keys the caller checks; `None` when a fault was reported.
pub(super) fn read(report: &mut Report<'_>, table: &Table<'_, '_>) -> Option<DutyRule> {
    let id = read_id(report, table);
    let name_zh = text(report, table, "name_zh");
    let name_en = text(report, table, "name_en");
    let category = text(report, table, "category");
    let owed_by =
        table.need(report, "owed_by").and_then(|node| node.choices(report, OwedBy::WORDS));
    let level = table.need(report, "level").and_then(|node| node.choice(report, Level::WORDS));
    let satisfied_by = read_event_types(report, table);
    let word = table.need(report, "cadence").and_then(|node| node.choice(report, CADENCES));
    let cadence = word.and_then(|word| read_cadence(report, table, word));
    let min_count = word.and_then(|word| read_min_count(report, table, word));
    let threshold = read_thresholds(report, table, word);
    let opens = read_opening(report, table, cadence.as_ref());
    let valid_from = optional(table, "valid_from", |node| node.date(report));
    let valid_to = optional(table, "valid_to", |node| {
        let last = node.date(report)?;
        if valid_from.flatten().is_some_and(|first| last < first) {
            report.invalid(
                &node.place,
                format!("失效日期 {last} 早于生效日期"),
                format!("the last day {last} lies before valid_from"),
            );
        }
        Some(last)
    });
    let metric = optional(table, "metric", |node| node.text(report).map(Box::from));
    let applies_to = optional(table, "applies_to", |node| node.texts(report));
    let applies_when = optional(table, "applies_when", |node| read_condition(report, node));
    let evidence = optional(table, "evidence_customary", |node| node.texts(report));
    let basis = optional(table, "basis", |node| node.texts(report));
    let seed = optional(table, "seed", |node| read_seed(report, node));
    let weight =
        table.need(report, "weight").and_then(|node| node.decimal(report, Decimal::ONE_HUNDRED));
    Some(DutyRule {
        id: id?,
        name_zh: name_zh?,
        name_en: name_en?,
        category: category?,
        owed_by: owed_by?,
        level: level?,
        satisfied_by: satisfied_by?,
        cadence: cadence?,
        min_count: min_count?,
        threshold: threshold?,
        metric: metric?,
        applies_to: applies_to?.unwrap_or_default(),
        applies_when: applies_when?,
        evidence_customary: evidence?.unwrap_or_default(),
        weight: weight?,
        basis: basis?.unwrap_or_default(),
        seed: seed?,
        opens: opens?,
        valid_from: valid_from?,
        valid_to: valid_to?,
        origins: Vec::new(),
    })
}

/// `Some(None)` when the key is not given, `None` when its value is faulty.
fn optional<'a, 't, T>(
    table: &Table<'a, 't>,
    key: &str,
    read: impl FnOnce(&Node<'a, 't>) -> Option<T>,
) -> Option<Option<T>> {
    match table.get(key) {
        None => Some(None),
        Some(node) => read(&node).map(Some),
    }
}

fn text(report: &mut Report<'_>, table: &Table<'_, '_>, key: &str) -> Option<Box<str>> {
    Some(table.need(report, key)?.text(report)?.into())
}

fn read_id(report: &mut Report<'_>, table: &Table<'_, '_>) -> Option<DutyId> {
    let node = table.need(report, "id")?;
    let text = node.text(report)?;
    let id = DutyId::parse(text);
    if id.is_none() {
        report.invalid(
            &node.place,
            "编号只能由字母、数字和 . _ - : 组成，以字母或数字开头，最长 64 字节",
            "an id has 1 to 64 letters, digits, '.', '_', '-' or ':' and begins with a letter or \
             digit",
        );
    }
    id
}

fn read_event_types(report: &mut Report<'_>, table: &Table<'_, '_>) -> Option<Vec<EventType>> {
    let node = table.need(report, "satisfied_by")?;
    let words: Vec<(&'static str, EventType)> =
        EventType::ALL.iter().map(|event_type| (event_type.as_str(), *event_type)).collect();
    let types = node.choices(report, &words)?;
    let elements = node.array(report)?;
    let mut sound = true;
    for (event_type, element) in types.iter().zip(elements) {
        if event_type.is_informational() {
            sound = false;
            report.invalid(
                &element.place,
                format!("“{}”仅供叙述，不能用于履行责任", event_type.name_zh()),
                format!("{} is informational and fulfils no duty", event_type.as_str()),
            );
        }
    }
    sound.then_some(types)
}

/// Reports keys that the cadence has no use for.
fn refuse_keys(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    cadence: CadenceWord,
    keys: &[&str],
) {
    let word = CADENCES.iter().find(|(_, value)| *value == cadence).map_or("", |(word, _)| *word);
    for key in keys {
        if let Some(place) = table.key(key) {
            report.invalid(
                &place,
                format!("频次为 {word} 时不能有“{key}”"),
                format!("the cadence {word} takes no '{key}'"),
            );
        }
    }
}

fn read_cadence(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    word: CadenceWord,
) -> Option<Cadence> {
    const CHANGE_KEYS: &[&str] = &["trigger", "due_within_working_days", "annual_confirmation"];
    match word {
        CadenceWord::Annual => {
            refuse_keys(report, table, word, CHANGE_KEYS);
            Some(Cadence::Annual { deadline: read_deadline(report, table)? })
        }
        CadenceWord::HalfYear | CadenceWord::Quarterly => {
            refuse_keys(report, table, word, CHANGE_KEYS);
            let deadline = read_deadline(report, table)?;
            let is_half = word == CadenceWord::HalfYear;
            let cadence = if is_half {
                Cadence::HalfYear { deadline }
            } else {
                Cadence::Quarterly { deadline }
            };
            check_last_period(report, table, &cadence);
            Some(cadence)
        }
        CadenceWord::OnChange => {
            refuse_keys(report, table, word, &["deadline"]);
            read_on_change(report, table)
        }
        CadenceWord::OnEvent | CadenceWord::ContinuousCount => {
            refuse_keys(report, table, word, &["deadline"]);
            refuse_keys(report, table, word, CHANGE_KEYS);
            let is_event = word == CadenceWord::OnEvent;
            Some(if is_event { Cadence::OnEvent } else { Cadence::ContinuousCount })
        }
    }
}

fn read_deadline(report: &mut Report<'_>, table: &Table<'_, '_>) -> Option<Deadline> {
    let node = table.need(report, "deadline")?;
    Deadline::read(report, &node)
}

fn check_last_period(report: &mut Report<'_>, table: &Table<'_, '_>, cadence: &Cadence) {
    let begins = cadence.sub_periods(ANY_YEAR).last().map(|period| period.first);
    let ends = cadence.deadline().map(|deadline| deadline.last_day(ANY_YEAR));
    if ends < begins {
        let place = table.get("deadline").map_or(table.place.clone(), |node| node.place);
        report.invalid(
            &place,
            "期限早于最后一个半年或季度的开始",
            "the deadline lies before the last half-year or quarter begins",
        );
    }
}

fn read_on_change(report: &mut Report<'_>, table: &Table<'_, '_>) -> Option<Cadence> {
    let triggers =
        table.need(report, "trigger").and_then(|node| node.choices(report, TriggerKind::WORDS));
    let days = table
        .need(report, "due_within_working_days")
        .and_then(|node| node.integer(report, 1..=WORKING_DAYS_MAX));
    let confirmation = optional(table, "annual_confirmation", |node| Deadline::read(report, node));
    Some(Cadence::OnChange {
        triggers: triggers?,
        within_working_days: u32::try_from(days?).ok()?,
        annual_confirmation: confirmation?,
    })
}

fn read_min_count(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    word: CadenceWord,
) -> Option<u32> {
    let node = table.need(report, "min_count")?;
    let count = node.integer(report, 0..=MIN_COUNT_MAX)?;
    let (periods, zh) = match word {
        CadenceWord::HalfYear => (2, "每半年"),
        CadenceWord::Quarterly => (4, "每季度"),
        _ => (1, ""),
    };
    if count % periods != 0 {
        report.invalid(
            &node.place,
            format!("{zh}一次的事项，全年最低次数 {count} 应能被 {periods} 整除"),
            format!("the minimum of {count} a year cannot be shared out over {periods} periods"),
        );
        return None;
    }
    u32::try_from(count).ok()
}

fn read_thresholds(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    word: Option<CadenceWord>,
) -> Option<Vec<(Threshold, Decimal)>> {
    let Some(node) = table.get("threshold") else { return Some(Vec::new()) };
    if let Some(word) = word.filter(|word| *word != CadenceWord::OnEvent) {
        refuse_keys(report, table, word, &["threshold"]);
        return None;
    }
    let bounds = node.table(report)?;
    let names: Vec<&str> = Threshold::WORDS.iter().map(|(name, _)| *name).collect();
    bounds.allow_only(report, &names);
    let mut thresholds = Vec::new();
    for (name, threshold) in Threshold::WORDS {
        let Some(node) = bounds.get(name) else { continue };
        let greatest =
            if threshold.is_days() { Decimal::from(WORKING_DAYS_MAX) } else { Decimal::ONE };
        let Some(bound) = node.decimal(report, greatest) else { continue };
        if threshold.is_days() && !bound.fract().is_zero() {
            report.invalid(&node.place, "天数应为整数", "days are whole numbers");
        }
        thresholds.push((*threshold, bound));
    }
    Some(thresholds)
}

fn read_opening(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    cadence: Option<&Cadence>,
) -> Option<Option<Opening>> {
    let Some(node) = table.get("opens") else { return Some(None) };
    let fields = node.table(report)?;
    fields.allow_only(report, &["month", "day", "year_offset"]);
    let day = MonthDay::read(report, &fields);
    let offset = match fields.get("year_offset") {
        Some(node) => node.integer(report, -1..=1)?,
        None => 0,
    };
    let opening = Opening { day: day?, year_offset: i8::try_from(offset).ok()? };
    match cadence {
        Some(Cadence::Annual { deadline }) => {
            let first = opening.day.in_year(ANY_YEAR + i16::from(opening.year_offset));
            if deadline.last_day(ANY_YEAR) < first {
                report.invalid(
                    &node.place,
                    "起算日晚于期限",
                    "the first day lies after the deadline",
                );
            }
        }
        Some(_) => {
            let place = table.key("opens").unwrap_or(node.place);
            report.invalid(
                &place,
                "只有每年一次的事项可以规定起算日",
                "only an annual duty has a first day of its own",
            );
        }
        None => {}
    }
    Some(Some(opening))
}

fn read_condition(report: &mut Report<'_>, node: &Node<'_, '_>) -> Option<Condition> {
    let source = node.text(report)?;
    match Condition::compile(source) {
        Ok(condition) => Some(condition),
        Err(fault) => {
            let place = report.inside(node, fault.offset);
            report.error(&place, Reason::RuleSetCondition, fault.zh, fault.en);
            None
        }
    }
}

fn read_seed(report: &mut Report<'_>, node: &Node<'_, '_>) -> Option<Seed> {
    let table = node.table(report)?;
    table.allow_only(report, &["kind", "line", "quote"]);
    let kind = table.need(report, "kind").and_then(|node| node.choice(report, SeedKind::WORDS));
    let line =
        table.need(report, "line").and_then(|node| node.integer(report, 0..=i64::from(u32::MAX)));
    let quote = table.need(report, "quote").and_then(|node| node.any_text(report));
    Some(Seed { kind: kind?, line: u32::try_from(line?).ok()?, quote: quote?.into() })
}
