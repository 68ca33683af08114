//! A supervised year from notice to reopening by the commands of the binary, over the 2022 report
//! and a clock that the test moves; and what the municipal system is sent.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::child::{Ran, run};
use crate::support::clock::TestClock;
use crate::support::events::id;
use crate::support::seed::{self, BUREAU, CITY, OTHER_BUREAU};
use crate::support::service::Service;
use crate::support::{directory, repository};

const NOTICE: &str = "柳法办〔2023〕5号";
const WHY: &str = "核对原始材料后作出本决定";

/// The commands against a service.
struct Desk {
    url: String,
}

impl Desk {
    fn of(service: &Service) -> Self {
        Self { url: format!("http://{}", service.api()) }
    }

    fn run(&self, args: &[&str]) -> Ran {
        run(args.iter().copied().chain(["--server", self.url.as_str()]))
    }

    /// A step of the bureau's 2022.
    fn year(&self, step: &str, by: &str, args: &[&str]) -> Ran {
        let about = ["year", step, BUREAU, "--year", "2022", "--by", by, "--output", "json"];
        self.run(&[&about[..], args].concat())
    }

    /// A step that is refused for a reason.
    #[track_caller]
    fn refused(&self, step: &str, by: &str, args: &[&str], reason: &str) {
        let ran = self.year(step, by, args).exits(1);
        assert!(ran.err.contains(reason), "{ran:?}");
    }

    fn sheet(&self, args: &[&str]) -> Value {
        let about = ["sheet", BUREAU, "--year", "2022", "--output", "json"];
        self.run(&[&about[..], args].concat()).exits(0).json()
    }

    fn import(&self, file: &Path, recorder: &str) -> Ran {
        let file = file.to_str().expect("UTF-8");
        self.run(&["import", file, "--organization", BUREAU, "--recorder", recorder])
    }
}

