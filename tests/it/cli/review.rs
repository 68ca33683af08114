//! `duty-ledger review`: what a supervisor decides stands in the ledger and in its list.

use super::import::seeded;
use crate::support::child::{Ran, Server, run};
use crate::support::directory;
use crate::support::events::{batch, id, meeting};
use crate::support::service::Clients;

fn review(server: &Server, args: &[&str]) -> Ran {
    asked(server, "review", args)
}

fn asked(server: &Server, command: &str, args: &[&str]) -> Ran {
    let url = server.url();
    run([command].into_iter().chain(args.iter().copied()).chain(["--server", url.as_str()]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_recorded_listed_and_taken_back() {
    let place = directory();
    let ledger = place.path().join("ledger");
    seeded(&ledger);
    let server = Server::start(&ledger);
    let clients = Clients::connect(&server.api).await;
    let mut events = clients.events.clone();
    events.append_events(batch(vec![meeting(1)])).await.expect("accepted");
    let event = id(1);
    let by = ["--by", "supervisor-1"];
    let about = |what: &'static str| [&[what, event.as_str()], &by[..]].concat();

    // Whoever recorded it does not decide, and a reservation says what it is.
    let recorder = crate::support::seed::RECORDER;
    let own = review(&server, &["accept", &event, "--by", recorder]).exits(1);
    assert!(own.err.contains("VERIFIER_IS_RECORDER"), "{own:?}");
    let bare = review(&server, &[&about("accept")[..], &["--quality", "c"]].concat()).exits(65);
    assert!(bare.err.contains("remark"), "{bare:?}");

    let reason = ["--reason", "会议纪要缺少签到表，请补充"];
    review(&server, &[&about("return")[..], &reason].concat()).exits(0);
    review(&server, &[&about("accept")[..], &["--quality", "a"]].concat()).exits(0);
    let document = ["--document", "柳法办〔2023〕9号"];
    let back = [&about("withdraw")[..], &reason, &document].concat();
    let receipt = review(&server, &[&back[..], &["--output", "json"]].concat()).exits(0).json();
    assert_ne!(receipt["position"], serde_json::Value::Null, "{receipt}");
    let again = review(&server, &back).exits(1);
    assert!(again.err.contains("EVENT_NOT_ACCEPTED"), "{again:?}");

    let listed = review(&server, &["list", &event]).exits(0);
    let verdicts: Vec<&str> =
        listed.out.lines().filter_map(|line| line.split(' ').nth(2)).collect();
    assert_eq!(verdicts, ["退回", "核定", "撤销核定"], "{listed:?}");
}

#[test]
fn an_exemption_is_granted_listed_and_ended() {
    let place = directory();
    let ledger = place.path().join("ledger");
    seeded(&ledger);
    let server = Server::start(&ledger);
    let exempt = |args: &[&str]| asked(&server, "exempt", args);
    let sheet = || {
        let args = ["450200-kjj", "--year", "2022", "--output", "json"];
        let sheet = asked(&server, "sheet", &args).exits(0).json();
        sheet["applicableWeight"].as_str().expect("a weight").to_owned()
    };
    let before = sheet();
    let grant = [
        "grant",
        "450200-kjj",
        "rule_of_law_debrief",
        "--year",
        "2022",
        "--reason",
        "force-majeure",
        "--document",
        "柳法办〔2023〕9号",
        "--applicant",
        "kjj-office",
        "--by",
        "registrar-1",
    ];
    let own = exempt(&[&grant[..], &["--approver", "kjj-office"]].concat()).exits(65);
    assert!(own.err.contains("APPROVER_IS_APPLICANT"), "{own:?}");
    let args = [&grant[..], &["--approver", "supervisor-1", "--output", "json"]].concat();
    let receipt = exempt(&args).exits(0).json();
    let exemption = receipt["eventId"].as_str().expect("an id");
    let listed = exempt(&["list", "--within", "450200"]).exits(0);
    assert!(listed.out.contains(exemption) && listed.out.contains("rule_of_law_debrief"));
    // The weight of the one duty leaves the denominator, and comes back.
    let number = |text: &str| text.parse::<f64>().expect("a number");
    assert!((number(&before) - number(&sheet()) - 12.0).abs() < 1e-9, "{before} {}", sheet());
    let revoke = [
        "revoke",
        exemption,
        "--from",
        "2022-01-01",
        "--reason",
        "免除事由已经消失，予以撤销",
        "--document",
        "柳法办〔2023〕10号",
        "--approver",
        "supervisor-1",
        "--by",
        "registrar-1",
    ];
    exempt(&revoke).exits(0);
    assert_eq!(sheet(), before);
}

#[test]
fn a_finding_is_ordered_answered_goes_on_and_is_closed() {
    let place = directory();
    let ledger = place.path().join("ledger");
    seeded(&ledger);
    let server = Server::start(&ledger);
    let rectify = |args: &[&str]| asked(&server, "rectify", args);
    let order = [
        "order",
        "450200-kjj",
        "--year",
        "2022",
        "--text",
        "重大决策未经合法性审查即提交讨论",
        "--severity",
        "major",
        "--source",
        "inspection",
        "--owner-post",
        "450200-kjj.government-head",
        "--due",
        "2030-04-30",
        "--document",
        "柳法办〔2023〕6号",
        "--by",
        "supervisor-1",
        "--output",
        "json",
    ];
    let receipt = rectify(&order).exits(0).json();
    let finding = receipt["eventId"].as_str().expect("an id");
    let close =
        ["close", finding, "--by", "supervisor-1", "--remark", "已查验会议记录，规则得到执行"];
    let early = rectify(&close).exits(1);
    assert!(early.err.contains("RECTIFICATION_OUT_OF_ORDER"), "{early:?}");
    let answer = [
        "answer",
        finding,
        "--text",
        "已补做合法性审查并修订议事规则",
        "--document",
        "柳科会〔2023〕3号",
        "--by",
        "kjj-office",
    ];
    rectify(&answer).exits(0);
    rectify(&[&close[..], &["--not-effective-until", "2030-06-30"]].concat()).exits(0);
    let open = rectify(&["list", "--within", "450200", "--year", "2022"]).exits(0);
    assert!(open.out.contains("待整改 450200-kjj") && open.out.contains("2030-06-30"), "{open:?}");
    rectify(&answer).exits(0);
    rectify(&close).exits(0);
    let closed = rectify(&["list", "--lang", "en"]).exits(0);
    assert!(
        closed.out.contains("open/overdue/answered/closed 0/0/0/1 · closed share 1"),
        "{closed:?}"
    );
}
