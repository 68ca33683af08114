//! How much each event stands for, sums never added to their parts.
//!
//! A report gives single sessions and, beside them, "共10次以上". The total is then a lower bound:
//! the parts, plus what the sum states beyond the parts it may contain. An aggregate that names its
//! components contains just those; one that names none may contain any event of its type and time.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::Fact;
use crate::metric;
use crate::quantity::Qualifier;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Measure<'a> {
    /// How often something was done.
    Acts,
    /// The sum of these metrics.
    Sum(&'a [Box<str>]),
    /// The same, where only the newest figure counts: a level and not a flow. What begins after
    /// the day tells nothing of the level on it while an earlier figure does.
    Level(&'a [Box<str>], Date),
}

/// The amount each fact stands for, in the order given, none counted twice. Where only certain
/// figures count, 约 and 近 say no more than that it was done.
pub(super) fn amounts(facts: &[&Fact], measure: Measure<'_>, certain: bool) -> Vec<Decimal> {
    let stated = |fact: &Fact, measure: Measure<'_>| stated(fact, measure, certain);
    let mut amounts = vec![Decimal::ZERO; facts.len()];
    if let Measure::Level(metrics, on) = measure {
        let newest = (0..facts.len())
            .filter(|index| stated(facts[*index], Measure::Sum(metrics)).is_some())
            .max_by_key(|index| {
                let Fact { occurred, position, .. } = facts[*index];
                (occurred.start().is_none_or(|start| start <= on), occurred.end(), *position)
            });
        if let Some(index) = newest {
            amounts[index] = stated(facts[index], Measure::Sum(metrics)).unwrap_or_default();
        }
        return amounts;
    }
    let (mut sums, singles): (Vec<usize>, Vec<usize>) =
        (0..facts.len()).partition(|index| facts[*index].aggregate);
    let mut settled = singles;
    for index in &settled {
        amounts[*index] = stated(facts[*index], measure).unwrap_or_else(|| default_of(measure));
    }
    // Shorter sums first: a longer one may contain them, not the other way round.
    sums.sort_by_key(|index| (days(facts[*index]), facts[*index].position));
    for index in sums {
        let sum = facts[index];
        let total = stated(sum, measure).unwrap_or_else(|| {
            if sum.components.is_empty() { default_of(measure) } else { Decimal::ZERO }
        });
        let inside: Decimal = settled
            .iter()
            .filter(|part| may_contain(sum, facts[**part]))
            .map(|part| amounts[*part])
            .fold(Decimal::ZERO, Decimal::saturating_add);
        amounts[index] = total.saturating_sub(inside).max(Decimal::ZERO);
        settled.push(index);
    }
    amounts
}

/// How many acts each event stands for, sums never added to their parts; see the head of this file.
/// For a lower bound (余, 以上) the bound: the sum is then a lower bound too.
#[must_use]
pub fn acts(facts: &[&Fact]) -> Vec<Decimal> {
    amounts(facts, Measure::Acts, false)
}

/// For how much of one metric each event stands, sums never added to their parts. The caller sees
/// to it that all state the metric in one unit.
#[must_use]
pub fn figures(facts: &[&Fact], metric: &str) -> Vec<Decimal> {
    amounts(facts, Measure::Sum(&[metric.into()]), false)
}

/// An event without a figure is one act, and says nothing about a metric.
const fn default_of(measure: Measure<'_>) -> Decimal {
    match measure {
        Measure::Acts => Decimal::ONE,
        Measure::Sum(_) | Measure::Level(..) => Decimal::ZERO,
    }
}

/// What the event states; for a lower bound, the bound.
fn stated(fact: &Fact, measure: Measure<'_>, certain: bool) -> Option<Decimal> {
    let figure = |metric: &str| {
        let quantity = fact.quantity(metric)?;
        (!certain || quantity.qualifier != Qualifier::About).then_some(quantity)
    };
    match measure {
        Measure::Acts => {
            let quantity = figure(metric::acts_metric(fact.event_type)?)?;
            // Acts are whole: more than 9 of them are at least 10.
            let more = quantity.qualifier == Qualifier::MoreThan;
            let least = if more {
                quantity.value.floor().saturating_add(Decimal::ONE)
            } else {
                quantity.value
            };
            Some(least)
        }
        Measure::Sum(metrics) | Measure::Level(metrics, _) => metrics
            .iter()
            .filter_map(|metric| Some(figure(metric)?.value))
            .reduce(Decimal::saturating_add),
    }
}

/// Length of the interval; what is not dated may be as long as anything.
fn days(fact: &Fact) -> i32 {
    match (fact.occurred.start(), fact.occurred.end()) {
        (Some(start), Some(end)) => (end - start).get_days(),
        _ => i32::MAX,
    }
}

fn may_contain(sum: &Fact, part: &Fact) -> bool {
    if part.part_of == Some(sum.root) || sum.components.contains(&part.root) {
        return true;
    }
    if !sum.components.is_empty() || part.event_type != sum.event_type {
        return false;
    }
    match (sum.occurred.start(), sum.occurred.end()) {
        (Some(start), Some(end)) => part.occurred.may_overlap(start, end),
        _ => true,
    }
}
