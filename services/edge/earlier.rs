//! Finds the entry with an event id: a candidate of the state's index, made certain by the journal.

use duty::Position;
use duty::decide::{Fate, Held};
use duty::entry::{Entry, Verdict};
use duty::id::EventId;
use journal::Journal;
use projection::State;

use crate::ledger::{self, ReadFailure};

/// The durable entry with this id, and what became of it.
///
/// # Errors
/// [`ReadFailure`] when it could not be read.
pub(crate) fn held(
    journal: &dyn Journal,
    state: &State,
    id: EventId,
) -> Result<Option<Held>, ReadFailure> {
    for position in state.candidates(id) {
        let recorded = ledger::read_recorded(journal, position)?;
        if let Some(recorded) = recorded.filter(|recorded| recorded.event_id == id) {
            let fate = fate(journal, state, id)?;
            return Ok(Some(Held { position, recorded, fate }));
        }
    }
    Ok(None)
}

/// What the durable journal did to a duty event.
fn fate(journal: &dyn Journal, state: &State, id: EventId) -> Result<Fate, ReadFailure> {
    let Some((_, fact)) = state.fact(id) else { return Ok(Fate::default()) };
    let correction = match fact.superseded_at {
        Some(position) => ledger::read_recorded(journal, position)?,
        None => None,
    };
    let accepted = fact.review(Position::MAX).filter(|last| last.verdict == Verdict::Accepted);
    let accepted = match accepted {
        Some(last) => ledger::read_recorded(journal, last.at)?,
        None => None,
    };
    Ok(Fate {
        superseded_by: correction.map(|recorded| recorded.event_id),
        withdrawn: fact.withdrawn_at.is_some(),
        accepted_by: accepted.and_then(|recorded| match recorded.entry {
            Entry::Review(review) => review.accepted_by(),
            _ => None,
        }),
    })
}
