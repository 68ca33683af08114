//! Workbooks of the registry: the template names everything, what is filled in elsewhere is
//! registered at once, every bad cell is named, and the same workbook again is no change.

use std::collections::{BTreeMap, BTreeSet};

use duty_ledger::workbook;
use serde_json::{Value, json};

use super::filled::{BEFORE, Desk};
use crate::support::child::{Ran, run};

fn ask(desk: &Desk, line: &str) -> Ran {
    let url = desk.server.url();
    run(line.split_whitespace().chain(["--server", url.as_str()]))
}

/// Columns by sheet: the letters of each path.
fn letters() -> BTreeMap<(&'static str, String), String> {
    let mut all = BTreeMap::new();
    for (sheet, columns) in workbook::registry_columns() {
        for (at, column) in (0..).zip(columns) {
            let letters = rust_xlsxwriter::utility::column_number_to_name(at);
            all.insert((sheet, column.path), letters);
        }
    }
    all
}

fn cell(sheet: &'static str, path: &str, row: u32) -> String {
    let letters = letters();
    let letters = letters.get(&(sheet, path.to_owned()));
    format!("{sheet}!{}{row}", letters.unwrap_or_else(|| panic!("{sheet} has no column {path}")))
}

fn organization(id: &str, parent: &str) -> Value {
    json!({
        "organization_id": id,
        "parent_organization_id": parent,
        "name_zh": format!("柳州市{id}"),
        "level": "部门",
        "class": "政府机关",
        "division_code": "450200",
        "has_enforcement_power": "是",
    })
}

fn tenure(id: &str, person: &str, from: &str, until: &str) -> Value {
    json!({
        "tenure_id": id, "person_id": person, "post_id": "gxj.head 局长",
        "start_date": format!("date:{from}"), "end_date": until,
    })
}

/// A bureau with what is below it, its head, who was away and who came after; in no good order.
fn whole() -> Value {
    json!({
        "单位": [organization("gxj.office", "gxj"), organization("gxj", "450200 柳州市人民政府")],
        "职务": [
            { "post_id": "gxj.head", "organization_id": "gxj", "kind": "政府（部门）主要负责人", "title_zh": "局长" },
            { "post_id": "gxj.deputy", "organization_id": "gxj", "kind": "副职", "title_zh": "副局长" },
        ],
        "人员": [{ "person_id": "p-1" }, { "person_id": "p-2" }],
        "任期": [
            tenure("t-2", "p-2", "2022-09-01", ""),
            tenure("t-1", "p-1", "2021-03-01", "2022年8月31日"),
        ],
        "离岗": [{
            "absence_id": "a-1", "tenure_id": "t-1", "kind": "长期病假",
            "start_date": "2022-01-10", "end_date": "2022-02-20", "document_number": "柳组〔2022〕5号",
        }],
        "领导小组": [{
            "group_id": "g-1", "organization_id": "gxj", "document_number": "柳工信〔2022〕3号",
            "start_date": "2022-02-01", "name_zh": "法治政府建设领导小组",
            "aliases[1].name_zh": "依法行政领导小组",
            "head_post_id": "gxj.head", "member_post_ids": "gxj.deputy 副局长",
        }],
        "单位变更": [{
            "change_id": "c-1", "organization_id": "gxj", "start_date": "date:2022-06-01",
            "document_number": "柳编〔2022〕8号", "renamed.name_zh": "柳州市工业和信息化局",
        }],
    })
}

