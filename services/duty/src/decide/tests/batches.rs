//! Several entries at once: all or nothing, every problem with its index, the same command twice.

use expect_test::expect;

use super::*;

#[test]
fn the_same_again_gets_its_first_position() {
    let mut by_another = command([(PLAIN, event_with(|_| {}))]);
    by_another.recorder = "somebody".into();
    check(
        [
            ("event", command([(PLAIN, event_with(|_| {}))])),
            ("by another recorder", by_another),
            ("correction", command([(NEWER, correction(OLDER, |_| {}))])),
            ("withdrawal", command([(108, withdrawal(GONE, |_| {}))])),
            ("review", command([(109, review(ACCEPTED, |_| {}))])),
            ("day", command([(110, Entry::DayClosed(day("2022-12-30")))])),
            (
                "one old, one new",
                command([(PLAIN, event_with(|_| {})), (FREE, event_with(|_| {}))]),
            ),
        ],
        expect![[r#"
            event: duplicate of 8
            by another recorder: duplicate of 8
            correction: duplicate of 10
            withdrawal: duplicate of 12
            review: duplicate of 14
            day: duplicate of 15
            one old, one new: duplicate of 8, append 1
        "#]],
    );
}

#[test]
fn the_same_id_with_other_content_is_refused() {
    check(
        [
            ("other title", command([(PLAIN, event_with(|e| e.title = "别的".into()))])),
            ("other kind of entry", command([(PLAIN, Entry::Person(person_id("p1").into()))])),
            ("other reason", command([(NEWER, correction(OLDER, |c| c.reason = "x".into()))])),
            ("other consent", command([(108, withdrawal(GONE, |w| w.consented_by = "s".into()))])),
            ("other verdict", command([(109, review(ACCEPTED, |r| r.remark = "x".into()))])),
            ("other day", command([(110, Entry::DayClosed(day("2022-12-31")))])),
            ("event under the id of a person", command([(NO_EVENT, event_with(|_| {}))])),
        ],
        expect![[r#"
            other title: AlreadyExists: EVENT_ID_REUSED events[0].event_id
            other kind of entry: AlreadyExists: EVENT_ID_REUSED events[0].event_id
            other reason: AlreadyExists: EVENT_ID_REUSED events[0].event_id
            other consent: AlreadyExists: EVENT_ID_REUSED events[0].event_id
            other verdict: AlreadyExists: EVENT_ID_REUSED events[0].event_id
            other day: AlreadyExists: EVENT_ID_REUSED events[0].event_id
            event under the id of a person: AlreadyExists: EVENT_ID_REUSED events[0].event_id
        "#]],
    );
}

#[test]
fn one_id_stands_once_in_a_batch() {
    let twice = command([(FREE, event_with(|_| {})), (FREE, event_with(|_| {}))]);
    let thrice = command([FREE, FREE + 1, FREE].map(|number| (number, event_with(|_| {}))));
    check(
        [("twice", twice), ("first and third", thrice)],
        expect![[r#"
        twice: Invalid: DUPLICATE_IN_REQUEST events[1].event_id
        first and third: Invalid: DUPLICATE_IN_REQUEST events[2].event_id
    "#]],
    );
}

#[test]
fn a_batch_has_one_to_a_thousand_entries() {
    let many = |count: u128| command((0..count).map(|n| (FREE + n, event_with(|_| {}))));
    let bench = Bench::with_a_past();
    assert_eq!(bench.answer(&many(0)), "Invalid: FIELD_REQUIRED events");
    assert!(bench.answer(&many(1_000)).ends_with("append 999"));
    assert_eq!(bench.answer(&many(1_001)), "Invalid: FIELD_TOO_LONG events");
}

#[test]
fn every_problem_of_a_batch_is_reported_with_its_index() {
    let batch = command([
        (FREE, event_with(|e| e.title = "".into())),
        (FREE + 1, event_with(|_| {})),
        (PLAIN, event_with(|e| e.accounting_year = 2021)),
        (
            FREE + 2,
            event_with(|e| {
                e.responsible_person = Some(person_id("p9"));
                e.part_of = Some(id(99));
            }),
        ),
        (FREE + 3, correction(99, |c| c.reason = "短".into())),
        (FREE + 4, withdrawal(GONE, |_| {})),
        (FREE + 5, review(PLAIN, |r| r.verifier = "recorder".into())),
    ]);
    // The kind is that of the gravest fault, whatever the order in the batch.
    let backwards = batch.entries.iter().rev().map(|p| (p.event_id, p.entry.clone()));
    let backwards = command(backwards.map(|(id, entry)| (id.uuid().as_u128(), entry)));
    check(
        [("batch", batch), ("backwards", backwards)],
        expect![[r#"
        batch: Invalid: FIELD_REQUIRED events[0].title, EVENT_ID_REUSED events[2].event_id, REFERENCE_UNKNOWN events[3].responsible_person_id, REFERENCE_UNKNOWN events[3].part_of_event_id, REASON_TOO_SHORT events[4].reason, REFERENCE_UNKNOWN events[4].target_event_id, EVENT_NOT_CURRENT events[5].target_event_id, VERIFIER_IS_RECORDER events[6].verifier
        backwards: Invalid: VERIFIER_IS_RECORDER events[0].verifier, EVENT_NOT_CURRENT events[1].target_event_id, REASON_TOO_SHORT events[2].reason, REFERENCE_UNKNOWN events[2].target_event_id, REFERENCE_UNKNOWN events[3].responsible_person_id, REFERENCE_UNKNOWN events[3].part_of_event_id, EVENT_ID_REUSED events[4].event_id, FIELD_REQUIRED events[6].title
    "#]],
    );
}

#[test]
fn the_kind_of_a_refusal_follows_a_fixed_order() {
    let expecting = |mut command: Command| {
        command.expectations = vec![(organization_id("bureau"), 0)];
        command
    };
    let not_found = (FREE, withdrawal(99, |_| {}));
    let taken = (PLAIN, event_with(|e| e.title = "别的".into()));
    let gone = (FREE + 1, withdrawal(GONE, |_| {}));
    let faulty = (FREE + 2, event_with(|e| e.title = "".into()));
    check(
        [
            ("behind", expecting(command([(FREE, event_with(|_| {}))]))),
            ("behind and gone", expecting(command([gone.clone()]))),
            ("gone and taken", command([gone.clone(), taken.clone()])),
            ("taken and not found", command([taken, not_found.clone()])),
            ("not found and faulty", command([not_found, faulty])),
        ],
        expect![[r#"
            behind: Aborted: REVISION_CONFLICT expected_revisions[0].revision
            behind and gone: FailedPrecondition: EVENT_NOT_CURRENT events[0].target_event_id, REVISION_CONFLICT expected_revisions[0].revision
            gone and taken: AlreadyExists: EVENT_NOT_CURRENT events[0].target_event_id, EVENT_ID_REUSED events[1].event_id
            taken and not found: NotFound: EVENT_ID_REUSED events[0].event_id, REFERENCE_UNKNOWN events[1].target_event_id
            not found and faulty: Invalid: REFERENCE_UNKNOWN events[0].target_event_id, FIELD_REQUIRED events[1].title
        "#]],
    );
}

#[test]
fn a_stream_must_be_where_the_caller_thinks() {
    let at = |revision| {
        let mut command = alone(event_with(|_| {}));
        command.expectations =
            vec![(organization_id("city"), 0), (organization_id("bureau"), revision)];
        command
    };
    // Five events, of which one is a correction, a withdrawal and a review.
    let bench = Bench::with_a_past();
    assert_eq!(bench.standing.revision(&organization_id("bureau")), 7);
    let mut again = command([(PLAIN, event_with(|_| {}))]);
    again.expectations = vec![(organization_id("bureau"), 0)];
    check(
        [("at 7", at(7)), ("at 6", at(6)), ("a duplicate", again)],
        expect![[r#"
        at 7: append 0
        at 6: Aborted: REVISION_CONFLICT expected_revisions[1].revision
        a duplicate: duplicate of 8
    "#]],
    );
}

#[test]
fn a_sum_may_come_with_its_parts_in_any_order() {
    let sum = event_with(|e| {
        e.aggregate = true;
        e.components = vec![id(FREE + 1), id(PLAIN)];
    });
    let part = event_with(|e| e.part_of = Some(id(FREE)));
    check(
        [
            ("sum first", command([(FREE, sum.clone()), (FREE + 1, part.clone())])),
            ("part first", command([(FREE + 1, part.clone()), (FREE, sum.clone())])),
            ("sum alone", command([(FREE, sum)])),
            ("part alone", command([(FREE + 1, part)])),
        ],
        expect![[r#"
            sum first: append 0, append 1
            part first: append 0, append 1
            sum alone: Invalid: REFERENCE_UNKNOWN events[0].component_event_ids[0]
            part alone: Invalid: REFERENCE_UNKNOWN events[0].part_of_event_id
        "#]],
    );
}

#[test]
fn the_callers_index_names_the_entry() {
    // The edge leaves entries out that it could not read; the others keep their places.
    let mut command = alone(event_with(|e| e.title = "".into()));
    command.entries[0].index = 41;
    check(
        [("alone", command)],
        expect![[r#"
        alone: Invalid: FIELD_REQUIRED events[41].title
    "#]],
    );
}

#[test]
fn registrations_of_a_batch_rest_on_those_before_them() {
    let bureau = || Entry::Organization(organization("new", Some("city")));
    let head = |organization| Entry::Post(post("new.head", organization, PostKind::GovernmentHead));
    let held = |id, from, to| Entry::Tenure(tenure(id, "p2", "new.head", from, to));
    let bad = || Entry::Organization(organization("new", Some("nobody")));
    let ring = ["a", "b"].map(|id| {
        let other = if id == "a" { "b" } else { "a" };
        Entry::Organization(organization(id, Some(other)))
    });
    let [a, b] = ring;
    check(
        [
            ("in order", command([(FREE, bureau()), (FREE + 1, head("new"))])),
            ("the other way round", command([(FREE, head("new")), (FREE + 1, bureau())])),
            ("on a bad one", command([(FREE, bad()), (FREE + 1, head("new"))])),
            (
                "the second overlaps the first",
                command([
                    (FREE, bureau()),
                    (FREE + 1, head("new")),
                    (FREE + 2, held("t2", "2022-01-01", None)),
                    (FREE + 3, held("t3", "2022-06-01", None)),
                ]),
            ),
            (
                "a handover",
                command([
                    (
                        FREE,
                        Entry::Tenure(tenure(
                            "t1",
                            "p1",
                            "bureau.party",
                            "2021-01-01",
                            Some("2022-12-31"),
                        )),
                    ),
                    (
                        FREE + 1,
                        Entry::Tenure(tenure("t2", "p2", "bureau.party", "2023-01-01", None)),
                    ),
                ]),
            ),
            ("a ring", command([(FREE, a), (FREE + 1, b)])),
        ],
        expect![[r#"
            in order: append 0, append 1
            the other way round: Invalid: REFERENCE_UNKNOWN events[0].post.organization_id
            on a bad one: Invalid: REFERENCE_UNKNOWN events[0].organization.parent_organization_id, REFERENCE_UNKNOWN events[1].post.organization_id
            the second overlaps the first: FailedPrecondition: TENURE_OVERLAPS events[3].tenure.start_date
            a handover: append 0, append 1
            a ring: Invalid: REFERENCE_UNKNOWN events[0].organization.parent_organization_id, REFERENCE_UNKNOWN events[1].organization.parent_organization_id
        "#]],
    );
}

#[test]
fn one_version_is_amended_once_in_a_batch() {
    let (first, second) = (|| correction(PLAIN, |_| {}), || correction(PLAIN, |_| {}));
    check(
        [
            ("twice", command([(FREE, first()), (FREE + 1, second())])),
            (
                "corrected and withdrawn",
                command([(FREE, first()), (FREE + 1, withdrawal(PLAIN, |_| {}))]),
            ),
            ("two events", command([(FREE, first()), (FREE + 1, correction(NEWER, |_| {}))])),
        ],
        expect![[r#"
            twice: FailedPrecondition: EVENT_NOT_CURRENT events[1].target_event_id
            corrected and withdrawn: FailedPrecondition: EVENT_NOT_CURRENT events[1].target_event_id
            two events: append 0, append 1
        "#]],
    );
}
