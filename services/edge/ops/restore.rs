//! Bringing a ledger back: from a backup, or from exported tiles.
//!
//! The new directory is built beside its place and put there with one rename, so that a crash
//! leaves the old state or the new one. Nothing is believed: every entry is decoded and hashed, and
//! the tree must have the root that the backup, its signed checkpoint and every checkpoint somebody
//! has witnessed say it has. A ledger that is shorter than what was witnessed is refused: signing
//! on from there would contradict what others hold.

mod error;
mod site;
mod staging;
mod tiles;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use journal_sled::LedgerId;
use merkle::hash::{self, Hash};
use merkle::tree::Frontier;
use merkle::{Checkpoint, VerifierKey};

use self::staging::Staging;
use super::backup::Kept;
use super::backup::read::{Part, Reader};
use super::verify::hex;
use crate::codec;

pub use self::error::RestoreError;
pub use self::tiles::{StaticLog, tiles};

/// A checkpoint somebody has seen of this ledger.
#[derive(Debug, Clone)]
pub struct Witnessed {
    /// Who says so: a file or an address, for messages.
    pub source: String,
    /// What was seen.
    pub checkpoint: Checkpoint,
}

/// How to restore.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only this ledger.
    pub ledger: Option<LedgerId>,
    /// What must be contained.
    pub witnessed: Vec<Witnessed>,
    /// Keys of the log: when given, the checkpoint must be signed by one of them.
    pub keys: Vec<VerifierKey>,
    /// Does everything and keeps nothing.
    pub dry_run: bool,
}

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    /// Which ledger.
    pub ledger: String,
    /// How many entries.
    pub size: u64,
    /// Root of the tree over them, in hex.
    pub root: String,
    /// Entries under the signed checkpoint.
    pub checkpoint_size: Option<u64>,
    /// Files beside the journal that came along.
    pub files: Vec<String>,
    /// Whether nothing was kept.
    pub dry_run: bool,
}

/// Takes entries in order and checks them against everything that is known of the tree.
pub(super) struct Builder {
    staging: Staging,
    tree: Frontier,
    /// Roots at the sizes somebody has a checkpoint of.
    roots: BTreeMap<u64, Option<Hash>>,
}

impl Builder {
    pub(super) fn new(
        target: &Path,
        ledger: LedgerId,
        sizes: impl IntoIterator<Item = u64>,
    ) -> Result<Self, RestoreError> {
        let staging = Staging::new(target, ledger)?;
        let tree = Frontier::new();
        let roots = sizes.into_iter().map(|size| (size, (size == 0).then(|| tree.root())));
        Ok(Self { staging, roots: roots.collect(), tree })
    }

    pub(super) fn entry(&mut self, stored: Bytes) -> Result<(), RestoreError> {
        let position = self.tree.size() + 1;
        codec::decode(&stored)
            .map_err(|source| RestoreError::Entry { position, source: Box::new(source) })?;
        self.tree.push(hash::leaf(&stored), &mut |_, _, _| {});
        if let Some(root) = self.roots.get_mut(&position) {
            *root = Some(self.tree.root());
        }
        self.staging.entry(stored)
    }

    pub(super) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(super) fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Whether the entries so far begin with those of a checkpoint.
    fn contains(&self, of: &Checkpoint) -> bool {
        self.roots.get(&of.size()).copied().flatten() == Some(of.root())
    }

    /// Checks what is built against the checkpoints, and puts it into its place.
    pub(super) fn finish(
        mut self,
        checkpoint: Option<(&Checkpoint, &str)>,
        files: &[Kept],
        wanted: &Wanted,
    ) -> Result<Restored, RestoreError> {
        if let Some((signed, _)) = checkpoint
            && !self.contains(signed)
        {
            return Err(RestoreError::Root { size: signed.size(), what: "checkpoint" });
        }
        for witnessed in &wanted.witnessed {
            if !self.contains(&witnessed.checkpoint) {
                return Err(contradicted(witnessed, self.size()));
            }
        }
        if let Some((_, note)) = checkpoint {
            self.staging.file("CHECKPOINT", note.as_bytes(), 0o644)?;
        }
        for file in files {
            self.staging.file(&file.name, &file.content, 0o600)?;
        }
        let restored = Restored {
            ledger: self.staging.ledger().to_string(),
            size: self.size(),
            root: hex(self.root()),
            checkpoint_size: checkpoint.map(|(signed, _)| signed.size()),
            files: files.iter().map(|file| file.name.clone()).collect(),
            dry_run: wanted.dry_run,
        };
        if wanted.dry_run {
            self.staging.discard()?
        } else {
            self.staging.keep()?
        }
        Ok(restored)
    }
}

