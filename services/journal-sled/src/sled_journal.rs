//! The journal over sled: one writer at a time, reads beside it, poison after a failure.
//!
//! Invariants: `durable` is raised only after a commit has been synced and bounds every
//! read, so nothing is seen that a power cut could take back; once the writer is not
//! open any more it never is again, unless it was for want of room only.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use journal::frame::{self, Events, Frame};
use journal::{
    AppendError, BoxError, CloseError, Corruption, Damage, Entry, Head, Journal, Position,
    ReadError, ReadLimit, RecoverError,
};
use parking_lot::{Mutex, RwLock};

use crate::check::{self, End, Finding};
use crate::copied::{self, Copy};
use crate::lock::Lock;
use crate::store::{self, SEGMENT_BYTES, Store};
use crate::{Check, EngineError, LedgerId, OpenError, Options, directory};

/// How much an append may need on disk for each byte of its frames: measured 1.6 in the
/// long run, more while old and new pages are both there.
const DISK_BYTES_PER_BYTE: u64 = 4;

/// What opening a store again may need: sled writes a snapshot, and starts a segment.
const REOPENING_BYTES: u64 = 2 * SEGMENT_BYTES as u64;

/// A journal in a directory of its own.
#[derive(Debug)]
pub struct SledJournal {
    dir: PathBuf,
    ledger: LedgerId,
    high_water_every: Duration,
    free_bytes_min: u64,
    writer: Mutex<Writer>,
    /// Number of durable events.
    durable: AtomicU64,
    /// Readers share it, [`SledJournal::recover`] replaces it: `None` after it failed to.
    store: RwLock<Option<Store>>,
    cache_bytes: u64,
    /// What is looked at instead of the files of the journal.
    _copy: Option<Copy>,
    /// Last, so that it ends after sled is done with its files.
    _lock: Lock,
}

#[derive(Debug)]
struct Writer {
    state: State,
    /// What `HIGH-WATER` says, and since when.
    high_water: Head,
    high_water_tried: Instant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Closed,
    /// A write ran out of room: the store must be opened again, which may be done in place.
    Full,
    /// A write failed, and nobody knows what is on the device.
    Poisoned,
}

impl SledJournal {
    /// Opens the journal in `dir`, or creates one if the directory is missing or empty.
    ///
    /// Measured, it takes up to a second per million events written since the last open,
    /// as sled reads its log again, plus what `options.check` asks for.
    pub fn open(dir: &Path, options: Options) -> Result<SledJournal, OpenError> {
        directory::prepare(dir)?;
        let lock = Lock::take(dir)?;
        copied::remove_leftover(dir);
        // `FORMAT` is read first, it may say that nothing else can be understood; it is written
        // last, it says that the rest is there.
        let ledger = || directory::ledger(dir, options.new_ledger, options.expected_ledger);
        let known = if directory::has_format(dir)? { Some(ledger()?) } else { None };
        let log_exists = directory::exists(&dir.join("sled").join("db"))?;
        let high_water = directory::high_water(dir, log_exists)?;
        let lost = |head| {
            let lost = OpenError::TailLost { dir: dir.to_path_buf(), head, high_water };
            if head < high_water { Err(lost) } else { Ok(()) }
        };
        if !log_exists {
            // Before sled makes a new log, which would look like an empty journal.
            lost(Head::EMPTY)?;
        }
        let ledger = known.map_or_else(ledger, Ok)?;
        let store = Store::open(dir, options.cache_bytes)?;
        let end = check::end(&store, options.check).map_err(|finding| refused(dir, finding))?;
        lost(end.head)?;
        let head = settle(dir, &store, end)?;
        // Only now: a program that knows the older format may open it until then.
        directory::upgrade(dir)?;
        let writer = Writer { state: State::Open, high_water, high_water_tried: Instant::now() };
        Ok(SledJournal {
            dir: dir.to_path_buf(),
            ledger,
            high_water_every: options.high_water_every,
            free_bytes_min: options.free_bytes_min,
            writer: Mutex::new(writer),
            durable: AtomicU64::new(head.events()),
            store: RwLock::new(Some(store)),
            cache_bytes: options.cache_bytes,
            _copy: None,
            _lock: lock,
        })
    }

    /// A journal that is never written to, its high-water mark included.
    pub(crate) fn closed(
        dir: &Path,
        ledger: LedgerId,
        head: Head,
        (store, copy): (Store, Copy),
        lock: Lock,
    ) -> SledJournal {
        let state = State::Closed;
        let writer = Writer { state, high_water: head, high_water_tried: Instant::now() };
        SledJournal {
            dir: dir.to_path_buf(),
            ledger,
            high_water_every: Duration::MAX,
            free_bytes_min: u64::MAX,
            writer: Mutex::new(writer),
            durable: AtomicU64::new(head.events()),
            store: RwLock::new(Some(store)),
            cache_bytes: 0,
            _copy: Some(copy),
            _lock: lock,
        }
    }

