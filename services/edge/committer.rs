//! The writer: one thread owns the write side of the journal.
//!
//! It drains the queue, decides each command against the standing *including* the commands
//! accepted before it in the same group, writes one commit, makes it durable once, folds it into
//! the published state, announces the head, and then answers everybody. While a group is being
//! written the next one gathers in the queue. A bad command fails alone, never its group. After a
//! failed write nothing more is acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use duty::Position;
use duty::decide::{
    self, Earlier, Fate, Held, Outcome, Refusal, RefusalKind, Standing, version_before,
};
use duty::entry::Recorded;
use duty::id::EventId;
use jiff::Timestamp;
use journal::{AppendError, Entry, ReadLimit, RecoverError};
use projection::ids::POSITION_MAX;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::clock::Clock;
use crate::codec;
use crate::earlier;
use crate::ledger::{
    self, Answer, Message, ReadFailure, Receipt, Shared, Stored, Submission, SubmitError,
};
use crate::opening;

/// Most submissions waiting for the writer. At 1,000 events of 65,535 bytes each the queue could
/// hold more than memory; the limit on message size keeps a submission to 4 MiB, so 2 GiB at worst
/// and a few MiB in practice.
pub(crate) const QUEUE_MAX: usize = 512;
/// A group is closed once it holds this many events: enough to hide the sync, few enough that the
/// first caller does not wait for the last.
pub(crate) const GROUP_EVENTS_MAX: usize = 1_024;
/// A group is closed once it holds this many bytes.
const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Read at a time of what a failed write left behind, which is one group at most.
const TAKEN_IN: ReadLimit = ReadLimit { events: GROUP_EVENTS_MAX, bytes: GROUP_BYTES_MAX };

/// Why the journal takes no writes again.
#[derive(Debug, thiserror::Error)]
enum Unrecovered {
    #[error("the journal does not recover")]
    Journal(#[source] RecoverError),
    #[error("what stands in the journal cannot be taken in")]
    Read(#[from] ReadFailure),
}

/// The write side, owned by its thread.
struct Writer {
    shared: Arc<Shared>,
    standing: Standing,
    clock: Arc<dyn Clock>,
    /// Whether a write ran out of room half-way: the journal must be recovered before the next.
    is_full: bool,
    answers: mpsc::UnboundedSender<Waiting>,
}

/// What is about to be written together.
#[derive(Default)]
struct Group {
    entries: Vec<Recorded>,
    bytes: Vec<Bytes>,
    length: usize,
    /// Entries of this group by id, for commands that refer to them.
    pending: BTreeMap<EventId, (Position, usize)>,
    waiting: Waiting,
}

/// Who waits for a group, with what they will be told.
type Waiting = Vec<(Vec<Receipt>, Answer)>;

impl Group {
    fn is_full(&self) -> bool {
        GROUP_EVENTS_MAX <= self.entries.len() || GROUP_BYTES_MAX <= self.length
    }
}

/// Starts the writer thread. It ends on [`Message::Stop`] or when nobody can submit any more,
/// after everything queued is written, and closes the journal then.
///
/// # Errors
/// When the system has no thread to give.
pub(crate) fn spawn(
    shared: Arc<Shared>,
    standing: Standing,
    clock: Arc<dyn Clock>,
    mut queue: mpsc::Receiver<Message>,
) -> std::io::Result<JoinHandle<()>> {
    let (answers, answered) = mpsc::unbounded_channel();
    tokio::spawn(hand_out(answered));
    std::thread::Builder::new().name("ledger-writer".to_owned()).spawn(move || {
        let _guard = PoisonOnPanic(Arc::clone(&shared));
        let mut writer = Writer { shared, standing, clock, is_full: false, answers };
        while let Some(first) = queue.blocking_recv() {
            writer.recover();
            let group = writer.gather(first, &mut queue);
            writer.commit(group);
        }
        if let Err(error) = writer.shared.journal.close() {
            tracing::error!(error = %crate::chain(&error), "the journal did not close cleanly");
        }
    })
}

/// A writer that panicked writes nothing more: readiness must say so, or callers would be sent here
/// for ever.
struct PoisonOnPanic(Arc<Shared>);

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.health.poison();
            tracing::error!("the writer panicked: nothing more is accepted until a restart");
        }
    }
}

