//! Looking at `persons/` for a check: nothing is changed, and nothing personal leaves this module.

use std::path::Path;

use duty::id::PersonId;
use duty::registry::Sealed;

use super::error::PersonsError;
use super::files::{Directory, KekRecord};
use super::kek::Kek;
use super::seal::DataKey;

/// The keys in a data directory, and what they may be wrapped by.
pub(crate) struct Look<'a> {
    directory: Directory,
    ledger: &'a str,
    kek: Option<&'a Kek>,
    /// The record of the KEK, when it could be read.
    record: Option<KekRecord>,
}

/// A key that was looked at.
pub(crate) struct Seen<'a> {
    person: PersonId,
    ledger: &'a str,
    /// The key itself, where there is a KEK to unwrap it with.
    key: Option<DataKey>,
}

impl<'a> Look<'a> {
    /// Prepares to look; touches nothing.
    pub(crate) fn at(data_dir: &Path, ledger: &'a str, kek: Option<&'a Kek>) -> Self {
        Self { directory: Directory::of(data_dir), ledger, kek, record: None }
    }

    /// Whose keys there are.
    pub(crate) fn persons(&self) -> Result<Vec<PersonId>, PersonsError> {
        self.directory.persons()
    }

    /// Looks at the record of the KEK; whether there is one. With a KEK of which it says that it
    /// is the wrong one, nothing is unwrapped any more.
    ///
    /// # Errors
    /// What would keep the service from starting.
    pub(crate) fn record(&mut self) -> Result<bool, PersonsError> {
        let Some(record) = self.directory.kek_record()? else { return Ok(false) };
        let checked = record.check(&self.directory, self.ledger);
        let checked = checked.and_then(|()| match self.kek {
            Some(kek) => record.check_kek(&self.directory, kek),
            None => Ok(()),
        });
        if matches!(checked, Err(PersonsError::WrongKek { .. })) {
            self.kek = None;
        }
        self.record = Some(record);
        checked.map(|()| true)
    }

    /// Whether keys are unwrapped.
    pub(crate) fn unwraps(&self) -> bool {
        self.kek.is_some()
    }

    /// Looks at the key of a person.
    ///
    /// # Errors
    /// What keeps it from being used.
    pub(crate) fn key(&self, person: &PersonId) -> Result<Seen<'a>, PersonsError> {
        let directory = &self.directory;
        let missing = || PersonsError::KeyMissing { person: person.clone() };
        let wrapped = directory.key(person)?.ok_or_else(missing)?;
        wrapped.check(directory, self.ledger, person)?;
        if let Some(record) = &self.record {
            record.check_wraps(directory, &wrapped)?;
        }
        let damaged = |_| PersonsError::KeyDamaged { path: directory.key_path(person) };
        let key = match self.kek {
            // In the middle of a change some are wrapped by the next one already.
            Some(kek) if wrapped.kek == kek.fingerprint() => {
                Some(wrapped.unwrap(self.ledger, person, kek).map_err(damaged)?)
            }
            Some(_) | None => None,
        };
        Ok(Seen { person: person.clone(), ledger: self.ledger, key })
    }
}

impl Seen<'_> {
    /// Whether a sealed text opens with it; true where it could not be unwrapped.
    ///
    /// # Errors
    /// Why it does not.
    pub(crate) fn opens(&self, sealed: &Sealed) -> Result<(), PersonsError> {
        let Some(key) = &self.key else { return Ok(()) };
        key.open(self.ledger, &self.person, sealed).map(drop)
    }
}
