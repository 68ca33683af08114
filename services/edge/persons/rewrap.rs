//! Changes the key of keys: every key is wrapped anew. Offline, and safe to cut short.
//!
//! The record names the next KEK before the first key is touched and is settled after the last, so
//! a change cut short is noticed at the next start and finished by running it again. Not a change
//! of the persons' own keys: nothing in the journal changes.

use std::path::Path;

use super::error::PersonsError;
use super::files::{Directory, KekRecord, WrappedKey};
use super::kek::Kek;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewrapped {
    /// Keys wrapped anew now.
    pub changed: usize,
    /// Keys that an earlier run had done.
    pub done_before: usize,
}

/// Wraps every key in `data_dir` by `new` instead of `old`. The caller holds the journal's lock.
///
/// # Errors
/// [`PersonsError`]; whatever was done stays, and running it again goes on from there.
pub fn rewrap(
    data_dir: &Path,
    ledger: &str,
    old: &Kek,
    new: &Kek,
) -> Result<Rewrapped, PersonsError> {
    let directory = Directory::of(data_dir);
    directory.remove_leftovers()?;
    let mut rewrapped = Rewrapped { changed: 0, done_before: 0 };
    let Some(mut record) = directory.kek_record()? else {
        return if directory.has_keys()? {
            Err(PersonsError::RecordMissing { path: directory.kek_path() })
        } else {
            Ok(rewrapped)
        };
    };
    let (path, next) = (directory.kek_path(), new.fingerprint());
    if record.ledger != ledger {
        let (found, expected) = (record.ledger, ledger.to_owned());
        return Err(PersonsError::OtherLedger { path, found, expected });
    }
    match &record.next {
        // Done before, down to the record.
        None if record.kek == next => {
            rewrapped.done_before = directory.persons()?.len();
            return Ok(rewrapped);
        }
        None => record.check_kek(&directory, old)?,
        Some(recorded) if *recorded == next => record.check_kek(&directory, old)?,
        Some(recorded) => {
            let (expected, found) = (recorded.clone(), next);
            return Err(PersonsError::WrongKek { path, expected, found });
        }
    }
    record.next = Some(next.clone());
    directory.put_record(&record)?;
    for person in directory.persons()? {
        let damaged = || PersonsError::KeyDamaged { path: directory.key_path(&person) };
        let Some(wrapped) = directory.key(&person)? else { continue };
        if wrapped.kek == next {
            rewrapped.done_before += 1;
            continue;
        }
        wrapped.check(&directory, ledger, &person)?;
        wrapped.check_kek(&directory, old)?;
        let key = wrapped.unwrap(ledger, &person, old).map_err(|_| damaged())?;
        directory.put(&WrappedKey::new(ledger, &person, &key, new)?)?;
        rewrapped.changed += 1;
    }
    directory.put_record(&KekRecord::new(ledger, new))?;
    Ok(rewrapped)
}
