//! Bringing a ledger back: from a backup, or from exported tiles.
//!
//! The new directory is built beside its place and put there with one rename, so that a crash
//! leaves the old state or the new one. Nothing is believed: every entry is decoded and hashed, and
//! the tree must have the root that the backup, its signed checkpoint and every checkpoint somebody
//! has witnessed say it has. A ledger that is shorter than what was witnessed is refused: signing
//! on from there would contradict what others hold.

mod build;
mod error;
mod replacing;
mod site;
mod staging;
mod swap;
mod tiles;
mod witness;

use std::io::{Read, Seek};
use std::path::Path;

use journal_sled::LedgerId;
use merkle::{Checkpoint, VerifierKey};

use self::build::{Builder, Claim};
use super::backup::Kept;
use super::backup::read::{BadBackup, Part, Reader};
use super::verify::hex;

pub use self::error::{RestoreError, Tail};
pub use self::swap::Unfinished;
pub use self::tiles::{StaticLog, tiles};
pub use self::witness::Heard;

/// A checkpoint somebody has seen of this ledger.
#[derive(Debug, Clone)]
pub struct Witnessed {
    /// Who says so: a file or an address, for messages.
    pub source: String,
    /// What was seen.
    pub checkpoint: Checkpoint,
    /// The signed note it was seen in.
    pub note: String,
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
    /// Addresses of witnesses (C2SP tlog-witness) to ask what they have cosigned of the log.
    pub witnesses: Vec<String>,
    /// Keys of witnesses: when given, an answer must be cosigned by one of them.
    pub witness_keys: Vec<VerifierKey>,
    /// Moves what is in the target aside once the new directory is complete, and takes what was
    /// signed in it for witnessed.
    pub replace: bool,
    /// Gives up entries of what is replaced that are not restored, as long as nobody signed them.
    pub lose_unsigned: bool,
    /// Accepts that entries somebody has seen are gone, and goes on as another log: nothing is
    /// ever signed under the old origin that contradicts what was.
    pub new_origin: Option<String>,
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
    /// Where the directory that was in the place is now.
    pub replaced: Option<String>,
    /// Origin of the log it goes on as, where that is another.
    pub new_origin: Option<String>,
    /// What is not in it and was given up: entries of what was replaced that nobody has signed,
    /// and, going on as another log, what somebody has seen.
    pub lost: Vec<String>,
    /// What the witnesses said that were asked.
    pub witnesses: Vec<Heard>,
    /// Hash tiles that do not match the entries, which are what was signed: nothing was taken from
    /// them.
    pub damaged: Vec<String>,
    /// Whether nothing was kept.
    pub dry_run: bool,
}

/// Restores a backup into `target`, which must be missing or empty.
///
/// # Errors
/// [`RestoreError`]; `target` is as it was then.
pub fn backup(
    mut input: impl Read + Seek,
    target: &Path,
    wanted: &Wanted,
    mut progress: impl FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    let own = if wanted.asks_others() { own_keys(&mut input)? } else { Vec::new() };
    let mut reader = Reader::new(input).map_err(RestoreError::Backup)?;
    let manifest = reader.manifest().clone();
    let ledger: LedgerId = manifest
        .ledger
        .parse()
        .map_err(|_| RestoreError::Manifest("台账编号无效", "its ledger id is none"))?;
    let checkpoint = match &manifest.checkpoint {
        Some(note) => Some((signed(note, &manifest.origin, &wanted.keys)?, note.clone())),
        None if wanted.keys.is_empty() => None,
        None => {
            let (zh, en) = ("没有已签名的检查点", "it has no signed checkpoint");
            return Err(RestoreError::Manifest(zh, en));
        }
    };
    let (origin, size) = (manifest.origin.clone(), manifest.size);
    let claim = Claim { ledger, origin, size, checkpoint };
    let mut builder = Builder::new(target, claim, &own, wanted)?;
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
    if let Some(note) = manifest.checkpoint.as_ref().filter(|_| !keys.is_empty()) {
        signed(note, &manifest.origin, &keys)?;
    }
    builder.finish(files, &keys)
}

impl Wanted {
    /// Whether somebody may have seen more than there is, whose word is to be checked with the keys
    /// of the log.
    fn asks_others(&self) -> bool {
        let asks = self.replace || !self.witnessed.is_empty() || !self.witnesses.is_empty();
        asks && self.keys.is_empty()
    }
}

/// The public keys of the log in a backup. They stand behind the entries, so all of it is read.
fn own_keys(input: &mut (impl Read + Seek)) -> Result<Vec<VerifierKey>, RestoreError> {
    let mut reader = Reader::new(&mut *input).map_err(RestoreError::Backup)?;
    let mut keys = Vec::new();
    loop {
        match reader.next_part().map_err(RestoreError::Backup)? {
            Part::Entry(_) => {}
            Part::File(file) if file.name.ends_with(".pub") => keys.extend(public_key(&file)),
            Part::File(_) => {}
            Part::End => break,
        }
    }
    input.rewind().map_err(|error| RestoreError::Backup(BadBackup::Io(error)))?;
    Ok(keys)
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
    let bytes = std::fs::read(file).map_err(|error| RestoreError::Io {
        action: "read",
        path: file.into(),
        source: error,
    })?;
    let bad = |error| RestoreError::Witnessed { source_name: source.clone(), source: error };
    let note = merkle::Note::parse(&bytes).map_err(|error| bad(error.into()))?;
    let checkpoint = Checkpoint::parse(note.text()).map_err(bad)?;
    Ok(Witnessed { source, checkpoint, note: note.to_string() })
}
