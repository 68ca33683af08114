//! What may be published and what may be sealed: a final result, for its day, as it was shown.

use super::*;
use pb::duty_event::Details;
use pb::supervision_service_client::SupervisionServiceClient;

use crate::support::refusal::Refusal;

/// Publishing for a day.
fn published_for(number: u128, as_of: &str) -> pb::PublishYearRequest {
    let mut request = publication(number, "zfb-clerk");
    let publication = request.publication.as_mut().expect("a publication");
    as_of.clone_into(&mut publication.as_of_date);
    request
}

/// Sealing for a day; empty for the one published.
fn sealed_for(number: u128, as_of: &str) -> pb::SealYearRequest {
    let mut request = seal(number, "zfb-sealer");
    as_of.clone_into(&mut request.seal.as_mut().expect("a seal").as_of_date);
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_is_published_when_nothing_is_due_any_more_and_sealed_for_its_day() {
    let directory = directory();
    let clock = TestClock::at("2023-06-30T09:00:00+08:00");
    let service = begun(directory.path(), &clock).await;
    let mut year = service.clients.evaluation.clone();
    let (reason, field) = ("FIELD_OUT_OF_RANGE", "publication.as_of_date");

    // The last day of the debrief is still in time.
    let early = year.publish_year(published_for(31, "")).await.expect_err("interim");
    let early = Refusal::of(&early);
    assert_eq!((early.code, &*early.reason), (Code::FailedPrecondition, reason));
    let (zh, en) = early.at(field);
    for part in ["rule_of_law_debrief", "2023-06-30", "2023-07-01"] {
        assert!(zh.contains(part) && en.contains(part), "{part} in {zh} {en}");
    }
    let within = year.publish_year(published_for(2, "2022-12-31")).await;
    check("in its year", within, Code::InvalidArgument, reason, field);
    let ahead = year.publish_year(published_for(3, "2023-07-01")).await;
    check("to come", ahead, Code::InvalidArgument, reason, field);
    let mut next = published_for(4, "");
    next.publication.as_mut().expect("a publication").year = 2023;
    let next = year.publish_year(next).await;
    check("a year that runs", next, Code::InvalidArgument, reason, field);

    service.stop().await;

    let place = crate::support::directory();
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
    let service = begun(place.path(), &clock).await;
    let mut year = service.clients.evaluation.clone();
    year.publish_year(published_for(5, "2023-07-01")).await.expect("published");
    clock.set("2023-07-11T09:00:00+08:00");
    for (number, other) in [(6, "2022-06-30"), (7, "2023-07-02")] {
        let other = year.seal_year(sealed_for(number, other)).await;
        check("another day", other, Code::InvalidArgument, reason, "seal.as_of_date");
    }
    year.seal_year(sealed_for(8, "")).await.expect("sealed");
    let sealed = sheet(&service.clients, 0).await;
    assert_eq!(sealed.basis.expect("a basis").as_of_date, "2023-07-01");
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sealed_is_what_was_published() {
    let directory = directory();
    let clock = TestClock::at("2023-07-03T09:00:00+08:00");
    let service = begun(directory.path(), &clock).await;
    let clients = service.clients.clone();
    let mut year = clients.evaluation.clone();
    year.publish_year(published_for(31, "2023-07-01")).await.expect("published");
    let shown = sheet(&clients, 0).await;
    let again = year.publish_year(published_for(2, "2023-07-01")).await;
    let wrong = ("YEAR_STAGE_WRONG", "publication.year");
    check("nothing changed", again, Code::FailedPrecondition, wrong.0, wrong.1);

    // What adjusts is part of the way to the seal, and no change of what was published.
    let adjustment = pb::YearAdjustment {
        organization_id: BUREAU.to_owned(),
        year: 2022,
        recorder: "zfb-clerk".to_owned(),
        adjustment: Some(bonus("1")),
    };
    let request = pb::AdjustScoreRequest { event_id: id(3), adjustment: Some(adjustment) };
    year.adjust_score(request).await.expect("taken");
    clock.set("2023-07-11T09:00:00+08:00");
    // The notice is over: nobody would ever see what is appended now.
    let late = clients.events.clone().append_events(batch(vec![meeting(20)])).await;
    let at = late.expect("taken").into_inner().receipts[0].position;
    let now = sheet(&clients, 0).await;
    let refused = year.seal_year(sealed_for(4, "")).await.expect_err("other figures");
    let refused = Refusal::of(&refused);
    let expected = (Code::FailedPrecondition, "FIGURES_CHANGED");
    assert_eq!((refused.code, &*refused.reason), expected);
    let (zh, en) = refused.at("seal.year");
    let entry = at.to_string();
    let (was, is) = (&*shown.computed_score, &*now.computed_score);
    assert_ne!(was, is);
    for part in [was, is, "rule_of_law_work_meeting", &*entry] {
        assert!(zh.contains(part) && en.contains(part), "{part} in {zh} {en}");
    }

    // Published again, it is on notice again, for five working days from the 11th.
    let published = year.publish_year(published_for(5, "2023-07-01")).await.expect("again");
    let standing = published.into_inner().standing.expect("a standing");
    assert_eq!(standing.notice_end_date, "2023-07-18");
    let early = year.seal_year(sealed_for(6, "")).await;
    check("in notice", early, Code::FailedPrecondition, "NOTICE_RUNNING", "seal.year");
    year.appeal_year(appeal(7)).await.expect("appeals are taken again");
    let at = sheet(&clients, 0).await.standing.expect("a standing").appeals[0].position;
    year.decide_appeal(decision(8, at, "zfb-decider")).await.expect("decided");
    clock.set("2023-07-19T09:00:00+08:00");
    let sealed = year.seal_year(sealed_for(9, "")).await.expect("sealed").into_inner();
    let kept = sheet(&clients, 0).await;
    assert_eq!(kept.computed_score, is);
    assert_eq!(kept.adjustments.len(), 2);

    // Repeated after a late entry, the call gets its first receipt.
    let plan = pb::DutyEvent {
        details: Some(Details::AnnualWorkPlan(pb::AnnualWorkPlan::default())),
        ..meeting(22)
    };
    clients.events.clone().append_events(batch(vec![plan])).await.expect("taken");
    let again = year.seal_year(sealed_for(9, "")).await.expect("the same").into_inner();
    let [first, again] = [sealed, again].map(|answer| answer.receipt.expect("a receipt"));
    assert_eq!((again.duplicate, again.position), (true, first.position));

    // A sealed year is ranked as it was sealed, whatever came since.
    let now = sheet(&clients, 0).await;
    let changed = now.differences.iter().find(|line| line.duty_id.is_empty());
    assert!(changed.is_some_and(|sum| sum.credit_now != kept.final_score), "{now:?}");
    let url = format!("http://{}", service.api());
    let mut supervision = SupervisionServiceClient::connect(url).await.expect("connected");
    // A day before the one sealed is asked about as it was.
    let at = first.position;
    for (as_of, position) in [("", at), ("2023-07-01", at), ("2023-07-02", at), ("2023-06-30", 0)] {
        let ask = pb::RankOrganizationsRequest {
            selector: Some(seed::selector(as_of)),
            ..Default::default()
        };
        let ranked = supervision.rank_organizations(ask).await.expect("ranked");
        let classes = ranked.into_inner().classes;
        let row =
            classes.iter().flat_map(|of| &of.ranked).find(|row| row.organization_id == BUREAU);
        let row = row.expect("the bureau");
        assert_eq!(row.sealed_position, position, "{as_of}");
        assert_eq!(row.score == kept.final_score, position != 0, "{as_of}");
        assert_eq!(row.grade, kept.grade, "{as_of}");
    }
    service.stop().await;
}
