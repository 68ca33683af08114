//! What the machine says about the process and its disk. Absent where it does not say.

use std::path::Path;

/// Bytes of memory the process holds (resident set).
#[must_use]
pub fn memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

/// Bytes the file system of a directory has left.
#[must_use]
pub fn free_bytes(dir: &Path) -> Option<u64> {
    journal_sled::free_bytes(dir)
}

/// Position of the newest snapshot of the views in a data directory.
#[must_use]
pub fn newest_snapshot(dir: &Path) -> Option<u64> {
    let entries = std::fs::read_dir(dir.join("snapshots")).ok()?;
    let position = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.ok()?.file_name().to_str()?.strip_prefix("state-")?.parse().ok()
    };
    entries.filter_map(position).max()
}
