//! Findings and what became of them: selected, counted, with the rate of those closed (整改销号率).

use duty::Position;
use duty::evaluate::Question;
use duty::event::EventType;
use duty::id::OrganizationId;
use duty::rectification::{Held, Stage};
use duty::ruleset::DutyRule;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::Snapshot;

/// Which findings are asked for.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    /// To be mended at this organization or those below it; all for none.
    pub within: Option<&'a OrganizationId>,
    /// Of one accounting year; all for none.
    pub year: Option<i16>,
    /// In one state; all for none.
    pub state: Option<State>,
    /// The day that due dates are seen from.
    pub as_of: Date,
    /// The last entry known.
    pub known: Position,
}

/// How a finding stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// 待整改: to be answered, in time.
    Open,
    /// 逾期未整改: to be answered, the last day has passed.
    Overdue,
    /// 已反馈: answered, to be looked at.
    Answered,
    /// 已销号: closed.
    Closed,
}

/// How a finding stands.
#[must_use]
pub fn state(held: &Held, as_of: Date, known: Position) -> State {
    match held.stage(known) {
        Stage::Open if held.is_overdue(as_of, known) => State::Overdue,
        Stage::Open => State::Open,
        Stage::Answered => State::Answered,
        Stage::Closed => State::Closed,
    }
}

/// The findings asked for, and how those in scope stand whatever state was asked for.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// The findings, by organization, then by position.
    pub findings: Vec<&'a Held>,
    /// How many are open, overdue, answered, closed: in the order of [`State`].
    pub counts: [usize; 4],
}

impl Found<'_> {
    /// 整改销号率: closed ÷ all in scope; `None` where there is nothing to close.
    #[must_use]
    pub fn closing_rate(&self) -> Option<Decimal> {
        let all: usize = self.counts.iter().sum();
        (all != 0).then(|| Decimal::from(self.counts[State::Closed as usize]) / Decimal::from(all))
    }
}

/// Selects findings.
#[must_use]
pub fn query<'a>(snapshot: &'a Snapshot, selection: Selection<'_>) -> Found<'a> {
    let Selection { within, year, state: wanted, as_of, known } = selection;
    let registry = snapshot.registry();
    let mut found = Found { findings: Vec::new(), counts: [0; 4] };
    for organization in registry.organizations(known) {
        for held in registry.rectifications().of(&organization.id, known) {
            let (place, _) = held.mended_at(registry, as_of, known);
            if year.is_some_and(|year| held.order.accounting_year != year)
                || !within.is_none_or(|top| registry.is_supervised_on(place, top, as_of, known))
            {
                continue;
            }
            let state = state(held, as_of, known);
            found.counts[state as usize] += 1;
            if wanted.is_none_or(|wanted| wanted == state) {
                found.findings.push(held);
            }
        }
    }
    found
}

/// The findings of the year before that a debrief answers for (述法) on a day, open and closed ones,
/// those taken over from organizations that ended among them; none for a duty that no debrief
/// discharges.
#[must_use]
pub fn for_debrief<'a>(
    snapshot: &'a Snapshot,
    rule: &DutyRule,
    organization: &OrganizationId,
    question: Question,
) -> Vec<&'a Held> {
    if !rule.satisfied_by.contains(&EventType::RuleOfLawDebrief) {
        return Vec::new();
    }
    let Question { year, as_of, known } = question;
    let registry = snapshot.registry();
    let mut found_at = registry.predecessors_ever(organization);
    found_at.insert(organization.clone());
    let mut found: Vec<&Held> = found_at
        .iter()
        .flat_map(|id| registry.rectifications().of(id, known))
        .filter(|held| held.order.accounting_year == year - 1)
        .filter(|held| held.mended_at(registry, as_of, known).0 == organization)
        .collect();
    found.sort_by_key(|held| held.since);
    found
}
