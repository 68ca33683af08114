//! From system calls to what they did to files: steps with inodes, and when each began and ended.
//!
//! It follows descriptors and names, so that a write goes to the right file whatever it is called
//! by then. A call it cannot follow (a shared writable mapping, a hard link) ends the test: a
//! recording with a hole proves nothing.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;

use super::strace::{self, Call, Calls, Edge};

/// Index of a file or directory; 0 is the directory everything is in.
pub(super) type Inode = usize;

/// One thing done to the files.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A name was given to a new inode.
    Create {
        dir: Inode,
        name: String,
        inode: Inode,
        is_dir: bool,
    },
    Unlink {
        dir: Inode,
        name: String,
    },
    Rename {
        from: (Inode, String),
        to: (Inode, String),
        inode: Inode,
    },
    Write {
        inode: Inode,
        offset: usize,
        data: Bytes,
    },
    Resize {
        inode: Inode,
        len: usize,
    },
    /// `fsync` or `fdatasync` that succeeded.
    Sync {
        inode: Inode,
    },
    /// `syncfs` or `sync`.
    SyncAll,
}

/// Where a step begins or ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Event {
    pub(super) step: usize,
    pub(super) edge: Edge,
    /// Microseconds since 1970: the step took place after this, if it begins here.
    pub(super) at: u64,
}

/// Everything that was done, in order.
#[derive(Debug, Default)]
pub(super) struct Recording {
    pub(super) steps: Vec<Step>,
    pub(super) events: Vec<Event>,
    /// The name each inode was created with, for messages.
    pub(super) names: Vec<String>,
}

/// What a directory holds, by path relative to it; directories hold nothing themselves.
pub(super) type Tree = BTreeMap<String, Option<Vec<u8>>>;

/// Reads a directory with everything in it.
pub(super) fn read_tree(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut left = vec![PathBuf::new()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(root.join(&dir)).expect("a directory") {
            let entry = entry.expect("an entry");
            let path = dir.join(entry.file_name());
            let name = path.to_string_lossy().into_owned();
            if entry.file_type().expect("a type").is_dir() {
                tree.insert(name, None);
                left.push(path);
            } else {
                tree.insert(name, Some(fs::read(entry.path()).expect("a file")));
            }
        }
    }
    tree
}

/// An open file description.
#[derive(Debug, Clone, Copy)]
struct Open {
    inode: Inode,
    offset: usize,
    append: bool,
}

/// Follows one process after another over the same directory.
pub(super) struct Recorder {
    root: PathBuf,
    pub(super) recording: Recording,
    children: HashMap<(Inode, String), Inode>,
    lens: Vec<usize>,
    opens: Vec<Open>,
    descriptors: HashMap<i64, usize>,
    /// Step of each call of the current trace that did anything.
    steps: HashMap<usize, usize>,
}

impl Recorder {
    /// Records what happens under `root`, which is there and empty.
    pub(super) fn new(root: &Path) -> Self {
        let recording = Recording { names: vec![String::new()], ..Recording::default() };
        Self {
            root: root.to_path_buf(),
            recording,
            children: HashMap::new(),
            lens: vec![0],
            opens: Vec::new(),
            descriptors: HashMap::new(),
            steps: HashMap::new(),
        }
    }

    /// Takes in the trace of one process; `after` is what it left behind, which decides what
    /// became of calls that a kill cut short.
    pub(super) fn process(&mut self, trace: &[u8], after: &Tree) {
        let Calls { calls, edges } = strace::parse(trace);
        (self.descriptors, self.opens, self.steps) = Default::default();
        let mut last = 0;
        for (index, edge, at) in edges {
            let call = &calls[index];
            last = at;
            match edge {
                Edge::Begin => {
                    if let Some(step) = self.begin(call, after) {
                        self.steps.insert(index, self.recording.steps.len());
                        let event = Event { step: self.recording.steps.len(), edge, at };
                        self.recording.events.push(event);
                        self.recording.steps.push(step);
                    }
                }
                Edge::End => {
                    self.end(call);
                    if let Some(step) = self.steps.remove(&index) {
                        self.recording.events.push(Event { step, edge, at });
                    }
                }
            }
        }
        // What the kill cut short is over too: whether it took place was seen from outside.
        let mut left: Vec<usize> = self.steps.drain().map(|(_, step)| step).collect();
        left.sort_unstable();
        let over = left.into_iter().map(|step| Event { step, edge: Edge::End, at: last });
        self.recording.events.extend(over);
    }

