//! An entry that was altered with a checksum that is right, and no hashes left that would name it:
//! exported tiles, a backup or a snapshot of views do.

use std::fs;
use std::path::Path;

use super::verify::{copy, digit, file, found, ledger, one, replace_entry, tamper};
use super::{command, filled, published, serve, stop, text};
use crate::support::directory;
use crate::support::events::{batch, meeting};

fn check(dir: &Path, more: &[&str], code: i32) -> serde_json::Value {
    let args = ["verify", "--output", "json", "--data-dir", text(dir)];
    command(&[&args[..], more].concat()).exits(code).json()
}

/// A copy in which an entry is another one, and the tree is gone.
fn altered(sound: &Path, to: &Path, position: u64) {
    copy(sound, to);
    tamper(to, |db| replace_entry(db, position, |bytes| digit(bytes)));
    fs::remove_dir_all(to.join("tree")).expect("removed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_or_a_backup_names_the_altered_entry() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let sound = ledger(place.path()).await;
    let (tiles, backup, dir) = (at("tiles"), at("backup"), at("altered"));
    command(&["export-tiles", "--to", text(&tiles), "--data-dir", text(&sound)]).exits(0);
    command(&["backup", text(&backup), "--data-dir", text(&sound)]).exits(0);
    let (with_tiles, with_backup) = (["--tiles", text(&tiles)], ["--backup", text(&backup)]);
    for (with, what) in [(with_tiles, "tiles"), (with_backup, "backup")] {
        let report = check(&sound, &with, 0);
        let size = &report["size"];
        let compared = report["compared"].as_array().expect("a list");
        assert!(compared.iter().any(|one| one["what"] == what && one["position"] == *size));
    }
    tokio::task::block_in_place(|| altered(&sound, &dir, 150));
    let [snapshot, root] = [file("SNAPSHOT_UNUSABLE"), file("CHECKPOINT_ROOT")];
    let report = check(&dir, &[], 1);
    assert_eq!(found(&report), [snapshot.clone(), root.clone()]);
    assert!(report["findings"][1]["en"].as_str().expect("en").contains("verify --tiles"));
    for with in [with_tiles, with_backup] {
        let report = check(&dir, &with, 1);
        let expected = [snapshot.clone(), root.clone(), root.clone(), one("ENTRY_ALTERED", 150)];
        assert_eq!(found(&report), expected, "{report:#}");
        assert!(report["findings"][3]["en"].as_str().expect("en").contains("proves"));
    }
    // Without hash tiles the entries are hashed.
    fs::remove_dir_all(tiles.join("tile/0")).expect("removed");
    assert!(found(&check(&dir, &with_tiles, 1)).contains(&one("ENTRY_ALTERED", 150)));
    // Where what is kept elsewhere was changed, that is said.
    let bundle = tiles.join("tile/entries/000");
    let good = fs::read(&bundle).expect("a bundle");
    let mut bad = good.clone();
    *bad.last_mut().expect("not empty") ^= 1;
    fs::write(&bundle, bad).expect("written");
    assert_eq!(found(&check(&sound, &with_tiles, 1)), [one("REFERENCE_DIFFERS", 256)]);
    fs::write(&bundle, &good[..good.len() / 2]).expect("written");
    assert_eq!(found(&check(&sound, &with_tiles, 1)), [file("REFERENCE_UNUSABLE")]);
    let whole = fs::read(&backup).expect("a backup");
    fs::write(&backup, &whole[..whole.len() / 2]).expect("written");
    assert_eq!(found(&check(&sound, &with_backup, 1)), [file("REFERENCE_UNUSABLE")]);
    let note = fs::read_to_string(tiles.join("checkpoint")).expect("a note");
    let other = note.replacen("duty-ledger/", "duty-ledgers/", 1);
    fs::write(tiles.join("checkpoint"), other).expect("written");
    assert_eq!(found(&check(&sound, &with_tiles, 1)), [file("REFERENCE_OTHER")]);
    fs::remove_file(tiles.join("checkpoint")).expect("removed");
    let args = ["verify", "--data-dir", text(&sound), "--tiles", text(&tiles)];
    let refused = command(&args).exits(1);
    assert!(refused.err.contains("没有此文件"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_or_missing_in_exported_tiles_is_named() {
    let place = directory();
    let sound = ledger(place.path()).await;
    let tiles = place.path().join("tiles");
    command(&["export-tiles", "--to", text(&tiles), "--data-dir", text(&sound)]).exits(0);
    let with = ["--tiles", text(&tiles)];
    assert_eq!(found(&check(&sound, &with, 0)), []);
    let in_file = |what: &str, file: &str| {
        let report = check(&sound, &with, 1);
        let first = &report["findings"][0];
        assert_eq!((&first["what"], &first["file"]), (&what.into(), &file.into()), "{report:#}");
        found(&report)
    };
    let changed = |name: &str| {
        let good = fs::read(tiles.join(name)).expect("a tile");
        let mut bad = good.clone();
        *bad.last_mut().expect("not empty") ^= 1;
        fs::write(tiles.join(name), bad).expect("written");
        good
    };
    // An entry: it and its hash disagree, and the one here is what was signed.
    let good = changed("tile/entries/000");
    let told = in_file("TILES_DISAGREE", "tile/entries/000");
    assert_eq!(told, [one("TILES_DISAGREE", 256), one("REFERENCE_DIFFERS", 256)]);
    fs::write(tiles.join("tile/entries/000"), &good).expect("written");
    // A hash of an entry, which the level above knows as well.
    let good = changed("tile/0/000");
    let told = in_file("TILES_DISAGREE", "tile/0/000");
    assert_eq!(told, [file("TILES_DISAGREE"), one("TILES_DISAGREE", 256)]);
    fs::write(tiles.join("tile/0/000"), &good).expect("written");
    // A hash of a tile.
    let over = fs::read_dir(tiles.join("tile/1/000.p")).expect("partial tiles").next();
    let over = over.expect("one").expect("one").file_name();
    let over = format!("tile/1/000.p/{}", over.to_str().expect("a number"));
    let good = changed(&over);
    assert_eq!(in_file("TILES_DISAGREE", "tile/0/000"), [file("TILES_DISAGREE")]);
    fs::write(tiles.join(&over), &good).expect("written");
    assert_eq!(found(&check(&sound, &with, 0)), []);
    // Entries that are not there restore nothing.
    fs::remove_file(tiles.join("tile/entries/000")).expect("removed");
    assert_eq!(found(&check(&sound, &with, 1)), [one("BUNDLE_UNUSABLE", 1)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_views_says_behind_which_position() {
    let place = directory();
    let (sound, dir) = (place.path().join("ledger"), place.path().join("altered"));
    let service = filled(&sound).await;
    let first = published(&sound, &service.clients).await;
    stop(service, &sound).await;
    let service = serve(&sound).await;
    let more = (301..=400).map(meeting).collect();
    service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
    let size = published(&sound, &service.clients).await;
    stop(service, &sound).await;
    tokio::task::block_in_place(|| altered(&sound, &dir, first + 30));
    let report = check(&dir, &[], 1);
    let expected = [file("SNAPSHOT_UNUSABLE"), one("CHECKPOINT_ROOT", first + 1)];
    assert_eq!(found(&report), expected, "{report:#}");
    assert_eq!(report["findings"][1]["last_position"], size);
}
