//! `duty-ledger review`: what a supervisor decides stands in the ledger and in its list.

use super::import::seeded;
use crate::support::child::{Ran, Server, run};
use crate::support::directory;
use crate::support::events::{batch, id, meeting};
use crate::support::service::Clients;

fn review(server: &Server, args: &[&str]) -> Ran {
    let url = server.url();
    run(["review"].into_iter().chain(args.iter().copied()).chain(["--server", url.as_str()]))
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
