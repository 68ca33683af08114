//! Findings against the bench: the stages in order, and who may take which step.

use expect_test::expect;

use super::*;
use crate::docno::DocumentNumber;
use crate::rectification::{self, Assignee, Effect, Severity, Source};

fn order(change: impl FnOnce(&mut rectification::Order)) -> Entry {
    let mut order = rectification::Order {
        organization: organization_id("bureau"),
        duty: None,
        accounting_year: 2022,
        text: "重大决策未经合法性审查即提交讨论".into(),
        severity: Severity::Major,
        source: Source::Inspection,
        related: vec![id(PLAIN)],
        assignee: Assignee::Person(person_id("p1")),
        due: day("2022-12-15"),
        document: DocumentNumber::parse("柳法办〔2022〕6号").unwrap(),
        issuer: "supervisor".into(),
        body: None,
        closing_post: None,
    };
    change(&mut order);
    Entry::RectificationOrdered(Box::new(order))
}

fn answer(target: u128, by: &str) -> Entry {
    Entry::RectificationAnswered(Box::new(rectification::Answer {
        target: id(target),
        text: "已补做合法性审查并修订议事规则".into(),
        evidence: Vec::new(),
        answerer: by.into(),
    }))
}

fn close(target: u128, effect: Effect, by: &str) -> Entry {
    Entry::RectificationClosed(rectification::Closing {
        target: id(target),
        effect,
        remark: "新规则尚未在会议中执行".into(),
        closer: by.into(),
    })
}

