//! Workbooks of corrections and withdrawals: what a row leaves empty stays, what it clears goes,
//! every bad cell is named, and the same workbook again is no change.

use std::collections::BTreeSet;

use duty::event::EventType;
use duty_ledger::{pb, workbook};
use serde_json::{Value, json};

use super::filled::{BEFORE, Desk};
use crate::support::events::{batch, document, id, meeting, span};
use crate::support::service::Clients;

const MEETINGS: &str = "更正·法治政府建设专题工作会";
const WITHDRAWN: &str = "撤回";
const WHY: &str = "会议日期以会议纪要为准，予以更正";
const TYPE: [&str; 5] = ["--corrections", "--type", "special_work_meeting", "--rows", "9"];

/// A desk with three meetings, one of them over a period, and somebody's award.
fn desk() -> Desk {
    let desk = Desk::new();
    let period = span(pb::DatePrecision::Period, "2022-05-18", "2022-05-20");
    let second = pb::DutyEvent {
        occurred: Some(period),
        evidence: vec![document("柳科会〔2022〕7号"), document("柳科会〔2022〕8号")],
        ..meeting(2)
    };
    let award = pb::DutyEvent {
        details: Some(pb::duty_event::Details::Award(pb::Award::default())),
        ..meeting(4)
    };
    let events = vec![meeting(1), second, meeting(3), award];
    on(async {
        let clients = Clients::connect(&desk.server.api).await;
        clients.events.clone().append_events(batch(events)).await.expect("accepted");
    });
    desk
}

fn on<T>(calls: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(calls)
}

/// Every correction and withdrawal behind the events, in order.
fn amended(desk: &Desk) -> Vec<pb::ledger_entry::Payload> {
    let all =
        on(async { crate::support::entries(&Clients::connect(&desk.server.api).await).await });
    let payloads = all.into_iter().skip(BEFORE + 4).filter_map(|recorded| recorded.entry?.payload);
    payloads.collect()
}

fn cell(sheet: &str, path: &str, row: u32) -> String {
    let sheets = workbook::amendment_columns(&[EventType::SpecialWorkMeeting]).expect("columns");
    let (_, columns) = sheets.iter().find(|(name, _)| name == sheet).expect("the sheet");
    let at = columns.iter().position(|column| column.path == path);
    let at = u16::try_from(at.unwrap_or_else(|| panic!("no column {path}"))).expect("small");
    format!("{sheet}!{}{row}", rust_xlsxwriter::utility::column_number_to_name(at))
}

fn row(number: u128, more: &[(&str, Value)]) -> Value {
    let mut row = json!({ "target_event_id": id(number), "reason": WHY });
    for (path, value) in more {
        row[*path] = value.clone();
    }
    row
}

#[test]
fn every_field_but_what_makes_the_event_can_be_corrected() {
    for of in EventType::ALL {
        let [(sheet, columns), _] = &workbook::amendment_columns(&[*of]).expect("columns")[..]
        else {
            panic!("two sheets")
        };
        assert!(sheet.chars().count() <= 31, "a sheet's name has 31 characters: {sheet}");
        let of_events = workbook::columns(*of).expect("columns");
        let fields: BTreeSet<_> = of_events.iter().map(|column| column.path.as_str()).collect();
        let paths: BTreeSet<_> =
            columns.iter().filter_map(|column| column.path.strip_prefix("event.")).collect();
        let kept: Vec<_> = fields.difference(&paths).copied().collect();
        assert_eq!(kept, ["event_id", "organization_id"], "{of:?}");
        let headings: BTreeSet<_> = columns.iter().map(|column| &column.heading).collect();
        assert_eq!(headings.len(), columns.len(), "{of:?}");
        assert!(headings.iter().all(|heading| !heading.is_empty()), "{of:?}");
    }
}

