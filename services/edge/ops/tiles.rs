//! Exporting a static log (C2SP tlog-tiles) into a directory: hashes, entries, checkpoint.
//!
//! Incremental: what is there under its checkpoint stays, and only what came since is written. A
//! file is replaced as a whole and synced; the checkpoint comes last, so that the directory is
//! always a whole log of some size. Partial tiles of earlier checkpoints stay, as C2SP allows.
//! Invariant: a checkpoint is written only over tiles that hash to its root.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use merkle::hash::{self, Hash};
use merkle::tile::{self, Kind, TILE_WIDTH, Tile};
use merkle::tree::{Frontier, Hashes};
use merkle::{Checkpoint, Note};

const CHECKPOINT: &str = "checkpoint";

/// Why tiles were not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file could not be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The directory holds something else.
    #[error("{} is not empty and holds no exported log (no file checkpoint): choose another", .0.display())]
    Foreign(PathBuf),
    /// What is there is not a beginning of this log.
    #[error(
        "{} holds {size} entries of another history or log than the one to export: choose another \
         directory, and find out which of the two is right",
        dir.display()
    )]
    Other {
        /// The directory.
        dir: PathBuf,
        /// How many entries are in it.
        size: u64,
    },
    /// The entries do not hash to the checkpoint.
    #[error("the entries do not hash to the checkpoint: run duty-ledger verify")]
    Root,
    /// The checkpoint cannot be read.
    #[error("the checkpoint cannot be read: {0}")]
    Checkpoint(String),
}

impl ExportError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Io { path, source, .. } => format!("无法读写 {}：{source}", path.display()),
            Self::Foreign(dir) => format!(
                "{} 非空且不是导出的日志（没有 checkpoint 文件）；请另选目录",
                dir.display()
            ),
            Self::Other { dir, size } => format!(
                "{} 中的 {size} 条属于另一历史或另一日志；请另选目录，并查明孰是孰非",
                dir.display()
            ),
            Self::Root => "记录与检查点的根散列不符；请运行 duty-ledger verify".to_owned(),
            Self::Checkpoint(error) => format!("无法读取检查点：{error}"),
        }
    }
}

/// Takes the entries that a directory lacks and writes them as tiles.
pub struct Exporter {
    dir: PathBuf,
    checkpoint: Checkpoint,
    note: String,
    tree: Frontier,
    /// Hashes of the tile being filled, by level.
    hashes: BTreeMap<u8, Vec<Hash>>,
    entries: Vec<Bytes>,
    files: u64,
}

impl Exporter {
    /// Prepares an export of the log under `note` into `dir`, on top of what is there.
    ///
    /// # Errors
    /// [`ExportError`]; the directory is as it was.
    pub fn new(dir: &Path, note: &str) -> Result<Self, ExportError> {
        let checkpoint = parse(note)?;
        fs::create_dir_all(dir).map_err(failed("make", dir))?;
        let path = dir.join(CHECKPOINT);
        let old = match fs::read_to_string(&path) {
            Ok(text) => parse(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_empty = fs::read_dir(dir).map_err(failed("list", dir))?.all(|entry| {
                    // Tiles without a checkpoint are an export cut short.
                    entry.is_ok_and(|entry| entry.file_name() == "tile")
                });
                if !is_empty {
                    return Err(ExportError::Foreign(dir.to_path_buf()));
                }
                let root = merkle::EMPTY_ROOT;
                Checkpoint::new(checkpoint.origin(), 0, root)
                    .map_err(|error| ExportError::Checkpoint(format!("{} / {error}", error.zh())))?
            }
            Err(error) => return Err(failed("read", &path)(error)),
        };
        let size = old.size();
        let other = || ExportError::Other { dir: dir.to_path_buf(), size };
        if old.origin() != checkpoint.origin() || checkpoint.size() < size {
            return Err(other());
        }
        let there = Exported { dir, size };
        let tree = Frontier::from_hashes(&there, size)?;
        if tree.root() != old.root() {
            return Err(other());
        }
        let mut hashes = BTreeMap::new();
        for level in 0..8_u8 {
            let stored = size >> (8 * u32::from(level));
            let begun = stored % TILE_WIDTH;
            let count = usize::try_from(begun).unwrap_or(0);
            hashes.insert(level, there.read(level, stored - begun, count)?);
        }
        let begun = size % TILE_WIDTH;
        let entries = if begun == 0 { Vec::new() } else { there.entries(size / TILE_WIDTH)? };
        let (dir, note) = (dir.to_path_buf(), note.to_owned());
        Ok(Self { dir, checkpoint, note, tree, hashes, entries, files: 0 })
    }

    /// The position of the next entry to be given.
    #[must_use]
    pub fn next_position(&self) -> u64 {
        self.tree.size() + 1
    }

    /// The last position there will be.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// [`ExportError`] when a tile cannot be written.
    pub fn entry(&mut self, stored: Bytes) -> Result<(), ExportError> {
        let hashes = &mut self.hashes;
        self.tree.push(hash::leaf(&stored), &mut |level, _, hash| {
            hashes.entry(level).or_default().push(hash);
        });
        self.entries.push(stored);
        let size = self.tree.size();
        let full: Vec<u8> = self
            .hashes
            .iter()
            .filter(|(_, hashes)| hashes.len() as u64 == TILE_WIDTH)
            .map(|(level, _)| *level)
            .collect();
        for level in full {
            self.write_hashes(level, size)?;
            self.hashes.insert(level, Vec::new());
        }
        if self.entries.len() as u64 == TILE_WIDTH {
            self.write_entries(size)?;
            self.entries.clear();
        }
        Ok(())
    }

