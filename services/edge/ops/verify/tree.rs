//! The tree, computed from the entries and compared with the hashes kept in `tree/`.
//!
//! Two trees grow side by side: one of what the entries hash to now, one that takes the kept hash
//! where the two differ. The kept hashes were made when the entries were written, so they name the
//! entry that was changed; a signed checkpoint then says which of the two trees is the right one.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use merkle::hash::{self, Hash};
use merkle::tree::Frontier;

use super::{Compared, Finding, Findings};

/// Name of the directory of level files.
const DIRECTORY: &str = "tree";
/// Levels there can be: 256^8 leaves.
const LEVELS: u8 = 8;
/// Hashes read from a level file at a time.
const BLOCK: u64 = 8_192;
const HASH_BYTES: u64 = 32;

/// A leaf that is not what was kept.
struct Differing {
    position: u64,
    readable: bool,
}

/// Both trees and the files.
pub(super) struct Tree {
    levels: Vec<LevelFile>,
    /// Of what the entries hash to now; `None` behind an entry that cannot be read.
    found: Option<Frontier>,
    /// Of what was kept, where it was kept.
    kept: Option<Frontier>,
    differing: Vec<Differing>,
    size: u64,
}

impl Tree {
    /// Opens the level files there are.
    ///
    /// They count as far as the last checkpoint was signed. Behind it nothing was ever proved, the
    /// next start reads it from the journal again, and a power cut may have left anything there.
    pub(super) fn open(dir: Option<&Path>, findings: &mut Findings<'_>) -> Self {
        let mut levels = Vec::new();
        let signed = dir.map_or(0, signed_size);
        for level in (0..LEVELS).filter(|_| dir.is_some()) {
            let name = format!("{DIRECTORY}/level-{level}");
            let path = dir.unwrap_or(Path::new("")).join(&name);
            match LevelFile::open(&path, name.clone()) {
                Ok(mut file) => {
                    file.length = file.length.min(crate::tree::hashes_at(level, signed));
                    levels.push(file);
                }
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) => {
                    findings.add(unreadable(&name, &error));
                    break;
                }
            }
        }
        let found = Some(Frontier::new());
        Self { levels, kept: found.clone(), found, differing: Vec::new(), size: 0 }
    }

    /// Takes in the next entry.
    pub(super) fn entry(&mut self, stored: &[u8], findings: &mut Findings<'_>) {
        let leaf = hash::leaf(stored);
        let kept = self.kept_leaf(findings).unwrap_or(leaf);
        if kept != leaf {
            self.differing.push(Differing { position: self.size + 1, readable: true });
        }
        if let Some(found) = &mut self.found {
            found.push(leaf, &mut |_, _, _| {});
        }
        self.push_kept(kept, findings);
    }

    /// Takes in a position that cannot be read: only the kept hash can stand for it.
    pub(super) fn damaged(&mut self, findings: &mut Findings<'_>) {
        self.found = None;
        match self.kept_leaf(findings) {
            Some(kept) => {
                self.differing.push(Differing { position: self.size + 1, readable: false });
                self.push_kept(kept, findings);
            }
            None => {
                self.kept = None;
                self.size += 1;
            }
        }
    }

    fn kept_leaf(&mut self, findings: &mut Findings<'_>) -> Option<Hash> {
        let size = self.size;
        self.levels.first_mut().and_then(|level| level.get(size, findings))
    }

    fn push_kept(&mut self, leaf: Hash, findings: &mut Findings<'_>) {
        self.size += 1;
        let Some(kept) = &mut self.kept else { return };
        let levels = &mut self.levels;
        kept.push(leaf, &mut |level, index, hash| {
            // The leaves are compared with the entries.
            let Some(file) = levels.get_mut(usize::from(level)).filter(|_| 0 < level) else {
                return;
            };
            if file.get(index, findings).is_some_and(|kept| kept != hash) {
                let (name, width) = (file.name.clone(), 256_u64.pow(u32::from(level)));
                let (first, last) = (index * width + 1, (index + 1) * width);
                findings.add(Finding::of(
                    &name,
                    "TREE_NODE",
                    format!("{name} 的第 {index} 个散列（第 {first} 至 {last} 条）与其下的散列不符；停止服务并删除 {DIRECTORY} 目录，启动时会重建"),
                    format!(
                        "hash {index} of {name}, over positions {first} to {last}, does not match \
                         those below it; stop the service and delete {DIRECTORY}, it is rebuilt \
                         at the next start"
                    ),
                ));
            }
        });
    }

    /// The root over all entries; where some cannot be read, with the hashes kept of them.
    pub(super) fn root(&self) -> Option<Hash> {
        self.found.as_ref().or(self.kept.as_ref()).map(Frontier::root)
    }

    /// What is to be said when all is read.
    pub(super) fn finish(&mut self, findings: &mut Findings<'_>, compared: &mut Vec<Compared>) {
        if let Some(leaves) = self.levels.first() {
            let position = leaves.length.min(self.size);
            compared.push(Compared { what: DIRECTORY.to_owned(), position });
            if self.size < leaves.length {
                let (held, size, name) = (leaves.length, self.size, leaves.name.clone());
                findings.add(Finding::of(
                    &name,
                    "TREE_AHEAD",
                    format!("{name} 有 {held} 个散列，台账只有 {size} 条：台账末尾丢失；请恢复覆盖至第 {held} 条的备份"),
                    format!(
                        "{name} holds {held} hashes, the journal {size} entries: it lost its \
                         tail, restore a backup that reaches {held}"
                    ),
                ));
            }
        }
        let differing = std::mem::take(&mut self.differing);
        for Differing { position, .. } in differing.iter().filter(|one| one.readable) {
            findings.add(Finding::at(
                *position,
                "TREE_LEAF",
                format!("第 {position} 条的内容与写入时计入散列树的内容不同：记录被改动，或散列文件损坏；请从备份恢复"),
                format!(
                    "position {position} is not what was put into the tree when it was written: \
                     the entry was altered, or the file of hashes is damaged; restore a backup"
                ),
            ));
        }
    }
}

