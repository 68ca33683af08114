//! Roll-up over the tree (自治区 → 市 → 县区 → 部门), and the trend of a scope by months.
//!
//! A node stands for itself and everything below it. Means are simple means of organizations, so
//! that a large one weighs no more than a small one; who is in a mean and who is not is named.

use std::collections::BTreeMap;

use duty::Position;
use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::registry::Organization;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::{NoFigure, StatusCounts, Sums, judged};
use crate::Snapshot;

/// Levels of the tree, at most: an organization further down counts for the nodes above it all the
/// same.
const DEPTH_MAX: usize = 64;
/// Points of a trend: the year and the one after it, in which its last duties fall due.
const MONTHS_MAX: i32 = 24;

/// One node with everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The organization at the top.
    pub organization: Organization,
    /// 0 for a top of the scope.
    pub depth: usize,
    /// Whose scores are in the means, by id.
    pub counted: Vec<OrganizationId>,
    /// Who is not in them, and why, by id.
    pub excluded: Vec<(OrganizationId, NoFigure)>,
    /// Duties by their state on the official rung.
    pub statuses: StatusCounts,
    /// Mean score on each rung, two places.
    pub means: [Option<Decimal>; 4],
    /// The same over what is due so far.
    pub due_means: [Option<Decimal>; 4],
}

#[derive(Default)]
struct Totals {
    counted: Vec<OrganizationId>,
    excluded: Vec<(OrganizationId, NoFigure)>,
    sums: Sums,
}

/// The nodes of the tree at and below `within`, down to `depth` below the tops, each before those
/// below it, then by id.
#[must_use]
pub fn rollup(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    depth: usize,
    question: Question,
) -> Vec<Node> {
    // By the ids on the way from the top, so that whoever stands above comes first.
    let mut totals: BTreeMap<Vec<OrganizationId>, Totals> = BTreeMap::new();
    for judged in judged(snapshot, within, question) {
        let path = path(snapshot, judged.organization, within, question.known);
        let id = &judged.organization.id;
        for length in 1..=path.len().min(depth.saturating_add(1)) {
            let node = totals.entry(path[..length].to_vec()).or_default();
            match &judged.outcome {
                None => node.excluded.push((id.clone(), NoFigure::NoRuleSet)),
                Some(outcome) if node.sums.add(outcome) => node.counted.push(id.clone()),
                Some(_) => node.excluded.push((id.clone(), NoFigure::NothingScored)),
            }
        }
    }
    let node = |(path, totals): (Vec<OrganizationId>, Totals)| {
        let organization = snapshot.registry.organization(path.last()?, question.known)?.clone();
        Some(Node {
            organization,
            depth: path.len() - 1,
            means: totals.sums.means(),
            due_means: totals.sums.due_means(),
            statuses: totals.sums.statuses,
            counted: totals.counted,
            excluded: totals.excluded,
        })
    };
    totals.into_iter().filter_map(node).collect()
}

/// The ids from the top of the scope down to the organization.
fn path(
    snapshot: &Snapshot,
    organization: &Organization,
    within: Option<&OrganizationId>,
    known: Position,
) -> Vec<OrganizationId> {
    let mut path = vec![organization.id.clone()];
    let mut at = organization;
    while let Some(parent) = at.parent.as_ref().filter(|_| Some(&at.id) != within) {
        let Some(above) = snapshot.registry.organization(parent, known) else { break };
        if path.len() == DEPTH_MAX {
            break;
        }
        path.push(above.id.clone());
        at = above;
    }
    path.reverse();
    path
}

/// What a trend knows at each of its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knowledge {
    /// What was known at the end of the month.
    Then,
    /// What is known now, also about earlier months.
    Now,
}

/// A scope at the end of a month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The last day of the month, or the day asked about in the month that runs.
    pub as_of: Date,
    /// The last entry known; `None` when the ledger did not keep days yet.
    pub known: Option<Position>,
    /// How many organizations are in the means.
    pub counted: usize,
    /// How many are not.
    pub excluded: usize,
    /// Duties by their state on the official rung.
    pub statuses: StatusCounts,
    /// Mean score on each rung, two places.
    pub means: [Option<Decimal>; 4],
    /// The same over what was due so far.
    pub due_means: [Option<Decimal>; 4],
}

/// The months from January of the year to the day asked about, two years at most.
#[must_use]
pub fn trend(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    knowledge: Knowledge,
    question: Question,
) -> Vec<Point> {
    let january = date(question.year, 1, 1);
    let months = (0..MONTHS_MAX).map(|months| january.saturating_add(months.months()));
    let begun = months.take_while(|first| *first <= question.as_of);
    begun
        .map(|first| {
            let as_of = first.last_of_month().min(question.as_of);
            let known = match knowledge {
                Knowledge::Now => Some(question.known),
                Knowledge::Then => known_at_end_of(snapshot, as_of, question.known),
            };
            point(snapshot, within, known, Question { as_of, ..question })
        })
        .collect()
}

/// The entry that closed a day; what is known now for a day that is not over; `None` for a day
/// before the first one closed, when there was no ledger.
fn known_at_end_of(snapshot: &Snapshot, day: Date, known: Position) -> Option<Position> {
    let closed = || snapshot.days_closed.iter().filter(|(since, _)| *since <= known);
    match closed().rev().find(|(_, closed)| *closed == day) {
        Some((since, _)) => Some(*since),
        None => closed().all(|(_, closed)| *closed < day).then_some(known),
    }
}

fn point(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    known: Option<Position>,
    question: Question,
) -> Point {
    let mut sums = Sums::default();
    let (mut counted, mut excluded) = (0, 0);
    if let Some(known) = known {
        for judged in judged(snapshot, within, Question { known, ..question }) {
            let has_score = judged.outcome.is_some_and(|outcome| sums.add(&outcome));
            counted += usize::from(has_score);
            excluded += usize::from(!has_score);
        }
    }
    Point {
        as_of: question.as_of,
        known,
        counted,
        excluded,
        statuses: sums.statuses,
        means: sums.means(),
        due_means: sums.due_means(),
    }
}
