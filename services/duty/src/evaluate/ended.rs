//! Organizations that have ended (合并、分立、撤销): nothing is owed whose deadline lies after the
//! last day, and whoever goes on with the duties is named. What a successor takes over is owed
//! there and here no more, whatever its deadline.
//!
//! What was done before stays done. An end that lies after the day asked about has not come yet.

use super::line::{self, Scope};
use super::obligation::{Obligation, Status};
use super::{Detail, Question, World, taken_over};
use crate::problem::{Problem, Reason};
use crate::registry::{Change, End};
use crate::ruleset::Level;

/// Takes what is no longer owed out of the score.
pub(super) fn settle(scope: &Scope<'_>, obligations: &mut [Obligation]) {
    let Scope { world, organization, question, .. } = scope;
    let end = world.registry.end_before(&organization.id, question.as_of, question.known);
    let Some(end) = end else { return };
    let passed = passed(scope, end);
    for owed in obligations {
        if let Some((why, _)) =
            passed.as_ref().filter(|(_, open)| open.iter().any(|open| is_same(open, owed)))
        {
            *owed = not_owed(scope, owed, why.clone());
            continue;
        }
        if falls_later(end, owed) {
            *owed = not_owed(scope, owed, finding(end));
        }
    }
}

/// Whether an organization that has ended no longer owes this.
pub(super) fn is_no_longer_owed(scope: &Scope<'_>, owed: &Obligation) -> bool {
    let Scope { world, organization, question, .. } = scope;
    let end = world.registry.end_before(&organization.id, question.as_of, question.known);
    end.is_some_and(|end| falls_later(end, owed))
}

fn falls_later(end: End<'_>, owed: &Obligation) -> bool {
    let done = |status: Status| matches!(status, Status::Fulfilled | Status::FulfilledLate);
    let settled = !owed.official.is_scored()
        || done(owed.official)
        || owed.rungs.iter().any(|rung| done(rung.status));
    !settled && owed.window.is_some_and(|window| end.last_day < window.last)
}

fn not_owed(scope: &Scope<'_>, owed: &Obligation, why: Problem) -> Obligation {
    let (owner, period) = (owed.owner.clone(), owed.period.clone());
    Obligation { period, ..line::not_applicable(scope, owner, why) }
}

fn is_same(a: &Obligation, b: &Obligation) -> bool {
    (&a.owner, &a.period) == (&b.owner, &b.period)
}

/// What was open on the last day and is owed by whoever took over, with the finding that says so;
/// `None` where nobody did.
fn passed(scope: &Scope<'_>, end: End<'_>) -> Option<(Problem, Vec<Obligation>)> {
    let Question { as_of, known, .. } = scope.question;
    if scope.rule.level == Level::Person {
        return None;
    }
    let registry = scope.world.registry;
    let (position, change, heir) = registry.passes_to(&scope.organization.id, as_of, known)?;
    let then = Question { as_of: end.last_day, ..scope.question };
    let world = World { detail: Detail::Figures, ..scope.world };
    let mut open = line::owed(&Scope { world, question: then, ..*scope });
    open.retain(|owed| taken_over::is_open(owed, end.last_day));
    let (how_zh, how_en) = taken_over::how(&change.change);
    let (day, document) = (change.from, &change.document);
    let why = Problem::new(
        Reason::ObligationPassedOn,
        "organization",
        format!(
            "未履行的部分自 {day} 起转由 {heir} 承接（{how_zh}，{document}，第 {position} 条记录）"
        ),
        format!("what was open passed to {heir} on {day} ({how_en}, {document}, entry {position})"),
    );
    Some((why, open))
}

/// Why nothing is owed any more.
fn finding(end: End<'_>) -> Problem {
    let successors: Vec<&str> = end.successors().iter().map(|id| id.as_str()).collect();
    let list = |separator: &str| successors.join(separator);
    let (mut zh, mut en) = (
        format!("单位最后存续日为 {}，此后到期的事项不再由其承担", end.last_day),
        format!(
            "the organization's last day was {}: nothing due later is owed by it",
            end.last_day
        ),
    );
    if let Some((position, change)) = end.change
        && let Change::Ended { ending, .. } = &change.change
    {
        zh += &format!("（{}，{}，第 {position} 条记录）", ending.name_zh(), change.document);
        en += &format!(" ({}, {}, entry {position})", ending.as_str(), change.document);
    }
    if !successors.is_empty() {
        zh += &format!("；承接单位：{}", list("、"));
        en += &format!("; it goes on with: {}", list(", "));
    }
    Problem::new(Reason::OrganizationEnded, "organization", zh, en)
}
