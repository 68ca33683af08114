//! What somebody keeps of the ledger elsewhere, exported tiles or a backup: the hashes of its
//! entries name the one that was changed here when nothing in the data directory does.
//!
//! Believed no more than the rest: the two are compared, and a signed checkpoint says which of them
//! is right.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use merkle::VerifierKey;
use merkle::hash::{self, Hash};
use merkle::tree::Frontier;

use super::checkpoints::{Anchor, believed};
use super::{Finding, Findings, Subject, exported};
use crate::log::CHECKPOINT;
use crate::ops::backup::read::{Part, Reader};
use crate::ops::restore::{RestoreError, StaticLog};

type Leaves = Box<dyn Iterator<Item = Result<Hash, Fault>>>;

/// What is wrong with a reference.
pub(super) enum Fault {
    /// To be told; it goes on behind it.
    Told(Box<Finding>),
    /// Nothing more can be read.
    Ends(RestoreError),
}

impl Fault {
    pub(super) fn told<T>(finding: Finding) -> Result<T, Self> {
        Err(Self::Told(Box::new(finding)))
    }
}

/// Entries kept elsewhere, by their hashes.
pub struct Reference {
    /// Where it is, for messages.
    name: String,
    /// What it is: `tiles` or `backup`.
    what: &'static str,
    origin: String,
    /// Its signed checkpoint, if it has one.
    note: Option<String>,
    leaves: Leaves,
}

impl Reference {
    /// The static log in a directory.
    ///
    /// # Errors
    /// [`RestoreError`] when there is none.
    pub fn tiles(dir: &Path) -> Result<Self, RestoreError> {
        let log = StaticLog::open(dir)?;
        let note = merkle::Note::parse(log.note.as_bytes())
            .map_err(|error| RestoreError::Checkpoint(error.into()))?;
        let size = merkle::Checkpoint::parse(note.text()).map_err(RestoreError::Checkpoint)?.size();
        let (origin, note) = (log.origin.clone(), Some(log.note.clone()));
        let leaves = exported::leaves(log, size);
        let name = dir.join("checkpoint").display().to_string();
        Ok(Self { name, what: "tiles", origin, note, leaves: Box::new(leaves) })
    }

    /// A backup.
    ///
    /// # Errors
    /// [`RestoreError`] when it is none.
    pub fn backup(path: &Path) -> Result<Self, RestoreError> {
        let file = File::open(path).map_err(|source| RestoreError::Io {
            action: "read",
            path: path.to_path_buf(),
            source,
        })?;
        let mut reader = Reader::new(BufReader::new(file)).map_err(RestoreError::Backup)?;
        let (origin, note) =
            (reader.manifest().origin.clone(), reader.manifest().checkpoint.clone());
        let leaves = std::iter::from_fn(move || {
            loop {
                return match reader.next_part() {
                    Ok(Part::Entry(entry)) => Some(Ok(hash::leaf(&entry))),
                    Ok(Part::File(_)) => continue,
                    Ok(Part::End) => None,
                    Err(error) => Some(Err(Fault::Ends(RestoreError::Backup(error)))),
                };
            }
        });
        let name = path.display().to_string();
        Ok(Self { name, what: "backup", origin, note, leaves: Box::new(leaves) })
    }
}

/// A reference while it is compared.
pub(super) struct Compared {
    pub(super) name: String,
    pub(super) what: &'static str,
    leaves: Leaves,
    /// Of its hashes; `None` behind the last of them.
    tree: Option<Frontier>,
    /// Positions whose entry here is another one.
    pub(super) differing: Vec<u64>,
    /// How far it was compared.
    pub(super) reached: u64,
}

impl Compared {
    /// Begins, unless the reference is of another log or cannot be believed. Its checkpoint joins
    /// those that the entries must have the root of.
    pub(super) fn begin(
        reference: Reference,
        subject: &Subject<'_>,
        keys: &[VerifierKey],
        anchors: &mut Vec<Anchor>,
        findings: &mut Findings<'_>,
    ) -> Option<Self> {
        let Reference { name, what, origin, note, leaves } = reference;
        let mine = subject.dir.and_then(|dir| std::fs::read(dir.join(CHECKPOINT)).ok());
        let mine = mine.and_then(|note| believed(&note, &[]).ok());
        if let Some(mine) = mine.filter(|mine| mine.origin() != origin) {
            findings.add(of_another(&name, &origin, mine.origin()));
            return None;
        }
        if let Some(note) = note {
            match believed(note.as_bytes(), keys) {
                Ok(signed) => {
                    anchors.push(Anchor::new(name.clone(), signed.size(), signed.root()));
                }
                Err(why) => {
                    findings.add(unusable(&name, &why.0, &why.1));
                    return None;
                }
            }
        }
        let tree = Some(Frontier::new());
        Some(Self { name, what, leaves, tree, differing: Vec::new(), reached: 0 })
    }

    /// The hash of the next position; it is compared with that of the entry, where that is known.
    pub(super) fn next(
        &mut self,
        entry: Option<Hash>,
        findings: &mut Findings<'_>,
    ) -> Option<Hash> {
        let tree = self.tree.as_mut()?;
        let leaf = loop {
            match self.leaves.next() {
                Some(Ok(leaf)) => break leaf,
                Some(Err(Fault::Told(finding))) => findings.add(*finding),
                ended => {
                    self.tree = None;
                    if let Some(Err(Fault::Ends(error))) = ended {
                        findings.add(unusable(&self.name, &error.zh(), &crate::chain(&error)));
                    }
                    return None;
                }
            }
        };
        tree.push(leaf, &mut |_, _, _| {});
        self.reached = tree.size();
        if entry.is_some_and(|entry| entry != leaf) {
            self.differing.push(self.reached);
        }
        Some(leaf)
    }

    /// The root over its hashes so far.
    pub(super) fn root(&self) -> Option<Hash> {
        self.tree.as_ref().map(Frontier::root)
    }
}

/// The entry here is what was signed, so the reference is not.
pub(super) fn differs(name: &str, position: u64) -> Finding {
    Finding {
        file: Some(name.to_owned()),
        ..Finding::at(
            position,
            "REFERENCE_DIFFERS",
            format!(
                "{name} 中的第 {position} 条不是所签的内容（本目录中的与签名的检查点相符）；请换一份对照"
            ),
            format!(
                "position {position} in {name} is not what was signed (the one in this directory \
                 is): compare with another copy"
            ),
        )
    }
}

fn of_another(name: &str, found: &str, expected: &str) -> Finding {
    Finding::of(
        name,
        "REFERENCE_OTHER",
        format!("{name} 属于日志 {found}，本台账为 {expected}；请选择本台账的导出或备份"),
        format!(
            "{name} is of the log {found}, this one is {expected}: choose an export or backup of this ledger"
        ),
    )
}

fn unusable(name: &str, zh: &str, en: &str) -> Finding {
    Finding::of(
        name,
        "REFERENCE_UNUSABLE",
        format!("{name} 不能用于对照：{zh}；请换一份"),
        format!("{name} cannot be compared with: {en}; take another copy"),
    )
}
