//! Exported tiles as a reference: every entry in them is hashed and held against the hash tiles,
//! and those against the levels above them. Whoever keeps the tiles relies on the entries.
//!
//! No judgement of who is right: that is for the signed checkpoint.

use merkle::hash::{self, Hash};
use merkle::tile::{Kind, TILE_WIDTH, Tile};
use merkle::tree::Frontier;

use super::Finding;
use super::reference::Fault;
use crate::ops::restore::{RestoreError, StaticLog};

/// The hashes of all entries of a log of `size`, by its bundles, with what is wrong in its files.
pub(super) fn leaves(log: StaticLog, size: u64) -> impl Iterator<Item = Result<Hash, Fault>> {
    (0..size.div_ceil(TILE_WIDTH)).flat_map(move |index| {
        let mut found = above(&log, index, size);
        match (log.bundle(index, size), log.leaves(index, size)) {
            (Ok(entries), kept) => {
                let leaves: Vec<Hash> = entries.iter().map(|entry| hash::leaf(entry)).collect();
                found.extend(kept.and_then(|kept| disagreement(&leaves, &kept, index, size)));
                found.into_iter().map(Fault::told).chain(leaves.into_iter().map(Ok)).collect()
            }
            // The hashes still tell whether the entries here are those that were signed.
            (Err(error), Some(kept)) => {
                found.push(no_entries(&error, index));
                found.into_iter().map(Fault::told).chain(kept.into_iter().map(Ok)).collect()
            }
            (Err(error), None) => vec![Err(Fault::Ends(error))],
        }
    })
}

/// The first entry of a bundle that does not have the hash kept for it.
fn disagreement(leaves: &[Hash], kept: &[Hash], index: u64, size: u64) -> Option<Finding> {
    let (offset, _) = (0..).zip(leaves.iter().zip(kept)).find(|(_, (leaf, kept))| leaf != kept)?;
    let position = index * TILE_WIDTH + offset + 1;
    let name =
        |kind| Tile::at_size(kind, index, size).map_or_else(String::new, |it| it.to_string());
    let (bundle, hashes) = (name(Kind::Entries), name(Kind::Hashes { level: 0 }));
    Some(Finding {
        file: Some(bundle.clone()),
        ..Finding::at(
            position,
            "TILES_DISAGREE",
            format!(
                "导出目录中 {bundle} 的第 {position} 条与 {hashes} 中的散列不符：两个文件之一被改动；请重新导出或另取一份"
            ),
            format!(
                "position {position} in {bundle} of the export does not have its hash in {hashes}: \
                 one of the two files was changed; export again or take another copy"
            ),
        )
    })
}

/// Where a full tile of hashes does not have the hash that the level above keeps of it: as soon as
/// `index` completes one.
fn above(log: &StaticLog, mut index: u64, size: u64) -> Vec<Finding> {
    let mut found = Vec::new();
    for level in 0.. {
        let Some(hashes) = log.hashes(level, index, size) else { break };
        let Ok(number) = usize::try_from(index % TILE_WIDTH) else { break };
        let over = index / TILE_WIDTH;
        if hashes.len() as u64 != TILE_WIDTH {
            break;
        }
        let mut tree = Frontier::new();
        hashes.iter().for_each(|hash| tree.push(*hash, &mut |_, _, _| {}));
        let kept = log.hashes(level + 1, over, size).and_then(|kept| kept.get(number).copied());
        if kept.is_some_and(|kept| kept != tree.root()) {
            let name = |level, index| {
                let tile = Tile::at_size(Kind::Hashes { level }, index, size);
                tile.map_or_else(String::new, |tile| tile.to_string())
            };
            let (tile, over) = (name(level, index), name(level + 1, over));
            found.push(Finding::of(
                &tile,
                "TILES_DISAGREE",
                format!(
                    "导出目录中的 {tile} 与 {over} 中的散列不符：两个文件之一被改动；请重新导出或另取一份"
                ),
                format!(
                    "{tile} of the export does not have its hash in {over}: one of the two files \
                     was changed; export again or take another copy"
                ),
            ));
        }
        if number as u64 + 1 != TILE_WIDTH {
            break;
        }
        index = over;
    }
    found
}

fn no_entries(error: &RestoreError, index: u64) -> Finding {
    let (first, en) = (index * TILE_WIDTH + 1, crate::chain(error));
    let what = "BUNDLE_UNUSABLE";
    let zh = format!("导出中自第 {first} 条起的条目不能用于恢复：{}", error.zh());
    Finding::at(first, what, zh, format!("from position {first} the export restores nothing: {en}"))
}
