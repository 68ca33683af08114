//! What a machine can check about the sources: heads, widths, lengths, words, and that the lists
//! which stand in two places say the same.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use duty::Reason;
use duty::event::EventType;

use crate::support::repository;

const COLUMNS_MAX: usize = 100;
const LINES_MAX: usize = 500;
/// Files that are longer, with the reason. May only shrink.
const LONG_FILES: [(&str, &str); 0] = [];
/// Crates that do no I/O, and what they must never depend on.
const PURE: [&str; 4] = ["duty", "merkle", "projection", "reporting"];
const IMPURE: [&str; 10] = [
    "tokio",
    "tonic",
    "prost",
    "sled",
    "journal",
    "journal-sled",
    "hyper",
    "axum",
    "rand",
    "tracing",
];
/// Marks of unfinished work. Put together here, so that this file does not carry them.
const UNFINISHED: [&str; 4] = [
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("dbg", "!("),
    concat!("FIX", "ME"),
];
/// Places on somebody's machine, which do not belong to the project.
const MACHINES: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/tmp/", "bash")];

/// The tracked files that are there, as text; what is no text is left out.
fn files() -> Vec<(String, String)> {
    let listed = Command::new("git")
        .args(["ls-files", "-z"])
        .current_dir(repository())
        .output()
        .expect("git lists the files");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("UTF-8");
    let read = |name: &str| {
        let text = fs::read_to_string(repository().join(name)).ok()?;
        Some((name.to_owned(), text))
    };
    let files: Vec<_> = names.split_terminator('\0').filter_map(read).collect();
    assert!(100 < files.len(), "only {} files: is this the repository?", files.len());
    files
}

fn rust() -> impl Iterator<Item = (String, String)> {
    files().into_iter().filter(|(name, _)| name.ends_with(".rs"))
}

#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<_> =
        rust().filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| name).collect();
    none("files that do not open with //!", &silent);
}

#[test]
fn no_line_is_too_wide_and_no_file_too_long() {
    let mut found = Vec::new();
    for (name, text) in rust() {
        let in_string = lines_in_strings(&text);
        for (index, line) in text.lines().enumerate() {
            let width = line.chars().count();
            // Texts are not broken: they must be found again as they are printed.
            if COLUMNS_MAX < width && !in_string.contains(&index) {
                found.push(format!("{name}:{}: {width} columns", index + 1));
            }
        }
        let length = text.lines().count();
        let allowed = LONG_FILES.iter().any(|(long, _)| *long == name);
        match (LINES_MAX < length, allowed) {
            (true, false) => found.push(format!("{name}: {length} lines")),
            (false, true) => found.push(format!("{name} is short now: strike it off LONG_FILES")),
            _ => {}
        }
    }
    none("too wide or too long", &found);
}

/// The lines that a string literal touches, counted from 0.
fn lines_in_strings(text: &str) -> BTreeSet<usize> {
    let mut lines = BTreeSet::new();
    let (mut line, mut rest) = (0, text);
    while let Some(first) = rest.chars().next() {
        let length = token(rest, first);
        let (taken, after) = rest.split_at(length);
        let breaks = taken.matches('\n').count();
        let is_string = taken.ends_with(['"', '#']) && 1 < taken.len() && taken.contains('"');
        if is_string && !taken.starts_with("//") {
            lines.extend(line..=line + breaks);
        }
        line += breaks;
        rest = after;
    }
    lines
}

/// The length of the comment, string, character or other thing that begins here.
fn token(rest: &str, first: char) -> usize {
    let until = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |at| from + at);
    if rest.starts_with("//") {
        return until("\n", 2);
    }
    if first == '"' {
        return quoted(rest);
    }
    // r"…", r#"…"#, and the same behind a b or c.
    let raw = rest.trim_start_matches(['b', 'c']);
    let prefix = rest.len() - raw.len();
    let hashes =
        raw.strip_prefix('r').map_or(0, |tail| tail.len() - tail.trim_start_matches('#').len());
    let opening = prefix + 1 + hashes;
    if prefix < 2 && raw.starts_with('r') && rest[opening..].starts_with('"') {
        let end = format!("\"{}", "#".repeat(hashes));
        return until(&end, opening + 1).saturating_add(end.len()).min(rest.len());
    }
    if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
        return until("'", 1 + first.len_utf8()).saturating_add(1);
    }
    if first.is_alphanumeric() || first == '_' {
        // A word as a whole, so that the r at its end begins no string.
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        return rest.find(|c| !is_word(c)).unwrap_or(rest.len());
    }
    first.len_utf8()
}

