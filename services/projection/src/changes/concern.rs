//! What an entry may change: organizations, years, duties. Too many cost time, too few would lose
//! a change; a property test compares with judging everything.

use std::collections::BTreeSet;

use duty::Position;
use duty::entry::Entry;
use duty::evaluate::Fact;
use duty::event::{DutyEvent, EventType};
use duty::id::{OrganizationId, PersonId, PostId};
use duty::registry::{Registry, Tenure};
use duty::ruleset::{Cadence, DutyRule};

use super::Told;

/// What an entry may change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Concern {
    /// No judgement.
    Nothing,
    /// These organizations, in every year followed.
    Organizations(BTreeSet<OrganizationId>),
    /// Some duties of these organizations in some years.
    Events(BTreeSet<OrganizationId>, Touched),
    /// Everybody, in every year followed.
    Everybody,
    /// Everybody for whom something turns with the day.
    Day,
}

/// The duties that duty events of some types may touch, in some years.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Touched {
    pub(super) years: BTreeSet<i16>,
    types: BTreeSet<EventType>,
    tells_of_change: bool,
}

impl Touched {
    fn add(&mut self, event_type: EventType, year: i16, change: Option<i16>) {
        // A change late in a year may be answered in the next.
        self.years.extend([year, year.saturating_sub(1)]);
        self.years.extend(change);
        self.types.insert(event_type);
        self.tells_of_change |= change.is_some();
    }

    /// Whether a duty may be touched.
    pub(super) fn includes(&self, rule: &DutyRule) -> bool {
        rule.applies_when.is_some()
            || rule.satisfied_by.iter().any(|satisfies| self.types.contains(satisfies))
            || (self.tells_of_change && matches!(rule.cadence, Cadence::OnChange { .. }))
    }
}

/// What an entry may change, also at whoever takes over from those it is about. The registry knows
/// at least the entries up to it.
pub(super) fn concern(registry: &Registry, told: &Told<'_>) -> Concern {
    let with_successors = |mut organizations: BTreeSet<OrganizationId>| {
        let heirs: Vec<_> =
            organizations.iter().flat_map(|id| registry.successors_ever(id)).collect();
        organizations.extend(heirs);
        organizations
    };
    match here(registry, told) {
        Concern::Organizations(mut organizations) => {
            // Whether there is somebody to take over depends on who is there by then.
            let before: Vec<_> =
                organizations.iter().flat_map(|id| registry.predecessors_ever(id)).collect();
            organizations.extend(before);
            Concern::Organizations(with_successors(organizations))
        }
        Concern::Events(organizations, touched) => {
            Concern::Events(with_successors(organizations), touched)
        }
        concern @ (Concern::Nothing | Concern::Everybody | Concern::Day) => concern,
    }
}

/// What it may change where it happens.
fn here(registry: &Registry, told: &Told<'_>) -> Concern {
    let mut about = About { registry, known: told.position, organizations: BTreeSet::new() };
    let mut touched = Touched::default();
    match told.entry {
        Entry::DutyEvent(event) => about.event(event, &mut touched),
        Entry::Correction(correction) => about.event(&correction.event, &mut touched),
        Entry::Withdrawal(_) | Entry::Review(_) => {}
        Entry::Organization(organization) => {
            return Concern::Organizations(BTreeSet::from([organization.id.clone()]));
        }
        Entry::Post(post) => {
            about.organizations.insert(post.organization.clone());
            about.holders(&post.id);
            return Concern::Organizations(about.organizations);
        }
        Entry::Tenure(tenure) => {
            about.tenure(tenure);
            return Concern::Organizations(about.organizations);
        }
        Entry::Absence(absence) => {
            // It never moves to another tenure.
            if let Some((_, tenure)) = registry.tenure(&absence.tenure, told.position) {
                about.tenure(tenure);
            }
            return Concern::Organizations(about.organizations);
        }
        Entry::OrganizationChange(change) => {
            return Concern::Organizations(BTreeSet::from([change.organization.clone()]));
        }
        Entry::Exemption(exemption) => {
            return Concern::Organizations(BTreeSet::from([exemption.organization.clone()]));
        }
        Entry::ExemptionRevoked(revocation) => {
            let held = registry.exemptions().get(revocation.target);
            let organization = held.map(|held| held.exemption.organization.clone());
            return Concern::Organizations(organization.into_iter().collect());
        }
        Entry::RuleSet(_) | Entry::Calendar(_) => return Concern::Everybody,
        Entry::DayClosed(_) => return Concern::Day,
        // Who a person is, who sits in a leading group, what is to be mended and how far a year is
        // changes no judgement.
        Entry::Person(_)
        | Entry::PersonErased(_)
        | Entry::LeadingGroup(_)
        | Entry::RectificationOrdered(_)
        | Entry::RectificationAnswered(_)
        | Entry::RectificationClosed(_)
        | Entry::YearStep(_) => return Concern::Nothing,
    }
    if let Some((organization, fact)) = told.target {
        about.fact(organization, fact, &mut touched);
    }
    Concern::Events(about.organizations, touched)
}

struct About<'a> {
    registry: &'a Registry,
    known: Position,
    organizations: BTreeSet<OrganizationId>,
}

impl About<'_> {
    fn event(&mut self, event: &DutyEvent, touched: &mut Touched) {
        self.organizations.insert(event.organization.clone());
        self.named(event.responsible_person.as_ref(), &event.responsible_posts);
        let change = event.details.facts().trigger.and_then(|(_, day)| Some(day?.year()));
        touched.add(event.event_type(), event.accounting_year, change);
    }

    fn fact(&mut self, organization: &OrganizationId, fact: &Fact, touched: &mut Touched) {
        self.organizations.insert(organization.clone());
        self.named(fact.responsible_person.as_ref(), &fact.responsible_posts);
        let change = fact.details.trigger.and_then(|(_, day)| Some(day?.year()));
        touched.add(fact.event_type, fact.accounting_year, change);
    }

    /// An act that names a person or posts may discharge what its doers owe elsewhere.
    fn named(&mut self, person: Option<&PersonId>, posts: &[PostId]) {
        person.into_iter().for_each(|person| self.person(person));
        posts.iter().for_each(|post| self.post(post));
    }

    fn post(&mut self, post: &PostId) {
        if let Some(post) = self.registry.post(post, self.known) {
            self.organizations.insert(post.organization.clone());
        }
        self.holders(post);
    }

    fn holders(&mut self, post: &PostId) {
        for (_, tenure) in self.registry.tenures_of(post, self.known) {
            self.person(&tenure.person);
        }
    }

    fn person(&mut self, person: &PersonId) {
        for (_, tenure) in self.registry.tenures_by_person(person, self.known) {
            if let Some(post) = self.registry.post(&tenure.post, self.known) {
                self.organizations.insert(post.organization.clone());
            }
        }
    }

    fn tenure(&mut self, tenure: &Tenure) {
        self.person(&tenure.person);
        self.post(&tenure.post);
    }
}
