//! `duty-ledger import`: reports and JSON Lines, what is rejected and why, and going on where it
//! stopped.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::child::{Ran, Server, command, run};
use crate::support::events::id;
use crate::support::{directory, repository, wait_for};

const BUREAU: &str = "450200-kjj";

/// A ledger with the demo's registry, rules and report in a directory.
pub(crate) fn seeded(directory: &Path) {
    let args = [
        "demo",
        "--exit",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--http-listen",
        "127.0.0.1:0",
    ];
    let dir = directory.to_str().expect("UTF-8");
    run(args.into_iter().chain(["--data-dir", dir])).exits(0);
}

struct Import {
    server: Server,
    directory: tempfile::TempDir,
}

impl Import {
    fn new() -> Self {
        let directory = directory();
        let ledger = directory.path().join("ledger");
        seeded(&ledger);
        Self { server: Server::start(&ledger), directory }
    }

    fn file(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.directory.path().join(name);
        fs::write(&path, lines.join("\n") + "\n").expect("written");
        path
    }

    fn run(&self, file: &Path, args: &[&str]) -> Ran {
        let file = file.to_str().expect("UTF-8");
        let all = ["import", file, "--output", "json", "--server"];
        run(all.into_iter().chain([self.server.url().as_str()]).chain(args.iter().copied()))
    }
}

/// A meeting in protobuf JSON.
fn meeting(number: u128) -> Value {
    json!({
        "eventId": id(number),
        "organizationId": BUREAU,
        "kind": "EVENT_KIND_PERFORMED",
        "occurred": { "precision": "DATE_PRECISION_DAY", "startDate": "2022-05-18" },
        "accountingYear": 2022,
        "title": format!("专题工作会 {number}"),
        "specialWorkMeeting": {},
    })
}

fn counts(summary: &Value) -> [u64; 4] {
    ["appended", "duplicates", "resumed_after", "rejected"]
        .map(|key| summary[key].as_u64().expect("a count"))
}

#[test]
fn a_report_is_imported_once_however_often_it_is_imported() {
    let import = Import::new();
    let report = repository().join("data/demo/events-2022.json");
    let copy = import.directory.path().join("events-2022.json");
    fs::copy(report, &copy).expect("copied");
    // The demo put it in; under another organization the same numbers are other events.
    let summary = import.run(&copy, &["--organization", BUREAU]).exits(0).json();
    assert_eq!(counts(&summary), [0, 39, 0, 0]);
    let elsewhere = ["--organization", "450200", "--batch", "7"];
    let summary = import.run(&copy, &elsewhere).exits(0).json();
    assert_eq!(counts(&summary), [39, 0, 0, 0]);
    assert_eq!(summary["position"], 54 + 39);
    let summary = import.run(&copy, &elsewhere).exits(0).json();
    assert_eq!(counts(&summary), [0, 39, 0, 0]);
    assert!(!copy.with_file_name("events-2022.json.progress").exists());
    let ran = import.run(&copy, &[]).exits(65);
    assert!(ran.err.contains("--organization"), "{}", ran.err);
    import.server.terminate();
}

