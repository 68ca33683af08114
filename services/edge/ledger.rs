//! The ledger as the rest of the edge sees it: one way to write, consistent ways to read.
//!
//! Invariants: only the writer thread ([`crate::committer`]) appends; the published state never
//! shows an entry that is not durable; the head is announced after the state shows it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use duty::decide::{Command, Refusal};
use duty::entry::Recorded;
use duty::id::EventId;
use duty::registry::Registry;
use duty::{Position, Problem};
use jiff::Timestamp;
use journal::{Journal, ReadLimit};
use parking_lot::RwLock;
use projection::{Snapshot, State};
use tokio::sync::{mpsc, oneshot, watch};

use crate::clock::Clock;
use crate::codec::{self, Body, CodecError};
use crate::kept::Kept;
use crate::log::Log;
use crate::pb::ledger_entry::Payload;

/// A command with what will be stored for each of its entries.
#[derive(Debug)]
pub struct Submission {
    /// What is asked for.
    pub command: Command,
    /// For each entry of the command what to store.
    pub bodies: Vec<Body>,
    /// What was found wrong before: nothing is written then, and the refusal names it together
    /// with what the ledger finds.
    pub found: Vec<Problem>,
    /// Decided like any other, and then nothing of it is written.
    pub validate_only: bool,
}

impl Submission {
    /// A command with the payload of each of its entries.
    #[must_use]
    pub fn new(command: Command, payloads: Vec<Payload>, found: Vec<Problem>) -> Self {
        let body = |payload| Body::new(&command.recorder, payload);
        let bodies = payloads.into_iter().map(body).collect();
        Self { command, bodies, found, validate_only: false }
    }
}

/// Where an entry of a submission stands.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Its id.
    pub event_id: EventId,
    /// Its place.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Whether it stood there before.
    pub duplicate: bool,
}

/// Why a submission was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The command is refused.
    #[error("refused")]
    Refused(Refusal),
    /// An entry is too large to store.
    #[error("entry {index} has {length} bytes")]
    EntryTooLarge {
        /// Its place in the command.
        index: usize,
        /// Its length in bytes.
        length: usize,
    },
    /// The queue of the writer is full.
    #[error("the queue of the writer is full")]
    Overloaded,
    /// The disk is full; reads go on, and so do writes once there is room. Whether the command was
    /// written is certain only then: it may be sent again, and gets its first receipt.
    #[error("the disk is full")]
    StorageFull,
    /// The ledger has as many entries as it can have.
    #[error("the ledger has as many entries as it can have")]
    LedgerFull,
    /// A write failed earlier or now; nothing is acknowledged until the service is restarted.
    #[error("the journal is poisoned")]
    Poisoned,
    /// An earlier entry could not be read.
    #[error("reading an earlier entry failed")]
    Read(#[source] ReadFailure),
    /// The service is stopping.
    #[error("the service is stopping")]
    Stopping,
}

/// Why entries could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFailure {
    /// The engine could not read, or found damage.
    #[error("the journal could not be read")]
    Journal(#[source] journal::ReadError),
    /// The bytes at a position do not make sense.
    #[error("the entry at position {position} could not be decoded")]
    Codec {
        /// Where.
        position: u64,
        /// Why.
        #[source]
        source: CodecError,
    },
    /// The task that was reading did not finish.
    #[error("the read was cut short")]
    CutShort,
}

/// One stored entry.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its place.
    pub position: Position,
    /// Its bytes, as stored.
    pub bytes: Bytes,
}

/// Where the answer to a submission goes.
pub(crate) type Answer = oneshot::Sender<Result<Vec<Receipt>, SubmitError>>;

/// What waits for the writer.
pub(crate) enum Message {
    /// A command to decide and write.
    Submit(Submission, Answer),
    /// Write what is queued, close the journal, end.
    Stop,
}

