//! `ListDeadlines` and `duty-ledger deadlines`, on the demo.

use tonic::Code;

use super::*;
use crate::support::refusal::check;
use crate::support::seed::{BUREAU, selector};

#[tokio::test(flavor = "multi_thread")]
async fn pages_cut_the_list_without_loss_and_a_bad_filter_is_refused() {
    let directory = directory();
    let server = demo(&directory);
    let mut client = client(&server.api).await;
    let ask = pb::ListDeadlinesRequest {
        selector: Some(selector("2022-12-20")),
        within_organization_id: BUREAU.to_owned(),
        filter: "duty.category = core".to_owned(),
        ..Default::default()
    };
    let whole = client.list_deadlines(ask.clone()).await.expect("an answer").into_inner();
    assert_eq!(whole.next_page_token, "");
    // 2022-12-31 is 11 days after 2022-12-20, the debrief is due on 2023-06-30.
    let meeting = whole
        .deadlines
        .iter()
        .find(|row| {
            row.obligation.as_ref().is_some_and(|o| o.duty_id == "rule_of_law_work_meeting")
        })
        .expect("claimed is not done");
    assert_eq!((meeting.days_left, meeting.bucket()), (11, pb::DeadlineBucket::Within15));
    let counted: i32 = whole.counts.iter().map(|count| count.count).sum();
    assert_eq!(counted, whole.total_size);

    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListDeadlinesRequest { page_size: 2, page_token, ..ask.clone() };
        let page = client.list_deadlines(request).await.expect("an answer").into_inner();
        assert_eq!((&page.basis, &page.counts), (&whole.basis, &whole.counts));
        rows.extend(page.deadlines);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(rows, whole.deadlines);

    let bad = pb::ListDeadlinesRequest { filter: "bucket = soon".to_owned(), ..ask.clone() };
    let answer = client.list_deadlines(bad).await;
    check("filter", answer, Code::InvalidArgument, "FILTER_INVALID", "filter");
    let bad = pb::ListDeadlinesRequest { order_by: "nothing".to_owned(), ..ask };
    let answer = client.list_deadlines(bad).await;
    check("order", answer, Code::InvalidArgument, "FILTER_INVALID", "order_by");

    let url = server.url();
    let ran = run(on_the_demo(&url, "deadlines", &["--filter", "bucket = overdue"])).exits(0);
    for part in ["已逾期", "领导述法", "2023-06-30", "p-kjj-01"] {
        assert!(ran.out.contains(part), "{part} is not in {}", ran.out);
    }
    server.terminate();
}
