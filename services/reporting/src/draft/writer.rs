//! Writing filled and missing slots, each filled one with its note.

use duty::evaluate::{self, Fact};
use duty::event::Kind;
use duty::metric;
use duty::occurred::{Occurred, Precision};
use duty::position::Position;
use duty::quantity::{Qualifier, Quantity};
use jiff::civil::Date;
use rust_decimal::Decimal;

use super::{Note, Run};
use crate::Recorded;

/// Notes as they come.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) notes: Vec<Note>,
}

/// Words.
pub(super) fn text(words: &str) -> Run {
    Run::Text(words.to_owned())
}

impl Writer {
    /// What these entries say, or the name of the slot where they say nothing.
    pub(super) fn slot(&mut self, what: &str, printed: Option<String>, by: &[&Recorded]) -> Run {
        let Some(printed) = printed.filter(|printed| !printed.is_empty()) else {
            return Run::Missing(what.to_owned());
        };
        let numbers = by.iter().map(|entry| entry.event.source_number.to_string());
        self.notes.push(Note {
            printed: printed.clone(),
            what: what.to_owned(),
            positions: by.iter().map(|entry| entry.position()).collect(),
            numbers: numbers.filter(|number| !number.is_empty()).collect(),
        });
        Run::Filled(printed, self.notes.len())
    }

    /// What entries say that are no duty events.
    pub(super) fn entries(&mut self, what: &str, printed: String, by: Vec<Position>) -> Run {
        let (what, numbers) = (what.to_owned(), Vec::new());
        self.notes.push(Note { printed: printed.clone(), what, positions: by, numbers });
        Run::Filled(printed, self.notes.len())
    }

    /// How often something was done by these entries.
    pub(super) fn acts(&mut self, what: &str, unit: &str, entries: &[&Recorded]) -> Run {
        let counted: Vec<&Recorded> =
            entries.iter().filter(|entry| is_counted(entry)).copied().collect();
        let facts: Vec<&Fact> = counted.iter().map(|entry| &entry.fact).collect();
        let amounts = evaluate::acts(&facts);
        let total = amounts.iter().fold(Decimal::ZERO, |sum, amount| sum.saturating_add(*amount));
        let bounds = counted.iter().filter_map(|entry| acts_figure(entry));
        let printed = (!counted.is_empty()).then(|| {
            let is_exact = bounds.clone().all(|figure| figure.qualifier == Qualifier::Exact);
            let qualifier = if is_exact { Qualifier::Exact } else { Qualifier::AtLeast };
            figure(total, unit, qualifier)
        });
        self.slot(what, printed, &counted)
    }

    /// The sum of one figure over these entries: those in the given unit, never other ones.
    pub(super) fn sum(&mut self, what: &str, metric: &str, unit: &str, from: &[&Recorded]) -> Run {
        let stated = |entry: &&Recorded| {
            entry.event.quantity(metric).is_some_and(|figure| &*figure.unit == unit)
        };
        let stating: Vec<&Recorded> = from.iter().copied().filter(stated).collect();
        let figures: Vec<&Quantity> =
            stating.iter().filter_map(|entry| entry.event.quantity(metric)).collect();
        let printed = match figures.as_slice() {
            [] => None,
            [only] => Some(figure(only.value, unit, only.qualifier)),
            several => {
                let facts: Vec<&Fact> = stating.iter().map(|entry| &entry.fact).collect();
                let amounts = evaluate::figures(&facts, metric);
                let total = amounts.into_iter().fold(Decimal::ZERO, Decimal::saturating_add);
                let is_exact = several.iter().all(|one| one.qualifier == Qualifier::Exact);
                let qualifier = if is_exact { Qualifier::Exact } else { Qualifier::AtLeast };
                Some(figure(total, unit, qualifier))
            }
        };
        self.slot(what, printed, &stating)
    }
}

/// Whether an entry says how often: a thing done does, a habit only with a figure.
pub(super) fn is_counted(entry: &Recorded) -> bool {
    entry.event.kind == Kind::Performed || acts_figure(entry).is_some()
}

fn acts_figure(entry: &Recorded) -> Option<&Quantity> {
    entry.event.quantity(metric::acts_metric(entry.event.event_type())?)
}

/// A figure as reports print it, 余 and 以上 kept.
pub(super) fn figure(value: Decimal, unit: &str, qualifier: Qualifier) -> String {
    let (value, unit) = match unit {
        "ratio" => (value.saturating_mul(Decimal::ONE_HUNDRED), "%"),
        unit => (value, unit),
    };
    let value = value.normalize();
    match qualifier {
        Qualifier::Exact => format!("{value}{unit}"),
        Qualifier::AtLeast => format!("{value}{unit}以上"),
        Qualifier::MoreThan => format!("{value}余{unit}"),
        Qualifier::About => format!("约{value}{unit}"),
    }
}

/// A day as reports print it.
pub(super) fn day(day: Date) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// A time as reports print it; nothing when it is not known.
pub(super) fn time(time: &Occurred) -> Option<String> {
    let (start, end) = time.start().zip(time.end())?;
    let year = start.year();
    Some(match time.precision() {
        Precision::Unknown => return None,
        Precision::Day => day(start),
        Precision::Month => format!("{year}年{}月", start.month()),
        Precision::Quarter => format!("{year}年第{}季度", (start.month() + 2) / 3),
        Precision::HalfYear if start.month() == 1 => format!("{year}年上半年"),
        Precision::HalfYear => format!("{year}年下半年"),
        Precision::Year => format!("{year}年"),
        Precision::Period => format!("{}至{}", day(start), day(end)),
    })
}
