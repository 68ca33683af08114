//! How far the evaluated year of every organization is (考核进度), and which decision waits.
//!
//! Nothing is judged here: the steps of a year say it. An organization of the scope that took no
//! step is named as well, as open. The day asked about tells only whether a decision is overdue:
//! steps are taken in by position, whatever the day.

use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::year::{Appeal, Cycle, Stage};
use jiff::civil::Date;

use super::scope;
use crate::Snapshot;

/// The year of one organization.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Whose.
    pub organization: &'a OrganizationId,
    /// How far it is.
    pub cycle: Cycle<'a>,
    /// The first last day for a decision that is waited for, on an appeal or a further review.
    pub waits_until: Option<Date>,
    /// Whether that day has passed.
    pub is_overdue: bool,
}

/// Which years are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Only those that are so far; all when `None`.
    pub stage: Option<Stage>,
    /// Only those in which a decision is waited for.
    pub waiting: bool,
}

/// The years of a scope that are wanted, by organization, and how many of the scope are open,
/// published and sealed, wanted or not.
#[must_use]
pub fn years<'a>(
    snapshot: &'a Snapshot,
    within: Option<&'a OrganizationId>,
    question: Question,
    wanted: Wanted,
) -> (Vec<Row<'a>>, [usize; 3]) {
    let mut counts = [0; 3];
    let mut rows = Vec::new();
    for organization in scope(snapshot, within, question) {
        let years = snapshot.registry.years();
        let cycle = years.cycle(&organization.id, question.year, question.known);
        counts[cycle.stage as usize] += 1;
        let waits_until = cycle.appeals.iter().filter_map(Appeal::waits_until).min();
        let is_wanted = wanted.stage.is_none_or(|stage| stage == cycle.stage)
            && (!wanted.waiting || waits_until.is_some());
        if is_wanted {
            let is_overdue = waits_until.is_some_and(|last| last < question.as_of);
            let organization = &organization.id;
            rows.push(Row { organization, cycle, waits_until, is_overdue });
        }
    }
    (rows, counts)
}
