//! What is recorded: the real service under `strace`, several clients that append, a graceful
//! restart and two kills in between.
//!
//! Every answer is noted with the time at which it had been received; a system call that began
//! later took place later.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use duty_ledger::pb;
use journal::{Journal as _, Position, ReadLimit};
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};

use super::record::{self, Recorder, Recording, Tree};
use super::strace;
use crate::support::child::{Server, serve};
use crate::support::events::{batch, id, meeting};
use crate::support::random::Random;
use crate::support::service::{Clients, open};
use crate::support::{directory, seed, wait_for, within};

/// Name of the data directory within what is recorded.
pub(super) const DATA: &str = "data";
/// Clients at once.
const CLIENTS: u64 = 4;
/// Answers to wait for in each life of the service, and how it ends.
const LIVES: [(usize, End); 4] =
    [(500, End::Stopped), (500, End::Killed), (100, End::Killed), (200, End::Stopped)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Stopped,
    Killed,
}

/// An answer a client has.
#[derive(Debug, Clone)]
pub(super) struct Ack {
    /// When it had been received, in microseconds since 1970.
    pub(super) at: u64,
    pub(super) event_id: String,
    pub(super) position: u64,
}

/// A recorded run and what is true about it.
pub(super) struct Run {
    pub(super) recording: Recording,
    /// By time.
    pub(super) acks: Vec<Ack>,
    /// The ids of each batch sent, answered or not.
    pub(super) batches: Vec<Vec<String>>,
    /// Everything that was ever stored, in order.
    pub(super) entries: Vec<Vec<u8>>,
}

/// What the clients know.
#[derive(Default)]
pub(super) struct Known {
    next: u128,
    pub(super) acks: Vec<Ack>,
    pub(super) batches: Vec<Vec<String>>,
}

impl Known {
    /// Nothing yet; numbers start at 1.
    pub(super) fn first() -> Self {
        Self { next: 1, ..Self::default() }
    }
}

/// Has clients append until there are so many more answers, and kills the service over it.
pub(super) fn append_and_kill(
    server: Server,
    known: &Arc<Mutex<Known>>,
    random: &mut Random,
    answers: usize,
) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let clients = runtime.block_on(Clients::connect(&server.api));
    if known.lock().batches.is_empty() {
        runtime.block_on(seed::registry(&clients));
    }
    let enough = known.lock().acks.len() + answers;
    let writers = spawn(&runtime, &clients, known, random, enough, End::Killed);
    wait_for("enough answers", || (enough <= known.lock().acks.len()).then_some(()));
    server.kill();
    runtime.block_on(within("the clients", writers.join_all()));
}

/// The same, and stops it when all of them have ended.
fn append_and_stop(server: Server, known: &Arc<Mutex<Known>>, random: &mut Random, answers: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let clients = runtime.block_on(Clients::connect(&server.api));
    if known.lock().batches.is_empty() {
        runtime.block_on(seed::registry(&clients));
    }
    let enough = known.lock().acks.len() + answers;
    let writers = spawn(&runtime, &clients, known, random, enough, End::Stopped);
    runtime.block_on(within("the clients", writers.join_all()));
    drop(clients);
    server.terminate();
}

fn spawn(
    runtime: &tokio::runtime::Runtime,
    clients: &Clients,
    known: &Arc<Mutex<Known>>,
    random: &mut Random,
    enough: usize,
    end: End,
) -> tokio::task::JoinSet<()> {
    let mut writers = tokio::task::JoinSet::new();
    for _ in 0..CLIENTS {
        let (clients, known) = (clients.clone(), Arc::clone(known));
        let random = Random::new(random.next());
        writers.spawn_on(append(clients, known, random, enough, end), runtime.handle());
    }
    writers
}

/// Recordings to try. One in some is no use: a kill in the middle of a write leaves open, for the
/// recorder, how much of it was done.
const ATTEMPTS: usize = 6;

/// Runs the service through its lives and records them.
pub(super) fn record(random: &mut Random) -> Run {
    let mut why = String::new();
    for _ in 0..ATTEMPTS {
        match try_record(random) {
            Ok(run) => return run,
            Err(error) => why = error,
        }
    }
    panic!("no recording has it all: {why}");
}

fn try_record(random: &mut Random) -> Result<Run, String> {
    let place = directory();
    let root = place.path().join("root");
    fs::create_dir(&root).expect("a directory");
    let data = root.join(DATA);
    let mut recorder = Recorder::new(&root);
    let known = Arc::new(Mutex::new(Known::first()));
    for (life, (answers, end)) in LIVES.into_iter().enumerate() {
        let trace = place.path().join(format!("trace-{life}"));
        let server = Server::traced(strace::record(&trace, &serve(&data)), &data);
        match end {
            End::Killed => append_and_kill(server, &known, random, answers),
            End::Stopped => append_and_stop(server, &known, random, answers),
        }
        let after = record::read_tree(&root);
        recorder.process(&fs::read(&trace).expect("a trace"), &after);
        fs::remove_file(trace).expect("a trace");
        match (recorder_has_it_all(&recorder.recording, &after), end) {
            (Ok(()), _) => {}
            (Err(error), End::Killed) => return Err(error),
            (Err(error), End::Stopped) => panic!("{error}"),
        }
    }
    let known = std::mem::take(&mut *known.lock());
    Ok(Run::of(recorder.recording, known.acks, known.batches, entries(&data)))
}

