//! Rebuilds the state from the journal, with progress on long replays.
//!
//! Three steps over the cores: one thread reads the journal, some decode, and the caller's folds, in
//! order. Bounded: a few chunks of a few MiB wait between the steps, whatever the journal holds.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use duty::Position;
use duty::entry::Recorded;
use journal::{Journal, ReadLimit};
use projection::State;

use crate::ledger::{self, ReadFailure, Stored};

/// Entries read at a time: up to 1 MiB of them, and some 4 MiB decoded.
const CHUNK: ReadLimit = ReadLimit { events: 2_048, bytes: 1024 * 1024 };
/// Chunks that wait for each decoder, and from each decoder.
const WAITING: usize = 2;
/// More decoders than this the fold cannot keep up with.
const DECODERS_MAX: usize = 4;
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

/// Entries as read, then as decoded; a failure ends the replay.
type Read = Result<Vec<journal::Entry>, ReadFailure>;
type Decoded = Result<Vec<Recorded>, ReadFailure>;

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
    let head = journal.head().map_err(ReadFailure::Journal)?.events();
    let first = state.head().next().get();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let decoders = cores.clamp(1, DECODERS_MAX);
    std::thread::scope(|scope| {
        let (mut queues, mut results) = (Vec::new(), Vec::new());
        for number in 0..decoders {
            let (queue, queued) = sync_channel::<Read>(WAITING);
            let (result, decoded) = sync_channel::<Decoded>(WAITING);
            let thread = std::thread::Builder::new().name(format!("replay-decode-{number}"));
            let run = move || decode_all(&queued, &result);
            thread.spawn_scoped(scope, run).map_err(|_| ReadFailure::CutShort)?;
            queues.push(queue);
            results.push(decoded);
        }
        let thread = std::thread::Builder::new().name("replay-read".to_owned());
        let read = move || read_all(journal, first, head, &queues);
        thread.spawn_scoped(scope, read).map_err(|_| ReadFailure::CutShort)?;
        let (started, mut reported) = (Instant::now(), Instant::now());
        // The decoders take turns, and so do their results.
        for decoded in results.iter().cycle() {
            // Whoever has nothing more has read up to the head.
            let Ok(recorded) = decoded.recv() else { break };
            recorded?.into_iter().for_each(|recorded| state.absorb(recorded));
            if REPORT_EVERY <= reported.elapsed() {
                reported = Instant::now();
                let position = state.head().get();
                #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
                let per_second = (position + 1 - first) as f64 / started.elapsed().as_secs_f64();
                report(Progress { position, head, per_second });
            }
        }
        Ok(())
    })?;
    Ok(state)
}

/// Reads from `first` to `head`, a chunk for each queue in turn. Ends early when nobody listens.
fn read_all(journal: &dyn Journal, first: u64, head: u64, queues: &[SyncSender<Read>]) {
    let mut next = first;
    for queue in queues.iter().cycle() {
        let from = journal::Position::new(next).filter(|_| next <= head);
        let Some(from) = from else { return };
        let read = journal.read(from, CHUNK).map_err(ReadFailure::Journal);
        let last = read.as_ref().ok().and_then(|entries| entries.last()).map(|e| e.position.get());
        let sent = queue.send(read);
        match last {
            Some(last) if sent.is_ok() => next = last + 1,
            _ => return,
        }
    }
}

fn decode_all(queue: &Receiver<Read>, results: &SyncSender<Decoded>) {
    for entries in queue {
        let decode = |entry: journal::Entry| {
            let position = Position::new(entry.position.get());
            ledger::decode(&Stored { position, bytes: entry.bytes })
        };
        let decoded = entries.and_then(|entries| entries.into_iter().map(decode).collect());
        if results.send(decoded).is_err() {
            return;
        }
    }
}
