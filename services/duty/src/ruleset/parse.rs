//! Reads a whole rule set and checks what its parts say about one another.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rust_decimal::Decimal;
use sha2::{Digest as _, Sha256};

use super::advice;
use super::cadence::MonthDay;
use super::duty;
use super::inherit::{self, Above};
use super::nearest::did_you_mean;
use super::origin::{Origin, OriginKind, Parent};
use super::procedure;
use super::reader::{Place, Reasons, Report, Table};
use super::terms::Rung;
use super::{DutyRule, Grade, RULE_SET_BYTES_MAX, RuleSet, RuleSetError, Scoring};
use crate::division::DivisionCode;
use crate::id::RuleSetId;
use crate::metric;
use crate::problem::Reason;

const REASONS: Reasons = Reasons {
    syntax: Reason::RuleSetSyntax,
    unknown_key: Reason::RuleSetUnknownKey,
    missing_key: Reason::RuleSetInvalid,
    invalid: Reason::RuleSetInvalid,
};

const KEYS: &[&str] = &[
    "schema_version",
    "ruleset_id",
    "extends",
    "valid_from",
    "valid_to",
    "jurisdiction",
    "timezone",
    "official_rung",
    "warn_days",
    "half_year_threshold_months",
    "late_entry_working_days",
    "accounting_date",
    "scoring",
    "grades",
    "procedure",
    "veto",
    "metrics",
    "duty",
    "override",
    "switch_off",
];

/// The only format there is.
const SCHEMA_VERSION: i64 = 1;
/// The only time zone: deadlines are civil days there ([`crate::zone`]).
const TIMEZONE: &[(&str, ())] = &[("Asia/Shanghai", ())];
/// Days of 临期 and working days of 补录 unless the rule set says otherwise (DOMAIN §6.1).
const WARN_DAYS: u32 = 30;
const LATE_ENTRY_WORKING_DAYS: u32 = 10;
const HALF_YEAR_MONTHS: u8 = 6;
/// Figures that duties count, beside those the rule set defines.
const METRICS: [(&str, &[&str]); 2] = [
    ("advisers_plus_public_lawyers", &["legal_advisers", "public_lawyers"]),
    ("certified_officers_at_year_end", &["officers_after"]),
];
/// 优秀, 良好, 合格, 不合格 (DOMAIN §6.2).
const GRADES: [(&str, &str, i64); 4] = [
    ("优秀", "excellent", 90),
    ("良好", "good", 80),
    ("合格", "adequate", 60),
    ("不合格", "inadequate", 0),
];

/// What stands above the duties.
pub(super) struct Head {
    pub(super) id: RuleSetId,
    pub(super) valid_from: jiff::civil::Date,
    pub(super) valid_to: Option<jiff::civil::Date>,
    pub(super) jurisdiction: DivisionCode,
}

/// A duty with the table it was read from; none for one taken over as it is.
pub(super) type Read<'a, 't> = (Option<Table<'a, 't>>, DutyRule);

pub(super) fn rule_set(
    text: &str,
    parents: &[&str],
) -> Result<(RuleSet, Vec<RuleSetError>), Vec<RuleSetError>> {
    let mut report = Report::new(text, REASONS);
    let start = Place { offset: 0, path: String::new() };
    if RULE_SET_BYTES_MAX < text.len() {
        let length = text.len();
        report.invalid(
            &start,
            format!("规则集有 {length} 字节，超过上限 {RULE_SET_BYTES_MAX}"),
            format!("the rule set has {length} bytes, more than {RULE_SET_BYTES_MAX}"),
        );
        return Err(report.into_parts().0);
    }
    let read = read(&mut report, text, parents);
    let is_clean = report.is_clean();
    let (errors, advice) = report.into_parts();
    match read {
        Some(rules) if is_clean => Ok((rules, advice)),
        _ => Err(errors),
    }
}

