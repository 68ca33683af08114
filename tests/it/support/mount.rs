//! File systems of a test's own, where the tests may make any: they need root.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::directory;

/// A mounted file system, unmounted when dropped, also by a test that fails.
pub(crate) struct Mount {
    point: tempfile::TempDir,
}

impl Mount {
    /// A file system in memory.
    pub(crate) fn tmpfs(size: &str) -> Result<Self, String> {
        Self::at_new_point(&["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
    }

    /// An ext4 image on a loop device.
    pub(crate) fn ext4(image: &Path, options: &str) -> Result<Self, String> {
        let image = image.to_str().expect("UTF-8");
        Self::at_new_point(&["-t", "ext4", "-o", options, image])
    }

    fn at_new_point(args: &[&str]) -> Result<Self, String> {
        let point = directory();
        run(Command::new("mount").args(args).arg(point.path()))?;
        Ok(Self { point })
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        self.point.path()
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // A process that was just killed may hold it for a moment; then it goes a moment later.
        if run(Command::new("umount").arg(self.path())).is_err() {
            let _ = run(Command::new("umount").arg("--lazy").arg(self.path()));
        }
    }
}

/// Makes an ext4 image.
pub(crate) fn make_ext4(image: &Path, size: &str) -> Result<(), String> {
    run(Command::new("truncate").args(["--size", size]).arg(image))?;
    // Root may have /usr/sbin outside its path.
    let tools = ["mkfs.ext4", "/usr/sbin/mkfs.ext4"].map(PathBuf::from);
    let make = |tool: &PathBuf| run(Command::new(tool).args(["-q", "-F"]).arg(image));
    tools.iter().map(make).reduce(Result::or).expect("two of them")
}

/// Copies an image as it is, holes included.
pub(crate) fn copy_image(from: &Path, to: &Path) {
    run(Command::new("cp").arg("--sparse=always").arg(from).arg(to)).expect("room");
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("{}: {error}", command.get_program().to_string_lossy())),
    }
}
