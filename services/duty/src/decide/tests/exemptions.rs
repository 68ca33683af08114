//! Exemptions against the bench: what they cover exists, and who stands behind them.

use expect_test::expect;

use super::*;
use crate::docno::DocumentNumber;
use crate::exemption::{Covered, Exemption, ExemptionReason, ExemptionRevocation, Span};
use crate::id::DutyId;

fn exemption(change: impl FnOnce(&mut Exemption)) -> Entry {
    let mut granted = Exemption {
        organization: organization_id("bureau"),
        covered: Covered::Organization,
        duty: DutyId::parse("plan").unwrap(),
        span: Span::Year(2022),
        reason: ExemptionReason::ForceMajeure,
        reason_text: "".into(),
        document: DocumentNumber::parse("柳法办〔2022〕8号").unwrap(),
        applicant: "bureau-office".into(),
        approver: "supervisor".into(),
    };
    change(&mut granted);
    Entry::Exemption(Box::new(granted))
}

fn revocation(target: u128, change: impl FnOnce(&mut ExemptionRevocation)) -> Entry {
    let mut revoked = ExemptionRevocation {
        target: id(target),
        from: day("2022-12-01"),
        reason: "免除事由已经消失，予以撤销".into(),
        document: DocumentNumber::parse("柳法办〔2022〕9号").unwrap(),
        approver: "supervisor".into(),
    };
    change(&mut revoked);
    Entry::ExemptionRevoked(revoked)
}

#[test]
fn an_exemption_covers_what_exists_and_has_two_persons_behind_it() {
    let reversed = Span::Days { first: day("2022-12-02"), last: day("2022-12-01") };
    check(
        [
            ("year", alone(exemption(|_| {}))),
            ("post", alone(exemption(|e| e.covered = Covered::Post(post_id("bureau.party"))))),
            ("person", alone(exemption(|e| e.covered = Covered::Person(person_id("p1"))))),
            ("nowhere", alone(exemption(|e| e.organization = organization_id("none")))),
            ("no post", alone(exemption(|e| e.covered = Covered::Post(post_id("none"))))),
            (
                "post elsewhere",
                alone(exemption(|e| {
                    e.organization = organization_id("city");
                    e.covered = Covered::Post(post_id("bureau.party"));
                })),
            ),
            ("nobody", alone(exemption(|e| e.covered = Covered::Person(person_id("p9"))))),
            ("reversed", alone(exemption(|e| e.span = reversed))),
            ("other, why?", alone(exemption(|e| e.reason = ExemptionReason::Other))),
            ("own", alone(exemption(|e| e.approver = "recorder".into()))),
            ("applicant", alone(exemption(|e| e.approver = "bureau-office".into()))),
        ],
        expect![[r#"
            year: append 0
            post: append 0
            person: append 0
            nowhere: Invalid: REFERENCE_UNKNOWN events[0].organization_id
            no post: Invalid: REFERENCE_UNKNOWN events[0].post_id
            post elsewhere: Invalid: REFERENCE_UNKNOWN events[0].post_id
            nobody: Invalid: REFERENCE_UNKNOWN events[0].person_id
            reversed: Invalid: DATE_REVERSED events[0].end_date
            other, why?: Invalid: REASON_TOO_SHORT events[0].reason_text
            own: Invalid: APPROVER_IS_RECORDER events[0].approver
            applicant: Invalid: APPROVER_IS_APPLICANT events[0].approver
        "#]],
    );
}

#[test]
fn an_exemption_is_revoked_once() {
    let mut bench = Bench::with_a_past();
    bench.put(201, exemption(|_| {}));
    let rows = [
        ("revoked", revocation(201, |_| {})),
        ("unknown", revocation(202, |_| {})),
        ("an event", revocation(PLAIN, |_| {})),
        ("short", revocation(201, |r| r.reason = "撤销".into())),
        ("own", revocation(201, |r| r.approver = "recorder".into())),
    ];
    let mut answers = String::new();
    for (row, entry) in rows {
        answers += &format!("{row}: {}\n", bench.answer(&alone(entry)));
    }
    bench.put(203, revocation(201, |_| {}));
    answers += &format!("again: {}\n", bench.answer(&alone(revocation(201, |_| {}))));
    // What was refused by the disk was not said.
    bench.roll_back();
    answers += &format!("rolled back: {}\n", bench.answer(&alone(revocation(201, |_| {}))));
    expect![[r#"
        revoked: append 0
        unknown: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        an event: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
        short: Invalid: REASON_TOO_SHORT events[0].reason
        own: Invalid: APPROVER_IS_RECORDER events[0].approver
        again: FailedPrecondition: EXEMPTION_REVOKED events[0].target_event_id
        rolled back: NotFound: REFERENCE_UNKNOWN events[0].target_event_id
    "#]]
    .assert_eq(&answers);
}
