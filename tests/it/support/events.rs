//! Builders of duty events: each test says what matters to it and no more.

use duty_ledger::pb;
use pb::duty_event::Details;

use super::seed::BUREAU;

/// The event id with a number: readable in failures, unique in a test.
pub(crate) fn id(number: u128) -> String {
    uuid::Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 | number).to_string()
}

/// A documented work meeting on a day of 2022.
pub(crate) fn meeting(number: u128) -> pb::DutyEvent {
    pb::DutyEvent {
        event_id: id(number),
        organization_id: BUREAU.to_owned(),
        kind: pb::EventKind::Performed.into(),
        occurred: Some(day("2022-05-18")),
        accounting_year: 2022,
        title: "法治政府建设专题工作会".to_owned(),
        evidence: vec![document("柳科会〔2022〕7号")],
        disclosure: pb::Disclosure::Public.into(),
        details: Some(Details::SpecialWorkMeeting(pb::SpecialWorkMeeting {
            venue: "三楼会议室".to_owned(),
            ..Default::default()
        })),
        ..Default::default()
    }
}

/// A work meeting that somebody says takes place every year.
pub(crate) fn claimed_meeting(number: u128) -> pb::DutyEvent {
    pb::DutyEvent {
        kind: pb::EventKind::RecurringClaim.into(),
        occurred: Some(span(pb::DatePrecision::Year, "2022-01-01", "2022-12-31")),
        evidence: Vec::new(),
        ..meeting(number)
    }
}

/// A work meeting with a day and no document.
pub(crate) fn dated_meeting(number: u128) -> pb::DutyEvent {
    pb::DutyEvent { evidence: Vec::new(), ..meeting(number) }
}

/// Minutes with a 文号.
pub(crate) fn document(number: &str) -> pb::Evidence {
    pb::Evidence {
        kind: "meeting_minutes".to_owned(),
        document_number: number.to_owned(),
        disclosure: pb::Disclosure::Public.into(),
        ..Default::default()
    }
}

/// A time known to the day.
pub(crate) fn day(day: &str) -> pb::Occurred {
    pb::Occurred {
        precision: pb::DatePrecision::Day.into(),
        start_date: day.to_owned(),
        end_date: String::new(),
    }
}

/// A time of any precision.
pub(crate) fn span(precision: pb::DatePrecision, start: &str, end: &str) -> pb::Occurred {
    pb::Occurred {
        precision: precision.into(),
        start_date: start.to_owned(),
        end_date: end.to_owned(),
    }
}

/// An exact figure.
pub(crate) fn figure(metric: &str, value: &str, unit: &str) -> pb::Quantity {
    pb::Quantity {
        metric: metric.to_owned(),
        value: value.to_owned(),
        unit: unit.to_owned(),
        ..Default::default()
    }
}

/// A batch of events from the recorder of the tests.
pub(crate) fn batch(events: Vec<pb::DutyEvent>) -> pb::AppendEventsRequest {
    pb::AppendEventsRequest {
        recorder: super::seed::RECORDER.to_owned(),
        events,
        expected_revisions: Vec::new(),
        with_flags: true,
        validate_only: false,
    }
}
