//! What stands beside a sealed year: live figures that say which result is sealed, and figures of a
//! scope in which the sealed result counts.

use pb::supervision_service_client::SupervisionServiceClient;
use prost::Message as _;
use tonic::transport::Channel;

use super::*;
use crate::support::child::{Ran, run};
use crate::support::seed::LEADER;

/// What the views say of a question, each as an answer of its own.
struct Told {
    organization: pb::GetOrganizationComplianceResponse,
    leader: pb::GetLeaderComplianceResponse,
    matrix: pb::QueryComplianceResponse,
    explained: pb::ExplainObligationResponse,
    profile: pb::GetOrganizationProfileResponse,
    coverage: pb::GetDebriefCoverageResponse,
    rolled: pb::RollUpResponse,
    trend: pb::GetTrendResponse,
}

impl Told {
    /// The sealed results told of, one list a view.
    fn seals(&self) -> [Vec<pb::SealedYear>; 6] {
        [
            self.organization.sealed.iter().cloned().collect(),
            self.leader.sealed.clone(),
            self.matrix.sealed.clone(),
            self.explained.sealed.iter().cloned().collect(),
            self.profile.sealed.iter().cloned().collect(),
            self.coverage.sealed.clone(),
        ]
    }

    fn bytes(&self) -> [Vec<u8>; 8] {
        [
            self.organization.encode_to_vec(),
            self.leader.encode_to_vec(),
            self.matrix.encode_to_vec(),
            self.explained.encode_to_vec(),
            self.profile.encode_to_vec(),
            self.coverage.encode_to_vec(),
            self.rolled.encode_to_vec(),
            self.trend.encode_to_vec(),
        ]
    }
}