impl Writer {
    /// Decides what waits. Nobody is waited for: measured, a group that lets callers who were
    /// answered together come back together is larger, and no faster.
    fn gather(&mut self, first: Message, queue: &mut mpsc::Receiver<Message>) -> Group {
        let mut group = Group::default();
        let mut next = Ok(first);
        loop {
            match next {
                Ok(Message::Submit(submission, answer)) => {
                    self.admit(submission, answer, &mut group);
                }
                // Nothing new gets in; what is in the queue is still written.
                Ok(Message::Stop) => queue.close(),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
            if group.is_full() {
                break;
            }
            next = queue.try_recv();
        }
        group
    }

    /// Decides one submission; what it adds waits for the commit, what it lacks is answered now.
    fn admit(&mut self, submission: Submission, answer: Answer, group: &mut Group) {
        if self.shared.health.is_poisoned() {
            // A receiver that is gone does not want the answer.
            let _ = answer.send(Err(SubmitError::Poisoned));
            return;
        }
        if self.is_full {
            let _ = answer.send(Err(SubmitError::StorageFull));
            return;
        }
        match self.decide(submission, group) {
            Ok(receipts) => group.waiting.push((receipts, answer)),
            Err(error) => {
                let _ = answer.send(Err(error));
            }
        }
    }

    fn decide(
        &mut self,
        submission: Submission,
        group: &mut Group,
    ) -> Result<Vec<Receipt>, SubmitError> {
        let Submission { command, bodies, found, validate_only } = submission;
        if command.entries.is_empty() && !bodies.is_empty() {
            // None of them could be read: what was found says it all.
            let refusal = Refusal::new(RefusalKind::Invalid, found);
            return Err(SubmitError::Refused(refusal));
        }
        let earlier = self.earlier(&command, group)?;
        // Recorded times never run backwards, whatever the system clock does.
        let now = self.clock.now();
        let now = self.standing.last_recorded_at().map_or(now, |last| now.max(last));
        let decided = decide::decide(&self.standing, &command, &earlier, now);
        let outcomes = Refusal::merged(found, decided).map_err(SubmitError::Refused)?;
        let most = POSITION_MAX.saturating_sub(self.standing.head().get());
        if most < outcomes.len() as u64 {
            return Err(SubmitError::LedgerFull);
        }
        let encoded = encode(&command, &bodies, &outcomes, now)?;
        if validate_only {
            return Ok(verdicts(&command, &outcomes, &earlier, now));
        }
        let mut entries = command.entries.into_iter();
        let mut encoded = encoded.into_iter();
        let mut receipts = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            // One outcome and one encoding for each entry, in order: decide says so.
            let (Some(proposed), Some(bytes)) = (entries.next(), encoded.next()) else { break };
            let event_id = proposed.event_id;
            receipts.push(match (outcome, bytes) {
                (Outcome::Duplicate { position }, _) => {
                    let first = earlier.get(&event_id);
                    let recorded_at = first.map_or(now, |first| first.recorded.recorded_at);
                    Receipt { event_id, position, recorded_at, duplicate: true }
                }
                (Outcome::Append { .. }, bytes) => {
                    let recorder = command.recorder.clone();
                    let entry = proposed.entry;
                    let recorded = Recorded { event_id, recorded_at: now, recorder, entry };
                    let position = self.standing.evolve(&recorded, &earlier);
                    group.pending.insert(event_id, (position, group.entries.len()));
                    group.length += bytes.len();
                    group.entries.push(recorded);
                    group.bytes.push(bytes);
                    Receipt { event_id, position, recorded_at: now, duplicate: false }
                }
            });
        }
        Ok(receipts)
    }

    /// The earlier entries a command refers to: from this group, or from the journal.
    fn earlier(&self, command: &decide::Command, group: &Group) -> Result<Earlier, SubmitError> {
        let mut earlier = Earlier::new();
        let state = self.shared.state.read();
        let held = |id: EventId| {
            let pending = group.pending.get(&id).and_then(|(position, index)| {
                let recorded = group.entries.get(*index)?.clone();
                // What the group did to it, the standing knows.
                Some(Held { position: *position, recorded, fate: Fate::default() })
            });
            match pending {
                Some(held) => Ok(Some(held)),
                None => earlier::held(&*self.shared.journal, &state, id).map_err(SubmitError::Read),
            }
        };
        for id in command.references() {
            earlier.extend(held(id)?.map(|held| (id, held)));
        }
        // Nobody decides on an event of which they recorded any version.
        for id in command.decided_on() {
            let mut next = earlier.get(&id).cloned();
            while let Some(version) = next {
                let Some(before) = version_before(&version.recorded.entry) else { break };
                let older = match earlier.get(&before) {
                    Some(known) => Some(known.clone()),
                    None => held(before)?,
                };
                // A version comes after the one it replaces.
                next = older.filter(|older| older.position < version.position);
                earlier.extend(next.clone().map(|older| (before, older)));
            }
        }
        Ok(earlier)
    }

    /// Makes the journal take writes again after it ran out of room half-way, once there is room.
    /// What that write left behind is taken in: its writer was told that the disk is full, and
    /// gets the first receipt when it tries again.
    fn recover(&mut self) {
        if !self.is_full {
            return;
        }
        let recovered = self.shared.journal.recover().map_err(Unrecovered::Journal);
        match recovered.and_then(|head| self.take_in(head)) {
            Ok(()) => {
                self.is_full = false;
                tracing::info!(head = self.standing.head().get(), "there is room again");
            }
            Err(Unrecovered::Journal(RecoverError::StorageFull)) => {}
            Err(error) => {
                self.shared.health.poison();
                tracing::error!(
                    error = %crate::chain(&error),
                    "the journal could not be opened again after the disk was full: nothing more is accepted until the service is restarted"
                );
            }
        }
    }

