//! Judges from outside: a verifier of transparency logs that nobody here wrote, and OpenSSL.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use merkle::tile::{Kind, Tile};
use merkle::{Hash, LogSigner, Note};

use super::witnesses::Bench;
use super::*;
use crate::support::directory;
use crate::support::http::get;

/// The verifier `aics-tlog`, its own answer in JSON.
fn judge<S: AsRef<str>>(args: impl IntoIterator<Item = S>) -> Judged {
    let Some(python) = std::env::var_os("DUTY_LEDGER_TEST_PYTHON312") else {
        panic!(
            "DUTY_LEDGER_TEST_PYTHON312 is not set. This test needs Python 3.12 or later with the \
             packages of tests/python/requirements-tlog.txt: run ./test, which installs them and \
             sets it."
        );
    };
    let mut command = Command::new(python);
    command.args(["-m", "aics_tlog"]).env("PYTHONDONTWRITEBYTECODE", "1");
    command.args(args.into_iter().map(|arg| arg.as_ref().to_owned()));
    let ran = command.output().expect("Python starts");
    let out = String::from_utf8_lossy(&ran.stdout).into_owned();
    let said = serde_json::from_str(&out)
        .unwrap_or_else(|error| panic!("{error}: {out} {}", String::from_utf8_lossy(&ran.stderr)));
    Judged { accepted: ran.status.success(), said }
}

struct Judged {
    accepted: bool,
    said: serde_json::Value,
}

impl Judged {
    #[track_caller]
    fn accepts(self) -> serde_json::Value {
        assert!(self.accepted && self.said["ok"] == true, "{}", self.said);
        self.said
    }

    /// Refused, and for a reason that has to do with the matter.
    #[track_caller]
    fn rejects(self, why: &str) {
        assert!(!self.accepted, "{}", self.said);
        assert!(self.said.to_string().contains(why), "{why} is not in {}", self.said);
    }
}

/// A witnessed log in which an outsider has looked twice.
struct Looked {
    bench: Bench,
    service: Service,
    /// Where the outsider keeps keys, notes and copies.
    desk: tempfile::TempDir,
    size: u64,
    key: LogSigner,
}

impl Looked {
    async fn twice() -> Self {
        let bench = Bench::new(duty_ledger::config::WitnessMode::Required);
        let config = Config { serve_entries: true, ..bench.config.clone() };
        let data = bench.path("data");
        let service = Service::configured(&config, &data, Arc::new(SystemClock)).await;
        seed::all(&service.clients).await;
        filled(&service, 1..=300).await;
        let old = all_published(&service.clients).await;
        filled(&service, 301..=600).await;
        let new = all_published(&service.clients).await;
        let desk = directory();
        let key = fs::read_to_string(bench.path("log.key")).expect("a key");
        let key = LogSigner::from_private_text(&key).expect("a key");
        let looked = Self { bench, service, desk, size: new.tree_size, key };
        looked.write("old", &old.note);
        looked.write("new", &new.note);
        looked.write("log.vkey", &format!("{}\n", looked.key.verifier()));
        looked.copy_tiles();
        looked
    }

