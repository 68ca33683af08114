//! Whatever view somebody saved is recomputed from the entries alone, and what was changed in it is
//! named.

use std::fs;
use std::path::{Path, PathBuf};

use duty_ledger::pb;
use prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use serde_json::{Value, json};

use super::addresses::serve_files;
use super::{command, filled, published, stop, text};
use crate::support::child::Ran;
use crate::support::directory;
use crate::support::seed::{BUREAU, LEADER, OTHER_BUREAU, selector};
use crate::support::service::Clients;

/// A page of the matrix as another program prints it: default values and all.
fn printed(page: &pb::QueryComplianceResponse) -> Value {
    let pool = DescriptorPool::decode(pb::DESCRIPTORS).expect("descriptors");
    let name = "dutyledger.v1.QueryComplianceResponse";
    let message = pool.get_message_by_name(name).expect("a message");
    let message = DynamicMessage::decode(message, page.encode_to_vec().as_slice()).expect("one");
    let options = SerializeOptions::new().skip_default_fields(false).use_proto_field_name(true);
    message.serialize_with_options(serde_json::value::Serializer, &options).expect("JSON")
}

async fn page(
    clients: &Clients,
    request: pb::QueryComplianceRequest,
) -> pb::QueryComplianceResponse {
    clients.compliance.clone().query_compliance(request).await.expect("a page").into_inner()
}

/// An export of a ledger, and what was asked while it was served.
struct Asked {
    place: tempfile::TempDir,
    tiles: PathBuf,
    api: Vec<(&'static str, Value)>,
    pages: Vec<pb::QueryComplianceResponse>,
}

const FILTER: &str = "status != fulfilled";
const ORDER: &str = "duty.weight desc, organization_id";

async fn asked() -> Asked {
    let place = directory();
    let (ledger, tiles) = (place.path().join("ledger"), place.path().join("tiles"));
    let service = filled(&ledger).await;
    published(&ledger, &service.clients).await;
    let api = format!("http://{}", service.api());
    let ask = |args: &[&str]| {
        let all = [args, &["--year", "2022", "--output", "json", "--server", &api]].concat();
        command(&all).exits(0).json()
    };
    let api = vec![
        ("organization", ask(&["compliance", BUREAU])),
        ("leader", ask(&["compliance", "--person", LEADER])),
        ("sheet", ask(&["sheet", BUREAU, "--as-of", "2023-02-01"])),
        ("explanation", ask(&["explain", BUREAU, "rule_of_law_debrief", "--person", LEADER])),
        ("organization", ask(&["compliance", BUREAU, "--known", "100"])),
    ];
    let first = pb::QueryComplianceRequest {
        selector: Some(selector("")),
        filter: FILTER.to_owned(),
        order_by: ORDER.to_owned(),
        page_size: 7,
        ..Default::default()
    };
    let mut pages = vec![page(&service.clients, first.clone()).await];
    let page_token = pages[0].next_page_token.clone();
    assert!(!page_token.is_empty());
    let second = pb::QueryComplianceRequest { page_token, ..first };
    pages.push(page(&service.clients, second).await);
    let within = pb::QueryComplianceRequest {
        selector: Some(selector("")),
        within_organization_id: OTHER_BUREAU.to_owned(),
        ..Default::default()
    };
    pages.push(page(&service.clients, within).await);
    stop(service, &ledger).await;
    command(&["export-tiles", "--to", text(&tiles), "--data-dir", text(&ledger)]).exits(0);
    Asked { place, tiles, api, pages }
}

impl Asked {
    fn replay(&self, answer: &Value, more: &[&str]) -> Ran {
        let file = self.place.path().join("answer.json");
        fs::write(&file, answer.to_string()).expect("written");
        let args = ["replay", "--tiles", text(&self.tiles), "--compare-with", text(&file)];
        command(&[&args[..], &["--output", "json"], more].concat())
    }

    #[track_caller]
    fn same(&self, view: &str, answer: &Value, more: &[&str]) -> Value {
        let told = self.replay(answer, more).exits(0).json();
        assert_eq!((&told["same"], &told["view"]), (&json!(true), &json!(view)), "{told:#}");
        told
    }

