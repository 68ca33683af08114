//! What a leader answers for among the duties of the organization: what fell due while they held the
//! post (DOMAIN §5.2).
//!
//! Whoever is in office on the accounting day for half a year or more answers for the whole record.
//! For whoever came later, what fell due before their time stays with the organization: it is shown
//! and not scored. Whoever left answers for what fell due on their watch. What is owed by a person
//! is the business of [`owner`].

use jiff::civil::Date;

use super::line::{self, DutyLine, Scope};
use super::obligation::{Obligation, Period, Status};
use super::{in_force, owner};
use crate::id::PersonId;
use crate::problem::{Problem, Reason};

/// The duty as a leader of less than half a year answers for it.
pub(super) fn of_newcomer(scope: &Scope<'_>, person: &PersonId, line: DutyLine) -> DutyLine {
    let reference = owner::reference_day(scope.rules, scope.question);
    let mut obligations = line.obligations;
    for owed in obligations.iter_mut().filter(|owed| owed.official.is_scored()) {
        let due = due_on(scope, owed).filter(|due| *due <= reference);
        if let Some(due) = due.filter(|due| !owner::answers_on(scope, person, *due)) {
            let (owner, period) = (owed.owner.clone(), owed.period.clone());
            let kept = line::not_applicable(scope, owner, fell_due_before(due));
            *owed = Obligation { period, window: owed.window, ..kept };
        }
    }
    line::summed_up(scope.rule, obligations)
}

/// The duty as a leader who left answers for it; none where nothing fell due on their watch.
pub(super) fn of_leaver(scope: &Scope<'_>, person: &PersonId, line: DutyLine) -> Option<DutyLine> {
    let reference = owner::reference_day(scope.rules, scope.question);
    let mut obligations = line.obligations;
    obligations.retain(|owed| {
        let due = due_on(scope, owed).filter(|due| *due <= reference);
        owed.official != Status::NotApplicable
            && due.is_some_and(|due| owner::answers_on(scope, person, due))
    });
    (!obligations.is_empty()).then(|| line::summed_up(scope.rule, obligations))
}

/// The day whose leader answers: the last one in time, or of an item the day it happened.
fn due_on(scope: &Scope<'_>, owed: &Obligation) -> Option<Date> {
    let happened = match &owed.period {
        Period::Item { position, .. } => in_force::happened_on(scope, *position),
        _ => None,
    };
    happened.or_else(|| owed.window.map(|window| window.last))
}

/// The finding on what stays with the organization.
fn fell_due_before(due: Date) -> Problem {
    Problem::new(
        Reason::DueBeforeTenure,
        "owed_by",
        format!("{due} 到期时未在任，且任职不足半年：由单位承担，不计入本人得分"),
        format!(
            "fell due on {due}, not in their time, and they are in office for less than half a \
             year: it stays with the organization and is not in their score"
        ),
    )
}
