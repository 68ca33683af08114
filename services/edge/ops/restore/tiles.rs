//! Restoring from exported tiles alone, when the data directory is lost.
//!
//! What is needed: `checkpoint` and the bundles of entries. The hash tiles, where they are there,
//! only serve to name what is wrong: where an entry and its hash differ, the signed root says which
//! of the two was changed.

use std::path::Path;

use bytes::Bytes;
use journal_sled::LedgerId;
use merkle::Checkpoint;
use merkle::hash;
use merkle::tile::{self, Kind, TILE_WIDTH, Tile};
use merkle::tree::Frontier;
use parking_lot::Mutex;

use super::build::{Builder, Claim};
use super::site::Site;
use super::{RestoreError, Restored, Wanted, signed};

/// Longest bundle: 256 entries, each behind its length in two bytes.
const BUNDLE_BYTES_MAX: usize = TILE_WIDTH as usize * (tile::ENTRY_LENGTH_MAX + 2);
/// Longest checkpoint: a note of a hundred signatures takes less than 20 KiB.
const NOTE_BYTES_MAX: usize = 1 << 20;

/// Restores a static log into `target`, which must be missing or empty.
///
/// # Errors
/// [`RestoreError`]; `target` is as it was then.
pub fn tiles(
    log: &StaticLog,
    target: &Path,
    wanted: &Wanted,
    mut progress: impl FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    let origin = log.origin.clone();
    let checkpoint = signed(&log.note, &origin, &wanted.keys)?;
    let ledger = wanted.ledger.or_else(|| origin.rsplit('/').next()?.parse().ok());
    let ledger: LedgerId = ledger.ok_or_else(|| RestoreError::Tiles {
        path: "checkpoint".to_owned(),
        zh: format!("来源 {origin} 不含台账编号；请用 --ledger 指定"),
        en: format!("the origin {origin} does not name the ledger: pass --ledger"),
    })?;
    let size = checkpoint.size();
    let checkpoint = Some((checkpoint, log.note.clone()));
    let claim = Claim { ledger, origin, size, checkpoint };
    let mut builder = Builder::new(target, claim, &[], wanted)?;
    for index in 0..size.div_ceil(TILE_WIDTH) {
        for entry in log.bundle(index, size)? {
            builder.entry(entry).map_err(|error| log.blamed(error))?;
        }
        progress(builder.size(), size);
    }
    let restored = builder.finish(Vec::new(), &[]).map_err(|error| log.blamed(error))?;
    Ok(Restored { damaged: log.damaged_tiles(), ..restored })
}

/// A static log (C2SP tlog-tiles), wherever it is.
pub struct StaticLog {
    place: Place,
    /// The signed note of its checkpoint.
    pub(crate) note: String,
    /// Its origin.
    pub(crate) origin: String,
    /// What the signed checkpoint says.
    signed: Checkpoint,
    compared: Mutex<Compared>,
}

/// What came of comparing entries with their hashes.
#[derive(Default)]
struct Compared {
    /// Where they differ.
    differing: Vec<Differing>,
    /// Of the hashes, as long as there are all of them.
    tree: Option<Frontier>,
}

/// An entry and its hash that do not belong together.
struct Differing {
    position: u64,
    /// The file with the entry.
    entry: String,
    /// The file with the hash.
    hash: String,
}

enum Place {
    Directory(std::path::PathBuf),
    Site(Site),
}

impl StaticLog {
    /// The log in a directory, such as `export-tiles` writes, or at an http:// address: the HTTP
    /// port of a service that gives out its entries, or any server of files over such a directory.
    /// An address is not to be read on a thread that runs tasks.
    ///
    /// # Errors
    /// [`RestoreError`] when there is no checkpoint.
    pub fn open(place: &Path) -> Result<Self, RestoreError> {
        match place.to_str().filter(|text| text.contains("://")) {
            Some(url) => Self::of(Place::Site(Site::new(url)?)),
            None => Self::of(Place::Directory(place.to_path_buf())),
        }
    }

    fn of(place: Place) -> Result<Self, RestoreError> {
        let bytes = place.read("checkpoint", NOTE_BYTES_MAX)?;
        let bytes = bytes.ok_or_else(|| missing(place.shown("checkpoint")))?;
        let parsed =
            merkle::Note::parse(&bytes).map_err(|error| RestoreError::Checkpoint(error.into()))?;
        let checkpoint =
            merkle::Checkpoint::parse(parsed.text()).map_err(RestoreError::Checkpoint)?;
        let compared = Compared { differing: Vec::new(), tree: Some(Frontier::new()) };
        Ok(Self {
            place,
            origin: checkpoint.origin().to_owned(),
            note: parsed.to_string(),
            signed: checkpoint,
            compared: Mutex::new(compared),
        })
    }

    /// The entries of one bundle in a log of `size` entries. They are compared with their hashes,
    /// so that [`Self::blamed`] can say which file is damaged; bundles are to be read in order.
    pub(crate) fn bundle(&self, index: u64, size: u64) -> Result<Vec<Bytes>, RestoreError> {
        let Some(bundle) = Tile::at_size(Kind::Entries, index, size) else {
            return Ok(Vec::new());
        };
        let path = self.place.shown(&bundle.to_string());
        let (bytes, held) =
            self.tile(bundle, BUNDLE_BYTES_MAX)?.ok_or_else(|| missing(path.clone()))?;
        let mut entries =
            tile::decode_bundle(&bytes, held).map_err(|error| RestoreError::Tiles {
                path: path.clone(),
                zh: format!("条目包不完整或已损坏（{}）；请从别处取一份", error.zh()),
                en: format!("the bundle is cut short or damaged ({error}): get another copy"),
            })?;
        entries.truncate(usize::from(bundle.width()));
        self.compare(index, size, &entries, &path);
        Ok(entries.into_iter().map(Bytes::copy_from_slice).collect())
    }

