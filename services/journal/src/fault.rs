//! A decorator that makes appends fail on a plan, to test whoever writes a journal.
//!
//! Not a simulation of a disk: it fails whole appends, as the contract says an engine
//! does. It poisons itself where the contract demands it, and from then on its head
//! stands where the last good append left it, even if the failed one did reach the
//! storage: only opening the journal beneath again tells.

use std::collections::BTreeMap;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::{
    AppendError, CloseError, Entry, Head, Journal, Position, ReadError, ReadLimit, RecoverError,
    check_commit,
};

/// How an append fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The write fails, nothing is stored. Poisons.
    BeforeWrite,
    /// The write is stored and durable, yet reported as failed. Poisons. This is the case
    /// everyone forgets: after a restart the event is there though nobody was told.
    AfterWrite,
    /// Refused for want of room before anything was written; the journal stays usable.
    StorageFull,
    /// Ran out of room in the middle of a write. Nothing is stored. Poisons until recovered, which
    /// takes [`FaultJournal::make_room`] first.
    StorageFullInWrite,
    /// The same, yet what was written is stored and durable.
    StorageFullAfterWrite,
}

/// The error beneath an append that was made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("injected fault {0:?}")]
pub struct Injected(pub Fault);

/// A journal that fails on a plan and is otherwise the one beneath.
#[derive(Debug)]
pub struct FaultJournal<J> {
    inner: J,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Appends that have got as far as writing, so conflicts and refusals do not count.
    writes: u64,
    plan: BTreeMap<u64, Fault>,
    /// `Some` once poisoned: the head that was there then.
    poisoned_at: Option<Head>,
    /// Whether what poisoned it was a lack of room, and whether that goes on.
    full: Option<Room>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Lacking,
    There,
}

impl<J: Journal> FaultJournal<J> {
    /// Wraps `inner`; nothing fails until a fault is planned.
    pub fn new(inner: J) -> FaultJournal<J> {
        FaultJournal { inner, state: Mutex::default() }
    }

    /// Wraps `inner` and makes its `nth` write (from 1) fail.
    pub fn failing_at(inner: J, nth: u64, fault: Fault) -> FaultJournal<J> {
        let journal = FaultJournal::new(inner);
        journal.state.lock().plan.insert(nth, fault);
        journal
    }

    /// Makes the `nth` write from now on (1 is the next) fail.
    pub fn plan(&self, nth: u64, fault: Fault) {
        let mut state = self.state.lock();
        let at = state.writes.saturating_add(nth);
        state.plan.insert(at, fault);
    }

    /// There is room again: what ran out of it in the middle of a write can be recovered.
    pub fn make_room(&self) {
        let mut state = self.state.lock();
        state.full = state.full.map(|_| Room::There);
    }

    /// How many appends have got as far as writing, failed ones included.
    pub fn writes(&self) -> u64 {
        self.state.lock().writes
    }

    /// The journal beneath, to look at what really was stored.
    pub fn inner(&self) -> &J {
        &self.inner
    }

    /// Takes the decorator off.
    pub fn into_inner(self) -> J {
        self.inner
    }

    fn fail(
        &self,
        state: &mut State,
        fault: Fault,
        first: Position,
        events: &[Bytes],
        head: Head,
    ) -> Result<(), AppendError> {
        if fault == Fault::StorageFull {
            return Err(AppendError::StorageFull { poisoned: false });
        }
        state.poisoned_at = Some(head);
        if matches!(fault, Fault::AfterWrite | Fault::StorageFullAfterWrite) {
            self.inner.append(first, events)?;
        }
        if matches!(fault, Fault::StorageFullInWrite | Fault::StorageFullAfterWrite) {
            state.full = Some(Room::Lacking);
            return Err(AppendError::StorageFull { poisoned: true });
        }
        Err(AppendError::Engine(Box::new(Injected(fault))))
    }
}

impl<J: Journal> Journal for FaultJournal<J> {
    fn head(&self) -> Result<Head, ReadError> {
        match self.state.lock().poisoned_at {
            Some(head) => Ok(head),
            None => self.inner.head(),
        }
    }

    fn append(&self, first: Position, events: &[Bytes]) -> Result<(), AppendError> {
        check_commit(events)?;
        // Held over the write, so that writes are counted in the order they happen.
        let mut state = self.state.lock();
        if state.poisoned_at.is_some() {
            return Err(AppendError::Poisoned);
        }
        let head = self.inner.head().map_err(|error| AppendError::Engine(Box::new(error)))?;
        if first == head.next() {
            state.writes += 1;
            let writes = state.writes;
            if let Some(fault) = state.plan.remove(&writes) {
                return self.fail(&mut state, fault, first, events, head);
            }
        }
        self.inner.append(first, events)
    }

    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<Entry>, ReadError> {
        let poisoned_at = self.state.lock().poisoned_at;
        let mut entries = self.inner.read(from, limit)?;
        if let Some(head) = poisoned_at {
            entries.retain(|entry| head.covers(entry.position));
        }
        Ok(entries)
    }

    fn recover(&self) -> Result<Head, RecoverError> {
        let mut state = self.state.lock();
        match (state.poisoned_at, state.full) {
            (None, _) => {}
            (Some(_), None) => return Err(RecoverError::Poisoned),
            (Some(_), Some(Room::Lacking)) => return Err(RecoverError::StorageFull),
            (Some(_), Some(Room::There)) => (state.poisoned_at, state.full) = (None, None),
        }
        self.inner.recover()
    }

    fn close(&self) -> Result<(), CloseError> {
        self.inner.close()
    }
}

#[cfg(test)]
mod tests;
