//! `ListExceptions` and `duty-ledger exceptions`, on the demo.

use tonic::Code;

use super::*;
use crate::support::refusal::check;
use crate::support::seed::{BUREAU, selector};

#[tokio::test(flavor = "multi_thread")]
async fn the_real_report_has_its_exceptions() {
    let directory = directory();
    let server = demo(&directory);
    let mut client = client(&server.api).await;
    let ask = pb::ListExceptionsRequest {
        selector: Some(selector("2023-12-31")),
        within_organization_id: BUREAU.to_owned(),
        ..Default::default()
    };
    let whole = client.list_exceptions(ask.clone()).await.expect("an answer").into_inner();
    assert_eq!(whole.rules.len(), 8);
    let counted: i32 = whole.rules.iter().map(|rule| rule.count).sum();
    assert_eq!(counted, whole.total_size);
    // 4 officers to 41 are 925 per cent more, and the report says 1025.
    let differs = pb::ExceptionKind::StatedDiffers;
    let growth = whole.exceptions.iter().find(|exception| exception.kind() == differs);
    let growth = growth.expect("the report contradicts itself");
    assert!(growth.text_zh.contains("1025%") && growth.text_zh.contains("925%"), "{growth:?}");
    assert_eq!(growth.organization_ids, [BUREAU]);
    // The report was recorded years after: every event known to the end is 补录.
    assert!(0 < whole.rules[0].count, "{:?}", whole.rules[0]);

    // One kind alone, in pages.
    let kinds = vec![pb::ExceptionKind::LateEntry.into()];
    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let kinds = kinds.clone();
        let request = pb::ListExceptionsRequest { kinds, page_size: 3, page_token, ..ask.clone() };
        let page = client.list_exceptions(request).await.expect("an answer").into_inner();
        assert_eq!(page.total_size, whole.rules[0].count);
        rows.extend(page.exceptions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let late = whole.exceptions.iter().filter(|of| of.kind() == pb::ExceptionKind::LateEntry);
    assert_eq!(rows, late.cloned().collect::<Vec<_>>());

    let bad = pb::ListExceptionsRequest { kinds: vec![99], ..ask };
    let answer = client.list_exceptions(bad).await;
    check("kinds", answer, Code::InvalidArgument, "ENUM_UNKNOWN", "kinds");

    let url = server.url();
    let ran = run(on_the_demo(&url, "exceptions", &[])).exits(0);
    for part in ["计算不符", "1025%", "补录", "数字过整"] {
        assert!(ran.out.contains(part), "{part} is not in {}", ran.out);
    }
    server.terminate();
}
