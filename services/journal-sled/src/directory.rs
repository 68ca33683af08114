//! The journal's directory: what may be in it, and the two small text files.
//!
//! Not sled's files; those are `store`'s. Invariants: a small file is replaced as a whole and
//! synced, so a power cut leaves the old one or the new one; a directory that is
//! not ours is left exactly as it was.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use journal::Head;

use crate::lock::LOCK;
use crate::{LedgerId, OpenError};

/// Format version of the directory: bump it when its layout or the frames change.
///
/// | version | what is new                                                                        |
/// |--------:|------------------------------------------------------------------------------------|
/// |       1 | `FORMAT`, `HIGH-WATER`, `LOCK`, `sled/`                                            |
/// |       2 | beside them what the ledger keeps: tree, checkpoint, snapshots, keys; same frames |
pub const FORMAT_VERSION: u64 = 2;
/// The oldest format this program opens; it upgrades what it has opened.
const FORMAT_OLDEST: u64 = 1;

const FORMAT: &str = "FORMAT";
const HIGH_WATER: &str = "HIGH-WATER";
/// There after a sync of sled's log failed.
const SYNC_FAILED: &str = "SYNC-FAILED";
const FORMAT_TITLE: &str = "duty-ledger journal format ";
const FORMAT_HINT: &str = "two lines, `duty-ledger journal format 2` and `ledger <32 hex digits>`";
const HIGH_WATER_TITLE: &str = "duty-ledger journal high-water 1";
const HIGH_WATER_HINT: &str =
    "two lines, `duty-ledger journal high-water 1` and `position <last position known durable>`";

/// What a directory without `FORMAT` may hold and still count as empty: our own leftovers
/// of a creation cut short, and what mkfs puts into the root of a fresh volume.
const HOLDS_NOTHING: [&str; 5] = [LOCK, "HIGH-WATER.new", HIGH_WATER, "FORMAT.new", "lost+found"];

/// Makes the directory if need be, durably, and refuses one that is not ours.
pub(crate) fn prepare(dir: &Path) -> Result<(), OpenError> {
    let missing: Vec<&Path> = dir.ancestors().take_while(|path| !path.exists()).collect();
    fs::create_dir_all(dir).map_err(failed("create the directory", dir))?;
    for created in missing {
        // A relative path ends in "", which stands for the working directory.
        let parent = created.parent().filter(|parent| !parent.as_os_str().is_empty());
        sync_dir(parent.unwrap_or(Path::new(".")))?;
    }
    if exists(&dir.join(FORMAT))? {
        return Ok(());
    }
    for entry in fs::read_dir(dir).map_err(failed("list", dir))? {
        let name = entry.map_err(failed("list", dir))?.file_name();
        if !HOLDS_NOTHING.iter().any(|allowed| name == *allowed) {
            let found = name.to_string_lossy().into_owned();
            return Err(OpenError::Foreign { dir: dir.to_path_buf(), found });
        }
    }
    Ok(())
}

/// Reads `FORMAT`, or writes it for a new journal. The lock must be held.
pub(crate) fn ledger(
    dir: &Path,
    new_ledger: LedgerId,
    expected: Option<LedgerId>,
) -> Result<LedgerId, OpenError> {
    let path = dir.join(FORMAT);
    let Some(text) = read_small(&path)? else {
        replace(dir, FORMAT, &format_text(new_ledger))?;
        return Ok(new_ledger);
    };
    let (_, found) = parse_format(dir, &path, &text)?;
    match expected {
        Some(expected) if expected != found => {
            Err(OpenError::OtherLedger { dir: dir.to_path_buf(), found, expected })
        }
        _ => Ok(found),
    }
}

/// Whether a directory says what format it has.
pub(crate) fn has_format(dir: &Path) -> Result<bool, OpenError> {
    exists(&dir.join(FORMAT))
}

/// Refuses a directory without a journal and leaves it as it was.
pub(crate) fn must_hold_journal(dir: &Path) -> Result<(), OpenError> {
    match has_format(dir)? {
        true => Ok(()),
        false => Err(OpenError::NoJournal { dir: dir.to_path_buf() }),
    }
}

/// Format version and ledger of a journal that is there.
pub(crate) fn read_format(dir: &Path) -> Result<(u64, LedgerId), OpenError> {
    let path = dir.join(FORMAT);
    let text = read_small(&path)?.ok_or(OpenError::NoJournal { dir: dir.to_path_buf() })?;
    parse_format(dir, &path, &text)
}

/// Records that the directory has the format of this program, once it was opened by it. A program
/// that knows older formats only refuses it from then on.
pub(crate) fn upgrade(dir: &Path) -> Result<(), OpenError> {
    let (version, ledger) = read_format(dir)?;
    if version == FORMAT_VERSION {
        return Ok(());
    }
    replace(dir, FORMAT, &format_text(ledger))
}

fn format_text(ledger: LedgerId) -> String {
    format!("{FORMAT_TITLE}{FORMAT_VERSION}\nledger {ledger}\n")
}

/// The ledger whose journal is in `dir`, opened or not; none when there is no journal.
///
/// # Errors
/// [`OpenError`] when the directory cannot be read, is damaged, or is of a newer format.
pub fn ledger_of(dir: &Path) -> Result<Option<LedgerId>, OpenError> {
    let path = dir.join(FORMAT);
    let found = read_small(&path)?.map(|text| parse_format(dir, &path, &text)).transpose()?;
    Ok(found.map(|(_, ledger)| ledger))
}

