//! The small files of the log: signed notes and keys, replaced as a whole.
//!
//! Invariant: a file is the old one or the new one, whatever happens in between, and the new one is
//! on the device when [`replace`] returns.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Largest file read: a note of a hundred signatures takes 20 KiB.
const BYTES_MAX: u64 = 1 << 20;

/// What could not be done with a file.
#[derive(Debug, thiserror::Error)]
#[error("could not {action} {}", path.display())]
pub struct FileError {
    action: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

impl FileError {
    fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self { action, path, source }
    }

    /// Whether the file system does not let us write there at all.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        matches!(self.source.kind(), PermissionDenied | ReadOnlyFilesystem)
    }
}

/// The text of a file; `None` when there is none.
pub(crate) fn read(path: &Path) -> Result<Option<String>, FileError> {
    let Some(bytes) = read_bytes(path)? else { return Ok(None) };
    let text = String::from_utf8(bytes).map_err(io::Error::other);
    text.map(Some).map_err(FileError::at("read", path))
}

/// The bytes of a file; `None` when there is none.
pub(crate) fn read_bytes(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let length = match fs::metadata(path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::at("look at", path)(error)),
    };
    if BYTES_MAX < length {
        let error = io::Error::new(io::ErrorKind::FileTooLarge, "larger than 1 MiB");
        return Err(FileError::at("read", path)(error));
    }
    fs::read(path).map(Some).map_err(FileError::at("read", path))
}

/// Who may read a file.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Access {
    /// Its owner alone.
    Secret,
    /// Anybody who gets there.
    Public,
}

/// Replaces a file: new file, sync, rename, sync of the directory.
pub(crate) fn replace(path: &Path, text: &str, access: Access) -> Result<(), FileError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let new = path.with_file_name(name);
    let mode = match access {
        Access::Secret => 0o600,
        Access::Public => 0o644,
    };
    let write = || -> io::Result<()> {
        // A leftover of a write cut short would keep its own mode.
        match fs::remove_file(&new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(mode).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        sync_parent(path)
    };
    write().map_err(FileError::at("write", path))
}

/// Makes a directory, durably.
pub(crate) fn make_dir(path: &Path) -> Result<(), FileError> {
    let make = || -> io::Result<()> {
        fs::create_dir_all(path)?;
        sync_parent(path)
    };
    make().map_err(FileError::at("make", path))
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
