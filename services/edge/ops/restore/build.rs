//! Building the new directory, and all that is checked before it is put into its place.
//!
//! Invariant: what somebody has seen of the log is in it, or it is another log.

use std::collections::BTreeMap;
use std::path::Path;

use bytes::Bytes;
use journal_sled::LedgerId;
use merkle::hash::{self, Hash};
use merkle::tree::Frontier;
use merkle::{Checkpoint, VerifierKey};

use super::error::Tail;
use super::replacing::Old;
use super::staging::Staging;
use super::witness::{Asked, Heard, Held, Proofs};
use super::{Kept, RestoreError, Restored, Wanted, Witnessed, hex, signed};
use crate::codec;

/// What a backup or a static log says about itself.
pub(super) struct Claim {
    pub(super) ledger: LedgerId,
    pub(super) origin: String,
    /// How many entries it holds.
    pub(super) size: u64,
    /// Its signed checkpoint, and the note of it.
    pub(super) checkpoint: Option<(Checkpoint, String)>,
}

/// Takes entries in order and checks them against everything that is known of the tree.
pub(super) struct Builder<'a> {
    staging: Staging,
    tree: Frontier,
    /// Roots at the sizes somebody has a checkpoint of.
    roots: BTreeMap<u64, Option<Hash>>,
    claim: Claim,
    wanted: &'a Wanted,
    witnessed: Vec<Witnessed>,
    /// Sizes that witnesses hold, to be proven to them.
    held: Vec<Held>,
    heard: Vec<Heard>,
    proofs: Proofs,
    old: Option<Old>,
    /// Whether the signatures of what was witnessed were checked.
    checks_signatures: bool,
    /// What is given up.
    lost: Vec<String>,
}

impl<'a> Builder<'a> {
    /// Asks everybody who may have seen more, and refuses what is too old before anything is built.
    /// `own` are public keys of the log that came with it.
    pub(super) fn new(
        target: &Path,
        claim: Claim,
        own: &[VerifierKey],
        wanted: &'a Wanted,
    ) -> Result<Self, RestoreError> {
        let mut witnessed = wanted.witnessed.clone();
        let old = if wanted.replace { Old::take(target, claim.ledger)? } else { None };
        witnessed.extend(old.iter().flat_map(|old| old.witnessed.clone()));
        let (mut held, mut heard) = (Vec::new(), Vec::new());
        for url in &wanted.witnesses {
            let (asked, said) = super::witness::ask(url, &claim, wanted)?;
            heard.push(said);
            match asked {
                Asked::Saw(saw) => witnessed.push(saw),
                Asked::Holds(size) => held.push(size),
                Asked::Nothing => {}
            }
        }
        let theirs = old.iter().flat_map(|old| old.public.clone()).collect::<Vec<_>>();
        let keys: [&[VerifierKey]; 3] = [&wanted.keys, own, &theirs];
        let keys = keys.into_iter().find(|keys| !keys.is_empty()).unwrap_or_default();
        admit(&claim, wanted, keys, &witnessed)?;
        let lost = old.as_ref().and_then(|old| unsigned_tail(target, old.head, claim.size));
        if let Some(tail) = &lost
            && !wanted.lose_unsigned
            && wanted.new_origin.is_none()
        {
            return Err(RestoreError::Tail(tail.clone()));
        }
        let checks_signatures = !keys.is_empty();
        let lost = lost.into_iter().map(|tail| tail.short()).collect();
        let mut proofs = Proofs::default();
        let signed = claim.checkpoint.as_ref().map(|(signed, _)| signed.size());
        for held in &held {
            held.admit(&claim, &mut proofs)?;
        }
        let staging = Staging::new(target, claim.ledger, old.is_some())?;
        let tree = Frontier::new();
        let sizes = witnessed.iter().map(|one| one.checkpoint.size()).chain(signed);
        let roots = sizes.map(|size| (size, (size == 0).then(|| tree.root()))).collect();
        Ok(Self {
            staging,
            roots,
            tree,
            claim,
            wanted,
            witnessed,
            held,
            heard,
            proofs,
            old,
            checks_signatures,
            lost,
        })
    }