fn parse_format(dir: &Path, path: &Path, text: &str) -> Result<(u64, LedgerId), OpenError> {
    let malformed = || OpenError::Malformed { path: path.to_path_buf(), hint: FORMAT_HINT };
    let mut lines = text.lines();
    let version = lines.next().and_then(|line| line.strip_prefix(FORMAT_TITLE));
    let version: u64 = version.and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
    // Before the rest: a later format may well say more, or say it otherwise.
    if version > FORMAT_VERSION {
        let dir = dir.to_path_buf();
        return Err(OpenError::NewerFormat { dir, found: version, known: FORMAT_VERSION });
    }
    let ledger = lines.next().and_then(|line| line.strip_prefix("ledger "));
    let ledger = ledger.and_then(|text| text.parse().ok()).ok_or_else(malformed)?;
    if version < FORMAT_OLDEST || lines.next().is_some() {
        return Err(malformed());
    }
    Ok((version, ledger))
}

/// Reads `HIGH-WATER`, or writes an empty journal's if there is no log yet either.
///
/// A missing file beside a log is refused: to take it for zero would switch off the
/// very check it is there for.
pub(crate) fn high_water(dir: &Path, log_exists: bool) -> Result<Head, OpenError> {
    if log_exists || exists(&dir.join(HIGH_WATER))? {
        return read_high_water(dir);
    }
    write_high_water(dir, Head::EMPTY)?;
    Ok(Head::EMPTY)
}

/// What `HIGH-WATER` says of a directory: events up to there were durable once, and there may have
/// been more. `None` when it cannot be read.
#[must_use]
pub fn high_water_of(dir: &Path) -> Option<Head> {
    read_high_water(dir).ok()
}

/// Reads `HIGH-WATER`, which must be there.
pub(crate) fn read_high_water(dir: &Path) -> Result<Head, OpenError> {
    let path = dir.join(HIGH_WATER);
    let Some(text) = read_small(&path)? else {
        return Err(OpenError::Missing { path, hint: HIGH_WATER_HINT });
    };
    parse_high_water(&text).ok_or(OpenError::Malformed { path, hint: HIGH_WATER_HINT })
}

fn parse_high_water(text: &str) -> Option<Head> {
    let mut lines = text.lines();
    let title = lines.next() == Some(HIGH_WATER_TITLE);
    let position = lines.next()?.strip_prefix("position ")?.parse().ok()?;
    (title && lines.next().is_none()).then_some(Head::new(position))
}

/// Records that everything up to `head` is durable.
pub(crate) fn write_high_water(dir: &Path, head: Head) -> Result<(), OpenError> {
    replace(dir, HIGH_WATER, &format!("{HIGH_WATER_TITLE}\nposition {head}\n"))
}

/// Records, as well as a failing device lets us, that a sync of sled's log failed.
pub(crate) fn mark_doubtful(dir: &Path) {
    // Nothing better can be done: the failed sync is what is reported.
    let _ = replace(
        dir,
        SYNC_FAILED,
        "a sync of sled/db failed: it is written anew at the next start\n",
    );
}

/// Makes the log certain again after a sync of it failed.
///
/// The kernel then takes what it could not write for written: it may go on showing pages that the
/// device does not have, also to the next process, and a sync would say that all is well. Written
/// once more, each page is on the device or is refused.
pub(crate) fn resolve_doubt(dir: &Path, log: &Path) -> Result<(), OpenError> {
    let mark = dir.join(SYNC_FAILED);
    if !exists(&mark)? {
        return Ok(());
    }
    rewrite(log).map_err(failed("write anew, as a sync of it had failed,", log))?;
    fs::remove_file(&mark).map_err(failed("remove", &mark))?;
    sync_dir(dir)
}

fn rewrite(log: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(log)?;
    let (len, mut at) = (file.metadata()?.len(), 0);
    let mut block = vec![0; 1 << 20];
    while at < len {
        let count = file.read_at(&mut block, at)?;
        file.write_all_at(&block[..count], at)?;
        at += count as u64;
        if count == 0 {
            break;
        }
    }
    file.sync_all()
}

/// Whether something is there; unreadable is not the same as absent.
pub(crate) fn exists(path: &Path) -> Result<bool, OpenError> {
    path.try_exists().map_err(failed("look at", path))
}

/// Makes a directory's own entries durable.
pub(crate) fn sync_dir(dir: &Path) -> Result<(), OpenError> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed("sync", dir))
}

/// An error about `path`.
pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = PathBuf::from(path);
    move |source| OpenError::Io { action, path, source }
}

fn read_small(path: &Path) -> Result<Option<String>, OpenError> {
    match fs::read(path) {
        // Bytes that are no text are damage, and parse as such.
        Ok(bytes) => Ok(Some(String::from_utf8(bytes).unwrap_or_default())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

/// Replaces a file as a whole: new file, sync, rename, sync of the directory.
fn replace(dir: &Path, name: &str, text: &str) -> Result<(), OpenError> {
    let path = dir.join(name);
    let new = dir.join(format!("{name}.new"));
    let write = || -> io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, &path)
    };
    write().map_err(failed("write", &path))?;
    sync_dir(dir)
}
