//! The command line, as people and scripts use it: what it prints, and its exit codes.

mod export;
pub(crate) mod import;
mod registry;
mod report;
mod review;
mod year;

use std::fs;

use crate::support::child::{Server, run};
use crate::support::{directory, repository};

const YEAR: [&str; 2] = ["--year", "2022"];

#[test]
fn the_demo_shows_what_a_real_report_is_worth() {
    let directory = directory();
    let dir = directory.path().to_str().expect("UTF-8");
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
    let args = args.into_iter().chain(["--data-dir", dir]);
    let zh = run(args.clone()).exits(0);
    for line in [
        "柳州市科学技术局 (450200-kjj)",
        "已知至第 54 条",
        "领导述法",
        "│ 全年       ┆ 64.13 ┆ 20.65  ┆ 0.00   ┆ 0.00   │",
        "GROWTH_CONTRADICTS_BASE",
        "1025%",
    ] {
        assert!(zh.out.contains(line), "{line} is not in {}", zh.out);
    }
    assert_eq!(zh.err, "", "a demo has nothing to complain about");
    // Run again on the same directory: everything is a duplicate, the figures are the same.
    let json = run(args.chain(["--output", "json"])).exits(0).json();
    assert_eq!(json["scores"][0]["score"], "64.13");
    let known = json["basis"]["knownPosition"].as_str().expect("a position");
    assert!(["54", "55"].contains(&known), "{known}: nothing but a day may have been added");
}