#[test]
fn what_is_not_accepted_is_kept_with_its_reason_and_the_rest_goes_in() {
    let import = Import::new();
    let with = |number, change: fn(&mut Value)| {
        let mut event = meeting(number);
        change(&mut event);
        event.to_string()
    };
    let lines = [
        meeting(1).to_string(),
        with(2, |event| event["title"] = json!("")),
        String::new(),
        "{ \"eventId\": ".to_owned(),
        with(5, |event| event["colour"] = json!("red")),
        with(6, |event| {
            event["organizationId"] = json!("none");
            event["accountingYear"] = json!(2015);
        }),
        meeting(7).to_string(),
        // The id of the first line with other content.
        with(1, |event| event["title"] = json!("另一次会议")),
        meeting(9).to_string(),
    ];
    let file = import.file("mixed.jsonl", &lines);
    let ran = import.run(&file, &[]).exits(65);
    let summary = ran.json();
    assert_eq!(counts(&summary), [3, 0, 0, 5], "{ran:#?}");
    let rejects = file.with_file_name("mixed.jsonl.rejected.jsonl");
    assert_eq!(summary["rejects"], rejects.to_str().expect("UTF-8"));
    let kept: Vec<Value> = fs::read_to_string(&rejects)
        .expect("the rejects")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let mut numbers = Vec::new();
    for reject in &kept {
        let number = reject["line"].as_u64().expect("a number");
        let index = usize::try_from(number).expect("small") - 1;
        assert_eq!(reject["text"], lines[index], "the line as it was");
        numbers.push(number);
    }
    numbers.sort_unstable();
    assert_eq!(numbers, [2, 4, 5, 6, 8]);
    let reason = |number: u64| {
        let found = kept.iter().find(|reject| reject["line"] == number);
        found.and_then(|reject| reject["reason"].as_str()).expect("a reason")
    };
    for (number, words) in [
        (2, vec!["title FIELD_REQUIRED", "必须填写", "required"]),
        (4, vec!["JSON"]),
        (5, vec!["colour"]),
        (6, vec!["REFERENCE_UNKNOWN", "ACCOUNTING_YEAR_INVALID"]),
        (8, vec!["DUPLICATE_IN_REQUEST"]),
    ] {
        for word in words {
            assert!(reason(number).contains(word), "{word}: {}", reason(number));
        }
        assert!(ran.err.contains(&format!("line {number} ")), "{}", ran.err);
    }
    // Mended, the same file goes in; what was there is there.
    let mended: Vec<_> = lines
        .iter()
        .enumerate()
        .filter(|(index, _)| ![3, 4, 5, 7].contains(index))
        .map(|(index, line)| if index == 1 { meeting(2).to_string() } else { line.clone() })
        .collect();
    let summary = import.run(&import.file("mixed.jsonl", &mended), &[]).exits(0).json();
    assert_eq!(counts(&summary), [1, 3, 0, 0]);
    import.server.terminate();
}

#[test]
fn an_interrupted_import_goes_on_where_it_stopped() {
    let Import { server, directory } = Import::new();
    let lines: Vec<_> = (1..=30).map(|number| meeting(number).to_string()).collect();
    let file = directory.path().join("long.jsonl");
    fs::write(&file, lines.join("\n")).expect("written");
    let progress = file.with_file_name("long.jsonl.progress");
    let path = file.to_str().expect("UTF-8");
    let import = |url: &str, extra: &[&str]| {
        let args = ["import", path, "--batch", "10", "--output", "json", "--server", url];
        run(args.into_iter().chain(extra.iter().copied()))
    };
    // A first run that is interrupted after its first batch leaves this behind: the file names how
    // many lines are done, and their digest.
    let first = directory.path().join("first.jsonl");
    fs::write(&first, lines[..10].join("\n")).expect("written");
    let url = server.url();
    run(["import", first.to_str().expect("UTF-8"), "--server", &url]).exits(0);
    let done = sha256(&lines[..10]);
    let left_behind = |server: &str, last: u128| {
        json!({ "lines": 10, "sha256": done, "server": server, "last_event_id": id(last) })
            .to_string()
    };
    fs::write(&progress, left_behind(&url, 10)).expect("written");
    let summary = import(&url, &[]).exits(0).json();
    assert_eq!(counts(&summary), [20, 0, 10, 0]);
    assert!(!progress.exists(), "done is done");

    // What went to another server, or to a ledger that this one is not, is sent again: to leave a
    // line out would lose it.
    for text in [left_behind("http://127.0.0.1:1", 10), left_behind(&url, 999)] {
        fs::write(&progress, &text).expect("written");
        let summary = import(&url, &[]).exits(0).json();
        assert_eq!(counts(&summary), [0, 30, 0, 0], "{text}");
    }

    // The progress of another file of the same name is none, nor is a damaged one, nor any after
    // --restart.
    let other = json!({ "lines": 10, "sha256": sha256(&lines[..9]) }).to_string();
    let good = left_behind(&url, 10);
    for (text, extra) in
        [(other.as_str(), vec![]), ("{", vec![]), ("", vec![]), (good.as_str(), vec!["--restart"])]
    {
        fs::write(&progress, text).expect("written");
        let summary = import(&url, &extra).exits(0).json();
        assert_eq!(counts(&summary), [0, 30, 0, 0], "{text}");
    }
    server.kill();
    let ran = import(&url, &[]).exits(69);
    assert!(ran.err.contains("cannot reach"), "{}", ran.err);
}

