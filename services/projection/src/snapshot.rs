//! What readers hold: an unchanging state, cheap to take, unaffected by the writer going on.

use std::collections::BTreeMap;
use std::sync::Arc;

use duty::Position;
use duty::calendar::{CalendarYear, Calendars};
use duty::event::EventType;
use duty::id::OrganizationId;
use duty::registry::{Organization, Registry};
use duty::ruleset::RuleSet;
use jiff::Timestamp;
use jiff::civil::{Date, date};

use crate::state::{Since, Streams};

/// An unchanging state.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub(crate) head: Position,
    pub(crate) recorded_at: Option<Timestamp>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) rule_sets: Arc<Vec<Since<Arc<RuleSet>>>>,
    pub(crate) calendars: Arc<Vec<Since<CalendarYear>>>,
    pub(crate) calendars_now: Arc<Calendars>,
    pub(crate) days_closed: Arc<Vec<Since<Date>>>,
}

impl Snapshot {
    /// The last entry it covers.
    #[must_use]
    pub fn head(&self) -> Position {
        self.head
    }

    /// When that entry was recorded.
    #[must_use]
    pub fn recorded_at(&self) -> Option<Timestamp> {
        self.recorded_at
    }

    /// Who is who.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The entries of an organization's stream from `from` to `known`, by position: duty events,
    /// corrections, withdrawals and reviews.
    #[must_use]
    pub fn entries_of(
        &self,
        organization: &OrganizationId,
        from: Position,
        known: Position,
    ) -> Vec<Position> {
        let stream = self.streams.of(organization);
        stream.map_or_else(Vec::new, |stream| stream.entries(from, known))
    }

    /// The current events about leading groups (调整、确认) of an organization that may answer for
    /// `year` or those beside it, by position.
    #[must_use]
    pub fn group_events_of(
        &self,
        organization: &OrganizationId,
        year: i16,
        known: Position,
    ) -> Vec<Position> {
        let about_groups = [EventType::LeadingGroupAdjustment, EventType::LeadingGroupConfirmation];
        let Some(stream) = self.streams.of(organization) else { return Vec::new() };
        let facts = stream.facts(year);
        let told = facts
            .iter()
            .filter(|fact| about_groups.contains(&fact.event_type) && fact.is_current(known));
        told.map(|fact| fact.position).collect()
    }

    /// The last civil day that was closed.
    #[must_use]
    pub fn last_closed(&self) -> Option<Date> {
        self.days_closed.last().map(|(_, day)| *day)
    }

    /// The first civil day that was closed, when one was by `known`.
    #[must_use]
    pub fn first_closed(&self, known: Position) -> Option<Date> {
        self.days_closed.first().filter(|(since, _)| *since <= known).map(|(_, day)| *day)
    }

    /// The day a view is for when the caller names none: the day after the last one closed, which
    /// is the day now running. It comes from the journal, not from a clock.
    #[must_use]
    pub fn current_day(&self, known: Position) -> Date {
        let closed = self.days_closed.iter().rev().find(|(since, _)| *since <= known);
        // A ledger closes its first day before it accepts anything; before that no day counts.
        closed.and_then(|(_, day)| day.tomorrow().ok()).unwrap_or(date(1, 1, 1))
    }

    /// The calendars known at `known`.
    #[must_use]
    pub fn calendars(&self, known: Position) -> Arc<Calendars> {
        if self.calendars.iter().all(|(since, _)| *since <= known) {
            return Arc::clone(&self.calendars_now);
        }
        let mut calendars = Calendars::default();
        for (_, calendar) in self.calendars.iter().filter(|(since, _)| *since <= known) {
            calendars.insert(calendar.clone());
        }
        Arc::new(calendars)
    }

    /// The rule set that is valid for an organization and a year, with the position that
    /// published it: the one of the nearest jurisdiction, then the latest to become valid, then
    /// the newest version.
    #[must_use]
    pub fn rules_for(
        &self,
        organization: &Organization,
        year: i16,
        known: Position,
    ) -> Option<(Position, &Arc<RuleSet>)> {
        let mut newest: BTreeMap<&str, (Position, &Arc<RuleSet>)> = BTreeMap::new();
        for (since, rules) in self.rule_sets.iter().filter(|(since, _)| *since <= known) {
            newest.insert(rules.id.as_str(), (*since, rules));
        }
        newest
            .into_values()
            .filter(|(_, rules)| {
                rules.is_valid_for(year) && rules.jurisdiction.covers(organization.division)
            })
            .max_by_key(|(since, rules)| (depth(rules), rules.valid_from, *since))
    }

    /// The rule sets known at `known`: the newest version of each, by id.
    #[must_use]
    pub fn rule_sets(&self, known: Position) -> Vec<(Position, &Arc<RuleSet>)> {
        let mut newest = BTreeMap::new();
        for (since, rules) in self.rule_sets.iter().filter(|(since, _)| *since <= known) {
            newest.insert(rules.id.as_str(), (*since, rules));
        }
        newest.into_values().collect()
    }

    /// Every calendar year known at `known`, newest version each.
    #[must_use]
    pub fn calendar_years(&self, known: Position) -> Vec<(Position, &CalendarYear)> {
        let mut newest = BTreeMap::new();
        for (since, calendar) in self.calendars.iter().filter(|(since, _)| *since <= known) {
            newest.insert(calendar.year, (*since, calendar));
        }
        newest.into_values().collect()
    }
}

/// How near a jurisdiction is: 450000 reaches two digits deep, 450200 four, 450202 six.
fn depth(rules: &RuleSet) -> usize {
    rules.jurisdiction.as_str().trim_end_matches("00").len()
}
