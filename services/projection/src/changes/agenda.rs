//! Walks the entries in order and says what each changed; remembers what makes the next ones cheap.

use std::collections::{BTreeMap, BTreeSet};

use duty::Position;
use duty::calendar::Calendars;
use duty::entry::Entry;
use duty::evaluate::{self, Detail, DutyLine, Question, World};
use duty::id::OrganizationId;
use duty::registry::Organization;
use duty::ruleset::{DutyRule, RuleSet};
use jiff::civil::Date;

use super::concern::{Concern, Touched, concern};
use super::{Change, Told, difference};
use crate::Snapshot;
use crate::recalled::Recalled;

/// What is remembered between one entry and the next.
///
/// Invariant: [`Agenda::changes`] of an entry is the same whatever was asked for before. Asked out
/// of order it forgets everything first.
#[derive(Debug, Clone, Default)]
pub struct Agenda {
    /// The last entry asked for.
    at: Position,
    /// The accounting years of what is recorded of an organization up to there, where known.
    years: BTreeMap<OrganizationId, BTreeSet<i16>>,
    /// The next day on which a judgement may turn (`None`: none does), where known.
    turns: BTreeMap<OrganizationId, BTreeMap<i16, Option<Date>>>,
}

/// One side of the difference: what was known, and the day that ran.
struct Side<'a> {
    snapshot: &'a Snapshot,
    known: Position,
    as_of: Date,
    calendars: std::sync::Arc<Calendars>,
}

impl Agenda {
    /// What an entry changed, by organization, year, duty, owner and period. The snapshot covers
    /// the entry.
    pub fn changes(&mut self, snapshot: &Snapshot, told: Told<'_>) -> Vec<Change> {
        if self.at.next() != told.position {
            *self = Self::default();
        }
        self.at = told.position;
        let before = Position::new(told.position.get().saturating_sub(1));
        let sides = (Side::new(snapshot, before), Side::new(snapshot, told.position));
        let mut changes = Vec::new();
        match concern(&snapshot.registry, &told) {
            Concern::Nothing => {}
            Concern::Organizations(organizations) => {
                for organization in organizations {
                    self.turns.remove(&organization);
                    self.compare(&sides, &organization, None, &mut changes);
                }
            }
            Concern::Events(organizations, touched) => {
                for organization in &organizations {
                    self.turns.remove(organization);
                    let before = self.followed(&sides.0, organization);
                    self.learn(told.entry, organization);
                    let after = self.followed(&sides.1, organization);
                    compare_events(&sides, organization, (&before, &after), &touched, &mut changes);
                }
            }
            Concern::Everybody => {
                self.turns.clear();
                for organization in snapshot.registry.organizations(told.position) {
                    self.compare(&sides, &organization.id, None, &mut changes);
                }
            }
            Concern::Day => {
                for organization in snapshot.registry.organizations(told.position) {
                    self.compare(&sides, &organization.id, Some(sides.1.as_of), &mut changes);
                }
            }
        }
        changes
    }

    /// Takes in the year of a new version of a duty event.
    fn learn(&mut self, entry: &Entry, organization: &OrganizationId) {
        let event = match entry {
            Entry::DutyEvent(event) => event,
            Entry::Correction(correction) => &correction.event,
            _ => return,
        };
        if event.organization == *organization
            && let Some(years) = self.years.get_mut(organization)
        {
            years.insert(event.accounting_year);
        }
    }

    /// The years followed for an organization: what is recorded of it answers for, and every year
    /// in which it exists from the one before the ledger began on. The last deadlines of a year,
    /// 述法 and 年度报告 among them, lie in the next: whoever is silent is told of all the same.
    fn followed(&mut self, side: &Side<'_>, organization: &OrganizationId) -> BTreeSet<i16> {
        let Some(first) = side.snapshot.first_closed(side.known) else { return BTreeSet::new() };
        // The day that ran first follows the one that was closed first.
        let begun = first.tomorrow().unwrap_or(first).year();
        let known = side.snapshot.registry.organization(organization, side.known);
        let exists_from = known.and_then(|known| known.valid_from).map_or(i16::MIN, Date::year);
        let recorded = self.years.entry(organization.clone()).or_insert_with(|| {
            let stream = side.snapshot.streams.of(organization);
            stream.map(|stream| stream.years(side.known)).unwrap_or_default()
        });
        let last = side.as_of.year();
        let mut years: BTreeSet<i16> = (begun.saturating_sub(1).max(exists_from)..=last).collect();
        years.extend(recorded.iter().filter(|year| **year <= last));
        years
    }

