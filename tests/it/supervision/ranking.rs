//! `RankOrganizations`, `RollUp` and `GetTrend`, and the commands over them, on the demo.

use tonic::Code;

use super::*;
use crate::support::refusal::check;
use crate::support::seed::{BUREAU, CITY, selector};

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_is_ranked_rolled_up_and_followed_by_months() {
    let directory = directory();
    let server = demo(&directory);
    let mut client = client(&server.api).await;
    let ask = pb::RankOrganizationsRequest {
        selector: Some(selector("2023-12-31")),
        rung: pb::EvidenceRung::Claimed.into(),
        ..Default::default()
    };
    let ranked = client.rank_organizations(ask.clone()).await.expect("an answer").into_inner();
    // A city and a department are not of one class: each is ranked alone.
    let alone: Vec<_> = ranked
        .classes
        .iter()
        .flat_map(|class| &class.ranked)
        .map(|row| (row.organization_id.as_str(), row.rank, row.comparison()))
        .collect();
    let first_year = pb::RankComparison::NoRuleSet;
    assert_eq!(alone, [(CITY, 1, first_year), (BUREAU, 1, first_year)]);
    // The bureau's claimed score, as the sheet and the demo's table show it.
    assert_eq!(ranked.classes[1].mean, "64.13");
    assert!(ranked.formula_zh.contains("1、2、2、4") && ranked.formula_en.contains("half-up"));
    let bad = pb::RankOrganizationsRequest { filter: "duty_id = x".to_owned(), ..ask };
    let answer = client.rank_organizations(bad).await;
    check("filter", answer, Code::InvalidArgument, "FILTER_INVALID", "filter");

    let ask = pb::RollUpRequest {
        selector: Some(selector("2023-12-31")),
        depth: 1,
        ..Default::default()
    };
    let rolled = client.roll_up(ask.clone()).await.expect("an answer").into_inner();
    let [city, bureau] = &rolled.nodes[..] else { panic!("{:#?}", rolled.nodes) };
    assert_eq!(city.counted_organization_ids, [CITY, BUREAU]);
    assert_eq!(bureau.counted_organization_ids, [BUREAU]);
    assert_eq!(bureau.means[0].score, "64.13");
    let states: i32 = city.statuses.iter().map(|count| count.count).sum();
    assert_eq!(states, 64, "two organizations of 32 duties");
    for depth in [-1, 9] {
        let answer = client.roll_up(pb::RollUpRequest { depth, ..ask.clone() }).await;
        check("depth", answer, Code::InvalidArgument, "FIELD_OUT_OF_RANGE", "depth");
    }

    let ask = pb::GetTrendRequest {
        selector: Some(selector("2023-12-31")),
        within_organization_id: BUREAU.to_owned(),
        knowledge: pb::TrendKnowledge::Now.into(),
    };
    let trend = client.get_trend(ask.clone()).await.expect("an answer").into_inner();
    assert_eq!(trend.points.len(), 24);
    assert_eq!(trend.points[23].means[0].score, "64.13");
    // The report was recorded long after 2022: nothing was known then.
    let then = pb::GetTrendRequest { knowledge: pb::TrendKnowledge::Then.into(), ..ask };
    let then = client.get_trend(then).await.expect("an answer").into_inner();
    assert!(then.points.iter().all(|point| point.known_position == 0 && point.means.is_empty()));

    let url = server.url();
    for (command, rest, parts) in [
        ("rank", &["--rung", "claimed"][..], &["64.13", "名次 = 1 +", "上年无规则集"][..]),
        ("rollup", &[], &["柳州市科学技术局", "64.13"]),
        ("trend", &["--as-known-now"], &["2022-02-28", "2023-12-31"]),
        ("trend", &[], &["当时尚无台账"]),
    ] {
        let ran = run(on_the_demo(&url, command, rest)).exits(0);
        for part in parts {
            assert!(ran.out.contains(part), "{part} is not in {}", ran.out);
        }
    }
    server.terminate();
}