#[test]
fn the_configuration_is_printed_and_every_fault_of_it_named() {
    let directory = directory();
    let file = directory.path().join("duty-ledger.toml");
    fs::write(&file, "listen = \"127.0.0.1:7001\"\nrequest_mib_max = 8\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    let check = ["serve", "--check-config", "--config"];
    let ran = run(check.into_iter().chain([file, "--log", "debug"])).exits(0);
    for line in ["listen = \"127.0.0.1:7001\"", "request_mib_max = 8", "log = \"debug\""] {
        assert!(ran.out.lines().any(|printed| printed == line), "{line} is not in {}", ran.out);
    }
    // What is printed is a configuration file.
    let printed = directory.path().join("printed.toml");
    fs::write(&printed, &ran.out).expect("written");
    let again = run(check.into_iter().chain([printed.to_str().expect("UTF-8")])).exits(0);
    assert_eq!(again.out, ran.out);

    fs::write(
        directory.path().join("bad.toml"),
        "listen = \"0.0.0.0:7001\"\nwatch_heartbeat_ms = 1\nlog = \"=\"\nrequest_mib_max = 0\n",
    )
    .expect("written");
    let bad = directory.path().join("bad.toml");
    let ran = run(check.into_iter().chain([bad.to_str().expect("UTF-8")])).exits(64);
    assert_eq!(ran.out, "");
    for key in ["listen", "watch_heartbeat_ms", "log", "request_mib_max"] {
        let named = ran.err.lines().any(|line| line.trim_start().starts_with(&format!("{key}:")));
        assert!(named, "{key} is not in {}", ran.err);
    }
    let unknown = directory.path().join("unknown.toml");
    fs::write(&unknown, "lisen = \"127.0.0.1:7001\"\n").expect("written");
    let ran = run(check.into_iter().chain([unknown.to_str().expect("UTF-8")])).exits(64);
    assert!(ran.err.contains("lisen"), "{}", ran.err);
    let ran = run(check.into_iter().chain(["none.toml"])).exits(66);
    assert!(ran.err.contains("none.toml"), "{}", ran.err);
}

#[test]
fn a_named_file_that_cannot_be_read_ends_every_command_alike() {
    let directory = directory();
    let rules = directory.path().join("rules.toml");
    fs::write(&rules, "").expect("written");
    let rules = rules.to_str().expect("UTF-8");
    let new = directory.path().join("new");
    let never = new.to_str().expect("UTF-8");
    let into = ["--data-dir", never];
    // A directory can be opened, and not be read as a file.
    for file in ["none.file", directory.path().to_str().expect("UTF-8")] {
        for args in [
            &["serve", "--check-config", "--config", file][..],
            &["import", file],
            &["report", "check", file, "--organization", "x", "--year", "2022"],
            &["rules", "check", file],
            &["rules", "check", rules, "--parent", file],
            &[
                "generate",
                "--organizations",
                "1",
                "--years",
                "2022",
                "--rules",
                file,
                "--out",
                never,
            ],
            &["person", "register", "p", "--recorder", "r", "--text", file],
            &["keys", "--log-key-file", file, into[0], into[1]],
            &["restore", file, into[0], into[1]],
            &["restore", rules, "--witnessed", file, into[0], into[1]],
            &["verify", "--backup", file, into[0], into[1]],
            &["verify", "--config", file, into[0], into[1]],
            &["replay", "--backup", file, "--organization", "x", "--compare-with", rules],
            &["replay", "--backup", rules, "--organization", "x", "--compare-with", file],
            &[
                "persons",
                "rewrap",
                "--old-kek-file",
                file,
                "--new-kek-file",
                file,
                into[0],
                into[1],
            ],
            &["verify-receipt", rules, "--entry", rules, "--vkey-file", file],
            &["verify-receipt", rules, "--entry", rules, "--policy-file", file],
        ] {
            let ran = run(args);
            assert_eq!(ran.code, Some(66), "{args:?}: {}", ran.err);
            assert!(ran.err.contains(file) && ran.err.contains("无法读取"), "{}", ran.err);
            assert!(!new.exists(), "{args:?} left something behind");
        }
    }
}

#[test]
fn a_value_of_the_wrong_kind_is_told_in_plain_words() {
    let directory = directory();
    let file = directory.path().join("bad.toml");
    let text = "log_format = \"loud\"\nwitness_mode = \"never\"\nrequest_mib_max = \"eight\"\n\
                cache_mib = -1\nlisten = \"here\"\n";
    fs::write(&file, text).expect("written");
    let file = file.to_str().expect("UTF-8");
    let ran = run(["serve", "--check-config", "--config", file]).exits(64);
    for words in [
        "“loud”不是可用的值；可用：text, json",
        "\"loud\" is no value of it; the values are text, json",
        "\"never\" is no value of it; the values are open, required",
        "值的类型不对，应为 u32，却是 string \"eight\"",
        "the value must be u32, and is string \"eight\"",
        "cache_mib: ",
        "listen: 不是“地址:端口”，例如 127.0.0.1:50051",
        "is no address with a port, such as 127.0.0.1:50051",
    ] {
        assert!(ran.err.contains(words), "{words:?} is not in {}", ran.err);
    }
    assert!(!ran.err.contains('`'), "{}", ran.err);
}

#[test]
fn nothing_but_loopback_is_listened_on() {
    let directory = directory();
    let dir = directory.path().join("ledger");
    let ran = run(["serve", "--listen", "0.0.0.0:0", "--data-dir", dir.to_str().expect("UTF-8")]);
    let ran = ran.exits(64);
    assert!(ran.err.contains("回环地址"), "{}", ran.err);
    assert!(ran.err.contains("loopback"), "{}", ran.err);
    assert!(!dir.exists(), "nothing is touched before the configuration is right");
}

#[test]
fn a_second_service_on_the_same_directory_is_told_who_has_it() {
    let directory = directory();
    let server = Server::start(directory.path());
    let dir = directory.path().to_str().expect("UTF-8");
    let args = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--admin-listen",
        "127.0.0.1:0",
        "--http-listen",
        "127.0.0.1:0",
        "--data-dir",
    ];
    let ran = run(args.into_iter().chain([dir])).exits(1);
    assert!(ran.err.contains(&server.pid().to_string()), "{}", ran.err);
    assert!(ran.err.contains(dir), "{}", ran.err);
    let log = server.terminate();
    assert!(log.iter().any(|line| line.contains("stopped")), "{log:#?}");
}