    fn compare(&self, index: u64, size: u64, entries: &[&[u8]], path: &str) {
        let mut compared = self.compared.lock();
        let Some(hashes) = self.leaves(index, size) else {
            compared.tree = None;
            return;
        };
        let tile = Tile::at_size(Kind::Hashes { level: 0 }, index, size);
        let tile = tile.map_or_else(String::new, |tile| self.place.shown(&tile.to_string()));
        for (offset, (entry, kept)) in (1..).zip(entries.iter().zip(hashes)) {
            if hash::leaf(entry) != kept {
                let position = index * TILE_WIDTH + offset;
                let (entry, hash) = (path.to_owned(), tile.clone());
                compared.differing.push(Differing { position, entry, hash });
            }
            if let Some(tree) = &mut compared.tree {
                tree.push(kept, &mut |_, _, _| {});
            }
        }
    }

    /// Hash tiles that are damaged, when the entries are what was signed.
    pub(crate) fn damaged_tiles(&self) -> Vec<String> {
        let compared = self.compared.lock();
        let mut files: Vec<_> = compared.differing.iter().map(|one| one.hash.clone()).collect();
        files.dedup();
        files
    }

    /// Why the entries are not to be believed, with the file that is damaged, where `error` is that
    /// they are not what was signed, or that one of them is none.
    pub(crate) fn blamed(&self, error: RestoreError) -> RestoreError {
        let is_signed = |tree: &Frontier| {
            (tree.size(), tree.root()) == (self.signed.size(), self.signed.root())
        };
        let compared = self.compared.lock();
        let found = match &error {
            RestoreError::Entry { position, .. } => {
                compared.differing.iter().find(|one| one.position == *position)
            }
            RestoreError::Root { what: "checkpoint", .. } => compared.differing.first(),
            _ => None,
        };
        let Some(Differing { position, entry, hash }) = found else { return error };
        let is_entry = matches!(error, RestoreError::Entry { .. })
            || compared.tree.as_ref().is_some_and(is_signed);
        if is_entry {
            return RestoreError::Tiles {
                path: entry.clone(),
                zh: format!("第 {position} 条与其散列不符；请从别处取一份该文件"),
                en: format!("position {position} does not match its hash: get another copy"),
            };
        }
        RestoreError::Tiles {
            path: entry.clone(),
            zh: format!(
                "第 {position} 条与 {hash} 中的散列不符，条目与签名的检查点不符，而散列也不能证明两者中哪个被改动；请从别处另取这两个文件"
            ),
            en: format!(
                "position {position} does not match its hash in {hash}; the entries are not what \
                 the checkpoint signs, and the hashes do not prove which of the two was changed: \
                 get other copies of both files"
            ),
        }
    }

    /// The hashes of the leaves in one tile of a log of `size` entries; `None` where they are not
    /// there, or not all.
    pub(crate) fn leaves(&self, index: u64, size: u64) -> Option<Vec<hash::Hash>> {
        self.hashes(0, index, size)
    }

    /// The hashes in one tile of a level; `None` where they are not there, or not all.
    pub(crate) fn hashes(&self, level: u8, index: u64, size: u64) -> Option<Vec<hash::Hash>> {
        let tile = Tile::at_size(Kind::Hashes { level }, index, size)?;
        let bytes_max = TILE_WIDTH as usize * hash::HASH_LENGTH;
        let (bytes, _) = self.tile(tile, bytes_max).ok()??;
        let (hashes, _) = bytes.as_chunks::<32>();
        let hashes = hashes.get(..usize::from(tile.width()))?;
        Some(hashes.iter().map(|hash| hash::Hash(*hash)).collect())
    }

    /// A tile, from its own file or the full one, and how much that file holds.
    fn tile(&self, tile: Tile, bytes_max: usize) -> Result<Option<(Vec<u8>, u16)>, RestoreError> {
        if let Some(bytes) = self.place.read(&tile.to_string(), bytes_max)? {
            return Ok(Some((bytes, tile.width())));
        }
        // tlog-tiles: partial tiles may be deleted once the full one is there.
        let full = Tile::new(tile.kind(), tile.index(), TILE_WIDTH as u16);
        let Some(full) = full.filter(|_| tile.is_partial()) else { return Ok(None) };
        let bytes = self.place.read(&full.to_string(), bytes_max)?;
        Ok(bytes.map(|bytes| (bytes, full.width())))
    }
}

impl Place {
    /// A file of the log; `None` when there is none.
    fn read(&self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, RestoreError> {
        match self {
            Self::Directory(dir) => {
                let path = dir.join(name);
                match std::fs::read(&path) {
                    Ok(bytes) => Ok(Some(bytes)),
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
                    Err(source) => Err(RestoreError::Io { action: "read", path, source }),
                }
            }
            Self::Site(site) => site.read(name, bytes_max),
        }
    }

    /// Where a file is, for messages.
    fn shown(&self, name: &str) -> String {
        match self {
            Self::Directory(dir) => dir.join(name).display().to_string(),
            Self::Site(site) => site.url(name),
        }
    }
}

fn missing(path: String) -> RestoreError {
    RestoreError::Tiles {
        path,
        zh: "没有此文件；请核对目录或网址，须为含条目的静态日志（export-tiles 所写，或 HTTP 端口）"
            .to_owned(),
        en: "there is no such file: check the directory or address, it must be a static log with \
             entries, as export-tiles writes it or the HTTP port serves it"
            .to_owned(),
    }
}
