//! Scores: 100 × Σ weight·credit ÷ Σ weight over what applies, rounded once, at the end.

use jiff::civil::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{DutyLine, Obligation};
use crate::ruleset::Rung;

/// The score on one rung.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RungScore {
    /// 0 to 100, two places, rounded half-up; `None` when nothing with weight applies.
    pub score: Option<Decimal>,
    /// The same over what is due so far; `None` when nothing with weight is due yet.
    pub due_so_far: Option<Decimal>,
    /// Σ weight·credit, unrounded.
    pub earned: Decimal,
    /// Σ weight of what is due so far.
    pub weight_due: Decimal,
}

/// The four scores, in the order of [`Rung::ALL`], and the weight they share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scores {
    /// Claimed, dated, documented, verified.
    pub rungs: [RungScore; 4],
    /// Σ weight of what applies and is not exempted.
    pub weight: Decimal,
}

impl Scores {
    /// The score on a rung.
    #[must_use]
    pub fn at(&self, rung: Rung) -> &RungScore {
        &self.rungs[rung as usize]
    }
}

/// Rounds to two places, half away from zero: 四舍五入.
fn rounded(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

fn ratio(earned: Decimal, weight: Decimal) -> Option<Decimal> {
    (!weight.is_zero()).then(|| rounded(Decimal::ONE_HUNDRED * earned / weight))
}

pub(super) fn scores<'a>(lines: impl Iterator<Item = &'a DutyLine> + Clone, as_of: Date) -> Scores {
    let applies = |line: &&DutyLine| line.rungs[0].status.is_scored();
    let weight: Decimal = lines.clone().filter(applies).map(|line| line.weight).sum();
    let rungs = std::array::from_fn(|rung| {
        let mut earned = Decimal::ZERO;
        let mut earned_due = Decimal::ZERO;
        let mut weight_due = Decimal::ZERO;
        for line in lines.clone().filter(applies) {
            earned += line.weight * line.rungs[rung].credit;
            // A duty of several obligations is due in equal parts.
            let scored = line.obligations.iter().filter(|o| o.rungs[rung].status.is_scored());
            let part = match scored.clone().count() {
                0 => continue,
                1 => line.weight,
                count => line.weight / Decimal::from(count),
            };
            // Due is what has reached its deadline, met or not, whatever the rung.
            let due = |o: &&Obligation| o.window.is_some_and(|window| window.has_passed(as_of));
            for obligation in scored.filter(due) {
                weight_due += part;
                earned_due += part * obligation.rungs[rung].credit;
            }
        }
        RungScore {
            score: ratio(earned, weight),
            due_so_far: ratio(earned_due, weight_due),
            earned,
            weight_due,
        }
    });
    Scores { rungs, weight }
}
