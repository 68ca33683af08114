//! SM2 and Ed25519 against OpenSSL: each verifies what the other signed.

use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::checkpoint::Checkpoint;
use crate::hash::leaf;
use crate::key::{KeyName, VerifierKey};
use crate::note::{Note, NoteSignature};
use crate::signer::LogSigner;

/// Runs OpenSSL 3 there; `None` when this machine has none.
fn openssl(directory: &Path, arguments: &str) -> Option<Output> {
    let arguments = arguments.split_whitespace();
    Command::new("openssl").current_dir(directory).args(arguments).output().ok()
}

#[track_caller]
fn succeeds(output: Output) -> String {
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{error}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[expect(clippy::disallowed_methods, reason = "OpenSSL reads and writes files")]
fn write(directory: &Path, name: &str, bytes: &[u8]) {
    std::fs::write(directory.join(name), bytes).expect("a file");
}

#[expect(clippy::disallowed_methods, reason = "OpenSSL reads and writes files")]
fn read(directory: &Path, name: &str) -> Vec<u8> {
    std::fs::read(directory.join(name)).expect("a file")
}

/// A place to work in; says why and gives `None` where OpenSSL 3 is missing.
fn bench() -> Option<TempDir> {
    let directory = TempDir::new().expect("a directory");
    let version = openssl(directory.path(), "version").map(succeeds).unwrap_or_default();
    if version.starts_with("OpenSSL 3") {
        return Some(directory);
    }
    println!("skipped: there is no OpenSSL 3 on the path, but {version:?}");
    None
}

const SM2: &str = "-rawin -digest sm3 -pkeyopt distid:1234567812345678";

fn name() -> KeyName {
    KeyName::new("duty-ledger/0123456789abcdef").expect("a name")
}

fn checkpoint() -> Checkpoint {
    Checkpoint::new(name().as_str(), 1, leaf("责任台账".as_bytes())).expect("a checkpoint")
}

#[test]
fn openssl_verifies_our_sm2_line() {
    let Some(directory) = bench() else { return };
    let path = directory.path();
    let signer = LogSigner::sm2(name(), &[0x5a; 32]).expect("a key");
    let note = checkpoint().sign([&signer]).expect("signed");
    write(path, "public.pem", signer.verifier().sm2_to_pem().expect("SM2").as_bytes());
    write(path, "text", note.text().as_bytes());
    write(path, "signature", note.signatures()[0].bytes());
    let verify =
        format!("pkeyutl -verify -pubin -inkey public.pem -in text -sigfile signature {SM2}");
    let said = succeeds(openssl(path, &verify).expect("OpenSSL"));
    assert!(said.contains("Verified Successfully"), "{said}");

    write(path, "text", b"another text\n");
    assert!(!openssl(path, &verify).expect("OpenSSL").status.success());

    // OpenSSL also signs with our private key, and finds the same public one.
    write(path, "private.pem", signer.to_private_text().as_bytes());
    let public = succeeds(openssl(path, "pkey -in private.pem -pubout").expect("OpenSSL"));
    assert_eq!(Some(public), signer.verifier().sm2_to_pem());
}

#[test]
fn we_verify_the_sm2_line_of_openssl() {
    let Some(directory) = bench() else { return };
    let path = directory.path();
    succeeds(openssl(path, "genpkey -algorithm SM2 -out private.pem").expect("OpenSSL"));
    succeeds(openssl(path, "pkey -in private.pem -pubout -out public.pem").expect("OpenSSL"));
    let private = String::from_utf8(read(path, "private.pem")).expect("PEM");
    let public = String::from_utf8(read(path, "public.pem")).expect("PEM");
    let key = VerifierKey::sm2_pem(name(), &public).expect("a key");
    let signer = LogSigner::sm2_from_pem(name(), &private).expect("a key");
    assert_eq!(signer.verifier(), &key);

    let text = checkpoint().to_string();
    write(path, "text", text.as_bytes());
    let sign = format!("pkeyutl -sign -inkey private.pem -in text -out signature {SM2}");
    succeeds(openssl(path, &sign).expect("OpenSSL"));
    let mut note = Note::new(text).expect("a text");
    note.add(NoteSignature::new(name(), key.id(), read(path, "signature")));
    let opened = Checkpoint::open(note.to_string().as_bytes(), name().as_str(), [&key]);
    assert_eq!(opened.expect("verifies").0, checkpoint());
}

#[test]
fn openssl_hashes_the_identifier_of_an_sm2_key() {
    let Some(directory) = bench() else { return };
    let path = directory.path();
    let signer = LogSigner::sm2(name(), &[0x5a; 32]).expect("a key");
    write(path, "public.pem", signer.verifier().sm2_to_pem().expect("SM2").as_bytes());
    succeeds(openssl(path, "pkey -pubin -in public.pem -outform DER -out spki").expect("OpenSSL"));
    let (name, spki) = (name(), read(path, "spki"));
    let identified =
        [name.as_str().as_bytes(), b"\n\xffduty-ledger/sm2-with-sm3/v1", &spki].concat();
    write(path, "identified", &identified);
    let digest = succeeds(openssl(path, "dgst -sha256 -r identified").expect("OpenSSL"));
    assert_eq!(digest[..8], signer.verifier().id().to_string());
}
