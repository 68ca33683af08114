//! `duty-ledger import --check` for lines: what the service cannot see while nothing is written.
//!
//! Lines are tried batch by batch, and a batch does not find those before it in the ledger. They
//! are remembered here, so that a line that goes with an earlier one is not called bad, and one
//! that repeats the id of an earlier one is not called good.

use std::collections::BTreeMap;

use crate::pb;

/// Lines that would go in.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By the ids of their events.
    events: BTreeMap<String, (usize, pb::DutyEvent)>,
    /// Ids of the events by the numbers of their lines.
    ids: BTreeMap<usize, String>,
}

/// What a line is to those before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Met {
    /// Another event.
    New,
    /// The event of an earlier batch, word for word.
    Same,
    /// Another event under the id of this line of an earlier batch.
    Other(usize),
}

impl Seen {
    /// Takes in a line; `first` is where its batch begins, inside which the service sees for
    /// itself.
    pub(super) fn meet(&mut self, number: usize, first: usize, event: &pb::DutyEvent) -> Met {
        match self.events.get(&event.event_id) {
            Some((line, _)) if first <= *line => Met::New,
            Some((_, before)) if before == event => Met::Same,
            Some((line, _)) => Met::Other(*line),
            None => {
                self.events.insert(event.event_id.clone(), (number, event.clone()));
                self.ids.insert(number, event.event_id.clone());
                Met::New
            }
        }
    }

    /// A line that would not go in.
    pub(super) fn forget(&mut self, number: usize) {
        if let Some(id) = self.ids.remove(&number) {
            self.events.remove(&id);
        }
    }

    /// Whether a fault of an event is only that an earlier line is not in the ledger yet.
    pub(super) fn explains(&self, event: &pb::DutyEvent, field: &str, reason: &str) -> bool {
        reason == "REFERENCE_UNKNOWN"
            && named(event, field).is_some_and(|id| self.events.contains_key(id))
    }
}

/// The other event that a field of an event names.
pub(super) fn named<'a>(event: &'a pb::DutyEvent, field: &str) -> Option<&'a str> {
    let component = field.strip_prefix("component_event_ids[");
    let component = component.and_then(|rest| rest.strip_suffix(']')?.parse::<usize>().ok());
    let component = component.and_then(|at| event.component_event_ids.get(at));
    let whole = (field == "part_of_event_id").then_some(&event.part_of_event_id);
    component.or(whole).map(String::as_str)
}
