//! One of the states a disk can be in after a power cut, drawn at random, and laid out as files.
//!
//! Draws are made from the extremes as well as from the middle: everything kept, everything lost,
//! one write missing in front of others, a prefix with a torn end, single sectors.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::disk::{Disk, File, Naming, SECTOR, What, name};
use super::record::{Inode, Tree};
use crate::support::random::Random;

/// A file as it came back: the durable bytes, with these sectors and this length instead.
#[derive(Debug)]
struct Image<'a> {
    base: &'a [u8],
    sectors: BTreeMap<usize, [u8; SECTOR]>,
    len: usize,
}

/// What becomes of changes that were not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    AllKept,
    AllLost,
    /// Those before one are kept, it is torn, the rest is lost.
    Prefix,
    /// One is lost, the rest is kept.
    OneLost,
    /// One is kept, the rest is lost.
    OneKept,
    /// Each is kept, torn or lost.
    Subset,
    /// Each sector of each for itself.
    Sectors,
}

const FATES: [Fate; 7] = [
    Fate::AllKept,
    Fate::AllLost,
    Fate::Prefix,
    Fate::OneLost,
    Fate::OneKept,
    Fate::Subset,
    Fate::Sectors,
];

/// What becomes of one write.
#[derive(Debug, Clone, Copy)]
enum Part {
    Whole,
    Nothing,
    /// So many sectors from its start.
    Start(usize),
    /// Each sector by a throw.
    Some,
}

/// A state of the whole disk.
pub(super) struct State<'a> {
    names: BTreeMap<(Inode, String), Inode>,
    files: HashMap<Inode, Image<'a>>,
}

/// Draws a state the disk could be in now.
pub(super) fn draw<'a>(disk: &'a Disk, random: &mut Random) -> State<'a> {
    let mut names = disk.names.clone();
    let fate = FATES[random.below(FATES.len())];
    let parts = parts(fate, disk.namings.len(), random, |_| 1);
    for (naming, part) in disk.namings.iter().zip(parts) {
        // A change of names is atomic: half of it is none of it.
        let takes_place =
            matches!(part, Part::Whole) || matches!(part, Part::Some if throw(random));
        if takes_place {
            name(&mut names, naming);
        }
    }
    let mut inodes: Vec<_> = disk.files.keys().copied().collect();
    inodes.sort_unstable();
    let fate = FATES[random.below(FATES.len())];
    let files = inodes.into_iter().map(|inode| (inode, disk.files[&inode].draw(fate, random)));
    State { names, files: files.collect() }
}

/// The state in which everything that was done is there, as without a power cut.
pub(super) fn everything(disk: &Disk) -> State<'_> {
    let mut names = disk.names.clone();
    disk.namings.iter().for_each(|naming: &Naming| name(&mut names, naming));
    let mut random = Random::new(0);
    let files = disk.files.iter().map(|(inode, file)| {
        let image = file.draw(Fate::AllKept, &mut random);
        (*inode, image)
    });
    State { names, files: files.collect() }
}

fn throw(random: &mut Random) -> bool {
    random.below(2) == 0
}

/// What becomes of each of `count` changes; `sectors` says how many one has.
fn parts(
    fate: Fate,
    count: usize,
    random: &mut Random,
    sectors: impl Fn(usize) -> usize,
) -> Vec<Part> {
    let chosen = if count == 0 { 0 } else { random.below(count) };
    let part = |index: usize| match fate {
        Fate::AllKept => Part::Whole,
        Fate::AllLost => Part::Nothing,
        Fate::Prefix if index == chosen => Part::Start(random.below(sectors(index) + 1)),
        Fate::Prefix => {
            if index < chosen {
                Part::Whole
            } else {
                Part::Nothing
            }
        }
        Fate::OneLost => {
            if index == chosen {
                Part::Nothing
            } else {
                Part::Whole
            }
        }
        Fate::OneKept => {
            if index == chosen {
                Part::Whole
            } else {
                Part::Nothing
            }
        }
        Fate::Subset => match random.below(4) {
            0 => Part::Nothing,
            1 => Part::Start(random.below(sectors(index) + 1)),
            2 => Part::Some,
            _ => Part::Whole,
        },
        Fate::Sectors => Part::Some,
    };
    (0..count).map(part).collect()
}

