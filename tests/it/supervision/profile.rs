//! `GetOrganizationProfile` and `duty-ledger profile`, on the demo.

use tonic::Code;

use super::*;
use crate::support::refusal::check;
use crate::support::seed::{BUREAU, selector};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_one_dated_line() {
    let directory = directory();
    let server = demo(&directory);
    let mut client = client(&server.api).await;
    let ask = pb::GetOrganizationProfileRequest {
        organization_id: BUREAU.to_owned(),
        selector: Some(selector("2023-12-31")),
        ..Default::default()
    };
    let whole = client.get_organization_profile(ask.clone()).await.expect("an answer").into_inner();
    assert!(whole.points.is_sorted_by(|a, b| a.date <= b.date), "{:#?}", whole.points);
    assert_eq!(whole.scores[0].score, "64.13");
    let states: i32 = whole.statuses.iter().map(|count| count.count).sum();
    assert_eq!(states, 32);
    // 旁听庭审 of 14 November, known to the day.
    let hearing = whole.points.iter().find(|point| point.event_type == "court_hearing_observation");
    let hearing = hearing.expect("an event");
    assert_eq!((hearing.date.as_str(), hearing.by_recording), ("2022-11-14", false));
    assert!(hearing.is_current && !hearing.title.is_empty());
    let deadline = pb::ProfilePointKind::Deadline;
    let due = whole.points.iter().filter(|point| point.kind() == deadline && point.position == 0);
    assert!(due.clone().any(|point| point.date == "2023-06-30"), "the debrief falls due");

    let mut rows = Vec::new();
    let mut page_token = String::new();
    loop {
        let request =
            pb::GetOrganizationProfileRequest { page_size: 10, page_token, ..ask.clone() };
        let page = client.get_organization_profile(request).await.expect("a page").into_inner();
        assert_eq!((page.total_size, &page.basis), (whole.total_size, &whole.basis));
        rows.extend(page.points);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(rows, whole.points);

    let nobody = pb::GetOrganizationProfileRequest { organization_id: "nobody".into(), ..ask };
    let answer = client.get_organization_profile(nobody).await;
    check("nobody", answer, Code::NotFound, "REFERENCE_UNKNOWN", "organization_id");

    let url = server.url();
    let ran = run(on_the_demo(&url, "profile", &[BUREAU])).exits(0);
    for part in ["柳州市科学技术局", "2022-11-14", "期限", "rule_of_law_debrief year"] {
        assert!(ran.out.contains(part), "{part} is not in {}", ran.out);
    }
    server.terminate();
}