fn read(report: &mut Report<'_>, text: &str, parents: &[&str]) -> Option<RuleSet> {
    let document = report.document()?;
    let table = Table::root(&document);
    table.allow_only(report, KEYS);
    let head = read_head(report, &table);
    let above = inherit::above(report, &table, head.as_ref(), parents)?;
    let base = above.as_ref().map(Above::rules);
    let official_rung = match table.get("official_rung") {
        Some(node) => node.choice(report, Rung::WORDS),
        None => Some(base.map_or(Rung::Documented, |base| base.official_rung)),
    };
    let warn_days = base.map_or(WARN_DAYS, |base| base.warn_days);
    let warn_days = number(report, &table, "warn_days", 0..=366, warn_days);
    let late = base.map_or(LATE_ENTRY_WORKING_DAYS, |base| base.late_entry_working_days);
    let late_entry = number(report, &table, "late_entry_working_days", 0..=500, late);
    let months = base.map_or(HALF_YEAR_MONTHS, |base| base.half_year_threshold_months);
    let months = number(report, &table, "half_year_threshold_months", 0..=12, u32::from(months));
    let accounting_date = read_accounting_date(report, &table, base);
    let scoring = read_scoring(report, &table, base);
    let grades = read_grades(report, &table, base);
    let procedure = procedure::read(report, &table, base.map(|base| base.procedure));
    let veto = grades.as_ref().and_then(|grades| {
        procedure::read_veto(report, &table, base.map(|base| &base.veto), grades)
    });
    let metrics = read_metrics(report, &table, base);
    let mut duties = read_duties(report, &table, above.as_ref());
    if let (Some(duties), Some(head)) = (&mut duties, &head) {
        for (_, duty) in duties.iter_mut().filter(|(_, duty)| duty.origins.is_empty()) {
            duty.origins.push(Origin::of(head, OriginKind::Defined));
        }
        if let Some(above) = &above {
            inherit::apply(report, &table, head, above, duties);
        }
    }
    if let (Some(duties), Some(metrics)) = (&duties, &metrics) {
        check_metrics(report, duties, metrics);
    }
    if let Some(duties) = &duties {
        advice::advise(report, &table, duties);
    }
    let head = head?;
    let text_digest = digest(text);
    Some(RuleSet {
        id: head.id,
        valid_from: head.valid_from,
        valid_to: head.valid_to,
        jurisdiction: head.jurisdiction,
        official_rung: official_rung?,
        warn_days: warn_days?,
        scoring: scoring?,
        half_year_threshold_months: u8::try_from(months?).ok()?,
        accounting_date: accounting_date?,
        late_entry_working_days: late_entry?,
        grades: grades?,
        procedure: procedure?,
        veto: veto?,
        metrics: metrics?,
        duties: duties?.into_iter().map(|(_, duty)| duty).collect(),
        digest: match base {
            None => text_digest.clone(),
            // What holds is told by this text and all that the parent's digest tells.
            Some(base) => digest(&format!("{text_digest}\n{}\n", base.digest)),
        },
        text_digest,
        text: text.into(),
        parents: base.map(Parent::chain).unwrap_or_default(),
    })
}