    /// Compares every duty in every year followed; on a new day only where something can turn.
    fn compare(
        &mut self,
        (before, after): &(Side<'_>, Side<'_>),
        organization: &OrganizationId,
        new_day: Option<Date>,
        changes: &mut Vec<Change>,
    ) {
        let was_followed = self.followed(before, organization);
        // Both sides look at the same facts: they are unpacked once.
        let recalled = Recalled::new(after.snapshot);
        let is_followed = self.followed(after, organization);
        // A year that is followed no more, since the organization began later than was told, ends.
        for year in was_followed.union(&is_followed).copied() {
            let turn = self.turns.get(organization).and_then(|years| years.get(&year));
            if let (Some(day), Some(turn)) = (new_day, turn)
                && turn.is_none_or(|turn| day < turn)
                && was_followed.contains(&year)
            {
                continue;
            }
            let then = match was_followed.contains(&year) {
                true => before.judge(&recalled, organization, year, |_| true),
                false => Vec::new(),
            };
            if !is_followed.contains(&year) {
                difference((organization, year, after.as_of), &then, &[], changes);
                continue;
            }
            let now = after.judge(&recalled, organization, year, |_| true);
            let turn = after.turn(&recalled, organization, year, &now);
            difference((organization, year, after.as_of), &then, &now, changes);
            self.turns.entry(organization.clone()).or_default().insert(year, turn);
        }
    }
}

/// Compares the duties that events may touch, and every duty of a year that is new.
fn compare_events(
    (before, after): &(Side<'_>, Side<'_>),
    organization: &OrganizationId,
    (was_followed, followed): (&BTreeSet<i16>, &BTreeSet<i16>),
    touched: &Touched,
    changes: &mut Vec<Change>,
) {
    let recalled = Recalled::new(after.snapshot);
    for year in followed {
        let is_new = !was_followed.contains(year);
        if !is_new && !touched.years.contains(year) {
            continue;
        }
        let select = |rule: &DutyRule| is_new || touched.includes(rule);
        let then = match is_new {
            true => Vec::new(),
            false => before.judge(&recalled, organization, *year, select),
        };
        let now = after.judge(&recalled, organization, *year, select);
        difference((organization, *year, after.as_of), &then, &now, changes);
    }
}

impl<'a> Side<'a> {
    fn new(snapshot: &'a Snapshot, known: Position) -> Self {
        let (as_of, calendars) = (snapshot.current_day(known), snapshot.calendars(known));
        Self { snapshot, known, as_of, calendars }
    }

    /// The lines of the duties selected. Without a rule set nothing is owed.
    fn judge(
        &self,
        recalled: &Recalled<'_>,
        organization: &OrganizationId,
        year: i16,
        select: impl Fn(&DutyRule) -> bool,
    ) -> Vec<DutyLine> {
        let Some((organization, rules)) = self.rules(organization, year) else {
            return Vec::new();
        };
        let question = self.question(year);
        evaluate::duties(self.world(recalled), rules, organization, question, select)
    }

    /// The next day on which these lines of every duty may turn. Without a rule set none does.
    fn turn(
        &self,
        recalled: &Recalled<'_>,
        organization: &OrganizationId,
        year: i16,
        lines: &[DutyLine],
    ) -> Option<Date> {
        let (organization, rules) = self.rules(organization, year)?;
        let question = self.question(year);
        evaluate::next_turn(self.world(recalled), rules, organization, question, lines)
    }

    const fn question(&self, year: i16) -> Question {
        Question { year, as_of: self.as_of, known: self.known }
    }

    fn world<'w>(&'w self, recalled: &'w Recalled<'_>) -> World<'w> {
        World {
            registry: &self.snapshot.registry,
            calendars: &self.calendars,
            facts: recalled,
            detail: Detail::Figures,
        }
    }

    fn rules(
        &self,
        organization: &OrganizationId,
        year: i16,
    ) -> Option<(&'a Organization, &'a RuleSet)> {
        let organization = self.snapshot.registry.organization(organization, self.known)?;
        let (_, rules) = self.snapshot.rules_for(organization, year, self.known)?;
        Some((organization, rules))
    }
}
