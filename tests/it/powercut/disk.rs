//! A model of what a disk may hold after a power cut, as harsh as POSIX allows.
//!
//! What was synced is there: a file's bytes and length by `fsync` or `fdatasync` of the file, a
//! name by `fsync` of its directory, and only writes that had ended when the sync began. Of all the
//! rest any part may be there. `sync_file_range` promises nothing. A rename is atomic, a sector
//! (512 bytes) holds one of the states it had.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;

use super::record::{Event, Inode, Recording, Step};
use super::strace::Edge;

/// What the disk writes as a whole or not at all.
pub(super) const SECTOR: usize = 512;

/// A change to a file that may or may not have reached the disk.
#[derive(Debug, Clone)]
pub(super) struct Change {
    step: usize,
    ended: bool,
    pub(super) what: What,
}

/// What a change does.
#[derive(Debug, Clone)]
pub(super) enum What {
    Write { offset: usize, data: Bytes },
    Resize(usize),
}

/// Names a change sets or removes, at once.
#[derive(Debug, Clone)]
pub(super) struct Naming {
    step: usize,
    ended: bool,
    pub(super) sets: Vec<((Inode, String), Option<Inode>)>,
}

/// A file: what is certain, and what may have happened since, in order.
#[derive(Debug, Default, Clone)]
pub(super) struct File {
    pub(super) durable: Vec<u8>,
    pub(super) changes: Vec<Change>,
}

/// The whole disk.
#[derive(Debug, Default, Clone)]
pub(super) struct Disk {
    pub(super) files: HashMap<Inode, File>,
    pub(super) names: BTreeMap<(Inode, String), Inode>,
    pub(super) namings: Vec<Naming>,
    /// What each sync under way will have made durable when it ends.
    syncs: HashMap<usize, Vec<usize>>,
    /// An inode whose syncs do nothing: the negative control.
    pub(super) deaf: Option<Inode>,
}

impl Disk {
    /// Moves on by one event of a recording.
    pub(super) fn apply(&mut self, recording: &Recording, event: Event) {
        match event.edge {
            Edge::Begin => self.begin(event.step, &recording.steps[event.step]),
            Edge::End => self.end(event.step, &recording.steps[event.step]),
        }
    }

    fn begin(&mut self, step: usize, what: &Step) {
        let ended = false;
        let naming = |sets| Naming { step, ended, sets };
        match what {
            Step::Create { dir, name, inode, is_dir } => {
                if !is_dir {
                    self.files.insert(*inode, File::default());
                }
                self.namings.push(naming(vec![((*dir, name.clone()), Some(*inode))]));
            }
            Step::Unlink { dir, name } => {
                self.namings.push(naming(vec![((*dir, name.clone()), None)]));
            }
            Step::Rename { from, to, inode } => {
                self.namings.push(naming(vec![(from.clone(), None), (to.clone(), Some(*inode))]));
            }
            Step::Write { inode, offset, data } => {
                let what = What::Write { offset: *offset, data: data.clone() };
                self.file(*inode).changes.push(Change { step, ended, what });
            }
            Step::Resize { inode, len } => {
                self.file(*inode).changes.push(Change { step, ended, what: What::Resize(*len) });
            }
            Step::Sync { inode } => {
                let covered = if self.deaf == Some(*inode) { Vec::new() } else { self.open(inode) };
                self.syncs.insert(step, covered);
            }
            Step::SyncAll => {
                let inodes: Vec<_> = self.files.keys().copied().collect();
                let files = inodes.iter().flat_map(|inode| self.open(inode));
                let namings = self.namings.iter().filter(|naming| naming.ended);
                let mut covered: Vec<_> = files.chain(namings.map(|naming| naming.step)).collect();
                covered.sort_unstable();
                self.syncs.insert(step, covered);
            }
        }
    }

    /// Changes of a file, or of names in a directory, that are over.
    fn open(&self, inode: &Inode) -> Vec<usize> {
        if let Some(file) = self.files.get(inode) {
            return file.changes.iter().filter(|one| one.ended).map(|one| one.step).collect();
        }
        // A rename is durable with the directory it leads to.
        let there = |naming: &&Naming| naming.sets.last().is_some_and(|set| set.0.0 == *inode);
        let namings = self.namings.iter().filter(|naming| naming.ended).filter(there);
        namings.map(|naming| naming.step).collect()
    }

    fn end(&mut self, step: usize, what: &Step) {
        match what {
            Step::Write { inode, .. } | Step::Resize { inode, .. } => {
                let changes = &mut self.file(*inode).changes;
                changes.iter_mut().filter(|one| one.step == step).for_each(|one| one.ended = true);
            }
            Step::Create { .. } | Step::Unlink { .. } | Step::Rename { .. } => {
                let namings = self.namings.iter_mut().filter(|naming| naming.step == step);
                namings.for_each(|naming| naming.ended = true);
            }
            Step::Sync { .. } | Step::SyncAll => {
                let covered = self.syncs.remove(&step).expect("a sync that began");
                for file in self.files.values_mut() {
                    file.settle(&covered);
                }
                let (sure, open) = std::mem::take(&mut self.namings)
                    .into_iter()
                    .partition(|naming| covered.contains(&naming.step));
                self.namings = open;
                sure.iter().for_each(|naming: &Naming| name(&mut self.names, naming));
            }
        }
    }

    fn file(&mut self, inode: Inode) -> &mut File {
        self.files.get_mut(&inode).expect("a file that was created")
    }
}

/// Applies a naming to names.
pub(super) fn name(names: &mut BTreeMap<(Inode, String), Inode>, naming: &Naming) {
    for (place, inode) in &naming.sets {
        match inode {
            Some(inode) => names.insert(place.clone(), *inode),
            None => names.remove(place),
        };
    }
}

impl File {
    fn settle(&mut self, covered: &[usize]) {
        if self.changes.is_empty() || covered.is_empty() {
            return;
        }
        let (sure, open): (Vec<Change>, Vec<Change>) = std::mem::take(&mut self.changes)
            .into_iter()
            .partition(|change| covered.binary_search(&change.step).is_ok());
        self.changes = open;
        for change in sure {
            match change.what {
                What::Write { offset, data } => {
                    let end = offset + data.len();
                    if self.durable.len() < end {
                        self.durable.resize(end, 0);
                    }
                    self.durable[offset..end].copy_from_slice(&data);
                }
                What::Resize(len) => self.durable.resize(len, 0),
            }
        }
    }
}