/// Whether the journal takes writes.
#[derive(Debug)]
pub struct Health {
    poisoned: watch::Sender<bool>,
    storage_full: AtomicU64,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self { poisoned: watch::Sender::new(false), storage_full: AtomicU64::new(0) }
    }

    /// Whether a write failed and nothing more is accepted.
    #[must_use]
    pub fn is_poisoned(&self) -> bool {
        *self.poisoned.borrow()
    }

    /// How many submissions were refused because the disk was full.
    #[must_use]
    pub fn storage_full_refusals(&self) -> u64 {
        self.storage_full.load(Ordering::Relaxed)
    }

    pub(crate) fn count_storage_full(&self, submissions: usize) {
        self.storage_full.fetch_add(submissions as u64, Ordering::Relaxed);
    }

    /// Follows whether a write failed.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<bool> {
        self.poisoned.subscribe()
    }

    pub(crate) fn poison(&self) {
        self.poisoned.send_replace(true);
    }
}

/// What the writer and the readers share.
pub(crate) struct Shared {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) state: RwLock<State>,
    pub(crate) head: watch::Sender<Position>,
    pub(crate) health: Health,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: Log,
    pub(crate) kept: Kept,
}

/// The ledger. Cheap to clone.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
    queue: mpsc::Sender<Message>,
}

impl Ledger {
    pub(crate) fn new(shared: Arc<Shared>, queue: mpsc::Sender<Message>) -> Self {
        Self { shared, queue }
    }

    /// Submits a command and waits until its entries are durable and shown by the state.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing of the command was written then, except perhaps after
    /// [`SubmitError::Poisoned`], when only a restart tells, and [`SubmitError::StorageFull`].
    pub async fn submit(&self, submission: Submission) -> Result<Vec<Receipt>, SubmitError> {
        if self.shared.health.is_poisoned() {
            return Err(SubmitError::Poisoned);
        }
        let (answer, answered) = oneshot::channel();
        let message = Message::Submit(submission, answer);
        self.queue.try_send(message).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
        })?;
        answered.await.unwrap_or(Err(SubmitError::Stopping))
    }

    /// Asks the writer to write what is queued, close the journal and end.
    pub(crate) async fn stop(&self) {
        // A closed queue means that the writer has ended already.
        let _ = self.queue.send(Message::Stop).await;
    }

    /// A consistent state to read from.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.shared.state.read().snapshot()
    }

    /// Who is who now. Cheaper for the writer than a snapshot, which makes it copy what it changes:
    /// appends look at the registry and change it seldom.
    #[must_use]
    pub fn registry(&self) -> Arc<Registry> {
        self.shared.state.read().registry()
    }

    /// Reads from the state under its lock; keep it short.
    pub fn with_state<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.shared.state.read())
    }

    /// Answers about this ledger that were computed before.
    #[must_use]
    pub fn kept(&self) -> &Kept {
        &self.shared.kept
    }

    /// The last entry that is durable and shown by the state.
    #[must_use]
    pub fn head(&self) -> Position {
        *self.shared.head.borrow()
    }

    /// The transparency log over the entries.
    #[must_use]
    pub fn log(&self) -> &Log {
        &self.shared.log
    }

    /// What time it is, by the ledger's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// The journal, for who reads all of it: a check, a backup.
    #[must_use]
    pub fn journal(&self) -> &dyn Journal {
        &*self.shared.journal
    }

    /// Follows the head.
    #[must_use]
    pub fn watch_head(&self) -> watch::Receiver<Position> {
        self.shared.head.subscribe()
    }

    /// Whether the journal takes writes.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.shared.health
    }

    /// Waits until the state has reached `position`, at most `patience`.
    ///
    /// # Errors
    /// The head, when it did not get there.
    pub async fn reached(&self, position: Position, patience: Duration) -> Result<(), Position> {
        let mut head = self.watch_head();
        let arrived = tokio::time::timeout(patience, head.wait_for(|head| position <= *head)).await;
        match arrived {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(self.head()),
        }
    }

    /// Reads stored entries from `from` on: at least one when there is one, no more than the limit
    /// and none beyond the head.
    ///
    /// # Errors
    /// [`ReadFailure`] when the engine fails or finds damage.
    pub async fn read(
        &self,
        from: Position,
        events: usize,
        bytes: usize,
    ) -> Result<Vec<Stored>, ReadFailure> {
        let shared = Arc::clone(&self.shared);
        let head = self.head();
        let read = move || read_stored(&*shared.journal, from, head, ReadLimit { events, bytes });
        tokio::task::spawn_blocking(read).await.map_err(|_| ReadFailure::CutShort)?
    }

    /// Finds the entry with an event id: its bytes, and what they say.
    ///
    /// # Errors
    /// [`ReadFailure`] when the engine fails or finds damage.
    pub async fn find(&self, id: EventId) -> Result<Option<(Stored, Recorded)>, ReadFailure> {
        let candidates: Vec<Position> = self.with_state(|state| state.candidates(id).collect());
        for position in candidates {
            let Some(stored) = self.read_one(position).await? else { continue };
            let recorded = decode(&stored)?;
            if recorded.event_id == id {
                return Ok(Some((stored, recorded)));
            }
        }
        Ok(None)
    }

    /// Reads the entry at one position.
    ///
    /// # Errors
    /// [`ReadFailure`] when the engine fails or finds damage.
    pub async fn read_one(&self, position: Position) -> Result<Option<Stored>, ReadFailure> {
        let entries = self.read(position, 1, usize::MAX).await?;
        Ok(entries.into_iter().find(|entry| entry.position == position))
    }
}

