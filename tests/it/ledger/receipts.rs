//! A receipt from end to end: fetched by one command, checked offline by another.

use std::fs;
use std::path::Path;

use super::*;
use crate::support::child::{Ran, Server, run};
use crate::support::directory;
use crate::support::events::id;

struct Files {
    place: tempfile::TempDir,
}

impl Files {
    fn path(&self, name: &str) -> String {
        self.place.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    /// Fetches the receipt of an entry into `name.tlog-proof` and `name.bin`.
    fn fetch(&self, server: &str, what: &str, name: &str) -> Ran {
        let (out, entry) =
            (self.path(&format!("{name}.tlog-proof")), self.path(&format!("{name}.bin")));
        run(["receipt", what, "--server", server, "--out", &out, "--entry", &entry])
    }

    fn verify(&self, receipt: &str, entry: &str, trust: &[&str]) -> Ran {
        let (receipt, entry) = (self.path(receipt), self.path(entry));
        run(["verify-receipt", &receipt, "--entry", &entry]
            .into_iter()
            .chain(trust.iter().copied()))
    }

    /// A copy of a file with something else in it.
    fn changed(&self, from: &str, to: &str, change: impl FnOnce(Vec<u8>) -> Vec<u8>) {
        let bytes = fs::read(self.path(from)).expect("a file");
        fs::write(self.path(to), change(bytes)).expect("written");
    }
}

fn start(dir: &Path) -> Server {
    let server = Server::start(dir);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let clients = Clients::connect(&server.api).await;
        seed::all(&clients).await;
        let events = (1..=20).map(meeting).collect();
        clients.events.clone().append_events(batch(events)).await.expect("accepted");
        all_published(&clients).await;
    });
    server
}

/// The public keys of the ledger in a directory, in a file.
fn keys(files: &Files, dir: &Path, name: &str) -> String {
    let printed = run(["keys", "--data-dir", dir.to_str().expect("UTF-8")]).exits(0).out;
    let keys: Vec<_> = printed.lines().take(2).collect();
    assert!(printed.contains("-----BEGIN PUBLIC KEY-----"), "{printed}");
    fs::write(files.path(name), keys.join("\n")).expect("written");
    files.path(name)
}

#[test]
fn a_receipt_is_checked_without_the_ledger() {
    let (files, one, two) = (Files { place: directory() }, directory(), directory());
    let server = start(one.path());
    let url = server.url();
    files.fetch(&url, &id(7), "seven").exits(0);
    files.fetch(&url, "3", "three").exits(0);
    let refused = files.fetch(&url, "9999", "none").exits(1);
    assert!(refused.err.contains("POSITION_NOT_REACHED"), "{}", refused.err);
    let key = keys(&files, one.path(), "keys");
    server.terminate();
    let other = start(two.path());
    files.fetch(&other.url(), "3", "other").exits(0);
    other.terminate();

    let trust = ["--vkey-file", key.as_str()];
    // A file that is not there says nothing of a receipt.
    let nowhere = files.path("nowhere");
    for ran in [
        files.verify("nowhere", "seven.bin", &trust),
        files.verify("seven.tlog-proof", "nowhere", &trust),
        files.verify("seven.tlog-proof", "seven.bin", &["--vkey-file", &nowhere]),
    ] {
        assert!(ran.exits(66).err.contains("nowhere"));
    }
    let good = files.verify("seven.tlog-proof", "seven.bin", &trust).exits(0);
    assert!(good.out.contains("the receipt is valid"), "{}", good.out);
    assert!(good.out.contains("no witness"), "{}", good.out);
    files.verify("three.tlog-proof", "three.bin", &trust).exits(0);
    // The entry of another receipt, a receipt of another ledger.
    let bad = files.verify("seven.tlog-proof", "three.bin", &trust).exits(1);
    assert!(bad.err.contains("the entry is not shown to be in the log"), "{}", bad.err);
    let bad = files.verify("other.tlog-proof", "other.bin", &trust).exits(1);
    assert!(bad.err.contains("this is a receipt of another ledger"), "{}", bad.err);

    files.changed("seven.bin", "bit.bin", |mut bytes| {
        bytes[10] ^= 1;
        bytes
    });
    files.verify("seven.tlog-proof", "bit.bin", &trust).exits(1);
    let text = |change: fn(String) -> String| {
        move |bytes: Vec<u8>| change(String::from_utf8(bytes).expect("text")).into_bytes()
    };
    type Change = fn(String) -> String;
    let changes: [Change; 5] = [
        |text| text.replacen("index ", "index 1", 1),
        |text| text.replacen("\nduty-ledger/", "\nduty-ledger/0", 1),
        |text| text.lines().take(3).map(|line| format!("{line}\n")).collect(),
        |text| {
            let size = text.lines().skip_while(|line| !line.is_empty()).nth(2).expect("a size");
            let larger = size.parse::<u64>().expect("a size") + 1;
            text.replacen(&format!("\n{size}\n"), &format!("\n{larger}\n"), 1)
        },
        |_| String::new(),
    ];
    for change in changes {
        files.changed("seven.tlog-proof", "changed", text(change));
        let bad = files.verify("changed", "seven.bin", &trust).exits(1);
        assert!(bad.err.contains("the receipt is not valid"), "{}", bad.err);
    }
    // A policy that asks for a witness is not met by a log alone.
    let first = fs::read_to_string(&key).expect("keys");
    let first = first.lines().next().expect("a key");
    let name = merkle::KeyName::new("w.example").expect("a name");
    let witness = merkle::Cosigner::new(name, &[1; 32]).expect("a key");
    let policy = format!("log {first}\nwitness w {}\nquorum w\n", witness.verifier());
    fs::write(files.path("policy"), policy).expect("written");
    let policy = files.path("policy");
    let bad = files.verify("seven.tlog-proof", "seven.bin", &["--policy-file", &policy]).exits(1);
    assert!(bad.err.contains("the quorum w is not met"), "{}", bad.err);
}
