//! What a supervisor looks at beyond one organization. Pure functions of a snapshot and a question.
//!
//! Nothing is left out in silence: who is not counted is named, with the reason. Where a view needs
//! a text of an entry, which the state does not keep, it names the positions, and whoever has the
//! journal hands the entries in as [`Papers`].

pub mod coverage;
pub mod deadlines;
pub mod dues;
pub mod exceptions;
pub mod profile;
pub mod ranking;
pub mod rollup;
pub mod years;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use duty::Position;
use duty::evaluate::{Detail, DutyLine, Question, Scores, Status};
use duty::event::DutyEvent;
use duty::id::OrganizationId;
use duty::registry::Organization;
use duty::ruleset::{RuleSet, Rung};
use duty::year::SealedResult;
use jiff::civil::date;
use rust_decimal::{Decimal, RoundingStrategy};

use crate::Snapshot;
use crate::view::{self, OrganizationView};

/// What the duty events and corrections at some positions say.
pub type Papers = BTreeMap<Position, DutyEvent>;

/// The organizations at and below `within` by territory or by line on the day asked about, all of
/// them when `None`, by id; only those that exist on some day of the year up to then.
pub(crate) fn scope<'a>(
    snapshot: &'a Snapshot,
    within: Option<&'a OrganizationId>,
    question: Question,
) -> impl Iterator<Item = &'a Organization> {
    let registry = &snapshot.registry;
    let Question { year, as_of, known } = question;
    let new_year = date(year, 1, 1);
    let last = date(year, 12, 31).min(as_of.max(new_year));
    // An end that lies after the day asked about has not come yet.
    let first = new_year.min(as_of);
    registry.organizations(known).filter(move |organization| {
        within.is_none_or(|top| registry.is_supervised_on(&organization.id, top, as_of, known))
            && registry.exists_in(organization, (first, last), known)
    })
}

/// The rule sets by which the organizations in a scope are judged in answer to these questions, by
/// id, with the position that published each. Others that were published were not used.
#[must_use]
pub fn rules_used(
    snapshot: &Snapshot,
    within: Option<&OrganizationId>,
    questions: &[Question],
) -> Vec<(Position, Arc<RuleSet>)> {
    let mut used = BTreeMap::new();
    for question in questions {
        // Which rules hold depends on the division alone, and many organizations share one.
        let mut seen = BTreeSet::new();
        for organization in scope(snapshot, within, *question) {
            if seen.insert(organization.division)
                && let Some((since, rules)) =
                    snapshot.rules_for(organization, question.year, question.known)
            {
                used.insert((rules.id.clone(), since), Arc::clone(rules));
            }
        }
    }
    used.into_iter().map(|((_, since), rules)| (since, rules)).collect()
}

/// Two places, half away from zero: 四舍五入.
pub(crate) fn rounded(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// 100 × part ÷ whole, two places; `None` for a whole of 0.
#[must_use]
pub fn percent(part: usize, whole: usize) -> Option<Decimal> {
    (whole != 0).then(|| rounded(Decimal::ONE_HUNDRED * Decimal::from(part) / Decimal::from(whole)))
}

/// How many obligations or cells stand in each state, in the order of [`Status::ALL`].
pub type StatusCounts = [usize; 9];

/// One organization of a scope, judged.
pub(crate) struct Judged<'a> {
    pub(crate) organization: &'a Organization,
    /// `None` where no rule set is valid.
    pub(crate) outcome: Option<Outcome>,
}

/// What the rules make of an organization's year.
pub(crate) struct Outcome {
    pub(crate) rules: Arc<RuleSet>,
    pub(crate) scores: Scores,
}

/// Judges every organization of a scope, by id.
pub(crate) fn judged<'a>(
    snapshot: &'a Snapshot,
    within: Option<&'a OrganizationId>,
    question: Question,
) -> impl Iterator<Item = Judged<'a>> {
    scope(snapshot, within, question).map(move |organization| {
        let view = view::organization_in(snapshot, &organization.id, question, Detail::Figures);
        let outcome =
            view.ok().map(|view| Outcome { rules: view.rules.1, scores: view.evaluation.scores });
        Judged { organization, outcome }
    })
}

/// Duties by their state on the official rung.
pub(crate) fn statuses(lines: &[DutyLine]) -> StatusCounts {
    let mut statuses = StatusCounts::default();
    for line in lines {
        statuses[line.official as usize] += 1;
    }
    statuses
}