/// The size of the last signed checkpoint, by its own word; 0 without one.
fn signed_size(dir: &Path) -> u64 {
    match std::fs::read_to_string(dir.join(crate::log::CHECKPOINT)) {
        // What cannot be read is no reason to look at less.
        Ok(text) => text.lines().nth(1).and_then(|size| size.parse().ok()).unwrap_or(u64::MAX),
        Err(error) if error.kind() == ErrorKind::NotFound => 0,
        Err(_) => u64::MAX,
    }
}

/// A level file, read in order.
struct LevelFile {
    name: String,
    file: File,
    /// Hashes in it.
    length: u64,
    first: u64,
    block: Vec<Hash>,
}

impl LevelFile {
    fn open(path: &Path, name: String) -> std::io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len() / HASH_BYTES;
        Ok(Self { name, file, length, first: 0, block: Vec::new() })
    }

    /// The hash at `index`; `None` past the end, and, told once, where the file cannot be read.
    fn get(&mut self, index: u64, findings: &mut Findings<'_>) -> Option<Hash> {
        if self.length <= index {
            return None;
        }
        let held = self.first..self.first + self.block.len() as u64;
        if !held.contains(&index) {
            self.first = index;
            let count = BLOCK.min(self.length - index);
            let mut bytes = vec![0; usize::try_from(count * HASH_BYTES).unwrap_or(0)];
            if let Err(error) = self.file.read_exact_at(&mut bytes, index * HASH_BYTES) {
                findings.add(unreadable(&self.name, &error));
                self.length = 0;
                return None;
            }
            let (hashes, _) = bytes.as_chunks::<32>();
            self.block = hashes.iter().map(|hash| Hash(*hash)).collect();
        }
        let offset = usize::try_from(index - self.first).ok()?;
        self.block.get(offset).copied()
    }
}

fn unreadable(name: &str, error: &std::io::Error) -> Finding {
    Finding::of(
        name,
        "FILE_UNREADABLE",
        format!("无法读取 {name}：{error}"),
        format!("{name} cannot be read: {error}"),
    )
}
