//! Names and other personal text: sealed in the journal, one key a person, the keys kept here.
//!
//! In the journal stands ciphertext under a person's own key; the key lies beside the journal in
//! `persons/<person id>.key`, wrapped by the key of keys (KEK) of the configuration. To erase a
//! person is to destroy that file. Not a cache: a name is opened when an answer needs it and kept
//! nowhere.
//!
//! Invariants:
//! - a key is durable before the first entry sealed under it is submitted;
//! - every erased person's key is gone before the service serves, and soon after each erasure
//!   ([`keep_erased_gone`]); half-written and half-destroyed files count as keys;
//! - ciphertext is bound to ledger and person, a wrapped key to ledger, person and key id;
//! - neither keys nor text are ever printed: their types have no `Debug` that would.

mod backup;
mod error;
mod files;
mod keep;
mod kek;
mod look;
mod rewrap;
mod seal;

use std::path::PathBuf;

use duty::id::PersonId;
use duty::registry::{Registry, Sealed};
use parking_lot::Mutex;

pub use backup::{KeptFile, to_back_up, to_restore};
pub use error::PersonsError;
pub use files::DIRECTORY;
pub(crate) use keep::destroy;
pub use keep::keep_erased_gone;
pub use kek::{Kek, KekError};
pub(crate) use look::Look;
pub use rewrap::{Rewrapped, rewrap};

use crate::pb;
use files::{Directory, KekRecord, WrappedKey};
use seal::DataKey;

/// Where the keys of a ledger are, and what they are wrapped by.
#[derive(Debug, Clone)]
pub struct Place {
    /// The data directory; without one, as over a journal in memory, nothing can be sealed.
    pub data_dir: Option<PathBuf>,
    /// The ledger's id in hex.
    pub ledger: String,
    /// The key of keys, when it is configured.
    pub kek: Option<Kek>,
}

/// The keys of the persons of one ledger.
pub struct Persons {
    directory: Option<Directory>,
    ledger: String,
    kek: Option<Kek>,
    /// One change of the files at a time.
    changing: Mutex<()>,
}

impl std::fmt::Debug for Persons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Persons").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

impl Persons {
    /// The keys at a place, which need not have any yet. The journal is open, the directory ours.
    ///
    /// # Errors
    /// [`PersonsError`] when the keys are another ledger's, when the KEK is not the one they are
    /// wrapped by, when a change of the KEK was cut short, or when the disk fails.
    pub fn open(place: Place) -> Result<Self, PersonsError> {
        let Place { data_dir, ledger, kek } = place;
        let directory = data_dir.as_deref().map(Directory::of);
        let persons = Self { directory, ledger, kek, changing: Mutex::new(()) };
        persons.check()?;
        Ok(persons)
    }

    /// Seals a text under the person's key, which is made, durably, if there is none.
    ///
    /// # Errors
    /// [`PersonsError`]; nothing was sealed then.
    pub fn seal(&self, person: &PersonId, text: &pb::PersonalText) -> Result<Sealed, PersonsError> {
        let (directory, kek) = self.ready()?;
        let key = {
            let _changing = self.changing.lock();
            match directory.key(person)? {
                Some(wrapped) => self.unwrap(person, &wrapped)?,
                None => {
                    directory.prepare(&KekRecord::new(&self.ledger, kek))?;
                    let key = DataKey::generate()?;
                    directory.put(&WrappedKey::new(&self.ledger, person, &key, kek)?)?;
                    key
                }
            }
        };
        key.seal(&self.ledger, person, text)
    }

    /// Opens a sealed text of a person.
    ///
    /// # Errors
    /// [`PersonsError`]; [`PersonsError::KeyMissing`] when the key is gone.
    pub fn open_text(
        &self,
        person: &PersonId,
        sealed: &Sealed,
    ) -> Result<pb::PersonalText, PersonsError> {
        let (directory, _) = self.ready()?;
        let wrapped = directory.key(person)?;
        let wrapped = wrapped.ok_or_else(|| PersonsError::KeyMissing { person: person.clone() })?;
        self.unwrap(person, &wrapped)?.open(&self.ledger, person, sealed)
    }

    /// Destroys the key of everybody whose text was erased, half-written files included.
    /// Idempotent; needs no KEK.
    ///
    /// # Errors
    /// The first fault of the disk; the keys of the others are destroyed all the same.
    pub fn destroy_erased(&self, registry: &Registry) -> Result<usize, PersonsError> {
        let Some(directory) = &self.directory else { return Ok(0) };
        let _changing = self.changing.lock();
        let mut destroyed = 0;
        let mut fault = None;
        for person in registry.erased_persons() {
            match directory.destroy(person) {
                Ok(was_there) => destroyed += usize::from(was_there),
                Err(error) => fault = fault.or(Some(error)),
            }
        }
        fault.map_or(Ok(destroyed), Err)
    }

    /// Looks at what is there.
    fn check(&self) -> Result<(), PersonsError> {
        let Self { directory: Some(directory), ledger, .. } = self else { return Ok(()) };
        directory.remove_leftovers()?;
        match directory.kek_record()? {
            Some(record) => {
                record.check(directory, ledger)?;
                match &self.kek {
                    Some(kek) => record.check_kek(directory, kek)?,
                    None => tracing::warn!(
                        "names are recorded and no key of keys is configured: none is shown"
                    ),
                }
            }
            None if directory.has_keys()? => {
                return Err(PersonsError::RecordMissing { path: directory.kek_path() });
            }
            None => {}
        }
        Ok(())
    }

    fn ready(&self) -> Result<(&Directory, &Kek), PersonsError> {
        match (&self.directory, &self.kek) {
            (Some(directory), Some(kek)) => Ok((directory, kek)),
            _ => Err(PersonsError::NoKek),
        }
    }

    fn unwrap(&self, person: &PersonId, wrapped: &WrappedKey) -> Result<DataKey, PersonsError> {
        let (directory, kek) = self.ready()?;
        wrapped.check(directory, &self.ledger, person)?;
        wrapped.check_kek(directory, kek)?;
        let damaged = |_| PersonsError::KeyDamaged { path: directory.key_path(person) };
        wrapped.unwrap(&self.ledger, person, kek).map_err(damaged)
    }
}

#[cfg(test)]
mod tests;
