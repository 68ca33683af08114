//! What is told of the events looked at for an obligation: how each stands, whether it was entered
//! late, and what a supervisor said of it.
//!
//! Words for people only: no figure rests on what is told here.

use jiff::civil::Date;

use super::line::Scope;
use super::obligation::{Considered, NotCounted, ReviewState, Standing};
use super::{Detail, Fact, Question};
use crate::event::Kind;
use crate::position::Position;

/// Events of the right type that are not members, with the reason, `otherwise` where nothing about
/// the event itself is one; only those near the year.
pub(super) fn considered_otherwise(
    scope: &Scope<'_>,
    taken: &[Position],
    otherwise: NotCounted,
) -> Vec<Considered> {
    let Question { year, as_of, known } = scope.question;
    if scope.world.detail == Detail::Figures {
        return Vec::new();
    }
    scope
        .world
        .facts
        .of(&scope.organization.id, year)
        .iter()
        .filter(|fact| {
            scope.rule.satisfied_by.contains(&fact.event_type)
                && fact.is_current(known)
                // Members come by position.
                && taken.binary_search(&fact.position).is_err()
                && fact.accounting_year.abs_diff(year) <= 1
        })
        .map(|fact| {
            let why = match fact.kind {
                Kind::Planned => NotCounted::Planned,
                Kind::Outcome => NotCounted::Outcome,
                _ if fact.accounting_year != year => NotCounted::OtherYear,
                _ if fact.occurred.start().is_some_and(|start| as_of < start) => {
                    NotCounted::AfterAsOf
                }
                _ => otherwise,
            };
            considered(scope, fact, Standing::NotCounted(why))
        })
        .collect()
}

/// The event as looked at, with its 补录 mark and what a supervisor said of it.
pub(super) fn considered(scope: &Scope<'_>, fact: &Fact, standing: Standing) -> Considered {
    let Question { as_of, known, .. } = scope.question;
    let state = |review| ReviewState::new(review, scope.world.calendars, as_of);
    Considered {
        position: fact.position,
        event_id: fact.event_id,
        event_type: fact.event_type,
        standing,
        late_entry: late_entry(scope, fact.occurred.end(), fact.recorded_on),
        review: fact.review(known).copied().map(state),
    }
}

/// 补录: recorded more than the rule set's number of working days after it happened.
fn late_entry(scope: &Scope<'_>, end: Option<Date>, recorded_on: Date) -> Option<bool> {
    let limit = scope.rules.late_entry_working_days;
    let last = scope.world.calendars.add_working_days(end?, limit).ok()?;
    Some(last < recorded_on)
}
