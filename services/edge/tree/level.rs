//! One level of the tree: a file of hashes, and those that are not in it yet.
//!
//! Invariant: `file` holds exactly the hashes below `flushed` (whatever stands behind them in the
//! file counts for nothing), `tail` those from there on.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use merkle::hash::Hash;
use merkle::tree::Hashes;

use super::{TreeError, hashes_at};

/// Bytes of a hash.
const HASH_BYTES: u64 = 32;

/// One level.
#[derive(Debug, Default)]
pub(super) struct Level {
    pub(super) file: Option<Arc<File>>,
    pub(super) flushed: u64,
    pub(super) tail: Vec<Hash>,
}

/// The file of a level.
pub(super) fn path(dir: &Path, level: u8) -> PathBuf {
    dir.join(format!("level-{level}"))
}

/// Opens the file of a level for reading and writing; makes it when it is missing.
pub(super) fn create(dir: &Path, level: u8) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path(dir, level))
}

/// Reads `count` hashes from `first` on.
pub(super) fn read_file(file: &File, first: u64, count: usize) -> io::Result<Vec<Hash>> {
    let mut bytes = vec![0; count * HASH_BYTES as usize];
    file.read_exact_at(&mut bytes, first * HASH_BYTES)?;
    let (hashes, _) = bytes.as_chunks::<32>();
    Ok(hashes.iter().map(|hash| Hash(*hash)).collect())
}

/// Writes hashes from `first` on and syncs them.
pub(super) fn write_file(file: &File, first: u64, hashes: &[Hash]) -> io::Result<()> {
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
    file.write_all_at(&bytes, first * HASH_BYTES)?;
    file.sync_data()
}

/// Cuts a file to its first `hashes`; whether it held that many.
pub(super) fn cut(file: &File, hashes: u64) -> io::Result<bool> {
    let wanted = hashes * HASH_BYTES;
    let length = file.metadata()?.len();
    if wanted < length {
        file.set_len(wanted)?;
    }
    Ok(wanted <= length)
}

/// The files of the levels as they are, read only: for whoever checks them against the journal.
#[derive(Debug)]
pub struct LevelFiles {
    levels: Vec<File>,
}

impl LevelFiles {
    /// Opens what is there below `dir`, the `tree` directory itself.
    ///
    /// # Errors
    /// When a file that is there cannot be opened.
    pub fn open(dir: &Path) -> Result<Self, TreeError> {
        let mut levels = Vec::new();
        for level in 0..8 {
            let path = path(dir, level);
            match File::open(&path) {
                Ok(file) => levels.push(file),
                Err(error) if error.kind() == io::ErrorKind::NotFound => break,
                Err(source) => return Err(TreeError::Io { action: "open", path, source }),
            }
        }
        Ok(Self { levels })
    }

    /// How many leaves the files cover: the size of the largest tree they can show.
    ///
    /// # Errors
    /// When a file does not say how long it is.
    pub fn size(&self) -> Result<u64, TreeError> {
        let length = |file: &File| file.metadata().map(|metadata| metadata.len() / HASH_BYTES);
        let failed = |source| TreeError::Read { level: 0, source };
        let mut size = self.levels.first().map_or(Ok(0), length).map_err(failed)?;
        for level in 1.. {
            let wanted = hashes_at(level, size);
            let held = match self.levels.get(usize::from(level)) {
                Some(file) => length(file).map_err(failed)?,
                None => 0,
            };
            if held < wanted {
                // As many leaves as this level has complete subtrees for.
                size = (held + 1).saturating_mul(1 << (8 * u32::from(level))) - 1;
            }
            if wanted == 0 {
                break;
            }
        }
        Ok(size)
    }
}

impl Hashes for LevelFiles {
    type Error = TreeError;

    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, TreeError> {
        let file =
            self.levels.get(usize::from(level)).ok_or(TreeError::Missing { level, first })?;
        read_file(file, first, count).map_err(|source| TreeError::Read { level, source })
    }
}
