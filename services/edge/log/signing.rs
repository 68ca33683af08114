//! Signs the next checkpoint: the one place where the key is used.
//!
//! Blocking: it writes and syncs files. Invariant: what is returned continues everything signed
//! before, and is on the device.

use std::sync::atomic::Ordering;

use merkle::checkpoint::CheckpointError;
use merkle::proof::{ProofError, verify_consistency};
use merkle::signer::NotSigned;
use merkle::{Checkpoint, Hash};

use super::files::{self, Access, FileError};
use super::opening::{LogError, read_checkpoint};
use super::{CHECKPOINT, Log, MARKER, MARKER_TEXT, PUBLISHED, Signed};
use crate::tree::TreeError;

/// Why no checkpoint was signed. All but [`SignError::Fork`] are tried again.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The tree could not be read or written.
    #[error("the tree could not be read or written")]
    Tree(#[from] TreeError),
    /// A checkpoint file could not be written.
    #[error("a checkpoint file could not be written")]
    File(#[from] FileError),
    /// The guard record could not be read.
    #[error("the guard record could not be read")]
    Guard(#[source] LogError),
    /// The tree does not continue what was signed: nothing more is ever signed.
    #[error(
        "the tree of {size} entries does not continue the {signed} that were signed ({source_file})"
    )]
    Fork {
        /// The tree now.
        size: u64,
        /// What was signed.
        signed: u64,
        /// Where that stands.
        source_file: String,
        /// Why the proof fails; `None` when the tree is smaller.
        #[source]
        source: Option<ProofError>,
    },
    /// The checkpoint could not be made.
    #[error("the checkpoint could not be made")]
    Checkpoint(#[source] CheckpointError),
    /// The SM2 nonce was of no use.
    #[error("the checkpoint could not be signed")]
    NotSigned(#[from] NotSigned),
}

impl Log {
    /// Signs a checkpoint of the tree as it is now, when it has grown since the last;
    /// whether it did.
    ///
    /// # Errors
    /// [`SignError`]; nothing is signed then.
    pub(super) fn sign_next(&self) -> Result<bool, SignError> {
        let tree = self.tree();
        tree.in_step()?;
        let size = tree.flush()?;
        let last = self.signed();
        if last.as_ref().is_some_and(|last| last.checkpoint.size() == size) {
            return Ok(false);
        }
        let root = tree.root(size)?;
        if let Some(last) = &last {
            self.continues(&last.checkpoint, size, root, CHECKPOINT)?;
        }
        if let Some(guard) = &self.0.guard {
            let key = self.keys().ed25519.verifier();
            let record = read_checkpoint(guard, self.origin(), key).map_err(SignError::Guard)?;
            if let Some(record) = record {
                self.continues(&record.checkpoint, size, root, &guard.display().to_string())?;
            }
        }
        let checkpoint =
            Checkpoint::new(self.origin(), size, root).map_err(SignError::Checkpoint)?;
        let note = checkpoint.sign([&self.keys().ed25519, &self.keys().sm2])?;
        let signed = Signed { checkpoint, note };
        self.keep(&signed)?;
        self.0.signed.send_replace(Some(signed));
        Ok(true)
    }

    /// Checks by a consistency proof that the tree continues an earlier checkpoint.
    fn continues(
        &self,
        earlier: &Checkpoint,
        size: u64,
        root: Hash,
        source_file: &str,
    ) -> Result<(), SignError> {
        let signed = earlier.size();
        let fork =
            |source| SignError::Fork { size, signed, source_file: source_file.to_owned(), source };
        if size < signed {
            return Err(fork(None));
        }
        let proof = self.tree().consistency_proof(signed, size)?;
        let verified = verify_consistency(signed, size, &earlier.root(), &root, &proof);
        verified.map_err(|error| fork(Some(error)))
    }

    /// Writes the checkpoint to the data directory and the guard record, before anybody sees it.
    pub(super) fn keep(&self, signed: &Signed) -> Result<(), SignError> {
        let text = signed.note.to_string();
        // The guard first: it is the one that outlives the data directory.
        if let Some(guard) = &self.0.guard {
            match files::replace(guard, &text, Access::Public) {
                Ok(()) => {}
                Err(error) if error.is_forbidden() => {
                    if !self.0.guard_forbidden.swap(true, Ordering::Relaxed) {
                        tracing::warn!(
                            error = %crate::chain(&error),
                            "no guard record can be kept beside the signing key: an older copy of \
                             the data directory would not be noticed by it"
                        );
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(dir) = &self.0.dir {
            files::replace(&dir.join(CHECKPOINT), &text, Access::Public)?;
        }
        Ok(self.mark()?)
    }

    /// Lets the marker say so; only once the first checkpoint is durable.
    pub(super) fn mark(&self) -> Result<(), FileError> {
        let Some(dir) = &self.0.dir else { return Ok(()) };
        let marker = dir.join(MARKER);
        if std::fs::read(&marker).is_ok_and(|text| text == MARKER_TEXT.as_bytes()) {
            return Ok(());
        }
        files::replace(&marker, MARKER_TEXT, Access::Public)
    }

    /// Writes what is published to the data directory.
    pub(super) fn keep_published(&self, note: &str) -> Result<(), FileError> {
        match &self.0.dir {
            Some(dir) => files::replace(&dir.join(PUBLISHED), note, Access::Public),
            None => Ok(()),
        }
    }
}