    fn begin(&mut self, call: &Call, after: &Tree) -> Option<Step> {
        match call.name.as_str() {
            "close" => {
                let (descriptor, _) = strace::descriptor(call.args.first()?)?;
                self.descriptors.remove(&descriptor);
                None
            }
            "open" | "openat" | "creat" => self.begin_open(call, after),
            "write" | "pwrite64" => self.begin_write(call, after),
            "ftruncate" => {
                let inode = self.opened(call)?.inode;
                let len = strace::number(call.args.get(1)?)? as usize;
                self.lens[inode] = len;
                (call.result == Some(0)).then_some(Step::Resize { inode, len })
            }
            "fsync" | "fdatasync" => {
                let inode = self.opened(call)?.inode;
                (call.result == Some(0)).then_some(Step::Sync { inode })
            }
            "syncfs" | "sync" => (call.result == Some(0)).then_some(Step::SyncAll),
            "mkdir" | "mkdirat" => {
                let path = self.path(call)?;
                self.took_place(call, after.contains_key(&path))?;
                Some(self.create(&path, true))
            }
            "rename" | "renameat" | "renameat2" => self.begin_rename(call, after),
            "unlink" | "unlinkat" | "rmdir" => {
                let path = self.path(call)?;
                self.took_place(call, !after.contains_key(&path))?;
                let (dir, name) = self.place(&path);
                self.children.remove(&(dir, name.clone()));
                Some(Step::Unlink { dir, name })
            }
            // Neither is a promise that anything is on the disk, nor moves anything.
            "sync_file_range" => None,
            "mmap" => {
                let text: Vec<u8> = call.args.concat();
                let is = |what: &[u8]| text.windows(what.len()).any(|window| window == what);
                let shared = is(b"MAP_SHARED") && is(b"PROT_WRITE");
                assert!(!shared || self.about(call).is_none(), "a writable mapping: {call:?}");
                None
            }
            "lseek" | "dup" | "dup2" | "dup3" | "fcntl" => None,
            // Any other way to write to our files would be a hole in the recording.
            _ => {
                let ours = self.about(call);
                assert!(ours.is_none(), "{} of {ours:?} is not followed", call.name);
                None
            }
        }
    }

    fn begin_open(&mut self, call: &Call, after: &Tree) -> Option<Step> {
        let path = self.path(call)?;
        let flags = String::from_utf8_lossy(call.args.iter().find(|arg| arg.starts_with(b"O_"))?)
            .into_owned();
        let has = |flag: &str| flags.split('|').any(|set| set == flag);
        if call.result.is_some_and(|result| result < 0) {
            return None;
        }
        match self.find(&path) {
            Some(inode) if has("O_TRUNC") && self.lens[inode] != 0 => {
                self.lens[inode] = 0;
                Some(Step::Resize { inode, len: 0 })
            }
            Some(_) => None,
            None if has("O_CREAT") => {
                self.took_place(call, after.contains_key(&path))?;
                Some(self.create(&path, false))
            }
            None => panic!("opened, but never created: {path}"),
        }
    }

    fn begin_write(&mut self, call: &Call, after: &Tree) -> Option<Step> {
        let (descriptor, _) = strace::descriptor(call.args.first()?)?;
        let open = *self.descriptors.get(&descriptor)?;
        let Open { inode, offset, append } = self.opens[open];
        let mut data = strace::string(call.args.get(1)?).expect("strace wrote all of it");
        let offset = match call.args.get(3) {
            Some(offset) if call.name == "pwrite64" => strace::number(offset)? as usize,
            _ if append => self.lens[inode],
            _ => offset,
        };
        match call.result {
            Some(written) if written < 0 => return None,
            Some(written) => data.truncate(written as usize),
            // Killed over it: what is there now is what was written.
            None => {
                let path = self.path_of(inode).expect("a name");
                let held = after[&path].as_ref().expect("a file");
                let from = offset.min(held.len());
                data = held[from..(offset + data.len()).min(held.len())].to_vec();
            }
        }
        if call.name == "write" {
            self.opens[open].offset = offset + data.len();
        }
        self.lens[inode] = self.lens[inode].max(offset + data.len());
        Some(Step::Write { inode, offset, data: data.into() })
    }

    fn begin_rename(&mut self, call: &Call, after: &Tree) -> Option<Step> {
        let paths = self.paths(call);
        let [from, to] = &paths[..] else {
            assert!(paths.is_empty(), "moved in or out: {call:?}");
            return None;
        };
        self.took_place(call, !after.contains_key(from))?;
        let (from, to) = (self.place(from), self.place(to));
        let inode = self.children.remove(&from).expect("what is renamed is there");
        self.children.insert(to.clone(), inode);
        Some(Step::Rename { from, to, inode })
    }

