//! The check of a ledger: every entry read, decoded, folded and hashed again, and compared with
//! everything that was derived from it.
//!
//! It believes nothing but the stored entries and the keys, mends nothing, and goes on behind what
//! is damaged: every finding is listed, up to [`FINDINGS_MAX`]. The same check runs over a
//! directory nobody serves and over the journal of a running service, up to its head when the check
//! began.

mod checkpoints;
mod entries;
mod persons;
mod reference;
mod tree;
mod views;

use std::ops::ControlFlow;
use std::path::Path;

use journal::{Head, Journal, Step, Sweep};
use journal_sled::SledJournal;
use merkle::VerifierKey;
use merkle::hash::Hash;
use projection::State;
use serde::Serialize;

pub(crate) use self::checkpoints::keys_in;
use self::entries::Entries;
pub use self::reference::Reference;
use self::tree::Tree;
use super::Finding;
use super::finding::{unopened, unopened_at};
use super::throttle::Throttle;
use crate::ledger::Ledger;

/// Most findings listed; further ones are counted. A journal with more is to be restored, not read
/// about, and the list must fit into memory.
pub const FINDINGS_MAX: usize = 10_000;
/// Cache of the engine for an offline check: every page is read once.
const CACHE_BYTES: u64 = 64 << 20;
/// Progress is told after this many entries.
const PROGRESS_EVERY: u64 = 4_096;

/// What is checked.
pub struct Subject<'a> {
    /// Which ledger, as in `FORMAT`.
    pub ledger: String,
    /// Its journal.
    pub journal: &'a dyn Journal,
    /// Its data directory, where what is derived is kept; `None` for a journal in memory.
    pub dir: Option<&'a Path>,
    /// Public keys of the log: a checkpoint must be signed by one of them.
    pub keys: Vec<VerifierKey>,
    /// The service that has the journal open, if one has.
    pub live: Option<Live<'a>>,
}

/// A running service.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// Its ledger, whose views are compared.
    pub ledger: &'a Ledger,
}

/// How to check.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    /// Bytes of entries a second; `None` for as fast as it goes.
    pub bytes_per_second: Option<u64>,
}

/// What is told while the check runs.
#[derive(Debug)]
pub enum Told<'a> {
    /// How far it is.
    Progress {
        /// The last position checked.
        position: u64,
        /// The last one there is.
        head: u64,
        /// Bytes of entries read.
        bytes: u64,
    },
    /// Something that is wrong.
    Found(&'a Finding),
}

/// What a check says in the end.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Which ledger.
    pub ledger: String,
    /// Entries there are.
    pub size: u64,
    /// Root of the RFC 6962 tree over them, in hex; `None` when entries could not be read and the
    /// tree files do not have their hashes either.
    pub root: Option<String>,
    /// Bytes of the entries.
    pub bytes: u64,
    /// What else was there to compare with, and how far it reaches.
    pub compared: Vec<Compared>,
    /// What is wrong, in the order found.
    pub findings: Vec<Finding>,
    /// How many things are wrong, those not listed included.
    pub findings_total: u64,
    /// Whether the check came to its end.
    pub complete: bool,
    /// Complete and nothing wrong.
    pub ok: bool,
}

/// Something the entries were compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// What, such as `tree` or `checkpoint`.
    pub what: String,
    /// The position it reaches.
    pub position: u64,
}

/// Collects findings, tells them, and stops listing at the limit.
struct Findings<'a> {
    listed: Vec<Finding>,
    total: u64,
    told: &'a mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
    stopped: bool,
}

impl Findings<'_> {
    fn add(&mut self, finding: Finding) {
        self.total += 1;
        if self.listed.len() < FINDINGS_MAX {
            self.stopped |= (self.told)(Told::Found(&finding)).is_break();
            self.listed.push(finding);
        }
    }

    fn progress(&mut self, position: u64, head: u64, bytes: u64) {
        self.stopped |= (self.told)(Told::Progress { position, head, bytes }).is_break();
    }
}

/// Checks the ledger in a data directory that no service has open.
///
/// `keys` are the public keys of the log; without any, those in the data directory count. A
/// `reference` names the entry that was altered when nothing in the directory does.
///
/// # Errors
/// The one finding that keeps everything else from being looked at.
pub fn directory(
    dir: &Path,
    keys: Vec<VerifierKey>,
    reference: Option<Reference>,
    pace: Pace,
    told: &mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
) -> Result<Report, Box<Finding>> {
    directory_and_state(dir, keys, reference, pace, told).map(|(report, _)| report)
}

