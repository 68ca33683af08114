//! The feed of status changes: computed when asked for, once for whoever follows the head together.
//!
//! What an entry changed is a function of the journal ([`projection::changes`]); nothing is stored
//! here, and nothing is lost when the process ends. One walk is shared: whoever asks for the entry
//! it stands before moves it on, and its last changes are kept for the others. Who is elsewhere,
//! far behind perhaps, walks alone until it meets the shared walk. Either way the answer is the
//! same; only the work differs. Memory: [`KEPT_CHANGES`], and an agenda for each walk.

use std::collections::BTreeMap;
use std::sync::Arc;

use duty::Position;
use duty::entry::Recorded;
use parking_lot::Mutex;
use projection::Snapshot;
use projection::changes::{self, Agenda, Change, Told};

use crate::ledger::{self, Ledger, ReadFailure, Stored};

/// Changes kept for those who follow the head: some 10 MB.
const KEPT_CHANGES: usize = 32_768;

/// The shared walk.
#[derive(Default)]
pub(crate) struct Feed {
    walk: Mutex<Walk>,
}

#[derive(Default)]
struct Walk {
    /// The entry it stands before; zero while nobody has asked.
    next: Position,
    /// The first entry whose changes are kept; those after it up to `next` are as well.
    from: Position,
    agenda: Agenda,
    /// Where there were any.
    kept: BTreeMap<Position, Arc<[Change]>>,
    held: usize,
}

/// An entry with what it changed.
pub(crate) struct Changed {
    /// Where it stands.
    pub(crate) position: Position,
    /// The entry.
    pub(crate) recorded: Recorded,
    /// What it changed, in order.
    pub(crate) changes: Arc<[Change]>,
}

impl Feed {
    /// What a stored entry changed. The snapshot covers it; `own` is the caller's walk, for when it
    /// is not where the shared one is.
    pub(crate) fn of(
        &self,
        ledger: &Ledger,
        snapshot: &Snapshot,
        stored: &Stored,
        own: &mut Agenda,
    ) -> Result<Changed, ReadFailure> {
        let position = stored.position;
        let recorded = ledger::decode(stored)?;
        let target = changes::target(&recorded.entry)
            .and_then(|target| ledger.with_state(|state| state.fact(target)));
        let told = Told { position, entry: &recorded.entry, target: target.as_ref() };
        let shared = self.walk.lock().changes(snapshot, told);
        let changes = shared.unwrap_or_else(|| own.changes(snapshot, told).into());
        Ok(Changed { position, recorded, changes })
    }
}

impl Walk {
    /// What an entry changed, where the walk has been there or comes there next.
    fn changes(&mut self, snapshot: &Snapshot, told: Told<'_>) -> Option<Arc<[Change]>> {
        let position = told.position;
        if self.from <= position && position < self.next {
            return Some(self.kept.get(&position).cloned().unwrap_or_default());
        }
        if self.next == Position::ZERO {
            (self.next, self.from) = (position, position);
        }
        if position != self.next {
            return None;
        }
        let changes: Arc<[Change]> = self.agenda.changes(snapshot, told).into();
        self.next = position.next();
        if !changes.is_empty() {
            self.held += changes.len();
            self.kept.insert(position, Arc::clone(&changes));
        }
        while KEPT_CHANGES < self.held
            && let Some((gone, dropped)) = self.kept.pop_first()
        {
            self.held -= dropped.len();
            self.from = gone.next();
        }
        Some(changes)
    }
}
