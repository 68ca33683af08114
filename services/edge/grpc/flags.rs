//! What is worth a look in an accepted event, told to whoever records or reads it: by itself, in
//! the light of the registry, and 补录: that it came later than the rules of its organization
//! allow (DOMAIN §5.5). Of lateness nothing is said where no rule set is valid or a calendar is
//! missing: `ListExceptions` names those.

use std::sync::Arc;

use duty::calendar::Calendars;
use duty::decide::Proposed;
use duty::entry::{Entry, Recorded};
use duty::event::{DutyEvent, check};
use duty::registry::Registry;
use duty::zone::civil_day;
use duty::{Position, Problem};
use jiff::Timestamp;
use projection::Snapshot;

use super::{Api, convert};
use crate::ledger::Receipt;
use crate::pb;

impl Api {
    /// The flags of each event that was taken in.
    pub(super) fn flags(&self, entries: &[Proposed], given: &[Receipt]) -> Vec<Vec<pb::Finding>> {
        if entries.is_empty() {
            return Vec::new();
        }
        let (registry, late) = (self.ledger.registry(), Late::new(self.ledger.snapshot()));
        let all = entries.iter().zip(given).map(|(proposed, given)| match &proposed.entry {
            Entry::DutyEvent(event) => {
                let late = late.flag(event, given.recorded_at);
                let mut flags = event_flags(event, &registry);
                flags.extend(late.as_ref().map(convert::finding));
                flags
            }
            _ => Vec::new(),
        });
        all.collect()
    }
}

/// What is worth a look in an event, by itself and in the light of the registry.
pub(super) fn event_flags(event: &DutyEvent, registry: &Registry) -> Vec<pb::Finding> {
    let by_registry = check::registry_flags(event, registry, Position::MAX);
    check::flags(event).iter().chain(&by_registry).map(convert::finding).collect()
}

/// The same of an entry, with lateness.
pub(super) fn entry_flags(recorded: &Recorded, snapshot: &Snapshot) -> Vec<pb::Finding> {
    let registry = snapshot.registry();
    match &recorded.entry {
        Entry::DutyEvent(event) => {
            let mut flags = event_flags(event, registry);
            let late = Late::new(snapshot.clone()).flag(event, recorded.recorded_at);
            flags.extend(late.as_ref().map(convert::finding));
            flags
        }
        // When a correction comes says nothing of when its first version came.
        Entry::Correction(correction) => event_flags(&correction.event, registry),
        _ => Vec::new(),
    }
}

/// What is known when events are taken in.
struct Late {
    snapshot: Snapshot,
    calendars: Arc<Calendars>,
}

impl Late {
    fn new(snapshot: Snapshot) -> Self {
        let calendars = snapshot.calendars(Position::MAX);
        Self { snapshot, calendars }
    }

    /// The flag of an event recorded at an instant, if it came late.
    fn flag(&self, event: &DutyEvent, recorded_at: Timestamp) -> Option<Problem> {
        let registry = self.snapshot.registry();
        let organization = registry.organization(&event.organization, Position::MAX)?;
        let (_, rules) =
            self.snapshot.rules_for(organization, event.accounting_year, Position::MAX)?;
        let days = rules.late_entry_working_days;
        check::late_flag(&event.occurred, civil_day(recorded_at), days, &self.calendars)
    }
}
