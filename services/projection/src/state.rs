//! The state: everything the views need, folded from the entries in order.
//!
//! Invariants: entries come one by one, without gaps; nothing is ever removed, so that any
//! earlier state can be asked for by the position it was known at; what readers share is behind
//! `Arc`, and the fold copies only what a reader still holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use duty::Position;
use duty::calendar::{CalendarYear, Calendars};
use duty::decide::StreamStanding;
use duty::entry::{Entry, Recorded};
use duty::evaluate::Fact;
use duty::event::DutyEvent;
use duty::id::{EventId, OrganizationId};
use duty::registry::Registry;
use duty::review::Reviewed;
use duty::ruleset::RuleSet;
use duty::zone::civil_day;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::Snapshot;
use crate::chunk::Mark;
use crate::ids::IdIndex;
use crate::places::{Place, Places};
use crate::remembered::Remembered;
use crate::stream::{self, Stream};

/// A value with the position that brought it.
pub(crate) type Since<T> = (Position, T);

/// The streams of the organizations of which something is recorded, by number.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Streams {
    pub(crate) streams: Vec<Arc<Stream>>,
    pub(crate) numbers: Arc<BTreeMap<OrganizationId, u32>>,
}

impl Streams {
    /// The stream of an organization.
    pub(crate) fn of(&self, organization: &OrganizationId) -> Option<&Stream> {
        let number = usize::try_from(*self.numbers.get(organization)?).ok()?;
        Some(self.streams.get(number)?)
    }

    /// The number of an organization's stream, which begins now if there is none.
    pub(crate) fn number(&mut self, organization: &OrganizationId) -> u32 {
        if let Some(number) = self.numbers.get(organization) {
            return *number;
        }
        // Fewer streams than entries, which are fewer than 2^32.
        let number = u32::try_from(self.streams.len()).unwrap_or(u32::MAX);
        self.streams.push(Arc::new(Stream::new(organization.clone())));
        Arc::make_mut(&mut self.numbers).insert(organization.clone(), number);
        number
    }

    /// Adds a stream; `None` when its organization has one.
    pub(crate) fn number_as_next(&mut self, stream: Stream) -> Option<()> {
        let number = u32::try_from(self.streams.len()).ok()?;
        let numbers = Arc::make_mut(&mut self.numbers);
        let taken = numbers.insert(stream.organization().clone(), number);
        self.streams.push(Arc::new(stream));
        taken.is_none().then_some(())
    }

    fn numbered(&self, number: u32) -> Option<&Stream> {
        Some(self.streams.get(usize::try_from(number).ok()?)?)
    }

    fn numbered_mut(&mut self, number: u32) -> Option<&mut Stream> {
        Some(Arc::make_mut(self.streams.get_mut(usize::try_from(number).ok()?)?))
    }
}

