//! The tree in files against the tree of the mathematics, through restarts and damage.

use std::path::Path;

use bytes::Bytes;
use journal::{Journal as _, MemoryJournal, Position};
use merkle::hash::{self, Hash};
use merkle::proof::{verify_consistency, verify_inclusion};
use merkle::tree::Frontier;

use super::{Anchor, OpenTreeError, TreeStore, open};

fn event(index: u64) -> Bytes {
    Bytes::from(format!("event {index}"))
}

/// A journal of `size` events; `changed` stands in for one of them.
fn journal(size: u64, changed: Option<u64>) -> MemoryJournal {
    let journal = MemoryJournal::new();
    let events: Vec<Bytes> = (0..size)
        .map(|index| if changed == Some(index) { Bytes::from("other") } else { event(index) })
        .collect();
    if !events.is_empty() {
        journal.append(Position::FIRST, &events).unwrap();
    }
    journal
}

fn root(size: u64) -> Hash {
    let mut frontier = Frontier::new();
    (0..size).for_each(|index| frontier.push(hash::leaf(&event(index)), &mut |_, _, _| ()));
    frontier.root()
}

fn anchor(size: u64) -> Anchor {
    Anchor { size, root: root(size), source: "CHECKPOINT".into() }
}

fn opened(size: u64, dir: &Path, anchors: &[Anchor]) -> TreeStore {
    open(&journal(size, None), Some(dir), anchors, |_| ()).unwrap()
}

#[test]
fn roots_and_proofs_are_right_whatever_is_flushed() {
    let dir = tempfile::tempdir().unwrap();
    let store = opened(0, dir.path(), &[]);
    let mut size = 0;
    for (step, count) in [1_u64, 254, 1, 1, 255, 511, 65_000, 700].into_iter().enumerate() {
        let events: Vec<Bytes> = (size..size + count).map(event).collect();
        store.append(size, &events);
        size += count;
        if step % 2 == 0 {
            assert_eq!(store.flush().unwrap(), size);
            assert_eq!(store.unflushed(), 0);
        }
        assert_eq!((store.size(), store.root(size).unwrap()), (size, root(size)));
        for (index, of) in [(0, 1), (0, size), (size / 2, size), (size - 1, size), (3, 77)] {
            if size < of {
                continue;
            }
            let proof = store.inclusion_proof(index, of).unwrap();
            let leaf = store.leaf(index).unwrap();
            verify_inclusion(index, of, &leaf, &proof, &root(of)).unwrap();
            let proof = store.consistency_proof(of, size).unwrap();
            verify_consistency(of, size, &root(of), &root(size), &proof).unwrap();
        }
    }
    store.root(size + 1).unwrap_err();
    store.inclusion_proof(size, size).unwrap_err();
    assert_eq!(store.tile(0, 0, 256).unwrap().len(), 256 * 32);
    assert_eq!(store.tile(1, 0, 256).unwrap().len(), 256 * 32);
    assert_eq!(store.tile(2, 0, 1).unwrap().len(), 32);
    store.tile(2, 0, 2).unwrap_err();
}

#[test]
fn leaves_that_do_not_follow_stop_the_tree() {
    let store = TreeStore::in_memory();
    store.append(0, &[event(0)]);
    store.in_step().unwrap();
    store.append(2, &[event(2)]);
    store.in_step().unwrap_err();
    store.append(1, &[event(1)]);
    assert_eq!(store.size(), 1);
}

#[test]
fn the_files_are_used_as_far_as_they_are_signed() {
    let dir = tempfile::tempdir().unwrap();
    opened(70_000, dir.path(), &[]).flush().unwrap();
    let anchors = [anchor(66_000)];
    let before = std::fs::metadata(dir.path().join("tree/level-0")).unwrap().modified().unwrap();
    let store = opened(70_500, dir.path(), &anchors);
    assert_eq!(store.root(70_500).unwrap(), root(70_500));
    assert_eq!(store.unflushed(), 70_500 - 66_000 + 275 - 257);
    store.flush().unwrap();
    drop(store);
    let store = opened(70_500, dir.path(), &[anchor(70_500)]);
    assert_eq!((store.unflushed(), store.root(70_500).unwrap()), (0, root(70_500)));
    let after = std::fs::metadata(dir.path().join("tree/level-0")).unwrap().modified().unwrap();
    assert!(before <= after);
}

#[test]
fn damaged_files_are_built_anew() {
    let level = |dir: &Path, level: u8| dir.join(format!("tree/level-{level}"));
    type Damage = fn(&Path, &dyn Fn(&Path, u8) -> std::path::PathBuf);
    let damages: [Damage; 4] = [
        |dir, _| std::fs::remove_dir_all(dir.join("tree")).unwrap(),
        |dir, level| std::fs::remove_file(level(dir, 1)).unwrap(),
        |dir, level| {
            let file = std::fs::OpenOptions::new().write(true).open(level(dir, 0)).unwrap();
            file.set_len(999 * 32 + 7).unwrap();
        },
        |dir, level| {
            let mut bytes = std::fs::read(level(dir, 0)).unwrap();
            bytes[999 * 32] ^= 1;
            std::fs::write(level(dir, 0), bytes).unwrap();
        },
    ];
    for damage in damages {
        let dir = tempfile::tempdir().unwrap();
        opened(1_000, dir.path(), &[]).flush().unwrap();
        damage(dir.path(), &level);
        let store = opened(1_000, dir.path(), &[anchor(1_000)]);
        assert_eq!(store.root(1_000).unwrap(), root(1_000));
        store.flush().unwrap();
        let store = opened(1_000, dir.path(), &[anchor(1_000)]);
        assert_eq!((store.unflushed(), store.root(777).unwrap()), (0, root(777)));
    }
}

#[test]
fn a_journal_that_is_not_what_was_signed_is_refused() {
    let refused = |size, changed, dir: &Path, anchors: &[Anchor]| {
        open(&journal(size, changed), Some(dir), anchors, |_| ()).unwrap_err()
    };
    let dir = tempfile::tempdir().unwrap();
    // Shorter.
    let error = refused(99, None, dir.path(), &[anchor(50), anchor(100)]);
    assert!(matches!(error, OpenTreeError::TailLost { head: 99, .. }), "{error}");
    // Changed, and no files to tell where: between what is sound and what is not.
    let error = refused(200, Some(70), dir.path(), &[anchor(50), anchor(100)]);
    let OpenTreeError::Contradiction { positions, .. } = error else { panic!("{error}") };
    assert_eq!(positions, 51..=100);
    // Changed under files that agree with what was signed: they name the position.
    opened(1_000, dir.path(), &[]).flush().unwrap();
    let error = refused(1_000, Some(900), dir.path(), &[anchor(1_000)]);
    let OpenTreeError::Contradiction { positions, anchor } = error else { panic!("{error}") };
    assert_eq!((positions, anchor.size), (901..=901, 1_000));
}
