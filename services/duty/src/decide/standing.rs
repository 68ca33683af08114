//! What `decide` must know of the ledger: a fold of the journal, kept by the writer alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::entry::{Entry, Recorded, Verdict};
use crate::id::{EventId, OrganizationId, RuleSetId};
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

/// The standing of the ledger as `decide` needs it.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    registry: Registry,
    head: Position,
    last_recorded_at: Option<Timestamp>,
    last_closed: Option<Date>,
    revisions: BTreeMap<OrganizationId, u64>,
    positions: BTreeMap<EventId, Position>,
    fates: BTreeMap<EventId, Fate>,
    rule_sets: BTreeMap<RuleSetId, Box<str>>,
    /// Organization of each event that was corrected, withdrawn or reviewed by id only.
    organizations: BTreeMap<EventId, OrganizationId>,
}

impl Standing {
    /// The standing of an empty journal.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in an accepted entry at the next position, which it returns.
    pub fn evolve(&mut self, recorded: &Recorded) -> Position {
        let position = self.head.next();
        self.head = position;
        self.last_recorded_at = Some(recorded.recorded_at);
        self.positions.insert(recorded.event_id, position);
        match &recorded.entry {
            Entry::DutyEvent(event) => self.count(recorded.event_id, &event.organization),
            Entry::Correction(correction) => {
                let fate = self.fates.entry(correction.target).or_default();
                fate.superseded_by = Some(recorded.event_id);
                self.count(recorded.event_id, &correction.event.organization);
            }
            Entry::Withdrawal(withdrawal) => {
                self.fates.entry(withdrawal.target).or_default().withdrawn = true;
                self.count_target(withdrawal.target);
            }
            Entry::Review(review) => {
                let fate = self.fates.entry(review.target).or_default();
                fate.accepted = review.verdict == Verdict::Accepted;
                self.count_target(review.target);
            }
            Entry::Organization(organization) => {
                self.registry.put_organization(position, organization.clone());
            }
            Entry::Post(post) => self.registry.put_post(position, post.clone()),
            Entry::Person(person) => self.registry.put_person(position, person.clone()),
            Entry::Tenure(tenure) => self.registry.put_tenure(position, tenure.clone()),
            Entry::RuleSet(rules) => {
                self.rule_sets.insert(rules.id.clone(), rules.digest.clone());
            }
            Entry::Calendar(_) => {}
            Entry::DayClosed(day) => self.last_closed = Some(*day),
        }
        position
    }

    fn count(&mut self, event: EventId, organization: &OrganizationId) {
        *self.revisions.entry(organization.clone()).or_default() += 1;
        self.organizations.insert(event, organization.clone());
    }

    fn count_target(&mut self, target: EventId) {
        if let Some(organization) = self.organizations.get(&target).cloned() {
            *self.revisions.entry(organization).or_default() += 1;
        }
    }

    /// The position of the last entry.
    #[must_use]
    pub fn head(&self) -> Position {
        self.head
    }

    /// When the last entry was recorded.
    #[must_use]
    pub fn last_recorded_at(&self) -> Option<Timestamp> {
        self.last_recorded_at
    }

    /// The last civil day that was closed.
    #[must_use]
    pub fn last_closed(&self) -> Option<Date> {
        self.last_closed
    }

    /// The revision of an organization's stream: how many duty events, corrections, withdrawals
    /// and reviews it holds.
    #[must_use]
    pub fn revision(&self, organization: &OrganizationId) -> u64 {
        self.revisions.get(organization).copied().unwrap_or(0)
    }

    /// Where the entry with this id stands.
    #[must_use]
    pub fn position_of(&self, id: EventId) -> Option<Position> {
        self.positions.get(&id).copied()
    }

    /// What became of a duty event.
    #[must_use]
    pub fn fate(&self, id: EventId) -> Fate {
        self.fates.get(&id).copied().unwrap_or_default()
    }

    /// The registry.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// The digest of the newest version of a rule set.
    #[must_use]
    pub fn rule_set_digest(&self, id: &RuleSetId) -> Option<&str> {
        self.rule_sets.get(id).map(|digest| &**digest)
    }
}