    fn end(&mut self, call: &Call) {
        let Some(result) = call.result.filter(|result| *result >= 0) else { return };
        let first = call.args.first().and_then(|arg| strace::descriptor(arg));
        match call.name.as_str() {
            "open" | "openat" | "creat" => {
                self.descriptors.remove(&result);
                let Some(inode) = self.path(call).and_then(|path| self.find(&path)) else { return };
                let append = call.args.iter().any(|arg| arg.windows(8).any(|w| w == b"O_APPEND"));
                self.descriptors.insert(result, self.opens.len());
                self.opens.push(Open { inode, offset: 0, append });
            }
            "lseek" => {
                let open = first.and_then(|(descriptor, _)| self.descriptors.get(&descriptor));
                if let Some(open) = open {
                    self.opens[*open].offset = result as usize;
                }
            }
            "dup" | "dup2" | "dup3" | "fcntl" => {
                let duplicates = call.name != "fcntl"
                    || call.args.get(1).is_some_and(|arg| arg.starts_with(b"F_DUPFD"));
                let open = first.and_then(|(descriptor, _)| self.descriptors.get(&descriptor));
                if let (true, Some(open)) = (duplicates, open.copied()) {
                    self.descriptors.insert(result, open);
                }
            }
            _ => {}
        }
    }

    /// Whether a call did what it says; for one cut short, what is there afterwards tells.
    fn took_place(&self, call: &Call, is_there: bool) -> Option<()> {
        call.result.map_or(is_there, |result| result >= 0).then_some(())
    }

    fn create(&mut self, path: &str, is_dir: bool) -> Step {
        let (dir, name) = self.place(path);
        let inode = self.lens.len();
        self.lens.push(0);
        self.recording.names.push(path.to_owned());
        self.children.insert((dir, name.clone()), inode);
        Step::Create { dir, name, inode, is_dir }
    }

    fn opened(&self, call: &Call) -> Option<Open> {
        let (descriptor, path) = strace::descriptor(call.args.first()?)?;
        let open = self.descriptors.get(&descriptor).map(|open| self.opens[*open]);
        let ours = Path::new(&path).strip_prefix(&self.root).is_ok();
        assert!(!ours || open.is_some(), "a descriptor that was never opened: {call:?}");
        open
    }

    /// One of our paths that a call names in any way.
    fn about(&self, call: &Call) -> Option<String> {
        let named = call.args.iter().filter_map(|arg| strace::descriptor(arg));
        let mut named = named.filter(|(number, _)| *number >= 0).map(|(_, path)| path);
        let named = named.find_map(|path| self.relative(Path::new(&path)));
        named.or_else(|| self.paths(call).pop())
    }

    fn path(&self, call: &Call) -> Option<String> {
        self.paths(call).into_iter().next()
    }

    /// Paths under our directory among the arguments, relative to it.
    fn paths(&self, call: &Call) -> Vec<String> {
        let mut base = PathBuf::from("/");
        let mut found = Vec::new();
        for arg in &call.args {
            if let Some((_, dir)) = strace::descriptor(arg) {
                base = PathBuf::from(dir);
            } else if let Some(path) = strace::string(arg) {
                let path = base.join(String::from_utf8_lossy(&path).as_ref());
                found.extend(self.relative(&path));
            }
        }
        found
    }

    fn relative(&self, path: &Path) -> Option<String> {
        let path = path.strip_prefix(&self.root).ok()?;
        Some(path.to_string_lossy().into_owned())
    }

    fn find(&self, path: &str) -> Option<Inode> {
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        parts.try_fold(0, |dir, part| self.children.get(&(dir, part.to_owned())).copied())
    }

    fn place(&self, path: &str) -> (Inode, String) {
        let (dir, name) = path.rsplit_once('/').unwrap_or(("", path));
        (self.find(dir).expect("its directory is there"), name.to_owned())
    }

    fn path_of(&self, inode: Inode) -> Option<String> {
        if inode == 0 {
            return Some(String::new());
        }
        let (dir, name) = self.children.iter().find(|(_, child)| **child == inode)?.0;
        let dir = self.path_of(*dir)?;
        Some(if dir.is_empty() { name.clone() } else { format!("{dir}/{name}") })
    }
}
