//! A check finds planted damage, names it by position, and lists all of it.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use journal::{Position, frame};
use serde_json::Value;

use super::{command, filled, published, stop, text};
use crate::support::child::run;
use crate::support::directory;

/// Changes stored frames beneath the journal, as no program should.
pub(super) fn tamper(dir: &Path, change: impl FnOnce(&sled::Db)) {
    let config = sled::Config::new().path(dir.join("sled")).flush_every_ms(None);
    let db = config.segment_size(8 << 20).open().expect("sled opens");
    change(&db);
    db.flush().expect("flushed");
}

/// The frame that holds a position, and its key.
pub(super) fn frame_of(db: &sled::Db, position: u64) -> (Position, Bytes) {
    let (key, value) =
        db.range(..=position.to_be_bytes()).next_back().expect("a frame").expect("readable");
    let first = frame::position_of(&key).expect("a position");
    (first, Bytes::copy_from_slice(&value))
}

/// Puts other bytes into a frame, with a checksum that is right.
pub(super) fn replace_entry(db: &sled::Db, position: u64, change: impl FnOnce(&mut Vec<u8>)) {
    let (first, value) = frame_of(db, position);
    let (_, entries) = frame::decode(first, &value).expect("a sound frame");
    let mut change = Some(change);
    let events: Vec<Bytes> = entries
        .into_iter()
        .map(|entry| {
            let mut bytes = entry.bytes.to_vec();
            if entry.position.get() == position {
                change.take().expect("once")(&mut bytes);
            }
            Bytes::from(bytes)
        })
        .collect();
    for frame in frame::encode_commit(first, &events).expect("a commit") {
        db.insert(frame.key, frame.value).expect("inserted");
    }
}

/// Flips a bit in an entry and leaves the checksum as it was.
fn flip(db: &sled::Db, position: u64) {
    let (first, value) = frame_of(db, position);
    let mut value = value.to_vec();
    let mut at = 8;
    for _ in first.get()..position {
        let length: [u8; 4] = value[at..at + 4].try_into().expect("four bytes");
        at += 8 + u32::from_be_bytes(length) as usize;
    }
    value[at + 8 + 3] ^= 0x10;
    db.insert(frame::key(first), value).expect("inserted");
}

fn check(dir: &Path, code: i32) -> Value {
    run(["verify", "--output", "json", "--data-dir", text(dir)]).exits(code).json()
}

pub(super) fn found(report: &Value) -> Vec<(String, Option<u64>)> {
    let findings = report["findings"].as_array().expect("a list");
    let one = |finding: &Value| {
        assert!(!finding["zh"].as_str().expect("zh").is_empty());
        assert!(!finding["en"].as_str().expect("en").is_empty());
        (finding["what"].as_str().expect("a word").to_owned(), finding["position"].as_u64())
    };
    findings.iter().map(one).collect()
}

pub(super) fn one(what: &str, position: u64) -> (String, Option<u64>) {
    (what.to_owned(), Some(position))
}

pub(super) fn file(what: &str) -> (String, Option<u64>) {
    (what.to_owned(), None)
}

/// Changes a digit of the title: as good an entry, only not the one written.
pub(super) fn digit(bytes: &mut [u8]) {
    let at = bytes.iter().rposition(u8::is_ascii_digit).expect("a digit");
    bytes[at] = if bytes[at] == b'9' { b'8' } else { b'9' };
}

pub(super) async fn ledger(place: &Path) -> PathBuf {
    let dir = place.join("ledger");
    let service = filled(&dir).await;
    published(&dir, &service.clients).await;
    stop(service, &dir).await;
    dir
}

