//! What a backup takes along of `persons/`, and how a restore puts it back.
//!
//! Keys go into a backup wrapped, as they lie; the KEK never does. Keys of erased persons are left
//! out even if their destruction is still under way. Not the backup itself: that is operation's.

use std::path::{Path, PathBuf};

use duty::id::PersonId;

use super::error::PersonsError;
use super::files::{self, Directory, KekRecord, RECORD, WrappedKey};

/// A file of `persons/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    /// Its name inside `persons/`.
    pub name: String,
    /// What it holds: public facts and a wrapped key.
    pub bytes: Vec<u8>,
}

/// The files of `persons/` that belong into a backup: the record of the KEK, and the wrapped key
/// of everybody who is not erased. Empty when there are none. Take the registry's
/// `erased_persons` *after* the position the backup ends at is fixed.
///
/// # Errors
/// [`PersonsError`] when a file cannot be read or is damaged.
pub fn to_back_up(
    data_dir: &Path,
    is_erased: impl Fn(&PersonId) -> bool,
) -> Result<Vec<KeptFile>, PersonsError> {
    let directory = Directory::of(data_dir);
    let mut kept = Vec::new();
    for person in directory.persons()? {
        if is_erased(&person) {
            continue;
        }
        // Destroyed since it was listed: then it was erased just now.
        let Some(key) = directory.key(&person)? else { continue };
        kept.push(KeptFile { name: format!("{person}.key"), bytes: key.to_text().into_bytes() });
    }
    if let Some(record) = directory.kek_record()? {
        kept.push(KeptFile { name: RECORD.to_owned(), bytes: record.to_text().into_bytes() });
    }
    Ok(kept)
}

/// Puts files of a backup into `persons/` of a restored ledger, durably; how many keys. The next
/// start destroys the keys of everybody the restored journal says is erased.
///
/// Every file is checked before the first is written.
///
/// # Errors
/// [`PersonsError`] when a file is not one of [`to_back_up`] or belongs to another ledger.
pub fn to_restore(data_dir: &Path, ledger: &str, kept: &[KeptFile]) -> Result<usize, PersonsError> {
    let directory = Directory::of(data_dir);
    let (mut record, mut keys) = (None, Vec::new());
    for file in kept {
        let path = PathBuf::from(&file.name);
        let damaged = || PersonsError::KeyDamaged { path: path.clone() };
        let text = std::str::from_utf8(&file.bytes).map_err(|_| damaged())?;
        let of = if file.name == RECORD {
            let found = KekRecord::parse(text).ok_or_else(damaged)?;
            record.insert(found).ledger.clone()
        } else {
            let person = files::person_of(&file.name).ok_or_else(damaged)?;
            let key = WrappedKey::parse(text).filter(|key| key.person == person);
            let key = key.ok_or_else(damaged)?;
            let ledger = key.ledger.clone();
            keys.push(key);
            ledger
        };
        if of != ledger {
            let expected = ledger.to_owned();
            return Err(PersonsError::OtherLedger { path, found: of, expected });
        }
    }
    let Some(record) = record else {
        let missing = PersonsError::RecordMissing { path: directory.kek_path() };
        return if keys.is_empty() { Ok(0) } else { Err(missing) };
    };
    directory.prepare(&record)?;
    directory.put_record(&record)?;
    keys.iter().try_for_each(|key| directory.put(key))?;
    Ok(keys.len())
}