/// The state after some entry.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    pub(crate) head: Position,
    pub(crate) last_recorded_at: Option<Timestamp>,
    registry: Arc<Registry>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) ids: IdIndex,
    pub(crate) places: Places,
    rule_sets: Arc<Vec<Since<Arc<RuleSet>>>>,
    calendars: Arc<Vec<Since<CalendarYear>>>,
    /// All calendars known at the head, ready for use.
    calendars_now: Arc<Calendars>,
    pub(crate) days_closed: Arc<Vec<Since<Date>>>,
    /// The last entry that said who is who, or by which rules and days.
    registered: Position,
    remembered: Remembered,
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

    /// The last civil day that was closed.
    #[must_use]
    pub fn last_closed(&self) -> Option<Date> {
        self.days_closed.last().map(|(_, day)| *day)
    }

    /// Where the entry with this id may stand: nearly always nowhere or in one place. To be certain
    /// compare the id of the entry there ([`crate::ids`] says why).
    pub fn candidates(&self, id: EventId) -> impl Iterator<Item = Position> {
        self.ids.candidates(id)
    }

    /// The fact of the duty event, correction included, with this id.
    #[must_use]
    pub fn fact(&self, id: EventId) -> Option<(OrganizationId, Arc<Fact>)> {
        self.ids.candidates(id).find_map(|position| {
            let Some(Place::Version(number)) = self.places.at(position) else { return None };
            let stream = self.streams.numbered(number)?;
            Some((stream.organization().clone(), stream.fact(position, id)?))
        })
    }

    /// What the writer keeps of each stream.
    #[must_use]
    pub fn standings(&self) -> BTreeMap<OrganizationId, StreamStanding> {
        let streams = self.streams.streams.iter().map(|stream| {
            let recorders = Arc::clone(stream.recorders());
            let standing = StreamStanding { revision: stream.revision(), recorders };
            (stream.organization().clone(), standing)
        });
        streams.collect()
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
            registered: self.registered,
            remembered: self.remembered.clone(),
        }
    }

    /// Folds in the next entry, which the caller keeps.
    pub fn apply(&mut self, recorded: &Recorded) {
        self.absorb(recorded.clone());
    }

    /// Folds in the next entry.
    pub fn absorb(&mut self, recorded: Recorded) {
        let Recorded { event_id: id, recorded_at, recorder, entry } = recorded;
        let position = self.head.next();
        self.head = position;
        self.last_recorded_at = Some(recorded_at);
        let place = match entry {
            Entry::DutyEvent(event) => {
                self.add_fact(position, (id, id), (recorded_at, &recorder), *event)
            }
            Entry::Correction(correction) => {
                let root = self.fact(correction.target).map_or(id, |(_, fact)| fact.root);
                self.mark(correction.target, position, Mark::Superseded);
                self.add_fact(position, (id, root), (recorded_at, &recorder), correction.event)
            }
            Entry::Withdrawal(withdrawal) => {
                self.mark(withdrawal.target, position, Mark::Withdrawn)
            }
            Entry::Review(review) => {
                let reviewed = Reviewed::new(position, civil_day(recorded_at), &review);
                self.mark(review.target, position, Mark::Reviewed(reviewed))
            }
            Entry::DayClosed(day) => {
                Arc::make_mut(&mut self.days_closed).push((position, day));
                Place::Elsewhere
            }
            registration => {
                self.register(position, (id, recorded_at), &registration);
                Place::Elsewhere
            }
        };
        self.places.push(place);
        self.ids.insert(id, position);
    }

    /// Folds in an entry that says who is who, or by which rules and days.
    pub(crate) fn register(
        &mut self,
        position: Position,
        (id, recorded_at): (EventId, Timestamp),
        entry: &Entry,
    ) {
        self.registered = self.registered.max(position);
        match entry {
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
            Entry::Absence(absence) => {
                Arc::make_mut(&mut self.registry).put_absence(position, absence.clone());
            }
            Entry::LeadingGroup(group) => {
                let registry = Arc::make_mut(&mut self.registry);
                registry.put_leading_group(position, (**group).clone());
            }
            Entry::OrganizationChange(change) => {
                Arc::make_mut(&mut self.registry).put_change(position, change.clone());
            }
            Entry::Exemption(exemption) => {
                let exemptions = Arc::make_mut(&mut self.registry).exemptions_mut();
                exemptions.grant(position, id, (**exemption).clone());
            }
            Entry::ExemptionRevoked(revocation) => {
                let exemptions = Arc::make_mut(&mut self.registry).exemptions_mut();
                exemptions.revoke(position, revocation);
            }
            Entry::RectificationOrdered(order) => {
                let findings = Arc::make_mut(&mut self.registry).rectifications_mut();
                findings.order(position, id, (**order).clone());
            }
            Entry::RectificationAnswered(answer) => {
                Arc::make_mut(&mut self.registry).rectifications_mut().answer(position, answer);
            }
            Entry::RectificationClosed(closing) => {
                Arc::make_mut(&mut self.registry).rectifications_mut().close(position, closing);
            }
            Entry::RuleSet(rules) => {
                let rules = Arc::new((**rules).clone());
                Arc::make_mut(&mut self.rule_sets).push((position, rules));
            }
            Entry::Calendar(calendar) => {
                Arc::make_mut(&mut self.calendars).push((position, (**calendar).clone()));
                Arc::make_mut(&mut self.calendars_now).insert((**calendar).clone());
            }
            Entry::YearStep(step) => {
                let on = civil_day(recorded_at);
                Arc::make_mut(&mut self.registry).put_year(position, on, (**step).clone());
            }
            Entry::DutyEvent(_)
            | Entry::Correction(_)
            | Entry::Withdrawal(_)
            | Entry::Review(_)
            | Entry::DayClosed(_) => {}
        }
    }

    fn add_fact(
        &mut self,
        position: Position,
        (id, root): (EventId, EventId),
        (recorded_at, recorder): (Timestamp, &str),
        event: DutyEvent,
    ) -> Place {
        let streams = Arc::make_mut(&mut self.streams);
        let number = streams.number(&event.organization);
        let fact = Fact::new(position, id, root, civil_day(recorded_at), event);
        let sealed_at = stream::sealed_at(streams.streams.len());
        if let Some(stream) = streams.numbered_mut(number) {
            stream.push(fact, recorder, sealed_at);
        }
        Place::Version(number)
    }

    /// Notes on the fact of a target what the entry at `by` did to it; one that is unknown was
    /// never accepted by `decide`.
    fn mark(&mut self, target: EventId, by: Position, mark: Mark) -> Place {
        for position in self.ids.candidates(target) {
            let Some(Place::Version(number)) = self.places.at(position) else { continue };
            let stream = Arc::make_mut(&mut self.streams).numbered_mut(number);
            if stream.is_some_and(|stream| stream.mark(position, target, by, mark)) {
                return Place::Note(number);
            }
        }
        Place::Elsewhere
    }
}