/// The length of a string with escapes, quotes included.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[test]
fn strings_are_told_from_code() {
    let text = "let a = 1;\nlet b = \"x\";\n// \"no\"\nlet c = r#\"\n\"\n\"#;\nlet d = '\"';\n\
                let var = e;\nlet f = \"\\\"\n\";\n";
    assert_eq!(lines_in_strings(text).into_iter().collect::<Vec<_>>(), [1, 3, 4, 5, 8, 9]);
}

#[test]
fn nothing_is_left_unfinished_and_nothing_names_a_machine() {
    let mut found = Vec::new();
    for (name, text) in files() {
        for (index, line) in text.lines().enumerate() {
            let words = UNFINISHED.iter().filter(|_| name.ends_with(".rs")).chain(&MACHINES);
            for word in words.filter(|word| line.contains(**word)) {
                found.push(format!("{name}:{}: {word}", index + 1));
            }
        }
    }
    none("words that must not stand there", &found);
}

#[test]
fn pure_crates_stay_pure() {
    for name in PURE {
        let path = repository().join("services").join(name).join("Cargo.toml");
        let manifest = fs::read_to_string(&path).expect("a manifest");
        let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
        // Tests may bring what they like.
        let dependencies = dependencies.split("\n[").next().expect("a first part");
        let named: Vec<_> =
            dependencies.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).collect();
        let is_read = ["jiff", "sha2"].iter().any(|known| named.contains(known));
        assert!(is_read, "{name}: {named:?} are its dependencies");
        for impure in IMPURE {
            assert!(!named.contains(&impure), "{name} depends on {impure}");
        }
    }
}

fn proto(file: &str) -> String {
    let path = repository().join("proto/dutyledger/v1").join(file);
    fs::read_to_string(path).expect("a file of the contract")
}

#[test]
fn the_reasons_of_the_contract_are_those_of_the_domain() {
    let text = proto("error.proto");
    let documented = text.lines().filter_map(|line| {
        let (name, number) = line.trim().strip_prefix("ERROR_REASON_")?.split_once(" = ")?;
        let number: usize = number.trim_end_matches(';').parse().ok()?;
        (number != 0).then_some((number, name))
    });
    let (numbers, documented): (Vec<_>, Vec<_>) = documented.unzip();
    let known: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(documented, known);
    // Numbers may leave gaps, and never go back: a number taken once is taken for ever.
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn every_event_type_has_its_details_and_the_other_way_round() {
    let text = proto("event.proto");
    let (_, oneof) = text.split_once("oneof details {").expect("the oneof");
    let (oneof, _) = oneof.split_once('}').expect("its end");
    let fields = oneof.lines().filter_map(|line| {
        let (field, _) = line.trim().split_once(" = ")?;
        Some(field.split_once(' ')?.1)
    });
    let types = EventType::ALL.iter().map(|event_type| event_type.as_str());
    assert_eq!(fields.collect::<Vec<_>>(), types.collect::<Vec<_>>());
}

#[test]
fn every_call_is_in_the_readme() {
    let readme = fs::read_to_string(repository().join("README.md")).expect("a README.md");
    let contract = files().into_iter().filter(|(name, _)| name.starts_with("proto/"));
    let mut calls = 0;
    let mut missing = Vec::new();
    for (file, text) in contract {
        for line in text.lines() {
            let Some(call) = line.trim().strip_prefix("rpc ") else { continue };
            let name = call.split('(').next().expect("a name").trim();
            calls += 1;
            if !readme.contains(&format!("`{name}`")) {
                missing.push(format!("{name} ({file})"));
            }
        }
    }
    assert!(20 < calls, "only {calls} calls were found");
    none("calls that README.md does not mention", &missing);
}
