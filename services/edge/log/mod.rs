//! The transparency log: what the ledger says about its tree, signed, so that nobody can make it
//! say something else later.
//!
//! Three steps, named the same everywhere: an entry is *sequenced* once it is durable and has a
//! position, *integrated* once it is a leaf of the tree, *published* once a signed checkpoint
//! covers it that anybody may see. Here are the keys, the checkpoint files, the publisher and the
//! witnesses; the tree itself is [`crate::tree`], the formats are `merkle`'s.
//!
//! Invariants: no checkpoint is signed that does not continue the last one signed, as the data
//! directory and the guard record beside a configured key tell it; a checkpoint is on the device
//! before anybody sees it; nothing is served that is not published.

pub(crate) mod files;
pub(crate) mod http_client;
pub(crate) mod keys;
mod lost;
mod opening;
mod publisher;
mod signing;
mod witnesses;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use merkle::{Checkpoint, Note, NoteSignature};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::WitnessMode;
use crate::tree::TreeStore;

pub use files::FileError;
pub use keys::{KeyFiles, Keys, LogKeyError, Missing};
pub(crate) use lost::sign_of_signing;
pub use opening::{LogError, LogOptions, anchor, open, origin_of};
pub use publisher::Publisher;
pub use signing::SignError;
use witnesses::Witnesses;
pub use witnesses::{PolicyFileError, check_policy};

/// The last checkpoint signed, in the data directory.
pub const CHECKPOINT: &str = "CHECKPOINT";
/// Says whether a checkpoint was signed once, in the data directory, so that a missing one is
/// noticed: made before anything is signed, settled once the first [`CHECKPOINT`] is durable.
pub const MARKER: &str = "CHECKPOINT.signed";
/// What the marker says from the first checkpoint on.
pub(crate) const MARKER_TEXT: &str = "a checkpoint was signed\n";
/// What the marker says before it.
pub(crate) const UNSIGNED_TEXT: &str = "no checkpoint was signed yet\n";
/// The last checkpoint published with the cosignatures it had, in the data directory; only with
/// witnesses, for whom signing and publishing are two steps.
pub const PUBLISHED: &str = "PUBLISHED";
/// Ending of the guard record beside a configured key file.
pub const GUARD_ENDING: &str = ".signed";
/// How long a quorum may be missing before that is told: a witness takes its time.
const QUORUM_PATIENCE: Duration = Duration::from_secs(3);

/// A checkpoint and the note that carries it.
#[derive(Debug, Clone)]
pub struct Signed {
    /// Origin, size, root.
    pub checkpoint: Checkpoint,
    /// The note with the signatures.
    pub note: Note,
}

/// A checkpoint anybody may see.
#[derive(Debug, Clone)]
pub struct Published {
    /// Origin, size, root.
    pub checkpoint: Checkpoint,
    /// The note with the signatures and cosignatures.
    pub note: Note,
    /// Since when.
    pub at: Timestamp,
    /// Whether the quorum of the policy has cosigned it. True without a policy.
    pub quorum_met: bool,
}

/// Why a cosignature was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CosignatureError {
    /// It is over another checkpoint than the last one signed.
    #[error("the last checkpoint signed has {signed} entries")]
    NotTheLast {
        /// The size of that.
        signed: u64,
    },
    /// No witness of the policy has that key.
    #[error("no witness of the policy has that key")]
    Unknown,
    /// It does not verify.
    #[error("it does not verify")]
    Invalid,
}

/// How far each of the three steps is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Leaves of the tree.
    pub integrated: u64,
    /// Leaves under the last published checkpoint.
    pub published: u64,
}

/// The log. Cheap to clone.
#[derive(Clone)]
pub struct Log(Arc<Inner>);

struct Inner {
    keys: Keys,
    tree: TreeStore,
    /// The data directory; `None` keeps nothing beyond the process.
    dir: Option<PathBuf>,
    /// The guard record beside a configured key file.
    guard: Option<PathBuf>,
    guard_forbidden: AtomicBool,
    /// The last checkpoint signed, with the cosignatures that have come in for it.
    signed: watch::Sender<Option<Signed>>,
    published: watch::Sender<Option<Arc<Published>>>,
    witnesses: Option<Witnesses>,
    witness_mode: WitnessMode,
    clock: Arc<dyn Clock>,
    /// Since when no checkpoint has met the quorum.
    unmet_since: Mutex<Option<Instant>>,
    /// Since when there is something to publish.
    waiting_since: Mutex<Option<Instant>>,
    /// Set for good once signing would contradict what was signed before.
    forked: AtomicBool,
}

/// The guard record beside a configured key: what the key signed last, wherever the data
/// directory may have gone meanwhile.
pub(crate) fn guard_of(key_file: &Path) -> PathBuf {
    let mut name = key_file.file_name().unwrap_or_default().to_os_string();
    name.push(GUARD_ENDING);
    key_file.with_file_name(name)
}

impl Log {
    fn over(
        keys: Keys,
        tree: TreeStore,
        dir: Option<PathBuf>,
        witnesses: Option<Witnesses>,
        witness_mode: WitnessMode,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let guard = keys.configured.as_deref().map(guard_of);
        Self(Arc::new(Inner {
            keys,
            tree,
            dir,
            guard,
            guard_forbidden: AtomicBool::new(false),
            signed: watch::Sender::new(None),
            published: watch::Sender::new(None),
            witnesses,
            witness_mode,
            clock,
            unmet_since: Mutex::new(None),
            waiting_since: Mutex::new(None),
            forked: AtomicBool::new(false),
        }))
    }

