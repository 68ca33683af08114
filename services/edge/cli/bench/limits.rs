//! The limits that need no service: what the disk and the engine do by themselves.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use journal::{Journal, Position, ReadLimit};

use super::load::Latencies;
use super::server::Group;
use crate::cli::FAILED;
use crate::cli::client::Failure;

/// Entries a bare scan reads at a time, as the replay does.
const SCAN: ReadLimit = ReadLimit { events: 8_192, bytes: 8 * 1024 * 1024 };

/// A file beside the journal that is appended to and synced, and nothing else.
pub(super) struct RawFile {
    file: File,
    path: PathBuf,
    /// What is written: no run of zeros, which a disk might make light of.
    noise: Vec<u8>,
}

impl RawFile {
    /// A new file in a directory on the file system of the journal.
    pub(super) fn create(directory: &Path) -> Result<Self, Failure> {
        let path = directory.join("raw");
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(|error| failed(&path, &error))?;
        Ok(Self { file, path, noise: Vec::new() })
    }

    /// Appends so many bytes and waits until they are durable.
    fn append(&mut self, bytes: usize) -> Result<(), Failure> {
        while self.noise.len() < bytes {
            let word = super::events::scatter(self.noise.len() as u64);
            self.noise.extend_from_slice(&word.to_le_bytes());
        }
        let written = self.file.write_all(&self.noise[..bytes]);
        // fdatasync on Linux, as the journal calls it.
        written.and_then(|()| self.file.sync_data()).map_err(|error| failed(&self.path, &error))
    }

    /// Appends groups of these sizes, each made durable before the next: all of them, and again
    /// until the time is over. How many events a second that would be.
    pub(super) fn replay(&mut self, groups: &[Group], time: Duration) -> Result<f64, Failure> {
        let (started, mut events) = (Instant::now(), 0);
        loop {
            for (count, bytes) in groups {
                self.append(usize::try_from(*bytes).unwrap_or(usize::MAX))?;
                events += count;
            }
            let elapsed = started.elapsed();
            if time <= elapsed || groups.is_empty() {
                return Ok(events as f64 / elapsed.as_secs_f64().max(f64::EPSILON));
            }
        }
    }

    /// One small append after another for a while.
    pub(super) fn one_by_one(
        &mut self,
        bytes: usize,
        time: Duration,
    ) -> Result<Latencies, Failure> {
        let mut latency = Latencies::new()?;
        let started = Instant::now();
        let mut before = started;
        while before.duration_since(started) < time {
            self.append(bytes)?;
            let after = Instant::now();
            latency.record(after.duration_since(before));
            before = after;
        }
        Ok(latency)
    }
}

impl Drop for RawFile {
    fn drop(&mut self) {
        // It goes with its directory in any case.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Reads every entry and does nothing with it; how many there were.
pub(super) fn scan(journal: &dyn Journal) -> Result<u64, Failure> {
    let mut events = 0;
    let mut next = Some(Position::FIRST);
    while let Some(position) = next {
        let chunk = journal
            .read(position, SCAN)
            .map_err(|error| Failure::new(FAILED, crate::chain(&error)))?;
        events += chunk.len() as u64;
        next = chunk.last().and_then(|entry| entry.position.next());
    }
    Ok(events)
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FAILED, format!("无法写入 / cannot write {}: {error}", path.display()))
}
