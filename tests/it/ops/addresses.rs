//! Bringing a ledger back from an address: a service that gives out its entries, or any server of
//! files over an exported directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use duty_ledger::config::Config;

use super::{TODAY, command, filled, published, stop, text};
use crate::support::clock::TestClock;
use crate::support::directory;
use crate::support::events::{batch, meeting};
use crate::support::service::{Service, config};

/// Any server of files: what is there, or 404.
pub(super) async fn serve_files(dir: PathBuf) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let file = async move |uri: axum::http::Uri| {
        fs::read(dir.join(uri.path().trim_start_matches('/')))
            .map_err(|_| axum::http::StatusCode::NOT_FOUND)
    };
    let router = axum::Router::new().fallback(file);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// Checks a ledger, by the public keys of the log in `log`: what is brought back has none.
fn verified(dir: &Path, log: &Path) -> serde_json::Value {
    let keys = command(&["keys", "--data-dir", text(log)]).exits(0).out;
    let mut args = vec!["verify", "--output", "json", "--data-dir", text(dir)];
    args.extend(keys.lines().take(2).flat_map(|key| ["--vkey", key]));
    let report = command(&args).exits(0).json();
    assert_eq!(report["unchecked"], serde_json::json!([]), "{report:#}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_comes_back_from_an_address() {
    let place = directory();
    let at = |name: &str| place.path().join(name);
    let (ledger, tiles) = (at("ledger"), at("tiles"));
    let export = ["export-tiles", "--to", text(&tiles), "--data-dir", text(&ledger)];
    let service = filled(&ledger).await;
    let size = published(&ledger, &service.clients).await;
    // Entries take a right to read them, unless an operator decides otherwise.
    let new = at("new");
    let url = format!("http://{}", service.http());
    let refused = ["restore", "--tiles", &url, "--data-dir", text(&new)];
    let refused = command(&refused).exits(1);
    for word in ["403", "serve_entries = true", "不提供条目"] {
        assert!(refused.err.contains(word), "{refused:?}");
    }
    assert!(!new.exists());
    stop(service, &ledger).await;
    command(&export).exits(0);
    let older = fs::read(tiles.join("checkpoint")).expect("a checkpoint");

    let config = Config { serve_entries: true, ..config() };
    let service = Service::configured(&config, &ledger, Arc::new(TestClock::at(TODAY))).await;
    let more = (301..=700).map(meeting).collect();
    service.clients.events.clone().append_events(batch(more)).await.expect("accepted");
    assert_eq!(published(&ledger, &service.clients).await, size + 400);
    let url = format!("http://{}", service.http());
    let restore = ["restore", "--tiles", &url, "--data-dir", text(&new), "--output", "json"];
    let restored = command(&restore).exits(0).json();
    stop(service, &ledger).await;
    let (mine, its) = (verified(&ledger, &ledger), verified(&new, &ledger));
    assert_eq!((&restored["size"], &restored["root"]), (&mine["size"], &mine["root"]));
    assert_eq!((&its["size"], &its["root"]), (&mine["size"], &mine["root"]));

    // A static server, which has swept away the partial tiles of the older checkpoint.
    command(&export).exits(0);
    fs::write(tiles.join("checkpoint"), older).expect("written");
    let partial = size / 256;
    for kind in ["0", "entries"] {
        let swept = tiles.join(format!("tile/{kind}/{partial:03}.p"));
        fs::remove_dir_all(swept).expect("partial tiles");
    }
    let url = serve_files(tiles.clone()).await;
    let again = at("again");
    let restore = ["restore", "--tiles", &url, "--data-dir", text(&again), "--output", "json"];
    let restored = command(&restore).exits(0).json();
    assert_eq!(restored["size"], size);
    // What is wrong is named as in a directory.
    let bundle = tiles.join("tile/entries/000");
    let mut bytes = fs::read(&bundle).expect("a bundle");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(&bundle, bytes).expect("written");
    let third = at("third");
    let refused = command(&["restore", "--tiles", &url, "--data-dir", text(&third)]).exits(1);
    assert!(refused.err.contains("position 256"), "{refused:?}");
    let whole = fs::read(&bundle).expect("a bundle");
    fs::write(&bundle, &whole[..whole.len() - 1]).expect("written");
    let refused = command(&["restore", "--tiles", &url, "--data-dir", text(&third)]).exits(1);
    for word in ["条目包在第 256 个条目处中断", "the bundle ends within entry 255"] {
        assert!(refused.err.contains(word), "{refused:?}");
    }
    fs::remove_file(&bundle).expect("removed");
    let refused = command(&["restore", "--tiles", &url, "--data-dir", text(&third)]).exits(1);
    assert!(refused.err.contains("tile/entries/000: there is no such file"), "{refused:?}");
    for (url, word) in [("https://127.0.0.1:1/", "TLS"), ("http://127.0.0.1:1/", "no connection")] {
        let refused = command(&["restore", "--tiles", url, "--data-dir", text(&third)]).exits(1);
        assert!(refused.err.contains(word), "{refused:?}");
    }
    assert!(!third.exists());
}
