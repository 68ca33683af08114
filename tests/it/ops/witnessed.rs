//! Witnesses are asked before a ledger is brought back: what is older than they have seen, or
//! another history, is refused.

use std::fs;
use std::path::{Path, PathBuf};

use axum::http::{StatusCode, header};
use duty_ledger::config::WitnessMode;
use duty_ledger::ops::backup::Manifest;
use duty_ledger::ops::backup::read::{Part, Reader};
use duty_ledger::ops::backup::write::Writer;
use merkle::witness::{Request, SIZE_MEDIA_TYPE};
use merkle::{Checkpoint, Hash, KeyName, LogSigner, Note};

use super::{command, published, text};
use crate::ledger::witnesses::{Bench, Witness, cosigned};
use crate::support::events::{batch, meeting};
use crate::support::http::post;
use crate::support::seed;

/// A witness of the protocol and nothing more: our own behind a door for one call.
async fn plain(witness: &Witness) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let behind = witness.address.clone();
    let add = async move |body: String| {
        let answer = tokio::task::block_in_place(|| post(&behind, "/add-checkpoint", &body));
        let is_size = answer.has(&format!("content-type: {SIZE_MEDIA_TYPE}"));
        let media_type = if is_size { SIZE_MEDIA_TYPE } else { "text/plain" };
        let status = StatusCode::from_u16(answer.status).expect("a status");
        (status, [(header::CONTENT_TYPE, media_type)], answer.body)
    };
    let router = axum::Router::new().route("/add-checkpoint", axum::routing::post(add));
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}/")
}

/// Two backups of a witnessed log, the older first, and a place to restore to.
struct Saved {
    bench: Bench,
    older: PathBuf,
    newer: PathBuf,
    target: PathBuf,
}

impl Saved {
    async fn new() -> Self {
        let bench = Bench::new(WitnessMode::Open);
        let (data, older) = (bench.path("data"), bench.path("older.dlbackup"));
        let (newer, target) = (bench.path("newer.dlbackup"), bench.path("new"));
        let service = bench.serve(&data).await;
        seed::all(&service.clients).await;
        let admin = format!("http://{}", service.admin());
        for (backup, numbers) in [(&older, 1..=5), (&newer, 6..=300)] {
            let events = numbers.map(meeting).collect();
            service.clients.events.clone().append_events(batch(events)).await.expect("accepted");
            let size = published(&data, &service.clients).await;
            while cosigned(&service).await.tree_size < size {}
            command(&["backup", text(backup), "--server", &admin]).exits(0);
        }
        service.stop().await;
        Self { bench, older, newer, target }
    }

    fn restore(&self, backup: &Path, more: &[&str], code: i32) -> String {
        let args = ["restore", text(backup), "--data-dir", text(&self.target), "--dry-run"];
        let ran = command(&[&args[..], more].concat()).exits(code);
        assert!(!self.target.exists());
        assert!(code == 0 || ran.err.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)));
        ran.err
    }

    #[track_caller]
    fn refused(&self, backup: &Path, more: &[&str], words: &[&str]) {
        let err = self.restore(backup, more, 1);
        for word in words {
            assert!(err.contains(word), "{word:?} is not in {err}");
        }
    }

    /// Another witness of the log, which has seen nothing.
    fn witness(&self, name: &str) -> Witness {
        let keys = self.bench.path("log.vkey");
        Witness::start(self.bench.place.path(), name, "127.0.0.1:0", &keys)
    }

    /// The signed note in a backup: its manifest is JSON.
    fn note(&self, backup: &Path) -> Note {
        let restored = self.bench.path("for-its-note");
        command(&["restore", text(backup), "--data-dir", text(&restored)]).exits(0);
        let note = fs::read(restored.join("CHECKPOINT")).expect("a checkpoint");
        fs::remove_dir_all(&restored).expect("removed");
        Note::parse(&note).expect("a note")
    }
}