    /// Writes what is begun, then the checkpoint; how many files were written.
    ///
    /// # Errors
    /// [`ExportError`]; the directory shows what it showed before then.
    pub fn finish(mut self) -> Result<u64, ExportError> {
        let size = self.tree.size();
        if size != self.checkpoint.size() || self.tree.root() != self.checkpoint.root() {
            return Err(ExportError::Root);
        }
        let begun: Vec<u8> = self
            .hashes
            .iter()
            .filter(|(_, hashes)| !hashes.is_empty())
            .map(|(level, _)| *level)
            .collect();
        for level in begun {
            self.write_hashes(level, size)?;
        }
        if !self.entries.is_empty() {
            self.write_entries(size)?;
        }
        let note = std::mem::take(&mut self.note);
        self.write(Path::new(CHECKPOINT), note.as_bytes())?;
        Ok(self.files)
    }

    fn write_hashes(&mut self, level: u8, size: u64) -> Result<(), ExportError> {
        let hashes = self.hashes.get(&level).map_or(&[][..], Vec::as_slice);
        let stored = size >> (8 * u32::from(level));
        let Some(tile) = tile_ending(Kind::Hashes { level }, stored, hashes.len()) else {
            return Ok(());
        };
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        self.write(Path::new(&tile.to_string()), &bytes)
    }

    fn write_entries(&mut self, size: u64) -> Result<(), ExportError> {
        let Some(tile) = tile_ending(Kind::Entries, size, self.entries.len()) else {
            return Ok(());
        };
        let bundle = tile::encode_bundle(&self.entries)
            .map_err(|error| ExportError::Checkpoint(format!("{} / {error}", error.zh())))?;
        self.write(Path::new(&tile.to_string()), &bundle)
    }

    /// Writes a file as a whole, durably.
    fn write(&mut self, name: &Path, bytes: &[u8]) -> Result<(), ExportError> {
        let path = self.dir.join(name);
        let write = || -> io::Result<()> {
            let parent = path.parent().unwrap_or(Path::new("."));
            let missing: Vec<PathBuf> =
                parent.ancestors().take_while(|dir| !dir.exists()).map(Path::to_path_buf).collect();
            fs::create_dir_all(parent)?;
            for created in missing {
                File::open(created.parent().unwrap_or(Path::new(".")))?.sync_all()?;
            }
            let mut new = path.file_name().unwrap_or_default().to_os_string();
            new.push(".new");
            let new = path.with_file_name(new);
            let mut file = File::create(&new)?;
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&new, &path)?;
            File::open(parent)?.sync_all()
        };
        write().map_err(failed("write", &path))?;
        self.files += 1;
        Ok(())
    }
}

/// The tile of a kind that holds the last `width` of `stored`.
fn tile_ending(kind: Kind, stored: u64, width: usize) -> Option<Tile> {
    let width = u16::try_from(width).ok()?;
    let first = stored.checked_sub(u64::from(width))?;
    Tile::new(kind, first / TILE_WIDTH, width)
}

/// What is in the directory already.
struct Exported<'a> {
    dir: &'a Path,
    size: u64,
}

impl Exported<'_> {
    fn tile(&self, kind: Kind, index: u64) -> Result<(Tile, Vec<u8>), ExportError> {
        let other = || ExportError::Other { dir: self.dir.to_path_buf(), size: self.size };
        let tile = Tile::at_size(kind, index, self.size).ok_or_else(other)?;
        let path = self.dir.join(tile.to_string());
        let bytes = fs::read(&path).map_err(failed("read", &path))?;
        Ok((tile, bytes))
    }

    fn entries(&self, index: u64) -> Result<Vec<Bytes>, ExportError> {
        let (tile, bytes) = self.tile(Kind::Entries, index)?;
        let entries = tile::decode_bundle(&bytes, tile.width())
            .map_err(|_| ExportError::Other { dir: self.dir.to_path_buf(), size: self.size })?;
        Ok(entries.into_iter().map(Bytes::copy_from_slice).collect())
    }
}

impl Hashes for Exported<'_> {
    type Error = ExportError;

    fn read(&self, level: u8, first: u64, count: usize) -> Result<Vec<Hash>, ExportError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let (_, bytes) = self.tile(Kind::Hashes { level }, first / TILE_WIDTH)?;
        let (hashes, _) = bytes.as_chunks::<32>();
        let skipped = usize::try_from(first % TILE_WIDTH).unwrap_or(usize::MAX);
        let found: Vec<Hash> =
            hashes.iter().skip(skipped).take(count).map(|hash| Hash(*hash)).collect();
        if found.len() == count {
            return Ok(found);
        }
        Err(ExportError::Other { dir: self.dir.to_path_buf(), size: self.size })
    }
}

fn parse(note: &str) -> Result<Checkpoint, ExportError> {
    let note = Note::parse(note.as_bytes())
        .map_err(|error| ExportError::Checkpoint(format!("{} / {error}", error.zh())))?;
    Checkpoint::parse(note.text())
        .map_err(|error| ExportError::Checkpoint(format!("{} / {error}", error.zh())))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ExportError {
    let path = path.to_path_buf();
    move |source| ExportError::Io { action, path, source }
}