fn read_stored(
    journal: &dyn Journal,
    from: Position,
    head: Position,
    limit: ReadLimit,
) -> Result<Vec<Stored>, ReadFailure> {
    let Some(start) = journal::Position::new(from.get().max(1)) else { return Ok(Vec::new()) };
    if head < Position::new(start.get()) {
        return Ok(Vec::new());
    }
    let entries = journal.read(start, limit).map_err(ReadFailure::Journal)?;
    Ok(entries
        .into_iter()
        .map(|entry| Stored { position: Position::new(entry.position.get()), bytes: entry.bytes })
        .take_while(|entry| entry.position <= head)
        .collect())
}

/// The decoded entry at a position the journal is known to hold.
pub(crate) fn read_recorded(
    journal: &dyn Journal,
    position: Position,
) -> Result<Option<Recorded>, ReadFailure> {
    let limit = ReadLimit { events: 1, bytes: usize::MAX };
    let Some(entry) = read_stored(journal, position, position, limit)?.into_iter().next() else {
        return Ok(None);
    };
    decode(&entry).map(Some)
}

/// Entries read at a time where many positions are wanted: reading these costs about what finding
/// one does.
const RUN: ReadLimit = ReadLimit { events: 256, bytes: 1024 * 1024 };

/// The decoded entries at many positions; those the journal lacks are left out.
pub(crate) fn read_recorded_all(
    journal: &dyn Journal,
    positions: &BTreeSet<Position>,
) -> Result<Vec<(Position, Recorded)>, ReadFailure> {
    let mut found = Vec::with_capacity(positions.len());
    let Some(last) = positions.last().copied() else { return Ok(found) };
    let mut wanted = positions.first().copied();
    while let Some(from) = wanted {
        let run = read_stored(journal, from, last, RUN)?;
        let reached = run.last().map_or(from, |stored| stored.position);
        for stored in run.iter().filter(|stored| positions.contains(&stored.position)) {
            found.push((stored.position, decode(stored)?));
        }
        wanted = positions.range(reached.next()..).next().copied();
    }
    Ok(found)
}

/// Decodes a stored entry.
pub(crate) fn decode(entry: &Stored) -> Result<Recorded, ReadFailure> {
    codec::decode(&entry.bytes)
        .map_err(|source| ReadFailure::Codec { position: entry.position.get(), source })
}
