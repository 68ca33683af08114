//! What of an entry can be held against a figure of a report, and when the two agree.

use duty::evaluate::{self, Fact};
use duty::event::{Kind, check};
use duty::metric;
use duty::occurred::{Occurred, Precision};
use duty::quantity::{Qualifier, Quantity};
use rust_decimal::Decimal;

use super::Compared;
use crate::Recorded;
use crate::figures::Stated;

/// Field of an entry's time; figures have their index.
const OCCURRED: usize = usize::MAX;
/// Field of an entry's document numbers.
const DOCUMENT: usize = usize::MAX - 1;
/// Field of a sum over entries.
const SUM: usize = usize::MAX - 2;

/// One thing an entry says.
#[derive(Debug, Clone)]
pub(super) struct Candidate<'a> {
    /// The entry, by its index.
    pub(super) entry: usize,
    field: usize,
    what: What<'a>,
    /// The entries of a sum.
    over: Vec<usize>,
}

#[derive(Debug, Clone)]
enum What<'a> {
    Quantity(&'a Quantity),
    Time(Occurred),
    Document(&'a str),
    /// So many acts under a metric, counted over entries; exactly, or at least.
    Acts(&'static str, Decimal, Qualifier),
}

/// Everything an entry says that a report may print.
pub(super) fn of(entry: usize, recorded: &Recorded) -> Vec<Candidate<'_>> {
    let event = &recorded.event;
    let plain = |field, what| Candidate { entry, field, what, over: Vec::new() };
    let quantities = event.quantities.iter().enumerate();
    let mut found: Vec<_> =
        quantities.map(|(index, quantity)| plain(index, What::Quantity(quantity))).collect();
    if event.occurred.precision() != Precision::Unknown {
        found.push(plain(OCCURRED, What::Time(event.occurred)));
    }
    let numbers = event.evidence.iter().filter_map(|evidence| evidence.document_number.as_ref());
    let numbers = numbers.chain(event.details.document_number());
    found.extend(numbers.map(|number| plain(DOCUMENT, What::Document(number.as_str()))));
    found
}

/// How often each type of event was performed, where more than one entry tells of it.
pub(super) fn sums<'a>(indexes: &[usize], entries: &[Recorded]) -> Vec<Candidate<'a>> {
    let mut types: Vec<_> =
        indexes.iter().map(|index| entries[*index].event.event_type()).collect();
    types.sort_unstable();
    types.dedup();
    let sum = |event_type| {
        let metric = metric::acts_metric(event_type)?;
        let is_one = |index: &&usize| {
            let event = &entries[**index].event;
            event.event_type() == event_type && event.kind == Kind::Performed
        };
        let over: Vec<usize> = indexes.iter().filter(is_one).copied().collect();
        if over.len() < 2 {
            return None;
        }
        let facts: Vec<&Fact> = over.iter().map(|index| &entries[*index].fact).collect();
        let total = evaluate::acts(&facts).into_iter().fold(Decimal::ZERO, Decimal::saturating_add);
        let is_exact = facts.iter().all(|fact| {
            fact.quantity(metric).is_none_or(|figure| figure.qualifier == Qualifier::Exact)
        });
        let qualifier = if is_exact { Qualifier::Exact } else { Qualifier::AtLeast };
        let what = What::Acts(metric, total, qualifier);
        Some(Candidate { entry: *over.first()?, field: SUM, what, over })
    };
    types.into_iter().filter_map(sum).collect()
}

impl Candidate<'_> {
    /// Whether it is one part of what a sum counts: a single act among others.
    pub(super) fn is_part_of(&self, sum: &Candidate<'_>, entries: &[Recorded]) -> bool {
        let counts = self.field != SUM && sum.field == SUM && self.name() == sum.name();
        counts && sum.over.contains(&self.entry) && !entries[self.entry].event.aggregate
    }

    /// What tells it from everything else.
    pub(super) const fn key(&self) -> (usize, usize) {
        (self.entry, self.field)
    }

    /// The metric, or what else it is.
    pub(super) fn name(&self) -> &str {
        match &self.what {
            What::Quantity(quantity) => &quantity.metric,
            What::Time(_) => "occurred",
            What::Document(_) => "document_number",
            What::Acts(metric, ..) => metric,
        }
    }

    /// Whether it is of the kind and unit of what is printed. 人 and 人次 are not one unit.
    pub(super) fn is_comparable(&self, stated: &Stated) -> bool {
        match (&self.what, stated) {
            (What::Quantity(quantity), Stated::Count { unit, .. }) => {
                base(&quantity.unit).0 == base(unit).0
            }
            (What::Acts(..), Stated::Count { unit, .. }) => base(unit).0 == "次",
            (What::Time(ours), Stated::Time(printed)) => {
                ours.as_day().is_some() == printed.as_day().is_some()
            }
            (What::Document(_), Stated::Document(_)) => true,
            _ => false,
        }
    }

    /// Whether what is printed is what it says. A bound in print agrees with a figure within it:
    /// 90余 with 93, but not with 193; what the ledger has as a bound bears no exact figure.
    pub(super) fn agrees(&self, stated: &Stated) -> bool {
        match (&self.what, stated) {
            (What::Quantity(quantity), Stated::Count { value, unit, qualifier }) => figures_agree(
                (*value, base(unit).1, *qualifier),
                (quantity.value, base(&quantity.unit).1, quantity.qualifier),
            ),
            (What::Acts(_, total, how), Stated::Count { value, qualifier, .. }) => {
                figures_agree((*value, Decimal::ONE, *qualifier), (*total, Decimal::ONE, *how))
            }
            (What::Time(ours), Stated::Time(printed)) => {
                (ours.start(), ours.end()) == (printed.start(), printed.end())
            }
            // Words may stand before the code of the issuer: 根据柳发〔2022〕2号.
            (What::Document(ours), Stated::Document(printed)) => printed.ends_with(ours),
            _ => false,
        }
    }

    /// For the reader of a verdict.
    pub(super) fn compared(&self, entries: &[Recorded]) -> Compared {
        let one = [self.entry];
        let over = if self.over.is_empty() { &one[..] } else { &self.over };
        let positions = over.iter().map(|index| entries[*index].position()).collect();
        let name = self.name();
        let (zh, value) = match &self.what {
            What::Quantity(quantity) => {
                let zh = metric::find(name).map_or(name, |metric| metric.zh);
                let sign = quantity.qualifier.sign();
                (zh, format!("{sign}{}{}", quantity.value.normalize(), shown_unit(&quantity.unit)))
            }
            What::Time(time) => ("发生时间", shown_time(time)),
            What::Document(number) => ("文号", (*number).to_owned()),
            What::Acts(_, total, how) => {
                ("合计次数", format!("{}{}次", how.sign(), total.normalize()))
            }
        };
        let flags = match &self.what {
            What::Quantity(_) => flags(&entries[self.entry], self.field),
            What::Time(_) | What::Document(_) | What::Acts(..) => Vec::new(),
        };
        Compared { positions, field: name.to_owned(), zh: zh.to_owned(), value, flags }
    }
}