#[test]
fn an_order_names_what_exists() {
    let of_post = |post: &str| Assignee::Post(post_id(post));
    check(
        [
            ("person", alone(order(|_| {}))),
            ("post", alone(order(|o| o.assignee = of_post("bureau.party")))),
            ("nowhere", alone(order(|o| o.organization = organization_id("none")))),
            ("no post", alone(order(|o| o.assignee = of_post("none")))),
            ("nobody", alone(order(|o| o.assignee = Assignee::Person(person_id("p9"))))),
            ("no event", alone(order(|o| o.related = vec![id(PLAIN), id(NO_EVENT)]))),
            ("short", alone(order(|o| o.text = "未审查".into()))),
        ],
        expect![[r#"
            person: append 0
            post: append 0
            nowhere: Invalid: REFERENCE_UNKNOWN events[0].organization_id, REFERENCE_UNKNOWN events[0].related_event_ids[0]
            no post: Invalid: REFERENCE_UNKNOWN events[0].owner_post_id
            nobody: Invalid: REFERENCE_UNKNOWN events[0].owner_person_id
            no event: Invalid: REFERENCE_UNKNOWN events[0].related_event_ids[1]
            short: Invalid: REASON_TOO_SHORT events[0].text
        "#]],
    );
}

#[test]
fn the_steps_come_in_order_and_from_different_people() {
    let mut bench = Bench::with_a_past();
    let (yes, no) = (Effect::Effective, |due: &str| Effect::NotEffective { due: day(due) });
    let mut said = String::new();
    let mut try_all = |bench: &Bench, stage: &str| {
        let steps = [
            ("answer", answer(201, "office")),
            ("close", close(201, yes, "supervisor")),
            ("not effective", close(201, no("2023-02-01"), "supervisor")),
            ("not later", close(201, no("2022-12-15"), "supervisor")),
            ("by who answered", close(201, yes, "office")),
            ("by who had to", close(201, yes, "p1")),
        ];
        for (step, entry) in steps {
            said += &format!("{stage}, {step}: {}\n", bench.answer(&alone(entry)));
        }
    };
    try_all(&bench, "none");
    bench.put(201, order(|_| {}));
    try_all(&bench, "open");
    bench.put(202, answer(201, "office"));
    try_all(&bench, "answered");
    bench.put(203, close(201, no("2023-02-01"), "supervisor"));
    try_all(&bench, "open again");
    bench.put(204, answer(201, "second-office"));
    try_all(&bench, "answered again");
    bench.put(205, close(201, yes, "supervisor"));
    try_all(&bench, "closed");
    expect![[r#"
        none, answer: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        none, close: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        none, not effective: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        none, not later: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        none, by who answered: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        none, by who had to: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        open, answer: append 0
        open, close: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        open, not effective: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        open, not later: Invalid: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, DATE_ORDER events[0].new_due_date
        open, by who answered: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        open, by who had to: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, CLOSER_IS_ANSWERER events[0].closer
        answered, answer: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        answered, close: append 0
        answered, not effective: append 0
        answered, not later: Invalid: DATE_ORDER events[0].new_due_date
        answered, by who answered: FailedPrecondition: CLOSER_IS_ANSWERER events[0].closer
        answered, by who had to: FailedPrecondition: CLOSER_IS_ANSWERER events[0].closer
        open again, answer: append 0
        open again, close: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        open again, not effective: Invalid: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, DATE_ORDER events[0].new_due_date
        open again, not later: Invalid: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, DATE_ORDER events[0].new_due_date
        open again, by who answered: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, CLOSER_IS_ANSWERER events[0].closer
        open again, by who had to: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, CLOSER_IS_ANSWERER events[0].closer
        answered again, answer: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        answered again, close: append 0
        answered again, not effective: Invalid: DATE_ORDER events[0].new_due_date
        answered again, not later: Invalid: DATE_ORDER events[0].new_due_date
        answered again, by who answered: FailedPrecondition: CLOSER_IS_ANSWERER events[0].closer
        answered again, by who had to: FailedPrecondition: CLOSER_IS_ANSWERER events[0].closer
        closed, answer: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        closed, close: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id
        closed, not effective: Invalid: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, DATE_ORDER events[0].new_due_date
        closed, not later: Invalid: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, DATE_ORDER events[0].new_due_date
        closed, by who answered: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, CLOSER_IS_ANSWERER events[0].closer
        closed, by who had to: FailedPrecondition: RECTIFICATION_OUT_OF_ORDER events[0].target_event_id, CLOSER_IS_ANSWERER events[0].closer
    "#]].assert_eq(&said);
}

/// The bench with the posts of the city and of the bureau filled, and the finding answered.
fn answered(change: impl FnOnce(&mut rectification::Order)) -> Bench {
    let mut bench = Bench::with_a_past();
    let entries = [
        Entry::Post(post("city.law", "city", PostKind::Deputy)),
        Entry::Post(post("city.other", "city", PostKind::Other)),
        Entry::Post(post("bureau.deputy", "bureau", PostKind::Deputy)),
        Entry::Person(person_id("p3").into()),
        Entry::Person(person_id("p4").into()),
        Entry::Person(person_id("p5").into()),
        Entry::Person(person_id("p6").into()),
        Entry::Tenure(tenure("t2", "p2", "city.law", "2021-01-01", None)),
        Entry::Tenure(tenure("t3", "p3", "city.other", "2021-01-01", None)),
        Entry::Tenure(tenure("t4", "p4", "bureau.deputy", "2021-01-01", None)),
        // Left the post before the year of the finding; and in it.
        Entry::Tenure(tenure("t5", "p5", "bureau.head", "2020-01-01", Some("2021-12-31"))),
        Entry::Tenure(tenure("t6", "p6", "bureau.head", "2022-01-01", Some("2022-03-31"))),
        // A post of the city that is over by the day of the closing, 1 January 2023.
        Entry::Tenure(tenure("t7", "p5", "city.other", "2022-01-01", Some("2022-12-31"))),
    ];
    for (number, entry) in (301..).zip(entries) {
        bench.put(number, entry);
    }
    bench.put(201, order(change));
    bench.put(202, answer(201, "office"));
    bench
}

#[test]
fn a_finding_is_closed_by_the_body_that_ordered_it() {
    let of_post = |o: &mut rectification::Order| {
        o.assignee = Assignee::Post(post_id("bureau.head"));
    };
    let by_city = |o: &mut rectification::Order| o.body = Some(organization_id("city"));
    let ledgers = [
        ("no body", answered(of_post)),
        ("the city", answered(by_city)),
        (
            "its post",
            answered(|o| {
                by_city(o);
                o.closing_post = Some(post_id("city.law"));
            }),
        ),
    ];
    let mut said = String::new();
    for (what, bench) in ledgers {
        for by in ["supervisor", "somebody", "p1", "p2", "p3", "p4", "p5", "p6"] {
            let answer = bench.answer(&alone(close(201, Effect::Effective, by)));
            said += &format!("{what}, {by}: {answer}\n");
        }
    }
    expect![[r#"
        no body, supervisor: append 0
        no body, somebody: append 0
        no body, p1: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        no body, p2: append 0
        no body, p3: append 0
        no body, p4: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        no body, p5: append 0
        no body, p6: FailedPrecondition: CLOSER_IS_ANSWERER events[0].closer
        the city, supervisor: append 0
        the city, somebody: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        the city, p1: FailedPrecondition: CLOSER_IS_ANSWERER events[0].closer
        the city, p2: append 0
        the city, p3: append 0
        the city, p4: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        the city, p5: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        the city, p6: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        its post, supervisor: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        its post, somebody: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        its post, p1: FailedPrecondition: CLOSER_IS_ANSWERER events[0].closer
        its post, p2: append 0
        its post, p3: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        its post, p4: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        its post, p5: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
        its post, p6: FailedPrecondition: CLOSER_NOT_OF_BODY events[0].closer
    "#]]
    .assert_eq(&said);
}

#[test]
fn the_body_that_orders_is_another_one_and_has_the_post() {
    let of = |body: &str, post: Option<&str>| {
        let (body, post) = (organization_id(body), post.map(post_id));
        alone(order(|o| (o.body, o.closing_post) = (Some(body), post)))
    };
    check(
        [
            ("city", of("city", None)),
            ("itself", of("bureau", None)),
            ("nobody", of("none", None)),
            ("no post", of("city", Some("none"))),
            ("post elsewhere", of("city", Some("bureau.party"))),
            ("post without body", alone(order(|o| o.closing_post = Some(post_id("bureau.party"))))),
        ],
        expect![[r#"
            city: append 0
            itself: Invalid: CLOSER_NOT_OF_BODY events[0].issuing_organization_id
            nobody: Invalid: REFERENCE_UNKNOWN events[0].issuing_organization_id
            no post: Invalid: REFERENCE_UNKNOWN events[0].closing_post_id
            post elsewhere: Invalid: REFERENCE_UNKNOWN events[0].closing_post_id
            post without body: Invalid: REFERENCE_UNKNOWN events[0].closing_post_id
        "#]],
    );
}
