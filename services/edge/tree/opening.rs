//! Opens the tree: from its files as far as signed sizes prove them, from the journal beyond.
//!
//! An *anchor* is a size and a root that this ledger once signed. The files are believed up to the
//! anchor when their right edge hashes to its root, which takes a few hundred hashes however large
//! the tree is; everything behind it is read from the journal again. Without an anchor, or with
//! files that do not match it, the tree is built anew from the journal, and then it is the journal
//! that must match every anchor: if it does not, entries were changed after they had been signed,
//! and the ledger does not start.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use journal::{Journal, Position, ReadLimit};
use merkle::hash::{self, Hash};
use merkle::tree::{self, Frontier, Hashes as _};

use super::level::{self, Level, LevelFiles};
use super::{TreeError, TreeStore, WIDTH, hashes_at};

/// Entries read at a time: a few MiB.
const CHUNK: ReadLimit = ReadLimit { events: 8_192, bytes: 8 * 1024 * 1024 };
/// Hashes kept in memory while the tree is built: 32 bytes each, 8 MiB.
const UNFLUSHED_MAX: usize = 262_144;
/// How often a long rebuild says how far it is.
const REPORT_EVERY: Duration = Duration::from_secs(2);

/// A size and the root that was signed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The size of the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
    /// Where the signature stands, for messages.
    pub source: PathBuf,
}

/// How far a rebuild is.
#[derive(Debug, Clone, Copy)]
pub struct Rebuilding {
    /// Entries hashed.
    pub position: u64,
    /// Entries there are.
    pub head: u64,
}

/// Why the tree could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenTreeError {
    /// The journal is shorter than what was signed.
    #[error(
        "台账只有 {head} 条，而 {source_file} 已签署到第 {size} 条：末尾的记录已丢失，或恢复了旧备份。请用 duty-ledger restore 恢复更新的备份 / \
         the journal has {head} entries, but {source_file} signed {size}: its tail is lost, or an older copy was restored; restore a newer backup with duty-ledger restore",
        source_file = anchor.source.display(), size = anchor.size
    )]
    TailLost {
        /// Entries of the journal.
        head: u64,
        /// What was signed.
        anchor: Anchor,
    },
    /// The journal does not hash to what was signed.
    #[error(
        "第 {first} 至 {last} 条中的记录与 {source_file} 所签署的树根不符：签署之后被改动。请用 duty-ledger restore 从备份恢复 / \
         entries between positions {first} and {last} do not hash to the root signed in {source_file}: they were changed after it was signed; restore a backup with duty-ledger restore",
        source_file = anchor.source.display(), first = positions.start(), last = positions.end()
    )]
    Contradiction {
        /// What was signed.
        anchor: Anchor,
        /// Where the changed entries are, as narrow as can be told.
        positions: RangeInclusive<u64>,
    },
    /// The journal could not be read.
    #[error("建树时无法读取台账 / the journal could not be read for the tree")]
    Journal(#[source] journal::ReadError),
    /// The files of the tree could not be used.
    #[error(
        "无法读写哈希树文件（目录 tree 可删除，启动时重建）/ the files of the tree could not be used (the directory tree may be removed: it is rebuilt)"
    )]
    Files(#[source] TreeError),
}

/// Opens the tree of a journal. `dir` is the data directory; without one the tree stays in memory.
///
/// # Errors
/// [`OpenTreeError`]; the journal is not touched.
pub fn open(
    journal: &dyn Journal,
    dir: Option<&Path>,
    anchors: &[Anchor],
    mut report: impl FnMut(Rebuilding),
) -> Result<TreeStore, OpenTreeError> {
    let head = journal.head().map_err(OpenTreeError::Journal)?.events();
    if let Some(anchor) = anchors.iter().find(|anchor| head < anchor.size) {
        return Err(OpenTreeError::TailLost { head, anchor: anchor.clone() });
    }
    let Some(dir) = dir.map(|dir| dir.join(super::DIRECTORY)) else {
        let store = TreeStore::in_memory();
        catch_up(journal, &store, head, &mut report)?;
        return check(store, anchors);
    };
    make(&dir).map_err(OpenTreeError::Files)?;
    // The largest: what it proves includes the others, once their roots are checked.
    let anchor = anchors.iter().max_by_key(|anchor| anchor.size).filter(|anchor| 0 < anchor.size);
    let loaded = match anchor {
        Some(anchor) => load(&dir, anchor),
        None => None,
    };
    let store = match (loaded, anchor) {
        (Some(store), Some(anchor)) => {
            same_journal(journal, &store, anchor)?;
            store
        }
        _ => {
            if 0 < head {
                tracing::warn!(head, dir = %dir.display(), "building the tree anew from the journal");
            }
            TreeStore::over(Some(dir), Frontier::new(), Vec::new(), 0)
        }
    };
    catch_up(journal, &store, head, &mut report)?;
    check(store, anchors)
}

/// Makes the directory of the tree, durably.
fn make(dir: &Path) -> Result<(), TreeError> {
    let failed = |source| TreeError::Io { action: "make", path: dir.to_path_buf(), source };
    fs::create_dir_all(dir).map_err(failed)?;
    let parent = dir.parent().unwrap_or(dir);
    fs::File::open(parent).and_then(|parent| parent.sync_all()).map_err(failed)
}

