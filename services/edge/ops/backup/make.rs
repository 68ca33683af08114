//! Making a backup of a ledger: of a directory nobody serves, or of a running service.
//!
//! Entries never change, so a backup is consistent by where it ends: at a signed checkpoint that
//! covers everything that was there when it began, or, where the last entries are not published
//! yet, at the last of them. The tree is computed again from the bytes that are written; a backup
//! whose root is not the one it claims is never finished.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use duty::id::PersonId;
use duty::registry::Registry;
use journal::{Journal, Position, ReadLimit};
use merkle::hash;
use merkle::tree::Frontier;
use merkle::{Checkpoint, Note};

use super::write::{Finished, Writer};
use super::{FORMAT, Kept, Manifest};
use crate::ops::verify::hex;
use crate::persons::{self, PersonsError};

/// Directory of the log's keys below the data directory.
const KEYS: &str = "keys";
/// Entries read at a time: a few MiB.
const CHUNK: ReadLimit = ReadLimit { events: 4_096, bytes: 4 << 20 };

/// Why no backup was made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file, or the call, did not take it.
    #[error("the backup cannot be written")]
    Write(#[source] io::Error),
    /// The journal could not be read.
    #[error("the journal cannot be read")]
    Read(#[source] journal::ReadError),
    /// A file that belongs into it could not be read.
    #[error("{name} cannot be read")]
    File {
        /// Which, below the data directory.
        name: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The keys of persons could not be read.
    #[error("the keys of persons cannot be read")]
    Persons(#[source] PersonsError),
    /// The entries do not hash to the root the ledger says they have.
    #[error(
        "the first {size} entries hash to {found}, the ledger says {expected}: no backup is made \
         of a ledger that is not sound; run duty-ledger verify"
    )]
    Root {
        /// How many entries.
        size: u64,
        /// What they hash to.
        found: String,
        /// What they should.
        expected: String,
    },
}

impl BackupError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Write(error) => format!("无法写入备份：{error}"),
            Self::Read(_) => "无法读取台账；请运行 duty-ledger verify".to_owned(),
            Self::File { name, source } => format!("无法读取 {name}：{source}"),
            Self::Persons(error) => format!("无法读取人员密钥：{error}"),
            Self::Root { size, .. } => format!(
                "前 {size} 条的根散列与台账所称不符：不为不完好的台账制作备份，请运行 duty-ledger verify"
            ),
        }
    }
}

/// What goes into a backup.
pub struct Source<'a> {
    /// The journal.
    pub journal: &'a dyn Journal,
    /// What the backup says about itself; `size` and `root` say where it ends.
    pub manifest: Manifest,
    /// Small files; those of persons are added when the entries are written.
    pub files: Vec<Kept>,
    /// The wrapped keys of persons, read when all entries are written: a person erased meanwhile
    /// is left out.
    pub persons: Box<dyn FnOnce() -> Result<Vec<Kept>, BackupError> + Send + 'a>,
}

impl Manifest {
    /// What a backup made now says about itself.
    #[must_use]
    pub fn now(ledger: String, origin: String, size: u64, root: String) -> Self {
        Self {
            format: FORMAT,
            ledger,
            origin,
            size,
            root,
            checkpoint: None,
            created: jiff::Timestamp::now().to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            signing_keys: false,
        }
    }

    /// The checkpoint in it.
    #[must_use]
    pub fn signed(&self) -> Option<Checkpoint> {
        let note = Note::parse(self.checkpoint.as_ref()?.as_bytes()).ok()?;
        Checkpoint::parse(note.text()).ok()
    }
}

/// Writes a whole backup. `progress` is told how many entries are written.
///
/// # Errors
/// [`BackupError`]; what was written is no backup then.
pub fn make<W: Write>(
    source: Source<'_>,
    out: W,
    mut progress: impl FnMut(u64),
) -> Result<(Finished, W), BackupError> {
    let Source { journal, manifest, files, persons } = source;
    let size = manifest.size;
    let mut writer = Writer::new(out, &manifest).map_err(BackupError::Write)?;
    let mut tree = Frontier::new();
    let mut next = Position::FIRST;
    while next.get() <= size {
        let left = usize::try_from(size - next.get() + 1).unwrap_or(usize::MAX);
        let limit = ReadLimit { events: CHUNK.events.min(left), ..CHUNK };
        let entries = journal.read(next, limit).map_err(BackupError::Read)?;
        for entry in &entries {
            writer.entry(&entry.bytes).map_err(BackupError::Write)?;
            tree.push(hash::leaf(&entry.bytes), &mut |_, _, _| {});
        }
        progress(tree.size());
        let Some(after) = entries.last().and_then(|entry| entry.position.next()) else { break };
        next = after;
    }
    let found = hex(tree.root());
    if tree.size() != size || found != manifest.root {
        return Err(BackupError::Root { size, found, expected: manifest.root });
    }
    for file in files.iter().chain(&persons()?) {
        writer.file(file).map_err(BackupError::Write)?;
    }
    writer.finish().map_err(BackupError::Write)
}

/// Private keys of the log in a data directory, for whoever asks for them.
///
/// # Errors
/// When the directory or a key cannot be read.
pub fn signing_keys(dir: &Path) -> Result<Vec<Kept>, BackupError> {
    kept_below(dir, KEYS)
}

/// Wrapped keys of the persons that are not erased.
///
/// # Errors
/// [`BackupError::Persons`].
pub fn person_keys(dir: &Path, registry: &Registry) -> Result<Vec<Kept>, BackupError> {
    let erased: BTreeSet<&PersonId> = registry.erased_persons().collect();
    let kept = persons::to_back_up(dir, |person| erased.contains(person));
    let file = |file: persons::KeptFile| {
        let name = format!("{}/{}", persons::DIRECTORY, file.name);
        Kept { name, content: file.bytes }
    };
    Ok(kept.map_err(BackupError::Persons)?.into_iter().map(file).collect())
}

/// The files in a directory below the data directory, by name; none when it is not there.
fn kept_below(dir: &Path, below: &str) -> Result<Vec<Kept>, BackupError> {
    let failed = |name: &str| {
        let name = name.to_owned();
        move |source| BackupError::File { name, source }
    };
    let listed = match fs::read_dir(dir.join(below)) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(below)(error)),
    };
    let mut files = Vec::new();
    for entry in listed {
        let entry = entry.map_err(failed(below))?;
        let name = format!("{below}/{}", entry.file_name().to_string_lossy());
        // Leftovers of a write cut short are no keys.
        if name.ends_with(".new") || !entry.path().is_file() {
            continue;
        }
        let content = fs::read(entry.path()).map_err(failed(&name))?;
        files.push(Kept { name, content });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