/// The same, and the state after every entry, where all could be folded.
///
/// # Errors
/// As [`directory`].
pub(crate) fn directory_and_state(
    dir: &Path,
    keys: Vec<VerifierKey>,
    reference: Option<Reference>,
    pace: Pace,
    told: &mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
) -> Result<(Report, Option<State>), Box<Finding>> {
    let inspection = SledJournal::inspect(dir, CACHE_BYTES)
        .map_err(|error| Box::new(unopened_at(dir, &error)))?;
    let refusals: Vec<_> = inspection.refusals.iter().map(unopened).collect();
    let journal = &inspection.journal;
    let ledger = journal.ledger().to_string();
    let keys = if keys.is_empty() { checkpoints::keys_in(dir) } else { keys };
    let subject = Subject { ledger, journal, dir: Some(dir), keys, live: None };
    Ok(check(&subject, refusals, reference, pace, told))
}

/// Checks the ledger of a running service up to its head now.
pub fn service(
    id: &str,
    dir: Option<&Path>,
    live: Live<'_>,
    pace: Pace,
    told: &mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
) -> Report {
    let keys = live.ledger.log().keys().verifiers().into_iter().cloned().collect();
    let (ledger, journal) = (id.to_owned(), live.ledger.journal());
    let subject = Subject { ledger, journal, dir, keys, live: Some(live) };
    check(&subject, Vec::new(), None, pace, told).0
}

/// Checks a ledger. `known` is what its opening has found already.
pub fn check(
    subject: &Subject<'_>,
    known: Vec<Finding>,
    reference: Option<Reference>,
    pace: Pace,
    told: &mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
) -> (Report, Option<State>) {
    let mut findings = Findings { listed: Vec::new(), total: 0, told, stopped: false };
    known.into_iter().for_each(|finding| findings.add(finding));
    // Before the head: what is signed while the check runs may lie beyond it.
    let anchors = checkpoints::read(subject, &mut findings);
    let head = match subject.journal.head() {
        Ok(head) => head,
        Err(error) => {
            findings.add(Finding::damaged(1, 1, &error));
            Head::EMPTY
        }
    };
    let mut entries = Entries::default();
    let mut kept_views = views::Kept::list(subject);
    let mut tree = Tree::open(subject.dir, anchors, &mut findings);
    if let Some(reference) = reference {
        tree.compare_with(reference, subject, &mut findings);
    }
    let mut throttle = Throttle::new(pace.bytes_per_second);
    let (mut bytes, mut told_at) = (0, 0);
    for step in Sweep::new(subject.journal, head) {
        let position = match step {
            Step::Entry(entry) => {
                let length = entry.bytes.len() as u64;
                bytes += length;
                throttle.pass(length);
                tree.entry(&entry.bytes, &mut findings);
                entries.entry(entry.position.get(), &entry.bytes, &mut findings);
                let position = entry.position.get();
                let root = || tree.agreed_root();
                if kept_views.reached(position, &entries, root, &mut findings) {
                    tree.is_unaltered();
                }
                position
            }
            Step::Damaged { positions, error } => {
                let (first, last) = (*positions.start(), *positions.end());
                findings.add(Finding::damaged(first, last, &error));
                for _ in positions {
                    tree.damaged(&mut findings);
                }
                entries.damaged(last);
                last
            }
        };
        if told_at + PROGRESS_EVERY <= position || position == head.events() {
            told_at = position;
            findings.progress(position, head.events(), bytes);
        }
        if findings.stopped {
            break;
        }
    }
    let complete = !findings.stopped;
    let mut compared = Vec::new();
    if complete {
        tree.finish(subject.live.is_none(), &mut findings, &mut compared);
        entries.finish(&mut findings);
    }
    let state = entries.into_state().filter(|_| complete);
    // Where entries cannot be folded, that is told already, and there is nothing to compare with.
    if let Some(state) = &state {
        kept_views.finish(&mut compared);
        views::compare(subject, state, &mut findings, &mut compared);
        persons::compare(subject, state, &mut findings, &mut compared);
    }
    let report = Report {
        ledger: subject.ledger.clone(),
        size: head.events(),
        root: tree.root().filter(|_| complete).map(hex),
        bytes,
        compared,
        findings_total: findings.total,
        ok: complete && findings.total == 0,
        findings: findings.listed,
        complete,
    };
    (report, state)
}

/// The hexadecimal digits of a hash.
pub(crate) fn hex(hash: Hash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
