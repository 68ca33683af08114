//! What cannot be done is refused in both languages, saying which and what to do.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::{command, filled, published, stop, text};
use crate::support::clock::TestClock;
use crate::support::service::Service;
use crate::support::{directory, seed};

/// A refusal, checked for words in both languages.
#[track_caller]
fn refused(args: &[&str], words: &[&str]) {
    let ran = command(args).exits(1);
    for word in words {
        assert!(ran.err.contains(word), "{word:?} is not in {}", ran.err);
    }
    assert!(ran.err.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{}", ran.err);
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_restored_is_refused() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (ledger, backup) = (at("ledger"), at("good.dlbackup"));
    let service = filled(&ledger).await;
    published(&ledger, &service.clients).await;
    let admin = format!("http://{}", service.admin());
    command(&["backup", text(&backup), "--server", &admin]).exits(0);
    // What happens after the backup was made makes it too old.
    let more = (301..=310).map(crate::support::events::meeting).collect();
    let more = crate::support::events::batch(more);
    service.clients.events.clone().append_events(more).await.expect("accepted");
    published(&ledger, &service.clients).await;
    stop(service, &ledger).await;
    let newer_checkpoint = ledger.join("CHECKPOINT");

    let good = fs::read(&backup).expect("a backup");
    let write = |name: &str, bytes: &[u8]| {
        let path = at(name);
        fs::write(&path, bytes).expect("written");
        path
    };
    let cut = write("cut", &good[..good.len() / 2]);
    let no_trailer = write("no-trailer", &good[..good.len() - 37]);
    let mut bytes = good.clone();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    let flipped = write("flipped", &bytes);
    let mut bytes = good.clone();
    bytes[11] = 9;
    let newer = write("newer", &bytes);
    // The first byte of the manifest: head, kind and length are before it.
    let mut bytes = good.clone();
    bytes[8 + 4 + 5] = b'!';
    let unnamed = write("unnamed", &bytes);
    let zip = write("zip", b"PK\x03\x04 something else");
    let new = at("new");
    let restore = |file: &Path, more: &[&str], words: &[&str]| {
        let args = [&["restore", text(file), "--data-dir", text(&new)][..], more].concat();
        refused(&args, words);
        assert!(!new.exists(), "something was left behind");
        assert!(!at("new.restoring").exists(), "something was left behind");
    };
    restore(&cut, &[], &["cut short", "不完整"]);
    restore(&no_trailer, &[], &["cut short"]);
    restore(&flipped, &[], &["SHA-256"]);
    // Each language says it in its own words.
    let err = command(&["restore", text(&flipped), "--data-dir", text(&new)]).exits(1).err;
    let zh = err.lines().next().expect("a line");
    assert!(zh.contains("备份已损坏（内容与其 SHA-256 不符）") && !zh.contains("match"), "{zh}");
    restore(&unnamed, &[], &["清单无法读取，第 1 行", "its manifest cannot be read"]);
    restore(&newer, &[], &["format 9", "格式 9"]);
    restore(&zip, &[], &["no backup", "不是责任台账的备份"]);
    // What cannot be read at all has a code of its own: tests of the command line.
    command(&["restore", text(&at("missing")), "--data-dir", text(&new)]).exits(66);
    let other = "ffffffffffffffffffffffffffffffff";
    restore(&backup, &["--expect-ledger", other], &[other, "choose the right backup"]);
    let witnessed = ["--witnessed", text(&newer_checkpoint)];
    restore(&backup, &witnessed, &["too old", "过旧", "CHECKPOINT"]);
    restore(&backup, &["--witnessed", text(&zip)], &["no signed checkpoint"]);
    // The guard record beside the signing key counts as witnessed.
    let key = at("log.key");
    fs::copy(&newer_checkpoint, at("log.key.signed")).expect("copied");
    restore(&backup, &["--log-key-file", text(&key)], &["too old"]);
    // Another history: as long, and not the same.
    let history = at("history");
    let clock = TestClock::at("2023-04-02T04:00:00Z");
    let service = Service::at(&history, Arc::new(clock)).await;
    seed::all(&service.clients).await;
    published(&history, &service.clients).await;
    stop(service, &history).await;
    let note = fs::read_to_string(history.join("CHECKPOINT")).expect("a note");
    let mine = fs::read_to_string(&newer_checkpoint).expect("a note");
    let origin = |note: &str| note.lines().next().expect("an origin").to_owned();
    let renamed = write("renamed", note.replace(&origin(&note), &origin(&mine)).as_bytes());
    // The public keys in the backup tell that nobody of this log has signed that; so does one that
    // is named.
    restore(
        &backup,
        &["--witnessed", text(&renamed)],
        &["keys/*.pub", "not signed by any", "伪造"],
    );
    let keys = command(&["keys", "--data-dir", text(&ledger)]).exits(0).out;
    let is_key = |word: &&str| word.starts_with(&origin(&mine)) && word.contains('+');
    let vkey = keys.split_whitespace().find(is_key).expect("the Ed25519 key").to_owned();
    let forged = ["--witnessed", text(&renamed), "--vkey", &vkey];
    restore(&backup, &forged, &["not signed by any", "签名"]);
    let grown = mine.replacen(&format!("\n{}\n", size_of(&mine)), "\n999999\n", 1);
    let grown = write("grown", grown.as_bytes());
    restore(&backup, &["--witnessed", text(&grown), "--vkey", &vkey], &["does not verify", "签名"]);
    let witnessed = ["--witnessed", text(&newer_checkpoint), "--vkey", &vkey];
    restore(&backup, &witnessed, &["too old"]);
    // A directory with something in it stays as it is.
    let full = ["restore", text(&backup), "--data-dir", text(&ledger)];
    refused(&full, &["is not empty", "非空", "--replace"]);
    // An empty one is used, though it may be a mount point.
    fs::create_dir(&new).expect("made");
    command(&["restore", text(&backup), "--data-dir", text(&new)]).exits(0);
    let names: Vec<_> = fs::read_dir(&new).expect("a directory").flatten().collect();
    assert!(names.iter().all(|entry| entry.file_name() != ".restoring"));
    // Without its keys it does not sign as if it were another log: it does not start.
    let any = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let http = ["--http-listen", "127.0.0.1:0", "--data-dir", text(&new)];
    refused(&[&["serve"][..], &any, &http].concat(), &["keys", "put the key file back"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn directories_that_are_no_ledger_are_named() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (foreign, newer, empty) = (at("foreign"), at("newer"), at("empty"));
    for dir in [&foreign, &newer, &empty] {
        fs::create_dir(dir).expect("made");
    }
    fs::write(foreign.join("photo.jpg"), "x").expect("written");
    fs::write(newer.join("FORMAT"), "duty-ledger journal format 99\n").expect("written");
    let file = at("x.dlbackup");
    for (dir, words) in [
        (&foreign, ["no journal", "没有台账"]),
        (&empty, ["no journal", "没有台账"]),
        (&newer, ["format 99", "格式 99"]),
    ] {
        refused(&["verify", "--data-dir", text(dir)], &words);
        refused(&["backup", text(&file), "--data-dir", text(dir)], &words);
        refused(&["export-tiles", "--to", text(&at("t")), "--data-dir", text(dir)], &words);
        assert!(!file.exists(), "{}", dir.display());
    }
    let tiles = ["restore", "--tiles", text(&foreign), "--data-dir", text(&empty)];
    refused(&tiles, &["checkpoint"]);
    fs::write(&file, "x").expect("written");
    refused(&["backup", text(&file), "--data-dir", text(&empty)], &["not overwritten", "不会覆盖"]);
}

/// The size a checkpoint states, in its second line.
fn size_of(note: &str) -> &str {
    note.lines().nth(1).expect("a size")
}
