//! `duty-ledger report`: a real annual report against the ledger it was recorded in.
//!
//! The text is the public 2022 report of the science bureau without the names of persons.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use duty_ledger::pb;
use expect_test::{expect, expect_file};
use serde_json::Value;

use super::import::seeded;
use crate::support::child::{Ran, Server, run};
use crate::support::events::{batch, document, id};
use crate::support::seed::VERIFIER;
use crate::support::service::Clients;
use crate::support::{directory, repository};

const BUREAU: &str = "450200-kjj";

struct Reports {
    server: Server,
    directory: tempfile::TempDir,
}

impl Reports {
    fn new() -> Self {
        let directory = directory();
        let ledger = directory.path().join("ledger");
        seeded(&ledger);
        Self { server: Server::start(&ledger), directory }
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.directory.path().join("report.txt");
        fs::write(&path, text).expect("written");
        path
    }

    fn draft(&self, args: &[&str]) -> Ran {
        let all = ["report", "draft", "--organization", BUREAU, "--year", "2022"];
        let asked = ["--as-of", "2023-12-31", "--known", "54", "--server"];
        let url = self.server.url();
        run(all.into_iter().chain(asked).chain([url.as_str()]).chain(args.iter().copied()))
    }

    fn check(&self, file: &Path) -> Ran {
        let file = file.to_str().expect("UTF-8");
        let args = ["report", "check", file, "--organization", BUREAU, "--year", "2022"];
        run(args.into_iter().chain(["--output", "json", "--server", self.server.url().as_str()]))
    }
}

fn report() -> String {
    fs::read_to_string(repository().join("tests/data/report-2022.txt")).expect("the report")
}

/// A line for each figure: what is printed, the verdict, and what it was compared with.
fn lines(answer: &Value) -> String {
    let mut lines = String::new();
    for figure in answer["figures"].as_array().expect("figures") {
        let text = |key: &str| figure[key].as_str().expect("a text");
        let compared = figure["compared"].as_array().expect("a list").iter().map(|found| {
            let text = |key: &str| found[key].as_str().expect("a text");
            let flags = found["flags"].as_array().expect("a list").iter();
            let flags: String =
                flags.map(|flag| format!("!{}", flag.as_str().expect("a text"))).collect();
            format!("{}.{}={}{flags}", found["entries"], text("field"), text("value"))
        });
        let compared: Vec<_> = compared.collect();
        writeln!(
            lines,
            "{}:{} {} {} by {} {}",
            figure["line"],
            figure["column"],
            text("printed"),
            text("verdict"),
            text("tie"),
            compared.join(" ")
        )
        .expect("a string takes everything");
    }
    lines
}

