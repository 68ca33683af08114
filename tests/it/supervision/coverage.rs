//! `GetDebriefCoverage` and `duty-ledger coverage`.

use std::sync::Arc;

use journal::MemoryJournal;
use tonic::Code;

use super::*;
use crate::support::clock::TestClock;
use crate::support::events::{batch, day, document, id};
use crate::support::refusal::check;
use crate::support::seed::{self, BUREAU, CITY, LEADER, OTHER_BUREAU, selector};

fn request() -> pb::GetDebriefCoverageRequest {
    pb::GetDebriefCoverageRequest { selector: Some(selector("2023-07-01")), ..Default::default() }
}

fn debrief() -> pb::DutyEvent {
    pb::DutyEvent {
        event_id: id(1),
        organization_id: BUREAU.to_owned(),
        kind: pb::EventKind::Performed.into(),
        occurred: Some(day("2023-05-18")),
        accounting_year: 2022,
        title: "2022 年度述法".to_owned(),
        evidence: vec![document("柳科会〔2023〕7号")],
        disclosure: pb::Disclosure::Public.into(),
        responsible_person_id: LEADER.to_owned(),
        details: Some(pb::duty_event::Details::RuleOfLawDebrief(pb::RuleOfLawDebrief {
            form: pb::DebriefForm::Special.into(),
            rating: "好".to_owned(),
            occasion: "市委全面依法治市委员会会议".to_owned(),
            ..Default::default()
        })),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_debrief_covers_both_posts_and_last_years_answer_stays() {
    let clock = TestClock::at("2023-07-01T00:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::all(&service.clients).await;
    let mut client = client(&service.api()).await;
    let before = client.get_debrief_coverage(request()).await.expect("an answer").into_inner();
    let known = before.basis.as_ref().expect("a basis").known_position;
    let persons = before.persons.clone().expect("a tally");
    assert_eq!((persons.in_scope, persons.missing, persons.rate.as_str()), (1, 1, "0.00"));

    let append = service.clients.events.clone().append_events(batch(vec![debrief()])).await;
    let position = append.expect("accepted").into_inner().receipts[0].position;
    let after = client.get_debrief_coverage(request()).await.expect("an answer").into_inner();
    let (persons, posts) = (after.persons.expect("a tally"), after.posts.expect("a tally"));
    assert_eq!((persons.in_scope, persons.done, persons.rate.as_str()), (1, 1, "100.00"));
    assert_eq!((posts.in_scope, posts.done, posts.rate.as_str()), (2, 2, "100.00"));
    let [row] = &after.rows[..] else { panic!("{:?}", after.rows) };
    assert_eq!(row.standing(), pb::CoverageStanding::Done);
    let [counted] = &row.debriefs[..] else { panic!("{row:?}") };
    assert_eq!((counted.position, counted.form()), (position, pb::DebriefForm::Special));
    assert_eq!((counted.start_date.as_str(), counted.rating.as_str()), ("2023-05-18", "好"));
    let forms: Vec<_> = after.forms.iter().map(|of| (of.form(), of.persons)).collect();
    assert_eq!(forms, [(pb::DebriefForm::Special, 1)]);
    // The city and the other department have no leader registered.
    let out: Vec<_> =
        after.excluded.iter().map(|out| (out.organization_id.as_str(), out.reason())).collect();
    let vacant = pb::CoverageExclusion::Vacant;
    assert_eq!(out, [(CITY, vacant), (OTHER_BUREAU, vacant)]);

    // The same question gives the same bytes.
    let mut then = request();
    then.selector.as_mut().expect("a selector").known_position = known;
    let again = client.get_debrief_coverage(then).await.expect("an answer").into_inner();
    assert_eq!(prost::Message::encode_to_vec(&again), prost::Message::encode_to_vec(&before));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_none_is_refused() {
    let clock = TestClock::at("2023-07-01T00:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::all(&service.clients).await;
    let mut client = client(&service.api()).await;
    for (within, code, reason) in [
        ("nobody", Code::NotFound, "REFERENCE_UNKNOWN"),
        ("no id", Code::InvalidArgument, "FIELD_MALFORMED"),
    ] {
        let request =
            pb::GetDebriefCoverageRequest { within_organization_id: within.into(), ..request() };
        let answer = client.get_debrief_coverage(request).await;
        check(within, answer, code, reason, "within_organization_id");
    }
}

#[test]
fn the_command_shows_the_demo_as_it_is() {
    let directory = directory();
    let server = demo(&directory);
    let url = server.url();
    let ran = run(on_the_demo(&url, "coverage", &[])).exits(0);
    // One leader in two posts, who owes by 2023-06-30 and has nothing recorded for 2022.
    for part in ["述法率", "p-kjj-01", "未述", "0.00", "未计入 450200: "] {
        assert!(ran.out.contains(part), "{part} is not in {}", ran.out);
    }
    let json = run(on_the_demo(&url, "coverage", &["--output", "json"])).exits(0).json();
    assert_eq!(json["persons"]["inScope"], 1);
    assert_eq!(json["posts"]["inScope"], 2);
    assert_eq!(json["posts"]["missing"], 2);
    server.terminate();
}
