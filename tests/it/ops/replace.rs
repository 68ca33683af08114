//! Restoring in place of a ledger that is still there: moved aside, never deleted, and never
//! followed by something older, unless as another log.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duty_ledger::config::Config;
use journal_sled::{LedgerId, Options, SledJournal};

use super::{TODAY, command, filled, published, serve, shown, stop, text};
use crate::support::clock::TestClock;
use crate::support::directory;
use crate::support::events::{batch, meeting};
use crate::support::service::{Service, config};

/// What is beside a directory, by the beginning of its name.
fn beside(dir: &Path, ending: &str) -> Vec<PathBuf> {
    let name = dir.file_name().expect("a name").to_string_lossy();
    let begin = format!("{name}{ending}");
    let listed = fs::read_dir(dir.parent().expect("a parent")).expect("listed");
    let paths = listed.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(&begin)))
        .collect()
}

fn verified(dir: &Path) -> serde_json::Value {
    command(&["verify", "--output", "json", "--data-dir", text(dir)]).exits(0).json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_the_place_counts_and_is_kept() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (ledger, older, newer) = (at("ledger"), at("older"), at("newer"));
    let service = filled(&ledger).await;
    let size = published(&ledger, &service.clients).await;
    let admin = format!("http://{}", service.admin());
    command(&["backup", text(&older), "--server", &admin]).exits(0);
    let more = (301..=310).map(meeting).collect();
    service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
    published(&ledger, &service.clients).await;
    command(&["backup", text(&newer), "--server", &admin]).exits(0);
    let before = shown(&service.clients).await;
    let restore = |backup: &Path, more: &[&str]| {
        let args = ["restore", text(backup), "--data-dir", text(&ledger), "--replace"];
        command(&[&args[..], more].concat())
    };
    let refused = |backup: &Path, words: &[&str]| {
        let ran = restore(backup, &[]).exits(1);
        for word in words {
            assert!(ran.err.contains(word), "{word:?} is not in {}", ran.err);
        }
        assert!(beside(&ledger, ".").is_empty(), "something was left behind");
    };
    // Not while somebody serves it.
    refused(&newer, &["in use by process", "正被"]);
    stop(service, &ledger).await;
    refused(&older, &["too old", "过旧", "CHECKPOINT", "--new-origin"]);
    // Nor in the place of another ledger, or of something else.
    let (other, foreign) = (at("other"), at("foreign"));
    let id = LedgerId::from_bytes([8; 16]);
    drop(SledJournal::open(&other, Options::new(id)).expect("another ledger"));
    fs::create_dir(&foreign).expect("made");
    fs::write(foreign.join("photo.jpg"), "x").expect("written");
    for (dir, word) in [(&other, "08080808"), (&foreign, "is not empty")] {
        let args = ["restore", text(&newer), "--data-dir", text(dir), "--replace"];
        let ran = command(&args).exits(1);
        assert!(ran.err.contains(word), "{ran:?}");
        assert!(beside(dir, ".").is_empty());
    }
    restore(&newer, &["--dry-run"]).exits(0);
    assert!(beside(&ledger, ".").is_empty());

    let mine = verified(&ledger);
    let restored = restore(&newer, &["--output", "json"]).exits(0).json();
    let aside = beside(&ledger, ".replaced-");
    assert_eq!(aside.len(), 1);
    assert_eq!(restored["replaced"], text(&aside[0]));
    assert!(beside(&ledger, ".restoring").is_empty());
    for dir in [&ledger, &aside[0]] {
        let its = verified(dir);
        assert_eq!((&its["size"], &its["root"]), (&mine["size"], &mine["root"]));
    }
    // The signing keys came along: it goes on as the log it was.
    let service = serve(&ledger).await;
    assert_eq!(shown(&service.clients).await, before);
    let more = (311..=320).map(meeting).collect();
    service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
    assert_eq!(published(&ledger, &service.clients).await, size + 20);
    stop(service, &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_nobody_signed_are_not_lost_in_silence() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (ledger, backup, new) = (at("ledger"), at("a.dlbackup"), at("new"));
    let service = filled(&ledger).await;
    let size = published(&ledger, &service.clients).await;
    let admin = format!("http://{}", service.admin());
    command(&["backup", text(&backup), "--server", &admin]).exits(0);
    let signed = ["CHECKPOINT", "PUBLISHED"].map(|name| (name, fs::read(ledger.join(name)).ok()));
    let more = (301..=310).map(meeting).collect();
    service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
    published(&ledger, &service.clients).await;
    stop(service, &ledger).await;
    // As if the power had gone before the next checkpoint was signed.
    for (name, content) in signed {
        let path = ledger.join(name);
        match content {
            Some(content) => fs::write(&path, content).expect("written"),
            None => drop(fs::remove_file(&path)),
        }
    }
    let mine = verified(&ledger);
    assert_eq!(mine["size"], size + 10);
    let restore = |more: &[&str]| {
        let args = ["restore", text(&backup), "--data-dir", text(&ledger), "--replace"];
        command(&[&args[..], more].concat())
    };
    let tail = format!("{}–{}", size + 1, size + 10);
    let positions = format!("positions {} to {}", size + 1, size + 10);
    for more in [&["--dry-run"][..], &[]] {
        let ran = restore(more).exits(1);
        for word in ["10 entries", "10 条", "--lose-unsigned", &positions] {
            assert!(ran.err.contains(word), "{word:?} is not in {}", ran.err);
        }
        assert!(beside(&ledger, ".").is_empty());
    }
    // The mark of what was durable is older after a crash: the log itself is looked through.
    let mark = ledger.join("HIGH-WATER");
    let newest = fs::read(&mark).expect("a mark");
    fs::write(&mark, "not a mark").expect("written");
    assert!(restore(&[]).exits(1).err.contains(&positions));
    fs::write(&mark, newest).expect("written");
    let restored = restore(&["--lose-unsigned", "--output", "json"]).exits(0).json();
    assert!(restored["lost"].to_string().contains(&tail), "{restored:#}");
    assert_eq!(verified(&ledger)["size"], size);
    assert_eq!(verified(&beside(&ledger, ".replaced-")[0])["size"], size + 10);
    // It means nothing where nothing is replaced.
    let args = ["restore", text(&backup), "--data-dir", text(&new), "--lose-unsigned"];
    command(&args).exits(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replacement_cut_short_is_named_and_nothing_begins_in_its_place() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (ledger, backup) = (at("ledger"), at("a.dlbackup"));
    let service = filled(&ledger).await;
    published(&ledger, &service.clients).await;
    stop(service, &ledger).await;
    let save = ["backup", text(&backup), "--include-signing-keys", "--data-dir", text(&ledger)];
    command(&save).exits(0);
    let mine = verified(&ledger);
    // What a file system that cannot exchange leaves, if the power goes when the place is empty.
    let (whole, aside) = (at("ledger.restored-T"), at("ledger.replaced-T"));
    command(&["restore", text(&backup), "--data-dir", text(&whole)]).exits(0);
    fs::rename(&ledger, &aside).expect("moved");
    let any = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let serve = [&["serve", "--http-listen", "127.0.0.1:0"][..], &any].concat();
    let told = format!("mv {} {}", text(&whole), text(&ledger));
    for args in [&serve[..], &["restore", text(&backup)], &["restore", text(&backup), "--replace"]]
    {
        let ran = command(&[args, &["--data-dir", text(&ledger)]].concat()).exits(1);
        for word in [&told, "均完整", "both"] {
            assert!(ran.err.contains(word), "{ran:?}");
        }
        assert!(!ledger.exists());
    }
    fs::rename(&whole, &ledger).expect("as told");
    assert_eq!(verified(&ledger)["root"], mine["root"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loss_is_accepted_only_as_another_log() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (ledger, older) = (at("ledger"), at("older"));
    let service = filled(&ledger).await;
    let size = published(&ledger, &service.clients).await;
    let admin = format!("http://{}", service.admin());
    let backup = ["backup", text(&older), "--server", &admin, "--include-signing-keys"];
    command(&backup).exits(0);
    let more = (301..=310).map(meeting).collect();
    service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
    published(&ledger, &service.clients).await;
    stop(service, &ledger).await;
    let note = fs::read_to_string(ledger.join("CHECKPOINT")).expect("a note");
    let old = note.lines().next().expect("an origin");
    let restore = ["restore", text(&older), "--data-dir", text(&ledger), "--replace"];
    let same = command(&[&restore[..], &["--new-origin", old]].concat()).exits(1);
    assert!(same.err.contains("choose another name"), "{same:?}");
    let second = "ledger.example/second";
    let args = ["--new-origin", second, "--output", "json"];
    let restored = command(&[&restore[..], &args].concat()).exits(0).json();
    assert_eq!(restored["size"], size);
    assert_eq!(restored["new_origin"], second);
    let lost = restored["lost"].to_string();
    assert!(lost.contains(&format!("CHECKPOINT: {}", size + 10)), "{lost}");
    assert!(!ledger.join("CHECKPOINT").exists());
    // As the old log it does not even start.
    let any = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let http = ["--http-listen", "127.0.0.1:0", "--data-dir", text(&ledger)];
    let refused = command(&[&["serve"][..], &any, &http].concat()).exits(1);
    assert!(refused.err.contains(second) && refused.err.contains("origin"), "{refused:?}");
    assert!(!ledger.join("CHECKPOINT").exists());

    let config = Config { origin: second.to_owned(), ..config() };
    let clock = Arc::new(TestClock::at(TODAY));
    let service = Service::configured(&config, &ledger, clock).await;
    assert_eq!(published(&ledger, &service.clients).await, size);
    let note = fs::read_to_string(ledger.join("CHECKPOINT")).expect("a note");
    assert_eq!(note.lines().next(), Some(second));
    stop(service, &ledger).await;
}