fn read_head(report: &mut Report<'_>, table: &Table<'_, '_>) -> Option<Head> {
    if let Some(node) = table.need(report, "schema_version") {
        node.integer(report, SCHEMA_VERSION..=SCHEMA_VERSION);
    }
    if let Some(node) = table.need(report, "timezone") {
        node.choice(report, TIMEZONE);
    }
    let id = table.need(report, "ruleset_id").and_then(|node| {
        let id = RuleSetId::parse(node.text(report)?);
        if id.is_none() {
            report.invalid(
                &node.place,
                "编号只能由字母、数字和 . _ - : 组成，以字母或数字开头，最长 64 字节",
                "an id has 1 to 64 letters, digits, '.', '_', '-' or ':' and begins with a letter \
                 or digit",
            );
        }
        id
    });
    let valid_from = table.need(report, "valid_from").and_then(|node| node.date(report));
    let valid_to = table.get("valid_to").and_then(|node| {
        let date = node.date(report)?;
        if valid_from.is_some_and(|from| date < from) {
            report.invalid(
                &node.place,
                format!("失效日期 {date} 早于生效日期"),
                format!("the last day {date} lies before valid_from"),
            );
        }
        Some(date)
    });
    let jurisdiction = table.need(report, "jurisdiction").and_then(|node| {
        let code = DivisionCode::parse(node.text(report)?);
        let valid = code.and_then(|code| {
            let year = valid_from.map_or(Ok(()), |from| code.check_year(from.year()));
            year.map(|()| code)
        });
        match valid {
            Ok(code) => Some(code),
            Err(fault) => {
                report.invalid(&node.place, fault.zh, fault.en);
                None
            }
        }
    });
    Some(Head { id: id?, valid_from: valid_from?, valid_to, jurisdiction: jurisdiction? })
}

fn number(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    key: &str,
    range: std::ops::RangeInclusive<i64>,
    default: u32,
) -> Option<u32> {
    match table.get(key) {
        Some(node) => u32::try_from(node.integer(report, range)?).ok(),
        None => Some(default),
    }
}

fn read_accounting_date(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    base: Option<&RuleSet>,
) -> Option<MonthDay> {
    let Some(node) = table.get("accounting_date") else {
        return Some(base.map_or(MonthDay::YEAR_END, |base| base.accounting_date));
    };
    let fields = node.table(report)?;
    fields.allow_only(report, &["month", "day"]);
    MonthDay::read(report, &fields)
}

fn read_scoring(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    base: Option<&RuleSet>,
) -> Option<Scoring> {
    let Some(node) = table.get("scoring") else {
        return Some(base.map_or_else(Scoring::default, |base| base.scoring.clone()));
    };
    let fields = node.table(report)?;
    fields.allow_only(report, &["late_credit"]);
    match fields.get("late_credit") {
        Some(node) => Some(Scoring { late_credit: node.decimal(report, Decimal::ONE)? }),
        None => Some(Scoring::default()),
    }
}

fn read_grades(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    base: Option<&RuleSet>,
) -> Option<Vec<Grade>> {
    let Some(node) = table.get("grades") else {
        if let Some(base) = base {
            return Some(base.grades.clone());
        }
        let grade = |(zh, en, least): (&str, &str, i64)| Grade {
            name_zh: zh.into(),
            name_en: en.into(),
            min_score: Decimal::from(least),
        };
        return Some(GRADES.into_iter().map(grade).collect());
    };
    let mut grades: Vec<Grade> = Vec::new();
    for node in node.array(report)? {
        let Some(fields) = node.table(report) else { continue };
        fields.allow_only(report, &["name_zh", "name_en", "min_score"]);
        let name_zh = fields.need(report, "name_zh").and_then(|node| node.text(report));
        let name_en = fields.need(report, "name_en").and_then(|node| node.text(report));
        let Some(least) = fields.need(report, "min_score") else { continue };
        let min_score = least.decimal(report, Decimal::ONE_HUNDRED);
        let (Some(zh), Some(en), Some(min_score)) = (name_zh, name_en, min_score) else { continue };
        if grades.last().is_some_and(|better| better.min_score <= min_score) {
            report.invalid(
                &least.place,
                "等次应从高到低排列，分数线不得相同",
                "grades stand best first, each with a lower least score",
            );
        }
        grades.push(Grade { name_zh: zh.into(), name_en: en.into(), min_score });
    }
    Some(grades)
}