/// What an organization brings into the figures of a scope: the result its year was sealed with,
/// or else what the rules make of it.
pub(crate) struct Brought {
    scores: [Option<Decimal>; 4],
    due_so_far: [Option<Decimal>; 4],
    statuses: StatusCounts,
    /// Whether it is a sealed result.
    pub(crate) is_sealed: bool,
}

impl From<&SealedResult> for Brought {
    fn from(result: &SealedResult) -> Self {
        Self {
            scores: result.rungs.map(|of| of.score),
            due_so_far: result.rungs.map(|of| of.due_so_far),
            statuses: result.statuses,
            is_sealed: true,
        }
    }
}

impl Brought {
    fn judged(scores: &Scores, statuses: StatusCounts) -> Self {
        let at = |rung: &Rung| scores.at(*rung);
        Self {
            scores: Rung::ALL.each_ref().map(|rung| at(rung).score),
            due_so_far: Rung::ALL.each_ref().map(|rung| at(rung).due_so_far),
            statuses,
            is_sealed: false,
        }
    }
}

/// What every organization of a scope brings into its figures, by id; `None` where no rule set is
/// valid. A sealed year is not judged again.
pub(crate) fn brought<'a>(
    snapshot: &'a Snapshot,
    within: Option<&'a OrganizationId>,
    question: Question,
) -> impl Iterator<Item = (&'a Organization, Option<Brought>)> {
    let Question { year, as_of, known } = question;
    scope(snapshot, within, question).map(move |organization| {
        let cycle = snapshot.registry.years().cycle(&organization.id, year, known);
        // A seal without a sheet tells no figures.
        let result = cycle.sealed_on(as_of).map(|(_, _, result)| result);
        if let Some(result) = result.filter(|result| result.official.is_some()) {
            return (organization, Some(result.into()));
        }
        let view = view::organization_in(snapshot, &organization.id, question, Detail::Figures);
        let judged = view.ok().map(|OrganizationView { evaluation, .. }| {
            Brought::judged(&evaluation.scores, statuses(&evaluation.lines))
        });
        (organization, judged)
    })
}

/// Why an organization has no figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoFigure {
    /// No rule set is valid for it and the year.
    NoRuleSet,
    /// Nothing with weight applies to it, or nothing is due yet where only that counts.
    NothingScored,
}

/// The share of what is due that was done in time (按期率): in per cent, two places.
#[must_use]
pub fn on_time_rate(statuses: &StatusCounts) -> Option<Decimal> {
    let of = |status: Status| statuses[status as usize];
    let done = of(Status::Fulfilled);
    let not = of(Status::Partial)
        + of(Status::FulfilledLate)
        + of(Status::Overdue)
        + of(Status::NeedsVerification);
    percent(done, done + not)
}

/// Sums over organizations, for means.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    scores: [Decimal; 4],
    counted: usize,
    due: [Decimal; 4],
    due_counted: usize,
    pub(crate) statuses: StatusCounts,
}

impl Sums {
    /// Adds an organization; whether it has a score.
    pub(crate) fn add(&mut self, of: &Brought) -> bool {
        for (sum, count) in self.statuses.iter_mut().zip(of.statuses) {
            *sum += count;
        }
        let has_score = add_all(&mut self.scores, of.scores);
        self.counted += usize::from(has_score);
        self.due_counted += usize::from(add_all(&mut self.due, of.due_so_far));
        has_score
    }

    /// The mean score on each rung, two places.
    pub(crate) fn means(&self) -> [Option<Decimal>; 4] {
        self.scores.map(|sum| mean(sum, self.counted))
    }

    /// The mean of what was due so far on each rung, two places, over whom something was due for.
    pub(crate) fn due_means(&self) -> [Option<Decimal>; 4] {
        self.due.map(|sum| mean(sum, self.due_counted))
    }
}

/// Adds values that are there on every rung or on none, since all rungs share one weight.
fn add_all(sums: &mut [Decimal; 4], values: [Option<Decimal>; 4]) -> bool {
    let values: Option<Vec<Decimal>> = values.into_iter().collect();
    let Some(values) = values else { return false };
    for (sum, value) in sums.iter_mut().zip(values) {
        *sum += value;
    }
    true
}

pub(crate) fn mean(sum: Decimal, count: usize) -> Option<Decimal> {
    (count != 0).then(|| rounded(sum / Decimal::from(count)))
}
