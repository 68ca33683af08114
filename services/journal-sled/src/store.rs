//! sled, with what it lacks: a sync that holds, panics turned into errors, a guarded open.
//!
//! Not the journal: positions, heads and poisoning are `sled_journal`'s. The measurements
//! behind each step are those of sled 0.34.7; repeat them before the version changes.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use journal::frame::{self, Frame};
use rustix::fs::{FlockOperation, fdatasync, flock};
use rustix::io::{Errno, retry_on_intr};

use crate::directory::{exists, failed, resolve_doubt, sync_dir};
use crate::snapshots;
use crate::watchdog::{self, Watchdog};
use crate::{EngineError, OpenError};

/// Bytes of one segment of sled's log, fixed at creation.
///
/// A record longer than a quarter of a segment, less 20 bytes, is put into a blob file,
/// which sled never syncs: after a power cut such a journal does not open again. The
/// longest record is a whole leaf. A leaf is split at its next visit once it has more
/// than 16 entries; counting 10 further ones that wait as links before they are merged in,
/// it holds 27 at the very most, each of at most 65,551 bytes (`VALUE_BYTES_MAX`), its key
/// of 8 bytes and two length prefixes of up to 9: 27 x 65,577 = 1,770,579 bytes.
/// 8 MiB / 4 - 20 = 2,097,132 bytes, so there is room to spare.
pub(crate) const SEGMENT_BYTES: usize = 8 << 20;

const LEAF_ENTRIES_MAX: usize = 27;
const _: () = assert!(
    LEAF_ENTRIES_MAX * (frame::VALUE_BYTES_MAX + 8 + 2 * 9) < SEGMENT_BYTES / 4 - 20,
    "a leaf full of the largest events must not become a blob file"
);

/// sled's threads may hold its log for a moment after the last handle is gone. We
/// hold the journal's lock by then, so whoever has the log is about to let it go.
const LOG_WAIT_MAX: Duration = Duration::from_secs(10);
const LOG_WAIT_STEP: Duration = Duration::from_millis(5);

/// An open sled database and a descriptor of our own on its log.
#[derive(Debug)]
pub(crate) struct Store {
    /// `Some` until dropped.
    db: Option<sled::Db>,
    log: File,
    /// `Some` until dropped, which comes first: it holds the database as well.
    watchdog: Option<Watchdog>,
}

impl Store {
    /// Opens or creates the database in `dir/sled`. The journal's lock must be held.
    ///
    /// What is read from it afterwards is on the device: a process that was killed leaves writes
    /// behind which nobody forced out. sled would build its synced snapshot on them, and we would
    /// show and acknowledge them, before a power cut takes them away.
    pub(crate) fn open(dir: &Path, cache_bytes: u64) -> Result<Store, OpenError> {
        let sled_dir = dir.join("sled");
        if !exists(&sled_dir)? {
            create(dir, &sled_dir, cache_bytes)?;
        }
        snapshots::secure(dir, &sled_dir)?;
        let path = sled_dir.join("db");
        if exists(&path)? {
            resolve_doubt(dir, &path)?;
            sync_file(&path)?;
        }
        let db = open_when_free(dir, &sled_dir, cache_bytes)?;
        let log = File::open(&path).map_err(failed("open", &path))?;
        let watchdog = Watchdog::start(&db).map_err(failed("start a thread for", &sled_dir))?;
        let store = Store { db: Some(db), log, watchdog: Some(watchdog) };
        sync_all(&sled_dir)?;
        sync_dir(dir)?;
        Ok(store)
    }

    /// Wakes readers who wait for what a failed write will never bring.
    pub(crate) fn wake_readers(&self) {
        watchdog::nudge(self.db());
    }

    /// Whether everything ever written to the log is on the device, so that opening it again may
    /// believe what it reads. The descriptor is as old as the store, so it reports every failure
    /// since: one opened anew might not, and then the page cache holds what the device does not.
    pub(crate) fn is_synced(&self) -> Result<(), EngineError> {
        retry_on_intr(|| fdatasync(&self.log)).map_err(|errno| EngineError::Sync(errno.into()))
    }

