//! Cells that look filled in and do not say what: formulas nobody worked out, and ids with the name
//! of something else. Each is named, in workbooks of every kind, and nothing goes in.

use std::collections::BTreeSet;

use duty::event::EventType;
use duty_ledger::workbook;
use serde_json::{Value, json};

use super::filled::{BEFORE, Desk};
use crate::support::child::{Ran, run};
use crate::support::events::id;

const MEETING: &str = "法治政府建设专题工作会";
const CORRECTED: &str = "更正·法治政府建设专题工作会";

/// Cells that a refusal names, each with why.
fn faults(ran: &Ran) -> Vec<(String, String)> {
    let summary = ran.json();
    let faults = summary["faults"].as_array().expect("faults");
    let text = |fault: &Value, name: &str| fault[name].as_str().expect("a text").to_owned();
    let named = faults.iter().map(|fault| {
        let cell = format!("{}!{}", text(fault, "sheet"), text(fault, "cell"));
        (cell, format!("{} / {}", text(fault, "zh"), text(fault, "en")))
    });
    named.collect()
}

/// Checks that these cells are named and no others, once each, all of them for what they are.
#[track_caller]
fn are(ran: &Ran, cells: &[String], words: &str) {
    let faults = faults(ran);
    let named: BTreeSet<_> = faults.iter().map(|(cell, _)| cell).collect();
    assert_eq!(named, cells.iter().collect(), "{faults:#?}");
    assert_eq!(faults.len(), cells.len(), "once each: {faults:#?}");
    for (cell, why) in &faults {
        assert!(why.contains(words), "{cell}: {why}");
        assert!(ran.err.contains(&format!("{cell}: ")), "{cell} is not in {}", ran.err);
    }
}

fn position(desk: &Desk) -> Value {
    let url = desk.server.url();
    let listed = run(["organization", "list", "--output", "json", "--server", &url]);
    listed.exits(0).json()["position"].clone()
}

fn cell(sheet: &str, at: usize, row: u32) -> String {
    let at = u16::try_from(at).expect("small");
    format!("{sheet}!{}{row}", rust_xlsxwriter::utility::column_number_to_name(at))
}

fn of_event(path: &str, row: u32) -> String {
    let columns = workbook::columns(EventType::SpecialWorkMeeting).expect("columns");
    let at = columns.iter().position(|column| column.path == path).expect("a column");
    cell(MEETING, at, row)
}

fn meeting(more: &[(&str, Value)]) -> Value {
    let mut row = json!({
        "organization_id": "450200-kjj",
        "kind": "已履行",
        "occurred.start_date": "date:2022-05-18",
        "accounting_year": 2022,
        "title": "会议",
    });
    for (path, value) in more {
        row[*path] = value.clone();
    }
    row
}

#[test]
fn a_formula_without_its_result_is_named_in_a_workbook_of_events() {
    let desk = Desk::new();
    let rows = json!({ MEETING: [
        meeting(&[
            ("evidence[0].kind", json!("meeting_minutes")),
            ("evidence[0].document_number", json!("=\"柳科会〔2022〕\"&\"7号\"")),
            ("occurred.end_date", json!("=DATE(2022,5,20)")),
            ("special_work_meeting.venue", json!("=1+1")),
        ]),
        // Where a value is required, the formula is the fault, and not that nothing is there.
        meeting(&[
            ("title", json!("=\"会\"&\"议\"")),
            ("accounting_year", json!("=2021+1")),
            ("occurred.start_date", json!("=TODAY()")),
        ]),
        meeting(&[]),
        // A column whose field is a formula, and another outside of all columns.
        meeting(&[("=\"quote\"", json!("=2+2"))]),
    ] });
    let args = ["--type", "special_work_meeting", "--rows", "5"];
    let (file, _) = desk.fill("formulas.xlsx", &args, &rows);
    let columns = workbook::columns(EventType::SpecialWorkMeeting).expect("columns").len();
    let bad = [
        of_event("evidence[0].document_number", 3),
        of_event("occurred.end_date", 3),
        of_event("special_work_meeting.venue", 3),
        of_event("title", 4),
        of_event("accounting_year", 4),
        of_event("occurred.start_date", 4),
        cell(MEETING, columns, 2),
        cell(MEETING, columns, 6),
    ];
    are(&desk.import(&file, &[]).exits(65), &bad, "stored without its value");
    are(&desk.import(&file, &["--check"]).exits(65), &bad, "公式没有保存计算结果");
    assert_eq!(position(&desk), json!(BEFORE.to_string()), "nothing half imported");
    desk.server.terminate();
}

#[test]
fn a_formula_with_its_result_is_what_it_results_in() {
    let columns = workbook::columns(EventType::SpecialWorkMeeting).expect("columns");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name(MEETING).expect("a name");
    for (at, column) in (0..).zip(&columns) {
        sheet.write_string(1, at, &column.path).expect("a path");
        let (formula, result) = match column.path.as_str() {
            "title" => ("=\"会\"&\"议\"", "会议"),
            "accounting_year" => ("=2021+1", "2022"),
            // Worked out, and nothing: the text of no characters.
            "special_work_meeting.venue" => ("=IF(1=1,\"\",\"三楼\")", ""),
            _ => continue,
        };
        let formula = rust_xlsxwriter::Formula::new(formula).set_result(result);
        sheet.write_formula(2, at, formula).expect("a formula");
    }
    let sheets = workbook::read(&book.save_to_buffer().expect("a workbook"), Some("450200-kjj"));
    assert!(sheets.faults.is_empty(), "{:?}", sheets.faults);
    let [row] = &sheets.rows[..] else { panic!("one row: {:?}", sheets.rows) };
    assert_eq!((&*row.event.title, row.event.accounting_year), ("会议", 2022));
}

