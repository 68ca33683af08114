//! Putting a new directory into the place of an old one, which is kept aside.
//!
//! Where the file system exchanges two names, that is one step: whatever happens, the place holds
//! the old directory or the new one, and the other one is beside it. Where it does not (NFS, some
//! FUSE), there are three renames, and the place is empty before the last of them. Both directories
//! are whole then and have names that say so; [`Unfinished`] finds them, and neither `serve` nor
//! `restore` begins anew in that place.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Beside the place: the new directory, whole, while the file system cannot exchange.
const WHOLE: &str = ".restored-";
/// Beside the place: the directory that was in it.
const ASIDE: &str = ".replaced-";

/// What a file system does to names.
pub(super) trait Names {
    /// Exchanges two names; `false` where that cannot be done.
    fn exchange(&mut self, one: &Path, other: &Path) -> io::Result<bool>;
    /// Gives a directory another name.
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Makes the names in a directory durable.
    fn sync(&mut self, dir: &Path) -> io::Result<()>;
}

/// The real one.
pub(super) struct FileSystem;

impl Names for FileSystem {
    fn exchange(&mut self, one: &Path, other: &Path) -> io::Result<bool> {
        match renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(true),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn sync(&mut self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }
}

/// Puts `new` into the place `target`; where the directory that was there is then. On an error
/// `new` and `target` are as they were.
pub(super) fn swap(
    names: &mut impl Names,
    new: &Path,
    target: &Path,
    time: &str,
) -> io::Result<PathBuf> {
    let aside = beside(target, &format!("{ASIDE}{time}"));
    let whole = beside(target, &format!("{WHOLE}{time}"));
    names.sync(new)?;
    // Nobody's directory is ever removed: a name that is taken is refused.
    if aside.try_exists()? || whole.try_exists()? {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    names.rename(new, &aside)?;
    let exchanged = names.exchange(&aside, target);
    let done = match exchanged {
        Ok(true) => Ok(()),
        Ok(false) => in_steps(names, target, &aside, &whole),
        Err(error) => Err(error),
    };
    if let Err(error) = done {
        let now = if whole.exists() { &whole } else { &aside };
        names.rename(now, new)?;
        return Err(error);
    }
    names.sync(parent(target))?;
    Ok(aside)
}

/// The new directory is at `aside`; the old one is there in the end.
fn in_steps(names: &mut impl Names, target: &Path, aside: &Path, whole: &Path) -> io::Result<()> {
    names.rename(aside, whole)?;
    // The name that says the new directory is whole, before the place is emptied.
    names.sync(parent(target))?;
    names.rename(target, aside)?;
    names.rename(whole, target).inspect_err(|_| {
        // Back; where that fails too, the two are found as after a crash.
        let _ = names.rename(aside, target);
    })
}

/// A replacement that was cut short while the place was empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The place.
    pub target: PathBuf,
    /// The new directory.
    pub restored: PathBuf,
    /// The old one.
    pub replaced: PathBuf,
}

impl Unfinished {
    /// Looks beside a place; `None` when something is in it, or nothing was cut short.
    #[must_use]
    pub fn of(target: &Path) -> Option<Self> {
        if target.try_exists().ok()? {
            return None;
        }
        let name = target.file_name()?.to_str()?;
        let begin = format!("{name}{WHOLE}");
        fs::read_dir(parent(target)).ok()?.find_map(|entry| {
            let found = entry.ok()?.file_name();
            let time = found.to_str()?.strip_prefix(&begin)?;
            let replaced = beside(target, &format!("{ASIDE}{time}"));
            let restored = target.with_file_name(&found);
            let target = target.to_path_buf();
            replaced.is_dir().then_some(Self { target, restored, replaced })
        })
    }

    /// What to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        let (target, new, old) = self.shown();
        format!(
            "{target} 为空：一次 restore --replace 在最后一步中断，新目录 {new} 与原目录 {old} 均完整；请执行 mv {new} {target} 完成恢复，或 mv {old} {target} 退回"
        )
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self) -> String {
        let (target, new, old) = self.shown();
        format!(
            "{target} is not there: a restore --replace was cut short at its last step, and both \
             the new directory {new} and the old one {old} are whole; finish it with mv {new} \
             {target}, or go back with mv {old} {target}"
        )
    }

    fn shown(&self) -> (impl std::fmt::Display, impl std::fmt::Display, impl std::fmt::Display) {
        (self.target.display(), self.restored.display(), self.replaced.display())
    }
}

/// The name of a file beside another.
pub(super) fn beside(target: &Path, ending: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_os_string();
    name.push(ending);
    target.with_file_name(name)
}

