//! Opening a journal to look at it: what opening for service would refuse is told instead.
//!
//! The journal cannot be written to, and nothing in its directory is touched: sled, which writes
//! to its own files whenever it opens them, gets a copy.

use std::path::Path;

use journal::Head;
use journal::frame;

use crate::copied::Copy;
use crate::lock::Lock;
use crate::store::Store;
use crate::{Check, OpenError, SledJournal, check, directory};

/// A journal opened for looking at.
#[derive(Debug)]
pub struct Inspection {
    /// The journal; every append is refused as closed.
    pub journal: SledJournal,
    /// Format version of the directory.
    pub format: u64,
    /// Why [`SledJournal::open`] would have refused it; empty for a sound one.
    pub refusals: Vec<OpenError>,
}

impl SledJournal {
    /// Opens the journal in `dir` for looking at, with the lock held.
    ///
    /// # Errors
    /// [`OpenError`] where there is nothing to look at: no journal there, one in use, one of a
    /// newer format, or one that sled cannot open.
    pub fn inspect(dir: &Path, cache_bytes: u64) -> Result<Inspection, OpenError> {
        directory::must_hold_journal(dir)?;
        let lock = Lock::take(dir)?;
        let (format, ledger) = directory::read_format(dir)?;
        let mut refusals = Vec::new();
        let log_exists = directory::exists(&dir.join("sled").join("db"))?;
        let high_water = match directory::read_high_water(dir) {
            Ok(high_water) => high_water,
            Err(error) => {
                refusals.push(error);
                Head::EMPTY
            }
        };
        if !log_exists && Head::EMPTY < high_water {
            // sled would make an empty journal where there was one.
            let dir = dir.to_path_buf();
            return Err(OpenError::TailLost { dir, head: Head::EMPTY, high_water });
        }
        let copy = Copy::of(dir)?;
        let opened = Store::open(copy.path(), cache_bytes);
        let store = opened.map_err(|error| told_of(error, copy.path(), dir))?;
        let head = last_position(dir, &store, high_water)?;
        if head < high_water {
            refusals.push(OpenError::TailLost { dir: dir.to_path_buf(), head, high_water });
        }
        let journal = SledJournal::closed(dir, ledger, head, (store, copy), lock);
        Ok(Inspection { journal, format, refusals })
    }
}

/// An error about the copy, told of the journal.
fn told_of(error: OpenError, copy: &Path, dir: &Path) -> OpenError {
    let own = dir.to_path_buf();
    match error {
        OpenError::Corrupt { what, .. } => OpenError::Corrupt { dir: own, what },
        OpenError::StorageFull { source, .. } => OpenError::StorageFull { dir: own, source },
        OpenError::Engine { source, .. } => OpenError::Engine { dir: own, source },
        OpenError::Io { action, path, source } => {
            let path = path.strip_prefix(copy).map_or(path.clone(), |rest| dir.join(rest));
            OpenError::Io { action, path, source }
        }
        other => other,
    }
}

/// Where the journal ends, as far as can be told: by the last frame, or by its key where its
/// header is damaged.
fn last_position(dir: &Path, store: &Store, high_water: Head) -> Result<Head, OpenError> {
    if let Ok(end) = check::end(store, Check::Tail) {
        return Ok(end.head);
    }
    let dir = dir.to_path_buf();
    let last = store.last().map_err(|source| OpenError::Engine { dir, source })?;
    let Some((key, value)) = last else { return Ok(Head::EMPTY) };
    let Some(first) = frame::position_of(&key) else { return Ok(high_water) };
    Ok(match frame::decode_header(first, &value) {
        Ok(header) => Head::at(header.last),
        Err(_) => Head::at(first).max(high_water),
    })
}