#[test]
fn views_are_tables_for_people_and_json_for_programs() {
    let directory = directory();
    import::seeded(directory.path());
    let server = Server::start(directory.path());
    let url = server.url();
    let ask = |args: &[&str]| {
        let at = ["--as-of", "2023-04-01", "--server", url.as_str()];
        run(args.iter().copied().chain(YEAR).chain(at))
    };
    let organization = "450200-kjj";
    let duty = "rule_of_law_debrief";
    let table = ask(&["compliance", organization]).exits(0);
    for text in ["柳州市科学技术局", "2023-04-01", "领导述法", "未到期", "逾期未履行", "自述"]
    {
        assert!(table.out.contains(text), "{text} is not in {}", table.out);
    }
    let english = ask(&["compliance", organization, "--lang", "en"]).exits(0);
    for text in ["Liuzhou Science and Technology Bureau", "Rule-of-law debrief", "overdue"] {
        assert!(english.out.contains(text), "{text} is not in {}", english.out);
    }
    let json = ask(&["compliance", organization, "--output", "json"]).exits(0).json();
    assert_eq!(json["duties"].as_array().map(Vec::len), Some(32));
    assert_eq!(json["basis"]["asOfDate"], "2023-04-01");

    let card = ask(&["compliance", "--person", "p-kjj-01"]).exits(0);
    assert!(card.out.contains("450200-kjj.party-head"), "{}", card.out);
    let card = ask(&["compliance", "--person", "p-kjj-01", "--output", "json"]).exits(0).json();
    assert_eq!(card["personId"], "p-kjj-01");

    let explained = ask(&["explain", organization, duty, "--lang", "en"]).exits(0);
    assert!(explained.out.contains("basis:") && explained.out.contains("→"), "{}", explained.out);
    let explained = ask(&["explain", organization, duty, "--output", "json"]).exits(0).json();
    assert_eq!(explained["dutyId"], duty);
    assert!(explained["obligations"][0]["remedies"][0]["textZh"].is_string(), "{explained:#}");

    let sheet = ask(&["sheet", organization]).exits(0);
    assert!(sheet.out.contains("不合格") && sheet.out.contains("sha256"), "{}", sheet.out);
    let sheet = ask(&["sheet", organization, "--output", "json"]).exits(0).json();
    let digest = sheet["digest"].as_str().expect("a digest");
    assert_eq!(digest.len(), 64);
    let again = ask(&["sheet", organization, "--output", "json"]).exits(0).json();
    assert_eq!(again["digest"], digest, "the same question has the same answer");

    let unknown = ask(&["compliance", "none"]).exits(1);
    assert!(unknown.err.contains("REFERENCE_UNKNOWN"), "{}", unknown.err);
    assert!(unknown.err.contains("单位") && unknown.err.contains("there is no none"));
    let bad = run(["compliance", organization, "--year", "2000", "--server", url.as_str()]);
    let bad = bad.exits(65);
    assert!(bad.err.contains("selector.year ACCOUNTING_YEAR_INVALID"), "{}", bad.err);
    run(["compliance", organization]).exits(2);
    server.terminate();
}

#[test]
fn a_rule_set_is_checked_offline() {
    let good = repository().join("data/rulesets/cn-450200-2022.toml");
    let path = good.to_str().expect("UTF-8");
    let ran = run(["rules", "check", path]).exits(0);
    assert!(ran.out.contains("可以发布"), "{}", ran.out);
    let json = run(["rules", "check", path, "--output", "json"]).exits(0).json();
    assert_eq!(json["valid"], true);

    let text = fs::read_to_string(&good).expect("the rule set");
    let broken = text.replacen("cadence = \"annual\"", "cadence = \"anually\"", 1);
    let line = 1 + broken.lines().position(|line| line.contains("anually")).expect("spoilt");
    let directory = directory();
    let file = directory.path().join("broken.toml");
    fs::write(&file, broken).expect("written");
    let path = file.to_str().expect("UTF-8");
    let ran = run(["rules", "check", path, "--lang", "en"]).exits(65);
    let named = ran.out.lines().any(|found| found.starts_with(&format!("{path}:{line}:")));
    assert!(named, "line {line} is not in {}", ran.out);
    assert!(ran.out.contains("cannot be published"), "{}", ran.out);
    let json = run(["rules", "check", path, "--output", "json"]).exits(65).json();
    assert_eq!(json["errors"][0]["line"], line);
    run(["rules", "check", "none.toml"]).exits(66);
}

#[test]
fn a_service_that_is_not_there_is_said_to_be_unreachable() {
    // Nobody listens on a port that was just free.
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address");
    drop(port);
    let url = format!("http://{address}");
    for args in [
        vec!["compliance", "450200-kjj", "--year", "2022"],
        vec!["sheet", "450200-kjj", "--year", "2022"],
        vec!["explain", "450200-kjj", "rule_of_law_debrief", "--year", "2022"],
    ] {
        let ran = run(args.into_iter().chain(["--server", url.as_str()])).exits(69);
        assert!(ran.err.contains("无法连接") && ran.err.contains("cannot reach"), "{}", ran.err);
        assert!(ran.err.contains(&url), "{}", ran.err);
    }
    let ran = run(["sheet", "450200-kjj", "--year", "2022", "--server", "127.0.0.1 50051"]);
    ran.exits(64);
}
