//! `duty-ledger export` and the documents of `report draft`: complete, typed, safe to open, and
//! readable by the programs of others.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use calamine::{Data, Reader as _, Xlsx, open_workbook};
use duty_ledger::workbook::choice;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::import::seeded;
use crate::support::child::{Ran, Server, run};
use crate::support::events::id;
use crate::support::{directory, repository};

const BUREAU: &str = "450200-kjj";

struct Exports {
    server: Server,
    directory: tempfile::TempDir,
}

impl Exports {
    fn new() -> Self {
        let directory = directory();
        let ledger = directory.path().join("ledger");
        seeded(&ledger);
        Self { server: Server::start(&ledger), directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, args: &[&str]) -> Ran {
        let url = self.server.url();
        run(args.iter().copied().chain([
            "--year",
            "2022",
            "--as-of",
            "2023-12-31",
            "--server",
            &url,
        ]))
    }

    fn export(&self, what: &str, format: &str) -> Ran {
        self.run(&["export", what, "--format", format, "--organization", BUREAU]).exits(0)
    }

    fn to(&self, name: &str, args: &[&str]) -> PathBuf {
        let path = self.path(name);
        let out = ["--organization", BUREAU, "--out", path.to_str().expect("UTF-8")];
        self.run(&[args, &out].concat()).exits(0);
        path
    }
}

fn rows<'v>(export: &'v Value, table: &str) -> &'v [Value] {
    export["tables"][table].as_array().expect("rows")
}

/// The head and the records, all of one length, as RFC 4180 wants it and every reader takes it.
fn read_csv(bytes: &[u8]) -> (csv::StringRecord, Vec<csv::StringRecord>) {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::Reader::from_reader(bytes);
    let head = reader.headers().expect("a head").clone();
    (head, reader.records().collect::<Result<_, _>>().expect("records of one length"))
}

/// A file of the rows of `table` and nothing else, and one that says what it reflects.
fn is_table_with_basis(file: &Path, basis: &Path, export: &Value, table: &str) {
    let bytes = fs::read(file).expect("a table");
    let (_, records) = read_csv(&bytes);
    assert_eq!(records.len(), rows(export, table).len(), "{table}");
    let (_, told) = read_csv(&fs::read(basis).expect("a basis"));
    let says = |name: &str| {
        told.iter().find(|record| &record[0] == name).map(|record| record[1].to_owned())
    };
    let root = export["basis"]["rootHash"].as_str().map(str::to_owned);
    assert_eq!(says("树根"), root, "{table}");
    let name = file.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    assert_eq!(says("文件"), name, "{table}");
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(says("文件摘要（SHA-256）"), Some(digest), "{table}");
}

#[test]
fn a_workbook_holds_what_the_json_holds_typed() {
    let exports = Exports::new();
    let json = exports.export("all", "json").json();
    let path = exports.to("all.xlsx", &["export", "all", "--format", "xlsx"]);
    let again = exports.to("again.xlsx", &["export", "all", "--format", "xlsx"]);
    assert_eq!(fs::read(&path).expect("a file"), fs::read(again).expect("a file"));
    let mut book: Xlsx<_> = open_workbook(&path).expect("a workbook");
    for (table, name) in
        [("matrix", "责任矩阵"), ("sheet", "评分表"), ("scores", "得分"), ("events", "事件台账")]
    {
        let sheet = book.worksheet_range(name).expect("a sheet");
        let expected = rows(&json, table);
        assert_eq!(sheet.height(), expected.len() + 1, "{name}");
        assert!(!expected.is_empty(), "{name}");
    }
    let events = book.worksheet_range("事件台账").expect("a sheet");
    let heads: Vec<String> =
        events.rows().next().expect("a head").iter().map(ToString::to_string).collect();
    let column = |name: &str| heads.iter().position(|head| head == name).expect("a column");
    let lecture = events.rows().nth(15).expect("the lecture of March");
    assert_eq!(lecture[column("来源编号")], Data::String("LZKJ-2022-015".to_owned()));
    assert!(matches!(lecture[column("开始日期")], Data::DateTime(_)), "{lecture:?}");
    assert!(matches!(lecture[column("台账序号")], Data::Float(_)), "{lecture:?}");
    let foot = book.worksheet_range("依据").expect("a foot");
    let root = json["basis"]["rootHash"].as_str().expect("a root");
    assert!(foot.rows().any(|row| row[1] == Data::String(root.to_owned())), "{foot:?}");
    exports.server.terminate();
}

