//! The directory in whose place a ledger is restored: locked, and asked what it has signed.

use std::io;
use std::path::Path;

use journal_sled::{LedgerId, Lock};

use super::{Kept, RestoreError, Witnessed};
use crate::log::{CHECKPOINT, PUBLISHED, keys};

/// What is in the place. Nobody can serve it while this lives.
pub(super) struct Old {
    /// The checkpoints in it.
    pub(super) witnessed: Vec<Witnessed>,
    /// The signing keys in it: the log goes on with them.
    pub(super) keys: Vec<Kept>,
    _lock: Lock,
}

impl Old {
    /// Looks into a place; `None` when there is no ledger in it.
    pub(super) fn take(target: &Path, expected: LedgerId) -> Result<Option<Self>, RestoreError> {
        let Some(found) = journal_sled::ledger_of(target).map_err(RestoreError::Open)? else {
            return Ok(None);
        };
        if found != expected {
            let (found, expected) = (expected.to_string(), found.to_string());
            return Err(RestoreError::OtherLedger { found, expected });
        }
        let lock = Lock::take(target).map_err(RestoreError::Open)?;
        let mut witnessed = Vec::new();
        for name in [CHECKPOINT, PUBLISHED] {
            let path = target.join(name);
            if path.exists() {
                witnessed.push(super::witnessed(&path)?);
            }
        }
        let mut kept = Vec::new();
        for name in [keys::ED25519_FILE, keys::SM2_FILE] {
            let name = format!("{}/{name}", keys::DIRECTORY);
            let path = target.join(&name);
            match std::fs::read(&path) {
                Ok(content) => kept.push(Kept { name, content }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(RestoreError::Io { action: "read", path, source }),
            }
        }
        Ok(Some(Self { witnessed, keys: kept, _lock: lock }))
    }
}
