//! Snapshots of the views in files, so that opening a ledger need not fold every entry.
//!
//! `snapshots/state-<position>` in the data directory. Derived data: one that is damaged, of
//! another version, of another ledger or of another past is passed over with a line in the log, and
//! the next older one is taken, or the journal folded from its beginning. Invariant: a file with
//! that name is whole and on the device; what a crash leaves has another name and goes at the next
//! start. Written by a thread of its own, from a copy of the state that shares what the writer does
//! not change.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use duty::Position;
use journal::{Journal, ReadLimit};
use projection::State;
use projection::saved::{self, HEAD_BYTES, LoadError, Loaded, Stamp, Unusable};
use tokio::sync::{mpsc, oneshot};
use tokio::task;

use crate::ledger::{self, Ledger, ReadFailure, Stored};
use crate::tree::TreeStore;

/// Their directory in the data directory.
pub const DIRECTORY: &str = "snapshots";
const PREFIX: &str = "state-";
/// What a file is called until it is whole.
const UNFINISHED: &str = ".new";
/// So many are kept: the newest, and one to fall back on.
const KEPT: usize = 2;
/// Written so much at a time before the device is made to take it, so that the sync of a commit
/// never waits behind a whole snapshot.
const SYNC_BYTES: usize = 16 << 20;
/// Room a snapshot is taken to need, in bytes an entry; measured 50 to 60.
const BYTES_PER_ENTRY: u64 = 80;

/// Where snapshots are, and how often one is written.
#[derive(Debug, Clone)]
pub struct Snapshots {
    dir: PathBuf,
    ledger: [u8; 16],
    /// A new one after so many entries.
    pub every: u64,
    /// Room that must stay free on the disk, in bytes.
    pub reserve: u64,
}

