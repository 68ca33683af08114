//! One fault at a time: each row changes one thing in a command that is accepted without it.

use expect_test::expect;

use super::*;
use crate::quantity::{Qualifier, Quantity};

#[test]
fn a_sound_command_of_each_kind_is_accepted() {
    let t2 = tenure("t2", "p2", "bureau.head", "2022-07-01", None);
    check(
        [
            ("event", alone(event_with(|_| {}))),
            ("correction", alone(correction(PLAIN, |_| {}))),
            ("correction of a correction", alone(correction(NEWER, |_| {}))),
            ("withdrawal", alone(withdrawal(PLAIN, |_| {}))),
            ("review", alone(review(PLAIN, |_| {}))),
            ("organization", alone(Entry::Organization(organization("new", Some("bureau"))))),
            ("root", alone(Entry::Organization(organization("new", None)))),
            ("organization again", alone(Entry::Organization(organization("bureau", None)))),
            ("post", alone(Entry::Post(post("new", "city", PostKind::Other)))),
            ("person", alone(Entry::Person(person_id("p3").into()))),
            ("tenure", alone(Entry::Tenure(t2))),
            ("day", alone(Entry::DayClosed(day("2022-12-31")))),
        ],
        expect![[r#"
            event: append 0
            correction: append 0
            correction of a correction: append 0
            withdrawal: append 0
            review: append 0
            organization: append 0
            root: append 0
            organization again: append 0
            post: append 0
            person: append 0
            tenure: append 0
            day: append 0
        "#]],
    );
}

#[test]
fn an_event_is_checked_by_itself() {
    let twelve = |metric: &str| Quantity {
        metric: metric.into(),
        value: 12.into(),
        unit: "人".into(),
        qualifier: Qualifier::Exact,
        window: None,
    };
    let repeated = vec![twelve("attendance_offline"), twelve("attendance_offline")];
    check(
        [
            ("no title", alone(event_with(|e| e.title = "  ".into()))),
            ("title too long", alone(event_with(|e| e.title = "述".repeat(201).into()))),
            ("before 2016", alone(event_with(|e| e.accounting_year = 2015))),
            ("beyond the next year", alone(event_with(|e| e.accounting_year = 2025))),
            ("tomorrow", alone(event_with(|e| e.occurred = Occurred::day(day("2023-01-02"))))),
            (
                "tomorrow, planned",
                alone(event_with(|e| {
                    e.occurred = Occurred::day(day("2023-01-02"));
                    e.kind = Kind::Planned;
                })),
            ),
            ("a regular day", alone(event_with(|e| e.kind = Kind::RecurringClaim))),
            ("secret", alone(event_with(|e| e.quote = "机密★5年".into()))),
            ("metric twice", alone(event_with(|e| e.quantities = repeated))),
            ("parts of no sum", alone(event_with(|e| e.components = vec![id(PLAIN)]))),
            (
                "a part twice",
                alone(event_with(|e| {
                    e.aggregate = true;
                    e.components = vec![id(PLAIN), id(PLAIN)];
                })),
            ),
        ],
        expect![[r#"
            no title: Invalid: FIELD_REQUIRED events[0].title
            title too long: Invalid: FIELD_TOO_LONG events[0].title
            before 2016: Invalid: ACCOUNTING_YEAR_INVALID events[0].accounting_year
            beyond the next year: Invalid: ACCOUNTING_YEAR_INVALID events[0].accounting_year
            tomorrow: Invalid: DATE_IN_FUTURE events[0].occurred.start_date
            tomorrow, planned: append 0
            a regular day: Invalid: PRECISION_MISMATCH events[0].occurred.precision
            secret: Invalid: STATE_SECRET_MARKING events[0].quote
            metric twice: Invalid: METRIC_REPEATED events[0].quantities[1].metric
            parts of no sum: Invalid: AGGREGATE_INVALID events[0].component_event_ids
            a part twice: Invalid: AGGREGATE_INVALID events[0].component_event_ids[1]
        "#]],
    );
}

#[test]
fn an_event_refers_to_what_is_registered() {
    check(
        [
            (
                "unknown organization",
                alone(event_with(|e| {
                    e.organization = organization_id("nobody");
                    e.responsible_posts.clear();
                })),
            ),
            ("unknown person", alone(event_with(|e| e.responsible_person = Some(person_id("p9"))))),
            (
                "unknown post",
                alone(event_with(|e| e.responsible_posts.push(post_id("bureau.deputy")))),
            ),
            ("post elsewhere", alone(event_with(|e| e.organization = organization_id("city")))),
            (
                "unknown part",
                alone(event_with(|e| {
                    e.aggregate = true;
                    e.components = vec![id(PLAIN), id(99)];
                })),
            ),
            ("part of nothing", alone(event_with(|e| e.part_of = Some(id(99))))),
        ],
        expect![[r#"
            unknown organization: Invalid: REFERENCE_UNKNOWN events[0].organization_id
            unknown person: Invalid: REFERENCE_UNKNOWN events[0].responsible_person_id
            unknown post: Invalid: REFERENCE_UNKNOWN events[0].responsible_post_ids[1]
            post elsewhere: Invalid: REFERENCE_UNKNOWN events[0].responsible_post_ids[0]
            unknown part: Invalid: REFERENCE_UNKNOWN events[0].component_event_ids[1]
            part of nothing: Invalid: REFERENCE_UNKNOWN events[0].part_of_event_id
        "#]],
    );
}

#[test]
fn a_correction_keeps_what_the_event_is_and_says_why() {
    let other_type = Details::unknown(EventType::RuleOfLawLecture);
    check(
        [
            ("unknown", alone(correction(99, |_| {}))),
            ("no duty event", alone(correction(NO_EVENT, |_| {}))),
            ("superseded", alone(correction(OLDER, |_| {}))),
            ("withdrawn", alone(correction(GONE, |_| {}))),
            ("another type", alone(correction(PLAIN, |c| c.event.details = other_type))),
            (
                "another organization",
                alone(correction(PLAIN, |c| {
                    c.event.organization = organization_id("city");
                    c.event.responsible_posts.clear();
                })),
            ),
            (
                "nine characters",
                alone(correction(PLAIN, |c| c.reason = "日期填写有误已核对".into())),
            ),
            (
                "ten characters",
                alone(correction(PLAIN, |c| c.reason = "日期填写有误已核对。".into())),
            ),
            ("blanks", alone(correction(PLAIN, |c| c.reason = "错               ".into()))),
            ("a faulty event", alone(correction(PLAIN, |c| c.event.title = "".into()))),
        ],
        expect![[r#"
            unknown: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
            no duty event: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
            superseded: FailedPrecondition: EVENT_NOT_CURRENT events[0].target_event_id
            withdrawn: FailedPrecondition: EVENT_NOT_CURRENT events[0].target_event_id
            another type: Invalid: CORRECTION_CHANGES_IDENTITY events[0].event.details
            another organization: Invalid: CORRECTION_CHANGES_IDENTITY events[0].event.organization_id
            nine characters: Invalid: REASON_TOO_SHORT events[0].reason
            ten characters: append 0
            blanks: Invalid: REASON_TOO_SHORT events[0].reason
            a faulty event: Invalid: FIELD_REQUIRED events[0].event.title
        "#]],
    );
}

#[test]
fn a_withdrawal_after_acceptance_takes_consent() {
    check(
        [
            ("unknown", alone(withdrawal(99, |_| {}))),
            ("no duty event", alone(withdrawal(NO_EVENT, |_| {}))),
            ("superseded", alone(withdrawal(OLDER, |_| {}))),
            ("withdrawn", alone(withdrawal(GONE, |_| {}))),
            ("too short", alone(withdrawal(PLAIN, |w| w.reason = "填错了".into()))),
            ("accepted", alone(withdrawal(ACCEPTED, |_| {}))),
            (
                "accepted, with consent",
                alone(withdrawal(ACCEPTED, |w| w.consented_by = "supervisor".into())),
            ),
            (
                "accepted, with another's",
                alone(withdrawal(ACCEPTED, |w| w.consented_by = "nobody".into())),
            ),
            (
                "with another's, for nothing",
                alone(withdrawal(PLAIN, |w| w.consented_by = "nobody".into())),
            ),
        ],
        expect![[r#"
            unknown: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
            no duty event: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
            superseded: FailedPrecondition: EVENT_NOT_CURRENT events[0].target_event_id
            withdrawn: FailedPrecondition: EVENT_NOT_CURRENT events[0].target_event_id
            too short: Invalid: REASON_TOO_SHORT events[0].reason
            accepted: FailedPrecondition: CONSENT_REQUIRED events[0].consented_by
            accepted, with consent: append 0
            accepted, with another's: FailedPrecondition: CONSENT_REQUIRED events[0].consented_by
            with another's, for nothing: append 0
        "#]],
    );
}

#[test]
fn a_verifier_is_not_the_recorder() {
    check(
        [
            ("unknown", alone(review(99, |_| {}))),
            ("no duty event", alone(review(NO_EVENT, |_| {}))),
            ("superseded", alone(review(OLDER, |_| {}))),
            ("withdrawn", alone(review(GONE, |_| {}))),
            ("by the recorder", alone(review(PLAIN, |r| r.verifier = "recorder".into()))),
            (
                "returned by the recorder",
                alone(review(PLAIN, |r| {
                    r.verdict = Verdict::Returned;
                    r.verifier = "recorder".into();
                })),
            ),
            ("accepted again", alone(review(ACCEPTED, |_| {}))),
            ("by whoever recorded the version before", {
                let mut own = alone(review(NEWER, |r| r.verifier = "recorder".into()));
                own.recorder = "recorder".into();
                own
            }),
            (
                "returned for a short reason",
                alone(review(PLAIN, |r| {
                    r.verdict = Verdict::Returned;
                    r.remark = "  不符  ".into();
                })),
            ),
            ("returned", alone(review(ACCEPTED, |r| r.verdict = Verdict::Returned))),
            (
                "acceptance withdrawn",
                alone(review(ACCEPTED, |r| r.verdict = Verdict::AcceptanceWithdrawn)),
            ),
            (
                "acceptance withdrawn where there is none",
                alone(review(PLAIN, |r| r.verdict = Verdict::AcceptanceWithdrawn)),
            ),
        ],
        expect![[r#"
            unknown: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
            no duty event: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
            superseded: FailedPrecondition: EVENT_NOT_CURRENT events[0].target_event_id
            withdrawn: FailedPrecondition: EVENT_NOT_CURRENT events[0].target_event_id
            by the recorder: FailedPrecondition: VERIFIER_IS_RECORDER events[0].verifier
            returned by the recorder: FailedPrecondition: VERIFIER_IS_RECORDER events[0].verifier
            accepted again: append 0
            by whoever recorded the version before: FailedPrecondition: VERIFIER_IS_RECORDER events[0].verifier
            returned for a short reason: Invalid: REASON_TOO_SHORT events[0].remark
            returned: append 0
            acceptance withdrawn: append 0
            acceptance withdrawn where there is none: FailedPrecondition: EVENT_NOT_ACCEPTED events[0].verdict
        "#]],
    );
}

#[test]
fn a_return_takes_the_acceptance_back() {
    let mut bench = Bench::with_a_past();
    bench.put(111, review(ACCEPTED, |r| r.verdict = Verdict::Returned));
    let answer = bench.answer(&alone(withdrawal(ACCEPTED, |_| {})));
    assert_eq!(answer, "append 0");
}

#[test]
fn an_acceptance_is_withdrawn_once() {
    let mut bench = Bench::with_a_past();
    let withdrawn = |r: &mut Review| r.verdict = Verdict::AcceptanceWithdrawn;
    bench.put(111, review(ACCEPTED, withdrawn));
    let again = bench.answer(&alone(review(ACCEPTED, withdrawn)));
    assert_eq!(again, "FailedPrecondition: EVENT_NOT_ACCEPTED events[0].verdict");
    assert_eq!(bench.answer(&alone(withdrawal(ACCEPTED, |_| {}))), "append 0", "no consent needed");
    bench.put(112, review(ACCEPTED, |_| {}));
    assert_eq!(bench.answer(&alone(review(ACCEPTED, withdrawn))), "append 0");
}

/// Somebody else's correction does not make an event its first recorder's to verify, nor the other
/// way round, nor to consent to its withdrawal.
#[test]
fn nobody_decides_on_an_event_of_which_they_recorded_any_version() {
    let mut bench = Bench::with_a_past();
    bench.put_by("first", 201, event_with(|_| {}));
    bench.put_by("second", 202, correction(201, |_| {}));
    bench.put_by("third", 203, correction(202, |_| {}));
    let accept = |by: &str| alone(review(203, |r| r.verifier = by.into()));
    let own = "FailedPrecondition: VERIFIER_IS_RECORDER events[0].verifier";
    for (by, expected) in [("first", own), ("second", own), ("third", own), ("fourth", "append 0")]
    {
        assert_eq!(bench.answer(&accept(by)), expected, "{by}");
    }
    bench.put_by("fourth", 204, review(203, |r| r.verifier = "fourth".into()));
    let consent = |by: &str| alone(withdrawal(203, |w| w.consented_by = by.into()));
    let own = "FailedPrecondition: VERIFIER_IS_RECORDER events[0].consented_by";
    for (by, expected) in [("first", own), ("second", own), ("third", own), ("fourth", "append 0")]
    {
        assert_eq!(bench.answer(&consent(by)), expected, "{by}");
    }
}

/// Consent is of whoever accepted it last, or of who holds a post today that they held (now is
/// 2023-01-01).
#[test]
fn consent_is_of_the_verifier_or_who_holds_the_post_since() {
    let mut bench = Bench::with_a_past();
    let until = |last| Some(last);
    let held = [
        ("city.law", tenure("v1", "v1", "city.law", "2021-01-01", until("2022-06-30"))),
        ("city.law", tenure("v2", "v2", "city.law", "2022-07-01", until("2022-12-31"))),
        ("city.law", tenure("v3", "v3", "city.law", "2023-01-01", None)),
        ("city.law", tenure("v0", "v0", "city.law", "2020-01-01", until("2020-12-31"))),
        ("city.other", tenure("v4", "v4", "city.other", "2022-07-01", None)),
    ];
    for (number, id) in [(301, "city.law"), (302, "city.other")] {
        bench.put(number, Entry::Post(post(id, "city", PostKind::Other)));
    }
    for (number, (_, tenure)) in (303..).zip(held) {
        bench.put(number, Entry::Tenure(tenure));
    }
    let refused = "FailedPrecondition: CONSENT_REQUIRED events[0].consented_by";
    let consents = |bench: &Bench, expected: [(&str, &str); 6]| {
        for (by, expected) in expected {
            let asked = alone(withdrawal(PLAIN, |w| w.consented_by = by.into()));
            assert_eq!(bench.answer(&asked), expected, "{by}");
        }
    };
    bench.put_by("v1", 201, review(PLAIN, |r| r.verifier = "v1".into()));
    let by_v1 = [
        ("v1", "append 0"),
        // Held the post in between, or before; holds another one; holds it now.
        ("v2", refused),
        ("v0", refused),
        ("v4", refused),
        ("v3", "append 0"),
        ("supervisor", refused),
    ];
    consents(&bench, by_v1);
    // The last acceptance is the one that stands, of the same group or of a durable one.
    bench.put_by("v4", 202, review(PLAIN, |r| r.verifier = "v4".into()));
    let by_v4 = [("v4", "append 0"), ("v1", refused), ("v2", refused), ("v0", refused)];
    let by_v4 = [by_v4[0], by_v4[1], by_v4[2], by_v4[3], ("v3", refused), ("supervisor", refused)];
    consents(&bench, by_v4);
    bench.settle();
    consents(&bench, by_v4);
}

#[test]
fn the_tree_stays_a_tree() {
    let organization = |id, parent| alone(Entry::Organization(organization(id, Some(parent))));
    check(
        [
            ("below itself", organization("city", "city")),
            ("below its child", organization("city", "bureau")),
            ("below nothing known", organization("new", "nobody")),
        ],
        expect![[r#"
            below itself: Invalid: TREE_CYCLE events[0].organization.parent_organization_id
            below its child: Invalid: TREE_CYCLE events[0].organization.parent_organization_id
            below nothing known: Invalid: REFERENCE_UNKNOWN events[0].organization.parent_organization_id
        "#]],
    );
}

#[test]
fn a_post_stays_where_and_what_it_is() {
    let post = |id, organization, kind| alone(Entry::Post(post(id, organization, kind)));
    check(
        [
            ("nowhere", post("new", "nobody", PostKind::Other)),
            ("moved", post("bureau.party", "city", PostKind::PartyHead)),
            ("of another kind", post("bureau.party", "bureau", PostKind::Deputy)),
            ("the same", post("bureau.party", "bureau", PostKind::PartyHead)),
        ],
        expect![[r#"
            nowhere: Invalid: REFERENCE_UNKNOWN events[0].post.organization_id
            moved: AlreadyExists: ALREADY_EXISTS events[0].post.post_id
            of another kind: AlreadyExists: ALREADY_EXISTS events[0].post.post_id
            the same: append 0
        "#]],
    );
}

#[test]
fn tenures_of_one_post_do_not_overlap() {
    let held =
        |id, person, post, from, to| alone(Entry::Tenure(tenure(id, person, post, from, to)));
    let mut acting = tenure("t2", "p2", "bureau.party", "2022-06-01", None);
    acting.acting = true;
    check(
        [
            ("overlapping", held("t2", "p2", "bureau.party", "2022-06-01", None)),
            ("by a day", held("t2", "p2", "bureau.party", "2020-01-01", Some("2021-01-01"))),
            ("before", held("t2", "p2", "bureau.party", "2020-01-01", Some("2020-12-31"))),
            ("acting", alone(Entry::Tenure(acting))),
            ("its own end", held("t1", "p1", "bureau.party", "2021-01-01", Some("2022-05-31"))),
            ("reversed", held("t2", "p2", "bureau.head", "2022-06-01", Some("2022-05-31"))),
            ("unknown post", held("t2", "p2", "bureau.deputy", "2022-06-01", None)),
            ("unknown person", held("t2", "p9", "bureau.head", "2022-06-01", None)),
            ("another person", held("t1", "p2", "bureau.party", "2021-01-01", None)),
            ("another post", held("t1", "p1", "bureau.head", "2021-01-01", None)),
        ],
        expect![[r#"
            overlapping: FailedPrecondition: TENURE_OVERLAPS events[0].tenure.start_date
            by a day: FailedPrecondition: TENURE_OVERLAPS events[0].tenure.start_date
            before: append 0
            acting: append 0
            its own end: append 0
            reversed: Invalid: DATE_REVERSED events[0].tenure.end_date
            unknown post: Invalid: REFERENCE_UNKNOWN events[0].tenure.post_id
            unknown person: Invalid: REFERENCE_UNKNOWN events[0].tenure.person_id
            another person: AlreadyExists: ALREADY_EXISTS events[0].tenure.tenure_id
            another post: AlreadyExists: ALREADY_EXISTS events[0].tenure.tenure_id
        "#]],
    );
}

#[test]
fn days_close_in_order_and_when_they_are_over() {
    check(
        [
            ("the next", alone(Entry::DayClosed(day("2022-12-31")))),
            ("again", alone(Entry::DayClosed(day("2022-12-30")))),
            ("a day left out", alone(Entry::DayClosed(day("2023-01-01")))),
        ],
        expect![[r#"
            the next: append 0
            again: FailedPrecondition: DATE_ORDER day
            a day left out: FailedPrecondition: DATE_ORDER day
        "#]],
    );
    // The first day may be any that is over; in Shanghai it is already 1 January.
    let first = Bench::default();
    let answers = ["2019-01-01", "2022-12-31", "2023-01-01", "2023-01-02"]
        .map(|text| first.answer(&alone(Entry::DayClosed(day(text)))));
    expect![[r#"
        append 0
        append 0
        FailedPrecondition: DATE_ORDER day
        FailedPrecondition: DATE_ORDER day"#]]
    .assert_eq(&answers.join("\n"));
}