fn shows(witness: &Witness, note: Note) {
    let request = Request::new(0, Vec::new(), note).expect("a request");
    assert_eq!(post(&witness.address, "/add-checkpoint", &request.to_string()).status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_shows_its_last_checkpoint_is_believed_by_its_key() {
    let saved = Saved::new().await;
    let urls: Vec<_> =
        saved.bench.witnesses.iter().map(|it| format!("http://{}", it.address)).collect();
    let (one, two) = (["--witness-url", &urls[0]], ["--witness-url", &urls[1]]);
    let policy = saved.bench.path("policy");
    let policy = ["--policy-file", text(&policy)];
    saved.refused(&saved.older, &one, &["too old", "过旧", &urls[0], "--new-origin"]);
    saved.refused(&saved.older, &[two, policy].concat(), &["too old", &urls[1]]);
    saved.restore(&saved.newer, &[one, two, policy].concat(), 0);
    // Somebody else's key has not cosigned the answer.
    let other = saved.witness("w3.example");
    let stranger = ["--vkey", &other.vkey];
    saved.refused(&saved.newer, &[one, stranger].concat(), &["no signed checkpoint", &urls[0]]);
    saved.refused(&saved.newer, &["--witness-url", "http://127.0.0.1:1"], &["no connection"]);
    saved.refused(&saved.newer, &["--witness-url", "https://w.example"], &["TLS"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_witness_is_asked_by_the_protocol() {
    let saved = Saved::new().await;
    // It has seen the newest: an older backup is too old, the newest is the same tree.
    let knows = plain(&saved.bench.witnesses[0]).await;
    let ask = ["--witness-url", &knows];
    saved.refused(&saved.older, &ask, &["too old", "过旧", &knows]);
    let vkey = saved.bench.witnesses[0].vkey.clone();
    saved.restore(&saved.newer, &[ask, ["--vkey", &vkey]].concat(), 0);
    // It has seen less: the backup is proven to continue that.
    let (older, newer) = (saved.note(&saved.older), saved.note(&saved.newer));
    let behind = saved.witness("behind.example");
    shows(&behind, older);
    let url = plain(&behind).await;
    let keys = ["--vkey", &behind.vkey];
    saved.restore(&saved.newer, &[["--witness-url", &url], keys].concat(), 0);
    let size = Checkpoint::parse(newer.text()).expect("a checkpoint").size();
    let conflict = Request::new(0, Vec::new(), newer).expect("a request").to_string();
    let conflict = post(&behind.address, "/add-checkpoint", &conflict);
    assert_eq!((conflict.status, conflict.text()), (409, format!("{size}\n")));
    // It has seen nothing.
    let new = saved.witness("new.example");
    let url = plain(&new).await;
    saved.restore(&saved.newer, &["--witness-url", &url, "--vkey", &new.vkey], 0);
    // It has seen another history under the same key.
    let forked = saved.witness("forked.example");
    let origin = saved.bench.config.origin.clone();
    let key = LogSigner::ed25519(KeyName::new(&origin).expect("a name"), &[5; 32]).expect("a key");
    let other = Checkpoint::new(&origin, 3, Hash([9; 32])).expect("a checkpoint");
    shows(&forked, other.sign([&key]).expect("signed"));
    let url = plain(&forked).await;
    let words = ["another history", "另一段历史", &url];
    saved.refused(&saved.newer, &["--witness-url", &url], &words);
    let shown = format!("http://{}", forked.address);
    saved.refused(&saved.newer, &["--witness-url", &shown], &["another history", &shown]);
}

/// The same backup with another checkpoint: entries beyond what it says was signed.
fn with_checkpoint(backup: &Path, note: &Note, to: &Path) {
    let file = fs::File::open(backup).expect("a backup");
    let mut reader = Reader::new(std::io::BufReader::new(file)).expect("a backup");
    let manifest = Manifest { checkpoint: Some(note.to_string()), ..reader.manifest().clone() };
    let mut writer = Writer::new(Vec::new(), &manifest).expect("a head");
    loop {
        match reader.next_part().expect("a whole backup") {
            Part::Entry(entry) => writer.entry(&entry).expect("written"),
            Part::File(file) => writer.file(&file).expect("written"),
            Part::End => break,
        }
    }
    fs::write(to, writer.finish().expect("a trailer").1).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_goes_on_from_the_newest_checkpoint_that_is_shown() {
    let saved = Saved::new().await;
    let (older, newer) = (saved.note(&saved.older), saved.note(&saved.newer));
    let behind = saved.bench.path("behind.dlbackup");
    with_checkpoint(&saved.newer, &older, &behind);
    let url = format!("http://{}", saved.bench.witnesses[0].address);
    let target = text(&saved.target);
    let args = ["restore", text(&behind), "--data-dir", target, "--witness-url", &url];
    command(&args).exits(0);
    // Otherwise the service would sign anew what the witness has seen signed already.
    let kept = fs::read(saved.target.join("CHECKPOINT")).expect("a checkpoint");
    assert_eq!(Note::parse(&kept).expect("a note").text(), newer.text());
    fs::remove_dir_all(&saved.target).expect("removed");
    // A witness that only tells a size cannot say that the entries are the same.
    let plain = plain(&saved.bench.witnesses[0]).await;
    saved.refused(&behind, &["--witness-url", &plain], &["cannot be told", "无法证明", &plain]);
}

#[test]
fn a_witness_refuses_in_both_languages() {
    let bench = Bench::new(WitnessMode::Open);
    let address = &bench.witnesses[0].address;
    let answer = post(address, "/add-checkpoint", "?").text();
    assert!(answer.contains("blank line") && answer.contains("空行"), "{answer}");
    let key = LogSigner::ed25519(KeyName::new("x.example").expect("a name"), &[5; 32]);
    let note = Checkpoint::new("x.example", 1, Hash([1; 32])).expect("a checkpoint");
    let note = note.sign([&key.expect("a key")]).expect("signed");
    let request = Request::new(0, Vec::new(), note).expect("a request");
    let answer = post(address, "/add-checkpoint", &request.to_string());
    assert_eq!(answer.status, 404);
    let text = answer.text();
    assert!(text.contains("does not know the log") && text.contains("不认识该日志"), "{text}");
    let answer = crate::support::http::get(address, &format!("/checkpoint/{}", Hash::of(b"?")));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("不认识该日志"));
}
