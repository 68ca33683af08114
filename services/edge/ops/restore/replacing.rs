//! The directory in whose place a ledger is restored: locked, and asked what it has signed.

use std::io;
use std::path::Path;

use journal_sled::{LedgerId, Lock, OpenError};
use merkle::VerifierKey;

use super::{Kept, RestoreError, Witnessed};
use crate::log::{CHECKPOINT, PUBLISHED, keys};
use crate::ops::verify;

/// What is in the place. Nobody can serve it while this lives.
pub(super) struct Old {
    /// The checkpoints in it.
    pub(super) witnessed: Vec<Witnessed>,
    /// The signing keys in it: the log goes on with them.
    pub(super) keys: Vec<Kept>,
    /// The public keys in it.
    pub(super) public: Vec<VerifierKey>,
    /// The last position that was acknowledged there, signed or not, as far as can be told.
    pub(super) head: u64,
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
        let head = head(target)?;
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
        let public = verify::keys_in(target);
        Ok(Some(Self { witnessed, keys: kept, public, head, _lock: lock }))
    }
}

/// How far the entries in a directory reach. The engine may not be able to open it, and is not
/// asked: what is replaced stays as it is.
fn head(dir: &Path) -> Result<u64, RestoreError> {
    let mark = journal_sled::high_water_of(dir).map_or(0, |mark| mark.events());
    match journal_sled::salvage(dir) {
        Ok(found) => Ok(found.last.events().max(mark)),
        Err(error @ OpenError::Locked { .. }) => Err(RestoreError::Open(error)),
        // Nothing is left to be read of it.
        Err(_) => Ok(mark),
    }
}
