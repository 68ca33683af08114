//! Generated years: the same from the same seed, acceptable to a real service, and lifelike.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use duty::ruleset::RuleSet;
use duty_ledger::generate::{Call, Plan};
use serde_json::Value;

use crate::support::child::{Server, run};
use crate::support::directory;
use crate::support::seed::RULES;

fn plan(seed: u64, organizations: u32) -> Plan {
    let (rules, _) = RuleSet::parse(RULES).expect("the rules of the city");
    let until = "2024-07-31".parse().expect("a day");
    Plan { seed, organizations, first_year: 2021, last_year: 2023, until, rules }
}

/// The events of the calls.
fn events(calls: &[Call]) -> Vec<&Value> {
    let batches = calls.iter().filter(|call| call.name == "AppendEvents");
    batches.flat_map(|call| call.request["events"].as_array().expect("events")).collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_others() {
    let directory = directory();
    let write = |name: &str, seed: &str| {
        let path = directory.path().join(name);
        let out = path.to_str().expect("UTF-8");
        let args = ["generate", "--seed", seed, "--organizations", "20", "--years", "2022-2023"];
        run(args.into_iter().chain(["--out", out])).exits(0);
        fs::read(&path).expect("the file")
    };
    let (one, again, other) = (write("1", "7"), write("2", "7"), write("3", "8"));
    assert_eq!(one, again);
    assert_ne!(one, other);
    for line in String::from_utf8(one).expect("UTF-8").lines() {
        let call: Value = serde_json::from_str(line).expect("JSON");
        assert!(call["call"].is_string() && call["request"].is_object(), "{line}");
    }
    let none = ["generate", "--organizations", "1", "--years", "22", "--out", "x"];
    assert!(run(none).exits(2).err.contains("--years"));
}

#[test]
fn everything_generated_is_accepted_and_sending_it_again_changes_nothing() {
    for seed in ["1", "2", "3"] {
        let directory = directory();
        let server = Server::start(directory.path());
        let url = server.url();
        let args = ["generate", "--seed", seed, "--organizations", "14", "--years", "2021-2023"];
        let generate =
            || run(args.into_iter().chain(["--server", &url, "--output", "json"])).exits(0).json();
        let summary = generate();
        assert_eq!(summary["organizations"], 14);
        assert!(1_000 < summary["events"].as_u64().expect("a count"), "{summary}");
        for what in ["corrections", "withdrawals", "reviews"] {
            assert!(0 < summary[what].as_u64().expect("a count"), "{summary}");
        }
        let ask = ["compliance", "450200", "--year", "2022", "--server", &url];
        let ask =
            || run(ask.into_iter().chain(["--output", "json"])).exits(0).json()["basis"].clone();
        let before = ask();
        assert!(before["knownPosition"].is_string(), "{before}");
        generate();
        assert_eq!(ask(), before, "the same calls are the same entries");
        // The same events by way of a file: they are all there.
        let file = directory.path().join("events.jsonl");
        let file = file.to_str().expect("UTF-8");
        run(args.into_iter().chain(["--events", "--out", file])).exits(0);
        let imported =
            run(["import", file, "--server", &url, "--output", "json", "--recorder", "generator"]);
        let imported = imported.exits(0).json();
        assert_eq!(
            (&imported["duplicates"], &imported["appended"]),
            (&summary["events"], &0.into())
        );
        server.terminate();
    }
}

#[test]
fn however_many_are_sent_at_once_the_figures_are_the_same() {
    let figures = |callers: &str| {
        let directory = directory();
        let server = Server::start(directory.path());
        let url = server.url();
        let args = ["generate", "--organizations", "40", "--years", "2022-2023"];
        let more = ["--callers", callers, "--server", &url, "--output", "json"];
        let summary = run(args.into_iter().chain(more)).exits(0).json();
        let ask = |args: &[&str]| {
            let rest = ["--as-of", "2024-07-01", "--server", &url, "--output", "json"];
            run(args.iter().copied().chain(rest)).exits(0).json()
        };
        let mut figures = vec![summary];
        for organization in ["450200", "450203", "450202-00004"] {
            let mut shown = ask(&["compliance", organization, "--year", "2023"]);
            figures.push(shown["duties"].take());
        }
        server.terminate();
        figures
    };
    let one_by_one = figures("1");
    assert!(one_by_one[1..].iter().all(|duties| 10 < duties.as_array().map_or(0, Vec::len)));
    // Where an entry stands differs; what is judged does not.
    let without_positions = |figures: &[Value]| -> Vec<Value> {
        figures.iter().cloned().map(without_positions).collect()
    };
    assert_eq!(without_positions(&one_by_one), without_positions(&figures("24")));
}

/// A value without the positions of entries.
fn without_positions(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(name, _)| !name.to_lowercase().contains("position"))
            .map(|(name, value)| (name, without_positions(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_positions).collect(),
        other => other,
    }
}

#[test]
fn years_are_lifelike() {
    let plan = plan(5, 60);
    let calls: Vec<_> = plan.calls(&[]).collect();
    let all = events(&calls);
    let share = |is: &dyn Fn(&Value) -> bool| {
        let count = all.iter().filter(|event| is(event)).count();
        count * 100 / all.len()
    };
    let kind = |name: &'static str| move |event: &Value| event["kind"] == name;
    let is_vague = |event: &Value| event["occurred"]["precision"] == "DATE_PRECISION_YEAR";
    let is_documented = |event: &Value| !event["evidence"].as_array().expect("a list").is_empty();
    let documented = share(&is_documented);
    assert!((60..95).contains(&documented), "{documented} % are documented");
    for (what, found, range) in [
        ("performed", share(&kind("EVENT_KIND_PERFORMED")), 85..100),
        ("claims", share(&kind("EVENT_KIND_RECURRING_CLAIM")), 1..15),
        ("planned", share(&kind("EVENT_KIND_PLANNED")), 1..8),
        ("undated", share(&is_vague), 3..20),
    ] {
        assert!(range.contains(&found), "{found} % are {what}");
    }
    // Every type of event that a duty of everybody asks for happens somewhere.
    let kinds: BTreeSet<_> = plan
        .rules
        .duties
        .iter()
        .filter(|duty| duty.applies_to.is_empty())
        .flat_map(|duty| &duty.satisfied_by)
        .map(|event_type| event_type.as_str())
        .collect();
    let seen: BTreeSet<_> =
        kinds.iter().filter(|kind| all.iter().any(|event| event.get(**kind).is_some())).collect();
    assert_eq!(seen.len(), kinds.len(), "{kinds:?} {seen:?}");
    // Some are late: behind the last day that the rules allow.
    let is_late = |event: &&&Value| {
        let year = event["accounting_year"].as_i64().expect("a year");
        let day = event["occurred"]["start_date"].as_str().expect("a day");
        event.get("annual_work_plan").is_some() && day > format!("{year}-06-30").as_str()
    };
    let plans = all.iter().filter(|event| event.get("annual_work_plan").is_some()).count();
    let late = all.iter().filter(is_late).count();
    assert!(0 < plans && late < plans, "{late} of {plans}");
}

#[test]
fn the_registry_is_a_tree_with_leaders_that_change() {
    let plan = plan(9, 150);
    let calls: Vec<_> = plan.calls(&[]).collect();
    let mut known = BTreeSet::new();
    let mut levels: BTreeMap<String, usize> = BTreeMap::new();
    let mut classes = BTreeSet::new();
    for call in calls.iter().filter(|call| call.name == "RegisterOrganization") {
        let organization = &call.request["organization"];
        let parent = organization["parent_organization_id"].as_str().expect("a text");
        assert!(parent.is_empty() == known.is_empty(), "one top: {organization}");
        assert!(parent.is_empty() || known.contains(parent), "{organization}");
        let id = organization["organization_id"].as_str().expect("an id").to_owned();
        assert!(known.insert(id), "twice: {organization}");
        *levels.entry(organization["level"].to_string()).or_default() += 1;
        classes.insert(organization["class"].to_string());
    }
    assert_eq!(known.len(), 150);
    assert_eq!(levels.len(), 3, "{levels:?}");
    assert_eq!(classes.len(), 4, "{classes:?}");
    let tenures = calls.iter().filter(|call| call.name == "RegisterTenure");
    let ended = tenures.filter(|call| call.request["tenure"]["end_date"] != "").count();
    assert!(30 < ended, "{ended} tenures end");
    // Nothing is kept of a hundred thousand: the first of them cost nothing of the rest.
    let many = self::plan(9, 100_000);
    assert_eq!(many.calls(&[]).take(1_000).count(), 1_000);
}