#[test]
fn rejects_of_an_interrupted_import_are_not_forgotten() {
    let import = Import::new();
    let bad = meeting(2).to_string().replace("2022-05-18", "2023-02-29");
    let lines = [meeting(1).to_string(), bad, meeting(3).to_string(), "x".to_owned()];
    let file = import.file("bad.jsonl", &lines[..2]);
    import.run(&file, &["--batch", "2"]).exits(65);
    // What a run that was interrupted after those two lines leaves behind, and the whole file.
    import.file("bad.jsonl", &lines);
    let progress = json!({
        "lines": 2,
        "sha256": sha256(&lines[..2]),
        "server": import.server.url(),
        "last_event_id": id(1),
        "rejected": 1,
    });
    fs::write(file.with_file_name("bad.jsonl.progress"), progress.to_string()).expect("written");
    let ran = import.run(&file, &["--batch", "2"]).exits(65);
    assert_eq!(counts(&ran.json()), [1, 0, 2, 2]);
    let kept = fs::read_to_string(file.with_file_name("bad.jsonl.rejected.jsonl"));
    let kept = kept.expect("the rejects");
    let numbers: Vec<_> = kept
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["line"].as_u64())
        .collect();
    assert_eq!(numbers, [Some(2), Some(4)]);
    import.server.terminate();
}

#[test]
fn an_import_that_is_killed_is_finished_by_the_next() {
    const LINES: u128 = 1_500;
    let import = Import::new();
    let lines: Vec<_> = (1..=LINES).map(|number| meeting(number).to_string()).collect();
    let file = import.file("killed.jsonl", &lines);
    let progress = file.with_file_name("killed.jsonl.progress");
    let mut child = command()
        .args(["import", file.to_str().expect("UTF-8"), "--batch", "1"])
        .args(["--server", &import.server.url()])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("the binary starts");
    wait_for("progress", || progress.exists().then_some(()));
    child.kill().expect("it still runs");
    child.wait().expect("a child");
    let summary = import.run(&file, &[]).exits(0).json();
    let [appended, duplicates, resumed, rejected] = counts(&summary);
    assert_eq!(u128::from(appended + duplicates + resumed), LINES);
    assert_eq!(rejected, 0);
    let summary = import.run(&file, &[]).exits(0).json();
    assert_eq!(u128::from(counts(&summary)[1]), LINES, "every line is there, once");
    import.server.terminate();
}

