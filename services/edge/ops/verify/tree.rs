//! The tree, computed from the entries and compared with the hashes kept in `tree/`.
//!
//! Two trees grow side by side: one of what the entries hash to now, one that takes the kept hash
//! where the two differ. The kept hashes were made when the entries were written, so they name the
//! entry that was changed; a signed checkpoint then says which of the two trees is the right one.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use merkle::VerifierKey;
use merkle::hash::{self, Hash};
use merkle::tree::Frontier;

use super::checkpoints::Anchor;
use super::{Compared, Finding, Findings, Subject, reference};

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
    anchors: Vec<Anchor>,
    /// Hashes kept elsewhere, where the check was given any.
    reference: Option<reference::Compared>,
    /// The last size at which a snapshot was taken of a tree with the root there is now.
    unaltered: u64,
}

impl Tree {
    /// Opens the level files there are.
    ///
    /// They count as far as the last checkpoint was signed. Behind it nothing was ever proved, the
    /// next start reads it from the journal again, and a power cut may have left anything there.
    pub(super) fn open(
        dir: Option<&Path>,
        anchors: Vec<Anchor>,
        findings: &mut Findings<'_>,
    ) -> Self {
        let mut levels = Vec::new();
        let signed = anchors.iter().map(|anchor| anchor.size).max().unwrap_or(0);
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
        let (kept, differing) = (found.clone(), Vec::new());
        let (size, unaltered, reference) = (0, 0, None);
        let mut tree = Self { levels, kept, found, differing, size, anchors, reference, unaltered };
        tree.reach_anchors();
        tree
    }

    /// Compares the entries with what is kept of them elsewhere as well.
    pub(super) fn compare_with(
        &mut self,
        reference: reference::Reference,
        subject: &Subject<'_>,
        keys: &[VerifierKey],
        findings: &mut Findings<'_>,
    ) {
        let anchors = &mut self.anchors;
        self.reference = reference::Compared::begin(reference, subject, keys, anchors, findings);
        self.reach_anchors();
    }

    /// Compares the trees with what was signed at this size.
    fn reach_anchors(&mut self) {
        let root = |tree: &Option<Frontier>| tree.as_ref().map(Frontier::root);
        for anchor in self.anchors.iter_mut().filter(|anchor| anchor.size == self.size) {
            anchor.found = root(&self.found) == Some(anchor.root);
            anchor.kept = root(&self.kept) == Some(anchor.root);
            let reference = self.reference.as_ref().and_then(reference::Compared::root);
            anchor.reference = reference == Some(anchor.root);
        }
    }

    /// Notes that a snapshot was taken of the tree with the root there is now.
    pub(super) fn is_unaltered(&mut self) {
        self.unaltered = self.size;
    }

    fn reference(&mut self, entry: Option<Hash>, findings: &mut Findings<'_>) -> Option<Hash> {
        self.reference.as_mut().and_then(|reference| reference.next(entry, findings))
    }

    /// Takes in the next entry.
    pub(super) fn entry(&mut self, stored: &[u8], findings: &mut Findings<'_>) {
        let leaf = hash::leaf(stored);
        self.reference(Some(leaf), findings);
        let kept = self.kept_leaf(findings).unwrap_or(leaf);
        if kept != leaf {
            self.differing.push(Differing { position: self.size + 1, readable: true });
        }
        if let Some(found) = &mut self.found {
            found.push(leaf, &mut |_, _, _| {});
        }
        self.push_kept(kept, findings);
        self.reach_anchors();
    }