    /// Takes in what stands in the journal behind what is known.
    fn take_in(&mut self, head: journal::Head) -> Result<(), Unrecovered> {
        while let Some(next) = journal::Position::new(self.standing.head().next().get())
            && head.covers(next)
        {
            let read = self.shared.journal.read(next, TAKEN_IN).map_err(ReadFailure::Journal)?;
            let bytes: Vec<Bytes> = read.iter().map(|entry| entry.bytes.clone()).collect();
            let decoded = read.into_iter().map(|Entry { position, bytes }| {
                ledger::decode(&Stored { position: Position::new(position.get()), bytes })
            });
            let entries = decoded.collect::<Result<Vec<_>, _>>()?;
            self.show(&bytes, entries);
            self.standing = opening::standing(&self.shared.state.read());
            self.shared.head.send_replace(self.standing.head());
        }
        Ok(())
    }

    /// Writes the group, publishes it, answers.
    fn commit(&mut self, group: Group) {
        if group.entries.is_empty() {
            // Nothing but duplicates, all of them durable: the standing knows only what is.
            self.answer(group.waiting);
            return;
        }
        let head = *self.shared.head.borrow();
        let written = match journal::Position::new(head.next().get()) {
            Some(first) => self.shared.journal.append(first, &group.bytes),
            None => Err(AppendError::Closed),
        };
        if let Err(error) = written {
            self.refuse(&error, group.waiting);
            return;
        }
        self.show(&group.bytes, group.entries);
        self.standing.settle();
        self.shared.head.send_replace(self.standing.head());
        self.answer(group.waiting);
    }

    fn answer(&self, waiting: Waiting) {
        // A runtime that is gone has nobody who waits.
        let _ = self.answers.send(waiting);
    }

    /// Shows durable entries behind the head, but for the head itself.
    fn show(&self, bytes: &[Bytes], entries: Vec<Recorded>) {
        let head = *self.shared.head.borrow();
        // After the commit is durable, before anybody hears of it: what is shown has a root.
        self.shared.log.tree().append(head.get(), bytes);
        let mut state = self.shared.state.write();
        for recorded in entries {
            state.absorb(recorded);
        }
    }

    /// Nothing of the group is acknowledged.
    fn refuse(&mut self, error: &AppendError, waiting: Waiting) {
        self.standing.roll_back();
        let full = matches!(error, AppendError::StorageFull { .. });
        self.is_full = matches!(error, AppendError::StorageFull { poisoned: true });
        // Only a lack of room mends itself. A conflict means that somebody else writes under our
        // lock, and the standing is no longer that of the journal.
        if full {
            tracing::warn!(error = %crate::chain(error), "a commit was refused");
        } else {
            self.shared.health.poison();
            tracing::error!(
                error = %crate::chain(error),
                "a write to the journal failed: nothing more is accepted until the service is restarted"
            );
        }
        if full {
            self.shared.health.count_storage_full(waiting.len());
        }
        for (_, answer) in waiting {
            let error = if full { SubmitError::StorageFull } else { SubmitError::Poisoned };
            let _ = answer.send(Err(error));
        }
    }
}

/// Answers group after group, on the side of the callers: to wake a caller from another thread
/// takes a lock and often a system call each, to wake its neighbour takes neither.
async fn hand_out(mut groups: mpsc::UnboundedReceiver<Waiting>) {
    while let Some(waiting) = groups.recv().await {
        for (receipts, answer) in waiting {
            // A receiver that is gone does not want the answer.
            let _ = answer.send(Ok(receipts));
        }
    }
}

/// What would become of the entries of a command, nothing of which is taken in: receipts without a
/// position for what would be appended, the first receipts of the rest.
fn verdicts(
    command: &decide::Command,
    outcomes: &[Outcome],
    earlier: &Earlier,
    now: Timestamp,
) -> Vec<Receipt> {
    let verdicts = command.entries.iter().zip(outcomes).map(|(proposed, outcome)| {
        let event_id = proposed.event_id;
        match outcome {
            Outcome::Duplicate { position } => {
                let first = earlier.get(&event_id);
                let recorded_at = first.map_or(now, |first| first.recorded.recorded_at);
                Receipt { event_id, position: *position, recorded_at, duplicate: true }
            }
            Outcome::Append { .. } => Receipt {
                event_id,
                position: Position::default(),
                recorded_at: now,
                duplicate: false,
            },
        }
    });
    verdicts.collect()
}

/// The bytes to store for each entry that is appended (empty for duplicates), before anything is
/// taken in: an entry that is too large refuses the whole command.
fn encode(
    command: &decide::Command,
    bodies: &[codec::Body],
    outcomes: &[Outcome],
    now: Timestamp,
) -> Result<Vec<Bytes>, SubmitError> {
    let entries = command.entries.iter().zip(bodies).zip(outcomes).enumerate();
    entries
        .map(|(index, ((proposed, body), outcome))| {
            if matches!(outcome, Outcome::Duplicate { .. }) {
                return Ok(Bytes::new());
            }
            let bytes = codec::encode(proposed.event_id, now, body);
            let length = bytes.len();
            if journal::EVENT_BYTES_MAX < length {
                return Err(SubmitError::EntryTooLarge { index, length });
            }
            Ok(bytes)
        })
        .collect()
}