async fn ask(service: &Service, as_of: &str, known: u64) -> Told {
    let selector = || Some(pb::ViewSelector { known_position: known, ..seed::selector(as_of) });
    let mut compliance = service.clients.compliance.clone();
    let url = format!("http://{}", service.api());
    let channel = Channel::from_shared(url).expect("an address").connect().await.expect("there");
    let mut supervision = SupervisionServiceClient::new(channel);
    let organization_id = || BUREAU.to_owned();
    let organization = pb::GetOrganizationComplianceRequest {
        organization_id: organization_id(),
        selector: selector(),
    };
    let leader =
        pb::GetLeaderComplianceRequest { person_id: LEADER.to_owned(), selector: selector() };
    let matrix = pb::QueryComplianceRequest { selector: selector(), ..Default::default() };
    let explained = pb::ExplainObligationRequest {
        organization_id: organization_id(),
        duty_id: "rule_of_law_work_meeting".to_owned(),
        selector: selector(),
        ..Default::default()
    };
    let profile = pb::GetOrganizationProfileRequest {
        organization_id: organization_id(),
        selector: selector(),
        ..Default::default()
    };
    let coverage = pb::GetDebriefCoverageRequest { selector: selector(), ..Default::default() };
    let rolled = pb::RollUpRequest { selector: selector(), depth: 1, ..Default::default() };
    let trend = pb::GetTrendRequest {
        selector: selector(),
        within_organization_id: organization_id(),
        knowledge: pb::TrendKnowledge::Now.into(),
    };
    Told {
        organization: compliance
            .get_organization_compliance(organization)
            .await
            .expect("a view")
            .into_inner(),
        leader: compliance.get_leader_compliance(leader).await.expect("a card").into_inner(),
        matrix: compliance.query_compliance(matrix).await.expect("a matrix").into_inner(),
        explained: compliance.explain_obligation(explained).await.expect("why").into_inner(),
        profile: supervision
            .get_organization_profile(profile)
            .await
            .expect("a profile")
            .into_inner(),
        coverage: supervision
            .get_debrief_coverage(coverage)
            .await
            .expect("a coverage")
            .into_inner(),
        rolled: supervision.roll_up(rolled).await.expect("a tree").into_inner(),
        trend: supervision.get_trend(trend).await.expect("a trend").into_inner(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn live_figures_say_what_is_sealed_and_a_scope_counts_it() {
    let directory = directory();
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
    let service = begun(directory.path(), &clock).await;
    let clients = service.clients.clone();
    let mut year = clients.evaluation.clone();
    let published = year.publish_year(publication(1000, "zfb-clerk")).await.expect("published");
    let at = published.into_inner().receipt.expect("a receipt").position;
    let adjustment = pb::YearAdjustment {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        recorder: "zfb-clerk".to_owned(),
        adjustment: Some(bonus("1.5")),
    };
    let request = pb::AdjustScoreRequest { event_id: id(1001), adjustment: Some(adjustment) };
    year.adjust_score(request).await.expect("taken");
    clock.set("2023-07-11T09:00:00+08:00");
    let before = [("2023-07-01", at), ("2023-07-11", at)];
    let mut saved = Vec::new();
    for (as_of, known) in before {
        saved.push(ask(&service, as_of, known).await);
    }
    year.seal_year(seal(1002, "zfb-sealer")).await.expect("sealed");
    let sealed = sheet(&clients, 0).await;
    let seal_at = sealed.standing.as_ref().expect("a standing").sealed_position;
    // Late entries: live figures move, the sealed result does not.
    clients
        .events
        .clone()
        .append_events(batch([12, 13, 14].map(meeting).to_vec()))
        .await
        .expect("taken");

    for as_of in ["", "2023-07-01", "2023-07-11"] {
        let told = ask(&service, as_of, 0).await;
        for seals in told.seals() {
            let [seal] = &seals[..] else { panic!("{as_of}: {seals:?}") };
            assert_eq!((&*seal.organization_id, seal.year), (BUREAU, 2022));
            assert_eq!((seal.position, &*seal.as_of_date), (seal_at, "2023-07-01"));
            assert_eq!((&seal.final_score, &seal.grade), (&sealed.final_score, &sealed.grade));
            assert_eq!((&seal.sheet_digest, &*seal.document_number), (&sealed.digest, NOTICE));
        }
        assert_ne!(told.organization.scores, sealed.scores, "the view goes on");
        let [city, bureau, other] = [CITY, BUREAU, OTHER_BUREAU].map(|id| {
            let mut nodes = told.rolled.nodes.iter();
            nodes.find(|node| node.organization_id == id).expect("a node")
        });
        assert_eq!(city.sealed_organization_ids, [BUREAU]);
        assert!(other.sealed_organization_ids.is_empty());
        let scores: Vec<_> = sealed.scores.iter().map(|score| &score.score).collect();
        let means = |means: &[pb::RungMean]| {
            means.iter().map(|mean| mean.score.clone()).collect::<Vec<_>>()
        };
        assert_eq!(means(&bureau.means).iter().collect::<Vec<_>>(), scores);
        let states: i32 = bureau.statuses.iter().map(|count| count.count).sum();
        assert_eq!(states, i32::try_from(sealed.lines.len()).expect("a few"));
        let last = told.trend.points.last().expect("a point");
        assert_eq!((last.sealed, means(&last.means)), (1, means(&bureau.means)));
        assert_eq!(told.trend.points[11].sealed, 0, "the end of the year came before");
        // The same question, as the answer says it, has the same sheet and the same answer.
        let basis = told.organization.basis.as_ref().expect("a basis");
        let again = ask(&service, &basis.as_of_date, basis.known_position).await;
        assert_eq!(again.bytes(), told.bytes());
        let request = pb::GetScoreSheetRequest {
            organization_id: BUREAU.to_owned(),
            selector: Some(seed::selector(as_of)),
        };
        let asked = year.get_score_sheet(request).await.expect("a sheet").into_inner();
        assert_eq!(kept(&asked), kept(&sealed), "{as_of}");
    }
    // What was known before the seal, and the day before the one sealed, know of none.
    for ((as_of, known), saved) in before.into_iter().zip(&saved) {
        assert_eq!(ask(&service, as_of, known).await.bytes(), saved.bytes(), "{as_of}");
    }
    let day_before = ask(&service, "2023-06-30", 0).await;
    assert!(day_before.seals().iter().all(Vec::is_empty));
    assert!(day_before.rolled.nodes.iter().all(|node| node.sealed_organization_ids.is_empty()));

    commands(&service, &sealed, directory.path());
    // Opened again, the live figures stand alone.
    year.reopen_year(reopening(1003, "zfb-head")).await.expect("reopened");
    let open = ask(&service, "", 0).await;
    assert!(open.seals().iter().all(Vec::is_empty));
    assert_eq!(open.trend.points.last().expect("a point").sealed, 0);
    service.stop().await;
}

/// What the commands show of it.
fn commands(service: &Service, sealed: &pb::GetScoreSheetResponse, directory: &std::path::Path) {
    let url = format!("http://{}", service.api());
    let run = |args: &[&str]| -> Ran {
        run(args.iter().copied().chain(["--year", "2022", "--server", url.as_str()])).exits(0)
    };
    let (zh, en) = (
        format!("{BUREAU} 已封存：最终得分 {} · 等次 {}", sealed.final_score, sealed.grade),
        format!("{BUREAU} is sealed: final score {}", sealed.final_score),
    );
    let duty = "rule_of_law_work_meeting";
    for command in [
        &["compliance", BUREAU][..],
        &["compliance", "--person", LEADER],
        &["explain", BUREAU, duty],
        &["profile", BUREAU],
        &["coverage"],
    ] {
        let shown = run(command);
        assert!(shown.out.contains(&zh), "{shown:?}");
        let shown = run(&[command, &["--lang", "en"]].concat());
        assert!(shown.out.contains(&en), "{shown:?}");
    }
    for command in ["rollup", "trend"] {
        assert!(run(&[command]).out.contains("按封存结果"), "{command}");
    }
    let exported = run(&["export", "all", "--format", "json", "--organization", BUREAU]).json();
    let [row] = &exported["tables"]["sealed"].as_array().expect("seals")[..] else {
        panic!("{exported}")
    };
    assert_eq!(row["final_score"], *sealed.final_score);
    assert_eq!(row["sheet_digest"], *sealed.digest);
    let events = exported["tables"]["events"].as_array().expect("events");
    assert_eq!(events.len(), 4, "what came behind the seal too");
    let oscal = run(&["export", "oscal", "--organization", BUREAU]);
    assert!(oscal.out.contains("sealed-final-score") && oscal.out.contains(&sealed.digest));
    // A table as CSV stays one table; what is sealed is beside it.
    let file = directory.join("matrix.csv");
    let path = file.to_str().expect("UTF-8");
    let csv = run(&["export", "matrix", "--whole", "--format", "csv"]);
    assert!(!csv.out.contains("封存") && csv.err.contains(&sealed.digest), "{csv:?}");
    run(&["export", "matrix", "--whole", "--format", "csv", "--out", path]);
    let beside = std::fs::read_to_string(directory.join("matrix.sealed.csv")).expect("a table");
    assert!(beside.contains(&sealed.final_score), "{beside}");
}
