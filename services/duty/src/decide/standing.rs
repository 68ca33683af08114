//! What `decide` must know of the ledger beside the earlier entries a command names.
//!
//! Small, whatever the ledger holds: it grows with organizations and the people who record, not
//! with events. The writer decides a whole group before it writes it, each command against what
//! those before it in the group will have done. So a standing has a settled part and a part ahead
//! of the journal; [`Standing::settle`] follows a durable write, [`Standing::roll_back`] a write
//! that was refused. What became of an event that is durable comes with it, in [`Earlier`].

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::decide::Earlier;
use crate::entry::{Entry, Recorded};
use crate::event::DutyEvent;
use crate::id::{EventId, OrganizationId};
use crate::position::Position;
use crate::recorders::Recorders;
use crate::registry::Registry;
use crate::zone::civil_day;

/// What became of a duty event that is no longer as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fate {
    /// The version that replaced it.
    pub superseded_by: Option<EventId>,
    /// It was taken back.
    pub withdrawn: bool,
    /// The supervisor whose acceptance stands.
    pub accepted_by: Option<Arc<str>>,
}

/// What is kept of the stream of an organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamStanding {
    /// How many duty events, corrections, withdrawals and reviews it holds.
    pub revision: u64,
    /// Who recorded its events, shared with the state it was resumed from.
    pub recorders: Arc<Recorders>,
}

/// What a group that is not yet durable adds; absolute values, looked up first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Ahead {
    fates: BTreeMap<EventId, Fate>,
    streams: BTreeMap<OrganizationId, StreamStanding>,
}

/// The part that stays small, and cheap to copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Small {
    registry: Arc<Registry>,
    head: Position,
    last_recorded_at: Option<Timestamp>,
    last_closed: Option<Date>,
}

/// The standing of the ledger as `decide` needs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    streams: BTreeMap<OrganizationId, StreamStanding>,
    settled: Small,
    ahead: Ahead,
    small: Small,
}

impl Standing {
    /// The standing of an empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The standing after the entry at `head`, told by a fold of the journal: who is who, when the
    /// last entry was recorded, the last day closed, and what is kept of each stream.
    #[must_use]
    pub fn resume(
        head: Position,
        last_recorded_at: Option<Timestamp>,
        last_closed: Option<Date>,
        registry: Arc<Registry>,
        streams: BTreeMap<OrganizationId, StreamStanding>,
    ) -> Self {
        let small = Small { registry, head, last_recorded_at, last_closed };
        Self { streams, settled: small.clone(), ahead: Ahead::default(), small }
    }

    /// Takes in an accepted entry at the next position, which it returns. `earlier` is what its
    /// command was decided with.
    pub fn evolve(&mut self, recorded: &Recorded, earlier: &Earlier) -> Position {
        let position = self.small.head.next();
        self.small.head = position;
        self.small.last_recorded_at = Some(recorded.recorded_at);
        match &recorded.entry {
            Entry::DutyEvent(event) => {
                self.recorded(event, &recorded.recorder);
            }
            Entry::Correction(correction) => {
                let by = Some(recorded.event_id);
                self.mark(correction.target, earlier, |fate| fate.superseded_by = by);
                self.recorded(&correction.event, &recorded.recorder);
            }
            Entry::Withdrawal(withdrawal) => {
                self.mark(withdrawal.target, earlier, |fate| fate.withdrawn = true);
                self.count_target(withdrawal.target, earlier);
            }
            Entry::Review(review) => {
                let accepted_by = review.accepted_by();
                self.mark(review.target, earlier, |fate| fate.accepted_by = accepted_by);
                self.count_target(review.target, earlier);
            }
            Entry::Organization(organization) => {
                self.registry_mut().put_organization(position, organization.clone());
            }
            Entry::Post(post) => self.registry_mut().put_post(position, post.clone()),
            Entry::Person(person) => self.registry_mut().put_person(position, person.clone()),
            Entry::PersonErased(erasure) => {
                self.registry_mut().put_erasure(position, &erasure.person);
            }
            Entry::Tenure(tenure) => self.registry_mut().put_tenure(position, tenure.clone()),
            Entry::Absence(absence) => self.registry_mut().put_absence(position, absence.clone()),
            Entry::LeadingGroup(group) => {
                self.registry_mut().put_leading_group(position, (**group).clone());
            }
            Entry::OrganizationChange(change) => {
                self.registry_mut().put_change(position, change.clone());
            }
            Entry::YearStep(step) => {
                let on = civil_day(recorded.recorded_at);
                self.registry_mut().put_year(position, on, (**step).clone());
            }
            Entry::RuleSet(_) | Entry::Calendar(_) => {}
            Entry::Exemption(exemption) => {
                let exemptions = self.registry_mut().exemptions_mut();
                exemptions.grant(position, recorded.event_id, (**exemption).clone());
            }
            Entry::RectificationOrdered(order) => {
                let findings = self.registry_mut().rectifications_mut();
                findings.order(position, recorded.event_id, (**order).clone());
            }
            Entry::RectificationAnswered(answer) => {
                self.registry_mut().rectifications_mut().answer(position, answer);
            }
            Entry::RectificationClosed(closing) => {
                self.registry_mut().rectifications_mut().close(position, closing);
            }
            Entry::ExemptionRevoked(revocation) => {
                self.registry_mut().exemptions_mut().revoke(position, revocation);
            }
            Entry::DayClosed(day) => self.small.last_closed = Some(*day),
        }
        position
    }