#[test]
fn a_formula_without_its_result_is_named_in_a_workbook_of_the_registry() {
    let desk = Desk::new();
    let bureau = |id: &str, name: &str| {
        json!({
            "organization_id": id, "parent_organization_id": "450200", "name_zh": name,
            "level": "部门", "class": "政府机关", "division_code": "450200",
            "has_enforcement_power": "是",
        })
    };
    let rows = json!({
        "单位": [bureau("gxj", "=\"柳州市\"&\"工信局\""), bureau("=\"jt\"&\"j\"", "柳州市交通局")],
        "人员": [{ "person_id": "p-1" }, { "person_id": "=\"p-\"&2" }],
    });
    let (file, _) = desk.fill("registry.xlsx", &["--registry", "--rows", "4"], &rows);
    let bad = [("单位", "name_zh", 3), ("单位", "organization_id", 4), ("人员", "person_id", 4)];
    let bad = bad.map(|(sheet, path, row)| {
        let all = workbook::registry_columns();
        let (_, columns) = all.iter().find(|(name, _)| *name == sheet).expect("the sheet");
        let at = columns.iter().position(|column| column.path == path).expect("a column");
        cell(sheet, at, row)
    });
    are(&desk.import(&file, &[]).exits(65), &bad, "stored without its value");
    assert_eq!(position(&desk), json!(BEFORE.to_string()), "nothing half imported");
    desk.server.terminate();
}

#[test]
fn a_formula_without_its_result_is_named_in_a_workbook_of_corrections() {
    let desk = Desk::new();
    let own = json!({ MEETING: [meeting(&[("event_id", json!(id(1)))])] });
    let args = ["--type", "special_work_meeting", "--rows", "2"];
    let (file, _) = desk.fill("event.xlsx", &args, &own);
    desk.import(&file, &[]).exits(0);
    let why = "会议名称以会议纪要为准，予以更正";
    let rows = json!({
        CORRECTED: [
            { "target_event_id": id(1), "reason": why, "event.title": "=\"会\"&\"议\"" },
            { "target_event_id": "=\"第\"&1", "reason": why, "event.title": "别的会议" },
        ],
        "撤回": [{ "target_event_id": "=\"第\"&2", "reason": why }],
    });
    let args = ["--corrections", "--type", "special_work_meeting", "--rows", "3"];
    let (file, _) = desk.fill("corrections.xlsx", &args, &rows);
    let sheets = workbook::amendment_columns(&[EventType::SpecialWorkMeeting]).expect("columns");
    let bad = [
        (CORRECTED, "event.title", 3),
        (CORRECTED, "target_event_id", 4),
        ("撤回", "target_event_id", 3),
    ];
    let bad = bad.map(|(sheet, path, row)| {
        let (_, columns) = sheets.iter().find(|(name, _)| name == sheet).expect("the sheet");
        let at = columns.iter().position(|column| column.path == path).expect("a column");
        cell(sheet, at, row)
    });
    are(&desk.import(&file, &[]).exits(65), &bad, "stored without its value");
    assert_eq!(position(&desk), json!((BEFORE + 1).to_string()), "nothing half imported");
    desk.server.terminate();
}

#[test]
fn an_id_with_the_name_of_something_else_is_a_bad_cell() {
    let desk = Desk::new();
    let url = desk.server.url();
    let with = |path: &str, value: &str| meeting(&[(path, json!(value))]);
    let rows = json!({ MEETING: [
        with("organization_id", "450200-kjj 柳州市人民政府"),
        with("responsible_post_ids[0]", "450200-kjj.government-head 柳州市科学技术局党组书记"),
        // Of nobody in the list: the name tells which list entry was meant, the id does not.
        with("organization_id", "450200-kj 柳州市科学技术局"),
    ] });
    let args = ["--type", "special_work_meeting", "--rows", "4", "--server", &url];
    let (file, _) = desk.fill("halves.xlsx", &args, &rows);
    let ran = desk.import(&file, &[]).exits(65);
    let bad = [
        of_event("organization_id", 3),
        of_event("responsible_post_ids[0]", 4),
        of_event("organization_id", 5),
    ];
    are(&ran, &bad, "id and name are not of the same");
    let (_, why) = &faults(&ran)[0];
    assert!(why.contains("“柳州市科学技术局”") && why.contains("的编号是 450200；"), "{why}");
    assert_eq!(position(&desk), json!(BEFORE.to_string()), "nothing half imported");

    // As offered, in short, and without a name.
    let rows = json!({ MEETING: [
        with("organization_id", "450200-kjj 柳州市科学技术局"),
        with("organization_id", "450200-kjj 科技局"),
        with("responsible_post_ids[0]", "450200-kjj.party-head 柳州市科学技术局党组书记"),
        with("responsible_post_ids[0]", "450200-kjj.party-head"),
    ] });
    let (file, _) = desk.fill("whole.xlsx", &args, &rows);
    let done = desk.import(&file, &[]).exits(0).json();
    assert_eq!(done["appended"], json!(4));

    let parent = "450200-kjj 柳州市人民政府";
    let rows = json!({ "单位": [{
        "organization_id": "gxj", "parent_organization_id": parent, "name_zh": "柳州市工信局",
        "level": "部门", "class": "政府机关", "division_code": "450200",
        "has_enforcement_power": "是",
    }] });
    let args = ["--registry", "--rows", "2", "--server", &url];
    let (file, _) = desk.fill("registry.xlsx", &args, &rows);
    let ran = desk.import(&file, &[]).exits(65);
    let faults = faults(&ran);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].1.contains("id and name are not of the same"), "{faults:?}");
    desk.server.terminate();
}
