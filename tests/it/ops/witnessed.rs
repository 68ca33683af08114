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
use merkle::{Checkpoint, Cosigner, Hash, KeyName, LogSigner, Note};

use super::{command, filled, published, stop, text};
use crate::ledger::witnesses::{Bench, Witness, cosigned};
use crate::support::child::Ran;
use crate::support::directory;
use crate::support::events::{batch, meeting};
use crate::support::http::{get, post};
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

/// A server that answers everything with this.
async fn answers(status: u16, media_type: &'static str, body: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let is_note = status == 200;
    let answer = async move |method: axum::http::Method| {
        // What it holds is shown where it is asked for, and told where it is refused.
        let status = if is_note == (method == "GET") { status } else { 404 };
        let status = StatusCode::from_u16(status).expect("a status");
        (status, [(header::CONTENT_TYPE, media_type)], body.clone())
    };
    let router = axum::Router::new().fallback(answer);
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

    /// What a restore says that keeps nothing.
    fn dry_run(&self, backup: &Path, more: &[&str]) -> String {
        let args = ["restore", text(backup), "--data-dir", text(&self.target), "--dry-run"];
        command(&[&args[..], more].concat()).exits(0).out
    }

    /// A restore that keeps what it makes.
    fn for_real(&self, backup: &Path, more: &[&str], code: i32) -> Ran {
        let args = ["restore", text(backup), "--data-dir", text(&self.target)];
        let ran = command(&[&args[..], more].concat()).exits(code);
        assert_eq!(self.target.exists(), code == 0);
        ran
    }

    /// How many entries a witness has cosigned.
    fn held(&self, witness: &Witness) -> u64 {
        let origin = Hash::of(self.bench.config.origin.as_bytes());
        let answer = get(&witness.address, &format!("/checkpoint/{origin}"));
        if answer.status == 404 {
            return 0;
        }
        let note = Note::parse(answer.text().as_bytes()).expect("a note");
        Checkpoint::parse(note.text()).expect("a checkpoint").size()
    }

    fn size(&self, backup: &Path) -> u64 {
        Checkpoint::parse(self.note(backup).text()).expect("a checkpoint").size()
    }

    /// A checkpoint of another history, signed by the log.
    fn other(&self, size: u64) -> Note {
        let origin = &self.bench.config.origin;
        let name = KeyName::new(origin).expect("a name");
        let key = LogSigner::ed25519(name, &[5; 32]).expect("a key");
        let other = Checkpoint::new(origin, size, Hash([9; 32])).expect("a checkpoint");
        other.sign([&key]).expect("signed")
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
    // It has seen another history under the same key.
    let forked = saved.witness("forked.example");
    let size = saved.size(&saved.newer);
    shows(&forked, saved.other(size));
    let words = ["another history", "另一段历史"];
    let url = plain(&forked).await;
    saved.refused(&saved.newer, &["--witness-url", &url], &[&words[..], &[&url]].concat());
    let shown = format!("http://{}", forked.address);
    saved.refused(&saved.newer, &["--witness-url", &shown], &[&words[..], &[&shown]].concat());
    // The protocol has two ways of saying so.
    let url = answers(409, SIZE_MEDIA_TYPE, format!("{size}\n")).await;
    saved.refused(&saved.newer, &["--witness-url", &url], &words);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_changes_nothing_at_a_witness() {
    let saved = Saved::new().await;
    let (older, newer) = (saved.size(&saved.older), saved.size(&saved.newer));
    // One that is behind, one that has seen nothing, one that has seen another history.
    let behind = saved.witness("behind.example");
    shows(&behind, saved.note(&saved.older));
    let new = saved.witness("new.example");
    let forked = saved.witness("forked.example");
    shows(&forked, saved.other(3));
    let urls = [plain(&behind).await, plain(&new).await, plain(&forked).await];
    let ask = ["--witness-url", &urls[0], "--witness-url", &urls[1]];
    let keys = ["--vkey", &behind.vkey, "--vkey", &new.vkey];
    let all = [&ask[..], &keys, &["--witness-url", &urls[2], "--vkey", &forked.vkey]].concat();
    let said = saved.dry_run(&saved.newer, &[&all[..], &["--output", "json"]].concat());
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let heard = |at: usize| {
        let one = &said["witnesses"][at];
        assert_eq!(one["url"], urls[at].as_str());
        (one["size"].as_u64(), one["checked"].as_bool())
    };
    assert_eq!(heard(0), (Some(older), Some(false)));
    assert_eq!(heard(1), (Some(0), Some(true)));
    assert_eq!(heard(2), (Some(3), Some(false)));
    let said = saved.dry_run(&saved.newer, &all);
    assert!(said.contains("演练中未问"), "{said}");
    let held = |witness| saved.held(witness);
    assert_eq!([held(&behind), held(&new), held(&forked)], [older, 0, 3]);
    // Nor does a restore that is refused.
    let stranger = saved.bench.path("stranger");
    fs::write(&stranger, saved.other(newer).to_string()).expect("written");
    let refused = [&ask[..], &keys, &["--witnessed", text(&stranger)]].concat();
    let words = ["another history"];
    assert_words(&saved.for_real(&saved.newer, &refused, 1).err, &words);
    assert_eq!([held(&behind), held(&new)], [older, 0]);
    let refused = ["--witness-url", &urls[2]];
    assert_words(&saved.for_real(&saved.newer, &refused, 1).err, &words);
    assert_eq!(held(&forked), 3);
    // The one that is behind is proven that this goes on from there, and cosigns it.
    let ran = saved.for_real(&saved.newer, &[&ask[..], &keys].concat(), 0);
    assert!(!ran.out.contains("演练"), "{ran:?}");
    assert_eq!([held(&behind), held(&new)], [newer, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_long_ago_is_none() {
    let saved = Saved::new().await;
    let name = KeyName::new("kept.example").expect("a name");
    let cosigner = Cosigner::new(name, &[6; 32]).expect("a key");
    let vkey = cosigner.verifier().to_string();
    let kept = async |time: u64| {
        let mut note = saved.note(&saved.older);
        note.add(cosigner.cosign(note.text(), time));
        answers(200, "text/plain", note.to_string()).await
    };
    let now = u64::try_from(jiff::Timestamp::now().as_second()).expect("after 1970");
    let url = kept(1_600_000_000).await;
    let keys = ["--vkey", &vkey];
    let words = ["2020-09-13T12:26:40Z", "no answer of now", "不是此刻的答复", &url];
    saved.refused(&saved.older, &[&["--witness-url", &url][..], &keys].concat(), &words);
    let url = kept(now + 7_200).await;
    let words = ["the clock of this machine", &url];
    saved.refused(&saved.older, &[&["--witness-url", &url][..], &keys].concat(), &words);
    let url = kept(now).await;
    let more = ["--witness-url", &url, "--lang", "en"];
    let said = saved.dry_run(&saved.older, &[&more[..], &keys].concat());
    assert!(said.contains(", cosigned ") && said.contains(" s ago"), "{said}");
    // Without its key nothing is said of when.
    let said = saved.dry_run(&saved.older, &more);
    assert!(!said.contains("ago") && said.contains("by no cosignature that was checked"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_witnessed_is_checked_with_the_keys_in_the_backup() {
    let place = directory();
    let (ledger, backup) = (place.path().join("ledger"), place.path().join("a.dlbackup"));
    let service = filled(&ledger).await;
    let size = published(&ledger, &service.clients).await;
    stop(service, &ledger).await;
    command(&["backup", text(&backup), "--data-dir", text(&ledger)]).exits(0);
    let note = fs::read(ledger.join("CHECKPOINT")).expect("a checkpoint");
    let note = Note::parse(&note).expect("a note");
    let origin = Checkpoint::parse(note.text()).expect("a checkpoint").origin().to_owned();
    // Somebody claims to have seen more of it, with a key of their own.
    let key = LogSigner::ed25519(KeyName::new(&origin).expect("a name"), &[9; 32]).expect("a key");
    let forged = Checkpoint::new(&origin, size + 5, Hash([9; 32])).expect("a checkpoint");
    let forged = forged.sign([&key]).expect("signed");
    let (good, bad, new) =
        (place.path().join("good"), place.path().join("bad"), place.path().join("new"));
    fs::write(&good, note.to_string()).expect("written");
    fs::write(&bad, forged.to_string()).expect("written");
    let restore = |seen: &Path, more: &[&str]| {
        let args = ["restore", text(&backup), "--data-dir", text(&new), "--dry-run"];
        command(&[&args[..], &["--witnessed", text(seen)], more].concat())
    };
    restore(&good, &[]).exits(0);
    let words = ["keys/*.pub", "forged", "伪造", text(&bad)];
    assert_words(&restore(&bad, &[]).exits(1).err, &words);
    // A key that is named counts alone.
    let vkey = key.verifier().to_string();
    assert_words(&restore(&good, &["--vkey", &vkey]).exits(1).err, &["cannot be believed"]);
    // Tiles come without keys: what is seen is taken for true, and that nobody checked it is said.
    let tiles = place.path().join("tiles");
    command(&["export-tiles", "--to", text(&tiles), "--data-dir", text(&ledger)]).exits(0);
    let args = ["restore", "--tiles", text(&tiles), "--data-dir", text(&new), "--dry-run"];
    let ran = command(&[&args[..], &["--witnessed", text(&bad)]].concat()).exits(1);
    assert_words(&ran.err, &["too old", "signature was not checked", "未核对其签名"]);
}

#[track_caller]
fn assert_words(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
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
    let answer = get(address, &format!("/checkpoint/{}", Hash::of(b"?")));
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("不认识该日志"));
}
