//! Directories of every released format open, are upgraded, and say what they said.
//!
//! `tests/fixtures/<name>.tar.gz` was made by the program of that format and is never made anew;
//! `<name>.json` is what that program answered then, and the root of the tree over its entries,
//! computed from the bytes it served.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::text;
use super::verify::{file, found};
use crate::support::child::{Server, run, serve};
use crate::support::{directory, repository};

/// Fixtures by name, with the format they have.
const FIXTURES: [(&str, u64); 4] =
    [("format-1", 1), ("format-1-killed", 1), ("format-2", 2), ("format-2-killed", 2)];

fn unpack(name: &str, to: &Path) -> (PathBuf, Value) {
    let fixtures = repository().join("tests/fixtures");
    let packed = fs::File::open(fixtures.join(format!("{name}.tar.gz"))).expect("a fixture");
    tar::Archive::new(flate2::read::GzDecoder::new(packed)).unpack(to).expect("unpacked");
    let expected = fs::read_to_string(fixtures.join(format!("{name}.json"))).expect("a fixture");
    (to.join(name), serde_json::from_str(&expected).expect("JSON"))
}

/// Whether everything that was said is said still; what is new is no matter.
fn still_says(path: &str, then: &Value, now: &Value) {
    match (then, now) {
        (Value::Object(then), Value::Object(now)) => {
            for (key, value) in then {
                let now = now.get(key).unwrap_or(&Value::Null);
                still_says(&format!("{path}.{key}"), value, now);
            }
        }
        (Value::Array(then), Value::Array(now)) => {
            assert_eq!(then.len(), now.len(), "{path}");
            for (index, (then, now)) in then.iter().zip(now).enumerate() {
                still_says(&format!("{path}[{index}]"), then, now);
            }
        }
        (then, now) => assert_eq!(then, now, "{path}"),
    }
}

#[test]
fn every_released_format_opens_and_says_the_same() {
    for (name, format) in FIXTURES {
        let place = directory();
        let (dir, expected) = unpack(name, place.path());
        let title = |version: u64| format!("duty-ledger journal format {version}\n");
        let stamp = || fs::read_to_string(dir.join("FORMAT")).expect("FORMAT");
        assert!(stamp().starts_with(&title(format)), "{name}");
        let check = || run(["verify", "--output", "json", "--data-dir", text(&dir)]);
        let checked = check().exits(0).json();
        for field in ["size", "root", "ledger"] {
            assert_eq!(checked[field], expected[field], "{name}");
        }
        // A check upgrades nothing.
        assert!(stamp().starts_with(&title(format)), "{name}");
        let server = Server::start(&dir);
        let sheet = ["sheet", "450200-kjj", "--year", "2022", "--as-of", "2023-06-01"];
        let known = expected["size"].to_string();
        let ask = [&sheet[..], &["--known", &known, "--output", "json", "--server", &server.url()]];
        let sheet = run(ask.concat()).exits(0).json();
        still_says(name, &expected["sheet"], &sheet);
        assert_eq!(sheet["basis"]["rootHash"], expected["root"], "{name}");
        server.terminate();
        assert!(stamp().starts_with(&title(journal_sled::FORMAT_VERSION)), "{name}");
        let json = check().exits(0).json();
        assert!(expected["size"].as_u64() <= json["size"].as_u64(), "{name}");
    }
}

/// Those that had signed, and have no marker that says so, must not sign anew without what they
/// signed.
#[test]
fn a_released_directory_that_lost_its_checkpoint_is_refused() {
    for name in ["format-2", "format-2-killed"] {
        let place = directory();
        let (dir, _) = unpack(name, place.path());
        fs::remove_file(dir.join("CHECKPOINT")).expect("a checkpoint");
        let report = run(["verify", "--output", "json", "--data-dir", text(&dir)]).exits(1).json();
        assert_eq!(found(&report), [file("CHECKPOINT_MISSING")], "{name}: {report:#}");
        let output = serve(&dir).output().expect("it ends by itself");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        for word in ["is missing beside", "CHECKPOINT 缺失", "keys/log.ed25519"] {
            assert!(said.contains(word), "{name} does not say {word}: {said}");
        }
    }
}