#[test]
fn what_is_filled_in_replaces_what_stands_there_and_nothing_else() {
    let desk = desk();
    let rows = json!({
        MEETINGS: [
            row(1, &[
                ("event.occurred.start_date", json!("2022年6月")),
                ("event.special_work_meeting.venue", json!("（清空）")),
                ("event.special_work_meeting.session_number", json!(3)),
            ]),
            row(2, &[
                ("event.occurred.end_date", json!("date:2022-05-21")),
                ("event.evidence[1].title", json!("补充纪要")),
                // The first piece of evidence goes altogether.
                ("event.evidence[0].kind", json!("（清空）")),
                ("event.evidence[0].document_number", json!("（清空）")),
                ("event.evidence[0].disclosure", json!("（清空）")),
                ("event.main_leader_attended", json!("是")),
            ]),
        ],
        WITHDRAWN: [row(3, &[])],
    });
    let (file, lists) = desk.fill("amend.xlsx", &TYPE, &rows);
    assert_eq!(
        lists[MEETINGS]["event.main_leader_attended"],
        json!(["是", "否", "不详", "（清空）"])
    );
    let checked = desk.import(&file, &["--check"]).exits(0).json();
    assert_eq!(checked["appended"], json!(3));
    assert!(amended(&desk).is_empty(), "a check writes nothing");
    let done = desk.import(&file, &[]).exits(0).json();
    assert_eq!((&done["appended"], &done["position"]), (&json!(3), &json!(BEFORE + 7)));
    let again = desk.import(&file, &[]).exits(0).json();
    let told = (&again["appended"], &again["duplicates"], &again["position"]);
    assert_eq!(told, (&json!(0), &json!(3), &json!(BEFORE + 7)), "no change");

    use pb::ledger_entry::Payload::{Correction, Withdrawal};
    let [Correction(first), Correction(second), Withdrawal(third)] = &amended(&desk)[..] else {
        panic!("two corrections and a withdrawal")
    };
    let corrected = |correction: &pb::Correction, number: u128| {
        assert_eq!((&*correction.target_event_id, &*correction.reason), (&*id(number), WHY));
        correction.event.clone().expect("an event")
    };
    let event = corrected(first, 1);
    let expected = pb::DutyEvent {
        event_id: event.event_id.clone(),
        occurred: Some(span(pb::DatePrecision::Month, "2022-06-01", "2022-06-30")),
        details: Some(pb::duty_event::Details::SpecialWorkMeeting(pb::SpecialWorkMeeting {
            session_number: 3,
            ..Default::default()
        })),
        ..meeting(1)
    };
    assert_eq!(event, expected);
    let event = corrected(second, 2);
    let titled =
        pb::Evidence { title: "补充纪要".into(), ..document("柳科会〔2022〕8号") };
    let expected = pb::DutyEvent {
        event_id: event.event_id.clone(),
        occurred: Some(span(pb::DatePrecision::Period, "2022-05-18", "2022-05-21")),
        main_leader_attended: pb::TriState::Yes.into(),
        evidence: vec![titled],
        ..meeting(2)
    };
    assert_eq!(event, expected);
    assert_eq!((&*third.target_event_id, &*third.reason), (&*id(3), WHY));

    // The version that was corrected is corrected no more.
    let late = json!({ MEETINGS: [row(1, &[("event.title", json!("别的标题"))])] });
    let (late, _) = desk.fill("late.xlsx", &TYPE, &late);
    let refused = desk.import(&late, &[]).exits(65);
    assert!(refused.err.contains("EVENT_NOT_CURRENT"), "{}", refused.err);
    assert!(refused.err.contains(&cell(MEETINGS, "target_event_id", 3)), "{}", refused.err);
    desk.server.terminate();
}

#[test]
fn every_bad_cell_of_an_amendment_is_named_and_nothing_goes_in() {
    let desk = desk();
    let title = ("event.title", json!("别的标题"));
    let rows = json!({
        MEETINGS: [
            row(1, &[("event.kind", json!("做了"))]),
            row(9, std::slice::from_ref(&title)),
            row(4, std::slice::from_ref(&title)),
            row(2, &[("reason", json!("太短")), title.clone()]),
            row(3, &[]),
            { "target_event_id": "第七号", "reason": WHY, "event.title": "别的标题" },
        ],
        WITHDRAWN: [
            row(1, &[]),
            row(8, &[]),
            { "reason": WHY },
        ],
    });
    let (file, _) = desk.fill("bad.xlsx", &TYPE, &rows);
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
        cell(MEETINGS, "event.kind", 3),
        cell(MEETINGS, "target_event_id", 4),
        cell(MEETINGS, "target_event_id", 5),
        cell(MEETINGS, "reason", 6),
        cell(MEETINGS, "target_event_id", 7),
        cell(MEETINGS, "target_event_id", 8),
        cell(WITHDRAWN, "target_event_id", 3),
        cell(WITHDRAWN, "target_event_id", 4),
        cell(WITHDRAWN, "target_event_id", 5),
    ]);
    assert_eq!(named, expected, "{faults:#?}");
    for cell in expected {
        assert!(ran.err.contains(&format!("{cell}: ")), "{cell} is not in {}", ran.err);
    }
    assert!(amended(&desk).is_empty(), "nothing half imported");
    desk.import(&file, &["--amend"]).exits(2);
    desk.server.terminate();
}