pub(super) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_damage_is_named_where_it_is() {
    let place = directory();
    let sound = ledger(place.path()).await;
    tokio::task::block_in_place(|| {
        let report = check(&sound, 0);
        assert_eq!(found(&report), []);
        let compared = report["compared"].to_string();
        for what in ["tree", "CHECKPOINT", "snapshots"] {
            assert!(compared.contains(what), "{compared}");
        }
        let size = report["size"].as_u64().expect("a size");
        let case = |name: &str, plant: &dyn Fn(&Path), expected: &[(String, Option<u64>)]| {
            let dir = place.path().join(name);
            copy(&sound, &dir);
            plant(&dir);
            let report = check(&dir, 1);
            assert_eq!(found(&report), expected, "{name}: {report:#}");
            assert_eq!(report["size"], size, "{name}");
        };
        case(
            "flips",
            &|dir| tamper(dir, |db| [40, 41, 200].into_iter().for_each(|at| flip(db, at))),
            &[one("EVENT_CHECKSUM", 40), one("EVENT_CHECKSUM", 41), one("EVENT_CHECKSUM", 200)],
        );
        case(
            "altered",
            &|dir| tamper(dir, |db| replace_entry(db, 150, |bytes| digit(bytes))),
            &[file("CHECKPOINT_ROOT"), one("ENTRY_ALTERED", 150)],
        );
        case(
            "altered, tree removed",
            &|dir| {
                tamper(dir, |db| replace_entry(db, 150, |bytes| digit(bytes)));
                fs::remove_dir_all(dir.join("tree")).expect("removed");
            },
            &[file("SNAPSHOT_UNUSABLE"), file("CHECKPOINT_ROOT")],
        );
        case(
            "hash file",
            &|dir| {
                let path = dir.join("tree/level-0");
                let mut hashes = fs::read(&path).expect("hashes");
                hashes[32 * 99] ^= 1;
                fs::write(&path, hashes).expect("written");
            },
            &[file("TREE_NODE"), one("TREE_LEAF_FILE", 100)],
        );
        let snapshot = format!("snapshots/state-{size:020}");
        case(
            "snapshot",
            &|dir| {
                let path = dir.join(&snapshot);
                let mut bytes = fs::read(&path).expect("a snapshot");
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
                fs::write(&path, bytes).expect("written");
            },
            &[file("SNAPSHOT_UNUSABLE")],
        );
        case(
            "checkpoint",
            &|dir| {
                let path = dir.join("CHECKPOINT");
                let note = fs::read_to_string(&path).expect("a note");
                let forged = note.replacen(&format!("\n{size}\n"), &format!("\n{}\n", size - 1), 1);
                fs::write(&path, forged).expect("written");
            },
            &[file("CHECKPOINT_SIGNATURE")],
        );
        case(
            "nonsense",
            &|dir| {
                tamper(dir, |db| replace_entry(db, 60, |bytes| bytes.fill(0xff)));
            },
            &[one("ENTRY_SENSELESS", 60), file("CHECKPOINT_ROOT"), one("ENTRY_ALTERED", 60)],
        );
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_tail_and_a_gap_are_named() {
    let place = directory();
    let sound = ledger(place.path()).await;
    tokio::task::block_in_place(|| {
        let size = check(&sound, 0)["size"].as_u64().expect("a size");
        let gap = place.path().join("gap");
        copy(&sound, &gap);
        let mut first = 0;
        tamper(&gap, |db| {
            let (at, _) = frame_of(db, 200);
            first = at.get();
            db.remove(frame::key(at)).expect("removed").expect("it was there");
        });
        let report = check(&gap, 1);
        assert_eq!(found(&report), [one("GAP", first)], "{report:#}");

        let tail = place.path().join("tail");
        copy(&sound, &tail);
        tamper(&tail, |db| {
            let (at, _) = frame_of(db, size);
            db.remove(frame::key(at)).expect("removed").expect("it was there");
        });
        let report = check(&tail, 1);
        let left = report["size"].as_u64().expect("a size");
        assert!(left < size);
        assert!(found(&report).contains(&one("TAIL_LOST", left + 1)), "{report:#}");
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_service_checks_itself_and_says_how_it_is() {
    let place = directory();
    let dir = place.path().join("ledger");
    let service = filled(&dir).await;
    let size = published(&dir, &service.clients).await;
    let admin = format!("http://{}", service.admin());
    let status = command(&["status", "--server", &admin, "--output", "json"]).exits(0).json();
    assert_eq!(status["phase"], "SERVICE_PHASE_SERVING");
    for field in ["sequencedPosition", "integratedSize", "publishedSize"] {
        assert_eq!(status[field], size.to_string(), "{status:#}");
    }
    let checked = ["verify", "--server", &admin, "--rate-mib", "512", "--output", "json"];
    let checked = command(&checked).exits(0).json();
    assert_eq!((&checked["size"], &checked["root"]), (&size.into(), &status["root"]));
    // The API port has no such service.
    let api = format!("http://{}", service.api());
    assert!(command(&["status", "--server", &api]).exits(1).err.contains("admin_listen"));
    // The directory is in use: the holder is named.
    let used = command(&["verify", "--data-dir", text(&dir), "--output", "json"]).exits(1).json();
    assert_eq!(found(&used), [file("IN_USE")]);
    let pid = std::process::id().to_string();
    assert!(used["findings"][0]["en"].as_str().expect("en").contains(&pid));
    stop(service, &dir).await;
}
