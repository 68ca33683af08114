//! Roll-up over the tree (自治区 → 市 → 县区 → 部门), and the trend of a scope by months.
//!
//! A node stands for itself and everything below it. Means are simple means of organizations, so
//! that a large one weighs no more than a small one; who is in a mean and who is not is named. A
//! sealed year counts as it was sealed, whatever came since.

use std::collections::BTreeMap;

use duty::Position;
use duty::evaluate::Question;
use duty::id::OrganizationId;
use duty::registry::{Axis, Organization};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use rust_decimal::Decimal;

use super::{NoFigure, StatusCounts, Sums, brought};
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
    /// Those of both whose figures are those sealed, by id.
    pub sealed: Vec<OrganizationId>,
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
    sealed: Vec<OrganizationId>,
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
    for (organization, brought) in brought(snapshot, within, question) {
        let path = path(snapshot, organization, within, question);
        let id = &organization.id;
        for length in 1..=path.len().min(depth.saturating_add(1)) {
            let node = totals.entry(path[..length].to_vec()).or_default();
            if brought.as_ref().is_some_and(|of| of.is_sealed) {
                node.sealed.push(id.clone());
            }
            match &brought {
                None => node.excluded.push((id.clone(), NoFigure::NoRuleSet)),
                Some(of) if node.sums.add(of) => node.counted.push(id.clone()),
                Some(_) => node.excluded.push((id.clone(), NoFigure::NothingScored)),
            }
        }
    }
    let node = |(path, totals): (Vec<OrganizationId>, Totals)| {
        let Question { as_of, known, .. } = question;
        let organization = snapshot.registry.organization_on(path.last()?, as_of, known)?;
        Some(Node {
            organization,
            depth: path.len() - 1,
            means: totals.sums.means(),
            due_means: totals.sums.due_means(),
            statuses: totals.sums.statuses,
            counted: totals.counted,
            excluded: totals.excluded,
            sealed: totals.sealed,
        })
    };
    totals.into_iter().filter_map(node).collect()
}

/// The ids from the top of the scope down to the organization, in the tree of the day asked about:
/// by territory, unless the top of the scope stands above it by line only.
fn path(
    snapshot: &Snapshot,
    organization: &Organization,
    within: Option<&OrganizationId>,
    Question { as_of, known, .. }: Question,
) -> Vec<OrganizationId> {
    let registry = &snapshot.registry;
    let by_territory = within.is_none_or(|top| {
        registry.is_within_on(&organization.id, top, (Axis::Territory, as_of), known)
    });
    let axis = if by_territory { Axis::Territory } else { Axis::Line };
    let mut path = vec![organization.id.clone()];
    let mut at = &organization.id;
    while Some(at) != within && path.len() < DEPTH_MAX {
        let Some(above) = registry.parent_on(at, (axis, as_of), known) else { break };
        if registry.organization(above, known).is_none() {
            break;
        }
        path.push(above.clone());
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
    /// How many of both have the figures sealed.
    pub sealed: usize,
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
    let (mut counted, mut excluded, mut sealed) = (0, 0, 0);
    if let Some(known) = known {
        for (_, brought) in brought(snapshot, within, Question { known, ..question }) {
            sealed += usize::from(brought.as_ref().is_some_and(|of| of.is_sealed));
            let has_score = brought.is_some_and(|of| sums.add(&of));
            counted += usize::from(has_score);
            excluded += usize::from(!has_score);
        }
    }
    Point {
        as_of: question.as_of,
        known,
        counted,
        excluded,
        sealed,
        statuses: sums.statuses,
        means: sums.means(),
        due_means: sums.due_means(),
    }
}