    /// The id of the ledger whose journal this is.
    #[must_use]
    pub fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// The journal's directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn durable(&self) -> Head {
        Head::new(self.durable.load(Ordering::Acquire))
    }

    fn refuse_when_full(&self, frames: &[Frame]) -> Result<(), AppendError> {
        let bytes: usize = frames.iter().map(|frame| frame.value.len()).sum();
        let needed = (bytes as u64).saturating_mul(DISK_BYTES_PER_BYTE);
        match self.has_room(needed) {
            true => Ok(()),
            false => Err(AppendError::StorageFull { poisoned: false }),
        }
    }

    fn has_room(&self, needed: u64) -> bool {
        // A file system that does not say is no reason to refuse: if there is no room, the write
        // will tell.
        let free = store::free_bytes(&self.dir);
        free.is_none_or(|free| self.free_bytes_min.saturating_add(needed) <= free)
    }

    /// Opens the store again after a write ran out of room. sled keeps failing until then.
    fn reopen(&self, writer: &mut Writer) -> Result<Head, RecoverError> {
        if !self.has_room(REOPENING_BYTES) {
            return Err(RecoverError::StorageFull);
        }
        let engine = |error: BoxError| RecoverError::Engine(error);
        if let Some(store) = &*self.store.read() {
            store.wake_readers();
        }
        // Waits for the readers, whose iterators would keep sled open.
        let mut store = self.store.write();
        if let Some(open) = store.take() {
            // Pages that could not be written out may be gone from the device and still be read.
            if let Err(error) = open.is_synced() {
                *store = Some(open);
                writer.state = State::Poisoned;
                directory::mark_doubtful(&self.dir);
                return Err(engine(Box::new(error)));
            }
            drop(open);
        }
        let opened = match Store::open(&self.dir, self.cache_bytes) {
            Ok(opened) => opened,
            Err(OpenError::StorageFull { .. }) => return Err(RecoverError::StorageFull),
            Err(error) => return Err(engine(Box::new(error))),
        };
        let (dir, before) = (&*self.dir, self.durable());
        let end = check::end(&opened, Check::Tail).map_err(|finding| refused(dir, finding));
        let head = end.and_then(|end| settle(dir, &opened, end));
        let head = head.map_err(|error| engine(Box::new(error)));
        *store = Some(opened);
        let head = head.inspect_err(|_| writer.state = State::Poisoned)?;
        if head < before {
            writer.state = State::Poisoned;
            let dir = dir.to_path_buf();
            let lost = OpenError::TailLost { dir, head, high_water: before };
            return Err(engine(Box::new(lost)));
        }
        self.durable.store(head.events(), Ordering::Release);
        writer.state = State::Open;
        Ok(head)
    }

    /// Renews `HIGH-WATER` if it is behind. A failure loses nothing, the older mark is
    /// true as well.
    fn renew_high_water(&self, writer: &mut Writer) -> Result<(), OpenError> {
        let head = self.durable();
        writer.high_water_tried = Instant::now();
        if writer.high_water < head {
            directory::write_high_water(&self.dir, head)?;
            writer.high_water = head;
        }
        Ok(())
    }

    fn collect(&self, from: Position, head: Head, limit: ReadLimit) -> ReadResult {
        let missing = |position| ReadError::Corrupt { position, what: Corruption::Missing };
        let store = self.store.read();
        let store = store.as_ref().ok_or_else(|| read_failed(EngineError::NotOpen))?;
        let start = store.key_at_or_before(frame::key(from)).map_err(read_failed)?;
        let start = start.ok_or(missing(from))?;
        let mut expected = frame::position_of(&start)
            .ok_or(ReadError::Corrupt { position: from, what: Corruption::Key })?;
        let mut frames = store.scan_from(&start);
        let mut entries = Vec::new();
        let mut bytes = 0;
        while head.covers(expected) && limit.has_room(entries.len()) {
            let (key, value) =
                frames.next().ok_or_else(|| missing(expected))?.map_err(read_failed)?;
            check::starts_at(expected, &key)?;
            let header = frame::decode_header(expected, &value)?;
            let mut events = Events::new(header, value);
            while limit.has_room(entries.len())
                && let Some(entry) = events.next()
            {
                let entry = match entry {
                    Ok(Entry { position, .. }) if position < from => continue,
                    // Before what is asked for, and what is behind it can be told apart.
                    Err(Damage { position, what: Corruption::EventChecksum })
                        if position < from =>
                    {
                        continue;
                    }
                    entry => entry?,
                };
                if !limit.admits(entries.len(), bytes, entry.bytes.len()) {
                    return Ok(entries);
                }
                bytes += entry.bytes.len();
                entries.push(entry);
            }
            expected = check::after(header)?;
        }
        Ok(entries)
    }
}