fn contradicted(witnessed: &Witnessed, size: u64) -> RestoreError {
    let Witnessed { source, checkpoint } = witnessed;
    let (source, witnessed) = (source.clone(), checkpoint.size());
    if size < witnessed {
        RestoreError::Older { size, witnessed, source_name: source }
    } else {
        RestoreError::Inconsistent { witnessed, source_name: source }
    }
}

/// Refuses what is shorter than what was witnessed, or of another log, before anything is built.
pub(super) fn admit(
    ledger: LedgerId,
    origin: &str,
    size: u64,
    wanted: &Wanted,
) -> Result<(), RestoreError> {
    if let Some(expected) = wanted.ledger
        && expected != ledger
    {
        let (found, expected) = (ledger.to_string(), expected.to_string());
        return Err(RestoreError::OtherLedger { found, expected });
    }
    for witnessed in &wanted.witnessed {
        let of = witnessed.checkpoint.origin();
        if of != origin {
            let (found, expected) = (origin.to_owned(), of.to_owned());
            return Err(RestoreError::OtherLog {
                found,
                expected,
                source_name: witnessed.source.clone(),
            });
        }
        if size < witnessed.checkpoint.size() {
            return Err(contradicted(witnessed, size));
        }
    }
    Ok(())
}

/// Restores a backup into `target`, which must be missing or empty.
///
/// # Errors
/// [`RestoreError`]; `target` is as it was then.
pub fn backup(
    input: impl Read,
    target: &Path,
    wanted: &Wanted,
    mut progress: impl FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    let mut reader = Reader::new(input).map_err(RestoreError::Backup)?;
    let manifest = reader.manifest().clone();
    let ledger: LedgerId = manifest
        .ledger
        .parse()
        .map_err(|_| RestoreError::Manifest("its ledger id is none".to_owned()))?;
    admit(ledger, &manifest.origin, manifest.size, wanted)?;
    let checkpoint = match &manifest.checkpoint {
        Some(note) => Some((signed(note, &manifest.origin, &wanted.keys)?, note.as_str())),
        None if wanted.keys.is_empty() => None,
        None => return Err(RestoreError::Manifest("it has no signed checkpoint".to_owned())),
    };
    let sizes = wanted.witnessed.iter().map(|witnessed| witnessed.checkpoint.size());
    let sizes = sizes.chain(checkpoint.iter().map(|(signed, _)| signed.size()));
    let mut builder = Builder::new(target, ledger, sizes)?;
    let mut files = Vec::new();
    let mut keys = Vec::new();
    loop {
        match reader.next_part().map_err(RestoreError::Backup)? {
            Part::Entry(entry) => {
                builder.entry(entry)?;
                if builder.size() % 4_096 == 0 {
                    progress(builder.size(), manifest.size);
                }
            }
            Part::File(file) => {
                if file.name.ends_with(".pub") {
                    keys.extend(public_key(&file));
                }
                files.push(file);
            }
            Part::End => break,
        }
    }
    progress(builder.size(), manifest.size);
    if hex(builder.root()) != manifest.root {
        return Err(RestoreError::Root { size: manifest.size, what: "manifest" });
    }
    if let Some((_, note)) = checkpoint.as_ref().filter(|_| !keys.is_empty()) {
        signed(note, &manifest.origin, &keys)?;
    }
    builder.finish(checkpoint.as_ref().map(|(signed, note)| (signed, *note)), &files, wanted)
}

/// The checkpoint in a note; with keys, one of them must have signed it.
pub(super) fn signed(
    note: &str,
    origin: &str,
    keys: &[VerifierKey],
) -> Result<Checkpoint, RestoreError> {
    if !keys.is_empty() {
        let opened = Checkpoint::open(note.as_bytes(), origin, keys);
        return opened.map(|(signed, _, _)| signed).map_err(RestoreError::Checkpoint);
    }
    let note = merkle::Note::parse(note.as_bytes())
        .map_err(|error| RestoreError::Checkpoint(error.into()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(RestoreError::Checkpoint)?;
    if checkpoint.origin() != origin {
        let (found, expected) = (checkpoint.origin().to_owned(), origin.to_owned());
        let error = merkle::checkpoint::CheckpointError::WrongOrigin { found, expected };
        return Err(RestoreError::Checkpoint(error));
    }
    Ok(checkpoint)
}

fn public_key(file: &Kept) -> Option<VerifierKey> {
    std::str::from_utf8(&file.content).ok()?.trim().parse().ok()
}

/// Reads a checkpoint somebody has kept, from a file.
///
/// # Errors
/// When it cannot be read or is no signed checkpoint.
pub fn witnessed(file: &Path) -> Result<Witnessed, RestoreError> {
    let source = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| RestoreError::Io {
        action: "read",
        path: file.into(),
        source: error,
    })?;
    let bad = |error| RestoreError::Witnessed { source_name: source.clone(), source: error };
    let note = merkle::Note::parse(text.as_bytes()).map_err(|error| bad(error.into()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(bad)?;
    Ok(Witnessed { source, checkpoint })
}
