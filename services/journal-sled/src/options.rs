//! What the caller decides when a journal is opened, and the ledger's id.
//!
//! Not configuration parsing: that is the edge's. Nothing here is read from a file.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::str::FromStr;
use std::time::Duration;

/// How to open a journal.
#[derive(Debug, Clone)]
pub struct Options {
    /// The id a new journal gets. An existing one keeps its own.
    pub new_ledger: LedgerId,
    /// If given, an existing journal must have this id.
    pub expected_ledger: Option<LedgerId>,
    /// Bytes of log records sled keeps in memory. Not heap bytes: measured, the process
    /// takes up to two and a half times as much with frames of 2 KiB.
    pub cache_bytes: u64,
    /// How much is checked before the journal is opened.
    pub check: Check,
    /// The high-water mark is at most this old while events keep coming. Each renewal
    /// costs two syncs, within an append.
    pub high_water_every: Duration,
    /// Appends are refused with `StorageFull` while the file system has less than this to
    /// spare. Refusing early is worth it: after a write that did run out of room, sled
    /// takes no more writes until it is opened again.
    pub free_bytes_min: u64,
}

/// How much of a journal is checked when it is opened. Whatever is chosen, every read
/// checks what it returns, and every read finds a gap it crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// The last frame only: for openings that must be quick whatever the size.
    Tail,
    /// That all frames are there without a gap, by their keys and headers.
    Frames,
    /// Every event's checksum as well.
    Events,
}

impl Options {
    /// The defaults: 128 MiB of cache, all frames checked, a high-water mark at most
    /// 5 seconds old, 64 MiB (eight of sled's segments) kept free.
    #[must_use]
    pub fn new(new_ledger: LedgerId) -> Options {
        Options {
            new_ledger,
            expected_ledger: None,
            cache_bytes: 128 << 20,
            check: Check::Frames,
            high_water_every: Duration::from_secs(5),
            free_bytes_min: 64 << 20,
        }
    }
}

/// The identity of a ledger: 16 bytes, written as 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LedgerId([u8; 16]);

impl LedgerId {
    /// The id made of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> LedgerId {
        LedgerId(bytes)
    }

    /// A new id from the system's random source.
    pub fn random() -> io::Result<LedgerId> {
        let mut bytes = [0; 16];
        File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        Ok(LedgerId(bytes))
    }

    /// The bytes of the id.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for LedgerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerId({self})")
    }
}

/// The text is not a ledger id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a ledger id is 32 lower-case hexadecimal digits")]
pub struct ParseLedgerIdError;

impl FromStr for LedgerId {
    type Err = ParseLedgerIdError;

    fn from_str(text: &str) -> Result<LedgerId, ParseLedgerIdError> {
        let mut bytes = [0; 16];
        let digits = text.as_bytes();
        if digits.len() != 2 * bytes.len() {
            return Err(ParseLedgerIdError);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => return Err(ParseLedgerIdError),
                };
                *byte = (*byte << 4) | value;
            }
        }
        Ok(LedgerId(bytes))
    }
}