    fn path(&self, name: &str) -> String {
        self.desk.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    /// Copies the log by HTTP, as a mirror would.
    fn copy_tiles(&self) {
        let kinds = [Kind::Entries, Kind::Hashes { level: 0 }, Kind::Hashes { level: 1 }];
        for kind in kinds {
            let tiles = (0..).map_while(|index| Tile::at_size(kind, index, self.size));
            tiles.for_each(|tile| self.fetch(&tile.to_string()));
        }
        self.fetch("checkpoint");
    }

    fn fetch(&self, path: &str) {
        let answer = get(&self.service.http(), &format!("/{path}"));
        assert_eq!(answer.status, 200, "{path}");
        let file = PathBuf::from(self.path("mirror")).join(path);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        fs::write(file, answer.body).expect("written");
    }

    async fn entry(&self, position: u64) -> String {
        let receipt =
            self.service.clients.ledger.clone().get_receipt(receipt_by_position(position)).await;
        let name = format!("entry-{position}");
        fs::write(self.path(&name), receipt.expect("a receipt").into_inner().stored)
            .expect("written");
        self.path(&name)
    }

    /// The places to read the log from: its own port, and the copy.
    fn places(&self) -> [String; 2] {
        [format!("http://{}/", self.service.http()), self.path("mirror")]
    }

    fn inclusion(&self, place: &str, leaf: &str, position: u64) -> Judged {
        let (index, key) = ((position - 1).to_string(), self.path("log.vkey"));
        judge([
            "verify-inclusion",
            "--tiles",
            place,
            "--vkey-file",
            &key,
            "--leaf",
            leaf,
            "--index",
            &index,
        ])
    }

    /// An entry out of the copy, with the proof that it belongs there.
    fn read_entry(&self, position: u64) -> Judged {
        let (index, key) = ((position - 1).to_string(), self.path("log.vkey"));
        let (mirror, out) = (self.path("mirror"), self.path("read"));
        judge([
            "verify-inclusion",
            "--tiles",
            &mirror,
            "--vkey-file",
            &key,
            "--index",
            &index,
            "--entry-out",
            &out,
        ])
    }

    fn consistency(&self, place: &str, old: &str) -> Judged {
        let (old, key) = (self.path(old), self.path("log.vkey"));
        judge([
            "verify-consistency",
            "--tiles",
            place,
            "--vkey-file",
            &key,
            "--old-checkpoint",
            &old,
        ])
    }

    fn quorum(&self, note: &str) -> Judged {
        let [one, two] = &self.bench.witnesses[..] else { panic!("two witnesses") };
        let (note, key) = (self.path(note), self.path("log.vkey"));
        judge([
            "verify-checkpoint",
            "--note",
            &note,
            "--vkey-file",
            &key,
            "--witness-key",
            &one.vkey,
            "--witness-key",
            &two.vkey,
            "--quorum",
            "2",
            "--origin",
            self.key.verifier().name().as_str(),
        ])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_verifier_accepts_the_log_and_nothing_else() {
    let looked = Looked::twice().await;
    let (first, edge) = (looked.entry(1).await, looked.entry(looked.size).await);
    let middle = looked.entry(300).await;
    let key = looked.path("log.vkey");
    for place in &looked.places() {
        let checkpoint = judge(["verify-checkpoint", "--tiles", place, "--vkey-file", &key]);
        assert_eq!(checkpoint.accepts()["size"], looked.size);
        for (leaf, position) in [(&first, 1), (&middle, 300), (&edge, looked.size)] {
            looked.inclusion(place, leaf, position).accepts();
        }
        looked.consistency(place, "old").accepts();
        // A wrong leaf; the right one in the wrong place.
        looked.inclusion(place, &first, 300).rejects("the leaf is not included");
        looked.inclusion(place, &middle, 299).rejects("the leaf is not included");
    }
    assert_eq!(looked.quorum("new").accepts()["cosignatures"], 2);

    // Without the witnesses' lines the quorum is missing, with one of them too.
    let note = fs::read_to_string(looked.path("new")).expect("a note");
    let [one, two] = &looked.bench.witnesses[..] else { panic!("two witnesses") };
    let name = |vkey: &str| format!("— {} ", vkey.split('+').next().expect("a name"));
    let without = |names: &[String]| -> String {
        let kept = note.lines().filter(|line| !names.iter().any(|name| line.starts_with(name)));
        kept.map(|line| format!("{line}\n")).collect()
    };
    looked.write("alone", &without(&[name(&one.vkey), name(&two.vkey)]));
    looked.write("one", &without(&[name(&two.vkey)]));
    looked.quorum("alone").rejects("quorum");
    looked.quorum("one").rejects("quorum");

    // A forged old checkpoint, signed with the log's own key: what the log would have to sign to
    // change its past.
    let old = Note::parse(&fs::read(looked.path("old")).expect("a note")).expect("a note");
    let old = Checkpoint::parse(old.text()).expect("a checkpoint");
    let forged = Checkpoint::new(old.origin(), old.size(), Hash([7; 32])).expect("a checkpoint");
    looked.write("forged", &forged.sign([&looked.key]).expect("signed").to_string());
    for place in &looked.places() {
        looked.consistency(place, "forged").rejects("history was rewritten");
    }

    // One flipped bit, in a hash or in an entry of the copy.
    for (path, position, leaf) in [("tile/0/000", 1, &first), ("tile/0/001", 300, &middle)] {
        let file = PathBuf::from(looked.path("mirror")).join(path);
        let sound = fs::read(&file).expect("a tile");
        let mut bytes = sound.clone();
        bytes[99 * 32 + 5] ^= 0x10;
        fs::write(&file, bytes).expect("written");
        let judged = looked.inclusion(&looked.path("mirror"), leaf, position);
        judged.rejects("does not match its parent tile");
        fs::write(&file, sound).expect("written");
    }
    // The same for an entry that is read from the copy.
    looked.read_entry(300).accepts();
    let file = PathBuf::from(looked.path("mirror")).join("tile/entries/001");
    let mut bytes = fs::read(&file).expect("a bundle");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&file, bytes).expect("written");
    looked.read_entry(300).rejects("does not match its level 0 tile");
    looked.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn openssl_verifies_the_sm2_line() {
    let service = Service::new().await;
    seed::all(&service.clients).await;
    all_published(&service.clients).await;
    let desk = directory();
    let path = |name: &str| desk.path().join(name);
    fs::write(path("sm2.pem"), get(&service.http(), "/sm2.pem").body).expect("written");
    let note = Note::parse(&get(&service.http(), "/checkpoint").body).expect("a note");
    let lines: Vec<_> = note.signatures().iter().collect();
    assert_eq!(lines.len(), 2, "Ed25519 and SM2");
    // An Ed25519 signature has 64 bytes and does not begin as DER does.
    let sm2 = lines.iter().find(|line| line.bytes().len() != 64).expect("an SM2 line");
    fs::write(path("signature"), sm2.bytes()).expect("written");
    let verify = |text: &str| {
        fs::write(path("text"), text).expect("written");
        let ran = Command::new("openssl")
            .args(["pkeyutl", "-verify", "-pubin", "-rawin", "-digest", "sm3"])
            .args(["-pkeyopt", "distid:1234567812345678", "-inkey"])
            .arg(path("sm2.pem"))
            .arg("-in")
            .arg(path("text"))
            .arg("-sigfile")
            .arg(path("signature"))
            .output()
            .expect("OpenSSL 3 is installed; on Debian: apt-get install openssl");
        ran.status.success()
    };
    assert!(verify(note.text()));
    assert!(!verify(&note.text().replacen('\n', "\n1", 1)));
    service.stop().await;
}