#[test]
fn every_page_is_exported_and_no_text_becomes_a_formula() {
    let exports = Exports::new();
    let meeting = |number: u128| {
        json!({
            "eventId": id(number),
            "organizationId": BUREAU,
            "kind": "EVENT_KIND_PERFORMED",
            "occurred": { "precision": "DATE_PRECISION_DAY", "startDate": "2022-05-18" },
            "accountingYear": 2022,
            "title": format!("=HYPERLINK(\"{number}\")"),
            "specialWorkMeeting": {},
        })
    };
    // More than a page of the stream holds.
    let lines: Vec<String> = (1..=1005).map(|number| meeting(number).to_string()).collect();
    let file = exports.path("meetings.jsonl");
    fs::write(&file, lines.join("\n")).expect("written");
    let url = exports.server.url();
    run(["import", file.to_str().expect("UTF-8"), "--server", &url]).exits(0);
    let json = exports.export("events", "json").json();
    assert_eq!(rows(&json, "events").len(), 39 + 1005);
    let csv = exports.export("events", "csv");
    let text = csv.out.strip_prefix('\u{feff}').expect("a byte order mark");
    let (head, records) = read_csv(text.as_bytes());
    assert_eq!(records.len(), 39 + 1005, "the events and nothing else");
    assert_eq!(text.matches("\"'=HYPERLINK(").count(), 1005);
    for key in ["rootHash", "treeSize", "knownPosition"] {
        let value = json["basis"][key].as_str().expect("a text");
        assert!(csv.err.lines().any(|line| line.ends_with(&format!(": {value}"))), "{key}");
    }
    // What is copied from here into a workbook is accepted there.
    for (heading, list) in [("性质", "EventKind"), ("时间精度", "DatePrecision")] {
        let column = head.iter().position(|name| name == heading).expect("a column");
        for record in &records {
            choice(list, &record[column]).unwrap_or_else(|error| panic!("{record:?}: {error}"));
        }
    }
    let markdown = exports.export("events", "md").out;
    assert_eq!(markdown.matches("=HYPERLINK(").count(), 1005);
    exports.server.terminate();
}

#[test]
fn the_matrix_is_that_of_one_organization_or_of_all() {
    let exports = Exports::new();
    let of_one = exports.export("matrix", "json").json();
    assert_eq!(rows(&of_one, "matrix").len(), 32);
    let whole = exports.run(&["export", "matrix", "--format", "json", "--whole"]).exits(0).json();
    assert_eq!(rows(&whole, "matrix").len(), 64);
    let directory = exports.to("tables", &["export", "all", "--format", "csv"]);
    let all = exports.export("all", "json").json();
    for table in ["matrix", "sheet", "scores", "events"] {
        let basis = directory.join(format!("{table}.basis.csv"));
        is_table_with_basis(&directory.join(format!("{table}.csv")), &basis, &all, table);
    }
    let sheet = exports.to("kjj.csv", &["export", "sheet", "--format", "csv"]);
    is_table_with_basis(&sheet, &exports.path("kjj.basis.csv"), &all, "sheet");
    let (scores, basis) = (exports.path("kjj.scores.csv"), exports.path("kjj.scores.basis.csv"));
    is_table_with_basis(&scores, &basis, &all, "scores");
    // What does not fit together is said before anything is asked or written.
    for args in [
        &["export", "sheet", "--format", "json", "--whole"][..],
        &["export", "matrix", "--format", "xlsx", "--whole"],
        &["export", "matrix", "--format", "docx", "--whole"],
        &["export", "all", "--format", "csv", "--organization", BUREAU],
        &["export", "sheet", "--format", "csv", "--organization", BUREAU],
        &["export", "matrix", "--whole"],
        &["export", "oscal", "--format", "csv", "--organization", BUREAU],
    ] {
        exports.run(args).exits(2);
    }
    exports.server.terminate();
}

#[test]
fn the_same_answer_gives_the_same_oscal_document() {
    let exports = Exports::new();
    let export = |as_of: &str| {
        let url = exports.server.url();
        let args = ["export", "oscal", "--organization", BUREAU, "--year", "2022"];
        run(args.into_iter().chain(["--as-of", as_of, "--known", "54", "--server", &url])).exits(0)
    };
    let first = export("2023-12-31");
    assert_eq!(first.out, export("2023-12-31").out);
    let (one, other) = (first.json(), export("2023-12-30").json());
    let uuid = |document: &Value| document["assessment-results"]["uuid"].clone();
    assert_ne!(uuid(&one), uuid(&other), "another question is another document");
    let result = &one["assessment-results"]["results"][0];
    let findings = result["findings"].as_array().expect("findings");
    let excluded = &result["reviewed-controls"]["control-selections"][0]["exclude-controls"];
    assert_eq!(findings.len() + excluded.as_array().map_or(0, Vec::len), 32);
    exports.server.terminate();
}

#[test]
fn the_programs_of_others_open_what_is_exported() {
    let Some(python) = std::env::var_os("DUTY_LEDGER_TEST_PYTHON_DOCUMENTS") else {
        panic!(
            "DUTY_LEDGER_TEST_PYTHON_DOCUMENTS is not set. This test needs Python with the \
             packages of tests/python/requirements-documents.txt: run ./test, which installs them \
             and sets it."
        );
    };
    let exports = Exports::new();
    let oscal = exports.to("oscal.json", &["export", "oscal"]);
    let workbook = exports.to("all.xlsx", &["export", "all", "--format", "xlsx"]);
    let draft = ["report", "draft", "--rung", "claimed", "--format", "docx"];
    let draft = exports.to("draft.docx", &draft);
    let tables = exports.to("all.docx", &["export", "all", "--format", "docx"]);
    let files: [&Path; 4] = [&oscal, &workbook, &draft, &tables];
    let ran = Command::new(python)
        .arg(repository().join("tests/python/documents.py"))
        .args(files)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .expect("Python starts");
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{}\n{out}\n{err}", ran.status);
    assert_eq!(out.trim(), "documents: ok", "{err}");
    exports.server.terminate();
}
