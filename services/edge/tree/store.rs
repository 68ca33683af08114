//! The tree while the service runs: the writer appends, anybody reads, the publisher flushes.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use merkle::hash::{self, Hash};
use merkle::tree::{self, Frontier, Hashes};
use parking_lot::{Mutex, RwLock};

use super::level::{self, Level};
use super::{WIDTH, hashes_at};

/// Roots of earlier sizes kept at hand: views ask for the same few again and again.
const ROOTS_KEPT: usize = 64;

/// Why something of the tree could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The tree has no such size yet.
    #[error("the tree has {have} leaves, not {asked}")]
    Beyond {
        /// The size or index asked for.
        asked: u64,
        /// The size there is.
        have: u64,
    },
    /// A hash that should be there is not.
    #[error("level {level} of the tree has no hash {first}")]
    Missing {
        /// The level.
        level: u8,
        /// The first hash asked for.
        first: u64,
    },
    /// A file of the tree could not be read.
    #[error("level {level} of the tree could not be read")]
    Read {
        /// The level.
        level: u8,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Something could not be done with a file of the tree.
    #[error("could not {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Leaves came in that do not follow the last one.
    #[error("the tree is out of step with the journal: nothing more is published")]
    OutOfStep,
}

/// The tree. One owner appends ([`TreeStore::append`]); everything else only reads.
#[derive(Debug)]
pub struct TreeStore {
    inner: RwLock<Inner>,
    /// `None` keeps everything in memory, for journals that live there too.
    dir: Option<PathBuf>,
    /// One flush at a time; what it says is the size covered by the files.
    flushed: Mutex<u64>,
    roots: Mutex<VecDeque<(u64, Hash)>>,
    out_of_step: AtomicBool,
}

#[derive(Debug)]
struct Inner {
    frontier: Frontier,
    levels: Vec<Level>,
}