    /// Writes frames in order and returns when they are durable. A crash leaves the first ones or
    /// all of them, since sled recovers what comes before the first record that is not whole.
    ///
    /// Not as one of sled's batches: those begin with a record that is written and waited for
    /// apart, which measured a quarter of a small commit. What a commit cut short leaves behind is
    /// known by the mark on its last frame that is missing, see `check::end`.
    pub(crate) fn write(&self, frames: Vec<Frame>) -> Result<(), EngineError> {
        guarded(|| {
            let db = self.db();
            let _busy = self.watchdog.as_ref().map(Watchdog::busy);
            for frame in frames {
                db.insert(frame.key, frame.value).map_err(EngineError::Sled)?;
            }
            db.flush().map_err(EngineError::Sled)?;
            // sled's flush ends in sync_file_range: no metadata, no disk cache. Measured:
            // without this line every acknowledged event was lost in 12 of 12 power cuts.
            self.is_synced()
        })
    }

    /// Removes frames for good, in the order given.
    pub(crate) fn remove(&self, keys: &[sled::IVec]) -> Result<(), EngineError> {
        guarded(|| {
            let db = self.db();
            for key in keys {
                db.remove(key).map_err(EngineError::Sled)?;
            }
            db.flush().map_err(EngineError::Sled)?;
            self.is_synced()
        })
    }

    /// The last key below `key`, and its value.
    pub(crate) fn before(&self, key: &[u8]) -> Result<Option<(sled::IVec, Bytes)>, EngineError> {
        guarded(|| {
            let found = self.db().range(..key).next_back().transpose();
            found.map_err(EngineError::Sled).map(|found| found.map(copied))
        })
    }

    /// The last key and value.
    pub(crate) fn last(&self) -> Result<Option<(sled::IVec, Bytes)>, EngineError> {
        guarded(|| self.db().last().map_err(EngineError::Sled).map(|last| last.map(copied)))
    }

    /// The greatest key that is not greater than `key`.
    pub(crate) fn key_at_or_before(&self, key: [u8; 8]) -> Result<Option<sled::IVec>, EngineError> {
        guarded(|| {
            let found = self.db().range(..=key).next_back().transpose();
            found.map_err(EngineError::Sled).map(|found| found.map(|(key, _)| key))
        })
    }

    /// All keys and values from `key` on, in order.
    pub(crate) fn scan_from(&self, key: &[u8]) -> Scan {
        Scan { iter: self.db().range(key..) }
    }

    fn db(&self) -> &sled::Db {
        // Only `drop` takes it, and nothing can be called on a store after that.
        self.db.as_ref().expect("the database is there until the store is dropped")
    }

    #[cfg(test)]
    pub(crate) fn sled(&self) -> &sled::Db {
        self.db()
    }

    #[cfg(test)]
    pub(crate) fn replace_log(&mut self, log: File) {
        self.log = log;
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Dropping the last handle flushes, then syncs and unwraps the outcome. After a
        // failed sync of ours that panics, and a panic here would take the process down.
        drop(self.watchdog.take());
        let db = self.db.take();
        let _ = catch_unwind(AssertUnwindSafe(move || drop(db)));
    }
}