fn read_metrics(
    report: &mut Report<'_>,
    table: &Table<'_, '_>,
    base: Option<&RuleSet>,
) -> Option<BTreeMap<Box<str>, Vec<Box<str>>>> {
    let shipped = || {
        let parts = |parts: &[&str]| parts.iter().map(|part| (*part).into()).collect();
        METRICS.into_iter().map(|(name, sum)| (name.into(), parts(sum))).collect()
    };
    let mut metrics: BTreeMap<Box<str>, Vec<Box<str>>> =
        base.map_or_else(shipped, |base| base.metrics.clone());
    let Some(node) = table.get("metrics") else { return Some(metrics) };
    let known = || metric::all().iter().map(|metric| metric.name);
    for (name, place, node) in node.table(report)?.entries() {
        if !crate::id::is_id(name) {
            report.invalid(&place, "指标名不合规", "not a name for a metric");
        }
        // A faulty sum is known all the same, so that the duties that count it are not faulted too.
        let parts = node.array(report);
        if parts.as_ref().is_some_and(Vec::is_empty) {
            report.invalid(&node.place, "至少应有一项指标", "at least one metric is needed");
        }
        let mut sum = Vec::new();
        for part in parts.unwrap_or_default() {
            let Some(word) = part.text(report) else { continue };
            if metric::find(word).is_none() {
                let (zh, en) = did_you_mean(word, known());
                report.invalid(
                    &part.place,
                    format!("指标目录中没有“{word}”{zh}"),
                    format!("the catalogue has no metric '{word}'{en}"),
                );
            }
            sum.push(word.into());
        }
        metrics.insert(name.into(), sum);
    }
    Some(metrics)
}

/// The duties that could be read, each with its table. `None` when there are none at all.
fn read_duties<'a, 't>(
    report: &mut Report<'_>,
    table: &Table<'a, 't>,
    above: Option<&Above<'_>>,
) -> Option<Vec<Read<'a, 't>>> {
    if above.is_some() && table.get("duty").is_none() {
        return Some(Vec::new());
    }
    let node = table.need(report, "duty")?;
    let elements = node.array(report)?;
    if elements.is_empty() && above.is_none() {
        report.invalid(&node.place, "至少应有一项责任事项", "at least one duty is needed");
    }
    let mut first_lines: BTreeMap<&str, u32> = BTreeMap::new();
    let mut duties = Vec::new();
    for element in elements {
        let Some(fields) = element.table(report) else { continue };
        let id = fields.get("id").and_then(|node| {
            // A value that is no text is reported where the duty is read.
            let line = report.line(&node.place);
            Some((node.peek_text()?, line, node.place))
        });
        if let Some((id, line, place)) = id {
            match first_lines.get(id) {
                None => drop(first_lines.insert(id, line)),
                Some(first) => report.invalid(
                    &place,
                    format!("责任事项“{id}”重复，已见于第 {first} 行"),
                    format!("the duty '{id}' stands twice, first in line {first}"),
                ),
            }
            if above.is_some_and(|above| above.knows(id)) {
                report.error(
                    &place,
                    Reason::RuleSetOverride,
                    format!("“{id}”已由上级规则集规定；要改动请用 [[override]]"),
                    format!("'{id}' comes from the set extended: change it by [[override]]"),
                );
            }
        }
        fields.allow_only(report, duty::KEYS);
        if let Some(duty) = duty::read(report, &fields) {
            duties.push((Some(fields), duty));
        }
    }
    Some(duties)
}

fn check_metrics(
    report: &mut Report<'_>,
    duties: &[Read<'_, '_>],
    metrics: &BTreeMap<Box<str>, Vec<Box<str>>>,
) {
    for (table, duty) in duties {
        let Some(name) = duty.metric.as_deref().filter(|name| !metrics.contains_key(*name)) else {
            continue;
        };
        let Some(node) = table.as_ref().and_then(|table| table.get("metric")) else { continue };
        let (zh, en) = did_you_mean(name, metrics.keys().map(AsRef::as_ref));
        report.invalid(
            &node.place,
            format!("没有定义指标“{name}”{zh}"),
            format!("the metric '{name}' is not defined under [metrics]{en}"),
        );
    }
}

/// SHA-256 of a text, lower-case hex.
fn digest(text: &str) -> Box<str> {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
    }
    hex.into()
}
