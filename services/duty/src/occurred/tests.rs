//! Intervals: which are accepted, and on which side of a window they lie.

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::{Occurred, Precision, Timing};
use crate::problem::{Problems, Reason};

fn refused(precision: Precision, start: Option<Date>, end: Option<Date>) -> Option<Reason> {
    let mut problems = Problems::new();
    let occurred = Occurred::new(precision, start, end, &mut problems);
    assert_eq!(occurred.is_none(), !problems.is_empty());
    problems.into_vec().first().map(|problem| problem.reason)
}

#[test]
fn precision_must_fit_the_interval() {
    let (d, s) = (|y, m, d| Some(date(y, m, d)), Some(Reason::PrecisionMismatch));
    let table = [
        (Precision::Day, d(2022, 3, 22), d(2022, 3, 22), None),
        (Precision::Day, d(2022, 3, 22), None, None),
        (Precision::Day, d(2022, 3, 22), d(2022, 3, 23), s),
        (Precision::Month, d(2024, 2, 1), d(2024, 2, 29), None),
        (Precision::Month, d(2023, 2, 1), d(2023, 2, 27), s),
        (Precision::Quarter, d(2022, 4, 1), d(2022, 6, 30), None),
        (Precision::Quarter, d(2022, 5, 1), d(2022, 7, 31), s),
        (Precision::HalfYear, d(2022, 1, 1), d(2022, 6, 30), None),
        (Precision::HalfYear, d(2022, 4, 1), d(2022, 9, 30), s),
        (Precision::Year, d(2022, 1, 1), d(2022, 12, 31), None),
        (Precision::Year, d(2022, 1, 1), d(2023, 12, 31), s),
        (Precision::Period, d(2021, 12, 1), d(2022, 12, 31), None),
        (Precision::Period, d(2022, 12, 31), d(2021, 12, 1), Some(Reason::DateReversed)),
        (Precision::Period, d(2022, 12, 31), None, Some(Reason::FieldRequired)),
        (Precision::Unknown, None, None, None),
        (Precision::Unknown, d(2022, 1, 1), None, s),
    ];
    for (precision, start, end, expected) in table {
        assert_eq!(refused(precision, start, end), expected, "{precision:?} {start:?} {end:?}");
    }
}

#[test]
fn half_year_against_year_end_is_in_time_and_unknown_is_not() {
    // DOMAIN §6.1: precision half_year 2022H1 against 2022-12-31 → in time; unknown → 待核.
    let mut problems = Problems::new();
    let first_half = Occurred::new(
        Precision::HalfYear,
        Some(date(2022, 1, 1)),
        Some(date(2022, 6, 30)),
        &mut problems,
    )
    .unwrap();
    assert_eq!(first_half.timing(date(2022, 1, 1), date(2022, 12, 31)), Timing::InTime);
    assert_eq!(first_half.timing(date(2022, 1, 1), date(2022, 3, 31)), Timing::Unknown);
    assert_eq!(first_half.timing(date(2021, 1, 1), date(2021, 12, 31)), Timing::Late);
    assert_eq!(first_half.timing(date(2023, 1, 1), date(2023, 12, 31)), Timing::TooEarly);
    assert_eq!(Occurred::UNKNOWN.timing(date(2022, 1, 1), date(2022, 12, 31)), Timing::Unknown);
}

proptest! {
    /// Three-valued logic is sound: whatever day inside the interval was the real one, a certain
    /// answer about the interval is the right answer about that day.
    #[test]
    fn certain_timing_holds_for_every_day_inside(
        start in 0i64..800, length in 0i64..500, inside in 0i64..500,
        first in 0i64..800, width in 0i64..500,
    ) {
        let day = |n: i64| date(2021, 1, 1).saturating_add(jiff::Span::new().days(n));
        let mut problems = Problems::new();
        let occurred = Occurred::new(
            Precision::Period, Some(day(start)), Some(day(start + length)), &mut problems,
        ).unwrap();
        let real = Occurred::day(day(start + inside.min(length)));
        let (first, last) = (day(first), day(first + width));
        let answer = occurred.timing(first, last);
        if answer != Timing::Unknown {
            prop_assert_eq!(answer, real.timing(first, last));
        }
        if real.timing(first, last) == Timing::InTime {
            prop_assert!(occurred.may_overlap(first, last));
        }
    }
}
