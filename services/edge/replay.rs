//! Rebuilds the state from the journal, with progress on long replays.

use std::time::{Duration, Instant};

use duty::Position;
use journal::{Journal, ReadLimit};
use projection::State;

use crate::ledger::{self, ReadFailure, Stored};

/// Entries read at a time: a few MiB.
const CHUNK: ReadLimit = ReadLimit { events: 8_192, bytes: 8 * 1024 * 1024 };
/// How often a long replay says how far it is.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// How far a replay is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The last entry folded in.
    pub position: u64,
    /// The last entry there is.
    pub head: u64,
    /// Entries folded in per second so far.
    pub per_second: f64,
}

/// Folds what the journal holds beyond a state.
///
/// # Errors
/// [`ReadFailure`] at the first entry that is missing, damaged or not understood: a ledger that
/// cannot show every entry shows none.
pub fn replay(
    journal: &dyn Journal,
    mut state: State,
    mut report: impl FnMut(Progress),
) -> Result<State, ReadFailure> {
    let head = journal.head().map_err(ReadFailure::Journal)?;
    let (started, mut reported) = (Instant::now(), Instant::now());
    let first = state.head().next().get();
    while let Some(next) = journal::Position::new(state.head().next().get()) {
        if !head.covers(next) {
            break;
        }
        let entries = journal.read(next, CHUNK).map_err(ReadFailure::Journal)?;
        for entry in &entries {
            let position = Position::new(entry.position.get());
            let stored = Stored { position, bytes: entry.bytes.clone() };
            let recorded = ledger::decode(&stored)?;
            state.absorb(recorded);
        }
        if entries.is_empty() {
            break;
        }
        if REPORT_EVERY <= reported.elapsed() {
            reported = Instant::now();
            let position = state.head().get();
            #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
            let per_second = (position + 1 - first) as f64 / started.elapsed().as_secs_f64();
            report(Progress { position, head: head.events(), per_second });
        }
    }
    Ok(state)
}
