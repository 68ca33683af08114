//! Organizations that have ended (合并、分立、撤销): nothing is owed whose deadline lies after the
//! last day, and whoever goes on with the duties is named.
//!
//! What was done before stays done. An end that lies after the day asked about has not come yet.

use super::line::{self, Scope};
use super::obligation::{Obligation, Status};
use crate::problem::{Problem, Reason};
use crate::registry::{Change, End};

/// Takes what is no longer owed out of the score.
pub(super) fn settle(scope: &Scope<'_>, obligations: &mut [Obligation]) {
    let Scope { world, organization, question, .. } = scope;
    let end = world.registry.end_before(&organization.id, question.as_of, question.known);
    let Some(end) = end else { return };
    for owed in obligations {
        let done = |status: Status| matches!(status, Status::Fulfilled | Status::FulfilledLate);
        let settled = !owed.official.is_scored()
            || done(owed.official)
            || owed.rungs.iter().any(|rung| done(rung.status));
        let after = owed.window.is_some_and(|window| end.last_day < window.last);
        if after && !settled {
            let (owner, period) = (owed.owner.clone(), owed.period.clone());
            *owed = Obligation { period, ..line::not_applicable(scope, owner, finding(end)) };
        }
    }
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