#[test]
fn a_file_that_is_none_is_told_for_what_it_is() {
    let directory = directory();
    // A compound file as spreadsheet programs wrap an XLSX with a password in.
    let stream = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes);
    let old = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
    let locked: Vec<u8> = old.iter().copied().chain([0; 504]).chain(stream).collect();
    let utf_16: Vec<u8> = "\u{FEFF}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let noise: Vec<u8> = (0..2_000_u32).map(|n| n.wrapping_mul(181).to_le_bytes()[0]).collect();
    for (name, bytes, words) in [
        ("noise.xlsx", noise, ["已损坏", "named a workbook"]),
        ("renamed.XLSX", b"{}\n".to_vec(), ["另存为 .xlsx", "named a workbook"]),
        ("short.xlsx", b"PK\x03\x04 cut short".to_vec(), ["不是可读的", "no readable XLSX"]),
        ("nothing.zip", b"PK\x05\x06\0\0".to_vec(), ["不是可读的", "no readable XLSX"]),
        ("empty.xlsx", Vec::new(), ["空文件", "is empty"]),
        ("empty.jsonl", Vec::new(), ["空文件", "is empty"]),
        ("blank.jsonl", b"\n  \n".to_vec(), ["没有任何事件", "no event"]),
        ("bom.jsonl", b"\xEF\xBB\xBF".to_vec(), ["没有任何事件", "no event"]),
        ("none.json", br#"{"year":2022,"events":[]}"#.to_vec(), ["没有任何事件", "no event"]),
        ("old.xls", old.clone(), ["旧格式", "old format"]),
        ("old.xlsx", old, ["旧格式", "old format"]),
        ("locked.xlsx", locked, ["密码", "password"]),
        ("wide.jsonl", utf_16, ["UTF-16", "UTF-8"]),
    ] {
        let file = directory.path().join(name);
        fs::write(&file, bytes).expect("written");
        // Nobody listens there: it is refused without being sent.
        let path = file.to_str().expect("UTF-8");
        let ran = run(["import", path, "--server", "http://127.0.0.1:1"]).exits(65);
        for word in words {
            assert!(ran.err.contains(word), "{name}: {word} is not in {}", ran.err);
        }
        assert!(!ran.err.contains("line 1"), "{name} is not read as lines: {}", ran.err);
        let rejects = file.with_file_name(format!("{name}.rejected.jsonl"));
        assert!(!rejects.exists(), "{name}");
    }
}

#[test]
fn lines_can_be_checked_and_nothing_is_written() {
    let import = Import::new();
    let with = |number, change: &dyn Fn(&mut Value)| {
        let mut event = meeting(number);
        change(&mut event);
        event.to_string()
    };
    let whole = |event: &mut Value| event["aggregate"] = json!(true);
    let part_of =
        |number: u128| move |event: &mut Value| event["partOfEventId"] = json!(id(number));
    let good = [
        with(1, &whole),
        meeting(2).to_string(),
        // A batch behind the event it is part of, and the first line again.
        with(3, &part_of(1)),
        meeting(4).to_string(),
        with(1, &whole),
    ];
    let bad = [
        // Part of nothing, and of a line that is bad itself.
        with(5, &part_of(99)),
        with(6, &|event| event["title"] = json!("")),
        with(7, &part_of(6)),
        // Part of an earlier line and bad all the same; the id of the first line, saying otherwise.
        with(8, &|event| {
            part_of(1)(event);
            event["accountingYear"] = json!(1999);
        }),
        with(1, &|event| event["title"] = json!("另一次会议")),
        "{".to_owned(),
    ];
    let lines: Vec<_> = good.iter().chain(&bad).cloned().collect();
    let file = import.file("checked.jsonl", &lines);
    let beside = |ending: &str| file.with_file_name(format!("checked.jsonl{ending}")).exists();
    let args = ["--batch", "2"];
    let ran = import.run(&file, &["--batch", "2", "--check"]).exits(65);
    let checked = ran.json();
    assert_eq!(counts(&checked), [4, 1, 0, 6], "{ran:#?}");
    assert_eq!((&checked["check"], &checked["rejects"]), (&json!(true), &Value::Null));
    assert_eq!(checked["position"], json!(54), "nothing is written");
    for number in 6..=11 {
        assert!(ran.err.contains(&format!("line {number} ")), "{number}: {}", ran.err);
    }
    assert!(ran.err.contains("ACCOUNTING_YEAR_INVALID"), "{}", ran.err);
    assert!(!beside(".rejected.jsonl") && !beside(".progress"), "beside the file neither");
    // What a check says is what comes of it.
    let done = import.run(&file, &args).exits(65).json();
    assert_eq!((counts(&done), &done["position"]), ([4, 1, 0, 6], &json!(58)));
    assert!(beside(".rejected.jsonl"));
    let all = import.file("good.jsonl", &good);
    let again = import.run(&all, &["--batch", "2", "--check"]).exits(0).json();
    assert_eq!((counts(&again), &again["position"]), ([0, 5, 0, 0], &json!(58)));
    import.run(&all, &["--amend"]).exits(2);
    import.server.terminate();
}

/// The digest of lines as the progress file holds it.
fn sha256(lines: &[String]) -> String {
    use sha2::{Digest as _, Sha256};
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
