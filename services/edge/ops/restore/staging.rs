//! The directory a ledger is built in before it is put into its place.
//!
//! A target that is missing gets one rename. A target that is there and empty (a fresh volume) may
//! be a mount point, which cannot be renamed over: it is built inside and moved up file by file,
//! `FORMAT` last, and a directory without `FORMAT` is opened by nobody.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use journal::Journal as _;
use journal_sled::{LedgerId, Options, SledJournal};

use super::RestoreError;
use super::swap::{FileSystem, Unfinished, beside, parent, swap};
use crate::clock::Clock as _;
use crate::log::{KeyFiles, Keys, Missing};

/// A commit of the new journal is closed at this many entries or bytes.
const COMMIT_EVENTS: usize = 4_096;
const COMMIT_BYTES: usize = 4 << 20;
const ENDING: &str = ".restoring";
const FORMAT: &str = "FORMAT";

/// A directory under construction; it is removed unless it is kept.
pub(super) struct Staging {
    target: PathBuf,
    dir: PathBuf,
    journal: Option<SledJournal>,
    ledger: LedgerId,
    commit: Vec<Bytes>,
    bytes: usize,
}

impl Staging {
    /// Begins beside a target that is missing or to be replaced, or inside an empty one.
    pub(super) fn new(
        target: &Path,
        ledger: LedgerId,
        replacing: bool,
    ) -> Result<Self, RestoreError> {
        if let Some(unfinished) = Unfinished::of(target) {
            return Err(RestoreError::Unfinished(unfinished));
        }
        let dir = if replacing { beside(target, ENDING) } else { place(target)? };
        fs::create_dir_all(parent(&dir)).map_err(failed("make", parent(&dir)))?;
        match fs::create_dir(&dir) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(RestoreError::Leftover { dir });
            }
            Err(error) => return Err(failed("make", &dir)(error)),
        }
        let mut staging = Self {
            target: target.to_path_buf(),
            dir,
            journal: None,
            ledger,
            commit: Vec::new(),
            bytes: 0,
        };
        let journal = SledJournal::open(&staging.dir, Options::new(ledger));
        staging.journal = Some(journal.map_err(RestoreError::Open)?);
        Ok(staging)
    }

    pub(super) fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// Makes signing keys for another log, so that none can go on under the name of the old one.
    pub(super) fn make_keys(&self, origin: &str) -> Result<(), RestoreError> {
        let files = KeyFiles { data_dir: Some(self.dir.clone()), ed25519: None, sm2: None };
        Keys::load(&files, origin, Missing::Make).map(drop).map_err(RestoreError::Keys)
    }

    pub(super) fn entry(&mut self, stored: Bytes) -> Result<(), RestoreError> {
        self.bytes += stored.len();
        self.commit.push(stored);
        if COMMIT_EVENTS <= self.commit.len() || COMMIT_BYTES <= self.bytes {
            self.append()?;
        }
        Ok(())
    }

    fn append(&mut self) -> Result<(), RestoreError> {
        let Some(journal) = self.journal.as_ref().filter(|_| !self.commit.is_empty()) else {
            return Ok(());
        };
        let head =
            journal.head().map_err(|_| RestoreError::Append(journal::AppendError::Poisoned))?;
        journal.append(head.next(), &self.commit).map_err(RestoreError::Append)?;
        self.commit.clear();
        self.bytes = 0;
        Ok(())
    }

    /// Writes a file below the new directory, durably.
    pub(super) fn file(
        &mut self,
        name: &str,
        content: &[u8],
        mode: u32,
    ) -> Result<(), RestoreError> {
        let path = self.dir.join(name);
        let write = || -> io::Result<()> {
            fs::create_dir_all(parent(&path))?;
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create_new(true).mode(mode).open(&path)?;
            file.write_all(content)?;
            file.sync_all()?;
            sync_dir(parent(&path))
        };
        write().map_err(failed("write", &path))
    }

    /// Finishes the journal and removes everything.
    pub(super) fn discard(mut self) -> Result<(), RestoreError> {
        self.close()
    }

    /// Finishes the journal and puts the directory into its place.
    pub(super) fn keep(mut self) -> Result<(), RestoreError> {
        self.close()?;
        let result = if parent(&self.dir) == self.target { self.move_up() } else { self.rename() };
        result.map_err(failed("put the ledger into", &self.target))
    }

    /// The same in place of what is there, which is moved aside; where it is then.
    pub(super) fn replace(mut self) -> Result<PathBuf, RestoreError> {
        self.close()?;
        let time = crate::clock::SystemClock.now().strftime("%Y%m%dT%H%M%SZ").to_string();
        swap(&mut FileSystem, &self.dir, &self.target, &time)
            .map_err(failed("put the ledger into", &self.target))
    }

    /// Finishes the journal; nothing is added to it any more.
    pub(super) fn close(&mut self) -> Result<(), RestoreError> {
        self.append()?;
        match self.journal.take() {
            Some(journal) => journal.close().map_err(RestoreError::Close),
            None => Ok(()),
        }
    }

    fn rename(&self) -> io::Result<()> {
        sync_dir(&self.dir)?;
        fs::rename(&self.dir, &self.target)?;
        sync_dir(parent(&self.target))
    }

    fn move_up(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            if name != FORMAT {
                fs::rename(self.dir.join(&name), self.target.join(&name))?;
            }
        }
        sync_dir(&self.target)?;
        fs::rename(self.dir.join(FORMAT), self.target.join(FORMAT))?;
        fs::remove_dir(&self.dir)?;
        sync_dir(&self.target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        // After a rename there is nothing; otherwise what is left is of no use to anybody.
        self.journal = None;
        if self.dir.exists() {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Where to build: beside a target that is missing, inside one that is empty.
fn place(target: &Path) -> Result<PathBuf, RestoreError> {
    match fs::read_dir(target) {
        Ok(entries) => {
            for entry in entries {
                let name = entry.map_err(failed("list", target))?.file_name();
                if name != "lost+found" && name != ENDING {
                    let found = name.to_string_lossy().into_owned();
                    return Err(RestoreError::NotEmpty { dir: target.into(), found });
                }
            }
            Ok(target.join(ENDING))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(beside(target, ENDING)),
        Err(error) => Err(failed("list", target)(error)),
    }
}

fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RestoreError {
    let path = path.to_path_buf();
    move |source| RestoreError::Io { action, path, source }
}