#[test]
fn every_figure_of_the_real_report_is_found_in_the_ledger_or_said_not_to_be() {
    let reports = Reports::new();
    let answer = reports.check(&reports.file(&report())).exits(0).json();
    expect![[r#"
        8:1 2022年上半年 matches by quote [16].occurred=2022-01-01/2022-06-30
        11:208 2021年12月-2022年12月 matches by quote [25].occurred=2021-12-01/2022-12-31
        11:232 200多家 matches by quote [25].enterprises=>200家
        11:245 10次以上 matches by quote [26].sessions=≥10次
        11:270 700余人次 matches by quote [26].attendance_offline=>700人次
        11:278 2022年11月10日 matches by quote [27].occurred=2022-11-10
        11:290 12月28日 matches by quote [28].occurred=2022-12-28
        11:376 1000余人 matches by quote [29].attendance_online=>1000人
        12:4 2022年3月22日 matches by quote [30].occurred=2022-03-22
        12:15 6月29日 matches by quote [31].occurred=2022-06-29
        12:22 两次 matches by quote [32].sessions=2次
        12:35 90余人次 matches by quote [32].attendance_offline=>90人次
        12:118 2022年11月14日 matches by sentence [33].occurred=2022-11-14
        12:144 12人 matches by quote [33].attendance_offline=12人
        14:19 100% matches by quote [34].registration_rate=1（比率）!RATE_WITHOUT_BASE [34].attendance_rate=1（比率）!RATE_WITHOUT_BASE [34].pass_rate=1（比率）!RATE_WITHOUT_BASE
        14:30 99分 matches by quote [34].max_score=99分
        14:61 4名 matches by quote [35].officers_before=4名
        14:66 41名 matches by quote [35].officers_after=41名
        14:73 1025% matches by quote [35].growth_rate_stated=10.25（比率）!GROWTH_CONTRADICTS_BASE
        14:177 柳发〔2022〕2号 not_in_ledger by none 
        14:222 柳科通〔2020〕33号 matches by document [36].document_number=柳科通〔2020〕33号
        16:24 12份 matches by quote [37].documents_total=12份
        16:44 4份 matches by sentence [37].documents_city_issued=4份
        16:59 8份 matches by sentence [37].documents_bureau_normative=8份
        16:83 五份 matches by quote [38].decisions_total=5份
        16:96 四份 matches by quote [38].decisions_issued_or_passed=4份
        19:231 94项 matches by quote [40].major_projects=94项
        19:241 15.28亿元 matches by quote [40].rd_investment=15.28亿元
        19:254 134个 matches by quote [40].new_products=134个
        19:265 超150亿元 matches by quote [40].economic_benefit=>150亿元
        19:274 63家 matches by quote [41].gazelle_incubation=63家
        19:300 13家 matches by quote [41].gazelle_certified=13家
        19:306 900多家 matches by quote [41].sme_evaluated=>900家
        19:341 突破800家 matches by quote [41].high_tech_enterprises=>800家
        22:50 2名 matches by quote [43].legal_advisers=2名
        22:57 1名 matches by quote [43].public_lawyers=1名
        23:27 200余份 matches by quote [45].commitments=>200份
        23:43 120个 matches by quote [46].projects_total=120个
        23:70 106个 matches by quote [46].projects_acceptance=106个
        23:80 14个 matches by quote [46].projects_supervision=14个
        23:104 1375条 matches by quote [47].records_pushed=1375条
        23:125 140余条 matches by quote [48].records_submitted=>140条
        32:92 41名 matches by quote [51].officers=41名
    "#]].assert_eq(&lines(&answer));
    reports.server.terminate();
}

#[test]
fn a_changed_report_is_told_where_it_leaves_the_ledger() {
    let reports = Reports::new();
    let mut text = report();
    for (printed, changed) in [
        ("受训90余人次", "受训95人次"),
        ("线下参训700余人次", "线下参训750人次"),
        ("12人在城中区", "15人在城中区"),
        ("推送信息1375条", "推送信息1357条"),
        ("柳科通〔2020〕33号", "柳科通〔2020〕34号"),
        ("全面推行法律顾问", "发放手册3000余份，化解纠纷12件。全面推行法律顾问"),
    ] {
        assert!(text.contains(printed), "{printed}");
        text = text.replace(printed, changed);
    }
    let ran = reports.check(&reports.file(&text)).exits(1);
    assert!(ran.err.contains("不一致"), "{}", ran.err);
    let all = lines(&ran.json());
    let others: String = all
        .lines()
        .filter(|line| !line.contains(" matches "))
        .map(|line| format!("{line}\n"))
        .collect();
    expect![[r#"
        11:270 750人次 differs by quote [26].attendance_offline=>700人次
        12:35 95人次 differs by quote [32].attendance_offline=>90人次
        12:143 15人 differs by quote [33].attendance_offline=12人
        14:177 柳发〔2022〕2号 not_in_ledger by none 
        14:222 柳科通〔2020〕34号 not_in_ledger by none 
        22:5 3000余份 not_in_ledger by none 
        22:16 12件 not_in_ledger by none 
        23:104 1357条 differs by quote [47].records_pushed=1375条
    "#]]
    .assert_eq(&others);
    reports.server.terminate();
}

/// One change of the report each, and the figures that then differ, as printed.
const CHANGES: [(&str, &str, &[&str]); 19] = [
    (
        "政策4份，由市科技局规范性文件发文8份",
        "政策8份，由市科技局规范性文件发文4份",
        &["8份", "4份"],
    ),
    ("组织900多家", "组织800多家", &["800多家"]),
    ("突破800家", "突破900家", &["突破900家"]),
    ("顾问律师2名和公职律师1名", "顾问律师1名和公职律师2名", &["1名", "2名"]),
    ("106个验收类项目、14个督查", "14个验收类项目、106个督查", &["14个", "106个"]),
    ("从4名增长至41名", "从41名增长至4名", &["41名", "4名"]),
    ("任务五份，已印发或通过政府审议四份", "任务四份，已印发或通过政府审议五份", &["四份", "五份"]),
    ("120个项目", "121个项目", &["121个"]),
    ("任务五份", "任务6份", &["6份"]),
    ("增长至41名", "增长至42名", &["42名"]),
    ("均为：100%", "均为：98%", &["98%"]),
    ("3月22日", "3月23日", &["2022年3月23日"]),
    ("11月10日和12月28日", "11月10日和12月29日", &["12月29日"]),
    ("1375条", "９９９９条", &["９９９９条"]),
    ("1375条", "9999 条", &["9999 条"]),
    ("共计12人", "共计 13 人", &["13 人"]),
    ("1375条", "１３７５条", &[]),
    ("1375条", "1375 条", &[]),
    ("制度12份", "制度十二份", &[]),
];

#[test]
fn a_figure_answers_only_for_its_own_place_in_the_quoted_words() {
    let reports = Reports::new();
    let whole = report();
    for (from, to, differing) in CHANGES {
        assert_eq!(whole.matches(from).count(), 1, "{from}");
        let file = reports.file(&whole.replace(from, to));
        let ran = reports.check(&file).exits(i32::from(!differing.is_empty()));
        let answer = ran.json();
        let figures = answer["figures"].as_array().expect("figures");
        assert_eq!(figures.len(), 43, "{to}");
        let told = |verdict: &str| -> Vec<String> {
            let of = figures.iter().filter(|figure| figure["verdict"] == verdict);
            of.filter_map(|figure| figure["printed"].as_str().map(str::to_owned)).collect()
        };
        assert_eq!(told("differs"), differing, "{to}");
        assert_eq!(told("ambiguous"), Vec::<String>::new(), "{to}");
    }
    reports.server.terminate();
}

#[test]
fn a_report_that_cannot_be_read_is_no_report_without_faults() {
    let directory = directory();
    let file = directory.path().join("none.txt");
    let file = file.to_str().expect("UTF-8");
    let ran = run(["report", "check", file, "--organization", BUREAU, "--year", "2022"]).exits(66);
    assert!(ran.err.contains("none.txt"), "{}", ran.err);
}

#[test]
fn the_draft_is_filled_from_entries_and_says_what_is_missing() {
    let reports = Reports::new();
    let file = reports.directory.path().join("draft.md");
    let args = ["--rung", "claimed", "--out", file.to_str().expect("UTF-8")];
    reports.draft(&args).exits(0);
    let markdown = fs::read_to_string(&file).expect("the draft");
    let (body, foot) = markdown.split_once("\n---\n").expect("a foot");
    expect_file!["../../data/draft-2022.md"].assert_eq(body);
    let answer = reports.draft(&["--rung", "claimed", "--format", "json"]).exits(0).json();
    let basis = &answer["basis"];
    for key in ["rootHash", "treeSize", "asOfDate", "knownPosition"] {
        let value = basis[key].as_str().expect("a text");
        assert!(foot.contains(value), "{key} {value} is not in {foot}");
    }
    let rules = basis["ruleSets"][0]["digest"].as_str().expect("a digest");
    assert!(foot.contains(rules), "{foot}");
    let notes = answer["notes"].as_array().expect("notes");
    for note in notes {
        assert!(!note["entries"].as_array().expect("a list").is_empty(), "{note}");
    }
    assert_eq!(filled(&answer), notes.len(), "every slot has its note");
    // Nothing has been accepted, so nothing fills the official draft.
    let answer = reports.draft(&["--format", "json"]).exits(0).json();
    assert_eq!((filled(&answer), &answer["rung"]), (0, &"verified".into()));
    assert!(answer["notes"].as_array().expect("notes").is_empty());
    reports.server.terminate();
}

/// How many slots a draft fills.
fn filled(draft: &Value) -> usize {
    let sections = draft["sections"].as_array().expect("sections").iter();
    let paragraphs = sections.flat_map(|one| one["paragraphs"].as_array().expect("a list"));
    let runs = paragraphs.flat_map(|one| one.as_array().expect("runs"));
    runs.filter(|run| run["note"].is_number()).count()
}

#[test]
fn what_a_supervisor_accepted_fills_the_official_draft() {
    let reports = Reports::new();
    let event = pb::DutyEvent {
        event_id: id(1),
        organization_id: BUREAU.to_owned(),
        kind: pb::EventKind::Performed.into(),
        occurred: Some(pb::Occurred {
            precision: pb::DatePrecision::Day.into(),
            start_date: "2022-05-18".to_owned(),
            end_date: String::new(),
        }),
        accounting_year: 2022,
        title: "党组会专题研究法治政府建设".to_owned(),
        evidence: vec![pb::Evidence {
            kind: "meeting_minutes".to_owned(),
            document_number: "柳科党组〔2022〕8号".to_owned(),
            ..Default::default()
        }],
        details: Some(pb::duty_event::Details::PartyGroupDeliberation(Default::default())),
        ..Default::default()
    };
    let accept = pb::ReviewEventRequest {
        event_id: id(2),
        review: Some(pb::Review {
            target_event_id: id(1),
            verdict: pb::ReviewVerdict::Accepted.into(),
            verifier: VERIFIER.to_owned(),
            ..Default::default()
        }),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let position = runtime.block_on(async {
        let clients = Clients::connect(&reports.server.api).await;
        let appended = clients.events.clone().append_events(batch(vec![event])).await;
        let position = appended.expect("accepted").into_inner().position;
        clients.review.clone().review_event(accept).await.expect("reviewed");
        position
    });
    let url = reports.server.url();
    let draft = |known: &str| {
        let args =
            ["report", "draft", "--organization", BUREAU, "--year", "2022", "--known", known];
        let asked = ["--as-of", "2023-12-31", "--format", "json", "--server", &url];
        run(args.into_iter().chain(asked)).exits(0).json()
    };
    // Before the decision was known nothing was filled, and asking for then still says so.
    assert_eq!(filled(&draft(&position.to_string())), 0);
    let official = draft("0");
    let notes = official["notes"].as_array().expect("notes");
    assert_eq!(filled(&official), 1, "{notes:?}");
    assert_eq!(notes[0]["printed"], "1次");
    assert_eq!(notes[0]["entries"], serde_json::json!([position]));
    reports.server.terminate();
}

/// A finding of the year of the report.
fn finding(number: u128, sequence: u32) -> pb::OrderRectificationRequest {
    let order = pb::RectificationOrder {
        organization_id: BUREAU.to_owned(),
        accounting_year: 2022,
        text: "重大决策未经合法性审查即提交讨论".to_owned(),
        severity: pb::RectificationSeverity::Major.into(),
        source: pb::RectificationSource::Inspection.into(),
        owner_post_id: format!("{BUREAU}.government-head"),
        due_date: "2023-04-30".to_owned(),
        document_number: format!("柳法办〔2023〕{sequence}号"),
        issuer: VERIFIER.to_owned(),
        ..Default::default()
    };
    pb::OrderRectificationRequest { event_id: id(number), order: Some(order) }
}

#[test]
fn the_draft_tells_what_was_found_mended_closed_and_exempted() {
    let reports = Reports::new();
    let answer = |number: u128, target: u128| pb::AnswerRectificationRequest {
        event_id: id(number),
        answer: Some(pb::RectificationAnswer {
            target_event_id: id(target),
            text: "已补做合法性审查并修订议事规则".to_owned(),
            evidence: vec![document("柳科会〔2023〕3号")],
            answerer: "kjj-office".to_owned(),
        }),
    };
    let closing = pb::CloseRectificationRequest {
        event_id: id(15),
        closing: Some(pb::RectificationClosing {
            target_event_id: id(10),
            effect: pb::RectificationEffect::Effective.into(),
            remark: "已查验会议记录，规则得到执行".to_owned(),
            new_due_date: String::new(),
            closer: VERIFIER.to_owned(),
        }),
    };
    let exemption = |number: u128, accounting_year: i32| pb::GrantExemptionRequest {
        recorder: "zfb-office".to_owned(),
        event_id: id(number),
        exemption: Some(pb::Exemption {
            organization_id: BUREAU.to_owned(),
            duty_id: "court_appearance".to_owned(),
            accounting_year,
            reason: pb::ExemptionReason::ForceMajeure.into(),
            document_number: "柳法办〔2022〕8号".to_owned(),
            applicant: "kjj-office".to_owned(),
            approver: VERIFIER.to_owned(),
            ..Default::default()
        }),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let review = Clients::connect(&reports.server.api).await.review;
        for (number, sequence) in [(10, 6), (11, 7), (12, 7)] {
            let given = review.clone().order_rectification(finding(number, sequence)).await;
            given.expect("ordered");
        }
        for (number, target) in [(13, 10), (14, 11)] {
            let given = review.clone().answer_rectification(answer(number, target)).await;
            given.expect("answered");
        }
        review.clone().close_rectification(closing).await.expect("closed");
        for (number, year) in [(16, 2022), (17, 2023)] {
            review.clone().grant_exemption(exemption(number, year)).await.expect("exempted");
        }
    });
    let args = ["report", "draft", "--organization", BUREAU, "--year", "2022"];
    let asked = ["--as-of", "2023-12-31", "--server"];
    let url = reports.server.url();
    let drafted = run(args.into_iter().chain(asked).chain([url.as_str()])).exits(0).out;
    let told = drafted.lines().filter(|line| {
        line.starts_with("督察检查") || line.starts_with("经批准") || line.starts_with("[^")
    });
    expect![[r#"
        督察检查发现问题3个[^1]（柳法办〔2023〕6号、柳法办〔2023〕7号[^2]），已反馈整改2个[^3]、已销号1个[^4]，整改销号率33.33%[^5]。
        经批准免除事项1项[^6]（柳法办〔2022〕8号[^7]）。
        [^1]: 台账第 55、56、57 条
        [^2]: 台账第 55、56、57 条
        [^3]: 台账第 58、59 条
        [^4]: 台账第 60 条
        [^5]: 台账第 55、56、57、60 条
        [^6]: 台账第 61 条
        [^7]: 台账第 61 条"#]].assert_eq(&told.collect::<Vec<_>>().join("\n"));
    reports.server.terminate();
}
