//! sled's snapshots of its page table, kept across a power cut.
//!
//! Once sled has used a part of its log again, nothing but the newest snapshot tells where its
//! pages are. At each open sled writes a new one, removes the old, and syncs no directory: a file
//! system may make the removal durable and not the new name, and then the log is there and cannot
//! be read (found by cutting the power between any two calls). So a copy of what was there is made
//! durable before sled opens, and is brought back when neither is left.
//!
//! A snapshot that does not match its own checksum is moved aside, never copied: sled would refuse
//! to open for it, although the log may be whole.
//!
//! Invariant: while sled opens, a complete snapshot is durable here.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::OpenError;
use crate::directory::{exists, failed, sync_dir};

/// Where the copies lie, beside sled's own directory.
pub(crate) const KEPT: &str = "sled.kept";
const PREFIX: &str = "snap.";
/// What is set before the name of a snapshot that is moved aside.
const DAMAGED: &str = "damaged.";
/// The ending under which sled writes a snapshot, and we a copy.
const UNFINISHED: &str = ".generating";

/// Before each open: removes what was not finished, brings back what is gone, keeps a copy.
///
/// A snapshot sled was killed over while writing is taken for the newest one at the next
/// open, which then fails with `Corruption` for ever. The real one is still there.
pub(crate) fn secure(dir: &Path, sled_dir: &Path) -> Result<(), OpenError> {
    let kept = dir.join(KEPT);
    remove(sled_dir, |name| name.ends_with(UNFINISHED))?;
    if !exists(&kept)? {
        fs::create_dir(&kept).map_err(failed("create the directory", &kept))?;
        sync_dir(dir)?;
    }
    remove(&kept, |name| name.ends_with(UNFINISHED))?;
    for name in names(sled_dir)? {
        let path = sled_dir.join(&name);
        if !is_whole(&fs::read(&path).map_err(failed("read", &path))?) {
            let aside = kept.join(format!("{DAMAGED}{name}"));
            fs::rename(&path, &aside).map_err(failed("move aside", &path))?;
        }
    }
    if names(sled_dir)?.is_empty() {
        copy_all(&kept, sled_dir)?;
    }
    copy_all(sled_dir, &kept)?;
    let current = names(sled_dir)?;
    remove(&kept, |name| !current.iter().any(|kept| kept == name))
}

/// Whether a snapshot ends in the CRC-32 of what it holds, as sled writes and checks it: the body,
/// its length in 8 bytes, the checksum of the body in 4.
fn is_whole(snapshot: &[u8]) -> bool {
    let Some((rest, crc)) = snapshot.split_last_chunk::<4>() else { return false };
    let Some((body, _)) = rest.split_last_chunk::<8>() else { return false };
    !body.is_empty() && crc32fast::hash(body) == u32::from_le_bytes(*crc)
}

/// Makes copies of the snapshots of one directory durable in another.
fn copy_all(from: &Path, to: &Path) -> Result<(), OpenError> {
    for name in names(from)? {
        let source = from.join(&name);
        let bytes = fs::read(&source).map_err(failed("read", &source))?;
        if !is_whole(&bytes) {
            continue;
        }
        let target = to.join(&name);
        // A missing or unreadable copy is written anew.
        if fs::read(&target).is_ok_and(|there| there == bytes) {
            continue;
        }
        let new = to.join(format!("{name}{UNFINISHED}"));
        let write = || -> io::Result<()> {
            let mut file = File::create(&new)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&new, &target)
        };
        write().map_err(failed("write", &target))?;
    }
    sync_dir(to)
}

/// The complete snapshots of a directory.
fn names(dir: &Path) -> Result<Vec<String>, OpenError> {
    let files = files(dir)?.into_iter();
    Ok(files.map(|(name, _)| name).filter(|name| !name.ends_with(UNFINISHED)).collect())
}

fn remove(dir: &Path, unwanted: impl Fn(&str) -> bool) -> Result<(), OpenError> {
    for (_, path) in files(dir)?.into_iter().filter(|(name, _)| unwanted(name)) {
        fs::remove_file(&path).map_err(failed("remove", &path))?;
    }
    Ok(())
}

/// Everything in a directory that has the name of a snapshot, complete or not.
fn files(dir: &Path) -> Result<Vec<(String, PathBuf)>, OpenError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed("list", dir))? {
        let entry = entry.map_err(failed("list", dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(PREFIX) {
            found.push((name, entry.path()));
        }
    }
    Ok(found)
}