    /// One value is changed, and named with where it is; first of all in what is said.
    #[track_caller]
    fn differs(&self, answer: &Value, more: &[&str], (at, to): (&str, Value), field: &str) {
        let mut forged = answer.clone();
        *forged.pointer_mut(at).unwrap_or_else(|| panic!("no {at} in {answer:#}")) = to;
        let ran = self.replay(&forged, more).exits(1);
        let told = ran.json();
        assert_eq!(told["differences"][0]["field"], field, "{told:#}");
        assert!(ran.err.contains(&format!("first {field}")), "{ran:?}");
    }
}

const NOTHING: [&str; 0] = [];

#[tokio::test(flavor = "multi_thread")]
async fn every_view_that_was_saved_is_recomputed() {
    let asked = asked().await;
    for (view, answer) in &asked.api {
        let (more, at, field) = match *view {
            "organization" => {
                (&NOTHING[..], "/duties/2/rungs/0/credit", "duties[2].rungs[0].credit")
            }
            "leader" => (&NOTHING[..], "/scores/1/score", "scores[1].score"),
            "sheet" => (&NOTHING[..], "/digest", "digest"),
            _ => (
                &NOTHING[..],
                "/obligations/0/obligation/status",
                "obligations[0].obligation.status",
            ),
        };
        let told = asked.same(view, answer, more);
        assert_eq!(told["not_compared"], json!([]));
        let to = match answer.pointer(at) {
            Some(_) if at.ends_with("status") => json!("COMPLIANCE_STATUS_NOT_APPLICABLE"),
            _ => json!("0.5"),
        };
        asked.differs(answer, more, (at, to), field);
    }
    // A name is sealed in the entries: that it is not compared is said.
    let mut leader = asked.api[1].1.clone();
    leader["personName"] = json!("某某");
    assert_eq!(asked.same("leader", &leader, &[])["not_compared"], json!(["personName"]));
    // Who was asked about is no guess: an older answer does not say.
    let mut explanation = asked.api[3].1.clone();
    asked.same("explanation", &explanation, &["--organization", BUREAU, "--person", LEADER]);
    explanation.as_object_mut().expect("an answer").remove("organizationId").expect("an id");
    let ran = asked.replay(&explanation, &[]).exits(2);
    assert!(ran.err.contains("--organization") && ran.err.contains("单位"), "{ran:?}");
    let ran = asked.replay(&asked.api[0].1, &["--filter", "x"]).exits(2);
    assert!(ran.err.contains("--filter") && ran.err.contains("不适用"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_matrix_is_recomputed_as_it_was_asked() {
    let asked = asked().await;
    let question = ["--filter", FILTER, "--order-by", ORDER];
    let first = printed(&asked.pages[0]);
    asked.same("matrix", &first, &question);
    let token = ["--page-token", &asked.pages[0].next_page_token];
    let second = [&question[..], &token].concat();
    asked.same("matrix", &printed(&asked.pages[1]), &second);
    asked.same("matrix", &printed(&asked.pages[2]), &["--within", OTHER_BUREAU]);
    // Without a cell nothing is left but what it reflects.
    let empty = json!({ "basis": first["basis"] });
    let told = asked.replay(&empty, &question).exits(1).json();
    assert_eq!(told["differences"][0]["field"], "cells", "{told:#}");
    let status = ("/cells/3/status", json!("COMPLIANCE_STATUS_EXEMPTED"));
    asked.differs(&first, &question, status, "cells[3].status");
    asked.differs(&first, &question, ("/total_size", json!(3)), "totalSize");
    // A page that leaves cells out, and goes on behind them.
    let mut short = first.clone();
    short["cells"].as_array_mut().expect("cells").remove(2);
    let told = asked.replay(&short, &question).exits(1).json();
    let field = told["differences"][0]["field"].as_str().expect("a field");
    assert!(field.starts_with("cells[2]."), "{told:#}");
    // Without the question it is another page.
    assert_eq!(asked.replay(&first, &[]).exits(1).json()["same"], false);
    let ran = asked.replay(&first, &["--page-token", "x"]).exits(1);
    assert!(ran.err.contains("不是分页标记") && ran.err.contains("no page token"), "{ran:?}");
    let ran = asked.replay(&first, &["--filter", "status ="]).exits(1);
    assert!(ran.err.contains("at character"), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_view_is_told_as_that() {
    let asked = asked().await;
    for other in
        [json!({ "receipts": [] }), json!([]), json!({ "basis": { "year": 2022 }, "x": 1 })]
    {
        let ran = asked.replay(&other, &[]).exits(65);
        for word in ["is no answer of a view", "不是可重算的视图答复", "answer.json", "explain"]
        {
            assert!(ran.err.contains(word), "{ran:?}");
        }
    }
    let none = asked.place.path().join("none.json");
    let args = ["replay", "--tiles", text(&asked.tiles), "--compare-with", text(&none)];
    assert!(command(&args).exits(66).err.contains("none.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_does_as_well_as_a_directory() {
    let asked = asked().await;
    let url = serve_files(asked.tiles.clone()).await;
    let file = asked.place.path().join("sheet.json");
    fs::write(&file, asked.api[2].1.to_string()).expect("written");
    let replay = |from: &str| {
        command(&["replay", "--tiles", from, "--compare-with", text(&file), "--output", "json"])
    };
    assert_eq!(replay(&url).exits(0).json(), replay(text(&asked.tiles)).exits(0).json());
    let ledger = asked.place.path().join("ledger");
    let verify = |from: &str| {
        command(&["verify", "--data-dir", text(&ledger), "--tiles", from, "--output", "json"])
    };
    let checked = verify(&url).exits(0).json();
    let tiles = |one: &&Value| one["what"] == "tiles" && one["position"] == checked["size"];
    assert!(checked["compared"].as_array().expect("a list").iter().any(|it| tiles(&it)));
    // What is wrong is named by its address.
    damage(&asked.tiles.join("tile/entries/000"));
    let name = format!("{url}tile/entries/000");
    let ran = replay(&url).exits(1);
    assert!(ran.err.contains(&name) && ran.err.contains("position 256"), "{ran:?}");
    fs::remove_dir_all(asked.tiles.join("tile/0")).expect("removed");
    let told = verify(&url).exits(1).json();
    assert_eq!(told["findings"][0]["what"], "REFERENCE_DIFFERS", "{told:#}");
    assert_eq!(told["findings"][0]["position"], 256);
    for run in [replay("http://127.0.0.1:1/"), verify("http://127.0.0.1:1/")] {
        assert!(run.exits(1).err.contains("no connection"));
    }
    assert!(replay("https://127.0.0.1:1/").exits(1).err.contains("TLS"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_that_is_damaged_is_the_one_that_is_blamed() {
    let asked = asked().await;
    let at = |name: &str| asked.tiles.join(name);
    let (hashes, entries) = (at("tile/0/000"), at("tile/entries/000"));
    let good = |file: &Path| fs::read(file).expect("a tile");
    let (good_hashes, good_entries) = (good(&hashes), good(&entries));
    let new = asked.place.path().join("new");
    let restore = |more: &[&str]| {
        let args = ["restore", "--tiles", text(&asked.tiles), "--data-dir", text(&new)];
        command(&[&args[..], more].concat())
    };
    let (sheet, same) = (&asked.api[2].1, json!(true));
    // A hash: the entries are what was signed, and the ledger comes back.
    damage(&hashes);
    let restored = restore(&["--output", "json", "--dry-run"]).exits(0).json();
    assert_eq!(restored["damaged"], json!([text(&hashes)]));
    let said = restore(&["--dry-run"]).exits(0).out;
    assert!(said.contains("散列瓦片已损坏") && said.contains(text(&hashes)), "{said}");
    let ran = asked.replay(sheet, &[]).exits(0);
    assert_eq!(ran.json()["same"], same);
    assert!(ran.err.contains(text(&hashes)) && !ran.err.contains("entries/"), "{ran:?}");
    let ledger = asked.place.path().join("ledger");
    let sound = command(&["verify", "--output", "json", "--data-dir", text(&ledger)]).exits(0);
    assert_eq!(restore(&["--output", "json"]).exits(0).json()["root"], sound.json()["root"]);
    fs::remove_dir_all(&new).expect("removed");
    // An entry.
    fs::write(&hashes, &good_hashes).expect("written");
    damage(&entries);
    for ran in [restore(&[]).exits(1), asked.replay(sheet, &[]).exits(1)] {
        let blamed = format!("{}: position 256 does not match its hash", text(&entries));
        assert!(ran.err.contains(&blamed), "{ran:?}");
    }
    // Both, at different positions: nothing proves which of them is right.
    let mut bytes = good_hashes.clone();
    bytes[0] ^= 1;
    fs::write(&hashes, bytes).expect("written");
    let ran = restore(&[]).exits(1);
    for word in ["position 1 ", "get other copies of both", text(&hashes), text(&entries)] {
        assert!(ran.err.contains(word), "{ran:?}");
    }
    // An entry that is none at all.
    fs::write(&hashes, good_hashes).expect("written");
    let mut bytes = good_entries;
    bytes[2..10].fill(0xff);
    fs::write(&entries, bytes).expect("written");
    let ran = restore(&[]).exits(1);
    let blamed = format!("{}: position 1 does not match its hash", text(&entries));
    assert!(ran.err.contains(&blamed), "{ran:?}");
    assert!(!new.exists());
}

fn damage(file: &Path) {
    let mut bytes = fs::read(file).expect("a tile");
    *bytes.last_mut().expect("not empty") ^= 1;
    fs::write(file, bytes).expect("written");
}