    /// Takes in a position that cannot be read: only the kept hash can stand for it.
    pub(super) fn damaged(&mut self, findings: &mut Findings<'_>) {
        self.found = None;
        let reference = self.reference(None, findings);
        match self.kept_leaf(findings).or(reference) {
            Some(kept) => {
                self.differing.push(Differing { position: self.size + 1, readable: false });
                self.push_kept(kept, findings);
            }
            None => {
                self.kept = None;
                self.size += 1;
            }
        }
        self.reach_anchors();
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

    /// The root so far, where what the entries hash to is what was kept of them.
    pub(super) fn agreed_root(&self) -> Option<Hash> {
        let found = self.found.as_ref().map(Frontier::root)?;
        (self.kept.as_ref().map(Frontier::root) == Some(found)).then_some(found)
    }

    /// What is to be said when all is read. `at_rest`: nothing was appended meanwhile.
    pub(super) fn finish(
        &mut self,
        at_rest: bool,
        findings: &mut Findings<'_>,
        compared: &mut Vec<Compared>,
    ) {
        if let Some(leaves) = self.levels.first() {
            let position = leaves.length.min(self.size);
            compared.push(Compared { what: DIRECTORY.to_owned(), position });
            if at_rest && self.size < leaves.length {
                findings.add(ahead(&leaves.name, leaves.length, self.size));
            }
        }
        for anchor in &self.anchors {
            let Anchor { file, size, .. } = anchor;
            if self.size < *size {
                findings.add(ahead(file, *size, self.size));
                continue;
            }
            compared.push(Compared { what: file.clone(), position: *size });
            let is_proven = anchor.found || (self.found.is_none() && anchor.kept);
            if !is_proven {
                findings.add(unproven(file, *size, self.unaltered_below(*size)));
            }
        }
        let differing = std::mem::take(&mut self.differing);
        for Differing { position, .. } in differing.iter().filter(|one| one.readable) {
            let proven = |by: fn(&Anchor) -> bool| {
                self.anchors.iter().any(|anchor| *position <= anchor.size && by(anchor))
            };
            findings.add(if proven(|anchor| anchor.found) {
                file_differs(*position)
            } else {
                entry_differs(*position, proven(|anchor| anchor.kept))
            });
        }
        let Some(reference) = self.reference.take() else { return };
        compared.push(Compared { what: reference.what.to_owned(), position: reference.reached });
        for position in reference.differing {
            let proven = |by: fn(&Anchor) -> bool| {
                self.anchors.iter().any(|anchor| position <= anchor.size && by(anchor))
            };
            let is_told = || differing.iter().any(|one| one.readable && one.position == position);
            if proven(|anchor| anchor.found) {
                findings.add(reference::differs(&reference.name, position));
            } else if !is_told() {
                findings.add(entry_differs(position, proven(|anchor| anchor.reference)));
            }
        }
    }

    /// The last size below `size` up to which nothing was altered.
    fn unaltered_below(&self, size: u64) -> u64 {
        let proven = self.anchors.iter().filter(|anchor| anchor.found).map(|anchor| anchor.size);
        proven.chain([self.unaltered]).filter(|known| *known < size).max().unwrap_or(0)
    }
}

/// The entry is what was signed, so the file of hashes is not.
fn file_differs(position: u64) -> Finding {
    Finding {
        file: Some(format!("{DIRECTORY}/level-0")),
        ..Finding::at(
            position,
            "TREE_LEAF_FILE",
            format!(
                "{DIRECTORY}/level-0 中第 {position} 条的散列损坏（记录本身与签名的检查点相符）；停止服务并删除 {DIRECTORY} 目录，启动时会重建"
            ),
            format!(
                "the hash of position {position} in {DIRECTORY}/level-0 is damaged (the entry \
                 itself is under the signed checkpoint); stop the service and delete \
                 {DIRECTORY}, it is rebuilt at the next start"
            ),
        )
    }
}

fn entry_differs(position: u64, signed: bool) -> Finding {
    let (zh, en) = if signed {
        ("签名的检查点证明记录在写入之后被改动", "the signed checkpoint proves it was altered")
    } else {
        ("记录被改动，或散列文件损坏", "it was altered, or the file of hashes is damaged")
    };
    Finding::at(
        position,
        "ENTRY_ALTERED",
        format!(
            "第 {position} 条的内容与写入时计入散列树的内容不同：{zh}；请保留目录原样，从备份恢复"
        ),
        format!(
            "position {position} is not what was put into the tree when it was written: {en}; \
             keep the directory as it is and restore a backup"
        ),
    )
}

/// Something covers more entries than there are.
fn ahead(file: &str, covered: u64, size: u64) -> Finding {
    Finding {
        position: Some(size + 1),
        last_position: Some(covered),
        ..Finding::of(
            file,
            "TAIL_LOST",
            format!(
                "{file} 涵盖 {covered} 条，台账只有 {size} 条：台账末尾丢失；请恢复覆盖至第 {covered} 条的备份"
            ),
            format!(
                "{file} covers {covered} entries, the journal has {size}: its tail is lost, \
                 restore a backup that reaches {covered}"
            ),
        )
    }
}

/// Some entry up to `size` was altered; up to `unaltered` none was, as far as that is known.
fn unproven(file: &str, size: u64, unaltered: u64) -> Finding {
    let (zh, en) = match unaltered {
        0 => ("其中有记录".to_owned(), "some were".to_owned()),
        _ => (
            format!("其中第 {} 至 {size} 条之间有记录", unaltered + 1),
            format!("some from position {} to {size} were", unaltered + 1),
        ),
    };
    Finding {
        position: (0 < unaltered).then_some(unaltered + 1),
        last_position: (0 < unaltered).then_some(size),
        ..Finding::of(
            file,
            "CHECKPOINT_ROOT",
            format!(
                "前 {size} 条的根散列与 {file} 所签的不符：{zh}在签名之后被改动；请从备份恢复。若未指出序号，用 verify --tiles 或 --backup 与导出或备份对照即可得知"
            ),
            format!(
                "the first {size} entries do not hash to the root signed in {file}: {en} altered \
                 after it was signed; restore a backup. Where no position is named, compare with \
                 an export or a backup: verify --tiles or --backup"
            ),
        )
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

pub(super) fn unreadable(name: &str, error: &std::io::Error) -> Finding {
    Finding::of(
        name,
        "FILE_UNREADABLE",
        format!("无法读取 {name}：{error}"),
        format!("{name} cannot be read: {error}"),
    )
}
