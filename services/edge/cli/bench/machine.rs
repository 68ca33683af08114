//! Where and with what was measured: a figure without its machine says nothing.
//!
//! Read from `/proc`, as far as the system has it; what is not known is empty or 0.

use std::fs;
use std::path::Path;

use serde::Serialize;

/// The machine.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Machine {
    /// What the processor calls itself.
    pub(super) cpu: String,
    /// Processors this process may use.
    pub(super) cpus: usize,
    /// Memory, in bytes.
    pub(super) memory_bytes: u64,
    /// Load over the last minute when the run began: how busy others kept the machine.
    pub(super) load_average: f64,
    /// Operating system and its release.
    pub(super) kernel: String,
    /// File system of the measured directory.
    pub(super) file_system: String,
    /// Where it comes from.
    pub(super) device: String,
    /// Whether it lies in memory: a sync costs nothing there, and no figure of writes means much.
    pub(super) in_memory: bool,
}

/// The program.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Program {
    /// Version of this program.
    pub(super) version: &'static str,
    /// Its commit, when the build was told (`DUTY_LEDGER_COMMIT`).
    pub(super) commit: Option<&'static str>,
    /// Profile of the build.
    pub(super) profile: &'static str,
    /// The compiler.
    pub(super) rustc: &'static str,
}

/// The program that runs.
pub(super) const PROGRAM: Program = Program {
    version: env!("CARGO_PKG_VERSION"),
    commit: option_env!("DUTY_LEDGER_COMMIT"),
    profile: env!("DUTY_LEDGER_PROFILE"),
    rustc: env!("DUTY_LEDGER_RUSTC"),
};

impl Machine {
    /// The machine this runs on, and the disk under a directory.
    pub(super) fn look(directory: &Path) -> Self {
        let (file_system, device) = mount(directory).unwrap_or_default();
        let kernel = ["/proc/sys/kernel/ostype", "/proc/sys/kernel/osrelease"].map(read);
        Self {
            cpu: value_of(&read("/proc/cpuinfo"), "model name"),
            cpus: std::thread::available_parallelism().map_or(0, usize::from),
            memory_bytes: value_of(&read("/proc/meminfo"), "MemTotal")
                .trim_end_matches(" kB")
                .parse::<u64>()
                .map_or(0, |kibibytes| kibibytes * 1024),
            load_average: read("/proc/loadavg")
                .split(' ')
                .next()
                .and_then(|load| load.parse().ok())
                .unwrap_or(0.0),
            kernel: kernel.map(|text| text.trim().to_owned()).join(" "),
            in_memory: matches!(file_system.as_str(), "tmpfs" | "ramfs"),
            file_system,
            device,
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The value of the first line `key : value`.
fn value_of(text: &str, key: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_prefix(':'));
    line.unwrap_or_default().trim().to_owned()
}

/// File system type and source of the mount a directory lies on.
fn mount(directory: &Path) -> Option<(String, String)> {
    let directory = directory.canonicalize().ok()?;
    mount_in(&read("/proc/self/mountinfo"), &directory)
}

fn mount_in(mounts: &str, directory: &Path) -> Option<(String, String)> {
    // 36 35 98:0 /root /mount/point options - type source options (proc_pid_mountinfo(5)); of two
    // mounts on one point the later one covers the earlier.
    let mounts = mounts.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = before.split(' ').nth(4)?.replace("\\040", " ");
        let mut after = after.split(' ');
        let found = (after.next()?.to_owned(), after.next()?.to_owned());
        directory.starts_with(&point).then_some((point.len(), found))
    });
    mounts.max_by_key(|(length, _)| *length).map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_mount_is_found() {
        let mounts = "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
                      30 22 0:26 / /data rw shared:3 - xfs /dev/vdb rw\n\
                      31 30 0:27 / /data/my\\040disk rw - tmpfs none rw\n";
        let found = |path: &str| mount_in(mounts, Path::new(path)).expect("a mount");
        assert_eq!(found("/data/x"), ("xfs".to_owned(), "/dev/vdb".to_owned()));
        assert_eq!(found("/database").0, "ext4");
        assert_eq!(found("/data/my disk/x").0, "tmpfs");
    }
}