    pub(super) fn entry(&mut self, stored: Bytes) -> Result<(), RestoreError> {
        let position = self.tree.size() + 1;
        codec::decode(&stored)
            .map_err(|source| RestoreError::Entry { position, source: Box::new(source) })?;
        let proofs = &mut self.proofs;
        self.tree.push(hash::leaf(&stored), &mut |level, index, hash| {
            proofs.keep(level, index, hash);
        });
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

    /// Checks what is built against the checkpoints, and puts it into its place. `keys` are public
    /// keys of the log that came with it.
    pub(super) fn finish(
        mut self,
        mut files: Vec<Kept>,
        keys: &[VerifierKey],
    ) -> Result<Restored, RestoreError> {
        if let Some((signed, _)) = &self.claim.checkpoint
            && !self.contains(signed)
        {
            return Err(RestoreError::Root { size: signed.size(), what: "checkpoint" });
        }
        let mut lost = std::mem::take(&mut self.lost);
        for witnessed in &self.witnessed {
            if self.contains(&witnessed.checkpoint) {
                continue;
            }
            if self.wanted.new_origin.is_none() {
                return Err(contradicted(witnessed, self.size(), self.checks_signatures));
            }
            lost.push(format!("{}: {}", witnessed.source, witnessed.checkpoint.size()));
        }
        let checkpoint = if let Some(origin) = &self.wanted.new_origin {
            files.retain(|file| !file.name.starts_with("keys/"));
            self.staging.make_keys(origin)?;
            None
        } else {
            let has_keys = files.iter().any(|file| file.name == "keys/log.ed25519");
            let theirs = self.old.iter_mut().filter(|_| !has_keys);
            files.extend(theirs.flat_map(|old| std::mem::take(&mut old.keys)));
            self.newest_signed(keys)
        };
        if let Some((_, note)) = &checkpoint {
            self.staging.file("CHECKPOINT", note.as_bytes(), 0o644)?;
        }
        // Without a checkpoint the keys in it must not be taken for a sign of one that was lost.
        let marker = match checkpoint {
            Some(_) => crate::log::MARKER_TEXT,
            None => crate::log::UNSIGNED_TEXT,
        };
        self.staging.file(crate::log::MARKER, marker.as_bytes(), 0o644)?;
        for file in &files {
            self.staging.file(&file.name, &file.content, 0o600)?;
        }
        let mut restored = Restored {
            ledger: self.staging.ledger().to_string(),
            size: self.size(),
            root: hex(self.root()),
            checkpoint_size: checkpoint.map(|(size, _)| size),
            files: files.into_iter().map(|file| file.name).collect(),
            replaced: None,
            new_origin: self.wanted.new_origin.clone(),
            lost,
            witnesses: std::mem::take(&mut self.heard),
            damaged: Vec::new(),
            dry_run: self.wanted.dry_run,
        };
        if self.wanted.dry_run {
            self.staging.discard()?;
            return Ok(restored);
        }
        self.staging.close()?;
        // Whoever is behind cosigns this: the last question, when nothing else is in the way.
        for held in &self.held {
            held.prove(&self.claim, &self.proofs, self.wanted)?;
        }
        restored.witnesses.iter_mut().for_each(|heard| heard.checked = true);
        if self.old.is_some() {
            restored.replaced = Some(self.staging.replace()?.display().to_string());
        } else {
            self.staging.keep()?;
        }
        Ok(restored)
    }

    /// The newest checkpoint of the log that is in it: what the service goes on signing from. One
    /// that somebody else brought must be signed by a key that is known.
    fn newest_signed(&self, keys: &[VerifierKey]) -> Option<(u64, String)> {
        let keys: Vec<_> = keys.iter().chain(&self.wanted.keys).cloned().collect();
        let mut newest =
            self.claim.checkpoint.as_ref().map(|(signed, note)| (signed.size(), note.clone()));
        for Witnessed { checkpoint, note, .. } in &self.witnessed {
            let is_newer = newest.as_ref().is_none_or(|(size, _)| *size < checkpoint.size());
            let is_known = !keys.is_empty() && signed(note, &self.claim.origin, &keys).is_ok();
            if is_newer && is_known && self.contains(checkpoint) {
                newest = Some((checkpoint.size(), note.clone()));
            }
        }
        newest
    }
}

/// `checked` says whether the signature of what was seen was.
fn contradicted(witnessed: &Witnessed, size: u64, checked: bool) -> RestoreError {
    let Witnessed { source, checkpoint, .. } = witnessed;
    let (source_name, witnessed) = (source.clone(), checkpoint.size());
    if size < witnessed {
        RestoreError::Older { size, witnessed, source_name, checked }
    } else {
        RestoreError::Inconsistent { witnessed, source_name, checked }
    }
}

/// Entries of the directory that is replaced, behind the last one there is here.
fn unsigned_tail(dir: &Path, head: u64, size: u64) -> Option<Tail> {
    (size < head).then(|| Tail { dir: dir.to_path_buf(), size, head })
}

/// Refuses what is shorter than what was witnessed, or of another log, before anything is built.
/// `keys` are those of the log: the ones asked for, or else the ones that came with it.
fn admit(
    claim: &Claim,
    wanted: &Wanted,
    keys: &[VerifierKey],
    witnessed: &[Witnessed],
) -> Result<(), RestoreError> {
    let Claim { ledger, origin, size, .. } = claim;
    if let Some(expected) = wanted.ledger
        && expected != *ledger
    {
        let (found, expected) = (ledger.to_string(), expected.to_string());
        return Err(RestoreError::OtherLedger { found, expected });
    }
    if wanted.new_origin.as_ref() == Some(origin) {
        return Err(RestoreError::SameOrigin(origin.clone()));
    }
    for witnessed in witnessed {
        let of = witnessed.checkpoint.origin();
        if of != origin {
            let (found, expected) = (origin.clone(), of.to_owned());
            let source_name = witnessed.source.clone();
            return Err(RestoreError::OtherLog { found, expected, source_name });
        }
        // A forged one must not keep a ledger from coming back.
        if !keys.is_empty() {
            let note = witnessed.note.as_bytes();
            Checkpoint::open(note, origin, keys).map_err(|source| {
                let source_name = witnessed.source.clone();
                if wanted.keys.is_empty() {
                    RestoreError::NotByItsKeys { source_name, source }
                } else {
                    RestoreError::Witnessed { source_name, source }
                }
            })?;
        }
        if *size < witnessed.checkpoint.size() && wanted.new_origin.is_none() {
            return Err(contradicted(witnessed, *size, !keys.is_empty()));
        }
    }
    Ok(())
}
