//! Whether a checkpoint was ever signed, where none is there: a lost one must be told from one that
//! never was, because whoever signs without it may contradict it.
//!
//! The marker says it. Directories made before there was a marker are told by what was written
//! along with the first checkpoint or after it, and by the keys, which were made to sign it.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::keys::{DIRECTORY as KEYS, ED25519_FILE, SM2_FILE};
use super::{MARKER, PUBLISHED, UNSIGNED_TEXT};

/// What in a data directory without `CHECKPOINT` says that there was one; `None` when nothing
/// does. Names are those below the directory, the guard record's is its path.
pub(crate) fn sign_of_signing(dir: &Path, guard: Option<&Path>) -> Option<String> {
    // Never there without a checkpoint, whatever the marker says.
    if is_there(&dir.join(PUBLISHED)) {
        return Some(PUBLISHED.to_owned());
    }
    match fs::read(dir.join(MARKER)) {
        // A cut may have left a guard record ahead of the first checkpoint: it is an anchor.
        Ok(text) if text == UNSIGNED_TEXT.as_bytes() => None,
        Err(error) if error.kind() == ErrorKind::NotFound => older(dir, guard),
        // Whatever else it says, it is there.
        Ok(_) | Err(_) => Some(MARKER.to_owned()),
    }
}

/// The same in a directory without a marker.
fn older(dir: &Path, guard: Option<&Path>) -> Option<String> {
    if let Some(guard) = guard.filter(|guard| is_there(guard)) {
        return Some(guard.display().to_string());
    }
    let files = [ED25519_FILE, SM2_FILE].map(|name| format!("{KEYS}/{name}"));
    let files = files.into_iter().chain(["tree/level-0".to_owned()]);
    let snapshot = || {
        let kept = fs::read_dir(dir.join("snapshots")).ok()?;
        let mut names = kept.flatten().map(|entry| entry.file_name());
        let name = names.find(|name| name.to_string_lossy().starts_with("state-"))?;
        Some(format!("snapshots/{}", name.to_string_lossy()))
    };
    files.into_iter().find(|name| has_bytes(&dir.join(name))).or_else(snapshot)
}

/// Whether something is there; what cannot be looked at counts.
fn is_there(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

fn has_bytes(path: &Path) -> bool {
    match fs::metadata(path) {
        Ok(metadata) => 0 < metadata.len(),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}