    /// The name of the log in checkpoints and keys.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.keys.ed25519.verifier().name().as_str()
    }

    /// The keys of the log.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.0.keys
    }

    /// The tree.
    #[must_use]
    pub fn tree(&self) -> &TreeStore {
        &self.0.tree
    }

    /// The checkpoint anybody may see; `None` before the first.
    #[must_use]
    pub fn published(&self) -> Option<Arc<Published>> {
        self.0.published.borrow().clone()
    }

    /// Follows what is published.
    #[must_use]
    pub fn watch_published(&self) -> watch::Receiver<Option<Arc<Published>>> {
        self.0.published.subscribe()
    }

    /// The last checkpoint signed, published or not.
    #[must_use]
    pub fn signed(&self) -> Option<Signed> {
        self.0.signed.borrow().clone()
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let published = self.0.published.borrow().as_ref().map_or(0, |p| p.checkpoint.size());
        Progress { integrated: self.tree().size(), published }
    }

    /// For how long, in seconds, entries have been waiting to be published; 0 when none are.
    #[must_use]
    pub fn publish_lag_seconds(&self) -> f64 {
        let Progress { integrated, published } = self.progress();
        if integrated <= published && self.published().is_some() {
            return 0.0;
        }
        self.0.waiting_since.lock().map_or(0.0, |since| since.elapsed().as_secs_f64())
    }

    /// Whether signing has stopped for good because it would contradict what was signed.
    #[must_use]
    pub fn is_forked(&self) -> bool {
        self.0.forked.load(Ordering::Relaxed)
    }

    /// Whether the quorum of the policy is met; a moment without it counts as nothing. True
    /// without a policy.
    #[must_use]
    pub fn quorum_met(&self) -> bool {
        self.0.unmet_since.lock().is_none_or(|since| since.elapsed() < QUORUM_PATIENCE)
    }

    /// The witnesses of the policy, each with how often it failed to cosign.
    #[must_use]
    pub fn witness_failures(&self) -> Vec<(String, u64)> {
        let all = self.0.witnesses.iter().flat_map(|witnesses| &witnesses.all);
        all.map(|known| (known.name.clone(), known.failures.load(Ordering::Relaxed))).collect()
    }

    /// The witness policy, as it can be given to a verifier; `None` without one.
    #[must_use]
    pub fn policy_text(&self) -> Option<String> {
        let witnesses = self.0.witnesses.as_ref()?;
        Some(String::from_utf8_lossy(&witnesses.policy.to_bytes()).into_owned())
    }

    /// Takes the cosignature that a witness brought, over the last checkpoint signed; whether the
    /// quorum is met now.
    ///
    /// # Errors
    /// [`CosignatureError`]; nothing is changed then.
    pub fn add_cosignature(
        &self,
        size: u64,
        line: NoteSignature,
    ) -> Result<bool, CosignatureError> {
        let witnesses = self.0.witnesses.as_ref().ok_or(CosignatureError::Unknown)?;
        let signed = self.signed().ok_or(CosignatureError::NotTheLast { signed: 0 })?;
        if signed.checkpoint.size() != size {
            return Err(CosignatureError::NotTheLast { signed: signed.checkpoint.size() });
        }
        let mut of_policy = witnesses.policy.witnesses().filter(|known| line.is_of(&known.key));
        let witness = of_policy.next().ok_or(CosignatureError::Unknown)?;
        let time = witness.key.verify(signed.note.text(), line.bytes());
        if !matches!(time, Ok(Some(1..))) {
            return Err(CosignatureError::Invalid);
        }
        if !self.cosigned(size, vec![line]) {
            let signed = self.signed().map_or(0, |signed| signed.checkpoint.size());
            return Err(CosignatureError::NotTheLast { signed });
        }
        Ok(self.signed().is_some_and(|signed| self.is_met(&signed.note)))
    }

    /// Whether the witnesses that the policy asks for have cosigned. True without a policy.
    fn is_met(&self, note: &Note) -> bool {
        self.0.witnesses.as_ref().is_none_or(|all| all.policy.accept(note).is_ok())
    }

    /// Takes cosignatures of the last checkpoint signed, when it is still the one of `size`; they
    /// have been verified. Whether they were taken.
    fn cosigned(&self, size: u64, cosignatures: Vec<NoteSignature>) -> bool {
        let taken = self.0.signed.send_if_modified(|signed| match signed {
            Some(signed) if signed.checkpoint.size() == size => {
                cosignatures.into_iter().for_each(|line| signed.note.add(line));
                true
            }
            _ => false,
        });
        if taken {
            self.show();
        }
        taken
    }

    /// Shows the last checkpoint signed, if the mode allows it already.
    fn show(&self) {
        // What was signed is looked at under the lock of what is published: of two calls at once
        // the later never shows the older.
        self.0.published.send_if_modified(|published| {
            let Some(Signed { checkpoint, note }) = self.signed() else { return false };
            let quorum_met = self.is_met(&note);
            let mut unmet = self.0.unmet_since.lock();
            *unmet = if quorum_met { None } else { unmet.or_else(|| Some(Instant::now())) };
            drop(unmet);
            if self.0.witness_mode == WitnessMode::Required && !quorum_met {
                return false;
            }
            // A further cosignature does not publish it again.
            let before = published.as_ref().filter(|p| p.checkpoint.size() == checkpoint.size());
            let at = before.map_or_else(|| self.0.clock.now(), |published| published.at);
            *published = Some(Arc::new(Published { checkpoint, note, at, quorum_met }));
            *self.0.waiting_since.lock() = None;
            true
        });
    }

    /// Signs nothing any more, for good.
    fn fork(&self, how: &str) {
        if !self.0.forked.swap(true, Ordering::Relaxed) {
            tracing::error!(
                how,
                "nothing more is signed: this journal does not continue what was published. \
                 Restore a backup that does (duty-ledger restore)"
            );
        }
    }
}
