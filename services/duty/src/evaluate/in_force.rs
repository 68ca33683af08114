//! A law that changes in mid-year: what is not owed by a text that was not in force on its day.

use jiff::civil::Date;

use super::line::{self, Scope};
use super::obligation::{Obligation, Period, Status};
use crate::position::Position;
use crate::problem::{Problem, Reason};
use crate::ruleset::MonthDay;

/// The obligation, or that it is not owed by this text because another was in force on its day.
pub(super) fn apply(scope: &Scope<'_>, obligation: Obligation) -> Obligation {
    let rule = scope.rule;
    let day = governing_day(scope, &obligation);
    if rule.in_force(day) || obligation.official == Status::NotApplicable {
        return obligation;
    }
    let span = |open: &str, first: Option<Date>, last: Option<Date>| {
        let day = |day: Option<Date>| day.map_or_else(|| open.to_owned(), |day| day.to_string());
        format!("{} – {}", day(first), day(last))
    };
    let span = span("…", rule.valid_from, rule.valid_to);
    let why = Problem::new(
        Reason::SubstanceIrregular,
        "valid_from",
        format!("本条文施行期间为 {span}，{day} 不适用"),
        format!("this text is in force {span}, not on {day}"),
    );
    let Obligation { owner, period, window, .. } = obligation;
    Obligation { period, window, ..line::not_applicable(scope, owner, why) }
}

/// The day an item happened, the last it may have; none for one that is not known.
pub(super) fn happened_on(scope: &Scope<'_>, position: Position) -> Option<Date> {
    let facts = scope.world.facts.of(&scope.organization.id, scope.question.year);
    let item = facts.iter().find(|fact| fact.position == position);
    item.and_then(|item| item.occurred.end())
}

/// The day whose law governs an obligation; see [`DutyRule::in_force`].
fn governing_day(scope: &Scope<'_>, obligation: &Obligation) -> Date {
    let year_end = MonthDay::YEAR_END.in_year(scope.question.year);
    match &obligation.period {
        Period::Trigger { day, .. } => *day,
        Period::Item { position, .. } => happened_on(scope, *position).unwrap_or(year_end),
        Period::Year
        | Period::Half(_)
        | Period::Quarter(_)
        | Period::Confirmation
        | Period::TakenOver { .. } => obligation.window.map_or(year_end, |window| window.last),
    }
}