impl File {
    fn draw(&self, fate: Fate, random: &mut Random) -> Image<'_> {
        let mut image =
            Image { base: &self.durable, sectors: BTreeMap::new(), len: self.durable.len() };
        // What the file holds for whoever reads it, and every length it had.
        let mut cache: BTreeMap<usize, [u8; SECTOR]> = BTreeMap::new();
        let mut lens = vec![image.len];
        let sectors = |index: usize| match &self.changes[index].what {
            What::Write { data, .. } => data.len().div_ceil(SECTOR),
            What::Resize(_) => 1,
        };
        let parts = parts(fate, self.changes.len(), random, sectors);
        for (change, part) in self.changes.iter().zip(parts) {
            let len = *lens.last().expect("one at least");
            let touched = match &change.what {
                What::Write { offset, data } => {
                    write(&mut cache, image.base, *offset, data);
                    lens.push(len.max(offset + data.len()));
                    *offset / SECTOR..(offset + data.len()).div_ceil(SECTOR)
                }
                What::Resize(new) => {
                    // Beyond a cut there is nothing, and nothing comes back when it grows again.
                    let zeros = vec![0; len.saturating_sub(*new)];
                    write(&mut cache, image.base, *new, &zeros);
                    lens.push(*new);
                    *new / SECTOR..len.div_ceil(SECTOR)
                }
            };
            let first = touched.start;
            for sector in touched {
                let kept = match part {
                    Part::Whole => true,
                    Part::Nothing => false,
                    Part::Start(count) => sector - first < count,
                    Part::Some => throw(random),
                };
                if kept && let Some(bytes) = cache.get(&sector) {
                    image.sectors.insert(sector, *bytes);
                }
            }
        }
        image.len = match fate {
            Fate::AllKept => *lens.last().expect("one at least"),
            _ => some_len(&lens, random),
        };
        image
    }
}

/// A length the file had, or one between two of them.
fn some_len(lens: &[usize], random: &mut Random) -> usize {
    let (one, other) = (lens[random.below(lens.len())], lens[random.below(lens.len())]);
    match random.below(4) {
        0 => lens[0],
        1 => lens[lens.len() - 1],
        2 => one,
        _ => one.min(other) + random.below(one.abs_diff(other) + 1),
    }
}

fn write(cache: &mut BTreeMap<usize, [u8; SECTOR]>, base: &[u8], offset: usize, data: &[u8]) {
    let mut at = offset;
    while at < offset + data.len() {
        let sector = at / SECTOR;
        let end = ((sector + 1) * SECTOR).min(offset + data.len());
        let bytes = cache.entry(sector).or_insert_with(|| sector_of(base, sector));
        let within = at - sector * SECTOR..end - sector * SECTOR;
        bytes[within].copy_from_slice(&data[at - offset..end - offset]);
        at = end;
    }
}

fn sector_of(base: &[u8], sector: usize) -> [u8; SECTOR] {
    let mut bytes = [0; SECTOR];
    let held = base.get(sector * SECTOR..).unwrap_or_default();
    let held = &held[..held.len().min(SECTOR)];
    bytes[..held.len()].copy_from_slice(held);
    bytes
}

impl State<'_> {
    /// Lays the state out under a directory that is there and empty.
    pub(super) fn lay_out(&self, root: &Path) {
        self.walk(0, &mut |path, image| {
            let path = root.join(path);
            match image {
                None => fs::create_dir(&path).expect("room"),
                Some(image) => image.lay_out(&path),
            }
        });
    }

    /// The state as a tree in memory.
    pub(super) fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        self.walk(0, &mut |path, image| {
            tree.insert(path.to_owned(), image.map(Image::bytes));
        });
        tree
    }

    /// Whether there is a file or directory at a path.
    pub(super) fn holds(&self, path: &str) -> bool {
        let mut parts = path.split('/');
        let step = |dir, part: &str| self.names.get(&(dir, part.to_owned())).copied();
        parts.try_fold(0, step).is_some()
    }

    fn walk(&self, root: Inode, visit: &mut impl FnMut(&str, Option<&Image<'_>>)) {
        let mut left = vec![(root, String::new())];
        while let Some((dir, prefix)) = left.pop() {
            for ((_, name), inode) in
                self.names.range((dir, String::new())..(dir + 1, String::new()))
            {
                let path = format!("{prefix}{name}");
                let image = self.files.get(inode);
                visit(&path, image);
                if image.is_none() {
                    left.push((*inode, format!("{path}/")));
                }
            }
        }
    }
}

impl Image<'_> {
    fn lay_out(&self, path: &Path) {
        const BLOCK: usize = 64 * 1024;
        let file = fs::File::create(path).expect("room");
        file.set_len(self.len as u64).expect("room");
        let held = &self.base[..self.base.len().min(self.len)];
        for (index, block) in held.chunks(BLOCK).enumerate() {
            // Zeros are there already: the file is sparse.
            if !is_zero(block) {
                file.write_all_at(block, (index * BLOCK) as u64).expect("room");
            }
        }
        for (sector, bytes) in &self.sectors {
            let from = sector * SECTOR;
            let count = SECTOR.min(self.len.saturating_sub(from));
            file.write_all_at(&bytes[..count], from as u64).expect("room");
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.base.to_vec();
        bytes.resize(self.len, 0);
        for (sector, content) in &self.sectors {
            let from = (sector * SECTOR).min(self.len);
            let to = (from + SECTOR).min(self.len);
            bytes[from..to].copy_from_slice(&content[..to - from]);
        }
        bytes
    }
}

fn is_zero(block: &[u8]) -> bool {
    // Compared as a whole: a loop over bytes is slow without optimization.
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    block == &ZEROS[..block.len()]
}
