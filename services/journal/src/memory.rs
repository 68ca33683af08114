//! The engine in memory: the contract in its plainest form, for tests and demos.
//!
//! Not durable: "durable" here means "as long as a handle on the same store lives".
//! [`MemoryJournal::reopen`] gives a further handle, as a restart would.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parking_lot::RwLock;

use crate::{
    AppendError, CloseError, Entry, Head, Journal, Position, ReadError, ReadLimit, RecoverError,
    check_commit,
};

/// A journal whose events live in memory.
#[derive(Debug, Default)]
pub struct MemoryJournal {
    events: Arc<RwLock<Vec<Bytes>>>,
    closed: AtomicBool,
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new() -> MemoryJournal {
        MemoryJournal::default()
    }

    /// A new, open handle on the same events, whatever state this one is in.
    #[must_use]
    pub fn reopen(&self) -> MemoryJournal {
        MemoryJournal { events: Arc::clone(&self.events), closed: AtomicBool::new(false) }
    }
}

impl Journal for MemoryJournal {
    fn head(&self) -> Result<Head, ReadError> {
        Ok(head_of(&self.events.read()))
    }

    fn append(&self, first: Position, events: &[Bytes]) -> Result<(), AppendError> {
        check_commit(events)?;
        if self.closed.load(Ordering::Acquire) {
            return Err(AppendError::Closed);
        }
        let mut stored = self.events.write();
        let head = head_of(&stored);
        if first != head.next() {
            return Err(AppendError::Conflict { head });
        }
        stored.extend_from_slice(events);
        Ok(())
    }

    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<Entry>, ReadError> {
        let stored = self.events.read();
        // A position beyond the address space is beyond the head as well.
        let skipped = usize::try_from(from.get() - 1).unwrap_or(usize::MAX);
        let mut entries = Vec::new();
        let mut total = 0;
        let mut next = Some(from);
        for bytes in stored.iter().skip(skipped) {
            let Some(position) = next else { break };
            if !limit.admits(entries.len(), total, bytes.len()) {
                break;
            }
            total += bytes.len();
            entries.push(Entry { position, bytes: bytes.clone() });
            next = position.next();
        }
        Ok(entries)
    }

    fn recover(&self) -> Result<Head, RecoverError> {
        match self.closed.load(Ordering::Acquire) {
            true => Err(RecoverError::Closed),
            false => Ok(head_of(&self.events.read())),
        }
    }

    fn close(&self) -> Result<(), CloseError> {
        self.closed.store(true, Ordering::Release);
        Ok(())
    }
}

fn head_of(events: &[Bytes]) -> Head {
    Head::new(events.len() as u64)
}
