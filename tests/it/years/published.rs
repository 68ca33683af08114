//! What may be published and what may be sealed: a final result, for its day.

use super::*;
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
