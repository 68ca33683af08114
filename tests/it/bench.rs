//! The benchmark runs, and says what it says in the form programs read. No figure is looked at:
//! how fast a machine is makes no test pass or fail.

use serde_json::Value;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request};
use tonic_prost::ProstCodec;

use crate::support::child::run;
use crate::support::directory;
use crate::support::service::{Service, channel};

const LINES: [&str; 12] = [
    "append-64",
    "append-256",
    "batch-1",
    "batch-8",
    "single",
    "growth",
    "view-organization",
    "view-matrix",
    "read",
    "open",
    "open-tail",
    "rebuild",
];

#[test]
fn a_short_run_reports_every_line_and_leaves_nothing_behind() {
    let within = directory();
    let dir = within.path().to_str().expect("UTF-8");
    let ran = run([
        "bench",
        "--dir",
        dir,
        "--events",
        "2000",
        "--seconds",
        "0.2",
        "--rounds",
        "1",
        "--organizations",
        "10",
        "--output",
        "json",
    ])
    .exits(0);
    let report = ran.json();
    let lines = report["lines"].as_array().expect("lines");
    let ids: Vec<_> = lines.iter().filter_map(|line| line["id"].as_str()).collect();
    assert_eq!(ids, LINES);
    for line in lines {
        let id = &line["id"];
        assert!(line["measured"].as_f64().is_some_and(f64::is_finite), "{line}");
        for text in ["zh", "en", "unit"] {
            assert!(line[text].as_str().is_some_and(|text| !text.is_empty()), "{id}: no {text}");
        }
        if let Some(limit) = line["limit"].as_object() {
            assert!(limit["measured"].as_f64().is_some_and(|limit| 0.0 < limit), "{line}");
            assert!(line["ratio"].as_f64().is_some_and(|ratio| 0.0 < ratio), "{line}");
            assert_eq!(line["rounds"].as_array().map(Vec::len), Some(1), "{line}");
        }
        for target in line["targets"].as_array().expect("targets") {
            assert!(target["value"].is_number() && target["of"].is_string(), "{line}");
        }
        // What the stack does without a ledger stands beside every line of writes.
        if id
            .as_str()
            .is_some_and(|id| ["append", "batch", "single"].iter().any(|of| id.starts_with(of)))
        {
            for key in ["bare", "bare_over_limit", "ratio_to_bare"] {
                assert!(line["details"][key].as_f64().is_some_and(|figure| 0.0 < figure), "{line}");
            }
        }
        // At this size nothing can be said of ten million events.
        if *id == "open" {
            assert_ne!(line["reached"], Value::Bool(true), "{line}");
            assert!(line["details"]["resident_peak_bytes"].is_u64(), "{line}");
        }
    }
    let latency = &lines[0]["latency_us"];
    for key in ["calls", "p50", "p90", "p99", "p99_9", "max"] {
        assert!(latency[key].is_u64(), "{key}: {latency}");
    }
    assert!(report["machine"]["cpus"].as_u64().is_some_and(|cpus| 0 < cpus));
    assert_eq!(report["program"]["version"], env!("CARGO_PKG_VERSION"));
    let left = std::fs::read_dir(within.path()).expect("the directory").count();
    assert_eq!(left, 0, "the run left something behind");
}

#[test]
fn lines_can_be_chosen() {
    let within = directory();
    let dir = within.path().to_str().expect("UTF-8");
    let ran = run([
        "bench",
        "--dir",
        dir,
        "--events",
        "100",
        "--seconds",
        "0.05",
        "--rounds",
        "2",
        "--organizations",
        "2",
        "--only",
        "single",
        "--lang",
        "en",
    ])
    .exits(0);
    assert!(ran.out.contains("bare stack"), "{ran:#?}");
    assert!(ran.out.contains("one caller, one event") && !ran.out.contains("256 callers"));
    let refused = run(["bench", "--dir", dir, "--seconds", "0"]).exits(2);
    assert!(refused.err.contains("0.01"), "{refused:#?}");
}

#[tokio::test]
async fn the_empty_call_is_not_served_by_the_service() {
    let service = Service::new().await;
    let mut client = tonic::client::Grpc::new(channel(&service.api()).await);
    client.ready().await.expect("connected");
    let path = PathAndQuery::from_static("/dutyledger.bench.EmptyService/Call");
    let codec = ProstCodec::<(), ()>::default();
    let refused = client.unary(Request::new(()), path, codec).await.expect_err("not served");
    assert_eq!(refused.code(), Code::Unimplemented);
    service.stop().await;
}