/// Bytes the file system of `path` still has for us; `None` if it does not say.
#[must_use]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let stat = retry_on_intr(|| rustix::fs::statvfs(path)).ok()?;
    (0 < stat.f_blocks).then(|| stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// A range scan whose steps can fail but not panic.
pub(crate) struct Scan {
    iter: sled::Iter,
}

impl Iterator for Scan {
    type Item = Result<(sled::IVec, Bytes), EngineError>;

    fn next(&mut self) -> Option<Self::Item> {
        let iter = &mut self.iter;
        guarded(|| iter.next().transpose().map_err(EngineError::Sled))
            .map(|item| item.map(copied))
            .transpose()
    }
}

/// Copies the value out: sled's shares the memory of its whole page, which a reader
/// who keeps one event would keep alive, unaccounted for by the cache.
fn copied((key, value): (sled::IVec, sled::IVec)) -> (sled::IVec, Bytes) {
    (key, Bytes::copy_from_slice(&value))
}

/// Runs sled code and turns a panic into an error: sled panics on some kinds of damage.
///
/// What a panic leaves half done is sled's inner state only. A writer poisons itself then,
/// and a reader checks everything it is given.
fn guarded<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let message = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let message = message.unwrap_or_else(|| "without a message".to_owned());
        Err(EngineError::Panicked { message })
    })
}

/// Makes an empty database, whole or not at all: sled syncs neither its configuration nor any
/// directory, and one cut short does not open again.
fn create(dir: &Path, sled_dir: &Path, cache_bytes: u64) -> Result<(), OpenError> {
    let new = dir.join("sled.new");
    if exists(&new)? {
        fs::remove_dir_all(&new).map_err(failed("remove", &new))?;
    }
    fs::create_dir(&new).map_err(failed("create the directory", &new))?;
    let db = open_when_free(dir, &new, cache_bytes)?;
    let log = File::open(new.join("db")).map_err(failed("open", &new))?;
    drop(Store { db: Some(db), log, watchdog: None });
    wait_until_free(&new.join("db"))?;
    sync_all(&new)?;
    fs::rename(&new, sled_dir).map_err(failed("rename", &new))?;
    sync_dir(dir)
}

/// Waits until sled's threads have let go of its log after the last handle is gone.
fn wait_until_free(path: &Path) -> Result<(), OpenError> {
    let log = File::open(path).map_err(failed("open", path))?;
    let deadline = Instant::now() + LOG_WAIT_MAX;
    loop {
        match flock(&log, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK) if Instant::now() < deadline => thread::sleep(LOG_WAIT_STEP),
            Err(errno) => return Err(failed("lock", path)(errno.into())),
        }
    }
}

/// Forces out sled's small files and the names of all.
fn sync_all(sled_dir: &Path) -> Result<(), OpenError> {
    sync_file(&sled_dir.join("db"))?;
    sync_file(&sled_dir.join("conf"))?;
    sync_dir(&sled_dir.join("blobs"))?;
    sync_dir(sled_dir)
}

fn sync_file(path: &Path) -> Result<(), OpenError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(failed("sync", path))
}

fn open_when_free(dir: &Path, sled_dir: &Path, cache_bytes: u64) -> Result<sled::Db, OpenError> {
    let deadline = Instant::now() + LOG_WAIT_MAX;
    loop {
        let config = sled::Config::new()
            .path(sled_dir)
            .cache_capacity(cache_bytes)
            // No flusher thread: it swallows errors, and we sync before we acknowledge.
            .flush_every_ms(None)
            .segment_size(SEGMENT_BYTES);
        let dir = dir.to_path_buf();
        match guarded(|| config.open().map_err(EngineError::Sled)) {
            Ok(db) => return Ok(db),
            Err(EngineError::Sled(error)) if log_is_held(&error) && Instant::now() < deadline => {
                thread::sleep(LOG_WAIT_STEP);
            }
            Err(EngineError::Panicked { message }) => {
                return Err(OpenError::Corrupt { dir, what: format!("it panicked: {message}") });
            }
            Err(EngineError::Sled(error @ sled::Error::Corruption { .. })) => {
                return Err(OpenError::Corrupt { dir, what: error.to_string() });
            }
            Err(source) if source.is_storage_full() => {
                return Err(OpenError::StorageFull { dir, source });
            }
            Err(source) => return Err(OpenError::Engine { dir, source }),
        }
    }
}

/// sled has no kind of its own for this error, so its words must do.
fn log_is_held(error: &sled::Error) -> bool {
    let sled::Error::Io(error) = error else { return false };
    error.to_string().starts_with("could not acquire lock")
}