/// The tree of the files at the size of the anchor; `None` when they do not hash to its root.
fn load(dir: &Path, anchor: &Anchor) -> Option<TreeStore> {
    let loaded = try_load(dir, anchor);
    match loaded {
        Ok(Some(store)) => Some(store),
        Ok(None) => {
            tracing::warn!(dir = %dir.display(), "the files of the tree do not match what was signed");
            None
        }
        Err(error) => {
            tracing::warn!(error = %crate::chain(&error), "the files of the tree cannot be used");
            None
        }
    }
}

fn try_load(dir: &Path, anchor: &Anchor) -> Result<Option<TreeStore>, TreeError> {
    let files = LevelFiles::open(dir)?;
    if files.size()? < anchor.size {
        return Ok(None);
    }
    let Ok(root) = tree::root(&files, anchor.size) else { return Ok(None) };
    if root != anchor.root {
        return Ok(None);
    }
    let Ok(frontier) = Frontier::from_hashes(&files, anchor.size) else { return Ok(None) };
    let mut levels = Vec::new();
    for index in 0..8 {
        let flushed = hashes_at(index, anchor.size);
        if flushed == 0 {
            break;
        }
        let path = level::path(dir, index);
        let failed = |source| TreeError::Io { action: "open", path, source };
        let file = level::create(dir, index).map_err(failed)?;
        // What stands behind was never proved, and is read from the journal again.
        level::cut(&file, flushed).map_err(|source| TreeError::Read { level: index, source })?;
        levels.push(Level { file: Some(Arc::new(file)), flushed, tail: Vec::new() });
    }
    Ok(Some(TreeStore::over(Some(dir.to_path_buf()), frontier, levels, anchor.size)))
}

/// Checks the last entries that were signed against the tree: another journal under the same tree
/// is noticed at once. Entries further back are the business of `duty-ledger verify`.
fn same_journal(
    journal: &dyn Journal,
    store: &TreeStore,
    anchor: &Anchor,
) -> Result<(), OpenTreeError> {
    let first = anchor.size.saturating_sub(WIDTH);
    if differing(journal, store, first, anchor.size, Stop::AtFirst)?.is_none() {
        return Ok(());
    }
    // Not the whole journal is wrong, perhaps: the hashes that were kept say where.
    let positions = differing(journal, store, 0, anchor.size, Stop::AtLast)?;
    let positions = positions.unwrap_or(1..=anchor.size);
    Err(OpenTreeError::Contradiction { anchor: anchor.clone(), positions })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    AtFirst,
    AtLast,
}

/// The positions between which entries of the journal do not hash to the leaves kept.
fn differing(
    journal: &dyn Journal,
    store: &TreeStore,
    first: u64,
    until: u64,
    stop: Stop,
) -> Result<Option<RangeInclusive<u64>>, OpenTreeError> {
    let mut found: Option<RangeInclusive<u64>> = None;
    let mut index = first;
    while index < until {
        let entries = read(journal, index, until - index)?;
        if entries.is_empty() {
            break;
        }
        let kept = store.read(0, index, entries.len()).map_err(OpenTreeError::Files)?;
        for (bytes, kept) in entries.iter().zip(&kept) {
            index += 1;
            if hash::leaf(bytes) == *kept {
                continue;
            }
            let start = found.as_ref().map_or(index, |found| *found.start());
            found = Some(start..=index);
            if stop == Stop::AtFirst {
                return Ok(found);
            }
        }
    }
    Ok(found)
}

/// Entries from `index` on, no more than `count`.
fn read(journal: &dyn Journal, index: u64, count: u64) -> Result<Vec<bytes::Bytes>, OpenTreeError> {
    let Some(from) = Position::new(index.saturating_add(1)) else { return Ok(Vec::new()) };
    let events = usize::try_from(count).unwrap_or(usize::MAX).min(CHUNK.events);
    let entries = journal.read(from, ReadLimit { events, ..CHUNK });
    let entries = entries.map_err(OpenTreeError::Journal)?;
    Ok(entries.into_iter().map(|entry| entry.bytes).collect())
}

/// Hashes the entries that the tree lacks.
fn catch_up(
    journal: &dyn Journal,
    store: &TreeStore,
    head: u64,
    report: &mut impl FnMut(Rebuilding),
) -> Result<(), OpenTreeError> {
    let mut reported = Instant::now();
    let mut position = store.size();
    while position < head {
        let entries = read(journal, position, head - position)?;
        if entries.is_empty() {
            break;
        }
        store.append(position, &entries);
        position = store.size();
        if UNFLUSHED_MAX <= store.unflushed()
            && let Err(error) = store.flush()
        {
            // It stays in memory; the publisher tries again and says so.
            tracing::warn!(error = %crate::chain(&error), "the tree could not be written");
        }
        if REPORT_EVERY <= reported.elapsed() {
            reported = Instant::now();
            report(Rebuilding { position, head });
        }
    }
    Ok(())
}

/// Checks every anchor against the tree as it was built.
fn check(store: TreeStore, anchors: &[Anchor]) -> Result<TreeStore, OpenTreeError> {
    for anchor in anchors {
        let root = store.root(anchor.size).map_err(OpenTreeError::Files)?;
        if root != anchor.root {
            // The hashes kept did not match either, so they cannot say where. An anchor that does
            // match narrows it down.
            let sound = anchors.iter().filter(|other| {
                other.size < anchor.size && store.root(other.size).is_ok_and(|r| r == other.root)
            });
            let first = sound.map(|other| other.size).max().unwrap_or(0) + 1;
            let positions = first..=anchor.size;
            return Err(OpenTreeError::Contradiction { anchor: anchor.clone(), positions });
        }
    }
    Ok(store)
}
