//! What figures of one event say about one another: sums, parts, rates, growth.
//!
//! The tables are the rules; the functions below know no metric by name.

use rust_decimal::Decimal;

use super::{Bounds, as_ratio, comparable, figure, percent, shown, zh};
use crate::problem::{Problems, Reason};
use crate::quantity::{Qualifier, Quantity};

/// A total and the parts that make it up.
static SUMS: [(&str, &[&str]); 3] = [
    ("documents_total", &["documents_city_issued", "documents_bureau_normative"]),
    ("projects_total", &["projects_acceptance", "projects_supervision"]),
    ("voters", &["votes_good", "votes_fairly_good", "votes_fair", "votes_poor"]),
];

/// Figures of which each is a part of the next. What an event leaves out is skipped over.
static CHAINS: [&[&str]; 16] = [
    &["passed", "sat", "registered", "registrable"],
    &["present", "expected"],
    &["debriefed", "in_scope"],
    &["decisions_closed", "decisions_agreed"],
    &["decisions_issued", "decisions_issued_or_passed", "decisions_total"],
    &["discussed", "decisions_total"],
    &["documents_published", "documents_total"],
    &["documents_filed", "documents_bureau_normative"],
    &["documents_reviewed", "documents_total"],
    &["legally_reviewed", "major_decisions"],
    &["legal_reviewers_qualified", "legal_reviewers"],
    &["reviewed", "reviewable"],
    &["comments_adopted", "comments_received"],
    &["rectified", "problems_found"],
    &["resolved", "cases_received"],
    &["appeared", "required", "hearings"],
];

/// More chains, of figures whose values need not be whole numbers of things.
static LIMITS: [&[&str]; 2] =
    [&["average_score", "max_score", "full_score"], &["excused", "required"]];

/// A rate, what it is a share of, and what is taken off that first.
struct Rate {
    rate: &'static str,
    part: &'static str,
    whole: &'static str,
    less: Option<&'static str>,
}

const fn rate(rate: &'static str, part: &'static str, whole: &'static str) -> Rate {
    Rate { rate, part, whole, less: None }
}

/// A rate may have several bases; those an event gives must all bear it out.
static RATES: [Rate; 14] = [
    rate("registration_rate", "registered", "registrable"),
    rate("attendance_rate", "sat", "registered"),
    rate("pass_rate", "passed", "sat"),
    rate("presence_rate", "present", "expected"),
    rate("debrief_rate", "debriefed", "in_scope"),
    rate("coverage", "reviewed", "reviewable"),
    rate("coverage", "legally_reviewed", "major_decisions"),
    rate("legality_review_rate", "legally_reviewed", "major_decisions"),
    rate("legality_review_rate", "documents_reviewed", "documents_total"),
    rate("collective_discussion_rate", "discussed", "decisions_total"),
    rate("filing_rate", "documents_filed", "documents_bureau_normative"),
    rate("rectification_rate", "rectified", "problems_found"),
    rate("resolution_rate", "resolved", "cases_received"),
    Rate { rate: "appearance_rate", part: "appeared", whole: "required", less: Some("excused") },
];

/// A stated growth rate, the figure before and the figure after.
static GROWTHS: [(&str, &str, &str); 1] =
    [("growth_rate_stated", "officers_before", "officers_after")];

/// Growth as stated and as the figures before and after give it; ratios, 1 is 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Growth {
    /// As stated.
    pub stated: Decimal,
    /// (after − before) ÷ before.
    pub computed: Decimal,
}

pub(super) fn check_sums(quantities: &[Quantity], problems: &mut Problems) {
    for (total_name, part_names) in &SUMS {
        let Some((index, total)) = figure(quantities, total_name) else { continue };
        let parts: Vec<&Quantity> = part_names
            .iter()
            .filter_map(|name| Some(figure(quantities, name)?.1))
            .filter(|part| comparable(part, total))
            .collect();
        if parts.is_empty() {
            continue;
        }
        let sum = parts.iter().fold(Bounds::NOTHING, |sum, part| sum.plus(Bounds::of(part)));
        let whole = Bounds::of(total);
        let complete = parts.len() == part_names.len();
        let list = parts.iter().map(|part| shown(part)).collect::<Vec<_>>().join(" + ");
        let names = part_names.join(" + ");
        let names_zh = part_names.iter().map(|name| zh(name)).collect::<Vec<_>>().join("、");
        let total_zh = zh(total_name);
        if complete && (sum.certainly_exceeds(whole) || whole.certainly_exceeds(sum)) {
            problems.add(
                Reason::PartsDoNotSum,
                &format!("quantities[{index}].value"),
                format!("{total_zh}为 {}，分项（{names_zh}）为 {list}，不相符", shown(total)),
                format!("{total_name} is {}, but its parts ({names}) are {list}", shown(total)),
            );
        } else if sum.certainly_exceeds(whole) {
            problems.add(
                Reason::PartExceedsWhole,
                &format!("quantities[{index}].value"),
                format!("{total_zh}为 {}，仅部分分项（{names_zh}）已有 {list}", shown(total)),
                format!(
                    "{total_name} is {}, but some of its parts are already {list}",
                    shown(total)
                ),
            );
        }
    }
}

