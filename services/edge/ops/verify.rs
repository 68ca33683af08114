//! The check of a ledger: every entry read, decoded, folded and hashed again, and compared with
//! everything that was derived from it.
//!
//! It believes nothing but the stored entries and the keys, mends nothing, and goes on behind what
//! is damaged: every finding is listed, up to [`FINDINGS_MAX`]. The same check runs over a
//! directory nobody serves and over the journal of a running service, up to its head when the check
//! began.

mod checkpoints;
mod entries;
mod exported;
mod keys;
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

use self::entries::Entries;
pub(crate) use self::keys::keys_in;
pub use self::reference::Reference;
use self::tree::Tree;
use super::Finding;
use super::finding::{unopened, unopened_at};
use super::throttle::Throttle;
use crate::ledger::Ledger;
use crate::log::KeyFiles;
use crate::persons::Kek;

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
    /// What is known of it beside its directory.
    pub given: Given,
    /// The service that has the journal open, if one has.
    pub live: Option<Live<'a>>,
}

/// What is known of a ledger beside its directory.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Public keys of the log, each of which must have signed every checkpoint; without any, those
    /// of its key files count.
    pub keys: Vec<VerifierKey>,
    /// Where the signing keys are, when not in the data directory.
    pub key_files: KeyFiles,
    /// What is said of those files.
    pub signing_keys: SigningKeys,
    /// Name of the log, when it is known from the configuration.
    pub origin: Option<String>,
    /// The key of keys, with which the keys of persons are tried.
    pub kek: Option<Kek>,
}

/// What is said of the files of the signing keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SigningKeys {
    /// The service signs with them: one that is missing or damaged is a finding.
    #[default]
    Needed,
    /// They may be kept elsewhere: one that is there is whole.
    MayLack,
    /// Nothing.
    Ignored,
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
    /// What was not looked at, and what that would take.
    pub unchecked: Vec<Unchecked>,
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

/// Something that was not checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unchecked {
    /// What, for programs: a stable word.
    pub what: String,
    /// What, and what it takes, in Chinese.
    pub zh: String,
    /// What, and what it takes, in English.
    pub en: String,
}

impl Unchecked {
    fn new(what: &str, zh: &str, en: &str) -> Self {
        Self { what: what.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
    }
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

    fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    fn progress(&mut self, position: u64, head: u64, bytes: u64) {
        self.stopped |= (self.told)(Told::Progress { position, head, bytes }).is_break();
    }
}

/// Checks the ledger in a data directory that no service has open.
///
/// A `reference` names the entry that was altered when nothing in the directory does.
///
/// # Errors
/// The one finding that keeps everything else from being looked at.
pub fn directory(
    dir: &Path,
    given: Given,
    reference: Option<Reference>,
    pace: Pace,
    told: &mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
) -> Result<Report, Box<Finding>> {
    directory_and_state(dir, given, reference, pace, told).map(|(report, _)| report)
}

/// The same, and the state after every entry, where all could be folded.
///
/// # Errors
/// As [`directory`].
pub(crate) fn directory_and_state(
    dir: &Path,
    given: Given,
    reference: Option<Reference>,
    pace: Pace,
    told: &mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
) -> Result<(Report, Option<State>), Box<Finding>> {
    let inspection = SledJournal::inspect(dir, CACHE_BYTES)
        .map_err(|error| Box::new(unopened_at(dir, &error)))?;
    let refusals: Vec<_> = inspection.refusals.iter().map(unopened).collect();
    let journal = &inspection.journal;
    let ledger = journal.ledger().to_string();
    let subject = Subject { ledger, journal, dir: Some(dir), given, live: None };
    Ok(check(&subject, refusals, reference, pace, told))
}

/// Checks the ledger of a running service up to its head now. The keys it signs with are those in
/// its memory; `given` says where their files are.
pub fn service(
    id: &str,
    dir: Option<&Path>,
    live: Live<'_>,
    given: Given,
    pace: Pace,
    told: &mut dyn FnMut(Told<'_>) -> ControlFlow<()>,
) -> Report {
    let log = live.ledger.log();
    let keys = log.keys().verifiers().into_iter().cloned().collect();
    let given = Given { keys, origin: Some(log.origin().to_owned()), ..given };
    let (ledger, journal) = (id.to_owned(), live.ledger.journal());
    let subject = Subject { ledger, journal, dir, given, live: Some(live) };
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
    let own = keys::own(subject, &mut findings);
    let mut unchecked = Vec::new();
    let anchors = checkpoints::read(subject, &own, &mut findings, &mut unchecked);
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
        let trusted: Vec<_> = own.into_iter().filter(|own| own.counts).map(|own| own.key).collect();
        tree.compare_with(reference, subject, &trusted, &mut findings);
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
        kept_views.finish(&mut compared, &mut unchecked);
        views::compare(subject, state, &mut findings, &mut compared);
        unchecked.extend(persons::compare(subject, state, &mut findings, &mut compared));
    }
    let report = Report {
        ledger: subject.ledger.clone(),
        size: head.events(),
        root: tree.root().filter(|_| complete).map(hex),
        bytes,
        compared,
        unchecked,
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
