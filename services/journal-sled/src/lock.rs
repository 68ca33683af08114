//! The lock on a journal's directory: one holder, and whoever comes second learns who it is.
//!
//! The lock is `flock` on the file `LOCK`, not the file's existence: it ends with the
//! process however that ends, and the file stays. sled locks its own log too, but its
//! error names nobody. Between machines it is as good as the file system's `flock` is.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::OpenError;

/// Name of the lock file.
pub(crate) const LOCK: &str = "LOCK";

/// A held lock; it ends when this is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who holds a journal, as written in its lock file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Process id, in the holder's own process namespace.
    pub pid: Option<u32>,
    /// Host name, which in Kubernetes is the pod's name.
    pub host: Option<String>,
    /// When the holder opened the journal, RFC 3339 in UTC.
    pub since: Option<String>,
}

impl Lock {
    /// Takes the lock of the journal in `dir`, or says who has it. Does not wait.
    ///
    /// # Errors
    /// [`OpenError`] when somebody has it, or the file cannot be used.
    pub fn take(dir: &Path) -> Result<Lock, OpenError> {
        let path = dir.join(LOCK);
        let failed = |action| {
            let path = path.clone();
            move |source: io::Error| OpenError::Io { action, path, source }
        };
        // Not truncated: what is in there names the holder until the lock is ours.
        let file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path);
        let (mut file, is_writable) = match file {
            Ok(file) => (file, true),
            // Whoever looks at a mounted copy cannot say so, and nobody can write there either.
            Err(error) if error.kind() == io::ErrorKind::ReadOnlyFilesystem => {
                (File::open(&path).map_err(failed("open"))?, false)
            }
            Err(error) => return Err(failed("open")(error)),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let holder = read_holder(&mut file).map_err(failed("read"))?;
                return Err(OpenError::Locked { dir: PathBuf::from(dir), holder });
            }
            Err(errno) => return Err(failed("lock")(errno.into())),
        }
        if is_writable {
            write_holder(&mut file).map_err(failed("write"))?;
        }
        Ok(Lock { _file: file })
    }
}

fn write_holder(file: &mut File) -> io::Result<()> {
    let pid = std::process::id();
    // A host without /proc has no name here; the lock holds all the same.
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let since = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second());
    let since = since.map(|since| since.to_string()).unwrap_or_default();
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(format!("pid {pid}\nhost {host}\nsince {since}\n").as_bytes())
}

/// Reads what the holder wrote. It may be just about to write it, so parts can be missing.
fn read_holder(file: &mut File) -> io::Result<Holder> {
    // Never trust the size of a file: three short lines fit in 4 KiB.
    let mut bytes = Vec::new();
    file.take(4_096).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        (!value.is_empty()).then(|| value.to_owned())
    };
    let pid = field("pid").and_then(|pid| pid.parse().ok());
    Ok(Holder { pid, host: field("host"), since: field("since") })
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {pid}")?,
            None => f.write_str("a process that has not said which")?,
        }
        if let Some(host) = &self.host {
            write!(f, " on host {host}")?;
        }
        if let Some(since) = &self.since {
            write!(f, " since {since}")?;
        }
        Ok(())
    }
}