pub(super) fn check_parts(quantities: &[Quantity], problems: &mut Problems) {
    for chain in CHAINS.iter().chain(&LIMITS) {
        let given: Vec<(usize, &Quantity)> =
            chain.iter().filter_map(|name| figure(quantities, name)).collect();
        for pair in given.windows(2) {
            let [(index, part), (_, whole)] = pair else { continue };
            if comparable(part, whole) && Bounds::of(part).certainly_exceeds(Bounds::of(whole)) {
                let (part_name, whole_name) = (&part.metric, &whole.metric);
                let (part, whole) = (shown(part), shown(whole));
                problems.add(
                    Reason::PartExceedsWhole,
                    &format!("quantities[{index}].value"),
                    format!("{}（{part}）不能大于{}（{whole}）", zh(part_name), zh(whole_name)),
                    format!("{part_name} ({part}) cannot exceed {whole_name} ({whole})"),
                );
            }
        }
    }
}

pub(super) fn check_rates(quantities: &[Quantity], problems: &mut Problems) {
    for rate in &RATES {
        let Some((index, stated)) = figure(quantities, rate.rate) else { continue };
        let Some(computed) = base(quantities, rate, stated).and_then(|base| base.exact) else {
            continue;
        };
        let value = as_ratio(stated);
        let tolerance = rounding(stated);
        let fits = match stated.qualifier {
            Qualifier::Exact => value.saturating_sub(computed).abs() <= tolerance,
            Qualifier::AtLeast | Qualifier::MoreThan => value.saturating_sub(tolerance) <= computed,
            Qualifier::About => true,
        };
        if fits {
            continue;
        }
        let (name, part, whole) = (rate.rate, rate.part, rate.whole);
        let (value, computed) = (percent(value), percent(computed));
        problems.add(
            Reason::RateContradictsBase,
            &format!("quantities[{index}].value"),
            format!("{}载明 {value}，按{}与{}计算为 {computed}", zh(name), zh(part), zh(whole)),
            format!("{name} is stated as {value}, but {part} and {whole} give {computed}"),
        );
    }
}

/// The base of a rate as an event gives it.
struct Base {
    /// The rate it gives, when every figure is exact and there is something to take a share of.
    exact: Option<Decimal>,
}

fn base(quantities: &[Quantity], rate: &Rate, stated: &Quantity) -> Option<Base> {
    let (_, part) = figure(quantities, rate.part)?;
    let (_, whole) = figure(quantities, rate.whole)?;
    let less = rate.less.and_then(|name| figure(quantities, name)).map(|(_, less)| less);
    let mut figures = [Some(part), Some(whole), less].into_iter().flatten();
    let aligned = comparable(part, whole) && less.is_none_or(|less| comparable(less, whole));
    if !aligned || part.window != stated.window {
        return None;
    }
    let all_exact = figures.all(|figure| figure.qualifier == Qualifier::Exact);
    let whole = whole.value - less.map_or(Decimal::ZERO, |less| less.value);
    let exact = if all_exact { part.value.checked_div(whole) } else { None };
    Some(Base { exact })
}

/// Half a unit of the last digit stated; whole per cent when fewer are stated, since "1.0" is how
/// 100 % is written and not a claim of one decimal place.
fn rounding(stated: &Quantity) -> Decimal {
    let in_percent = &*stated.unit == "%";
    let places = stated.value.scale() + if in_percent { 2 } else { 0 };
    Decimal::new(5, places.clamp(2, 20) + 1)
}

pub(super) fn flag_rates(quantities: &[Quantity], problems: &mut Problems) {
    for (index, stated) in quantities.iter().enumerate() {
        let mut rules = RATES.iter().filter(|rate| *rate.rate == *stated.metric).peekable();
        let Some(first) = rules.peek().map(|rate| (rate.part, rate.whole)) else { continue };
        if rules.any(|rate| base(quantities, rate, stated).is_some()) {
            continue;
        }
        let (part, whole) = first;
        problems.add(
            Reason::RateWithoutBase,
            &format!("quantities[{index}].value"),
            format!("{}只有比率，没有基数（{}、{}）", zh(&stated.metric), zh(part), zh(whole)),
            format!("{} is stated without its base ({part}, {whole})", stated.metric),
        );
    }
}

/// The growth stated, with the place of the statement.
pub(super) fn growth(quantities: &[Quantity]) -> Option<(usize, Growth)> {
    GROWTHS.iter().find_map(|(rate, before, after)| {
        let (index, stated) = figure(quantities, rate)?;
        let (_, before) = figure(quantities, before)?;
        let (_, after) = figure(quantities, after)?;
        let exact = [before, after].iter().all(|figure| figure.qualifier == Qualifier::Exact);
        if !exact || !comparable(before, after) {
            return None;
        }
        let computed = (after.value - before.value).checked_div(before.value)?;
        Some((index, Growth { stated: as_ratio(stated), computed: computed.normalize() }))
    })
}

pub(super) fn flag_growth(quantities: &[Quantity], problems: &mut Problems) {
    let Some((index, Growth { stated, computed })) = growth(quantities) else { return };
    let tolerance = rounding(&quantities[index]);
    let off = stated.saturating_sub(computed);
    if off.abs() <= tolerance {
        return;
    }
    let (zh, en) = if off.saturating_sub(Decimal::ONE).abs() <= tolerance {
        (
            "；载明数是期末与期初之比，不是增长率",
            ": the stated figure is the ratio of after to before, not the growth",
        )
    } else {
        ("", "")
    };
    let (stated, computed) = (percent(stated), percent(computed));
    problems.add(
        Reason::GrowthContradictsBase,
        &format!("quantities[{index}].value"),
        format!("载明增长率 {stated}，按前后数计算为 {computed}{zh}"),
        format!("growth is stated as {stated}, the figures before and after give {computed}{en}"),
    );
}
