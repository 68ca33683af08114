//! The state: everything the views need, folded from the entries in order.
//!
//! Invariants: entries come one by one, without gaps; nothing is ever removed, so that any
//! earlier state can be asked for by the position it was known at; what readers share is behind
//! `Arc`, and the fold copies only what a reader still holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use duty::Position;
use duty::calendar::{CalendarYear, Calendars};
use duty::entry::{Entry, Recorded};
use duty::evaluate::Fact;
use duty::event::DutyEvent;
use duty::id::{EventId, OrganizationId};
use duty::registry::Registry;
use duty::ruleset::RuleSet;
use duty::zone::civil_day;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::Snapshot;

/// A value with the position that brought it.
pub(crate) type Since<T> = (Position, T);

/// What is recorded of one organization.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stream {
    /// Every version of every duty event, by position.
    pub facts: Vec<Fact>,
    /// Every entry of the stream, by position: duty events, corrections, withdrawals, reviews.
    pub entries: Vec<Position>,
}

/// Where a duty event is kept, by its id.
#[derive(Debug, Clone, PartialEq)]
struct Place {
    position: Position,
    /// Organization and index of the fact; none for entries that are no version of a duty event.
    fact: Option<(OrganizationId, usize)>,
}

/// The state after some entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    head: Position,
    last_recorded_at: Option<Timestamp>,
    registry: Arc<Registry>,
    streams: Arc<BTreeMap<OrganizationId, Arc<Stream>>>,
    places: BTreeMap<EventId, Place>,
    rule_sets: Arc<Vec<Since<Arc<RuleSet>>>>,
    calendars: Arc<Vec<Since<CalendarYear>>>,
    /// All calendars known at the head, ready for use.
    calendars_now: Arc<Calendars>,
    days_closed: Arc<Vec<Since<Date>>>,
}

impl State {
    /// The state of an empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The last entry folded in.
    #[must_use]
    pub fn head(&self) -> Position {
        self.head
    }

    /// When the last entry was recorded.
    #[must_use]
    pub fn last_recorded_at(&self) -> Option<Timestamp> {
        self.last_recorded_at
    }

    /// Who is who.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.registry)
    }

    /// Where the entry with this id stands.
    #[must_use]
    pub fn position_of(&self, id: EventId) -> Option<Position> {
        self.places.get(&id).map(|place| place.position)
    }

    /// The fact of the duty event, correction included, with this id.
    #[must_use]
    pub fn fact(&self, id: EventId) -> Option<(&OrganizationId, &Fact)> {
        let (organization, index) = self.places.get(&id)?.fact.as_ref()?;
        Some((organization, self.streams.get(organization)?.facts.get(*index)?))
    }

    /// What readers hold: a consistent view of now that the writer will not touch.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            head: self.head,
            recorded_at: self.last_recorded_at,
            registry: Arc::clone(&self.registry),
            streams: Arc::clone(&self.streams),
            rule_sets: Arc::clone(&self.rule_sets),
            calendars: Arc::clone(&self.calendars),
            calendars_now: Arc::clone(&self.calendars_now),
            days_closed: Arc::clone(&self.days_closed),
        }
    }

    /// Folds in the next entry.
    pub fn apply(&mut self, recorded: &Recorded) {
        let position = self.head.next();
        self.head = position;
        self.last_recorded_at = Some(recorded.recorded_at);
        let id = recorded.event_id;
        let mut fact = None;
        match &recorded.entry {
            Entry::DutyEvent(event) => {
                fact = Some(self.add_fact(position, recorded, id, event));
            }
            Entry::Correction(correction) => {
                let root = self.fact(correction.target).map_or(id, |(_, fact)| fact.root);
                self.mark(correction.target, |fact| fact.superseded_at = Some(position));
                fact = Some(self.add_fact(position, recorded, root, &correction.event));
            }
            Entry::Withdrawal(withdrawal) => {
                self.mark(withdrawal.target, |fact| fact.withdrawn_at = Some(position));
                self.note(withdrawal.target, position);
            }
            Entry::Review(review) => {
                let verdict = review.verdict;
                self.mark(review.target, |fact| fact.reviews.push((position, verdict)));
                self.note(review.target, position);
            }
            Entry::Organization(organization) => {
                let registry = Arc::make_mut(&mut self.registry);
                registry.put_organization(position, organization.clone());
            }
            Entry::Post(post) => {
                Arc::make_mut(&mut self.registry).put_post(position, post.clone());
            }
            Entry::Person(person) => {
                Arc::make_mut(&mut self.registry).put_person(position, person.clone());
            }
            Entry::PersonErased(erasure) => {
                Arc::make_mut(&mut self.registry).put_erasure(position, &erasure.person);
            }
            Entry::Tenure(tenure) => {
                Arc::make_mut(&mut self.registry).put_tenure(position, tenure.clone());
            }
            Entry::RuleSet(rules) => {
                let rules = Arc::new((**rules).clone());
                Arc::make_mut(&mut self.rule_sets).push((position, rules));
            }
            Entry::Calendar(calendar) => {
                Arc::make_mut(&mut self.calendars).push((position, (**calendar).clone()));
                Arc::make_mut(&mut self.calendars_now).insert((**calendar).clone());
            }
            Entry::DayClosed(day) => Arc::make_mut(&mut self.days_closed).push((position, *day)),
        }
        self.places.insert(id, Place { position, fact });
    }

    fn add_fact(
        &mut self,
        position: Position,
        recorded: &Recorded,
        root: EventId,
        event: &DutyEvent,
    ) -> (OrganizationId, usize) {
        let recorded_on = civil_day(recorded.recorded_at);
        let fact = Fact::new(position, recorded.event_id, root, recorded_on, event);
        let stream = self.stream(&event.organization);
        stream.facts.push(fact);
        stream.entries.push(position);
        (event.organization.clone(), stream.facts.len() - 1)
    }

    fn stream(&mut self, organization: &OrganizationId) -> &mut Stream {
        let streams = Arc::make_mut(&mut self.streams);
        Arc::make_mut(streams.entry(organization.clone()).or_default())
    }

    /// Changes the fact of a target; one that is unknown was never accepted by `decide`.
    fn mark(&mut self, target: EventId, change: impl FnOnce(&mut Fact)) {
        let place = self.places.get(&target).and_then(|place| place.fact.clone());
        let Some((organization, index)) = place else { return };
        if let Some(fact) = self.stream(&organization).facts.get_mut(index) {
            change(fact);
        }
    }

    /// Notes an entry that concerns a target in the target's stream.
    fn note(&mut self, target: EventId, position: Position) {
        let organization = self.fact(target).map(|(organization, _)| organization.clone());
        if let Some(organization) = organization {
            self.stream(&organization).entries.push(position);
        }
    }
}
