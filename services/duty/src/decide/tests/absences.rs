//! Absences, one fault at a time.

use expect_test::expect;

use super::*;
use crate::docno::DocumentNumber;
use crate::id::{AbsenceId, TenureId};
use crate::registry::{Absence, AbsenceKind};

fn absence(id: &str, tenure: &str, from: &str, to: Option<&str>) -> Absence {
    Absence {
        id: AbsenceId::parse(id).expect("an id"),
        tenure: TenureId::parse(tenure).expect("an id"),
        kind: AbsenceKind::SickLeave,
        from: day(from),
        to: to.map(day),
        document: DocumentNumber::parse("柳组干〔2022〕8号").expect("a document number"),
        revoked: false,
    }
}

#[test]
fn an_absence_lies_in_its_tenure_and_shares_no_day_with_another() {
    let mut bench = Bench::with_a_past();
    let ended = tenure("t2", "p2", "bureau.head", "2021-01-01", Some("2022-06-30"));
    bench.put(200, Entry::Tenure(ended));
    bench.put(201, Entry::Absence(absence("a1", "t1", "2022-03-01", Some("2022-03-31"))));
    let told = |id, tenure, from, to| alone(Entry::Absence(absence(id, tenure, from, to)));
    let mut revoked = absence("a2", "t1", "2022-03-31", None);
    revoked.revoked = true;
    let rows = [
        ("later", told("a2", "t1", "2022-04-01", None)),
        ("sharing a day", told("a2", "t1", "2022-03-31", None)),
        ("revoked, sharing a day", alone(Entry::Absence(revoked))),
        ("its own end", told("a1", "t1", "2022-03-01", Some("2022-05-31"))),
        ("of another tenure", told("a1", "t2", "2022-03-01", None)),
        ("of no tenure", told("a2", "t9", "2022-03-01", None)),
        ("reversed", told("a2", "t1", "2022-06-02", Some("2022-06-01"))),
        ("before the tenure", told("a2", "t1", "2020-12-31", Some("2020-12-31"))),
        ("on the first day", told("a2", "t1", "2021-01-01", Some("2021-01-01"))),
        ("the day after the tenure", told("a2", "t2", "2022-07-01", None)),
        ("two days after it", told("a2", "t2", "2022-07-02", None)),
    ];
    let answers: Vec<String> =
        rows.iter().map(|(what, asked)| format!("{what}: {}", bench.answer(asked))).collect();
    expect![[r#"
        later: append 0
        sharing a day: FailedPrecondition: ABSENCE_INVALID events[0].absence.start_date
        revoked, sharing a day: append 0
        its own end: append 0
        of another tenure: AlreadyExists: ALREADY_EXISTS events[0].absence.absence_id
        of no tenure: Invalid: REFERENCE_UNKNOWN events[0].absence.tenure_id
        reversed: Invalid: DATE_REVERSED events[0].absence.end_date
        before the tenure: Invalid: ABSENCE_INVALID events[0].absence.start_date
        on the first day: append 0
        the day after the tenure: append 0
        two days after it: Invalid: ABSENCE_INVALID events[0].absence.start_date"#]]
    .assert_eq(&answers.join("\n"));
}
