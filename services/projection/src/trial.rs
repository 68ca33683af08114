//! A draft rule set tried on the journal (试算): the difference it would make, were it published.
//!
//! Nothing is written. The draft is put into a copy of a snapshot as its newest rule set, and both
//! are asked the same question: whatever publication would do, the trial shows.

use std::sync::Arc;

use duty::Position;
use duty::evaluate::{Detail, OrganizationEvaluation, Question, Scores, Status};
use duty::id::{DutyId, OrganizationId};
use duty::ruleset::RuleSet;
use rust_decimal::Decimal;

use crate::Snapshot;
use crate::remembered::Remembered;
use crate::view::organization_in;

/// What a draft changes for one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub organization: OrganizationId,
    /// The rule set it is judged by now; `None` when there is none.
    pub rules_before: Option<Arc<RuleSet>>,
    /// The rule set it would be judged by.
    pub rules_after: Option<Arc<RuleSet>>,
    /// The four scores now.
    pub scores_before: Option<Scores>,
    /// The four scores then.
    pub scores_after: Option<Scores>,
    /// Every duty whose state on the official rung or whose weight differs, in the order of the
    /// rules now, new ones last.
    pub duties: Vec<DutyDifference>,
}

/// State on the official rung, and weight, before and after; `None` where there is no such duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DutyDifference {
    /// Which.
    pub duty: DutyId,
    /// Now.
    pub before: Option<(Status, Decimal)>,
    /// Then.
    pub after: Option<(Status, Decimal)>,
}

/// The snapshot as it would be had the draft been published with the last entry known.
#[must_use]
pub fn with_draft(snapshot: &Snapshot, draft: RuleSet, known: Position) -> Snapshot {
    let mut after = snapshot.clone();
    let published = snapshot.rule_sets.iter().filter(|(since, _)| *since <= known).cloned();
    after.rule_sets = Arc::new(published.chain([(known, Arc::new(draft))]).collect());
    // Nothing is known of these rules, and nothing said by them is true of the ledger.
    after.remembered = Remembered::default();
    after
}

/// What differs for the organizations from the `skip`th on, `take` of them at most, by id; and how
/// many organizations there are. Those for which nothing differs are left out.
#[must_use]
pub fn differences(
    before: &Snapshot,
    after: &Snapshot,
    question: Question,
    (skip, take): (usize, usize),
) -> (Vec<Difference>, usize) {
    let all: Vec<&OrganizationId> = before
        .registry
        .organizations(question.known)
        .map(|organization| &organization.id)
        .collect();
    let page = all.iter().skip(skip).take(take);
    (page.filter_map(|id| difference(before, after, id, question)).collect(), all.len())
}

fn difference(
    before: &Snapshot,
    after: &Snapshot,
    id: &OrganizationId,
    question: Question,
) -> Option<Difference> {
    let organization = before.registry.organization(id, question.known)?;
    let digest = |snapshot: &Snapshot| {
        let found = snapshot.rules_for(organization, question.year, question.known);
        found.map(|(_, rules)| rules.digest.clone())
    };
    if digest(before) == digest(after) {
        return None;
    }
    let view = |snapshot| organization_in(snapshot, id, question, Detail::Figures).ok();
    let (now, then) = (view(before), view(after));
    let (old, new) = (now.as_ref().map(|v| &v.evaluation), then.as_ref().map(|v| &v.evaluation));
    let duties = duties(old, new);
    let (scores_before, scores_after) =
        (old.map(|found| found.scores.clone()), new.map(|found| found.scores.clone()));
    if duties.is_empty() && scores_before == scores_after {
        return None;
    }
    Some(Difference {
        organization: id.clone(),
        rules_before: now.map(|view| view.rules.1),
        rules_after: then.map(|view| view.rules.1),
        scores_before,
        scores_after,
        duties,
    })
}

fn duties(
    before: Option<&OrganizationEvaluation>,
    after: Option<&OrganizationEvaluation>,
) -> Vec<DutyDifference> {
    let state = |of: Option<&OrganizationEvaluation>, duty: &DutyId| {
        let line = of?.lines.iter().find(|line| line.duty == *duty)?;
        Some((line.official, line.weight))
    };
    let ids = |of: Option<&OrganizationEvaluation>| -> Vec<DutyId> {
        of.map_or_else(Vec::new, |of| of.lines.iter().map(|line| line.duty.clone()).collect())
    };
    let mut all = ids(before);
    all.extend(ids(after).into_iter().filter(|duty| state(before, duty).is_none()));
    all.into_iter()
        .map(|duty| {
            let (before, after) = (state(before, &duty), state(after, &duty));
            DutyDifference { duty, before, after }
        })
        .filter(|difference| difference.before != difference.after)
        .collect()
}
