//! Duty events that contradict themselves, the registry or one another, or must never be stored.

use std::sync::Arc;

use duty_ledger::pb;
use journal::MemoryJournal;
use pb::DatePrecision as Precision;
use pb::duty_event::Details;
use tonic::Code;

use crate::support::clock::TestClock;
use crate::support::events::{batch, day, document, figure, id, meeting, span};
use crate::support::refusal::check;
use crate::support::seed::{self, OTHER_BUREAU, PARTY_HEAD};
use crate::support::service::Service;

/// What is spoilt, how, the reason, and the field inside the event.
type Row = (&'static str, fn(&mut pb::DutyEvent), &'static str, &'static str);

const ENVELOPE: &[Row] = &[
    ("no id", |e| e.event_id.clear(), "FIELD_REQUIRED", "event_id"),
    ("id of another form", |e| e.event_id = "LZKJ-1".into(), "FIELD_MALFORMED", "event_id"),
    ("nil id", |e| e.event_id = uuid::Uuid::nil().into(), "FIELD_MALFORMED", "event_id"),
    ("no organization", |e| e.organization_id.clear(), "FIELD_MALFORMED", "organization_id"),
    (
        "a name as organization",
        |e| e.organization_id = "柳州市科学技术局".into(),
        "FIELD_MALFORMED",
        "organization_id",
    ),
    (
        "an unknown organization",
        |e| e.organization_id = "450200-none".into(),
        "REFERENCE_UNKNOWN",
        "organization_id",
    ),
    ("no kind", |e| e.kind = 0, "ENUM_UNKNOWN", "kind"),
    ("a kind of the future", |e| e.kind = 9, "ENUM_UNKNOWN", "kind"),
    ("no title", |e| e.title.clear(), "FIELD_REQUIRED", "title"),
    ("a blank title", |e| e.title = "　 ".into(), "FIELD_REQUIRED", "title"),
    ("a long title", |e| e.title = "会".repeat(201), "FIELD_TOO_LONG", "title"),
    ("an invisible title", |e| e.title = "绝\u{0}密".into(), "FIELD_MALFORMED", "title"),
    ("a title reversed", |e| e.title = "会\u{202E}议".into(), "FIELD_MALFORMED", "title"),
    ("a long quote", |e| e.quote = "会".repeat(2_001), "FIELD_TOO_LONG", "quote"),
    (
        "a long reference",
        |e| e.source_reference = "L".repeat(201),
        "FIELD_TOO_LONG",
        "source_reference",
    ),
    ("a long number", |e| e.source_number = "9".repeat(65), "FIELD_TOO_LONG", "source_number"),
    (
        "many source flags",
        |e| e.source_flags = vec!["F01".into(); 33],
        "FIELD_TOO_LONG",
        "source_flags",
    ),
    ("no details", |e| e.details = None, "FIELD_REQUIRED", "details"),
    (
        "attendance of the future",
        |e| e.main_leader_attended = 9,
        "ENUM_UNKNOWN",
        "main_leader_attended",
    ),
    ("disclosure of the future", |e| e.disclosure = 9, "ENUM_UNKNOWN", "disclosure"),
    (
        "a person not registered",
        |e| e.responsible_person_id = "p-none".into(),
        "REFERENCE_UNKNOWN",
        "responsible_person_id",
    ),
    (
        "a person's name",
        |e| e.responsible_person_id = "张三".into(),
        "FIELD_MALFORMED",
        "responsible_person_id",
    ),
    (
        "a post not registered",
        |e| e.responsible_post_ids = vec![PARTY_HEAD.into(), "post-none".into()],
        "REFERENCE_UNKNOWN",
        "responsible_post_ids[1]",
    ),
    (
        "a post of another organization",
        |e| {
            e.organization_id = OTHER_BUREAU.into();
            e.responsible_post_ids = vec![PARTY_HEAD.into()];
        },
        "REFERENCE_UNKNOWN",
        "responsible_post_ids[0]",
    ),
];

const TIMES: &[Row] = &[
    ("no time", |e| e.occurred = None, "FIELD_REQUIRED", "occurred"),
    (
        "no precision",
        |e| e.occurred = Some(span(Precision::Unspecified, "2022-01-01", "")),
        "ENUM_UNKNOWN",
        "occurred.precision",
    ),
    (
        "a precision of the future",
        |e| e.occurred = Some(pb::Occurred { precision: 99, ..day("2022-01-01") }),
        "ENUM_UNKNOWN",
        "occurred.precision",
    ),
    ("a day without date", |e| e.occurred = Some(day("")), "FIELD_REQUIRED", "occurred.start_date"),
    (
        "a month without end",
        |e| e.occurred = Some(span(Precision::Month, "2022-03-01", "")),
        "FIELD_REQUIRED",
        "occurred.end_date",
    ),
    (
        "a month too short",
        |e| e.occurred = Some(span(Precision::Month, "2022-03-01", "2022-03-30")),
        "PRECISION_MISMATCH",
        "occurred.precision",
    ),
    (
        "a day of two days",
        |e| e.occurred = Some(span(Precision::Day, "2022-03-01", "2022-03-02")),
        "PRECISION_MISMATCH",
        "occurred.precision",
    ),
    (
        "unknown with a date",
        |e| e.occurred = Some(span(Precision::Unknown, "2022-03-01", "")),
        "PRECISION_MISMATCH",
        "occurred.precision",
    ),
    (
        "an interval reversed",
        |e| e.occurred = Some(span(Precision::Period, "2022-03-02", "2022-03-01")),
        "DATE_REVERSED",
        "occurred.end_date",
    ),
    (
        "29 February 2023",
        |e| e.occurred = Some(day("2023-02-29")),
        "DATE_INVALID",
        "occurred.start_date",
    ),
    (
        "another form of date",
        |e| e.occurred = Some(day("20220518")),
        "DATE_INVALID",
        "occurred.start_date",
    ),
    (
        "a date in Chinese",
        |e| e.occurred = Some(day("2022年5月18日")),
        "DATE_INVALID",
        "occurred.start_date",
    ),
    (
        "a date with a time",
        |e| e.occurred = Some(day("2022-05-18T09:00")),
        "DATE_INVALID",
        "occurred.start_date",
    ),
    (
        "an end that is none",
        |e| e.occurred = Some(span(Precision::Period, "2022-03-02", "2022-13-01")),
        "DATE_INVALID",
        "occurred.end_date",
    ),
    // The clock of this test stands at 2023-06-15 00:00 in Shanghai.
    (
        "done tomorrow",
        |e| e.occurred = Some(day("2023-06-16")),
        "DATE_IN_FUTURE",
        "occurred.start_date",
    ),
    (
        "a habit on one day",
        |e| e.kind = pb::EventKind::RecurringClaim.into(),
        "PRECISION_MISMATCH",
        "occurred.precision",
    ),
    (
        "before the Provisions",
        |e| e.accounting_year = 2015,
        "ACCOUNTING_YEAR_INVALID",
        "accounting_year",
    ),
    ("no year", |e| e.accounting_year = 0, "ACCOUNTING_YEAR_INVALID", "accounting_year"),
    ("a negative year", |e| e.accounting_year = -1, "ACCOUNTING_YEAR_INVALID", "accounting_year"),
    (
        "the year after next",
        |e| e.accounting_year = 2025,
        "ACCOUNTING_YEAR_INVALID",
        "accounting_year",
    ),
    ("a huge year", |e| e.accounting_year = 70_000, "ACCOUNTING_YEAR_INVALID", "accounting_year"),
];

/// The largest decimal there is: two of them cannot be added.
const HUGE: &str = "79228162514264337593543950335";

const FIGURES: &[Row] = &[
    ("negative", |e| one(e, figure("sessions", "-1", "次")), "QUANTITY_INVALID", "value"),
    ("in words", |e| one(e, figure("sessions", "五", "次")), "QUANTITY_INVALID", "value"),
    ("no value", |e| one(e, figure("sessions", "", "次")), "QUANTITY_INVALID", "value"),
    ("a percentage", |e| one(e, figure("pass_rate", "95%", "ratio")), "QUANTITY_INVALID", "value"),
    ("not a number", |e| one(e, figure("sessions", "NaN", "次")), "QUANTITY_INVALID", "value"),
    ("an exponent", |e| one(e, figure("sessions", "1e3", "次")), "QUANTITY_INVALID", "value"),
    ("huge", |e| one(e, figure("sessions", HUGE, "次")), "FIELD_OUT_OF_RANGE", "value"),
    ("fine", |e| one(e, figure("coverage", "0.1234567", "ratio")), "FIELD_OUT_OF_RANGE", "value"),
    ("half a session", |e| one(e, figure("sessions", "1.5", "次")), "QUANTITY_INVALID", "value"),
    ("no unit", |e| one(e, figure("sessions", "1", "")), "UNIT_UNKNOWN", "unit"),
    ("a unit of its own", |e| one(e, figure("sessions", "1", "打")), "UNIT_UNKNOWN", "unit"),
    ("no metric", |e| one(e, figure("", "1", "次")), "FIELD_MALFORMED", "metric"),
    ("a metric in Chinese", |e| one(e, figure("场次", "1", "次")), "FIELD_MALFORMED", "metric"),
    (
        "a rate above 1",
        |e| one(e, figure("pass_rate", "1.02", "ratio")),
        "RATE_CONTRADICTS_BASE",
        "value",
    ),
    (
        "a qualifier of the future",
        |e| one(e, pb::Quantity { qualifier: 9, ..figure("sessions", "1", "次") }),
        "ENUM_UNKNOWN",
        "qualifier",
    ),
    (
        "half a window",
        |e| {
            let window_start_date = "2022-01-01".into();
            one(e, pb::Quantity { window_start_date, ..figure("sessions", "1", "次") });
        },
        "FIELD_REQUIRED",
        "window_end_date",
    ),
    (
        "a window reversed",
        |e| {
            let (window_start_date, window_end_date) = ("2022-02-01".into(), "2022-01-01".into());
            let figure = figure("sessions", "1", "次");
            one(e, pb::Quantity { window_start_date, window_end_date, ..figure });
        },
        "DATE_REVERSED",
        "window_end_date",
    ),
    (
        "120 of 106 and 13",
        |e| {
            e.quantities = vec![
                figure("projects_total", "120", "项"),
                figure("projects_acceptance", "106", "项"),
                figure("projects_supervision", "13", "项"),
            ];
        },
        "PARTS_DO_NOT_SUM",
        "value",
    ),
    (
        "more passed than sat",
        |e| e.quantities = vec![figure("passed", "41", "人"), figure("sat", "40", "人")],
        "PART_EXCEEDS_WHOLE",
        "value",
    ),
];

fn one(event: &mut pb::DutyEvent, figure: pb::Quantity) {
    event.quantities = vec![figure];
}

const PARTS: &[Row] = &[
    (
        "the same metric twice",
        |e| e.quantities = vec![figure("sessions", "1", "次"), figure("sessions", "2", "次")],
        "METRIC_REPEATED",
        "quantities[1].metric",
    ),
    (
        "a number as the web page printed it",
        |e| e.evidence.push(document("柳发〔202116号")),
        "DOCUMENT_NUMBER_INVALID",
        "evidence[1].document_number",
    ),
    (
        "no digest algorithm",
        |e| e.evidence[0].digest_hex = "0".repeat(64),
        "DIGEST_INVALID",
        "evidence[0].digest_algorithm",
    ),
    ("a short digest", |e| digest(e, "abc"), "DIGEST_INVALID", "evidence[0].digest_hex"),
    (
        "a digest that is not hex",
        |e| digest(e, &"g".repeat(64)),
        "DIGEST_INVALID",
        "evidence[0].digest_hex",
    ),
    ("no evidence kind", |e| e.evidence[0].kind.clear(), "FIELD_MALFORMED", "evidence[0].kind"),
    (
        "a link that is a script",
        |e| e.evidence[0].url = "javascript:alert(1)".into(),
        "URL_INVALID",
        "evidence[0].url",
    ),
    (
        "a link without host",
        |e| e.evidence[0].url = "https://".into(),
        "URL_INVALID",
        "evidence[0].url",
    ),
    (
        "a long evidence title",
        |e| e.evidence[0].title = "件".repeat(201),
        "FIELD_TOO_LONG",
        "evidence[0].title",
    ),
    (
        "evidence disclosure of the future",
        |e| e.evidence[0].disclosure = 9,
        "ENUM_UNKNOWN",
        "evidence[0].disclosure",
    ),
    (
        "components of what is no aggregate",
        |e| e.component_event_ids = vec![id(1)],
        "AGGREGATE_INVALID",
        "component_event_ids",
    ),
    (
        "a component twice",
        |e| (e.aggregate, e.component_event_ids) = (true, vec![id(1), id(1)]),
        "AGGREGATE_INVALID",
        "component_event_ids[1]",
    ),
    (
        "an unknown component",
        |e| (e.aggregate, e.component_event_ids) = (true, vec![id(1), id(404)]),
        "REFERENCE_UNKNOWN",
        "component_event_ids[1]",
    ),
    ("part of nothing", |e| e.part_of_event_id = id(404), "REFERENCE_UNKNOWN", "part_of_event_id"),
    ("part of no id", |e| e.part_of_event_id = "x".into(), "FIELD_MALFORMED", "part_of_event_id"),
    (
        "details out of range",
        |e| {
            let session_number = 1_000;
            e.details = Some(Details::SpecialWorkMeeting(pb::SpecialWorkMeeting {
                session_number,
                ..Default::default()
            }));
        },
        "FIELD_OUT_OF_RANGE",
        "special_work_meeting.session_number",
    ),
    (
        "details of the future",
        |e| {
            e.details = Some(Details::RuleOfLawDebrief(pb::RuleOfLawDebrief {
                debriefer_class: 99,
                ..Default::default()
            }));
        },
        "ENUM_UNKNOWN",
        "rule_of_law_debrief.debriefer_class",
    ),
];

fn digest(event: &mut pb::DutyEvent, hex: &str) {
    event.evidence[0].digest_algorithm = pb::DigestAlgorithm::Sm3.into();
    event.evidence[0].digest_hex = hex.to_owned();
}

const MARKINGS: &[Row] = &[
    ("title", |e| e.title = "机密★10年 关于会议的通知".into(), "STATE_SECRET_MARKING", "title"),
    ("quote", |e| e.quote = "密级：秘密\n会议纪要".into(), "STATE_SECRET_MARKING", "quote"),
    (
        "evidence",
        |e| e.evidence[0].title = "【绝密】会议纪要".into(),
        "STATE_SECRET_MARKING",
        "evidence[0].title",
    ),
    (
        "details",
        |e| {
            e.details = Some(Details::SpecialWorkMeeting(pb::SpecialWorkMeeting {
                venue: "（机密·5年）会议室".into(),
                ..Default::default()
            }));
        },
        "STATE_SECRET_MARKING",
        "special_work_meeting.venue",
    ),
];

/// A service whose clock stands, with one event in it.
async fn service() -> Service {
    let clock = TestClock::at("2023-06-14T16:00:00Z");
    let service = Service::over(Arc::new(MemoryJournal::new()), Arc::new(clock)).await;
    seed::registry(&service.clients).await;
    let mut client = service.clients.events.clone();
    client.append_events(batch(vec![meeting(1)])).await.expect("accepted");
    service
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_an_event_is_named() {
    let service = service().await;
    let mut client = service.clients.events.clone();
    let head = |client: &mut pb::duty_event_service_client::DutyEventServiceClient<_>| {
        let mut client = client.clone();
        async move { client.append_events(batch(vec![meeting(1)])).await.expect("as before") }
    };
    let before = head(&mut client).await.into_inner().position;
    let tables =
        [(ENVELOPE, ""), (TIMES, ""), (FIGURES, "quantities[0]."), (PARTS, ""), (MARKINGS, "")];
    for (table, prefix) in tables {
        for (what, spoil, reason, field) in table {
            let mut event = meeting(2);
            spoil(&mut event);
            let field = format!("events[0].{prefix}{field}");
            let answer = client.append_events(batch(vec![event])).await;
            check(what, answer, Code::InvalidArgument, reason, &field);
        }
    }
    assert_eq!(head(&mut client).await.into_inner().position, before, "nothing was stored");
    client.append_events(batch(vec![meeting(2)])).await.expect("unspoilt, it is accepted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_is_an_id_and_never_a_name() {
    let service = service().await;
    let mut client = service.clients.events.clone();
    let long = "a".repeat(65);
    for recorder in ["", "张三", "Zhang San", " oa", long.as_str()] {
        let request =
            pb::AppendEventsRequest { recorder: recorder.to_owned(), ..batch(vec![meeting(2)]) };
        let answer = client.append_events(request).await;
        check(recorder, answer, Code::InvalidArgument, "FIELD_MALFORMED", "recorder");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_about_secrets_are_no_markings() {
    let service = service().await;
    let titles = [
        "《中华人民共和国保守国家秘密法》宣传",
        "商业秘密保护专题讲座",
        "保密工作会议",
        "研究绝密、机密、秘密三级管理制度",
        "涉及国家秘密的项目除外",
    ];
    for (number, title) in (10..).zip(titles) {
        let event = pb::DutyEvent { title: title.to_owned(), ..meeting(number) };
        let answer = service.clients.events.clone().append_events(batch(vec![event])).await;
        answer.unwrap_or_else(|status| panic!("{title}: {status:?}"));
    }
}