impl TreeStore {
    /// An empty tree that stays in memory.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::over(None, Frontier::new(), Vec::new(), 0)
    }

    pub(super) fn over(
        dir: Option<PathBuf>,
        frontier: Frontier,
        levels: Vec<Level>,
        flushed: u64,
    ) -> Self {
        Self {
            inner: RwLock::new(Inner { frontier, levels }),
            dir,
            flushed: Mutex::new(flushed),
            roots: Mutex::new(VecDeque::new()),
            out_of_step: AtomicBool::new(false),
        }
    }

    /// Takes in the entries of a durable commit; `first` is the index of the first, counted from
    /// 0. About two hashes an entry, in memory, no system call.
    pub fn append<B: AsRef<[u8]>>(&self, first: u64, entries: &[B]) {
        let leaves: Vec<Hash> = entries.iter().map(|bytes| hash::leaf(bytes.as_ref())).collect();
        let mut inner = self.inner.write();
        let Inner { frontier, levels } = &mut *inner;
        if frontier.size() != first || self.out_of_step.load(Ordering::Relaxed) {
            // Only a fault of ours gets here; a tree that lacks leaves must never be signed.
            if !self.out_of_step.swap(true, Ordering::Relaxed) {
                tracing::error!(size = frontier.size(), first, "the tree is out of step");
            }
            return;
        }
        for leaf in leaves {
            frontier.push(leaf, &mut |level, _, hash| {
                let level = usize::from(level);
                while levels.len() <= level {
                    levels.push(Level::default());
                }
                if let Some(level) = levels.get_mut(level) {
                    level.tail.push(hash);
                }
            });
        }
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.inner.read().frontier.size()
    }

    /// The root of the tree of the first `size` leaves.
    ///
    /// # Errors
    /// [`TreeError::Beyond`] when there are fewer, others when files cannot be read.
    pub fn root(&self, size: u64) -> Result<Hash, TreeError> {
        {
            let inner = self.inner.read();
            let have = inner.frontier.size();
            if have < size {
                return Err(TreeError::Beyond { asked: size, have });
            }
            if have == size {
                return Ok(inner.frontier.root());
            }
        }
        if let Some((_, root)) = self.roots.lock().iter().find(|(of, _)| *of == size) {
            return Ok(*root);
        }
        let root = tree::root(self, size)?;
        let mut roots = self.roots.lock();
        roots.push_front((size, root));
        roots.truncate(ROOTS_KEPT);
        Ok(root)
    }

    /// The hash of the leaf at `index`, counted from 0.
    ///
    /// # Errors
    /// [`TreeError`] when it is not there or cannot be read.
    pub fn leaf(&self, index: u64) -> Result<Hash, TreeError> {
        self.read(0, index, 1)?.pop().ok_or(TreeError::Missing { level: 0, first: index })
    }

    /// The proof that the leaf at `index` is in the tree of `size` leaves.
    ///
    /// # Errors
    /// [`TreeError::Beyond`] when it cannot be, others when files cannot be read.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
        let have = self.size();
        if have < size || size <= index {
            return Err(TreeError::Beyond { asked: size.max(index), have: have.min(size) });
        }
        tree::inclusion_proof(self, index, size)
    }

    /// The proof that the tree of `new` leaves continues that of `old`.
    ///
    /// # Errors
    /// [`TreeError::Beyond`] when there are no such trees, others when files cannot be read.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
        let have = self.size();
        if have < new || new < old {
            return Err(TreeError::Beyond { asked: new.max(old), have: have.min(new) });
        }
        tree::consistency_proof(self, old, new)
    }

    /// The bytes of a C2SP hash tile: `width` hashes of tile `index` at `level`.
    ///
    /// # Errors
    /// [`TreeError::Missing`] when the tree is not that large.
    pub fn tile(&self, level: u8, index: u64, width: u16) -> Result<Vec<u8>, TreeError> {
        let missing = TreeError::Missing { level, first: index };
        let first = index.checked_mul(WIDTH).ok_or(missing)?;
        let hashes = self.read(level, first, usize::from(width))?;
        Ok(hashes.iter().flat_map(|hash| hash.0).collect())
    }

    /// Whether leaves are missing: then nothing may be signed.
    ///
    /// # Errors
    /// [`TreeError::OutOfStep`].
    pub fn in_step(&self) -> Result<(), TreeError> {
        if self.out_of_step.load(Ordering::Relaxed) { Err(TreeError::OutOfStep) } else { Ok(()) }
    }

    /// Writes what is only in memory to the files, syncs them, and lets go of it; the size that the
    /// files cover then. Everything stays in memory when that fails, to be tried again.
    ///
    /// # Errors
    /// What the file system said.
    pub fn flush(&self) -> Result<u64, TreeError> {
        let mut flushed = self.flushed.lock();
        let (size, levels) = {
            let inner = self.inner.read();
            (inner.frontier.size(), inner.levels.len())
        };
        let Some(dir) = &self.dir else { return Ok(size) };
        if size == *flushed {
            return Ok(size);
        }
        for index in 0..levels {
            let Ok(index) = u8::try_from(index) else { break };
            self.flush_level(dir, index, hashes_at(index, size))?;
        }
        *flushed = size;
        Ok(size)
    }

    fn flush_level(&self, dir: &Path, index: u8, until: u64) -> Result<(), TreeError> {
        let at = usize::from(index);
        let (file, first, hashes) = {
            let inner = self.inner.read();
            let Some(level) = inner.levels.get(at) else { return Ok(()) };
            let count = usize::try_from(until.saturating_sub(level.flushed)).unwrap_or(usize::MAX);
            let hashes: Vec<Hash> = level.tail.iter().take(count).copied().collect();
            (level.file.clone(), level.flushed, hashes)
        };
        if hashes.is_empty() {
            return Ok(());
        }
        let failed = |action| {
            let path = level::path(dir, index);
            move |source| TreeError::Io { action, path, source }
        };
        let file = match file {
            Some(file) => file,
            None => {
                let file = level::create(dir, index).map_err(failed("create"))?;
                File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("sync"))?;
                Arc::new(file)
            }
        };
        level::write_file(&file, first, &hashes).map_err(failed("write"))?;
        let mut inner = self.inner.write();
        if let Some(level) = inner.levels.get_mut(at) {
            level.file = Some(file);
            level.flushed += hashes.len() as u64;
            level.tail.drain(..hashes.len());
        }
        Ok(())
    }

    /// How many hashes are only in memory.
    #[must_use]
    pub fn unflushed(&self) -> usize {
        self.inner.read().levels.iter().map(|level| level.tail.len()).sum()
    }
}

impl Hashes for TreeStore {
    type Error = TreeError;

    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, TreeError> {
        let missing = TreeError::Missing { level, first };
        let (file, in_file, mut tail) = {
            let inner = self.inner.read();
            let Some(level) = inner.levels.get(usize::from(level)) else { return Err(missing) };
            let end = first.checked_add(count as u64);
            let held = level.flushed + level.tail.len() as u64;
            if end.is_none_or(|end| held < end) {
                return Err(missing);
            }
            // Both fit: they are no larger than what is asked for or held in memory.
            let in_file = level.flushed.saturating_sub(first).min(count as u64) as usize;
            let from = (first.max(level.flushed) - level.flushed) as usize;
            let tail = level.tail.iter().skip(from).take(count - in_file);
            let tail: Vec<Hash> = tail.copied().collect();
            (level.file.clone(), in_file, tail)
        };
        if in_file == 0 {
            return Ok(tail);
        }
        let file = file.ok_or(missing)?;
        let read = level::read_file(&file, first, in_file);
        let mut hashes = read.map_err(|source| TreeError::Read { level, source })?;
        hashes.append(&mut tail);
        Ok(hashes)
    }
}
