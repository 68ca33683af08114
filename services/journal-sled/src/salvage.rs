//! Looking into a log that sled cannot open: which positions are still there, read past sled.
//!
//! Reads and changes nothing, and mends nothing: it only says where the damage is, so that a backup
//! can be chosen that reaches it. A frame of a commit that was cut short and written anew may still
//! lie there as well, so what is found is what seems whole, not a proof.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use journal::Head;
use journal::frame::{VALUE_BYTES_MAX, search};

use crate::OpenError;
use crate::directory::{failed, read_high_water};
use crate::lock::Lock;

/// Bytes read at a time.
const BLOCK_BYTES: usize = 4 << 20;

/// What seems whole in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salvage {
    /// Every event up to here is there and matches its checksum.
    pub whole_to: Head,
    /// The last event that is there, whether or not some before it are not.
    pub last: Head,
    /// Up to where events were durable once, if that can be read.
    pub high_water: Option<Head>,
}

/// Looks through the log in `dir`, with the lock held.
///
/// # Errors
/// [`OpenError`] when the log cannot be read, or somebody has it open.
pub fn salvage(dir: &Path) -> Result<Salvage, OpenError> {
    let _lock = Lock::take(dir)?;
    let path = dir.join("sled").join("db");
    let mut log = File::open(&path).map_err(failed("open", &path))?;
    let mut runs = BTreeMap::new();
    let mut bytes = Vec::new();
    loop {
        let read = log.by_ref().take(BLOCK_BYTES as u64).read_to_end(&mut bytes);
        let at_end = read.map_err(failed("read", &path))? == 0;
        // A frame that begins before this is in the block as a whole.
        let until = if at_end { bytes.len() } else { bytes.len().saturating_sub(VALUE_BYTES_MAX) };
        let mut at = 0;
        while at < until {
            at += match search::at_start_of(&bytes[at..]) {
                Some(run) => {
                    let last = runs.entry(run.first.get()).or_insert(0);
                    *last = run.last.get().max(*last);
                    run.length
                }
                None => 1,
            };
        }
        if at_end {
            break;
        }
        bytes.drain(..at.min(bytes.len()));
    }
    let mut whole_to = 0;
    for (first, last) in &runs {
        if whole_to + 1 < *first {
            break;
        }
        whole_to = whole_to.max(*last);
    }
    let last = runs.values().copied().max().unwrap_or(0);
    let high_water = read_high_water(dir).ok();
    Ok(Salvage { whole_to: Head::new(whole_to), last: Head::new(last), high_water })
}
