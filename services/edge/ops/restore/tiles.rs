//! Restoring from exported tiles alone, when the data directory is lost.
//!
//! What is needed: `checkpoint` and the bundles of entries. The hash tiles, where they are there,
//! only serve to name the entry that is wrong.

use std::path::Path;

use bytes::Bytes;
use journal_sled::LedgerId;
use merkle::hash;
use merkle::tile::{self, Kind, TILE_WIDTH, Tile};

use super::{Builder, RestoreError, Restored, Wanted, admit, signed};

/// Restores the static log in `from` into `target`, which must be missing or empty.
///
/// # Errors
/// [`RestoreError`]; `target` is as it was then.
pub fn tiles(
    from: &Path,
    target: &Path,
    wanted: &Wanted,
    mut progress: impl FnMut(u64, u64),
) -> Result<Restored, RestoreError> {
    let log = StaticLog::open(from)?;
    let origin = log.origin.clone();
    let checkpoint = signed(&log.note, &origin, &wanted.keys)?;
    let ledger = wanted.ledger.or_else(|| origin.rsplit('/').next()?.parse().ok());
    let ledger: LedgerId = ledger.ok_or_else(|| RestoreError::Tiles {
        path: "checkpoint".to_owned(),
        zh: format!("来源 {origin} 不含台账编号；请用 --ledger 指定"),
        en: format!("the origin {origin} does not name the ledger: pass --ledger"),
    })?;
    let size = checkpoint.size();
    admit(ledger, &origin, size, wanted)?;
    let sizes = wanted.witnessed.iter().map(|witnessed| witnessed.checkpoint.size());
    let mut builder = Builder::new(target, ledger, sizes.chain([size]))?;
    for index in 0..size.div_ceil(TILE_WIDTH) {
        for entry in log.bundle(index, size)? {
            builder.entry(entry)?;
        }
        progress(builder.size(), size);
    }
    builder.finish(Some((&checkpoint, &log.note)), &[], wanted)
}

/// A static log (C2SP tlog-tiles) in a directory.
pub(crate) struct StaticLog<'a> {
    dir: &'a Path,
    /// The signed note of its checkpoint.
    pub(crate) note: String,
    /// Its origin.
    pub(crate) origin: String,
}

impl<'a> StaticLog<'a> {
    pub(crate) fn open(dir: &'a Path) -> Result<Self, RestoreError> {
        let path = dir.join("checkpoint");
        let note = std::fs::read_to_string(&path).map_err(|source| RestoreError::Io {
            action: "read",
            path,
            source,
        })?;
        let parsed = merkle::Note::parse(note.as_bytes())
            .map_err(|error| RestoreError::Checkpoint(error.into()))?;
        let checkpoint =
            merkle::Checkpoint::parse(parsed.text()).map_err(RestoreError::Checkpoint)?;
        Ok(Self { dir, origin: checkpoint.origin().to_owned(), note })
    }

    /// The entries of one bundle in a log of `size` entries, each under its hash.
    pub(crate) fn bundle(&self, index: u64, size: u64) -> Result<Vec<Bytes>, RestoreError> {
        let of = |kind| Tile::at_size(kind, index, size);
        let Some(bundle) = of(Kind::Entries) else { return Ok(Vec::new()) };
        let path = bundle.to_string();
        let bytes = self.read(bundle)?;
        let entries =
            tile::decode_bundle(&bytes, bundle.width()).map_err(|error| RestoreError::Tiles {
                path: path.clone(),
                zh: format!("条目包不完整或已损坏（{error}）；请从别处取一份"),
                en: format!("the bundle is cut short or damaged ({error}): get another copy"),
            })?;
        let hashes = of(Kind::Hashes { level: 0 }).and_then(|tile| self.read(tile).ok());
        let (hashes, _) = hashes.as_deref().unwrap_or_default().as_chunks::<32>();
        for (offset, (entry, kept)) in (1..).zip(entries.iter().zip(hashes)) {
            if hash::leaf(entry).0 != *kept {
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

    /// A tile, from its own file or the beginning of the full one.
    fn read(&self, tile: Tile) -> Result<Vec<u8>, RestoreError> {
        let path = self.dir.join(tile.to_string());
        std::fs::read(&path).map_err(|source| RestoreError::Io { action: "read", path, source })
    }
}
