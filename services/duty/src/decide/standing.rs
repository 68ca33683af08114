//! What `decide` must know of the ledger: a fold of the journal, kept by the writer alone.
//!
//! The writer decides a whole group before it writes it, each command against what those before it
//! in the group will have done. So a standing has a settled part and a part ahead of the journal;
//! [`Standing::settle`] follows a durable write, [`Standing::roll_back`] a write that was refused.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::entry::{Entry, Recorded, Verdict};
use crate::id::{EventId, OrganizationId};
use crate::position::Position;
use crate::registry::Registry;

/// What became of a duty event that is no longer as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fate {
    /// The version that replaced it.
    pub superseded_by: Option<EventId>,
    /// It was taken back.
    pub withdrawn: bool,
    /// A supervisor accepted it.
    pub accepted: bool,
}

/// The part that grows with every event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tables {
    positions: BTreeMap<EventId, Position>,
    fates: BTreeMap<EventId, Fate>,
    revisions: BTreeMap<OrganizationId, u64>,
    /// The organization of each duty event: withdrawals and reviews name only the event.
    organizations: BTreeMap<EventId, OrganizationId>,
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
    settled: Tables,
    settled_small: Small,
    /// What a group that is not yet durable adds; absolute values, looked up first.
    ahead: Tables,
    small: Small,
}

impl Standing {
    /// The standing of an empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an accepted entry at the next position, which it returns.
    pub fn evolve(&mut self, recorded: &Recorded) -> Position {
        let position = self.small.head.next();
        self.small.head = position;
        self.small.last_recorded_at = Some(recorded.recorded_at);
        self.ahead.positions.insert(recorded.event_id, position);
        match &recorded.entry {
            Entry::DutyEvent(event) => self.count(recorded.event_id, &event.organization),
            Entry::Correction(correction) => {
                self.mark(correction.target, |fate| fate.superseded_by = Some(recorded.event_id));
                self.count(recorded.event_id, &correction.event.organization);
            }
            Entry::Withdrawal(withdrawal) => {
                self.mark(withdrawal.target, |fate| fate.withdrawn = true);
                self.count_target(withdrawal.target);
            }
            Entry::Review(review) => {
                let accepted = review.verdict == Verdict::Accepted;
                self.mark(review.target, |fate| fate.accepted = accepted);
                self.count_target(review.target);
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
            Entry::RuleSet(_) | Entry::Calendar(_) => {}
            Entry::DayClosed(day) => self.small.last_closed = Some(*day),
        }
        position
    }

    /// What was taken in is durable: it stays.
    pub fn settle(&mut self) {
        let ahead = std::mem::take(&mut self.ahead);
        self.settled.positions.extend(ahead.positions);
        self.settled.fates.extend(ahead.fates);
        self.settled.revisions.extend(ahead.revisions);
        self.settled.organizations.extend(ahead.organizations);
        self.settled_small = self.small.clone();
    }

    /// What was taken in since [`Self::settle`] was not written: as if it had not been.
    pub fn roll_back(&mut self) {
        self.ahead = Tables::default();
        self.small = self.settled_small.clone();
    }

    fn registry_mut(&mut self) -> &mut Registry {
        Arc::make_mut(&mut self.small.registry)
    }

    fn mark(&mut self, target: EventId, change: impl FnOnce(&mut Fate)) {
        let mut fate = self.fate(target);
        change(&mut fate);
        self.ahead.fates.insert(target, fate);
    }

    fn count(&mut self, event: EventId, organization: &OrganizationId) {
        let revision = self.revision(organization).saturating_add(1);
        self.ahead.revisions.insert(organization.clone(), revision);
        self.ahead.organizations.insert(event, organization.clone());
    }

    fn count_target(&mut self, target: EventId) {
        let organizations = [&self.ahead.organizations, &self.settled.organizations];
        let found = organizations.iter().find_map(|table| table.get(&target)).cloned();
        if let Some(organization) = found {
            let revision = self.revision(&organization).saturating_add(1);
            self.ahead.revisions.insert(organization, revision);
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
        let tables = [&self.ahead.revisions, &self.settled.revisions];
        tables.iter().find_map(|table| table.get(organization)).copied().unwrap_or(0)
    }

    /// Where the entry with this id stands.
    #[must_use]
    pub fn position_of(&self, id: EventId) -> Option<Position> {
        let tables = [&self.ahead.positions, &self.settled.positions];
        tables.iter().find_map(|table| table.get(&id)).copied()
    }

    /// Whether the entry with this id is a duty event, a correction included.
    #[must_use]
    pub fn is_duty_event(&self, id: EventId) -> bool {
        self.organization_of(id).is_some()
    }

    /// The organization of a duty event.
    #[must_use]
    pub fn organization_of(&self, id: EventId) -> Option<&OrganizationId> {
        let tables = [&self.ahead.organizations, &self.settled.organizations];
        tables.iter().find_map(|table| table.get(&id))
    }

    /// What became of a duty event.
    #[must_use]
    pub fn fate(&self, id: EventId) -> Fate {
        let tables = [&self.ahead.fates, &self.settled.fates];
        tables.iter().find_map(|table| table.get(&id)).copied().unwrap_or_default()
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.small.registry
    }
}