    /// What was taken in is durable: it stays.
    pub fn settle(&mut self) {
        let ahead = std::mem::take(&mut self.ahead);
        self.streams.extend(ahead.streams);
        self.settled = self.small.clone();
    }

    /// Shares the registry of the state that has folded in the same entries, so that there is one
    /// and not two. Only right after [`Self::settle`].
    pub fn share(&mut self, registry: Arc<Registry>) {
        self.settled.registry = Arc::clone(&registry);
        self.small.registry = registry;
    }

    /// What was taken in since [`Self::settle`] was not written: as if it had not been.
    pub fn roll_back(&mut self) {
        self.ahead = Ahead::default();
        self.small = self.settled.clone();
    }

    fn registry_mut(&mut self) -> &mut Registry {
        Arc::make_mut(&mut self.small.registry)
    }

    fn mark(&mut self, target: EventId, earlier: &Earlier, change: impl FnOnce(&mut Fate)) {
        let mut fate = self.fate(target, earlier);
        change(&mut fate);
        self.ahead.fates.insert(target, fate);
    }

    /// Counts a version of a duty event, and notes who recorded it.
    fn recorded(&mut self, event: &DutyEvent, by: &str) {
        let stream = self.stream_mut(&event.organization);
        stream.revision = stream.revision.saturating_add(1);
        if !stream.recorders.has(event.accounting_year, by) {
            Arc::make_mut(&mut stream.recorders).add(event.accounting_year, by);
        }
    }

    fn stream_mut(&mut self, organization: &OrganizationId) -> &mut StreamStanding {
        let Self { streams, ahead, .. } = self;
        let settled = || streams.get(organization).cloned().unwrap_or_default();
        ahead.streams.entry(organization.clone()).or_insert_with(settled)
    }

    fn stream(&self, organization: &OrganizationId) -> Option<&StreamStanding> {
        self.ahead.streams.get(organization).or_else(|| self.streams.get(organization))
    }

    fn count_target(&mut self, target: EventId, earlier: &Earlier) {
        if let Some(event) = earlier.get(&target).and_then(|held| held.event()) {
            let stream = self.stream_mut(&event.organization);
            stream.revision = stream.revision.saturating_add(1);
        }
    }

    /// The position of the last entry.
    #[must_use]
    pub fn head(&self) -> Position {
        self.small.head
    }

    /// When the last entry was recorded.
    #[must_use]
    pub fn last_recorded_at(&self) -> Option<Timestamp> {
        self.small.last_recorded_at
    }

    /// The last civil day that was closed.
    #[must_use]
    pub fn last_closed(&self) -> Option<Date> {
        self.small.last_closed
    }

    /// The revision of an organization's stream: how many duty events, corrections, withdrawals
    /// and reviews it holds.
    #[must_use]
    pub fn revision(&self, organization: &OrganizationId) -> u64 {
        self.stream(organization).map_or(0, |stream| stream.revision)
    }

    /// Whether somebody recorded a version of an event of the organization's year, whatever became
    /// of it.
    #[must_use]
    pub fn has_recorded(&self, organization: &OrganizationId, year: i16, who: &str) -> bool {
        self.stream(organization).is_some_and(|stream| stream.recorders.has(year, who))
    }

    /// What became of a duty event: what this group did to it, or else what `earlier` says.
    #[must_use]
    pub fn fate(&self, id: EventId, earlier: &Earlier) -> Fate {
        let durable = || earlier.get(&id).map(|held| held.fate.clone()).unwrap_or_default();
        self.ahead.fates.get(&id).cloned().unwrap_or_else(durable)
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.small.registry
    }
}
