//! A copy of sled's files to look at: sled mends its own log whenever it opens it, and what it
//! mends after damage is gone for good. Whoever only looks must leave the evidence as it is.
//!
//! Invariant: nothing in the journal's own directory changes but the lock's text, and the copy goes
//! away with its handle.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::ioctl_ficlone;

use crate::directory::failed;
use crate::snapshots::KEPT;
use crate::{OpenError, free_bytes};

/// Name of the copy inside the journal's directory.
const NAME: &str = "sled.looked-at";
/// Room left beside the copy.
const SPARE_BYTES: u64 = 64 << 20;

/// A directory that holds copies of sled's; removed when dropped.
#[derive(Debug)]
pub(crate) struct Copy(PathBuf);

impl Copy {
    /// Copies sled's files beside them where that can be written, or among the temporary files.
    /// The journal's lock must be held.
    pub(crate) fn of(dir: &Path) -> Result<Copy, OpenError> {
        remove_leftover(dir);
        let temporary = format!("duty-ledger-{}-{NAME}", std::process::id());
        let places = [dir.join(NAME), std::env::temp_dir().join(temporary)];
        let needed = bytes_below(&dir.join("sled")).saturating_add(SPARE_BYTES);
        let mut refused = None;
        for place in places {
            let parent = place.parent().unwrap_or(dir);
            let free = free_bytes(parent).unwrap_or(u64::MAX);
            if free < needed {
                let full = io::Error::from(io::ErrorKind::StorageFull);
                refused = Some(failed("copy the journal, to look at it, to", &place)(full));
                continue;
            }
            match fs::create_dir(&place) {
                Ok(()) => {
                    let copy = Copy(place);
                    for name in ["sled", KEPT] {
                        copy_below(&dir.join(name), &copy.0.join(name))?;
                    }
                    return Ok(copy);
                }
                Err(error) => {
                    refused = Some(failed("copy the journal, to look at it, to", &place)(error));
                }
            }
        }
        let nowhere = || failed("find a place for a copy of", dir)(io::ErrorKind::NotFound.into());
        Err(refused.unwrap_or_else(nowhere))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // What is left is removed when the journal is opened next.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Removes a copy that a killed process has left behind. The journal's lock must be held.
pub(crate) fn remove_leftover(dir: &Path) {
    // On a file system that cannot be written to there is none.
    let _ = fs::remove_dir_all(dir.join(NAME));
}

fn copy_below(from: &Path, to: &Path) -> Result<(), OpenError> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir(to).map_err(failed("create the directory", to))?;
    for entry in fs::read_dir(from).map_err(failed("list", from))? {
        let entry = entry.map_err(failed("list", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy_below(&source, &target)?;
        } else {
            copy_file(&source, &target).map_err(failed("copy", &source))?;
        }
    }
    Ok(())
}

/// Shares the blocks where the file system can.
fn copy_file(source: &Path, target: &Path) -> io::Result<()> {
    let shared = ioctl_ficlone(File::create(target)?, File::open(source)?);
    if shared.is_err() {
        fs::copy(source, target)?;
    }
    Ok(())
}

/// Bytes that the files below a directory take on the device.
fn bytes_below(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let bytes = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    };
    entries.filter_map(Result::ok).map(bytes).sum()
}
