//! Templates filled in by another spreadsheet library and imported by the command line.

use std::path::PathBuf;
use std::process::Command;

use duty_ledger::pb;
use pb::duty_event::Details;
use serde_json::{Value, json};

use crate::cli::import::seeded;
use crate::support::child::{Ran, Server, run};
use crate::support::service::Clients;
use crate::support::{directory, entries, repository};

const MEETING: &str = "法治政府建设专题工作会";

pub(super) struct Desk {
    pub(super) server: Server,
    directory: tempfile::TempDir,
}

impl Desk {
    pub(super) fn new() -> Self {
        let directory = directory();
        let ledger = directory.path().join("ledger");
        seeded(&ledger);
        Self { server: Server::start(&ledger), directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a template and fills it with another library; the drop-downs it saw.
    pub(super) fn fill(&self, name: &str, args: &[&str], rows: &Value) -> (PathBuf, Value) {
        let Some(python) = std::env::var_os("DUTY_LEDGER_TEST_PYTHON") else {
            panic!("DUTY_LEDGER_TEST_PYTHON is not set: run ./test, which installs what it takes");
        };
        let (template, out) = (self.path("template.xlsx"), self.path(name));
        let to = template.to_str().expect("UTF-8");
        run(["template", "--out", to].iter().chain(args)).exits(0);
        let ran = Command::new(python)
            .arg(repository().join("tests/python/fill_template.py"))
            .args([&template, &out])
            .arg(rows.to_string())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .expect("Python starts");
        let (printed, err) = (&ran.stdout, String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{err}");
        (out, serde_json::from_slice(printed).expect("JSON"))
    }

    pub(super) fn import(&self, file: &std::path::Path, args: &[&str]) -> Ran {
        let (file, url) = (file.to_str().expect("UTF-8"), self.server.url());
        run(["import", file, "--output", "json", "--server", &url].iter().chain(args))
    }

    /// The duty events behind a position.
    fn events(&self, after: usize) -> Vec<pb::DutyEvent> {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let all =
            runtime.block_on(async { entries(&Clients::connect(&self.server.api).await).await });
        let events =
            all.into_iter().skip(after).filter_map(|recorded| match recorded.entry?.payload? {
                pb::ledger_entry::Payload::DutyEvent(event) => Some(event),
                _ => None,
            });
        events.collect()
    }
}

/// Entries of the demo.
pub(super) const BEFORE: usize = 54;

#[test]
fn a_template_filled_elsewhere_comes_back_as_the_events_it_says() {
    let desk = Desk::new();
    let url = desk.server.url();
    let rows = json!({
        MEETING: [{
            "organization_id": "450200-kjj 柳州市科学技术局",
            "kind": "已履行",
            "occurred.start_date": "date:2022-05-18",
            "accounting_year": 2022,
            "title": "第一次专题工作会",
            "responsible_post_ids[0]": "450200-kjj.party-head 党组书记",
            "main_leader_attended": "是",
            "special_work_meeting.session_number": 1,
            "special_work_meeting.absent_posts": "副局长\n总工程师",
            "special_work_meeting.agenda[0].title": "部署年度工作",
            "special_work_meeting.agenda[0].rule_of_law": "是",
            // A gap between groups, and one more than the template has.
            "special_work_meeting.agenda[2].title": "经费",
            "special_work_meeting.agenda[4].title": "其他",
            "special_work_meeting.decisions[0].due_date": "2022年6月30日",
            "quantities[1].metric": "presence_rate 到会率",
            "quantities[1].value": "percent:0.95",
            "quantities[2].metric": "expected",
            "quantities[2].value": "20",
            "quantities[2].unit": "人",
            "quantities[2].qualifier": "以上",
            "evidence[0].kind": "meeting_minutes",
            "evidence[0].document_number": "柳科会〔2022〕7号",
            "evidence[0].sealed": "是",
            "disclosure": "公开",
        }],
        "执法考试": [{
            "organization_id": "450200-kjj",
            "kind": "已履行",
            "occurred.start_date": "2022年第三季度",
            "accounting_year": "2022",
            "title": "执法资格考试",
            "enforcement_exam.exam_name": "综合法律知识",
        }],
    });
    let args = ["--all", "--rows", "3", "--server", &url];
    let (file, lists) = desk.fill("filled.xlsx", &args, &rows);
    let kinds = &lists[MEETING]["kind"];
    assert_eq!(*kinds, json!(["已履行", "计划", "定期表述", "业务成效"]));
    assert_eq!(
        lists[MEETING]["special_work_meeting.agenda[2].rule_of_law"],
        json!(["是", "否", "不详"])
    );
    let evidence = lists[MEETING]["evidence[0].kind"].as_array().expect("a list");
    assert!(evidence.contains(&json!("meeting_minutes")), "{evidence:?}");
    let organizations = lists[MEETING]["organization_id"].as_array().expect("a list");
    assert!(organizations.contains(&json!("450200-kjj 柳州市科学技术局")), "{organizations:?}");
    let posts = lists["执法考试"]["responsible_post_ids[1]"].as_array().expect("a list");
    assert_eq!(posts.len(), 2, "{posts:?}");

    let checked = desk.import(&file, &["--check"]).exits(0).json();
    assert_eq!((&checked["appended"], &checked["duplicates"]), (&json!(2), &json!(0)));
    assert_eq!(desk.events(BEFORE).len(), 0, "a check writes nothing");
    let summary = desk.import(&file, &[]).exits(0).json();
    assert_eq!((&summary["appended"], &summary["position"]), (&json!(2), &json!(BEFORE + 2)));
    let again = desk.import(&file, &[]).exits(0).json();
    assert_eq!((&again["appended"], &again["duplicates"]), (&json!(0), &json!(2)));

    let events = desk.events(BEFORE);
    assert_eq!(events.len(), 2);
    let meeting =
        events.iter().find(|event| event.title == "第一次专题工作会").expect("the meeting");
    let expected = pb::DutyEvent {
        event_id: meeting.event_id.clone(),
        organization_id: "450200-kjj".to_owned(),
        kind: pb::EventKind::Performed.into(),
        occurred: Some(crate::support::events::day("2022-05-18")),
        accounting_year: 2022,
        title: "第一次专题工作会".to_owned(),
        responsible_post_ids: vec!["450200-kjj.party-head".to_owned()],
        main_leader_attended: pb::TriState::Yes.into(),
        quantities: vec![
            crate::support::events::figure("presence_rate", "0.95", "ratio"),
            pb::Quantity {
                qualifier: pb::QuantityQualifier::AtLeast.into(),
                ..crate::support::events::figure("expected", "20", "人")
            },
        ],
        evidence: vec![pb::Evidence {
            kind: "meeting_minutes".to_owned(),
            document_number: "柳科会〔2022〕7号".to_owned(),
            sealed: true,
            ..Default::default()
        }],
        disclosure: pb::Disclosure::Public.into(),
        details: Some(Details::SpecialWorkMeeting(pb::SpecialWorkMeeting {
            session_number: 1,
            absent_posts: vec!["副局长".to_owned(), "总工程师".to_owned()],
            agenda: [
                ("部署年度工作", pb::TriState::Yes),
                ("经费", pb::TriState::Unspecified),
                ("其他", pb::TriState::Unspecified),
            ]
            .map(|(title, answer)| pb::AgendaItem {
                title: title.to_owned(),
                rule_of_law: answer.into(),
            })
            .to_vec(),
            decisions: vec![pb::MeetingDecision {
                due_date: "2022-06-30".to_owned(),
                ..Default::default()
            }],
            ..Default::default()
        })),
        ..Default::default()
    };
    assert_eq!(*meeting, expected);
    desk.server.terminate();
}

#[test]
fn every_bad_cell_is_named_in_one_run_and_nothing_goes_in() {
    let desk = Desk::new();
    let good = json!({
        "organization_id": "450200-kjj",
        "kind": "已履行",
        "occurred.start_date": "date:2022-05-18",
        "accounting_year": 2022,
        "title": "会议",
    });
    let with = |path: &str, value: Value| {
        let mut row = good.clone();
        row[path] = value;
        row
    };
    let rows = json!({ MEETING: [
        good,
        with("kind", json!("做了")),
        with("occurred.start_date", json!("2023-02-29")),
        with("accounting_year", json!(2022.5)),
        // These the ledger finds, by content and by what it has registered.
        with("title", json!("")),
        with("organization_id", json!("450200-none")),
        with("special_work_meeting.decisions[1].closed_date", json!("2022-01-01")),
        with("responsible_post_ids[0]", json!("450200-kjj.none")),
        // Two faults of one piece of evidence, the second of the sheet and the first of the event.
        with("evidence[1].url", json!("ftp://x")),
    ] });
    let (file, _) =
        desk.fill("bad.xlsx", &["--type", "special_work_meeting", "--rows", "12"], &rows);
    let ran = desk.import(&file, &[]).exits(65);
    let summary = ran.json();
    let faults = summary["faults"].as_array().expect("faults");
    let columns = duty_ledger::workbook::columns(duty::event::EventType::SpecialWorkMeeting);
    let columns = columns.expect("columns");
    let cell = |path: &str, row: u32| {
        let at = columns.iter().position(|column| column.path == path).expect("a column");
        let letters =
            rust_xlsxwriter::utility::column_number_to_name(u16::try_from(at).expect("small"));
        format!("{letters}{row}")
    };
    let expected = [
        cell("kind", 4),
        cell("occurred.start_date", 5),
        cell("accounting_year", 6),
        cell("title", 7),
        cell("organization_id", 8),
        cell("special_work_meeting.decisions[1].closed_date", 9),
        cell("responsible_post_ids[0]", 10),
        cell("evidence[1].url", 11),
        cell("evidence[1].kind", 11),
    ];
    let named: std::collections::BTreeSet<_> =
        faults.iter().filter_map(|fault| fault["cell"].as_str()).collect();
    let expected: std::collections::BTreeSet<_> = expected.iter().map(String::as_str).collect();
    assert_eq!(named, expected, "{faults:#?}");
    for cell in expected {
        assert!(ran.err.contains(&format!("{MEETING}!{cell}: ")), "{}", ran.err);
    }
    assert_eq!(desk.events(BEFORE).len(), 0, "nothing half imported");
    desk.server.terminate();
}

#[test]
fn a_hundred_bad_rows_are_all_named_although_a_refusal_is_cut_short() {
    let desk = Desk::new();
    let row = |number: u32| {
        let mut row = json!({
            "organization_id": "450200-kjj",
            "kind": "已履行",
            "occurred.start_date": "2022年",
            "accounting_year": 2022,
            "title": format!("荣誉 {number}"),
        });
        match number {
            // Parts of one another across rows, which no row sees by itself.
            0 => {
                row["event_id"] = json!(crate::support::events::id(1));
                row["aggregate"] = json!("是");
                row["component_event_ids"] = json!(crate::support::events::id(2));
            }
            1 => row["event_id"] = json!(crate::support::events::id(2)),
            2..102 => {
                row["accounting_year"] = json!(1999);
                row["organization_id"] = json!("nowhere");
            }
            _ => row["event_id"] = json!(crate::support::events::id(2)),
        }
        row
    };
    let rows: Vec<_> = (0..103).map(row).collect();
    let (file, _) =
        desk.fill("many.xlsx", &["--type", "荣誉", "--rows", "103"], &json!({ "荣誉": rows }));
    let ran = desk.import(&file, &["--check"]).exits(65);
    let summary = ran.json();
    let faults = summary["faults"].as_array().expect("faults");
    let named: Vec<_> = faults.iter().filter_map(|fault| fault["cell"].as_str()).collect();
    let mut expected: Vec<_> =
        (5..105).flat_map(|row| [format!("B{row}"), format!("G{row}")]).collect();
    expected.push("A105".to_owned());
    let sorted = |mut cells: Vec<String>| {
        cells.sort();
        cells
    };
    let named = sorted(named.into_iter().map(str::to_owned).collect());
    assert_eq!(named, sorted(expected));
    for fault in faults {
        let (zh, en) =
            (fault["zh"].as_str().expect("a text"), fault["en"].as_str().expect("a text"));
        assert!(30 < zh.len() && 10 < en.len(), "says what and how to mend it: {fault}");
    }
    desk.server.terminate();
}

#[test]
fn too_many_events_are_refused_before_anything_is_sent() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet().set_name("荣誉").expect("a name");
    sheet.write_string(1, 0, "title").expect("a path");
    for row in 0..1_001 {
        sheet.write_string(2 + row, 0, format!("荣誉 {row}")).expect("a cell");
    }
    let directory = directory();
    let file = directory.path().join("many.xlsx");
    book.save(&file).expect("a workbook");
    // Nobody listens there: it is refused without being sent.
    let args = ["import", file.to_str().expect("UTF-8"), "--server", "http://127.0.0.1:1"];
    let ran = run(args).exits(65);
    assert!(ran.err.contains("荣誉 1001") && ran.err.contains("split"), "{}", ran.err);
}
