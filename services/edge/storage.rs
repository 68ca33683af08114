//! Where a ledger is kept: its journal, and the directory for what belongs to it.

use std::path::PathBuf;
use std::sync::Arc;

use journal::Journal;

/// A journal with its place.
#[derive(Clone)]
pub struct Storage {
    /// The journal.
    pub journal: Arc<dyn Journal>,
    /// The id of the ledger, 32 hex digits.
    pub ledger: String,
    /// The data directory; without one, tree, keys and checkpoints live in memory like the journal.
    pub dir: Option<PathBuf>,
}

/// A journal without a directory.
impl From<Arc<dyn Journal>> for Storage {
    fn from(journal: Arc<dyn Journal>) -> Self {
        Self { journal, ledger: "0".repeat(32), dir: None }
    }
}