type ReadResult = Result<Vec<Entry>, ReadError>;

impl Journal for SledJournal {
    fn head(&self) -> Result<Head, ReadError> {
        Ok(self.durable())
    }

    fn append(&self, first: Position, events: &[Bytes]) -> Result<(), AppendError> {
        // Outside the lock: it is pure, and refuses what breaks a limit.
        let frames = frame::encode_commit(first, events)?;
        let mut writer = self.writer.lock();
        match writer.state {
            State::Open => {}
            State::Closed => return Err(AppendError::Closed),
            State::Full | State::Poisoned => return Err(AppendError::Poisoned),
        }
        let head = self.durable();
        if first != head.next() {
            return Err(AppendError::Conflict { head });
        }
        self.refuse_when_full(&frames)?;
        let written = match &*self.store.read() {
            Some(store) => store.write(frames),
            None => Err(EngineError::NotOpen),
        };
        if let Err(error) = written {
            if matches!(error, EngineError::Sync(_)) {
                directory::mark_doubtful(&self.dir);
            }
            // A sync that ran out of room has lost what it was to force out.
            let full = error.is_storage_full() && !matches!(error, EngineError::Sync(_));
            writer.state = if full { State::Full } else { State::Poisoned };
            return Err(match full {
                true => AppendError::StorageFull { poisoned: true },
                false => AppendError::Engine(Box::new(error)),
            });
        }
        self.durable.store(head.events() + events.len() as u64, Ordering::Release);
        if writer.high_water_tried.elapsed() >= self.high_water_every {
            // The commit is durable whatever becomes of the mark; `close` reports a failure.
            let _ = self.renew_high_water(&mut writer);
        }
        Ok(())
    }

    fn read(&self, from: Position, limit: ReadLimit) -> Result<Vec<Entry>, ReadError> {
        let head = self.durable();
        if !head.covers(from) {
            return Ok(Vec::new());
        }
        let read = self.collect(from, head, limit);
        if matches!(read, Err(ReadError::Engine(_))) && self.writer.lock().state == State::Full {
            // sled can fail to read its last pages after it ran out of room, and is not open at
            // all after it ran out again while it was opened.
            return self.recover().map_or(read, |_| self.collect(from, head, limit));
        }
        read
    }

    fn recover(&self) -> Result<Head, RecoverError> {
        let mut writer = self.writer.lock();
        match writer.state {
            State::Open => Ok(self.durable()),
            State::Full => self.reopen(&mut writer),
            State::Closed => Err(RecoverError::Closed),
            State::Poisoned => Err(RecoverError::Poisoned),
        }
    }

    fn close(&self) -> Result<(), CloseError> {
        let mut writer = self.writer.lock();
        writer.state = State::Closed;
        self.renew_high_water(&mut writer).map_err(|error| CloseError(Box::new(error)))
    }
}

impl Drop for SledJournal {
    fn drop(&mut self) {
        // Nobody is left to tell; an older mark is true as well.
        let _ = self.close();
    }
}

/// Removes what a commit cut short has left behind, which nobody was told of.
fn settle(dir: &Path, store: &Store, end: End) -> Result<Head, OpenError> {
    if !end.unfinished.is_empty() {
        let removed = store.remove(&end.unfinished);
        removed.map_err(|source| match source.is_storage_full() {
            true => OpenError::StorageFull { dir: dir.to_path_buf(), source },
            false => OpenError::Engine { dir: dir.to_path_buf(), source },
        })?;
    }
    Ok(end.head)
}

fn refused(dir: &Path, finding: Finding) -> OpenError {
    let dir = dir.to_path_buf();
    match finding {
        Finding::Damage(Damage { position, what }) => OpenError::Damaged { dir, position, what },
        Finding::Engine(EngineError::Panicked { message }) => {
            OpenError::Corrupt { dir, what: format!("it panicked: {message}") }
        }
        Finding::Engine(EngineError::Sled(error @ sled::Error::Corruption { .. })) => {
            OpenError::Corrupt { dir, what: error.to_string() }
        }
        Finding::Engine(source) => OpenError::Engine { dir, source },
    }
}

fn read_failed(error: EngineError) -> ReadError {
    ReadError::Engine(Box::new(error))
}

#[cfg(test)]
impl SledJournal {
    pub(crate) fn store(&self) -> parking_lot::MappedRwLockReadGuard<'_, Store> {
        parking_lot::RwLockReadGuard::map(self.store.read(), |store| store.as_ref().unwrap())
    }

    pub(crate) fn store_mut(&mut self) -> &mut Store {
        self.store.get_mut().as_mut().unwrap()
    }

    pub(crate) fn set_free_bytes_min(&mut self, bytes: u64) {
        self.free_bytes_min = bytes;
    }
}