/// Appends until the service is gone or enough answers are there.
async fn append(
    clients: Clients,
    known: Arc<Mutex<Known>>,
    mut random: Random,
    enough: usize,
    end: End,
) {
    let mut client = clients.events;
    while end == End::Killed || known.lock().acks.len() < enough {
        let count = match random.below(8) {
            0 => 1 + random.below(100) as u128,
            1 => 1 + random.below(5) as u128,
            _ => 1,
        };
        let numbers: Vec<u128> = {
            let mut known = known.lock();
            let numbers: Vec<_> = (known.next..known.next + count).collect();
            known.next += count;
            known.batches.push(numbers.iter().copied().map(id).collect());
            numbers
        };
        let large = if count == 1 { 4 } else { 40 };
        let events = numbers.iter().map(|number| match random.below(large) {
            0 => padded(*number, 32, 1_340),
            _ => padded(*number, random.below(3), random.below(400)),
        });
        let Ok(answer) = client.append_events(batch(events.collect())).await else { return };
        let at = now();
        let receipts = answer.into_inner().receipts.into_iter();
        let acks = receipts.map(|receipt| Ack {
            at,
            event_id: receipt.event_id,
            position: receipt.position,
        });
        known.lock().acks.extend(acks);
    }
}

/// A meeting with `count` links of `length` bytes: 32 of 1,340 come near the most an event takes.
fn padded(number: u128, count: usize, length: usize) -> pb::DutyEvent {
    let evidence = |index: usize| pb::Evidence {
        kind: "news_link".to_owned(),
        title: "附件".repeat(95),
        url: format!("https://example.org/{index}/{}", "a".repeat(length)),
        ..Default::default()
    };
    pb::DutyEvent { evidence: (0..count).map(evidence).collect(), ..meeting(number) }
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    u64::try_from(now.as_micros()).expect("microseconds fit for ages")
}

/// Whether what was recorded leads to exactly what is there: nothing was written past it.
fn recorder_has_it_all(recording: &Recording, after: &Tree) -> Result<(), String> {
    let mut disk = super::disk::Disk::default();
    recording.events.iter().for_each(|event| disk.apply(recording, *event));
    let modelled = super::image::everything(&disk).tree();
    let (names, expected): (Vec<_>, Vec<_>) = (modelled.keys().collect(), after.keys().collect());
    assert_eq!(names, expected, "files that came or went unseen");
    match after.iter().find(|(path, held)| modelled[*path] != **held) {
        Some((path, _)) => Err(format!("{path} was written past the recorder")),
        None => Ok(()),
    }
}

/// All entries of a journal, as stored.
pub(super) fn entries(data: &Path) -> Vec<Vec<u8>> {
    let journal = open(data);
    let all = ReadLimit { events: usize::MAX, bytes: usize::MAX };
    let read = journal.read(Position::FIRST, all).expect("a sound journal");
    read.into_iter().map(|entry| entry.bytes.to_vec()).collect()
}

impl Run {
    /// What was recorded, and what is known about it.
    pub(super) fn of(
        recording: Recording,
        mut acks: Vec<Ack>,
        batches: Vec<Vec<String>>,
        entries: Vec<Vec<u8>>,
    ) -> Self {
        acks.sort_by_key(|ack| ack.at);
        Self { recording, acks, batches, entries }
    }

    /// The root of the RFC 6962 tree over the first so many entries, in hexadecimal.
    pub(super) fn roots(&self) -> Vec<String> {
        let leaves: Vec<[u8; 32]> =
            self.entries.iter().map(|entry| hash(&[&[0], entry.as_slice()])).collect();
        (0..=leaves.len()).map(|size| hex(&root(&leaves[..size]))).collect()
    }

    /// The sizes at which a batch is half there.
    pub(super) fn inside_batches(&self) -> Vec<bool> {
        let mut inside = vec![false; self.entries.len() + 1];
        let position: BTreeMap<String, usize> = self.positions();
        for ids in &self.batches {
            let places: Vec<usize> =
                ids.iter().filter_map(|id| position.get(id).copied()).collect();
            assert!(places.is_empty() || places.len() == ids.len(), "half a batch: {ids:?}");
            assert!(places.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a batch is together");
            let sizes = places.iter().take(places.len().saturating_sub(1));
            sizes.for_each(|size| inside[*size] = true);
        }
        inside
    }

    /// Where each event stands, from 1.
    pub(super) fn positions(&self) -> BTreeMap<String, usize> {
        use prost::Message as _;
        let decoded = self.entries.iter().zip(1..).map(|(entry, position)| {
            let entry = pb::LedgerEntry::decode(entry.as_slice()).expect("an entry");
            (entry.event_id, position)
        });
        decoded.collect()
    }
}

fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => hash(&[]),
        [leaf] => *leaf,
        _ => {
            let left = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(left);
            hash(&[&[1], &root(left), &root(right)])
        }
    }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