/// Why a snapshot was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// What could not be done, with which file.
    #[error("could not {action} {}", path.display())]
    File {
        /// What.
        action: &'static str,
        /// With what.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It would take room that the journal may need.
    #[error("it needs about {needed} bytes and {free} are free beside the reserve")]
    NoRoom {
        /// What it would take.
        needed: u64,
        /// What there is.
        free: u64,
    },
    /// The tree has no root for it.
    #[error("the tree has no root at its position")]
    Tree(#[source] crate::tree::TreeError),
}

/// Why a snapshot is not used.
#[derive(Debug, thiserror::Error)]
enum Passed {
    #[error(transparent)]
    Load(#[from] LoadError<io::Error>),
    #[error("it is of another ledger")]
    OtherLedger,
    #[error("it goes on to position {0}, beyond the journal")]
    Beyond(Position),
    #[error("the journal had another past at position {0}")]
    OtherPast(Position),
    #[error("the tree has no root at its position")]
    Tree(#[source] crate::tree::TreeError),
    #[error("an entry it rests on could not be read")]
    Journal(#[source] ReadFailure),
    #[error("the file goes on after its end")]
    Longer,
}

/// Why a check does not compare a snapshot.
#[derive(Debug)]
pub(crate) enum NotUsed {
    /// Another version of the program made it: it is passed over at a start, and nothing is wrong.
    OtherVersion,
    /// It is damaged, or of other entries.
    Unusable(String),
}

impl Snapshots {
    /// The snapshots of a ledger, by its id in hex, below its data directory.
    #[must_use]
    pub fn new(data_dir: &Path, ledger: &str, every: u64, reserve: u64) -> Self {
        let ledger = u128::from_str_radix(ledger, 16).unwrap_or_default().to_be_bytes();
        Self { dir: data_dir.join(DIRECTORY), ledger, every, reserve }
    }

    /// The state of the newest snapshot that can be used, if any; the rest of the journal is still
    /// to be folded in.
    pub(crate) fn newest(&self, journal: &dyn Journal, tree: &TreeStore) -> Option<State> {
        for (position, path) in self.files() {
            match self.load(&path, journal, tree) {
                Ok(state) => {
                    tracing::info!(position, "views taken from a snapshot");
                    return Some(state);
                }
                Err(why) => tracing::warn!(
                    path = %path.display(),
                    reason = %crate::chain(&why),
                    "a snapshot of views is not used"
                ),
            }
        }
        None
    }

    /// The snapshots there are, newest first. What a crash left half written goes.
    fn files(&self) -> Vec<(u64, PathBuf)> {
        self.list(|unfinished| {
            // Tried again at the next start.
            let _ = fs::remove_file(unfinished);
        })
    }

    fn list(&self, unfinished: impl Fn(&Path)) -> Vec<(u64, PathBuf)> {
        let Ok(listed) = fs::read_dir(&self.dir) else { return Vec::new() };
        let mut found = Vec::new();
        for path in listed.filter_map(|entry| Some(entry.ok()?.path())) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(number) = name.strip_prefix(PREFIX) else { continue };
            if number.ends_with(UNFINISHED) {
                unfinished(&path);
            } else if let Ok(position) = number.parse() {
                found.push((position, path));
            }
        }
        found.sort_unstable_by(|a, b| b.cmp(a));
        found
    }

    fn load(&self, path: &Path, journal: &dyn Journal, tree: &TreeStore) -> Result<State, Passed> {
        self.open(path, journal, |position| {
            tree.root(position.get()).map(|root| root.0).map_err(Passed::Tree)
        })
    }

    /// The state of the snapshot of one position, for a check that has computed the root there.
    ///
    /// # Errors
    /// Why it would not be used.
    pub(crate) fn at(
        &self,
        position: u64,
        journal: &dyn Journal,
        root: [u8; 32],
    ) -> Result<State, NotUsed> {
        let files = self.list(|_| ()).into_iter().find(|(of, _)| *of == position);
        let (_, path) = files.ok_or_else(|| NotUsed::Unusable("it is gone".to_owned()))?;
        self.open(&path, journal, |_| Ok(root)).map_err(|why| match &why {
            Passed::Load(LoadError::Unusable(Unusable::OtherVersion { .. })) => {
                NotUsed::OtherVersion
            }
            _ => NotUsed::Unusable(crate::chain(&why)),
        })
    }

    /// Positions of the snapshots there are. Touches nothing: one may just be written.
    pub(crate) fn positions(&self) -> Vec<u64> {
        self.list(|_| ()).into_iter().map(|(position, _)| position).collect()
    }

    fn open(
        &self,
        path: &Path,
        journal: &dyn Journal,
        root: impl FnOnce(Position) -> Result<[u8; 32], Passed>,
    ) -> Result<State, Passed> {
        let read = |error| Passed::Load(LoadError::Source(error));
        let mut file = File::open(path).map_err(read)?;
        // The head first: a snapshot of another past need not be read.
        let mut head = [0; HEAD_BYTES];
        file.read_exact(&mut head).map_err(read)?;
        let Stamp { ledger, position, binding } =
            Stamp::read(&head).map_err(|why| Passed::Load(why.into()))?;
        if ledger != self.ledger {
            return Err(Passed::OtherLedger);
        }
        let there = journal.head().map_err(|e| Passed::Journal(ReadFailure::Journal(e)))?;
        if there.events() < position.get() {
            return Err(Passed::Beyond(position));
        }
        if root(position)? != binding {
            return Err(Passed::OtherPast(position));
        }
        let mut file = head.chain(io::BufReader::with_capacity(1 << 20, file));
        let mut loaded = saved::load(&mut |bytes: &mut [u8]| file.read_exact(bytes))?;
        if file.read(&mut [0]).map_err(read)? != 0 {
            return Err(Passed::Longer);
        }
        supply(&mut loaded, journal)?;
        loaded.finish().map_err(|why| Passed::Load(why.into()))
    }

    /// Writes a snapshot and removes the ones that are too many.
    ///
    /// # Errors
    /// [`WriteError`]; there is one snapshot fewer then.
    pub(crate) fn write(&self, state: State, tree: &TreeStore) -> Result<(), WriteError> {
        let position = state.head();
        let binding = tree.root(position.get()).map_err(WriteError::Tree)?.0;
        let at = |action, path: &Path| {
            let path = path.to_path_buf();
            move |source| WriteError::File { action, path, source }
        };
        fs::create_dir_all(&self.dir).map_err(at("make", &self.dir))?;
        self.check_room(position)?;
        let path = self.dir.join(format!("{PREFIX}{:020}", position.get()));
        let new = path.with_extension(&UNFINISHED[1..]);
        let written = self.write_file(&new, state, binding).map_err(at("write", &new));
        if written.is_err() {
            // It may have filled the disk. What cannot be removed goes at the next start.
            let _ = fs::remove_file(&new);
        }
        written?;
        fs::rename(&new, &path).map_err(at("rename", &new))?;
        let synced = File::open(&self.dir).and_then(|dir| dir.sync_all());
        synced.map_err(at("sync", &self.dir))?;
        for (_, old) in self.files().into_iter().skip(KEPT) {
            fs::remove_file(&old).map_err(at("remove", &old))?;
        }
        Ok(())
    }

    fn write_file(&self, path: &Path, state: State, binding: [u8; 32]) -> io::Result<()> {
        let mut file = File::create(path)?;
        let mut unsynced = 0;
        saved::save(state, self.ledger, binding, &mut |bytes| {
            file.write_all(bytes)?;
            unsynced += bytes.len();
            if SYNC_BYTES <= unsynced {
                unsynced = 0;
                file.sync_data()?;
            }
            Ok::<(), io::Error>(())
        })?;
        file.sync_all()
    }

    /// Refuses a snapshot that would take the room the journal must have.
    fn check_room(&self, position: Position) -> Result<(), WriteError> {
        let needed = position.get().saturating_mul(BYTES_PER_ENTRY);
        let room = rustix::fs::statvfs(&self.dir).map_err(|error| WriteError::File {
            action: "look at the room of",
            path: self.dir.clone(),
            source: error.into(),
        })?;
        let free = room.f_bavail.saturating_mul(room.f_frsize).saturating_sub(self.reserve);
        if free < needed { Err(WriteError::NoRoom { needed, free }) } else { Ok(()) }
    }
}

/// Reads the entries a snapshot leaves to the journal, neighbours together.
fn supply(loaded: &mut Loaded, journal: &dyn Journal) -> Result<(), Passed> {
    while let Some(&first) = loaded.missing().first() {
        let run = (first.get()..).zip(loaded.missing()).take(1_024);
        let events = run.take_while(|(at, missing)| missing.get() == *at).count();
        let limit = ReadLimit { events, bytes: 8 << 20 };
        let absent = || Passed::Load(Unusable::OtherEntry(first).into());
        let from = journal::Position::new(first.get()).ok_or_else(absent)?;
        let read = journal.read(from, limit);
        let entries = read.map_err(|e| Passed::Journal(ReadFailure::Journal(e)))?;
        if entries.is_empty() {
            return Err(absent());
        }
        for entry in entries {
            let position = Position::new(entry.position.get());
            let recorded = ledger::decode(&Stored { position, bytes: entry.bytes });
            let recorded = recorded.map_err(Passed::Journal)?;
            loaded.supply(position, &recorded).map_err(|why| Passed::Load(why.into()))?;
        }
    }
    Ok(())
}

/// Writes snapshots while the ledger runs: a task that looks when one is due, a thread that writes.
pub struct Keeper {
    stop: oneshot::Sender<()>,
    task: task::JoinHandle<()>,
    thread: JoinHandle<()>,
}

impl Keeper {
    /// Starts it over a ledger whose newest snapshot is of `last`.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub fn start(snapshots: Snapshots, ledger: Ledger, last: Position) -> io::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        // One at a time: a state that waits would keep old pages alive.
        let (states, mut due) = mpsc::channel::<State>(1);
        let every = snapshots.every;
        let log = ledger.log().clone();
        let thread = std::thread::Builder::new().name("view-snapshots".to_owned());
        let thread = thread.spawn(move || {
            while let Some(state) = due.blocking_recv() {
                let position = state.head().get();
                match snapshots.write(state, log.tree()) {
                    Ok(()) => tracing::info!(position, "a snapshot of the views is written"),
                    Err(error) => tracing::warn!(
                        error = %crate::chain(&error),
                        "a snapshot of the views could not be written: the next start takes longer"
                    ),
                }
            }
        })?;
        let task = tokio::spawn(keep(ledger, every, last, states, stopped));
        Ok(Self { stop, task, thread })
    }

    /// Lets it write what changed since, once the writer has ended, and waits for it.
    pub async fn stop(self) {
        let Self { stop, task, thread } = self;
        // A task that has ended needs no telling.
        let _ = stop.send(());
        let joined = task.await;
        let thread = task::spawn_blocking(move || thread.join()).await;
        if joined.is_err() || !matches!(thread, Ok(Ok(()))) {
            tracing::error!("the keeper of view snapshots did not end as it should");
        }
    }
}

async fn keep(
    ledger: Ledger,
    every: u64,
    mut last: Position,
    states: mpsc::Sender<State>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut head = ledger.watch_head();
    loop {
        let due = Position::new(last.get().saturating_add(every));
        tokio::select! {
            // The ledger outlives this task, so an error means the same as an order to stop.
            Ok(_) = head.wait_for(|head| due <= *head) => {}
            _ = &mut stopped => break,
        }
        // Waits while the one before is written; then the state is as new as it can be.
        let Ok(turn) = states.reserve().await else { return };
        let state = ledger.with_state(State::clone);
        last = state.head();
        turn.send(state);
    }
    let state = ledger.with_state(State::clone);
    if last < state.head() {
        // A thread that has ended said why.
        let _ = states.send(state).await;
    }
}
