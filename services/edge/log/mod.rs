//! The transparency log: what the ledger says about its tree, signed, so that nobody can make it
//! say something else later.
//!
//! Three steps, named the same everywhere: an entry is *sequenced* once it is durable and has a
//! position, *integrated* once it is a leaf of the tree, *published* once a signed checkpoint covers
//! it that anybody may see. Here are the keys, the checkpoint files, the publisher and the witnesses;
//! the tree itself is [`crate::tree`], the formats are `merkle`'s.
//!
//! Invariants: no checkpoint is signed that does not continue the last one signed, as the data
//! directory and the guard record beside a configured key tell it; a checkpoint is on the device
//! before anybody sees it; nothing is served that is not published.

mod files;
mod keys;
mod opening;
mod publisher;
mod signing;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use merkle::{Checkpoint, Note};
use parking_lot::Mutex;
use tokio::sync::watch;

use crate::config::WitnessMode;
use crate::tree::TreeStore;

pub use files::FileError;
pub use keys::{KeyFiles, Keys, LogKeyError, Missing};
pub use opening::{LogError, LogOptions, anchor, open, origin_of};
pub use publisher::Publisher;
pub use signing::SignError;

/// The last checkpoint signed, in the data directory.
pub const CHECKPOINT: &str = "CHECKPOINT";
/// The last checkpoint published with the cosignatures it had, in the data directory; only with
/// witnesses, for whom signing and publishing are two steps.
pub const PUBLISHED: &str = "PUBLISHED";
/// Ending of the guard record beside a configured key file.
pub const GUARD_ENDING: &str = ".signed";

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
    signed: Mutex<Option<Signed>>,
    published: watch::Sender<Option<Arc<Published>>>,
    witness_mode: WitnessMode,
    /// Since when there is something to publish.
    waiting_since: Mutex<Option<Instant>>,
    /// Set for good once signing would contradict what was signed before.
    forked: AtomicBool,
}

/// The guard record beside a configured key: what the key signed last, wherever the data
/// directory may have gone meanwhile.
fn guard_of(keys: &Keys) -> Option<PathBuf> {
    keys.configured.as_ref().map(|file| {
        let mut name = file.file_name().unwrap_or_default().to_os_string();
        name.push(GUARD_ENDING);
        file.with_file_name(name)
    })
}

impl Log {
    /// A log that lives in memory, with keys of its own: for journals that do the same.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn in_memory() -> Result<Self, LogKeyError> {
        let origin = origin_of("", &"0".repeat(32));
        let keys = Keys::load(&KeyFiles::default(), &origin, Missing::Make)?;
        Ok(Self::over(keys, TreeStore::in_memory(), None, WitnessMode::Open))
    }

    fn over(keys: Keys, tree: TreeStore, dir: Option<PathBuf>, witness_mode: WitnessMode) -> Self {
        let guard = guard_of(&keys);
        Self(Arc::new(Inner {
            keys,
            tree,
            dir,
            guard,
            guard_forbidden: AtomicBool::new(false),
            signed: Mutex::new(None),
            published: watch::Sender::new(None),
            witness_mode,
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
        self.0.signed.lock().clone()
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
}
