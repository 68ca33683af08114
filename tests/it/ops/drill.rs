//! The restore drill: whatever way a ledger was saved, it comes back with the same tree root and
//! the same views, byte for byte, and goes on.

use std::fs;
use std::path::Path;

use super::verify::{file, found};
use super::{command, filled, published, serve, shown, stop, text};
use crate::support::child::run;
use crate::support::directory;
use crate::support::events::{batch, meeting};

fn root(dir: &Path) -> (u64, String) {
    let json = run(["verify", "--output", "json", "--data-dir", text(dir)]).exits(0).json();
    assert_eq!(json["ok"], true);
    (json["size"].as_u64().expect("a size"), json["root"].as_str().expect("a root").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_comes_back_from_everything_it_was_saved_to() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let service = filled(&at("ledger")).await;
    let size = published(&at("ledger"), &service.clients).await;
    let before = shown(&service.clients).await;
    let admin = format!("http://{}", service.admin());
    let online = at("online.dlbackup");
    let made = ["backup", text(&online), "--server", &admin, "--include-signing-keys"];
    let made = command(&[&made[..], &["--output", "json"]].concat()).exits(0).json();
    assert_eq!(made["size"], size);
    assert_eq!(made["checkpoint_size"], size);
    stop(service, &at("ledger")).await;

    let offline = at("offline.dlbackup");
    let ledger = at("ledger");
    let save = ["backup", text(&offline), "--data-dir", text(&ledger), "--include-signing-keys"];
    tokio::task::block_in_place(|| run(save)).exits(0);
    let tiles = at("tiles");
    let export = ["export-tiles", "--to", text(&tiles), "--data-dir", text(&ledger)];
    let exported = command(&[&export[..], &["--output", "json"]].concat()).exits(0).json();
    assert_eq!(exported["size"], size);
    let expected = tokio::task::block_in_place(|| root(&ledger));
    assert_eq!(expected.0, size);
    // The sum beside a backup is the one sha256sum would print.
    for backup in [&online, &offline] {
        let sum = fs::read_to_string(format!("{}.sha256", text(backup))).expect("a sum");
        let ran = std::process::Command::new("sha256sum")
            .args(["-c", &format!("{}.sha256", text(backup))])
            .current_dir(place.path())
            .output()
            .expect("sha256sum");
        assert!(ran.status.success(), "{sum}");
    }

    for (name, from) in [
        ("from-online", vec![text(&online)]),
        ("from-offline", vec![text(&offline)]),
        ("from-tiles", vec!["--tiles", text(&tiles)]),
    ] {
        let new = at(name);
        let restore = [&["restore"][..], &from, &["--data-dir", text(&new)]].concat();
        let dry = command(&[&restore[..], &["--dry-run"]].concat()).exits(0);
        assert!(!new.exists(), "{dry:?}");
        let restored = command(&[&restore[..], &["--output", "json"]].concat()).exits(0).json();
        assert_eq!(restored["root"], expected.1.as_str(), "{name}");
        if name == "from-tiles" {
            // Tiles hold no keys; without them nothing could be signed, and a check says so.
            let check = ["verify", "--output", "json", "--data-dir", text(&new)];
            let report = command(&check).exits(1).json();
            assert_eq!(found(&report), [file("LOG_KEY_MISSING"), file("LOG_KEY_MISSING")]);
            copy_keys(&ledger, &new);
        }
        assert_eq!(tokio::task::block_in_place(|| root(&new)), expected, "{name}");
        let service = serve(&new).await;
        assert_eq!(shown(&service.clients).await, before, "{name}");
        // It goes on, and what it signs continues what was signed before.
        let more = (301..=310).map(meeting).collect();
        service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
        assert_eq!(published(&new, &service.clients).await, size + 10);
        let admin = format!("http://{}", service.admin());
        let checked = command(&["verify", "--server", &admin, "--output", "json"]).exits(0).json();
        let compared: Vec<_> = checked["compared"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| one["what"].as_str().expect("a word"))
            .collect();
        for what in ["tree", "CHECKPOINT", "views"] {
            assert!(compared.contains(&what), "{name}: {compared:?}");
        }
        stop(service, &new).await;
    }
}

fn copy_keys(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("keys")).expect("a directory");
    for entry in fs::read_dir(from.join("keys")).expect("keys") {
        let entry = entry.expect("a key");
        fs::copy(entry.path(), to.join("keys").join(entry.file_name())).expect("copied");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_consistent_while_appends_go_on() {
    let place = directory();
    let ledger = place.path().join("ledger");
    let service = filled(&ledger).await;
    let client = service.clients.events.clone();
    let (enough, stopped) = tokio::sync::watch::channel(false);
    let writer = tokio::spawn(async move {
        let mut appended = 0;
        for number in 301.. {
            if *stopped.borrow() {
                break;
            }
            client.clone().append_events(batch(vec![meeting(number)])).await.expect("accepted");
            appended += 1;
        }
        appended
    });
    let admin = format!("http://{}", service.admin());
    let mut sizes = Vec::new();
    for number in 0..3 {
        let file = place.path().join(format!("{number}.dlbackup"));
        let made = ["backup", text(&file), "--server", &admin, "--output", "json"];
        let made = command(&made).exits(0).json();
        let new = place.path().join(format!("restored-{number}"));
        let restored = ["restore", text(&file), "--data-dir", text(&new), "--output", "json"];
        let restored = command(&restored).exits(0).json();
        for field in ["size", "root"] {
            assert_eq!(restored[field], made[field]);
        }
        assert_eq!(made["checkpoint_size"], made["size"], "under a signed checkpoint");
        sizes.push(made["size"].as_u64().expect("a size"));
    }
    let checked = command(&["verify", "--server", &admin, "--output", "json"]).exits(0).json();
    assert_eq!(checked["ok"], true);
    enough.send_replace(true);
    assert!(0 < writer.await.expect("the writer"));
    assert!(sizes.is_sorted());
    stop(service, &ledger).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_continued_and_a_view_recomputed_from_it() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (ledger, tiles, answer) = (at("ledger"), at("tiles"), at("answer.json"));
    let export = ["export-tiles", "--to", text(&tiles), "--data-dir", text(&ledger)];
    let service = filled(&ledger).await;
    published(&ledger, &service.clients).await;
    stop(service, &ledger).await;
    let first = command(&[&export[..], &["--output", "json"]].concat()).exits(0).json();
    let again = command(&[&export[..], &["--output", "json"]].concat()).exits(0).json();
    assert_eq!(again["size"], first["size"]);

    let service = serve(&ledger).await;
    let more = (301..=900).map(meeting).collect();
    service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
    published(&ledger, &service.clients).await;
    let api = format!("http://{}", service.api());
    // A running service is exported as well, by its API.
    let online = at("online-tiles");
    let from_service = ["export-tiles", "--to", text(&online), "--server", &api];
    command(&from_service).exits(0);
    let ask = ["compliance", crate::support::seed::BUREAU, "--year", "2022", "--output", "json"];
    let got = command(&[&ask[..], &["--server", &api]].concat()).exits(0);
    fs::write(&answer, &got.out).expect("written");
    stop(service, &ledger).await;
    let second = command(&[&export[..], &["--output", "json"]].concat()).exits(0).json();
    assert_eq!(second["size"].as_u64(), first["size"].as_u64().map(|size| size + 600));

    for file in ["checkpoint", "tile/0/003.p/", "tile/1/000.p/3"] {
        assert!(tiles.join(file).exists(), "{file}");
    }
    let checkpoint = |dir: &Path| fs::read_to_string(dir.join("checkpoint")).expect("a note");
    assert_eq!(checkpoint(&online), checkpoint(&tiles));
    let replay = ["replay", "--tiles", text(&tiles), "--compare-with", text(&answer)];
    let same = command(&[&replay[..], &["--output", "json"]].concat()).exits(0).json();
    assert_eq!(same["same"], true);
    // One figure changed in the answer is found, and so is another root.
    let mut forged = got.json();
    forged["scores"][0]["score"] = "99.99".into();
    forged["basis"]["rootHash"] = "00".into();
    fs::write(&answer, forged.to_string()).expect("written");
    let differs = command(&[&replay[..], &["--output", "json"]].concat()).exits(1).json();
    let fields: Vec<_> = differs["differences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["field"].as_str().expect("a field"))
        .collect();
    assert_eq!(fields, ["basis.rootHash", "scores[0].score"]);
    // A changed entry in the export is named.
    let bundle = tiles.join("tile/entries/001");
    let mut bytes = fs::read(&bundle).expect("a bundle");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&bundle, bytes).expect("written");
    let refused = command(&replay).exits(1);
    assert!(refused.err.contains("position 512"), "{refused:?}");
    let new = at("new");
    let restore = ["restore", "--tiles", text(&tiles), "--data-dir", text(&new)];
    let refused = command(&restore).exits(1);
    assert!(refused.err.contains("第 512 条"), "{refused:?}");
    assert!(!new.exists());
}