/// The part of a sheet that a seal keeps.
fn kept(mut sheet: Value) -> Value {
    let parts = sheet.as_object_mut().expect("an object");
    parts.remove("standing");
    parts.remove("differences");
    sheet
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_year_goes_from_notice_to_reopening_by_command() {
    let place = directory();
    let (ledger, work) = (place.path().join("ledger"), place.path().join("work"));
    fs::create_dir(&work).expect("created");
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
    let service = Service::at(&ledger, Arc::new(clock.clone())).await;
    seed::all(&service.clients).await;
    let desk = Desk::of(&service);
    let report = work.join("events-2022.json");
    fs::copy(repository().join("data/demo/events-2022.json"), &report).expect("copied");
    desk.import(&report, "kjj-office").exits(0);

    // Notice, by somebody who recorded nothing of it.
    let notice = ["--document", NOTICE, "--as-of", "2023-07-01"];
    desk.refused("publish", "kjj-office", &notice, "ACTOR_IS_INTERESTED");
    let published = desk.year("publish", "zfb-clerk", &notice).exits(0).json();
    assert_eq!(published["noticeEndDate"], "2023-07-10");
    let before = desk.sheet(&[]);

    // An appeal, one more term, and a decision that changes the result.
    let arguments =
        ["--arguments", "专题工作会已召开，纪要已补充提交", "--evidence", "柳科会〔2022〕7号"];
    let appealed = desk.year("appeal", "kjj-appellant", &arguments).exits(0).json();
    let appeal = appealed["appeals"][0]["position"].as_str().expect("a position").to_owned();
    let about = ["--appeal", appeal.as_str(), "--reason", WHY];
    let extended = desk.year("extend", "zfb-decider", &about).exits(0).json();
    assert_eq!(extended["appeals"][0]["decisionDueDate"], "2023-08-14");
    clock.set("2023-08-15T09:00:00+08:00");
    let list = ["year", "list", "--year", "2022", "--as-of", "2023-08-15", "--waiting"];
    let waiting = desk.run(&[&list[..], &["--output", "json"]].concat()).exits(0).json();
    let rows = waiting["years"].as_array().expect("rows");
    assert_eq!((rows.len(), &rows[0]["overdue"]), (1, &json!(true)), "{waiting}");
    assert_eq!((&waiting["open"], &waiting["published"]), (&json!(2), &json!(1)));
    let decided = ["--document", "柳法办〔2023〕6号", "--upheld", "--bonus", "1.5"];
    let office = ["--office", OTHER_BUREAU];
    let decision = [&about[..], &decided, &office].concat();
    let decided = desk.year("decide", "zfb-decider", &decision).exits(0).json();
    assert_eq!(decided["appeals"][0]["furtherReviewEndDate"], "2023-08-22");
    assert_eq!(decided["appeals"][0]["decidedLate"], json!(true), "a day after its term");

    // The second and last instance, elsewhere.
    desk.refused("seal", "zfb-sealer", &notice, "FURTHER_REVIEW_TERM_RUNNING");
    let request = ["--appeal", appeal.as_str(), "--arguments", "决定未采纳已提交的会议纪要"];
    desk.year("request-review", "kjj-appellant", &request).exits(0);
    let review = [&about[..], &["--document", "柳政复〔2023〕2号", "--upheld"]].concat();
    let review = [&review[..], &["--bonus", "0.5"]].concat();
    let same = [&review[..], &office].concat();
    desk.refused("decide-review", "gov-reviewer", &same, "FURTHER_REVIEW_OFFICE");
    let higher = [&review[..], &["--office", CITY]].concat();
    desk.refused("decide-review", "zfb-decider", &higher, "ACTOR_IS_INTERESTED");
    desk.refused("seal", "zfb-sealer", &notice, "FURTHER_REVIEW_UNDECIDED");
    desk.year("decide-review", "gov-reviewer", &higher).exits(0);
    let shown = desk.run(&["year", "status", BUREAU, "--year", "2022"]).exits(0);
    assert!(shown.out.contains("支持（逾期作出） · 期限 2023-08-14"), "{shown:?}");
    let review = shown.out.lines().find(|line| line.starts_with("复核"));
    assert!(review.is_some_and(|line| line.contains("支持 · ")), "{shown:?}");
    let score = |sheet: &Value| -> f64 {
        sheet["finalScore"].as_str().and_then(|score| score.parse().ok()).expect("a score")
    };
    let as_of = desk.sheet(&["--as-of", "2023-07-01"]);
    assert!((score(&as_of) - score(&before) - 2.0).abs() < 1e-9, "{as_of} {before}");

    // Sealed. What comes later stands beside it.
    desk.year("seal", "zfb-sealer", &notice).exits(0);
    let sealed = desk.sheet(&[]);
    assert_eq!((&sealed["isSealed"], score(&sealed)), (&json!(true), score(&as_of)));
    let at = sealed["standing"]["sealedPosition"].as_str().expect("a position").to_owned();
    let late = json!({
        "eventId": id(1),
        "organizationId": BUREAU,
        "kind": "EVENT_KIND_PERFORMED",
        "occurred": { "precision": "DATE_PRECISION_DAY", "startDate": "2022-05-18" },
        "accountingYear": 2022,
        "title": "法治政府建设专题工作会",
        "evidence": [{ "kind": "meeting_minutes", "documentNumber": "柳科会〔2022〕7号" }],
        "specialWorkMeeting": { "venue": "三楼会议室" },
    });
    let lines = work.join("late.jsonl");
    fs::write(&lines, format!("{late}\n")).expect("written");
    desk.import(&lines, "kjj-office").exits(0);
    let later = desk.sheet(&[]);
    let behind = later["differences"].as_array().expect("differences");
    let meeting = |line: &Value| line["dutyId"] == "rule_of_law_work_meeting";
    assert!(behind.iter().any(meeting), "{behind:?}");
    assert_eq!(kept(later), kept(sealed.clone()), "a sealed sheet does not move");

    // What the municipal system is sent: whole, with the proof of the seal.
    let out = work.join("sheets.jsonl");
    let path = out.to_str().expect("UTF-8");
    let receipts = work.join("receipts");
    let receipts_path = receipts.to_str().expect("UTF-8");
    let export = ["sheets", "--year", "2022", "--as-of", "2023-07-01", "--out", path];
    desk.run(&[&export[..], &["--receipts", receipts_path]].concat()).exits(0);
    let text = fs::read(&out).expect("written");
    let lines: Vec<Value> = String::from_utf8_lossy(&text)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 4, "three sheets and the end");
    assert_eq!(lines[3]["end"]["sheetCount"], 3);
    let bureau = lines.iter().find(|line| line["sheet"]["organizationId"] == BUREAU);
    let exported = bureau.expect("the bureau's sheet")["sheet"].clone();
    assert_eq!(kept(exported), kept(sealed.clone()));
    let manifest = fs::read(work.join("sheets.jsonl.manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&manifest).expect("JSON");
    assert_eq!(manifest["sha256"], sha256(&text));
    // As the manifest says that anybody may check it.
    let digests = lines.iter().filter_map(|line| line["sheet"]["digest"].as_str());
    let digests: String = digests.flat_map(|digest| [digest, "\n"]).collect();
    assert_eq!(manifest["sheetsDigest"], sha256(digests.as_bytes()));
    assert_eq!(manifest["sheetsDigest"], lines[3]["end"]["digest"]);
    // What is not whole leaves nothing behind.
    let nothing = work.join("nothing.jsonl");
    let path = nothing.to_str().expect("UTF-8");
    desk.run(&["sheets", "--year", "2022", "--within", "nowhere", "--out", path]).exits(1);
    assert!(!nothing.exists() && !work.join("nothing.jsonl.part").exists());
    assert_eq!(manifest["seals"][0]["organizationId"], BUREAU);
    assert!(manifest["checkpoint"].as_str().expect("a note").contains("— "), "{manifest}");
    let keys = work.join("keys");
    let directory = ledger.to_str().expect("UTF-8");
    let public = run(["keys", "--data-dir", directory]).exits(0);
    let vkeys: Vec<_> = public.out.lines().take(2).collect();
    fs::write(&keys, vkeys.join("\n") + "\n").expect("written");
    let [receipt, entry] = ["tlog-proof", "entry"].map(|ending| {
        let path = receipts.join(format!("{BUREAU}-{at}.{ending}"));
        path.to_str().expect("UTF-8").to_owned()
    });
    let keys = keys.to_str().expect("UTF-8");
    run(["verify-receipt", &receipt, "--entry", &entry, "--vkey-file", keys]).exits(0);
    let csv = ["sheets", "--year", "2022", "--as-of", "2023-07-01", "--format", "csv"];
    let csv = desk.run(&csv).exits(0);
    let digest = sealed["digest"].as_str().expect("a digest");
    let row = csv.out.lines().find(|line| line.starts_with(&format!("{BUREAU},2022,2023-07-01,")));
    assert!(
        row.is_some_and(|row| row.contains(",sealed,true,") && row.contains(digest)),
        "{csv:?}"
    );

    // The same after a restart, which reads every step again.
    service.stop().await;
    let service = Service::at(&ledger, Arc::new(clock.clone())).await;
    let desk = Desk::of(&service);
    assert_eq!(kept(desk.sheet(&[])), kept(sealed.clone()), "replay equals live");
    let again = work.join("again.jsonl");
    let path = again.to_str().expect("UTF-8");
    let known = lines[0]["sheet"]["basis"]["knownPosition"].as_str().expect("a position");
    let export = ["sheets", "--year", "2022", "--as-of", "2023-07-01", "--out", path];
    desk.run(&[&export[..], &["--known", known]].concat()).exits(0);
    let bytes = fs::read(&again).expect("written");
    let sheets = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).into_owned();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.map(|line| line["sheet"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(sheets(&bytes), sheets(&text), "known then, known now");

    // Reopened by decision, never one's own; what was known at the seal stays.
    let reopening = ["--document", "柳法办〔2023〕9号", "--reason", WHY, "--approver", "zfb-head"];
    let own = desk.year("reopen", "zfb-head", &reopening).exits(65);
    assert!(own.err.contains("APPROVER_IS_RECORDER"), "{own:?}");
    let reopened = desk.year("reopen", "zfb-clerk", &reopening).exits(0).json();
    let opened = reopened["reopenedPosition"].as_str().expect("a position");
    for (language, sealed, open) in
        [("zh", "曾封存于", "启封于"), ("en", "was sealed at", "reopened at")]
    {
        let status = ["year", "status", BUREAU, "--year", "2022", "--lang", language];
        let shown = desk.run(&status).exits(0);
        let lines: Vec<_> = shown.out.lines().collect();
        let [.., before, last] = &lines[..] else { panic!("{shown:?}") };
        assert!(before.starts_with(&format!("{sealed} {at} ")), "{shown:?}");
        assert_eq!(*last, format!("{open} {opened}"));
    }
    let open = desk.sheet(&["--as-of", "2023-07-01"]);
    assert_ne!(open["isSealed"], json!(true));
    assert!(score(&sealed) < score(&open), "the late entry counts once it is open again");
    assert_eq!(kept(desk.sheet(&["--known", &at])), kept(sealed));
    let listed = desk.run(&["year", "list", "--year", "2022", "--lang", "en"]).exits(0);
    assert!(listed.out.contains("open/published/sealed 3/0/0"), "{listed:?}");
    service.stop().await;
}
