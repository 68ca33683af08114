//! Why a journal could not be opened, and what goes wrong beneath an open one.
//!
//! Opening is done by an operator, so each message says which directory, what was found and what
//! to do. Sources are linked, never printed.

use std::io;
use std::path::PathBuf;

use journal::{Corruption, Head, Position};

use crate::{Holder, LedgerId};

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or directory could not be used.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another process, or another handle in this one, has the journal open.
    #[error(
        "the journal in {} is in use by {holder}; stop that process (the lock ends with it, \
         the file LOCK need not be deleted) or give this one a directory of its own",
        dir.display()
    )]
    Locked {
        /// The journal's directory.
        dir: PathBuf,
        /// Who has it.
        holder: Holder,
    },
    /// The directory holds something, but not a journal.
    #[error(
        "{} is not empty and holds no journal (no file FORMAT, but {found:?}); \
         choose an empty directory, or the right one",
        dir.display()
    )]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// One of the things found there.
        found: String,
    },
    /// There is nothing to look at.
    #[error(
        "there is no journal in {} (no file FORMAT); name the data directory of a ledger",
        dir.display()
    )]
    NoJournal {
        /// The directory.
        dir: PathBuf,
    },
    /// The journal was written by a later version of this program.
    #[error(
        "the journal in {} has format {found}, this program knows format {known} only; \
         run the program version that wrote it, or a later one",
        dir.display()
    )]
    NewerFormat {
        /// The journal's directory.
        dir: PathBuf,
        /// The format found.
        found: u64,
        /// The format this program writes.
        known: u64,
    },
    /// A small file of ours is not as we write it.
    #[error(
        "{} is not as this program writes it; restore it from a backup: {hint}",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        hint: &'static str,
    },
    /// A small file of ours is gone.
    #[error(
        "{} is missing, without which it is not known how far the journal reached; restore the \
         file, or the ledger, from a backup: {hint}",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        hint: &'static str,
    },
    /// The journal is another ledger's.
    #[error(
        "the journal in {} belongs to ledger {found}, not {expected}; choose the right directory",
        dir.display()
    )]
    OtherLedger {
        /// The journal's directory.
        dir: PathBuf,
        /// The id found.
        found: LedgerId,
        /// The id asked for.
        expected: LedgerId,
    },
    /// Events that were once durable are gone from the end.
    #[error(
        "the journal in {} has lost its tail: it ends at position {head}, \
         but position {high_water} was durable once; \
         keep a copy of the directory as it is and restore a backup that reaches {high_water} with \
         `duty-ledger restore`",
        dir.display()
    )]
    TailLost {
        /// The journal's directory.
        dir: PathBuf,
        /// Where it ends now.
        head: Head,
        /// Where it has been.
        high_water: Head,
    },
    /// sled cannot read its own files.
    #[error(
        "sled cannot open the journal in {}: {what}; keep a copy of the directory as it is and \
         restore the last backup with `duty-ledger restore`",
        dir.display()
    )]
    Corrupt {
        /// The journal's directory.
        dir: PathBuf,
        /// sled's own words.
        what: String,
    },
    /// The events are not whole.
    #[error(
        "the journal in {} is corrupt at position {position}: {what}; keep a copy of the directory \
         as it is and restore a backup that reaches beyond {position} with `duty-ledger restore`",
        dir.display()
    )]
    Damaged {
        /// The journal's directory.
        dir: PathBuf,
        /// The first position that cannot be trusted.
        position: Position,
        /// What is wrong there.
        what: Corruption,
    },
    /// sled writes when it opens, and there was no room to. Nothing is lost by that.
    #[error(
        "the file system of {} is too full to open the journal; make room and start again, \
         nothing is lost",
        dir.display()
    )]
    StorageFull {
        /// The journal's directory.
        dir: PathBuf,
        /// sled's own words.
        #[source]
        source: EngineError,
    },
    /// sled could not open or read its files for another reason.
    #[error("sled cannot open the journal in {}", dir.display())]
    Engine {
        /// The journal's directory.
        dir: PathBuf,
        /// The reason.
        #[source]
        source: EngineError,
    },
}

/// What goes wrong beneath an open journal; the source of `AppendError::Engine` and
/// `ReadError::Engine`.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// sled said so.
    #[error("sled failed")]
    Sled(#[source] sled::Error),
    /// sled panicked, as it does on some kinds of damage.
    #[error("sled panicked: {message}")]
    Panicked {
        /// What it said.
        message: String,
    },
    /// The log could not be synced: nobody knows what is on the disk.
    #[error("cannot sync sled's log")]
    Sync(#[source] io::Error),
    /// The store is not open: opening it again after a lack of room failed.
    #[error("sled is not open, since it could not be opened again")]
    NotOpen,
}

impl EngineError {
    /// Whether the storage ran out of room (or of what the quota allows).
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        let error = match self {
            EngineError::Sled(sled::Error::Io(error)) | EngineError::Sync(error) => error,
            EngineError::Sled(_) | EngineError::Panicked { .. } | EngineError::NotOpen => {
                return false;
            }
        };
        matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}