/// The directory a path is in; "" stands for the working directory.
pub(super) fn parent(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file system that fails at one step, and from then on if the power is gone.
    struct Failing {
        exchanges: bool,
        steps_left: usize,
        power_cut: bool,
        failed: bool,
    }

    impl Failing {
        fn step(&mut self) -> io::Result<()> {
            if self.failed && !self.power_cut {
                return Ok(());
            }
            if self.steps_left == 0 {
                self.failed = true;
                return Err(io::Error::other("no more"));
            }
            self.steps_left -= 1;
            Ok(())
        }
    }

    impl Names for Failing {
        fn exchange(&mut self, one: &Path, other: &Path) -> io::Result<bool> {
            self.step()?;
            if self.exchanges { FileSystem.exchange(one, other) } else { Ok(false) }
        }

        fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
            self.step()?;
            FileSystem.rename(from, to)
        }

        fn sync(&mut self, dir: &Path) -> io::Result<()> {
            self.step()?;
            FileSystem.sync(dir)
        }
    }

    fn holds(dir: &Path) -> Option<String> {
        fs::read_to_string(dir.join("FORMAT")).ok()
    }

    /// A place with an old directory in it, and a new one beside.
    fn place() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let dir = tempfile::tempdir().expect("a directory");
        let (target, new) = (dir.path().join("ledger"), dir.path().join("ledger.restoring"));
        for (path, what) in [(&target, "old"), (&new, "new")] {
            fs::create_dir(path).expect("made");
            fs::write(path.join("FORMAT"), what).expect("written");
        }
        (dir, target, new)
    }

    /// What is in the directories of a place, in order of their names.
    fn all(dir: &Path) -> Vec<String> {
        let listed = fs::read_dir(dir).expect("listed");
        let mut all: Vec<_> =
            listed.filter_map(|entry| holds(&entry.expect("an entry").path())).collect();
        all.sort();
        all
    }

    #[test]
    fn both_directories_are_whole_wherever_it_is_cut_short() {
        for exchanges in [true, false] {
            let mut emptied = 0;
            for steps_left in 0.. {
                let (dir, target, new) = place();
                let mut names = Failing { exchanges, steps_left, power_cut: true, failed: false };
                let swapped = swap(&mut names, &new, &target, "T");
                assert_eq!(all(dir.path()), ["new", "old"], "after {steps_left} steps");
                if let Ok(aside) = swapped {
                    assert_eq!(holds(&target).as_deref(), Some("new"));
                    assert_eq!(holds(&aside).as_deref(), Some("old"));
                    assert_eq!(Unfinished::of(&target), None);
                    break;
                }
                let Some(unfinished) = Unfinished::of(&target) else {
                    assert!(target.exists(), "nothing tells of it after {steps_left} steps");
                    continue;
                };
                emptied += 1;
                assert_eq!(holds(&unfinished.restored).as_deref(), Some("new"));
                assert_eq!(holds(&unfinished.replaced).as_deref(), Some("old"));
                let mv = format!("mv {} {}", unfinished.restored.display(), target.display());
                assert!(unfinished.zh().contains(&mv) && unfinished.en().contains(&mv));
                fs::rename(&unfinished.restored, &target).expect("as told");
                assert_eq!(Unfinished::of(&target), None);
                assert_eq!(holds(&target).as_deref(), Some("new"));
            }
            assert_eq!(emptied, usize::from(!exchanges));
        }
    }

    #[test]
    fn a_step_that_fails_leaves_everything_as_it_was() {
        for exchanges in [true, false] {
            let mut failed = 0;
            for steps_left in 0.. {
                let (_dir, target, new) = place();
                let mut names = Failing { exchanges, steps_left, power_cut: false, failed: false };
                if swap(&mut names, &new, &target, "T").is_ok() {
                    break;
                }
                failed += 1;
                // The last step only makes durable what is done.
                let (place, beside) = if new.exists() { ("old", "new") } else { ("new", "old") };
                let other =
                    if new.exists() { new } else { target.with_file_name("ledger.replaced-T") };
                assert_eq!(holds(&target).as_deref(), Some(place), "step {steps_left}");
                assert_eq!(holds(&other).as_deref(), Some(beside), "step {steps_left}");
            }
            assert!(3 < failed, "{failed}");
        }
    }

    #[test]
    fn a_name_that_is_taken_is_refused() {
        let (_dir, target, new) = place();
        fs::create_dir(target.with_file_name("ledger.replaced-T")).expect("made");
        let error = swap(&mut FileSystem, &new, &target, "T").expect_err("taken");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!((holds(&target), holds(&new)), (Some("old".into()), Some("new".into())));
    }
}