#[test]
fn every_registration_but_names_has_a_column_with_a_chinese_heading() {
    let is_chinese = |text: &str| text.chars().any(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    let sheets = workbook::registry_columns();
    assert_eq!(sheets.len(), 7);
    for (sheet, columns) in sheets {
        assert!(!columns.is_empty(), "{sheet}");
        let mut headings = BTreeSet::new();
        for column in columns {
            for part in column.heading.split('·') {
                assert!(is_chinese(part), "{sheet} {}: {part:?}", column.path);
            }
            assert!(headings.insert(column.heading.clone()), "{sheet} {}", column.heading);
            assert!(column.words().iter().all(|word| is_chinese(word)), "{sheet} {}", column.path);
            assert!(!column.path.contains("sealed"), "no column for what is personal");
        }
    }
}

#[test]
fn a_registry_filled_elsewhere_is_registered_at_once_and_once() {
    let desk = Desk::new();
    let url = desk.server.url();
    let args = ["--registry", "--rows", "5", "--server", &url];
    let (file, lists) = desk.fill("registry.xlsx", &args, &whole());
    assert_eq!(lists["离岗"]["kind"], json!(["退休", "停职", "长期病假", "接受审查调查"]));
    let offered = lists["职务"]["organization_id"].as_array().expect("a list");
    assert!(offered.contains(&json!("450200-kjj 柳州市科学技术局")), "{offered:?}");
    assert!(lists["单位"].get("organization_id").is_none(), "an id is nobody's to offer");

    let checked = desk.import(&file, &["--check"]).exits(0).json();
    assert_eq!((&checked["appended"], &checked["position"]), (&json!(11), &json!(BEFORE)));
    let done = desk.import(&file, &[]).exits(0).json();
    assert_eq!((&done["appended"], &done["position"]), (&json!(11), &json!(BEFORE + 11)));
    let again = desk.import(&file, &[]).exits(0).json();
    let told = (&again["appended"], &again["duplicates"], &again["position"]);
    assert_eq!(told, (&json!(0), &json!(11), &json!(BEFORE + 11)), "no change");

    let shown = ask(&desk, "organization show gxj --as-of 2022-12-31").exits(0).out;
    for text in [
        "柳州市工业和信息化局 (gxj)",
        "c-1",
        "局长 (gxj.head)",
        "p-1: 2021-03-01 – 2022-08-31",
        "长期病假: 2022-01-10 – 2022-02-20 柳组〔2022〕5号",
        "p-2: 2022-09-01 – ",
    ] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    let below = ask(&desk, "organization list --within gxj").exits(0).out;
    assert_eq!(below.lines().count(), 2, "{below}");
    let group = ask(&desk, "group show g-1 --as-of 2022-12-31 --output json").exits(0).json();
    assert_eq!(group["group"]["aliases"][0]["nameZh"], "依法行政领导小组");
    assert_eq!(group["group"]["memberPostIds"], json!(["gxj.deputy"]));
    assert_eq!(group["seats"][0]["personIds"], json!(["p-2"]));

    // Another end of a tenure takes --amend; there and back again are two versions.
    let mut other = whole();
    other["任期"][1]["end_date"] = json!("2022-08-15");
    let (moved, _) = desk.fill("moved.xlsx", &args, &other);
    let refused = desk.import(&moved, &[]).exits(65);
    assert!(refused.err.contains(&cell("任期", "tenure_id", 4)), "{}", refused.err);
    assert!(refused.err.contains("ALREADY_EXISTS") && refused.err.contains("--amend"));
    for (file, last) in [(&moved, "2022-08-15"), (&file, "2022-08-31"), (&moved, "2022-08-15")] {
        let amended = desk.import(file, &["--amend"]).exits(0).json();
        assert_eq!((&amended["appended"], &amended["duplicates"]), (&json!(1), &json!(10)));
        let shown = ask(&desk, "organization show gxj").exits(0).out;
        assert!(shown.contains(&format!("p-1: 2021-03-01 – {last}")), "{shown}");
    }
    desk.server.terminate();
}

#[test]
fn every_bad_cell_of_a_registry_is_named_and_nothing_goes_in() {
    let desk = Desk::new();
    let mut rows = whole();
    // Of the file.
    rows["离岗"][0]["kind"] = json!("累了");
    rows["任期"][0]["start_date"] = json!("2022-02-30");
    rows["单位变更"][0]["ended.ending"] = json!("撤销");
    // Twice the same, and a ring.
    rows["人员"] = json!([{ "person_id": "p-1" }, { "person_id": "p-2" }, { "person_id": "p-1" }]);
    let office = organization("gxj.office", "gxj");
    let ring = |id: &str, parent: &str| organization(id, parent);
    rows["单位"] = json!([
        office,
        organization("gxj", "450200"),
        ring("ring-a", "ring-b"),
        ring("ring-b", "ring-a")
    ]);
    // Of the ledger: the division, and a post of nobody. The office under the bad bureau, and its
    // posts, are not blamed.
    rows["单位"][1]["division_code"] = json!("999999");
    rows["职务"].as_array_mut().expect("rows").push(json!({
        "post_id": "nobody.head", "organization_id": "nobody", "kind": "其他", "title_zh": "主任",
    }));
    let (file, _) = desk.fill("bad.xlsx", &["--registry", "--rows", "6"], &rows);
    let ran = desk.import(&file, &[]).exits(65);
    let summary = ran.json();
    let faults = summary["faults"].as_array().expect("faults");
    let named: BTreeSet<String> = faults
        .iter()
        .map(|fault| {
            let text = |name: &str| fault[name].as_str().expect("a text").to_owned();
            assert!(10 < text("zh").len() && 10 < text("en").len(), "{fault}");
            format!("{}!{}", text("sheet"), text("cell"))
        })
        .collect();
    let expected = BTreeSet::from([
        cell("离岗", "kind", 3),
        cell("任期", "start_date", 3),
        cell("单位变更", "ended.ending", 3),
        cell("人员", "person_id", 5),
        cell("单位", "parent_organization_id", 5),
        cell("单位", "parent_organization_id", 6),
        cell("单位", "division_code", 4),
        cell("职务", "organization_id", 5),
    ]);
    assert_eq!(named, expected, "{faults:#?}");
    for cell in expected {
        assert!(ran.err.contains(&format!("{cell}: ")), "{cell} is not in {}", ran.err);
    }
    let listed = ask(&desk, "organization list --output json").exits(0).json();
    assert_eq!(listed["position"], json!(BEFORE.to_string()), "nothing half imported");
    desk.server.terminate();
}

#[test]
fn events_and_the_registry_do_not_mix_in_a_workbook() {
    let desk = Desk::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    for (sheet, path) in [("人员", "person_id"), ("荣誉", "title")] {
        let sheet = book.add_worksheet().set_name(sheet).expect("a name");
        sheet.write_string(1, 0, path).expect("a path");
        sheet.write_string(2, 0, "p-1").expect("a cell");
    }
    let directory = crate::support::directory();
    let file = directory.path().join("mixed.xlsx");
    book.save(&file).expect("a workbook");
    let ran = desk.import(&file, &[]).exits(65);
    assert!(ran.err.contains("荣誉") && ran.err.contains("is no sheet"), "{}", ran.err);
    desk.server.terminate();
}