/// What an entry quotes where none of its own figures says the same.
pub(super) fn quoted(entry: &Recorded, printed: &str) -> Compared {
    Compared {
        positions: vec![entry.position()],
        field: "quote".to_owned(),
        zh: "引文".to_owned(),
        value: printed.to_owned(),
        flags: Vec::new(),
    }
}

/// Whether two figures in print say the same, in whatever notation.
pub(super) fn is_same(one: &Stated, other: &Stated) -> bool {
    match (one, other) {
        (
            Stated::Count { value, unit, qualifier },
            Stated::Count { value: other, unit: of, qualifier: how },
        ) => {
            let ((unit, scale), (of, their_scale)) = (base(unit), base(of));
            let scaled = value.checked_mul(scale).zip(other.checked_mul(their_scale));
            unit == of && qualifier == how && scaled.is_some_and(|(one, other)| one == other)
        }
        (one, other) => one == other,
    }
}

/// What the ledger holds against one figure of an entry.
fn flags(entry: &Recorded, index: usize) -> Vec<&'static str> {
    let field = format!("quantities[{index}]");
    let found = check::flags(&entry.event).into_iter();
    found
        .filter(|problem| problem.field.starts_with(&field))
        .map(|problem| problem.reason.as_str())
        .collect()
}

fn shown_unit(unit: &str) -> &str {
    if unit == "ratio" { "（比率）" } else { unit }
}

fn shown_time(time: &Occurred) -> String {
    match (time.start(), time.end()) {
        (Some(start), Some(end)) if start == end => start.to_string(),
        (Some(start), Some(end)) => format!("{start}/{end}"),
        _ => "—".to_owned(),
    }
}

/// The unit a unit is a multiple of, and which multiple.
fn base(unit: &str) -> (&str, Decimal) {
    match unit {
        "场" => ("次", Decimal::ONE),
        "名" => ("人", Decimal::ONE),
        "%" => ("ratio", Decimal::new(1, 2)),
        "万元" => ("元", Decimal::from(10_000)),
        "亿元" => ("元", Decimal::from(100_000_000)),
        other => (other, Decimal::ONE),
    }
}

type Figure = (Decimal, Decimal, Qualifier);

fn figures_agree(printed: Figure, ours: Figure) -> bool {
    let (printed, scale, how) = printed;
    let (value, our_scale, our_how) = ours;
    let (Some(least), Some(value)) = (printed.checked_mul(scale), value.checked_mul(our_scale))
    else {
        return false;
    };
    if least == value && how == our_how {
        return true;
    }
    // 余 stands for what is left below the last digit that is not nought: 90余 is less than 100.
    let next = step(printed).checked_mul(scale).and_then(|step| least.checked_add(step));
    let below = next.is_some_and(|next| value < next);
    match (how, our_how) {
        (Qualifier::MoreThan, Qualifier::Exact) => least < value && below,
        (Qualifier::AtLeast, Qualifier::Exact) => least <= value && below,
        _ => false,
    }
}

/// The value of the last digit that is not nought: 10 for 90, 100 for 700, 1 for 12.
fn step(value: Decimal) -> Decimal {
    let (mut rest, mut step) = (value.normalize(), Decimal::ONE);
    while !rest.is_zero() && (rest % Decimal::TEN).is_zero() {
        rest /= Decimal::TEN;
        step *= Decimal::TEN;
    }
    step
}
