//! Restoring from exported tiles alone, when the data directory is lost.
//!
//! What is needed: `checkpoint` and the bundles of entries. The hash tiles, where they are there,
//! only serve to name the entry that is wrong.

use std::path::Path;

use bytes::Bytes;
use journal_sled::LedgerId;
use merkle::hash;
use merkle::tile::{self, Kind, TILE_WIDTH, Tile};

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
            builder.entry(entry)?;
        }
        progress(builder.size(), size);
    }
    builder.finish(Vec::new(), &[])
}

/// A static log (C2SP tlog-tiles), wherever it is.
pub struct StaticLog {
    place: Place,
    /// The signed note of its checkpoint.
    pub(crate) note: String,
    /// Its origin.
    pub(crate) origin: String,
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
        Ok(Self { place, origin: checkpoint.origin().to_owned(), note: parsed.to_string() })
    }

    /// The entries of one bundle in a log of `size` entries, each under its hash.
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
        let hashes = self.leaves(index, size).unwrap_or_default();
        for (offset, (entry, kept)) in (1..).zip(entries.iter().zip(hashes)) {
            if hash::leaf(entry) != kept {
                let position = index * TILE_WIDTH + offset;
                return Err(RestoreError::Tiles {
                    path,
                    zh: format!("第 {position} 条与其散列不符；请从别处取一份该文件"),
                    en: format!("position {position} does not match its hash: get another copy"),
                });
            }
        }
        Ok(entries.into_iter().map(Bytes::copy_from_slice).collect())
    }

    /// The hashes of the leaves in one tile of a log of `size` entries; `None` where they are not
    /// there, or not all.
    pub(crate) fn leaves(&self, index: u64, size: u64) -> Option<Vec<hash::Hash>> {
        let tile = Tile::at_size(Kind::Hashes { level: 0 }, index, size)?;
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
